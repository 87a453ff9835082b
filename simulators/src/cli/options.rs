//! Command line options.

use std::path::PathBuf;

use busbar_sim::load::Mix;
use busbar_sim::{Manner, Version};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Charging station simulator: fleets with drivers, replayed history, and load.
#[derive(Debug, Parser)]
#[command(
    name = "busbar-sim",
    version,
    after_help = "Exit codes: 0 all went as asked; 1 something failed (a message says what); \
                  2 wrong options.\nLog level: environment variable BUSBAR_SIM_LOG, for example \
                  `debug`."
)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Run a fleet live until interrupted.
    Fleet(FleetOptions),
    /// Replay days of past sessions as offline messages, then go live.
    History {
        /// Days of past sessions.
        #[arg(long, default_value_t = 30)]
        days: u32,
        /// End when the past has been told.
        #[arg(long)]
        then_exit: bool,
        #[command(flatten)]
        fleet: FleetOptions,
    },
    /// Print the stations of a fleet (identity,site,version,model) and its drivers' tokens.
    Roster(FleetOptions),
    /// Benchmark a server with many lean stations.
    Load(LoadOptions),
    /// Do again what an exported message log says that stations did, against this server.
    ///
    /// The file is the log as JSON Lines, of one station or many, from the console's download or
    /// `/api/v1/logs` with `Accept: application/jsonl`. The stations must be known to the server
    /// under the same names. Masked tokens are sent as MASK and their last characters.
    Replay(ReplayOptions),
}

/// Where the server is, and how to sign in.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// Endpoint without the identity.
    #[arg(long, default_value = "ws://127.0.0.1:9000/ocpp", global = true)]
    pub(super) url: String,
    /// Password of every station.
    #[arg(
        long,
        env = "BUSBAR_SIM_PASSWORD",
        hide_env_values = true,
        global = true
    )]
    pub(super) password: Option<String>,
    /// File with a line `identity,password` for each station.
    #[arg(long, conflicts_with = "password", global = true)]
    pub(super) password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct FleetOptions {
    #[command(flatten)]
    pub(super) server: Server,
    /// Number of stations.
    #[arg(long, default_value_t = 20)]
    pub(super) stations: usize,
    /// Names of the sites, by comma; identities are SITE-01 and so on.
    #[arg(long, value_delimiter = ',', default_value = "DEPOT,HARBOUR,MARKET")]
    pub(super) sites: Vec<String>,
    /// Seed of all chance: the same seed, the same story.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Simulated seconds in a second. Above 1, station clocks run ahead of the wall clock.
    #[arg(long, default_value_t = 1.0)]
    pub(super) speed: f64,
    /// One protocol version for all (1.6, 2.0.1, 2.1); a mixture without this.
    #[arg(long)]
    pub(super) version: Option<Version>,
    /// Token uids of the drivers, by comma; drawn from the seed without this.
    #[arg(long, value_delimiter = ',')]
    pub(super) tokens: Vec<String>,
    /// Bad manners for one station in five, by comma (for example duplicate-start,clock-1970).
    #[arg(long, value_delimiter = ',')]
    pub(super) manners: Vec<Manner>,
    /// Connections break off now and then; what happens meanwhile is replayed.
    #[arg(long)]
    pub(super) offline_spells: bool,
}

#[derive(Debug, Args)]
pub(super) struct LoadOptions {
    #[command(flatten)]
    pub(super) server: Server,
    /// Number of stations.
    #[arg(long, default_value_t = 100, global = true)]
    pub(super) stations: usize,
    /// Identities are PREFIX-00001 and so on.
    #[arg(long, default_value = "LOAD", global = true)]
    pub(super) prefix: String,
    /// Protocol version (1.6, 2.0.1, 2.1).
    #[arg(long, default_value = "1.6", global = true)]
    pub(super) version: Version,
    /// Token uid used in sessions.
    #[arg(long, default_value = "04AABBCCDDEEFF", global = true)]
    pub(super) token: String,
    /// Stations that may be opening at the same time; 0 is all at once.
    #[arg(long, default_value_t = 0, global = true)]
    pub(super) parallel: usize,
    /// Seconds a station may take to be accepted, and an answer to come.
    #[arg(long, default_value_t = 120, global = true)]
    pub(super) patience: u64,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Kind of load.
    #[command(subcommand)]
    pub(super) verb: LoadVerb,
}

#[derive(Debug, Args)]
pub(super) struct ReplayOptions {
    /// The log: JSON Lines.
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) server: Server,
    /// Only these stations, by comma.
    #[arg(long, value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Seconds of the log in a second.
    #[arg(long, default_value_t = 1.0, value_parser = above_zero)]
    pub(super) speed: f64,
    /// Send each message as soon as the one before is answered.
    #[arg(long, conflicts_with = "speed")]
    pub(super) no_wait: bool,
    /// Move the times in the messages, so that the first is now.
    #[arg(long)]
    pub(super) as_now: bool,
    /// Version of stations whose frames do not tell it; 2.1 also for those that speak 2.x.
    #[arg(long)]
    pub(super) version: Option<Version>,
    /// Seconds an answer may take.
    #[arg(long, default_value_t = 30)]
    pub(super) patience: u64,
    /// End with 1 when an answer differs from the log.
    #[arg(long)]
    pub(super) expect_same: bool,
    /// Print JSON, one object a station.
    #[arg(long)]
    pub(super) json: bool,
}

fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("a number above 0".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum LoadVerb {
    /// Connect and boot all stations at once, print the time, hold them idle.
    Connect {
        /// Seconds to hold them.
        #[arg(long, default_value_t = 10)]
        hold: u64,
    },
    /// Every station sends as fast as it is acknowledged.
    Messages {
        /// Seconds to send.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// What is sent.
        #[arg(long, value_enum, default_value_t = MixName::MeterValues)]
        mix: MixName,
        /// Append a JSON line for every acknowledged message to this file.
        #[arg(long)]
        ack_log: Option<PathBuf>,
        /// Open lost connections again and repeat what had no answer.
        #[arg(long)]
        reconnect: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum MixName {
    /// MeterValues only.
    MeterValues,
    /// Sessions: a start, four samples, a stop.
    Transactions,
}

impl From<MixName> for Mix {
    fn from(name: MixName) -> Self {
        match name {
            MixName::MeterValues => Self::MeterValues,
            MixName::Transactions => Self::Transactions,
        }
    }
}
