//! Carries a dump over: looks at all of it first, then the fleet, then the history, each kind with
//! its row in the audit trail. What is cut off in the middle is finished by doing it again.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use app::App;
use app::imports::{self, Destination, Fate, PlacedStation, PlacedToken, Tally};
use chrono::TimeDelta;
use domain::id::{DriverId, OrgId, SiteId};
use domain::role::Caller;
use domain::session::Session;
use domain::token::TokenUid;
use serde_json::json;
use tokio::sync::mpsc;

use super::fleet::{self, Choices};
use super::history::{Found, Known, Sampled, Samples, Sessions, Wrong};
use super::report::{Counts, Report};
use super::sql::DumpError;
use super::survey::{self, Survey};
use super::{Dump, Error, Told};

const CALLER: Caller = Caller::System {
    why: "busbar import steve",
};

/// Sessions that are written in one unit of work.
const SESSIONS: usize = 1_000;
/// Readings that are.
const SAMPLES: usize = 2_000;
/// Portions that are read ahead of the writing.
const AHEAD: usize = 4;

/// What is wanted of an import.
#[derive(Debug, Clone)]
pub struct Order {
    /// The dump, packed with gzip or not.
    pub dump: PathBuf,
    /// The organisation that gets it; the root where none is named.
    pub organisation: Option<OrgId>,
    /// What this SteVe is called here, where there are several.
    pub source: String,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// The time zone of addresses that have none.
    pub time_zone: String,
    /// Whether stations that had no password there have none here.
    pub open_stations: bool,
}

/// Carries a dump over, or says what would come of it.
pub async fn carry(app: &App, order: &Order, told: &Told) -> Result<Report, Error> {
    let dump = Dump {
        path: order.dump.clone(),
    };
    let mut report = Report {
        dry_run: order.dry_run,
        ..Report::default()
    };
    let (survey, mut report) = {
        let (dump, told) = (dump.clone(), told.clone());
        blocking(move || {
            let survey = survey::survey(&dump, &told, &mut report)?;
            Ok((survey, report))
        })
        .await?
    };
    let about = json!({"version": report.version, "shape": report.shape,
        "tables": report.tables});
    let to = imports::begin(
        app,
        &CALLER,
        order.organisation,
        &order.source,
        order.dry_run,
        &about,
    )
    .await?;
    let choices = Choices {
        time_zone: order.time_zone.clone(),
        open_stations: order.open_stations,
        now: app.now(),
    };
    let work = Work { app, to, choices };
    let known = Arc::new(work.fleet(survey, &mut report).await?);
    let refused = work.sessions(&dump, &known, told, &mut report).await?;
    work.samples(&dump, known, refused, told, &mut report)
        .await?;
    Ok(report)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Broken(error.to_string()))?
}

struct Work<'a> {
    app: &'a App,
    to: Destination,
    choices: Choices,
}

/// Counts fates of rows and notes those that were refused, each by its key.
fn count<T>(
    report: &mut Report,
    kind: &'static str,
    table: &'static str,
    fates: &[Fate<T>],
    key: impl Fn(usize) -> (String, Option<super::sql::Place>),
) {
    let mut counts = Counts::default();
    for (n, fate) in fates.iter().enumerate() {
        match fate {
            Fate::Made(_) => counts.made += 1,
            Fate::There(_) => counts.there += 1,
            Fate::Refused(why) => {
                counts.refused += 1;
                let (row, place) = key(n);
                report.problem(table, row, place, why);
            }
        }
    }
    let all = report.kind(kind);
    all.made += counts.made;
    all.there += counts.there;
    all.refused += counts.refused;
}

impl Work<'_> {
    /// Sites, stations, drivers and tokens; what history needs to know of them.
    async fn fleet(&self, mut survey: Survey, report: &mut Report) -> Result<Known, Error> {
        let stations = self.stations(&survey, report).await?;
        let tokens = self.people(&survey, report).await?;
        self.hints(&survey, report);
        let last = u64::try_from(survey.last_transaction).unwrap_or(0);
        // Before the first session, so that none of these numbers is given to a station meanwhile.
        imports::numbers_above(self.app, &CALLER, &self.to, last).await?;
        let days = i64::from(self.app.settings().retention.samples_days);
        Ok(Known {
            to: self.to.clone(),
            outlets: std::mem::take(&mut survey.outlets),
            stations,
            tokens,
            failed_stops: std::mem::take(&mut survey.failed_stops),
            keep_since: self.choices.now - TimeDelta::days(days),
        })
    }

    async fn note(&self, kind: &'static str, report: &mut Report) -> Result<(), Error> {
        let counts = *report.kind(kind);
        let tally = Tally {
            made: counts.made,
            there: counts.there + counts.ended,
            refused: counts.refused,
        };
        Ok(imports::note(self.app, &CALLER, &self.to, kind, tally).await?)
    }

    /// Sites and stations; the stations that are here, by their identity there.
    async fn stations(
        &self,
        survey: &Survey,
        report: &mut Report,
    ) -> Result<HashMap<String, PlacedStation>, Error> {
        let sites = fleet::sites(survey, &self.to, &self.choices, report);
        let fates = imports::sites(self.app, &CALLER, &self.to, sites.rows).await?;
        count(report, "sites", "address", &fates, |n| {
            (format!("site {n}"), None)
        });
        self.note("sites", report).await?;
        let mut connectors = self.connectors(survey);
        let (mut rows, mut boxes) = (Vec::new(), Vec::new());
        let (mut open, mut without) = (0_u64, 0_u64);
        for charge_box in &survey.charge_boxes {
            let by_address = charge_box.address.and_then(|pk| sites.of_address.get(&pk));
            let by_position = charge_box
                .position_e7
                .and_then(|at| sites.of_position.get(&at));
            let place = by_address.or(by_position).and_then(|n| fates.get(*n));
            let site: Option<SiteId> = place.and_then(|fate| fate.here().copied());
            let own = connectors.remove(&charge_box.id).unwrap_or_default();
            match fleet::station(charge_box, site, own, &self.to, &self.choices) {
                Ok(station) => {
                    match &station.password {
                        imports::CarriedPassword::None => open += 1,
                        imports::CarriedPassword::Unknown => without += 1,
                        imports::CarriedPassword::Text(_) => {}
                    }
                    rows.push(station);
                    boxes.push(charge_box);
                }
                Err(why) => {
                    let row = format!("charge_box_pk={}", charge_box.pk);
                    report.problem("charge_box", row, Some(charge_box.line), why);
                    report.kind("stations").refused += 1;
                }
            }
            report.not_carried("notes of stations", u64::from(charge_box.has_note));
        }
        let fates = imports::stations(self.app, &CALLER, &self.to, rows).await?;
        count(report, "stations", "charge_box", &fates, |n| {
            let charge_box = boxes.get(n);
            let pk = charge_box.map_or(0, |charge_box| charge_box.pk);
            (format!("charge_box_pk={pk}"), charge_box.map(|c| c.line))
        });
        self.note("stations", report).await?;
        if open > 0 {
            report.hints.push(format!(
                "{open} stations had no password at SteVe and come in without one here: give them \
                 one, station by station"
            ));
        }
        if without > 0 {
            report.hints.push(format!(
                "{without} stations cannot come in before they have a new password: SteVe keeps \
                 theirs hashed, or they had none; with --open-stations those that had none come in \
                 without"
            ));
        }
        let placed = boxes.iter().zip(&fates);
        Ok(placed
            .filter_map(|(charge_box, fate)| Some((charge_box.id.clone(), *fate.here()?)))
            .collect())
    }

    /// The connectors of each station, by its identity there.
    fn connectors(&self, survey: &Survey) -> HashMap<String, Vec<imports::CarriedConnector>> {
        let mut found: HashMap<String, Vec<_>> = HashMap::new();
        for (pk, outlet) in &survey.outlets {
            // Number 0 is the station itself.
            if outlet.evse < 1 {
                continue;
            }
            let numbers = survey.connectors.get(pk).map_or(&[1][..], Vec::as_slice);
            for number in numbers.iter().filter(|number| **number > 0) {
                let last = survey.statuses.get(pk);
                let connector = fleet::connector(outlet.evse, *number, last, self.choices.now);
                let of_station = found.entry(outlet.charge_box.clone()).or_default();
                of_station.push(connector);
            }
        }
        found
    }

    /// Drivers and tokens; the tokens that are here, by their text.
    async fn people(
        &self,
        survey: &Survey,
        report: &mut Report,
    ) -> Result<HashMap<String, PlacedToken>, Error> {
        let now = self.choices.now;
        let rows = survey.users.iter();
        let rows = rows
            .map(|user| fleet::driver(user, &self.to, now, report))
            .collect();
        let fates = imports::drivers(self.app, &CALLER, &self.to, rows).await?;
        count(report, "drivers", "user", &fates, |n| {
            let user = survey.users.get(n);
            let pk = user.map_or(0, |user| user.pk);
            (format!("user_pk={pk}"), user.map(|user| user.line))
        });
        self.note("drivers", report).await?;
        let drivers = survey.users.iter().zip(&fates);
        let drivers: HashMap<i64, DriverId> = drivers
            .filter_map(|(user, fate)| Some((user.pk, *fate.here()?)))
            .collect();
        let rows = survey.tags.iter().map(|tag| {
            let owner = survey.owners.get(&tag.pk);
            let driver = owner.and_then(|user| drivers.get(user)).copied();
            fleet::token(tag, driver, &self.to, now, report)
        });
        let rows = rows.collect();
        let fates = imports::tokens(self.app, &CALLER, &self.to, rows).await?;
        count(report, "tokens", "ocpp_tag", &fates, |n| {
            let tag = survey.tags.get(n);
            let pk = tag.map_or(0, |tag| tag.pk);
            (format!("ocpp_tag_pk={pk}"), tag.map(|tag| tag.line))
        });
        self.note("tokens", report).await?;
        let tokens = survey.tags.iter().zip(fates);
        Ok(tokens
            .filter_map(|(tag, fate)| {
                Some((TokenUid::new(&tag.id_tag).key(), fate.here()?.clone()))
            })
            .collect())
    }

    /// What a person does in Busbar's own way.
    fn hints(&self, survey: &Survey, report: &mut Report) {
        if let Some(seconds) = survey.heartbeat_s {
            report.hints.push(format!(
                "heartbeats: SteVe asks for one every {seconds} s; `gateway.heartbeat_interval_s = \
                 {seconds}` in the configuration asks for the same"
            ));
        }
        if survey.mail_host.is_some() {
            let hint = "mail: set `mail.url` in the configuration; SteVe's password is not taken";
            report.hints.push(hint.to_owned());
        }
        let enabled = survey.web_users.iter().filter(|user| user.enabled);
        for user in enabled {
            let role = match user.authorities.contains("ADMIN") {
                true => "administrator",
                false => "viewer",
            };
            report.hints.push(format!(
                "the operator {:?} of SteVe: `busbar user invite ADDRESS --roles {role}`; passwords \
                 are not taken over",
                user.name.chars().take(100).collect::<String>()
            ));
        }
        report.not_carried("operators", survey.web_users.len() as u64);
    }

    /// Sessions; the transactions that have none here.
    async fn sessions(
        &self,
        dump: &Dump,
        known: &Arc<Known>,
        told: &Told,
        report: &mut Report,
    ) -> Result<HashSet<i64>, Error> {
        let (send, mut receive) = mpsc::channel(AHEAD);
        let (dump, known, told) = (dump.clone(), Arc::clone(known), told.clone());
        let reading = blocking(move || read_sessions(&dump, &known, &told, &send));
        let reading = tokio::spawn(reading);
        let mut refused = HashSet::new();
        while let Some(portion) = receive.recv().await {
            let Portion { rows, wrong } = portion;
            for wrong in wrong {
                report.kind("sessions").refused += 1;
                report.problem(wrong.table, wrong.row, wrong.place, wrong.why);
                refused.extend(wrong.transaction);
            }
            let numbers: Vec<i64> = rows.iter().map(|found: &Found| found.transaction).collect();
            let rows: Vec<(Session, String)> = rows
                .into_iter()
                .map(|found| (found.session, found.external_ref))
                .collect();
            let done = imports::sessions(self.app, &CALLER, &self.to, rows).await?;
            let counts = report.kind("sessions");
            counts.made += done.made;
            counts.there += done.there;
            counts.ended += done.ended;
            counts.refused += done.refused.len() as u64;
            for number in done.refused.into_iter().filter_map(|n| numbers.get(n)) {
                refused.insert(*number);
                let why = "its station has another session by this number";
                let row = format!("transaction_pk={number}");
                report.problem("transaction_start", row, None, why);
            }
        }
        ended(reading).await?;
        self.note("sessions", report).await?;
        Ok(refused)
    }

    /// Readings.
    async fn samples(
        &self,
        dump: &Dump,
        known: Arc<Known>,
        refused: HashSet<i64>,
        told: &Told,
        report: &mut Report,
    ) -> Result<(), Error> {
        let (send, mut receive) = mpsc::channel(AHEAD);
        let (dump, told) = (dump.clone(), told.clone());
        let reading = blocking(move || read_samples(&dump, &known, &refused, &told, &send));
        let reading = tokio::spawn(reading);
        while let Some((rows, wrong, old)) = receive.recv().await {
            let rows: Vec<imports::CarriedPoint> = rows;
            let wrong: Vec<Wrong> = wrong;
            for wrong in wrong {
                report.kind("readings").refused += 1;
                report.problem(wrong.table, wrong.row, wrong.place, wrong.why);
            }
            report.not_carried("readings older than `retention.samples_days`", old);
            let count = rows.len() as u64;
            let made = imports::samples(self.app, &CALLER, &self.to, rows).await?;
            let counts = report.kind("readings");
            match self.to.is_dry() {
                // Whether they are here is not looked up for millions of them.
                true => counts.made += count,
                false => {
                    counts.made += made;
                    counts.there += count.saturating_sub(made);
                }
            }
        }
        ended(reading).await?;
        report.kind("readings");
        self.note("readings", report).await
    }
}

type Reading = tokio::task::JoinHandle<Result<(), Error>>;

async fn ended(reading: Reading) -> Result<(), Error> {
    reading
        .await
        .map_err(|error| Error::Broken(error.to_string()))?
}

#[derive(Default)]
struct Portion {
    rows: Vec<Found>,
    wrong: Vec<Wrong>,
}

fn read_sessions(
    dump: &Dump,
    known: &Known,
    told: &Told,
    send: &mpsc::Sender<Portion>,
) -> Result<(), Error> {
    // One of the two tells how far it is.
    let silent: Told = Arc::new(|_, _, _| {});
    let starts = dump.open("sessions", told).map_err(DumpError::from)?;
    let stops = dump.open("sessions", &silent).map_err(DumpError::from)?;
    let mut sessions = Sessions::new(starts, stops, known);
    let mut portion = Portion::default();
    loop {
        let more = sessions.next(known, &mut |found| match found {
            Ok(found) => portion.rows.push(found),
            Err(wrong) => portion.wrong.push(wrong),
        })?;
        let full = portion.rows.len() + portion.wrong.len() >= SESSIONS;
        // Whoever receives has given up, and says why.
        if (full || !more) && send.blocking_send(std::mem::take(&mut portion)).is_err() {
            return Ok(());
        }
        if !more {
            return Ok(());
        }
    }
}

/// Readings, rows that are none, and how many are too old.
type SamplePortion = (Vec<imports::CarriedPoint>, Vec<Wrong>, u64);

fn read_samples(
    dump: &Dump,
    known: &Known,
    refused: &HashSet<i64>,
    told: &Told,
    send: &mpsc::Sender<SamplePortion>,
) -> Result<(), Error> {
    let rows = dump.open("readings", told).map_err(DumpError::from)?;
    let mut samples = Samples::new(rows);
    let (mut points, mut wrongs, mut old) = (Vec::new(), Vec::new(), 0);
    loop {
        let next = samples.next(known, refused)?;
        let over = next.is_none();
        match next {
            None => {}
            Some(Sampled::Point(point)) => points.push(*point),
            Some(Sampled::Wrong(wrong)) => wrongs.push(wrong),
            Some(Sampled::Old) => old += 1,
        }
        if over || points.len() + wrongs.len() >= SAMPLES {
            let portion = (
                std::mem::take(&mut points),
                std::mem::take(&mut wrongs),
                std::mem::take(&mut old),
            );
            if send.blocking_send(portion).is_err() || over {
                return Ok(());
            }
        }
    }
}
