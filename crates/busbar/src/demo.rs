//! The demo: an organisation with a person for each role, three sites and twenty simulated
//! stations that speak over real sockets. The past is told by the stations themselves, as messages
//! of their offline queues.
#![allow(clippy::print_stdout)] // tells how to sign in

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use app::App;
use app::drivers::DriverEdit;
use app::setup::FirstPerson;
use app::sites::SiteEdit;
use app::stations::{NewPassword, NewStation};
use app::tokens::NewToken;
use domain::page::PageRequest;
use domain::role::{Caller, Role, RoleSet};
use domain::site::{Accessibility, AdminState};
use domain::token::{TokenKind, TokenUid};
use simulators::fleet::{FleetPlan, Passwords, run_fleet};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::cli::Failure;

const CALLER: Caller = Caller::System { why: "demo" };
const DAYS: u32 = 30;
/// Name of the file that keeps the demo's passwords for the next start.
const FILE: &str = "demo-passwords";

/// The people who charge, by the cards of the fleet.
const DRIVERS: [&str; 6] = [
    "Mara Feld",
    "Jonas Wirth",
    "Selin Acar",
    "Paul Brandt",
    "Nora Lind",
    "Tomasz Zielinski",
];

/// A site of the demo: its name in the fleet's plan, and what people see.
const SITES: [(&str, &str, &str, (i64, i64)); 3] = [
    ("DEPOT", "North depot", "Berlin", (525_300_000, 133_800_000)),
    (
        "HARBOUR",
        "Harbour car park",
        "Hamburg",
        (535_460_000, 99_850_000),
    ),
    (
        "MARKET",
        "Market hall",
        "Leipzig",
        (513_400_000, 123_750_000),
    ),
];

/// Makes the demo on an empty instance, or finds it again, and starts its fleet.
pub async fn start(
    app: &App,
    data_dir: &Path,
    people: SocketAddr,
    stations: SocketAddr,
    stopping: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Failure> {
    let passwords = Keys::find(&data_dir.join(FILE))?;
    let is_new = app::setup::needed(app).await?;
    let mut plan = FleetPlan::new(&format!("ws://127.0.0.1:{}/ocpp", stations.port()));
    plan.passwords = Passwords::Same(passwords.stations.clone());
    plan.offline_spells = true;
    plan.stop = Some(stopping);
    if is_new {
        furnish(app, &plan, &passwords).await?;
        plan.history_days = DAYS;
        println!(
            "  Demo      {DAYS} days of history are being told by {} stations",
            plan.stations
        );
    }
    println!(
        "  Sign in   http://127.0.0.1:{}/login with the password {}",
        people.port(),
        passwords.people
    );
    for role in Role::ALL {
        println!("            {:<34} {}", email(*role), role.title());
    }
    Ok(tokio::spawn(async move {
        if let Err(error) = run_fleet(plan).await {
            tracing::error!("the demo fleet stopped: {error}");
        }
    }))
}

/// The demo's passwords, drawn at its first start: it may listen on a network.
struct Keys {
    people: String,
    stations: String,
}

impl Keys {
    fn find(path: &Path) -> Result<Self, Failure> {
        if let Ok(text) = std::fs::read_to_string(path) {
            let mut lines = text.lines();
            return match (lines.next(), lines.next()) {
                (Some(people), Some(stations)) => Ok(Self {
                    people: people.to_owned(),
                    stations: stations.to_owned(),
                }),
                _ => Err(format!("{} should hold two passwords", path.display()).into()),
            };
        }
        let draw = || Uuid::new_v4().simple().to_string();
        let mut people = draw();
        people.truncate(16);
        let keys = Self {
            people,
            stations: draw(),
        };
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        writeln!(file, "{}\n{}", keys.people, keys.stations)?;
        Ok(keys)
    }
}

fn email(role: Role) -> String {
    format!("{}@demo.example", role.key().replace('_', "."))
}

/// Fills an empty instance: people, sites, stations, tokens.
async fn furnish(app: &App, plan: &FleetPlan, keys: &Keys) -> Result<(), Failure> {
    let token = app::setup::create_link(app, &CALLER).await?;
    let first = FirstPerson {
        name: Role::Administrator.title().to_owned(),
        email: email(Role::Administrator),
        password: keys.people.clone(),
        organisation: "Demo charging".to_owned(),
    };
    app::setup::finish(app, &token, &first, None, None).await?;
    for role in Role::ALL.iter().filter(|r| **r != Role::Administrator) {
        let roles = RoleSet::EMPTY.with(*role);
        app::users::create(
            app,
            &CALLER,
            &email(*role),
            role.title(),
            &keys.people,
            roles,
            None,
        )
        .await?;
    }
    for (_, name, city, position) in SITES {
        let edit = SiteEdit {
            name: Some(name.to_owned()),
            city: Some(Some(city.to_owned())),
            country: Some(Some("DE".to_owned())),
            time_zone: Some("Europe/Berlin".to_owned()),
            position_e7: Some(Some(position)),
            admin_state: Some(AdminState::InService),
            accessibility: Some(Accessibility::Restricted),
            ..SiteEdit::default()
        };
        app::sites::create(app, &CALLER, edit).await?;
    }
    let sites = app::sites::list(app, &CALLER, &PageRequest::default())
        .await?
        .rows;
    for member in plan.roster() {
        let place = SITES.iter().find(|(key, ..)| *key == member.site);
        let site = sites
            .iter()
            .find(|s| place.is_some_and(|(_, name, ..)| s.site.name == *name))
            .map(|s| s.site.id);
        let new = NewStation {
            identity: member.identity,
            name: None,
            site,
            password: NewPassword::Chosen(keys.stations.clone()),
        };
        app::stations::create(app, &CALLER, new).await?;
    }
    for (n, uid) in plan.tokens.iter().enumerate() {
        let new = NewToken {
            uid: TokenUid::new(uid),
            kind: TokenKind::Iso14443,
            label: Some(format!("Card {}", n + 1)),
            group: None,
            expires_at: None,
        };
        let token = app::tokens::create(app, &CALLER, new).await?;
        // Some cards are nobody's, as in life.
        let Some(name) = DRIVERS.get(n) else { continue };
        let driver = DriverEdit {
            name: Some((*name).to_owned()),
            plate: Some(Some(format!("B-DM {}", 100 + n))),
            language: Some(Some("de".to_owned())),
            ..DriverEdit::default()
        };
        let driver = app::drivers::create(app, &CALLER, driver).await?.driver;
        app::drivers::attach(app, &CALLER, driver.id, token.id).await?;
    }
    Ok(())
}
