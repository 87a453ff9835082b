//! Stations out of a file, through the API and the command line.

use std::process::Stdio;

use busbar_tests::http::{Answer, Person};
use busbar_tests::product::{Product, program};
use serde_json::{Value, json};
use simulators::{Station, Template, Version};
use tokio::process::Command;

use crate::relations;

const PASSWORD: &str = "0123456789abcdef0123";

async fn send(person: &mut Person, file: &str, dry_run: bool) -> Answer {
    let path = format!("/stations/import?dry_run={dry_run}");
    let kind = "text/csv; charset=utf-8";
    let sent = person.post_bytes(&path, kind, file.as_bytes());
    sent.await.unwrap()
}

/// What became of each row: line, outcome, and `column code` of what is wrong or changed.
fn told(answer: &Answer) -> Vec<(i64, String, String)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = answer.body["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let errors = row["errors"].as_array().unwrap().iter();
        let errors = errors.map(|e| format!("{} {}", text(&e["pointer"]), text(&e["code"])));
        let changes = row["changes"].as_array().unwrap().iter().map(text);
        let detail: Vec<String> = errors.chain(changes).collect();
        let line = row["line"].as_i64().unwrap();
        (line, text(&row["outcome"]), detail.join(", "))
    })
    .collect()
}

fn is(line: i64, outcome: &str, detail: &str) -> (i64, String, String) {
    (line, outcome.to_owned(), detail.to_owned())
}

async fn count(person: &mut Person) -> usize {
    person.all("/stations").await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_stations_is_tried_done_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let yard = json!({"name": "Yard", "time_zone": "Europe/Berlin"});
    let yard = ana
        .expect(201, "POST", "/sites", Some(&yard))
        .await
        .unwrap();
    let twin = json!({"name": "Twin", "time_zone": "Europe/Berlin"});
    for _ in 0..2 {
        ana.expect(201, "POST", "/sites", Some(&twin))
            .await
            .unwrap();
    }
    let old = json!({"identity": "OLD-1", "name": "Before", "password": PASSWORD});
    let old = ana
        .expect(201, "POST", "/stations", Some(&old))
        .await
        .unwrap();
    let gone = json!({"identity": "GONE-1"});
    let gone = ana
        .expect(201, "POST", "/stations", Some(&gone))
        .await
        .unwrap();
    let gone = format!("/stations/{}", gone["station"]["id"].as_str().unwrap());
    ana.expect(204, "DELETE", &gone, None).await.unwrap();
    // One of a neighbour looks no other than one's own that cannot be had.
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let next = relations::below(&mut ana, &root, "Next door").await;
    let org = ("next", next.as_str());
    let mut bo = relations::member(&product, folder.path(), "administrator", org).await;
    let theirs = json!({"identity": "THEIRS-1"});
    bo.expect(201, "POST", "/stations", Some(&theirs))
        .await
        .unwrap();

    let id = yard["id"].as_str().unwrap();
    let file = format!(
        "\u{feff}Identity;Name;Site;Password\r\n\
         NEW-1;\"Hof; links\";yard;\r\n\
         NEW-2;;{id};{PASSWORD}\r\n\
         old-1;After;Yard;{PASSWORD}\r\n\
         theirs-1;;;\r\n\
         NEW-3;;Nowhere;\r\n\
         NEW-4;;Twin;\r\n\
         NEW-5;;;short\r\n\
         new-1;again;;\r\n\
         a/b;;;\r\n\
         \r\n\
         NEW-6;6\" pole;;\r\n\
         NEW-7;x\r\n\
         GONE-1;;;\r\n\
         NEW-8;;;\r\n"
    );
    let expected = [
        is(2, "made", ""),
        is(3, "made", ""),
        is(4, "changed", "name, site"),
        is(5, "refused", "/identity identity_taken"),
        is(6, "refused", "/site not_found"),
        is(7, "refused", "/site ambiguous"),
        is(8, "refused", "/password invalid"),
        is(9, "refused", "/identity duplicate"),
        is(10, "refused", "/identity invalid"),
        is(12, "refused", " quotes"),
        is(13, "refused", " cells"),
        is(14, "refused", "/identity archived"),
        is(15, "made", ""),
    ];
    let before = count(&mut ana).await;
    let tried = send(&mut ana, &file, true).await;
    assert_eq!(told(&tried), expected);
    assert_eq!(tried.body["dry_run"], true);
    let passwords = |answer: &Answer| {
        let rows = answer.body["rows"].as_array().unwrap().iter();
        rows.filter_map(|row| row["password"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert!(passwords(&tried).is_empty());
    assert_eq!(count(&mut ana).await, before, "a dry run writes nothing");

    let done = send(&mut ana, &file, false).await;
    assert_eq!(told(&done), expected, "it comes as it was said");
    let figures = ["made", "changed", "same", "refused"].map(|word| done.body[word].clone());
    assert_eq!(figures, [json!(3), json!(1), json!(0), json!(9)]);
    assert_eq!(count(&mut ana).await, before + 3);
    assert_eq!(passwords(&done).len(), 2, "those that were drawn");
    let path = format!("/stations/{}", old["station"]["id"].as_str().unwrap());
    let now = ana.expect(200, "GET", &path, None).await.unwrap();
    assert_eq!(
        (&now["name"], &now["site_id"]),
        (&json!("After"), &json!(id))
    );
    let theirs = bo.all("/stations").await.unwrap();
    assert_eq!(theirs.len(), 1);
    assert!(theirs[0]["site_id"].is_null());

    // What was drawn lets the station in, and so does what was chosen.
    let drawn = passwords(&done)[0].clone();
    for (identity, password) in [("NEW-1", drawn.as_str()), ("NEW-2", PASSWORD)] {
        let station = Station::builder(&product.stations, identity)
            .version(Version::V16)
            .password(Some(password))
            .template(Template::ac22())
            .seed(1)
            .build();
        station.connect_and_boot().await.unwrap();
    }

    // A second time nothing is made, and nothing changes.
    let again = send(&mut ana, &file, false).await;
    let outcomes = |answer: &Answer| {
        let all = told(answer).into_iter();
        all.map(|(_, outcome, _)| outcome).collect::<Vec<_>>()
    };
    let same = outcomes(&again).iter().filter(|o| *o == "same").count();
    assert_eq!((same, passwords(&again).len()), (4, 0));
    assert_eq!(again.body["refused"], 9);
    // Another password is not slipped in.
    let file = format!("identity,password\nNEW-2,{PASSWORD}x\n");
    let other = send(&mut ana, &file, false).await;
    assert_eq!(told(&other), [is(2, "refused", "/password password_kept")]);

    // Each row is in the trail as it would be alone.
    let deeds = ana.all("/audit?action=stations.create").await.unwrap();
    let of_new = |deed: &&Value| {
        deed["after"]["identity"]
            .as_str()
            .is_some_and(|i| i.starts_with("NEW-"))
    };
    assert_eq!(deeds.iter().filter(of_new).count(), 3);
    let deeds = ana.all("/audit?action=stations.edit").await.unwrap();
    assert_eq!(deeds.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_file_comes_back_unchanged_formulas_and_all() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    for (identity, name) in [
        ("=1+1", "@SUM(A1)"),
        ("'=x", "-5"),
        ("plain", "\"quoted\", yes"),
    ] {
        let body = json!({"identity": identity, "name": name});
        ana.expect(201, "POST", "/stations", Some(&body))
            .await
            .unwrap();
    }
    let accept = [("Accept", "text/csv")];
    let bytes = ana.raw("GET", "/stations", &accept).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (_, file) = text.split_once("\r\n\r\n").unwrap();
    // The body comes in chunks: what is between the lengths is the file.
    let file = unchunked(file);
    assert!(file.contains(",'=1+1,'@SUM(A1),"), "{file}");
    let answer = send(&mut ana, &file, false).await;
    let expected = [2, 3, 4].map(|line| is(line, "same", ""));
    assert_eq!(told(&answer), expected, "{file}");
    let passed_over = answer.body["passed_over"].as_array().unwrap();
    assert!(passed_over.contains(&json!("vendor")), "{passed_over:?}");
}

fn unchunked(body: &str) -> String {
    let mut file = String::new();
    let mut rest = body;
    while let Some((length, after)) = rest.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length, 16) else {
            return body.to_owned();
        };
        file.push_str(&after[..length]);
        rest = after[length..].trim_start_matches("\r\n");
    }
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_taken_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let many: String = (0..10_001).map(|n| format!("S-{n}\n")).collect();
    let cases: [(&str, &[u8], &str, &str); 7] = [
        (
            "/1/2",
            b"identity,vendor_name\nA,x\n",
            "unknown",
            "column 2",
        ),
        ("/1", b"name\nA\n", "required", "identity is missing"),
        ("/1/2", b"identity,Identity\nA,B\n", "duplicate", "twice"),
        ("/3", b"identity\nA\nK\xf6ln\n", "encoding", "Line 3"),
        ("", b"\xff\xfei\0", "encoding", "UTF-16"),
        ("/1", b"", "required", "empty"),
        (
            "",
            &[b"identity\n", many.as_bytes()].concat(),
            "too_many_rows",
            "10000",
        ),
    ];
    for (pointer, file, code, words) in cases {
        let sent = ana.post_bytes("/stations/import", "text/csv", file);
        let answer = sent.await.unwrap();
        assert_eq!(answer.status, 422, "{}", answer.body);
        let first = &answer.body["errors"][0];
        assert_eq!(
            (&first["pointer"], &first["code"]),
            (&json!(pointer), &json!(code))
        );
        assert!(first["detail"].as_str().unwrap().contains(words), "{first}");
    }
    for (kind, file, status, code) in [
        ("application/json", "{}".to_owned(), 415, "not_csv"),
        (
            "text/csv; charset=latin1",
            "identity\n".to_owned(),
            415,
            "not_csv",
        ),
        (
            "text/csv",
            "x".repeat(4 * 1024 * 1024 + 1),
            413,
            "file_too_large",
        ),
    ] {
        let sent = ana.post_bytes("/stations/import", kind, file.as_bytes());
        let answer = sent.await.unwrap();
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (status, &json!(code))
        );
    }
    let sent = ana.post_bytes("/stations/import?dry=true", "text/csv", b"identity\nA\n");
    assert_eq!(sent.await.unwrap().status, 400);
    assert_eq!(count(&mut ana).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_takes_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("stations.csv");
    let run = async |words: &[&str]| {
        let ran = Command::new(program("busbar"))
            .args(["station", "import", file.to_str().unwrap()])
            .args(words)
            .env("BUSBAR_DATA_DIR", folder.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        let why = String::from_utf8(ran.stderr).unwrap();
        (ran.status.code().unwrap(), said, why)
    };
    tokio::fs::write(&file, "identity,site\nCLI-1,\nCLI-2,Nowhere\n")
        .await
        .unwrap();
    let (code, said, _) = run(&["--dry-run"]).await;
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("2\tmade\tCLI-1\t\n"), "{said}");
    assert!(
        said.contains("3\trefused\tCLI-2\tsite: There is no such site."),
        "{said}"
    );
    assert_eq!(count(&mut ana).await, 0);
    let (code, said, _) = run(&[]).await;
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("2\tmade\tCLI-1\tpassword "), "{said}");
    assert_eq!(count(&mut ana).await, 1);
    tokio::fs::write(&file, "identity\nCLI-1\n").await.unwrap();
    let (code, said, why) = run(&[]).await;
    assert_eq!(code, 0, "{said}{why}");
    assert!(said.contains("2\tsame\tCLI-1"), "{said}");
    tokio::fs::write(&file, "ident\nCLI-3\n").await.unwrap();
    let (code, said, why) = run(&[]).await;
    assert_eq!(code, 1, "{said}{why}");
    assert!(
        why.contains("Line 1, column 1: there is no column"),
        "{why}"
    );
}
