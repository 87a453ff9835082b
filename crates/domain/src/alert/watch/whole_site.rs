//! Stations of a site that go together: one alert of the site in place of many.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::super::group::{Outage, TOGETHER_MINUTES, outages};
use super::super::rule::Place;
use super::super::{Alert, AlertKind, Ending, Key, Object};
use super::{Finding, Look, Sign};
use crate::clock::Moment;
use crate::id::{AlertRuleId, SiteId, StationId};

impl Look<'_> {
    /// Puts what belongs to the outage of a site into one finding.
    pub(super) fn gather(&mut self, findings: &[Finding]) -> Vec<Finding> {
        let now = self.given.now;
        let mut rest: Vec<Finding> = Vec::with_capacity(findings.len());
        let mut away: BTreeMap<StationId, (&Finding, Moment)> = BTreeMap::new();
        let mut at_site: BTreeMap<SiteId, Vec<StationId>> = BTreeMap::new();
        for finding in findings {
            if let (AlertKind::Offline, Object::Station(id), Sign::Holds { since, .. }) =
                (finding.kind, finding.object, finding.sign)
            {
                away.insert(id, (finding, since));
                if let Some(site) = finding.place.site {
                    at_site.entry(site).or_default().push(id);
                }
            }
        }
        let mut taken: BTreeSet<StationId> = BTreeSet::new();
        let mut whole: Vec<(Finding, Outage)> = Vec::new();
        // Those that are in an alert of their site stay there until they are back; others that
        // went at the same time join them.
        let open: Vec<Alert> = self
            .newest
            .values()
            .filter(|alert| alert.is_open() || alert.holds)
            .filter(|alert| matches!(alert.object, Object::Site(_)))
            .cloned()
            .collect();
        for alert in open {
            let Object::Site(site) = alert.object else {
                continue;
            };
            let together = alert.first_at + TimeDelta::minutes(TOGETHER_MINUTES);
            let went = |id: &&StationId| {
                let since = away.get(id).map(|(_, since)| *since);
                since.is_some_and(|since| since >= alert.first_at && since <= together)
            };
            let here = at_site.get(&site).into_iter().flatten();
            let members: Vec<StationId> = here.filter(went).copied().collect();
            let place = members.first().and_then(|id| away.get(id));
            let Some(place) = place.map(|(f, _)| f.place) else {
                // All are back; others may go together at this very look.
                if let Some(alert) = self.newest.get_mut(&alert.key()) {
                    alert.end(now);
                }
                continue;
            };
            taken.extend(&members);
            let outage = Outage {
                site,
                since: alert.first_at,
                members,
            };
            whole.push((site_finding(place, &outage), outage));
        }
        let free: Vec<Finding> = findings
            .iter()
            .filter(|f| match f.object {
                Object::Station(id) => f.kind != AlertKind::Offline || !taken.contains(&id),
                _ => true,
            })
            .copied()
            .collect();
        let counted: Vec<Finding> = free
            .iter()
            .filter(|f| self.ready_for(f, now).next().is_some())
            .copied()
            .collect();
        for outage in outages(&counted) {
            let first = outage.members.first().and_then(|id| away.get(id));
            let Some((Finding { place, .. }, _)) = first else {
                continue;
            };
            let finding = site_finding(*place, &outage);
            let newest = self.newest.get(&finding.key());
            if !newest.is_some_and(|a| a.is_open() || a.holds) {
                taken.extend(&outage.members);
                whole.push((finding, outage));
            }
        }
        for finding in free {
            let into = match finding.object {
                Object::Station(id) => finding.kind == AlertKind::Offline && taken.contains(&id),
                _ => false,
            };
            if !into {
                rest.push(finding);
            }
        }
        for (finding, outage) in whole {
            self.site_is_away(&finding, &outage, &away);
        }
        rest
    }

    /// Opens or goes on with the alert of a site; those of its stations go into it.
    fn site_is_away(
        &mut self,
        finding: &Finding,
        outage: &Outage,
        away: &BTreeMap<StationId, (&Finding, Moment)>,
    ) {
        let now = self.given.now;
        let key = finding.key();
        self.stands.insert(key);
        let member = |id: &StationId| away.get(id).map(|(finding, _)| *finding);
        let ready: BTreeSet<AlertRuleId> = outage
            .members
            .iter()
            .filter_map(member)
            .flat_map(|f| self.ready_for(f, now).collect::<Vec<_>>())
            .collect();
        if !self
            .newest
            .get(&key)
            .is_some_and(|a| a.is_open() || a.holds)
        {
            if ready.is_empty() {
                return;
            }
            self.open(finding, outage.since, 1, now);
        }
        self.ready.entry(key).or_default().extend(ready);
        let Some(alert) = self.newest.get_mut(&key) else {
            return;
        };
        alert.members = outage.members.clone();
        // In an order of their own, so that a second look finds nothing new.
        alert.members.sort_unstable();
        let group = alert.id;
        for id in &outage.members {
            let own = Key {
                object: Object::Station(*id),
                ..key
            };
            if let Some(alert) = self.newest.get_mut(&own)
                && alert.is_open()
            {
                alert.resolve(Ending::Grouped, now);
                alert.group = Some(group);
            }
        }
    }
}

fn site_finding(place: Place, outage: &Outage) -> Finding {
    Finding {
        place: Place {
            station: None,
            ..place
        },
        object: Object::Site(outage.site),
        kind: AlertKind::Offline,
        of: None,
        sign: Sign::Holds {
            since: outage.since,
            measure: 0,
        },
    }
}
