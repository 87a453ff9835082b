//! Rows of the wire log, one for each frame. Action and id are the peer's words: they are cut, so
//! that a row stays a row.

use app::App;
use domain::clock::Moment;
use domain::deviation::Deviation;
use domain::id::{LogId, StationId};
use domain::personal::Personal;
use domain::wire_log::{Direction, FrameKind, LogRow, Span};
use ocpp::frame::ErrorFrame;
use ocpp::personal::{everything, personal_spans, without_secrets};

use crate::request::cut;

/// The most characters kept of an action, an id, an error code.
const MOST_WORD: usize = 100;
/// The most bytes kept of what could not be read.
const MOST_UNREADABLE: usize = 8 * 1024;

/// The parts of a row that differ from frame to frame.
pub(crate) struct Written<'a> {
    pub direction: Direction,
    pub kind: FrameKind,
    pub message_id: Option<&'a str>,
    pub action: Option<&'a str>,
    pub payload: String,
    pub personal: Vec<Span>,
}

pub(crate) fn row(app: &App, station: StationId, at: Moment, written: Written<'_>) -> LogRow {
    LogRow {
        id: LogId::from_uuid(app.draw()),
        station,
        at,
        direction: written.direction,
        kind: written.kind,
        message_id: written.message_id.map(|id| cut(id, MOST_WORD)),
        action: written.action.map(|action| cut(action, MOST_WORD)),
        payload: Personal::new(written.payload),
        personal: written.personal,
        error_code: None,
        latency_ms: None,
        deviations: Vec::new(),
        session: None,
    }
}

/// Marks what is personal in the row of `payload`, after secrets are taken out of it: a password in
/// a log is one in every backup.
pub(crate) fn seal(row: &mut LogRow, payload: &str, personal: Vec<Span>) {
    match without_secrets(payload) {
        Some(text) => {
            row.personal = if personal == everything() {
                personal
            } else {
                personal_spans(&text)
            };
            row.payload = Personal::new(text);
        }
        None => row.personal = personal,
    }
}

/// Keeps the code and the details of a refusal. No schema says what a station may put there, so
/// that details are personal as a whole.
pub(crate) fn seal_details(row: &mut LogRow, error: &ErrorFrame<'_>) {
    let details = error.details.get();
    row.error_code = Some(word(&error.code));
    let kept = without_secrets(details).unwrap_or_else(|| details.to_owned());
    let nothing = kept.split_whitespace().collect::<String>() == "{}";
    row.personal = if nothing { Vec::new() } else { everything() };
    row.payload = Personal::new(kept);
}

/// The row of a text that is no frame: personal as a whole.
pub(crate) fn unreadable(
    app: &App,
    station: StationId,
    at: Moment,
    id: Option<&str>,
    action: Option<&str>,
    text: &str,
    deviation: Deviation,
) -> LogRow {
    let kept = cut(text, MOST_UNREADABLE);
    let mut row = row(
        app,
        station,
        at,
        Written {
            direction: Direction::In,
            kind: FrameKind::Unreadable,
            message_id: id,
            action,
            personal: if kept.is_empty() {
                Vec::new()
            } else {
                everything()
            },
            payload: kept,
        },
    );
    row.deviations.push(deviation);
    row
}

/// The code of a refusal, as the peer spelled it.
pub(crate) fn word(text: &str) -> String {
    cut(text, MOST_WORD)
}
