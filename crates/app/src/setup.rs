//! The first administrator: a single-use link, shown on the terminal, makes the root organisation
//! with all modules and its Administrator.

use chrono::TimeDelta;
use domain::id::{OrgId, UserId};
use domain::module::ModuleSet;
use domain::organisation::{Organisation, Profile};
use domain::role::{Caller, Role, RoleSet};
use serde_json::json;
use store::{Lane, MembershipRow, UserRow};

use crate::app::App;
use crate::error::Error;
use crate::logins::{self, Newcomer};
use crate::me::{self, Me};
use crate::review::LONGEST_NAME;
use crate::{audit, gate, secret, users};

/// How long a link lives.
const LINK_MINUTES: i64 = 30;

/// What the first person says.
#[derive(Clone)]
pub struct FirstPerson {
    /// The name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The password to sign in with.
    pub password: String,
    /// The name of the organisation.
    pub organisation: String,
}

/// Whether nobody has an account yet.
pub async fn needed(app: &App) -> Result<bool, Error> {
    Ok(!app.store().read.any_user().await?)
}

/// A fresh setup token; earlier ones end. For the process itself and the command line.
pub async fn create_link(app: &App, caller: &Caller) -> Result<String, Error> {
    gate::permit_system(caller)?;
    if !needed(app).await? {
        return Err(done());
    }
    let token = secret::draw()?;
    let (hash, until) = (
        secret::digest(&token),
        app.now() + TimeDelta::minutes(LINK_MINUTES),
    );
    app.store()
        .write(Lane::Instance, move |work| {
            let hash = hash.clone();
            Box::pin(async move { work.setup_link_replace(&hash, until).await })
        })
        .await?;
    Ok(token)
}

fn done() -> Error {
    Error::conflict("setup_done", "The setup was done; sign in.")
}

/// Uses up a link: makes the root organisation and its Administrator, and signs them in. Returns
/// the secret for the cookie.
pub async fn finish(
    app: &App,
    token: &str,
    person: &FirstPerson,
    remote_ip: Option<&str>,
    user_agent: Option<&str>,
) -> Result<(String, Me), Error> {
    if !needed(app).await? {
        return Err(done());
    }
    let mut review = users::review(person.email.trim(), &person.name, &person.password);
    review.needed("/organisation", Some(&person.organisation), LONGEST_NAME);
    review.passed()?;
    let now = app.now();
    let organisation = Organisation {
        id: OrgId::from_uuid(app.draw()),
        parent: None,
        name: person.organisation.trim().to_owned(),
        profile: Profile::default(),
        made_by: None,
        made_under: None,
        created_at: now,
    };
    let user = UserRow {
        id: UserId::from_uuid(app.draw()),
        email: person.email.trim().to_owned(),
        name: person.name.trim().to_owned(),
        password_hash: secret::hash_password(app, &person.password).await?,
        created_at: now,
        proven_at: Some(now),
    };
    let roles = RoleSet::EMPTY.with(Role::Administrator);
    let membership = MembershipRow::new(user.id, organisation.id, roles, now);
    let who = Newcomer {
        user: user.id,
        org: organisation.id,
        remote_ip,
        user_agent,
    };
    let (cookie, login) = logins::draw(app, &who)?;
    let system = Caller::System { why: "setup" };
    let after = json!({"administrator": user.id});
    let (org, action) = (organisation.id, "setup.finish");
    let deed = audit::row(app, &system, org, action, org, None, Some(&after));
    let hash = secret::digest(token);
    let outcome = app
        .store()
        .write(Lane::Instance, move |work| {
            let (organisation, user) = (organisation.clone(), user.clone());
            let (membership, login) = (membership.clone(), login.clone());
            let (deed, hash) = (deed.clone(), hash.clone());
            Box::pin(async move {
                if work.any_user().await? {
                    return Ok(Taken::Done);
                }
                if !work.setup_link_take(&hash, now).await? {
                    return Ok(Taken::NoLink);
                }
                let modules = ModuleSet::everything();
                work.organisation_insert(&organisation, &modules).await?;
                work.user_insert(&user).await?;
                work.membership_put(&membership).await?;
                work.login_insert(&login).await?;
                work.audit(&deed);
                Ok(Taken::Made)
            })
        })
        .await?;
    match outcome {
        Taken::Done => return Err(done()),
        Taken::NoLink => {
            return Err(Error::Denied {
                permission: None,
                why: "setup_token_invalid",
            });
        }
        Taken::Made => tracing::info!("the setup was finished; its administrator is signed in"),
    }
    let caller = logins::caller(app, &cookie).await?;
    let member = caller.as_ref().and_then(Caller::member);
    let member = member.ok_or_else(|| Error::internal("the first login is not there"))?;
    Ok((cookie, me::of_member(app, member).await?))
}

enum Taken {
    Made,
    NoLink,
    Done,
}
