//! What stations of the tests say.

use busbar_app::sessions::{self, SessionQuery, SessionView};
use busbar_app::testing::TestApp;
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::StationId;
use domain::message::{Message, MeterReport, Phase, Reply, TransactionName, TransactionReport};
use domain::meter::{MeterPoint, ReadingContext};
use domain::page::PageRequest;
use domain::quantity::{WattHours, Watts};
use domain::session::Session;
use domain::token::{PresentedToken, TokenKind, TokenUid};

/// `minutes` before the present.
pub fn ago(t: &TestApp, minutes: i64) -> Moment {
    t.app.now() - TimeDelta::minutes(minutes)
}

/// A card.
pub fn card(uid: &str) -> PresentedToken {
    PresentedToken {
        uid: TokenUid::new(uid),
        kind: TokenKind::Iso14443,
    }
}

/// A reading.
pub fn point(at: Moment, wh: i64, w: i64) -> MeterPoint {
    MeterPoint {
        energy: Some(WattHours::new(wh)),
        power: Some(Watts::new(w)),
        ..MeterPoint::empty(at, ReadingContext::Periodic)
    }
}

/// A report with nothing but its place.
pub fn report(phase: Phase, name: TransactionName, at: Moment) -> TransactionReport {
    TransactionReport {
        phase,
        name,
        evse: None,
        connector: None,
        token: None,
        at,
        seq: None,
        offline: false,
        trigger: None,
        stop_reason: None,
        charging: None,
        register: None,
        points: Vec::new(),
        remote_start: None,
        reservation: None,
    }
}

/// A 1.6 start.
pub fn start(evse: i32, uid: &str, at: Moment, register: i64) -> Message {
    Message::Transaction(Box::new(TransactionReport {
        evse: Some(evse),
        connector: Some(1),
        token: Some(card(uid)),
        register: Some(WattHours::new(register)),
        ..report(Phase::Started, TransactionName::Asked, at)
    }))
}

/// A 1.6 stop.
pub fn stop(name: TransactionName, at: Moment, register: i64) -> Message {
    Message::Transaction(Box::new(TransactionReport {
        register: Some(WattHours::new(register)),
        stop_reason: Some("Local".to_owned()),
        ..report(Phase::Ended, name, at)
    }))
}

/// 1.6 readings.
pub fn readings(evse: i32, name: Option<TransactionName>, points: Vec<MeterPoint>) -> Message {
    Message::Meter(MeterReport {
        evse,
        transaction: name,
        points,
    })
}

/// The name by a number.
pub fn numbered(number: i32) -> TransactionName {
    TransactionName::Given(number.to_string())
}

/// The number in a reply.
pub fn number(reply: &Reply) -> i32 {
    match reply {
        Reply::Transaction {
            number: Some(number),
            ..
        } => *number,
        other => panic!("no number: {other:?}"),
    }
}

/// The sessions of a station, by their beginning.
pub async fn sessions_of(t: &TestApp, station: StationId) -> Vec<Session> {
    let views = views_of(t, station).await;
    let mut found: Vec<Session> = views.into_iter().map(|v| v.session).collect();
    found.sort_by_key(|s| (s.started_at, s.evse));
    found
}

/// The same as the Administrator sees them.
pub async fn views_of(t: &TestApp, station: StationId) -> Vec<SessionView> {
    let query = SessionQuery {
        station: Some(station),
        ..SessionQuery::default()
    };
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    sessions::list(&t.app, &t.admin, &query, &page)
        .await
        .unwrap()
        .rows
}
