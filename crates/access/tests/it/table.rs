//! The gate and the second decider say the same for every role set, permission and module.

use std::collections::BTreeSet;

use busbar_access::{Gate, Policy};
use domain::module::ModuleSet;
use domain::role::{Permission, Role, RoleSet};

use crate::facts;

async fn gate() -> Gate {
    Gate::new(Policy::built_in().await.unwrap())
}

fn all_role_sets() -> impl Iterator<Item = (RoleSet, Vec<&'static str>)> {
    (0..128u8).map(|bits| {
        let roles = RoleSet::from_bits(bits);
        (roles, roles.iter().map(Role::key).collect())
    })
}

#[test]
fn the_closed_list_is_the_table_and_then_ours() {
    let facts = facts::read();
    assert_eq!(facts.len(), Permission::FROM_TABLE);
    for (fact, permission) in facts.iter().zip(Permission::ALL) {
        assert_eq!(fact.key, permission.key());
        assert_eq!(
            (fact.module.as_str(), fact.submodule.as_str()),
            permission.module()
        );
        assert_eq!(fact.title, permission.title());
        assert_eq!(fact.paid.as_deref(), permission.paid_module());
    }
    let ours: Vec<&str> = Permission::ALL[Permission::FROM_TABLE..]
        .iter()
        .map(|p| p.key())
        .collect();
    let named = [
        "audit.view",
        "keys.manage",
        "webhooks.manage",
        "stations.raw_ocpp",
        "stations.identity.replace",
        "modules.paid.activate",
        "sessions.cancel",
        "drivers.refund",
        "fleet.reimburse",
        "sites.access.manage",
        "system.manage",
    ];
    assert_eq!(ours, named);
}

#[tokio::test]
async fn all_role_sets_get_what_the_table_says() {
    let (gate, facts) = (gate().await, facts::read());
    for (roles, words) in all_role_sets() {
        let got = gate.policy().of_roles(roles);
        for permission in Permission::ALL {
            let should = facts::granted(&facts, &words, permission.key());
            assert_eq!(
                got.contains(*permission),
                should,
                "{words:?} {}",
                permission.key()
            );
        }
    }
}

/// Nothing, everything, each module alone, everything without each, and the same for paid ones.
fn module_sets() -> Vec<ModuleSet> {
    let all = ModuleSet::everything();
    let mut sets = vec![ModuleSet::default(), all.clone()];
    for name in &all.modules {
        let only = BTreeSet::from([name.clone()]);
        sets.push(ModuleSet {
            modules: only.clone(),
            paid: all.paid.clone(),
        });
        let rest = all.modules.difference(&only).cloned().collect();
        sets.push(ModuleSet {
            modules: rest,
            paid: all.paid.clone(),
        });
    }
    for name in &all.paid {
        let only = BTreeSet::from([name.clone()]);
        sets.push(ModuleSet {
            modules: all.modules.clone(),
            paid: only.clone(),
        });
        let rest = all.paid.difference(&only).cloned().collect();
        sets.push(ModuleSet {
            modules: all.modules.clone(),
            paid: rest,
        });
    }
    sets
}

#[tokio::test]
async fn modules_gate_every_role_set() {
    let (gate, facts) = (gate().await, facts::read());
    let sets = module_sets();
    assert!(sets.len() > 40, "{} module sets", sets.len());
    // Of each module set, who has a permission depends on its gate only: decide the gate once.
    for set in &sets {
        let open: BTreeSet<&str> = Permission::ALL
            .iter()
            .map(|p| p.key())
            .filter(|key| facts::has_module(&facts, &set.modules, &set.paid, key))
            .collect();
        for (roles, words) in all_role_sets() {
            let got = gate.permissions(roles, set);
            for permission in Permission::ALL {
                let key = permission.key();
                let single = key.strip_suffix(".batch").unwrap_or(key);
                let should = [key, single]
                    .iter()
                    .all(|key| open.contains(key) && facts::granted(&facts, &words, key));
                assert_eq!(got.contains(*permission), should, "{words:?} {key} {set:?}");
            }
        }
    }
}

#[tokio::test]
async fn batch_and_single_stand_and_fall_together() {
    let (gate, facts) = (gate().await, facts::read());
    let everything = ModuleSet::everything();
    for (roles, words) in all_role_sets() {
        let got = gate.permissions(roles, &everything);
        for permission in Permission::ALL.iter().filter(|p| p.single().is_some()) {
            let (on, paid) = (&everything.modules, &everything.paid);
            let should = facts::allowed(&facts, &words, on, paid, permission.key());
            assert_eq!(
                got.contains(*permission),
                should,
                "{words:?} {}",
                permission.key()
            );
        }
    }
}
