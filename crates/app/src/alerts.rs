//! Alerts, for people: the list, and what they do with one. What opens and ends them is
//! [`crate::jobs`]'s to start; what others in this program raise comes in by [`raise`].

mod look;
mod tell;

use chrono::TimeDelta;
use domain::alert::rule::Place;
use domain::alert::watch::{self, Finding, Given, Sign};
use domain::alert::{Act, Alert, AlertKind, AlertState, Object, Severity};
use domain::event::Change;
use domain::id::{AlertId, OrgId, SiteId, StationId, UserId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use serde_json::{Value, json};
use store::{AlertFilter, Lane};

pub use store::{AlertRow, AlertSort, Sort};

use crate::app::App;
use crate::error::Error;
use crate::gate::{self, Pass};
use crate::{audit, revision};

pub(crate) use look::{is_news, look};

/// The longest that anybody wants not to hear of something.
const LONGEST_SNOOZE_DAYS: i64 = 30;
/// The most alerts that are acknowledged at a time.
pub const MOST_AT_ONCE: usize = 200;

/// Which alerts are wanted.
#[derive(Debug, Clone)]
pub struct AlertQuery {
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only of this station.
    pub station: Option<StationId>,
    /// Only in these states.
    pub states: Vec<AlertState>,
    /// Only so bad.
    pub severities: Vec<Severity>,
    /// Only these conditions.
    pub kinds: Vec<AlertKind>,
    /// Only those somebody sees to; an inner none: nobody.
    pub owner: Option<Option<UserId>>,
    /// In which order.
    pub sort: Sort<AlertSort>,
}

impl Default for AlertQuery {
    fn default() -> Self {
        Self {
            site: None,
            station: None,
            states: Vec::new(),
            severities: Vec::new(),
            kinds: Vec::new(),
            owner: None,
            sort: Sort::down(AlertSort::Opened),
        }
    }
}

fn filter(pass: &Pass, query: &AlertQuery) -> AlertFilter {
    AlertFilter {
        sites: pass.narrowed(query.site),
        station: query.station,
        states: query.states.clone(),
        severities: query.severities.clone(),
        kinds: query.kinds.clone(),
        owner: query.owner,
        sort: query.sort,
    }
}

/// Alerts within reach, sorted, with `alerts.view`.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: &AlertQuery,
    page: &PageRequest,
) -> Result<Page<AlertRow>, Error> {
    let pass = gate::permit(app, caller, Permission::AlertsView).await?;
    let filter = filter(&pass, query);
    Ok(app.store().read.alerts(pass.org, &filter, page).await?)
}

/// The alerts of a station, its site's among them where it is in them, with
/// `stations.alerts.manage`.
pub async fn of_station(
    app: &App,
    caller: &Caller,
    id: StationId,
    query: &AlertQuery,
    page: &PageRequest,
) -> Result<Page<AlertRow>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsAlertsManage).await?;
    pass.station(app, id).await?;
    let filter = AlertFilter {
        station: Some(id),
        ..filter(&pass, query)
    };
    Ok(app.store().read.alerts(pass.org, &filter, page).await?)
}

/// How many alerts within reach nobody has said anything of; none for those who may not see alerts.
pub async fn unseen(app: &App, caller: &Caller) -> Result<Option<u64>, Error> {
    let Ok(pass) = gate::permit(app, caller, Permission::AlertsView).await else {
        return Ok(None);
    };
    let open = AlertQuery {
        states: vec![AlertState::Open],
        ..AlertQuery::default()
    };
    let filter = filter(&pass, &open);
    Ok(Some(
        app.store().read.alerts_count(pass.org, &filter).await?,
    ))
}

/// What somebody needs to do something with an alert.
const fn needed(kind: AlertKind) -> Permission {
    if kind.is_about_sessions() {
        Permission::SessionsAlertsManage
    } else {
        Permission::StationsAlertsManage
    }
}

/// An alert that the caller may handle, with the organisation in which they may.
async fn handled(app: &App, caller: &Caller, id: AlertId) -> Result<(OrgId, AlertRow), Error> {
    let stations = gate::permit(app, caller, Permission::StationsAlertsManage).await;
    let org = match stations {
        Ok(pass) => pass.org,
        Err(denied) => match gate::permit(app, caller, Permission::SessionsAlertsManage).await {
            Ok(pass) => pass.org,
            Err(_) => return Err(denied),
        },
    };
    let row = app.store().read.alert(org, id).await?;
    let row = row.ok_or(Error::NotFound)?;
    let pass = gate::permit(app, caller, needed(row.alert.kind)).await?;
    pass.reach(row.alert.site)?;
    Ok((pass.org, row))
}

/// An alert within reach, for those who may see all or handle this one.
pub async fn find(app: &App, caller: &Caller, id: AlertId) -> Result<AlertRow, Error> {
    match gate::permit(app, caller, Permission::AlertsView).await {
        Ok(pass) => {
            let row = app.store().read.alert(pass.org, id).await?;
            let row = row.ok_or(Error::NotFound)?;
            pass.reach(row.alert.site)?;
            Ok(row)
        }
        Err(_) => Ok(handled(app, caller, id).await?.1),
    }
}

/// Does something with an alert, with `stations.alerts.manage`, or `sessions.alerts.manage` for those
/// about sessions.
pub async fn act(app: &App, caller: &Caller, id: AlertId, act: Act) -> Result<AlertRow, Error> {
    let (org, row) = handled(app, caller, id).await?;
    check(app, org, &row.alert, act).await?;
    for _ in 0..revision::TRIES {
        if acted(app, caller, org, id, act).await? {
            return app
                .store()
                .read
                .alert(org, id)
                .await?
                .ok_or(Error::NotFound);
        }
    }
    Err(revision::too_busy())
}

/// What one person may ask for.
async fn check(app: &App, org: OrgId, alert: &Alert, act: Act) -> Result<(), Error> {
    match act {
        Act::Snooze { until } => {
            let now = app.now();
            let latest = now + TimeDelta::days(LONGEST_SNOOZE_DAYS);
            if until <= now || until > latest {
                let detail = format!("Within {LONGEST_SNOOZE_DAYS} days from now.");
                return Err(Error::invalid("/until", "invalid", detail));
            }
        }
        Act::Assign { owner: Some(owner) } => {
            let member = app.store().read.member(org, owner).await?;
            let sees = match member.filter(|m| m.membership.counts()) {
                Some(_) => tell::sees(app, org, owner, alert).await?,
                None => false,
            };
            if !sees {
                let detail = "A member who can see this alert.";
                return Err(Error::invalid("/owner_id", "invalid", detail));
            }
        }
        _ => {}
    }
    Ok(())
}

fn told(alert: &Alert) -> Value {
    json!({
        "condition": alert.kind.word(),
        "object": alert.object.to_string(),
        "state": alert.state,
        "snoozed_until": alert.snoozed_until,
        "owner": alert.owner,
    })
}

/// One try; false when the alert changed meanwhile.
async fn acted(
    app: &App,
    caller: &Caller,
    org: OrgId,
    id: AlertId,
    act: Act,
) -> Result<bool, Error> {
    let row = app.store().read.alert(org, id).await?;
    let before = row.ok_or(Error::NotFound)?.alert;
    let mut alert = before.clone();
    let changed = alert.act(act, app.now()).map_err(|_| {
        Error::conflict(
            "alert_resolved",
            "The alert is resolved; nothing is left to do.",
        )
    })?;
    if !changed {
        return Ok(true);
    }
    alert.revision = before.revision + 1;
    let (was, is) = (told(&before), told(&alert));
    let deed = audit::row(app, caller, org, act.word(), id, Some(&was), Some(&is));
    let change = Change::AlertUpdated { alert: id };
    let fact = app.fact(org, alert.site, alert.station, change);
    let from = before.revision;
    let done = app.store().write(Lane::Org(org), move |work| {
        let (alert, deed, fact) = (alert.clone(), deed.clone(), fact.clone());
        Box::pin(async move {
            let done = work.alert_update(&alert, from).await?;
            if done {
                work.audit(&deed);
                work.event(&fact);
            }
            Ok(done)
        })
    });
    let done = done.await?;
    if done {
        app.facts_committed();
    }
    Ok(done)
}

/// What came of acknowledging one of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Which.
    pub id: AlertId,
    /// Why not; none when it is.
    pub refused: Option<&'static str>,
}

/// Acknowledges many, each for itself: those out of reach are as if they were not there.
pub async fn acknowledge_all(
    app: &App,
    caller: &Caller,
    ids: &[AlertId],
) -> Result<Vec<Acknowledged>, Error> {
    gate::permit(app, caller, Permission::StationsAlertsManage).await?;
    if ids.is_empty() || ids.len() > MOST_AT_ONCE {
        let detail = format!("1 to {MOST_AT_ONCE} alerts.");
        return Err(Error::invalid("/ids", "invalid", detail));
    }
    let mut done = Vec::with_capacity(ids.len());
    for id in ids {
        let refused = match act(app, caller, *id, Act::Acknowledge).await {
            Ok(_) => None,
            Err(Error::NotFound) => Some("not_found"),
            Err(Error::Denied { why, .. }) => Some(why),
            Err(Error::Conflict { code, .. }) => Some(code),
            Err(other) => return Err(other),
        };
        done.push(Acknowledged { id: *id, refused });
    }
    Ok(done)
}

/// Something that others in this program found out: load management that could not keep a limit, a
/// certificate that ends. Counts as one more time when an alert about the same is open.
///
/// # Errors
/// None of its own: what no rule is about is not kept.
pub async fn raise(app: &App, place: Place, kind: AlertKind, object: Object) -> Result<(), Error> {
    let now = app.now();
    let read = &app.store().read;
    let rules = read.alert_rules_in_use().await?;
    let maintenance = read.maintenance(Some(place.org), now).await?;
    let known = read.alert_about(place.org, kind, object).await?;
    let finding = Finding {
        place,
        object,
        kind,
        of: None,
        sign: Sign::Happened { at: now },
    };
    let given = Given {
        rules: &rules,
        maintenance: &maintenance,
        now,
    };
    let known = known.into_iter().collect();
    let changes = watch::look(given, known, &[finding], &mut || app.draw());
    look::keep(app, &rules, changes).await?;
    Ok(())
}
