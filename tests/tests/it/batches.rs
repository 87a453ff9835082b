//! Jobs: one deed for many stations. Each has its right outcome, a cancelled job sends nothing more,
//! and whatever dies in between, no station is told twice.
#![allow(clippy::print_stdout)] // the figures are what the test shows

use std::collections::HashMap;
use std::time::{Duration, Instant};

use busbar_tests::http::Person;
use busbar_tests::product::Product;
use busbar_tests::proxy::Proxy;
use busbar_tests::shelf::Shelf;
use serde_json::{Value, json};
use simulators::station::{Direction, Manner};
use simulators::{Station, Version};

use crate::stage::{Stage, VERSIONS};

const PASSWORD: &str = "0123456789abcdef0123";
/// Long enough for anything that is going to happen at all.
const PATIENCE: Duration = Duration::from_secs(120);
const NEW: &str = "9.1.0";

/// How many calls of this name a station was sent.
fn told(station: &Station, action: &str) -> usize {
    let call = format!("\"{action}\"");
    let calls = station.frames().into_iter().filter(|frame| {
        let begun = frame.text.trim_start().starts_with("[2");
        frame.direction == Direction::Received && begun && frame.text.contains(&call)
    });
    calls.count()
}

async fn make(person: &mut Person, body: Value) -> Value {
    person
        .expect(201, "POST", "/jobs", Some(&body))
        .await
        .unwrap()
}

fn path(job: &Value) -> String {
    format!("/jobs/{}", job["id"].as_str().unwrap())
}

/// The job as soon as it looks so.
async fn until(person: &mut Person, job: &Value, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let now = person.expect(200, "GET", &path(job), None).await.unwrap();
        if so(&now) {
            return now;
        }
        let all = format!("{}/items", path(job));
        assert!(
            begun.elapsed() < PATIENCE * 5,
            "not {what}: {now}\n{:?}",
            person.all(&all).await.unwrap()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn done(person: &mut Person, job: &Value) -> Value {
    until(person, job, "done", |job| job["state"] == "done").await
}

/// State and reason of each station of a job.
async fn outcomes(person: &mut Person, job: &Value) -> HashMap<String, (String, String)> {
    let items = person.all(&format!("{}/items", path(job))).await.unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items
        .iter()
        .map(|item| {
            let outcome = (text(&item["state"]), text(&item["reason"]["code"]));
            (text(&item["identity"]), outcome)
        })
        .collect()
}

fn is(state: &str, reason: &str) -> (String, String) {
    (state.to_owned(), reason.to_owned())
}

/// Changes a member as the Administrator.
async fn change(ana: &mut Person, member: &mut Person, change: Value) {
    let me = member.expect(200, "GET", "/me", None).await.unwrap();
    let (org, user) = (&me["organisation"]["id"], &me["user"]["id"]);
    let path = format!(
        "/organisations/{}/members/{}",
        org.as_str().unwrap(),
        user.as_str().unwrap()
    );
    let any = [("If-Match", "*")];
    let changed = ana.ask_with("PATCH", &path, &any, Some(&change));
    let changed = changed.await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_station_of_a_job_has_its_own_outcome() {
    let mut stage = Stage::set().await;
    let site = json!({"name": "North", "time_zone": "Europe/Berlin"});
    let site = stage.ana.expect(201, "POST", "/sites", Some(&site)).await;
    let site = site.unwrap()["id"].as_str().unwrap().to_owned();
    let mut ids = HashMap::new();
    for identity in ["MIX-ON", "MIX-OFF", "MIX-SHUT", "MIX-ELSE"] {
        let id = stage.register(identity).await;
        if identity != "MIX-ELSE" {
            let place = json!({"site_id": site});
            let path = format!("/stations/{id}");
            let moved = stage.ana.expect(200, "PATCH", &path, Some(&place)).await;
            moved.unwrap();
        }
        ids.insert(identity, id);
    }
    let (on, shut) = (
        stage.station("MIX-ON", Version::V16),
        stage.station("MIX-SHUT", Version::V16),
    );
    let other = stage.station("MIX-ELSE", Version::V16);
    for station in [&on, &shut, &other] {
        station.connect_and_boot().await.unwrap();
    }
    let lock = format!("/stations/{}/lock", ids["MIX-SHUT"]);
    let locked = stage.ana.expect(201, "POST", &lock, Some(&json!({}))).await;
    locked.unwrap();
    let mut bo = stage.member("technician").await;
    change(&mut stage.ana, &mut bo, json!({"sites": [site]})).await;

    // A station elsewhere looks like one that is not there.
    let reset = json!({"type": "reset", "params": {"kind": "soft"}});
    let mut problems = Vec::new();
    for id in [ids["MIX-ELSE"].clone(), format!("stn_{}", "0".repeat(32))] {
        let body = json!({"kind": "command", "spec": reset,
            "target": {"ids": [ids["MIX-ON"], id]}});
        let refused = bo.expect(422, "POST", "/jobs", Some(&body)).await.unwrap();
        assert_eq!(refused["errors"][0]["pointer"], "/target/ids/1");
        problems.push(refused["errors"].clone());
    }
    assert_eq!(problems[0], problems[1]);

    // What it would meet, and nothing done.
    let dry = json!({"kind": "command", "spec": reset, "target": {"filter": {}}, "dry_run": true});
    let plan = bo.expect(200, "POST", "/jobs", Some(&dry)).await.unwrap();
    let counts = &plan["counts"];
    assert_eq!(
        (&counts["stations"], &counts["offline"]),
        (&json!(3), &json!(1)),
        "{plan}"
    );
    assert_eq!(
        (&counts["ready"], &counts["locked"]),
        (&json!(2), &json!(0)),
        "{plan}"
    );
    assert_eq!(
        plan["pace"]["waves"],
        json!([1, 5]),
        "a reset begins with few"
    );
    assert!(bo.all("/jobs").await.unwrap().is_empty());

    // A critical setting: skipped where it is locked, and nothing is sent there.
    let write = json!({"type": "write_variables", "params": {"values":
        [{"variable": "LocalAuthorizeOffline", "value": "false"}]}});
    let dry = json!({"kind": "command", "spec": write, "target": {"filter": {"online": true}},
        "dry_run": true});
    let plan = bo.expect(200, "POST", "/jobs", Some(&dry)).await.unwrap();
    assert_eq!(plan["counts"]["locked"], 1, "{plan}");
    let job = json!({"kind": "command", "spec": write, "target": {"filter": {"online": true}}});
    let job = make(&mut bo, job).await;
    done(&mut bo, &job).await;
    let all = outcomes(&mut bo, &job).await;
    assert_eq!(all["MIX-SHUT"], is("skipped", "settings_locked"));
    assert_eq!(all["MIX-ON"], is("succeeded", ""));
    assert_eq!((all.len(), told(&shut, "ChangeConfiguration")), (2, 0));

    // One that is away waits until the deadline, and holds up nobody.
    let listening = stage.ana.listen("/events?topics=job").await.unwrap();
    let deadline = chrono::Utc::now() + chrono::TimeDelta::seconds(15);
    let job = json!({"kind": "command", "title": "Night", "spec": reset, "deadline": deadline,
        "waves": [1], "target": {"filter": {"site_id": site}}});
    let job = make(&mut bo, job).await;
    let wanted = |job: &Value| job["counts"]["succeeded"] == 2;
    let now = until(&mut bo, &job, "reset", wanted).await;
    assert_eq!(now["state"], "running", "one still waits: {now}");
    assert_eq!(now["counts"]["held_up"], 1);
    let ended = done(&mut bo, &job).await;
    assert_eq!(ended["counts"]["failed"], 1);
    let all = outcomes(&mut bo, &job).await;
    assert_eq!(all["MIX-OFF"], is("failed", "deadline"));
    assert_eq!((told(&on, "Reset"), told(&other, "Reset")), (1, 0));
    listening.heard(PATIENCE, "job.updated").await.unwrap();

    // It comes in time: then it is told.
    let job = json!({"kind": "command", "spec": {"type": "trigger", "params": {"message": "heartbeat"}},
        "target": {"ids": [ids["MIX-OFF"]]}});
    let job = make(&mut bo, job).await;
    let off = stage.station("MIX-OFF", Version::V201);
    off.connect_and_boot().await.unwrap();
    done(&mut bo, &job).await;
    assert_eq!(
        outcomes(&mut bo, &job).await["MIX-OFF"],
        is("succeeded", "")
    );

    // People of some sites see their own jobs; a file is what the page shows.
    let hers = json!({"kind": "edit", "spec": {"admin_state": "in_maintenance"},
        "target": {"ids": [ids["MIX-ELSE"]]}});
    let hers = make(&mut stage.ana, hers).await;
    done(&mut stage.ana, &hers).await;
    assert_eq!(
        stage.seen(&ids["MIX-ELSE"]).await["admin_state"],
        "in_maintenance"
    );
    bo.expect(404, "GET", &path(&hers), None).await.unwrap();
    assert_eq!(bo.all("/jobs").await.unwrap().len(), 3);
    assert_eq!(stage.ana.all("/jobs").await.unwrap().len(), 4);
    let csv = [("Accept", "text/csv")];
    let file = stage
        .ana
        .raw("GET", &format!("{}/items", path(&job)), &csv)
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&file).contains("MIX-OFF"));
    let deeds = stage.deeds("jobs.create", 4).await;
    assert_eq!(deeds.len(), 4);
}

/// A server with stations behind a line, so that they find it again after its end.
struct House {
    folder: tempfile::TempDir,
    product: Option<Product>,
    line: Proxy,
    ana: Person,
    stations: Vec<Station>,
    /// Where the firmware lies.
    shelf: Shelf,
}

const SETTINGS: [(&str, &str); 2] = [
    ("BUSBAR_GATEWAY_CALL_TIMEOUT_S", "10"),
    ("BUSBAR_HTTP_REQUESTS_PER_MINUTE", "10000000"),
];

fn door(product: &Product) -> String {
    let door = product.stations.trim_start_matches("ws://");
    door.split('/').next().unwrap().to_owned()
}

impl House {
    /// `count` stations of all versions, each with its manner.
    async fn with(count: usize, manner: impl Fn(usize) -> Option<Manner>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let product = Product::start(folder.path(), &SETTINGS).await.unwrap();
        let mut ana = product.administrator().await.unwrap();
        let line = Proxy::to(&door(&product)).await.unwrap();
        let url = format!("ws://{}/ocpp", line.address());
        let mut stations = Vec::new();
        for n in 0..count {
            let identity = format!("C-{n:04}");
            let body = json!({"identity": identity, "password": PASSWORD});
            let added = ana.expect(201, "POST", "/stations", Some(&body)).await;
            added.unwrap();
            let mut station = Station::builder(&url, &identity)
                .version(VERSIONS[n % VERSIONS.len()])
                .password(Some(PASSWORD))
                .pace(Duration::from_millis(200))
                .backoff(Duration::from_millis(200), Duration::from_secs(2));
            if let Some(manner) = manner(n) {
                station = station.manner(manner);
            }
            let station = station.build();
            station.connect_and_boot().await.unwrap();
            stations.push(station);
        }
        Self {
            folder,
            product: Some(product),
            line,
            ana,
            stations,
            shelf: Shelf::with(&format!("firmware {NEW}\n")).await.unwrap(),
        }
    }

    /// The server dies as by a power cut, and is started again.
    async fn die(&mut self) {
        self.product.take().unwrap().kill().await.unwrap();
        let product = Product::start(self.folder.path(), &SETTINGS).await.unwrap();
        self.line.lead_to(&door(&product));
        self.ana = product.administrator().await.unwrap();
        self.product = Some(product);
    }
}

fn campaign(shelf: &Shelf, concurrency: usize, patience_s: u32, more: Value) -> Value {
    let mut body = json!({"kind": "firmware", "title": "Spring", "concurrency": concurrency,
        "spec": {"url": shelf.url("unit.bin"), "version": NEW,
            "patience_s": patience_s},
        "target": {"filter": {}}});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// What the stations of a campaign do, one after another.
const MANNERS: [Option<Manner>; 10] = [
    None,
    Some(Manner::FirmwareRefused),
    Some(Manner::Unanswering),
    None,
    Some(Manner::FirmwareDownloadFails),
    None,
    Some(Manner::FirmwareInstallFails),
    None,
    Some(Manner::FirmwareSilent),
    None,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_survives_the_servers_end_and_tells_no_station_twice() {
    let count = std::env::var("BUSBAR_CAMPAIGN_STATIONS");
    let count = count.map_or(40, |text| text.parse::<usize>().unwrap());
    let began = Instant::now();
    let mut house = House::with(count, |n| MANNERS[n % MANNERS.len()]).await;
    println!("{count} stations connected after {:.1?}", began.elapsed());
    let at_once = (count / 4).clamp(4, 100);
    let begun = Instant::now();
    let job = make(
        &mut house.ana,
        campaign(&house.shelf, at_once, 30, json!({"waves": [1, 5]})),
    )
    .await;
    let middle = u64::try_from(count / 5).unwrap();
    let half = |job: &Value| {
        let counts = &job["counts"];
        counts["succeeded"].as_u64() >= Some(middle) && counts["running"].as_u64() > Some(0)
    };
    let before = until(&mut house.ana, &job, "half way", half).await;
    house.die().await;
    let ended = done(&mut house.ana, &job).await;
    println!(
        "the campaign over {count} stations was killed at {} and done after {:.1?}: {}",
        before["counts"],
        begun.elapsed(),
        ended["counts"]
    );
    let all = outcomes(&mut house.ana, &job).await;
    assert_eq!(all.len(), count);
    let mut never = Vec::new();
    for (n, station) in house.stations.iter().enumerate() {
        let identity = station.identity();
        let (state, reason) = &all[identity];
        let right: &[&str] = match MANNERS[n % MANNERS.len()] {
            None => &[""],
            // 1.6 has no word for it, and says an error.
            Some(Manner::FirmwareRefused) => &["rejected", "NotSupported", "silent"],
            // Who hears of the server's end in between knows no more than that it was silent.
            Some(Manner::Unanswering) => &["timeout", "silent"],
            Some(Manner::FirmwareDownloadFails) => &["download_failed"],
            Some(Manner::FirmwareInstallFails) => &["installation_failed"],
            _ => &["silent"],
        };
        let orders = told(station, "UpdateFirmware");
        if orders == 0 {
            // On its way when the server died: it is not sent again by itself.
            assert_eq!(
                (state.as_str(), reason.as_str()),
                ("failed", "silent"),
                "{identity}"
            );
            never.push(identity.to_owned());
            continue;
        }
        let failed = MANNERS[n % MANNERS.len()].is_some();
        let wanted = if failed { "failed" } else { "succeeded" };
        assert_eq!(state, wanted, "{identity}: {reason}");
        assert!(right.contains(&reason.as_str()), "{identity}: {reason}");
        assert_eq!(orders, 1, "{identity} was told {orders} times");
    }
    println!(
        "{} orders were on their way and never arrived: {never:?}",
        never.len()
    );
    assert!(never.len() <= at_once, "more than were under way");
    let updated = house
        .ana
        .all(&format!("/stations?firmware_version={NEW}"))
        .await
        .unwrap();
    let done = all.values().filter(|(state, _)| state == "succeeded");
    assert_eq!(updated.len(), done.count(), "they run the new version");
    assert!(updated.len() >= count / 2 - never.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_stops_by_itself_goes_on_by_hand_and_tries_again_what_failed() {
    let refuses = |n: usize| (n == 0).then_some(Manner::FirmwareRefused);
    let mut house = House::with(8, refuses).await;
    let stop = json!({"waves": [1, 3], "stop_on_failure_percent": 5});
    let job = make(&mut house.ana, campaign(&house.shelf, 8, 60, stop)).await;
    let stopped = |job: &Value| job["state"] == "stopped";
    let stopped = until(&mut house.ana, &job, "stopped", stopped).await;
    assert_eq!(stopped["counts"]["failed"], 1, "{stopped}");
    assert_eq!(stopped["counts"]["waiting"], 7, "{stopped}");
    for station in &house.stations[1..] {
        assert_eq!(told(station, "UpdateFirmware"), 0, "{}", station.identity());
    }
    let resume = format!("{}/resume", path(&job));
    house.ana.expect(200, "POST", &resume, None).await.unwrap();
    let ended = done(&mut house.ana, &job).await;
    assert_eq!(ended["counts"]["succeeded"], 7, "{ended}");
    house.ana.expect(409, "POST", &resume, None).await.unwrap();

    house.stations[0]
        .set_manner(Manner::FirmwareRefused, false)
        .await
        .unwrap();
    let retry = format!("{}/retry", path(&job));
    let again = house
        .ana
        .expect(200, "POST", &retry, Some(&json!({})))
        .await;
    assert_eq!(again.unwrap()["state"], "running");
    let ended = done(&mut house.ana, &job).await;
    assert_eq!(ended["counts"]["succeeded"], 8, "{ended}");
    for (n, station) in house.stations.iter().enumerate() {
        let orders = told(station, "UpdateFirmware");
        assert_eq!(orders, if n == 0 { 2 } else { 1 }, "{}", station.identity());
    }
    // The next one finds that there is nothing to do.
    let idle = make(&mut house.ana, campaign(&house.shelf, 8, 60, json!({}))).await;
    let ended = done(&mut house.ana, &idle).await;
    assert_eq!(ended["counts"]["skipped"], 8, "{ended}");
}

fn close() -> Value {
    json!({"type": "change_availability", "params": {"operative": false}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_stops_at_a_lock_and_a_station_named_twice_is_told() {
    let mut stage = Stage::set().await;
    let mut ids = HashMap::new();
    for identity in ["MOVE-OPEN", "MOVE-SHUT"] {
        ids.insert(identity, stage.register(identity).await);
    }
    let shut = stage.station("MOVE-SHUT", Version::V201);
    shut.connect_and_boot().await.unwrap();
    let lock = format!("/stations/{}/lock", ids["MOVE-SHUT"]);
    let locked = stage.ana.expect(201, "POST", &lock, Some(&json!({}))).await;
    locked.unwrap();
    // Whoever locked has access; another Administrator has none.
    let mut chief = stage.member("administrator").await;
    let site = json!({"name": "Yard", "time_zone": "Europe/Berlin"});
    let site = chief.expect(201, "POST", "/sites", Some(&site)).await;
    let site = site.unwrap()["id"].clone();
    let both = [&ids["MOVE-OPEN"], &ids["MOVE-SHUT"]];
    let mut job = json!({"kind": "edit", "spec": {"site_id": site}, "target": {"ids": both}});
    let twice = json!({"kind": "edit", "spec": {"site_id": site},
        "target": {"ids": [both[0], both[0]]}});
    let refused = chief.expect(422, "POST", "/jobs", Some(&twice)).await;
    let refused = refused.unwrap();
    assert_eq!(refused["errors"][0]["pointer"], "/target/ids/1");
    job["dry_run"] = json!(true);
    let plan = chief
        .expect(200, "POST", "/jobs", Some(&job))
        .await
        .unwrap();
    let counts = &plan["counts"];
    let found = (&counts["ready"], &counts["locked"]);
    assert_eq!(found, (&json!(1), &json!(1)), "{plan}");
    job["dry_run"] = json!(false);
    let job = make(&mut chief, job).await;
    done(&mut chief, &job).await;
    let all = outcomes(&mut chief, &job).await;
    assert_eq!(all["MOVE-OPEN"], is("succeeded", ""));
    assert_eq!(all["MOVE-SHUT"], is("skipped", "settings_locked"));
    assert_eq!(stage.seen(both[0]).await["site_id"], site);
    assert_eq!(stage.seen(both[1]).await["site_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_a_job_was_cancelled() {
    let mut house = House::with(30, |_| None).await;
    let body = json!({"kind": "command", "spec": close(), "target": {"filter": {}},
        "waves": [], "concurrency": 1});
    let job = make(&mut house.ana, body).await;
    let some = |job: &Value| job["counts"]["succeeded"].as_u64() >= Some(3);
    until(&mut house.ana, &job, "begun", some).await;
    let cancel = format!("{}/cancel", path(&job));
    let answered = house.ana.expect(200, "POST", &cancel, None).await.unwrap();
    assert_eq!(answered["state"], "cancelled");
    let ended = chrono::Utc::now();
    let over = |job: &Value| job["counts"]["running"] == 0;
    let now = until(&mut house.ana, &job, "over", over).await;
    assert_eq!(now["state"], "cancelled");
    assert!(now["counts"]["cancelled"].as_u64() > Some(0), "{now}");
    let items = house
        .ana
        .all(&format!("{}/items", path(&job)))
        .await
        .unwrap();
    let moment = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
    for (item, station) in items.iter().zip(&house.stations) {
        // Each is told something else now: what went to it before has arrived by then.
        let id = item["station_id"].as_str().unwrap();
        let commands = format!("/stations/{id}/commands");
        let hello = json!({"type": "trigger", "params": {"message": "heartbeat"}});
        house
            .ana
            .expect(200, "POST", &commands, Some(&hello))
            .await
            .unwrap();
        let orders = told(station, "ChangeAvailability");
        match item["state"].as_str().unwrap() {
            "cancelled" => assert_eq!(orders, 0, "{item}"),
            "succeeded" => {
                assert_eq!(orders, 1, "{item}");
                let id = item["command_id"].as_str().unwrap();
                let sent = format!("{commands}/{id}");
                let sent = house.ana.expect(200, "GET", &sent, None).await.unwrap();
                let sent = sent["sent_at"].as_str().unwrap();
                assert!(moment(sent) <= ended, "{sent} is after {ended}");
            }
            other => panic!("{other}: {item}"),
        }
    }
    house.ana.expect(409, "POST", &cancel, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_from_the_maker_ends_the_job_there() {
    let mut house = House::with(20, |_| None).await;
    let product = house.product.as_ref().unwrap();
    let mut cy = crate::rights::member(product, house.folder.path(), "charging_manager").await;
    let body = json!({"kind": "command", "spec": close(), "target": {"filter": {}},
        "waves": [1], "concurrency": 1});
    let job = make(&mut cy, body).await;
    let some = |job: &Value| job["counts"]["succeeded"].as_u64() >= Some(1);
    until(&mut cy, &job, "begun", some).await;
    change(&mut house.ana, &mut cy, json!({"roles": ["viewer"]})).await;
    let taken = chrono::Utc::now();
    cy.expect(403, "GET", &path(&job), None).await.unwrap();
    let ended = done(&mut house.ana, &job).await;
    assert!(ended["counts"]["skipped"].as_u64() > Some(0), "{ended}");
    let items = house
        .ana
        .all(&format!("{}/items", path(&job)))
        .await
        .unwrap();
    for (item, station) in items.iter().zip(&house.stations) {
        let orders = told(station, "ChangeAvailability");
        if item["state"] == "skipped" {
            assert_eq!(
                (&item["reason"]["code"], orders),
                (&json!("permission_denied"), 0)
            );
        } else {
            assert_eq!((&item["state"], orders), (&json!("succeeded"), 1));
            let begun = item["begun_at"].as_str().unwrap();
            let begun = chrono::DateTime::parse_from_rfc3339(begun).unwrap();
            assert!(begun <= taken, "begun after the right was taken: {item}");
        }
    }
}
