//! The live stream of a person: facts by their number, resumable without a hole, and readings
//! that are gone when nobody looks. Filtered event by event by what the person may see.

use std::collections::VecDeque;
use std::time::Duration;

use bus::{Missed, News, Subscription};
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::event::{Change, Event, Telemetry};
use domain::id::{OrgId, SiteId, UserId};
use domain::role::{Caller, Permission};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::app::App;
use crate::error::Error;
use crate::gate::{self, Pass};
use crate::standing;

/// What a stream can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Stations, sites, and what they reported of themselves (`stations.list`).
    Station,
    /// Sessions (`sessions.view`).
    Session,
    /// Commands (`stations.control`).
    Command,
    /// Jobs of the whole organisation (`stations.control.batch`).
    Job,
    /// Connection attempts to this instance (`stations.edit`).
    Attempt,
    /// Power and energy (`stations.list`).
    Meter,
    /// Alerts (`alerts.view`, or `stations.alerts.manage`).
    Alert,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Station,
        Self::Session,
        Self::Command,
        Self::Job,
        Self::Attempt,
        Self::Meter,
        Self::Alert,
    ];

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Station => "station",
            Self::Session => "session",
            Self::Command => "command",
            Self::Job => "job",
            Self::Attempt => "attempt",
            Self::Meter => "meter",
            Self::Alert => "alert",
        }
    }

    /// The topic of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.word() == word)
    }

    const fn permission(self) -> Permission {
        match self {
            Self::Station | Self::Meter => Permission::StationsList,
            Self::Session => Permission::SessionsView,
            Self::Command => Permission::StationsControl,
            Self::Job => Permission::StationsControlBatch,
            Self::Attempt => Permission::StationsEdit,
            Self::Alert => Permission::AlertsView,
        }
    }

    /// What does as well.
    const fn otherwise(self) -> Option<Permission> {
        match self {
            Self::Alert => Some(Permission::StationsAlertsManage),
            _ => None,
        }
    }

    const fn of(change: &Change) -> Self {
        match change {
            Change::SessionStarted { .. }
            | Change::SessionUpdated { .. }
            | Change::SessionEnded { .. } => Self::Session,
            Change::CommandUpdated { .. } => Self::Command,
            Change::BatchUpdated { .. } => Self::Job,
            Change::AlertOpened { .. } | Change::AlertUpdated { .. } => Self::Alert,
            Change::StationConnected
            | Change::StationDisconnected
            | Change::StationBooted { .. }
            | Change::StationStatusChanged { .. }
            | Change::StationEdited
            | Change::SiteEdited { .. }
            | Change::NoticeRecorded
            | Change::TransferUpdated { .. }
            | Change::VariablesReported
            | Change::SettingsUpdated
            | Change::SettingsDrifted { .. }
            | Change::DeviationRecorded => Self::Station,
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The number of a fact, by which a stream resumes; none for readings and attempts.
    pub seq: Option<i64>,
    /// Its stable name, such as `session.started`.
    pub name: &'static str,
    /// Ids and figures.
    pub data: Value,
}

/// What came of asking for a stream.
pub enum Subscribed {
    /// Here it is.
    Stream(Box<Stream>),
    /// The facts after that number are not all there any more: read again, then ask for a stream
    /// from now on (410).
    Gone,
}

/// A stream. Ends by itself when the person's rights change, when the login is over, or when the
/// node stops; the client then comes back with the rights it has.
pub struct Stream {
    app: App,
    org: OrgId,
    topics: Vec<(Topic, Pass)>,
    root: bool,
    news: Subscription,
    waiting: VecDeque<Item>,
    /// Number of the newest fact that was looked at.
    last: i64,
    /// More facts are on record than those that wait here.
    behind: bool,
    /// Whose rights these are, and when they are looked at again.
    caller: Caller,
    user: UserId,
    look: Moment,
}

/// How often a stream makes sure that its person may still see it: news of a revocation can get
/// lost, and another process on the machine has no way to tell.
const LOOK_S: i64 = 1;
/// How many facts are read at a time when a stream catches up.
const AT_ONCE: u64 = 500;

/// Opens a stream about `topics`; those that the caller may not see are left out, and it is
/// refused when none is left. After `after`, when given, all facts are told without a hole.
pub async fn subscribe(
    app: &App,
    caller: &Caller,
    topics: &[Topic],
    after: Option<i64>,
) -> Result<Subscribed, Error> {
    let mut allowed = Vec::new();
    let mut denied = None;
    for topic in topics {
        let checked = if *topic == Topic::Attempt {
            gate::permit_whole(app, caller, topic.permission()).await
        } else {
            gate::permit(app, caller, topic.permission()).await
        };
        let checked = match (checked, topic.otherwise()) {
            (Err(_), Some(other)) => gate::permit(app, caller, other).await,
            (checked, _) => checked,
        };
        match checked {
            Ok(pass) => allowed.push((*topic, pass)),
            Err(error) => denied = Some(error),
        }
    }
    let member = caller.member().ok_or(Error::Denied {
        permission: None,
        why: "not_signed_in",
    })?;
    if allowed.is_empty() {
        return Err(denied
            .unwrap_or_else(|| Error::invalid("topics", "required", "Name at least one topic.")));
    }
    let org = member.scope.org;
    // Listen first and read then, so that nothing falls between.
    let news = app.bus().subscribe();
    let (first, newest) = app.store().read.outbox_range().await?;
    if let Some(after) = after {
        let unknown = after > newest || after < 0;
        let swept = after + 1 < first;
        if unknown || swept {
            return Ok(Subscribed::Gone);
        }
    }
    let mut stream = Stream {
        root: app.root().await? == Some(org),
        org,
        topics: allowed,
        news,
        waiting: VecDeque::new(),
        last: after.unwrap_or(newest),
        behind: true,
        look: app.now() + TimeDelta::seconds(LOOK_S),
        caller: caller.clone(),
        user: member.user,
        app: app.clone(),
    };
    stream.catch_up().await?;
    Ok(Subscribed::Stream(Box::new(stream)))
}

impl Stream {
    /// The next thing that happened; none at the end of the stream. Nothing is lost when the
    /// future is dropped.
    pub async fn next(&mut self) -> Option<Item> {
        loop {
            if self.app.now() >= self.look {
                self.may_go_on().await?;
                self.look = self.app.now() + TimeDelta::seconds(LOOK_S);
            }
            // What was heard since goes first: a right that is gone ends the stream, whatever waits.
            while let Some(news) = self.news.try_recv() {
                match news {
                    Ok(news) => self.hear(&news)?,
                    Err(Missed::Lagged) => self.behind = true,
                    Err(Missed::Closed) => return None,
                }
            }
            if let Some(item) = self.waiting.pop_front() {
                return Some(item);
            }
            if self.behind {
                self.catch_up().await.ok()?;
                continue;
            }
            let look = Duration::from_secs(LOOK_S.unsigned_abs());
            match timeout(look, self.news.recv()).await {
                Ok(Ok(news)) => self.hear(&news)?,
                Ok(Err(Missed::Lagged)) => self.behind = true,
                Ok(Err(Missed::Closed)) => return None,
                Err(_) => {}
            }
        }
    }

    /// None when the login is over, or what the person may is other than it was.
    async fn may_go_on(&self) -> Option<()> {
        let now = standing::again(&self.app, &self.caller).await;
        (now.ok()?? == self.caller).then_some(())
    }

    /// None ends the stream.
    fn hear(&mut self, news: &News) -> Option<()> {
        match news {
            News::Events(events) => {
                if events.first().is_some_and(|(seq, _)| *seq > self.last + 1) {
                    // A hole: all of them are read from the record.
                    self.behind = true;
                    return Some(());
                }
                for (seq, event) in events {
                    self.fact(*seq, event);
                }
            }
            News::Telemetry(reading) => self.reading(reading),
            News::Attempt(id) => {
                if self.root && self.topics.iter().any(|(t, _)| *t == Topic::Attempt) {
                    self.waiting.push_back(Item {
                        seq: None,
                        name: "attempt.recorded",
                        data: json!({"type": "attempt.recorded", "attempt_id": id}),
                    });
                }
            }
            News::Revoked(user) if *user == self.user => return None,
            News::OrganisationChanged(org) if *org == self.org => return None,
            News::Revoked(_)
            | News::OrganisationChanged(_)
            | News::Settled(_)
            | News::Reported(..)
            | News::Challenged(..) => {}
        }
        Some(())
    }

    /// Reads the next facts on record; the rest when these are told.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let read = &self.app.store().read;
        let facts = read.events_since(self.last, AT_ONCE).await?;
        self.behind = facts.len() as u64 >= AT_ONCE;
        for (seq, event) in &facts {
            self.fact(*seq, event);
        }
        Ok(())
    }

    fn sees(&self, org: OrgId, site: Option<SiteId>, topic: Topic) -> bool {
        let mut topics = self.topics.iter();
        org == self.org && topics.any(|(t, pass)| *t == topic && pass.reaches(site))
    }

    fn fact(&mut self, seq: i64, event: &Event) {
        if seq <= self.last {
            return;
        }
        self.last = seq;
        if self.sees(event.org, event.site, Topic::of(&event.change)) {
            self.waiting.push_back(told(seq, event));
        }
    }

    fn reading(&mut self, reading: &Telemetry) {
        if self.sees(reading.org, reading.site, Topic::Meter) {
            self.waiting.push_back(Item {
                seq: None,
                name: "meter",
                data: json!({
                    "type": "meter",
                    "at": reading.at,
                    "organisation_id": reading.org,
                    "station_id": reading.station,
                    "evse": reading.evse,
                    "power_w": reading.power,
                    "energy_wh": reading.energy,
                }),
            });
        }
    }
}

/// A fact as the stream tells it: its ids at the top, the rest under `change`.
fn told(seq: i64, event: &Event) -> Item {
    let name = event.change.name();
    let mut data = Map::new();
    data.insert("seq".to_owned(), json!(seq));
    data.insert("type".to_owned(), json!(name));
    data.insert("at".to_owned(), json!(event.at));
    data.insert("organisation_id".to_owned(), json!(event.org));
    data.insert("site_id".to_owned(), json!(event.site));
    data.insert("station_id".to_owned(), json!(event.station));
    let change = match &event.change {
        Change::StationBooted { registration } => json!({"registration": registration}),
        Change::StationStatusChanged {
            evse,
            connector,
            status,
        } => json!({"evse": evse, "connector": connector, "status": status}),
        Change::SiteEdited { site } => {
            data.insert("site_id".to_owned(), json!(site));
            json!({})
        }
        Change::SessionStarted { session }
        | Change::SessionUpdated { session }
        | Change::SessionEnded { session } => {
            data.insert("session_id".to_owned(), json!(session));
            json!({})
        }
        Change::CommandUpdated { command, state } => {
            data.insert("command_id".to_owned(), json!(command));
            json!({"command_id": command, "state": state})
        }
        Change::BatchUpdated { batch, state } => {
            data.insert("job_id".to_owned(), json!(batch));
            json!({"job_id": batch, "state": state})
        }
        Change::AlertOpened { alert } | Change::AlertUpdated { alert } => {
            data.insert("alert_id".to_owned(), json!(alert));
            json!({})
        }
        _ => json!({}),
    };
    data.insert("change".to_owned(), change);
    Item {
        seq: Some(seq),
        name,
        data: Value::Object(data),
    }
}
