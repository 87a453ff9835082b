//! Organisations, their modules, and the audit trail of what people did.

use domain::clock::Moment;
use domain::id::{AuditId, OrgId, UserId};
use domain::module::ModuleSet;
use domain::site::Organisation;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};

use crate::entity::{audit, organisations};
use crate::error::Error;
use crate::store::Read;
use crate::value::{from_json, json, moment, ms};
use crate::work::Work;

/// A deed, as it is kept: written in the transaction of the deed itself.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// In which organisation.
    pub org: OrgId,
    /// When.
    pub at: Moment,
    /// Who; none for Busbar itself.
    pub actor: Option<UserId>,
    /// The actor's name, or what Busbar was doing.
    pub actor_name: String,
    /// What was done, such as `stations.create`.
    pub action: &'static str,
    /// To what: an id.
    pub object: String,
    /// How it was, as JSON text without personal data.
    pub before: Option<String>,
    /// How it is, as JSON text without personal data.
    pub after: Option<String>,
}

impl AuditRow {
    pub(crate) fn to_row(&self) -> audit::ActiveModel {
        audit::ActiveModel {
            id: Set(self.id.uuid()),
            seq: Set(None),
            org_id: Set(self.org.uuid()),
            at: Set(ms(self.at)),
            actor_id: Set(self.actor.map(UserId::uuid)),
            actor: Set(self.actor_name.clone()),
            action: Set(self.action.to_owned()),
            object: Set(self.object.clone()),
            before: Set(self.before.clone()),
            after: Set(self.after.clone()),
            hash: Set(None),
        }
    }
}

fn from_row(row: organisations::Model) -> Result<(Organisation, ModuleSet), Error> {
    let (modules, paid): (Vec<String>, Vec<String>) = from_json(&row.modules)?;
    let organisation = Organisation {
        id: OrgId::from_uuid(row.id),
        parent: row.parent.map(OrgId::from_uuid),
        name: row.name,
        created_at: moment(row.created_at)?,
    };
    let modules = ModuleSet {
        modules: modules.into_iter().collect(),
        paid: paid.into_iter().collect(),
    };
    Ok((organisation, modules))
}

impl Work {
    /// Adds an organisation with its modules.
    pub async fn organisation_insert(
        &mut self,
        organisation: &Organisation,
        modules: &ModuleSet,
    ) -> Result<(), Error> {
        let row = organisations::ActiveModel {
            id: Set(organisation.id.uuid()),
            parent: Set(organisation.parent.map(OrgId::uuid)),
            name: Set(organisation.name.clone()),
            modules: Set(json(&(&modules.modules, &modules.paid))),
            created_at: Set(ms(organisation.created_at)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }
}

impl Read {
    /// An organisation and its modules.
    pub async fn organisation(
        &self,
        id: OrgId,
    ) -> Result<Option<(Organisation, ModuleSet)>, Error> {
        let row = organisations::Entity::find_by_id(id.uuid())
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// The first organisation: the root, to which unclaimed stations belong.
    pub async fn root_organisation(&self) -> Result<Option<(Organisation, ModuleSet)>, Error> {
        let row = organisations::Entity::find()
            .order_by_asc(organisations::Column::CreatedAt)
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }
}
