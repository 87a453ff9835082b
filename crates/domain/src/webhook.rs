//! Webhooks: addresses of other people's servers that are told of alerts, and how a message goes
//! there. Signed as Standard Webhooks says; tried for about a day.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{DeliveryId, OrgId, WebhookId};

/// An address that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose.
    pub org: OrgId,
    /// For people.
    pub name: String,
    /// Where messages go.
    pub url: String,
    /// Whether any go.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Moment,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for its first try, or for another one.
    Queued,
    /// A node tries right now.
    Sending,
    /// The receiver took it.
    Delivered,
    /// Nobody took it for a day, or it can never go.
    Failed,
}

/// One message to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the same at every try: receivers know a repetition by it.
    pub id: DeliveryId,
    /// Whose.
    pub org: OrgId,
    /// Where to.
    pub webhook: WebhookId,
    /// What it tells, such as `alert.opened`.
    pub event: String,
    /// The body, JSON text with ids and words only.
    pub body: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when.
    pub created_at: Moment,
    /// When it is tried next.
    pub next_at: Moment,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// What went wrong at the last try.
    pub error: Option<String>,
}

/// How long a message is tried.
const PATIENCE: TimeDelta = TimeDelta::hours(27);
/// After which seconds it is tried again, as Standard Webhooks proposes.
const WAITS_S: &[i64] = &[5, 300, 1_800, 7_200, 18_000, 36_000];

/// When a message that was tried `attempts` times is tried again; none when it is given up.
#[must_use]
pub fn next_try(created_at: Moment, attempts: u32, now: Moment) -> Option<Moment> {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let next = now + TimeDelta::seconds(*WAITS_S.get(place)?);
    (next <= created_at + PATIENCE).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_asked_for_about_a_day() {
        let begin = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
        let (mut now, mut tries) = (begin, 1);
        while let Some(next) = next_try(begin, tries, now) {
            (now, tries) = (next, tries + 1);
        }
        assert_eq!(tries, 7);
        assert!(now - begin > TimeDelta::hours(17) && now - begin < TimeDelta::hours(28));
    }
}
