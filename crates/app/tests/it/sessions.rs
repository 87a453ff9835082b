//! Sessions from what stations say: once, whatever is repeated, and doubted where they should be.

use busbar_app::ingest::Failure;
use busbar_app::testing::TestApp;
use busbar_app::tokens::{self, NewToken, TokenEdit};
use busbar_app::{StationLink, sessions, sites, stations};
use domain::clock::Moment;
use domain::message::{
    ChargingState, Message, Phase, Reply, StatusReport, TransactionName, TransactionReport,
};
use domain::session::{SessionState, Suspicion};
use domain::site::AdminState;
use domain::station::{ConnectorStatus, Registration};
use domain::token::{TokenKind, TokenState, TokenUid, VerdictWord};

use crate::told::{ago, card, number, numbered, point, readings, report, sessions_of, start, stop};

async fn known(t: &TestApp, uid: &str, group: Option<&str>) -> domain::token::Token {
    let new = NewToken {
        uid: TokenUid::new(uid),
        kind: TokenKind::Iso14443,
        label: None,
        group: group.map(str::to_owned),
        expires_at: None,
    };
    tokens::create(&t.app, &t.admin, new).await.unwrap()
}

fn verdict(reply: &Reply) -> VerdictWord {
    match reply {
        Reply::Authorize(v) => v.word,
        Reply::Transaction {
            verdict: Some(v), ..
        } => v.word,
        other => panic!("no verdict: {other:?}"),
    }
}

#[tokio::test]
async fn a_charge_from_start_to_stop() {
    let t = TestApp::new().await;
    let token = known(&t, "04AABBCC", None).await;
    let mut link = t.booted("CP-1", None).await;
    let reply = t
        .say(&mut link, start(1, "04aabbcc", ago(&t, 60), 1_000))
        .await
        .unwrap();
    assert_eq!(
        verdict(&reply),
        VerdictWord::Accepted,
        "tokens are compared without case"
    );
    let n = number(&reply);
    assert!(n > 0);
    let points = vec![point(ago(&t, 30), 6_000, 11_000)];
    t.say(&mut link, readings(1, Some(numbered(n)), points))
        .await
        .unwrap();
    let running = &sessions_of(&t, link.id()).await[0];
    assert_eq!(running.state, SessionState::Active);
    assert_eq!(running.energy().unwrap().get(), 5_000);
    assert_eq!(running.power.unwrap().get(), 11_000);
    let evses = stations::evses(&t.app, &t.admin, link.id()).await.unwrap();
    assert_eq!(evses[0].evse.session, Some(running.id));
    assert_eq!(evses[0].power.unwrap().get(), 11_000);

    t.say(&mut link, stop(numbered(n), ago(&t, 1), 9_000))
        .await
        .unwrap();
    let over = &sessions_of(&t, link.id()).await[0];
    assert_eq!(over.state, SessionState::Ended);
    assert_eq!(over.energy().unwrap().get(), 8_000);
    assert!(over.suspicions.is_empty(), "{:?}", over.suspicions);
    assert_eq!(over.token_id, Some(token.id));
    let evses = stations::evses(&t.app, &t.admin, link.id()).await.unwrap();
    assert_eq!((evses[0].evse.session, evses[0].power), (None, None));
    let meter = sessions::meter(&t.app, &t.admin, over.id).await.unwrap();
    assert_eq!(meter.len(), 1);
    let (used, _) = tokens::find(&t.app, &t.admin, token.id).await.unwrap();
    assert_eq!(used.last_used_at, Some(t.app.now()));
}

#[tokio::test]
async fn a_repeated_start_gets_the_same_number_even_after_a_reconnect() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let begun = start(1, "A", ago(&t, 60), 0);
    let first = number(&t.say(&mut link, begun.clone()).await.unwrap());
    assert_eq!(
        number(&t.say(&mut link, begun.clone()).await.unwrap()),
        first
    );
    let mut again = t.connect("CP-1").await;
    assert!(again.epoch() > link.epoch());
    assert_eq!(
        again.registration(),
        Registration::Accepted,
        "no new boot is needed"
    );
    assert_eq!(
        number(&t.say(&mut again, begun.clone()).await.unwrap()),
        first
    );
    t.say(&mut again, stop(numbered(first), ago(&t, 5), 100))
        .await
        .unwrap();
    assert_eq!(
        number(&t.say(&mut again, begun).await.unwrap()),
        first,
        "even when it is over"
    );
    let all = sessions_of(&t, link.id()).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].state, SessionState::Ended);
}

#[tokio::test]
async fn a_repeated_stop_changes_nothing() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let n = number(
        &t.say(&mut link, start(1, "A", ago(&t, 60), 0))
            .await
            .unwrap(),
    );
    let mut end = report(Phase::Ended, numbered(n), ago(&t, 5));
    end.points = vec![point(ago(&t, 6), 900, 0)];
    end.register = Some(domain::quantity::WattHours::new(1_000));
    let end = Message::Transaction(Box::new(end));
    t.say(&mut link, end.clone()).await.unwrap();
    let before = sessions_of(&t, link.id()).await;
    t.say(&mut link, end).await.unwrap();
    t.say(&mut link, stop(numbered(n), ago(&t, 1), 5_000))
        .await
        .unwrap();
    assert_eq!(sessions_of(&t, link.id()).await, before);
    let meter = sessions::meter(&t.app, &t.admin, before[0].id)
        .await
        .unwrap();
    assert_eq!(
        meter.len(),
        1,
        "readings of the repeated stop are not kept twice"
    );
}

#[tokio::test]
async fn the_next_start_ends_what_was_never_ended_until_the_end_arrives() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let first = number(
        &t.say(&mut link, start(1, "A", ago(&t, 60), 0))
            .await
            .unwrap(),
    );
    t.say(&mut link, start(2, "B", ago(&t, 50), 0))
        .await
        .unwrap();
    let third = number(
        &t.say(&mut link, start(1, "C", ago(&t, 40), 500))
            .await
            .unwrap(),
    );
    assert_ne!(first, third);
    let all = sessions_of(&t, link.id()).await;
    assert_eq!(all[0].state, SessionState::Ended);
    assert!(all[0].suspicions.contains(&Suspicion::NeverEnded));
    assert_eq!(all[0].ended_at, Some(ago(&t, 40)));
    assert!(all[1..].iter().all(|s| s.state == SessionState::Active));
    t.say(&mut link, stop(numbered(first), ago(&t, 45), 400))
        .await
        .unwrap();
    let late = &sessions_of(&t, link.id()).await[0];
    assert!(!late.suspicions.contains(&Suspicion::NeverEnded));
    assert_eq!(late.ended_at, Some(ago(&t, 45)));
    assert_eq!(late.energy().unwrap().get(), 400);
}

#[tokio::test]
async fn a_stop_that_nobody_knows_is_answered_as_if_valid_and_kept_once() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let end = stop(numbered(4711), ago(&t, 5), 7_000);
    for _ in 0..3 {
        let reply = t.say(&mut link, end.clone()).await.unwrap();
        assert!(matches!(reply, Reply::Transaction { number: None, .. }));
    }
    let all = sessions_of(&t, link.id()).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].state, SessionState::Ended);
    assert!(all[0].start_is_missing());
}

#[tokio::test]
async fn a_lost_number_means_the_session_that_runs_there() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    t.say(&mut link, start(1, "A", ago(&t, 60), 0))
        .await
        .unwrap();
    let lost = || TransactionName::Lost("-1".to_owned());
    let points = vec![point(ago(&t, 30), 300, 1_000)];
    t.say(&mut link, readings(1, Some(lost()), points))
        .await
        .unwrap();
    for _ in 0..2 {
        t.say(&mut link, stop(lost(), ago(&t, 5), 500))
            .await
            .unwrap();
    }
    let all = sessions_of(&t, link.id()).await;
    assert_eq!(all.len(), 1, "the repeated stop makes no second session");
    assert_eq!(all[0].energy().unwrap().get(), 500);
    assert!(all[0].suspicions.contains(&Suspicion::LostNumber));
    assert!(!all[0].start_is_missing());

    for _ in 0..2 {
        t.say(&mut link, stop(lost(), ago(&t, 2), 900))
            .await
            .unwrap();
    }
    let all = sessions_of(&t, link.id()).await;
    assert_eq!(all.len(), 2, "nothing ran: a session of its own, once");
    assert!(all[1].suspicions.contains(&Suspicion::LostNumber));
    assert!(all[1].start_is_missing());
}

#[tokio::test]
async fn another_stations_transaction_is_out_of_reach() {
    let t = TestApp::new().await;
    let mut a = t.booted("CP-A", None).await;
    let mut b = t.booted("CP-B", None).await;
    let n = number(&t.say(&mut a, start(1, "A", ago(&t, 60), 0)).await.unwrap());
    let points = vec![point(ago(&t, 30), 99_000, 1_000)];
    t.say(&mut b, readings(1, Some(numbered(n)), points))
        .await
        .unwrap();
    t.say(&mut b, stop(numbered(n), ago(&t, 20), 99_000))
        .await
        .unwrap();
    let of_a = &sessions_of(&t, a.id()).await[0];
    assert_eq!(of_a.state, SessionState::Active);
    assert_eq!(of_a.energy().unwrap().get(), 0);
    assert!(sessions_of(&t, b.id()).await[0].start_is_missing());
    let kept = stations::meter(&t.app, &t.admin, b.id(), 120)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1, "the readings are kept with the station");
}

#[tokio::test]
async fn readings_after_the_end_make_no_energy() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let n = number(
        &t.say(&mut link, start(1, "A", ago(&t, 60), 0))
            .await
            .unwrap(),
    );
    t.say(&mut link, stop(numbered(n), ago(&t, 30), 500))
        .await
        .unwrap();
    let points = vec![point(ago(&t, 31), 400, 0), point(ago(&t, 10), 90_000, 0)];
    t.say(&mut link, readings(1, Some(numbered(n)), points))
        .await
        .unwrap();
    let over = &sessions_of(&t, link.id()).await[0];
    assert_eq!(over.energy().unwrap().get(), 500);
    let meter = sessions::meter(&t.app, &t.admin, over.id).await.unwrap();
    assert_eq!(
        meter.len(),
        1,
        "only the reading from before the end belongs to it"
    );
}

#[tokio::test]
async fn a_wrong_clock_and_a_meter_that_goes_back_are_doubted() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let epoch = chrono::DateTime::from_timestamp(0, 0).unwrap();
    let n = number(&t.say(&mut link, start(1, "A", epoch, 1_000)).await.unwrap());
    t.say(&mut link, stop(numbered(n), ago(&t, 5), 400))
        .await
        .unwrap();
    let over = &sessions_of(&t, link.id()).await[0];
    assert!(over.suspicions.contains(&Suspicion::WrongClock));
    assert!(over.suspicions.contains(&Suspicion::MeterWentBack));
}

#[tokio::test]
async fn tokens_are_judged_by_state_place_and_time() {
    let t = TestApp::new().await;
    let token = known(&t, "CARD-1", Some("fleet")).await;
    let site = sites::SiteEdit {
        name: Some("Yard".to_owned()),
        ..sites::SiteEdit::default()
    };
    let site = sites::create(&t.app, &t.admin, site).await.unwrap().site.id;
    let mut link = t.booted("CP-1", Some(site)).await;
    let ask = async |link: &mut busbar_app::StationLink, uid: &str| {
        verdict(&t.say(link, Message::Authorize(card(uid))).await.unwrap())
    };
    assert_eq!(ask(&mut link, "card-1").await, VerdictWord::Accepted);
    assert_eq!(ask(&mut link, "CARD-2").await, VerdictWord::Unknown);
    assert_eq!(ask(&mut link, "").await, VerdictWord::Unknown);
    let state = |state| sites::SiteEdit {
        admin_state: Some(state),
        ..sites::SiteEdit::default()
    };
    for closed in [
        AdminState::InMaintenance,
        AdminState::InDeployment,
        AdminState::OutOfService,
    ] {
        sites::edit(&t.app, &t.admin, site, state(closed))
            .await
            .unwrap();
        assert_eq!(ask(&mut link, "CARD-1").await, VerdictWord::NotHere);
    }
    sites::edit(&t.app, &t.admin, site, state(AdminState::InService))
        .await
        .unwrap();
    let blocked = TokenEdit {
        state: Some(TokenState::Blocked),
        ..TokenEdit::default()
    };
    tokens::edit(&t.app, &t.admin, token.id, blocked)
        .await
        .unwrap();
    assert_eq!(ask(&mut link, "CARD-1").await, VerdictWord::Blocked);
    let expired = TokenEdit {
        state: Some(TokenState::Active),
        expires_at: Some(Some(t.app.now())),
        ..TokenEdit::default()
    };
    tokens::edit(&t.app, &t.admin, token.id, expired)
        .await
        .unwrap();
    assert_eq!(ask(&mut link, "CARD-1").await, VerdictWord::Expired);

    let reply = t
        .say(&mut link, start(1, "CARD-1", ago(&t, 5), 0))
        .await
        .unwrap();
    assert!(number(&reply) > 0, "a start is never refused");
    assert_eq!(verdict(&reply), VerdictWord::Expired);
    let begun = &sessions_of(&t, link.id()).await[0];
    assert!(begun.suspicions.contains(&Suspicion::NotAuthorized));
}

#[tokio::test]
async fn another_token_may_stop_a_session_of_its_group() {
    let t = TestApp::new().await;
    known(&t, "A", Some("family")).await;
    known(&t, "B", Some("family")).await;
    let mut link = t.booted("CP-1", None).await;
    for (stopper, doubted) in [("B", false), ("STRANGER", true)] {
        let begun = start(1, "A", ago(&t, if doubted { 20 } else { 60 }), 0);
        let n = number(&t.say(&mut link, begun).await.unwrap());
        let mut end = report(
            Phase::Ended,
            numbered(n),
            ago(&t, if doubted { 10 } else { 40 }),
        );
        end.token = Some(card(stopper));
        end.register = Some(domain::quantity::WattHours::new(10));
        t.say(&mut link, Message::Transaction(Box::new(end)))
            .await
            .unwrap();
        let last = sessions_of(&t, link.id()).await.pop().unwrap();
        assert_eq!(last.suspicions.contains(&Suspicion::TokenMismatch), doubted);
    }
}

#[tokio::test]
async fn a_2x_end_before_its_start_comes_right() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let name = || TransactionName::Given("tx-1".to_owned());
    let end = TransactionReport {
        seq: Some(2),
        points: vec![point(ago(&t, 5), 5_000, 0)],
        ..report(Phase::Ended, name(), ago(&t, 5))
    };
    t.say(&mut link, Message::Transaction(Box::new(end)))
        .await
        .unwrap();
    assert!(sessions_of(&t, link.id()).await[0].start_is_missing());
    let begin = TransactionReport {
        seq: Some(0),
        evse: Some(2),
        connector: Some(1),
        token: Some(card("A")),
        points: vec![point(ago(&t, 60), 1_000, 0)],
        ..report(Phase::Started, name(), ago(&t, 60))
    };
    t.say(&mut link, Message::Transaction(Box::new(begin)))
        .await
        .unwrap();
    let over = &sessions_of(&t, link.id()).await[0];
    assert_eq!(over.state, SessionState::Ended);
    assert_eq!((over.evse, over.energy().unwrap().get()), (2, 4_000));
    assert_eq!(
        over.suspicions,
        [Suspicion::NotAuthorized],
        "the card is unknown"
    );
    assert_eq!(over.started_at, ago(&t, 60));
}

/// What a connector says at `at`.
fn says(status: ConnectorStatus, at: Moment) -> Message {
    Message::Status(StatusReport {
        evse: 1,
        connector: 1,
        status,
        error_code: None,
        error_info: None,
        at: Some(at),
    })
}

async fn status_of(t: &TestApp, link: &StationLink) -> ConnectorStatus {
    let evses = stations::evses(&t.app, &t.admin, link.id()).await.unwrap();
    evses[0].evse.status()
}

#[tokio::test]
async fn an_older_status_does_not_overwrite_a_newer_one() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let newer = says(ConnectorStatus::Charging, ago(&t, 5));
    t.say(&mut link, newer).await.unwrap();
    let older = says(ConnectorStatus::Preparing, ago(&t, 9));
    t.say(&mut link, older).await.unwrap();
    assert_eq!(status_of(&t, &link).await, ConnectorStatus::Charging);
}

#[tokio::test]
async fn a_wrong_clock_neither_hides_a_status_nor_those_after_it() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let ahead = says(ConnectorStatus::Available, ago(&t, -60 * 24 * 365));
    t.say(&mut link, ahead).await.unwrap();
    let right = says(ConnectorStatus::Preparing, t.app.now());
    t.say(&mut link, right).await.unwrap();
    assert_eq!(status_of(&t, &link).await, ConnectorStatus::Preparing);
    let in_1970 = says(ConnectorStatus::Faulted, Moment::UNIX_EPOCH);
    t.say(&mut link, in_1970).await.unwrap();
    assert_eq!(status_of(&t, &link).await, ConnectorStatus::Faulted);
}

/// Where statuses know only "occupied", the session tells the rest.
#[tokio::test]
async fn an_occupied_connector_shows_what_its_session_does() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let occupied = says(ConnectorStatus::Occupied, ago(&t, 9));
    t.say(&mut link, occupied).await.unwrap();
    let told = |phase, seq, charging| {
        Message::Transaction(Box::new(TransactionReport {
            evse: Some(1),
            seq: Some(seq),
            charging,
            ..report(phase, TransactionName::Given("tx".to_owned()), ago(&t, 8))
        }))
    };
    let steps = [
        (
            Phase::Started,
            Some(ChargingState::EvConnected),
            ConnectorStatus::Occupied,
        ),
        (
            Phase::Updated,
            Some(ChargingState::Charging),
            ConnectorStatus::Charging,
        ),
        (Phase::Updated, None, ConnectorStatus::Charging),
        (
            Phase::Updated,
            Some(ChargingState::SuspendedEv),
            ConnectorStatus::SuspendedEv,
        ),
        (
            Phase::Updated,
            Some(ChargingState::Charging),
            ConnectorStatus::Charging,
        ),
    ];
    for (seq, (phase, charging, shown)) in (0..).zip(steps) {
        t.say(&mut link, told(phase, seq, charging)).await.unwrap();
        assert_eq!(status_of(&t, &link).await, shown, "after report {seq}");
    }
    let again = says(ConnectorStatus::Occupied, ago(&t, 2));
    t.say(&mut link, again).await.unwrap();
    assert_eq!(status_of(&t, &link).await, ConnectorStatus::Charging);
    t.say(&mut link, told(Phase::Ended, 5, None)).await.unwrap();
    assert_eq!(status_of(&t, &link).await, ConnectorStatus::Occupied);
    let free = says(ConnectorStatus::Available, ago(&t, 1));
    t.say(&mut link, free).await.unwrap();
    assert_eq!(status_of(&t, &link).await, ConnectorStatus::Available);
}

/// Two connections of one station that do not know of each other tell the same.
#[tokio::test]
async fn what_two_connections_tell_counts_once() {
    let t = TestApp::new().await;
    let mut old = t.booted("CP-1", None).await;
    let mut new = t.connect("CP-1").await;
    let told = |phase, seq, wh| {
        Message::Transaction(Box::new(TransactionReport {
            evse: Some(1),
            seq: Some(seq),
            points: vec![point(ago(&t, 8), wh, 7_000)],
            ..report(phase, TransactionName::Given("tx".to_owned()), ago(&t, 8))
        }))
    };
    for (seq, wh) in [(0, 1_000), (1, 2_000), (2, 3_000)] {
        let phase = if seq == 0 {
            Phase::Started
        } else {
            Phase::Updated
        };
        t.say(&mut old, told(phase, seq, wh)).await.unwrap();
    }
    for (seq, wh) in [(0, 1_000), (1, 2_000), (3, 4_000), (2, 3_000)] {
        let phase = if seq == 0 {
            Phase::Started
        } else {
            Phase::Updated
        };
        t.say(&mut new, told(phase, seq, wh)).await.unwrap();
    }
    // The old one goes on by what it remembers.
    t.say(&mut old, told(Phase::Updated, 3, 4_000))
        .await
        .unwrap();
    t.say(&mut old, told(Phase::Ended, 4, 5_000)).await.unwrap();
    t.say(&mut new, told(Phase::Ended, 4, 5_000)).await.unwrap();
    let start_once = start(2, "A", ago(&t, 3), 10);
    let first = number(&t.say(&mut old, start_once.clone()).await.unwrap());
    let again = number(&t.say(&mut new, start_once).await.unwrap());
    assert_eq!(first, again);
    let [session, other] = &sessions_of(&t, new.id()).await[..] else {
        panic!("not two sessions");
    };
    assert_eq!(session.state, SessionState::Ended);
    assert_eq!(session.energy().unwrap().get(), 4_000);
    assert_eq!(other.evse, 2);
    let meter = sessions::meter(&t.app, &t.admin, session.id).await.unwrap();
    assert_eq!(meter.len(), 5, "each reading is on record once");
}

#[tokio::test]
async fn before_its_boot_a_station_may_only_boot() {
    let t = TestApp::new().await;
    t.station("CP-1", None).await;
    let mut link = t.connect("CP-1").await;
    let reply = t
        .say(&mut link, start(1, "A", ago(&t, 5), 0))
        .await
        .unwrap();
    assert_eq!(reply, Reply::NotYet);
    assert_eq!(
        t.say(&mut link, Message::Heartbeat).await.unwrap(),
        Reply::NotYet
    );
    assert!(sessions_of(&t, link.id()).await.is_empty());
}

#[tokio::test]
async fn an_unclaimed_station_waits_and_comes_in_again_once_it_is_claimed() {
    let t = TestApp::new().await;
    let mut link = t.connect("NEW-1").await;
    assert!(link.is_unclaimed());
    let boot = Message::Boot(domain::message::Boot {
        hardware: domain::station::Hardware {
            vendor: Some("Acme".to_owned()),
            ..domain::station::Hardware::default()
        },
        reason: None,
    });
    let reply = t.say(&mut link, boot.clone()).await.unwrap();
    let Reply::Boot { registration, .. } = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(registration, Registration::Pending);
    assert_eq!(
        t.say(&mut link, Message::Heartbeat).await.unwrap(),
        Reply::NotYet
    );
    let waiting = busbar_app::attempts::unclaimed(&t.app, &t.admin)
        .await
        .unwrap();
    assert_eq!(waiting[0].vendor.as_deref(), Some("Acme"));
    t.station("new-1", None).await;
    assert_eq!(t.say(&mut link, boot).await, Err(Failure::Reconnect));
    assert!(
        busbar_app::attempts::unclaimed(&t.app, &t.admin)
            .await
            .unwrap()
            .is_empty()
    );
}
