//! Commands as the API shows and takes them.

use chrono::{DateTime, Utc};
use domain::command::{CommandRecord, ReportKind, ResetKind, TriggerKind, VariableName};
use domain::token::TokenKind;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::word;
use crate::problem::Problem;

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonView {
    pub id: String,
    pub name: String,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandErrorView {
    pub code: String,
    pub text: String,
}

/// A command and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandView {
    pub id: String,
    pub station_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// What was asked; a token in it is masked for those without the right to driver data.
    pub params: Value,
    pub state: String,
    /// The station's own answer.
    pub answer: Option<Value>,
    pub error: Option<CommandErrorView>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    /// Null when Busbar itself asked.
    pub issued_by: Option<PersonView>,
}

impl CommandView {
    pub fn to_view(record: CommandRecord, params: Value) -> Self {
        let outcome = record.outcome;
        let answer = outcome.as_ref().and_then(|o| o.answer.as_deref());
        Self {
            id: record.id.to_string(),
            station_id: record.station.to_string(),
            kind: record.command.kind().to_owned(),
            params,
            state: word(&record.state),
            answer: answer.map(|text| {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
            }),
            error: outcome.and_then(|o| o.error).map(|e| CommandErrorView {
                code: e.code,
                text: e.text,
            }),
            created_at: record.created_at,
            sent_at: record.sent_at,
            settled_at: record.settled_at,
            issued_by: record.issued_by.map(|(id, name)| PersonView {
                id: id.to_string(),
                name,
            }),
        }
    }
}

/// A command to issue: `params` is read by `type`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandBody {
    /// `reset`, `start_session`, `stop_session`, `change_availability`, `unlock`, `trigger`,
    /// `read_variables`, `write_variables`, `request_report`, `clear_cache` or `update_firmware`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub params: Value,
}

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $(pub $field: $kind,)* }
    )*};
}

params! {
    ResetParams { kind: ResetKind, evse: Option<i32> }
    StartParams { evse: Option<i32>, token: String, token_kind: Option<TokenKind> }
    StopParams { session_id: String }
    AvailabilityParams { evse: Option<i32>, connector: Option<i32>, operative: bool }
    UnlockParams { evse: i32, connector: Option<i32> }
    TriggerParams { message: TriggerKind, evse: Option<i32>, connector: Option<i32> }
    ReadParams { keys: Option<Vec<VariableName>> }
    WriteParams { values: Vec<WriteValue> }
    WriteValue { component: Option<String>, component_instance: Option<String>, evse: Option<i32>,
        connector: Option<i32>, variable: String, variable_instance: Option<String>, value: String }
    ReportParams { kind: ReportKind }
    FirmwareParams { url: String, retrieve_at: Option<DateTime<Utc>>, install_at: Option<DateTime<Utc>>,
        retries: Option<i32>, retry_interval_s: Option<i32> }
}

/// Reads `params` of a command; what is wrong with it is told at `/params`.
pub(crate) fn params<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, Problem> {
    let params = if params.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        params
    };
    serde_json::from_value(params).map_err(|e| Problem::field("/params", "invalid", e.to_string()))
}

/// A raw call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBody {
    /// Name of the call, as the station's protocol has it.
    pub action: String,
    /// Its payload, checked against the official schema.
    pub payload: Value,
}

/// What the station answered to a raw call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawView {
    pub command_id: String,
    /// `accepted` (a CALLRESULT), `call_error` or `timeout`.
    pub result: &'static str,
    /// The payload of the CALLRESULT.
    pub payload: Option<Value>,
    pub error: Option<CommandErrorView>,
}
