//! Invitations: to what somebody is invited, for how long the link opens it, and how far it is.
//! Being invited is not being active (access.md B).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::SiteId;
use crate::member::Assignment;
use crate::module::ModuleSet;
use crate::site_access::SiteAccess;

/// How long a mailed link lives.
pub const LINK_LIFE: TimeDelta = TimeDelta::hours(72);
/// How soon a mail can be sent again.
pub const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// To what somebody is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To be a member of the organisation.
    Member(Assignment),
    /// To have access to one of its sites.
    Site {
        /// The site.
        site: SiteId,
        /// What they get there.
        access: SiteAccess,
    },
    /// To make an organisation of their own below it, which they administer.
    Organisation(Offer),
}

/// Which modules an organisation gets that is made by invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Those of the one above it, without paid ones.
    Similar,
    /// These.
    Custom(ModuleSet),
}

/// How far an invitation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The link was mailed.
    Invited,
    /// Somebody has registered with the address and has not proved yet that it is theirs.
    Registered,
    /// The link is too old; it can be sent again.
    Expired,
    /// They are in.
    Active,
}

/// How far an invitation is at a moment.
#[must_use]
pub fn progress(accepted: bool, registered: bool, expires_at: Moment, now: Moment) -> Progress {
    match (accepted, registered) {
        (true, _) => Progress::Active,
        (false, true) => Progress::Registered,
        (false, false) if expires_at <= now => Progress::Expired,
        (false, false) => Progress::Invited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_goes_from_invited_over_registered_to_active() {
        let now = Moment::default();
        let later = now + LINK_LIFE;
        assert_eq!(progress(false, false, later, now), Progress::Invited);
        assert_eq!(progress(false, false, now, now), Progress::Expired);
        assert_eq!(progress(false, true, now, now), Progress::Registered);
        assert_eq!(progress(true, false, now, now), Progress::Active);
    }
}
