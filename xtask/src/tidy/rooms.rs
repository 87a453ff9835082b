//! The street map as data: which crate may depend on which of ours, and which technology belongs
//! to which room. Compared with what `cargo metadata` says.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Finding;

/// One crate of the workspace.
struct Room {
    /// Its folder, which is also its name in house language.
    folder: &'static str,
    /// The name of its package.
    package: &'static str,
    /// What of ours it may depend on.
    may: &'static [&'static str],
    /// What of ours its tests may depend on besides.
    tests_may: &'static [&'static str],
}

const fn room(
    folder: &'static str,
    package: &'static str,
    may: &'static [&'static str],
    tests_may: &'static [&'static str],
) -> Room {
    Room {
        folder,
        package,
        may,
        tests_may,
    }
}

#[rustfmt::skip]
const ROOMS: [Room; 14] = [
    room("domain", "busbar-domain", &[], &[]),
    room("ocpp", "busbar-ocpp", &["domain"], &[]),
    room("access", "busbar-access", &["domain"], &[]),
    room("store", "busbar-store", &["domain", "migrations"], &[]),
    room("bus", "busbar-bus", &["domain"], &[]),
    room("egress", "busbar-egress", &["domain"], &[]),
    room("app", "busbar-app", &["domain", "access", "store", "bus", "egress"], &["app"]),
    room("gateway", "busbar-gateway", &["domain", "ocpp", "bus", "app"], &[]),
    room("api", "busbar-api", &["domain", "app"], &[]),
    room("busbar", "busbar", &["domain", "ocpp", "access", "store", "bus", "egress", "app",
        "gateway", "api", "migrations", "simulators"], &[]),
    room("migrations", "busbar-migrations", &[], &[]),
    room("simulators", "busbar-sim", &[], &[]),
    room("tests", "busbar-tests", &["busbar", "simulators"], &["busbar", "simulators", "api"]),
    room("xtask", "xtask", &[], &[]),
];

/// A technology and the only rooms that may name it. The simulators, the stories and the
/// migrations stand outside the walls and are listed where they need it.
#[rustfmt::skip]
const TECHNOLOGIES: [(&str, &[&str]); 24] = [
    ("rust-ocpp", &["simulators"]),
    ("casbin", &["access"]),
    ("sea-orm", &["store", "tests"]),
    ("sea-orm-migration", &["store", "migrations"]),
    ("sqlx", &[]),
    ("redis", &["bus"]),
    ("lettre", &["egress"]),
    ("openidconnect", &["egress"]),
    ("reqwest", &["egress", "tests"]),
    ("tokio-tungstenite", &["gateway", "simulators", "tests"]),
    ("tungstenite", &["gateway", "simulators", "tests"]),
    ("hyper", &["gateway"]),
    ("libunftp", &["gateway"]),
    ("rumqttc", &["gateway"]),
    ("actix-web", &["api"]),
    ("actix-files", &["api"]),
    ("rust-embed", &["api"]),
    ("utoipa", &["api"]),
    ("clap", &["busbar", "simulators"]),
    ("tracing-subscriber", &["busbar", "simulators"]),
    ("toml", &["busbar"]),
    ("indicatif", &["busbar", "simulators"]),
    ("tar", &["busbar"]),
    ("zstd", &["busbar"]),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 11] = [
    "core", "common", "shared", "util", "utils", "helper", "helpers", "types", "models", "manager",
    "service",
];

/// What cargo says about the workspace.
pub(super) fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .map_err(|e| format!("tidy: cargo metadata does not start: {e}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("tidy: cargo metadata failed: {said}"));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("tidy: cargo metadata: {e}"))
}

pub(super) fn check(metadata: &Value) -> Result<Vec<Finding>, String> {
    let packages = metadata["packages"]
        .as_array()
        .ok_or("tidy: cargo metadata has no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if name.split('-').any(|part| EMPTY_NAMES.contains(&part)) {
            findings.push(Finding::new(
                name,
                0,
                "the name says nothing about what is inside",
            ));
        }
        let Some(room) = ROOMS.iter().find(|room| room.package == name) else {
            let what = "is not on the street map: an eleventh crate needs a reason, see \
                        docs/ARCHITECTURE.md, and a row in xtask/src/tidy/rooms.rs";
            findings.push(Finding::new(name, 0, what));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let named = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            findings.extend(judge(room, named, for_tests));
        }
    }
    for room in &ROOMS {
        if !packages
            .iter()
            .any(|package| package["name"].as_str() == Some(room.package))
        {
            findings.push(Finding::new(
                room.folder,
                0,
                "is on the street map, and not there",
            ));
        }
    }
    Ok(findings)
}

fn judge(room: &Room, named: &str, for_tests: bool) -> Option<Finding> {
    if let Some(other) = ROOMS.iter().find(|other| other.package == named) {
        let may =
            room.may.contains(&other.folder) || for_tests && room.tests_may.contains(&other.folder);
        let what = || {
            format!(
                "must not depend on {}: see docs/ARCHITECTURE.md",
                other.folder
            )
        };
        return (!may).then(|| Finding::new(room.folder, 0, what()));
    }
    let (_, rooms) = TECHNOLOGIES
        .iter()
        .find(|(technology, _)| *technology == named)?;
    let what = || match rooms {
        [] => format!("must not name {named}; nobody may"),
        rooms => format!(
            "must not name {named}; that is for {} only",
            rooms.join(", ")
        ),
    };
    (!rooms.contains(&room.folder)).then(|| Finding::new(room.folder, 0, what()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn street(changed: &str, dependencies: &Value) -> Value {
        let packages: Vec<Value> = ROOMS
            .iter()
            .map(|room| match room.package == changed {
                true => json!({ "name": room.package, "dependencies": dependencies }),
                false => json!({ "name": room.package, "dependencies": [] }),
            })
            .collect();
        json!({ "packages": packages })
    }

    fn whats(changed: &str, dependencies: &Value) -> Vec<String> {
        let found = check(&street(changed, dependencies)).unwrap();
        found.into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn a_door_does_not_reach_the_store() {
        let on_store = json!([{ "name": "busbar-store", "kind": null }]);
        assert_eq!(whats("busbar-gateway", &on_store).len(), 1);
        assert_eq!(whats("busbar-api", &on_store).len(), 1);
        assert_eq!(whats("busbar-app", &on_store), [""; 0]);
    }

    #[test]
    fn a_technology_has_one_room() {
        let on_casbin = json!([{ "name": "casbin", "kind": null }]);
        assert!(whats("busbar-app", &on_casbin)[0].contains("access only"));
        assert_eq!(whats("busbar-access", &on_casbin), [""; 0]);
    }

    #[test]
    fn tests_may_reach_a_little_further() {
        let own = |kind: &str| json!([{ "name": "busbar-app", "kind": kind }]);
        assert_eq!(whats("busbar-app", &own("dev")), [""; 0]);
        assert_eq!(whats("busbar-app", &own("build")).len(), 1);
    }

    #[test]
    fn every_crate_is_on_the_map_and_there() {
        let mut with_stranger = street("", &Value::Null);
        with_stranger["packages"][0]["name"] = json!("busbar-common");
        let found = check(&with_stranger).unwrap();
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
