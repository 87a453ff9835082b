//! The audit trail of what people did.

use domain::clock::Moment;
use domain::id::{AuditId, OrgId, UserId};
use sea_orm::ActiveValue::Set;

use crate::entity::audit;
use crate::value::ms;

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
