//! A second factor that somebody lost, taken away by who administers their organisation: only of
//! people who are nothing anywhere else, for an account that opens other organisations too is not
//! one organisation's to open.

use bus::News;
use domain::id::{OrgId, UserId};
use domain::mail::{Language, MailKind};
use domain::member::may_give;
use domain::role::{Caller, Role};
use serde_json::json;
use store::Lane;

use crate::app::App;
use crate::error::Error;
use crate::mail::{self, Letter};
use crate::{audit, members, standing, step_up};

/// Removes a member's authenticator app, recovery codes and passkeys, ends all their logins and
/// tells them by mail. The password stays. For an Administrator of the whole organisation who showed
/// lately who they are, and not for oneself.
pub async fn remove(app: &App, caller: &Caller, org: OrgId, user: UserId) -> Result<(), Error> {
    let row = members::find(app, caller, org, user).await?;
    if !may_give(caller, Role::Administrator) {
        return Err(Error::Denied {
            permission: None,
            why: "administrator_needed",
        });
    }
    let own = caller.member().is_some_and(|member| member.user == user);
    if own {
        let detail = "Change your own second factor under \"My account\".";
        return Err(Error::conflict("own_account", detail));
    }
    step_up::demand(app, caller).await?;
    let orgs = standing::organisations(app, user).await?;
    if orgs.iter().any(|other| *other != org) {
        let detail = "They work in other organisations too: whoever runs the instance can do it, \
                      by `busbar user reset-second-factor`.";
        return Err(Error::conflict("works_elsewhere", detail));
    }
    let letter = Letter {
        about: None,
        to: &row.email,
        kind: MailKind::SecondFactorRemoved,
        language: Language::default(),
        name: Some(&row.name),
        organisation: None,
        inviter: caller.member().map(|member| member.name.as_str()),
        link: "/login",
        until: None,
    };
    let notice = mail::queue(app, org, &letter)?;
    let action = "members.reset_second_factor";
    let draft = audit::row(app, caller, org, action, user, None, None);
    let removed = app.store().write(Lane::Org(org), move |work| {
        let (mut deed, notice) = (draft.clone(), notice.clone());
        Box::pin(async move {
            let authenticator = work.authenticator_delete(user).await?;
            let passkeys = work.passkeys_delete(user).await?;
            work.logins_delete(user).await?;
            work.trust_delete(user, None).await?;
            work.mail_insert(&notice).await?;
            deed.after =
                Some(json!({"authenticator": authenticator, "passkeys": passkeys}).to_string());
            work.audit(&deed);
            Ok(())
        })
    });
    removed.await?;
    app.bus().publish(News::Revoked(user)).await;
    Ok(())
}
