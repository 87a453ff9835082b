//! People, their web sessions, and failed sign-ins.

use domain::clock::Moment;
use domain::id::{LoginId, OrgId, UserId};
use domain::mail::MailKind;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{login_failures, logins, setup_links, users};
use crate::error::Error;
use crate::member::MembershipRow;
use crate::store::Read;
use crate::value::{maybe_moment, moment, ms};
use crate::work::Work;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The person's id.
    pub id: UserId,
    /// As it was typed; compared without case.
    pub email: String,
    /// For people.
    pub name: String,
    /// PHC string of the password, or [`Self::NO_PASSWORD`].
    pub password_hash: String,
    /// When the account was made.
    pub created_at: Moment,
    /// When it was shown that the address is the person's; nobody signs in before.
    pub proven_at: Option<Moment>,
}

impl UserRow {
    /// Of an account that has no password: it is opened at the identity provider, or by a passkey.
    pub const NO_PASSWORD: &str = "";

    /// PHC string of the password, where there is one.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        let hash = self.password_hash.as_str();
        (hash != Self::NO_PASSWORD).then_some(hash)
    }
}

/// A web session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// Its id.
    pub id: LoginId,
    /// Digest of the secret in the cookie.
    pub hash: String,
    /// Whose.
    pub user: UserId,
    /// In which organisation.
    pub org: OrgId,
    /// Since when.
    pub created_at: Moment,
    /// Until when.
    pub expires_at: Moment,
    /// The browser's name for itself.
    pub user_agent: Option<String>,
    /// From where.
    pub remote_ip: Option<String>,
    /// When it was last used, to the minute.
    pub seen_at: Moment,
    /// When the person last showed who they are.
    pub confirmed_at: Moment,
}

fn user(row: users::Model) -> Result<UserRow, Error> {
    Ok(UserRow {
        id: UserId::from_uuid(row.id),
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
        created_at: moment(row.created_at)?,
        proven_at: maybe_moment(row.proven_at)?,
    })
}

pub(crate) fn login(row: logins::Model) -> Result<LoginRow, Error> {
    Ok(LoginRow {
        id: LoginId::from_uuid(row.id),
        hash: row.hash,
        user: UserId::from_uuid(row.user_id),
        org: OrgId::from_uuid(row.org_id),
        created_at: moment(row.created_at)?,
        expires_at: moment(row.expires_at)?,
        user_agent: row.user_agent,
        remote_ip: row.remote_ip,
        seen_at: moment(row.seen_at)?,
        confirmed_at: moment(row.confirmed_at)?,
    })
}

impl Work {
    /// Adds a person; a second one with the same address is a conflict.
    pub async fn user_insert(&mut self, user: &UserRow) -> Result<(), Error> {
        let row = users::ActiveModel {
            id: Set(user.id.uuid()),
            email: Set(user.email.clone()),
            email_key: Set(user.email.to_lowercase()),
            name: Set(user.name.clone()),
            password_hash: Set(user.password_hash.clone()),
            created_at: Set(ms(user.created_at)),
            proven_at: Set(user.proven_at.map(ms)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Gives a person another password and ends all that rested on the one before: web sessions,
    /// sign-ins half done, trusted devices and links to choose another. One session may stay, and
    /// one device, known by the digest of its secret: that of whoever changes it.
    pub async fn user_password(
        &mut self,
        id: UserId,
        hash: &str,
        stays: Option<LoginId>,
        device: Option<&str>,
    ) -> Result<(), Error> {
        let row = users::ActiveModel {
            id: Set(id.uuid()),
            password_hash: Set(hash.to_owned()),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        match stays {
            Some(login) => {
                self.other_logins_delete(id, login).await?;
            }
            None => self.logins_delete(id).await?,
        }
        self.links_end(id, MailKind::PasswordReset).await?;
        self.trust_delete(id, device).await
    }

    /// Whether a person still has this password, and may sign in to the organisation; until the
    /// unit ends, neither can change.
    pub async fn may_sign_in(
        &mut self,
        user: UserId,
        password_hash: &str,
        org: OrgId,
    ) -> Result<bool, Error> {
        let same = users::Entity::update_many()
            .col_expr(users::Column::PasswordHash, Expr::value(password_hash))
            .filter(users::Column::Id.eq(user.uuid()))
            .filter(users::Column::PasswordHash.eq(password_hash))
            .exec(&self.tx)
            .await?;
        let members = self.members(org).await?;
        let member = members.iter().find(|m| m.user == user);
        let somebody =
            member.is_some_and(MembershipRow::counts) || self.any_site_access(user, org).await?;
        Ok(same.rows_affected == 1 && somebody)
    }

    /// Ends all web sessions of a person.
    pub async fn logins_delete(&mut self, user: UserId) -> Result<(), Error> {
        logins::Entity::delete_many()
            .filter(logins::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Opens a web session.
    pub async fn login_insert(&mut self, login: &LoginRow) -> Result<(), Error> {
        let row = logins::ActiveModel {
            id: Set(login.id.uuid()),
            hash: Set(login.hash.clone()),
            user_id: Set(login.user.uuid()),
            org_id: Set(login.org.uuid()),
            created_at: Set(ms(login.created_at)),
            seen_at: Set(ms(login.seen_at)),
            expires_at: Set(ms(login.expires_at)),
            user_agent: Set(login.user_agent.clone()),
            remote_ip: Set(login.remote_ip.clone()),
            confirmed_at: Set(ms(login.confirmed_at)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Turns a web session to another organisation.
    pub async fn login_switch(&mut self, id: LoginId, org: OrgId) -> Result<(), Error> {
        logins::Entity::update_many()
            .col_expr(logins::Column::OrgId, Expr::value(org.uuid()))
            .filter(logins::Column::Id.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends a web session; one that is gone already is no error.
    pub async fn login_delete(&mut self, id: LoginId) -> Result<(), Error> {
        logins::Entity::delete_by_id(id.uuid())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Failed sign-ins under `key`, read inside the unit: how many, and the newest. Until the unit
    /// ends, no other one counts them.
    pub async fn login_failures(&mut self, key: &str) -> Result<Option<(i32, Moment)>, Error> {
        let found = login_failures::Entity::find_by_id(key.to_owned())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        found.map(|f| Ok((f.count, moment(f.last_at)?))).transpose()
    }

    /// Notes that there are `count` failed sign-ins under `key`, the newest at `at`.
    pub async fn login_failed(&mut self, key: &str, count: i32, at: Moment) -> Result<(), Error> {
        let row = login_failures::ActiveModel {
            key: Set(key.to_owned()),
            count: Set(count),
            last_at: Set(ms(at)),
        };
        let replace = OnConflict::column(login_failures::Column::Key)
            .update_columns([
                login_failures::Column::Count,
                login_failures::Column::LastAt,
            ])
            .to_owned();
        login_failures::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets failed sign-ins after a good one.
    pub async fn login_succeeded(&mut self, key: &str) -> Result<(), Error> {
        login_failures::Entity::delete_by_id(key.to_owned())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Puts a link for the first administrator in place of all earlier ones.
    pub async fn setup_link_replace(
        &mut self,
        hash: &str,
        expires_at: Moment,
    ) -> Result<(), Error> {
        setup_links::Entity::delete_many().exec(&self.tx).await?;
        let row = setup_links::ActiveModel {
            hash: Set(hash.to_owned()),
            expires_at: Set(ms(expires_at)),
        };
        setup_links::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Uses up a link: true once, when it is there and not expired.
    pub async fn setup_link_take(&mut self, hash: &str, now: Moment) -> Result<bool, Error> {
        let taken = setup_links::Entity::delete_many()
            .filter(setup_links::Column::Hash.eq(hash))
            .filter(setup_links::Column::ExpiresAt.gt(ms(now)))
            .exec(&self.tx)
            .await?;
        Ok(taken.rows_affected == 1)
    }

    /// A person by address, read inside the unit.
    pub async fn user_by_email(&mut self, email: &str) -> Result<Option<UserRow>, Error> {
        let found = users::Entity::find()
            .filter(users::Column::EmailKey.eq(email.to_lowercase()))
            .one(&self.tx)
            .await?;
        found.map(user).transpose()
    }

    /// A person, read inside the unit.
    pub async fn user(&mut self, id: UserId) -> Result<Option<UserRow>, Error> {
        let found = users::Entity::find_by_id(id.uuid()).one(&self.tx).await?;
        found.map(user).transpose()
    }

    /// Puts another name and password to a registration whose address is not proved; those of an
    /// account that is are not touched.
    pub async fn user_register(&mut self, person: &UserRow) -> Result<(), Error> {
        users::Entity::update_many()
            .col_expr(users::Column::Name, Expr::value(person.name.clone()))
            .col_expr(
                users::Column::PasswordHash,
                Expr::value(person.password_hash.clone()),
            )
            .filter(users::Column::Id.eq(person.id.uuid()))
            .filter(users::Column::ProvenAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes that the address of an account is shown to be the person's, who chose this name and
    /// password.
    pub async fn user_prove(&mut self, person: &UserRow, at: Moment) -> Result<(), Error> {
        let row = users::ActiveModel {
            id: Set(person.id.uuid()),
            name: Set(person.name.clone()),
            password_hash: Set(person.password_hash.clone()),
            proven_at: Set(Some(ms(at))),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// Gives a person another name.
    pub async fn user_rename(&mut self, id: UserId, name: &str) -> Result<(), Error> {
        let row = users::ActiveModel {
            id: Set(id.uuid()),
            name: Set(name.to_owned()),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// How many people there are, read inside the unit.
    pub async fn any_user(&mut self) -> Result<bool, Error> {
        Ok(users::Entity::find().one(&self.tx).await?.is_some())
    }
}

impl Read {
    /// A person by address.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, Error> {
        let found = users::Entity::find()
            .filter(users::Column::EmailKey.eq(email.to_lowercase()))
            .one(&self.db)
            .await?;
        found.map(user).transpose()
    }

    /// A person.
    pub async fn user(&self, id: UserId) -> Result<Option<UserRow>, Error> {
        users::Entity::find_by_id(id.uuid())
            .one(&self.db)
            .await?
            .map(user)
            .transpose()
    }

    /// Everybody, by address.
    pub async fn users(&self) -> Result<Vec<UserRow>, Error> {
        let rows = users::Entity::find()
            .order_by_asc(users::Column::EmailKey)
            .all(&self.db)
            .await?;
        rows.into_iter().map(user).collect()
    }

    /// The web session of a cookie's digest.
    pub async fn login_by_hash(&self, hash: &str) -> Result<Option<LoginRow>, Error> {
        let found = logins::Entity::find()
            .filter(logins::Column::Hash.eq(hash))
            .one(&self.db)
            .await?;
        found.map(login).transpose()
    }

    /// A login by its id.
    pub async fn login(&self, id: LoginId) -> Result<Option<LoginRow>, Error> {
        let found = logins::Entity::find_by_id(id.uuid()).one(&self.db).await?;
        found.map(login).transpose()
    }

    /// Failed sign-ins under `key`: how many, and the newest.
    pub async fn login_failures(&self, key: &str) -> Result<Option<(i32, Moment)>, Error> {
        let found = login_failures::Entity::find_by_id(key.to_owned())
            .one(&self.db)
            .await?;
        found.map(|f| Ok((f.count, moment(f.last_at)?))).transpose()
    }

    /// Whether anybody has an account.
    pub async fn any_user(&self) -> Result<bool, Error> {
        Ok(users::Entity::find().one(&self.db).await?.is_some())
    }
}
