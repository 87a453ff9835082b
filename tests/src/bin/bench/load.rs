//! The load generator as a process of its own, and the stage it plays on: a server with stations
//! registered.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use busbar_tests::http::{Failure, Person};
use busbar_tests::product::{Product, program};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;

const PASSWORD: &str = "0123456789abcdef0123";
const PREFIX: &str = "LOAD";
/// The token that the load generator presents.
const TOKEN: &str = "04AABBCCDDEEFF";

/// A server with stations that may come.
pub struct Stage {
    /// The server.
    pub product: Product,
    /// Its administrator.
    pub ana: Person,
}

impl Stage {
    /// Starts a server and registers stations and their token.
    pub async fn set(
        data: &Path,
        environment: &[(&str, &str)],
        stations: usize,
    ) -> Result<Self, Failure> {
        // A herd fills the ring of connection attempts; a warning of each would hide the figures.
        // Nor is it people that register them, at their pace.
        let own = [
            ("BUSBAR_LOG", "error"),
            ("BUSBAR_HTTP_REQUESTS_PER_MINUTE", "10000000"),
        ];
        let environment = [environment, &own].concat();
        let product = Product::start(data, &environment).await?;
        let mut ana = product.administrator().await?;
        let token = json!({"uid": TOKEN, "kind": "iso14443"});
        ana.expect(201, "POST", "/tokens", Some(&token)).await?;
        let next = Arc::new(AtomicUsize::new(1));
        let mut tasks = JoinSet::new();
        for _ in 0..16 {
            let (mut ana, next) = (ana.clone(), Arc::clone(&next));
            tasks.spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n > stations {
                        return Ok::<_, Failure>(());
                    }
                    let identity = format!("{PREFIX}-{n:05}");
                    let body = json!({"identity": identity, "password": PASSWORD});
                    ana.expect(201, "POST", "/stations", Some(&body)).await?;
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(Self { product, ana })
    }

    /// Starts `busbar-sim load` against the server; `what` is its verb with options.
    pub fn load(&self, stations: usize, parallel: usize, what: &[&str]) -> Result<Load, Failure> {
        let path = program("busbar-sim");
        let mut child = Command::new(&path)
            .args(["load", "--json", "--url", &self.product.stations])
            .args(["--password", PASSWORD, "--prefix", PREFIX])
            .args(["--stations", &stations.to_string()])
            .args(["--parallel", &parallel.to_string()])
            .args(what)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("{}: {e}", path.display()))?;
        let out = child.stdout.take().ok_or("no output")?;
        let lines = BufReader::new(out).lines();
        Ok(Load { child, lines })
    }
}

/// A running load generator.
pub struct Load {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Load {
    /// Waits for the next report, `booted`, `held` or `messages`.
    pub async fn report(&mut self, name: &str) -> Result<Value, Failure> {
        let line = self.lines.next_line().await?;
        let line = line.ok_or_else(|| format!("the load ended without reporting {name}"))?;
        let mut report: Value = serde_json::from_str(&line)?;
        match report[name].take() {
            Value::Null => Err(format!("the load reported {line} instead of {name}").into()),
            found => Ok(found),
        }
    }

    /// Ends it.
    pub async fn end(mut self) -> Result<(), Failure> {
        self.child.kill().await?;
        Ok(())
    }
}
