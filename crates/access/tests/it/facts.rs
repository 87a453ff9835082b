//! A second decider, written from the sentences of the design and the table of facts alone. It
//! shares neither the policy, nor the bit sets, nor the module rule with the product, and works
//! on words only.

use std::collections::BTreeSet;

/// The table of facts, as it was given.
const TABLE: &str = include_str!("../../../../casbin/permissions.csv");

/// One permission of the table.
pub struct Fact {
    pub key: String,
    pub module: String,
    pub submodule: String,
    pub title: String,
    pub roles: BTreeSet<String>,
    pub paid: Option<String>,
}

/// All rows of the table.
pub fn read() -> Vec<Fact> {
    let mut reader = csv::Reader::from_reader(TABLE.as_bytes());
    let header = reader.headers().unwrap().clone();
    let mut facts = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let cell = |name: &str| {
            let place = header.iter().position(|h| h == name).unwrap();
            record.get(place).unwrap().to_owned()
        };
        let mut roles = BTreeSet::new();
        for role in &header.iter().collect::<Vec<_>>()[4..10] {
            match cell(role).as_str() {
                "yes" => assert!(roles.insert((*role).to_owned())),
                "no" => {}
                other => panic!("{other:?} is neither yes nor no"),
            }
        }
        facts.push(Fact {
            key: cell("permission"),
            module: cell("module"),
            submodule: cell("submodule"),
            title: cell("title"),
            roles,
            paid: Some(cell("needs_paid_module")).filter(|paid| !paid.is_empty()),
        });
    }
    facts
}

/// Our own permissions, which have no row: who has them beside the Administrator.
pub fn ours(key: &str) -> Option<&'static str> {
    match key {
        "stations.raw_ocpp" => Some("technician"),
        "modules.paid.activate" => Some("paid_module_activator"),
        "sessions.cancel" | "drivers.refund" | "fleet.reimburse" => Some("financial_support"),
        _ => None,
    }
}

/// Of our own, the module with which it is done.
fn done_with(key: &str) -> Option<&'static str> {
    match key {
        "stations.raw_ocpp" | "stations.identity.replace" => Some("Station management/Manage"),
        "sessions.cancel" => Some("Station management/Charging history"),
        "modules.paid.activate" => Some("Customership/Reseller"),
        "drivers.refund" | "fleet.reimburse" => Some("Customership/Billing"),
        _ => None,
    }
}

/// Whether some of `roles` has the permission, before modules.
pub fn granted(facts: &[Fact], roles: &[&str], key: &str) -> bool {
    if key == "system.manage" {
        return false; // the instance operator's, whatever one is in an organisation
    }
    roles.contains(&"administrator")
        || match facts.iter().find(|fact| fact.key == key) {
            Some(fact) => roles.iter().any(|role| fact.roles.contains(*role)),
            None => roles.iter().any(|role| ours(key) == Some(*role)),
        }
}

/// Whether the organisation has the module, and the paid module, of the permission.
pub fn has_module(
    facts: &[Fact],
    on: &BTreeSet<String>,
    paid: &BTreeSet<String>,
    key: &str,
) -> bool {
    let Some(fact) = facts.iter().find(|fact| fact.key == key) else {
        // Of ours, what is done with a module is off without it; the rest is outside all of them.
        return done_with(key).is_none_or(|name| on.contains(name));
    };
    let submodule_on = |module: &str, submodule: &str| {
        module == "General navigation"
            || submodule == "My organisation"
            || submodule == "My team"
            || on.contains(&format!("{module}/{submodule}"))
    };
    let module_on = if fact.submodule.is_empty() {
        facts
            .iter()
            .filter(|other| other.module == fact.module && !other.submodule.is_empty())
            .any(|other| submodule_on(&other.module, &other.submodule))
    } else {
        submodule_on(&fact.module, &fact.submodule)
    };
    module_on
        && fact
            .paid
            .as_ref()
            .is_none_or(|needed| paid.contains(needed))
}

/// The whole formula for an organisation-wide member, a batch permission needing its single one.
pub fn allowed(
    facts: &[Fact],
    roles: &[&str],
    on: &BTreeSet<String>,
    paid: &BTreeSet<String>,
    key: &str,
) -> bool {
    let alone = |key: &str| granted(facts, roles, key) && has_module(facts, on, paid, key);
    alone(key) && key.strip_suffix(".batch").is_none_or(alone)
}
