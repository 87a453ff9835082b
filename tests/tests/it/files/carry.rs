//! Files that arrive.

use serde_json::json;
use simulators::{Manner, Version};

use super::*;
use crate::stage::VERSIONS;

#[tokio::test]
async fn a_station_of_each_version_gets_firmware_by_http_and_by_ftp_and_runs_it() {
    let mut stage = stage("").await;
    for version in VERSIONS {
        for (transport, parts) in [("http", false), ("http", true), ("ftp", false)] {
            let identity = format!("FW-{version:?}-{transport}-{parts}");
            let (id, station) = booted(&mut stage, &identity, version).await;
            if parts {
                station
                    .set_manner(Manner::FetchesInParts, true)
                    .await
                    .unwrap();
            }
            let mut content = SIGNED.to_vec();
            content.resize(100_000, b'.');
            let file = library(&mut stage, &id, "firmware.bin", &content).await;
            assert_eq!(stage.seen(&id).await["firmware_update"], "9.1.0");

            let command = update(&mut stage, &id, &file, transport).await;
            assert_eq!(command["state"], "accepted", "{command}");
            let done = newest(&mut stage, &id, "firmware/updates", |t| {
                t["state"] == "done" && t["status"] == "Installed"
            });
            let done = done.await;
            assert_eq!(done["firmware_file_id"].as_str(), Some(file.as_str()));
            assert_eq!(done["transport"], transport);
            assert_eq!(done["issued_by"]["name"], "Ana");
            assert_eq!(station.view().firmware, "9.1.0");
            let seen = stage.seen(&id).await;
            assert_eq!(seen["firmware_version"], "9.1.0");
            assert_eq!(seen["firmware_update"], json!(null));

            // Nobody reads the way in: not where commands are shown, and not in the log.
            let call = station.wait_for("UpdateFirmware", PATIENCE).await.unwrap();
            let location = call.payload["location"].as_str();
            let location = location.or(call.payload["firmware"]["location"].as_str());
            let location = location.unwrap();
            let shown = stage.ana.all(&format!("/stations/{id}/commands")).await;
            let logged = stage.ana.all(&format!("/stations/{id}/logs")).await;
            let (shown, logged) = (shown.unwrap(), logged.unwrap());
            assert!(json!(shown).to_string().contains("***"));
            assert!(json!(logged).to_string().contains("***"));
            let secret = location
                .split(['/', ':', '@'])
                .max_by_key(|part| part.len());
            for told in [json!(shown).to_string(), json!(logged).to_string()] {
                assert!(!told.contains(secret.unwrap()));
            }
            // And the way is closed.
            match transport {
                "http" => assert_eq!(status(&[location]).await, "410"),
                _ => assert_eq!(curl(&[location]).await.code, 67, "the sign-in is refused"),
            }
        }
    }
}

#[tokio::test]
async fn curl_fetches_firmware_in_any_part_as_often_as_it_wants_until_the_update_is_over() {
    let mut stage = stage("").await;
    let (id, station) = booted(&mut stage, "PARTS", Version::V16).await;
    station
        .set_manner(Manner::HangsInDownload, true)
        .await
        .unwrap();
    let content: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let file = library(&mut stage, &id, "parts.bin", &content).await;
    for transport in ["http", "ftp"] {
        update(&mut stage, &id, &file, transport).await;
        let call = station.wait_for("UpdateFirmware", PATIENCE).await.unwrap();
        let url = call.payload["location"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            assert_eq!(curl(&[&url]).await.out, content);
        }
        for (range, from, to) in [
            ("0-0", 0, 1),
            ("100-199", 100, 200),
            ("199000-", 199_000, 200_000),
            ("65535-131072", 65_535, 131_073),
        ] {
            // FTP knows where to begin and not where to end: who hangs up in the middle is another
            // story.
            if transport == "ftp" && to < content.len() {
                continue;
            }
            let part = curl(&["-r", range, &url]).await;
            assert_eq!(part.out, content[from..to], "{transport} {range}");
        }
        if transport == "ftp" {
            let list = curl(&["-l", url.strip_suffix("parts.bin").unwrap()]).await;
            assert_eq!(String::from_utf8(list.out).unwrap().trim(), "parts.bin");
            continue;
        }
        assert_eq!(curl(&["-r", "-1000", &url]).await.out, content[199_000..]);
        assert_eq!(status(&["-r", "100-199", &url]).await, "206");
        assert_eq!(status(&["-r", "200000-", &url]).await, "416");
        assert_eq!(status(&["-X", "DELETE", &url]).await, "405");
        assert_eq!(status(&["-T", "/dev/null", &url]).await, "405");
        let head = String::from_utf8(curl(&["-I", &url]).await.out).unwrap();
        let head = head.to_lowercase();
        for line in [
            "200 ok",
            "content-length: 200000",
            "accept-ranges: bytes",
            "etag: \"",
        ] {
            assert!(head.contains(line), "{line} in {head}");
        }
        // A part of another content would spoil the whole.
        let other = ["-r", "0-9", "-H", "If-Range: \"other\"", &url];
        assert_eq!(status(&other).await, "200");
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        let same = format!("If-Range: {}", tag.unwrap().trim());
        assert_eq!(status(&["-r", "0-9", "-H", &same, &url]).await, "206");
        // A link is for one file and one direction.
        let secret = url.rsplit('/').nth(1).unwrap();
        let sending = url.replace("/f/", "/u/");
        assert_eq!(status(&["-T", "/dev/null", &sending]).await, "404");
        assert_eq!(status(&[&url.replace(secret, "nothing")]).await, "404");
        assert_eq!(status(&[url.split("/f/").next().unwrap()]).await, "404");
    }
    // The newest update is the one that counts: the link of the one before is over.
    let path = format!("/stations/{id}/firmware/updates");
    let rows = stage.ana.all(&path).await.unwrap();
    assert_eq!(
        (&rows[1]["state"], &rows[1]["error"]),
        (&json!("failed"), &json!("superseded"))
    );
}

#[tokio::test]
async fn stations_send_their_logs_by_put_post_and_ftp() {
    let mut stage = stage("").await;
    let mut manager = stage.member("charging_manager").await;
    for version in VERSIONS {
        for (transport, post) in [("http", false), ("http", true), ("ftp", false)] {
            let identity = format!("LOG-{version:?}-{transport}-{post}");
            let (id, station) = booted(&mut stage, &identity, version).await;
            station
                .set_manner(Manner::UploadsByPost, post)
                .await
                .unwrap();
            for kind in ["diagnostics", "security"] {
                let from = "2026-01-01T00:00:00Z";
                let body = json!({"kind": kind, "transport": transport, "from": from});
                let path = format!("/stations/{id}/diagnostics");
                let asked = stage
                    .ana
                    .expect(202, "POST", &path, Some(&body))
                    .await
                    .unwrap();
                assert_eq!(asked["kind"], kind);
                let done = newest(&mut stage, &id, "diagnostics", |t| {
                    t["id"] == asked["id"] && t["state"] == "done" && t["status"] == "Uploaded"
                });
                let done = done.await;
                let name = done["file"]["name"].as_str().unwrap();
                assert!(name.ends_with("log.txt"), "{name}");
                let one = format!("{path}/{}", asked["id"].as_str().unwrap());
                let whole = stage
                    .ana
                    .raw("GET", &format!("{one}/file"), &[])
                    .await
                    .unwrap();
                let whole = String::from_utf8(whole).unwrap();
                assert!(
                    whole.contains(" runs ") && whole.contains("attachment"),
                    "{whole}"
                );
                assert_eq!(whole.contains("StartupOfTheDevice"), kind == "security");
                let head = stage
                    .ana
                    .raw("GET", &format!("{one}/file?head=true"), &[])
                    .await;
                assert!(String::from_utf8(head.unwrap()).unwrap().contains(" runs "));
                // A log can name drivers.
                let told = manager.ask("GET", &one, None).await.unwrap();
                let file = manager
                    .ask("GET", &format!("{one}/file"), None)
                    .await
                    .unwrap();
                assert_eq!((told.status, file.status), DRIVERLESS, "{}", file.body);
            }
        }
    }
    let read = stage.deeds("diagnostics.read", 1).await;
    assert_eq!(read[0]["actor"], "Ana", "{}", read[0]);
}

/// What somebody gets who may ask for logs and may not read driver data: the state of a transfer, and not the file.
const DRIVERLESS: (u16, u16) = (200, 403);

#[tokio::test]
async fn curl_sends_a_log_as_body_as_form_and_by_ftp_once() {
    let mut stage = stage("").await;
    let (id, station) = lazy(&mut stage, "CURL").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("station.log");
    std::fs::write(&file, "all is well\n".repeat(1_000)).unwrap();
    let path = file.to_str().unwrap();
    let form = format!("file=@{path};filename=../../from-a-form.log");
    let ways: [(&str, Vec<&str>, &str); 4] = [
        ("http", vec!["-T", path], "station.log"),
        ("http", vec!["-X", "POST", "--data-binary", "@PATH"], "file"),
        (
            "http",
            vec!["-F", "comment=hello", "-F", &form],
            "from-a-form.log",
        ),
        ("ftp", vec!["-T", path], "station.log"),
    ];
    let mut last = String::new();
    for (transport, way, name) in ways {
        let (transfer, url) = open_door(&mut stage, &id, &station, transport).await;
        let body = format!("@{path}");
        let way: Vec<&str> = way
            .into_iter()
            .map(|word| if word == "@PATH" { &body } else { word })
            .collect();
        let with_url: Vec<&str> = way.iter().copied().chain([url.as_str()]).collect();
        let sent = curl(&with_url).await;
        assert_eq!(sent.code, 0, "{transport} {way:?}: {}", sent.told);
        let row = newest(&mut stage, &id, "diagnostics", |t| t["state"] == "done").await;
        assert_eq!(row["id"].as_str(), Some(transfer.as_str()));
        assert_eq!(row["file"]["name"], name, "{way:?}");
        assert_eq!(row["file"]["size_bytes"], 12_000);
        // What came once does not come again, and what is there is not overwritten.
        match transport {
            "http" => assert_eq!(status(&with_url).await, "410"),
            _ => assert_ne!(curl(&with_url).await.code, 0),
        }
        let kept = files_below(&stage.data().join("files"));
        let kept: Vec<_> = kept
            .iter()
            .filter(|p| p.ends_with(name) || p.to_string_lossy().contains(name))
            .collect();
        assert!(!kept.is_empty());
        last = url;
    }
    assert_ne!(curl(&["-T", path, &last]).await.code, 0);
    // Nothing is left of what was refused.
    assert!(files_below(&stage.data().join("files/passing")).is_empty());
    assert_eq!(
        files_below(&stage.data().join("files/diagnostics")).len(),
        4
    );
}

#[tokio::test]
async fn people_are_told_of_newer_firmware_once_for_each_model() {
    let mut stage = stage("").await;
    let mut technician = stage.member("technician").await;
    let mut viewer = stage.member("viewer").await;
    let (one, _first) = booted(&mut stage, "NEWS-1", Version::V16).await;
    let (_two, _second) = booted(&mut stage, "NEWS-2", Version::V201).await;
    library(&mut stage, &one, "news.bin", SIGNED).await;
    let looked = async {
        loop {
            let told = technician.all("/notifications").await.unwrap();
            if !told.is_empty() {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, looked).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["kind"], "firmware_available");
    assert_eq!(told[0]["firmware"]["version"], "9.1.0");
    assert!(viewer.all("/notifications").await.unwrap().is_empty());
    let path = format!("/stations/{one}/firmware");
    let firmware = stage.ana.expect(200, "GET", &path, None);
    let firmware = firmware.await.unwrap();
    assert_eq!(firmware["updates"][0]["version"], "9.1.0");
    assert_eq!(firmware["has_library"], true);
}
