//! How much a station takes in one message, and how a list of variables is cut into calls that stay
//! within it (2.x DeviceDataCtrlr.ItemsPerMessage and BytesPerMessage, MonitoringCtrlr for
//! monitors; 1.6 GetConfigurationMaxKeys).

use domain::command::{CommandError, VariableName};
use domain::setting::folded;
use domain::variable::VariableReading;
use serde_json::{Value, json};

use super::plan::{PlannedCall, call};
use super::{Dialect, Version};

/// Items in one call where the station told no bound of its own; few allow less.
const ITEMS: usize = 20;
/// What a frame is beside the payload: type, id and the punctuation around.
const AROUND: usize = 48;

/// One bound on messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bound {
    /// The most items.
    pub items: Option<usize>,
    /// The most bytes of the whole frame.
    pub bytes: Option<usize>,
}

/// How much a station takes in one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Portions {
    /// When variables are read.
    pub read: Bound,
    /// When they are written.
    pub write: Bound,
    /// When monitors are set.
    pub monitor: Bound,
}

/// Variable, instance, and what it bounds.
const BOUNDS: [(&str, &str, &str); 6] = [
    ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"),
    ("DeviceDataCtrlr", "BytesPerMessage", "GetVariables"),
    ("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"),
    ("DeviceDataCtrlr", "BytesPerMessage", "SetVariables"),
    (
        "MonitoringCtrlr",
        "ItemsPerMessage",
        "SetVariableMonitoring",
    ),
    (
        "MonitoringCtrlr",
        "BytesPerMessage",
        "SetVariableMonitoring",
    ),
];
/// The key of 1.6.
const KEYS: &str = "GetConfigurationMaxKeys";

impl Dialect {
    /// The variables in which a station tells how much it takes.
    #[must_use]
    pub fn bounds(self) -> Vec<VariableName> {
        if self.version() == Version::V16 {
            return vec![VariableName::key(KEYS)];
        }
        let of = |(component, variable, instance): (&str, &str, &str)| VariableName {
            variable_instance: Some(instance.to_owned()),
            ..VariableName::of(component, variable)
        };
        let whole = VariableName::of("DeviceDataCtrlr", "ItemsPerMessage");
        BOUNDS
            .into_iter()
            .map(of)
            .chain(std::iter::once(whole))
            .collect()
    }
}

impl Portions {
    /// From what a station told of [`Dialect::bounds`].
    #[must_use]
    pub fn told(readings: &[VariableReading]) -> Self {
        let value = |name: &VariableName| {
            let name = folded(name);
            let found = readings.iter().find(|r| folded(&r.name) == name)?;
            let text = found.value.as_deref()?.trim();
            // A bound of nothing would forbid everything, and was never meant.
            text.parse::<usize>().ok().filter(|bound| *bound > 0)
        };
        let bound = |component: &str, variable: &str, instance: &str| {
            let name = VariableName::of(component, variable);
            let own = VariableName {
                variable_instance: Some(instance.to_owned()),
                ..name.clone()
            };
            value(&own).or_else(|| value(&name))
        };
        let of = |component: &str, instance: &str| Bound {
            items: bound(component, "ItemsPerMessage", instance),
            bytes: bound(component, "BytesPerMessage", instance),
        };
        let mut portions = Self {
            read: of("DeviceDataCtrlr", "GetVariables"),
            write: of("DeviceDataCtrlr", "SetVariables"),
            monitor: of("MonitoringCtrlr", "SetVariableMonitoring"),
        };
        if let Some(keys) = value(&VariableName::key(KEYS)) {
            portions.read.items = Some(keys);
        }
        portions
    }
}

/// Cuts `items` into calls within `bound`.
///
/// # Errors
/// `too_large` when one item alone is beyond the bytes that the station takes.
pub(crate) fn portions(
    action: &str,
    list: &str,
    items: &[Value],
    bound: Bound,
) -> Result<Vec<PlannedCall>, CommandError> {
    let most = bound.items.unwrap_or(ITEMS);
    let room = bound.bytes.map(|bytes| {
        // `{"list":[` and `]}`, the name of the action and its quotes.
        let fixed = AROUND + action.len() + list.len() + 8;
        bytes.saturating_sub(fixed)
    });
    let mut calls = Vec::new();
    let (mut portion, mut size): (Vec<&Value>, usize) = (Vec::new(), 0);
    for item in items {
        let own = item.to_string().len() + 1;
        if room.is_some_and(|room| own > room) {
            return Err(CommandError {
                code: "too_large".to_owned(),
                text: format!(
                    "One variable alone is longer than the {} bytes that the station takes in a \
                     message.",
                    bound.bytes.unwrap_or_default()
                ),
                places: Vec::new(),
            });
        }
        let full = portion.len() >= most || room.is_some_and(|room| size + own > room);
        if full && !portion.is_empty() {
            calls.push(call(action, &json!({list: portion})));
            (portion, size) = (Vec::new(), 0);
        }
        portion.push(item);
        size += own;
    }
    if !portion.is_empty() {
        calls.push(call(action, &json!({list: portion})));
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn calls_stay_within_both_bounds_and_lose_nothing() {
        let items: Vec<Value> = (0..97)
            .map(|n| json!({"component": {"name": "Box"}, "variable": {"name": format!("V{n}")}}))
            .collect();
        for (most, bytes) in [(7, 10_000), (1_000, 400), (5, 300), (1, 200)] {
            let bound = Bound {
                items: Some(most),
                bytes: Some(bytes),
            };
            let calls = portions("GetVariables", "getVariableData", &items, bound).unwrap();
            let mut seen = Vec::new();
            for call in calls {
                let id = uuid_like();
                let frame = format!("[2,\"{id}\",\"{}\",{}]", call.action, call.payload);
                assert!(frame.len() <= bytes, "{} of {bytes}", frame.len());
                let payload: Value = serde_json::from_str(&call.payload).unwrap();
                let list = payload["getVariableData"].as_array().unwrap().clone();
                assert!(list.len() <= most);
                seen.extend(list);
            }
            assert_eq!(seen, items);
        }
        let tiny = Bound {
            items: None,
            bytes: Some(90),
        };
        let refused = portions("GetVariables", "getVariableData", &items, tiny);
        assert_eq!(refused.unwrap_err().code, "too_large");
    }

    fn uuid_like() -> String {
        "0".repeat(36)
    }
}
