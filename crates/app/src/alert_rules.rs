//! Rules by which alerts count and people are told. Seen with `alerts.view`, changed with
//! `stations.alerts.manage` in the whole organisation; who lets one tell a webhook needs
//! `webhooks.manage` beside.

use chrono::TimeDelta;
use domain::alert::AlertKind;
use domain::alert::preview::{outages, storms};
use domain::alert::rule::{Audience, Channels, DAY_MINUTES, Hours, Rule, RuleScope};
use domain::alert::watch::Sign;
use domain::id::{AlertRuleId, OrgId, WebhookId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission, Role};
use domain::site::is_time_zone;
use serde_json::{Value, json};
use store::Lane;

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::revision::{self, Precondition};
use crate::{audit, gate};

/// The longest patience of a rule, in minutes: a week.
const MOST_MINUTES: u32 = 7 * 24 * 60;
/// The most places, people or webhooks that a rule names.
const MOST_NAMED: usize = 500;
/// The most rules of an organisation.
const MOST_RULES: usize = 200;
/// For how many days a rule is looked back at.
const BACK_DAYS: i64 = 7;

/// What is said of a rule: on creation the condition is needed, and stays; on a change what is not
/// said stays, and an inner none clears.
#[derive(Debug, Clone, Default)]
pub struct RuleEdit {
    /// For people; empty for the name of the condition.
    pub name: Option<String>,
    /// Which condition.
    pub kind: Option<AlertKind>,
    /// How long it lasts before it counts.
    pub minutes: Option<u32>,
    /// How much of it counts.
    pub threshold: Option<Option<i64>>,
    /// Where.
    pub scope: Option<RuleScope>,
    /// When.
    pub hours: Option<Option<Hours>>,
    /// Who is told in the console.
    pub in_app: Option<Audience>,
    /// Who is told by mail.
    pub mail: Option<Audience>,
    /// Which webhooks are told.
    pub webhooks: Option<Vec<WebhookId>>,
    /// Whether it is in use.
    pub enabled: Option<bool>,
    /// On what the change depends.
    pub when: Precondition,
}

impl RuleEdit {
    fn apply(self, rule: &mut Rule) {
        let Self {
            name,
            kind: _,
            minutes,
            threshold,
            scope,
            hours,
            in_app,
            mail,
            webhooks,
            enabled,
            when: _,
        } = self;
        if let Some(name) = name {
            rule.name = name.trim().to_owned();
        }
        rule.minutes = minutes.unwrap_or(rule.minutes);
        rule.threshold = threshold.unwrap_or(rule.threshold);
        if let Some(scope) = scope {
            rule.scope = scope;
        }
        rule.hours = hours.unwrap_or_else(|| rule.hours.take());
        if let Some(in_app) = in_app {
            rule.channels.in_app = in_app;
        }
        if let Some(mail) = mail {
            rule.channels.mail = mail;
        }
        if let Some(webhooks) = webhooks {
            rule.channels.webhooks = webhooks;
        }
        rule.enabled = enabled.unwrap_or(rule.enabled);
    }
}

fn told(rule: &Rule) -> Value {
    let audience = |audience: &Audience| {
        let roles: Vec<&str> = Role::ALL
            .iter()
            .filter(|role| audience.roles.contains(**role))
            .map(|role| role.key())
            .collect();
        json!({"roles": roles, "users": audience.users})
    };
    json!({
        "condition": rule.kind.word(),
        "minutes": rule.minutes,
        "threshold": rule.threshold,
        "scope": rule.scope,
        "hours": rule.hours,
        "in_app": audience(&rule.channels.in_app),
        "mail": audience(&rule.channels.mail),
        "webhooks": rule.channels.webhooks,
        "enabled": rule.enabled,
    })
}

/// Whether a rule can be kept as it is to be.
async fn review(app: &App, rule: &Rule, before: Option<&Rule>) -> Result<(), Error> {
    let mut review = Review::default();
    review.text("/name", Some(&rule.name), LONGEST_NAME);
    let long = rule.minutes > MOST_MINUTES;
    let detail = format!("At most {MOST_MINUTES} minutes, a week.");
    review.refuse(long, "/minutes", "out_of_range", detail);
    let odd = rule.threshold.is_some() && rule.kind.threshold().is_none();
    let detail = "This condition has no threshold.";
    review.refuse(odd, "/threshold", "invalid", detail);
    let odd = rule.threshold.is_some_and(|t| !(1..=86_400).contains(&t));
    review.refuse(odd, "/threshold", "out_of_range", "1 to 86400.");
    hours(&mut review, rule.hours.as_ref());
    let channels = &rule.channels;
    let named = [
        ("/scope/sites", rule.scope.sites.len()),
        ("/scope/stations", rule.scope.stations.len()),
        ("/in_app/users", channels.in_app.users.len()),
        ("/mail/users", channels.mail.users.len()),
        ("/webhooks", channels.webhooks.len()),
    ];
    for (pointer, count) in named {
        let detail = format!("At most {MOST_NAMED}.");
        review.refuse(count > MOST_NAMED, pointer, "too_many", detail);
    }
    review.passed()?;
    there(app, rule, before).await
}

fn hours(review: &mut Review, hours: Option<&Hours>) {
    let Some(hours) = hours else { return };
    let mut days = hours.days.clone();
    days.sort_unstable();
    days.dedup();
    let odd = days.is_empty()
        || days.len() != hours.days.len()
        || days.iter().any(|day| !(1..=7).contains(day));
    let detail = "Days from 1 (Monday) to 7, each once.";
    review.refuse(odd, "/hours/days", "invalid", detail);
    let odd = hours.from_minute >= DAY_MINUTES || hours.to_minute > DAY_MINUTES;
    let detail = "Minutes of the day, from 0 to 1440.";
    review.refuse(odd, "/hours", "out_of_range", detail);
    let detail = "The name of an IANA time zone, such as Europe/Vienna.";
    let odd = !is_time_zone(&hours.time_zone);
    review.refuse(odd, "/hours/time_zone", "invalid", detail);
}

/// Refuses a rule that names what is not there. What it named before may have gone meanwhile.
async fn there(app: &App, rule: &Rule, before: Option<&Rule>) -> Result<(), Error> {
    let read = &app.store().read;
    let gone = |pointer: &str| Error::invalid(pointer, "not_found", "There is no such thing here.");
    for site in &rule.scope.sites {
        let known = before.is_some_and(|rule| rule.scope.sites.contains(site));
        if !known && read.site(rule.org, *site).await?.is_none() {
            return Err(gone("/scope/sites"));
        }
    }
    for station in &rule.scope.stations {
        let known = before.is_some_and(|rule| rule.scope.stations.contains(station));
        if !known && read.station(rule.org, *station).await?.is_none() {
            return Err(gone("/scope/stations"));
        }
    }
    let audience = |of: fn(&Channels) -> &Audience| {
        let was = before.map(|rule| of(&rule.channels).users.clone());
        let users = of(&rule.channels).users.clone().into_iter();
        users
            .filter(move |user| !was.as_ref().is_some_and(|was| was.contains(user)))
            .collect::<Vec<_>>()
    };
    for (pointer, users) in [
        ("/in_app/users", audience(|channels| &channels.in_app)),
        ("/mail/users", audience(|channels| &channels.mail)),
    ] {
        for user in users {
            let member = read.member(rule.org, user).await?;
            if !member.is_some_and(|member| member.membership.counts()) {
                return Err(gone(pointer));
            }
        }
    }
    for webhook in &rule.channels.webhooks {
        let known = before.is_some_and(|rule| rule.channels.webhooks.contains(webhook));
        if !known && read.webhook(rule.org, *webhook).await?.is_none() {
            return Err(gone("/webhooks"));
        }
    }
    Ok(())
}

/// Who lets a rule tell others than before needs the right to manage webhooks.
async fn permit_webhooks(app: &App, caller: &Caller, edit: &RuleEdit) -> Result<(), Error> {
    if edit
        .webhooks
        .as_ref()
        .is_some_and(|hooks| !hooks.is_empty())
    {
        gate::permit_whole(app, caller, Permission::WebhooksManage).await?;
    }
    Ok(())
}

/// The rules of the organisation, the oldest first, with `alerts.view`.
pub async fn list(
    app: &App,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<(Rule, i64)>, Error> {
    let pass = gate::permit(app, caller, Permission::AlertsView).await?;
    Ok(app.store().read.alert_rules(pass.org, page).await?)
}

async fn row(app: &App, org: OrgId, id: AlertRuleId) -> Result<(Rule, i64), Error> {
    let found = app.store().read.alert_rule(org, id).await?;
    found.ok_or(Error::NotFound)
}

/// A rule, with `alerts.view`.
pub async fn find(app: &App, caller: &Caller, id: AlertRuleId) -> Result<(Rule, i64), Error> {
    let pass = gate::permit(app, caller, Permission::AlertsView).await?;
    row(app, pass.org, id).await
}

/// Makes a rule, with `stations.alerts.manage` in the whole organisation.
pub async fn create(app: &App, caller: &Caller, new: RuleEdit) -> Result<(Rule, i64), Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsAlertsManage).await?;
    permit_webhooks(app, caller, &new).await?;
    let kind = new
        .kind
        .ok_or_else(|| Error::invalid("/kind", "required", "Which condition the rule is about."))?;
    let org = pass.org;
    let whole = PageRequest {
        limit: 200,
        cursor: None,
    };
    if app.store().read.alert_rules(org, &whole).await?.rows.len() >= MOST_RULES {
        let detail = format!("An organisation has at most {MOST_RULES} rules.");
        return Err(Error::conflict("too_many", detail));
    }
    let mut rule = Rule {
        id: AlertRuleId::from_uuid(app.draw()),
        org,
        name: String::new(),
        kind,
        minutes: kind.minutes(),
        threshold: kind.threshold(),
        scope: RuleScope::default(),
        hours: None,
        channels: Channels::default(),
        enabled: true,
        created_at: app.now(),
    };
    new.apply(&mut rule);
    review(app, &rule, None).await?;
    let (id, after, action) = (rule.id, told(&rule), "alert_rules.create");
    let deed = audit::row(app, caller, org, action, id, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (rule, deed) = (rule.clone(), deed.clone());
        Box::pin(async move {
            work.alert_rule_insert(&rule).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    row(app, org, id).await
}

/// Changes a rule, with `stations.alerts.manage` in the whole organisation.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: AlertRuleId,
    edit: RuleEdit,
) -> Result<(Rule, i64), Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsAlertsManage).await?;
    let org = pass.org;
    let (before, from) = row(app, org, id).await?;
    edit.when.admits(from)?;
    if edit.webhooks.as_ref() != Some(&before.channels.webhooks) {
        permit_webhooks(app, caller, &edit).await?;
    }
    if edit.kind.is_some_and(|kind| kind != before.kind) {
        let detail = "A rule stays about its condition; make another one.";
        return Err(Error::invalid("/kind", "invalid", detail));
    }
    let mut rule = before.clone();
    edit.apply(&mut rule);
    review(app, &rule, Some(&before)).await?;
    let (was, is, action) = (told(&before), told(&rule), "alert_rules.edit");
    let deed = audit::row(app, caller, org, action, id, Some(&was), Some(&is));
    let done = app.store().write(Lane::Org(org), move |work| {
        let (rule, deed) = (rule.clone(), deed.clone());
        Box::pin(async move {
            let done = work.alert_rule_update(&rule, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => row(app, org, id).await,
        false => Err(revision::stale()),
    }
}

/// Removes a rule, with `stations.alerts.manage` in the whole organisation. Alerts that only it was
/// about are over.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: AlertRuleId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsAlertsManage).await?;
    let org = pass.org;
    let (rule, from) = row(app, org, id).await?;
    when.admits(from)?;
    let (before, action) = (told(&rule), "alert_rules.remove");
    let deed = audit::row(app, caller, org, action, id, Some(&before), None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.alert_rule_delete(id, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => Ok(()),
        false => Err(revision::stale()),
    }
}

/// How often a rule would have fired lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    /// How often; none for a condition of whose past too little is stored.
    pub times: Option<u64>,
    /// For how many days was looked back.
    pub days: i64,
}

/// How often a rule would have fired within the last week, with `alerts.view`.
pub async fn preview(app: &App, caller: &Caller, id: AlertRuleId) -> Result<Preview, Error> {
    let (rule, _) = find(app, caller, id).await?;
    let now = app.now();
    let since = now - TimeDelta::days(BACK_DAYS);
    // Switched off or not: it is asked how it would be.
    let rule = Rule {
        enabled: true,
        ..rule
    };
    let read = &app.store().read;
    let times = match rule.kind {
        AlertKind::Offline | AlertKind::Flapping => {
            let connections = read.connections_since(rule.org, since).await?;
            Some(match rule.kind {
                AlertKind::Offline => outages(&rule, &connections, since, now),
                _ => storms(&rule, &connections, since, now),
            })
        }
        AlertKind::FirmwareFailed | AlertKind::Tamper => {
            let told = read.told_since(Some(rule.org), since).await?;
            let fired = told.iter().filter(|finding| {
                let Sign::Happened { at } = finding.sign else {
                    return false;
                };
                let about = finding.kind == rule.kind;
                about && rule.is_about(rule.kind, &finding.place) && rule.looks_at(at)
            });
            Some(u64::try_from(fired.count()).unwrap_or(u64::MAX))
        }
        _ => None,
    };
    Ok(Preview {
        times,
        days: BACK_DAYS,
    })
}
