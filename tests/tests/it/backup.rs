//! Backups of the real program: made while stations keep charging, brought back into an empty
//! folder, and compared row by row; sealed ones, and everything that is refused.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use busbar_tests::product::{Product, program};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::durability;

const PASSWORD: &str = "0123456789abcdef0123";
const STATIONS: usize = 5;

/// Runs the program on a data directory: the exit code, and the last line of what it said.
async fn busbar(data: &Path, words: &[&str]) -> (i32, Value) {
    let ran = Command::new(program("busbar"))
        .args(words)
        .arg("--json")
        .env("BUSBAR_DATA_DIR", data)
        .env("BUSBAR_HTTP_LISTEN", "127.0.0.1:0")
        .env("BUSBAR_GATEWAY_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let last = serde_json::from_str(said.lines().last().unwrap_or_default());
    let last = last.unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&ran.stderr)));
    (ran.status.code().unwrap(), last)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Every row of every table, by the table, each as SQLite quotes it.
async fn rows(database: &Path) -> BTreeMap<String, Vec<String>> {
    let url = format!("sqlite://{}?mode=ro", database.display());
    let db = Database::connect(url).await.unwrap();
    let ask = async |sql: String| -> Vec<String> {
        let asked = Statement::from_string(DbBackend::Sqlite, sql);
        let rows = db.query_all_raw(asked).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    };
    let mut all = BTreeMap::new();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    for table in ask(tables.to_owned()).await {
        let columns = ask(format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let quoted: Vec<String> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
        let row = quoted.join(" || ',' || ");
        all.insert(
            table.clone(),
            ask(format!("SELECT {row} FROM \"{table}\" ORDER BY 1")).await,
        );
    }
    let schema = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql";
    all.insert("schema".to_owned(), ask(schema.to_owned()).await);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let product = Product::start(&data, &durability::ASKED).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let mut ids: HashMap<String, String> = HashMap::new();
    for n in 1..=STATIONS {
        let identity = format!("B-{n:05}");
        let id = durability::register(&mut ana, &identity).await;
        ids.insert(identity, id);
    }
    std::fs::create_dir(data.join("files")).unwrap();
    std::fs::write(data.join("files/report.log"), "a station's log").unwrap();
    let log = folder.path().join("acknowledged");
    let mut load = Command::new(program("busbar-sim"))
        .args([
            "load",
            "messages",
            "--seconds",
            "120",
            "--mix",
            "transactions",
        ])
        .args([
            "--url",
            &product.stations,
            "--password",
            PASSWORD,
            "--version",
            "1.6",
        ])
        .args(["--prefix", "B", "--stations", &STATIONS.to_string()])
        .arg("--ack-log")
        .arg(&log)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let told = || std::fs::read_to_string(&log).unwrap_or_default();
    let more_than = async |lines: usize| {
        let more = async {
            while told().lines().count() <= lines {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), more)
            .await
            .expect("the load stands still");
    };
    more_than(200).await;
    // What was acknowledged before the backup began.
    let before: Vec<Value> = told()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let to = folder.path().join("kept.tar.zst");
    let (code, said) = busbar(&data, &["backup", "--to", text(&to)]).await;
    assert_eq!((code, &said["event"]), (0, &json!("done")), "{said}");
    assert!(said["notes"].to_string().contains("station.key"), "{said}");
    // Commits went on meanwhile, and go on.
    let after = told().lines().count();
    assert!(after >= before.len());
    more_than(after).await;
    load.kill().await.unwrap();
    let (code, said) = busbar(&data, &["backup", "--to", text(&to)]).await;
    assert_eq!(code, 5, "a backup was written over another: {said}");

    let back = folder.path().join("back");
    let key = data.join("station.key");
    let words = [
        "restore",
        text(&to),
        "--into",
        text(&back),
        "--key-file",
        text(&key),
    ];
    let (code, said) = busbar(&data, &words).await;
    assert_eq!((code, &said["has_key"]), (0, &json!(true)), "{said}");
    assert_eq!(
        std::fs::read(back.join("files/report.log")).unwrap(),
        b"a station's log"
    );
    let (code, said) = busbar(&back, &["doctor"]).await;
    assert_eq!((code, &said["ok"]), (0, &json!(true)), "{said}");
    let restored = Product::start(&back, &durability::ASKED).await.unwrap();
    let mut ana = restored.administrator().await.unwrap();
    let lost = durability::missing(&mut ana, &ids, &before).await;
    assert!(lost.is_empty(), "{} of {} lost", lost.len(), before.len());
    restored.stop().await.unwrap();

    // At rest: the same, row by row.
    product.stop().await.unwrap();
    let rest = folder.path().join("rest.tar.zst");
    let (code, said) = busbar(&data, &["backup", "--with-keys", "--to", text(&rest)]).await;
    assert_eq!(code, 0, "{said}");
    let same = folder.path().join("same");
    std::fs::create_dir(&same).unwrap();
    let (code, said) = busbar(&data, &["restore", text(&rest), "--into", text(&same)]).await;
    assert_eq!((code, &said["has_key"]), (0, &json!(true)), "{said}");
    let (was, is) = (
        rows(&data.join("busbar.sqlite")).await,
        rows(&same.join("busbar.sqlite")).await,
    );
    assert!(was["sessions"].len() > 10 && was["audit"].len() > STATIONS);
    for (table, rows) in &was {
        assert!(is[table] == *rows, "{table} differs");
    }
    assert_eq!(was.len(), is.len());
    let read = |data: &Path, name: &str| std::fs::read(data.join(name)).unwrap();
    assert_eq!(read(&data, "station.key"), read(&same, "station.key"));
    let (code, said) = busbar(&same, &["doctor"]).await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let product = Product::start(&data, &[]).await.unwrap();
    product.administrator().await.unwrap();
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    std::fs::write(&right, "correct horse battery\n").unwrap();
    std::fs::write(&wrong, "another horse battery\n").unwrap();
    let to = folder.path().join("sealed");
    let words = [
        "backup",
        "--passphrase-file",
        text(&right),
        "--to",
        text(&to),
    ];
    let (code, said) = busbar(&data, &words).await;
    assert_eq!(code, 0, "{said}");
    let whole = std::fs::read(&to).unwrap();
    let into = folder.path().join("into");
    let cut = folder.path().join("cut");
    std::fs::write(&cut, &whole[..whole.len() - 1]).unwrap();
    let changed = folder.path().join("changed");
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&changed, &bytes).unwrap();
    let sealed = |file: &Path, with: &Path| {
        vec![
            "restore".to_owned(),
            text(file).to_owned(),
            "--into".to_owned(),
            text(&into).to_owned(),
            "--passphrase-file".to_owned(),
            text(with).to_owned(),
        ]
    };
    let running = vec![
        "restore".to_owned(),
        text(&to).to_owned(),
        "--passphrase-file".to_owned(),
        text(&right).to_owned(),
    ];
    let without = sealed(&to, &right)[..4].to_vec();
    for (words, expected) in [
        (sealed(&to, &wrong), 4),
        (without, 4),
        (sealed(&cut, &right), 3),
        (sealed(&changed, &right), 3),
        (sealed(&right, &right), 3),
        // The data directory of the server that runs.
        (running, 5),
    ] {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (code, said) = busbar(&data, &words).await;
        assert_eq!(
            (code, &said["code"]),
            (expected, &json!(expected)),
            "{words:?}: {said}"
        );
        assert!(!into.exists(), "{words:?}");
    }
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(names.is_empty(), "{names:?} are left");
    let words = [
        "restore",
        "--verify-only",
        text(&to),
        "--passphrase-file",
        text(&right),
    ];
    let (code, said) = busbar(&data, &words).await;
    assert_eq!((code, &said["into"]), (0, &Value::Null), "{said}");
    assert!(!into.exists());
    product.stop().await.unwrap();
}
