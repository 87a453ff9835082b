//! The measurements, each on a server of its own.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use busbar_tests::http::Failure;
use busbar_tests::product::Product;
use serde_json::{Value, json};

use crate::load::Stage;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Stations of the herd.
    pub herd: usize,
    /// Stations that send or are commanded.
    pub crowd: usize,
    /// Seconds of sending in each measurement.
    pub seconds: u64,
    /// Commands in the round trip measurement.
    pub commands: usize,
    /// Charging sessions of the herd, for its pages.
    pub sessions: u64,
}

/// Microseconds that one small write with fsync takes here, in the middle: the disk decides most
/// of what follows.
pub fn fsync_us(folder: &Path) -> Result<u128, Failure> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[7; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed().as_micros());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// What a herd that connects at once costs.
#[derive(Debug)]
pub struct Herd {
    /// Stations that were accepted.
    pub booted: u64,
    /// Seconds until the last of them was.
    pub seconds: f64,
    /// The most memory the server ever had, in KiB.
    pub most_kib: u64,
}

/// All stations connect and boot at once.
pub async fn herd(folder: &Path, size: Size) -> Result<Herd, Failure> {
    let data = tempfile::tempdir_in(folder)?;
    let stage = Stage::set(data.path(), &[], size.herd).await?;
    let mut load = stage.load(size.herd, 0, &["connect", "--hold", "600"])?;
    let booted = load.report("booted").await?;
    let (_, most_kib) = stage.product.memory_kib()?;
    load.end().await?;
    stage.product.kill().await?;
    Ok(Herd {
        booted: booted["booted"].as_u64().unwrap_or(0),
        seconds: number(&booted, "all_booted_s")?,
        most_kib,
    })
}

/// What an idle station costs, in KiB of the server's resident memory: the growth from a tenth of
/// the herd, which warms every cache, to the whole.
pub async fn idle(folder: &Path, size: Size) -> Result<f64, Failure> {
    let data = tempfile::tempdir_in(folder)?;
    let stage = Stage::set(data.path(), &[], size.herd).await?;
    let hold = ["connect", "--hold", "600"];
    let few = (size.herd / 10).max(1);
    let mut load = stage.load(few, 20, &hold)?;
    load.report("booted").await?;
    let before = settled(&stage.product).await?;
    load.end().await?;
    let mut load = stage.load(size.herd, 20, &hold)?;
    load.report("booted").await?;
    let after = settled(&stage.product).await?;
    load.end().await?;
    stage.product.kill().await?;
    Ok(after.saturating_sub(before) as f64 / (size.herd - few).max(1) as f64)
}

/// Resident memory once it stands still, or after half a minute.
async fn settled(product: &Product) -> Result<u64, Failure> {
    let (mut last, _) = product.memory_kib()?;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (now, _) = product.memory_kib()?;
        if now.abs_diff(last) * 500 < last {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

/// How fast messages were acknowledged.
#[derive(Debug)]
pub struct Rate {
    /// In a second.
    pub per_second: f64,
    /// Median milliseconds from a message to its answer.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
}

/// The crowd sends `mix` as fast as it is acknowledged.
pub async fn messages(
    folder: &Path,
    environment: &[(&str, &str)],
    mix: &str,
    size: Size,
) -> Result<Rate, Failure> {
    let data = tempfile::tempdir_in(folder)?;
    let stage = Stage::set(data.path(), environment, size.crowd).await?;
    let seconds = size.seconds.to_string();
    let verb = ["messages", "--mix", mix, "--seconds", &seconds];
    let mut load = stage.load(size.crowd, 50, &verb)?;
    load.report("booted").await?;
    let sent = load.report("messages").await?;
    load.end().await?;
    stage.product.kill().await?;
    if sent["call_errors"] != 0 || sent["lost_connections"] != 0 {
        return Err(format!("messages failed under load: {sent}").into());
    }
    Ok(Rate {
        per_second: number(&sent, "per_second")?,
        p50_ms: number(&sent, "p50_ms")?,
        p99_ms: number(&sent, "p99_ms")?,
    })
}

/// Milliseconds from the request of a command at the API to the station's answer in the response,
/// sorted: one command at a time, stations in turn, all of them connected.
pub async fn commands(folder: &Path, size: Size) -> Result<Vec<f64>, Failure> {
    let data = tempfile::tempdir_in(folder)?;
    let mut stage = Stage::set(data.path(), &[], size.crowd).await?;
    let mut load = stage.load(size.crowd, 50, &["connect", "--hold", "600"])?;
    load.report("booted").await?;
    let stations = stage.ana.all("/stations").await?;
    let trigger = json!({"type": "trigger", "params": {"message": "heartbeat"}});
    let mut times = Vec::with_capacity(size.commands);
    for n in 0..size.commands {
        let id = stations[n * 7 % stations.len()]["id"]
            .as_str()
            .unwrap_or_default();
        let path = format!("/stations/{id}/commands");
        let began = Instant::now();
        let done = stage.ana.expect(200, "POST", &path, Some(&trigger)).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        if done["state"] != "accepted" {
            return Err(format!("a command was not accepted: {done}").into());
        }
    }
    load.end().await?;
    stage.product.kill().await?;
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn number(report: &Value, field: &str) -> Result<f64, Failure> {
    report[field]
        .as_f64()
        .ok_or_else(|| format!("no {field} in {report}").into())
}
