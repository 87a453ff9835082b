//! Every message: its least and greatest payload pass, each mutation fails at its place with its
//! code, and lenient reading gets along with all of them.

use busbar_ocpp::catalogue::{Catalogue, Message, Version};
use busbar_ocpp::check::check;
use busbar_ocpp::lenient::repair;

use crate::forge;

fn all_messages() -> impl Iterator<Item = Message> {
    Version::ALL
        .into_iter()
        .flat_map(|version| Catalogue::of(version).messages())
}

#[test]
fn least_and_greatest_pass_and_stay_as_they_are() {
    for message in all_messages() {
        for payload in [forge::least(&message), forge::greatest(&message)] {
            assert_eq!(check(&message, &payload), [], "{message:?} {payload}");
            let repaired = repair(&message, payload.clone());
            assert_eq!(repaired.value, payload, "{message:?}");
            assert_eq!(repaired.repairs, [], "{message:?} {payload}");
            assert_eq!(repaired.remaining, [], "{message:?}");
        }
    }
}

#[test]
fn each_mutation_fails_with_its_code_at_its_place() {
    let mut count = 0;
    for message in all_messages() {
        for mutation in forge::mutations(&message) {
            let found = check(&message, &mutation.payload);
            let context = format!("{} {} at {}", message.name, mutation.what, mutation.path);
            assert!(
                !found.is_empty(),
                "{context} passed in {:?}",
                message.version
            );
            for violation in found {
                assert_eq!(violation.path, mutation.path, "{context}: {violation:?}");
                assert_eq!(violation.code, mutation.code, "{context}: {violation:?}");
            }
            count += 1;
        }
    }
    assert!(count > 10_000, "only {count} mutations");
}

#[test]
fn a_repair_leaves_nothing_worse_and_is_told() {
    for message in all_messages() {
        // Every kind of fault of every message, but of the largest messages not at every place.
        let mutations = forge::mutations(&message);
        for mutation in mutations.iter().step_by(mutations.len() / 150 + 1) {
            let before = check(&message, &mutation.payload);
            let repaired = repair(&message, mutation.payload.clone());
            let context = format!("{} {} at {}", message.name, mutation.what, mutation.path);
            assert!(
                repaired.remaining.len() <= before.len(),
                "{context}: {:?}",
                repaired.remaining
            );
            if repaired.value != mutation.payload || repaired.remaining.is_empty() {
                assert!(!repaired.repairs.is_empty(), "{context}");
            }
            let again = repair(&message, repaired.value.clone());
            assert_eq!(again.value, repaired.value, "{context}");
        }
    }
}

#[test]
fn optional_things_never_remain() {
    for message in all_messages() {
        for field in message.body().fields.iter().filter(|field| !field.required) {
            let mut payload = forge::least(&message);
            for nonsense in [
                serde_json::json!(null),
                serde_json::json!(""),
                serde_json::json!([[]]),
            ] {
                payload[field.name] = nonsense;
                let repaired = repair(&message, payload.clone());
                assert_eq!(repaired.remaining, [], "{} {}", message.name, field.name);
            }
        }
    }
}
