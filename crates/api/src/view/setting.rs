//! Wishes and drift, as the API shows and takes them.

use app::revision::Precondition;
use app::settings::{Compared, Diff, DriftRow, Edit, Edited, Line, NewWish, Summary};
use chrono::{DateTime, Utc};
use domain::clock::Moment;
use domain::id::StationId;
use domain::setting::{Reaction, Setting, SettingOrigin};
use domain::station::Identity;
use domain::variable::{Traits, VariableReading};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lock::{SettingName, SettingNameView};
use super::{present, said, word, words};
use crate::problem::Problem;
use crate::table::columns;

/// What is wished of one setting, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WishView {
    pub value: String,
    /// What is done when the station has another value: a wish that only alerts is written when
    /// somebody asks for it.
    #[schema(value_type = words::DriftReaction)]
    pub reaction: String,
    /// The template that it comes from; null for a wish by hand.
    pub template_id: Option<String>,
    /// The name of whoever wished it.
    pub by: String,
    pub set_at: DateTime<Utc>,
    #[schema(value_type = words::SettingState)]
    pub state: String,
    /// Whether the station had another value when it was last looked at.
    pub drift: bool,
    /// What the station last answered to it.
    #[schema(value_type = Option<words::WriteOutcome>)]
    pub outcome: Option<String>,
    /// The station's word for why; `unanswered` where it did not answer.
    pub reason: Option<String>,
    pub outcome_at: Option<DateTime<Utc>>,
    /// Whether the station said that this needs a restart.
    pub needs_reboot: bool,
}

impl WishView {
    fn to_view(setting: Setting) -> Self {
        Self {
            value: setting.wish.value,
            reaction: word(&setting.wish.reaction),
            template_id: match setting.origin {
                SettingOrigin::Hand => None,
                SettingOrigin::Template(id) => Some(id.to_string()),
            },
            by: setting.by,
            set_at: setting.set_at,
            state: word(&setting.state),
            drift: setting.drift,
            outcome: setting.outcome.as_ref().map(word),
            reason: setting.reason,
            outcome_at: setting.outcome_at,
            needs_reboot: setting.reboots,
        }
    }
}

/// What a station told of a variable beyond its value; null where it told nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TraitsView {
    /// Whether the value survives a restart.
    pub persistent: Option<bool>,
    /// Whether it never changes.
    pub constant: Option<bool>,
    pub unit: Option<String>,
    pub data_type: Option<String>,
    /// The least number, or the shortest text.
    pub min_limit: Option<String>,
    /// The greatest number, or the longest text.
    pub max_limit: Option<String>,
    /// The allowed values, where they are a closed list.
    pub values: Vec<String>,
    /// Whether the station can tell of changes by itself.
    pub supports_monitoring: Option<bool>,
}

impl TraitsView {
    pub fn to_view(traits: Traits) -> Self {
        Self {
            persistent: traits.persistent,
            constant: traits.constant,
            unit: traits.unit,
            data_type: traits.data_type,
            min_limit: traits.min_limit,
            max_limit: traits.max_limit,
            values: traits.values,
            supports_monitoring: traits.supports_monitoring,
        }
    }
}

/// An attribute beside the value itself: Target, MinSet, MaxSet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttributeView {
    pub attribute: String,
    pub value: Option<String>,
}

/// A setting: what the station told of it, and what is wished.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingView {
    pub name: SettingNameView,
    #[schema(value_type = words::SettingArea)]
    pub area: String,
    /// What the station has; null for a secret, and where it told no value.
    pub value: Option<String>,
    #[schema(value_type = Option<words::Mutability>)]
    pub mutability: Option<String>,
    /// Null where the station never told it.
    pub reported_at: Option<DateTime<Utc>>,
    pub traits: Option<TraitsView>,
    pub attributes: Vec<AttributeView>,
    /// Null where nothing is wished.
    pub wish: Option<WishView>,
    /// Whether it is one of the settings that a lock protects.
    pub critical: bool,
    /// Whether a lock keeps the caller from changing it.
    pub locked: bool,
    /// Whether it is a password or key, which is neither shown nor wished.
    pub secret: bool,
}

impl SettingView {
    pub fn to_view(line: Line) -> Self {
        let (reading, at) = line
            .reported
            .map_or((None, None), |(r, at)| (Some(r), Some(at)));
        let (value, mutability, traits) = reading.map_or((None, None, None), |reading| {
            (reading.value, reading.mutability, reading.traits)
        });
        let attribute = |(attribute, value)| AttributeView { attribute, value };
        Self {
            name: SettingNameView::to_view(&line.name),
            area: word(&line.area),
            value,
            mutability: mutability.as_ref().map(word),
            reported_at: at,
            traits: traits.map(TraitsView::to_view),
            attributes: line.attributes.into_iter().map(attribute).collect(),
            wish: line.setting.map(WishView::to_view),
            critical: line.critical,
            locked: line.locked,
            secret: line.secret,
        }
    }
}

/// How far the settings of a station are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigurationView {
    pub station_id: String,
    /// The template whose values are wished.
    pub template_id: Option<String>,
    pub template_name: Option<String>,
    pub template_version: Option<i64>,
    /// The template that somebody chose; null where those that fit are left to decide.
    pub chosen_template_id: Option<String>,
    /// Whether the station may be restarted when it is idle, where a setting needs it.
    pub reset_when_idle: bool,
    pub wishes: usize,
    pub drift: usize,
    /// Wishes that the station has after its next restart.
    pub pending_reboot: usize,
    /// Variables that it ever told.
    pub reported: u64,
    /// When it was last read in full.
    pub read_at: Option<DateTime<Utc>>,
    /// Since when it is being read; null where it is not.
    pub reading_since: Option<DateTime<Utc>>,
    /// How many variables it has told since then.
    pub progress: Option<u64>,
    /// Why the last reading came to nothing.
    pub read_problem: Option<String>,
    /// When its wishes were last compared with what it has.
    pub looked_at: Option<DateTime<Utc>>,
}

impl ConfigurationView {
    pub fn to_view(summary: Summary) -> Self {
        let one = summary.configuration;
        Self {
            station_id: one.station.to_string(),
            template_id: one.template.map(|(id, _)| id.to_string()),
            template_name: summary.template,
            template_version: one.template.map(|(_, version)| version),
            chosen_template_id: one.chosen.map(|(id, _)| id.to_string()),
            reset_when_idle: one.reset_when_idle,
            wishes: summary.wishes,
            drift: summary.drift,
            pending_reboot: summary.pending,
            reported: summary.reported,
            read_at: one.reading.read_at,
            reading_since: one.reading.since,
            progress: summary.progress,
            read_problem: one.reading.problem,
            looked_at: one.looked_at,
        }
    }
}

/// One wish of an edit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WishBody {
    pub name: SettingName,
    /// Null forgets the wish.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, required = true)]
    pub value: Option<Option<String>>,
    /// As it was, or `revert`, when not said.
    #[schema(value_type = Option<words::WishReaction>)]
    pub reaction: Option<Reaction>,
}

/// What is changed about the wishes for a station.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    #[serde(default)]
    #[schema(required = false)]
    pub values: Vec<WishBody>,
    /// Whether the station may be restarted when it is idle, where a setting needs it.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub reset_when_idle: Option<bool>,
}

fn allowed(reaction: Option<Reaction>, pointer: &str) -> Result<Option<Reaction>, Problem> {
    match reaction {
        Some(Reaction::Quarantine) => {
            let detail = "A wish alerts or is put back.";
            Err(Problem::field(pointer, "invalid", detail))
        }
        other => Ok(other),
    }
}

impl SettingsChange {
    pub fn from_body(body: Self, when: Precondition) -> Result<Edit, Problem> {
        let wish = |(place, one): (usize, WishBody)| {
            let missing = || {
                let pointer = format!("/values/{place}/value");
                Problem::field(&pointer, "required", "A value, or null to forget the wish.")
            };
            let reaction = allowed(one.reaction, &format!("/values/{place}/reaction"))?;
            Ok::<_, Problem>(NewWish {
                name: SettingName::from_body(one.name),
                value: one.value.ok_or_else(missing)?,
                reaction,
            })
        };
        let values = body.values.into_iter().enumerate().map(wish);
        Ok(Edit {
            values: values.collect::<Result<_, Problem>>()?,
            reset_when_idle: body.reset_when_idle,
            when,
        })
    }
}

/// What an edit changes about one setting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiffView {
    pub name: SettingNameView,
    /// What the station has, as far as it told.
    pub from: Option<String>,
    /// What was wished before.
    pub wished: Option<String>,
    /// What is wished then; null when the wish is forgotten.
    pub to: Option<String>,
    /// Whether the station has to change anything.
    pub changes: bool,
    /// Whether it needs a restart, where the station has said so before.
    pub needs_reboot: bool,
    /// Whether a lock stands in the way.
    pub locked: bool,
    /// What speaks against the value.
    #[schema(value_type = Option<words::SettingMisfit>)]
    pub misfit: Option<String>,
}

/// What an edit changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsDiffView {
    /// Whether it was only looked at.
    pub dry_run: bool,
    pub values: Vec<DiffView>,
}

impl SettingsDiffView {
    pub fn to_view(edited: Edited, dry_run: bool) -> Self {
        let view = |diff: Diff| DiffView {
            name: SettingNameView::to_view(&diff.name),
            from: diff.from,
            wished: diff.wished,
            to: diff.to,
            changes: diff.changes,
            needs_reboot: diff.reboots,
            locked: diff.locked,
            misfit: diff.misfit.as_ref().map(word),
        };
        Self {
            dry_run,
            values: edited.diffs.into_iter().map(view).collect(),
        }
    }
}

/// The template that is chosen for a station.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChosenBody {
    /// Null leaves it to the templates that fit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, required = true)]
    pub template_id: Option<Option<String>>,
}

/// A setting at two stations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedView {
    pub name: SettingNameView,
    #[schema(value_type = words::SettingArea)]
    pub area: String,
    pub left: Option<String>,
    pub right: Option<String>,
    pub left_wish: Option<String>,
    pub right_wish: Option<String>,
    /// Alike, without regard to case, order of lists and units.
    pub same: bool,
}

impl ComparedView {
    pub fn to_view(row: Compared) -> Self {
        Self {
            name: SettingNameView::to_view(&row.name),
            area: word(&row.area),
            left: row.left,
            right: row.right,
            left_wish: row.left_wish,
            right_wish: row.right_wish,
            same: row.same,
        }
    }
}

/// A setting of the fleet that is not as wished.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FleetDriftView {
    pub station_id: String,
    pub identity: String,
    pub site_id: Option<String>,
    pub online: bool,
    pub name: SettingNameView,
    pub wished: String,
    /// What the station has; null when it does not tell.
    pub found: Option<String>,
    pub template_id: Option<String>,
    #[schema(value_type = words::SettingState)]
    pub state: String,
    pub reason: Option<String>,
    pub outcome_at: Option<DateTime<Utc>>,
}

impl FleetDriftView {
    pub fn to_view(row: DriftRow) -> Self {
        let wish = WishView::to_view(row.setting.clone());
        Self {
            station_id: row.station.to_string(),
            identity: row.identity.as_str().to_owned(),
            site_id: row.site.map(|site| site.to_string()),
            online: row.online,
            name: SettingNameView::to_view(&row.setting.wish.name),
            found: row.setting.found,
            wished: wish.value,
            template_id: wish.template_id,
            state: wish.state,
            reason: wish.reason,
            outcome_at: wish.outcome_at,
        }
    }
}

columns!(FleetDriftView: row => {
    "station_id": row.station_id,
    "identity": row.identity,
    "site_id": row.site_id,
    "online": row.online,
    "name.component": row.name.component,
    "name.component_instance": row.name.component_instance,
    "name.evse": row.name.evse,
    "name.connector": row.name.connector,
    "name.variable": row.name.variable,
    "name.variable_instance": row.name.variable_instance,
    "wished": row.wished,
    "found": row.found,
    "template_id": row.template_id,
    "state": row.state,
    "reason": row.reason,
    "outcome_at": row.outcome_at,
});

/// What a station of a site reported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteVariableView {
    pub station_id: String,
    pub identity: String,
    pub name: SettingNameView,
    pub attribute: String,
    pub value: Option<String>,
    #[schema(value_type = Option<words::Mutability>)]
    pub mutability: Option<String>,
    pub reported_at: DateTime<Utc>,
}

impl SiteVariableView {
    pub fn to_view(
        (identity, id, reading, at): (Identity, StationId, VariableReading, Moment),
    ) -> Self {
        Self {
            station_id: id.to_string(),
            identity: identity.as_str().to_owned(),
            name: SettingNameView::to_view(&reading.name),
            attribute: reading.attribute,
            value: reading.value,
            mutability: reading.mutability.as_ref().map(word),
            reported_at: at,
        }
    }
}

columns!(SiteVariableView: row => {
    "station_id": row.station_id,
    "identity": row.identity,
    "name.component": row.name.component,
    "name.component_instance": row.name.component_instance,
    "name.evse": row.name.evse,
    "name.connector": row.name.connector,
    "name.variable": row.name.variable,
    "name.variable_instance": row.name.variable_instance,
    "attribute": row.attribute,
    "value": row.value,
    "mutability": row.mutability,
    "reported_at": row.reported_at,
});
