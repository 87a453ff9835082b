//! What is wished beside what is reported, setting by setting, and how far the whole is.

use domain::clock::Moment;
use domain::command::VariableName;
use domain::id::StationId;
use domain::lock::{Authority, WritePath};
use domain::role::{Caller, Permission};
use domain::setting::{Area, CriticalList, Setting, SettingState, area, folded};
use domain::variable::{VariableReading, is_secret, without_driver_data};

use super::{Configuration, configuration, read::running};
use crate::app::App;
use crate::error::Error;
use crate::{commands, gate, locks};

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct LineQuery {
    /// Only what is not as wished.
    pub drift: bool,
    /// Only what is wished.
    pub wished: bool,
    /// With this in the name or the value, without case.
    pub q: Option<String>,
    /// Only of this group.
    pub area: Option<Area>,
}

/// One setting.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which.
    pub name: VariableName,
    /// Its group.
    pub area: Area,
    /// What the station told of its value, and when.
    pub reported: Option<(VariableReading, Moment)>,
    /// What it told of the other attributes: Target, MinSet, MaxSet.
    pub attributes: Vec<(String, Option<String>)>,
    /// What is wished.
    pub setting: Option<Setting>,
    /// Whether it is one of the settings that a lock protects.
    pub critical: bool,
    /// Whether a lock keeps the caller from changing it.
    pub locked: bool,
    /// Whether it is a password or key, which is neither shown nor wished.
    pub secret: bool,
}

/// How far the settings of a station are.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What is on record.
    pub configuration: Configuration,
    /// The name of its template.
    pub template: Option<String>,
    /// How many settings are wished.
    pub wishes: usize,
    /// How many are not as wished.
    pub drift: usize,
    /// How many wait for a restart.
    pub pending: usize,
    /// How many variables the station ever told.
    pub reported: u64,
    /// Where it is being read: how many it has told so far.
    pub progress: Option<u64>,
}

/// How far the settings of a station are, with `station_settings.view`.
pub async fn summary(app: &App, caller: &Caller, id: StationId) -> Result<Summary, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let row = pass.station(app, id).await?;
    let mut configuration = configuration(app, &row.station).await?;
    let read = &app.store().read;
    let since = configuration.reading.since;
    let since = since.filter(|since| running(app, *since));
    configuration.reading.since = since;
    let (fresh, reported) = read
        .variables_counted(id, since.unwrap_or_else(|| app.now()))
        .await?;
    let template = match configuration.template {
        Some((template, _)) => read.template(row.station.org, template).await?,
        None => None,
    };
    let settings = read.settings(id).await?;
    let pending = |s: &&Setting| s.state == SettingState::PendingReboot;
    Ok(Summary {
        configuration,
        template: template.map(|template| template.body.name),
        wishes: settings.len(),
        drift: settings.iter().filter(|s| s.drift).count(),
        pending: settings.iter().filter(pending).count(),
        reported,
        progress: since.map(|_| fresh),
    })
}

/// What is wished beside what is reported, by name, and the revision of the wishes, with
/// `station_settings.view`.
pub async fn list(
    app: &App,
    caller: &Caller,
    id: StationId,
    query: &LineQuery,
) -> Result<(Vec<Line>, i64), Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let row = pass.station(app, id).await?;
    let revision = configuration(app, &row.station).await?.revision;
    let mut lines = all(app, caller, id).await?;
    let q = query.q.as_ref().map(|q| q.trim().to_lowercase());
    lines.retain(|line| {
        let setting = line.setting.as_ref();
        let drifts = setting.is_some_and(|setting| setting.drift);
        let found = q.as_ref().is_none_or(|q| {
            let value = line.reported.as_ref().and_then(|(r, _)| r.value.as_deref());
            let wished = setting.map(|s| s.wish.value.as_str());
            let texts = [
                line.name.component.as_deref(),
                Some(line.name.variable.as_str()),
                value,
                wished,
            ];
            let mut texts = texts.into_iter().flatten();
            texts.any(|text| text.to_lowercase().contains(q))
        });
        (!query.drift || drifts)
            && (!query.wished || setting.is_some())
            && query.area.is_none_or(|area| area == line.area)
            && found
    });
    Ok((lines, revision))
}

/// All settings of a station as the caller may see them.
pub(super) async fn all(app: &App, caller: &Caller, id: StationId) -> Result<Vec<Line>, Error> {
    let read = &app.store().read;
    let held = locks::held(app, id).await?;
    let authority = Authority {
        path: WritePath::Command,
        account: commands::account(caller),
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let critical = CriticalList::default();
    let line = |name: VariableName| Line {
        area: area(&name),
        reported: None,
        attributes: Vec::new(),
        setting: None,
        critical: critical.sphere(&name).is_some(),
        locked: held.as_ref().is_some_and(|h| h.forbids(authority, &name)),
        secret: is_secret(&name),
        name,
    };
    let mut place = |lines: &mut Vec<Line>, name: &VariableName| -> usize {
        *places.entry(folded(name)).or_insert_with(|| {
            lines.push(line(name.clone()));
            lines.len() - 1
        })
    };
    // The wishes first: a value that is newer than its wish only looks late, not wrong.
    let settings = read.settings(id).await?;
    for (reading, at) in read.variables(id).await? {
        let at_line = place(&mut lines, &reading.name);
        let Some(line) = lines.get_mut(at_line) else {
            continue;
        };
        if reading.attribute.eq_ignore_ascii_case("actual") {
            line.reported = Some((reading, at));
        } else {
            line.attributes.push((reading.attribute, reading.value));
        }
    }
    for setting in settings {
        let at_line = place(&mut lines, &setting.wish.name);
        if let Some(line) = lines.get_mut(at_line) {
            line.setting = Some(setting);
        }
    }
    if gate::driver_data(app, caller).is_none() {
        lines.iter_mut().for_each(hide);
    }
    lines.sort_by_cached_key(|line| folded(&line.name));
    Ok(lines)
}

/// Hides what settings tell of drivers.
fn hide(line: &mut Line) {
    let name = line.name.clone();
    let mask = |text: &mut String| *text = without_driver_data(&name, text);
    if let Some((reading, _)) = &mut line.reported {
        reading.value.iter_mut().for_each(mask);
    }
    for (_, value) in &mut line.attributes {
        value.iter_mut().for_each(mask);
    }
    if let Some(setting) = &mut line.setting {
        hide_setting(setting);
    }
}

/// The same for a wish.
pub(super) fn hide_setting(setting: &mut Setting) {
    let name = setting.wish.name.clone();
    setting.wish.value = without_driver_data(&name, &setting.wish.value);
    let found = setting.found.take();
    setting.found = found.map(|found| without_driver_data(&name, &found));
}
