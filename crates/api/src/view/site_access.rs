//! Access to a site, and reasons for what somebody may, as the API shows and takes them.

use app::reasons::{Because, Blocked, Explanation};
use app::revision::Precondition;
use app::site_access::{AccessEdit, SitePerson};
use chrono::{DateTime, Utc};
use domain::role::{Permission, PermissionSet};
use domain::site_access::{Level, SiteAccess};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::problem::Problem;
use crate::table::columns;

/// A person with access to a site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SitePersonView {
    pub user_id: String,
    pub name: String,
    pub email: String,
    #[schema(value_type = words::SiteLevel)]
    pub level: &'static str,
    /// Single actions beside the level.
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub grants: Vec<&'static str>,
    /// Single actions taken from it.
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub denials: Vec<&'static str>,
    pub since: DateTime<Utc>,
}

fn keys(set: PermissionSet) -> Vec<&'static str> {
    set.iter().map(Permission::key).collect()
}

impl SitePersonView {
    pub fn to_view(person: SitePerson) -> Self {
        let access = person.row.access;
        Self {
            user_id: person.row.user.to_string(),
            name: person.name,
            email: person.email,
            level: access.level.key(),
            grants: keys(access.grants),
            denials: keys(access.denials),
            since: person.row.created_at,
        }
    }
}

columns!(SitePersonView: person => {
    "user_id": person.user_id,
    "name": person.name,
    "email": person.email,
    "level": person.level.to_owned(),
    "grants": person.grants.join(" "),
    "denials": person.denials.join(" "),
    "since": person.since,
});

/// What a person has at a site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteAccessView {
    pub user_id: String,
    #[schema(value_type = words::SiteLevel)]
    pub level: &'static str,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub grants: Vec<&'static str>,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub denials: Vec<&'static str>,
}

impl SiteAccessView {
    pub fn to_view(user: domain::id::UserId, access: &SiteAccess) -> Self {
        Self {
            user_id: user.to_string(),
            level: access.level.key(),
            grants: keys(access.grants),
            denials: keys(access.denials),
        }
    }
}

/// What a person is to have at a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteAccessBody {
    #[schema(value_type = words::SiteLevel)]
    pub level: Level,
    /// Single actions beside the level.
    #[serde(default)]
    #[schema(value_type = Vec<words::PermissionKey>, required = false)]
    pub grants: Vec<String>,
    /// Single actions taken from it.
    #[serde(default)]
    #[schema(value_type = Vec<words::PermissionKey>, required = false)]
    pub denials: Vec<String>,
    /// One's own name, where one gives up one's own rights.
    pub confirm: Option<String>,
}

/// The permissions of a list of keys.
pub(crate) fn permissions(keys: &[String], pointer: &str) -> Result<PermissionSet, Problem> {
    let known = |(place, key): (usize, &String)| {
        Permission::from_key(key).ok_or_else(|| {
            let pointer = format!("{pointer}/{place}");
            Problem::field(&pointer, "invalid", "There is no such permission.")
        })
    };
    keys.iter().enumerate().map(known).collect()
}

impl SiteAccessBody {
    pub fn from_body(body: Self, when: Precondition) -> Result<AccessEdit, Problem> {
        Ok(AccessEdit {
            access: SiteAccess {
                level: body.level,
                grants: permissions(&body.grants, "/grants")?,
                denials: permissions(&body.denials, "/denials")?,
            },
            confirm: body.confirm,
            when,
        })
    }
}

/// What gives somebody a permission, or keeps them from it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonView {
    #[schema(value_type = words::ReasonKind)]
    pub kind: &'static str,
    /// Roles, a level, a module or a permission, by the kind.
    pub names: Vec<String>,
}

/// Why somebody may or may not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonsView {
    pub allowed: bool,
    /// What gives it; something can give it and a gate still be shut.
    pub because: Vec<ReasonView>,
    /// What keeps it away; empty when it is allowed.
    pub blocked: Vec<ReasonView>,
}

impl ReasonsView {
    pub fn to_view(explanation: Explanation) -> Self {
        let reason = |kind, names: Vec<&str>| ReasonView {
            kind,
            names: names.into_iter().map(str::to_owned).collect(),
        };
        let because = |given: &Because| match given {
            Because::Role(role) => reason("role", vec![role.key()]),
            Because::Level(level) => reason("site_level", vec![level.key()]),
            Because::Grant => reason("site_grant", Vec::new()),
            Because::Everybody => reason("everybody", Vec::new()),
        };
        let blocked = |blocked: &Blocked| match blocked {
            Blocked::Instance => reason("instance", Vec::new()),
            Blocked::Module(name) => reason("module", vec![name]),
            Blocked::PaidModule(name) => reason("paid_module", vec![name]),
            Blocked::Single(single) => reason("single", vec![single.key()]),
            Blocked::Roles(roles) => reason("no_role", roles.iter().map(|r| r.key()).collect()),
            Blocked::Scope => reason("other_sites", Vec::new()),
            Blocked::Denial => reason("site_denial", Vec::new()),
            Blocked::Above => reason("maker", Vec::new()),
        };
        Self {
            allowed: explanation.allowed(),
            because: explanation.because.iter().map(because).collect(),
            blocked: explanation.blocked.iter().map(blocked).collect(),
        }
    }
}
