//! Invitations: people are asked by mail to be members, to have access to a site, or to make an
//! organisation of their own below this one. The link opens once and for 72 hours, and dies when
//! it is sent again. Being invited gives nothing: whoever invites is looked at again when the
//! invitation is accepted.

mod accept;
mod authority;
mod place;
mod register;

use domain::clock::Moment;
use domain::id::{InvitationId, OrgId, SiteId};
use domain::invitation::{LINK_LIFE, PAUSE, Progress, Purpose};
use domain::mail::{Language, MailKind};
use domain::member::Assignment;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Role, RoleSet};
use serde_json::{Value, json};
pub use store::PendingRow;
use store::{InvitationRow, Lane, MailRow};

use crate::app::App;
use crate::error::Error;
use crate::mail::{self, Letter};
use crate::revision::{self, Precondition};
use crate::{audit, secret, step_up, users};

pub use accept::{Acceptance, Accepted, Looked, Subject, accept, look};
pub use register::{Registration, activate, register, send_again};

use authority::authority;
pub(crate) use place::{Place, withdraw as withdraw_of};

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The address.
    pub email: String,
    /// To what.
    pub purpose: Purpose,
    /// In which language they are written to.
    pub language: Language,
}

/// What is changed of an invitation; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct InvitationEdit {
    /// Another address: the mail goes there, and the link of before is dead.
    pub email: Option<String>,
    /// Other roles.
    pub roles: Option<RoleSet>,
    /// Other sites.
    pub sites: Option<Option<Vec<SiteId>>>,
    /// Another level, and what stands beside it.
    pub access: Option<domain::site_access::SiteAccess>,
    /// On what it depends.
    pub when: Precondition,
}

/// An invitation that was mailed, with its link for the inviter where there is no mail server.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The invitation.
    pub row: PendingRow,
    /// The link, as it is opened.
    pub link: Option<String>,
}

/// Which invitations are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To be a member; those of an organisation right below that nobody administers yet, too.
    Members,
    /// To make an organisation.
    Organisations,
}

/// Invitations of an organisation that are not accepted yet, the newest first.
pub async fn list(
    app: &App,
    caller: &Caller,
    org: OrgId,
    kind: Kind,
    page: &PageRequest,
) -> Result<Page<PendingRow>, Error> {
    let which = match kind {
        Kind::Members => {
            authority::sees_members(app, caller, org).await?;
            store::Pending::Members
        }
        Kind::Organisations => {
            authority::resells(app, caller, org).await?;
            store::Pending::Organisations
        }
    };
    Ok(app.store().read.invitations(org, which, page).await?)
}

/// Invitations to a site that are not accepted yet, with `sites.access.manage` there.
pub async fn list_at_site(
    app: &App,
    caller: &Caller,
    site: SiteId,
    page: &PageRequest,
) -> Result<Page<PendingRow>, Error> {
    let org = crate::site_access::within(app, caller, site).await?.org;
    let which = store::Pending::Site(site);
    Ok(app.store().read.invitations(org, which, page).await?)
}

/// The organisation of a site at which the caller may invite.
pub async fn organisation_of(app: &App, caller: &Caller, site: SiteId) -> Result<OrgId, Error> {
    Ok(crate::site_access::within(app, caller, site).await?.org)
}

/// Invites somebody, with the right to give what they are invited to.
pub async fn create(
    app: &App,
    caller: &Caller,
    org: OrgId,
    new: NewInvitation,
) -> Result<Sent, Error> {
    authority(app, caller, org, &new.purpose).await?;
    let email = address(&new.email)?;
    if let Purpose::Member(assignment) = &new.purpose
        && crate::members::grave(assignment.roles)
    {
        step_up::demand(app, caller).await?;
    }
    let now = app.now();
    let mut row = InvitationRow {
        id: InvitationId::from_uuid(app.draw()),
        org,
        purpose: new.purpose,
        email,
        language: new.language,
        hash: String::new(),
        invited_by: caller.member().map(|m| m.user),
        inviter: inviter(caller).to_owned(),
        mail: domain::id::MailId::from_uuid(app.draw()),
        created_at: now,
        sent_at: now,
        expires_at: now,
        accepted_at: None,
        revision: revision::FIRST,
    };
    let mail = write_to(app, &mut row).await?;
    let after = told(&row.purpose);
    let action = "invitations.create";
    let deed = audit::row(app, caller, org, action, row.id, None, Some(&after));
    let (stored, letter) = (row.clone(), mail.mail.clone());
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, mail, deed) = (stored.clone(), letter.clone(), deed.clone());
        Box::pin(async move {
            let (org, email) = (row.org, &row.email);
            if let Some(taken) = place::taken(work, org, email, &row.purpose, row.id).await? {
                return Ok(Err(taken));
            }
            work.mail_insert(&mail).await?;
            work.invitation_insert(&row).await?;
            work.audit(&deed);
            Ok(Ok(()))
        })
    });
    written.await??;
    sent(app, row, mail).await
}

/// Changes an invitation that is not accepted yet, with the right to give what it was and what it
/// is to be.
pub async fn edit(
    app: &App,
    caller: &Caller,
    org: OrgId,
    id: InvitationId,
    edit: InvitationEdit,
) -> Result<Sent, Error> {
    let before = pending(app, caller, org, id).await?;
    edit.when.admits(before.revision)?;
    let mut row = before.clone();
    match &mut row.purpose {
        Purpose::Member(assignment) => {
            if let Some(roles) = edit.roles {
                assignment.roles = roles;
            }
            if let Some(sites) = edit.sites {
                assignment.sites = sites;
            }
            let changed = assignment_of(&before).is_some_and(|was| was != *assignment);
            // Another address is another person: it is given to them.
            if (changed || edit.email.is_some()) && crate::members::grave(assignment.roles) {
                step_up::demand(app, caller).await?;
            }
        }
        Purpose::Site { access, .. } => {
            if let Some(wanted) = edit.access {
                *access = wanted;
            }
        }
        Purpose::Organisation(_) => {}
    }
    authority(app, caller, org, &row.purpose).await?;
    // From now on it rests on the rights of whoever changed it last.
    row.invited_by = caller.member().map(|m| m.user);
    inviter(caller).clone_into(&mut row.inviter);
    let mut mail = None;
    if let Some(email) = &edit.email {
        let email = address(email)?;
        if email.to_lowercase() != row.email.to_lowercase() {
            row.email = email;
            mail = Some(write_to(app, &mut row).await?);
        }
    }
    replace(app, caller, &before, row, mail, "invitations.edit").await
}

fn assignment_of(row: &InvitationRow) -> Option<Assignment> {
    match &row.purpose {
        Purpose::Member(assignment) => Some(assignment.clone()),
        _ => None,
    }
}

/// Sends an invitation again, with a new link; the one before is dead.
pub async fn resend(
    app: &App,
    caller: &Caller,
    org: OrgId,
    id: InvitationId,
) -> Result<Sent, Error> {
    let before = pending(app, caller, org, id).await?;
    authority(app, caller, org, &before.purpose).await?;
    if assignment_of(&before).is_some_and(|of| crate::members::grave(of.roles)) {
        step_up::demand(app, caller).await?;
    }
    let mut row = before.clone();
    let now = app.now();
    if row.sent_at + PAUSE > now {
        let detail = "It was sent within the last minute; wait a moment.";
        return Err(Error::conflict("sent_just_now", detail));
    }
    row.invited_by = caller.member().map(|m| m.user);
    inviter(caller).clone_into(&mut row.inviter);
    let mail = Some(write_to(app, &mut row).await?);
    replace(app, caller, &before, row, mail, "invitations.resend").await
}

/// Takes an invitation back: its link is dead.
pub async fn withdraw(
    app: &App,
    caller: &Caller,
    org: OrgId,
    id: InvitationId,
) -> Result<(), Error> {
    let row = pending(app, caller, org, id).await?;
    let was = told(&row.purpose);
    let action = "invitations.withdraw";
    let deed = audit::row(app, caller, org, action, id, Some(&was), None);
    let gone = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let gone = work.invitation_delete(id).await?;
            if gone {
                work.audit(&deed);
            }
            Ok(gone)
        })
    });
    match gone.await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

/// An invitation that the caller may change: whoever may give what it gives.
async fn pending(
    app: &App,
    caller: &Caller,
    org: OrgId,
    id: InvitationId,
) -> Result<InvitationRow, Error> {
    let row = app.store().read.invitation(org, id).await?;
    match row {
        Some(row) => {
            authority::may_change(app, caller, org, &row.purpose).await?;
            Ok(row)
        }
        None => {
            authority::sees_any(app, caller, org).await?;
            Err(Error::NotFound)
        }
    }
}

/// Puts an invitation in place of what it was.
async fn replace(
    app: &App,
    caller: &Caller,
    before: &InvitationRow,
    mut row: InvitationRow,
    mail: Option<Written>,
    action: &str,
) -> Result<Sent, Error> {
    let (org, from) = (row.org, before.revision);
    let elsewhere = row.email.to_lowercase() != before.email.to_lowercase();
    row.revision = from + 1;
    let (was, is) = (told(&before.purpose), told(&row.purpose));
    let deed = audit::row(app, caller, org, action, row.id, Some(&was), Some(&is));
    let stored = row.clone();
    let letter = mail.as_ref().map(|written| written.mail.clone());
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, mail, deed) = (stored.clone(), letter.clone(), deed.clone());
        Box::pin(async move {
            if elsewhere {
                let (org, email) = (row.org, &row.email);
                if let Some(taken) = place::taken(work, org, email, &row.purpose, row.id).await? {
                    return Ok(Err(taken));
                }
            }
            if !work.invitation_update(&row, from).await? {
                return Ok(Err(revision::stale()));
            }
            if let Some(mail) = &mail {
                work.mail_insert(mail).await?;
            }
            work.audit(&deed);
            Ok(Ok(()))
        })
    });
    written.await??;
    match mail {
        Some(mail) => sent(app, row, mail).await,
        None => Ok(Sent {
            row: app.store().read.pending(row).await?,
            link: None,
        }),
    }
}

/// A mail with a fresh link.
struct Written {
    mail: MailRow,
    link: String,
}

/// Draws a new link for an invitation and writes the mail with it.
async fn write_to(app: &App, row: &mut InvitationRow) -> Result<Written, Error> {
    let organisation = app.store().read.organisation(row.org).await?;
    let (organisation, _) = organisation.ok_or(Error::NotFound)?;
    let drawn = secret::draw()?;
    let now = app.now();
    row.hash = secret::digest(&drawn);
    (row.sent_at, row.expires_at) = (now, now + LINK_LIFE);
    let link = format!("/accept#{drawn}");
    let letter = Letter {
        about: None,
        to: &row.email,
        kind: match row.purpose {
            Purpose::Member(_) => MailKind::Invitation,
            Purpose::Site { .. } => MailKind::SiteInvitation,
            Purpose::Organisation(_) => MailKind::OrganisationInvitation,
        },
        language: row.language,
        name: None,
        organisation: Some(&organisation.name),
        inviter: Some(&row.inviter),
        link: &link,
        until: Some(row.expires_at),
    };
    let mail = mail::queue(app, row.org, &letter)?;
    row.mail = mail.id;
    Ok(Written { mail, link })
}

async fn sent(app: &App, row: InvitationRow, mail: Written) -> Result<Sent, Error> {
    let shown = app.post().is_folder();
    Ok(Sent {
        row: app.store().read.pending(row).await?,
        link: shown.then(|| mail::url(app, &mail.link)),
    })
}

fn inviter(caller: &Caller) -> &str {
    match caller.member() {
        Some(member) => &member.name,
        None => "Busbar",
    }
}

fn address(email: &str) -> Result<String, Error> {
    let email = email.trim();
    match users::is_address(email) {
        true => Ok(email.to_owned()),
        false => Err(Error::invalid(
            "/email",
            "invalid",
            "This is no e-mail address.",
        )),
    }
}

/// To what somebody is invited, for the audit trail; the address stays out of it.
fn told(purpose: &Purpose) -> Value {
    match purpose {
        Purpose::Member(assignment) => {
            let roles: Vec<&str> = assignment.roles.iter().map(Role::key).collect();
            json!({"to": "member", "roles": roles, "sites": assignment.sites})
        }
        Purpose::Site { site, access } => {
            let keys =
                |set: domain::role::PermissionSet| set.iter().map(|p| p.key()).collect::<Vec<_>>();
            json!({
                "to": "site", "site": site, "level": access.level.key(),
                "grants": keys(access.grants), "denials": keys(access.denials),
            })
        }
        Purpose::Organisation(_) => json!({"to": "organisation"}),
    }
}

/// How far an invitation is at this moment.
#[must_use]
pub fn progress(app: &App, row: &PendingRow) -> Progress {
    let invitation = &row.invitation;
    let accepted = invitation.accepted_at.is_some();
    domain::invitation::progress(accepted, row.registered, invitation.expires_at, app.now())
}

/// Whether a link that was good once is good at this moment, as an error where it is not.
fn usable(row: Option<InvitationRow>, now: Moment) -> Result<InvitationRow, Error> {
    let refused = |why| Error::Denied {
        permission: None,
        why,
    };
    let row = row.ok_or_else(|| refused("link_invalid"))?;
    match row {
        row if row.accepted_at.is_some() => Err(refused("link_used")),
        row if row.expires_at <= now => Err(refused("link_expired")),
        row => Ok(row),
    }
}
