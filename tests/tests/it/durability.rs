//! Acknowledged means durable: the server is killed at random moments under load, and everything
//! that a station saw acknowledged is there after the restart.
#![allow(clippy::print_stdout)] // the figure is what the test shows

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use busbar_tests::http::Person;
use busbar_tests::product::{Product, program};
use serde_json::{Value, json};
use tokio::process::Command;

const STATIONS: usize = 20;
const PASSWORD: &str = "0123456789abcdef0123";
/// Looking for everything that was acknowledged takes many questions.
pub const ASKED: [(&str, &str); 1] = [("BUSBAR_HTTP_REQUESTS_PER_MINUTE", "10000000")];

/// Random enough for moments, and repeatable from the printed seed.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Registers a station with the password that the load has; its id.
pub async fn register(ana: &mut Person, identity: &str) -> String {
    let body = json!({"identity": identity, "password": PASSWORD});
    let added = ana.expect(201, "POST", "/stations", Some(&body)).await;
    added.unwrap()["station"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name)
            .ok()
            .map_or(otherwise, |text| text.parse().unwrap())
    };
    let kills = number("BUSBAR_SOAK_KILLS", 5);
    let seed = number(
        "BUSBAR_SEED",
        u64::from(std::process::id()) * 2_654_435_761 + 1,
    );
    println!("seed {seed} (BUSBAR_SEED)");
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("acknowledged");
    let data = folder.path().join("data");
    let versions = ["1.6", "2.0.1", "2.1"];

    let mut ids: HashMap<String, String> = HashMap::new();
    let mut product = Product::start(&data, &ASKED).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    for version in versions {
        for n in 1..=STATIONS {
            let identity = format!("{version}-{n:05}");
            let id = register(&mut ana, &identity).await;
            ids.insert(identity, id);
        }
    }
    for kill in 0..kills {
        let version = versions[usize::try_from(kill).unwrap() % versions.len()];
        let mut load = Command::new(program("busbar-sim"))
            .args([
                "load",
                "messages",
                "--seconds",
                "60",
                "--mix",
                "transactions",
            ])
            .args([
                "--url",
                &product.stations,
                "--password",
                PASSWORD,
                "--version",
                version,
            ])
            .args(["--prefix", version, "--stations", &STATIONS.to_string()])
            .arg("--ack-log")
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // A moment in which something was acknowledged, and then a random one.
        let size = || std::fs::metadata(&log).map_or(0, |m| m.len());
        let before = size();
        let something = async {
            while size() == before {
                let ended = load.try_wait().unwrap();
                assert!(ended.is_none(), "the load ended early: {ended:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), something)
            .await
            .expect("nothing is acknowledged");
        tokio::time::sleep(Duration::from_millis(dice.up_to(1_500))).await;
        product.kill().await.unwrap();
        load.kill().await.unwrap();
        product = Product::start(&data, &ASKED).await.unwrap();
    }
    let mut ana = product.administrator().await.unwrap();
    let acknowledged: Vec<Value> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let lost = missing(&mut ana, &ids, &acknowledged).await;
    println!(
        "{} of {} lost in {kills} kills",
        lost.len(),
        acknowledged.len()
    );
    assert!(
        acknowledged.len() > 100,
        "too little was acknowledged to show anything"
    );
    assert!(lost.is_empty(), "lost: {:?}", &lost[..lost.len().min(5)]);
}

/// The acknowledged messages that the API does not know.
pub async fn missing<'a>(
    ana: &mut Person,
    ids: &HashMap<String, String>,
    acknowledged: &'a [Value],
) -> Vec<&'a Value> {
    let mut sessions: HashMap<(String, String), Value> = HashMap::new();
    for (identity, id) in ids {
        for session in ana
            .all(&format!("/sessions?station_id={id}"))
            .await
            .unwrap()
        {
            let wire = session["wire_id"].as_str().unwrap().to_owned();
            sessions.insert((identity.clone(), wire), session);
        }
    }
    let mut points: HashMap<String, Vec<Value>> = HashMap::new();
    let mut lost = Vec::new();
    for message in acknowledged {
        let text = |key: &str| message[key].as_str().unwrap().to_owned();
        let Some(session) = sessions.get(&(text("station"), text("transaction"))) else {
            lost.push(message);
            continue;
        };
        let kind = text("kind");
        let there = if kind == "StopTransaction" || kind == "TransactionEvent.Ended" {
            session["state"] == "ended"
        } else if kind == "StartTransaction" {
            true
        } else {
            let id = session["id"].as_str().unwrap().to_owned();
            if !points.contains_key(&id) {
                let path = format!("/sessions/{id}/meter");
                let body = ana.expect(200, "GET", &path, None).await.unwrap();
                points.insert(id.clone(), body["points"].as_array().unwrap().clone());
            }
            points[&id].iter().any(|p| {
                p["energy_wh"] == message["register_wh"] && p["at"] == message["timestamp"]
            })
        };
        if !there {
            lost.push(message);
        }
    }
    lost
}
