//! Options and verbs of `busbar-sim`.

mod options;
mod print;

use std::process::ExitCode;
use std::time::Duration;

use busbar_sim::load::{self, LoadPlan};
use busbar_sim::{Error, FleetPlan, Passwords, ReplayPlan, replay, run_fleet};
use tokio::sync::watch;

pub use options::Options;
use options::{FleetOptions, LoadOptions, LoadVerb, ReplayOptions, Server, Verb};
pub use print::complain;

/// Carries out what was asked.
pub async fn run(options: Options) -> Result<ExitCode, Error> {
    match options.verb {
        Verb::Fleet(fleet) => live_fleet(fleet, None).await,
        Verb::History {
            days,
            then_exit,
            fleet,
        } => live_fleet(fleet, Some((days, then_exit))).await,
        Verb::Roster(fleet) => {
            print::roster(&plan(fleet)?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Load(load) => run_load(load).await,
        Verb::Replay(options) => run_replay(options).await,
    }
}

fn passwords(server: &Server) -> Result<Passwords, Error> {
    match (&server.password_file, &server.password) {
        (Some(path), _) => Passwords::read(path),
        (None, Some(password)) => Ok(Passwords::Same(password.clone())),
        (None, None) => Ok(Passwords::None),
    }
}

fn plan(options: FleetOptions) -> Result<FleetPlan, Error> {
    let mut plan = FleetPlan::new(&options.server.url);
    plan.passwords = passwords(&options.server)?;
    plan.stations = options.stations;
    plan.sites = options.sites;
    plan.seed = options.seed;
    plan.speed = options.speed;
    plan.version = options.version;
    plan.manners = options.manners;
    plan.offline_spells = options.offline_spells;
    plan.tokens = if options.tokens.is_empty() {
        busbar_sim::fleet::demo_tokens(options.seed, 40)
    } else {
        options.tokens
    };
    Ok(plan)
}

async fn live_fleet(
    options: FleetOptions,
    history: Option<(u32, bool)>,
) -> Result<ExitCode, Error> {
    let mut plan = plan(options)?;
    if let Some((days, then_exit)) = history {
        (plan.history_days, plan.history_only) = (days, then_exit);
    }
    let (stop, stopped) = watch::channel(false);
    plan.stop = Some(stopped);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.send_replace(true);
        } else {
            // No signals here: run until killed, and keep the channel open for that long.
            std::future::pending::<()>().await;
        }
    });
    run_fleet(plan).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_load(options: LoadOptions) -> Result<ExitCode, Error> {
    let mut plan = LoadPlan::new(&options.server.url, options.stations);
    plan.passwords = passwords(&options.server)?;
    plan.prefix = options.prefix;
    plan.version = options.version;
    plan.parallel = options.parallel;
    plan.patience = Duration::from_secs(options.patience);
    plan.token = options.token;
    let json = options.json;
    let seconds;
    let traffic = match options.verb {
        LoadVerb::Connect { hold } => {
            seconds = hold;
            None
        }
        LoadVerb::Messages {
            seconds: asked,
            mix,
            ack_log,
            reconnect,
        } => {
            seconds = asked;
            plan.ack_log = ack_log;
            plan.reconnect = reconnect;
            Some(mix)
        }
    };
    let herd = load::connect(plan).await?;
    let all = herd.report.booted == herd.report.stations;
    print::booted(&herd.report, json);
    let fine = match traffic {
        None => {
            let lost = herd.hold(Duration::from_secs(seconds)).await;
            print::held(seconds, lost, json);
            lost == 0
        }
        Some(mix) => {
            let report = herd.send(mix.into(), Duration::from_secs(seconds)).await?;
            print::traffic(&report, json);
            report.acknowledged > 0
        }
    };
    Ok(if all && fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn run_replay(options: ReplayOptions) -> Result<ExitCode, Error> {
    let mut plan = ReplayPlan::new(&options.server.url);
    plan.passwords = passwords(&options.server)?;
    plan.only = options.only;
    plan.speed = (!options.no_wait).then_some(options.speed);
    plan.as_now = options.as_now;
    plan.version = options.version;
    plan.patience = Duration::from_secs(options.patience);
    let stations = replay(&options.file, plan).await?;
    print::replayed(&stations, options.json);
    let fine = stations
        .iter()
        .all(|one| one.failed.is_none() && (one.differences.is_empty() || !options.expect_same));
    Ok(if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
