//! Alerts, told by stations over the wire: what opens one, what ends it, who is told, who may see it,
//! and what leaves the house.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{KeyInit, Mac};
use serde_json::{Value, json};
use simulators::Version;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::stage::{Stage, VERSIONS};

pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Asks for a list until it is as it should be.
async fn until(stage: &mut Stage, path: &str, right: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut last = Vec::new();
    let looked = async {
        loop {
            let found = stage.ana.all(path).await.unwrap();
            if right(&found) {
                return found;
            }
            last = found;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looked).await {
        Ok(found) => found,
        Err(_) => panic!("{path} never was as it should be: {last:?}"),
    }
}

/// The rule of a condition that an organisation begins with.
async fn rule_of(stage: &mut Stage, kind: &str) -> String {
    let of = |rule: &&Value| rule["kind"] == kind;
    let rules = until(stage, "/alert_rules", |all| all.len() == 11).await;
    rules.iter().find(of).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn change_rule(stage: &mut Stage, kind: &str, change: Value) -> String {
    let id = rule_of(stage, kind).await;
    let path = format!("/alert_rules/{id}");
    stage
        .ana
        .expect(200, "PATCH", &path, Some(&change))
        .await
        .unwrap();
    id
}

fn one<'a>(alerts: &'a [Value], kind: &str, state: &str) -> Option<&'a Value> {
    let mut of = alerts
        .iter()
        .filter(|a| a["kind"] == kind && a["state"] == state);
    let found = of.next();
    found.filter(|_| of.next().is_none())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_goes_away_is_an_alert_until_it_is_back() {
    let mut stage = Stage::set().await;
    change_rule(&mut stage, "offline", json!({"minutes": 0})).await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("AWAY-{n}");
        let id = stage.register(&identity).await;
        let station = stage.builder(&identity, version).reconnect(false).build();
        station.connect_and_boot().await.unwrap();
        let path = format!("/stations/{id}/alerts");
        assert!(
            stage.ana.all(&path).await.unwrap().is_empty(),
            "{version:?}"
        );
        station.go_offline().await.unwrap();
        let open = until(&mut stage, &path, |all| {
            one(all, "offline", "open").is_some()
        })
        .await;
        let alert = open[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(open[0]["station_identity"], json!(identity));
        assert_eq!(open[0]["severity"], "critical");
        // Its people are told once, and by what they may see.
        let told = until(&mut stage, "/notifications", |all| {
            all.iter().any(|n| n["alert_id"] == json!(alert))
        });
        let told = told.await;
        assert_eq!(
            told.iter()
                .filter(|n| n["alert_id"] == json!(alert))
                .count(),
            1
        );
        let acknowledge = format!("/alerts/{alert}/acknowledge");
        let seen = stage
            .ana
            .expect(200, "POST", &acknowledge, None)
            .await
            .unwrap();
        assert_eq!(seen["state"], "acknowledged");
        station.come_online().await.unwrap();
        let over = until(&mut stage, &path, |all| {
            one(all, "offline", "resolved").is_some()
        })
        .await;
        assert_eq!(
            (&over[0]["ending"], &over[0]["id"]),
            (&json!("condition"), &json!(alert))
        );
        let late = stage.ana.ask("POST", &acknowledge, None).await.unwrap();
        assert_eq!(
            (late.status, &late.body["code"]),
            (409, &json!("alert_resolved"))
        );
        // Away again, it is another alert that names the last one.
        station.go_offline().await.unwrap();
        let again = until(&mut stage, &path, |all| {
            one(all, "offline", "open").is_some()
        })
        .await;
        assert_eq!(again[0]["previous_id"], json!(alert));
        // A person's word holds while the station stays away: no third one opens.
        let resolve = format!("/alerts/{}/resolve", again[0]["id"].as_str().unwrap());
        stage.ana.expect(200, "POST", &resolve, None).await.unwrap();
        station.come_online().await.unwrap();
        until(&mut stage, &path, |all| {
            all.iter().all(|a| a["holds"] == false)
        })
        .await;
        assert_eq!(stage.ana.all(&path).await.unwrap().len(), 2, "{version:?}");
    }
    assert_eq!(stage.deeds("alerts.resolve", 3).await.len(), 3);
}

fn status(version: Version, status: &str) -> Value {
    let at = chrono::Utc::now();
    match version {
        Version::V16 => {
            let code = if status == "Faulted" {
                "GroundFailure"
            } else {
                "NoError"
            };
            json!({"connectorId": 1, "errorCode": code, "status": status, "timestamp": at})
        }
        _ => json!({"evseId": 1, "connectorId": 1, "connectorStatus": status, "timestamp": at}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connector_that_comes_and_goes_is_one_alert() {
    let mut stage = Stage::set().await;
    change_rule(
        &mut stage,
        "flapping",
        json!({"threshold": 2, "minutes": 30}),
    )
    .await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("BROKEN-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let path = format!("/stations/{id}/alerts");
        for nth in 0..4 {
            station
                .call("StatusNotification", status(version, "Faulted"))
                .await
                .unwrap();
            let kind = if nth < 2 { "faulted" } else { "flapping" };
            let holds = |all: &[Value]| one(all, kind, "open").is_some_and(|a| a["holds"] == true);
            let open = until(&mut stage, &path, holds).await;
            let alert = one(&open, kind, "open").unwrap();
            assert_eq!(
                (&alert["object"], &alert["evse"]),
                (&json!("evse"), &json!(1))
            );
            station
                .call("StatusNotification", status(version, "Available"))
                .await
                .unwrap();
            until(&mut stage, &path, |all| {
                all.iter().all(|a| a["holds"] == false)
            })
            .await;
        }
        let all = stage.ana.all(&path).await.unwrap();
        let flapping = one(&all, "flapping", "open").unwrap();
        assert_eq!(flapping["of_kind"], "faulted", "{version:?}");
        assert!(flapping["count"].as_i64().unwrap() >= 4, "{flapping}");
        assert_eq!(
            all.iter().filter(|a| a["kind"] == "faulted").count(),
            2,
            "{version:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_connections_is_one_alert() {
    let mut stage = Stage::set().await;
    change_rule(&mut stage, "flapping", json!({"threshold": 5})).await;
    let id = stage.register("STORM-1").await;
    let station = stage
        .builder("STORM-1", Version::V16)
        .reconnect(false)
        .build();
    station.connect_and_boot().await.unwrap();
    for _ in 0..8 {
        station.go_offline().await.unwrap();
        station.come_online().await.unwrap();
    }
    let path = format!("/stations/{id}/alerts");
    let open = until(&mut stage, &path, |all| {
        one(all, "flapping", "open").is_some_and(|a| a["count"].as_i64() >= Some(9))
    });
    let open = open.await;
    assert_eq!(
        (open.len(), &open[0]["of_kind"]),
        (1, &Value::Null),
        "{open:?}"
    );
    let rule = rule_of(&mut stage, "flapping").await;
    let path = format!("/alert_rules/{rule}/preview");
    let preview = stage.ana.expect(200, "GET", &path, None).await.unwrap();
    assert_eq!(
        (&preview["times"], &preview["days"]),
        (&json!(1), &json!(7))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_goes_away_is_one_alert_for_all_its_stations() {
    let mut stage = Stage::set().await;
    change_rule(&mut stage, "offline", json!({"minutes": 1})).await;
    let site = json!({"name": "Yard", "time_zone": "Europe/Berlin"});
    let site = stage
        .ana
        .expect(201, "POST", "/sites", Some(&site))
        .await
        .unwrap();
    let mut stations = Vec::new();
    for n in 0..3 {
        let identity = format!("YARD-{n}");
        let id = stage.register(&identity).await;
        let place = json!({"site_id": site["id"]});
        let path = format!("/stations/{id}");
        stage
            .ana
            .expect(200, "PATCH", &path, Some(&place))
            .await
            .unwrap();
        let station = stage
            .builder(&identity, Version::V201)
            .reconnect(false)
            .build();
        station.connect_and_boot().await.unwrap();
        stations.push((id, station));
    }
    for (_, station) in &stations {
        station.go_offline().await.unwrap();
    }
    // The rule gives them no minute any more: all of them are due at the same look.
    change_rule(&mut stage, "offline", json!({"minutes": 0})).await;
    let whole = |all: &[Value]| {
        let of_site = all
            .iter()
            .filter(|a| a["object"] == "site" && a["state"] == "open");
        let mut of_site = of_site.filter(|a| a["members"].as_array().is_some_and(|m| m.len() == 3));
        of_site.next().is_some()
    };
    let all = until(&mut stage, "/alerts?kind=offline&state=open", whole).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0]["site_name"], "Yard");
    // It is among the alerts of each station in it.
    let path = format!("/stations/{}/alerts", stations[1].0);
    assert_eq!(stage.ana.all(&path).await.unwrap()[0]["id"], all[0]["id"]);
    for (_, station) in &stations {
        station.come_online().await.unwrap();
    }
    until(
        &mut stage,
        "/alerts?kind=offline&state=open",
        <[Value]>::is_empty,
    )
    .await;
    let path = format!("/sites/{}/uptime", site["id"].as_str().unwrap());
    let seen = stage.ana.expect(200, "GET", &path, None).await.unwrap();
    let percent = seen["uptime_percent"].as_f64().unwrap();
    assert!((0.0..=100.0).contains(&percent), "{seen}");
}

/// What a receiver was sent: head and body of each request.
pub(crate) struct Receiver {
    pub url: String,
    requests: mpsc::UnboundedReceiver<(String, String)>,
}

/// A server that answers each request with the next of these statuses, and the last one from then on.
pub(crate) async fn receiver(statuses: &'static [u16]) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (heard, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for nth in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read(&mut stream).await;
            let status = statuses
                .get(nth)
                .or(statuses.last())
                .copied()
                .unwrap_or(200);
            let answer =
                format!("HTTP/1.1 {status} Done\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            if heard.send(request).is_err() {
                return;
            }
        }
    });
    Receiver { url, requests }
}

async fn read(stream: &mut TcpStream) -> (String, String) {
    let mut text = String::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_lowercase();
        let length = length
            .lines()
            .find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return (head.to_lowercase(), body.to_owned());
        }
    }
}

impl Receiver {
    /// Whether nothing came that was not looked at.
    pub fn is_quiet(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }

    pub async fn next(&mut self) -> (String, String) {
        let next = tokio::time::timeout(PATIENCE, self.requests.recv());
        next.await.unwrap().unwrap()
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let name = format!("{name}: ");
    head.lines()
        .find_map(|line| line.strip_prefix(&name))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_with_a_signature_and_again_when_it_fails() {
    let settings = "[webhooks]\nallowed_networks = [\"127.0.0.0/8\"]\n";
    let mut stage = Stage::with(settings).await;
    let mut receiver = receiver(&[500, 204]).await;
    let hook = json!({"name": "Desk", "url": receiver.url});
    let made = stage
        .ana
        .expect(201, "POST", "/webhooks", Some(&hook))
        .await
        .unwrap();
    let secret = made["secret"].as_str().unwrap().to_owned();
    let hook = made["webhook"]["id"].as_str().unwrap().to_owned();
    let channel = json!({"minutes": 0, "webhooks": [hook]});
    change_rule(&mut stage, "tamper", channel).await;
    let id = stage.register("HOOK-1").await;
    let station = stage.station("HOOK-1", Version::V201);
    station.connect_and_boot().await.unwrap();
    let event = json!({"type": "TamperDetectionActivated", "timestamp": chrono::Utc::now(),
        "techInfo": "Eva was here"});
    station
        .call("SecurityEventNotification", event)
        .await
        .unwrap();
    let (first, body) = receiver.next().await;
    let (second, again) = receiver.next().await;
    // The case of values is lost in the heads, so the parts that matter are compared without.
    assert_eq!(header(&first, "webhook-id"), header(&second, "webhook-id"));
    assert_eq!(body, again);
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&told["type"], &told["data"]["kind"]),
        (&json!("alert.opened"), &json!("tamper"))
    );
    assert_eq!(told["data"]["station_id"], json!(id));
    assert!(!body.contains("Eva"), "{body}");
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    let delivery = header(&second, "webhook-id");
    let signed = format!("{delivery}.{}.{body}", header(&second, "webhook-timestamp"));
    let mac = mac.chain_update(signed.as_bytes()).finalize().into_bytes();
    let right = format!("v1,{}", STANDARD.encode(mac)).to_lowercase();
    assert_eq!(header(&second, "webhook-signature"), right);
    let path = format!("/webhooks/{hook}/deliveries");
    let log = until(&mut stage, &path, |all| {
        all.iter().all(|d| d["state"] == "delivered")
    })
    .await;
    assert_eq!(
        (log.len(), &log[0]["attempts"], &log[0]["status"]),
        (1, &json!(2), &json!(204))
    );
    // The secret is told once.
    let shown = stage
        .ana
        .expect(200, "GET", &format!("/webhooks/{hook}"), None)
        .await
        .unwrap();
    assert!(!shown.to_string().contains("whsec"), "{shown}");
    stage
        .ana
        .expect(202, "POST", &format!("/webhooks/{hook}/test"), None)
        .await
        .unwrap();
    let (_, test) = receiver.next().await;
    assert!(test.contains("webhook.test"), "{test}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_behind_the_firewall_through_a_webhook() {
    let mut stage = Stage::set().await;
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = inside.local_addr().unwrap().port();
    for url in [
        format!("https://127.0.0.1:{port}/"),
        "https://[::1]/".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "http://example.org/".to_owned(),
    ] {
        let hook = json!({"name": "Inside", "url": url});
        let refused = stage
            .ana
            .ask("POST", "/webhooks", Some(&hook))
            .await
            .unwrap();
        assert_eq!(refused.status, 422, "{url}");
        assert_eq!(
            refused.body["errors"][0]["code"], "address_refused",
            "{url}"
        );
    }
    // A name that leads inside is found out when it is connected to.
    let hook = json!({"name": "Inside", "url": format!("https://localhost:{port}/")});
    let made = stage
        .ana
        .expect(201, "POST", "/webhooks", Some(&hook))
        .await
        .unwrap();
    let hook = made["webhook"]["id"].as_str().unwrap();
    stage
        .ana
        .expect(202, "POST", &format!("/webhooks/{hook}/test"), None)
        .await
        .unwrap();
    let path = format!("/webhooks/{hook}/deliveries");
    let log = until(&mut stage, &path, |all| {
        all.iter().all(|d| d["state"] == "failed")
    })
    .await;
    assert!(
        log[0]["error"].as_str().unwrap().contains("private"),
        "{log:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_and_maintenance_keep_people_from_being_told() {
    let mut stage = Stage::set().await;
    let tamper = rule_of(&mut stage, "tamper").await;
    let id = stage.register("QUIET-1").await;
    let to = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    let window = json!({"station_id": id, "to": to, "note": "New lock"});
    let window = stage
        .ana
        .expect(201, "POST", "/maintenance", Some(&window))
        .await
        .unwrap();
    let station = stage.station("QUIET-1", Version::V16);
    station.connect_and_boot().await.unwrap();
    let event = json!({"type": "TamperDetectionActivated", "timestamp": chrono::Utc::now()});
    station
        .call("SecurityEventNotification", event)
        .await
        .unwrap();
    let open = until(&mut stage, "/alerts", |all| {
        one(all, "tamper", "open").is_some()
    })
    .await;
    assert_eq!(open[0]["muted"], true);
    assert!(stage.ana.all("/notifications").await.unwrap().is_empty());
    // Over, they are told of what is open still.
    let path = format!("/maintenance/{}", window["id"].as_str().unwrap());
    stage.ana.expect(204, "DELETE", &path, None).await.unwrap();
    until(&mut stage, "/notifications", |all| all.len() == 1).await;
    let open = until(&mut stage, "/alerts", |all| all[0]["muted"] == false).await;
    let path = format!("/alerts/{}/resolve", open[0]["id"].as_str().unwrap());
    stage.ana.expect(200, "POST", &path, None).await.unwrap();
    // A rule that looks on another day of the week does not look now.
    use chrono::Datelike;
    let yesterday = (chrono::Utc::now() - chrono::TimeDelta::days(3)).weekday();
    let hours = json!({"days": [yesterday.number_from_monday()], "from_minute": 0,
        "to_minute": 1440, "time_zone": "UTC"});
    let path = format!("/alert_rules/{tamper}");
    stage
        .ana
        .expect(200, "PATCH", &path, Some(&json!({"hours": hours})))
        .await
        .unwrap();
    let event = json!({"type": "TamperDetectionActivated", "timestamp": chrono::Utc::now()});
    station
        .call("SecurityEventNotification", event)
        .await
        .unwrap();
    // A fault that is told later is heard of, and nothing of the tampering before it.
    station
        .call("StatusNotification", status(Version::V16, "Faulted"))
        .await
        .unwrap();
    let open = until(&mut stage, "/alerts?state=open", |all| {
        one(all, "faulted", "open").is_some()
    });
    assert_eq!(open.await.len(), 1);
    // At all hours again, what happened within the day counts.
    stage
        .ana
        .expect(200, "PATCH", &path, Some(&json!({"hours": null})))
        .await
        .unwrap();
    until(&mut stage, "/alerts?state=open", |all| {
        one(all, "tamper", "open").is_some()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_and_a_failed_update_are_told() {
    let mut stage = Stage::set().await;
    change_rule(&mut stage, "clock_skew", json!({"minutes": 0})).await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("CLOCK-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let path = format!("/stations/{id}/alerts");
        let mut ahead = status(version, "Unavailable");
        ahead["timestamp"] = json!(chrono::Utc::now() + chrono::TimeDelta::minutes(5));
        station.call("StatusNotification", ahead).await.unwrap();
        until(&mut stage, &path, |all| {
            one(all, "clock_skew", "open").is_some()
        })
        .await;
        station
            .call("StatusNotification", status(version, "Available"))
            .await
            .unwrap();
        until(&mut stage, &path, |all| {
            one(all, "clock_skew", "resolved").is_some()
        })
        .await;
        let told = |status: &str| match version {
            Version::V16 => json!({"status": status}),
            _ => json!({"status": status, "requestId": 7}),
        };
        let action = "FirmwareStatusNotification";
        station
            .call(action, told("InstallationFailed"))
            .await
            .unwrap();
        until(&mut stage, &path, |all| {
            one(all, "firmware_failed", "open").is_some()
        })
        .await;
        station.call(action, told("Installed")).await.unwrap();
        until(&mut stage, &path, |all| {
            one(all, "firmware_failed", "resolved").is_some()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_and_handles_what_the_table_says() {
    let mut stage = Stage::set().await;
    let id = stage.register("RIGHT-1").await;
    let station = stage.station("RIGHT-1", Version::V16);
    station.connect_and_boot().await.unwrap();
    let listening = stage.ana.listen("/events?topics=alert").await.unwrap();
    station
        .call("StatusNotification", status(Version::V16, "Faulted"))
        .await
        .unwrap();
    let open = until(&mut stage, "/alerts", |all| {
        one(all, "faulted", "open").is_some()
    })
    .await;
    listening.heard(PATIENCE, "alert.opened").await.unwrap();
    let alert = open[0]["id"].as_str().unwrap().to_owned();
    let mut last = None;
    for (role, list, handle) in [
        ("driver_manager", 200, 200),
        ("charging_manager", 403, 200),
        ("technician", 403, 200),
        ("financial_support", 200, 403),
        ("viewer", 403, 403),
        ("paid_module_activator", 200, 403),
    ] {
        let mut person = stage.member(role).await;
        let told = person.ask("GET", "/alerts", None).await.unwrap();
        assert_eq!(told.status, list, "{role}");
        let of_station = format!("/stations/{id}/alerts");
        let told = person.ask("GET", &of_station, None).await.unwrap();
        assert_eq!(told.status, handle, "{role}");
        let sees = if list == 200 || handle == 200 {
            200
        } else {
            403
        };
        let told = person
            .ask("GET", &format!("/alerts/{alert}"), None)
            .await
            .unwrap();
        assert_eq!(told.status, sees, "{role}");
        for verb in ["acknowledge", "assign"] {
            let body = (verb == "assign").then(|| json!({}));
            let path = format!("/alerts/{alert}/{verb}");
            let told = person.ask("POST", &path, body.as_ref()).await.unwrap();
            assert_eq!(told.status, handle, "{role} {verb}");
        }
        let many = json!({"ids": [alert, format!("alr_{}", "0".repeat(32))]});
        let told = person
            .ask("POST", "/alerts/acknowledge", Some(&many))
            .await
            .unwrap();
        assert_eq!(told.status, handle, "{role}");
        if handle == 200 {
            assert_eq!(told.body["data"][0]["acknowledged"], true, "{role}");
            assert_eq!(told.body["data"][1]["code"], "not_found", "{role}");
        }
        let hooks = person.ask("GET", "/webhooks", None).await.unwrap();
        assert_eq!(hooks.status, 403, "{role}");
        if role == "viewer" {
            last = Some(person);
        }
    }
    // Whoever cannot see it cannot be made to see to it.
    let mut viewer = last.unwrap();
    let me = viewer.expect(200, "GET", "/me", None).await.unwrap();
    let path = format!("/alerts/{alert}/assign");
    let owner = json!({"owner_id": me["user"]["id"]});
    let refused = stage.ana.ask("POST", &path, Some(&owner)).await.unwrap();
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/owner_id"))
    );
    let me = stage.ana.expect(200, "GET", "/me", None).await.unwrap();
    let owner = json!({"owner_id": me["user"]["id"]});
    let mine = stage
        .ana
        .expect(200, "POST", &path, Some(&owner))
        .await
        .unwrap();
    assert_eq!(mine["owner_id"], me["user"]["id"]);
    assert_eq!(stage.ana.all("/alerts?owner=me").await.unwrap().len(), 1);
    assert!(
        stage
            .ana
            .all("/alerts?owner=none")
            .await
            .unwrap()
            .is_empty()
    );
    let until_then = json!({"until": chrono::Utc::now() + chrono::TimeDelta::hours(2)});
    let path = format!("/alerts/{alert}/snooze");
    let asleep = stage
        .ana
        .expect(200, "POST", &path, Some(&until_then))
        .await
        .unwrap();
    assert_eq!(asleep["state"], "snoozed");
    let past = json!({"until": "2020-01-01T00:00:00Z"});
    let refused = stage.ana.ask("POST", &path, Some(&past)).await.unwrap();
    assert_eq!(refused.status, 422);
}
