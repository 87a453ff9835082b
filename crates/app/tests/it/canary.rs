//! A card number is planted everywhere it can come from. Whoever may not read driver data must
//! find it nowhere.

use std::fmt::Write as _;

use bus::Order;
use busbar_app::live::{self, Subscribed, Topic};
use busbar_app::logs::{self, LogQuery, Whose};
use busbar_app::testing::TestApp;
use busbar_app::{StationLink, commands, driver_data, ingest, jobs, sessions, stations};
use domain::command::{Command, CommandState, Outcome};
use domain::message::{Message, Notice, NoticeKind, Phase, VendorMessage};
use domain::meter::OtherReading;
use domain::page::PageRequest;
use domain::role::{Caller, Role};
use domain::token::{TokenKind, TokenUid};
use domain::wire_log::FrameKind;

use crate::told::{ago, number, numbered, point, readings, report, start, views_of};

const CANARY: &str = "CANARY-0123456789-BIRD";
/// The end that a mask may show.
const SHOWN: &str = "BIRD";

/// A station whose every message carries the card.
async fn planted(t: &TestApp) -> StationLink {
    let mut link = t.booted("CP-1", None).await;
    let n = number(
        &t.say(&mut link, start(1, CANARY, ago(t, 60), 0))
            .await
            .unwrap(),
    );
    let mut signed = point(ago(t, 30), 500, 7_000);
    signed.others.push(OtherReading {
        measurand: "Energy.Active.Import.Register".to_owned(),
        phase: None,
        location: None,
        unit: None,
        value: format!("OCMF|{{\"ID\":\"{CANARY}\"}}"),
    });
    t.say(&mut link, readings(1, Some(numbered(n)), vec![signed]))
        .await
        .unwrap();
    let vendor = Message::Vendor(VendorMessage {
        vendor: "Acme".to_owned(),
        message: None,
        data: Some(format!("card {CANARY}")),
    });
    t.say(&mut link, vendor).await.unwrap();
    let notice = Message::Noticed {
        notices: vec![Notice {
            kind: NoticeKind::SecurityEvent,
            title: "InvalidToken".to_owned(),
            at: None,
            detail: format!(r#"{{"idToken":{{"idToken":"{CANARY}"}}}}"#),
        }],
        statuses: Vec::new(),
    };
    t.say(&mut link, notice).await.unwrap();
    let payload = format!(r#"{{"idTag":"{CANARY}"}}"#);
    let end = 10 + u32::try_from(CANARY.len()).unwrap();
    let marked = t.frame(&link, "Authorize", &payload, &[(10, end)]);
    let mut unreadable = t.frame(&link, "", &payload, &[]);
    unreadable.kind = FrameKind::Unreadable;
    ingest::note(&t.app, &link, &[marked, unreadable]);
    // A stop whose token is another one.
    let mut end = report(Phase::Ended, numbered(n), ago(t, 1));
    end.token = Some(crate::told::card(&format!("{CANARY}2")));
    t.say(&mut link, Message::Transaction(Box::new(end)))
        .await
        .unwrap();
    t.app_flush().await;
    link
}

trait Flush {
    async fn app_flush(&self);
}

impl Flush for TestApp {
    /// The lane runs in order: when this is stored, so is everything before it.
    async fn app_flush(&self) {
        jobs::write_deferred(&self.app).await;
        jobs::publish_outbox(&self.app).await.unwrap();
    }
}

/// Two commands that name the card, one of them answered with it.
async fn ordered(t: &TestApp, link: &mut StationLink) {
    let mut mailbox = link.take_mailbox().unwrap();
    let begin = Command::StartSession {
        evse: Some(1),
        token: TokenUid::new(CANARY),
        token_kind: TokenKind::Central,
        remote_start: 0,
    };
    let raw = Command::Raw {
        action: "SendLocalList".to_owned(),
        payload: format!(r#"{{"localAuthorizationList":[{{"idTag":"{CANARY}"}}]}}"#),
    };
    for command in [begin, raw] {
        let id = commands::issue(&t.app, &t.admin, link.id(), command)
            .await
            .unwrap()
            .id;
        let Order::Command(errand) = mailbox.recv().await else {
            panic!("no command");
        };
        let outcome = Outcome {
            state: CommandState::Accepted,
            answer: Some(format!(r#"{{"idTagInfo":{{"parentIdTag":"{CANARY}"}}}}"#)),
            error: None,
            ..Outcome::default()
        };
        assert!(
            commands::settle(&t.app, link, id, outcome.clone())
                .await
                .unwrap()
        );
        errand.reply.send(outcome);
    }
}

/// Everything that a caller can read, as text. Revealed only with the caller's own grant.
async fn everything(t: &TestApp, caller: &Caller, link: &StationLink) -> String {
    let (app, id) = (&t.app, link.id());
    let page = PageRequest {
        limit: 100,
        cursor: None,
    };
    let mut text = String::new();
    let grant = driver_data(app, caller);
    for view in views_of(t, id).await {
        let seen = sessions::find(app, caller, view.session.id).await.unwrap();
        let _ = write!(text, "{seen:?}");
        if let (Some(grant), Some(token)) = (&grant, seen.token()) {
            text.push_str(token.reveal(grant).as_str());
        }
        let points = sessions::meter(app, caller, view.session.id).await.unwrap();
        let _ = write!(text, "{points:?}");
    }
    let _ = write!(
        text,
        "{:?}",
        stations::meter(app, caller, id, 600).await.unwrap()
    );
    let _ = write!(text, "{:?}", stations::find(app, caller, id).await.unwrap());
    let _ = write!(
        text,
        "{:?}",
        stations::notices(app, caller, id, &page).await.unwrap()
    );
    let _ = write!(
        text,
        "{:?}",
        stations::deviations(app, caller, id).await.unwrap()
    );
    let logged = logs::list(
        app,
        caller,
        &Whose::Station(id),
        &LogQuery::default(),
        &page,
    )
    .await
    .unwrap();
    assert!(logged.rows.len() >= 5);
    let _ = write!(text, "{logged:?}");
    if let Ok(commands) = commands::list(app, caller, id, &page).await {
        for record in commands.rows {
            // What the API will show: the body and the outcome.
            text.push_str(&serde_json::to_string(&record.command).unwrap());
            text.push_str(&serde_json::to_string(&record.outcome).unwrap());
        }
    }
    let topics = Topic::ALL;
    let Subscribed::Stream(mut live) = live::subscribe(app, caller, &topics, Some(0))
        .await
        .unwrap()
    else {
        panic!("gone");
    };
    while let Some(Some(item)) = futures_util::FutureExt::now_or_never(live.next()) {
        let _ = write!(text, "{item:?}");
    }
    text
}

async fn search(t: &TestApp, caller: &Caller, link: &StationLink, text: &str) -> usize {
    let query = LogQuery {
        text: Some(text.to_owned()),
        ..LogQuery::default()
    };
    let page = PageRequest::default();
    logs::list(&t.app, caller, &Whose::Station(link.id()), &query, &page)
        .await
        .unwrap()
        .rows
        .len()
}

#[tokio::test]
async fn the_card_is_nowhere_for_those_who_may_not_know() {
    let t = TestApp::new().await;
    let mut link = planted(&t).await;
    ordered(&t, &mut link).await;
    t.app_flush().await;
    let hidden = CANARY.strip_suffix(SHOWN).unwrap().to_lowercase();
    for role in [Role::Viewer, Role::Technician, Role::ChargingManager] {
        let caller = t.caller(&[role], None);
        let text = everything(&t, &caller, &link).await.to_lowercase();
        for part in ["canary", "0123456789", hidden.as_str()] {
            assert!(!text.contains(part), "{} sees {part}", role.key());
        }
        assert_eq!(
            search(&t, &caller, &link, "CANARY").await,
            0,
            "a search is no oracle"
        );
    }
    for role in [Role::Administrator, Role::DriverManager] {
        let caller = t.caller(&[role], None);
        let text = everything(&t, &caller, &link).await;
        assert!(text.contains(CANARY), "{} may know", role.key());
        assert_eq!(search(&t, &caller, &link, "canary").await, 2);
    }
}
