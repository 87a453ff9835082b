//! Running the server: both doors and the timers, until a signal; then the doors close in order.
#![allow(clippy::print_stdout)] // the banner is for the person who started it

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use app::App;
use app::transfers::FileDoors;
use domain::role::Caller;
use gateway::{FilePorts, Gateway};
use tokio::sync::watch;

use crate::cli::Failure;
use crate::config::Config;
use crate::{backup, demo, rooms};

/// Runs until SIGINT or SIGTERM.
pub async fn run(config: Config, with_demo: bool) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let app = rooms::build(&config).await?;
    app::identity_provider::verify(&app).await?;
    if config.bus.url.is_none() {
        // Alone: what the last process left open is not open any more.
        app::jobs::begin_alone(&app).await?;
    }
    let machines = Gateway::bind(app.clone(), gateway_settings(&config)?)
        .await
        .map_err(|e| {
            format!(
                "cannot listen for chargers on {}: {e}",
                config.gateway.listen
            )
        })?;
    let stations_at = machines.addr();
    let files = FilePorts::bind(app.clone(), config.file_ports()?).await;
    let files = files.map_err(|e| format!("cannot listen: {e}"))?;
    let doors = file_doors(&config, &files)?;
    app.open_file_doors(doors.clone());
    let limits = api::Limits::of(config.http.requests_per_minute);
    let people = api::Server::bind_with(app.clone(), api_settings(&config, stations_at)?, limits)
        .map_err(|e| format!("cannot listen for people on {}: {e}", config.http.listen))?;
    let people_at = people.address;
    let handle = people.handle();

    let (stop, stopping) = watch::channel(false);
    let timers = tokio::spawn(app::jobs::run(app.clone(), stopping.clone()));
    let backups = backup::schedule::run(app.clone(), config.clone(), stopping.clone());
    let backups = tokio::spawn(backups);
    let machines = tokio::spawn(machines.run(told_to_stop(stopping.clone())));
    let people = tokio::spawn(people.run());
    let files = tokio::spawn(files.run(stopping.clone()));
    banner(&config, people_at, stations_at, &doors, started.elapsed());
    let fleet = if with_demo {
        Some(
            demo::start(
                &app,
                &config.data_dir,
                people_at,
                stations_at,
                stopping.clone(),
            )
            .await?,
        )
    } else {
        invite(&app, &config, people_at).await?;
        None
    };

    println!("  Ready");

    signal().await?;
    tracing::info!("stopping: stations are asked to come back later");
    stop.send_replace(true);
    if let Some(fleet) = fleet {
        let _ = tokio::time::timeout(Duration::from_secs(5), fleet).await;
    }
    if !machines.await? {
        tracing::warn!("some stations did not close their connection in time");
    }
    handle.stop(true).await;
    people.await??;
    files.await?;
    timers.await?;
    backups.await?;
    Ok(ExitCode::SUCCESS)
}

/// The address of the console for people, as configured.
#[must_use]
pub fn console_url(config: &Config) -> String {
    let listen = config.http.listen.parse::<SocketAddr>().ok();
    config
        .http
        .public_url
        .clone()
        .unwrap_or_else(|| match listen {
            // By its name: passkeys are not for addresses.
            Some(addr) if addr.ip().is_loopback() => format!("http://localhost:{}", addr.port()),
            Some(addr) => format!("http://{}", shown(addr)),
            None => format!("http://{}", config.http.listen),
        })
}

/// An address that a person or a charger can use: a listener on all addresses is reached by the
/// one that this machine has towards the rest of the world.
fn shown(addr: SocketAddr) -> SocketAddr {
    if addr.ip().is_unspecified() {
        let ours = outward().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        SocketAddr::new(ours, addr.port())
    } else {
        addr
    }
}

/// The address from which this machine would speak to another network. Nothing is sent: the
/// address asked about is one of those kept for documentation (RFC 5737).
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn station_url(config: &Config, at: SocketAddr) -> String {
    match &config.gateway.public_url {
        Some(url) => format!("{}/{{identity}}", url.trim_end_matches('/')),
        None => format!("ws://{}/ocpp/{{identity}}", shown(at)),
    }
}

fn gateway_settings(config: &Config) -> Result<gateway::Settings, Failure> {
    let listen = address("gateway.listen", &config.gateway.listen)?;
    Ok(gateway::Settings {
        ping_interval: Duration::from_secs(u64::from(config.gateway.ping_interval_s)),
        call_timeout: Duration::from_secs(u64::from(config.gateway.call_timeout_s)),
        trusted_proxies: config.trusted_proxies.clone(),
        ..gateway::Settings::on(listen)
    })
}

fn api_settings(config: &Config, stations_at: SocketAddr) -> Result<api::Settings, Failure> {
    Ok(api::Settings {
        listen: address("http.listen", &config.http.listen)?,
        station_url_template: station_url(config, stations_at),
        protocols: ocpp::dialect::Dialect::SUBPROTOCOLS.to_vec(),
        trusted_proxies: config.trusted_proxies.clone(),
        https: console_url(config).starts_with("https://"),
    })
}

fn address(key: &str, text: &str) -> Result<SocketAddr, Failure> {
    text.parse()
        .map_err(|_| format!("{key} = {text:?} is not an address like 0.0.0.0:8080").into())
}

/// Where stations are told to fetch and send files.
fn file_doors(config: &Config, ports: &FilePorts) -> std::io::Result<FileDoors> {
    let own = &config.files;
    let http = match &own.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", shown(ports.http_addr()?)),
    };
    let ftp = ports.ftp_addr()?.map(|addr| match &own.ftp_public_host {
        Some(host) => host.clone(),
        None => shown(addr).to_string(),
    });
    Ok(FileDoors {
        http: Some(http),
        ftp,
    })
}

fn banner(
    config: &Config,
    people: SocketAddr,
    stations: SocketAddr,
    files: &FileDoors,
    took: Duration,
) {
    let database = if config.database.url.is_some() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    println!(
        "  busbar {}   data {} ({database})   started in {:.1} s",
        env!("CARGO_PKG_VERSION"),
        config.data_dir.display(),
        took.as_secs_f64()
    );
    let console = config
        .http
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", shown(people)));
    println!("  Console   {console}");
    println!(
        "  Chargers  {}",
        station_url(config, stations).replace("{identity}", "<station-id>")
    );
    if let Some(http) = &files.http {
        println!("  Files     {http}");
    }
    if let Some(ftp) = &files.ftp {
        println!("  Files     ftp://{ftp}");
    }
    if !api::is_built_in() {
        println!(
            "  The console is not built into this binary: run `make console` and build again."
        );
    }
}

/// Prints the way in for the first administrator, where there is none yet.
async fn invite(app: &App, config: &Config, people: SocketAddr) -> Result<(), Failure> {
    if app::setup::needed(app).await? {
        let token = app::setup::create_link(app, &Caller::System { why: "first run" }).await?;
        let console = config
            .http
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", shown(people)));
        println!("  First run: open {console}/setup#{token}");
        println!("             (valid 30 minutes; `busbar setup` prints a new one)");
    }
    Ok(())
}

async fn told_to_stop(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}
