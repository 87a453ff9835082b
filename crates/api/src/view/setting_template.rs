//! Templates of settings, as the API shows and takes them.

use app::revision::Precondition;
use app::setting_templates::{Affected, Change, Row as TemplateRow};
use chrono::{DateTime, Utc};
use domain::clock::Moment;
use domain::setting::{Fit, Reaction, TemplateBody, Wish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lock::{SettingName, SettingNameView};
use super::{said, word, words};
use crate::problem::Problem;

/// A value of a template.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateValueView {
    pub name: SettingNameView,
    pub value: String,
    #[schema(value_type = words::WishReaction)]
    pub reaction: String,
}

/// What a template says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateBodyView {
    pub name: String,
    /// The manufacturer, or a beginning with `*` behind it; null for all.
    pub vendor: Option<String>,
    /// The model, or a beginning with `*` behind it; null for all.
    pub model: Option<String>,
    pub firmware_from: Option<String>,
    pub firmware_to: Option<String>,
    /// Whether it counts for every station that it fits; else only where somebody chose it.
    pub automatic: bool,
    /// The higher counts where several fit.
    pub priority: i32,
    /// Whether its stations may be restarted when they are idle, where a setting needs it.
    pub reset_when_idle: bool,
    pub values: Vec<TemplateValueView>,
}

impl TemplateBodyView {
    fn to_view(body: TemplateBody) -> Self {
        let value = |wish: Wish| TemplateValueView {
            name: SettingNameView::to_view(&wish.name),
            value: wish.value,
            reaction: word(&wish.reaction),
        };
        Self {
            name: body.name,
            vendor: body.fit.vendor,
            model: body.fit.model,
            firmware_from: body.fit.firmware_from,
            firmware_to: body.fit.firmware_to,
            automatic: body.automatic,
            priority: body.priority,
            reset_when_idle: body.reset_when_idle,
            values: body.values.into_iter().map(value).collect(),
        }
    }
}

/// A template of settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingTemplateView {
    pub id: String,
    /// Counts its edits, from 1 on.
    pub version: i64,
    pub says: TemplateBodyView,
    /// Settings of its stations that are not as it says.
    pub drift: i64,
    pub created_at: DateTime<Utc>,
    pub edited_at: DateTime<Utc>,
    /// The name of whoever edited it last.
    pub edited_by: String,
}

impl SettingTemplateView {
    pub fn to_view(row: TemplateRow) -> Self {
        Self {
            id: row.template.id.to_string(),
            version: row.template.version,
            says: TemplateBodyView::to_view(row.template.body),
            drift: row.drift,
            created_at: row.template.created_at,
            edited_at: row.template.edited_at,
            edited_by: row.template.edited_by,
        }
    }
}

/// What a template said once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateVersionView {
    pub version: i64,
    pub says: TemplateBodyView,
    pub at: DateTime<Utc>,
    pub by: String,
}

impl TemplateVersionView {
    pub fn to_view((version, body, at, by): (i64, TemplateBody, Moment, String)) -> Self {
        Self {
            version,
            says: TemplateBodyView::to_view(body),
            at,
            by,
        }
    }
}

/// A value of a template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateValueBody {
    pub name: SettingName,
    pub value: String,
    /// `revert` when not said.
    #[schema(value_type = Option<words::WishReaction>)]
    pub reaction: Option<Reaction>,
}

/// What is said of a template; what is not said stays, and is empty in a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub name: Option<String>,
    /// Which stations it is for, as a whole.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<FitBody>, nullable = false)]
    pub fit: Option<FitBody>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub automatic: Option<bool>,
    /// From -1000 to 1000.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i32>, nullable = false)]
    pub priority: Option<i32>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub reset_when_idle: Option<bool>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Vec<TemplateValueBody>>, nullable = false)]
    pub values: Option<Vec<TemplateValueBody>>,
}

/// Which stations a template is for; what is not said fits all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FitBody {
    /// The manufacturer, or a beginning with `*` behind it.
    pub vendor: Option<String>,
    /// The model, or a beginning with `*` behind it.
    pub model: Option<String>,
    /// The oldest firmware.
    pub firmware_from: Option<String>,
    /// The newest firmware.
    pub firmware_to: Option<String>,
}

/// A new template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateNew {
    pub name: String,
    pub fit: Option<FitBody>,
    pub automatic: Option<bool>,
    /// From -1000 to 1000.
    pub priority: Option<i32>,
    pub reset_when_idle: Option<bool>,
    pub values: Option<Vec<TemplateValueBody>>,
    /// A station whose writable settings become values, beside those that are said.
    pub from_station_id: Option<String>,
}

fn kept(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|t| !t.is_empty())
}

fn fit(body: FitBody) -> Fit {
    Fit {
        vendor: kept(body.vendor),
        model: kept(body.model),
        firmware_from: kept(body.firmware_from),
        firmware_to: kept(body.firmware_to),
    }
}

fn wishes(values: Vec<TemplateValueBody>) -> Vec<Wish> {
    let wish = |one: TemplateValueBody| Wish {
        name: SettingName::from_body(one.name),
        value: one.value,
        reaction: one.reaction.unwrap_or(Reaction::Revert),
    };
    values.into_iter().map(wish).collect()
}

impl TemplateNew {
    pub fn from_body(body: Self) -> Result<Change, Problem> {
        let unknown = |_| {
            let detail = "There is no such station.";
            Problem::field("/from_station_id", "not_found", detail)
        };
        let from = body.from_station_id.map(|id| id.parse()).transpose();
        Ok(Change {
            name: Some(body.name),
            fit: body.fit.map(fit),
            automatic: body.automatic,
            priority: body.priority,
            reset_when_idle: body.reset_when_idle,
            values: body.values.map(wishes),
            from_station: from.map_err(unknown)?,
            when: Precondition::None,
        })
    }
}

impl TemplateChange {
    pub fn from_body(body: Self, when: Precondition) -> Change {
        Change {
            name: body.name,
            fit: body.fit.map(fit),
            automatic: body.automatic,
            priority: body.priority,
            reset_when_idle: body.reset_when_idle,
            values: body.values.map(wishes),
            from_station: None,
            when,
        }
    }
}

/// What a template would change at a station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AffectedView {
    pub station_id: String,
    pub identity: String,
    pub model: Option<String>,
    pub firmware_version: Option<String>,
    /// Values that it has already.
    pub holds: usize,
    /// Values that would change.
    pub changes: usize,
    /// Values that a person wished otherwise for this station.
    pub by_hand: usize,
    /// Values that the station would not take.
    pub misfits: usize,
    /// Values of which the station told nothing yet.
    pub unknown: usize,
}

impl AffectedView {
    pub fn to_view(one: Affected) -> Self {
        Self {
            station_id: one.station.to_string(),
            identity: one.identity,
            model: one.model,
            firmware_version: one.firmware,
            holds: one.holds,
            changes: one.changes,
            by_hand: one.by_hand,
            misfits: one.misfits,
            unknown: one.unknown,
        }
    }
}
