//! Who is signed in, roles and permissions as the API shows them.

use std::collections::BTreeMap;

use domain::id::OrgId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganisationView {
    pub id: String,
    pub name: String,
}

/// The caller, and everything the caller may do: a page never guesses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeView {
    pub user: UserView,
    pub organisation: OrganisationView,
    /// Whether the account has a password here.
    pub has_password: bool,
    /// What people call the identity provider that knows the account; null when none does.
    pub identity_provider: Option<String>,
    /// The role as which one looks about; nothing is changed meanwhile.
    #[schema(value_type = Option<words::RoleKey>)]
    pub viewed_as: Option<&'static str>,
    #[schema(value_type = Vec<words::RoleKey>)]
    pub roles: Vec<String>,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub permissions: Vec<String>,
    /// What the roles would allow as well if the organisation had the modules for it.
    pub held_back: Vec<HeldBackView>,
    /// The organisation that says which modules this one has; null where the operator of the instance
    /// does.
    pub organisation_above: Option<String>,
    pub modules: Vec<String>,
    /// Only these sites; all when null.
    pub sites: Option<Vec<String>>,
    /// What access to single sites allows there, beside the permissions.
    pub site_rights: Vec<SiteRightsView>,
    /// The organisations one can work in, this one included.
    pub organisations: Vec<OrganisationView>,
}

/// A permission that only a module holds back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldBackView {
    #[schema(value_type = words::PermissionKey)]
    pub permission: &'static str,
    /// The module that the organisation does not have: `Module/Submodule`, or `Module/` for one as a
    /// whole.
    pub module: Option<String>,
    /// The paid module that is not activated.
    pub paid_module: Option<&'static str>,
}

/// What access to a site allows there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteRightsView {
    pub site_id: String,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub permissions: Vec<&'static str>,
}

/// The organisation to work in from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchBody {
    #[schema(value_type = String)]
    pub organisation_id: OrgId,
}

/// How much of a site a person can have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LevelView {
    #[schema(value_type = words::SiteLevel)]
    pub key: &'static str,
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub permissions: Vec<&'static str>,
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleView {
    #[schema(value_type = words::RoleKey)]
    pub key: &'static str,
    pub title: &'static str,
}

/// A permission and which roles have it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionView {
    #[schema(value_type = words::PermissionKey)]
    pub key: &'static str,
    pub module: &'static str,
    pub submodule: &'static str,
    pub title: &'static str,
    /// The paid module that it needs.
    pub paid_module: Option<&'static str>,
    /// Whether the caller's organisation has the modules that it belongs to.
    pub active: bool,
    /// By the key of the role.
    pub granted: BTreeMap<&'static str, bool>,
}

/// The policy that is enforced, as a table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolesView {
    pub roles: Vec<RoleView>,
    pub permissions: Vec<PermissionView>,
    /// What one can have at a single site.
    pub levels: Vec<LevelView>,
    /// What can be granted or denied beside a level.
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub site_actions: Vec<&'static str>,
}

/// Whether the first administrator is still to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupView {
    pub needed: bool,
    /// What people call the identity provider; null where there is none.
    pub identity_provider: Option<String>,
}

/// The first administrator and organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupBody {
    /// From the link that the server printed.
    pub token: String,
    pub name: String,
    pub email: String,
    pub password: String,
    /// Name of the organisation.
    pub organisation: String,
}

/// A sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginBody {
    pub email: String,
    pub password: String,
}

/// The first glance at the fleet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewView {
    pub stations: i64,
    pub online: i64,
    pub charging: i64,
    pub faulted: i64,
    pub power_w: i64,
    pub energy_today_wh: i64,
    pub sessions_active: i64,
    pub unclaimed: i64,
    /// Percent of the last day for which stations were connected; null when none ever was.
    pub uptime_percent_24h: Option<f64>,
    /// Percent of the tries to charge within the last day that came to energy; null when nobody tried.
    pub plug_in_success_percent_24h: Option<f64>,
    /// Alerts of which nobody has said anything; null for those who may not see alerts.
    pub alerts_open: Option<u64>,
}

/// What a charger must be told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectView {
    /// With `{identity}` where the charger's name goes.
    pub url_template: String,
    /// Subprotocols that are spoken.
    pub protocols: Vec<&'static str>,
}
