//! What we asked a station to say, for a while: a station that is Pending may say it although it
//! may say nothing else (protocol.md 4.4).

use std::time::{Duration, Instant};

use domain::command::{Command, TriggerKind};
use domain::message::Message;

/// How long a request vouches for its messages.
const A_WHILE: Duration = Duration::from_secs(60);
/// The most requests remembered.
const MOST: usize = 16;

/// What is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Kind(TriggerKind),
    /// Parts of the device model.
    Report,
    /// The call of this name, in the station's own words.
    Action(String),
}

impl Wanted {
    /// What `command` makes a station say.
    pub fn by(command: &Command) -> Option<Self> {
        match command {
            Command::Trigger { message, .. } => Some(Self::Kind(*message)),
            Command::RequestReport { .. } => Some(Self::Report),
            Command::Raw { action, payload } if action.ends_with("TriggerMessage") => {
                let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
                let name = payload.get("requestedMessage")?.as_str()?;
                Some(Self::Action(name.to_owned()))
            }
            _ => None,
        }
    }

    fn covers(&self, action: &str, message: &Message) -> bool {
        use TriggerKind as T;
        match self {
            Self::Report => matches!(message, Message::VariablesReported(_)),
            Self::Action(name) => name == action,
            Self::Kind(kind) => match kind {
                T::Boot => matches!(message, Message::Boot(_)),
                T::Status => matches!(message, Message::Status(_) | Message::Noticed { .. }),
                T::MeterValues => matches!(message, Message::Meter(_)),
                T::Heartbeat => matches!(message, Message::Heartbeat),
                T::FirmwareStatus | T::LogStatus => matches!(message, Message::Noticed { .. }),
                T::Session => matches!(message, Message::Transaction(_)),
            },
        }
    }
}

/// What is expected of one station.
#[derive(Debug, Default)]
pub(crate) struct Requested(Vec<(Wanted, Instant)>);

impl Requested {
    pub fn expect(&mut self, wanted: Wanted, now: Instant) {
        self.0.retain(|(_, until)| *until > now);
        if self.0.len() < MOST {
            self.0.push((wanted, now + A_WHILE));
        }
    }

    /// Whether `message` was asked for a short while ago.
    pub fn covers(&self, action: &str, message: &Message, now: Instant) -> bool {
        let mut open = self.0.iter().filter(|(_, until)| *until > now);
        open.any(|(wanted, _)| wanted.covers(action, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_vouches_for_its_own_messages_and_for_a_while() {
        let now = Instant::now();
        let mut requested = Requested::default();
        let trigger = Command::Trigger {
            message: TriggerKind::Heartbeat,
            evse: None,
            connector: None,
        };
        if let Some(wanted) = Wanted::by(&trigger) {
            requested.expect(wanted, now);
        }
        assert!(requested.covers("Heartbeat", &Message::Heartbeat, now));
        let other = Message::Other {
            action: "SignCertificate".to_owned(),
        };
        assert!(!requested.covers("SignCertificate", &other, now));
        assert!(!requested.covers("Heartbeat", &Message::Heartbeat, now + A_WHILE));
        let raw = Command::Raw {
            action: "ExtendedTriggerMessage".to_owned(),
            payload: r#"{"requestedMessage":"SignCertificate"}"#.to_owned(),
        };
        if let Some(wanted) = Wanted::by(&raw) {
            requested.expect(wanted, now);
        }
        assert!(requested.covers("SignCertificate", &other, now));
        assert_eq!(Wanted::by(&Command::ClearCache), None);
    }
}
