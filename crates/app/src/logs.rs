//! The wire log, of one station and of many, as far as the caller may read it.

use domain::id::{SessionId, SiteId, StationId};
use domain::page::{Page, PageRequest};
use domain::personal::DriverDataGrant;
use domain::role::{Caller, Permission};
use domain::token::mask;
use domain::wire_log::{FrameKind, LogRow, masked};
use store::{LogFilter, LogFleet, LogOf};

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// Whose frames are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// One station's.
    Station(StationId),
    /// Those of all stations within reach.
    Fleet {
        /// Only at this site.
        site: Option<SiteId>,
        /// With this in identity or name, without case.
        named: Option<String>,
    },
}

/// Which frames are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// Only these calls and the answers to them.
    pub actions: Vec<String>,
    /// Only of this sender.
    pub direction: Option<domain::wire_log::Direction>,
    /// Only the call of this message id and the answer to it.
    pub message_id: Option<String>,
    /// Only of this session.
    pub session: Option<SessionId>,
    /// With this in the payload, as the caller may read it.
    pub text: Option<String>,
    /// Only refusals, unreadable frames and those with deviations.
    pub errors_only: bool,
    /// At or after.
    pub from: Option<domain::clock::Moment>,
    /// Before.
    pub to: Option<domain::clock::Moment>,
}

/// A frame and what the caller may read of it.
#[derive(Debug, Clone)]
pub struct LogView {
    /// The frame; its payload is sealed.
    pub row: LogRow,
    /// What its station is called.
    pub identity: String,
    /// The payload, masked for whoever may not read driver data.
    pub payload: String,
}

/// How many frames a search looks at, and how many at a time, before it hands over what it has and
/// a cursor to go on.
const MOST_PAGES: usize = 20;
const AT_ONCE: u32 = 200;

/// Frames, the newest first, with `logs.view`, and `logs.search` for a text. Without
/// the right to driver data the masked text is searched, so that a search tells nothing that the
/// page does not. A page can be shorter than asked for and still have a next one.
pub async fn list(
    app: &App,
    caller: &Caller,
    whose: &Whose,
    query: &LogQuery,
    page: &PageRequest,
) -> Result<Page<LogView>, Error> {
    let (see, search) = (Permission::LogsView, Permission::LogsSearch);
    let pass = match query.text {
        None => gate::permit(app, caller, see).await?,
        Some(_) => gate::permit_both(app, caller, see, search).await?,
    };
    let of = match whose {
        Whose::Station(station) => {
            pass.station(app, *station).await?;
            LogOf::Station(*station)
        }
        Whose::Fleet { site, named } => LogOf::Fleet(LogFleet {
            org: pass.org,
            sites: pass.narrowed(*site),
            named: named.clone(),
        }),
    };
    let grant = gate::driver_data(app, caller);
    let filter = LogFilter {
        actions: query.actions.clone(),
        direction: query.direction,
        message_id: query.message_id.clone(),
        session: query.session,
        errors_only: query.errors_only,
        from: query.from,
        to: query.to,
    };
    let list = list_name(&of, query);
    let mut cursor = match page.cursor.as_deref() {
        None => None,
        Some(cursor) => match cursor.strip_prefix(&list) {
            Some(cursor) => Some(cursor.to_owned()),
            None => return Err(store::Error::InvalidCursor.into()),
        },
    };
    let wanted = query.text.as_ref().map(|text| text.to_lowercase());
    let (pages, at_once) = match wanted {
        None => (1, page.limit),
        Some(_) => (MOST_PAGES, AT_ONCE),
    };
    let full = page.limit as usize;
    let mut rows = Vec::new();
    for _ in 0..pages {
        let request = PageRequest {
            limit: at_once,
            cursor: cursor.take(),
        };
        let found = app.store().read.log(&of, &filter, &request).await?;
        cursor = found.next;
        let mut stations: Vec<StationId> = found.rows.iter().map(|row| row.station).collect();
        stations.sort_unstable_by_key(|id| id.uuid());
        stations.dedup();
        let names = app.store().read.identities(&stations).await?;
        let mut frames = found.rows.into_iter();
        while let Some(row) = frames.next() {
            let identity = names.get(&row.station).cloned().unwrap_or_default();
            let (id, view) = (row.id, view(row, identity, grant.as_ref()));
            if is_wanted(&view, wanted.as_deref()) {
                rows.push(view);
            }
            if rows.len() == full && frames.len() > 0 {
                cursor = Some(store::log_cursor(id));
                break;
            }
        }
        if cursor.is_none() || rows.len() == full {
            break;
        }
    }
    Ok(Page {
        rows,
        next: cursor.map(|cursor| format!("{list}{cursor}")),
    })
}

/// Whether what the caller may read of a frame has the text in it, without case.
fn is_wanted(frame: &LogView, text: Option<&str>) -> bool {
    text.is_none_or(|text| frame.payload.to_lowercase().contains(text))
}

/// What a cursor is bound to: whose frames and the filters, shortened.
fn list_name(of: &LogOf, query: &LogQuery) -> String {
    let digest = blake3::hash(format!("{of:?}{query:?}").as_bytes()).to_hex();
    digest[..16].to_owned()
}

fn view(row: LogRow, identity: String, grant: Option<&DriverDataGrant>) -> LogView {
    let payload = readable(&row, grant);
    LogView {
        row,
        identity,
        payload,
    }
}

/// What may be read of a frame's payload.
pub(crate) fn readable(row: &LogRow, grant: Option<&DriverDataGrant>) -> String {
    match grant {
        Some(grant) => row.payload.reveal(grant).clone(),
        // A frame that could not be parsed is personal as a whole.
        None if row.kind == FrameKind::Unreadable => mask(""),
        None => masked(row.payload.sealed(), &row.personal),
    }
}
