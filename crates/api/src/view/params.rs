//! What a command is asked with: `params` has a shape of its own for each `type`. One list gives
//! the reader and the description.

use chrono::{DateTime, Utc};
use domain::command::{Command, ReportKind, ResetKind, TriggerKind, VariableName};
use domain::id::{FirmwareId, SessionId};
use domain::token::{TokenKind, TokenUid};
use domain::transfer::Transport;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::words;
use crate::body;
use crate::problem::Problem;
use crate::query::At;

/// Parameters that become a command.
trait Asks {
    /// The command; `now` is when nothing is said.
    fn asks(self, now: DateTime<Utc>) -> Command;
}

macro_rules! types {
    ($($word:literal: $params:ident,)*) => {
        /// What can be asked for by name.
        pub(crate) const TYPES: &[&str] = &[$($word),*];

        /// Reads `params` by `kind`; none when there is no such command.
        fn read(
            kind: &str,
            params: &Value,
            now: DateTime<Utc>,
            pointer: &str,
        ) -> Option<Result<Command, Problem>> {
            let pointer = format!("{pointer}/params");
            Some(match kind {
                $($word => body::read::<$params>(params, &pointer).map(|p| p.asks(now)),)*
                _ => return None,
            })
        }

        impl PartialSchema for CommandBody {
            fn schema() -> RefOr<Schema> {
                let one_of = OneOfBuilder::new()
                    .description(Some("A command to issue: `params` goes by `type`."));
                one_of$(.item(one($word, &$params::name(), &$params::schema())))*.into()
            }
        }

        impl ToSchema for CommandBody {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(schemas.push(($params::name().into(), $params::schema()));
                $params::schemas(schemas);)*
            }
        }
    };
}

types! {
    "reset": ResetParams,
    "start_session": StartParams,
    "stop_session": StopParams,
    "change_availability": AvailabilityParams,
    "unlock": UnlockParams,
    "trigger": TriggerParams,
    "read_variables": ReadParams,
    "write_variables": WriteParams,
    "request_report": ReportParams,
    "clear_cache": ClearParams,
    "update_firmware": FirmwareParams,
}

/// The shape of one type; `params` may be left out where it has nothing that is needed.
fn one(word: &str, name: &str, params: &RefOr<Schema>) -> ObjectBuilder {
    let needed = matches!(params, RefOr::T(Schema::Object(o)) if !o.required.is_empty());
    let kind = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([word]));
    let one = ObjectBuilder::new()
        .property("type", kind)
        .required("type")
        .property("params", Ref::from_schema_name(name))
        .additional_properties(Some(
            utoipa::openapi::schema::AdditionalProperties::FreeForm(false),
        ));
    if needed { one.required("params") } else { one }
}

/// A command to issue: `params` is read by `type`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandBody {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    params: Value,
}

impl CommandBody {
    /// The command that is asked for; `now` is when nothing is said.
    pub fn from_body(body: Self, now: DateTime<Utc>) -> Result<Command, Problem> {
        Self::from_body_at(body, now, "")
    }

    /// The same, for a command that stands at `pointer` in a body.
    pub fn from_body_at(body: Self, now: DateTime<Utc>, pointer: &str) -> Result<Command, Problem> {
        let params = match body.params {
            Value::Null => Value::Object(Map::new()),
            params => params,
        };
        read(&body.kind, &params, now, pointer).unwrap_or_else(|| {
            let detail = format!("One of {}.", TYPES.join(", "));
            Err(Problem::field(
                &format!("{pointer}/type"),
                "invalid",
                detail,
            ))
        })
    }
}

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$meta:meta])* $field:ident: $kind:ty),* $(,)?
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $($(#[$meta])* $field: $kind,)* }
    )*};
}

params! {
    /// How to restart.
    ResetParams {
        #[schema(value_type = words::ResetKind)]
        kind: ResetKind,
        /// Only this EVSE (2.x).
        evse: Option<i32>,
    }
    /// For whom to start, and where.
    StartParams {
        /// Any EVSE when not said.
        evse: Option<i32>,
        token: String,
        /// `central` when not said.
        #[schema(value_type = Option<words::TokenKind>)]
        token_kind: Option<TokenKind>,
    }
    /// Which session to end.
    StopParams {
        #[schema(value_type = String)]
        session_id: SessionId,
    }
    /// What to make operative or not.
    AvailabilityParams {
        /// The whole station when not said.
        evse: Option<i32>,
        /// Within the EVSE (2.x).
        connector: Option<i32>,
        operative: bool,
    }
    /// Which cable to free.
    UnlockParams {
        evse: i32,
        /// 1 when not said.
        connector: Option<i32>,
    }
    /// What to say again.
    TriggerParams {
        #[schema(value_type = words::TriggerKind)]
        message: TriggerKind,
        evse: Option<i32>,
        connector: Option<i32>,
    }
    /// Which variables to read.
    ReadParams {
        /// All when not given.
        keys: Option<Vec<VariableKey>>,
    }
    /// Names a variable: a 1.6 key has neither component nor EVSE.
    VariableKey {
        component: Option<String>,
        component_instance: Option<String>,
        evse: Option<i32>,
        connector: Option<i32>,
        variable: String,
        variable_instance: Option<String>,
    }
    /// Which variables to write.
    WriteParams {
        values: Vec<VariableValue>,
    }
    /// A variable and what to write there.
    VariableValue {
        component: Option<String>,
        component_instance: Option<String>,
        evse: Option<i32>,
        connector: Option<i32>,
        variable: String,
        variable_instance: Option<String>,
        value: String,
    }
    /// How much to report.
    ReportParams {
        #[schema(value_type = words::ReportKind)]
        kind: ReportKind,
    }
    /// Nothing.
    ClearParams {}
    /// Which firmware, and when.
    FirmwareParams {
        /// http, https, ftp or ftps; this or `firmware_file_id`.
        url: Option<String>,
        /// A file of the library: the station gets a one-time link to it.
        #[schema(value_type = Option<String>)]
        firmware_file_id: Option<FirmwareId>,
        /// By which protocol a file of the library is fetched; `http` when not said.
        #[schema(value_type = Option<words::Transport>)]
        transport: Option<Transport>,
        /// Whether the signature of a file of the library goes along; when not said, with stations
        /// that can check it.
        signed: Option<bool>,
        /// At once when not said.
        #[schema(value_type = Option<DateTime<Utc>>)]
        retrieve_at: Option<At>,
        #[schema(value_type = Option<DateTime<Utc>>)]
        install_at: Option<At>,
        retries: Option<i32>,
        retry_interval_s: Option<i32>,
    }
}

impl Asks for ResetParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::Reset {
            kind: self.kind,
            evse: self.evse,
        }
    }
}

impl Asks for StartParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::StartSession {
            evse: self.evse,
            token: TokenUid::new(&self.token),
            token_kind: self.token_kind.unwrap_or(TokenKind::Central),
            // Drawn by the use case.
            remote_start: 0,
        }
    }
}

impl Asks for StopParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::StopSession {
            session: self.session_id,
            // Filled in by the use case.
            wire: String::new(),
        }
    }
}

impl Asks for AvailabilityParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::ChangeAvailability {
            evse: self.evse,
            connector: self.connector,
            operative: self.operative,
        }
    }
}

impl Asks for UnlockParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::Unlock {
            evse: self.evse,
            connector: self.connector,
        }
    }
}

impl Asks for TriggerParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::Trigger {
            message: self.message,
            evse: self.evse,
            connector: self.connector,
        }
    }
}

impl Asks for ReadParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        let name = |key: VariableKey| VariableName {
            component: key.component,
            component_instance: key.component_instance,
            evse: key.evse,
            connector: key.connector,
            variable: key.variable,
            variable_instance: key.variable_instance,
        };
        let keys = self.keys.unwrap_or_default();
        Command::ReadVariables {
            names: keys.into_iter().map(name).collect(),
        }
    }
}

impl Asks for WriteParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        let value = |v: VariableValue| {
            let name = VariableName {
                component: v.component,
                component_instance: v.component_instance,
                evse: v.evse,
                connector: v.connector,
                variable: v.variable,
                variable_instance: v.variable_instance,
            };
            (name, v.value)
        };
        Command::WriteVariables {
            values: self.values.into_iter().map(value).collect(),
        }
    }
}

impl Asks for ReportParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::RequestReport { kind: self.kind }
    }
}

impl Asks for ClearParams {
    fn asks(self, _: DateTime<Utc>) -> Command {
        Command::ClearCache
    }
}

impl Asks for FirmwareParams {
    fn asks(self, now: DateTime<Utc>) -> Command {
        Command::UpdateFirmware {
            file: self.firmware_file_id,
            transport: self.transport,
            signed: self.signed,
            // Filled in from the library.
            signing: None,
            url: self.url.unwrap_or_default(),
            retrieve_at: self.retrieve_at.map_or(now, |at| at.0),
            install_at: self.install_at.map(|at| at.0),
            retries: self.retries,
            retry_interval_s: self.retry_interval_s,
        }
    }
}
