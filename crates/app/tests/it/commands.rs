//! Commands: written down before they are sent, sent once, settled once.

use std::time::Duration;

use bus::{Errand, Mailbox, Order};
use busbar_app::testing::TestApp;
use busbar_app::{Error, StationLink, commands, jobs, raw};
use domain::command::{Command, CommandError, CommandState, Outcome, ResetKind};
use domain::message::{Message, Reply};
use domain::page::PageRequest;
use domain::role::{Permission, Role};
use domain::token::{TokenKind, TokenUid, VerdictWord};

use crate::told::card;

const LONG: Duration = Duration::from_secs(20);

fn reset() -> Command {
    Command::Reset {
        kind: ResetKind::Soft,
        evse: None,
    }
}

fn outcome(state: CommandState, answer: &str) -> Outcome {
    Outcome {
        state,
        answer: Some(answer.to_owned()),
        error: None,
        ..Outcome::default()
    }
}

async fn errand(mailbox: &mut Mailbox) -> Box<Errand> {
    match mailbox.recv().await {
        Order::Command(errand) => errand,
        other => panic!("{other:?}"),
    }
}

/// Plays the charger port: takes one order, sends it, answers it.
async fn serve(t: &TestApp, link: &StationLink, mailbox: &mut Mailbox, outcome: Outcome) {
    let errand = errand(mailbox).await;
    assert_eq!(
        commands::begin(&t.app, link, errand.id, Vec::new())
            .await
            .unwrap(),
        commands::Begun::Send
    );
    assert_eq!(
        commands::begin(&t.app, link, errand.id, Vec::new())
            .await
            .unwrap(),
        commands::Begun::Over,
        "sent at most once"
    );
    assert!(
        commands::settle(&t.app, link, errand.id, outcome.clone())
            .await
            .unwrap()
    );
    assert!(
        !commands::settle(&t.app, link, errand.id, outcome.clone())
            .await
            .unwrap()
    );
    errand.reply.send(outcome);
}

#[tokio::test]
async fn an_offline_station_is_an_error_and_leaves_no_row() {
    let t = TestApp::new().await;
    let id = t.station("CP-1", None).await;
    let refused = commands::issue(&t.app, &t.admin, id, reset())
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        Error::Unavailable {
            code: "station_offline",
            ..
        }
    ));
    let rows = commands::list(&t.app, &t.admin, id, &PageRequest::default())
        .await
        .unwrap();
    assert!(rows.rows.is_empty());
}

#[tokio::test]
async fn a_command_goes_its_way_and_wakes_who_waits() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let record = commands::issue(&t.app, &t.admin, link.id(), reset())
        .await
        .unwrap();
    assert_eq!(record.state, CommandState::Queued);
    assert_eq!(record.issued_by.as_ref().unwrap().1, "Ada");
    let waiting = commands::wait(&t.app, &t.admin, link.id(), record.id, LONG);
    let answer = outcome(CommandState::Accepted, r#"{"status":"Accepted"}"#);
    let (settled, ()) = tokio::join!(waiting, serve(&t, &link, &mut mailbox, answer));
    let settled = settled.unwrap();
    assert_eq!(settled.state, CommandState::Accepted);
    assert!(settled.sent_at.is_some() && settled.settled_at.is_some());
    assert_eq!(
        settled.outcome.unwrap().answer.unwrap(),
        r#"{"status":"Accepted"}"#
    );
}

#[tokio::test]
async fn an_old_connection_cannot_settle_what_a_new_one_sent() {
    let t = TestApp::new().await;
    let old = t.booted("CP-1", None).await;
    let mut new = t.connect("CP-1").await;
    let mut mailbox = new.take_mailbox().unwrap();
    let record = commands::issue(&t.app, &t.admin, new.id(), reset())
        .await
        .unwrap();
    let errand = errand(&mut mailbox).await;
    assert_eq!(
        commands::begin(&t.app, &new, errand.id, Vec::new())
            .await
            .unwrap(),
        commands::Begun::Send
    );
    let late = outcome(CommandState::Rejected, "{}");
    assert!(
        !commands::settle(&t.app, &old, record.id, late)
            .await
            .unwrap()
    );
    let state = commands::find(&t.app, &t.admin, new.id(), record.id)
        .await
        .unwrap()
        .state;
    assert_eq!(state, CommandState::Sent);
}

#[tokio::test]
async fn a_lost_connection_settles_what_was_on_its_way() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let record = commands::issue(&t.app, &t.admin, link.id(), reset())
        .await
        .unwrap();
    let errand = errand(&mut mailbox).await;
    assert_eq!(
        commands::begin(&t.app, &link, errand.id, Vec::new())
            .await
            .unwrap(),
        commands::Begun::Send
    );
    drop(errand);
    let settled = commands::wait(&t.app, &t.admin, link.id(), record.id, LONG)
        .await
        .unwrap();
    assert_eq!(settled.state, CommandState::Error);
    assert_eq!(
        settled.outcome.unwrap().error.unwrap().code,
        "connection_lost"
    );
}

#[tokio::test]
async fn a_command_whose_node_died_times_out() {
    let t = TestApp::with(|s| s.command_timeout = Duration::from_secs(3_600)).await;
    let mut link = t.booted("CP-1", None).await;
    let _mailbox = link.take_mailbox().unwrap();
    let record = commands::issue(&t.app, &t.admin, link.id(), reset())
        .await
        .unwrap();
    let state = async || {
        let found = commands::find(&t.app, &t.admin, link.id(), record.id).await;
        found.unwrap().state
    };
    jobs::give_up_stale(&t.app).await;
    assert_eq!(state().await, CommandState::Queued);
    t.clock.advance(chrono::TimeDelta::hours(3));
    jobs::give_up_stale(&t.app).await;
    assert_eq!(state().await, CommandState::Timeout);
    assert_eq!(
        commands::begin(&t.app, &link, record.id, Vec::new())
            .await
            .unwrap(),
        commands::Begun::Over,
        "never sent afterwards"
    );
}

#[tokio::test]
async fn each_kind_needs_its_own_permission() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let _mailbox = link.take_mailbox().unwrap();
    let write = Command::WriteVariables {
        values: vec![(
            domain::command::VariableName::key("HeartbeatInterval"),
            "60".to_owned(),
        )],
    };
    let raw = Command::Raw {
        action: "GetLocalListVersion".to_owned(),
        payload: "{}".to_owned(),
    };
    let manager = t.caller(&[Role::ChargingManager], None);
    let finance = t.caller(&[Role::FinancialSupport], None);
    for (caller, command, may) in [
        (&manager, reset(), true),
        (&manager, write.clone(), false),
        (&manager, raw.clone(), false),
        (&finance, reset(), false),
        (&t.admin, write, true),
        (&t.admin, raw, true),
    ] {
        let needed = commands::permission(&command);
        match commands::issue(&t.app, caller, link.id(), command).await {
            Ok(_) => assert!(may),
            Err(Error::Denied { permission, .. }) => {
                assert!(!may);
                assert_eq!(permission, Some(needed));
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(commands::permission(&reset()), Permission::StationsControl);
}

#[tokio::test]
async fn a_raw_call_that_breaks_the_schema_is_told_where() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let refused = Outcome {
        state: CommandState::Error,
        answer: None,
        error: Some(CommandError {
            code: "invalid_payload".to_owned(),
            text: "The payload breaks the schema.".to_owned(),
            places: vec![(
                "/type".to_owned(),
                "required".to_owned(),
                "missing".to_owned(),
            )],
        }),
        ..Outcome::default()
    };
    let sent = raw::send(
        &t.app,
        &t.admin,
        link.id(),
        "Reset".into(),
        "{}".into(),
        LONG,
    );
    let (sent, ()) = tokio::join!(sent, serve(&t, &link, &mut mailbox, refused));
    let Err(Error::Invalid { problems }) = sent else {
        panic!("accepted");
    };
    assert_eq!(problems[0].pointer, "/payload/type");
}

#[tokio::test]
async fn a_remote_start_vouches_for_its_token_at_that_station_for_a_while() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let begin = Command::StartSession {
        evse: Some(1),
        token: TokenUid::new("WALK-IN"),
        token_kind: TokenKind::Central,
        remote_start: 0,
    };
    commands::issue(&t.app, &t.admin, link.id(), begin)
        .await
        .unwrap();
    let answer = outcome(CommandState::Accepted, r#"{"status":"Accepted"}"#);
    serve(&t, &link, &mut mailbox, answer).await;
    let word = async |link: &mut StationLink| {
        let reply = t
            .say(link, Message::Authorize(card("walk-in")))
            .await
            .unwrap();
        match reply {
            Reply::Authorize(verdict) => verdict.word,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(word(&mut link).await, VerdictWord::Accepted);
    let mut other = t.booted("CP-2", None).await;
    assert_eq!(word(&mut other).await, VerdictWord::Unknown);
    t.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(word(&mut link).await, VerdictWord::Unknown);
}

/// What a station is set to is in its answers too: for those who may see its settings.
#[tokio::test]
async fn settings_in_answers_are_for_those_who_may_see_settings() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let read = Command::ReadVariables { names: Vec::new() };
    let manager = t.caller(&[Role::ChargingManager], None);
    let refused = commands::issue(&t.app, &manager, link.id(), read.clone()).await;
    let Err(Error::Denied { permission, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(permission, Some(Permission::StationSettingsView));
    let technician = t.caller(&[Role::Technician], None);
    let asked = commands::issue(&t.app, &technician, link.id(), read).await;
    let id = asked.unwrap().id;
    let answer = r#"{"configurationKey":[{"key":"WebSocketPingInterval","value":"4711"}]}"#;
    serve(
        &t,
        &link,
        &mut mailbox,
        outcome(CommandState::Accepted, answer),
    )
    .await;
    for (caller, seen) in [(&technician, true), (&manager, false)] {
        let found = commands::find(&t.app, caller, link.id(), id).await.unwrap();
        let page = PageRequest {
            limit: 10,
            cursor: None,
        };
        let list = commands::list(&t.app, caller, link.id(), &page).await;
        let listed = list.unwrap().rows.remove(0);
        for record in [found, listed] {
            let answer = record.outcome.unwrap().answer.unwrap();
            assert_eq!(answer.contains("4711"), seen, "{answer}");
        }
    }
}
