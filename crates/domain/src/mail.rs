//! Mails to operators: what they are about, in which language, and when a server is asked again.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// What a mail is about; each kind has its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Somebody is invited to be a member.
    Invitation,
    /// Somebody is invited to a site.
    SiteInvitation,
    /// Somebody is invited to make an organisation.
    OrganisationInvitation,
    /// Somebody registered and proves the address.
    Activation,
    /// Somebody forgot the password.
    PasswordReset,
    /// The password of the account was changed.
    PasswordChanged,
    /// Somebody who administers removed the account's second factor.
    SecondFactorRemoved,
    /// The account can be opened at the identity provider from now on.
    ProviderLinked,
    /// An alert opened.
    Alert,
}

impl MailKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Invitation,
        Self::SiteInvitation,
        Self::OrganisationInvitation,
        Self::Activation,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::SecondFactorRemoved,
        Self::ProviderLinked,
        Self::Alert,
    ];
}

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It waits for its first try, or for another one.
    Queued,
    /// A node is about to hand it over; whether it did is not known yet.
    Sent,
    /// The mail server took it. What becomes of it there is not ours to know.
    DeliveredToServer,
    /// There is no mail server: it lies in the outbox folder.
    InOutbox,
    /// It was refused for good, or no server took it for a day.
    Failed,
}

/// The languages in which we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// The language of a tag such as `de-AT` (BCP 47); English for what we do not write.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") {
            Self::De
        } else {
            Self::En
        }
    }

    /// The tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

/// How long a mail is tried.
const PATIENCE: TimeDelta = TimeDelta::days(1);

/// When a mail that was tried `attempts` times is tried again: after a minute, then after twice as
/// long each time, for about a day; none when it is given up.
#[must_use]
pub fn next_try(created_at: Moment, attempts: u32, now: Moment) -> Option<Moment> {
    let doublings = attempts.saturating_sub(1).min(10);
    let next = now + TimeDelta::minutes(1 << doublings);
    (next <= created_at + PATIENCE).then_some(next)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_server_is_asked_again_for_about_a_day() {
        let begin = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let (mut now, mut waits) = (begin, Vec::new());
        let mut attempts = 1;
        while let Some(next) = next_try(begin, attempts, now) {
            waits.push((next - now).num_minutes());
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    }

    #[test]
    fn a_tag_names_a_language_we_write() {
        for (tag, language) in [
            ("de", Language::De),
            ("DE-at", Language::De),
            ("de_CH", Language::De),
            ("en-GB", Language::En),
            ("den", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::from_tag(tag), language, "{tag}");
        }
    }
}
