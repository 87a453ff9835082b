//! Name plates: what a model of station is made of.

use super::NOMINAL_V;

/// How a connector delivers energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlet {
    /// Alternating current: amperes per phase, number of phases.
    Ac {
        /// Amperes per phase.
        amps: u32,
        /// 1 or 3.
        phases: u8,
    },
    /// Direct current up to so many watts.
    Dc {
        /// Highest power in watts.
        watts: u32,
    },
}

impl Outlet {
    /// Phases drawn from the grid for a limit given in amperes (DC stations use three).
    #[must_use]
    pub fn phases(self) -> u8 {
        match self {
            Self::Ac { phases, .. } => phases,
            Self::Dc { .. } => 3,
        }
    }

    /// Highest power in watts.
    #[must_use]
    pub fn max_w(self) -> u32 {
        match self {
            Self::Ac { amps, phases } => amps * u32::from(phases) * NOMINAL_V,
            Self::Dc { watts } => watts,
        }
    }
}

/// A model of station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Model name, at most 20 characters.
    pub model: String,
    /// Vendor name, at most 20 characters.
    pub vendor: String,
    /// Firmware version reported at boot.
    pub firmware: String,
    /// How each connector delivers energy.
    pub outlet: Outlet,
    /// Number of connectors (1.6), or EVSEs with one connector each (2.x).
    pub connectors: u32,
    /// Kind of plug, as 2.x names it in the device model.
    pub plug: String,
}

impl Template {
    /// Alternating current station, 3 x 32 A, two outlets.
    #[must_use]
    pub fn ac22() -> Self {
        Self {
            model: "Meadow AC22".into(),
            vendor: "Brightpost".into(),
            firmware: "3.4.1".into(),
            outlet: Outlet::Ac {
                amps: 32,
                phases: 3,
            },
            connectors: 2,
            plug: "sType2".into(),
        }
    }

    /// Direct current station, 150 kW, one outlet.
    #[must_use]
    pub fn dc150() -> Self {
        Self {
            model: "Torrent DC150".into(),
            vendor: "Brightpost".into(),
            firmware: "7.0.2".into(),
            outlet: Outlet::Dc { watts: 150_000 },
            connectors: 1,
            plug: "cCCS2".into(),
        }
    }

    /// The same with another number of connectors.
    #[must_use]
    pub fn with_connectors(mut self, connectors: u32) -> Self {
        self.connectors = connectors.max(1);
        self
    }
}
