//! Templates of settings and their versions.

use domain::clock::Moment;
use domain::id::{OrgId, TemplateId};
use domain::page::{Page, PageRequest};
use domain::setting::{Template, TemplateBody};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{setting_template_versions, setting_templates};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_json, json, moment, ms};
use crate::work::Work;

fn from_row(row: setting_templates::Model) -> Result<Template, Error> {
    Ok(Template {
        id: TemplateId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        body: from_json(&row.body)?,
        version: row.version,
        created_at: moment(row.created_at)?,
        edited_at: moment(row.edited_at)?,
        edited_by: row.edited_by,
    })
}

fn to_row(one: &Template) -> setting_templates::ActiveModel {
    setting_templates::ActiveModel {
        id: Set(one.id.uuid()),
        org_id: Set(one.org.uuid()),
        name_key: Set(one.body.name.to_lowercase()),
        body: Set(json(&one.body)),
        version: Set(one.version),
        created_at: Set(ms(one.created_at)),
        edited_at: Set(ms(one.edited_at)),
        edited_by: Set(one.edited_by.clone()),
    }
}

impl Work {
    /// Adds a template, with its first version.
    pub async fn template_insert(&mut self, one: &Template) -> Result<(), Error> {
        to_row(one).insert(&self.tx).await?;
        self.template_version(one).await
    }

    /// Puts a new version in place of version `from`; false when another is there.
    pub async fn template_update(&mut self, one: &Template, from: i64) -> Result<bool, Error> {
        use setting_templates::Column as C;
        let done = setting_templates::Entity::update_many()
            .set(to_row(one))
            .filter(C::Id.eq(one.id.uuid()))
            .filter(C::Version.eq(from))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Ok(false);
        }
        self.template_version(one).await?;
        Ok(true)
    }

    /// All templates of an organisation, read inside the unit.
    pub async fn templates(&mut self, org: OrgId) -> Result<Vec<Template>, Error> {
        let rows = setting_templates::Entity::find()
            .filter(setting_templates::Column::OrgId.eq(org.uuid()))
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    async fn template_version(&mut self, one: &Template) -> Result<(), Error> {
        let row = setting_template_versions::ActiveModel {
            template_id: Set(one.id.uuid()),
            version: Set(one.version),
            body: Set(json(&one.body)),
            at: Set(ms(one.edited_at)),
            by_name: Set(one.edited_by.clone()),
        };
        setting_template_versions::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Removes a template that is at version `from`, with its versions; false when it is not.
    pub async fn template_delete(&mut self, id: TemplateId, from: i64) -> Result<bool, Error> {
        use setting_templates::Column as C;
        let done = setting_templates::Entity::delete_many()
            .filter(C::Id.eq(id.uuid()))
            .filter(C::Version.eq(from))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Ok(false);
        }
        setting_template_versions::Entity::delete_many()
            .filter(setting_template_versions::Column::TemplateId.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(true)
    }
}

impl Read {
    /// A template of an organisation.
    pub async fn template(&self, org: OrgId, id: TemplateId) -> Result<Option<Template>, Error> {
        let row = setting_templates::Entity::find_by_id(id.uuid())
            .filter(setting_templates::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// All templates of an organisation, by name.
    pub async fn templates(&self, org: OrgId) -> Result<Vec<Template>, Error> {
        use setting_templates::Column as C;
        let rows = setting_templates::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .order_by_asc(C::NameKey)
            .order_by_asc(C::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// What a template said, the newest first: version, body, when and by whom.
    pub async fn template_versions(
        &self,
        id: TemplateId,
        page: &PageRequest,
    ) -> Result<Page<(i64, TemplateBody, Moment, String)>, Error> {
        use setting_template_versions::Column as C;
        let mut query =
            setting_template_versions::Entity::find().filter(C::TemplateId.eq(id.uuid()));
        let list = format!("template_versions {id}");
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Version.lt(Cursor::from_text(cursor, &list)?.number()?));
        }
        let rows = query
            .order_by_desc(C::Version)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: row.version.to_string(),
            id: row.template_id,
        });
        let rows = rows.into_iter().map(|row| {
            let body = from_json(&row.body)?;
            Ok((row.version, body, moment(row.at)?, row.by_name))
        });
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }
}
