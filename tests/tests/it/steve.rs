//! Taking over from SteVe: dumps of both shapes with hostile texts, a dry run first, twice over, a
//! dump that was cut off, and a charger that comes over as it was configured there.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use busbar_tests::product::program;
use busbar_tests::steve::{Cell, Dump, Shape};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use simulators::{Station, Template, Version};
use tokio::process::Command;

use crate::stage::Stage;

/// Texts that break out of badly written readers.
const HOSTILE: [&str; 5] = [
    "O'Brien \\' \"q\" `b` \\",
    "); INSERT INTO `web_user` VALUES (9,'x','y',1,'[]');\n-- ",
    "line\nline\r\n\ttab \u{1a} /* no comment */ # nor this",
    "🔌⚡ Straße, 東京",
    "-- Dump completed on 2026-01-01",
];

/// Runs `busbar import steve`: the exit code, and the last line of what it said.
async fn import(data: &Path, dump: &Path, more: &[&str]) -> (i32, Value) {
    let ran = Command::new(program("busbar"))
        .args(["import", "steve", "--json"])
        .arg(dump)
        .args(more)
        .env("BUSBAR_DATA_DIR", data)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let last = said.lines().last().unwrap_or_default();
    let last = serde_json::from_str(last)
        .unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&ran.stderr)));
    (ran.status.code().unwrap(), last)
}

/// So many minutes before one moment, the same for the whole dump.
fn at(minutes_ago: i64) -> Cell {
    static NOW: OnceLock<DateTime<Utc>> = OnceLock::new();
    let at = *NOW.get_or_init(Utc::now) - TimeDelta::minutes(minutes_ago);
    at.format("%Y-%m-%d %H:%M:%S.000000").to_string().into()
}

/// Three stations at two sites, one of which cannot be taken over; five tags, two users; sessions
/// that ended, that run, that never ended and that SteVe could not end.
fn fleet(shape: Shape) -> Dump {
    let mut dump = Dump::new(shape);
    let outlet = dump.outlet();
    for (pk, street, city) in [(1, HOSTILE[0], HOSTILE[3]), (2, HOSTILE[0], HOSTILE[3])] {
        let mut cells = vec![
            ("address_pk", pk.into()),
            ("street", street.into()),
            ("house_number", "7".into()),
            ("city", city.into()),
            ("country", "DE".into()),
        ];
        if shape == Shape::Evse {
            cells.extend([
                ("latitude", Cell::Text("52.52000000".to_owned())),
                ("longitude", Cell::Text("-13.40500000".to_owned())),
                ("time_zone", "Europe/Berlin".into()),
            ]);
        }
        dump.row("address", &cells);
    }
    for (pk, identity, address) in [(1, "DEPOT-1", 1), (2, "DEPOT-2", 2), (3, "bad/one", 2)] {
        let mut cells = vec![
            ("charge_box_pk", pk.into()),
            ("charge_box_id", identity.into()),
            ("registration_status", "Accepted".into()),
            ("charge_point_vendor", "Acme".into()),
            ("description", HOSTILE[2].into()),
            ("note", Cell::Hex(HOSTILE[1].to_owned())),
            ("address_pk", address.into()),
            ("last_heartbeat_timestamp", at(5)),
        ];
        if shape == Shape::Connector {
            cells.extend([
                ("location_latitude", Cell::Text("52.52000000".to_owned())),
                ("location_longitude", Cell::Text("-13.40500000".to_owned())),
            ]);
        } else {
            cells.push(("security_profile", 0.into()));
        }
        dump.row("charge_box", &cells);
    }
    for (pk, identity, number) in [
        (10, "DEPOT-1", 0),
        (11, "DEPOT-1", 1),
        (12, "DEPOT-1", 2),
        (21, "DEPOT-2", 1),
        (31, "bad/one", 1),
    ] {
        dump.outlet_row(pk, identity, number);
    }
    for (status, minutes) in [("Available", 60), ("Faulted", 30), ("Available", 45)] {
        let cells = [
            (outlet, 12.into()),
            ("status_timestamp", at(minutes)),
            ("status", status.into()),
            ("error_code", "GroundFailure".into()),
        ];
        dump.row("connector_status", &cells);
    }
    for (pk, tag, parent, limit) in [
        (1, "04AABBCCDD", Cell::Null, -1),
        (2, "04AABBCCEE", "GROUP".into(), 1),
        (3, "BLOCKED01", Cell::Null, 0),
        (4, "GROUP", Cell::Null, 1),
    ] {
        let cells = [
            ("ocpp_tag_pk", pk.into()),
            ("id_tag", tag.into()),
            ("parent_id_tag", parent),
            ("max_active_transaction_count", limit.into()),
            ("note", HOSTILE[4].into()),
        ];
        dump.row("ocpp_tag", &cells);
    }
    for (pk, first, mail) in [(1, "Eva", "eva@example.org"), (2, HOSTILE[0], "no address")] {
        let mut cells = vec![
            ("user_pk", pk.into()),
            ("first_name", first.into()),
            ("last_name", HOSTILE[3].into()),
            ("e_mail", mail.into()),
            ("phone", "+49 170 1234567".into()),
            ("note", HOSTILE[2].into()),
        ];
        if shape == Shape::Connector {
            cells.push(("ocpp_tag_pk", pk.into()));
        }
        dump.row("user", &cells);
        if shape == Shape::Evse {
            dump.row(
                "user_ocpp_tag",
                &[("user_pk", pk.into()), ("ocpp_tag_pk", pk.into())],
            );
        }
    }
    history(&mut dump, outlet);
    dump.row(
        "web_user",
        &[
            ("web_user_pk", 1.into()),
            ("username", "admin".into()),
            ("password", "{bcrypt}$2a$10$abc".into()),
            ("enabled", 1.into()),
            ("authorities", "[\"ADMIN\", \"USER\"]".into()),
        ],
    );
    dump.row(
        "settings",
        &[
            ("app_id", "x".into()),
            ("heartbeat_interval_in_seconds", 14_400.into()),
        ],
    );
    dump.row(
        "reservation",
        &[("reservation_pk", 1.into()), (outlet, 11.into())],
    );
    dump
}

fn history(dump: &mut Dump, outlet: &'static str) {
    // Number, outlet, tag, begun, register.
    for (pk, of, tag, minutes, value) in [
        (101, 11, "04AABBCCDD", 600, "1000"),
        (102, 11, "04AABBCCEE", 300, "2000"),
        (103, 11, "UNKNOWNTAG", 200, "3000"),
        (104, 12, "04AABBCCDD", 90, "no number"),
        (105, 21, "04AABBCCDD", 10, "4000"),
        (106, 31, "04AABBCCDD", 10, "0"),
        (107, 99, "04AABBCCDD", 10, "0"),
    ] {
        let cells = [
            ("transaction_pk", pk.into()),
            ("event_timestamp", at(minutes)),
            (outlet, of.into()),
            ("id_tag", tag.into()),
            ("start_timestamp", at(minutes)),
            ("start_value", value.into()),
        ];
        dump.row("transaction_start", &cells);
    }
    // 101 was stopped twice, and the newest counts; 102 never; 104 without a register before.
    for (pk, minutes, value) in [
        (101, 550, "9999"),
        (101, 540, "8000"),
        (103, 100, "3500.4"),
        (104, 60, "500"),
    ] {
        let cells = [
            ("transaction_pk", pk.into()),
            ("event_timestamp", at(minutes)),
            ("event_actor", "station".into()),
            ("stop_timestamp", at(minutes)),
            ("stop_value", value.into()),
            ("stop_reason", "EVDisconnected".into()),
        ];
        dump.row("transaction_stop", &cells);
    }
    let cells = [
        ("transaction_pk", 77.into()),
        ("charge_box_id", "DEPOT-1".into()),
        ("event_timestamp", at(50)),
        ("stop_timestamp", at(50)),
        ("stop_value", "100".into()),
        ("fail_reason", HOSTILE[1].into()),
    ];
    dump.row("transaction_stop_failed", &cells);
    for (transaction, of, minutes, value, measurand, unit) in [
        (
            101.into(),
            11,
            590,
            "1.5",
            "Energy.Active.Import.Register",
            "kWh",
        ),
        (101.into(), 11, 590, "11.04", "Power.Active.Import", "kW"),
        (101.into(), 11, 590, "16.25", "Current.Import", "A"),
        (
            101.into(),
            11,
            580,
            "2500",
            "Energy.Active.Import.Register",
            "Wh",
        ),
        (Cell::Null, 21, 8, "42.0", "Temperature", "Celsius"),
        (
            105.into(),
            21,
            3_000_000,
            "1",
            "Energy.Active.Import.Register",
            "Wh",
        ),
    ] {
        let cells = [
            (outlet, of.into()),
            ("transaction_pk", transaction),
            ("value_timestamp", at(minutes)),
            ("value", value.into()),
            ("reading_context", "Sample.Periodic".into()),
            ("measurand", measurand.into()),
            ("unit", unit.into()),
        ];
        dump.row("connector_meter_value", &cells);
    }
}

fn kept(stage: &Stage, name: &str, bytes: &[u8]) -> PathBuf {
    let path = stage.data().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn counts(report: &Value, kind: &str) -> (u64, u64, u64) {
    let of = |what: &str| {
        let count = report["kinds"][kind][what].as_u64();
        count.unwrap_or_else(|| panic!("{what} of {kind}: {report}"))
    };
    (of("made"), of("there"), of("refused"))
}

async fn taken_over(shape: Shape) {
    let mut stage = Stage::set().await;
    let whole = fleet(shape).text();
    let dump = kept(&stage, "dump.sql", whole.as_bytes());
    let expected = [
        ("sites", (1, 0, 0)),
        ("stations", (2, 0, 1)),
        ("drivers", (2, 0, 0)),
        ("tokens", (4, 0, 0)),
        ("sessions", (6, 0, 2)),
        ("readings", (3, 0, 0)),
    ];
    // A dry run says what comes of it, and writes nothing.
    let (code, said) = import(stage.data(), &dump, &["--dry-run", "--open-stations"]).await;
    assert_eq!((code, &said["event"]), (4, &json!("done")), "{said}");
    for (kind, fates) in expected {
        assert_eq!(counts(&said["report"], kind), fates, "{kind}: {said}");
    }
    assert_eq!(stage.ana.all("/stations").await.unwrap().len(), 0);
    assert_eq!(stage.ana.all("/sessions").await.unwrap().len(), 0);

    // The real one, packed.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, whole.as_bytes()).unwrap();
    let dump = kept(&stage, "dump.sql.gz", &packed.finish().unwrap());
    let (code, said) = import(stage.data(), &dump, &["--open-stations"]).await;
    let report = &said["report"];
    assert_eq!(code, 4, "{said}");
    for (kind, fates) in expected {
        assert_eq!(counts(report, kind), fates, "{kind}: {said}");
    }
    let version = if shape == Shape::Evse {
        "1.1.6"
    } else {
        "1.0.7"
    };
    assert_eq!(report["version"], version);
    assert_eq!(report["not_carried"]["reservations"], 1);
    let problems: Vec<String> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                p["table"].as_str().unwrap(),
                p["row"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        problems,
        [
            "charge_box charge_box_pk=3",
            "transaction_start transaction_pk=106",
            "transaction_start transaction_pk=107",
        ]
    );
    let hints = report["hints"].to_string();
    assert!(
        hints.contains("14400") && hints.contains("user invite"),
        "{hints}"
    );
    // Nothing personal is said of what was refused or not.
    for secret in ["04AABBCC", "eva@", "bcrypt", "OBrien"] {
        assert!(!said.to_string().contains(secret), "{said}");
    }
    look_at(&mut stage).await;

    // Once more: nothing twice.
    let (code, said) = import(stage.data(), &dump, &["--open-stations"]).await;
    assert_eq!(code, 4, "{said}");
    for (kind, (made, _, refused)) in expected {
        assert_eq!(
            counts(&said["report"], kind),
            (0, made, refused),
            "{kind}: {said}"
        );
    }
    assert_eq!(stage.ana.all("/sessions").await.unwrap().len(), 6);
    // Another SteVe with the same numbers is another one: its sessions meet those of the stations
    // that are there already, and are refused by name.
    let again = import(stage.data(), &dump, &["--source", "depot-b"]).await;
    assert_eq!(
        counts(&again.1["report"], "sessions"),
        (0, 0, 8),
        "{}",
        again.1
    );
    assert_eq!(
        counts(&again.1["report"], "stations"),
        (0, 2, 1),
        "{}",
        again.1
    );
}

/// What is there now, as people see it.
async fn look_at(stage: &mut Stage) {
    let sites = stage.ana.all("/sites").await.unwrap();
    assert_eq!(sites.len(), 1);
    assert_eq!(sites[0]["city"], HOSTILE[3]);
    assert_eq!(sites[0]["latitude"].as_f64(), Some(52.52), "{}", sites[0]);
    assert_eq!(sites[0]["longitude"].as_f64(), Some(-13.405));
    let stations = stage.ana.all("/stations").await.unwrap();
    let names: Vec<&str> = stations
        .iter()
        .map(|s| s["identity"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["DEPOT-1", "DEPOT-2"]);
    assert_eq!(stations[0]["site_id"], sites[0]["id"]);
    let sessions = stage.ana.all("/sessions").await.unwrap();
    let by = |wire: &str| {
        let found = sessions.iter().find(|s| s["wire_id"] == wire);
        found.unwrap_or_else(|| panic!("{wire}: {sessions:?}"))
    };
    let suspicions = |wire: &str| by(wire)["suspect"].to_string();
    assert_eq!(by("101")["state"], "ended");
    assert_eq!(by("101")["energy_wh"], 7_000, "the newest stop counts");
    assert_eq!(suspicions("101"), "[]");
    assert!(suspicions("102").contains("never_ended"), "{}", by("102"));
    assert_eq!(by("103")["energy_wh"], 500);
    assert!(suspicions("104").contains("no_meter"), "{}", by("104"));
    assert_eq!(by("105")["state"], "active");
    let failed = sessions
        .iter()
        .find(|s| s["wire_id"].as_str().unwrap().starts_with("failed-77-"));
    assert!(
        failed.unwrap()["suspect"]
            .to_string()
            .contains("stop_without_start")
    );
    let path = format!("/sessions/{}/meter", by("101")["id"].as_str().unwrap());
    let meter = stage.ana.expect(200, "GET", &path, None).await.unwrap();
    let points = meter["points"].as_array().unwrap();
    assert_eq!(points.len(), 2, "{meter}");
    assert_eq!(points[0]["energy_wh"], 1_500);
    assert_eq!(points[0]["power_w"], 11_040);
    assert_eq!(points[1]["energy_wh"], 2_500);
    let drivers = stage.ana.all("/drivers").await.unwrap();
    assert_eq!(drivers.len(), 2, "{drivers:?}");
    let eva = drivers
        .iter()
        .find(|d| d["email"] == "eva@example.org")
        .unwrap();
    assert_eq!(eva["reference"], "steve:user:1");
    assert_eq!(by("101")["driver_id"], eva["id"], "{}", by("101"));
    let tokens = stage.ana.all("/tokens").await.unwrap();
    let token = |uid: &str| tokens.iter().find(|t| t["uid"] == uid).unwrap();
    assert_eq!(token("BLOCKED01")["state"], "blocked");
    assert_eq!(
        token("04AABBCCEE")["group"],
        "GROUP",
        "{}",
        token("04AABBCCEE")
    );
    let deeds = stage.deeds("imports.carry", 6).await;
    assert_eq!(deeds.len(), 6);
    assert_eq!(stage.deeds("imports.begin", 1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn steve_is_taken_over_from_both_shapes_of_its_database() {
    taken_over(Shape::Connector).await;
    taken_over(Shape::Evse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_was_cut_off_takes_over_nothing() {
    let mut stage = Stage::set().await;
    let whole = fleet(Shape::Evse).text();
    let half = &whole[..whole.len() / 2];
    let dump = kept(&stage, "half.sql", half.as_bytes());
    let (code, said) = import(stage.data(), &dump, &[]).await;
    assert_eq!((code, &said["event"]), (3, &json!("failed")), "{said}");
    let place = format!("byte {}, line {}", half.len(), half.lines().count());
    assert!(
        said["detail"].as_str().unwrap().contains(&place),
        "{said}, not {place}"
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, whole.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let others = [
        ("half.sql.gz", &packed[..packed.len() / 2]),
        ("empty.sql", &b""[..]),
        (
            "other.sql",
            b"CREATE TABLE `t` (`a` int);\n-- Dump completed\n",
        ),
        ("no.sql", b"\x7fELF"),
    ];
    for (name, bytes) in others {
        let dump = kept(&stage, name, bytes);
        let (code, said) = import(stage.data(), &dump, &[]).await;
        assert_eq!(
            (code, &said["event"]),
            (3, &json!("failed")),
            "{name}: {said}"
        );
    }
    assert_eq!(stage.ana.all("/stations").await.unwrap().len(), 0);
    assert_eq!(stage.ana.all("/tokens").await.unwrap().len(), 1);
    assert_eq!(
        stage
            .ana
            .all("/audit?action=imports.begin")
            .await
            .unwrap()
            .len(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_comes_over_as_it_was_configured_and_its_session_ends_here() {
    let mut stage = Stage::set().await;
    let dump = kept(
        &stage,
        "dump.sql",
        fleet(Shape::Connector).text().as_bytes(),
    );
    // Without the flag nobody comes in without a password.
    let (_, said) = import(stage.data(), &dump, &["--dry-run"]).await;
    assert!(
        said["report"]["hints"]
            .to_string()
            .contains("2 stations cannot come in"),
        "{said}"
    );
    let (code, said) = import(stage.data(), &dump, &["--open-stations"]).await;
    assert_eq!(code, 4, "{said}");
    let stations = stage.ana.all("/stations").await.unwrap();
    let id = stations[1]["id"].as_str().unwrap().to_owned();
    let running = stage.sessions(&id).await;
    assert_eq!((running.len(), &running[0]["state"]), (1, &json!("active")));
    // The path of SteVe, and no password.
    let at = stage.stations_at("/steve/websocket/CentralSystemService");
    let charger = Station::builder(&at, "DEPOT-2")
        .version(Version::V16)
        .password(None)
        .template(Template::ac22())
        .seed(7)
        .build();
    charger.connect_and_boot().await.unwrap();
    charger.plug_in(1).await.unwrap();
    charger.start(1, "04AABBCCDD").await.unwrap();
    charger.stop(1).await.unwrap();
    // A session here has a number that the charger never saw at SteVe.
    let sessions = stage.sessions(&id).await;
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    let number = |s: &Value| s["wire_id"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(sessions.iter().any(|s| number(s) > 107), "{sessions:?}");
    let before = sessions.iter().find(|s| number(s) == 105).unwrap();
    assert_eq!(before["state"], "ended", "{before}");
}
