//! Templates: what all stations of a vendor, model and range of firmware should be set to.
//!
//! Owns which stations a template fits and which of several counts. A template is edited as a
//! whole, and each edit is a version of its own.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Wish;
use crate::clock::Moment;
use crate::id::{OrgId, TemplateId};
use crate::station::Hardware;

/// Which stations a template is for; what is none fits all. Texts are compared without case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// The manufacturer, or a beginning with `*` behind it.
    pub vendor: Option<String>,
    /// The model, or a beginning with `*` behind it.
    pub model: Option<String>,
    /// The oldest firmware.
    pub firmware_from: Option<String>,
    /// The newest firmware.
    pub firmware_to: Option<String>,
}

/// Why a fit is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// A `*` elsewhere than at the end.
    #[error("A * stands at the end only.")]
    Star,
    /// The newest firmware is older than the oldest.
    #[error("The last firmware is older than the first.")]
    Range,
}

impl Fit {
    /// Whether it can fit anything.
    ///
    /// # Errors
    /// [`FitError`] says what cannot be.
    pub fn checked(&self) -> Result<(), FitError> {
        for text in [&self.vendor, &self.model].into_iter().flatten() {
            if text.trim().trim_end_matches('*').contains('*') || text.contains("**") {
                return Err(FitError::Star);
            }
        }
        match (&self.firmware_from, &self.firmware_to) {
            (Some(from), Some(to)) if newest(from, to) == Ordering::Greater => Err(FitError::Range),
            _ => Ok(()),
        }
    }

    /// Whether a station of this make is meant. One that has not told its make is not, where the
    /// template asks for one.
    #[must_use]
    pub fn fits(&self, hardware: &Hardware) -> bool {
        let firmware = hardware.firmware_version.as_deref();
        let from = self.firmware_from.as_deref();
        let to = self.firmware_to.as_deref();
        let within = |bound: Option<&str>, bad: Ordering| match (bound, firmware) {
            (None, _) => true,
            (Some(bound), Some(own)) => newest(own, bound) != bad,
            (Some(_), None) => false,
        };
        pattern(self.vendor.as_deref(), hardware.vendor.as_deref())
            && pattern(self.model.as_deref(), hardware.model.as_deref())
            && within(from, Ordering::Less)
            && within(to, Ordering::Greater)
    }
}

fn pattern(wanted: Option<&str>, own: Option<&str>) -> bool {
    let Some(wanted) = wanted.map(|text| text.trim().to_lowercase()) else {
        return true;
    };
    let own = own.map(|text| text.trim().to_lowercase());
    match (wanted.strip_suffix('*'), own) {
        (Some(""), _) => true,
        (Some(beginning), Some(own)) => own.starts_with(beginning),
        (None, Some(own)) => own == wanted,
        (_, None) => false,
    }
}

/// Compares versions of firmware: runs of digits as numbers, all else as small letters; what is
/// longer is newer.
#[must_use]
pub fn newest(one: &str, other: &str) -> Ordering {
    let (one, other) = (pieces(one), pieces(other));
    for (a, b) in one.iter().zip(&other) {
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            // A number is newer than a word: 1.2.0 comes after 1.2.rc1.
            (Ok(_), Err(_)) => Ordering::Greater,
            (Err(_), Ok(_)) => Ordering::Less,
            (Err(_), Err(_)) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut digits = None;
    for c in text.trim().to_lowercase().chars() {
        if !c.is_alphanumeric() {
            digits = None;
            continue;
        }
        let digit = c.is_ascii_digit();
        match pieces.last_mut() {
            Some(last) if digits == Some(digit) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        digits = Some(digit);
    }
    // A leading v is no part of the number.
    if pieces.len() > 1 && pieces.first().is_some_and(|first| first == "v") {
        pieces.remove(0);
    }
    pieces
}

/// What a version of a template says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateBody {
    /// Its name for people.
    pub name: String,
    /// Which stations it is for.
    pub fit: Fit,
    /// Whether it counts for every station that it fits; else only where somebody chose it.
    pub automatic: bool,
    /// The higher counts where several fit.
    pub priority: i32,
    /// Whether a station may be restarted when it is idle, where a setting needs it.
    pub reset_when_idle: bool,
    /// What its stations should be set to.
    pub values: Vec<Wish>,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Whose.
    pub org: OrgId,
    /// What it says now.
    pub body: TemplateBody,
    /// Counts its edits, from 1 on.
    pub version: i64,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last edited.
    pub edited_at: Moment,
    /// The name of whoever edited it last.
    pub edited_by: String,
}

impl Template {
    /// The template of a station of this make among those of its organisation: the chosen one where
    /// it is still there, else the automatic one that fits with the highest priority; the older one of two equals.
    #[must_use]
    pub fn of<'a>(
        all: &'a [Self],
        chosen: Option<TemplateId>,
        hardware: &Hardware,
    ) -> Option<&'a Self> {
        let chosen = chosen.and_then(|chosen| all.iter().find(|one| one.id == chosen));
        if chosen.is_some() {
            return chosen;
        }
        let mut fitting: Vec<&Self> = all
            .iter()
            .filter(|one| one.body.automatic && one.body.fit.fits(hardware))
            .collect();
        fitting.sort_by_key(|one| (-i64::from(one.body.priority), one.created_at, one.id));
        fitting.first().copied()
    }
}
