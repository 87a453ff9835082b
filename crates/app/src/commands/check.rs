//! What is looked at before a command is written down, and what only we can fill in.

use domain::command::Command;
use domain::session::SessionState;
use store::StationRow;

use crate::app::App;
use crate::error::{Error, Problem};

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

fn check(command: &Command) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut refuse = |bad: bool, pointer: &str, code: &str, detail: &str| {
        if bad {
            problems.push(Problem::at(pointer, code, detail));
        }
    };
    let low = |n: &Option<i32>| n.is_some_and(|n| n < 1);
    let counted = "EVSEs and connectors are counted from 1.";
    match command {
        Command::Reset { evse, .. } => refuse(low(evse), "/params/evse", "out_of_range", counted),
        Command::StartSession { evse, token, .. } => {
            refuse(low(evse), "/params/evse", "out_of_range", counted);
            let empty = token.as_str().is_empty();
            refuse(empty, "/params/token", "required", "A token is needed.");
        }
        Command::ChangeAvailability {
            evse, connector, ..
        }
        | Command::Trigger {
            evse, connector, ..
        } => {
            refuse(low(evse), "/params/evse", "out_of_range", counted);
            refuse(low(connector), "/params/connector", "out_of_range", counted);
        }
        Command::Unlock { evse, connector } => {
            refuse(*evse < 1, "/params/evse", "out_of_range", counted);
            refuse(low(connector), "/params/connector", "out_of_range", counted);
        }
        Command::WriteVariables { values } => {
            let empty = values.is_empty();
            refuse(empty, "/params/values", "required", "Say what to write.");
        }
        Command::UpdateFirmware { url, retries, .. } => {
            let schemes = ["http://", "https://", "ftp://", "ftps://"];
            let odd = !schemes.iter().any(|s| url.starts_with(s));
            refuse(
                odd,
                "/params/url",
                "invalid",
                "The address must be http, https, ftp or ftps.",
            );
            let negative = retries.is_some_and(|r| r < 0);
            refuse(
                negative,
                "/params/retries",
                "out_of_range",
                "Not less than 0.",
            );
        }
        Command::Raw { action, .. } => {
            refuse(action.is_empty(), "/action", "required", "Name the call.");
        }
        _ => {}
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid { problems })
    }
}
