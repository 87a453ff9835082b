//! The watch: what the store tells of the fleet at one moment, compared with the alerts there are.
//!
//! It looks at the whole each time and keeps nothing in memory, so that whoever looks next, another
//! node or the next process, comes to the same: nothing is raised twice and nothing is forgotten. A
//! state that lasts ends its alert when it is not found any more; what happens (a failed update) is
//! counted once, by its time.

mod whole_site;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use uuid::Uuid;

use super::rule::{Maintenance, Place, Rule};
use super::{Alert, AlertKind, AlertState, Ending, Key, Object};
use crate::clock::Moment;
use crate::id::{AlertId, AlertRuleId, OrgId};

/// A condition that comes more often than this within an hour is flapping, where no rule says it.
const RETURNS: i64 = 3;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A state that lasts.
    Holds {
        /// Since when.
        since: Moment,
        /// How much of it, where the kind has a threshold.
        measure: i64,
    },
    /// Something that happened.
    Happened {
        /// When.
        at: Moment,
    },
    /// What happened is settled by something that happened since.
    Over {
        /// When.
        at: Moment,
    },
}

/// A condition that the store tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// About what.
    pub object: Object,
    /// Which condition.
    pub kind: AlertKind,
    /// Of flapping: what comes and goes.
    pub of: Option<AlertKind>,
    /// What of it.
    pub sign: Sign,
}

impl Finding {
    const fn key(&self) -> Key {
        Key {
            org: self.place.org,
            kind: self.kind,
            of: self.of,
            object: self.object,
        }
    }
}

/// What comes of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The alert as it is now.
    pub alert: Alert,
    /// The revision that is changed; none for a new one.
    pub from: Option<i64>,
    /// By these rules people are told of it now.
    pub tell: Vec<AlertRuleId>,
}

/// What a look goes by.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// All rules.
    pub rules: &'a [Rule],
    /// The maintenance of these days.
    pub maintenance: &'a [Maintenance],
    /// The moment before the findings were read.
    pub now: Moment,
}

/// One look. `known` are the alerts that are open or hold, and those that were resolved lately: an
/// hour for what lasts, a day for what happens.
pub fn look(
    given: Given<'_>,
    known: Vec<Alert>,
    findings: &[Finding],
    draw: &mut dyn FnMut() -> Uuid,
) -> Vec<Change> {
    let mut look = Look::begin(given, known, draw);
    let findings = look.gather(findings);
    for finding in &findings {
        match finding.sign {
            Sign::Holds { since, measure } => look.holds(finding, since, measure),
            Sign::Happened { at } => look.happened(finding, at),
            Sign::Over { at } => look.over(finding, at),
        }
    }
    look.end_what_is_gone();
    look.keep_telling_what_happened();
    look.finish()
}

struct Look<'a> {
    given: Given<'a>,
    /// The rules in use, by what they are about: each finding looks at those of its own only.
    rules: BTreeMap<(OrgId, AlertKind), Vec<&'a Rule>>,
    /// The newest alert of each key.
    newest: BTreeMap<Key, Alert>,
    /// What each newest alert was before.
    before: BTreeMap<AlertId, Alert>,
    /// How often each key came within the last hour.
    returns: BTreeMap<Key, i64>,
    /// What stands at this look.
    stands: BTreeSet<Key>,
    /// Rules that are satisfied, by the alert they are about.
    ready: BTreeMap<Key, BTreeSet<AlertRuleId>>,
    /// Alerts in whose place a newer one came at this look.
    replaced: Vec<Alert>,
    draw: &'a mut dyn FnMut() -> Uuid,
}

impl<'a> Look<'a> {
    fn begin(given: Given<'a>, mut known: Vec<Alert>, draw: &'a mut dyn FnMut() -> Uuid) -> Self {
        // An open one is the newest of its key, whatever the clocks of two nodes say.
        known.sort_by_key(|alert| (alert.is_open(), alert.opened_at, alert.id));
        let hour = given.now - TimeDelta::hours(1);
        let mut rules: BTreeMap<_, Vec<&Rule>> = BTreeMap::new();
        for rule in given.rules {
            rules.entry((rule.org, rule.kind)).or_default().push(rule);
        }
        let (mut newest, mut returns) = (BTreeMap::new(), BTreeMap::new());
        let mut calmed: BTreeMap<Key, Moment> = BTreeMap::new();
        for alert in &known {
            if let (AlertKind::Flapping, Some(of)) = (alert.kind, alert.of) {
                let key = Key {
                    kind: of,
                    of: None,
                    ..alert.key()
                };
                let calm = alert.resolved_at.unwrap_or(given.now);
                let last = calmed.entry(key).or_insert(calm);
                *last = calm.max(*last);
            }
        }
        for alert in known {
            let calm = calmed.get(&alert.key());
            if alert.opened_at > hour && calm.is_none_or(|calm| alert.opened_at > *calm) {
                *returns.entry(alert.key()).or_insert(0) += 1;
            }
            newest.insert(alert.key(), alert);
        }
        let before = newest.values().map(|a| (a.id, a.clone())).collect();
        Self {
            given,
            rules,
            newest,
            before,
            returns,
            stands: BTreeSet::new(),
            ready: BTreeMap::new(),
            replaced: Vec::new(),
            draw,
        }
    }

    /// The rules about a condition at a place, at whatever hour.
    fn about(&self, kind: AlertKind, place: Place) -> impl Iterator<Item = &'a Rule> {
        let rules = self.rules.get(&(place.org, kind)).into_iter().flatten();
        rules.copied().filter(move |r| r.is_about(kind, &place))
    }

    /// The rules by which a state that lasts counts now.
    fn ready_for(&self, finding: &Finding, now: Moment) -> impl Iterator<Item = AlertRuleId> {
        let sign = finding.sign;
        let about = self.about(finding.kind, finding.place);
        let rules = about.filter(move |rule| {
            let long = match sign {
                Sign::Holds { since, measure } => {
                    measure >= rule.least() && now - since >= rule.patience()
                }
                _ => true,
            };
            long && rule.looks_at(now)
        });
        rules.map(|rule| rule.id)
    }

    /// Whether a state counts for any rule at any hour, however long it lasts.
    fn counts(&self, finding: &Finding, measure: i64) -> bool {
        let mut rules = self.about(finding.kind, finding.place);
        rules.any(|rule| measure >= rule.least())
    }

    /// How often something may come within an hour, and how long it is quiet until it is over.
    fn flapping(&self, place: &Place) -> (i64, TimeDelta) {
        let about = self.about(AlertKind::Flapping, *place);
        let rule = about.min_by_key(|r| (r.least(), r.minutes));
        let minutes = rule.map_or(AlertKind::Flapping.minutes(), |r| r.minutes);
        let returns = rule.and_then(|r| r.threshold).unwrap_or(RETURNS);
        (returns, TimeDelta::minutes(i64::from(minutes)))
    }

    fn holds(&mut self, finding: &Finding, since: Moment, measure: i64) {
        let (key, now) = (finding.key(), self.given.now);
        let flap = Key {
            org: finding.place.org,
            kind: AlertKind::Flapping,
            of: Some(finding.kind),
            object: finding.object,
        };
        let (_, quiet) = self.flapping(&finding.place);
        if finding.kind != AlertKind::Flapping
            && let Some(alert) = self.newest.get_mut(&flap)
            && alert.is_open()
        {
            if alert.holds && now - alert.last_at >= quiet {
                // It came and stays: from now on it is what it is.
                alert.resolve(Ending::Condition, now);
            } else {
                self.stands.insert(flap);
                if !alert.holds {
                    (alert.holds, alert.last_at) = (true, now);
                    alert.count += 1;
                }
                return;
            }
        }
        if !self.counts(finding, measure) {
            return;
        }
        self.stands.insert(key);
        let ready: BTreeSet<AlertRuleId> = self.ready_for(finding, now).collect();
        if let Some(alert) = self.newest.get_mut(&key)
            && (alert.is_open() || alert.holds)
        {
            // Those at its new place see it, once it was moved.
            alert.site = finding.place.site;
            // The connection that flaps comes anew each time.
            if finding.kind == AlertKind::Flapping && since > alert.last_at {
                (alert.last_at, alert.count) = (since, measure.max(alert.count));
            }
        } else if ready.is_empty() {
            return;
        } else {
            let (returns, _) = self.flapping(&finding.place);
            let often = self.returns.get(&key).copied().unwrap_or(0) >= returns;
            if often && finding.kind != AlertKind::Flapping && finding.kind.lasts() {
                let flapping = Finding {
                    kind: flap.kind,
                    of: flap.of,
                    ..*finding
                };
                self.stands.insert(flap);
                self.open(&flapping, since, returns + 1, now);
                let about = self.about(AlertKind::Flapping, finding.place);
                let more = about.filter(|rule| rule.looks_at(now)).map(|r| r.id);
                let more: Vec<AlertRuleId> = more.chain(ready).collect();
                self.ready.entry(flap).or_default().extend(more);
                return;
            }
            let count = if finding.kind == AlertKind::Flapping {
                measure
            } else {
                1
            };
            self.open(finding, since, count, now);
        }
        self.ready.entry(key).or_default().extend(ready);
    }

    fn happened(&mut self, finding: &Finding, at: Moment) {
        let (key, now) = (finding.key(), self.given.now);
        let newest = self.newest.get(&key);
        if newest.is_some_and(|alert| alert.last_at >= at) {
            return;
        }
        let ready: BTreeSet<AlertRuleId> = self.ready_for(finding, now).collect();
        match self.newest.get_mut(&key) {
            Some(alert) if alert.is_open() => {
                alert.last_at = at;
                alert.count += 1;
                // Whoever has seen it has not seen this.
                if alert.state == AlertState::Acknowledged {
                    alert.state = AlertState::Open;
                    alert.told.clear();
                }
            }
            _ if ready.is_empty() => return,
            _ => self.open(finding, at, 1, now),
        }
        self.ready.entry(key).or_default().extend(ready);
    }

    fn over(&mut self, finding: &Finding, at: Moment) {
        let now = self.given.now;
        if let Some(alert) = self.newest.get_mut(&finding.key())
            && alert.is_open()
            && alert.last_at < at
        {
            alert.last_at = at;
            alert.resolve(Ending::Condition, now);
        }
    }

    fn open(&mut self, finding: &Finding, since: Moment, count: i64, now: Moment) {
        let key = finding.key();
        let previous = self.newest.get(&key).map(|alert| alert.id);
        let alert = Alert {
            id: AlertId::from_uuid((self.draw)()),
            org: finding.place.org,
            site: finding.place.site,
            station: finding.place.station,
            object: finding.object,
            kind: finding.kind,
            of: finding.of,
            state: AlertState::Open,
            snoozed_until: None,
            owner: None,
            holds: finding.kind.lasts(),
            count,
            first_at: since,
            last_at: match finding.sign {
                Sign::Holds { .. } if finding.of.is_some() => now,
                _ => since,
            },
            opened_at: now,
            resolved_at: None,
            ending: None,
            resolved_by: None,
            previous,
            group: None,
            members: Vec::new(),
            muted: false,
            told: Vec::new(),
            revision: 1,
        };
        if let Some(old) = self.newest.insert(key, alert) {
            self.replaced.push(old);
        }
    }

    /// Ends the alerts about states that are not there any more.
    fn end_what_is_gone(&mut self) {
        let now = self.given.now;
        let keys: Vec<Key> = self.newest.keys().copied().collect();
        for key in keys {
            let Some(alert) = self.newest.get(&key) else {
                continue;
            };
            if !key.kind.lasts() || !(alert.is_open() || alert.holds) {
                continue;
            }
            let place = Place {
                org: alert.org,
                site: alert.site,
                station: alert.station,
            };
            let (_, quiet) = self.flapping(&place);
            let stands = self.stands.contains(&key);
            let Some(alert) = self.newest.get_mut(&key) else {
                continue;
            };
            if alert.kind == AlertKind::Flapping {
                if !stands && alert.holds && alert.of.is_some() {
                    (alert.holds, alert.last_at) = (false, now);
                }
                // Quiet is when nothing changes, be it there or not.
                let stays = stands && alert.of.is_none();
                if now - alert.last_at >= quiet && !stays {
                    alert.end(now);
                }
            } else if !stands {
                alert.end(now);
            }
        }
    }

    /// What happened is found for a day only; whoever could not be told by then, because of maintenance
    /// or because somebody put it off, is told when that is over.
    fn keep_telling_what_happened(&mut self) {
        let open = self.newest.values().filter(|a| a.is_open());
        let open: Vec<Finding> = open
            .filter(|alert| !alert.kind.lasts())
            .map(|alert| Finding {
                place: Place {
                    org: alert.org,
                    site: alert.site,
                    station: alert.station,
                },
                object: alert.object,
                kind: alert.kind,
                of: alert.of,
                sign: Sign::Happened { at: alert.last_at },
            })
            .collect();
        for finding in open {
            let ready: Vec<AlertRuleId> = self.ready_for(&finding, self.given.now).collect();
            self.ready.entry(finding.key()).or_default().extend(ready);
        }
    }

    /// Tells what changed, and who is told of it.
    fn finish(mut self) -> Vec<Change> {
        let (now, maintenance) = (self.given.now, self.given.maintenance);
        let mut changes = Vec::new();
        let older = self.replaced.iter().cloned();
        let all: Vec<Alert> = older.chain(self.newest.values().cloned()).collect();
        for mut alert in all {
            let before = self.before.remove(&alert.id);
            let mut tell = Vec::new();
            if alert.is_open() {
                if alert.snoozed_until.is_some_and(|until| until <= now) {
                    alert.state = AlertState::Open;
                    alert.snoozed_until = None;
                    alert.told.clear();
                }
                let quiet = maintenance.iter().any(|m| m.quiets(&alert, now));
                alert.muted = quiet;
                if !quiet && alert.state != AlertState::Snoozed {
                    let ready = self.ready.get(&alert.key()).into_iter().flatten();
                    tell.extend(ready.filter(|rule| !alert.told.contains(rule)));
                    alert.told.extend(&tell);
                }
            }
            match before {
                None => changes.push(Change {
                    alert,
                    from: None,
                    tell,
                }),
                Some(before) if before != alert => {
                    let from = Some(before.revision);
                    alert.revision = before.revision + 1;
                    changes.push(Change { alert, from, tell });
                }
                Some(_) => {}
            }
        }
        changes
    }
}
