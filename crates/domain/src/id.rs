//! Identifiers: prefixed UUIDv7, one newtype per noun, so that a session can never be looked up
//! by a station's id. The wire identity of a station is not an id; see [`crate::station::Identity`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The text is not `<prefix>_<32 hexadecimal digits>` of the expected prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("An id of this kind is {expected}_ and 32 hexadecimal digits.")]
pub struct IdError {
    /// The prefix that was expected, without the underscore.
    pub expected: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the text form, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID that was drawn from an [`crate::clock::IdSource`] or read back.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, as the database keeps it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let wrong = IdError { expected: $prefix };
                let digits = text.strip_prefix(concat!($prefix, "_")).ok_or_else(|| wrong.clone())?;
                if digits.len() != 32 {
                    return Err(wrong);
                }
                Uuid::try_parse(digits).map(Self).map_err(|_| wrong)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An organisation: the owner of sites, stations and members.
    OrgId = "org";
    /// An operator person.
    UserId = "usr";
    /// A person's web session.
    LoginId = "lgn";
    /// An API credential.
    KeyId = "key";
    /// One place with stations.
    SiteId = "sit";
    /// A charging station.
    StationId = "stn";
    /// One outlet of a station that charges one vehicle at a time.
    EvseId = "evs";
    /// A charging session.
    SessionId = "ses";
    /// A charging token (RFID card and the like).
    TokenId = "tok";
    /// An EV driver.
    DriverId = "drv";
    /// An order to a station.
    CommandId = "cmd";
    /// A batch: one deed for many stations. The API calls it a job.
    BatchId = "job";
    /// One station of a batch.
    BatchItemId = "itm";
    /// A fact in the outbox.
    EventId = "evt";
    /// A node of the cluster: one running process.
    NodeId = "nod";
    /// An inbound connection attempt.
    AttemptId = "att";
    /// A row of the wire log.
    LogId = "log";
    /// A notice of a station: security event, firmware status and the like.
    NoticeId = "ntc";
    /// A row of the audit trail.
    AuditId = "aud";
    /// A mail to an operator.
    MailId = "mai";
    /// An invitation.
    InvitationId = "inv";
    /// Something that an operator is told until they have seen it.
    NotificationId = "nfn";
    /// A passkey of an operator.
    PasskeyId = "pky";
    /// An alert.
    AlertId = "alr";
    /// A rule by which alerts count.
    AlertRuleId = "rul";
    /// A time in which nobody is told.
    MaintenanceId = "mnt";
    /// An address of somebody else that is told of alerts.
    WebhookId = "whk";
    /// One message to a webhook.
    DeliveryId = "dlv";
    /// A firmware file of a library.
    FirmwareId = "fwf";
    /// A file on its way to or from a station.
    TransferId = "trf";
    /// A template of settings.
    TemplateId = "tpl";
    /// A list as somebody wants to see it again.
    ViewId = "vew";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_reads_back_and_refuses_another_noun() {
        let id = StationId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse::<StationId>().unwrap(), id);
        assert!(id.to_string().parse::<SiteId>().is_err());
        assert!("stn_7".parse::<StationId>().is_err());
        assert!(
            "stn_00000000-0000-0000-0000-000000000007"
                .parse::<StationId>()
                .is_err()
        );
    }
}
