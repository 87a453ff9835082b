//! Files on their way to and from stations. A link's secret is kept as its digest only.

use domain::clock::Moment;
use domain::id::{CommandId, FirmwareId, OrgId, StationId, TransferId, UserId};
use domain::message::NoticeKind;
use domain::page::{Page, PageRequest};
use domain::transfer::{Received, Transfer, TransferKind, TransferState};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::transfers::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::{from_word, maybe_moment, moment, ms, word};
use crate::work::Work;

/// Transfers that are told to be over in one round.
const AT_ONCE: u64 = 500;

fn from_row(row: Model) -> Result<Transfer, Error> {
    let received = match (row.name, row.bytes, row.sha256) {
        (Some(name), Some(bytes), Some(sha256)) => Some(Received {
            name,
            bytes: u64::try_from(bytes).map_err(corrupt)?,
            sha256,
        }),
        _ => None,
    };
    Ok(Transfer {
        id: TransferId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        station: StationId::from_uuid(row.station_id),
        kind: from_word(&row.kind)?,
        transport: from_word(&row.transport)?,
        state: from_word(&row.state)?,
        status: row.status,
        error: row.error,
        file: row.file_id.map(FirmwareId::from_uuid),
        version: row.version,
        command: CommandId::from_uuid(row.command_id),
        expires_at: moment(row.expires_at)?,
        received,
        created_at: moment(row.created_at)?,
        ended_at: maybe_moment(row.ended_at)?,
        issued_by: row.user_id.map(UserId::from_uuid).zip(row.user_name),
    })
}

fn to_row(transfer: &Transfer) -> ActiveModel {
    let received = transfer.received.as_ref();
    let bytes = |received: &Received| i64::try_from(received.bytes).unwrap_or(i64::MAX);
    ActiveModel {
        id: Set(transfer.id.uuid()),
        org_id: Set(transfer.org.uuid()),
        station_id: Set(transfer.station.uuid()),
        kind: Set(word(&transfer.kind)),
        transport: Set(word(&transfer.transport)),
        state: Set(word(&transfer.state)),
        status: Set(transfer.status.clone()),
        error: Set(transfer.error.clone()),
        file_id: Set(transfer.file.map(FirmwareId::uuid)),
        version: Set(transfer.version.clone()),
        command_id: Set(transfer.command.uuid()),
        secret: NotSet,
        expires_at: Set(ms(transfer.expires_at)),
        name: Set(received.map(|r| r.name.clone())),
        bytes: Set(received.map(bytes)),
        sha256: Set(received.map(|r| r.sha256.clone())),
        created_at: Set(ms(transfer.created_at)),
        ended_at: Set(transfer.ended_at.map(ms)),
        user_id: Set(transfer.issued_by.as_ref().map(|(user, _)| user.uuid())),
        user_name: Set(transfer.issued_by.as_ref().map(|(_, name)| name.clone())),
    }
}

fn open() -> [String; 2] {
    [TransferState::Asked, TransferState::Running].map(|state| word(&state))
}

fn told_by(kind: NoticeKind) -> Vec<String> {
    use TransferKind::{Diagnostics, Firmware, Security};
    let kinds = [Firmware, Diagnostics, Security].into_iter();
    let kinds = kinds.filter(|k| k.told_by() == kind);
    kinds.map(|kind| word(&kind)).collect()
}

impl Work {
    /// Adds a transfer, with the digest of its link's secret.
    pub async fn transfer_insert(
        &mut self,
        transfer: &Transfer,
        secret: Option<&str>,
    ) -> Result<(), Error> {
        let row = ActiveModel {
            secret: Set(secret.map(str::to_owned)),
            ..to_row(transfer)
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Stores what became of a transfer.
    pub async fn transfer_put(&mut self, transfer: &Transfer) -> Result<(), Error> {
        let row = ActiveModel {
            id: NotSet,
            ..to_row(transfer)
        };
        Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(transfer.id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// A transfer as it stands inside the unit of work, held until its end.
    pub async fn transfer(&mut self, id: TransferId) -> Result<Option<Transfer>, Error> {
        let row = Entity::find_by_id(id.uuid()).lock_exclusive();
        row.one(&self.tx).await?.map(from_row).transpose()
    }

    /// The transfer that a command asked for.
    pub async fn transfer_of(&mut self, command: CommandId) -> Result<Option<Transfer>, Error> {
        let row = Entity::find().filter(Column::CommandId.eq(command.uuid()));
        row.one(&self.tx).await?.map(from_row).transpose()
    }

    /// The newest transfer of a station that notices of this kind are about.
    pub async fn transfer_about(
        &mut self,
        station: StationId,
        notice: NoticeKind,
    ) -> Result<Option<Transfer>, Error> {
        let row = Entity::find()
            .filter(Column::StationId.eq(station.uuid()))
            .filter(Column::Kind.is_in(told_by(notice)))
            .order_by_desc(Column::Id);
        row.one(&self.tx).await?.map(from_row).transpose()
    }

    /// The open transfers of a station that notices of this kind are about.
    pub async fn transfers_open(
        &mut self,
        station: StationId,
        notice: NoticeKind,
    ) -> Result<Vec<Transfer>, Error> {
        let rows = Entity::find()
            .filter(Column::StationId.eq(station.uuid()))
            .filter(Column::Kind.is_in(told_by(notice)))
            .filter(Column::State.is_in(open()))
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Whether stations still come for a file of the library.
    pub async fn firmware_wanted(&mut self, file: FirmwareId) -> Result<bool, Error> {
        let count = Entity::find()
            .filter(Column::FileId.eq(file.uuid()))
            .filter(Column::State.is_in(open()))
            .count(&self.tx)
            .await?;
        Ok(count > 0)
    }

    /// Removes a transfer.
    pub async fn transfer_delete(&mut self, id: TransferId) -> Result<(), Error> {
        Entity::delete_by_id(id.uuid()).exec(&self.tx).await?;
        Ok(())
    }
}

impl Read {
    /// The transfer that a link opens, by the digest of its secret.
    pub async fn transfer_by_secret(&self, secret: &str) -> Result<Option<Transfer>, Error> {
        let row = Entity::find().filter(Column::Secret.eq(secret));
        row.one(&self.db).await?.map(from_row).transpose()
    }

    /// A transfer, whoever's it is: for the machines' side, which was let in by its secret.
    pub async fn transfer(&self, id: TransferId) -> Result<Option<Transfer>, Error> {
        let row = Entity::find_by_id(id.uuid());
        row.one(&self.db).await?.map(from_row).transpose()
    }

    /// The transfer that a command asked for.
    pub async fn transfer_of_command(&self, command: CommandId) -> Result<Option<Transfer>, Error> {
        let row = Entity::find().filter(Column::CommandId.eq(command.uuid()));
        row.one(&self.db).await?.map(from_row).transpose()
    }

    /// Transfers of a station, the newest first: firmware to it, or files from it.
    pub async fn transfers(
        &self,
        station: StationId,
        incoming: bool,
        page: &PageRequest,
    ) -> Result<Page<Transfer>, Error> {
        let list = list_name("transfers", &(station, incoming));
        let notice = match incoming {
            true => NoticeKind::LogStatus,
            false => NoticeKind::FirmwareStatus,
        };
        let mut query = Entity::find()
            .filter(Column::StationId.eq(station.uuid()))
            .filter(Column::Kind.is_in(told_by(notice)));
        if let Some(cursor) = &page.cursor {
            query = query.filter(Column::Id.lt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_desc(Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let rows = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// Open transfers whose time has passed.
    pub async fn transfers_overdue(&self, now: Moment) -> Result<Vec<Transfer>, Error> {
        let rows = Entity::find()
            .filter(Column::State.is_in(open()))
            .filter(Column::ExpiresAt.lte(ms(now)))
            .limit(AT_ONCE)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Transfers that were over before a moment, files from stations or firmware to them.
    pub async fn transfers_old(
        &self,
        incoming: bool,
        before: Moment,
    ) -> Result<Vec<Transfer>, Error> {
        let firmware = word(&TransferKind::Firmware);
        let of_kind = match incoming {
            true => Column::Kind.ne(firmware),
            false => Column::Kind.eq(firmware),
        };
        let rows = Entity::find()
            .filter(of_kind)
            .filter(Column::EndedAt.lt(ms(before)))
            .limit(AT_ONCE)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
