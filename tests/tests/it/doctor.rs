//! `busbar doctor`: finds nothing where nothing is wrong, changes nothing, and finds each way of
//! tampering with the audit trail by the number where it begins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use busbar_tests::http::Person;
use busbar_tests::product::{Product, program};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tokio::process::Command;

async fn doctor(data: &Path, more: &[(&str, &str)]) -> (i32, Value) {
    let output = Command::new(program("busbar"))
        .args(["doctor", "--json"])
        .env("BUSBAR_DATA_DIR", data)
        .env("BUSBAR_HTTP_LISTEN", "127.0.0.1:0")
        .env("BUSBAR_GATEWAY_LISTEN", "127.0.0.1:0")
        .env("BUSBAR_FILES_LISTEN", "127.0.0.1:0")
        .envs(more.iter().copied())
        .output()
        .await
        .unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), told)
}

/// The findings, each by what was looked at.
fn findings(told: &Value) -> Vec<&Value> {
    let checks = told["checks"].as_array().unwrap();
    checks.iter().filter(|c| c["ok"] == false).collect()
}

/// Every file of the data directory with what is in it.
fn files(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    std::fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // The index of SQLite's log, which is no more than a scratch pad in memory.
        .filter(|path| path.extension().is_none_or(|ending| ending != "sqlite-shm"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

/// A server that some deeds were done on, and their number.
async fn lived(data: &Path) -> (Product, i64) {
    let product = Product::start(data, &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    for n in 0..9 {
        let site = json!({"name": format!("Site {n}")});
        ana.expect(201, "POST", "/sites", Some(&site))
            .await
            .unwrap();
    }
    let deeds = listed(&mut ana, 10).await;
    (product, deeds)
}

/// Waits until as many deeds have their place; the number of the last.
async fn listed(ana: &mut Person, least: usize) -> i64 {
    let placed = async {
        loop {
            let rows = ana.all("/audit").await.unwrap();
            if rows.len() >= least {
                return rows[0]["seq"].as_i64().unwrap();
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), placed)
        .await
        .unwrap()
}

/// A copy of a data directory at rest, with some SQL done to its database behind Busbar's back.
async fn tampered(data: &Path, statements: &[String]) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let copy = tempfile::tempdir().unwrap();
    std::fs::set_permissions(copy.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    for (path, bytes) in files(data) {
        let to = copy.path().join(path.file_name().unwrap());
        std::fs::write(&to, bytes).unwrap();
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let url = format!("sqlite://{}", copy.path().join("busbar.sqlite").display());
    let db = Database::connect(url).await.unwrap();
    for statement in statements {
        let done = db.execute_unprepared(statement).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }
    db.close().await.unwrap();
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_every_way_to_touch_the_audit_trail() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (product, last) = lived(&data).await;
    // Beside a running server.
    let (code, told) = doctor(&data, &[]).await;
    assert_eq!((code, findings(&told)), (0, Vec::<&Value>::new()), "{told}");
    product.stop().await.unwrap();

    let before = files(&data);
    let (code, told) = doctor(&data, &[]).await;
    assert_eq!((code, findings(&told)), (0, Vec::<&Value>::new()), "{told}");
    assert_eq!(told["ok"], true);
    assert!(files(&data) == before, "the doctor changed something");

    let sql = |text: &str| vec![text.to_owned()];
    let copied = |seq: String| {
        format!(
            "INSERT INTO audit (id, seq, org_id, at, actor_id, actor, action, object, hash, via) \
             SELECT randomblob(16), {seq}, org_id, at, actor_id, actor, action, object, hash, via \
             FROM audit WHERE seq = 4"
        )
    };
    let swap = [
        "UPDATE audit SET seq = -1 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 5",
        "UPDATE audit SET seq = 5 WHERE seq = -1",
    ];
    let make_room = "UPDATE audit SET seq = seq + 1000000 WHERE seq >= 6".to_owned();
    let close_room = "UPDATE audit SET seq = seq - 999999 WHERE seq > 1000000".to_owned();
    for (how, statements, seq) in [
        ("removed", sql("DELETE FROM audit WHERE seq = 3"), 3),
        (
            "the first removed",
            sql("DELETE FROM audit WHERE seq = 1"),
            1,
        ),
        (
            "the last removed",
            sql(&format!("DELETE FROM audit WHERE seq = {last}")),
            last,
        ),
        ("all removed", sql("DELETE FROM audit"), 1),
        (
            "changed",
            sql("UPDATE audit SET actor = 'Bo' WHERE seq = 2"),
            2,
        ),
        (
            "moved in time",
            sql("UPDATE audit SET at = at + 1 WHERE seq = 7"),
            7,
        ),
        (
            "a reason added",
            sql("UPDATE audit SET reason = '' WHERE seq = 8"),
            8,
        ),
        (
            "its number taken",
            sql("UPDATE audit SET seq = NULL WHERE seq = 5"),
            5,
        ),
        ("reordered", swap.map(str::to_owned).to_vec(), 3),
        (
            "added at the end",
            vec![copied((last + 1).to_string())],
            last + 1,
        ),
        ("added before the first", vec![copied("0".to_owned())], 1),
        (
            "added in the middle",
            vec![make_room, copied("6".to_owned()), close_room],
            6,
        ),
        (
            "the head moved back",
            vec![
                format!("DELETE FROM audit WHERE seq = {last}"),
                format!(
                    "UPDATE audit_head SET seq = {n}, hash = (SELECT hash FROM audit WHERE seq = {n})",
                    n = last - 1
                ),
            ],
            0,
        ),
        ("the head removed", sql("DELETE FROM audit_head"), last),
    ] {
        let copy = tampered(&data, &statements).await;
        let (code, told) = doctor(copy.path(), &[]).await;
        let found = findings(&told);
        assert_eq!((code, found.len()), (1, 1), "{how}: {told}");
        assert_eq!(found[0]["check"], "audit", "{how}");
        assert!(found[0]["fix"].is_string(), "{how}");
        // A chain that was cut short with its head is betrayed by the seal alone.
        let expected = if seq == 0 { Value::Null } else { json!(seq) };
        assert_eq!(found[0]["seq"], expected, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_is_wrong_and_how_to_mend_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, told) = doctor(&data, &[]).await;
    let names = |told: &Value| -> Vec<String> {
        let named = findings(told);
        named
            .iter()
            .map(|f| f["check"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (code, names(&told)),
        (
            1,
            vec![
                "data directory".to_owned(),
                "key file".to_owned(),
                "database".to_owned()
            ]
        )
    );
    assert!(!data.exists(), "the doctor made something");
    let (product, _) = lived(&data).await;
    product.stop().await.unwrap();

    let chmod = |name: &str, mode: u32| {
        std::fs::set_permissions(data.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    chmod("station.key", 0o644);
    let (code, told) = doctor(&data, &[]).await;
    assert_eq!(
        (code, names(&told)),
        (1, vec!["key file".to_owned()]),
        "{told}"
    );
    assert!(
        findings(&told)[0]["fix"]
            .as_str()
            .unwrap()
            .starts_with("chmod 600 ")
    );
    chmod("station.key", 0o600);

    // Another key: what is sealed does not open.
    let copy = tampered(&data, &[]).await;
    std::fs::write(copy.path().join("station.key"), [7; 32]).unwrap();
    let (_, told) = doctor(copy.path(), &[]).await;
    assert_eq!(names(&told), ["audit"], "{told}");

    let sql = [
        "UPDATE memberships SET roles = 2",
        "DELETE FROM seaql_migrations WHERE version LIKE 'm0013%'",
    ];
    for (statement, check) in sql.iter().zip(["administrators", "database"]) {
        let copy = tampered(&data, &[(*statement).to_owned()]).await;
        let (code, told) = doctor(copy.path(), &[]).await;
        assert_eq!((code, names(&told)), (1, vec![check.to_owned()]), "{told}");
    }
    let copy = tampered(&data, &[]).await;
    std::fs::write(copy.path().join("busbar.sqlite"), "no database").unwrap();
    let (_, told) = doctor(copy.path(), &[]).await;
    assert_eq!(names(&told), ["database"], "{told}");

    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = stranger.local_addr().unwrap().to_string();
    let wrong = [
        ("BUSBAR_GATEWAY_LISTEN", taken.as_str(), "gateway.listen"),
        ("BUSBAR_FILES_LISTEN", taken.as_str(), "files.listen"),
        (
            "BUSBAR_HTTP_PUBLIC_URL",
            "https://ana:secret@example.org",
            "http.public_url",
        ),
        ("BUSBAR_BUS_URL", "redis://127.0.0.1:1", "bus"),
    ];
    for (name, value, check) in wrong {
        let (code, told) = doctor(&data, &[(name, value)]).await;
        assert_eq!((code, names(&told)), (1, vec![check.to_owned()]), "{told}");
        assert!(!told.to_string().contains("secret"), "{told}");
    }
    let (code, told) = doctor(&data, &[("BUSBAR_UNKNOWN_STATIONS", "maybe")]).await;
    assert_eq!((code, names(&told)), (2, vec!["configuration".to_owned()]));
}
