//! Locks of settings, saved passwords and notifications, as the API shows and takes them.

use app::locks::{Adjustment, Challenged, LockView as Seen, NewLock, Outcome, SiteLocked};
use app::notifications::Told;
use app::saved_passwords::SavedPassword;
use chrono::{DateTime, Utc};
use domain::command::VariableName;
use domain::notification::{Matter, Notification};
use domain::setting::{CriticalList, Drift, Reaction, Sphere, Wish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{word, words};

/// A setting, by its name; a 1.6 key has no component.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingNameView {
    pub component: Option<String>,
    pub component_instance: Option<String>,
    pub evse: Option<i32>,
    pub connector: Option<i32>,
    pub variable: String,
    pub variable_instance: Option<String>,
}

impl SettingNameView {
    pub fn to_view(name: &VariableName) -> Self {
        Self {
            component: name.component.clone(),
            component_instance: name.component_instance.clone(),
            evse: name.evse,
            connector: name.connector,
            variable: name.variable.clone(),
            variable_instance: name.variable_instance.clone(),
        }
    }
}

/// A frozen setting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FrozenView {
    pub name: SettingNameView,
    /// As it was frozen, or written since by somebody with access.
    pub value: String,
    #[schema(value_type = words::SettingSphere)]
    pub sphere: String,
    /// What is done when the station has another value.
    #[schema(value_type = words::DriftReaction)]
    pub reaction: String,
}

/// A frozen setting that differs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftView {
    pub name: SettingNameView,
    /// What it should be.
    pub wished: String,
    /// What the station has; null when it no longer tells.
    pub found: Option<String>,
    #[schema(value_type = words::SettingSphere)]
    pub sphere: String,
}

/// A lock that was taken away.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovalView {
    pub at: DateTime<Utc>,
    #[schema(value_type = words::LockRemovalMethod)]
    pub method: String,
    /// The name of whoever did it.
    pub by: String,
}

/// A lock of a station's settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldView {
    /// The name of whoever set it.
    pub locked_by: String,
    /// How to reach them, in their words.
    pub contact: String,
    pub locked_at: DateTime<Utc>,
    /// The current that nobody goes beyond, in amperes.
    pub cap_a: Option<f64>,
    /// Settings that are critical here beside those of every station.
    pub added: Vec<SettingNameView>,
    pub frozen: Vec<FrozenView>,
    /// Frozen settings that differ.
    pub drift: Vec<DriftView>,
    #[schema(value_type = words::WatchState)]
    pub state: String,
    /// When the station was last read.
    pub looked_at: Option<DateTime<Utc>>,
}

/// How a station's settings are locked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LockView {
    pub station_id: String,
    #[schema(value_type = words::Padlock)]
    pub padlock: String,
    /// Null where there is none.
    pub lock: Option<HeldView>,
    /// How the last lock was taken away; stays beside a newer one.
    pub removed: Option<RemovalView>,
    /// Whether the caller has the owner's ways back: PUK and presence.
    pub owner: bool,
}

fn sphere(critical: &CriticalList, name: &VariableName) -> String {
    word(&critical.sphere(name).unwrap_or(Sphere::Added))
}

impl HeldView {
    fn to_view(row: &app::locks::LockRow) -> Self {
        let (lock, watch) = (&row.lock, &row.watch);
        let critical = &lock.critical;
        let frozen = |wish: &Wish| FrozenView {
            name: SettingNameView::to_view(&wish.name),
            value: wish.value.clone(),
            sphere: sphere(critical, &wish.name),
            reaction: word(&wish.reaction),
        };
        let drift = |drift: &Drift| DriftView {
            name: SettingNameView::to_view(&drift.wish.name),
            wished: drift.wish.value.clone(),
            found: drift.found.clone(),
            sphere: sphere(critical, &drift.wish.name),
        };
        #[allow(clippy::cast_precision_loss)] // at most 10 kA
        let cap_a = lock.cap_ma.map(|ma| ma as f64 / 1000.0);
        Self {
            locked_by: row.locker.clone(),
            contact: lock.contact.clone(),
            locked_at: lock.locked_at,
            cap_a,
            added: critical
                .added()
                .iter()
                .map(SettingNameView::to_view)
                .collect(),
            frozen: watch.wishes.iter().map(frozen).collect(),
            drift: watch.drift.iter().map(drift).collect(),
            state: word(&watch.state),
            looked_at: watch.looked_at,
        }
    }
}

impl LockView {
    pub fn to_view(station: domain::id::StationId, seen: &Seen) -> Self {
        let row = seen.row.as_ref();
        let removal = seen.removal.as_ref();
        Self {
            station_id: station.to_string(),
            padlock: word(&seen.padlock),
            lock: row
                .filter(|row| row.removal.is_none())
                .map(HeldView::to_view),
            removed: removal.map(|removal| RemovalView {
                at: removal.at,
                method: word(&removal.method),
                by: removal.name.clone(),
            }),
            owner: seen.owner,
        }
    }
}

/// A new lock, and its password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewLockView {
    pub lock: LockView,
    /// Shown here, and to whoever locked under the saved passwords.
    pub password: String,
}

/// A setting, by its name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingName {
    pub component: Option<String>,
    pub component_instance: Option<String>,
    pub evse: Option<i32>,
    pub connector: Option<i32>,
    pub variable: String,
    pub variable_instance: Option<String>,
}

impl SettingName {
    pub fn from_body(body: Self) -> VariableName {
        VariableName {
            component: body.component,
            component_instance: body.component_instance,
            evse: body.evse,
            connector: body.connector,
            variable: body.variable,
            variable_instance: body.variable_instance,
        }
    }
}

/// A lock to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockBody {
    /// At least 8 characters; 8 digits are drawn when not said.
    pub password: Option<String>,
    /// How to reach whoever locks; shown to everybody who sees the lock.
    pub contact: Option<String>,
    /// Settings that are critical here beside those of every station.
    #[serde(default)]
    #[schema(required = false)]
    pub added: Vec<SettingName>,
    /// The current that nobody goes beyond, in amperes.
    pub cap_a: Option<f64>,
}

impl LockBody {
    pub fn from_body(body: Self) -> NewLock {
        #[allow(clippy::cast_possible_truncation)] // out of range is refused as such
        let cap_ma = body.cap_a.map(|a| (a * 1000.0).round() as i64);
        NewLock {
            password: body.password,
            contact: body.contact.unwrap_or_default(),
            added: body.added.into_iter().map(SettingName::from_body).collect(),
            cap_ma,
        }
    }
}

/// What is done about drift of one setting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReactionBody {
    pub name: SettingName,
    #[schema(value_type = words::DriftReaction)]
    pub reaction: Reaction,
}

/// What is changed about a lock by somebody with access.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockChange {
    #[serde(default)]
    #[schema(required = false)]
    pub reactions: Vec<ReactionBody>,
    /// Somebody looked at the drift: settings may be put back again.
    #[serde(default)]
    #[schema(required = false)]
    pub settle: bool,
}

impl LockChange {
    pub fn from_body(body: Self) -> Adjustment {
        let chosen = |one: ReactionBody| (SettingName::from_body(one.name), one.reaction);
        Adjustment {
            reactions: body.reactions.into_iter().map(chosen).collect(),
            settle: body.settle,
        }
    }
}

/// The password of a lock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnlockBody {
    pub password: String,
    /// Whether it is saved for this account.
    #[serde(default)]
    #[schema(required = false)]
    pub save: bool,
}

/// The password of a lock, where the account has no access.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockRemovalBody {
    pub password: Option<String>,
}

/// Another password of a lock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockPasswordBody {
    /// The present one, where the account has no access.
    pub password: Option<String>,
    pub new: String,
}

/// A PUK.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PukBody {
    /// Its 10 digits.
    pub puk: String,
}

/// How the owner proves to stand at the station.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceBody {
    /// A token that is held to the station twice; a cable is plugged in and out when not said.
    pub token: Option<String>,
}

/// A proof of presence that is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceView {
    /// Until when it can be given.
    pub until: DateTime<Utc>,
    /// How often the token is held to the station, or a cable plugged in and out at one EVSE.
    pub times: usize,
}

impl PresenceView {
    pub fn to_view(asked: Challenged) -> Self {
        Self {
            until: asked.until,
            times: asked.times,
        }
    }
}

/// How a proof of presence stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceStateView {
    /// Whether the station told it: then the lock is no more.
    pub proved: bool,
    /// Until when it can be given.
    pub until: Option<DateTime<Utc>>,
    pub lock: Option<LockView>,
}

/// What came of one station of a site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteLockedView {
    pub station_id: String,
    pub identity: String,
    #[schema(value_type = words::LockOutcome)]
    pub outcome: &'static str,
}

impl SiteLockedView {
    pub fn to_view(one: &SiteLocked) -> Self {
        Self {
            station_id: one.station.to_string(),
            identity: one.identity.as_str().to_owned(),
            outcome: match one.outcome {
                Outcome::Locked => "locked",
                Outcome::Already => "locked_already",
                Outcome::Offline => "station_offline",
                Outcome::Unread => "settings_unread",
                Outcome::Failed => "failed",
            },
        }
    }
}

/// The stations of a site that was locked as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteLockView {
    pub password: String,
    pub stations: Vec<SiteLockedView>,
}

/// A password that the account saved; it is told by its own route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedPasswordView {
    pub station_id: String,
    pub identity: String,
    pub name: Option<String>,
    pub serial_number: Option<String>,
    pub saved_at: DateTime<Utc>,
    /// Whether the lock has another password by now, or is no more.
    pub outdated: bool,
}

impl SavedPasswordView {
    pub fn to_view(saved: SavedPassword) -> Self {
        Self {
            station_id: saved.row.station.to_string(),
            identity: saved.identity,
            name: saved.name,
            serial_number: saved.serial_number,
            saved_at: saved.row.saved_at,
            outdated: saved.outdated,
        }
    }
}

/// Something that the caller is told until they have seen it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationView {
    pub id: String,
    #[schema(value_type = words::NotificationKind)]
    pub kind: &'static str,
    pub organisation_id: String,
    /// Null for what is about a whole site.
    pub station_id: Option<String>,
    /// The station's name on the wire; null in the answer to an acknowledgement.
    pub station_identity: Option<String>,
    /// For what is about a whole site.
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    /// The alert that it tells of.
    pub alert_id: Option<String>,
    /// The condition of that alert.
    #[schema(value_type = Option<words::AlertKind>)]
    pub alert_kind: Option<&'static str>,
    /// Who did it, where it was somebody.
    pub by: Option<String>,
    /// How a lock was taken away.
    #[schema(value_type = Option<words::LockRemovalMethod>)]
    pub method: Option<String>,
    /// Which settings differ.
    pub settings: Vec<String>,
    /// Which firmware there is.
    pub firmware: Option<FirmwareNewsView>,
    /// Whether acknowledging it tells a secret, once.
    pub has_secret: bool,
    pub at: DateTime<Utc>,
    pub acknowledged_at: Option<DateTime<Utc>>,
}

impl NotificationView {
    /// As it is listed.
    pub fn of_list(told: Told) -> Self {
        let name = Some(told.identity);
        let of_site = told.notification.station.is_none();
        let (identity, site) = if of_site { (None, name) } else { (name, None) };
        Self {
            station_identity: identity,
            site_name: site,
            ..Self::to_view(told.notification)
        }
    }

    pub fn to_view(told: Notification) -> Self {
        let kind = told.matter.word();
        let (alert_id, alert_kind) = match told.matter {
            Matter::Alert { alert, condition } => (Some(alert.to_string()), Some(condition.word())),
            _ => (None, None),
        };
        let mut firmware = None;
        let (by, method, settings) = match told.matter {
            Matter::LockPuk
            | Matter::RevertsStopped
            | Matter::SettingsUnread
            | Matter::Alert { .. } => (None, None, Vec::new()),
            Matter::FirmwareAvailable {
                vendor,
                model,
                version,
            } => {
                firmware = Some(FirmwareNewsView {
                    vendor,
                    model,
                    version,
                });
                (None, None, Vec::new())
            }
            Matter::LockRemoved { method, by } => (Some(by), Some(word(&method)), Vec::new()),
            Matter::LockPasswordChanged { by } => (Some(by), None, Vec::new()),
            Matter::SettingsDrifted { names } => (None, None, names),
        };
        Self {
            id: told.id.to_string(),
            kind,
            organisation_id: told.org.to_string(),
            station_id: told.station.map(|id| id.to_string()),
            station_identity: None,
            site_id: told.site.map(|id| id.to_string()),
            site_name: None,
            alert_id,
            alert_kind,
            by,
            method,
            settings,
            firmware,
            has_secret: told.sealed.is_some() && told.acknowledged_at.is_none(),
            at: told.at,
            acknowledged_at: told.acknowledged_at,
        }
    }
}

/// Newer firmware for a model of station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirmwareNewsView {
    pub vendor: String,
    pub model: String,
    pub version: String,
}

/// What was acknowledged, and the secret in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcknowledgedView {
    pub notification: NotificationView,
    /// Told in this answer and never again.
    pub secret: Option<String>,
}
