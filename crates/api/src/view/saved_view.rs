//! Views of lists, as the API shows and takes them.

use std::collections::BTreeMap;

use app::views::Row;
use chrono::{DateTime, Utc};
use domain::view::ViewList;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{said, word, words};

/// A list as somebody wants to see it again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedView {
    pub id: String,
    pub name: String,
    #[schema(value_type = words::ViewList)]
    pub list: String,
    /// The list's own parameters, by name.
    pub params: BTreeMap<String, String>,
    /// Whether everybody sees it who sees the list in the whole organisation.
    pub shared: bool,
    /// Whether it is the caller's own.
    pub mine: bool,
    /// Whether the caller may edit it.
    pub editable: bool,
    /// The owner's name when they made it.
    pub owner_name: String,
    pub created_at: DateTime<Utc>,
}

impl SavedView {
    pub fn to_view(row: Row) -> Self {
        Self {
            id: row.view.id.to_string(),
            name: row.view.name,
            list: word(&row.view.list),
            params: row.view.params,
            shared: row.view.shared,
            mine: row.mine,
            editable: row.editable,
            owner_name: row.view.owner_name,
            created_at: row.view.created_at,
        }
    }
}

/// A view to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedViewBody {
    pub name: String,
    #[schema(value_type = words::ViewList)]
    pub list: ViewList,
    /// The list's own filters and order, by name; none of those that page through it, and none that
    /// need the right to driver data.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Needs `stations.edit` in the whole organisation.
    #[serde(default)]
    pub shared: bool,
}

/// Changes to a view: a field left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedViewChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub params: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = bool, required = false)]
    pub shared: Option<bool>,
}
