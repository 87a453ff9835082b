//! Templates become wishes: which one counts for a station, and what that changes.

use domain::setting::{Setting, SettingOrigin, Template, folded};
use store::{Lane, StationRow};

use super::{Configuration, updated};
use crate::app::App;
use crate::error::Error;

/// What a template makes of the wishes for a station: those to keep, and those to forget. A wish by
/// hand goes before a template.
pub(super) fn merged(
    template: Option<&Template>,
    account: Option<domain::id::UserId>,
    before: &[Setting],
    now: domain::clock::Moment,
) -> (Vec<Setting>, Vec<Setting>) {
    let values = template.map_or(&[][..], |one| &one.body.values);
    let found = |name: &domain::command::VariableName| {
        let name = folded(name);
        before.iter().find(|s| folded(&s.wish.name) == name)
    };
    let mut changed = Vec::new();
    for (template, wish) in template
        .iter()
        .flat_map(|t| values.iter().map(move |v| (t, v)))
    {
        let was = found(&wish.name);
        if was.is_some_and(|was| was.origin == SettingOrigin::Hand) {
            continue;
        }
        let origin = SettingOrigin::Template(template.id);
        let by = template.edited_by.clone();
        let new = Setting::new(wish.clone(), origin, account, by, now);
        match was {
            None => changed.push(new),
            Some(was) => {
                let same = was.wish == new.wish && was.origin == origin && was.account == account;
                if !same {
                    changed.push(new.renewed(was));
                }
            }
        }
    }
    let wished = |name: &domain::command::VariableName| {
        let name = folded(name);
        values.iter().any(|v| folded(&v.name) == name)
    };
    let gone = before
        .iter()
        .filter(|s| matches!(s.origin, SettingOrigin::Template(_)) && !wished(&s.wish.name));
    (changed, gone.cloned().collect())
}

/// Compares the wishes for a station with the templates.
pub(super) async fn sync(app: &App, row: &StationRow) -> Result<(), Error> {
    let (org, id, now) = (row.station.org, row.station.id, app.now());
    let hardware = row.station.hardware.clone();
    let fact = updated(app, &row.station);
    let written = app.store().write(Lane::Station(id), move |work| {
        let (hardware, fact) = (hardware.clone(), fact.clone());
        Box::pin(async move {
            let found = work.configuration(id).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org, id));
            let all = work.templates(org).await?;
            let chosen = one.chosen.map(|(id, _)| id);
            let template = Template::of(&all, chosen, &hardware);
            let by_hand = template.is_some_and(|t| chosen == Some(t.id));
            let account = one.chosen.and_then(|(_, by)| by).filter(|_| by_hand);
            let before = work.settings(id).await?;
            let (changed, gone) = merged(template, account, &before, now);
            work.settings_put(org, id, &changed).await?;
            for setting in &gone {
                work.setting_delete(id, &setting.wish.name).await?;
            }
            let now_of = template.map(|t| (t.id, t.version));
            let news = one.template != now_of || !changed.is_empty() || !gone.is_empty();
            one.template = now_of;
            one.sync_due = false;
            if news {
                one.revision += 1;
                one.due_at = Some(now);
                work.event(&fact);
            }
            work.configuration_put(&one).await
        })
    });
    written.await?;
    app.facts_committed();
    Ok(())
}
