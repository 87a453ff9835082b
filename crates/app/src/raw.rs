//! Raw calls: any call of the station's own protocol, in its own words. The bytes are opaque
//! here; the charger port checks them against its catalogue before anything is sent.

use std::time::Duration;

use domain::command::{Command, CommandRecord};
use domain::id::StationId;
use domain::lock::WritePath;
use domain::role::{Caller, Permission};

use crate::app::App;
use crate::commands;
use crate::error::{Error, Problem};
use crate::{gate, locks};

/// Sends a raw call and waits for what comes of it, with `stations.raw_ocpp`. A payload that
/// breaks the schema is [`Error::Invalid`], with pointers into the payload.
pub async fn send(
    app: &App,
    caller: &Caller,
    station: StationId,
    action: String,
    payload: String,
    up_to: Duration,
) -> Result<CommandRecord, Error> {
    let pass = gate::permit(app, caller, Permission::StationsRawOcpp).await?;
    let row = pass.station(app, station).await?;
    let command = Command::Raw { action, payload };
    let sent = commands::dispatch(app, caller, &row, command, WritePath::RawOcpp).await?;
    let record = commands::outcome_of(app, station, sent.id, up_to).await?;
    let error = record.outcome.as_ref().and_then(|o| o.error.as_ref());
    if let Some(locked) = error.filter(|e| e.code == locks::CODE) {
        return Err(Error::conflict(locks::CODE, locked.text.clone()));
    }
    let refused = error.filter(|e| matches!(e.code.as_str(), "invalid_payload" | "unsupported"));
    if let Some(refused) = refused {
        let mut problems: Vec<Problem> = refused
            .places
            .iter()
            .map(|(pointer, code, text)| Problem::at(&format!("/payload{pointer}"), code, text))
            .collect();
        if problems.is_empty() {
            problems.push(Problem::at("/action", &refused.code, refused.text.clone()));
        }
        return Err(Error::Invalid { problems });
    }
    commands::shown_now(app, caller, station, record).await
}
