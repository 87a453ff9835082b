//! How values look in a row: moments as unix milliseconds, closed lists as their words.

use chrono::DateTime;
use domain::clock::Moment;
use domain::role::{Permission, PermissionSet};
use sea_orm::sea_query::LikeExpr;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, corrupt};

/// A moment as the database has it.
pub fn ms(moment: Moment) -> i64 {
    moment.timestamp_millis()
}

/// A moment as the domain has it.
pub fn moment(ms: i64) -> Result<Moment, Error> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| corrupt(format!("{ms} is no moment")))
}

/// An optional moment as the domain has it.
pub fn maybe_moment(ms: Option<i64>) -> Result<Option<Moment>, Error> {
    ms.map(moment).transpose()
}

/// The word of a closed list.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// The value of a word.
pub fn from_word<T: DeserializeOwned>(word: &str) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| corrupt(format!("{word:?} is not a word of its list")))
}

/// A structured value as JSON text.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A structured value back from JSON text.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(corrupt)
}

/// Permissions as JSON text.
pub fn permissions(set: PermissionSet) -> String {
    json(&set.iter().map(Permission::key).collect::<Vec<_>>())
}

/// Permissions back from JSON text. One that is not known is a fault, not a smaller set: what is
/// missing could be a denial.
pub fn permissions_from(text: &str) -> Result<PermissionSet, Error> {
    let keys: Vec<String> = from_json(text)?;
    let known = |key: &String| {
        Permission::from_key(key).ok_or_else(|| corrupt(format!("{key:?} is no permission")))
    };
    keys.iter().map(known).collect()
}

/// A pattern for texts in lower case that have `text` in them, without case.
pub(crate) fn containing(text: &str) -> LikeExpr {
    let text = text.trim().to_lowercase().replace('\\', "\\\\");
    let text = text.replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{text}%")).escape('\\')
}
