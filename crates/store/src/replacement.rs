//! Another device behind a station: its record keeps its id and all that happened, and forgets what
//! the old device told of itself.

use domain::id::{CommandId, StationId};
use domain::lock::Watch;
use domain::session::Session;
use domain::setting::Setting;
use domain::station::{Identity, Registration, Station};
use sea_orm::sea_query::{BinOper, Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::command::CommandRow;
use crate::configuration::Reading;
use crate::entity::{commands, connectors, deviations, evses, sessions, stations, variables};
use crate::error::Error;
use crate::value::word;
use crate::work::Work;

impl Work {
    /// Gives a station that is at revision `from` the identity of `station` and a password, and
    /// forgets what the old device told: make, protocol, boot, variables, outlets, departures, the
    /// state of the wishes and of the lock's watch. False when it is at another revision. An
    /// identity that is taken is a conflict.
    pub async fn station_replace(
        &mut self,
        station: &Station,
        from: i64,
        password_hash: &str,
    ) -> Result<bool, Error> {
        let id = station.id;
        let row = stations::ActiveModel {
            identity: Set(station.identity.as_str().to_owned()),
            identity_key: Set(station.identity.key().to_owned()),
            password_hash: Set(Some(password_hash.to_owned())),
            registration: Set(word(&Registration::Unbooted)),
            protocol: Set(None),
            vendor: Set(None),
            model: Set(None),
            serial_number: Set(None),
            firmware_version: Set(None),
            iccid: Set(None),
            imsi: Set(None),
            booted_at: Set(None),
            clock_skew_ms: Set(None),
            clock_skew_at: Set(None),
            revision: Set(from + 1),
            ..Default::default()
        };
        let done = stations::Entity::update_many()
            .set(row)
            .filter(stations::Column::Id.eq(id.uuid()))
            .filter(stations::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Ok(false);
        }
        variables::Entity::delete_many()
            .filter(variables::Column::StationId.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        deviations::Entity::delete_many()
            .filter(deviations::Column::StationId.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        connectors::Entity::delete_many()
            .filter(connectors::Column::StationId.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        evses::Entity::delete_many()
            .filter(evses::Column::StationId.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        self.forget_settings(station).await?;
        self.challenge_end(id).await?;
        if let Some(mut row) = self.lock(id).await?.filter(|row| row.removal.is_none()) {
            row.watch = Watch::anew(row.watch.wishes);
            row.due_at = None;
            self.lock_put(&row).await?;
        }
        Ok(true)
    }

    /// The wishes stay; how far each was, and when the station was read, is not true any more.
    async fn forget_settings(&mut self, station: &Station) -> Result<(), Error> {
        let wishes = self.settings(station.id).await?;
        let anew = wishes.into_iter().map(|one| {
            let Setting {
                wish,
                origin,
                account,
                by,
                set_at,
                ..
            } = one;
            Setting::new(wish, origin, account, by, set_at)
        });
        let anew: Vec<Setting> = anew.collect();
        self.settings_put(station.org, station.id, &anew).await?;
        if let Some(mut one) = self.configuration(station.id).await? {
            one.sync_due = true;
            one.booted_at = None;
            one.reset_at = None;
            one.looked_at = None;
            one.due_at = None;
            one.reading = Reading::default();
            self.configuration_put(&one).await?;
        }
        Ok(())
    }

    /// Whether a station has this identity still. Until the unit ends, it keeps it, on other nodes
    /// as well.
    pub async fn station_is(&mut self, id: StationId, identity: &Identity) -> Result<bool, Error> {
        let row = stations::Entity::find_by_id(id.uuid())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        Ok(row.is_some_and(|row| row.identity_key == identity.key()))
    }

    /// The sessions that run at a station, read inside the unit.
    pub async fn sessions_running(&mut self, station: StationId) -> Result<Vec<Session>, Error> {
        let rows = sessions::Entity::find()
            .filter(sessions::Column::StationId.eq(station.uuid()))
            .filter(sessions::Column::State.eq("active"))
            .order_by_asc(sessions::Column::Id)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(crate::session::from_row).collect()
    }

    /// Takes the old device's names off the sessions of a station: the new one may use the same for
    /// others. `mark` is put behind each.
    pub async fn sessions_rename(&mut self, station: StationId, mark: &str) -> Result<(), Error> {
        let wire = Expr::col(sessions::Column::Wire).binary(BinOper::Custom("||"), Expr::val(mark));
        sessions::Entity::update_many()
            .col_expr(sessions::Column::Wire, wire)
            .col_expr(
                sessions::Column::Fingerprint,
                Expr::value(Option::<String>::None),
            )
            .filter(sessions::Column::StationId.eq(station.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The commands to a station that have no outcome.
    pub async fn commands_open(&mut self, station: StationId) -> Result<Vec<CommandId>, Error> {
        use domain::command::CommandState::{Queued, Sent};
        let rows = commands::Entity::find()
            .filter(commands::Column::StationId.eq(station.uuid()))
            .filter(commands::Column::State.is_in([word(&Queued), word(&Sent)]))
            .order_by_asc(commands::Column::Id)
            .all(&self.tx)
            .await?;
        let rows = rows.into_iter().map(crate::command::from_row);
        let ids = rows.map(|row| row.map(|CommandRow { record, .. }| record.id));
        ids.collect()
    }
}
