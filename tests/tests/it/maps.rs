//! The fleet on a map: what a station does is counted at its site, and nobody sees more sites there
//! than in the list.

use std::time::Duration;

use busbar_tests::http::Person;
use serde_json::{Value, json};
use simulators::Version;
use tokio::time::timeout;

use crate::stage::{Stage, UID};

async fn site(ana: &mut Person, name: &str, at: Option<(f64, f64)>) -> String {
    let mut body = json!({"name": name, "city": "Linz", "time_zone": "Europe/Vienna"});
    if let Some((latitude, longitude)) = at {
        body["latitude"] = json!(latitude);
        body["longitude"] = json!(longitude);
    }
    let made = ana
        .expect(201, "POST", "/sites", Some(&body))
        .await
        .unwrap();
    made["id"].as_str().unwrap().to_owned()
}

async fn put(ana: &mut Person, station: &str, site: &str) {
    let body = json!({"site_id": site});
    let path = format!("/stations/{station}");
    ana.expect(200, "PATCH", &path, Some(&body)).await.unwrap();
}

fn names(map: &Value) -> Vec<&str> {
    let sites = map["sites"].as_array().unwrap().iter();
    sites.map(|site| site["name"].as_str().unwrap()).collect()
}

/// Waits until the first site of the map is as expected.
async fn until(person: &mut Person, what: &str, right: impl Fn(&Value) -> bool) -> Value {
    let mut newest = Value::Null;
    let looked = async {
        loop {
            let map = person.expect(200, "GET", "/sites/map", None).await.unwrap();
            newest = map["sites"][0].clone();
            if right(&newest) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let seen = timeout(Duration::from_secs(20), looked).await;
    assert!(seen.is_ok(), "{what}: {newest}");
    newest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_tells_how_the_stations_of_each_site_stand() {
    let mut stage = Stage::set().await;
    let yard = site(&mut stage.ana, "A yard", Some((48.3, 14.3))).await;
    let _ = site(&mut stage.ana, "Bay", Some((-36.8, 174.7))).await;
    let _ = site(&mut stage.ana, "Nowhere", None).await;
    let mut stations = Vec::new();
    for identity in ["MAP-1", "MAP-2", "MAP-3"] {
        let id = stage.register(identity).await;
        put(&mut stage.ana, &id, &yard).await;
        stations.push(id);
    }
    let map = stage
        .ana
        .expect(200, "GET", "/sites/map", None)
        .await
        .unwrap();
    assert_eq!(
        names(&map),
        ["A yard", "Bay"],
        "by name, and only those with a position"
    );
    assert_eq!(
        (&map["unplaced"], &map["truncated"]),
        (&json!(1), &json!(false))
    );
    let first = &map["sites"][0];
    assert_eq!(first["id"], json!(yard));
    assert_eq!(
        (&first["latitude"], &first["longitude"]),
        (&json!(48.3), &json!(14.3))
    );
    assert_eq!(
        (&first["stations"], &first["offline"], &first["idle"]),
        (&json!(3), &json!(3), &json!(0))
    );

    // One connects, one charges, one stays away.
    let mut connected = Vec::new();
    for (identity, version) in [("MAP-1", Version::V16), ("MAP-2", Version::V201)] {
        let station = stage.station(identity, version);
        station.connect_and_boot().await.unwrap();
        if identity == "MAP-2" {
            station.plug_in(1).await.unwrap();
            station.start(1, UID).await.unwrap();
            station.tick(Duration::from_secs(300)).await.unwrap();
        }
        connected.push(station);
    }
    let charges = |site: &Value| site["charging"] == 1 && site["power_w"].as_i64() > Some(0);
    let now = until(&mut stage.ana, "charging", charges).await;
    assert_eq!(
        (&now["offline"], &now["faulted"], &now["idle"]),
        (&json!(1), &json!(0), &json!(1))
    );
    // An archived one is not there.
    let gone = format!("/stations/{}", stations[2]);
    stage.ana.expect(204, "DELETE", &gone, None).await.unwrap();
    let now = until(&mut stage.ana, "archived", |site| site["offline"] == 0).await;
    assert_eq!(now["stations"], 2);

    // A part of the world, also over the 180th meridian; nonsense is told.
    for (bbox, found) in [
        ("14,48,15,49", vec!["A yard"]),
        ("170,-50,-170,0", vec!["Bay"]),
        ("0,0,1,1", vec![]),
    ] {
        let path = format!("/sites/map?bbox={bbox}");
        let part = stage.ana.expect(200, "GET", &path, None).await.unwrap();
        assert_eq!(names(&part), found, "{bbox}");
    }
    for odd in ["bbox=1,2,3", "bbox=0,9,1,1", "box=1"] {
        let path = format!("/sites/map?{odd}");
        let refused = stage.ana.expect(400, "GET", &path, None).await.unwrap();
        assert_eq!(refused["code"], "invalid_parameter", "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_shows_nobody_more_than_the_list_of_sites() {
    let mut stage = Stage::set().await;
    let own = site(&mut stage.ana, "Own", Some((48.3, 14.3))).await;
    let _ = site(&mut stage.ana, "Other", Some((52.5, 13.4))).await;
    let _ = site(&mut stage.ana, "Other nowhere", None).await;
    let station = stage.register("REACH-1").await;
    put(&mut stage.ana, &station, &own).await;
    // A member of some sites, by the roles in the organisation.
    let mut bo = stage.member("viewer").await;
    let me = bo.expect(200, "GET", "/me", None).await.unwrap();
    let (org, user) = (&me["organisation"]["id"], &me["user"]["id"]);
    let path = format!(
        "/organisations/{}/members/{}",
        org.as_str().unwrap(),
        user.as_str().unwrap()
    );
    let any = [("If-Match", "*")];
    let narrowed = json!({"sites": [own]});
    let done = stage
        .ana
        .ask_with("PATCH", &path, &any, Some(&narrowed))
        .await
        .unwrap();
    assert_eq!(done.status, 200, "{}", done.body);
    let map = bo.expect(200, "GET", "/sites/map", None).await.unwrap();
    assert_eq!(names(&map), ["Own"]);
    assert_eq!(
        (&map["unplaced"], &map["sites"][0]["stations"]),
        (&json!(0), &json!(1))
    );
    let elsewhere = bo
        .expect(200, "GET", "/sites/map?bbox=13,52,14,53", None)
        .await
        .unwrap();
    assert_eq!(names(&elsewhere), Vec::<&str>::new());
    let mut activator = stage.member("paid_module_activator").await;
    activator
        .expect(403, "GET", "/sites/map", None)
        .await
        .unwrap();
}
