//! Jobs as the API shows and takes them: one deed for many stations, and where each stands.

use app::batches::{BatchView, ItemRow, NewBatch, Plan, Target};
use app::stations::{Sort, StationQuery, StationSort};
use chrono::{DateTime, Utc};
use domain::batch::{Pace, Tally, Task, WaveTally, Window};
use domain::command::Command;
use domain::id::{FirmwareId, SiteId, StationId};
use domain::site::AdminState;
use domain::station::ConnectorStatus;
use domain::transfer::Transport;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::command::{PersonView, asked};
use super::params::CommandBody;
use super::{present, said, word, words};
use crate::body;
use crate::problem::Problem;
use crate::query::At;
use crate::table::columns;

/// Seconds without a word of a station, after which its update has failed, when nobody says.
const PATIENCE_S: i64 = 3_600;

/// What kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobKind {
    Command,
    Firmware,
    Edit,
    Archive,
}

/// What is done: `command` takes what `POST /stations/{id}/commands` takes, `firmware` an update,
/// `edit` what is said of the stations, `archive` nothing.
pub(crate) struct JobSpec;

impl PartialSchema for JobSpec {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .description(Some("What is done: its shape goes by `kind`."))
            .item(Ref::from_schema_name("CommandBody"))
            .item(Ref::from_schema_name("JobFirmware"))
            .item(Ref::from_schema_name("JobEdit"))
            .into()
    }
}

impl ToSchema for JobSpec {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((CommandBody::name().into(), CommandBody::schema()));
        CommandBody::schemas(schemas);
        schemas.push((JobFirmware::name().into(), JobFirmware::schema()));
        JobFirmware::schemas(schemas);
        schemas.push((JobEdit::name().into(), JobEdit::schema()));
        JobEdit::schemas(schemas);
    }
}

/// A job to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobBody {
    #[schema(value_type = words::JobKind)]
    pub kind: JobKind,
    /// What people call it.
    pub title: Option<String>,
    pub target: JobTarget,
    #[schema(value_type = Option<JobSpec>)]
    pub spec: Option<Value>,
    /// Only tell what the job would meet; nothing is kept or done.
    #[serde(default)]
    pub dry_run: bool,
    /// Stations at the same time; 20 when not said.
    #[schema(minimum = 1, maximum = 500)]
    pub concurrency: Option<u32>,
    /// Sizes of the first waves; what remains is the last one. 1 and 5 when not said and the job
    /// can interrupt drivers.
    pub waves: Option<Vec<u32>>,
    /// More failures than this part of the stations of the waves begun stop the job.
    #[schema(minimum = 0, maximum = 100)]
    pub stop_on_failure_percent: Option<u8>,
    /// Begin only where nobody charges.
    #[serde(default)]
    pub wait_for_idle: bool,
    /// Begin only at these hours.
    pub window: Option<JobWindow>,
    /// What has not begun by then fails; a day from now when not said.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub deadline: Option<At>,
}

/// Which stations: either by their ids, or all that are like this.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobTarget {
    #[schema(value_type = Option<Vec<String>>)]
    pub ids: Option<Vec<StationId>>,
    pub filter: Option<JobFilter>,
}

/// As the list of stations is filtered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobFilter {
    #[schema(value_type = Option<String>)]
    pub site_id: Option<SiteId>,
    pub online: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<words::ConnectorStatus>>)]
    pub status: Vec<ConnectorStatus>,
    /// Part of identity, name, model or serial number.
    pub q: Option<String>,
    #[serde(default)]
    pub vendor: Vec<String>,
    #[serde(default)]
    pub model: Vec<String>,
    #[serde(default)]
    pub firmware_version: Vec<String>,
}

/// Hours of the day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobWindow {
    /// `22:00`.
    pub from: String,
    /// `05:00`; an earlier hour than `from` is on the next day.
    pub to: String,
    /// IANA, such as `Europe/Berlin`.
    pub time_zone: String,
}

/// An update of firmware: the job is over at a station when it runs it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobFirmware {
    /// http, https, ftp or ftps; this or `firmware_file_id`.
    pub url: Option<String>,
    /// A file of the library: each station gets a one-time link to it.
    #[schema(value_type = Option<String>)]
    pub firmware_file_id: Option<FirmwareId>,
    /// By which protocol a file of the library is fetched; `http` when not said.
    #[schema(value_type = Option<words::Transport>)]
    pub transport: Option<Transport>,
    /// Whether the signature of a file of the library goes along; when not said, with stations
    /// that can check it.
    pub signed: Option<bool>,
    /// At once when not said.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub retrieve_at: Option<At>,
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub install_at: Option<At>,
    pub retries: Option<i32>,
    pub retry_interval_s: Option<i32>,
    /// What a station tells as its version when it runs the update; that of the file of the library
    /// when not said.
    pub version: Option<String>,
    /// Seconds without a word of a station, after which its update has failed; an hour when not
    /// said.
    #[schema(minimum = 1, maximum = 604_800)]
    pub patience_s: Option<i64>,
}

/// What is said of the stations: a field left out stays, null takes them from their site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobEdit {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub site_id: Option<Option<SiteId>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::AdminState, required = false)]
    pub admin_state: Option<AdminState>,
}

/// Nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobNothing {}

impl JobBody {
    /// The batch that is asked for; `now` is when nothing is said.
    pub fn from_body(body: Self, now: DateTime<Utc>) -> Result<NewBatch, Problem> {
        let spec = body.spec.unwrap_or_else(|| Value::Object(Map::new()));
        let task = match body.kind {
            JobKind::Command => {
                let command: CommandBody = body::read(&spec, "/spec")?;
                Task::Command(CommandBody::from_body_at(command, now, "/spec")?)
            }
            JobKind::Firmware => {
                let update: JobFirmware = body::read(&spec, "/spec")?;
                Task::Firmware {
                    command: Command::UpdateFirmware {
                        file: update.firmware_file_id,
                        transport: update.transport,
                        signed: update.signed,
                        // Filled in from the library.
                        signing: None,
                        url: update.url.unwrap_or_default(),
                        retrieve_at: update.retrieve_at.map_or(now, |at| at.0),
                        install_at: update.install_at.map(|at| at.0),
                        retries: update.retries,
                        retry_interval_s: update.retry_interval_s,
                    },
                    version: update.version.map(|version| version.trim().to_owned()),
                    patience_s: update.patience_s.unwrap_or(PATIENCE_S),
                }
            }
            JobKind::Edit => {
                let edit: JobEdit = body::read(&spec, "/spec")?;
                Task::Edit {
                    site: edit.site_id,
                    admin_state: edit.admin_state,
                }
            }
            JobKind::Archive => {
                let JobNothing {} = body::read(&spec, "/spec")?;
                Task::Archive
            }
        };
        Ok(NewBatch {
            title: body.title,
            task,
            target: JobTarget::from_body(body.target)?,
            concurrency: body.concurrency,
            waves: body.waves,
            stop_on_failure_percent: body.stop_on_failure_percent,
            wait_for_idle: body.wait_for_idle,
            window: body.window.map(JobWindow::from_body).transpose()?,
            deadline: body.deadline.map(|at| at.0),
        })
    }
}

impl JobTarget {
    fn from_body(body: Self) -> Result<Target, Problem> {
        match (body.ids, body.filter) {
            (Some(ids), None) => Ok(Target::Ids(ids)),
            (None, Some(filter)) => Ok(Target::Matching(Box::new(StationQuery {
                site: filter.site_id,
                online: filter.online,
                statuses: filter.status,
                q: filter.q,
                vendors: filter.vendor,
                models: filter.model,
                firmware_versions: filter.firmware_version,
                sort: Sort::up(StationSort::Identity),
            }))),
            _ => {
                let detail = "Either ids or a filter; an empty filter is all stations.";
                Err(Problem::field("/target", "invalid", detail))
            }
        }
    }
}

impl JobWindow {
    fn from_body(body: Self) -> Result<Window, Problem> {
        let minute = |text: &str, field: &str| {
            let (hour, minute) = text.split_once(':').unwrap_or_default();
            let read = |text: &str, most: u16| {
                let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
                let number = text.parse::<u16>().ok().filter(|_| digits);
                number.filter(|number| *number < most)
            };
            let minutes = read(hour, 24)
                .zip(read(minute, 60))
                .map(|(h, m)| h * 60 + m);
            let pointer = format!("/window/{field}");
            minutes.ok_or_else(|| Problem::field(&pointer, "invalid", "A time such as 22:00."))
        };
        Ok(Window {
            from_minute: minute(&body.from, "from")?,
            to_minute: minute(&body.to, "to")?,
            time_zone: body.time_zone,
        })
    }

    fn to_view(window: &Window) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self {
            from: clock(window.from_minute),
            to: clock(window.to_minute),
            time_zone: window.time_zone.clone(),
        }
    }
}

/// How many stations stand where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobCounts {
    pub stations: u32,
    /// Not begun.
    pub waiting: u32,
    /// Among those that wait: away, or somebody charges there.
    pub held_up: u32,
    pub running: u32,
    pub succeeded: u32,
    pub failed: u32,
    pub skipped: u32,
    pub cancelled: u32,
}

impl JobCounts {
    fn to_view(tally: WaveTally) -> Self {
        Self {
            stations: tally.all(),
            waiting: tally.ready + tally.held_up,
            held_up: tally.held_up,
            running: tally.running,
            succeeded: tally.succeeded,
            failed: tally.failed,
            skipped: tally.skipped,
            cancelled: tally.cancelled,
        }
    }
}

/// How a job is gone about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPaceView {
    pub concurrency: u32,
    pub waves: Vec<u32>,
    pub stop_on_failure_percent: Option<u8>,
    pub wait_for_idle: bool,
    pub window: Option<JobWindow>,
    pub deadline: DateTime<Utc>,
}

impl JobPaceView {
    fn to_view(pace: &Pace) -> Self {
        Self {
            concurrency: pace.concurrency,
            waves: pace.waves.clone(),
            stop_on_failure_percent: pace.stop_on_failure_percent,
            wait_for_idle: pace.wait_for_idle,
            window: pace.window.as_ref().map(JobWindow::to_view),
            deadline: pace.deadline,
        }
    }
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    pub id: String,
    pub title: Option<String>,
    #[schema(value_type = words::JobKind)]
    pub kind: String,
    /// What is done; its shape goes by `kind`.
    pub spec: Value,
    #[schema(value_type = words::JobState)]
    pub state: String,
    pub counts: JobCounts,
    /// Wave by wave.
    pub waves: Vec<JobCounts>,
    pub pace: JobPaceView,
    pub made_by: PersonView,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

fn spec(task: &Task) -> Value {
    let mut spec = match task {
        Task::Command(command) => json!({"type": command.kind(), "params": asked(command)}),
        Task::Firmware {
            command,
            version,
            patience_s,
        } => {
            let mut spec = asked(command);
            spec["version"] = json!(version);
            spec["patience_s"] = json!(patience_s);
            spec
        }
        Task::Edit { admin_state, .. } => match admin_state {
            Some(state) => json!({"admin_state": state}),
            None => json!({}),
        },
        Task::Archive => json!({}),
    };
    if let Task::Edit {
        site: Some(site), ..
    } = task
    {
        spec["site_id"] = json!(site);
    }
    spec
}

impl JobView {
    /// What the task holds was hidden by the use case where it must be.
    pub fn to_view(view: BatchView) -> Self {
        let BatchView { batch, tally } = view;
        let counts = |tally: &Tally| JobCounts::to_view(tally.total());
        Self {
            id: batch.id.to_string(),
            title: batch.title,
            kind: batch.task.kind().to_owned(),
            spec: spec(&batch.task),
            state: word(&batch.state),
            counts: counts(&tally),
            waves: tally.waves.into_iter().map(JobCounts::to_view).collect(),
            pace: JobPaceView::to_view(&batch.pace),
            made_by: PersonView {
                id: batch.maker.user.to_string(),
                name: batch.maker.name,
            },
            created_at: batch.created_at,
            ended_at: batch.ended_at,
        }
    }
}

columns!(JobView: job => {
    "id": job.id,
    "title": job.title,
    "kind": job.kind,
    "state": job.state,
    "counts.stations": job.counts.stations,
    "counts.waiting": job.counts.waiting,
    "counts.running": job.counts.running,
    "counts.succeeded": job.counts.succeeded,
    "counts.failed": job.counts.failed,
    "counts.skipped": job.counts.skipped,
    "counts.cancelled": job.counts.cancelled,
    "made_by.name": job.made_by.name,
    "created_at": job.created_at,
    "ended_at": job.ended_at,
});

/// Why a station of a job is where it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobReasonView {
    /// Stable code.
    pub code: String,
    pub text: String,
}

/// One station of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobItemView {
    pub id: String,
    pub station_id: String,
    pub identity: String,
    pub site_id: Option<String>,
    /// Whether the station is connected now.
    pub online: bool,
    /// From 1.
    pub wave: u32,
    #[schema(value_type = words::JobItemState)]
    pub state: String,
    /// How far an update of firmware is.
    #[schema(value_type = Option<words::FirmwarePhase>)]
    pub phase: Option<String>,
    pub reason: Option<JobReasonView>,
    /// The command of the newest try.
    pub command_id: Option<String>,
    /// How often it was begun.
    pub tries: u32,
    pub begun_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
}

impl JobItemView {
    pub fn to_view(row: ItemRow) -> Self {
        let item = row.item;
        Self {
            id: item.id.to_string(),
            station_id: item.station.to_string(),
            identity: row.identity,
            site_id: row.site.map(|site| site.to_string()),
            online: row.online,
            wave: item.wave + 1,
            state: word(&item.state),
            phase: item.phase.as_ref().map(word),
            reason: item.reason.map(|reason| JobReasonView {
                code: reason.code,
                text: reason.text,
            }),
            command_id: item.command.map(|id| id.to_string()),
            tries: item.tries,
            begun_at: item.begun_at,
            settled_at: item.settled_at,
        }
    }
}

columns!(JobItemView: item => {
    "id": item.id,
    "station_id": item.station_id,
    "identity": item.identity,
    "site_id": item.site_id,
    "wave": item.wave,
    "state": item.state,
    "phase": item.phase,
    "reason.code": item.reason.as_ref().map(|reason| reason.code.clone()),
    "reason.text": item.reason.map(|reason| reason.text),
    "command_id": item.command_id,
    "tries": item.tries,
    "begun_at": item.begun_at,
    "settled_at": item.settled_at,
});

/// What a job would meet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPlanView {
    pub counts: JobPlanCounts,
    /// The first 200 stations.
    pub stations: Vec<JobPlanStation>,
    pub pace: JobPaceView,
}

/// How many stations a job would meet in which way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPlanCounts {
    pub stations: u32,
    /// Can begin.
    pub ready: u32,
    /// Somebody charges there now, among those that are not skipped.
    pub charging: u32,
    /// Away: they wait until the deadline.
    pub offline: u32,
    /// Their settings are locked: they are skipped.
    pub locked: u32,
    /// The caller may not do this there: they are skipped.
    pub not_permitted: u32,
    /// There is nothing to do: they are skipped.
    pub cannot: u32,
}

/// A station that a job would meet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPlanStation {
    pub station_id: String,
    pub identity: String,
    pub name: String,
    #[schema(value_type = words::JobVerdict)]
    pub verdict: &'static str,
    pub charging: bool,
}

impl JobPlanView {
    pub fn to_view(plan: Plan) -> Self {
        let counts = plan.counts;
        Self {
            counts: JobPlanCounts {
                stations: counts.stations,
                ready: counts.ready,
                charging: counts.charging,
                offline: counts.offline,
                locked: counts.locked,
                not_permitted: counts.not_permitted,
                cannot: counts.cannot,
            },
            stations: plan
                .rows
                .into_iter()
                .map(|row| {
                    let station = row.station.station;
                    let identity = station.identity.as_str().to_owned();
                    JobPlanStation {
                        station_id: station.id.to_string(),
                        name: station.name.unwrap_or_else(|| identity.clone()),
                        identity,
                        verdict: row.verdict.word(),
                        charging: row.charging,
                    }
                })
                .collect(),
            pace: JobPaceView::to_view(&plan.pace),
        }
    }
}

/// What to try again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobRetryBody {
    /// Also what was skipped.
    #[serde(default)]
    pub skipped: bool,
}
