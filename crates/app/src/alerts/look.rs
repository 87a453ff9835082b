//! A look at the fleet: what the store tells, compared with the alerts there are. Only the holder of
//! the lease looks, or a test.

use chrono::TimeDelta;
use domain::alert::AlertKind;
use domain::alert::rule::{Rule, first_rules};
use domain::alert::watch::{self, Change as Changed, Given};
use domain::event::{Change, Event};
use domain::id::OrgId;
use futures_util::future::join_all;
use store::Lane;

use super::tell::Teller;
use crate::app::App;
use crate::error::Error;

/// How many changes wait for the same commit.
const AT_ONCE: usize = 256;

/// Whether a fact can be what an alert waits for.
pub(crate) fn is_news(event: &Event) -> bool {
    matches!(
        event.change,
        Change::StationConnected
            | Change::StationDisconnected
            | Change::StationStatusChanged { .. }
            | Change::StationEdited
            | Change::SiteEdited { .. }
            | Change::SessionEnded { .. }
            | Change::NoticeRecorded
    )
}

/// Looks, and keeps what comes of it; tells how many alerts changed.
pub(crate) async fn look(app: &App) -> Result<usize, Error> {
    begin(app).await?;
    let now = app.now();
    let read = &app.store().read;
    let rules = read.alert_rules_in_use().await?;
    let known = read.alerts_watched(now).await?;
    if rules.is_empty() && known.is_empty() {
        return Ok(0);
    }
    let of = |kind| rules.iter().filter(move |rule| rule.kind == kind);
    let flapping = of(AlertKind::Flapping).map(Rule::least).min();
    let quiet = of(AlertKind::Flapping).map(|rule| rule.minutes).max();
    let quiet = quiet.unwrap_or(AlertKind::Flapping.minutes());
    let skew = of(AlertKind::ClockSkew).map(Rule::least).min();
    let findings = read.findings(
        now,
        flapping.unwrap_or(i64::MAX),
        TimeDelta::minutes(i64::from(quiet)),
        skew.unwrap_or(i64::MAX / 1_000) * 1_000,
    );
    let findings = findings.await?;
    let maintenance = read.maintenance(None, now).await?;
    let given = Given {
        rules: &rules,
        maintenance: &maintenance,
        now,
    };
    let changes = watch::look(given, known, &findings, &mut || app.draw());
    keep(app, &rules, changes).await
}

/// Gives organisations that are new their first rules.
async fn begin(app: &App) -> Result<(), Error> {
    for org in app.store().read.organisations_without_rules().await? {
        let rules = first_rules(org, app.now(), || app.draw());
        let begun = app.store().write(Lane::Org(org), move |work| {
            let rules = rules.clone();
            Box::pin(async move { work.alert_rules_begin(org, &rules).await })
        });
        begun.await?;
    }
    Ok(())
}

/// Keeps what changed, and whom it is told in the same unit: neither is there without the other.
pub(super) async fn keep(app: &App, rules: &[Rule], changes: Vec<Changed>) -> Result<usize, Error> {
    let mut teller = Teller::new(app, rules);
    let mut kept = 0;
    let mut changes = changes.into_iter().peekable();
    while changes.peek().is_some() {
        let mut units = Vec::with_capacity(AT_ONCE);
        for change in changes.by_ref().take(AT_ONCE) {
            let org: OrgId = change.alert.org;
            let told = teller.of(&change).await?;
            let alert = change.alert.id;
            let news = match change.from {
                None => Change::AlertOpened { alert },
                Some(_) => Change::AlertUpdated { alert },
            };
            let fact = app.fact(org, change.alert.site, change.alert.station, news);
            units.push(app.store().write(Lane::Org(org), move |work| {
                let (change, told, fact) = (change.clone(), told.clone(), fact.clone());
                Box::pin(async move {
                    let done = match change.from {
                        None => {
                            work.alert_insert(&change.alert).await?;
                            true
                        }
                        Some(from) => work.alert_update(&change.alert, from).await?,
                    };
                    if done {
                        told.keep(work).await?;
                        work.event(&fact);
                    }
                    Ok(done)
                })
            }));
        }
        for done in join_all(units).await {
            match done {
                Ok(true) => kept += 1,
                // A person or another node was faster; the next look sees what is there.
                Ok(false) | Err(store::Error::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    if kept > 0 {
        app.facts_committed();
    }
    Ok(kept)
}
