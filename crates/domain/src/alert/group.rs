//! When many stations of a site go away together, the site is what went away: one alert for it
//! instead of one for each.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::watch::{Finding, Sign};
use super::{AlertKind, Object};
use crate::clock::Moment;
use crate::id::{SiteId, StationId};

/// From this many stations on, it is the site.
pub const LEAST_STATIONS: usize = 3;
/// They went away within this time.
pub const TOGETHER_MINUTES: i64 = 2;

/// A site from which stations went away together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The site.
    pub site: SiteId,
    /// When the first of them went.
    pub since: Moment,
    /// The stations.
    pub members: Vec<StationId>,
}

/// The largest group of stations of each site that went away together, where there are enough of
/// them.
#[must_use]
pub fn outages(findings: &[Finding]) -> Vec<Outage> {
    let mut by_site: BTreeMap<SiteId, Vec<(Moment, StationId)>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.kind == AlertKind::Offline) {
        let (Object::Station(station), Sign::Holds { since, .. }) = (finding.object, finding.sign)
        else {
            continue;
        };
        if let Some(site) = finding.place.site {
            by_site.entry(site).or_default().push((since, station));
        }
    }
    let mut found = Vec::new();
    for (site, mut gone) in by_site {
        gone.sort_unstable();
        let together = TimeDelta::minutes(TOGETHER_MINUTES);
        let mut best: &[(Moment, StationId)] = &[];
        let mut first = 0;
        for last in 0..gone.len() {
            while gone[last].0 - gone[first].0 > together {
                first += 1;
            }
            if last + 1 - first > best.len() {
                best = &gone[first..=last];
            }
        }
        if let (true, Some((since, _))) = (best.len() >= LEAST_STATIONS, best.first()) {
            found.push(Outage {
                site,
                since: *since,
                members: best.iter().map(|(_, station)| *station).collect(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::rule::Place;
    use crate::id::OrgId;
    use uuid::Uuid;

    fn gone(site: u128, station: u128, at_s: i64) -> Finding {
        let station = StationId::from_uuid(Uuid::from_u128(station));
        Finding {
            place: Place {
                org: OrgId::from_uuid(Uuid::nil()),
                site: (site > 0).then(|| SiteId::from_uuid(Uuid::from_u128(site))),
                station: Some(station),
            },
            object: Object::Station(station),
            kind: AlertKind::Offline,
            of: None,
            sign: Sign::Holds {
                since: chrono::DateTime::from_timestamp(at_s, 0).unwrap_or_default(),
                measure: 0,
            },
        }
    }

    #[test]
    fn those_that_go_together_are_one_site() {
        let all = [
            gone(1, 1, 0),
            gone(1, 2, 600),
            gone(1, 3, 630),
            gone(1, 4, 720),
            gone(1, 5, 721),
            gone(2, 6, 600),
            gone(2, 7, 601),
            gone(0, 8, 600),
            gone(0, 9, 600),
            gone(0, 10, 600),
        ];
        let found = outages(&all);
        assert_eq!(
            found.len(),
            1,
            "two are no site, and none is no site: {found:?}"
        );
        let members: Vec<u128> = found[0]
            .members
            .iter()
            .map(|s| s.uuid().as_u128())
            .collect();
        assert_eq!(members, [2, 3, 4]);
    }
}
