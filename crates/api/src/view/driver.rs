//! EV drivers as the API shows and takes them. Only callers with the right to driver data get here.

use app::drivers::{DriverEdit, DriverRow};
use app::revision::Precondition;
use chrono::{DateTime, Utc};
use domain::driver::DriverState;
use domain::personal::DriverDataGrant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{present, said, word, words};
use crate::table::columns;

/// An EV driver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriverView {
    pub id: String,
    /// Empty once erased.
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub plate: Option<String>,
    /// Contract of an ISO 15118 vehicle (EMAID).
    pub contract_id: Option<String>,
    /// What another system calls the driver.
    pub reference: Option<String>,
    pub note: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    #[schema(value_type = words::DriverState)]
    pub state: String,
    /// How many tokens the driver has.
    pub tokens: i64,
    /// When one of them was last presented.
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// When everything that named the driver was removed.
    pub erased_at: Option<DateTime<Utc>>,
}

impl DriverView {
    pub fn to_view(row: DriverRow, grant: &DriverDataGrant) -> Self {
        let details = row.driver.details.reveal(grant).clone();
        Self {
            id: row.driver.id.to_string(),
            name: details.name,
            email: details.email,
            phone: details.phone,
            plate: details.plate,
            contract_id: details.contract_id,
            reference: details.reference,
            note: details.note,
            language: details.language,
            state: word(&row.driver.state),
            tokens: row.tokens,
            last_used_at: row.last_used_at,
            created_at: row.driver.created_at,
            erased_at: row.driver.erased_at,
        }
    }
}

columns!(DriverView: driver => {
    "id": driver.id,
    "name": driver.name,
    "email": driver.email,
    "phone": driver.phone,
    "plate": driver.plate,
    "contract_id": driver.contract_id,
    "reference": driver.reference,
    "note": driver.note,
    "language": driver.language,
    "state": driver.state,
    "tokens": driver.tokens,
    "last_used_at": driver.last_used_at,
    "created_at": driver.created_at,
    "erased_at": driver.erased_at,
});

/// A new driver.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriverBody {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub plate: Option<String>,
    /// Contract of an ISO 15118 vehicle (EMAID).
    pub contract_id: Option<String>,
    /// What another system calls the driver.
    pub reference: Option<String>,
    pub note: Option<String>,
    /// BCP 47: `de`, `de-AT`.
    pub language: Option<String>,
}

impl DriverBody {
    /// The driver that is to be made.
    pub fn from_body(body: Self) -> DriverEdit {
        DriverEdit {
            name: Some(body.name),
            email: Some(body.email),
            phone: Some(body.phone),
            plate: Some(body.plate),
            contract_id: Some(body.contract_id),
            reference: Some(body.reference),
            note: Some(body.note),
            language: Some(body.language),
            ..DriverEdit::default()
        }
    }
}

/// Changes to a driver: a field left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriverChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub plate: Option<Option<String>>,
    /// Contract of an ISO 15118 vehicle (EMAID).
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub contract_id: Option<Option<String>>,
    /// What another system calls the driver.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub note: Option<Option<String>>,
    /// BCP 47: `de`, `de-AT`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub language: Option<Option<String>>,
    /// `blocked` and `archived` keep the driver from charging, with any token.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::DriverState, required = false)]
    pub state: Option<DriverState>,
}

impl DriverChange {
    /// What is said of the driver anew, where `when` holds.
    pub fn from_body(body: Self, when: Precondition) -> DriverEdit {
        DriverEdit {
            name: body.name,
            email: body.email,
            phone: body.phone,
            plate: body.plate,
            contract_id: body.contract_id,
            reference: body.reference,
            note: body.note,
            language: body.language,
            state: body.state,
            when,
        }
    }
}
