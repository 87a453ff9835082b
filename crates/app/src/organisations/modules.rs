//! What an organisation may use: changed by the one above it, never by itself; the root's belong
//! to the operator of the instance. Paid modules are activated one by one, with a confirmation
//! that names the effect.

use bus::News;
use domain::audit::Deed;
use domain::id::OrgId;
use domain::module::{ModuleSet, effect};
use domain::organisation::{ModuleRefusal, cut_back, may_have};
use domain::role::{Caller, Permission};
use serde_json::{Value, json};
use store::{Lane, OrganisationRow, Work};

use super::{OrganisationView, below};
use crate::app::App;
use crate::audit::{self, Brought};
use crate::error::Error;
use crate::gate;
use crate::review::Review;
use crate::revision::Precondition;
use crate::step_up;

/// What happens to organisations below that use what is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uses {
    /// The change is refused, and they are named.
    Refuse,
    /// They lose it too, in the same transaction.
    End,
}

/// A change of what an organisation may use.
#[derive(Debug, Clone)]
enum Change {
    /// Its modules are these; paid ones stay.
    Modules(ModuleSet),
    /// A paid module is activated.
    Activate(String),
    /// A paid module is given up.
    Deactivate(String),
    /// All of it is this: by the operator of the instance.
    All(ModuleSet),
}

impl Change {
    fn apply(&self, modules: &ModuleSet) -> ModuleSet {
        let mut changed = modules.clone();
        match self {
            Self::Modules(set) => changed.modules.clone_from(&set.modules),
            Self::Activate(paid) => {
                changed.paid.insert(paid.clone());
            }
            Self::Deactivate(paid) => {
                changed.paid.remove(paid);
            }
            Self::All(set) => changed.clone_from(set),
        }
        changed
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::Modules(_) | Self::All(_) => "organisations.modules",
            Self::Activate(_) => "organisations.paid_module.activate",
            Self::Deactivate(_) => "organisations.paid_module.deactivate",
        }
    }
}

/// Looks at names of modules.
pub(super) fn review(review: &mut Review, set: &ModuleSet) {
    let unknown = set.missing_from(&ModuleSet::everything());
    let detail = format!("There are no modules {unknown:?}.");
    review.refuse(!unknown.is_empty(), "/modules", "unknown_module", detail);
}

/// Looks at modules that a new organisation is to get: paid ones are activated afterwards.
pub(crate) fn may_offer(set: &ModuleSet) -> Result<(), Error> {
    let mut looked = Review::default();
    review(&mut looked, set);
    let detail = "Paid modules are activated once the organisation is there.";
    looked.refuse(!set.paid.is_empty(), "/modules", "paid_module", detail);
    looked.passed()
}

/// A refusal in the words of the API.
pub(crate) fn refused(refusal: &ModuleRefusal) -> Error {
    match refusal {
        ModuleRefusal::NotAbove(names) => Error::conflict(
            "module_not_available",
            format!("The organisation above does not have {}.", names.join(", ")),
        ),
        ModuleRefusal::InUse(uses) => Error::conflict(
            "module_in_use",
            format!("It is in use by {}.", uses.join("; ")),
        ),
    }
}

/// Sets the modules of an organisation right below the caller's own, with
/// `reseller.modules.edit`. Never more than the caller's own has; paid ones stay as they are.
pub async fn set(
    app: &App,
    caller: &Caller,
    id: OrgId,
    modules: ModuleSet,
    uses: Uses,
    when: &Precondition,
) -> Result<OrganisationView, Error> {
    let permission = Permission::ResellerModulesEdit;
    another(app, caller, id, permission).await?;
    let mut looked = Review::default();
    review(&mut looked, &modules);
    looked.passed()?;
    change(app, caller, id, Change::Modules(modules), uses, when).await
}

/// Activates a paid module of an organisation right below the caller's own, with
/// `modules.paid.activate`, once `confirm` names it, by somebody who showed lately who they are.
pub async fn activate(
    app: &App,
    caller: &Caller,
    id: OrgId,
    paid: &str,
    confirm: Option<&str>,
) -> Result<OrganisationView, Error> {
    let row = paid_of(app, caller, id, paid).await?;
    if confirm != Some(paid) {
        let name = &row.organisation.name;
        let effect = effect(paid).unwrap_or_default();
        let detail = format!(
            "This activates {paid} for {name}, and it is charged from now on. {effect} Confirm by the module's name."
        );
        return Err(Error::conflict("confirm_paid_module", detail));
    }
    step_up::demand(app, caller).await?;
    let act = Change::Activate(paid.to_owned());
    change(app, caller, id, act, Uses::Refuse, &Precondition::None).await
}

/// Gives a paid module up, with `modules.paid.activate`.
pub async fn deactivate(
    app: &App,
    caller: &Caller,
    id: OrgId,
    paid: &str,
    uses: Uses,
) -> Result<OrganisationView, Error> {
    paid_of(app, caller, id, paid).await?;
    let act = Change::Deactivate(paid.to_owned());
    change(app, caller, id, act, uses, &Precondition::None).await
}

async fn paid_of(
    app: &App,
    caller: &Caller,
    id: OrgId,
    paid: &str,
) -> Result<OrganisationRow, Error> {
    let permission = Permission::ModulesPaidActivate;
    let row = another(app, caller, id, permission).await?;
    if effect(paid).is_none() {
        return Err(Error::NotFound);
    }
    Ok(row)
}

/// An organisation right below the caller's own, with `permission`. An organisation's own modules
/// are changed by the one above it.
async fn another(
    app: &App,
    caller: &Caller,
    id: OrgId,
    permission: Permission,
) -> Result<OrganisationRow, Error> {
    let pass = gate::permit_whole(app, caller, permission).await?;
    if pass.org == id {
        return Err(Error::Denied {
            permission: Some(permission),
            why: "own_modules",
        });
    }
    below(app, caller, id, permission).await
}

/// Sets everything that an organisation may use, paid modules included. For the command line
/// only: the root's modules belong to the operator of the instance.
pub async fn operate(
    app: &App,
    caller: &Caller,
    id: OrgId,
    modules: ModuleSet,
    uses: Uses,
) -> Result<OrganisationView, Error> {
    gate::permit_system(caller)?;
    let mut looked = Review::default();
    review(&mut looked, &modules);
    looked.passed()?;
    let none = Precondition::None;
    change(app, caller, id, Change::All(modules), uses, &none).await
}

async fn change(
    app: &App,
    caller: &Caller,
    id: OrgId,
    change: Change,
    uses: Uses,
    when: &Precondition,
) -> Result<OrganisationView, Error> {
    let lane = caller.member().map_or(id, |m| m.scope.org);
    let (when, action) = (when.clone(), change.action());
    let draft = audit::row(app, caller, lane, action, id, None, None);
    let brought = Brought::new(app, &draft);
    let written = app.store().write(Lane::Org(lane), move |work| {
        let (change, when, mut deed) = (change.clone(), when.clone(), draft.clone());
        let brought = brought.clone();
        Box::pin(async move {
            work.organisations_hold().await?;
            let Some(row) = work.organisation_to_change(id).await? else {
                return Ok(Err(Error::NotFound));
            };
            if let Err(stale) = when.admits(row.revision) {
                return Ok(Err(stale));
            }
            let modules = change.apply(&row.modules);
            let above = match row.organisation.parent {
                Some(parent) => work.organisation(parent).await?,
                None => None,
            };
            if let Some(above) = above
                && let Err(refusal) = may_have(&modules, &above.modules)
            {
                return Ok(Err(refused(&refusal)));
            }
            let losing = losing(work, &row, &modules).await?;
            if !losing.is_empty() && uses == Uses::Refuse {
                let names = losing.iter().map(|(below, cut)| {
                    let lost = below.modules.missing_from(cut).join(", ");
                    format!("{} ({lost})", below.organisation.name)
                });
                let refusal = ModuleRefusal::InUse(names.collect());
                return Ok(Err(refused(&refusal)));
            }
            let mut changed = vec![id];
            for (below, cut) in &losing {
                put(work, below, cut).await?;
                changed.push(below.organisation.id);
                let own = below.organisation.id;
                work.audit(&Deed {
                    object: own.to_string(),
                    before: Some(told(&below.modules).to_string()),
                    after: Some(told(cut).to_string()),
                    ..brought.deed(own, "organisations.modules")
                });
            }
            put(work, &row, &modules).await?;
            deed.before = Some(told(&row.modules).to_string());
            let mut after = told(&modules);
            after["lost_below"] = json!(changed[1..]);
            deed.after = Some(after.to_string());
            work.audit(&deed);
            // Those whose modules they are read it in their own trail.
            if id != lane {
                let own = brought.deed(id, action);
                work.audit(&Deed {
                    object: deed.object.clone(),
                    before: deed.before.clone(),
                    after: Some(told(&modules).to_string()),
                    ..own
                });
            }
            let view = OrganisationView {
                organisation: row.organisation,
                modules,
                revision: row.revision + 1,
            };
            Ok(Ok((view, changed)))
        })
    });
    let (view, changed) = written.await??;
    for org in changed {
        app.bus().publish(News::OrganisationChanged(org)).await;
    }
    Ok(view)
}

/// Puts what an organisation may use in place of what it was. It is held since it was read, so that
/// nobody can have changed it.
async fn put(
    work: &mut Work,
    row: &OrganisationRow,
    modules: &ModuleSet,
) -> Result<(), store::Error> {
    let done = work.organisation_update(&row.organisation, modules, row.revision);
    match done.await? {
        true => Ok(()),
        false => Err(changed_meanwhile(row.organisation.id)),
    }
}

/// What was held was changed all the same: nothing of the unit is kept.
pub(super) fn changed_meanwhile(id: OrgId) -> store::Error {
    store::Error::Conflict(format!("{id} was changed meanwhile"))
}

/// The organisations below `row` that would keep less when it has `modules`, and what each keeps.
async fn losing(
    work: &mut Work,
    row: &OrganisationRow,
    modules: &ModuleSet,
) -> Result<Vec<(OrganisationRow, ModuleSet)>, store::Error> {
    let mut losing = Vec::new();
    let mut open = vec![(row.organisation.id, modules.clone())];
    while let Some((above, has)) = open.pop() {
        for below in work.organisations_below(above).await? {
            let cut = cut_back(&below.modules, &has);
            open.push((below.organisation.id, cut.clone()));
            if cut != below.modules {
                losing.push((below, cut));
            }
        }
    }
    Ok(losing)
}

pub(super) fn told(modules: &ModuleSet) -> Value {
    json!({"modules": modules.modules, "paid": modules.paid})
}
