//! What a decision costs once the policy is loaded, beside casbin's own figure in the same run.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // the figures are what it is for

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use busbar_access::{Gate, Policy};
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use domain::id::{OrgId, SiteId, UserId};
use domain::module::ModuleSet;
use domain::role::{Caller, Member, Permission, RoleSet, Scope};
use domain::site_access::{Level, SiteAccess};
use uuid::Uuid;

const MODEL: &str = include_str!("../../../casbin/model.conf");
const POLICY: &str = include_str!("../../../casbin/policy.csv");
/// How long each figure is measured.
const LONG: Duration = Duration::from_millis(500);

/// Nanoseconds of one run of `work`, which makes `deeds` decisions.
fn each(deeds: usize, mut work: impl FnMut()) -> f64 {
    let (began, mut runs) = (Instant::now(), 0_u32);
    while began.elapsed() < LONG {
        work();
        runs += 1;
    }
    #[allow(clippy::cast_precision_loss)] // a few thousand
    let decisions = f64::from(runs) * deeds as f64;
    began.elapsed().as_secs_f64() * 1e9 / decisions
}

async fn casbin() -> Enforcer {
    let model = DefaultModel::from_str(MODEL).await.unwrap();
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default())
        .await
        .unwrap();
    let lines = POLICY
        .lines()
        .filter(|line| line.starts_with("p,"))
        .map(|line| {
            line.split(',')
                .skip(1)
                .map(|f| f.trim().to_owned())
                .collect()
        });
    enforcer.add_policies(lines.collect()).await.unwrap();
    enforcer
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let gate = Gate::new(Policy::built_in().await.unwrap());
    let modules = ModuleSet::everything();
    let roles = RoleSet::from_bits(0b000_1010);
    let org = OrgId::from_uuid(Uuid::from_u128(1));
    let sites: Vec<SiteId> = (0..20)
        .map(|n| SiteId::from_uuid(Uuid::from_u128(n)))
        .collect();
    let rights = gate.site_rights(&SiteAccess::of(Level::Admin), &modules);
    let caller = |reach: Option<Vec<SiteId>>, access: &[SiteId]| {
        Caller::User(Member {
            user: UserId::from_uuid(Uuid::from_u128(1)),
            name: "Bo".to_owned(),
            login: None,
            viewed_as: None,
            scope: Scope { org, sites: reach },
            roles,
            capped: false,
            permissions: gate.permissions(roles, &modules),
            site_rights: access
                .iter()
                .map(|s| (*s, rights))
                .collect::<BTreeMap<_, _>>(),
        })
    };
    let decide = |who: &Caller, site: Option<SiteId>| {
        each(Permission::ALL.len(), || {
            for permission in Permission::ALL {
                let _ = black_box(gate.check(black_box(who), *permission, org, site));
            }
        })
    };
    let whole = decide(&caller(None, &[]), None);
    let of_20 = decide(&caller(Some(sites.clone()), &[]), sites.last().copied());
    let shared = decide(&caller(Some(Vec::new()), &sites), sites.last().copied());
    let enforcer = casbin().await;
    let asked: Vec<_> = roles.iter().collect();
    let theirs = each(Permission::ALL.len() * asked.len(), || {
        for permission in Permission::ALL {
            for role in &asked {
                black_box(enforcer.enforce((role.key(), permission.key())).unwrap());
            }
        }
    });
    println!("a decision, whole organisation       {whole:>10.1} ns");
    println!("a decision, roles at 20 sites        {of_20:>10.1} ns");
    println!("a decision, access to 20 sites       {shared:>10.1} ns");
    println!(
        "casbin, one role and permission      {theirs:>10.1} ns   ({:.0} times)",
        theirs / whole
    );
    let worst = whole.max(of_20).max(shared);
    let aim = if worst < 1_000.0 { "met" } else { "missed" };
    println!("aim: a decision under 1 µs           {aim}");
}
