//! Commands as the API shows them, and raw calls.

use chrono::{DateTime, Utc};
use domain::command::{Command, CommandRecord, VariableName};
use serde::Deserialize;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{word, words};

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
    #[schema(value_type = words::CommandType)]
    pub kind: String,
    /// What was asked; a token in it is masked for those without the right to driver data.
    pub params: Value,
    #[schema(value_type = words::CommandState)]
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
    /// Personal parts were masked by the use case.
    pub fn to_view(record: CommandRecord) -> Self {
        let params = asked(&record.command);
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

/// What was asked, in the shape in which it is asked.
pub(super) fn asked(command: &Command) -> Value {
    match command {
        Command::StartSession {
            evse,
            token,
            token_kind,
            ..
        } => {
            json!({"evse": evse, "token": token.as_str(), "token_kind": token_kind})
        }
        Command::ReadVariables { names } | Command::MonitorVariables { names } => {
            json!({"keys": names})
        }
        Command::StopSession { session, .. } => json!({"session_id": session}),
        Command::Raw { action, payload } => {
            let payload: Value = serde_json::from_str(payload).unwrap_or_default();
            json!({"action": action, "payload": payload})
        }
        Command::UpdateFirmware {
            file,
            transport,
            signed,
            url,
            retrieve_at,
            install_at,
            retries,
            retry_interval_s,
            ..
        } => json!({
            "firmware_file_id": file, "transport": transport, "signed": signed,
            "url": (!url.is_empty()).then_some(url),
            "retrieve_at": retrieve_at, "install_at": install_at, "retries": retries,
            "retry_interval_s": retry_interval_s,
        }),
        Command::WriteVariables { values } => {
            let value = |(name, value): &(VariableName, String)| {
                let mut all = json!(name);
                all["value"] = json!(value);
                all
            };
            json!({"values": values.iter().map(value).collect::<Vec<_>>()})
        }
        other => match serde_json::to_value(other) {
            Ok(Value::Object(object)) => object.into_iter().next().map_or(json!({}), |(_, v)| v),
            _ => json!({}),
        },
    }
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
    #[schema(value_type = words::RawResult)]
    pub result: &'static str,
    /// The payload of the CALLRESULT.
    pub payload: Option<Value>,
    pub error: Option<CommandErrorView>,
}
