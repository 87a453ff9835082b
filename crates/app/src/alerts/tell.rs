//! Telling people of an alert: in the console, by mail, and through webhooks. Only those who may see
//! it are told, and what leaves the house holds ids and words, never a name.

use std::collections::HashMap;

use domain::alert::rule::{Audience, Rule};
use domain::alert::watch::Change;
use domain::alert::{Alert, AlertKind};
use domain::id::{DeliveryId, NotificationId, OrgId, SiteId, UserId, WebhookId};
use domain::mail::{Language, MailKind};
use domain::notification::{Matter, Notification};
use domain::page::PageRequest;
use domain::role::{Caller, Permission, Reach, RoleSet};
use domain::webhook::{Delivery, DeliveryState};
use serde_json::json;
use store::{MailRow, MemberFilter, Work};

use crate::app::App;
use crate::error::Error;
use crate::mail::{self, Letter};
use crate::standing;

/// Where German is written.
const GERMAN: &[&str] = &["AT", "CH", "DE", "LI"];

/// Where somebody sees alerts: everywhere, or at some sites.
#[derive(Debug, Clone)]
struct Sight {
    all: Vec<Reach>,
    sessions: Vec<Reach>,
}

impl Sight {
    async fn of(app: &App, org: OrgId, user: UserId) -> Result<Option<Self>, Error> {
        let Some(member) = standing::member(app, user, org, None).await? else {
            return Ok(None);
        };
        let caller = Caller::User(member);
        let reach = |permission| app.gate().reach(&caller, permission).ok();
        let view = reach(Permission::AlertsView);
        let stations = reach(Permission::StationsAlertsManage);
        let sessions = reach(Permission::SessionsAlertsManage);
        Ok(Some(Self {
            all: view.iter().cloned().chain(stations).collect(),
            sessions: view.into_iter().chain(sessions).collect(),
        }))
    }

    fn takes_in(&self, kind: AlertKind, site: Option<SiteId>) -> bool {
        let ways = match kind.is_about_sessions() {
            true => &self.sessions,
            false => &self.all,
        };
        ways.iter().any(|reach| match reach {
            Reach::Everywhere => true,
            Reach::Sites(sites) => site.is_some_and(|site| sites.contains(&site)),
            Reach::Nowhere => false,
        })
    }
}

/// Whether somebody may see an alert.
pub(super) async fn sees(
    app: &App,
    org: OrgId,
    user: UserId,
    alert: &Alert,
) -> Result<bool, Error> {
    let sight = Sight::of(app, org, user).await?;
    Ok(sight.is_some_and(|sight| sight.takes_in(alert.kind, alert.site)))
}

/// A member who may be told.
#[derive(Debug, Clone)]
struct Person {
    user: UserId,
    roles: RoleSet,
    email: String,
    name: String,
    sight: Sight,
}

/// What goes out about one change.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    notifications: Vec<Notification>,
    mails: Vec<MailRow>,
    deliveries: Vec<Delivery>,
}

impl Told {
    /// Keeps it all in a unit of work.
    pub async fn keep(self, work: &mut Work) -> Result<(), store::Error> {
        for notification in &self.notifications {
            work.notify(notification).await?;
        }
        for mail in &self.mails {
            work.mail_insert(mail).await?;
        }
        for delivery in &self.deliveries {
            work.delivery_insert(delivery).await?;
        }
        Ok(())
    }
}

/// Tells of the changes of one look; asks for the members of an organisation once.
pub(super) struct Teller<'a> {
    app: &'a App,
    rules: &'a [Rule],
    people: HashMap<OrgId, (Language, Vec<Person>)>,
}

impl<'a> Teller<'a> {
    pub fn new(app: &'a App, rules: &'a [Rule]) -> Self {
        Self {
            app,
            rules,
            people: HashMap::new(),
        }
    }

    /// What goes out about a change.
    pub async fn of(&mut self, change: &Change) -> Result<Told, Error> {
        let mut told = Told::default();
        if change.tell.is_empty() {
            return Ok(told);
        }
        let alert = &change.alert;
        let rules: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| change.tell.contains(&rule.id))
            .collect();
        let matter = Matter::Alert {
            alert: alert.id,
            condition: alert.kind,
        };
        let in_app = rules.iter().map(|rule| &rule.channels.in_app).collect();
        for person in self.audience(alert, in_app).await? {
            told.notifications.push(Notification {
                id: NotificationId::from_uuid(self.app.draw()),
                user: person.user,
                org: alert.org,
                station: alert.station,
                site: alert.site.filter(|_| alert.station.is_none()),
                matter: matter.clone(),
                sealed: None,
                at: self.app.now(),
                acknowledged_at: None,
            });
        }
        let by_mail = rules.iter().map(|rule| &rule.channels.mail).collect();
        let readers = self.audience(alert, by_mail).await?;
        if !readers.is_empty() {
            told.mails = self.letters(alert, &readers).await?;
        }
        let mut hooks: Vec<WebhookId> = rules
            .iter()
            .flat_map(|rule| rule.channels.webhooks.iter().copied())
            .collect();
        hooks.sort_unstable();
        hooks.dedup();
        for webhook in hooks {
            told.deliveries.push(self.delivery(alert, webhook));
        }
        Ok(told)
    }

    /// Those of some audiences who may see an alert, each once.
    async fn audience(
        &mut self,
        alert: &Alert,
        audiences: Vec<&Audience>,
    ) -> Result<Vec<Person>, Error> {
        if audiences.iter().all(|audience| audience.is_empty()) {
            return Ok(Vec::new());
        }
        let (_, people) = self.people(alert.org).await?;
        let meant = people.iter().filter(|person| {
            let mut all = audiences.iter();
            let named = all.any(|audience| audience.holds(person.user, person.roles));
            named && person.sight.takes_in(alert.kind, alert.site)
        });
        Ok(meant.cloned().collect())
    }

    async fn people(&mut self, org: OrgId) -> Result<&(Language, Vec<Person>), Error> {
        if !self.people.contains_key(&org) {
            let read = &self.app.store().read;
            let row = read.organisation_row(org).await?;
            // Accounts have no language of their own; an organisation has a country.
            let country = row.and_then(|row| row.organisation.profile.country);
            let german = country.is_some_and(|c| GERMAN.contains(&c.as_str()));
            let language = if german { Language::De } else { Language::En };
            let mut found = Vec::new();
            let mut page = PageRequest {
                limit: 200,
                cursor: None,
            };
            loop {
                let members = read.members(org, &MemberFilter::default(), &page).await?;
                for member in members.rows {
                    let user = member.membership.user;
                    if let Some(sight) = Sight::of(self.app, org, user).await? {
                        found.push(Person {
                            user,
                            roles: member.membership.roles,
                            email: member.email,
                            name: member.name,
                            sight,
                        });
                    }
                }
                match members.next {
                    Some(next) => page.cursor = Some(next),
                    None => break,
                }
            }
            self.people.insert(org, (language, found));
        }
        self.people
            .get(&org)
            .ok_or_else(|| Error::internal("the members of an organisation are lost"))
    }

    async fn letters(&mut self, alert: &Alert, readers: &[Person]) -> Result<Vec<MailRow>, Error> {
        let read = &self.app.store().read;
        let station = match alert.station {
            Some(station) => read.station(alert.org, station).await?,
            None => None,
        };
        let site = match (alert.station, alert.site) {
            (None, Some(site)) => read.site(alert.org, site).await?,
            _ => None,
        };
        let about = station
            .map(|row| row.station.identity.to_string())
            .or(site.map(|site| site.name))
            .unwrap_or_default();
        let (app, (language, _)) = (self.app, self.people(alert.org).await?);
        let link = format!("/alerts?alert={}", alert.id);
        let letters = readers.iter().map(|person| {
            let letter = Letter {
                to: &person.email,
                kind: MailKind::Alert,
                language: *language,
                name: Some(&person.name),
                organisation: None,
                inviter: None,
                link: &link,
                until: None,
                about: Some((alert.kind, &about)),
            };
            mail::queue(app, alert.org, &letter)
        });
        letters.collect()
    }

    fn delivery(&self, alert: &Alert, webhook: WebhookId) -> Delivery {
        let now = self.app.now();
        Delivery {
            id: DeliveryId::from_uuid(self.app.draw()),
            org: alert.org,
            webhook,
            event: OPENED.to_owned(),
            body: body(OPENED, now, alert),
            state: DeliveryState::Queued,
            attempts: 0,
            created_at: now,
            next_at: now,
            status: None,
            error: None,
        }
    }
}

/// The event that webhooks hear.
const OPENED: &str = "alert.opened";

/// A message about an alert: ids and words.
fn body(event: &str, now: domain::clock::Moment, alert: &Alert) -> String {
    let data = json!({
        "alert_id": alert.id,
        "organisation_id": alert.org,
        "site_id": alert.site,
        "station_id": alert.station,
        "object": alert.object.to_string(),
        "kind": alert.kind,
        "of_kind": alert.of,
        "severity": alert.severity(),
        "state": alert.state,
        "count": alert.count,
        "first_at": alert.first_at,
        "opened_at": alert.opened_at,
        "members": alert.members,
    });
    json!({"type": event, "timestamp": now, "data": data}).to_string()
}
