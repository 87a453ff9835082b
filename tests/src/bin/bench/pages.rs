//! How fast the pages of a large fleet answer: a dump of SteVe with stations and sessions is taken
//! over as an operator would do it, and what the console asks for its pages is asked again and again.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use busbar_tests::http::{Failure, Person};
use busbar_tests::product::{Product, migrate, program};
use busbar_tests::steve::{self, Shape};
use serde_json::Value;
use tokio::process::Command;

/// How often each request is measured.
const ROUNDS: usize = 200;

/// How long the answers to one kind of request took.
#[derive(Debug)]
pub struct Answered {
    /// What was asked.
    pub what: &'static str,
    /// Median milliseconds.
    pub p50_ms: f64,
    /// 95th percentile of the same.
    pub p95_ms: f64,
}

/// What a fleet took to come in, and how its pages answer.
#[derive(Debug)]
pub struct Pages {
    /// Seconds of the import.
    pub import_s: f64,
    /// Each kind of request.
    pub answered: Vec<Answered>,
}

/// Takes over `stations` and `sessions`, then asks for pages one request at a time.
pub async fn pages(
    folder: &Path,
    environment: &[(&str, &str)],
    stations: u64,
    sessions: u64,
) -> Result<Pages, Failure> {
    let data = tempfile::tempdir_in(folder)?;
    let dump = data.path().join("fleet.sql");
    let size = steve::Size {
        stations,
        transactions: sessions,
        readings: 0,
    };
    let mut out = BufWriter::new(File::create(&dump)?);
    steve::write(&mut out, Shape::Connector, size, chrono::Utc::now())?;
    out.flush()?;
    drop(out);
    let own = [
        ("BUSBAR_LOG", "error"),
        ("BUSBAR_HTTP_REQUESTS_PER_MINUTE", "10000000"),
    ];
    let environment = [environment, &own].concat();
    migrate(data.path(), &environment).await?;
    let product = Product::start(data.path(), &environment).await?;
    let mut ana = product.administrator().await?;
    let began = Instant::now();
    import(data.path(), &environment, &dump).await?;
    let import_s = began.elapsed().as_secs_f64();
    let fleet = Fleet::of(&mut ana).await?;
    let mut answered = Vec::new();
    for what in KINDS {
        answered.push(measured(&mut ana, &fleet, what).await?);
    }
    product.kill().await?;
    Ok(Pages { import_s, answered })
}

async fn import(data: &Path, environment: &[(&str, &str)], dump: &Path) -> Result<(), Failure> {
    let path = program("busbar");
    let told = Command::new(&path)
        .envs(environment.iter().copied())
        .env("BUSBAR_DATA_DIR", data)
        .args(["import", "steve", "--json"])
        .arg(dump)
        .output()
        .await
        .map_err(|e| format!("{}: {e}", path.display()))?;
    if told.status.success() {
        return Ok(());
    }
    let (out, err) = (
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr),
    );
    Err(format!("the import ended with {}: {out} {err}", told.status).into())
}

/// Some of what there is, to ask for.
struct Fleet {
    stations: Vec<Value>,
    sites: Vec<Value>,
    sessions: Vec<Value>,
}

impl Fleet {
    async fn of(ana: &mut Person) -> Result<Self, Failure> {
        let sessions = ana.expect(200, "GET", "/sessions?limit=200", None).await?;
        Ok(Self {
            stations: ana.all("/stations").await?,
            sites: ana.all("/sites").await?,
            sessions: sessions["data"].as_array().cloned().unwrap_or_default(),
        })
    }

    fn one<'a>(rows: &'a [Value], n: usize, field: &str) -> &'a str {
        rows[n * 7919 % rows.len()][field]
            .as_str()
            .unwrap_or_default()
    }

    /// The `n`th request of a kind.
    fn path(&self, what: &str, n: usize) -> String {
        let station = Self::one(&self.stations, n, "id");
        let identity = Self::one(&self.stations, n, "identity");
        let site = Self::one(&self.sites, n, "id");
        let session = Self::one(&self.sessions, n, "id");
        let day = chrono::Utc::now() - chrono::TimeDelta::days(i64::try_from(n % 60).unwrap_or(0));
        let (from, to) = (day - chrono::TimeDelta::days(1), day);
        let at = |moment: chrono::DateTime<chrono::Utc>| {
            moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        };
        match what {
            "overview" => "/overview".to_owned(),
            "stations, first page" => "/stations?limit=50".to_owned(),
            "stations, by last sign of life" => "/stations?limit=50&sort=-last_seen".to_owned(),
            "stations of a site" => format!("/stations?limit=50&site_id={site}"),
            "stations, offline and of a model" => {
                "/stations?limit=50&online=false&model=One".to_owned()
            }
            "stations, search that finds one" => format!("/stations?limit=50&q={identity}"),
            "stations, search that finds none" => format!("/stations?limit=50&q=none-{n}"),
            "a station" => format!("/stations/{station}"),
            "sites" => "/sites?limit=50".to_owned(),
            "sessions, first page" => "/sessions?limit=50".to_owned(),
            "sessions of a station" => format!("/sessions?limit=50&station_id={station}"),
            "sessions of a site" => format!("/sessions?limit=50&site_id={site}"),
            "sessions of a day" => {
                format!("/sessions?limit=50&from={}&to={}", at(from), at(to))
            }
            "sessions, most energy first" => "/sessions?limit=50&sort=-energy".to_owned(),
            "sessions that run" => "/sessions?limit=50&state=active".to_owned(),
            "sessions to look at" => "/sessions?limit=50&suspect=true".to_owned(),
            "sessions of a token" => format!("/sessions?limit=50&token=TAG{:08}", n % 1_000),
            _ => format!("/sessions/{session}"),
        }
    }
}

/// What is asked. Pages further on are asked with the cursor of the page before.
const KINDS: [&str; 20] = [
    "overview",
    "stations, first page",
    "stations, page after page",
    "stations, by last sign of life",
    "stations of a site",
    "stations, offline and of a model",
    "stations, search that finds one",
    "stations, search that finds none",
    "a station",
    "sites",
    "sessions, first page",
    "sessions, page after page",
    "sessions of a station",
    "sessions of a site",
    "sessions of a day",
    "sessions, most energy first",
    "sessions that run",
    "sessions to look at",
    "sessions of a token",
    "a session",
];

async fn measured(
    ana: &mut Person,
    fleet: &Fleet,
    what: &'static str,
) -> Result<Answered, Failure> {
    let mut times = Vec::with_capacity(ROUNDS);
    let mut cursor: Option<String> = None;
    for n in 0..ROUNDS {
        let path = match (what, &cursor) {
            ("stations, page after page", Some(cursor)) => {
                format!("/stations?limit=50&cursor={cursor}")
            }
            ("stations, page after page", None) => "/stations?limit=50".to_owned(),
            ("sessions, page after page", Some(cursor)) => {
                format!("/sessions?limit=50&cursor={cursor}")
            }
            ("sessions, page after page", None) => "/sessions?limit=50".to_owned(),
            _ => fleet.path(what, n),
        };
        let began = Instant::now();
        let page = ana.expect(200, "GET", &path, None).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    times.sort_by(f64::total_cmp);
    Ok(Answered {
        what,
        p50_ms: times[times.len() / 2],
        p95_ms: times[times.len() * 95 / 100],
    })
}
