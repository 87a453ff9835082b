//! Batches step by step: what was not sent waits again, what was sent is never sent again, an update
//! is settled by words, by a boot or by silence, and who may do what is asked for every station.

use bus::{Errand, Mailbox, Order};
use busbar_app::batches::{self, BatchView, ItemRow, NewBatch, Target, Verdict};
use busbar_app::stations::StationQuery;
use busbar_app::testing::TestApp;
use busbar_app::{Error, StationLink, commands, jobs};
use chrono::TimeDelta;
use domain::batch::{BatchState, FirmwarePhase, ItemState, Task};
use domain::command::{Command, CommandError, CommandState, Outcome, ResetKind, VariableName};
use domain::id::StationId;
use domain::message::{Boot, Message, Notice, NoticeKind};
use domain::page::PageRequest;
use domain::role::{Caller, Role};
use domain::site::AdminState;
use domain::station::Hardware;

fn reset() -> Task {
    Task::Command(Command::Reset {
        kind: ResetKind::Soft,
        evse: None,
    })
}

fn update(t: &TestApp) -> Task {
    Task::Firmware {
        command: Command::UpdateFirmware {
            file: None,
            transport: None,
            signed: None,
            signing: None,
            url: "https://example.org/unit-2.0.bin".to_owned(),
            retrieve_at: t.app.now(),
            install_at: None,
            retries: None,
            retry_interval_s: None,
        },
        version: Some("2.0".to_owned()),
        patience_s: 600,
    }
}

fn new(task: Task, target: Target) -> NewBatch {
    NewBatch {
        title: None,
        task,
        target,
        concurrency: None,
        waves: Some(Vec::new()),
        stop_on_failure_percent: None,
        wait_for_idle: false,
        window: None,
        deadline: None,
    }
}

fn all() -> Target {
    Target::Matching(Box::default())
}

async fn items(t: &TestApp, batch: &BatchView) -> Vec<ItemRow> {
    let page = PageRequest::default();
    let found = batches::items(&t.app, &t.admin, batch.batch.id, &[], &page).await;
    found.unwrap().rows
}

async fn only(t: &TestApp, batch: &BatchView) -> (ItemState, String, u32) {
    let rows = items(t, batch).await;
    let item = &rows[0].item;
    let reason = item.reason.as_ref().map_or("", |reason| &reason.code);
    (item.state, reason.to_owned(), item.tries)
}

async fn state(t: &TestApp, batch: &BatchView) -> BatchState {
    let found = batches::find(&t.app, &t.admin, batch.batch.id).await;
    found.unwrap().batch.state
}

async fn errand(mailbox: &mut Mailbox) -> Box<Errand> {
    match mailbox.recv().await {
        Order::Command(errand) => errand,
        other => panic!("{other:?}"),
    }
}

/// The charger port is about to write the command.
async fn sent(t: &TestApp, link: &StationLink, errand: &Errand) -> commands::Begun {
    let begun = commands::begin(&t.app, link, errand.id, Vec::new()).await;
    begun.unwrap()
}

fn outcome(state: CommandState, code: Option<&str>) -> Outcome {
    Outcome {
        state,
        error: code.map(|code| CommandError {
            code: code.to_owned(),
            text: code.to_owned(),
            places: Vec::new(),
        }),
        ..Outcome::default()
    }
}

async fn settled(t: &TestApp, link: &StationLink, errand: &Errand, outcome: Outcome) {
    let first = commands::settle(&t.app, link, errand.id, outcome).await;
    assert!(first.unwrap());
}

#[tokio::test]
async fn what_was_not_sent_waits_again_and_what_was_sent_is_not_sent_again() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let batch = batches::create(&t.app, &t.admin, new(reset(), all()))
        .await
        .unwrap();
    assert!(jobs::work_batches(&t.app).await);
    let first = errand(&mut mailbox).await;
    // The connection is lost before anything was written.
    settled(
        &t,
        &link,
        &first,
        outcome(CommandState::Error, Some("connection_lost")),
    )
    .await;
    jobs::work_batches(&t.app).await;
    let second = errand(&mut mailbox).await;
    assert_ne!(first.id, second.id);
    assert_eq!(
        sent(&t, &link, &first).await,
        commands::Begun::Over,
        "it had its end"
    );
    assert_eq!(
        only(&t, &batch).await,
        (ItemState::Running, String::new(), 1),
        "counted once"
    );
    // Now it is lost after it was written: nobody knows what the station made of it.
    assert_eq!(sent(&t, &link, &second).await, commands::Begun::Send);
    settled(
        &t,
        &link,
        &second,
        outcome(CommandState::Error, Some("connection_lost")),
    )
    .await;
    jobs::work_batches(&t.app).await;
    jobs::work_batches(&t.app).await;
    let lost = (ItemState::Failed, "connection_lost".to_owned(), 1);
    assert_eq!(only(&t, &batch).await, lost);
    assert_eq!(state(&t, &batch).await, BatchState::Done);

    // Only a person sends it again.
    batches::retry(&t.app, &t.admin, batch.batch.id, false)
        .await
        .unwrap();
    jobs::work_batches(&t.app).await;
    let third = errand(&mut mailbox).await;
    assert_eq!(sent(&t, &link, &third).await, commands::Begun::Send);
    settled(&t, &link, &third, outcome(CommandState::Accepted, None)).await;
    jobs::work_batches(&t.app).await;
    assert_eq!(
        only(&t, &batch).await,
        (ItemState::Succeeded, String::new(), 2)
    );
}

#[tokio::test]
async fn a_cancelled_batch_takes_back_what_was_not_sent() {
    let t = TestApp::new().await;
    let mut one = t.booted("CP-1", None).await;
    let mut two = t.booted("CP-2", None).await;
    t.station("CP-3", None).await;
    let (mut to_one, mut to_two) = (one.take_mailbox().unwrap(), two.take_mailbox().unwrap());
    let batch = batches::create(&t.app, &t.admin, new(reset(), all()))
        .await
        .unwrap();
    jobs::work_batches(&t.app).await;
    let (first, second) = (errand(&mut to_one).await, errand(&mut to_two).await);
    assert_eq!(sent(&t, &one, &first).await, commands::Begun::Send);
    batches::cancel(&t.app, &t.admin, batch.batch.id)
        .await
        .unwrap();
    assert_eq!(
        sent(&t, &two, &second).await,
        commands::Begun::Over,
        "taken back"
    );
    let states: Vec<ItemState> = items(&t, &batch)
        .await
        .iter()
        .map(|r| r.item.state)
        .collect();
    let cancelled = ItemState::Cancelled;
    assert_eq!(states, [ItemState::Running, cancelled, cancelled]);
    // What had begun comes to its end.
    settled(&t, &one, &first, outcome(CommandState::Accepted, None)).await;
    jobs::work_batches(&t.app).await;
    assert_eq!(items(&t, &batch).await[0].item.state, ItemState::Succeeded);
    assert_eq!(state(&t, &batch).await, BatchState::Cancelled);
    let again = batches::retry(&t.app, &t.admin, batch.batch.id, true).await;
    assert!(matches!(
        again,
        Err(Error::Conflict {
            code: "job_state",
            ..
        })
    ));
}

async fn says(t: &TestApp, link: &mut StationLink, word: &str) {
    let notice = Notice {
        kind: NoticeKind::FirmwareStatus,
        title: word.to_owned(),
        at: None,
        detail: "{}".to_owned(),
    };
    let message = Message::Noticed {
        notices: vec![notice],
        statuses: Vec::new(),
    };
    t.say(link, message).await.unwrap();
}

#[tokio::test]
async fn an_update_is_settled_by_words_by_a_boot_or_by_silence() {
    let t = TestApp::new().await;
    let mut by_words = t.booted("CP-1", None).await;
    let mut by_boot = t.booted("CP-2", None).await;
    let mut silent = t.booted("CP-3", None).await;
    let mut broken = t.booted("CP-4", None).await;
    let batch = batches::create(&t.app, &t.admin, new(update(&t), all()))
        .await
        .unwrap();
    jobs::work_batches(&t.app).await;
    for link in [&mut by_words, &mut by_boot, &mut silent, &mut broken] {
        let mut mailbox = link.take_mailbox().unwrap();
        let order = errand(&mut mailbox).await;
        assert_eq!(sent(&t, link, &order).await, commands::Begun::Send);
        // Of one the connection is lost: stations restart, and its words decide.
        let code = (link.id() == by_boot_id(&t).await).then_some("connection_lost");
        let state = code.map_or(CommandState::Accepted, |_| CommandState::Error);
        settled(&t, link, &order, outcome(state, code)).await;
    }
    t.clock.advance(TimeDelta::seconds(300));
    says(&t, &mut by_words, "Downloading").await;
    says(&t, &mut broken, "Downloading").await;
    jobs::work_batches(&t.app).await;
    let rows = items(&t, &batch).await;
    let phases: Vec<_> = rows.iter().map(|row| row.item.phase).collect();
    use FirmwarePhase as P;
    let wanted = [P::Downloading, P::Asked, P::Asked, P::Downloading];
    assert_eq!(phases, wanted.map(Some));

    says(&t, &mut by_words, "Installed").await;
    says(&t, &mut broken, "InstallationFailed").await;
    let boot = Boot {
        hardware: Hardware {
            firmware_version: Some("2.0".to_owned()),
            ..Hardware::default()
        },
        reason: None,
    };
    t.say(&mut by_boot, Message::Boot(boot)).await.unwrap();
    t.clock.advance(TimeDelta::seconds(299));
    jobs::work_batches(&t.app).await;
    assert_eq!(
        items(&t, &batch).await[2].item.state,
        ItemState::Running,
        "a second to go"
    );
    t.clock.advance(TimeDelta::seconds(1));
    jobs::work_batches(&t.app).await;
    let rows = items(&t, &batch).await;
    let ends: Vec<_> = rows
        .iter()
        .map(|row| {
            let code = row.item.reason.as_ref().map_or("", |reason| &reason.code);
            (row.item.state, code)
        })
        .collect();
    let (good, bad) = (ItemState::Succeeded, ItemState::Failed);
    let wanted = [
        (good, ""),
        (good, ""),
        (bad, "silent"),
        (bad, "installation_failed"),
    ];
    assert_eq!(ends, wanted);
    assert_eq!(state(&t, &batch).await, BatchState::Done);

    // The one that runs it has nothing to do the next time.
    let again = new(update(&t), Target::Ids(vec![by_boot.id()]));
    let plan = batches::plan(&t.app, &t.admin, &again).await.unwrap();
    assert_eq!(plan.rows[0].verdict, Verdict::Cannot);
    let batch = batches::create(&t.app, &t.admin, again).await.unwrap();
    jobs::work_batches(&t.app).await;
    let skipped = (ItemState::Skipped, "already_installed".to_owned(), 0);
    assert_eq!(only(&t, &batch).await, skipped);
}

async fn by_boot_id(t: &TestApp) -> StationId {
    let query = StationQuery {
        q: Some("CP-2".to_owned()),
        ..StationQuery::default()
    };
    let page = PageRequest::default();
    let found = busbar_app::stations::list(&t.app, &t.admin, &query, &page).await;
    found.unwrap().rows[0].station.id
}

#[tokio::test]
async fn the_deadline_and_the_clock_decide_while_nobody_is_there() {
    let t = TestApp::new().await;
    t.station("CP-1", None).await;
    let mut night = new(reset(), all());
    night.deadline = Some(t.app.now() + TimeDelta::hours(2));
    let batch = batches::create(&t.app, &t.admin, night).await.unwrap();
    jobs::work_batches(&t.app).await;
    assert_eq!(
        only(&t, &batch).await,
        (ItemState::Waiting, String::new(), 0)
    );
    t.clock.advance(TimeDelta::hours(2));
    jobs::work_batches(&t.app).await;
    jobs::work_batches(&t.app).await;
    assert_eq!(
        only(&t, &batch).await,
        (ItemState::Failed, "deadline".to_owned(), 0)
    );
    assert_eq!(state(&t, &batch).await, BatchState::Done);
    // A retry has as much time as the first try.
    let again = batches::retry(&t.app, &t.admin, batch.batch.id, false)
        .await
        .unwrap();
    assert_eq!(again.batch.pace.deadline, t.app.now() + TimeDelta::hours(2));

    let past = NewBatch {
        deadline: Some(t.app.now()),
        concurrency: Some(0),
        waves: Some(vec![0]),
        ..new(reset(), all())
    };
    let Err(Error::Invalid { problems }) = batches::create(&t.app, &t.admin, past).await else {
        panic!("made");
    };
    let places: Vec<&str> = problems.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(places, ["/concurrency", "/waves", "/deadline"]);
}

#[tokio::test]
async fn what_people_say_of_stations_is_said_of_each_once_and_by_right() {
    let t = TestApp::new().await;
    let (one, two) = (t.station("CP-1", None).await, t.station("CP-2", None).await);
    let edit = Task::Edit {
        site: None,
        admin_state: Some(AdminState::InMaintenance),
    };
    // Whoever may edit stations and not their state may not do it for many either.
    let cy = t.person("Cy", &[Role::DriverManager]).await;
    let target = Target::Ids(vec![one, two]);
    let refused = batches::create(&t.app, &cy, new(edit.clone(), target)).await;
    let may = busbar_app::stations::edit(
        &t.app,
        &cy,
        one,
        busbar_app::stations::StationEdit {
            admin_state: Some(AdminState::InMaintenance),
            ..Default::default()
        },
    )
    .await
    .is_ok();
    assert_eq!(refused.is_ok(), may, "{refused:?}");

    let target = Target::Ids(vec![one, two]);
    let batch = batches::create(&t.app, &t.admin, new(edit, target))
        .await
        .unwrap();
    jobs::work_batches(&t.app).await;
    jobs::work_batches(&t.app).await;
    for row in items(&t, &batch).await {
        assert_eq!((row.item.state, row.item.tries), (ItemState::Succeeded, 1));
        let seen = busbar_app::stations::find(&t.app, &t.admin, row.item.station).await;
        assert_eq!(seen.unwrap().station.admin_state, AdminState::InMaintenance);
    }
    let batch = new(Task::Archive, Target::Ids(vec![one]));
    let batch = batches::create(&t.app, &t.admin, batch).await.unwrap();
    jobs::work_batches(&t.app).await;
    assert_eq!(
        only(&t, &batch).await,
        (ItemState::Succeeded, String::new(), 1)
    );
    let batch = new(reset(), Target::Ids(vec![one]));
    let batch = batches::create(&t.app, &t.admin, batch).await.unwrap();
    jobs::work_batches(&t.app).await;
    let away = (ItemState::Skipped, "archived".to_owned(), 0);
    assert_eq!(only(&t, &batch).await, away, "it never comes again");
}

#[tokio::test]
async fn what_is_for_one_station_is_not_for_many() {
    let t = TestApp::new().await;
    t.station("CP-1", None).await;
    let raw = Task::Command(Command::Raw {
        action: "Reset".to_owned(),
        payload: "{}".to_owned(),
    });
    let secret = Task::Command(Command::WriteVariables {
        values: vec![(VariableName::key("AuthorizationKey"), "x".to_owned())],
    });
    for (task, at) in [
        (raw, "/spec/type"),
        (secret, "/spec/params/values/0/variable"),
    ] {
        let refused = batches::create(&t.app, &t.admin, new(task, all())).await;
        let Err(Error::Invalid { problems }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(problems[0].pointer, at);
    }
    let nowhere = batches::create(&t.app, &t.admin, new(reset(), Target::Ids(Vec::new()))).await;
    assert!(matches!(nowhere, Err(Error::Invalid { .. })));
    let viewer: Caller = t.caller(&[Role::Viewer], None);
    let refused = batches::create(&t.app, &viewer, new(reset(), all())).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
    let page = PageRequest::default();
    let filter = batches::BatchFilter::default();
    let unseen = batches::list(&t.app, &viewer, &filter, false, &page);
    assert!(matches!(unseen.await, Err(Error::Denied { .. })));
}
