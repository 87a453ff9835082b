//! The watch over the fleet, told from outside: whatever comes in whatever order, there is one open
//! alert about one thing, nothing that is the case goes unseen, and an alert that comes again names the
//! one before.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::alert::rule::{Maintenance, Place, Rule, first_rules};
use domain::alert::watch::{Change, Finding, Given, Sign, look};
use domain::alert::{Act, Alert, AlertKind, AlertState, Ending, Object};
use domain::clock::Moment;
use domain::id::{AlertId, MaintenanceId, OrgId, SiteId, StationId};
use proptest::prelude::*;
use uuid::Uuid;

fn noon() -> Moment {
    chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn org() -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(1))
}

fn station(n: u128) -> StationId {
    StationId::from_uuid(Uuid::from_u128(100 + n))
}

fn place(n: u128) -> Place {
    Place {
        org: org(),
        site: Some(SiteId::from_uuid(Uuid::from_u128(7))),
        station: Some(station(n)),
    }
}

fn is(n: u128, kind: AlertKind, since: Moment) -> Finding {
    Finding {
        place: place(n),
        object: Object::Station(station(n)),
        kind,
        of: None,
        sign: Sign::Holds { since, measure: 0 },
    }
}

fn did(n: u128, kind: AlertKind, at: Moment) -> Finding {
    Finding {
        sign: Sign::Happened { at },
        ..is(n, kind, at)
    }
}

/// The alerts as a database would keep them.
struct Board {
    now: Moment,
    drawn: u128,
    rules: Vec<Rule>,
    maintenance: Vec<Maintenance>,
    alerts: BTreeMap<AlertId, Alert>,
}

impl Board {
    fn new() -> Self {
        let mut drawn = 10_000;
        let rules = first_rules(org(), noon(), || {
            drawn += 1;
            Uuid::from_u128(drawn)
        });
        Self {
            now: noon(),
            drawn,
            rules,
            maintenance: Vec::new(),
            alerts: BTreeMap::new(),
        }
    }

    fn rule(&mut self, kind: AlertKind) -> &mut Rule {
        self.rules
            .iter_mut()
            .find(|rule| rule.kind == kind)
            .unwrap()
    }

    fn later(&mut self, by: TimeDelta) -> Moment {
        self.now += by;
        self.now
    }

    /// One look, with what a store would give it; everything it says is kept.
    fn look(&mut self, findings: &[Finding]) -> Vec<Change> {
        let since = |ago: TimeDelta| self.now - ago;
        let known = self.alerts.values().filter(|alert| {
            let lately = |ago| alert.resolved_at.is_some_and(|at| at >= since(ago));
            let happened = !alert.kind.lasts() && lately(TimeDelta::days(1));
            alert.is_open() || alert.holds || lately(TimeDelta::hours(1)) || happened
        });
        let known: Vec<Alert> = known.cloned().collect();
        let given = Given {
            rules: &self.rules,
            maintenance: &self.maintenance,
            now: self.now,
        };
        let drawn = &mut self.drawn;
        let changes = look(given, known, findings, &mut || {
            *drawn += 1;
            Uuid::from_u128(*drawn)
        });
        for change in &changes {
            let before = self.alerts.insert(change.alert.id, change.alert.clone());
            assert_eq!(before.map(|alert| alert.revision), change.from);
        }
        self.sound();
        changes
    }

    fn act(&mut self, id: AlertId, act: Act) {
        let (now, alert) = (self.now, self.alerts.get_mut(&id).unwrap());
        if alert.act(act, now) == Ok(true) {
            alert.revision += 1;
        }
        self.sound();
    }

    fn open(&self) -> Vec<&Alert> {
        self.alerts
            .values()
            .filter(|alert| alert.is_open())
            .collect()
    }

    /// What is true at every moment.
    fn sound(&self) {
        let mut open = BTreeSet::new();
        for alert in self.alerts.values() {
            if alert.is_open() {
                assert!(open.insert(alert.key()), "two are open: {alert:?}");
                assert_eq!((alert.resolved_at, alert.ending), (None, None));
            } else {
                assert!(alert.resolved_at.is_some() && alert.ending.is_some());
            }
            assert_eq!(
                alert.snoozed_until.is_some(),
                alert.state == AlertState::Snoozed
            );
            if let Some(previous) = alert.previous {
                let before = &self.alerts[&previous];
                assert_eq!(before.key(), alert.key());
                assert!(!before.is_open() && before.resolved_at <= Some(alert.opened_at));
            }
        }
    }
}

#[test]
fn what_lasts_counts_after_its_time_and_ends_by_itself() {
    let mut board = Board::new();
    let away = [is(1, AlertKind::Offline, noon())];
    assert!(board.look(&away).is_empty());
    board.later(TimeDelta::minutes(10));
    let opened = board.look(&away);
    assert_eq!(
        (opened.len(), opened[0].tell.len(), opened[0].from),
        (1, 1, None)
    );
    assert!(board.look(&away).is_empty(), "nothing is told twice");
    let over = board.look(&[]);
    assert_eq!(over[0].alert.ending, Some(Ending::Condition));
    assert!(board.open().is_empty());
}

#[test]
fn a_persons_word_holds_until_the_condition_has_ended_once() {
    let mut board = Board::new();
    let broken = [is(1, AlertKind::Faulted, noon())];
    let first = board.look(&broken)[0].alert.id;
    board.act(first, Act::Resolve { by: None });
    for _ in 0..100 {
        board.later(TimeDelta::hours(1));
        board.look(&broken);
    }
    assert_eq!(board.alerts.len(), 1);
    board.look(&[]);
    board.later(TimeDelta::hours(2));
    let again = board.look(&broken);
    assert_eq!((again.len(), again[0].from), (1, None));
}

#[test]
fn what_comes_and_goes_is_one_alert_until_it_is_quiet() {
    let mut board = Board::new();
    board.rule(AlertKind::Flapping).threshold = Some(3);
    for _ in 0..50 {
        let now = board.later(TimeDelta::seconds(10));
        board.look(&[is(1, AlertKind::Faulted, now)]);
        board.later(TimeDelta::seconds(10));
        board.look(&[]);
    }
    let open = board.open();
    assert_eq!((open.len(), open[0].kind), (1, AlertKind::Flapping));
    assert_eq!((open[0].of, open[0].count), (Some(AlertKind::Faulted), 50));
    assert_eq!(
        board.alerts.len(),
        4,
        "three plain ones and one for the storm"
    );
    board.later(TimeDelta::minutes(29));
    board.look(&[]);
    assert_eq!(board.open().len(), 1);
    board.later(TimeDelta::minutes(2));
    board.look(&[]);
    assert!(board.open().is_empty());
    // When it is quiet by being broken for good, it is that.
    let now = board.now;
    board.look(&[is(1, AlertKind::Faulted, now)]);
    assert_eq!(board.open()[0].kind, AlertKind::Faulted);
}

#[test]
fn stations_of_a_site_that_go_together_are_one_alert() {
    let mut board = Board::new();
    let gone = |n: u128, s: i64| is(n, AlertKind::Offline, noon() + TimeDelta::seconds(s));
    let all = [gone(1, 0), gone(2, 30), gone(3, 60), gone(4, 600)];
    // The first two are due before the third: they open, and then go into that of the site.
    board.later(TimeDelta::seconds(10 * 60 + 45));
    board.look(&all);
    assert_eq!(board.open().len(), 2);
    board.later(TimeDelta::seconds(20));
    board.look(&all);
    let open = board.open();
    assert_eq!(open.len(), 1, "{open:?}");
    let site = open[0].clone();
    assert_eq!(site.members.len(), 3);
    let mut grouped = board
        .alerts
        .values()
        .filter(|a| a.ending == Some(Ending::Grouped));
    assert!(grouped.all(|a| a.group == Some(site.id)));
    // The fourth went alone; one of the three comes back and goes again, alone too.
    board.later(TimeDelta::minutes(15));
    board.look(&all);
    assert_eq!(board.open().len(), 2);
    board.look(&all[1..]);
    assert_eq!(board.alerts[&site.id].members.len(), 2);
    board.look(&all[3..]);
    assert_eq!(board.alerts[&site.id].ending, Some(Ending::Condition));
}

#[test]
fn what_happens_counts_once_however_often_it_is_looked_at() {
    let mut board = Board::new();
    let one = did(1, AlertKind::Tamper, noon());
    for _ in 0..5 {
        board.look(&[one]);
    }
    assert_eq!((board.open().len(), board.open()[0].count), (1, 1));
    let id = board.open()[0].id;
    board.act(id, Act::Acknowledge);
    let now = board.later(TimeDelta::minutes(1));
    let told = board.look(&[one, did(1, AlertKind::Tamper, now)]);
    assert_eq!(
        told[0].alert.state,
        AlertState::Open,
        "nobody has seen the second"
    );
    assert_eq!((told[0].alert.count, told[0].tell.len()), (2, 1));
    board.act(id, Act::Resolve { by: None });
    board.look(&[one, did(1, AlertKind::Tamper, now)]);
    assert!(board.open().is_empty());
}

#[test]
fn maintenance_and_snoozing_put_telling_off_and_lose_nothing() {
    let mut board = Board::new();
    let broken = [is(1, AlertKind::Faulted, noon())];
    board.maintenance.push(Maintenance {
        id: MaintenanceId::from_uuid(Uuid::nil()),
        org: org(),
        site: None,
        station: Some(station(1)),
        from: noon(),
        to: noon() + TimeDelta::hours(1),
        note: None,
        created_at: noon(),
    });
    let muted = board.look(&broken);
    assert!(muted[0].alert.muted && muted[0].tell.is_empty());
    board.later(TimeDelta::hours(1));
    let told = board.look(&broken);
    assert!(!told[0].alert.muted && told[0].tell.len() == 1);
    let until = board.now + TimeDelta::hours(1);
    board.act(told[0].alert.id, Act::Snooze { until });
    assert!(board.look(&broken).is_empty());
    board.later(TimeDelta::hours(1));
    let woken = board.look(&broken);
    assert_eq!(
        (woken[0].alert.state, woken[0].tell.len()),
        (AlertState::Open, 1)
    );
}

#[test]
fn what_happened_is_told_after_maintenance_and_a_long_sleep() {
    let mut board = Board::new();
    let opened = [did(1, AlertKind::Tamper, noon())];
    board.maintenance.push(Maintenance {
        id: MaintenanceId::from_uuid(Uuid::nil()),
        org: org(),
        site: None,
        station: Some(station(1)),
        from: noon(),
        to: noon() + TimeDelta::hours(1),
        note: None,
        created_at: noon(),
    });
    assert!(board.look(&opened)[0].tell.is_empty());
    board.later(TimeDelta::hours(1));
    let told = board.look(&opened);
    assert_eq!((told.len(), told[0].tell.len()), (1, 1));
    assert!(board.look(&opened).is_empty());
    let until = board.now + TimeDelta::days(3);
    board.act(told[0].alert.id, Act::Snooze { until });
    board.later(TimeDelta::days(3));
    // By now the store tells of it no more.
    let woken = board.look(&[]);
    assert_eq!((woken.len(), woken[0].tell.len()), (1, 1));
}

#[test]
fn a_station_that_goes_to_another_organisation_leaves_its_alerts_behind() {
    let mut board = Board::new();
    let broken = is(1, AlertKind::Faulted, noon());
    board.look(&[broken]);
    let other = OrgId::from_uuid(Uuid::from_u128(2));
    let mut drawn = 20_000;
    board.rules.extend(first_rules(other, noon(), || {
        drawn += 1;
        Uuid::from_u128(drawn)
    }));
    let mut there = broken;
    there.place.org = other;
    board.look(&[there]);
    let open = board.open();
    assert_eq!((open.len(), open[0].org), (1, other));
    let mut all = board.alerts.values();
    assert!(all.any(|a| a.org == org() && a.ending == Some(Ending::Condition)));
}

#[test]
fn an_open_alert_goes_with_its_station_to_another_site() {
    let mut board = Board::new();
    let broken = is(1, AlertKind::Faulted, noon());
    board.look(&[broken]);
    let mut there = broken;
    there.place.site = Some(SiteId::from_uuid(Uuid::from_u128(8)));
    let moved = board.look(&[there]);
    assert_eq!((moved.len(), moved[0].alert.site), (1, there.place.site));
    assert!(moved[0].tell.is_empty() && board.look(&[there]).is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Comes(u128),
    Goes(u128),
    Happens(u128),
    Look,
    Act(usize, u8),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..5_u128).prop_map(Step::Comes),
        (0..5_u128).prop_map(Step::Goes),
        (0..5_u128).prop_map(Step::Happens),
        Just(Step::Look),
        Just(Step::Look),
        (0..50_usize, 0..4_u8).prop_map(|(which, what)| Step::Act(which, what)),
        (1..40_i64).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn no_order_of_things_opens_two_or_loses_one(steps in prop::collection::vec(step(), 1..120)) {
        let mut board = Board::new();
        board.rule(AlertKind::Offline).minutes = 0;
        let mut away: BTreeMap<u128, Moment> = BTreeMap::new();
        let mut happened: Vec<(u128, Moment)> = Vec::new();
        for step in steps {
            match step {
                Step::Comes(n) => {
                    away.entry(n).or_insert(board.now);
                }
                Step::Goes(n) => {
                    away.remove(&n);
                }
                Step::Happens(n) => happened.push((n, board.now)),
                Step::Wait(minutes) => {
                    board.later(TimeDelta::minutes(minutes));
                }
                Step::Act(which, what) => {
                    let id = board.open().get(which).map(|alert| alert.id);
                    let until = board.now + TimeDelta::minutes(30);
                    if let Some(id) = id {
                        board.act(id, match what {
                            0 => Act::Acknowledge,
                            1 => Act::Snooze { until },
                            2 => Act::Resolve { by: None },
                            _ => Act::Assign { owner: None },
                        });
                    }
                }
                Step::Look => {
                    let day = board.now - TimeDelta::days(1);
                    let lasting = away.iter().map(|(n, at)| is(*n, AlertKind::Offline, *at));
                    let told = happened.iter().filter(|(_, at)| *at >= day);
                    let told = told.map(|(n, at)| did(*n, AlertKind::Tamper, *at));
                    let findings: Vec<Finding> = lasting.chain(told).collect();
                    board.look(&findings);
                    let told_again = board.look(&findings);
                    prop_assert!(told_again.is_empty(), "a second look changes nothing: {told_again:?}");
                    // Everything that is the case is in an alert, open or closed by a person's word.
                    for n in away.keys() {
                        let mut all = board.alerts.values();
                        let seen = all.any(|alert| {
                            let own = alert.object == Object::Station(station(*n));
                            let within = alert.members.contains(&station(*n));
                            let lasts = alert.kind.lasts() && (alert.is_open() || alert.holds);
                            lasts && (own || within)
                        });
                        prop_assert!(seen, "{n} is away and nobody is told");
                    }
                    for (n, at) in &happened {
                        let mut all = board.alerts.values();
                        let seen = all.any(|alert| {
                            let own = alert.object == Object::Station(station(*n));
                            own && alert.kind == AlertKind::Tamper && alert.last_at >= *at
                        });
                        prop_assert!(seen || *at < day, "what happened to {n} is lost");
                    }
                }
            }
        }
    }
}
