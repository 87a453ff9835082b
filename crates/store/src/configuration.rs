//! How far the settings of each station are: its template, when it booted and was looked at, and
//! whose turn it is.

use domain::clock::Moment;
use domain::id::{OrgId, StationId, TemplateId, UserId};
use domain::station::Hardware;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{configurations, model_habits, settings, stations};
use crate::error::Error;
use crate::store::Read;
use crate::value::{maybe_moment, ms};
use crate::work::Work;

/// How the reading of a station goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// When it was last read in full.
    pub read_at: Option<Moment>,
    /// The firmware that it had then.
    pub firmware: Option<String>,
    /// Since when it is being read.
    pub since: Option<Moment>,
    /// Why the last try came to nothing.
    pub problem: Option<String>,
}

/// How far the settings of a station are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The station.
    pub station: StationId,
    /// Whose.
    pub org: OrgId,
    /// How often people changed its wishes, from 1 on.
    pub revision: i64,
    /// The template that somebody chose, and who.
    pub chosen: Option<(TemplateId, Option<UserId>)>,
    /// The template whose values are its wishes now, and of which version they are.
    pub template: Option<(TemplateId, i64)>,
    /// Whether it may be restarted when it is idle, where a setting needs it.
    pub reset_when_idle: bool,
    /// Whether a person asked for its wishes to be written now.
    pub asked: bool,
    /// Whether its wishes are to be compared with the templates.
    pub sync_due: bool,
    /// When it last booted.
    pub booted_at: Option<Moment>,
    /// When it was last restarted for its settings.
    pub reset_at: Option<Moment>,
    /// When its wishes were last looked at.
    pub looked_at: Option<Moment>,
    /// How reading it goes.
    pub reading: Reading,
    /// When it is to be looked at out of turn.
    pub due_at: Option<Moment>,
}

impl Configuration {
    /// That of a station of which nothing was wished yet.
    #[must_use]
    pub fn new(org: OrgId, station: StationId) -> Self {
        Self {
            station,
            org,
            revision: 1,
            chosen: None,
            template: None,
            reset_when_idle: false,
            asked: false,
            sync_due: true,
            booted_at: None,
            reset_at: None,
            looked_at: None,
            reading: Reading::default(),
            due_at: None,
        }
    }
}

fn from_row(row: configurations::Model) -> Result<Configuration, Error> {
    let template = row.template_id.map(TemplateId::from_uuid);
    let chosen = row.chosen_id.map(TemplateId::from_uuid);
    Ok(Configuration {
        station: StationId::from_uuid(row.station_id),
        org: OrgId::from_uuid(row.org_id),
        revision: row.revision,
        chosen: chosen.map(|id| (id, row.chosen_by.map(UserId::from_uuid))),
        template: template.zip(row.template_version),
        reset_when_idle: row.reset_when_idle,
        asked: row.asked,
        sync_due: row.sync_due,
        booted_at: maybe_moment(row.booted_at)?,
        reset_at: maybe_moment(row.reset_at)?,
        looked_at: maybe_moment(row.looked_at)?,
        reading: Reading {
            read_at: maybe_moment(row.read_at)?,
            firmware: row.read_firmware,
            since: maybe_moment(row.reading_since)?,
            problem: row.read_problem,
        },
        due_at: maybe_moment(row.due_at)?,
    })
}

/// All but who is busy with it.
fn to_row(one: &Configuration) -> configurations::ActiveModel {
    configurations::ActiveModel {
        station_id: Set(one.station.uuid()),
        org_id: Set(one.org.uuid()),
        revision: Set(one.revision),
        chosen_id: Set(one.chosen.map(|(id, _)| id.uuid())),
        chosen_by: Set(one.chosen.and_then(|(_, by)| by.map(UserId::uuid))),
        template_id: Set(one.template.map(|(id, _)| id.uuid())),
        template_version: Set(one.template.map(|(_, version)| version)),
        reset_when_idle: Set(one.reset_when_idle),
        asked: Set(one.asked),
        sync_due: Set(one.sync_due),
        booted_at: Set(one.booted_at.map(ms)),
        reset_at: Set(one.reset_at.map(ms)),
        looked_at: Set(one.looked_at.map(ms)),
        read_at: Set(one.reading.read_at.map(ms)),
        read_firmware: Set(one.reading.firmware.clone()),
        reading_since: Set(one.reading.since.map(ms)),
        read_problem: Set(one.reading.problem.clone()),
        due_at: Set(one.due_at.map(ms)),
        busy_until: NotSet,
    }
}

impl Work {
    /// How far a station is, read inside the unit. Until it ends, no other unit that reads it goes
    /// on, not on other nodes either.
    pub async fn configuration(
        &mut self,
        station: StationId,
    ) -> Result<Option<Configuration>, Error> {
        let row = configurations::Entity::find_by_id(station.uuid())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.map(from_row).transpose()
    }

    /// Keeps it.
    pub async fn configuration_put(&mut self, one: &Configuration) -> Result<(), Error> {
        use configurations::Column as C;
        let columns = [
            C::OrgId,
            C::Revision,
            C::ChosenId,
            C::ChosenBy,
            C::TemplateId,
            C::TemplateVersion,
            C::ResetWhenIdle,
            C::Asked,
            C::SyncDue,
            C::BootedAt,
            C::ResetAt,
            C::LookedAt,
            C::ReadAt,
            C::ReadFirmware,
            C::ReadingSince,
            C::ReadProblem,
            C::DueAt,
        ];
        let replace = OnConflict::column(C::StationId)
            .update_columns(columns)
            .to_owned();
        configurations::Entity::insert(to_row(one))
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes a boot: the station is to be looked at, and perhaps has another template now.
    pub async fn configuration_booted(
        &mut self,
        org: OrgId,
        station: StationId,
        at: Moment,
    ) -> Result<(), Error> {
        use configurations::Column as C;
        let row = configurations::ActiveModel {
            station_id: Set(station.uuid()),
            org_id: Set(org.uuid()),
            booted_at: Set(Some(ms(at))),
            due_at: Set(Some(ms(at))),
            sync_due: Set(true),
            ..Default::default()
        };
        let again = OnConflict::column(C::StationId)
            .update_columns([C::BootedAt, C::DueAt, C::SyncDue])
            .to_owned();
        configurations::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Has the wishes of all stations of an organisation compared with its templates.
    pub async fn configurations_sync(&mut self, org: OrgId) -> Result<(), Error> {
        use configurations::Column as C;
        configurations::Entity::update_many()
            .col_expr(C::SyncDue, Expr::value(true))
            .filter(C::OrgId.eq(org.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Has a station looked at out of turn, where anything is wished of it.
    pub async fn configuration_due(&mut self, station: StationId, at: Moment) -> Result<(), Error> {
        use configurations::Column as C;
        configurations::Entity::update_many()
            .col_expr(C::DueAt, Expr::value(ms(at)))
            .filter(C::StationId.eq(station.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes a station to look after its settings until `until`: true for one node.
    pub async fn configuration_claim(
        &mut self,
        station: StationId,
        now: Moment,
        until: Moment,
    ) -> Result<bool, Error> {
        use configurations::Column as C;
        let done = configurations::Entity::update_many()
            .col_expr(C::BusyUntil, Expr::value(ms(until)))
            .filter(C::StationId.eq(station.uuid()))
            .filter(C::BusyUntil.lte(ms(now)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Looks no more after a claimed station before `until`.
    pub async fn configuration_rest(
        &mut self,
        station: StationId,
        until: Moment,
    ) -> Result<(), Error> {
        use configurations::Column as C;
        configurations::Entity::update_many()
            .col_expr(C::BusyUntil, Expr::value(ms(until)))
            .filter(C::StationId.eq(station.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Remembers that a model cannot tell all its settings at once.
    pub async fn model_reads_by_name(
        &mut self,
        hardware: &Hardware,
        at: Moment,
    ) -> Result<(), Error> {
        use model_habits::Column as C;
        let (vendor, model, firmware) = make_of(hardware);
        let row = model_habits::ActiveModel {
            vendor: Set(vendor),
            model: Set(model),
            firmware: Set(firmware),
            reads_by_name: Set(true),
            since: Set(ms(at)),
        };
        let known = OnConflict::columns([C::Vendor, C::Model, C::Firmware])
            .update_column(C::ReadsByName)
            .to_owned();
        model_habits::Entity::insert(row)
            .on_conflict(known)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

/// The make of a station, for comparison.
fn make_of(hardware: &Hardware) -> (String, String, String) {
    let small = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_lowercase();
    (
        small(&hardware.vendor),
        small(&hardware.model),
        small(&hardware.firmware_version),
    )
}

impl Read {
    /// How far the settings of a station are.
    pub async fn configuration(&self, station: StationId) -> Result<Option<Configuration>, Error> {
        let row = configurations::Entity::find_by_id(station.uuid())
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// Whether a model is known not to tell all its settings at once.
    pub async fn reads_by_name(&self, hardware: &Hardware) -> Result<bool, Error> {
        let row = model_habits::Entity::find_by_id(make_of(hardware))
            .one(&self.db)
            .await?;
        Ok(row.is_some_and(|row| row.reads_by_name))
    }

    /// Stations whose turn it is: their templates may have changed, or they are connected, something
    /// is wished of them, and they were not looked at yet, not since they connected or since
    /// `stale`, or are due.
    pub async fn configurations_due(
        &self,
        now: Moment,
        stale: Moment,
        most: u64,
    ) -> Result<Vec<Configuration>, Error> {
        use configurations::Column as C;
        let station = configurations::Entity::belongs_to(stations::Entity)
            .from(C::StationId)
            .to(stations::Column::Id)
            .into();
        let connected = Expr::col((stations::Entity, stations::Column::ConnectedSince));
        let looked = || Expr::col((configurations::Entity, C::LookedAt));
        let wished = Query::select()
            .column(settings::Column::StationId)
            .from(settings::Entity)
            .to_owned();
        let turn = Condition::any()
            .add(looked().is_null())
            .add(looked().lte(ms(stale)))
            .add(connected.gt(looked()))
            .add(C::DueAt.lte(ms(now)));
        let here = Condition::all()
            .add(stations::Column::Online.eq(true))
            .add(C::StationId.in_subquery(wished))
            .add(turn);
        let rows = configurations::Entity::find()
            .join(JoinType::InnerJoin, station)
            .filter(C::BusyUntil.lte(ms(now)))
            .filter(Condition::any().add(C::SyncDue.eq(true)).add(here))
            .order_by_asc(C::DueAt)
            .limit(most)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
