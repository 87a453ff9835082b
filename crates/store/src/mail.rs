//! Mails that wait, and how those went that do not wait any more.

use domain::clock::Moment;
use domain::id::{MailId, OrgId};
use domain::mail::{Language, MailKind, MailState};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::mails;
use crate::error::{Error, corrupt};
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};
use crate::work::Work;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Its id.
    pub id: MailId,
    /// The organisation in whose name it goes.
    pub org: OrgId,
    /// The address.
    pub to: String,
    /// What it is about.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// What its text says, sealed; gone as soon as it waits no more.
    pub sealed: Option<String>,
    /// How far it is.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when.
    pub created_at: Moment,
    /// When it is tried next.
    pub next_at: Moment,
    /// What went wrong the last time.
    pub last_error: Option<String>,
}

const WAITING: [&str; 2] = ["queued", "sent"];

fn from_row(row: mails::Model) -> Result<MailRow, Error> {
    Ok(MailRow {
        id: MailId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        to: row.recipient,
        kind: from_word(&row.kind)?,
        language: from_word(&row.language)?,
        sealed: row.sealed,
        state: from_word(&row.state)?,
        attempts: u32::try_from(row.attempts).map_err(corrupt)?,
        created_at: moment(row.created_at)?,
        next_at: moment(row.next_at)?,
        last_error: row.last_error,
    })
}

impl Work {
    /// Lets a mail wait for its sending.
    pub async fn mail_insert(&mut self, mail: &MailRow) -> Result<(), Error> {
        let row = mails::ActiveModel {
            id: Set(mail.id.uuid()),
            org_id: Set(mail.org.uuid()),
            recipient: Set(mail.to.clone()),
            kind: Set(word(&mail.kind)),
            language: Set(word(&mail.language)),
            sealed: Set(mail.sealed.clone()),
            state: Set(word(&mail.state)),
            attempts: Set(i32::try_from(mail.attempts).unwrap_or(i32::MAX)),
            created_at: Set(ms(mail.created_at)),
            next_at: Set(ms(mail.next_at)),
            last_error: Set(mail.last_error.clone()),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Takes up to `most` mails whose time has come; until `until`, nobody else takes them, on no
    /// other node either. A node that dies meanwhile leaves them to whoever comes then.
    pub async fn mails_claim(
        &mut self,
        now: Moment,
        until: Moment,
        most: u64,
    ) -> Result<Vec<MailRow>, Error> {
        use mails::Column as C;
        let due = mails::Entity::find()
            .filter(C::State.is_in(WAITING))
            .filter(C::NextAt.lte(ms(now)))
            .order_by_asc(C::NextAt)
            .limit(most)
            .all(&self.tx)
            .await?;
        let mut claimed = Vec::with_capacity(due.len());
        for mut row in due {
            let taken = mails::Entity::update_many()
                .col_expr(C::State, Expr::value("sent"))
                .col_expr(C::Attempts, Expr::value(row.attempts + 1))
                .col_expr(C::NextAt, Expr::value(ms(until)))
                .filter(C::Id.eq(row.id))
                .filter(C::State.is_in(WAITING))
                .filter(C::NextAt.eq(row.next_at))
                .exec(&self.tx)
                .await?;
            if taken.rows_affected == 1 {
                row.attempts += 1;
                claimed.push(from_row(row)?);
            }
        }
        Ok(claimed)
    }

    /// Notes how a claimed mail went. What it said is forgotten unless it waits again, until
    /// `again`.
    pub async fn mail_tried(
        &mut self,
        mail: &MailRow,
        state: MailState,
        error: Option<&str>,
        again: Option<Moment>,
    ) -> Result<(), Error> {
        use mails::Column as C;
        let mut row = mails::ActiveModel {
            state: Set(word(&state)),
            last_error: Set(error.map(str::to_owned)),
            ..Default::default()
        };
        match again {
            Some(again) => row.next_at = Set(ms(again)),
            None => row.sealed = Set(None),
        }
        mails::Entity::update_many()
            .set(row)
            .filter(C::Id.eq(mail.id.uuid()))
            .filter(C::State.is_in(WAITING))
            // Only whoever took it last knows how it went.
            .filter(C::Attempts.eq(i32::try_from(mail.attempts).unwrap_or(i32::MAX)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// Some mails.
    pub async fn mails(&self, ids: &[MailId]) -> Result<Vec<MailRow>, Error> {
        let rows = mails::Entity::find()
            .filter(mails::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
