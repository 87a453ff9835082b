//! How often a rule would have fired lately, by what is stored of the past: when stations were
//! connected, and what they reported.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::rule::{Place, Rule};
use crate::clock::Moment;

/// A time in which a station was connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Of which station.
    pub place: Place,
    /// From then on.
    pub from: Moment,
    /// Until then; none when it still is.
    pub to: Option<Moment>,
}

/// How often stations were away for longer than the rule allows, from `since` to `now`.
#[must_use]
pub fn outages(rule: &Rule, connections: &[Connection], since: Moment, now: Moment) -> u64 {
    let mut fired = 0;
    for (place, own) in by_station(connections) {
        for (nth, one) in own.iter().enumerate() {
            let Some(away) = one.to else { continue };
            let back = own.get(nth + 1).map_or(now, |next| next.from);
            let at = away + rule.patience();
            let counts = at >= since && at <= now && at <= back && rule.looks_at(at);
            if counts && rule.is_about(rule.kind, &place) {
                fired += 1;
            }
        }
    }
    fired
}

/// How often the connection of a station began as often within an hour as the rule says.
#[must_use]
pub fn storms(rule: &Rule, connections: &[Connection], since: Moment, now: Moment) -> u64 {
    let least = usize::try_from(rule.least().max(1)).unwrap_or(usize::MAX);
    let quiet = TimeDelta::minutes(i64::from(rule.minutes));
    let mut fired = 0;
    for (place, own) in by_station(connections) {
        let begun: Vec<Moment> = own.iter().map(|one| one.from).collect();
        let mut over: Option<Moment> = None;
        for (nth, at) in begun.iter().enumerate() {
            // A storm goes on until it is quiet.
            if let Some(last) = over {
                if *at - last < quiet {
                    over = Some(*at);
                    continue;
                }
                over = None;
            }
            let Some(first) = (nth + 1).checked_sub(least).and_then(|n| begun.get(n)) else {
                continue;
            };
            let counts = *at - *first <= TimeDelta::hours(1) && *at >= since && *at <= now;
            if counts && rule.looks_at(*at) && rule.is_about(rule.kind, &place) {
                fired += 1;
                over = Some(*at);
            }
        }
    }
    fired
}

fn by_station(connections: &[Connection]) -> Vec<(Place, Vec<Connection>)> {
    let mut all: BTreeMap<_, (Place, Vec<Connection>)> = BTreeMap::new();
    for one in connections {
        let own = all
            .entry(one.place.station)
            .or_insert((one.place, Vec::new()));
        own.1.push(*one);
    }
    let mut all: Vec<_> = all.into_values().collect();
    for (_, own) in &mut all {
        own.sort_unstable_by_key(|one| one.from);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::AlertKind;
    use crate::alert::rule::first_rules;
    use crate::id::{OrgId, StationId};
    use uuid::Uuid;

    fn at(minutes: i64) -> Moment {
        chrono::DateTime::from_timestamp(1_780_000_000 + minutes * 60, 0).unwrap_or_default()
    }

    fn connected(from: i64, to: Option<i64>) -> Connection {
        let place = Place {
            org: OrgId::from_uuid(Uuid::nil()),
            site: None,
            station: Some(StationId::from_uuid(Uuid::from_u128(1))),
        };
        Connection {
            place,
            from: at(from),
            to: to.map(at),
        }
    }

    fn rule(kind: AlertKind) -> Rule {
        let org = OrgId::from_uuid(Uuid::nil());
        let all = first_rules(org, at(0), Uuid::now_v7);
        all.into_iter()
            .find(|rule| rule.kind == kind)
            .unwrap_or_else(|| unreachable!())
    }

    #[test]
    fn only_long_times_away_count() {
        let all = [
            connected(0, Some(10)),
            connected(15, Some(60)),
            connected(80, Some(100)),
        ];
        // Away from 10 to 15, from 60 to 80, and since 100.
        let offline = rule(AlertKind::Offline);
        assert_eq!(outages(&offline, &all, at(0), at(200)), 2);
        assert_eq!(outages(&offline, &all, at(0), at(105)), 1);
        assert_eq!(outages(&offline, &all, at(75), at(200)), 1);
    }

    #[test]
    fn a_storm_is_one_until_it_is_quiet() {
        let mut all: Vec<_> = (0..20).map(|n| connected(n, Some(n))).collect();
        all.extend((0..8).map(|n| connected(200 + n, Some(200 + n))));
        assert_eq!(storms(&rule(AlertKind::Flapping), &all, at(0), at(400)), 2);
    }
}
