//! Physical quantities as integers with their unit in the type. Floats never carry energy.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident in $unit:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);

            /// From a whole number of the unit.
            #[must_use]
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The whole number of the unit.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// Sum, held at the ends of the range rather than wrapping.
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// Difference, held at the ends of the range rather than wrapping.
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{} ", $unit), self.0)
            }
        }
    )*};
}

quantities! {
    /// Energy in watt-hours. Registers of real meters fit: 2^63 Wh.
    WattHours in "Wh";
    /// Active power in watts; negative flows from the vehicle.
    Watts in "W";
    /// Current in milliamperes.
    MilliAmps in "mA";
    /// Voltage in millivolts.
    MilliVolts in "mV";
    /// A share in thousandths, for state of charge: 1000 is full.
    PerMille in "‰";
}
