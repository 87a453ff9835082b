//! The wire log, connection attempts, deviations and notices as the API shows them.

use app::attempts::StrangerView;
use chrono::{DateTime, Utc};
use domain::attempt::{Attempt, Unclaimed};
use domain::deviation::{Deviation, DeviationCount};
use domain::id::NoticeId;
use domain::message::Notice;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{word, words};
use crate::table::columns;

/// One forgiven departure from the protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviationView {
    pub code: String,
    pub path: String,
    pub text: String,
}

impl DeviationView {
    pub fn to_view(deviation: Deviation) -> Self {
        Self {
            code: deviation.code,
            path: deviation.path,
            text: deviation.text,
        }
    }
}

/// One frame.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogView {
    pub id: String,
    pub station_id: String,
    /// What its station is called.
    pub identity: String,
    pub at: DateTime<Utc>,
    #[schema(value_type = words::Direction)]
    pub direction: String,
    #[schema(value_type = words::FrameKind)]
    pub kind: String,
    pub message_id: Option<String>,
    pub action: Option<String>,
    /// JSON text; personal parts are masked for those without the right to driver data.
    pub payload: String,
    pub error_code: Option<String>,
    pub latency_ms: Option<i32>,
    pub deviations: Vec<DeviationView>,
    pub session_id: Option<String>,
}

impl LogView {
    /// The payload is what the caller may read of it.
    pub fn to_view(line: app::logs::LogView) -> Self {
        let app::logs::LogView {
            row,
            identity,
            payload,
        } = line;
        Self {
            id: row.id.to_string(),
            station_id: row.station.to_string(),
            identity,
            at: row.at,
            direction: word(&row.direction),
            kind: word(&row.kind),
            message_id: row.message_id,
            action: row.action,
            payload,
            error_code: row.error_code,
            latency_ms: row.latency_ms,
            deviations: row
                .deviations
                .into_iter()
                .map(DeviationView::to_view)
                .collect(),
            session_id: row.session.map(|s| s.to_string()),
        }
    }
}

/// A frame from or to a station that nobody registered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StrangerFrameView {
    pub id: String,
    /// By which identity it called.
    pub identity: String,
    pub remote_ip: String,
    pub at: DateTime<Utc>,
    #[schema(value_type = words::Direction)]
    pub direction: String,
    #[schema(value_type = words::FrameKind)]
    pub kind: String,
    pub message_id: Option<String>,
    pub action: Option<String>,
    /// JSON text; personal parts are masked for those without the right to driver data.
    pub payload: String,
    pub error_code: Option<String>,
    pub deviations: Vec<DeviationView>,
}

impl StrangerFrameView {
    pub fn to_view(frame: StrangerView) -> Self {
        let StrangerView { said, payload } = frame;
        let row = said.frame;
        let deviations = row.deviations.into_iter().map(DeviationView::to_view);
        Self {
            id: row.id.to_string(),
            identity: said.identity,
            remote_ip: said.remote_ip,
            at: row.at,
            direction: word(&row.direction),
            kind: word(&row.kind),
            message_id: row.message_id,
            action: row.action,
            payload,
            error_code: row.error_code,
            deviations: deviations.collect(),
        }
    }
}

/// An inbound connection attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    pub id: String,
    pub at: DateTime<Utc>,
    pub remote_ip: String,
    pub path: Option<String>,
    pub identity: Option<String>,
    pub subprotocols: Vec<String>,
    pub user_agent: Option<String>,
    pub username: Option<String>,
    #[schema(value_type = words::AttemptOutcome)]
    pub outcome: String,
    pub detail: Option<String>,
}

impl AttemptView {
    pub fn to_view(attempt: Attempt) -> Self {
        Self {
            id: attempt.id.to_string(),
            at: attempt.at,
            remote_ip: attempt.remote_ip,
            path: attempt.path,
            identity: attempt.identity,
            subprotocols: attempt.subprotocols,
            user_agent: attempt.user_agent,
            username: attempt.username,
            outcome: word(&attempt.outcome),
            detail: attempt.detail,
        }
    }
}

/// A station that called and that nobody registered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnclaimedView {
    pub identity: String,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub attempts: i64,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub protocol: Option<String>,
    pub remote_ip: String,
}

impl UnclaimedView {
    pub fn to_view(unclaimed: Unclaimed) -> Self {
        Self {
            identity: unclaimed.identity,
            first_seen_at: unclaimed.first_seen_at,
            last_seen_at: unclaimed.last_seen_at,
            attempts: unclaimed.attempts,
            vendor: unclaimed.vendor,
            model: unclaimed.model,
            protocol: unclaimed.protocol,
            remote_ip: unclaimed.remote_ip,
        }
    }
}

/// All departures of one code in one action of a station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviationCountView {
    pub code: String,
    pub action: String,
    pub text: String,
    pub count: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

impl DeviationCountView {
    pub fn to_view(count: DeviationCount) -> Self {
        Self {
            code: count.code,
            action: count.action,
            text: count.text,
            count: count.count,
            first_at: count.first_at,
            last_at: count.last_at,
        }
    }
}

/// Something a station said that is worth showing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeView {
    pub id: String,
    #[schema(value_type = words::NoticeKind)]
    pub kind: String,
    pub at: Option<DateTime<Utc>>,
    pub title: String,
    pub detail: Value,
}

impl NoticeView {
    pub fn to_view(id: NoticeId, notice: Notice) -> Self {
        let detail = serde_json::from_str(&notice.detail).unwrap_or(Value::String(notice.detail));
        Self {
            id: id.to_string(),
            kind: word(&notice.kind),
            at: notice.at,
            title: notice.title,
            detail,
        }
    }
}

columns!(LogView: line => {
    "id": line.id,
    "station_id": line.station_id,
    "identity": line.identity,
    "at": line.at,
    "direction": line.direction,
    "kind": line.kind,
    "message_id": line.message_id,
    "action": line.action,
    "payload": line.payload,
    "error_code": line.error_code,
    "latency_ms": line.latency_ms,
    "deviations": line.deviations.iter().map(|d| d.code.as_str()).collect::<Vec<_>>().join("; "),
    "session_id": line.session_id,
});

columns!(AttemptView: attempt => {
    "id": attempt.id,
    "at": attempt.at,
    "remote_ip": attempt.remote_ip,
    "path": attempt.path,
    "identity": attempt.identity,
    "subprotocols": attempt.subprotocols.join("; "),
    "user_agent": attempt.user_agent,
    "username": attempt.username,
    "outcome": attempt.outcome,
    "detail": attempt.detail,
});
