//! What is looked at before a command is written down, and what only we can fill in.

use domain::command::{Command, VariableName};
use domain::session::SessionState;
use store::StationRow;

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};

/// Checks a command and fills in what only we know.
pub(super) async fn complete(
    app: &App,
    row: &StationRow,
    command: Command,
) -> Result<Command, Error> {
    check(&command)?;
    match command {
        Command::StopSession { session, .. } => {
            let found = app.store().read.session(row.station.org, session).await?;
            let found = found
                .map(|r| r.session)
                .filter(|s| s.station == row.station.id);
            let missing = || {
                Error::invalid(
                    "/params/session_id",
                    "not_found",
                    "No such session at this station.",
                )
            };
            let found = found.ok_or_else(missing)?;
            if found.state == SessionState::Ended {
                return Err(Error::conflict("session_ended", "The session is over."));
            }
            Ok(Command::StopSession {
                session,
                wire: found.wire,
            })
        }
        Command::StartSession {
            evse,
            token,
            token_kind,
            ..
        } => Ok(Command::StartSession {
            evse,
            token,
            token_kind,
            remote_start: app.transaction_number().await?,
        }),
        other => Ok(other),
    }
}

/// The longest that any version carries (2.1 SetVariableDataType; names of variables and
/// components).
const LONGEST_VALUE: usize = 2_500;
const LONGEST_KEY: usize = 50;
/// The longest address of a file (2.x FirmwareType.location).
const LONGEST_URL: usize = 2_000;

/// Whether a command can be asked for at all; places are told below `/params`.
pub(crate) fn check(command: &Command) -> Result<(), Error> {
    let mut review = Review::default();
    match command {
        Command::Reset { evse, .. } => counted(&mut review, *evse, None),
        Command::StartSession { evse, token, .. } => {
            counted(&mut review, *evse, None);
            review.needed("/params/token", Some(token.as_str()), 255);
        }
        Command::ChangeAvailability {
            evse, connector, ..
        }
        | Command::Trigger {
            evse, connector, ..
        } => counted(&mut review, *evse, *connector),
        Command::Unlock { evse, connector } => counted(&mut review, Some(*evse), *connector),
        Command::ReadVariables { names } | Command::MonitorVariables { names } => {
            for (place, name) in names.iter().enumerate() {
                variable(&mut review, &format!("/params/keys/{place}"), name);
            }
        }
        Command::WriteVariables { values } => {
            let none = values.is_empty();
            review.refuse(none, "/params/values", "required", "Say what to write.");
            for (place, (name, value)) in values.iter().enumerate() {
                let place = format!("/params/values/{place}");
                variable(&mut review, &place, name);
                let long = value.chars().count() > LONGEST_VALUE;
                let detail = format!("At most {LONGEST_VALUE} characters.");
                review.refuse(long, &format!("{place}/value"), "too_long", detail);
            }
        }
        Command::UpdateFirmware {
            file,
            transport,
            signed,
            url,
            retries,
            retry_interval_s,
            ..
        } => {
            let both = file.is_some() && !url.is_empty();
            let detail = "Either a file of the library or an address.";
            review.refuse(both, "/params/url", "invalid", detail);
            if file.is_none() {
                firmware_url(&mut review, url);
                for (said, pointer) in [
                    (transport.is_some(), "/params/transport"),
                    (signed.is_some(), "/params/signed"),
                ] {
                    let detail = "Only with a file of the library.";
                    review.refuse(said, pointer, "invalid", detail);
                }
            }
            for (number, pointer) in [
                (retries, "/params/retries"),
                (retry_interval_s, "/params/retry_interval_s"),
            ] {
                let low = number.is_some_and(|n| n < 0);
                review.refuse(low, pointer, "out_of_range", "Not less than 0.");
            }
        }
        Command::Raw { action, .. } => review.needed("/action", Some(action), LONGEST_NAME),
        Command::StopSession { .. }
        | Command::StopMonitoring { .. }
        | Command::RequestReport { .. }
        | Command::UploadLog { .. }
        | Command::ClearCache => {}
    }
    review.passed()
}

fn counted(review: &mut Review, evse: Option<i32>, connector: Option<i32>) {
    for (number, pointer) in [(evse, "/params/evse"), (connector, "/params/connector")] {
        let low = number.is_some_and(|n| n < 1);
        let detail = "EVSEs and connectors are counted from 1.";
        review.refuse(low, pointer, "out_of_range", detail);
    }
}

fn variable(review: &mut Review, place: &str, name: &VariableName) {
    review.needed(
        &format!("{place}/variable"),
        Some(&name.variable),
        LONGEST_KEY,
    );
    for (text, field) in [
        (&name.component, "component"),
        (&name.component_instance, "component_instance"),
        (&name.variable_instance, "variable_instance"),
    ] {
        review.needed(&format!("{place}/{field}"), text.as_deref(), LONGEST_KEY);
    }
    // 0 is the whole station (2.x).
    for (number, field) in [(name.evse, "evse"), (name.connector, "connector")] {
        let low = number.is_some_and(|n| n < 0);
        review.refuse(
            low,
            &format!("{place}/{field}"),
            "out_of_range",
            "Not less than 0.",
        );
    }
}

fn firmware_url(review: &mut Review, url: &str) {
    let rest = ["http://", "https://", "ftp://", "ftps://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let odd = rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/'))
        || url.chars().any(|c| c.is_control() || c.is_whitespace())
        || url.len() > LONGEST_URL;
    let detail = "An address that begins with http://, https://, ftp:// or ftps://, of at most 2000 \
                  characters and without spaces.";
    review.refuse(odd, "/params/url", "invalid", detail);
}
