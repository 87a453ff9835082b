//! Goldens: what real stations send, and what is read from it. The cases are in
//! `src/testdata/quirks.ndjson`: quirk, version, message, sent, read, repairs (path and code) and,
//! where something stays wrong, remaining.

use busbar_ocpp::catalogue::{Catalogue, Version};
use busbar_ocpp::frame::payload_value;
use busbar_ocpp::lenient::repair;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    quirk: String,
    version: String,
    message: String,
    sent: Box<RawValue>,
    read: Box<RawValue>,
    repairs: Vec<(String, String)>,
    #[serde(default)]
    remaining: Vec<(String, String)>,
}

#[test]
fn field_goldens() {
    let cases = include_str!("../../src/testdata/quirks.ndjson");
    let mut failed = Vec::new();
    for line in cases.lines().filter(|line| !line.is_empty()) {
        let case: Case = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let version = Version::from_number(&case.version).unwrap();
        let message = Catalogue::of(version).message(&case.message).unwrap();
        let got = repair(&message, payload_value(case.sent.get()).unwrap());
        let repairs: Vec<_> = got
            .repairs
            .iter()
            .map(|repair| (repair.path.clone(), repair.code.to_wire(version).to_owned()))
            .collect();
        let remaining: Vec<_> = got
            .remaining
            .iter()
            .map(|left| (left.path.clone(), left.code.to_wire(version).to_owned()))
            .collect();
        let read = payload_value(case.read.get()).unwrap();
        if got.value != read || repairs != case.repairs || remaining != case.remaining {
            failed.push(format!(
                "{}\n  {}\n  {:?}\n  {:?}",
                case.quirk, got.value, got.repairs, got.remaining
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
