//! Meter readings as charging knows them: one point in time of one EVSE.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::quantity::{MilliAmps, MilliVolts, PerMille, WattHours, Watts};

/// Why a reading was taken. Boundary readings repeat beside live ones and must not be drawn twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingContext {
    /// At the start of a session.
    Begin,
    /// At the end of a session.
    End,
    /// In the rhythm of the session.
    Periodic,
    /// In the rhythm of the clock.
    Clock,
    /// Asked for.
    Trigger,
    /// Anything else.
    Other,
}

/// What a station measured at one moment on one EVSE. Unknown is none, never zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterPoint {
    /// By the station's clock.
    pub at: Moment,
    /// Why it was taken.
    pub context: ReadingContext,
    /// Import register of the EVSE.
    pub energy: Option<WattHours>,
    /// Active import power over all phases.
    pub power: Option<Watts>,
    /// Import current of L1, L2, L3; a reading without phase stands at L1.
    pub current: [Option<MilliAmps>; 3],
    /// Voltage of L1, L2, L3 against neutral.
    pub voltage: [Option<MilliVolts>; 3],
    /// State of charge of the vehicle.
    pub charge: Option<PerMille>,
    /// Power the station offers the vehicle.
    pub offered: Option<Watts>,
    /// Everything else that was measured, word for word, signed readings included.
    pub others: Vec<OtherReading>,
}

impl MeterPoint {
    /// A point with nothing measured yet.
    #[must_use]
    pub const fn empty(at: Moment, context: ReadingContext) -> Self {
        Self {
            at,
            context,
            energy: None,
            power: None,
            current: [None; 3],
            voltage: [None; 3],
            charge: None,
            offered: None,
            others: Vec::new(),
        }
    }

    /// Whether nothing at all was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::empty(self.at, self.context)
    }
}

/// A reading that has no place of its own in a [`MeterPoint`], kept word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherReading {
    /// What was measured, in the station's word.
    pub measurand: String,
    /// Phase, in the station's word.
    pub phase: Option<String>,
    /// Where, in the station's word.
    pub location: Option<String>,
    /// Unit, in the station's word.
    pub unit: Option<String>,
    /// The value, as text: a signed reading is not a number.
    pub value: String,
}
