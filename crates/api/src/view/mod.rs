//! What the API shows: one file per noun, each with `to_view` from the domain's values.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod alert;
pub(crate) mod alert_rule;
pub(crate) mod audit;
pub(crate) mod command;
pub(crate) mod driver;
pub(crate) mod firmware;
pub(crate) mod job;
pub(crate) mod key;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod member;
pub(crate) mod organisation;
pub(crate) mod params;
pub(crate) mod passkey;
pub(crate) mod provider;
pub(crate) mod saved_view;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod setting_template;
pub(crate) mod site;
pub(crate) mod site_access;
pub(crate) mod site_map;
pub(crate) mod station;
pub(crate) mod station_import;
pub(crate) mod support;
pub(crate) mod token;
pub(crate) mod webhook;
pub(crate) mod words;

use domain::page::Page;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListView<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Pass as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

impl<T> ListView<T> {
    /// A page as the API has it.
    pub fn to_view<D>(page: Page<D>, view: impl FnMut(D) -> T) -> Self {
        let page = page.map(view);
        Self {
            has_more: page.next.is_some(),
            next_cursor: page.next,
            data: page.rows,
        }
    }
}

/// Tells a field that is null from one that is not there.
#[allow(clippy::option_option)] // which is what it tells
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

/// Reads a field that can be left out but not be null.
pub(crate) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// The stable word of a closed list.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
