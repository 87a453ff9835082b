//! Locks of settings: the lock of a station, the accounts that have access, wrong passwords, and
//! proofs of presence.

use domain::clock::Moment;
use domain::id::{OrgId, StationId, UserId};
use domain::lock::{Challenge, Grant, Lock, PasswordTries, PukTries, Removal, Sighting, Watch};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::entity::{
    lock_challenges, lock_grants, lock_removals, lock_sightings, lock_tries, locks, stations,
};
use crate::error::{Error, corrupt};
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// A station's lock with what is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockRow {
    /// Whose station.
    pub org: OrgId,
    /// The lock.
    pub lock: Lock,
    /// The name of whoever set it, then.
    pub locker: String,
    /// PHC string of its password.
    pub password: String,
    /// PHC string of its PUK.
    pub puk: Option<String>,
    /// Wrong PUKs.
    pub puk_tries: PukTries,
    /// The watch over its settings.
    pub watch: Watch,
    /// When the station is to be read out of turn.
    pub due_at: Option<Moment>,
    /// When and how it was taken away; it is kept, like a broken seal.
    pub removal: Option<Removal>,
}

/// A challenge, and who is to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeOf {
    /// Who.
    pub user: UserId,
    /// What is asked.
    pub challenge: Challenge,
}

fn from_row(row: locks::Model) -> Result<LockRow, Error> {
    let removal = match (row.removed_at, row.removed_how, row.removed_by, row.remover) {
        (None, ..) => None,
        (Some(at), Some(how), Some(by), Some(name)) => Some(Removal {
            at: moment(at)?,
            method: from_word(&how)?,
            by: UserId::from_uuid(by),
            name,
        }),
        _ => return Err(corrupt("a lock was removed, and nobody knows how")),
    };
    Ok(LockRow {
        org: OrgId::from_uuid(row.org_id),
        lock: Lock {
            station: StationId::from_uuid(row.station_id),
            epoch: row.epoch,
            locked_by: UserId::from_uuid(row.locked_by),
            contact: row.contact,
            locked_at: moment(row.locked_at)?,
            critical: from_json(&row.critical)?,
            cap_ma: row.cap_ma,
        },
        locker: row.locker,
        password: row.password,
        puk: row.puk,
        puk_tries: from_json(&row.puk_tries)?,
        watch: from_json(&row.watch)?,
        due_at: maybe_moment(row.due_at)?,
        removal,
    })
}

fn grant(row: &lock_grants::Model) -> Grant {
    Grant {
        station: StationId::from_uuid(row.station_id),
        epoch: row.epoch,
        account: UserId::from_uuid(row.user_id),
    }
}

fn challenge(row: &lock_challenges::Model) -> Result<ChallengeOf, Error> {
    Ok(ChallengeOf {
        user: UserId::from_uuid(row.user_id),
        challenge: Challenge {
            station: StationId::from_uuid(row.station_id),
            begun_at: moment(row.begun_at)?,
            proof: from_json(&row.proof)?,
        },
    })
}

fn active(row: &LockRow) -> locks::ActiveModel {
    let (lock, removal) = (&row.lock, row.removal.as_ref());
    locks::ActiveModel {
        station_id: Set(lock.station.uuid()),
        org_id: Set(row.org.uuid()),
        epoch: Set(lock.epoch),
        locked_by: Set(lock.locked_by.uuid()),
        locker: Set(row.locker.clone()),
        contact: Set(lock.contact.clone()),
        locked_at: Set(ms(lock.locked_at)),
        password: Set(row.password.clone()),
        critical: Set(json(&lock.critical)),
        cap_ma: Set(lock.cap_ma),
        puk: Set(row.puk.clone()),
        puk_tries: Set(json(&row.puk_tries)),
        watch: Set(json(&row.watch)),
        looked_at: Set(row.watch.looked_at.map(ms)),
        due_at: Set(row.due_at.map(ms)),
        removed_at: Set(removal.map(|r| ms(r.at))),
        removed_how: Set(removal.map(|r| word(&r.method))),
        removed_by: Set(removal.map(|r| r.by.uuid())),
        remover: Set(removal.map(|r| r.name.clone())),
        drifting: Set(!row.watch.drift.is_empty()),
        ..Default::default()
    }
}

impl Work {
    /// The lock of a station, also one that was removed, read inside the unit. Until it ends, no
    /// other unit that reads it goes on, not on other nodes either.
    pub async fn lock(&mut self, station: StationId) -> Result<Option<LockRow>, Error> {
        let row = locks::Entity::find_by_id(station.uuid())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.map(from_row).transpose()
    }

    /// Keeps a lock in place of the station's last one.
    pub async fn lock_put(&mut self, row: &LockRow) -> Result<(), Error> {
        use locks::Column as C;
        let columns = [
            C::OrgId,
            C::Epoch,
            C::LockedBy,
            C::Locker,
            C::Contact,
            C::LockedAt,
            C::Password,
            C::Critical,
            C::CapMa,
            C::Puk,
            C::PukTries,
            C::Watch,
            C::LookedAt,
            C::DueAt,
            C::RemovedAt,
            C::RemovedHow,
            C::RemovedBy,
            C::Remover,
        ];
        let replace = OnConflict::column(C::StationId)
            .update_columns(columns)
            .to_owned();
        locks::Entity::insert(active(row))
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Keeps how the lock of an epoch was taken away, for good.
    pub async fn removal_keep(
        &mut self,
        station: StationId,
        epoch: i64,
        removal: &Removal,
    ) -> Result<(), Error> {
        let row = lock_removals::ActiveModel {
            station_id: Set(station.uuid()),
            epoch: Set(epoch),
            removed_at: Set(ms(removal.at)),
            removed_how: Set(word(&removal.method)),
            removed_by: Set(removal.by.uuid()),
            remover: Set(removal.name.clone()),
        };
        lock_removals::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Has a locked station read out of turn.
    pub async fn lock_due(&mut self, station: StationId, at: Moment) -> Result<(), Error> {
        use locks::Column as C;
        locks::Entity::update_many()
            .col_expr(C::DueAt, Expr::value(ms(at)))
            .filter(C::StationId.eq(station.uuid()))
            .filter(C::RemovedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes a lock to look after it until `until`: true for one node. With `until` in the past it
    /// is given back.
    pub async fn lock_claim(
        &mut self,
        station: StationId,
        now: Moment,
        until: Moment,
    ) -> Result<bool, Error> {
        use locks::Column as C;
        let done = locks::Entity::update_many()
            .col_expr(C::BusyUntil, Expr::value(ms(until)))
            .filter(C::StationId.eq(station.uuid()))
            .filter(C::BusyUntil.lte(ms(now)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Looks no more after a claimed lock before `until`.
    pub async fn lock_rest(&mut self, station: StationId, until: Moment) -> Result<(), Error> {
        use locks::Column as C;
        locks::Entity::update_many()
            .col_expr(C::BusyUntil, Expr::value(ms(until)))
            .filter(C::StationId.eq(station.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Gives an account access.
    pub async fn grant_put(&mut self, grant: &Grant) -> Result<(), Error> {
        use lock_grants::Column as C;
        let row = lock_grants::ActiveModel {
            station_id: Set(grant.station.uuid()),
            user_id: Set(grant.account.uuid()),
            epoch: Set(grant.epoch),
        };
        let replace = OnConflict::columns([C::StationId, C::UserId])
            .update_column(C::Epoch)
            .to_owned();
        lock_grants::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes an account's access away.
    pub async fn grant_delete(&mut self, station: StationId, account: UserId) -> Result<(), Error> {
        lock_grants::Entity::delete_by_id((station.uuid(), account.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The accounts with access, read inside the unit; those of older epochs too.
    pub async fn grants(&mut self, station: StationId) -> Result<Vec<Grant>, Error> {
        let rows = lock_grants::Entity::find()
            .filter(lock_grants::Column::StationId.eq(station.uuid()))
            .all(&self.tx)
            .await?;
        Ok(rows.iter().map(grant).collect())
    }

    /// Wrong passwords of an account at a lock, read inside the unit.
    pub async fn password_tries(
        &mut self,
        station: StationId,
        account: UserId,
    ) -> Result<PasswordTries, Error> {
        let row = lock_tries::Entity::find_by_id((station.uuid(), account.uuid()))
            .one(&self.tx)
            .await?;
        row.map_or(Ok(PasswordTries::default()), |row| from_json(&row.tries))
    }

    /// Keeps them; none forgets them.
    pub async fn password_tries_put(
        &mut self,
        station: StationId,
        account: UserId,
        tries: Option<&PasswordTries>,
    ) -> Result<(), Error> {
        use lock_tries::Column as C;
        let Some(tries) = tries else {
            lock_tries::Entity::delete_by_id((station.uuid(), account.uuid()))
                .exec(&self.tx)
                .await?;
            return Ok(());
        };
        let row = lock_tries::ActiveModel {
            station_id: Set(station.uuid()),
            user_id: Set(account.uuid()),
            tries: Set(json(tries)),
        };
        let replace = OnConflict::columns([C::StationId, C::UserId])
            .update_column(C::Tries)
            .to_owned();
        lock_tries::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Begins a challenge in place of the station's last one, whose sightings go.
    pub async fn challenge_begin(&mut self, of: &ChallengeOf) -> Result<(), Error> {
        self.challenge_end(of.challenge.station).await?;
        let row = lock_challenges::ActiveModel {
            station_id: Set(of.challenge.station.uuid()),
            user_id: Set(of.user.uuid()),
            begun_at: Set(ms(of.challenge.begun_at)),
            proof: Set(json(&of.challenge.proof)),
        };
        lock_challenges::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends a station's challenge: it is used up, or its time is over.
    pub async fn challenge_end(&mut self, station: StationId) -> Result<(), Error> {
        lock_challenges::Entity::delete_by_id(station.uuid())
            .exec(&self.tx)
            .await?;
        lock_sightings::Entity::delete_many()
            .filter(lock_sightings::Column::StationId.eq(station.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Keeps what a station told while a challenge was open.
    pub async fn sighting(&mut self, id: Uuid, sighting: &Sighting) -> Result<(), Error> {
        let row = lock_sightings::ActiveModel {
            id: Set(id),
            station_id: Set(sighting.station.uuid()),
            at: Set(ms(sighting.at)),
            sign: Set(json(&sighting.sign)),
        };
        lock_sightings::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// The lock of a station, also one that was removed.
    pub async fn lock(&self, station: StationId) -> Result<Option<LockRow>, Error> {
        let row = locks::Entity::find_by_id(station.uuid())
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// How the last lock before the present one was taken away.
    pub async fn last_removal(&self, station: StationId) -> Result<Option<Removal>, Error> {
        use lock_removals::Column as C;
        let row = lock_removals::Entity::find()
            .filter(C::StationId.eq(station.uuid()))
            .order_by_desc(C::Epoch)
            .one(&self.db)
            .await?;
        let removal = |row: lock_removals::Model| {
            Ok(Removal {
                at: moment(row.removed_at)?,
                method: from_word(&row.removed_how)?,
                by: UserId::from_uuid(row.removed_by),
                name: row.remover,
            })
        };
        row.map(removal).transpose()
    }

    /// When a station last booted, as far as it is on record.
    pub async fn booted_at(&self, station: StationId) -> Result<Option<Moment>, Error> {
        let row = stations::Entity::find_by_id(station.uuid())
            .one(&self.db)
            .await?;
        maybe_moment(row.and_then(|row| row.booted_at))
    }

    /// The accounts with access to a locked station; those of older epochs too.
    pub async fn grants(&self, station: StationId) -> Result<Vec<Grant>, Error> {
        let rows = lock_grants::Entity::find()
            .filter(lock_grants::Column::StationId.eq(station.uuid()))
            .all(&self.db)
            .await?;
        Ok(rows.iter().map(grant).collect())
    }

    /// The challenge of a station.
    pub async fn challenge(&self, station: StationId) -> Result<Option<ChallengeOf>, Error> {
        let row = lock_challenges::Entity::find_by_id(station.uuid())
            .one(&self.db)
            .await?;
        row.as_ref().map(challenge).transpose()
    }

    /// The challenges that were begun since `since`.
    pub async fn challenges(&self, since: Moment) -> Result<Vec<ChallengeOf>, Error> {
        let rows = lock_challenges::Entity::find()
            .filter(lock_challenges::Column::BegunAt.gte(ms(since)))
            .all(&self.db)
            .await?;
        rows.iter().map(challenge).collect()
    }

    /// What a station told since its challenge, in the order of its arrival.
    pub async fn sightings(&self, station: StationId) -> Result<Vec<Sighting>, Error> {
        use lock_sightings::Column as C;
        let rows = lock_sightings::Entity::find()
            .filter(C::StationId.eq(station.uuid()))
            .order_by_asc(C::At)
            .order_by_asc(C::Id)
            .all(&self.db)
            .await?;
        let sighting = |row: lock_sightings::Model| {
            Ok(Sighting {
                station,
                at: moment(row.at)?,
                sign: from_json(&row.sign)?,
            })
        };
        rows.into_iter().map(sighting).collect()
    }

    /// Locked stations that are connected and to be read now: never read yet, not since they
    /// connected, booted or since `stale`, or asked for and not read since `lately`; those first that
    /// were not read for the longest.
    pub async fn locks_due(
        &self,
        now: Moment,
        lately: Moment,
        stale: Moment,
        most: u64,
    ) -> Result<Vec<LockRow>, Error> {
        use locks::Column as C;
        let station = locks::Entity::belongs_to(stations::Entity)
            .from(C::StationId)
            .to(stations::Column::Id)
            .into();
        let connected = Expr::col((stations::Entity, stations::Column::ConnectedSince));
        let booted = Expr::col((stations::Entity, stations::Column::BootedAt));
        let looked = || Expr::col((locks::Entity, C::LookedAt));
        let asked = Condition::all()
            .add(C::DueAt.lte(ms(now)))
            .add(C::LookedAt.lte(ms(lately)));
        let rows = locks::Entity::find()
            .join(JoinType::InnerJoin, station)
            .filter(C::RemovedAt.is_null())
            .filter(C::BusyUntil.lte(ms(now)))
            .filter(stations::Column::Online.eq(true))
            .filter(
                Condition::any()
                    .add(looked().is_null())
                    .add(looked().lte(ms(stale)))
                    .add(connected.gt(looked()))
                    .add(booted.gt(looked()))
                    .add(asked),
            )
            .order_by_asc(C::LookedAt)
            .order_by_asc(C::StationId)
            .limit(most)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
