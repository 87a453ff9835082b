//! To what place an invitation leads. A person is one thing at a place: whoever is in is not
//! invited to it, and whoever comes in or is put away there waits for no invitation any more.

use domain::audit::Deed;
use domain::id::{InvitationId, OrgId, SiteId, UserId};
use domain::invitation::Purpose;
use store::Work;

use crate::audit::Brought;
use crate::error::Error;

/// Where an invitation leads in the organisation that invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Among its members.
    Members,
    /// To one of its sites.
    Site(SiteId),
    /// Below it.
    Below,
}

impl Place {
    pub(super) const fn of(purpose: &Purpose) -> Self {
        match purpose {
            Purpose::Member(_) => Self::Members,
            Purpose::Site { site, .. } => Self::Site(*site),
            Purpose::Organisation(_) => Self::Below,
        }
    }
}

/// What somebody is at a place already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Nothing.
    Nothing,
    /// They are in.
    In,
    /// They were put away in the organisation, and are nobody there until they are restored.
    Archived,
}

/// What a person is at a place, read inside the unit, which holds the place from now on.
pub(super) async fn held(
    work: &mut Work,
    org: OrgId,
    user: UserId,
    place: Place,
) -> Result<Held, store::Error> {
    let members = work.members(org).await?;
    let member = members.iter().find(|m| m.user == user);
    let there = match place {
        Place::Below => return Ok(Held::Nothing),
        _ if member.is_some_and(|m| m.archived_at.is_some()) => return Ok(Held::Archived),
        Place::Members => member.is_some_and(|m| m.counts()),
        Place::Site(site) => {
            let people = work.site_people(site).await?;
            people.iter().any(|person| person.user == user)
        }
    };
    Ok(if there { Held::In } else { Held::Nothing })
}

/// Why an address cannot be invited to a place, by another invitation than `but`; read inside the
/// unit.
pub(super) async fn taken(
    work: &mut Work,
    org: OrgId,
    email: &str,
    purpose: &Purpose,
    but: InvitationId,
) -> Result<Option<Error>, store::Error> {
    let place = Place::of(purpose);
    // The organisation is held first: nobody else invites to it until this unit ends.
    work.members(org).await?;
    let waiting = work.invitations_to(email).await?;
    let mut others = waiting.iter().filter(|other| other.id != but);
    if others.any(|other| other.org == org && Place::of(&other.purpose) == place) {
        let detail = "This address is invited already; send the invitation again instead.";
        return Ok(Some(Error::conflict("already_invited", detail)));
    }
    let user = work.user_by_email(email).await?;
    let Some(user) = user.filter(|user| user.proven_at.is_some()) else {
        return Ok(None);
    };
    Ok(match held(work, org, user.id, place).await? {
        Held::Nothing => None,
        Held::In | Held::Archived => Some(in_already()),
    })
}

pub(super) fn in_already() -> Error {
    let detail = "They are in already, or archived: change or restore what they have instead.";
    Error::conflict("already_member", detail)
}

/// Takes back what somebody is invited to in `org` at some places, in the unit of the deed that
/// settles what they are there.
pub(crate) async fn withdraw(
    work: &mut Work,
    brought: &Brought,
    org: OrgId,
    user: UserId,
    places: impl Fn(Place) -> bool,
) -> Result<(), store::Error> {
    let Some(person) = work.user(user).await? else {
        return Ok(());
    };
    for row in work.invitations_to(&person.email).await? {
        if row.org != org || !places(Place::of(&row.purpose)) {
            continue;
        }
        if work.invitation_delete(row.id).await? {
            let deed = Deed {
                object: row.id.to_string(),
                before: Some(super::told(&row.purpose).to_string()),
                ..brought.deed(org, "invitations.withdraw")
            };
            work.audit(&deed);
        }
    }
    Ok(())
}
