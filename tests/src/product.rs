//! The product as a process of its own, on free ports and a data folder of the test's.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::http::{Failure, Person};

/// The first administrator of a test's instance.
pub const EMAIL: &str = "ana@example.org";
/// Her password, and that of everybody else in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// A running server. It dies with the test.
#[derive(Debug)]
pub struct Product {
    child: Child,
    /// Where people go.
    pub people: SocketAddr,
    /// Where stations go, without the identity: `ws://127.0.0.1:9000/ocpp`.
    pub stations: String,
    /// The token of the first administrator, on an empty instance.
    pub setup: Option<String>,
}

/// A program of this workspace: the server named by the environment variable `BUSBAR`, or what was
/// built beside the running test or benchmark.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    if let (true, Some(path)) = (name == "busbar", std::env::var_os("BUSBAR")) {
        return path.into();
    }
    let own = std::env::current_exe().unwrap_or_default();
    // A test lies in `deps` below the programs, a benchmark beside them.
    let folder = own.parent().and_then(|dir| {
        if dir.ends_with("deps") {
            dir.parent()
        } else {
            Some(dir)
        }
    });
    folder.map_or_else(|| PathBuf::from(name), |dir| dir.join(name))
}

/// Brings the database of `environment` to this version, as an operator does before an upgrade.
pub async fn migrate(data: &Path, environment: &[(&str, &str)]) -> Result<(), Failure> {
    let status = Command::new(program("busbar"))
        .arg("migrate")
        .env("BUSBAR_DATA_DIR", data)
        .envs(environment.iter().copied())
        .stdout(Stdio::null())
        .status()
        .await?;
    if status.success() {
        Ok(())
    } else {
        Err("`busbar migrate` failed".into())
    }
}

impl Product {
    /// Starts the server on `data`, with more environment where a story needs it.
    pub async fn start(data: &Path, more: &[(&str, &str)]) -> Result<Self, Failure> {
        Self::start_with(data, more, Stdio::inherit()).await
    }

    /// The same, with the server's log in a file.
    pub async fn start_logged(
        data: &Path,
        more: &[(&str, &str)],
        log: std::fs::File,
    ) -> Result<Self, Failure> {
        Self::start_with(data, more, log.into()).await
    }

    async fn start_with(data: &Path, more: &[(&str, &str)], log: Stdio) -> Result<Self, Failure> {
        let path = program("busbar");
        let mut child = Command::new(&path)
            .arg("serve")
            .env("BUSBAR_DATA_DIR", data)
            .env("BUSBAR_HTTP_LISTEN", "127.0.0.1:0")
            .env("BUSBAR_GATEWAY_LISTEN", "127.0.0.1:0")
            .env("BUSBAR_FILES_LISTEN", "127.0.0.1:0")
            .env("BUSBAR_LOG", "warn")
            .envs(more.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| {
                format!(
                    "{}: {e}; run `cargo build --workspace --bins` first",
                    path.display()
                )
            })?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(out).lines();
        let (mut people, mut stations, mut setup) = (None, None, None);
        let banner = async {
            while let Some(line) = lines.next_line().await? {
                let line = line.trim();
                if let Some(url) = line.strip_prefix("Console   http://") {
                    people = Some(url.parse()?);
                } else if let Some(url) = line.strip_prefix("Chargers  ") {
                    stations = Some(url.replace("/<station-id>", ""));
                } else if let Some((_, token)) = line.split_once("/setup#") {
                    setup = Some(token.to_owned());
                } else if line.starts_with("Ready") {
                    break;
                }
            }
            Ok::<_, Failure>(())
        };
        tokio::time::timeout(Duration::from_secs(60), banner)
            .await
            .map_err(|_| "no banner")??;
        // Nobody reads the rest; the pipe must not fill up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let people = people.ok_or("the server did not say where people go")?;
        let stations = stations.ok_or("the server did not say where stations go")?;
        Ok(Self {
            child,
            people,
            stations,
            setup,
        })
    }

    /// Makes the first administrator on an empty instance, or signs her in.
    pub async fn administrator(&self) -> Result<Person, Failure> {
        let Some(token) = &self.setup else {
            return Person::sign_in(self.people, EMAIL, PASSWORD).await;
        };
        let mut person = Person::stranger(self.people);
        let body = json!({"token": token, "name": "Ana", "email": EMAIL, "password": PASSWORD,
            "organisation": "Stories"});
        person.expect(201, "POST", "/setup", Some(&body)).await?;
        Ok(person)
    }

    /// Memory of the server in KiB: what is resident now, and the most there ever was.
    pub fn memory_kib(&self) -> Result<(u64, u64), Failure> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = |name: &str| {
            let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
            rest.trim().strip_suffix(" kB")?.parse().ok()
        };
        match (line("VmRSS:"), line("VmHWM:")) {
            (Some(now), Some(most)) => Ok((now, most)),
            _ => Err("no memory figures of the server".into()),
        }
    }

    /// Ends the server at once, as a power cut would: SIGKILL.
    pub async fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().await?;
        Ok(())
    }

    /// Asks the server to stop and waits until it has.
    pub async fn stop(mut self) -> Result<(), Failure> {
        if let Some(id) = self.child.id() {
            Command::new("kill")
                .args(["-TERM", &id.to_string()])
                .status()
                .await?;
        }
        tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await??;
        Ok(())
    }
}
