//! Templates of settings: found, added, edited and removed, and what they would change. An edit has
//! the wishes of its stations compared with it; nothing here goes to a station.

use domain::clock::Moment;
use domain::id::{OrgId, StationId, TemplateId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::setting::{
    Fit, Reaction, SettingOrigin, Template, TemplateBody, Wish, folded, misfit, same,
};
use domain::variable::{Mutability, VariableReading, is_secret, without_driver_data};
use serde_json::{Value, json};
use store::{Lane, StationFilter};

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::revision::{self, Precondition};
use crate::settings::review_value;
use crate::{audit, gate};

/// The most values of a template.
const MOST: usize = 1_000;
/// The longest pattern or version.
const LONGEST_FIT: usize = 100;
/// Priorities go from minus this to this.
const MOST_PRIORITY: i32 = 1_000;

/// A template with what a list shows of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The template.
    pub template: Template,
    /// How many settings of its stations are not as it says.
    pub drift: i64,
}

/// What a template would change at a station.
#[derive(Debug, Clone)]
pub struct Affected {
    /// The station.
    pub station: StationId,
    /// Its name on the wire.
    pub identity: String,
    /// Its make.
    pub model: Option<String>,
    /// Its firmware.
    pub firmware: Option<String>,
    /// Values that it has already.
    pub holds: usize,
    /// Values that would change.
    pub changes: usize,
    /// Values that a person wished otherwise for this station.
    pub by_hand: usize,
    /// Values that the station would not take, by what it told of them.
    pub misfits: usize,
    /// Values of which the station told nothing yet.
    pub unknown: usize,
}

/// What is said of a template. On a change what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// Which stations it is for.
    pub fit: Option<Fit>,
    /// Whether it counts for every station that it fits.
    pub automatic: Option<bool>,
    /// The higher counts where several fit.
    pub priority: Option<i32>,
    /// Whether stations may be restarted when they are idle.
    pub reset_when_idle: Option<bool>,
    /// What its stations should be set to.
    pub values: Option<Vec<Wish>>,
    /// A station whose writable settings become the values.
    pub from_station: Option<StationId>,
    /// On what the change depends.
    pub when: Precondition,
}

impl Change {
    fn applied(self, before: TemplateBody) -> TemplateBody {
        TemplateBody {
            name: self.name.map_or(before.name, |name| name.trim().to_owned()),
            fit: self.fit.unwrap_or(before.fit),
            automatic: self.automatic.unwrap_or(before.automatic),
            priority: self.priority.unwrap_or(before.priority),
            reset_when_idle: self.reset_when_idle.unwrap_or(before.reset_when_idle),
            values: self.values.unwrap_or(before.values),
        }
    }
}

fn empty() -> TemplateBody {
    TemplateBody {
        name: String::new(),
        fit: Fit::default(),
        automatic: false,
        priority: 0,
        reset_when_idle: false,
        values: Vec::new(),
    }
}

fn review(body: &TemplateBody) -> Result<(), Error> {
    let mut review = Review::default();
    review.needed("/name", Some(&body.name), LONGEST_NAME);
    for (text, field) in [
        (&body.fit.vendor, "vendor"),
        (&body.fit.model, "model"),
        (&body.fit.firmware_from, "firmware_from"),
        (&body.fit.firmware_to, "firmware_to"),
    ] {
        review.needed(&format!("/{field}"), text.as_deref(), LONGEST_FIT);
    }
    if let Err(error) = body.fit.checked() {
        review.refuse(true, "/model", "invalid", error.to_string());
    }
    let far = body.priority.abs() > MOST_PRIORITY;
    let detail = format!("From -{MOST_PRIORITY} to {MOST_PRIORITY}.");
    review.refuse(far, "/priority", "out_of_range", detail);
    let many = body.values.len() > MOST;
    review.refuse(many, "/values", "too_many", format!("At most {MOST}."));
    let mut seen = Vec::new();
    for (place, wish) in body.values.iter().enumerate() {
        let at = format!("/values/{place}");
        review_value(&mut review, &at, &wish.name, &wish.value);
        let quarantine = wish.reaction == Reaction::Quarantine;
        let detail = "A template alerts or puts back.";
        review.refuse(quarantine, &format!("{at}/reaction"), "invalid", detail);
        let name = folded(&wish.name);
        let twice = seen.contains(&name);
        review.refuse(twice, &at, "duplicate", "This setting is named twice.");
        seen.push(name);
    }
    review.passed()
}

/// What the audit trail holds of a template.
fn told(body: &TemplateBody) -> Value {
    let values = body.values.iter().map(|wish| {
        let value = without_driver_data(&wish.name, &wish.value);
        let (component, variable) = (&wish.name.component, &wish.name.variable);
        json!({"component": component, "variable": variable, "value": value, "reaction": wish.reaction})
    });
    json!({
        "name": body.name, "fit": body.fit, "automatic": body.automatic,
        "priority": body.priority, "reset_when_idle": body.reset_when_idle,
        "values": values.collect::<Vec<_>>(),
    })
}

/// Hides what values tell of drivers from whoever may not read it.
fn hidden(app: &App, caller: &Caller, mut body: TemplateBody) -> TemplateBody {
    if gate::driver_data(app, caller).is_none() {
        for wish in &mut body.values {
            wish.value = without_driver_data(&wish.name, &wish.value);
        }
    }
    body
}

fn shown(app: &App, caller: &Caller, mut template: Template, drift: i64) -> Row {
    template.body = hidden(app, caller, template.body);
    Row { template, drift }
}

/// The templates of the organisation, by name, with `station_settings.view`.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Row>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let read = &app.store().read;
    let drift = read.drift_by_template(pass.org).await?;
    let templates = read.templates(pass.org).await?.into_iter();
    let rows = templates.map(|template| {
        let drift = drift.get(&template.id).copied().unwrap_or_default();
        shown(app, caller, template, drift)
    });
    Ok(rows.collect())
}

/// A template, with `station_settings.view`.
pub async fn find(app: &App, caller: &Caller, id: TemplateId) -> Result<Row, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    row(app, caller, pass.org, id).await
}

/// Whether the caller may change this template, with `stations.configure.batch` for the whole
/// organisation.
pub async fn demand(app: &App, caller: &Caller, id: TemplateId) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsConfigureBatch).await?;
    let found = app.store().read.template(pass.org, id).await?;
    found.map(drop).ok_or(Error::NotFound)
}

async fn row(app: &App, caller: &Caller, org: OrgId, id: TemplateId) -> Result<Row, Error> {
    let read = &app.store().read;
    let template = read.template(org, id).await?.ok_or(Error::NotFound)?;
    let drift = read.drift_by_template(org).await?;
    let drift = drift.get(&id).copied().unwrap_or_default();
    Ok(shown(app, caller, template, drift))
}

/// What a template said once, the newest first, with `station_settings.view`.
pub async fn versions(
    app: &App,
    caller: &Caller,
    id: TemplateId,
    page: &PageRequest,
) -> Result<Page<(i64, TemplateBody, Moment, String)>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let read = &app.store().read;
    read.template(pass.org, id).await?.ok_or(Error::NotFound)?;
    let versions = read.template_versions(id, page).await?;
    Ok(versions.map(|(version, body, at, by)| (version, hidden(app, caller, body), at, by)))
}

/// The writable settings of a station as values.
async fn values_of(app: &App, caller: &Caller, station: StationId) -> Result<Vec<Wish>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    pass.station(app, station).await?;
    let rows = app.store().read.variables(station).await?;
    let fit = |(reading, _): (VariableReading, Moment)| {
        let open = reading.attribute.eq_ignore_ascii_case("actual")
            && reading.mutability == Some(Mutability::ReadWrite)
            && !is_secret(&reading.name);
        let name = reading.name;
        reading.value.filter(|_| open).map(|value| Wish {
            name,
            value,
            reaction: Reaction::Revert,
        })
    };
    Ok(rows.into_iter().filter_map(fit).take(MOST).collect())
}

/// Adds a template, with `stations.configure.batch` for the whole organisation.
pub async fn create(app: &App, caller: &Caller, mut new: Change) -> Result<Row, Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsConfigureBatch).await?;
    if let Some(station) = new.from_station {
        let mut values = values_of(app, caller, station).await?;
        let said = new.values.take().unwrap_or_default();
        let own = |wish: &Wish| said.iter().any(|s| folded(&s.name) == folded(&wish.name));
        values.retain(|wish| !own(wish));
        values.extend(said);
        new.values = Some(values);
    }
    let body = new.applied(empty());
    review(&body)?;
    let now = app.now();
    let template = Template {
        id: TemplateId::from_uuid(app.draw()),
        org: pass.org,
        body,
        version: revision::FIRST,
        created_at: now,
        edited_at: now,
        edited_by: name_of(caller),
    };
    let (id, org, after) = (template.id, pass.org, told(&template.body));
    let action = "setting_templates.create";
    let deed = audit::row(app, caller, org, action, id, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (template, deed) = (template.clone(), deed.clone());
        Box::pin(async move {
            work.template_insert(&template).await?;
            work.configurations_sync(org).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    row(app, caller, org, id).await
}

fn name_of(caller: &Caller) -> String {
    caller
        .member()
        .map_or_else(|| "Busbar".to_owned(), |member| member.name.clone())
}

/// Makes a new version of a template, with `stations.configure.batch` for the whole organisation.
/// The wishes of the stations it fits follow, and the stations those.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: TemplateId,
    change: Change,
) -> Result<Row, Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsConfigureBatch).await?;
    let org = pass.org;
    for _ in 0..revision::TRIES {
        let found = app.store().read.template(org, id).await?;
        let found = found.ok_or(Error::NotFound)?;
        change.when.admits(found.version)?;
        let (from, before) = (found.version, told(&found.body));
        let body = change.clone().applied(found.body.clone());
        review(&body)?;
        let template = Template {
            body,
            version: from + 1,
            edited_at: app.now(),
            edited_by: name_of(caller),
            ..found
        };
        let (action, after) = ("setting_templates.edit", told(&template.body));
        let deed = audit::row(app, caller, org, action, id, Some(&before), Some(&after));
        let written = app.store().write(Lane::Org(org), move |work| {
            let (template, deed) = (template.clone(), deed.clone());
            Box::pin(async move {
                let done = work.template_update(&template, from).await?;
                if done {
                    work.configurations_sync(org).await?;
                    work.audit(&deed);
                }
                Ok(done)
            })
        });
        if written.await? {
            return row(app, caller, org, id).await;
        }
    }
    Err(revision::too_busy())
}

/// Removes a template, with `stations.configure.batch` for the whole organisation: its values are
/// wished no more, and stay at the stations.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: TemplateId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsConfigureBatch).await?;
    let org = pass.org;
    let found = app.store().read.template(org, id).await?;
    let found = found.ok_or(Error::NotFound)?;
    when.admits(found.version)?;
    let (from, before) = (found.version, told(&found.body));
    let action = "setting_templates.remove";
    let deed = audit::row(app, caller, org, action, id, Some(&before), None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.template_delete(id, from).await?;
            if done {
                work.configurations_sync(org).await?;
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match written.await? {
        true => Ok(()),
        false => Err(revision::stale()),
    }
}

/// What a template would change, station by station, with `station_settings.view`: as it is, or as
/// `change` would make it. A page can be shorter than asked for, also empty, and not the last.
pub async fn preview(
    app: &App,
    caller: &Caller,
    of: Option<TemplateId>,
    change: Change,
    page: &PageRequest,
) -> Result<Page<Affected>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let read = &app.store().read;
    let mut all = read.templates(pass.org).await?;
    let body = match of {
        None => empty(),
        Some(of) => {
            let found = all.iter().find(|one| one.id == of);
            found.ok_or(Error::NotFound)?.body.clone()
        }
    };
    let body = change.applied(body);
    let mut named = body.clone();
    // A template that has no name yet can be looked at.
    if named.name.is_empty() {
        named.name = "?".to_owned();
    }
    review(&named)?;
    let now = app.now();
    let id = of.unwrap_or_else(|| TemplateId::from_uuid(app.draw()));
    let created_at = all
        .iter()
        .find(|t| t.id == id)
        .map_or(now, |t| t.created_at);
    all.retain(|one| one.id != id);
    all.push(Template {
        id,
        org: pass.org,
        body,
        version: 0,
        created_at,
        edited_at: now,
        edited_by: String::new(),
    });
    let filter = StationFilter {
        sites: pass.narrowed(None),
        ..StationFilter::default()
    };
    let stations = read.stations(pass.org, &filter, page).await?;
    let mut rows = Vec::new();
    for row in stations.rows {
        let station = row.station;
        let chosen = read.configuration(station.id).await?.and_then(|c| c.chosen);
        let chosen = chosen.map(|(id, _)| id);
        let Some(template) = Template::of(&all, chosen, &station.hardware) else {
            continue;
        };
        if template.id != id {
            continue;
        }
        let names: Vec<_> = template
            .body
            .values
            .iter()
            .map(|v| v.name.clone())
            .collect();
        let reported = read.variables_named(station.id, &names).await?;
        let settings = read.settings(station.id).await?;
        let mut one = Affected {
            station: station.id,
            identity: station.identity.as_str().to_owned(),
            model: station.hardware.model,
            firmware: station.hardware.firmware_version,
            holds: 0,
            changes: 0,
            by_hand: 0,
            misfits: 0,
            unknown: 0,
        };
        for wish in &template.body.values {
            let name = folded(&wish.name);
            let hand = settings
                .iter()
                .any(|s| s.origin == SettingOrigin::Hand && folded(&s.wish.name) == name);
            let reading = reported.iter().find(|r| folded(&r.name) == name);
            let value = reading.and_then(|r| r.value.as_deref());
            match (hand, reading, value) {
                (true, ..) => one.by_hand += 1,
                (_, Some(_), Some(value)) if same(&wish.name, &wish.value, value) => one.holds += 1,
                (_, Some(reading), _) if misfit(reading, &wish.value).is_some() => {
                    one.misfits += 1;
                }
                (_, Some(_), _) => one.changes += 1,
                (_, None, _) => one.unknown += 1,
            }
        }
        rows.push(one);
    }
    Ok(Page {
        rows,
        next: stations.next,
    })
}
