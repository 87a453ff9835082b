//! What a fleet consists of, and how it is to run.

use std::collections::HashMap;
use std::path::Path;

use tokio::sync::watch;

use crate::charging::Template;
use crate::random::Dice;
use crate::station::Manner;
use crate::wire::Version;
use crate::{Error, Station};

/// Passwords of the stations.
#[derive(Clone, Default)]
pub enum Passwords {
    /// None: security profile 0.
    #[default]
    None,
    /// One for all.
    Same(String),
    /// One each, by identity.
    Each(HashMap<String, String>),
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(hidden)")
    }
}

impl Passwords {
    /// Reads lines of `identity,password`; empty lines and lines beginning with `#` are skipped.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Plan`] for a line without a comma.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File {
            path: path.display().to_string(),
            source,
        })?;
        let mut each = HashMap::new();
        for line in text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
        {
            let Some((identity, password)) = line.split_once(',') else {
                return Err(Error::Plan(
                    "a password line needs identity,password".into(),
                ));
            };
            each.insert(identity.trim().to_owned(), password.trim().to_owned());
        }
        Ok(Self::Each(each))
    }

    /// The password of a station.
    #[must_use]
    pub fn of(&self, identity: &str) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Same(password) => Some(password),
            Self::Each(each) => each.get(identity).map(String::as_str),
        }
    }
}

/// How a fleet is to run.
#[derive(Debug, Clone)]
pub struct FleetPlan {
    /// Endpoint without the identity, for example `ws://127.0.0.1:9000/ocpp`.
    pub url: String,
    /// Number of stations.
    pub stations: usize,
    /// Names of the sites; stations are dealt out in turn.
    pub sites: Vec<String>,
    /// Seed of all chance.
    pub seed: u64,
    /// Simulated seconds in a real second, once live. Other than 1, station clocks leave the
    /// wall clock behind.
    pub speed: f64,
    /// Days of past sessions to replay before going live.
    pub history_days: u32,
    /// Seconds between meter values in the past; live it is the station's own setting.
    pub history_sample_s: u32,
    /// Passwords.
    pub passwords: Passwords,
    /// Version of all stations; a mixture when none.
    pub version: Option<Version>,
    /// Token uids the drivers hold.
    pub tokens: Vec<String>,
    /// Bad manners, dealt to one station in five.
    pub manners: Vec<Manner>,
    /// Live, connections break off now and then for some minutes.
    pub offline_spells: bool,
    /// Ends the run when it becomes true.
    pub stop: Option<watch::Receiver<bool>>,
    /// Ends the run when history has been replayed.
    pub history_only: bool,
}

impl FleetPlan {
    /// A plan of 20 stations at 3 sites, live at once at the pace of the wall clock.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            stations: 20,
            sites: ["DEPOT", "HARBOUR", "MARKET"].map(str::to_owned).to_vec(),
            seed: 1,
            speed: 1.0,
            history_days: 0,
            history_sample_s: 900,
            passwords: Passwords::None,
            version: None,
            tokens: demo_tokens(1, 40),
            manners: Vec::new(),
            offline_spells: false,
            stop: None,
            history_only: false,
        }
    }

    /// The stations of this plan, in order.
    #[must_use]
    pub fn roster(&self) -> Vec<Member> {
        let fallback = ["SITE".to_owned()];
        let sites = if self.sites.is_empty() {
            &fallback[..]
        } else {
            &self.sites[..]
        };
        let mut counts = vec![0usize; sites.len()];
        (0..self.stations)
            .map(|n| {
                let at = n % sites.len();
                let site = sites.get(at).cloned().unwrap_or_default();
                let count = counts.get_mut(at).map_or(0, |count| {
                    *count += 1;
                    *count
                });
                let version = self.version.unwrap_or(match n % 5 {
                    1 => Version::V201,
                    3 => Version::V21,
                    _ => Version::V16,
                });
                let template = if n % 4 == 2 {
                    Template::dc150()
                } else {
                    Template::ac22()
                };
                Member {
                    identity: format!("{site}-{count:02}"),
                    site,
                    version,
                    template,
                }
            })
            .collect()
    }
}

/// One station of a fleet.
#[derive(Debug, Clone)]
pub struct Member {
    /// Identity, for example `DEPOT-01`.
    pub identity: String,
    /// Its site.
    pub site: String,
    /// Its protocol version.
    pub version: Version,
    /// Its model.
    pub template: Template,
}

/// Token uids a fleet's drivers hold: 14 hexadecimal digits each, fixed by the seed.
#[must_use]
pub fn demo_tokens(seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice::new(seed, "fleet", "tokens");
    (0..count)
        .map(|_| format!("04{:012X}", dice.between(0, 0xFFFF_FFFF_FFFF)))
        .collect()
}

/// The running stations of a plan, with their members; for callers that want to steer them.
#[derive(Debug)]
pub struct Fleet {
    /// Stations in the order of the roster.
    pub stations: Vec<(Member, Station)>,
}

impl Fleet {
    /// Builds the stations, still unconnected, at the wall clock's present.
    #[must_use]
    pub fn build(plan: &FleetPlan) -> Self {
        let stations = plan
            .roster()
            .into_iter()
            .map(|member| {
                let station = super::run::builder(plan, &member).keep_frames(true).build();
                (member, station)
            })
            .collect();
        Self { stations }
    }
}
