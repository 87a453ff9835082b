//! One unit of work about one message: what it was given before it ran, and what it collects
//! while it runs. It can run again from the same beginning.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::command::VariableName;
use domain::event::{Change, Event, Telemetry};
use domain::id::{EventId, EvseId, NoticeId, StationId};
use domain::lock::{Challenge, Sighting, Sign};
use domain::message::{
    Boot, ChargingState, Message, Notice, NoticeKind, Reply, StatusReport, VendorMessage,
};
use domain::meter::MeterPoint;
use domain::quantity::Watts;
use domain::session::{Session, clock_is_wrong};
use domain::setting::folded;
use domain::station::{ConnectorStatus, Registration};
use domain::token::Token;
use domain::variable::VariableReport;
use store::{Error, Work};
use uuid::Uuid;

use super::Heard;
use super::meter::newest;
use crate::link::Known;
use crate::{locks, transfers};

/// How old a reading may be that is shown as a live one.
const LIVE_MINUTES: i64 = 5;
/// The most EVSEs a station is believed to have.
const MOST_EVSES: usize = 256;

/// Everything a unit needs, drawn and read beforehand.
pub(super) struct Task {
    pub station: StationId,
    pub before: Arc<Known>,
    pub heard: Arc<Heard>,
    /// Whether tokens may charge here at all now.
    pub place_open: bool,
    /// Since when somebody is to prove that they stand here; none when nobody is.
    pub challenged: Option<Moment>,
    /// Whether a person vouches for the presented token.
    pub vouched: bool,
    /// What a boot is given.
    pub registration: Registration,
    /// Seconds for the answer to a boot.
    pub interval_s: i64,
    /// The record of the presented token.
    pub token: Option<Token>,
    /// Whether the driver of that token may not charge with any.
    pub barred: bool,
    /// The session that the message is about, when it is on record and does not run.
    pub on_record: Option<Session>,
    /// Whether the numbered report is on record.
    pub told: bool,
    /// For a start that waits for a number.
    pub number: Option<i32>,
    /// Sessions that ended under a number never given.
    pub recent: Vec<Session>,
    pub ids: Vec<Uuid>,
}

/// What a unit comes to.
pub(super) struct Done {
    pub known: Known,
    pub reply: Reply,
    pub telemetry: Vec<Telemetry>,
    /// Whether facts were stored.
    pub facts: bool,
}

/// A unit while it runs.
pub(super) struct Scene<'a> {
    pub task: &'a Task,
    pub work: &'a mut Work,
    pub known: Known,
    pub telemetry: Vec<Telemetry>,
    /// The session that the message is about.
    pub about: Option<domain::id::SessionId>,
    facts: bool,
    drawn: usize,
}

impl Task {
    /// How many ids a unit about `message` can come to need: one for each reading, connector and
    /// notice, one for each session it may displace, and some for the session and its facts.
    pub fn ids_needed(message: &Message, known: &Known) -> usize {
        let rows = match message {
            Message::Transaction(report) => report.points.len(),
            Message::Meter(report) => report.points.len(),
            Message::Noticed { notices, statuses } => 3 * (notices.len() + statuses.len()),
            _ => 0,
        };
        rows + 2 * known.open.len() + 8
    }

    /// Runs the unit.
    ///
    /// # Errors
    /// A conflict, at the latest with the commit, when another connection of the station told of
    /// the same meanwhile: prepare it anew and run it again.
    pub async fn run(&self, work: &mut Work) -> Result<Done, Error> {
        let mut scene = Scene {
            task: self,
            work,
            known: (*self.before).clone(),
            telemetry: Vec::new(),
            about: None,
            facts: false,
            drawn: 0,
        };
        let reply = scene.decide().await?;
        scene.keep_frame().await?;
        Ok(Done {
            known: scene.known,
            reply,
            telemetry: scene.telemetry,
            facts: scene.facts,
        })
    }
}

impl Scene<'_> {
    async fn decide(&mut self) -> Result<Reply, Error> {
        let task = self.task;
        self.hear_clock();
        Ok(match &task.heard.message {
            Message::Boot(boot) => self.boot(boot).await?,
            Message::Status(report) => {
                self.status(report).await?;
                Reply::Done
            }
            Message::Authorize(token) => {
                // Asked for an answer now: this comes from no queue.
                self.sight(None, || locks::token_sign(&token.uid)).await?;
                Reply::Authorize(self.judge(token).verdict)
            }
            Message::Transaction(report) => self.transaction(report).await?,
            Message::Meter(report) => {
                self.meter(report).await?;
                Reply::Done
            }
            Message::Vendor(vendor) => self.vendor(vendor),
            Message::VariablesReported(report) => self.variables(report).await?,
            Message::Noticed { notices, statuses } => {
                for report in statuses {
                    self.status(report).await?;
                }
                for notice in notices {
                    self.notice(notice);
                    self.transfer(notice).await?;
                }
                if self.is_about_lock(notices).await? {
                    self.work.lock_due(task.station, task.heard.at).await?;
                }
                Reply::Done
            }
            Message::Heartbeat => Reply::Heartbeat { now: task.heard.at },
            Message::Other { .. } => Reply::Default,
        })
    }

    /// Compares the station's clock with ours, by what a live message says of its time.
    fn hear_clock(&mut self) {
        let (now, station) = (self.task.heard.at, self.task.station);
        let told = match &self.task.heard.message {
            Message::Status(report) => report.at,
            Message::Transaction(report) if !report.offline => Some(report.at),
            Message::Meter(report) => newest(&report.points).map(|point| point.at),
            Message::Noticed { notices, .. } => notices.iter().filter_map(|n| n.at).max(),
            _ => None,
        };
        if let Some(skew_ms) = told.and_then(|told| self.known.clock.hear(told, now)) {
            self.work.clock_skew(station, skew_ms, now);
        }
    }

    /// A fresh id of those drawn before the unit ran.
    pub fn draw(&mut self) -> Uuid {
        let id = self.task.ids.get(self.drawn).copied();
        self.drawn += 1;
        id.unwrap_or_else(Uuid::now_v7)
    }

    /// Keeps a fact.
    pub fn fact(&mut self, change: Change) {
        let event = Event {
            id: EventId::from_uuid(self.draw()),
            org: self.known.org,
            site: self.known.site,
            station: Some(self.task.station),
            at: self.task.heard.at,
            change,
        };
        self.work.event(&event);
        self.facts = true;
    }

    /// Makes sure that an EVSE is on record; false for one that is not to be believed.
    pub async fn evse(&mut self, number: i32) -> Result<bool, Error> {
        if number < 1 {
            return Ok(false);
        }
        if !self.known.evses.contains(&number) {
            if self.known.evses.len() >= MOST_EVSES {
                return Ok(false);
            }
            let id = EvseId::from_uuid(self.draw());
            self.work.evse_ensure(id, self.task.station, number).await?;
            self.known.evses.insert(number);
        }
        Ok(true)
    }

    /// Keeps readings.
    pub fn samples(
        &mut self,
        session: Option<domain::id::SessionId>,
        evse: i32,
        points: &[MeterPoint],
    ) {
        let rows: Vec<_> = points
            .iter()
            .filter(|p| !p.is_empty())
            .map(|p| (self.draw(), p.clone()))
            .collect();
        self.work
            .samples(self.task.station, session, evse, self.task.heard.at, &rows);
    }

    /// Notes what an EVSE does now, by the session that runs there.
    pub async fn evse_now(&mut self, evse: i32, idle_power: Option<Watts>) -> Result<(), Error> {
        if !self.evse(evse).await? {
            return Ok(());
        }
        let (power, session) = match self.running(evse) {
            Some(session) => (session.power.or(idle_power), Some(session.id)),
            None => (idle_power, None),
        };
        self.work.evse_now(self.task.station, evse, power, session);
        Ok(())
    }

    async fn boot(&mut self, boot: &Boot) -> Result<Reply, Error> {
        let (task, registration) = (self.task, self.task.registration);
        self.work
            .booted(task.station, &boot.hardware, registration, task.heard.at)
            .await?;
        self.work
            .configuration_booted(self.known.org, task.station, task.heard.at)
            .await?;
        self.known.registration = registration;
        self.fact(Change::StationBooted { registration });
        if let Some(version) = boot.hardware.firmware_version.as_deref() {
            let (station, now) = (task.station, task.heard.at);
            let moved = transfers::booted(self.work, station, version.trim(), now).await?;
            moved.into_iter().for_each(|change| self.fact(change));
        }
        Ok(Reply::Boot {
            registration,
            interval_s: task.interval_s,
            now: task.heard.at,
        })
    }

    async fn status(&mut self, report: &StatusReport) -> Result<(), Error> {
        let now = self.task.heard.at;
        // A clock that is wrong must not make this report older than all before, or this one
        // newer than all to come.
        let told = report.at.filter(|at| !clock_is_wrong(*at, now));
        let at = told.map_or(now, |at| at.min(now));
        if report.evse > 0 && !self.evse(report.evse).await? {
            return Ok(());
        }
        let place = (report.evse, report.connector);
        let before = self.known.statuses.get(&place);
        if before.is_some_and(|(_, then)| *then > at) {
            // Older than what is on record: it arrived out of order.
            return Ok(());
        }
        let charging = self.running(report.evse).and_then(|s| s.charging);
        let refined = StatusReport {
            status: report.status.with(charging),
            ..report.clone()
        };
        self.connector(&refined, at).await
    }

    /// Puts the state of a connector on record.
    async fn connector(&mut self, report: &StatusReport, at: Moment) -> Result<(), Error> {
        let place = (report.evse, report.connector);
        self.work
            .connector_status(self.task.station, report, at)
            .await?;
        let before = self.known.statuses.insert(place, (report.status, at));
        let was = before.map(|(status, _)| status);
        if let Some(sign) = locks::cable_sign(report.evse, was, report.status) {
            self.sight(report.at, || sign).await?;
        }
        if before.is_none_or(|(status, _)| status != report.status) {
            self.fact(Change::StationStatusChanged {
                evse: report.evse,
                connector: report.connector,
                status: report.status,
            });
        }
        Ok(())
    }

    /// Says of the occupied connectors of an EVSE what its session does now.
    pub async fn refine(
        &mut self,
        evse: i32,
        charging: Option<ChargingState>,
    ) -> Result<(), Error> {
        let statuses = self.known.statuses.clone();
        for ((_, connector), (status, at)) in statuses.range((evse, 0)..=(evse, i32::MAX)) {
            let refined = status.plain().with(charging);
            if refined != *status && status.plain() == ConnectorStatus::Occupied {
                let report = StatusReport {
                    evse,
                    connector: *connector,
                    status: refined,
                    error_code: None,
                    error_info: None,
                    at: Some(*at),
                };
                self.connector(&report, *at).await?;
            }
        }
        Ok(())
    }

    /// The session that runs at an EVSE.
    fn running(&self, evse: i32) -> Option<&Session> {
        let running = self.known.open.iter().filter(|s| s.evse == evse);
        running.max_by_key(|s| s.started_at)
    }

    /// Whether something is true now, and not told late from a queue.
    pub fn is_live(&self, at: Moment) -> bool {
        self.task.heard.at - at < TimeDelta::minutes(LIVE_MINUTES)
    }

    /// Whether a locked station is to be read again: its security or its firmware changed, or a frozen
    /// setting.
    async fn is_about_lock(&mut self, notices: &[Notice]) -> Result<bool, Error> {
        let changes = |n: &Notice| match n.kind {
            NoticeKind::SecurityEvent => true,
            NoticeKind::FirmwareStatus => n.title == "Installed",
            _ => false,
        };
        if notices.iter().any(changes) {
            return Ok(true);
        }
        let mut monitors = notices
            .iter()
            .filter(|n| n.kind == NoticeKind::MonitorEvent);
        let names = monitors.by_ref().filter_map(|notice| {
            let (component, variable) = notice.title.split_once('.')?;
            Some(VariableName::of(component, variable))
        });
        let names: Vec<VariableName> = names.collect();
        if names.is_empty() {
            return Ok(false);
        }
        let wished = self.work.settings(self.task.station).await?;
        let of_these = |name: &VariableName| names.iter().any(|n| folded(n) == folded(name));
        if wished.iter().any(|setting| of_these(&setting.wish.name)) {
            self.work
                .configuration_due(self.task.station, self.task.heard.at)
                .await?;
        }
        let lock = self.work.lock(self.task.station).await?;
        let frozen = |lock: store::LockRow| names.iter().any(|name| lock.watch.concerns(name));
        Ok(lock.is_some_and(frozen))
    }

    fn notice(&mut self, notice: &Notice) {
        let id = NoticeId::from_uuid(self.draw());
        self.work
            .notice(id, self.task.station, notice, self.task.heard.at);
        self.fact(Change::NoticeRecorded);
    }

    /// What a notice says of a file on its way to or from the station.
    async fn transfer(&mut self, notice: &Notice) -> Result<(), Error> {
        if !matches!(
            notice.kind,
            NoticeKind::FirmwareStatus | NoticeKind::LogStatus
        ) {
            return Ok(());
        }
        let (station, now) = (self.task.station, self.task.heard.at);
        let moved = transfers::hear(self.work, station, notice.kind, &notice.title, now).await?;
        moved.into_iter().for_each(|change| self.fact(change));
        Ok(())
    }

    fn vendor(&mut self, vendor: &VendorMessage) -> Reply {
        let title = match &vendor.message {
            Some(message) => format!("{} {message}", vendor.vendor),
            None => vendor.vendor.clone(),
        };
        let detail = vendor.data.as_ref().map_or_else(
            || "null".to_owned(),
            |data| match serde_json::from_str::<serde_json::Value>(data) {
                Ok(_) => data.clone(),
                Err(_) => serde_json::Value::String(data.clone()).to_string(),
            },
        );
        self.notice(&Notice {
            kind: NoticeKind::DataTransfer,
            title,
            at: None,
            detail,
        });
        Reply::UnknownVendor
    }

    /// Notes what the station told, where somebody is to prove that they stand there. What it dates
    /// itself, and before the proof began, waited in its queue.
    async fn sight(
        &mut self,
        told_at: Option<Moment>,
        sign: impl FnOnce() -> Sign,
    ) -> Result<(), Error> {
        let Some(begun) = self.task.challenged else {
            return Ok(());
        };
        if told_at.is_some_and(|at| !Challenge::dates_fit(begun, at)) {
            return Ok(());
        }
        let sighting = Sighting {
            station: self.task.station,
            at: self.task.heard.at,
            sign: sign(),
        };
        let id = self.draw();
        self.work.sighting(id, &sighting).await
    }

    async fn variables(&mut self, report: &VariableReport) -> Result<Reply, Error> {
        self.work
            .variables(self.task.station, &report.readings, self.task.heard.at)
            .await?;
        if !report.more {
            self.fact(Change::VariablesReported);
        }
        Ok(Reply::Done)
    }

    /// Keeps the frame, and what was forgiven in it.
    async fn keep_frame(&mut self) -> Result<(), Error> {
        let heard = self.task.heard.clone();
        let mut row = heard.log.clone();
        row.session = self.about.or(row.session);
        self.work.log(&row);
        if heard.deviations.is_empty() {
            return Ok(());
        }
        let action = row.action.unwrap_or_default();
        self.work
            .deviations(self.task.station, &action, &heard.deviations, heard.at)
            .await?;
        let mut new = false;
        for deviation in &heard.deviations {
            let name = (action.clone(), deviation.code.clone());
            new |= self.known.deviations.insert(name);
        }
        if new {
            self.fact(Change::DeviationRecorded);
        }
        Ok(())
    }
}
