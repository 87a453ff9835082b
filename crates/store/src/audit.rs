//! The audit trail: deeds, written in the transaction of the deed itself, and numbered and chained
//! after their commit by one publisher, so that the chain never forks although lanes commit out of
//! order. Nothing here is ever swept.

use domain::audit::{Deed, Head, Link, Via};
use domain::clock::Moment;
use domain::id::{AuditId, OrgId, UserId};
use domain::page::{Page, PageRequest};
use sea_orm::sea_query::{Expr, OnConflict, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::{audit, audit_head};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::rows::change;
use crate::sort::{at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};
use crate::work::Work;

/// Which deeds.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only of this person.
    pub actor: Option<UserId>,
    /// Only these; all when empty.
    pub actions: Vec<String>,
    /// Only to this.
    pub object: Option<String>,
    /// Only by this way.
    pub via: Option<Via>,
    /// Only of this request.
    pub request_id: Option<String>,
    /// At or after.
    pub from: Option<Moment>,
    /// Before.
    pub to: Option<Moment>,
}

/// The one row of the head.
const HEAD: i32 = 1;

pub(crate) fn to_row(deed: &Deed) -> audit::ActiveModel {
    audit::ActiveModel {
        id: Set(deed.id.uuid()),
        seq: Set(None),
        org_id: Set(deed.org.uuid()),
        at: Set(ms(deed.at)),
        actor_id: Set(deed.actor.map(UserId::uuid)),
        actor: Set(deed.actor_name.clone()),
        action: Set(deed.action.clone()),
        object: Set(deed.object.clone()),
        before: Set(deed.before.clone()),
        after: Set(deed.after.clone()),
        hash: Set(None),
        via: Set(word(&deed.via)),
        request_id: Set(deed.request_id.clone()),
        ip: Set(deed.ip.clone()),
        reason: Set(deed.reason.clone()),
    }
}

fn from_row(row: audit::Model) -> Result<Deed, Error> {
    Ok(Deed {
        id: AuditId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        at: moment(row.at)?,
        actor: row.actor_id.map(UserId::from_uuid),
        actor_name: row.actor,
        action: row.action,
        object: row.object,
        before: row.before,
        after: row.after,
        via: from_word(&row.via)?,
        request_id: row.request_id,
        ip: row.ip,
        reason: row.reason,
    })
}

fn link(row: audit::Model) -> Result<Link, Error> {
    let head = Head {
        seq: row.seq.unwrap_or(0),
        hash: row.hash.clone().unwrap_or_default(),
    };
    Ok(Link {
        head,
        deed: from_row(row)?,
    })
}

impl Work {
    /// Gives deeds that have none yet their number and their place in the chain, in the order of
    /// their ids; tells how many. `seal` binds the head to the instance. Only one publisher should
    /// do this at a time; two would wait for one another.
    pub async fn audit_chain(
        &mut self,
        most: u64,
        seal: impl Fn(&Head) -> String,
    ) -> Result<usize, Error> {
        let mut head = self.audit_head().await?;
        let rows = audit::Entity::find()
            .filter(audit::Column::Seq.is_null())
            .order_by_asc(audit::Column::Id)
            .limit(most)
            .all(&self.tx)
            .await?;
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.id;
            head = head.then(&from_row(row)?);
            places.push(audit::ActiveModel {
                id: Set(id),
                seq: Set(Some(head.seq)),
                hash: Set(Some(head.hash.clone())),
                ..Default::default()
            });
        }
        if places.is_empty() {
            return Ok(0);
        }
        let set = [audit::Column::Seq, audit::Column::Hash];
        change(&self.tx, &[audit::Column::Id], &set, &places).await?;
        self.audit_head_put(&head, seal(&head)).await?;
        Ok(places.len())
    }

    /// Where the chain stands, held until the unit ends. The row is there before it is held:
    /// nobody can hold a row that is still to come.
    async fn audit_head(&mut self) -> Result<Head, Error> {
        let genesis = Head::genesis();
        let row = audit_head::ActiveModel {
            id: Set(HEAD),
            seq: Set(genesis.seq),
            hash: Set(genesis.hash),
            seal: Set(String::new()),
        };
        let once = OnConflict::column(audit_head::Column::Id)
            .do_nothing()
            .to_owned();
        audit_head::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&self.tx)
            .await?;
        let row = audit_head::Entity::find_by_id(HEAD)
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        Ok(row.map_or_else(Head::genesis, |row| Head {
            seq: row.seq,
            hash: row.hash,
        }))
    }

    async fn audit_head_put(&mut self, head: &Head, seal: String) -> Result<(), Error> {
        let row = audit_head::ActiveModel {
            id: Set(HEAD),
            seq: Set(head.seq),
            hash: Set(head.hash.clone()),
            seal: Set(seal),
        };
        row.update(&self.tx).await?;
        Ok(())
    }
}

impl Read {
    /// Whether there are deeds without a place in the chain.
    pub async fn audit_waiting(&self) -> Result<bool, Error> {
        let row = audit::Entity::find()
            .select_only()
            .column(audit::Column::Id)
            .filter(audit::Column::Seq.is_null())
            .limit(1)
            .into_tuple::<uuid::Uuid>()
            .one(&self.db)
            .await?;
        Ok(row.is_some())
    }

    /// The numbered deeds of an organisation, the newest first.
    pub async fn audit(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<Link>, Error> {
        use audit::Column as C;
        let list = list_name("audit", &(org, filter));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let cursor = Cursor::from_text(cursor, &list)?;
                Some((cursor.number()?, cursor.id))
            }
        };
        let mut query = audit::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::Seq.is_not_null());
        if !filter.actions.is_empty() {
            query = query.filter(C::Action.is_in(&filter.actions));
        }
        let conditions: [Option<SimpleExpr>; 6] = [
            filter.actor.map(|actor| C::ActorId.eq(actor.uuid())),
            filter.object.as_ref().map(|object| C::Object.eq(object)),
            filter.via.map(|via| C::Via.eq(word(&via))),
            filter.request_id.as_ref().map(|id| C::RequestId.eq(id)),
            filter.from.map(|from| C::At.gte(ms(from))),
            filter.to.map(|to| C::At.lt(ms(to))),
        ];
        for condition in conditions.into_iter().flatten() {
            query = query.filter(condition);
        }
        let seq = Expr::col((audit::Entity, C::Seq));
        let rows = sorted(query, seq, C::Id, true, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            at_number(row.seq.unwrap_or(0), row.id)
        });
        let rows = rows.into_iter().map(link);
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }
}

/// The links of the chain after a number, in order, of the whole instance.
pub(crate) async fn links(
    db: &DatabaseConnection,
    after: i64,
    most: u64,
) -> Result<Vec<Link>, Error> {
    let rows = audit::Entity::find()
        .filter(audit::Column::Seq.gt(after))
        .order_by_asc(audit::Column::Seq)
        .limit(most)
        .all(db)
        .await?;
    rows.into_iter().map(link).collect()
}

/// Where the chain stands by the word of its publisher, and the seal on it.
pub(crate) async fn head(db: &DatabaseConnection) -> Result<Option<(Head, String)>, Error> {
    let row = audit_head::Entity::find_by_id(HEAD).one(db).await?;
    Ok(row.map(|row| {
        let head = Head {
            seq: row.seq,
            hash: row.hash,
        };
        (head, row.seal)
    }))
}
