//! Invitations. Of the secret in a link only a digest is kept; it dies when the mail is sent again.

use domain::clock::Moment;
use domain::id::{InvitationId, MailId, OrgId, SiteId, UserId};
use domain::invitation::{Offer, Purpose};
use domain::mail::{Language, MailState};
use domain::member::Assignment;
use domain::module::ModuleSet;
use domain::page::{Page, PageRequest};
use domain::role::RoleSet;
use domain::site_access::SiteAccess;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::invitations::{ActiveModel, Column, Entity, Model};
use crate::entity::{mails, users};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::{at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{
    from_json, from_word, json, maybe_moment, moment, ms, permissions, permissions_from, word,
};
use crate::work::Work;

/// An invitation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// The organisation that invites.
    pub org: OrgId,
    /// To what.
    pub purpose: Purpose,
    /// Whom.
    pub email: String,
    /// The language of the mail.
    pub language: Language,
    /// Digest of the secret in the link.
    pub hash: String,
    /// Who invites; none for Busbar itself. Their rights are looked at again when it is accepted.
    pub invited_by: Option<UserId>,
    /// Their name.
    pub inviter: String,
    /// The mail that was sent last.
    pub mail: MailId,
    /// Since when.
    pub created_at: Moment,
    /// When the mail was sent last.
    pub sent_at: Moment,
    /// Until when the link opens it.
    pub expires_at: Moment,
    /// When it was accepted.
    pub accepted_at: Option<Moment>,
    /// Counts its changes.
    pub revision: i64,
}

/// An invitation as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRow {
    /// Itself.
    pub invitation: InvitationRow,
    /// How far its mail is; none when that is not on record any more.
    pub delivery: Option<MailState>,
    /// What went wrong with it the last time.
    pub delivery_error: Option<String>,
    /// Whether somebody registered with the address and did not prove it yet.
    pub registered: bool,
}

/// Which invitations that are not accepted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// To be a member.
    Members,
    /// To have access to a site.
    Site(SiteId),
    /// To make an organisation.
    Organisations,
}

const MEMBER: &str = "member";
const SITE: &str = "site";
const ORGANISATION: &str = "organisation";

fn purpose(row: &Model) -> Result<Purpose, Error> {
    let roles = u8::try_from(row.roles).map_err(|_| corrupt("roles are not a set"))?;
    Ok(match (row.purpose.as_str(), row.site_id, &row.level) {
        (MEMBER, ..) => Purpose::Member(Assignment {
            roles: RoleSet::from_bits(roles),
            sites: row.sites.as_deref().map(from_json).transpose()?,
        }),
        (SITE, Some(site), Some(level)) => Purpose::Site {
            site: SiteId::from_uuid(site),
            access: SiteAccess {
                level: from_word(level)?,
                grants: permissions_from(row.grants.as_deref().unwrap_or("[]"))?,
                denials: permissions_from(row.denials.as_deref().unwrap_or("[]"))?,
            },
        },
        (ORGANISATION, ..) => Purpose::Organisation(match &row.modules {
            None => Offer::Similar,
            Some(modules) => {
                let (modules, paid) = from_json(modules)?;
                Offer::Custom(ModuleSet { modules, paid })
            }
        }),
        (other, ..) => return Err(corrupt(format!("{other:?} is no purpose"))),
    })
}

fn from_row(row: Model) -> Result<InvitationRow, Error> {
    Ok(InvitationRow {
        id: InvitationId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        purpose: purpose(&row)?,
        language: from_word(&row.language)?,
        email: row.email,
        hash: row.hash,
        invited_by: row.invited_by.map(UserId::from_uuid),
        inviter: row.inviter,
        mail: MailId::from_uuid(row.mail_id),
        created_at: moment(row.created_at)?,
        sent_at: moment(row.sent_at)?,
        expires_at: moment(row.expires_at)?,
        accepted_at: maybe_moment(row.accepted_at)?,
        revision: row.revision,
    })
}

fn to_row(row: &InvitationRow) -> ActiveModel {
    let mut model = ActiveModel {
        id: Set(row.id.uuid()),
        org_id: Set(row.org.uuid()),
        purpose: Set(MEMBER.to_owned()),
        email: Set(row.email.clone()),
        email_key: Set(row.email.to_lowercase()),
        language: Set(word(&row.language)),
        roles: Set(0),
        sites: Set(None),
        site_id: Set(None),
        level: Set(None),
        grants: Set(None),
        denials: Set(None),
        modules: Set(None),
        hash: Set(row.hash.clone()),
        invited_by: Set(row.invited_by.map(UserId::uuid)),
        inviter: Set(row.inviter.clone()),
        mail_id: Set(row.mail.uuid()),
        created_at: Set(ms(row.created_at)),
        sent_at: Set(ms(row.sent_at)),
        expires_at: Set(ms(row.expires_at)),
        accepted_at: Set(row.accepted_at.map(ms)),
        revision: Set(row.revision),
    };
    match &row.purpose {
        Purpose::Member(assignment) => {
            model.roles = Set(i32::from(assignment.roles.bits()));
            model.sites = Set(assignment.sites.as_ref().map(json));
        }
        Purpose::Site { site, access } => {
            model.purpose = Set(SITE.to_owned());
            model.site_id = Set(Some(site.uuid()));
            model.level = Set(Some(word(&access.level)));
            model.grants = Set(Some(permissions(access.grants)));
            model.denials = Set(Some(permissions(access.denials)));
        }
        Purpose::Organisation(offer) => {
            model.purpose = Set(ORGANISATION.to_owned());
            model.modules = Set(match offer {
                Offer::Similar => None,
                Offer::Custom(set) => Some(json(&(&set.modules, &set.paid))),
            });
        }
    }
    model
}

/// The invitations of an address that are not accepted yet, the oldest first.
async fn to<C: ConnectionTrait>(db: &C, email: &str) -> Result<Vec<InvitationRow>, Error> {
    let rows = Entity::find()
        .filter(Column::EmailKey.eq(email.to_lowercase()))
        .filter(Column::AcceptedAt.is_null())
        .order_by_asc(Column::CreatedAt)
        .all(db)
        .await?;
    rows.into_iter().map(from_row).collect()
}

impl Work {
    /// Adds an invitation.
    pub async fn invitation_insert(&mut self, row: &InvitationRow) -> Result<(), Error> {
        to_row(row).insert(&self.tx).await?;
        Ok(())
    }

    /// Puts an invitation at revision `from` that is not accepted yet in place of what it was;
    /// false when there is none.
    pub async fn invitation_update(
        &mut self,
        row: &InvitationRow,
        from: i64,
    ) -> Result<bool, Error> {
        let done = Entity::update_many()
            .set(to_row(row))
            .filter(Column::Id.eq(row.id.uuid()))
            .filter(Column::Revision.eq(from))
            .filter(Column::AcceptedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Takes an invitation back that is not accepted yet; false when there is none.
    pub async fn invitation_delete(&mut self, id: InvitationId) -> Result<bool, Error> {
        let done = Entity::delete_many()
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::AcceptedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// An invitation, accepted or not, read inside the unit.
    pub async fn invitation(&mut self, id: InvitationId) -> Result<Option<InvitationRow>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(&self.tx).await?;
        row.map(from_row).transpose()
    }

    /// The invitations of an address that are not accepted yet, read inside the unit.
    pub async fn invitations_to(&mut self, email: &str) -> Result<Vec<InvitationRow>, Error> {
        to(&self.tx, email).await
    }

    /// Notes that an invitation is accepted as it was read: true once, and only while its link and
    /// what it gives are the same.
    pub async fn invitation_accept(
        &mut self,
        row: &InvitationRow,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = Entity::update_many()
            .col_expr(Column::AcceptedAt, Expr::value(ms(at)))
            .filter(Column::Id.eq(row.id.uuid()))
            .filter(Column::Hash.eq(row.hash.as_str()))
            .filter(Column::Revision.eq(row.revision))
            .filter(Column::AcceptedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// The invitation of a link's digest, accepted or not.
    pub async fn invitation_by_hash(&self, hash: &str) -> Result<Option<InvitationRow>, Error> {
        let row = Entity::find()
            .filter(Column::Hash.eq(hash))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// An invitation of an organisation that is not accepted yet.
    pub async fn invitation(
        &self,
        org: OrgId,
        id: InvitationId,
    ) -> Result<Option<InvitationRow>, Error> {
        let row = Entity::find_by_id(id.uuid())
            .filter(Column::OrgId.eq(org.uuid()))
            .filter(Column::AcceptedAt.is_null())
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// The invitations of an address that are not accepted yet, the oldest first.
    pub async fn invitations_to(&self, email: &str) -> Result<Vec<InvitationRow>, Error> {
        to(&self.db, email).await
    }

    /// Invitations that are not accepted yet, the newest first.
    pub async fn invitations(
        &self,
        org: OrgId,
        which: Pending,
        page: &PageRequest,
    ) -> Result<Page<PendingRow>, Error> {
        let list = list_name("invitations", &(org, which));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let cursor = Cursor::from_text(cursor, &list)?;
                Some((cursor.number()?, cursor.id))
            }
        };
        let mut query = Entity::find()
            .filter(Column::OrgId.eq(org.uuid()))
            .filter(Column::AcceptedAt.is_null());
        query = match which {
            Pending::Members => query.filter(Column::Purpose.eq(MEMBER)),
            Pending::Organisations => query.filter(Column::Purpose.eq(ORGANISATION)),
            Pending::Site(site) => query
                .filter(Column::Purpose.eq(SITE))
                .filter(Column::SiteId.eq(site.uuid())),
        };
        let made = Expr::col((Entity, Column::CreatedAt));
        let rows = sorted(query, made, Column::Id, true, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            at_number(row.created_at, row.id)
        });
        Ok(Page {
            rows: self.dress_invitations(rows).await?,
            next,
        })
    }

    /// An invitation with how far its mail is.
    pub async fn pending(&self, row: InvitationRow) -> Result<PendingRow, Error> {
        let model = Entity::find_by_id(row.id.uuid()).one(&self.db).await?;
        let found = match model {
            Some(model) => self.dress_invitations(vec![model]).await?.pop(),
            None => None,
        };
        found.ok_or_else(|| corrupt(format!("{} is gone", row.id)))
    }

    async fn dress_invitations(&self, rows: Vec<Model>) -> Result<Vec<PendingRow>, Error> {
        let sent = mails::Entity::find()
            .filter(mails::Column::Id.is_in(rows.iter().map(|row| row.mail_id)))
            .all(&self.db)
            .await?;
        let keys: Vec<String> = rows.iter().map(|row| row.email_key.clone()).collect();
        let registered: Vec<String> = users::Entity::find()
            .select_only()
            .column(users::Column::EmailKey)
            .filter(users::Column::EmailKey.is_in(keys))
            .filter(users::Column::ProvenAt.is_null())
            .into_tuple()
            .all(&self.db)
            .await?;
        let dressed = rows.into_iter().map(|row| {
            let mail = sent.iter().find(|mail| mail.id == row.mail_id);
            Ok(PendingRow {
                delivery: mail.map(|mail| from_word(&mail.state)).transpose()?,
                delivery_error: mail.and_then(|mail| mail.last_error.clone()),
                registered: registered.contains(&row.email_key),
                invitation: from_row(row)?,
            })
        });
        dressed.collect()
    }
}
