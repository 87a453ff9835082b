//! Who may invite to what. The same question is asked when somebody is invited, when that is
//! changed, and of the inviter again when it is accepted.

use domain::id::{OrgId, SiteId, UserId};
use domain::invitation::{Offer, Purpose};
use domain::member::{Assignment, may_give};
use domain::organisation::may_have;
use domain::role::{Caller, Permission, Role, RoleSet};
use store::{InvitationRow, MembershipRow, SiteAccessRow, Work};

use crate::app::App;
use crate::error::Error;
use crate::{gate, members, organisations, site_access, standing};

/// Lets `caller` invite to `purpose` in `org`, or says why not.
pub(super) async fn authority(
    app: &App,
    caller: &Caller,
    org: OrgId,
    purpose: &Purpose,
) -> Result<(), Error> {
    may_change(app, caller, org, purpose).await?;
    match purpose {
        Purpose::Member(assignment) => members::review(app, org, assignment).await,
        Purpose::Site { access, .. } => site_access::review(access),
        Purpose::Organisation(Offer::Similar) => Ok(()),
        Purpose::Organisation(Offer::Custom(set)) => {
            let (_, above) = app
                .store()
                .read
                .organisation(org)
                .await?
                .ok_or(Error::NotFound)?;
            organisations::modules::may_offer(set)?;
            may_have(set, &above).map_err(|refusal| organisations::modules::refused(&refusal))
        }
    }
}

/// Lets `caller` change or take back an invitation: whoever may give what it gives.
pub(super) async fn may_change(
    app: &App,
    caller: &Caller,
    org: OrgId,
    purpose: &Purpose,
) -> Result<(), Error> {
    match purpose {
        Purpose::Member(assignment) => member(app, caller, org, assignment).await,
        Purpose::Site { site, access } => {
            let pass = site_access::within(app, caller, *site).await?;
            if pass.org != org {
                return Err(Error::NotFound);
            }
            match site_access::may_give(app, caller, *site, access).await? {
                true => Ok(()),
                false => Err(Error::Denied {
                    permission: Some(Permission::SitesAccessManage),
                    why: "beyond_own_rights",
                }),
            }
        }
        Purpose::Organisation(_) => resells(app, caller, org).await,
    }
}

async fn member(
    app: &App,
    caller: &Caller,
    org: OrgId,
    assignment: &Assignment,
) -> Result<(), Error> {
    let own = caller.member().is_none_or(|m| m.scope.org == org);
    if !own {
        return first_administrator(app, caller, org, assignment).await;
    }
    if matches!(caller, Caller::System { .. }) {
        return Ok(());
    }
    gate::permit_whole(app, caller, Permission::TeamMembersView).await?;
    let roles = assignment.roles;
    match roles.iter().all(|role| may_give(caller, role)) {
        true => Ok(()),
        false => Err(members::beyond(caller, roles)),
    }
}

/// An organisation right below one's own gets its first Administrator from above; later ones are
/// its own affair.
async fn first_administrator(
    app: &App,
    caller: &Caller,
    org: OrgId,
    assignment: &Assignment,
) -> Result<(), Error> {
    orphan(app, caller, org).await?;
    let only = RoleSet::EMPTY.with(Role::Administrator);
    match assignment.roles == only && assignment.sites.is_none() {
        true => Ok(()),
        false => {
            let detail = "An organisation below yours gets its first Administrator from you, and \
                          nobody else.";
            Err(Error::invalid("/roles", "invalid", detail))
        }
    }
}

/// An organisation right below the caller's own that nobody administers, with `reseller.invite`.
/// Any other looks like one that is not there.
async fn orphan(app: &App, caller: &Caller, org: OrgId) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::ResellerInvite).await?;
    let read = &app.store().read;
    let (organisation, _) = read.organisation(org).await?.ok_or(Error::NotFound)?;
    let below = organisation.parent == Some(pass.org);
    match below && read.administrators(org).await?.is_empty() {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

/// Lets see who is invited to be a member.
pub(super) async fn sees_members(app: &App, caller: &Caller, org: OrgId) -> Result<(), Error> {
    if caller.member().is_some_and(|m| m.scope.org != org) {
        return orphan(app, caller, org).await;
    }
    gate::permit_whole(app, caller, Permission::TeamMembersView).await?;
    Ok(())
}

/// Lets invite to make organisations, with `reseller.invite`.
pub(super) async fn resells(app: &App, caller: &Caller, org: OrgId) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::ResellerInvite).await?;
    match pass.org == org {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

/// Lets know that an invitation is not there: whoever sees none of any kind is told what is missing.
pub(super) async fn sees_any(app: &App, caller: &Caller, org: OrgId) -> Result<(), Error> {
    match sees_members(app, caller, org).await {
        Ok(()) | Err(Error::NotFound) => Ok(()),
        // Who has access to sites only may change invitations there.
        Err(_)
            if gate::permit(app, caller, Permission::SitesAccessManage)
                .await
                .is_ok() =>
        {
            Ok(())
        }
        Err(other) => Err(other),
    }
}

/// As whom an inviter may still do what an invitation does: found once to decide it, and found again
/// in the unit that accepts it.
#[derive(Clone)]
pub(super) struct Basis {
    /// None for Busbar itself.
    inviter: Option<Stood>,
}

#[derive(Clone)]
struct Stood {
    user: UserId,
    /// The organisation that invites, or the one above it.
    org: OrgId,
    membership: Option<MembershipRow>,
    access: Option<(SiteId, Option<SiteAccessRow>)>,
    capped: bool,
}

impl Basis {
    /// Whether the inviter is at this moment what they were found to be, read inside the unit.
    pub async fn holds(&self, work: &mut Work, inviting: OrgId) -> Result<bool, store::Error> {
        let Some(stood) = &self.inviter else {
            return Ok(true);
        };
        let members = work.members(stood.org).await?;
        let membership = members.iter().find(|m| m.user == stood.user);
        let capped = work.capped_maker(stood.org).await? == Some(stood.user);
        if membership != stood.membership.as_ref() || capped != stood.capped {
            return Ok(false);
        }
        if stood.org != inviting {
            // From above there is only a first Administrator.
            let capped = work.capped_maker(inviting).await?;
            let members = work.members(inviting).await?;
            let mut others = members.iter().filter(|m| Some(m.user) != capped);
            return Ok(!others.any(MembershipRow::administers));
        }
        let Some((site, access)) = &stood.access else {
            return Ok(true);
        };
        let people = work.site_people(*site).await?;
        Ok(people.iter().find(|p| p.user == stood.user) == access.as_ref())
    }
}

/// Whether whoever invited could still do so, and as whom; none when they could not.
pub(super) async fn stands(app: &App, row: &InvitationRow) -> Result<Option<Basis>, Error> {
    let Some(inviter) = row.invited_by else {
        return Ok(Some(Basis { inviter: None }));
    };
    let read = &app.store().read;
    let (organisation, _) = read.organisation(row.org).await?.ok_or(Error::NotFound)?;
    // The first Administrator is invited by somebody of the organisation above.
    for org in [Some(row.org), organisation.parent].into_iter().flatten() {
        // Read before it is decided on: what changes afterwards is noticed in the unit.
        let membership = read.member(org, inviter).await?.map(|m| m.membership);
        let access = match &row.purpose {
            Purpose::Site { site, .. } => Some((*site, read.site_access(*site, inviter).await?)),
            _ => None,
        };
        let Some(member) = standing::member(app, inviter, org, None).await? else {
            continue;
        };
        let stood = Stood {
            user: inviter,
            org,
            membership,
            access,
            capped: member.capped,
        };
        let caller = Caller::User(member);
        if authority(app, &caller, row.org, &row.purpose).await.is_ok() {
            let inviter = Some(stood);
            return Ok(Some(Basis { inviter }));
        }
    }
    Ok(None)
}
