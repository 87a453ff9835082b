//! Whatever is repeated or reordered on the way: the sessions are those of once-only delivery.

use busbar_app::StationLink;
use busbar_app::sessions;
use busbar_app::testing::TestApp;
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::message::{Message, Phase, TransactionName, TransactionReport};
use domain::session::{Session, SessionState, Suspicion};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::told::{card, number, numbered, point, readings, report, sessions_of, start, stop};

/// One transaction of a 2.x station: EVSE, how many updates, energy of each step.
#[derive(Debug, Clone)]
struct Charge {
    evse: i32,
    steps: Vec<i64>,
    /// In which report the token and the EVSE are told.
    token_late: bool,
}

fn charge() -> impl Strategy<Value = Charge> {
    (
        1..=2i32,
        prop::collection::vec(1..5_000i64, 0..4),
        any::<bool>(),
    )
        .prop_map(|(evse, steps, token_late)| Charge {
            evse,
            steps,
            token_late,
        })
}

/// The reports of all charges, in order; those of one EVSE follow one another in time.
fn reports(charges: &[Charge], noon: Moment) -> Vec<TransactionReport> {
    let mut all = Vec::new();
    let mut clock = noon - TimeDelta::hours(20);
    let mut tick = || {
        clock += TimeDelta::minutes(3);
        clock
    };
    for (i, charge) in charges.iter().enumerate() {
        let name = || TransactionName::Given(format!("tx-{i}"));
        let token = Some(card(&format!("CARD-{i}")));
        let mut register = 1_000 * i64::try_from(i).unwrap();
        let mut seq = 0;
        let at = tick();
        all.push(TransactionReport {
            seq: Some(seq),
            evse: Some(charge.evse),
            connector: Some(1),
            token: token
                .clone()
                .filter(|_| !charge.token_late || charge.steps.is_empty()),
            points: vec![point(at, register, 0)],
            ..report(Phase::Started, name(), at)
        });
        for (n, step) in charge.steps.iter().enumerate() {
            register += step;
            seq += 1;
            let at = tick();
            all.push(TransactionReport {
                seq: Some(seq),
                token: token.clone().filter(|_| charge.token_late && n == 0),
                points: vec![point(at, register, 7_000)],
                ..report(Phase::Updated, name(), at)
            });
        }
        let at = tick();
        all.push(TransactionReport {
            seq: Some(seq + 1),
            stop_reason: Some("EVDisconnected".to_owned()),
            points: vec![point(at, register, 0)],
            ..report(Phase::Ended, name(), at)
        });
    }
    all
}

/// What must be the same. Without names and ids, which differ, and without what only the running
/// session shows.
#[derive(Debug, PartialEq)]
struct Essence {
    evse: i32,
    connector: Option<i32>,
    token: Option<String>,
    state: SessionState,
    started_at: Moment,
    ended_at: Option<Moment>,
    registers: (Option<i64>, Option<i64>),
    stop_reason: Option<String>,
    suspicions: Vec<Suspicion>,
    readings: usize,
}

async fn essence(t: &TestApp, link: &StationLink) -> Vec<Essence> {
    let mut all = Vec::new();
    for session in sessions_of(t, link.id()).await {
        let readings = sessions::meter(&t.app, &t.admin, session.id)
            .await
            .unwrap()
            .len();
        all.push(essence_of(session, readings));
    }
    all
}

fn essence_of(session: Session, readings: usize) -> Essence {
    Essence {
        evse: session.evse,
        connector: session.connector,
        token: session.token.as_ref().map(|t| t.sealed().key()),
        state: session.state,
        started_at: session.started_at,
        ended_at: session.ended_at,
        registers: (
            session.first_register.map(|r| r.get()),
            session.last_register.map(|r| r.get()),
        ),
        stop_reason: session.stop_reason,
        suspicions: session.suspicions,
        readings,
    }
}

#[test]
fn numbered_reports_in_any_order_and_number() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let t = runtime.block_on(TestApp::new());
    let mut runner = TestRunner::new(Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    });
    // Each case: charges, and an order of delivery with repetitions.
    let strategy = prop::collection::vec(charge(), 1..4).prop_flat_map(|charges| {
        let count: usize = charges.iter().map(|c| c.steps.len() + 2).sum();
        let extra = prop::collection::vec(0..count, 0..count);
        let order = extra.prop_flat_map(move |extra| {
            let all: Vec<usize> = (0..count).chain(extra).collect();
            Just(all).prop_shuffle()
        });
        (Just(charges), order)
    });
    let mut case = 0;
    let case = std::cell::RefCell::new(&mut case);
    runner
        .run(&strategy, |(charges, order)| {
            **case.borrow_mut() += 1;
            let n = **case.borrow();
            runtime.block_on(async {
                let reports = reports(&charges, t.app.now());
                let mut once = t.booted(&format!("ONCE-{n}"), None).await;
                for report in &reports {
                    let message = Message::Transaction(Box::new(report.clone()));
                    t.say(&mut once, message).await.unwrap();
                }
                let mut often = t.booted(&format!("OFTEN-{n}"), None).await;
                for (i, which) in order.iter().enumerate() {
                    if i % 5 == 4 {
                        often = t.connect(&format!("OFTEN-{n}")).await;
                    }
                    let message = Message::Transaction(Box::new(reports[*which].clone()));
                    t.say(&mut often, message).await.unwrap();
                }
                let (once, often) = (essence(&t, &once).await, essence(&t, &often).await);
                prop_assert_eq!(once, often);
                Ok(())
            })
        })
        .unwrap();
}

/// A 1.6 station repeats its requests until it is answered, in order.
#[test]
fn retried_requests_of_an_older_station() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let t = runtime.block_on(TestApp::new());
    let mut runner = TestRunner::new(Config {
        cases: 25,
        failure_persistence: None,
        ..Config::default()
    });
    let strategy = prop::collection::vec((1..=2i32, 1..9_000i64, 1..4usize, 1..4usize), 1..5);
    let case = std::cell::Cell::new(0);
    runner
        .run(&strategy, |charges| {
            case.set(case.get() + 1);
            let n = case.get();
            runtime.block_on(async {
                let mut outcomes = Vec::new();
                for retried in [false, true] {
                    let identity = format!("CP-{n}-{retried}");
                    let mut link = t.booted(&identity, None).await;
                    let mut clock = t.app.now() - TimeDelta::hours(20);
                    for (evse, energy, starts, stops) in &charges {
                        let times = |n: &usize| if retried { *n } else { 1 };
                        clock += TimeDelta::minutes(2);
                        let begun = start(*evse, "CARD", clock, 100);
                        let mut given = Vec::new();
                        for _ in 0..times(starts) {
                            let reply = t.say(&mut link, begun.clone()).await.unwrap();
                            given.push(number(&reply));
                            if retried {
                                link = t.connect(&identity).await;
                            }
                        }
                        given.dedup();
                        prop_assert_eq!(given.len(), 1);
                        clock += TimeDelta::minutes(2);
                        let points = vec![point(clock, 100 + energy / 2, 3_000)];
                        let message = readings(*evse, Some(numbered(given[0])), points);
                        t.say(&mut link, message).await.unwrap();
                        clock += TimeDelta::minutes(2);
                        let end = stop(numbered(given[0]), clock, 100 + energy);
                        for _ in 0..times(stops) {
                            t.say(&mut link, end.clone()).await.unwrap();
                        }
                    }
                    outcomes.push(essence(&t, &link).await);
                }
                let often = outcomes.pop();
                prop_assert_eq!(outcomes.pop(), often);
                Ok(())
            })
        })
        .unwrap();
}
