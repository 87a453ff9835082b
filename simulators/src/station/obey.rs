//! What a station does when the server asks something: the answer, and what follows from it.

use std::collections::HashSet;

use super::errand::Errand;
use super::manners::Manner;
use super::plant::Plant;
use crate::charging::{Profile, Purpose};
use crate::wire::{Ask, Context, Moment, Reply, Say, Status, StopReason, Trigger, VariableResult};

/// Something to do after the answer has been sent.
#[derive(Debug)]
pub(super) enum Then {
    /// Tell this.
    Say(Say),
    /// Restart: drop the connection, connect, boot for this reason.
    Reboot(&'static str),
    /// Boot again without a restart.
    Boot,
    /// Fetch or send a file.
    SetOut(Errand),
}

/// Variables in one part of a report.
const REPORT_PART: usize = 10;

/// Answers a request. `session_of` finds the station's own number of a session by its wire name,
/// `name_of` the reverse.
pub(super) fn obey(
    plant: &mut Plant,
    manners: &HashSet<Manner>,
    ask: Ask,
    session_of: impl Fn(&str) -> Option<u64>,
    name_of: impl Fn(u64) -> Option<String>,
) -> (Reply, Vec<Then>) {
    let mut then = Vec::new();
    let reply = match ask {
        Ask::Reset { immediate } => reset(plant, immediate, &mut then),
        Ask::Start {
            connector,
            uid,
            remote_start_id,
            profile,
        } => start(
            plant,
            connector,
            &uid,
            remote_start_id,
            profile,
            &name_of,
            &mut then,
        ),
        Ask::Stop { transaction } => {
            let index = session_of(&transaction).and_then(|key| {
                plant
                    .connectors
                    .iter()
                    .position(|c| c.session.as_ref().is_some_and(|s| s.key == key))
            });
            match index {
                None => Reply::Status("Rejected"),
                Some(index) => {
                    let says = plant.stop(index, StopReason::Remote, Trigger::RemoteStop);
                    then.extend(says.into_iter().map(Then::Say));
                    Reply::Status("Accepted")
                }
            }
        }
        Ask::Availability {
            connector,
            operative,
        } => availability(plant, connector, operative, &mut then),
        Ask::Unlock { connector } => unlock(plant, connector, &mut then),
        Ask::Trigger { message, connector } => trigger(plant, &message, connector, &mut then),
        Ask::GetKeys { keys } => {
            let (rows, unknown) = plant.settings.keys(&keys);
            Reply::Keys { rows, unknown }
        }
        Ask::ChangeKey { key, value } => {
            let how = plant.taking;
            Reply::Status(plant.settings.change_key(&key, &value, how))
        }
        Ask::GetVariables { names } => Reply::Variables {
            results: names
                .into_iter()
                .map(|name| plant.settings.read(name))
                .collect(),
            written: false,
        },
        Ask::SetVariables { values } => {
            let how = plant.taking;
            let write = |(name, value): (_, String)| plant.settings.write(name, &value, how);
            let results: Vec<VariableResult> = values.into_iter().map(write).collect();
            Reply::Variables {
                results,
                written: true,
            }
        }
        Ask::SetMonitors { rows } => {
            let first = plant.settings.monitor(&rows);
            Reply::Monitors { rows, first }
        }
        Ask::Report {
            request_id,
            configurable_only,
        } => {
            let entries = plant.settings.inventory(configurable_only);
            let parts: Vec<_> = entries.chunks(REPORT_PART).map(<[_]>::to_vec).collect();
            let last = parts.len().saturating_sub(1);
            then.extend(parts.into_iter().enumerate().map(|(seq, entries)| {
                let tbc = seq < last;
                Then::Say(Say::Report {
                    request_id,
                    seq,
                    tbc,
                    at: plant.now,
                    entries,
                })
            }));
            Reply::Status("Accepted")
        }
        Ask::ClearCache => Reply::Status("Accepted"),
        Ask::UpdateFirmware {
            request_id,
            signed,
            location,
        } => {
            let refuses = manners.contains(&Manner::FirmwareRefused);
            let has_status = !plant.version.is_v16() || signed;
            if refuses && has_status {
                return (Reply::Status("Rejected"), then);
            }
            if refuses {
                let text = "this station is not updated".into();
                let code = "NotSupported";
                return (Reply::Error { code, text }, then);
            }
            then.push(Then::SetOut(Errand::Firmware {
                location,
                request_id,
            }));
            match has_status {
                true => Reply::Status("Accepted"),
                false => Reply::Empty,
            }
        }
        Ask::GetLog {
            request_id,
            location,
            security,
        } => {
            if manners.contains(&Manner::RefusesLogs) {
                let text = "this station sends no logs".into();
                let code = "NotSupported";
                return (Reply::Error { code, text }, then);
            }
            let name = match security {
                true => "security-log.txt",
                false => "station-log.txt",
            };
            then.push(Then::SetOut(Errand::Log {
                location,
                request_id,
                name: name.to_owned(),
                content: log(plant, security),
            }));
            let diagnostics = plant.version.is_v16() && request_id.is_none();
            Reply::Upload {
                file: name.into(),
                diagnostics,
            }
        }
        Ask::SetProfile { connector, profile } => set_profile(plant, connector, profile),
        Ask::ClearProfile { id } => Reply::Status(if plant.limits.clear(id) {
            "Accepted"
        } else {
            "Unknown"
        }),
        Ask::DataTransfer => Reply::Status("UnknownVendorId"),
        Ask::Malformed { code, text } => Reply::Error { code, text },
        Ask::Unsupported { known } => Reply::Error {
            code: if known {
                "NotSupported"
            } else {
                "NotImplemented"
            },
            text: "this station does not do that".into(),
        },
    };
    (reply, then)
}

/// What the station has to tell of itself.
fn log(plant: &Plant, security: bool) -> String {
    let (template, now) = (&plant.template, plant.now.to_rfc3339());
    let (vendor, model, firmware) = (&template.vendor, &template.model, &template.firmware);
    let mut text = format!("{now} {vendor} {model} runs {firmware}\n");
    if security {
        text.push_str(&format!("{now} StartupOfTheDevice\n"));
    }
    for connector in &plant.connectors {
        let (number, energy) = (connector.number, connector.meter.wh());
        let status = connector.status;
        text.push_str(&format!(
            "{now} connector {number}: {status:?}, {energy} Wh\n"
        ));
    }
    text
}

fn reset(plant: &mut Plant, immediate: bool, then: &mut Vec<Then>) -> Reply {
    let busy = plant.connectors.iter().any(|c| c.session.is_some());
    let (reason, word) = if immediate {
        (StopReason::HardReset, "RemoteReset")
    } else {
        (StopReason::SoftReset, "ScheduledReset")
    };
    for index in 0..plant.connectors.len() {
        let says = plant.stop(index, reason, Trigger::ResetCommand);
        then.extend(says.into_iter().map(Then::Say));
    }
    then.push(Then::Reboot(word));
    if busy && !immediate && !plant.version.is_v16() {
        Reply::Status("Scheduled")
    } else {
        Reply::Status("Accepted")
    }
}

fn start(
    plant: &mut Plant,
    connector: Option<u32>,
    uid: &str,
    remote_start_id: Option<i64>,
    profile: Option<Profile>,
    name_of: &impl Fn(u64) -> Option<String>,
    then: &mut Vec<Then>,
) -> Reply {
    let refuse = Reply::Started {
        status: "Rejected",
        transaction: None,
    };
    let free = |c: &super::plant::Connector| c.session.is_none() && c.operative;
    let index = match connector {
        Some(number) => plant.at(number),
        None => plant
            .connectors
            .iter()
            .position(|c| free(c) && c.plugged.is_some())
            .or_else(|| plant.connectors.iter().position(free)),
    };
    let Some(index) = index else { return refuse };
    let Some(chosen) = plant.connectors.get(index) else {
        return refuse;
    };
    if !free(chosen) {
        let transaction = chosen.session.as_ref().and_then(|s| name_of(s.key));
        return Reply::Started {
            status: "Rejected",
            transaction,
        };
    }
    let number = chosen.number;
    if let Some(profile) = profile {
        plant.install(number, profile);
    }
    let says = plant.start(index, uid, remote_start_id);
    then.extend(says.into_iter().map(Then::Say));
    Reply::Started {
        status: "Accepted",
        transaction: None,
    }
}

fn availability(plant: &mut Plant, connector: u32, operative: bool, then: &mut Vec<Then>) -> Reply {
    let chosen: Vec<usize> = if connector == 0 {
        (0..plant.connectors.len()).collect()
    } else {
        plant.at(connector).into_iter().collect()
    };
    if chosen.is_empty() {
        return Reply::Status("Rejected");
    }
    let mut scheduled = false;
    for index in chosen {
        let (later, said) = plant.set_operative(index, operative);
        scheduled |= later;
        then.extend(said.map(Then::Say));
    }
    Reply::Status(if scheduled { "Scheduled" } else { "Accepted" })
}

fn unlock(plant: &mut Plant, connector: u32, then: &mut Vec<Then>) -> Reply {
    let v16 = plant.version.is_v16();
    let Some(index) = plant.at(connector) else {
        return Reply::Status(if v16 {
            "NotSupported"
        } else {
            "UnknownConnector"
        });
    };
    let busy = plant
        .connectors
        .get(index)
        .is_some_and(|c| c.session.is_some());
    if busy && !v16 {
        return Reply::Status("OngoingAuthorizedTransaction");
    }
    let says = plant.stop(index, StopReason::Unlocked, Trigger::UnlockCommand);
    then.extend(says.into_iter().map(Then::Say));
    Reply::Status("Unlocked")
}

fn trigger(
    plant: &mut Plant,
    message: &str,
    connector: Option<u32>,
    then: &mut Vec<Then>,
) -> Reply {
    let chosen: Vec<usize> = match connector {
        Some(number) if number > 0 => plant.at(number).into_iter().collect(),
        _ => (0..plant.connectors.len()).collect(),
    };
    if chosen.is_empty() {
        return Reply::Status("Rejected");
    }
    match message {
        "BootNotification" => then.push(Then::Boot),
        "Heartbeat" => then.push(Then::Say(Say::Heartbeat)),
        "StatusNotification" => then.extend(chosen.into_iter().filter_map(|index| {
            let c = plant.connectors.get(index)?;
            let status: Status = c.status;
            Some(Then::Say(Say::Status {
                connector: c.number,
                status,
                at: plant.now,
            }))
        })),
        "MeterValues" | "TransactionEvent" => {
            let by_session = plant.version.is_v16() || message == "TransactionEvent";
            for index in chosen {
                let Some(c) = plant.connectors.get(index) else {
                    continue;
                };
                let (connector, busy) = (c.number, c.session.is_some());
                if by_session && busy {
                    let say = plant.tell(index, Moment::Updated, Trigger::Asked, None, false);
                    then.extend(say.map(Then::Say));
                } else if message == "MeterValues" {
                    let context = Context::Trigger;
                    let say = plant.reading(index).map(|reading| Say::Meter {
                        connector,
                        reading,
                        context,
                    });
                    then.extend(say.map(Then::Say));
                }
            }
        }
        "FirmwareStatusNotification" => {
            then.push(Then::Say(Say::Firmware {
                status: "Idle",
                request_id: None,
            }));
        }
        "DiagnosticsStatusNotification" => {
            then.push(Then::Say(Say::Log {
                status: "Idle",
                request_id: None,
            }));
        }
        "LogStatusNotification" => {
            let request_id = plant.version.is_v16().then_some(0);
            then.push(Then::Say(Say::Log {
                status: "Idle",
                request_id,
            }));
        }
        _ => return Reply::Status("NotImplemented"),
    }
    Reply::Status("Accepted")
}

fn set_profile(plant: &mut Plant, connector: u32, profile: Profile) -> Reply {
    let known = connector == 0 || plant.at(connector).is_some();
    let busy = plant
        .at(connector)
        .and_then(|index| plant.connectors.get(index))
        .is_some_and(|c| c.session.is_some());
    // 1.6 section 3.13.1: a TxProfile needs a session on that connector.
    if !known || (profile.purpose == Purpose::Session && !busy) {
        return Reply::Status("Rejected");
    }
    plant.install(connector, profile);
    Reply::Status("Accepted")
}
