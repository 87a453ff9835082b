//! Organisations. One is enough for now: the root, made by the setup.

use domain::module::ModuleSet;
use domain::role::{Caller, Permission};
use domain::site::Organisation;

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// The caller's organisation and its modules, with `organisation.view`.
pub async fn find(app: &App, caller: &Caller) -> Result<(Organisation, ModuleSet), Error> {
    let pass = gate::permit_whole(app, caller, Permission::OrganisationView).await?;
    let found = app.store().read.organisation(pass.org).await?;
    found.ok_or(Error::NotFound)
}
