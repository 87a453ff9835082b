//! Files that are refused: each with its reason, and with nothing left behind.

use serde_json::json;
use simulators::{Manner, Version};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;
use crate::relations;

/// Adds the record of a file.
async fn record(stage: &mut Stage, more: Value) -> String {
    let mut body = json!({"vendor": VENDOR, "models": ["*"], "version": "9.1.0", "name": "f.bin"});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let made = stage
        .ana
        .expect(201, "POST", "/firmware_files", Some(&body));
    made.await.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Sends a content; the status and the code.
async fn send(stage: &mut Stage, id: &str, content: &[u8]) -> (u16, String) {
    let path = format!("/firmware_files/{id}/content");
    let answer = stage.ana.put_bytes(&path, content).await.unwrap();
    let place = &answer.body["errors"][0]["code"];
    let code = place.as_str().or(answer.body["code"].as_str());
    (answer.status, code.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn firmware_counts_only_when_it_is_what_its_maker_says() {
    let mut stage = stage("most_firmware_bytes = 1000\n").await;
    let certificate = include_str!("ec.pem");
    let signature = include_str!("ec.sig");
    let signing = json!({"certificate": certificate, "signature": signature});
    let sha256 = "0".repeat(64);

    let signed = record(&mut stage, signing.clone()).await;
    let checked = record(&mut stage, json!({"sha256": sha256})).await;
    let plain = record(&mut stage, json!({})).await;
    for (id, content, expected) in [
        (
            &signed,
            b"firmware 9.1.0\nby somebody else\n".to_vec(),
            (422, "signature_wrong"),
        ),
        (&checked, SIGNED.to_vec(), (422, "checksum_wrong")),
        (&plain, Vec::new(), (422, "empty")),
        (&plain, vec![0; 1001], (413, "file_too_large")),
    ] {
        let (status, code) = send(&mut stage, id, &content).await;
        assert_eq!((status, code.as_str()), expected);
        assert!(files_below(&stage.data().join("files")).is_empty());
        let path = format!("/firmware_files/{id}");
        let row = stage.ana.expect(200, "GET", &path, None).await.unwrap();
        assert_eq!(row["size_bytes"], json!(null));
    }
    // A chunked body does not say how large it is.
    let path = format!("/firmware_files/{plain}/content");
    let cut = stage.ana.put_chunked(&path, &[0; 5000]);
    assert_eq!(cut.await.unwrap().status, 413);
    assert!(files_below(&stage.data().join("files")).is_empty());

    assert_eq!(send(&mut stage, &signed, SIGNED).await.0, 200);
    assert_eq!(
        send(&mut stage, &signed, SIGNED).await,
        (409, "content_there".to_owned())
    );
    assert_eq!(files_below(&stage.data().join("files")).len(), 1);
    let path = format!("/firmware_files/{signed}");
    let change = json!({"sha256": sha256});
    let fixed = stage
        .ana
        .expect(409, "PATCH", &path, Some(&change))
        .await
        .unwrap();
    assert_eq!(fixed["code"], "content_fixed");

    // A signed file goes out signed to a station that can check it.
    let (id, station) = booted(&mut stage, "SIGNED", Version::V201).await;
    let seen = stage.seen(&id).await;
    let change = json!({"vendor": seen["vendor"]});
    stage
        .ana
        .expect(200, "PATCH", &path, Some(&change))
        .await
        .unwrap();
    let command = update(&mut stage, &id, &signed, "http").await;
    assert_eq!(command["state"], "accepted");
    let call = station.wait_for("UpdateFirmware", PATIENCE).await.unwrap();
    assert_eq!(call.payload["firmware"]["signature"], signature);

    stage
        .ana
        .expect(204, "DELETE", &format!("/firmware_files/{plain}"), None)
        .await
        .unwrap();
    newest(&mut stage, &id, "firmware/updates", |t| {
        t["state"] == "done"
    })
    .await;
    stage.ana.expect(204, "DELETE", &path, None).await.unwrap();
    assert!(files_below(&stage.data().join("files")).is_empty());
}

#[tokio::test]
async fn what_goes_wrong_at_a_station_is_told() {
    let mut stage = stage("").await;
    let first = booted(&mut stage, "FAIL-0", Version::V201).await;
    let file = library(&mut stage, &first.0, "fail.bin", SIGNED).await;
    for (number, version, manner, state, status, error) in [
        (
            1,
            Version::V16,
            Manner::FirmwareDownloadFails,
            "failed",
            json!("DownloadFailed"),
            json!(null),
        ),
        (
            2,
            Version::V201,
            Manner::FirmwareInstallFails,
            "failed",
            json!("InstallationFailed"),
            json!(null),
        ),
        (
            3,
            Version::V21,
            Manner::BadSignature,
            "failed",
            json!("InvalidSignature"),
            json!(null),
        ),
        (
            4,
            Version::V201,
            Manner::FirmwareRefused,
            "failed",
            json!(null),
            json!("rejected"),
        ),
        (
            5,
            Version::V16,
            Manner::FirmwareRefused,
            "failed",
            json!(null),
            json!("NotSupported"),
        ),
        (
            6,
            Version::V16,
            Manner::HangsInInstall,
            "running",
            json!("Installing"),
            json!(null),
        ),
        (
            7,
            Version::V16,
            Manner::SilentInstall,
            "done",
            json!("Installing"),
            json!(null),
        ),
    ] {
        let identity = format!("FAIL-{number}");
        let (id, station) = booted(&mut stage, &identity, version).await;
        station.set_manner(manner, true).await.unwrap();
        update(&mut stage, &id, &file, "http").await;
        let row = newest(&mut stage, &id, "firmware/updates", |t| {
            t["state"] == state && t["status"] == status
        });
        assert_eq!(row.await["error"], error, "{manner:?}");
    }
    // A file that is on its way to a station stays.
    let path = format!("/firmware_files/{file}");
    let used = stage.ana.expect(409, "DELETE", &path, None).await.unwrap();
    assert_eq!(used["code"], "file_in_use");
    // One that is for other stations is not given to this one.
    let change = json!({"models": ["Something else"]});
    stage
        .ana
        .expect(200, "PATCH", &path, Some(&change))
        .await
        .unwrap();
    let params = json!({"firmware_file_id": file});
    let body = json!({"type": "update_firmware", "params": params});
    let commands = format!("/stations/{}/commands", first.0);
    let odd = stage
        .ana
        .expect(409, "POST", &commands, Some(&body))
        .await
        .unwrap();
    assert_eq!(odd["code"], "firmware_does_not_fit");
    // Without the paid module there is no library, and nothing is handed out.
    let me = stage.ana.expect(200, "GET", "/me", None).await.unwrap();
    let own = me["organisation"]["id"].as_str().unwrap();
    let below = relations::below(&mut stage.ana, own, "Below").await;
    let place = ("below", below.as_str());
    let mut bo = relations::member(stage.product(), stage.data(), "administrator", place).await;
    let body = json!({"vendor": VENDOR, "models": ["*"], "version": "1", "name": "f.bin"});
    let off = bo.expect(403, "POST", "/firmware_files", Some(&body));
    let off = off.await.unwrap();
    assert_eq!(off["code"], "module_inactive", "{off}");
    let body = json!({"identity": "BELOW"});
    let made = bo.expect(201, "POST", "/stations", Some(&body)).await;
    let id = made.unwrap()["station"]["id"].as_str().unwrap().to_owned();
    let path = format!("/stations/{id}/firmware");
    let told = bo.expect(200, "GET", &path, None).await.unwrap();
    assert_eq!(told["has_library"], false);
}

#[tokio::test]
async fn two_gigabytes_are_refused_when_they_are_announced() {
    const MUCH: u64 = 2 << 30;
    let mut stage = stage("").await;
    let plain = record(&mut stage, json!({})).await;
    let path = format!("/firmware_files/{plain}/content");
    // Not one byte of them is sent, and the answer is there all the same.
    let told = stage.ana.put_announced(&path, MUCH).await.unwrap();
    assert_eq!(told.status, 413, "{}", told.body);
    assert_eq!(told.body["code"], "file_too_large");

    let (id, station) = lazy(&mut stage, "MUCH").await;
    let (_, url) = open_door(&mut stage, &id, &station, "http").await;
    let rest = url.strip_prefix("http://").unwrap();
    let (peer, path) = rest.split_once('/').unwrap();
    for verb in ["PUT", "POST"] {
        let mut stream = TcpStream::connect(peer).await.unwrap();
        let head = format!(
            "{verb} /{path}log.txt HTTP/1.1\r\nHost: {peer}\r\nContent-Length: {MUCH}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        assert!(line.contains(" 413 "), "{verb}: {line}");
    }
    assert!(files_below(&stage.data().join("files")).is_empty());
}

#[tokio::test]
async fn a_log_that_is_too_large_late_or_nobodys_is_refused() {
    let mut stage = stage("most_upload_bytes = 1000\n").await;
    let (id, station) = lazy(&mut stage, "LARGE").await;
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.log");
    std::fs::write(&large, vec![b'x'; 1_000_000]).unwrap();
    let large = large.to_str().unwrap();
    let small = folder.path().join("small.log");
    std::fs::write(&small, "small").unwrap();
    let small = small.to_str().unwrap();

    let (_, url) = open_door(&mut stage, &id, &station, "http").await;
    let chunked = "Transfer-Encoding: chunked";
    let form = format!("f=@{large}");
    for way in [
        vec!["-T", large],
        vec!["-T", large, "-H", chunked],
        vec!["-F", &form],
    ] {
        let with_url: Vec<&str> = way.iter().copied().chain([url.as_str()]).collect();
        assert_eq!(status(&with_url).await, "413", "{way:?}");
        assert!(
            files_below(&stage.data().join("files")).is_empty(),
            "{way:?}"
        );
    }
    assert_eq!(status(&["-F", "comment=no file", &url]).await, "400");
    // The link is good still: nothing came.
    assert_eq!(status(&["-T", small, &url]).await, "201");

    let (transfer, url) = open_door(&mut stage, &id, &station, "ftp").await;
    assert_ne!(curl(&["-T", large, &url]).await.code, 0);
    assert_eq!(files_below(&stage.data().join("files")).len(), 1);
    // A later request takes its place: the one before is over.
    let (_, _) = open_door(&mut stage, &id, &station, "http").await;
    newest(&mut stage, &id, "diagnostics", |t| {
        t["state"] == "asked" || t["state"] == "running"
    })
    .await;
    let path = format!("/stations/{id}/diagnostics/{transfer}");
    let looked = async {
        loop {
            let row = stage.ana.expect(200, "GET", &path, None).await.unwrap();
            if row["state"] == "failed" {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let row = tokio::time::timeout(PATIENCE, looked).await.unwrap();
    assert_eq!(row["error"], "superseded");
    assert_eq!(
        curl(&["-T", small, &url]).await.code,
        67,
        "the sign-in is refused"
    );
    assert_eq!(files_below(&stage.data().join("files")).len(), 1);
}

/// A file system so small that it is full at once.
struct SmallDisk(PathBuf);

impl SmallDisk {
    async fn mount(at: &Path) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs"])
            .arg(at)
            .status()
            .await
            .unwrap();
        assert!(
            mounted.success(),
            "this test needs to mount a small file system: run it as root"
        );
        Self(at.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_behind_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(&folder.path().join("small")).await;
    let mut stage = stage(&format!("dir = {:?}\n", disk.0)).await;
    let plain = record(&mut stage, json!({})).await;
    let large = vec![7; 1_000_000];
    assert_eq!(
        send(&mut stage, &plain, &large).await,
        (503, "disk_full".to_owned())
    );
    assert!(files_below(&disk.0).is_empty());

    let (id, station) = lazy(&mut stage, "FULL").await;
    let file = folder.path().join("large.log");
    std::fs::write(&file, &large).unwrap();
    let path = file.to_str().unwrap();
    let (_, url) = open_door(&mut stage, &id, &station, "http").await;
    assert_eq!(status(&["-T", path, &url]).await, "507");
    assert!(files_below(&disk.0).is_empty());
    let (_, url) = open_door(&mut stage, &id, &station, "ftp").await;
    assert_ne!(curl(&["-T", path, &url]).await.code, 0);
    assert!(files_below(&disk.0).is_empty());
    // There is room for what is small, and everything goes on.
    assert_eq!(send(&mut stage, &plain, SIGNED).await.0, 200);
    let (_, url) = open_door(&mut stage, &id, &station, "http").await;
    std::fs::write(&file, "small").unwrap();
    assert_eq!(status(&["-T", path, &url]).await, "201");
    assert_eq!(files_below(&disk.0).len(), 2);
    drop(stage);
}
