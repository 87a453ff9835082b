//! Organisations and their modules as the API shows and takes them.

use app::organisations::{OrganisationEdit, OrganisationView as Found};
use app::revision::Precondition;
use chrono::{DateTime, Utc};
use domain::id::OrgId;
use domain::module::{ModuleSet, effect};
use domain::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{present, said, words};
use crate::table::columns;

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganisationDetailView {
    pub id: String,
    /// The organisation above it; null for the root.
    pub parent_id: Option<String>,
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub website: Option<String>,
    /// How many modules it has, paid ones apart.
    pub modules: i64,
    #[schema(value_type = Vec<words::PaidModuleKey>)]
    pub paid_modules: Vec<String>,
    pub created_at: DateTime<Utc>,
}

impl OrganisationDetailView {
    pub fn to_view(found: Found) -> Self {
        let organisation = found.organisation;
        let profile = organisation.profile;
        Self {
            id: organisation.id.to_string(),
            parent_id: organisation.parent.map(|id| id.to_string()),
            name: organisation.name,
            country: profile.country,
            time_zone: profile.time_zone,
            contact_email: profile.contact_email,
            contact_phone: profile.contact_phone,
            website: profile.website,
            modules: i64::try_from(found.modules.modules.len()).unwrap_or(i64::MAX),
            paid_modules: found.modules.paid.into_iter().collect(),
            created_at: organisation.created_at,
        }
    }
}

columns!(OrganisationDetailView: organisation => {
    "id": organisation.id,
    "name": organisation.name,
    "country": organisation.country,
    "time_zone": organisation.time_zone,
    "contact_email": organisation.contact_email,
    "contact_phone": organisation.contact_phone,
    "website": organisation.website,
    "modules": organisation.modules,
    "paid_modules": organisation.paid_modules.join(" "),
    "created_at": organisation.created_at,
});

/// Changes to an organisation: a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Option<String>>,
    /// IANA name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub time_zone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub contact_email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub contact_phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub website: Option<Option<String>>,
}

impl OrganisationChange {
    pub fn from_body(body: Self, when: Precondition) -> OrganisationEdit {
        OrganisationEdit {
            name: body.name,
            country: body.country,
            time_zone: body.time_zone,
            contact_email: body.contact_email,
            contact_phone: body.contact_phone,
            website: body.website,
            when,
        }
    }
}

/// A new organisation below the caller's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubOrganisationBody {
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// `Module/Submodule`, of those that the caller's organisation has; when not given, the same
    /// as the caller's organisation. Paid modules are activated afterwards.
    #[schema(value_type = Option<Vec<words::ModuleKey>>)]
    pub modules: Option<Vec<String>>,
}

/// Another place in the tree.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveBody {
    /// An organisation right below the caller's own.
    #[schema(value_type = String)]
    pub parent_id: OrgId,
}

/// The modules an organisation is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModulesBody {
    /// `Module/Submodule`; paid modules stay as they are.
    #[schema(value_type = Vec<words::ModuleKey>)]
    pub modules: Vec<String>,
    /// Whether organisations below it lose what is taken; when not, and there are such, the change
    /// is refused and they are named.
    #[serde(default)]
    pub end_uses: bool,
}

/// The activation of a paid module.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivationBody {
    /// The module's name, by which one says that one knows what it does.
    pub confirm: Option<String>,
}

/// A module.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModuleView {
    /// `Module/Submodule`, or the name of a paid module.
    pub key: String,
    pub active: bool,
    pub paid: bool,
    /// Whether the caller may give it to this organisation: null where that is not the caller's
    /// to say.
    pub available: Option<bool>,
    /// What a paid module does.
    pub effect: Option<&'static str>,
    /// What it opens.
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub permissions: Vec<&'static str>,
}

/// What an organisation may use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModulesView {
    pub modules: Vec<ModuleView>,
}

impl ModulesView {
    /// `above` is what the caller's own organisation has, for one below it.
    pub fn to_view(has: &ModuleSet, above: Option<&ModuleSet>) -> Self {
        let all = ModuleSet::everything();
        let of = |key: &str| {
            let in_it = |p: &&Permission| {
                let (module, submodule) = p.module();
                ModuleSet::name(module, submodule) == key
            };
            Permission::ALL
                .iter()
                .filter(in_it)
                .map(|p| p.key())
                .collect()
        };
        let needing = |key: &str| {
            let needs = |p: &&Permission| p.paid_module() == Some(key);
            Permission::ALL
                .iter()
                .filter(needs)
                .map(|p| p.key())
                .collect()
        };
        let plain = all.modules.into_iter().map(|key| ModuleView {
            active: has.modules.contains(&key),
            paid: false,
            available: above.map(|above| above.modules.contains(&key)),
            effect: None,
            permissions: of(&key),
            key,
        });
        let paid = all.paid.into_iter().map(|key| ModuleView {
            active: has.paid.contains(&key),
            paid: true,
            available: above.map(|above| above.paid.contains(&key)),
            effect: effect(&key),
            permissions: needing(&key),
            key,
        });
        Self {
            modules: plain.chain(paid).collect(),
        }
    }
}
