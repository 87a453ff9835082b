//! The first line of every use case: the access room decides, and what it grants is narrowed to
//! the caller's organisation and sites. A thing out of reach looks like one that is not there.

use domain::id::{OrgId, SiteId, StationId};
use domain::personal::DriverDataGrant;
use domain::role::{Caller, Permission, Reach};
use store::StationRow;

use crate::app::App;
use crate::error::Error;

/// What a permitted caller reaches.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    /// The organisation.
    pub org: OrgId,
    /// Only these sites; all when none.
    pub sites: Option<Vec<SiteId>>,
}

impl Pass {
    /// Whether something at `site` is within reach.
    pub fn reaches(&self, site: Option<SiteId>) -> bool {
        match &self.sites {
            None => true,
            Some(sites) => site.is_some_and(|s| sites.contains(&s)),
        }
    }

    /// Whether something at `site` is within reach, as an error where it is not.
    pub fn reach(&self, site: Option<SiteId>) -> Result<(), Error> {
        if self.reaches(site) {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// A station within reach; an archived one is there for its history.
    pub async fn station(&self, app: &App, id: StationId) -> Result<StationRow, Error> {
        let row = app.store().read.station(self.org, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        self.reach(row.station.site)?;
        Ok(row)
    }

    /// The sites of a list: the caller's own, narrowed by what was asked for.
    pub fn narrowed(&self, asked: Option<SiteId>) -> Option<Vec<SiteId>> {
        match asked {
            None => self.sites.clone(),
            Some(site) if self.reaches(Some(site)) => Some(vec![site]),
            Some(_) => Some(Vec::new()),
        }
    }
}

/// Lets `caller` pass for `permission`, or says why not. Busbar itself acts in the root
/// organisation.
pub(crate) async fn permit(
    app: &App,
    caller: &Caller,
    permission: Permission,
) -> Result<Pass, Error> {
    let Ok(reach) = app.gate().reach(caller, permission) else {
        return Err(denied(app, caller, permission));
    };
    match caller.member() {
        Some(member) => Ok(Pass {
            org: member.scope.org,
            sites: match reach {
                Reach::Everywhere => None,
                Reach::Sites(sites) => Some(sites),
                Reach::Nowhere => Some(Vec::new()),
            },
        }),
        None => {
            let org = app.root().await?.ok_or_else(|| {
                Error::conflict(
                    "setup_needed",
                    "There is no organisation yet: run the setup first.",
                )
            })?;
            Ok(Pass { org, sites: None })
        }
    }
}

/// Like [`permit`], for what needs two permissions at the same place.
pub(crate) async fn permit_both(
    app: &App,
    caller: &Caller,
    first: Permission,
    second: Permission,
) -> Result<Pass, Error> {
    permit(app, caller, second).await?;
    permit(app, &caller.where_held(second), first).await
}

/// Like [`permit`], for what needs all of these permissions at the same place.
pub(crate) async fn permit_all(
    app: &App,
    caller: &Caller,
    needs: &[Permission],
) -> Result<Pass, Error> {
    let (Some((last, others)), mut narrowed) = (needs.split_last(), caller.clone()) else {
        return Err(Error::Denied {
            permission: None,
            why: "permission_denied",
        });
    };
    for permission in others {
        permit(app, &narrowed, *permission).await?;
        narrowed = narrowed.where_held(*permission);
    }
    permit(app, &narrowed, *last).await
}

/// Like [`permit`], for what concerns the whole organisation: a member of some sites may not.
pub(crate) async fn permit_whole(
    app: &App,
    caller: &Caller,
    permission: Permission,
) -> Result<Pass, Error> {
    let pass = permit(app, caller, permission).await?;
    match app.gate().check(caller, permission, pass.org, None) {
        Ok(_) => Ok(pass),
        Err(_) => Err(Error::Denied {
            permission: Some(permission),
            why: "permission_denied",
        }),
    }
}

/// Lets only Busbar itself pass: the command line and its timers.
pub(crate) fn permit_system(caller: &Caller) -> Result<(), Error> {
    match caller {
        Caller::System { .. } => Ok(()),
        _ => Err(Error::Denied {
            permission: Some(Permission::SystemManage),
            why: "permission_denied",
        }),
    }
}

fn denied(app: &App, caller: &Caller, permission: Permission) -> Error {
    // A key can lack its scope and whoever made the organisation their right above: no module.
    let by_role = match caller {
        Caller::User(member) if !member.capped => {
            let policy = app.gate().policy();
            policy.of_roles(member.roles).contains(permission)
        }
        _ => false,
    };
    Error::Denied {
        permission: Some(permission),
        why: if by_role {
            "module_inactive"
        } else {
            "permission_denied"
        },
    }
}

/// Whether the caller has a permission at a site, or without one in the whole organisation; for
/// what is shown, never for what is done.
pub(crate) fn has(caller: &Caller, permission: Permission, site: Option<SiteId>) -> bool {
    caller
        .member()
        .is_none_or(|member| member.may(permission, site))
}

/// The right to read driver data of the caller's own organisation, for whoever has it.
#[must_use]
pub fn driver_data(app: &App, caller: &Caller) -> Option<DriverDataGrant> {
    let org = caller.member()?.scope.org;
    app.gate().driver_data(caller, org)
}

/// Refuses whoever may not read driver data: such a filter or text would be an oracle.
pub(crate) fn demand_driver_data(app: &App, caller: &Caller) -> Result<DriverDataGrant, Error> {
    driver_data(app, caller).ok_or(Error::Denied {
        permission: Some(Permission::DriversView),
        why: "driver_data",
    })
}

/// Refuses whoever could not read the driver data that they change. Busbar itself only writes.
pub(crate) fn may_know(app: &App, caller: &Caller) -> Result<(), Error> {
    match caller {
        Caller::System { .. } => Ok(()),
        _ => demand_driver_data(app, caller).map(drop),
    }
}
