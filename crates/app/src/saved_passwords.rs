//! Passwords of locks that an account saved: its own only, sealed, told again to whoever showed
//! lately who they are.

use domain::id::StationId;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Member, Permission};
use store::Lane;
pub use store::SavedPassword;

use crate::app::App;
use crate::error::Error;
use crate::locks::SEALED_PASSWORD;
use crate::{audit, gate, seal, step_up};

fn own(caller: &Caller) -> Result<&Member, Error> {
    step_up::own(caller).map(|(member, _)| member)
}

/// What the caller saved in the organisation, the newest first; `q` is a part of a station's serial
/// number, identity or name. Stations out of the caller's reach are left out.
pub async fn list(
    app: &App,
    caller: &Caller,
    q: Option<&str>,
    page: &PageRequest,
) -> Result<Page<SavedPassword>, Error> {
    let member = own(caller)?;
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let read = &app.store().read;
    let found = read.saved_passwords(member.user, pass.org, q, page).await?;
    let mut rows = Vec::with_capacity(found.rows.len());
    for saved in found.rows {
        if pass.station(app, saved.row.station).await.is_ok() {
            rows.push(saved);
        }
    }
    Ok(Page {
        rows,
        next: found.next,
    })
}

/// Tells a saved password again, to whoever showed lately who they are.
pub async fn reveal(app: &App, caller: &Caller, station: StationId) -> Result<String, Error> {
    let member = own(caller)?;
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    pass.station(app, station).await?;
    let saved = app
        .store()
        .read
        .saved_password(member.user, station)
        .await?;
    let saved = saved.ok_or(Error::NotFound)?;
    step_up::demand(app, caller).await?;
    let owner = format!("{} {station}", member.user);
    let password = seal::open(app, SEALED_PASSWORD, &owner, &saved.sealed)?;
    let action = "saved_passwords.reveal";
    let deed = audit::row(app, caller, pass.org, action, station, None, None);
    let written = app.store().write(Lane::Org(pass.org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok(password)
}

/// Forgets a saved password; access to the lock stays.
pub async fn remove(app: &App, caller: &Caller, station: StationId) -> Result<(), Error> {
    let member = own(caller)?;
    let (user, org) = (member.user, member.scope.org);
    let action = "saved_passwords.remove";
    let deed = audit::row(app, caller, org, action, station, None, None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.saved_password_delete(user, station).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}
