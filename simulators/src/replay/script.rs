//! What a log says that stations did: the export of the server, read line by line and put in order.
//! Refuses a file with a line that is no frame, before anything was sent.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::BufRead;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::wire::Version;

/// What a server shows of something personal to those who may not read it.
const MASK: &str = "••••";
/// What stands in its place when it is sent: letters that every field of OCPP takes.
const STAND_IN: &str = "MASK";

#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    identity: String,
    at: DateTime<Utc>,
    direction: Direction,
    kind: Kind,
    message_id: Option<String>,
    action: Option<String>,
    payload: String,
    error_code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Call,
    Result,
    Error,
    Send,
    Unreadable,
}

/// How a call was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// With a payload.
    Result(Value),
    /// With a refusal: its code.
    Error(String),
}

impl Answer {
    /// In a word or two, by which two answers are compared: what a server draws anew each time, such
    /// as times and numbers, is not in it.
    pub(super) fn gist(&self) -> String {
        match self {
            Self::Error(code) => format!("error {code}"),
            Self::Result(payload) => ["/status", "/idTagInfo/status", "/idTokenInfo/status"]
                .iter()
                .find_map(|at| payload.pointer(at)?.as_str())
                .map_or_else(|| "answered".to_owned(), str::to_owned),
        }
    }
}

/// What a station sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sent {
    /// A call, and how it was answered, where the log has it.
    Call(Message, Option<Answer>),
    /// What wants no answer.
    Send(Message),
    /// What could not be read, as it was.
    Unreadable(String),
}

/// A message of a station.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    pub id: String,
    pub action: String,
    pub payload: String,
}

/// Something a station sent, and when.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub at: DateTime<Utc>,
    pub sent: Sent,
}

/// A call of the server, and how the station answered it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// Payload of the call, where the log has it.
    pub call: Option<Value>,
    /// The station's answer.
    pub answer: Answer,
}

/// What one station did.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// What it sent, in order.
    pub steps: Vec<Step>,
    /// What it answered, by action, in order.
    pub asked: HashMap<String, VecDeque<Asked>>,
    /// How many frames are not here because the log hides them whole.
    pub hidden: u64,
    told: Told,
}

/// What the frames of a station tell of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Told {
    #[default]
    Nothing,
    V16,
    /// 2.0.1 or 2.1.
    V2,
    V21,
}

impl Script {
    /// The version the station spoke. `said` decides where its frames do not: 2.0.1 and 2.1 have
    /// most of them in common.
    pub(super) fn version(&self, said: Option<Version>) -> Option<Version> {
        match (self.told, said) {
            (Told::V16, _) => Some(Version::V16),
            (Told::V21, _) => Some(Version::V21),
            (Told::V2, Some(Version::V21)) => Some(Version::V21),
            (Told::V2, _) => Some(Version::V201),
            (Told::Nothing, said) => said,
        }
    }

    fn hear(&mut self, line: &Line) {
        if self.told == Told::V16 || self.told == Told::V21 {
            return;
        }
        let action = line.action.as_deref().unwrap_or_default();
        let has = |word| line.payload.contains(word);
        let heard = match action {
            "BootNotification" if has("\"chargePointVendor\"") => Told::V16,
            "BootNotification" if has("\"chargingStation\"") => Told::V2,
            "StatusNotification" if has("\"errorCode\"") => Told::V16,
            "StatusNotification" if has("\"evseId\"") => Told::V2,
            "StartTransaction"
            | "StopTransaction"
            | "GetConfiguration"
            | "ChangeConfiguration"
            | "RemoteStartTransaction"
            | "RemoteStopTransaction"
            | "GetDiagnostics" => Told::V16,
            _ if line.kind == Kind::Send => Told::V21,
            "TransactionEvent"
            | "NotifyReport"
            | "NotifyEvent"
            | "GetBaseReport"
            | "GetVariables"
            | "SetVariables"
            | "RequestStartTransaction"
            | "RequestStopTransaction" => Told::V2,
            _ => return,
        };
        self.told = heard;
    }
}

/// Reads an export: one frame a line, in whichever order. The stations, by identity.
///
/// # Errors
/// [`Error::Plan`] with the number of the first line that is no frame, or for a file without any.
pub(super) fn read(file: impl BufRead) -> Result<BTreeMap<String, Script>, Error> {
    let mut lines = Vec::new();
    for (number, text) in file.lines().enumerate() {
        let wrong = |why: String| Error::Plan(format!("line {}: {why}", number + 1));
        let text = text.map_err(|e| wrong(e.to_string()))?;
        if text.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(Error::Plan("the file has no frame".into()));
    }
    // The newest come first in an export; an id begins with its time.
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    let mut scripts: BTreeMap<String, Script> = BTreeMap::new();
    let mut open = Open::default();
    for line in lines {
        let script = scripts.entry(line.identity.clone()).or_default();
        script.hear(&line);
        open.take(script, line);
    }
    Ok(scripts)
}

/// Calls whose answers are still to come, by station and message id.
#[derive(Default)]
struct Open {
    /// Of the station: which step.
    theirs: HashMap<(String, String), usize>,
    /// Of the server: the payload.
    ours: HashMap<(String, String), Value>,
}

impl Open {
    fn take(&mut self, script: &mut Script, line: Line) {
        let id = line.message_id.unwrap_or_default();
        let key = (line.identity, id.clone());
        if line.payload == MASK {
            script.hidden += 1;
            return;
        }
        let payload = line.payload.replace(MASK, STAND_IN);
        let action = line.action.unwrap_or_default();
        let value = || serde_json::from_str(&payload).unwrap_or(Value::Null);
        let answer = || match &line.error_code {
            Some(code) => Answer::Error(code.clone()),
            None => Answer::Result(value()),
        };
        let message = || Message {
            id: id.clone(),
            action: action.clone(),
            payload: payload.clone(),
        };
        let sent = match (line.direction, line.kind) {
            (Direction::In, Kind::Call) => {
                self.theirs.insert(key, script.steps.len());
                Sent::Call(message(), None)
            }
            (Direction::In, Kind::Send) => Sent::Send(message()),
            (Direction::In, Kind::Unreadable) => Sent::Unreadable(payload),
            (Direction::In, Kind::Result | Kind::Error) => {
                let call = self.ours.remove(&key);
                let answer = answer();
                let asked = script.asked.entry(action).or_default();
                asked.push_back(Asked { call, answer });
                return;
            }
            (Direction::Out, Kind::Call) => {
                self.ours.insert(key, value());
                return;
            }
            (Direction::Out, Kind::Result | Kind::Error) => {
                let step = self
                    .theirs
                    .remove(&key)
                    .and_then(|at| script.steps.get_mut(at));
                if let Some(Sent::Call(_, open)) = step.map(|step| &mut step.sent) {
                    *open = Some(answer());
                }
                return;
            }
            (Direction::Out, Kind::Send | Kind::Unreadable) => return,
        };
        script.steps.push(Step { at: line.at, sent });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn frame(n: u32, direction: &str, kind: &str, action: &str, payload: &str) -> String {
        json!({
            "id": format!("log_{n:04}"), "station_id": "sta_1", "identity": "A", "at": "2026-11-30T10:00:00Z",
            "direction": direction, "kind": kind, "message_id": format!("m{}", n / 2), "action": action,
            "payload": payload, "error_code": null, "latency_ms": 3, "deviations": [], "session_id": null,
        })
        .to_string()
    }

    #[test]
    fn the_newest_first_becomes_the_oldest_first_and_answers_find_their_calls() -> Result<(), Error>
    {
        let file = [
            frame(5, "in", "result", "Reset", r#"{"status":"Accepted"}"#),
            frame(4, "out", "call", "Reset", r#"{"type":"Soft"}"#),
            frame(
                3,
                "out",
                "result",
                "Authorize",
                r#"{"idTagInfo":{"status":"Invalid"}}"#,
            ),
            frame(2, "in", "call", "Authorize", r#"{"idTag":"••••CCDD"}"#),
            frame(
                0,
                "in",
                "call",
                "BootNotification",
                r#"{"chargePointVendor":"V"}"#,
            ),
        ];
        let scripts = read(file.join("\n").as_bytes())?;
        let script = &scripts["A"];
        assert_eq!(script.version(Some(Version::V21)), Some(Version::V16));
        let [boot, authorize] = script.steps.as_slice() else {
            panic!("{:?}", script.steps)
        };
        assert!(matches!(&boot.sent, Sent::Call(call, None) if call.action == "BootNotification"));
        let Sent::Call(call, Some(answer)) = &authorize.sent else {
            panic!("{authorize:?}")
        };
        assert_eq!(call.payload, r#"{"idTag":"MASKCCDD"}"#);
        assert_eq!(answer.gist(), "Invalid");
        let reset = &script.asked["Reset"][0];
        assert_eq!(reset.call, Some(json!({"type": "Soft"})));
        assert_eq!(reset.answer.gist(), "Accepted");
        Ok(())
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_its_line() -> Result<(), Error> {
        let good = frame(0, "in", "call", "Heartbeat", "{}");
        let told = |text: &str| match read(text.as_bytes()) {
            Ok(scripts) => format!("taken: {scripts:?}"),
            Err(refused) => refused.to_string(),
        };
        assert!(told(&format!("{good}\n\n{{\"id\":1}}")).starts_with("line 3: "));
        assert_eq!(told("\n"), "the file has no frame");
        let scripts = read(good.as_bytes())?;
        assert_eq!(scripts["A"].version(None), None);
        let said = Some(Version::V21);
        assert_eq!(scripts["A"].version(said), said);
        Ok(())
    }

    #[test]
    fn what_is_hidden_whole_is_counted_and_not_sent() -> Result<(), Error> {
        let scripts = read(frame(0, "in", "unreadable", "", "••••").as_bytes())?;
        assert_eq!((scripts["A"].hidden, scripts["A"].steps.len()), (1, 0));
        Ok(())
    }
}
