//! Campaigns with a file of the library: a link for each station, and nothing for stations that the
//! file is not for.

use std::collections::HashSet;

use serde_json::json;
use simulators::{Template, Version};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_gives_each_station_a_link_of_its_own_and_passes_by_what_it_does_not_fit() {
    let mut stage = stage("").await;
    let mut stations = Vec::new();
    for (number, version) in [Version::V16, Version::V201, Version::V21]
        .iter()
        .enumerate()
    {
        stations.push(booted(&mut stage, &format!("ROLL-{number}"), *version).await);
    }
    let other = stage.register("ROLL-OTHER").await;
    let builder = stage.builder("ROLL-OTHER", Version::V201);
    let fast = builder.template(Template::dc150()).build();
    fast.connect_and_boot().await.unwrap();
    let models = [stage.seen(&stations[0].0).await, stage.seen(&other).await];
    assert_ne!(models[0]["model"], models[1]["model"]);
    let file = library(&mut stage, &stations[0].0, "roll.bin", SIGNED).await;

    let empty = json!({"vendor": VENDOR, "models": ["*"], "version": "1.0", "name": "f.bin"});
    let empty = stage
        .ana
        .expect(201, "POST", "/firmware_files", Some(&empty));
    let empty = empty.await.unwrap();
    let job = |spec: Value| json!({"kind": "firmware", "spec": spec, "target": {"filter": {}}});
    let nobodys = format!("fwf_{:032x}", 7);
    let url = "https://firmware.example/f.bin";
    for (spec, status, code) in [
        (json!({"firmware_file_id": nobodys}), 422, "not_found"),
        (
            json!({"firmware_file_id": file, "url": url}),
            422,
            "invalid",
        ),
        (json!({"url": url, "transport": "ftp"}), 422, "invalid"),
        (
            json!({"firmware_file_id": empty["id"]}),
            409,
            "content_missing",
        ),
    ] {
        let body = job(spec);
        let told = stage.ana.expect(status, "POST", "/jobs", Some(&body));
        let told = told.await.unwrap();
        let place = told["errors"][0]["code"].as_str();
        assert_eq!(place.or(told["code"].as_str()), Some(code), "{told}");
    }

    let spec = json!({"firmware_file_id": file, "transport": "http"});
    let body = job(spec);
    let made = stage.ana.expect(201, "POST", "/jobs", Some(&body));
    let made = made.await.unwrap();
    assert_eq!(made["spec"]["version"], "9.1.0", "{made}");
    let path = format!("/jobs/{}", made["id"].as_str().unwrap());
    let mut last = Value::Null;
    let looked = async {
        while last["state"] != "done" {
            last = stage.ana.expect(200, "GET", &path, None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, looked).await.is_ok(),
        "{last}"
    );
    let counts = &last["counts"];
    assert_eq!(
        (&counts["succeeded"], &counts["skipped"]),
        (&json!(3), &json!(1)),
        "{last}"
    );
    let items = stage.ana.all(&format!("{path}/items")).await.unwrap();
    let skipped = items
        .iter()
        .find(|item| item["state"] == "skipped")
        .unwrap();
    assert_eq!(skipped["reason"]["code"], "firmware_does_not_fit");
    assert_eq!(skipped["identity"], "ROLL-OTHER");

    let mut links = HashSet::new();
    for (id, station) in &stations {
        assert_eq!(station.view().firmware, "9.1.0");
        let call = station.wait_for("UpdateFirmware", PATIENCE).await.unwrap();
        let location = call.payload["location"].as_str();
        let location = location.or(call.payload["firmware"]["location"].as_str());
        links.insert(location.unwrap().to_owned());
        let done = newest(&mut stage, id, "firmware/updates", |t| t["state"] == "done").await;
        assert_eq!(done["firmware_file_id"].as_str(), Some(file.as_str()));
    }
    assert_eq!(links.len(), 3, "{links:?}");
    for link in &links {
        assert_eq!(
            status(&[link]).await,
            "410",
            "the link is over with the update"
        );
    }
}
