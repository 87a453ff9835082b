//! Changing wishes: by hand for one station, by an item of a batch, and by choosing a template. What
//! a lock protects is refused here, and again where it would be sent.

use domain::command::VariableName;
use domain::id::{StationId, TemplateId};
use domain::lock::{Authority, Touch, WritePath};
use domain::role::{Caller, Permission};
use domain::setting::{Misfit, Reaction, Setting, SettingOrigin, Wish, folded, misfit, same};
use domain::site::AdminState;
use domain::variable::{VariableReading, is_secret, without_driver_data};
use serde_json::{Value, json};
use store::{Lane, StationRow};

use super::{Configuration, configuration, hurry, updated};
use crate::app::App;
use crate::error::Error;
use crate::review::Review;
use crate::revision::{self, Precondition};
use crate::{audit, commands, gate, locks};

/// The most wishes in one edit.
const MOST: usize = 1_000;
/// The longest that any version carries.
const LONGEST_VALUE: usize = 2_500;
const LONGEST_KEY: usize = 50;

/// One wish of an edit.
#[derive(Debug, Clone)]
pub struct NewWish {
    /// Which setting.
    pub name: VariableName,
    /// What it should be; none forgets the wish.
    pub value: Option<String>,
    /// What is done about drift; as it was, or put back, when not said.
    pub reaction: Option<Reaction>,
}

/// What is changed about the wishes for a station.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// The wishes.
    pub values: Vec<NewWish>,
    /// Whether the station may be restarted when it is idle; as it was when not said.
    pub reset_when_idle: Option<bool>,
    /// On what the change depends.
    pub when: Precondition,
}

/// What an edit would change about one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Which.
    pub name: VariableName,
    /// What the station has, as far as it told.
    pub from: Option<String>,
    /// What was wished before.
    pub wished: Option<String>,
    /// What is wished then; none when the wish is forgotten.
    pub to: Option<String>,
    /// Whether the station would have to change anything.
    pub changes: bool,
    /// Whether it needs a restart, where the station has said so before.
    pub reboots: bool,
    /// Whether a lock stands in the way.
    pub locked: bool,
    /// What speaks against the value, by what the station told of the variable.
    pub misfit: Option<Misfit>,
}

/// What came of an edit.
#[derive(Debug, Clone)]
pub struct Edited {
    /// Setting by setting.
    pub diffs: Vec<Diff>,
    /// The revision of the wishes.
    pub revision: i64,
}

/// Notes what cannot be wished at all, whatever the station.
pub(crate) fn review_value(review: &mut Review, at: &str, name: &VariableName, value: &str) {
    review.needed(&format!("{at}/variable"), Some(&name.variable), LONGEST_KEY);
    for (text, field) in [
        (&name.component, "component"),
        (&name.component_instance, "component_instance"),
        (&name.variable_instance, "variable_instance"),
    ] {
        review.needed(&format!("{at}/{field}"), text.as_deref(), LONGEST_KEY);
    }
    let low = [name.evse, name.connector]
        .into_iter()
        .flatten()
        .any(|n| n < 0);
    review.refuse(
        low,
        at,
        "out_of_range",
        "EVSEs and connectors: not less than 0.",
    );
    let long = value.chars().count() > LONGEST_VALUE;
    let detail = format!("At most {LONGEST_VALUE} characters.");
    review.refuse(long, &format!("{at}/value"), "too_long", detail);
    let detail = "A password or key is no wish: nobody can read whether it holds, and it is not \
                  kept. Write it by a command, or renew the station's password.";
    review.refuse(is_secret(name), at, "secret", detail);
}

fn review(values: &[NewWish]) -> Result<(), Error> {
    let mut review = Review::default();
    let many = values.len() > MOST;
    review.refuse(many, "/values", "too_many", format!("At most {MOST}."));
    let mut seen: Vec<VariableName> = Vec::new();
    for (place, new) in values.iter().enumerate() {
        let at = format!("/values/{place}");
        let value = new.value.as_deref().unwrap_or_default();
        review_value(&mut review, &at, &new.name, value);
        let name = folded(&new.name);
        let twice = seen.contains(&name);
        review.refuse(twice, &at, "duplicate", "This setting is named twice.");
        seen.push(name);
    }
    review.passed()
}

async fn differences(
    app: &App,
    row: &StationRow,
    authority: Authority,
    values: &[NewWish],
) -> Result<Vec<Diff>, Error> {
    let read = &app.store().read;
    let id = row.station.id;
    let reported = read.variables(id).await?;
    let wishes = read.settings(id).await?;
    let held = locks::held(app, id).await?;
    let diff = |new: &NewWish| {
        let name = folded(&new.name);
        let reading: Option<&VariableReading> = reported
            .iter()
            .map(|(reading, _)| reading)
            .find(|r| r.attribute.eq_ignore_ascii_case("actual") && folded(&r.name) == name);
        let wish = wishes.iter().find(|s| folded(&s.wish.name) == name);
        let from = reading.and_then(|reading| reading.value.clone());
        let changes = match (&new.value, &from) {
            (None, _) => false,
            (Some(to), Some(from)) => !same(&new.name, to, from),
            (Some(_), None) => true,
        };
        Diff {
            name: new.name.clone(),
            wished: wish.map(|s| s.wish.value.clone()),
            changes,
            reboots: wish.is_some_and(|s| s.reboots),
            locked: held
                .as_ref()
                .is_some_and(|h| h.forbids(authority, &new.name)),
            misfit: match (&new.value, reading) {
                (Some(value), Some(reading)) => misfit(reading, value),
                _ => None,
            },
            to: new.value.clone(),
            from,
        }
    };
    Ok(values.iter().map(diff).collect())
}

/// Notes what speaks against a value, by what the station told of the variable.
fn refuse(review: &mut Review, at: &str, misfit: Misfit) {
    match misfit {
        Misfit::ReadOnly => {
            review.refuse(true, at, "read_only", "The station lets nobody write this.");
        }
        Misfit::WrongType => {
            review.refuse(
                true,
                at,
                "wrong_type",
                "The station takes another kind of value.",
            );
        }
        Misfit::OutOfRange => {
            review.refuse(
                true,
                at,
                "out_of_range",
                "Beyond the limits that the station told.",
            );
        }
        Misfit::NotInList => {
            review.refuse(
                true,
                at,
                "not_in_list",
                "None of the values that the station takes.",
            );
        }
        Misfit::TooLong => {
            review.refuse(true, at, "too_long", "Longer than the station takes.");
        }
    }
}

/// Hides what values tell of drivers from whoever may not read it.
fn shown(app: &App, caller: &Caller, mut edited: Edited) -> Edited {
    if gate::driver_data(app, caller).is_none() {
        for diff in &mut edited.diffs {
            let name = diff.name.clone();
            for text in [&mut diff.from, &mut diff.wished].into_iter().flatten() {
                *text = without_driver_data(&name, text);
            }
        }
    }
    edited
}

fn in_use(row: &StationRow) -> Result<(), Error> {
    match row.station.admin_state {
        AdminState::Archived => Err(Error::conflict("archived", "The station is archived.")),
        _ => Ok(()),
    }
}

/// Changes what is wished of a station, with `stations.configure`; with `dry_run` it only says what
/// would change. All of it is done or nothing.
pub async fn edit(
    app: &App,
    caller: &Caller,
    station: StationId,
    edit: Edit,
    dry_run: bool,
) -> Result<Edited, Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, station).await?;
    in_use(&row)?;
    review(&edit.values)?;
    let authority = Authority {
        path: WritePath::Command,
        account: commands::account(caller),
    };
    let diffs = differences(app, &row, authority, &edit.values).await?;
    let revision = configuration(app, &row.station).await?.revision;
    edit.when.admits(revision)?;
    if dry_run {
        return Ok(shown(app, caller, Edited { diffs, revision }));
    }
    let revision = keep(app, caller, &row, authority, edit, &diffs).await?;
    hurry(app, station);
    Ok(shown(app, caller, Edited { diffs, revision }))
}

/// Wishes these values for one station, with `stations.configure`: for an item of a batch, on the
/// authority of whoever asked for the batch. Returns as soon as they are wished; what comes of each
/// stands with the wishes.
pub async fn wish(
    app: &App,
    caller: &Caller,
    station: StationId,
    values: Vec<(VariableName, String)>,
    authority: Authority,
) -> Result<Edited, Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, station).await?;
    in_use(&row)?;
    let new = |(name, value)| NewWish {
        name,
        value: Some(value),
        reaction: None,
    };
    let edit = Edit {
        values: values.into_iter().map(new).collect(),
        ..Edit::default()
    };
    review(&edit.values)?;
    let diffs = differences(app, &row, authority, &edit.values).await?;
    let revision = keep(app, caller, &row, authority, edit, &diffs).await?;
    hurry(app, station);
    Ok(shown(app, caller, Edited { diffs, revision }))
}

/// Stores an edit that was looked at.
async fn keep(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    authority: Authority,
    edit: Edit,
    diffs: &[Diff],
) -> Result<i64, Error> {
    let mut review = Review::default();
    for (place, diff) in diffs.iter().enumerate() {
        if let Some(misfit) = diff.misfit {
            refuse(&mut review, &format!("/values/{place}/value"), misfit);
        }
    }
    review.passed()?;
    let touches: Vec<Touch> = edit
        .values
        .iter()
        .map(|new| Touch::Setting {
            name: new.name.clone(),
            value: new.value.clone(),
        })
        .collect();
    locks::guard(app, caller, &row.station, authority, &touches).await?;
    let (org, id, now) = (row.station.org, row.station.id, app.now());
    let by = caller
        .member()
        .map_or_else(|| "Busbar".to_owned(), |member| member.name.clone());
    let told = |value: fn(&Diff) -> &Option<String>| {
        let values = diffs.iter().map(|diff| {
            let shown = value(diff).as_deref();
            let shown = shown.map(|v| without_driver_data(&diff.name, v));
            let component = &diff.name.component;
            json!({"component": component, "variable": diff.name.variable, "value": shown})
        });
        let mut told = json!({"values": values.collect::<Vec<Value>>()});
        if let Some(may) = edit.reset_when_idle {
            told["reset_when_idle"] = json!(may);
        }
        told
    };
    let (before, after) = (told(|diff| &diff.wished), told(|diff| &diff.to));
    let action = "settings.edit";
    let deed = audit::row(app, caller, org, action, id, Some(&before), Some(&after));
    let fact = updated(app, &row.station);
    let had: Vec<Option<String>> = diffs.iter().map(|diff| diff.from.clone()).collect();
    let written = app.store().write(Lane::Station(id), move |work| {
        let (deed, fact, edit, by) = (deed.clone(), fact.clone(), edit.clone(), by.clone());
        let had = had.clone();
        Box::pin(async move {
            let found = work.configuration(id).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org, id));
            if edit.when.admits(one.revision).is_err() {
                return Ok(None);
            }
            let before = work.settings(id).await?;
            let mut changed = Vec::new();
            for (place, new) in edit.values.into_iter().enumerate() {
                let name = folded(&new.name);
                let was = before.iter().find(|s| folded(&s.wish.name) == name);
                let Some(value) = new.value else {
                    // The template's value, if it has one, comes back with the next comparison.
                    work.setting_delete(id, &new.name).await?;
                    one.sync_due = true;
                    continue;
                };
                let reaction = new.reaction.or(was.map(|was| was.wish.reaction));
                let wish = Wish {
                    name: was.map_or(new.name, |was| was.wish.name.clone()),
                    value,
                    reaction: reaction.unwrap_or(Reaction::Revert),
                };
                let (account, by) = (authority.account, by.clone());
                let mut new = Setting::new(wish, SettingOrigin::Hand, account, by, now);
                match was {
                    Some(was) => {
                        new = new.renewed(was);
                        new.settle();
                    }
                    None => new = new.seen(had.get(place).cloned().flatten()),
                }
                changed.push(new);
            }
            work.settings_put(org, id, &changed).await?;
            one.reset_when_idle = edit.reset_when_idle.unwrap_or(one.reset_when_idle);
            one.revision += 1;
            one.due_at = Some(now);
            work.configuration_put(&one).await?;
            work.event(&fact);
            work.audit(&deed);
            Ok(Some(one.revision))
        })
    });
    let revision = written.await?.ok_or_else(revision::stale)?;
    app.facts_committed();
    Ok(revision)
}

/// Has what is wished of a station written now, also what is only watched, was declined or was
/// stopped, with `stations.configure`. A station that is away is brought to it when it is back.
pub async fn apply(app: &App, caller: &Caller, station: StationId) -> Result<Configuration, Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, station).await?;
    in_use(&row)?;
    let (org, now) = (row.station.org, app.now());
    let deed = audit::row(app, caller, org, "settings.apply", station, None, None);
    let fact = updated(app, &row.station);
    let written = app.store().write(Lane::Station(station), move |work| {
        let (deed, fact) = (deed.clone(), fact.clone());
        Box::pin(async move {
            let found = work.configuration(station).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org, station));
            one.asked = true;
            one.sync_due = true;
            one.due_at = Some(now);
            work.configuration_put(&one).await?;
            work.event(&fact);
            work.audit(&deed);
            Ok(one)
        })
    });
    let one = written.await?;
    app.facts_committed();
    hurry(app, station);
    Ok(one)
}

/// Chooses the template of a station, or leaves the choice to the templates that fit, with
/// `stations.configure`.
pub async fn choose(
    app: &App,
    caller: &Caller,
    station: StationId,
    template: Option<TemplateId>,
    when: &Precondition,
) -> Result<Configuration, Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, station).await?;
    in_use(&row)?;
    let org = row.station.org;
    if let Some(template) = template {
        let found = app.store().read.template(org, template).await?;
        let detail = "There is no such template.";
        found.ok_or_else(|| Error::invalid("/template_id", "not_found", detail))?;
    }
    let chosen = template.map(|template| (template, commands::account(caller)));
    let after = json!({"template": template});
    let action = "settings.choose_template";
    let deed = audit::row(app, caller, org, action, station, None, Some(&after));
    let (fact, when, now) = (updated(app, &row.station), when.clone(), app.now());
    let written = app.store().write(Lane::Station(station), move |work| {
        let (deed, fact, when) = (deed.clone(), fact.clone(), when.clone());
        Box::pin(async move {
            let found = work.configuration(station).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org, station));
            if when.admits(one.revision).is_err() {
                return Ok(None);
            }
            one.chosen = chosen;
            one.sync_due = true;
            one.revision += 1;
            one.due_at = Some(now);
            work.configuration_put(&one).await?;
            work.event(&fact);
            work.audit(&deed);
            Ok(Some(one))
        })
    });
    let one = written.await?.ok_or_else(revision::stale)?;
    app.facts_committed();
    super::sync::sync(app, &row).await?;
    hurry(app, station);
    let after = configuration(app, &row.station).await?;
    Ok(if after.revision > one.revision {
        after
    } else {
        one
    })
}
