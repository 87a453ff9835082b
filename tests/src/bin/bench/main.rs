//! The figures of the product, measured on this machine: server and load generator are processes
//! of their own, release builds, talking over loopback sockets to a database on a real disk.
//!
//! `make bench` runs it beside a PostgreSQL. `BUSBAR_BENCH_HERD` (10,000 stations),
//! `BUSBAR_BENCH_CROWD` (1,000), `BUSBAR_BENCH_SECONDS` (10), `BUSBAR_BENCH_COMMANDS` (2,000) and
//! `BUSBAR_BENCH_SESSIONS` (1,000,000) change the size; `make bench ONLY="sqlite commands"` runs a part. Figures of other sizes are not the ones that are promised.
#![allow(clippy::print_stdout)] // the figures are what it is for

mod figures;
mod load;
mod pages;

use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use busbar_tests::database;
use busbar_tests::http::Failure;
use busbar_tests::product::{migrate, program};
use figures::{Rate, Size};
use tokio::process::Command;

const MIXES: [(&str, &str); 2] = [
    ("meter-values", "MeterValues"),
    ("transactions", "transactions"),
];
/// What is measured, unless words on the command line choose some of it.
const PARTS: [&str; 6] = ["herd", "idle", "sqlite", "postgres", "commands", "pages"];
/// The server commits every message for itself.
const ALONE: [(&str, &str); 1] = [("BUSBAR_DATABASE_BATCH_UNITS", "1")];

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let size = Size {
        herd: setting("BUSBAR_BENCH_HERD", 10_000)?,
        crowd: setting("BUSBAR_BENCH_CROWD", 1_000)?,
        seconds: setting("BUSBAR_BENCH_SECONDS", 10)?,
        commands: setting("BUSBAR_BENCH_COMMANDS", 2_000)?,
        sessions: setting("BUSBAR_BENCH_SESSIONS", 1_000_000)?,
    };
    let mut parts: Vec<String> = std::env::args().skip(1).collect();
    if parts.is_empty() {
        parts = PARTS.map(str::to_owned).into();
    }
    if let Some(odd) = parts.iter().find(|p| !PARTS.contains(&p.as_str())) {
        return Err(format!("{odd} cannot be measured; there are {}", PARTS.join(", ")).into());
    }
    build().await?;
    // Beside the programs, because the folder for temporary files may lie in memory.
    let own = std::env::current_exe()?;
    let beside = own.parent().ok_or("this program lies nowhere")?;
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(beside)?;
    let folder = folder.path();
    let cores = std::thread::available_parallelism()?;
    println!(
        "busbar, {} cores shared by server, database and load; one fsync of 4 KiB takes {} us",
        cores,
        figures::fsync_us(folder)?
    );
    let mut table = Table { missed: 0 };
    for part in &parts {
        match part.as_str() {
            "herd" => herd(&mut table, folder, size).await?,
            "idle" => idle(&mut table, folder, size).await?,
            "sqlite" => sqlite(&mut table, folder, size).await?,
            "postgres" => postgres(&mut table, folder, size).await?,
            "pages" => fleet_pages(&mut table, folder, size).await?,
            _ => commands(&mut table, folder, size).await?,
        }
    }
    println!("{} aims missed", table.missed);
    Ok(ExitCode::SUCCESS)
}

async fn herd(table: &mut Table, folder: &Path, size: Size) -> Result<(), Failure> {
    let herd = figures::herd(folder, size).await?;
    let all = herd.booted == size.herd as u64;
    table.row(
        &format!("{} stations connect and boot at once", size.herd),
        &format!("{} booted in {:.1} s", herd.booted, herd.seconds),
        "all in < 60 s",
        all && herd.seconds < 60.0,
    );
    table.row(
        "  most memory of the server meanwhile",
        &format!("{} MiB", herd.most_kib / 1024),
        "< 1536 MiB",
        herd.most_kib < 1536 * 1024,
    );
    Ok(())
}

async fn idle(table: &mut Table, folder: &Path, size: Size) -> Result<(), Failure> {
    let idle = figures::idle(folder, size).await?;
    table.row(
        &format!("memory per idle station at {}", size.herd),
        &format!("{idle:.1} KiB"),
        "<= 16 KiB",
        idle <= 16.0,
    );
    Ok(())
}

async fn sqlite(table: &mut Table, folder: &Path, size: Size) -> Result<(), Failure> {
    for (mix, name) in MIXES {
        let grouped = figures::messages(folder, &[], mix, size).await?;
        let label = format!("{name} acknowledged, SQLite, group commit");
        table.rate(&label, &grouped, 8_000.0);
        let alone = figures::messages(folder, &ALONE, mix, size).await?;
        let times = grouped.per_second / alone.per_second.max(1.0);
        table.row(
            "  the same, one commit per message",
            &shown(&alone),
            &format!("5 times less; {times:.1}"),
            times >= 5.0,
        );
    }
    Ok(())
}

async fn postgres(table: &mut Table, folder: &Path, size: Size) -> Result<(), Failure> {
    let Ok(server) = std::env::var("BUSBAR_TEST_POSTGRES") else {
        println!("PostgreSQL: BUSBAR_TEST_POSTGRES is not set; use `make bench`");
        return Ok(());
    };
    for (n, (mix, name)) in MIXES.into_iter().enumerate() {
        let url = database::create(&server, &format!("bench_{n}")).await?;
        let environment = [("BUSBAR_DATABASE_URL", url.as_str())];
        migrate(folder, &environment).await?;
        let rate = figures::messages(folder, &environment, mix, size).await?;
        table.rate(&format!("{name} acknowledged, PostgreSQL"), &rate, 5_000.0);
    }
    Ok(())
}

async fn commands(table: &mut Table, folder: &Path, size: Size) -> Result<(), Failure> {
    let times = figures::commands(folder, size).await?;
    let at = |permille: usize| times[(times.len() * permille / 1000).min(times.len() - 1)];
    table.row(
        &format!("command round trip at {} stations", size.crowd),
        &format!("p50 {:.1} ms, p99 {:.1} ms", at(500), at(990)),
        "p99 < 20 ms",
        at(990) < 20.0,
    );
    Ok(())
}

async fn fleet_pages(table: &mut Table, folder: &Path, size: Size) -> Result<(), Failure> {
    let found = pages::pages(folder, &[], size.herd as u64, size.sessions).await?;
    table.pages("SQLite", size, &found);
    let Ok(server) = std::env::var("BUSBAR_TEST_POSTGRES") else {
        println!("PostgreSQL: BUSBAR_TEST_POSTGRES is not set; use `make bench`");
        return Ok(());
    };
    let url = database::create(&server, "bench_pages").await?;
    let environment = [("BUSBAR_DATABASE_URL", url.as_str())];
    let found = pages::pages(folder, &environment, size.herd as u64, size.sessions).await?;
    table.pages("PostgreSQL", size, &found);
    Ok(())
}

/// Prints rows as they are found.
struct Table {
    missed: u32,
}

impl Table {
    fn row(&mut self, what: &str, found: &str, aim: &str, met: bool) {
        let verdict = if met { "met" } else { "MISSED" };
        self.missed += u32::from(!met);
        println!("{what:<52} {found:<44} aim {aim}: {verdict}");
    }

    fn pages(&mut self, database: &str, size: Size, found: &pages::Pages) {
        println!(
            "{} stations and {} sessions came in from SteVe in {:.0} s, {database}",
            size.herd, size.sessions, found.import_s
        );
        for one in &found.answered {
            let times = format!("p50 {:.1} ms, p95 {:.1} ms", one.p50_ms, one.p95_ms);
            let what = format!("{database}: {}", one.what);
            self.row(&what, &times, "p95 < 100 ms", one.p95_ms < 100.0);
        }
    }

    fn rate(&mut self, what: &str, rate: &Rate, aim: f64) {
        let met = rate.per_second >= aim;
        self.row(what, &shown(rate), &format!(">= {aim:.0}/s"), met);
    }
}

fn shown(rate: &Rate) -> String {
    format!(
        "{:.0}/s (p50 {:.1} ms, p99 {:.1} ms)",
        rate.per_second, rate.p50_ms, rate.p99_ms
    )
}

fn setting<T: FromStr>(name: &str, otherwise: T) -> Result<T, Failure> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("{name}={text}: it is a number").into()),
        Err(_) => Ok(otherwise),
    }
}

/// The programs that are measured, built from this tree in the same profile as this one.
async fn build() -> Result<(), Failure> {
    if std::env::var_os("BUSBAR").is_some() && program("busbar-sim").exists() {
        return Ok(());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--quiet",
        "--package",
        "busbar",
        "--package",
        "busbar-sim",
    ]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    if command.status().await?.success() {
        Ok(())
    } else {
        Err("the programs to measure do not build".into())
    }
}
