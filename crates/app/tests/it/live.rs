//! The live stream: without a hole, only what the person may see, and over when rights change.

use busbar_app::live::{self, Item, Stream, Subscribed, Topic};
use busbar_app::sites::{self, SiteEdit};
use busbar_app::testing::TestApp;
use busbar_app::{Error, jobs, logins};
use domain::role::{Caller, Role};
use store::{Lane, Store};

use crate::told::{ago, number, numbered, point, readings, start, stop};

async fn stream(t: &TestApp, caller: &Caller, after: Option<i64>) -> Stream {
    match live::subscribe(&t.app, caller, &Topic::ALL, after)
        .await
        .unwrap()
    {
        Subscribed::Stream(stream) => *stream,
        Subscribed::Gone => panic!("gone"),
    }
}

/// Everything that is there now, and the end of the stream if it has ended.
async fn drain(stream: &mut Stream) -> Vec<Item> {
    let mut items = Vec::new();
    while let Some(Some(item)) = futures_util::FutureExt::now_or_never(stream.next()) {
        items.push(item);
    }
    items
}

fn names(items: &[Item]) -> Vec<&'static str> {
    items.iter().map(|i| i.name).collect()
}

#[tokio::test]
async fn a_charge_is_seen_live_and_again_by_number() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    let mut live = stream(&t, &t.admin, None).await;
    let n = number(
        &t.say(&mut link, start(1, "A", ago(&t, 60), 0))
            .await
            .unwrap(),
    );
    // From a queue, and from now: only the second is shown live.
    for (at, wh, w) in [(ago(&t, 30), 400, 6_000), (ago(&t, 2), 500, 7_000)] {
        let points = vec![point(at, wh, w)];
        t.say(&mut link, readings(1, Some(numbered(n)), points))
            .await
            .unwrap();
    }
    t.say(&mut link, stop(numbered(n), ago(&t, 1), 900))
        .await
        .unwrap();
    jobs::publish_outbox(&t.app).await.unwrap();
    let items = drain(&mut live).await;
    let facts: Vec<Item> = items.iter().filter(|i| i.seq.is_some()).cloned().collect();
    assert_eq!(names(&facts), ["session.started", "session.ended"]);
    assert!(items.iter().all(|i| i.data["power_w"] != 6_000));
    let meter = items.iter().find(|i| i.data["power_w"] == 7_000).unwrap();
    assert_eq!(
        (meter.name, &meter.data["energy_wh"]),
        ("meter", &500.into())
    );

    let from = facts[0].seq.unwrap();
    let mut again = stream(&t, &t.admin, Some(from - 1)).await;
    assert_eq!(drain(&mut again).await, facts);
    let mut rest = stream(&t, &t.admin, Some(from)).await;
    assert_eq!(names(&drain(&mut rest).await), ["session.ended"]);
}

#[tokio::test]
async fn a_number_that_is_not_there_any_more_is_gone() {
    let t = TestApp::new().await;
    t.booted("CP-1", None).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    let ask = async |after| live::subscribe(&t.app, &t.admin, &[Topic::Station], Some(after)).await;
    assert!(matches!(ask(999_999).await.unwrap(), Subscribed::Gone));
    t.clock.advance(chrono::TimeDelta::days(60));
    t.booted("CP-2", None).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    jobs::sweep(&t.app).await;
    assert!(matches!(ask(1).await.unwrap(), Subscribed::Gone));
}

#[tokio::test]
async fn everybody_sees_their_own_sites_and_topics_only() {
    let t = TestApp::new().await;
    let site = |name: &str| SiteEdit {
        name: Some(name.to_owned()),
        ..SiteEdit::default()
    };
    let a = sites::create(&t.app, &t.admin, site("A"))
        .await
        .unwrap()
        .site
        .id;
    let b = sites::create(&t.app, &t.admin, site("B"))
        .await
        .unwrap()
        .site
        .id;
    let mut at_a = t.booted("CP-A", Some(a)).await;
    let mut at_b = t.booted("CP-B", Some(b)).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    let mut viewer = stream(&t, &t.caller(&[Role::Viewer], Some(vec![a])), None).await;
    let mut finance = stream(&t, &t.caller(&[Role::FinancialSupport], None), None).await;
    // Alerts are all that this role is shown, and nothing here is one.
    let activator = t.caller(&[Role::PaidModuleActivator], None);
    let mut alerts_only = stream(&t, &activator, None).await;
    for link in [&mut at_a, &mut at_b] {
        let n = number(&t.say(link, start(1, "A", ago(&t, 60), 0)).await.unwrap());
        let points = vec![point(ago(&t, 30), 500, 7_000)];
        t.say(link, readings(1, Some(numbered(n)), points))
            .await
            .unwrap();
    }
    jobs::publish_outbox(&t.app).await.unwrap();
    let seen = drain(&mut viewer).await;
    assert!(!seen.is_empty());
    let id = at_a.id().to_string();
    assert!(
        seen.iter().all(|i| i.data["station_id"] == id.as_str()),
        "{seen:?}"
    );
    assert!(names(&drain(&mut finance).await).contains(&"session.started"));
    assert!(drain(&mut alerts_only).await.is_empty());
    let mut topics = Topic::ALL.to_vec();
    topics.retain(|topic| *topic != Topic::Alert);
    let refused = live::subscribe(&t.app, &activator, &topics, None).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
}

#[tokio::test]
async fn signing_out_ends_the_stream() {
    let t = TestApp::new().await;
    let mut live = stream(&t, &t.admin, None).await;
    let caller = logins::caller(&t.app, &t.cookie).await.unwrap().unwrap();
    logins::close(&t.app, &caller).await.unwrap();
    assert_eq!(live.next().await, None);
}

#[tokio::test]
async fn what_waits_is_not_told_when_the_right_is_gone() {
    let t = TestApp::new().await;
    let mut live = stream(&t, &t.admin, None).await;
    for n in 0..3 {
        t.station(&format!("CP-{n}"), None).await;
    }
    jobs::publish_outbox(&t.app).await.unwrap();
    assert!(live.next().await.is_some());
    let caller = logins::caller(&t.app, &t.cookie).await.unwrap().unwrap();
    logins::close(&t.app, &caller).await.unwrap();
    assert_eq!(live.next().await, None);
}

/// News of a revocation can get lost, and another process on the machine has no way to tell.
#[tokio::test]
async fn rights_taken_away_behind_the_back_end_the_stream() {
    let t = TestApp::new().await;
    let member = t.admin.member().unwrap().clone();
    let (user, login) = (member.user, member.login.unwrap());
    let mut live = stream(&t, &t.admin, None).await;
    t.clock.advance(chrono::TimeDelta::seconds(10));
    jobs::publish_outbox(&t.app).await.unwrap();
    t.station("CP-1", None).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    assert!(live.next().await.is_some(), "the rights are as they were");

    let file = t.directory().join("test.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let other = Store::open(&url, store::Options::default()).await.unwrap();
    let memberships = other.read.memberships(user).await.unwrap();
    let mut fewer = memberships[0].clone();
    fewer.roles = [Role::Viewer].into_iter().collect();
    let write = |membership: store::MembershipRow| {
        other.write(Lane::Instance, move |work| {
            let membership = membership.clone();
            Box::pin(async move { work.membership_put(&membership).await })
        })
    };
    write(fewer).await.unwrap();
    t.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(live.next().await, None, "an Administrator no more");

    write(memberships[0].clone()).await.unwrap();
    let mut live = stream(&t, &t.admin, None).await;
    let deleted = other.write(Lane::Instance, move |work| {
        Box::pin(async move { work.login_delete(login).await })
    });
    deleted.await.unwrap();
    t.clock.advance(chrono::TimeDelta::seconds(5));
    assert_eq!(live.next().await, None, "signed out");
}

/// More facts than are read at a time.
#[tokio::test]
async fn a_stream_that_is_far_behind_catches_up_without_a_hole() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    let mut live = stream(&t, &t.admin, None).await;
    const SESSIONS: usize = 300;
    for n in 0..SESSIONS {
        let at = ago(&t, 900 - n as i64);
        let told = start(1, "A", at, 0);
        let number = number(&t.say(&mut link, told).await.unwrap());
        t.say(&mut link, stop(numbered(number), at, 1))
            .await
            .unwrap();
    }
    jobs::publish_outbox(&t.app).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 * SESSIONS {
        let item = live.next().await.unwrap();
        seen.extend(item.seq.filter(|_| item.name.starts_with("session.")));
    }
    assert!(seen.is_sorted_by(|a, b| a < b));
}

#[tokio::test]
async fn the_jobs_publish_by_themselves_and_stop_when_told() {
    let t = TestApp::new().await;
    let mut live = stream(&t, &t.admin, None).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let jobs = tokio::spawn(jobs::run(t.app.clone(), stopped));
    t.station("CP-1", None).await;
    while live.next().await.unwrap().name != "station.edited" {}
    stop.send(true).unwrap();
    jobs.await.unwrap();
}
