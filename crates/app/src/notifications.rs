//! What a person is told until they say that they have seen it.

use domain::id::NotificationId;
use domain::notification::{Matter, Notification};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Member, Permission};
use serde_json::json;
use store::Lane;
pub use store::Told;

use crate::app::App;
use crate::error::Error;
use crate::locks::SEALED_PUK;
use crate::{audit, gate, locks, seal};

/// The person who asks, with `notifications.view`.
async fn own<'a>(app: &App, caller: &'a Caller) -> Result<&'a Member, Error> {
    let Caller::User(member) = caller else {
        return Err(Error::Denied {
            permission: None,
            why: "people_only",
        });
    };
    gate::permit(app, caller, Permission::NotificationsView).await?;
    Ok(member)
}

/// What the caller is told in the organisation in which they work, the newest first; `open`: what
/// they have not seen yet.
pub async fn list(
    app: &App,
    caller: &Caller,
    open: bool,
    page: &PageRequest,
) -> Result<Page<Told>, Error> {
    let member = own(app, caller).await?;
    let (user, org) = (member.user, member.scope.org);
    let read = &app.store().read;
    Ok(read.notifications(user, org, open, page).await?)
}

/// How many the caller has not seen yet.
pub async fn unseen(app: &App, caller: &Caller) -> Result<u64, Error> {
    let member = own(app, caller).await?;
    Ok(app
        .store()
        .read
        .unseen(member.user, member.scope.org)
        .await?)
}

/// The caller has seen it. A secret in it is told now, once, and forgotten.
pub async fn acknowledge(
    app: &App,
    caller: &Caller,
    id: NotificationId,
) -> Result<(Notification, Option<String>), Error> {
    let member = own(app, caller).await?;
    let (user, now) = (member.user, app.now());
    let found = app.store().read.notification(user, id).await?;
    let found = found.filter(|found| found.org == member.scope.org);
    let mut found = found.ok_or(Error::NotFound)?;
    let secret = match (&found.matter, &found.sealed, found.station) {
        // For those only who have the owner's ways at this moment.
        (Matter::LockPuk, Some(sealed), Some(station)) => {
            locks::demand_owner(app, caller, station).await?;
            Some(seal::open(app, SEALED_PUK, &id.to_string(), sealed)?)
        }
        _ => None,
    };
    let after = json!({"about": found.matter.word(), "station": found.station});
    let action = "notifications.acknowledge";
    let deed = audit::row(app, caller, found.org, action, id, None, Some(&after));
    let done = app.store().write(Lane::Org(found.org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let first = work.acknowledge(user, id, now).await?;
            if first {
                work.audit(&deed);
            }
            Ok(first)
        })
    });
    let first = done.await?;
    found.acknowledged_at = found.acknowledged_at.or(Some(now));
    Ok((found, secret.filter(|_| first)))
}
