//! Firmware libraries, and of which updates people were told. The bytes of the files lie elsewhere.

use domain::firmware::{Content, FirmwareFile, Signing};
use domain::id::{FirmwareId, OrgId, StationId};
use domain::page::{Page, PageRequest};
use domain::site::AdminState;
use domain::station::Hardware;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::entity::{firmware_files, firmware_told, stations};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_json, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// A firmware file on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareRow {
    /// The file.
    pub file: FirmwareFile,
    /// How often people changed it, from 1 on.
    pub revision: i64,
}

fn from_row(row: firmware_files::Model) -> Result<FirmwareRow, Error> {
    let content = match (row.bytes, maybe_moment(row.content_at)?) {
        (Some(bytes), Some(at)) => Some(Content {
            bytes: u64::try_from(bytes).map_err(corrupt)?,
            at,
        }),
        _ => None,
    };
    let signing = row.certificate.zip(row.signature);
    let file = FirmwareFile {
        id: FirmwareId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        vendor: row.vendor,
        models: from_json(&row.models)?,
        version: row.version,
        name: row.name,
        signing: signing.map(|(certificate, signature)| Signing {
            certificate,
            signature,
        }),
        notes: row.notes,
        sha256: row.sha256,
        content,
        created_at: moment(row.created_at)?,
    };
    Ok(FirmwareRow {
        file,
        revision: row.revision,
    })
}

fn to_row(file: &FirmwareFile) -> firmware_files::ActiveModel {
    let signing = file.signing.clone();
    let (certificate, signature) = signing.map(|s| (s.certificate, s.signature)).unzip();
    let bytes = |content: Content| i64::try_from(content.bytes).unwrap_or(i64::MAX);
    firmware_files::ActiveModel {
        id: Set(file.id.uuid()),
        org_id: Set(file.org.uuid()),
        vendor: Set(file.vendor.clone()),
        models: Set(json(&file.models)),
        version: Set(file.version.clone()),
        name: Set(file.name.clone()),
        certificate: Set(certificate),
        signature: Set(signature),
        notes: Set(file.notes.clone()),
        sha256: Set(file.sha256.clone()),
        bytes: Set(file.content.map(bytes)),
        content_at: Set(file.content.map(|content| ms(content.at))),
        created_at: Set(ms(file.created_at)),
        revision: NotSet,
    }
}

impl Work {
    /// Adds a file to a library.
    pub async fn firmware_insert(&mut self, file: &FirmwareFile) -> Result<(), Error> {
        to_row(file).insert(&self.tx).await?;
        Ok(())
    }

    /// Replaces a file that is at revision `from`; false when it is not.
    pub async fn firmware_update(&mut self, file: &FirmwareFile, from: i64) -> Result<bool, Error> {
        let row = firmware_files::ActiveModel {
            id: NotSet,
            revision: Set(from + 1),
            ..to_row(file)
        };
        let done = firmware_files::Entity::update_many()
            .set(row)
            .filter(firmware_files::Column::Id.eq(file.id.uuid()))
            .filter(firmware_files::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a file that is at revision `from`; false when it is not.
    pub async fn firmware_delete(&mut self, id: FirmwareId, from: i64) -> Result<bool, Error> {
        let done = firmware_files::Entity::delete_many()
            .filter(firmware_files::Column::Id.eq(id.uuid()))
            .filter(firmware_files::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        firmware_told::Entity::delete_many()
            .filter(firmware_told::Column::FileId.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Notes that people are told of a file for a model: true the first time.
    pub async fn firmware_told(&mut self, id: FirmwareId, model: &str) -> Result<bool, Error> {
        let row = firmware_told::ActiveModel {
            file_id: Set(id.uuid()),
            model: Set(model.to_lowercase()),
        };
        let key = [firmware_told::Column::FileId, firmware_told::Column::Model];
        let done = firmware_told::Entity::insert(row)
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&self.tx)
            .await?;
        Ok(done == 1)
    }
}

impl Read {
    /// A file of an organisation's library.
    pub async fn firmware(&self, org: OrgId, id: FirmwareId) -> Result<Option<FirmwareRow>, Error> {
        let row = firmware_files::Entity::find_by_id(id.uuid())
            .filter(firmware_files::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// A library, the newest first.
    pub async fn firmware_files(
        &self,
        org: OrgId,
        page: &PageRequest,
    ) -> Result<Page<FirmwareRow>, Error> {
        use firmware_files::Column as C;
        let list = "firmware_files";
        let mut query = firmware_files::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.lt(Cursor::from_text(cursor, list)?.id));
        }
        let rows = query
            .order_by_desc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let rows = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// The files of a library that can be handed out.
    pub async fn firmware_ready(&self, org: OrgId) -> Result<Vec<FirmwareFile>, Error> {
        let rows = firmware_files::Entity::find()
            .filter(firmware_files::Column::OrgId.eq(org.uuid()))
            .filter(firmware_files::Column::ContentAt.is_not_null())
            .all(&self.db)
            .await?;
        let files = rows.into_iter().map(|row| Ok(from_row(row)?.file));
        files.collect()
    }

    /// The organisations that have a library with something in it.
    pub async fn libraries(&self) -> Result<Vec<OrgId>, Error> {
        let ids: Vec<Uuid> = firmware_files::Entity::find()
            .select_only()
            .column(firmware_files::Column::OrgId)
            .filter(firmware_files::Column::ContentAt.is_not_null())
            .distinct()
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(ids.into_iter().map(OrgId::from_uuid).collect())
    }

    /// For which models people were told of the files of a library.
    pub async fn firmware_told(
        &self,
        ids: &[FirmwareId],
    ) -> Result<Vec<(FirmwareId, String)>, Error> {
        let ids = ids.iter().map(|id| id.uuid());
        let rows = firmware_told::Entity::find()
            .filter(firmware_told::Column::FileId.is_in(ids))
            .all(&self.db)
            .await?;
        let told = rows
            .into_iter()
            .map(|row| (FirmwareId::from_uuid(row.file_id), row.model));
        Ok(told.collect())
    }

    /// The makes of an organisation's stations, each with one station of it.
    pub async fn makes(&self, org: OrgId) -> Result<Vec<(Hardware, StationId)>, Error> {
        use stations::Column as C;
        type Row = (Option<String>, Option<String>, Option<String>, Uuid);
        let rows: Vec<Row> = stations::Entity::find()
            .select_only()
            .columns([C::Vendor, C::Model, C::FirmwareVersion])
            .column(C::Id)
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::AdminState.ne(word(&AdminState::Archived)))
            .filter(C::Model.is_not_null())
            .order_by_asc(C::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut seen = std::collections::HashSet::new();
        let mut makes = Vec::new();
        for (vendor, model, firmware_version, id) in rows {
            if seen.insert((vendor.clone(), model.clone(), firmware_version.clone())) {
                let hardware = Hardware {
                    vendor,
                    model,
                    firmware_version,
                    ..Hardware::default()
                };
                makes.push((hardware, StationId::from_uuid(id)));
            }
        }
        Ok(makes)
    }
}
