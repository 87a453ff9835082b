//! Members and invitations, as the API shows and takes them.

use app::invitations::{
    Accepted, InvitationEdit, Looked, NewInvitation, PendingRow, Sent, Subject,
};
use app::members::{MemberEdit, MemberRow};
use app::revision::Precondition;
use chrono::{DateTime, Utc};
use domain::id::SiteId;
use domain::invitation::{Offer, Progress, Purpose};
use domain::mail::Language;
use domain::member::Assignment;
use domain::module::ModuleSet;
use domain::role::{Permission, PermissionSet, Role, RoleSet};
use domain::site_access::{Level, SiteAccess};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::MeView;
use super::site_access::permissions;
use super::{word, words};
use crate::problem::Problem;
use crate::table::columns;

fn role_keys(roles: RoleSet) -> Vec<&'static str> {
    roles.iter().map(Role::key).collect()
}

fn roles_of(keys: &[String]) -> Result<RoleSet, Problem> {
    let known = |(place, key): (usize, &String)| {
        let pointer = format!("/roles/{place}");
        Role::from_key(key)
            .ok_or_else(|| Problem::field(&pointer, "invalid", "There is no such role."))
    };
    keys.iter().enumerate().map(known).collect()
}

/// A member of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    pub user_id: String,
    pub name: String,
    pub email: String,
    #[schema(value_type = Vec<words::RoleKey>)]
    pub roles: Vec<&'static str>,
    /// Only these sites; null for the whole organisation.
    pub sites: Option<Vec<String>>,
    pub since: DateTime<Utc>,
    /// Since when they are put away; null when they are not.
    pub archived_at: Option<DateTime<Utc>>,
    /// Whether they sign in with a second factor.
    pub second_factor: bool,
    /// Whether the identity provider says their roles, at each sign-in.
    pub roles_provided: bool,
    /// When they were last there, to the minute; null when no login of theirs is open.
    pub seen_at: Option<DateTime<Utc>>,
}

impl MemberView {
    pub fn to_view(row: MemberRow) -> Self {
        let membership = row.membership;
        Self {
            user_id: membership.user.to_string(),
            name: row.name,
            email: row.email,
            roles: role_keys(membership.roles),
            sites: membership
                .sites
                .map(|sites| sites.iter().map(ToString::to_string).collect()),
            since: membership.created_at,
            archived_at: membership.archived_at,
            second_factor: row.second_factor,
            roles_provided: membership.provided,
            seen_at: row.seen_at,
        }
    }
}

columns!(MemberView: member => {
    "user_id": member.user_id,
    "name": member.name,
    "email": member.email,
    "roles": member.roles.join(" "),
    "sites": member.sites.unwrap_or_default().join(" "),
    "since": member.since,
    "archived_at": member.archived_at,
    "second_factor": member.second_factor,
    "roles_provided": member.roles_provided,
    "seen_at": member.seen_at,
});

/// What a member is to be; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    #[schema(value_type = Option<Vec<words::RoleKey>>)]
    pub roles: Option<Vec<String>>,
    /// Only these sites; null for the whole organisation.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Vec<String>>)]
    pub sites: Option<Option<Vec<SiteId>>>,
    /// One's own name, where one gives up one's own administration.
    pub confirm: Option<String>,
}

impl MemberChange {
    pub fn from_body(body: Self, when: Precondition) -> Result<MemberEdit, Problem> {
        Ok(MemberEdit {
            roles: body.roles.as_deref().map(roles_of).transpose()?,
            sites: body.sites,
            confirm: body.confirm,
            when,
        })
    }
}

/// One's own name, where one puts oneself away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchiveBody {
    pub confirm: Option<String>,
}

/// An invitation that is not accepted yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationView {
    pub id: String,
    pub email: String,
    #[schema(value_type = words::InvitationPurpose)]
    pub purpose: &'static str,
    /// For members.
    #[schema(value_type = Vec<words::RoleKey>)]
    pub roles: Vec<&'static str>,
    /// For members: only these sites; null for the whole organisation.
    pub sites: Option<Vec<String>>,
    /// For access to a site.
    pub site_id: Option<String>,
    #[schema(value_type = Option<words::SiteLevel>)]
    pub level: Option<&'static str>,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub grants: Vec<&'static str>,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub denials: Vec<&'static str>,
    #[schema(value_type = words::InvitationState)]
    pub state: String,
    /// How far the mail is; null when that is not on record any more.
    #[schema(value_type = Option<words::MailState>)]
    pub delivery: Option<String>,
    /// What went wrong with the mail the last time.
    pub delivery_error: Option<String>,
    /// Who invites.
    pub invited_by: String,
    pub created_at: DateTime<Utc>,
    pub sent_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

fn keys(set: PermissionSet) -> Vec<&'static str> {
    set.iter().map(Permission::key).collect()
}

impl InvitationView {
    pub fn to_view(row: PendingRow, state: Progress) -> Self {
        let invitation = row.invitation;
        let mut view = Self {
            id: invitation.id.to_string(),
            email: invitation.email,
            purpose: "organisation",
            roles: Vec::new(),
            sites: None,
            site_id: None,
            level: None,
            grants: Vec::new(),
            denials: Vec::new(),
            state: word(&state),
            delivery: row.delivery.map(|state| word(&state)),
            delivery_error: row.delivery_error,
            invited_by: invitation.inviter,
            created_at: invitation.created_at,
            sent_at: invitation.sent_at,
            expires_at: invitation.expires_at,
        };
        match invitation.purpose {
            Purpose::Member(assignment) => {
                let ids = |sites: Vec<SiteId>| sites.iter().map(ToString::to_string).collect();
                view.purpose = "member";
                view.roles = role_keys(assignment.roles);
                view.sites = assignment.sites.map(ids);
            }
            Purpose::Site { site, access } => {
                view.purpose = "site";
                view.site_id = Some(site.to_string());
                view.level = Some(access.level.key());
                view.grants = keys(access.grants);
                view.denials = keys(access.denials);
            }
            Purpose::Organisation(_) => {}
        }
        view
    }
}

columns!(InvitationView: invitation => {
    "id": invitation.id,
    "email": invitation.email,
    "purpose": invitation.purpose.to_owned(),
    "roles": invitation.roles.join(" "),
    "level": invitation.level.map(str::to_owned),
    "state": invitation.state,
    "delivery": invitation.delivery,
    "invited_by": invitation.invited_by,
    "created_at": invitation.created_at,
    "sent_at": invitation.sent_at,
    "expires_at": invitation.expires_at,
});

/// An invitation that was mailed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentView {
    pub invitation: InvitationView,
    /// The link, to be handed over by hand: only where there is no mail server, and only in this
    /// answer.
    pub link: Option<String>,
}

impl SentView {
    pub fn to_view(sent: Sent, state: Progress) -> Self {
        Self {
            invitation: InvitationView::to_view(sent.row, state),
            link: sent.link,
        }
    }
}

/// Somebody to be invited to an organisation: to be a member with `roles`, or, with `purpose`
/// `organisation`, to make one below it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationBody {
    pub email: String,
    #[serde(default)]
    #[schema(value_type = Option<words::OrganisationInvitationPurpose>)]
    pub purpose: Option<String>,
    #[serde(default)]
    #[schema(value_type = Vec<words::RoleKey>, required = false)]
    pub roles: Vec<String>,
    /// Only these sites; the whole organisation when left out.
    #[schema(value_type = Option<Vec<String>>)]
    pub sites: Option<Vec<SiteId>>,
    /// What the organisation may use; like the one above it, without paid modules, when left out.
    #[schema(value_type = Option<Vec<words::ModuleKey>>)]
    pub modules: Option<Vec<String>>,
    /// In which language the mail is written: `en` or `de`; that of the request when left out.
    pub language: Option<String>,
}

impl InvitationBody {
    pub fn from_body(body: Self, asked: Language) -> Result<NewInvitation, Problem> {
        let refuse = |pointer: &str, detail: &str| Err(Problem::field(pointer, "invalid", detail));
        let purpose = match body.purpose.as_deref().unwrap_or("member") {
            "member" if body.modules.is_some() => {
                return refuse("/modules", "Only an organisation has modules.");
            }
            "member" => Purpose::Member(Assignment {
                roles: roles_of(&body.roles)?,
                sites: body.sites,
            }),
            "organisation" if !body.roles.is_empty() || body.sites.is_some() => {
                return refuse(
                    "/roles",
                    "Whoever makes an organisation is its Administrator.",
                );
            }
            "organisation" => Purpose::Organisation(match body.modules {
                None => Offer::Similar,
                Some(modules) => Offer::Custom(ModuleSet {
                    modules: modules.into_iter().collect(),
                    ..ModuleSet::default()
                }),
            }),
            _ => return refuse("/purpose", "One of member and organisation."),
        };
        Ok(NewInvitation {
            email: body.email,
            purpose,
            language: body.language.as_deref().map_or(asked, Language::from_tag),
        })
    }
}

/// Somebody to be invited to a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteInvitationBody {
    pub email: String,
    #[schema(value_type = words::SiteLevel)]
    pub level: Level,
    #[serde(default)]
    #[schema(value_type = Vec<words::PermissionKey>, required = false)]
    pub grants: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Vec<words::PermissionKey>, required = false)]
    pub denials: Vec<String>,
    /// In which language the mail is written: `en` or `de`; that of the request when left out.
    pub language: Option<String>,
}

impl SiteInvitationBody {
    pub fn from_body(body: Self, site: SiteId, asked: Language) -> Result<NewInvitation, Problem> {
        let access = SiteAccess {
            level: body.level,
            grants: permissions(&body.grants, "/grants")?,
            denials: permissions(&body.denials, "/denials")?,
        };
        Ok(NewInvitation {
            email: body.email,
            purpose: Purpose::Site { site, access },
            language: body.language.as_deref().map_or(asked, Language::from_tag),
        })
    }
}

/// What is changed of an invitation; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationChange {
    /// Another address; the link that went to the one before is dead.
    pub email: Option<String>,
    #[schema(value_type = Option<Vec<words::RoleKey>>)]
    pub roles: Option<Vec<String>>,
    /// Only these sites; null for the whole organisation.
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Vec<String>>)]
    pub sites: Option<Option<Vec<SiteId>>>,
    /// Another level at the site, with nothing beside it.
    #[schema(value_type = Option<words::SiteLevel>)]
    pub level: Option<Level>,
}

impl InvitationChange {
    pub fn from_body(body: Self, when: Precondition) -> Result<InvitationEdit, Problem> {
        Ok(InvitationEdit {
            email: body.email,
            roles: body.roles.as_deref().map(roles_of).transpose()?,
            sites: body.sites,
            access: body.level.map(SiteAccess::of),
            when,
        })
    }
}

/// The secret of a mailed link: what stands behind its `#`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    pub token: String,
}

/// What a link is about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LookedView {
    pub organisation: String,
    pub invited_by: String,
    pub email: String,
    #[schema(value_type = words::InvitationPurpose)]
    pub purpose: &'static str,
    #[schema(value_type = Vec<words::RoleKey>)]
    pub roles: Vec<&'static str>,
    /// The name of the site.
    pub site: Option<String>,
    #[schema(value_type = Option<words::SiteLevel>)]
    pub level: Option<&'static str>,
    /// Whether there is an account with the address: then no name or password is asked for.
    pub account: bool,
}

impl LookedView {
    pub fn to_view(looked: Looked) -> Self {
        let (purpose, roles, site, level) = match looked.subject {
            Subject::Member(roles) => ("member", role_keys(roles), None, None),
            Subject::Site(site, level) => ("site", Vec::new(), Some(site), Some(level.key())),
            Subject::Organisation => ("organisation", Vec::new(), None, None),
        };
        Self {
            organisation: looked.organisation,
            invited_by: looked.inviter,
            email: looked.email,
            purpose,
            roles,
            site,
            level,
            account: looked.account,
        }
    }
}

/// Accepts an invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptBody {
    pub token: String,
    /// Needed where there is no account with the address.
    pub name: Option<String>,
    /// Needed where there is no account with the address.
    pub password: Option<String>,
    /// The name of the organisation, where one is made.
    pub organisation: Option<String>,
}

/// What became of an acceptance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedView {
    /// Who is signed in; null for somebody who had an account, and signs in as ever.
    pub me: Option<MeView>,
}

impl AcceptedView {
    pub fn to_view(accepted: Accepted, me: impl Fn(app::me::Me) -> MeView) -> Self {
        Self {
            me: match accepted {
                Accepted::In { me: who, .. } => Some(me(*who)),
                Accepted::SignIn => None,
            },
        }
    }
}

/// Registers somebody who is invited and has not the link at hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterBody {
    pub email: String,
    pub name: String,
    pub password: String,
}

/// Proves an address, with the password that was chosen for it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivateBody {
    pub token: String,
    pub password: String,
}

/// An address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressBody {
    pub email: String,
}

/// Chooses another password by a mailed link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetBody {
    pub token: String,
    pub password: String,
}
