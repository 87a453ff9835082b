//! Vehicles: battery, charger on board, and how full the battery is.

use crate::random::Dice;

/// A vehicle that may be plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vehicle {
    /// Usable battery in watt-hours.
    pub battery_wh: u32,
    /// State of charge at arrival, in thousandths.
    pub soc_permille: u32,
    /// State of charge at which the vehicle stops taking energy, in thousandths.
    pub target_permille: u32,
    /// Highest alternating current per phase, in amperes.
    pub ac_amps: u32,
    /// Phases of the charger on board, 1 or 3.
    pub ac_phases: u8,
    /// Highest direct-current power in watts.
    pub dc_watts: u32,
}

/// battery Wh, AC amperes, AC phases, DC watts; invented, in usual sizes.
const KINDS: [(u32, u32, u8, u32); 7] = [
    (52_000, 32, 1, 50_000),
    (58_000, 16, 3, 120_000),
    (64_000, 16, 3, 77_000),
    (77_000, 16, 3, 175_000),
    (82_000, 16, 3, 210_000),
    (95_000, 32, 3, 150_000),
    (12_000, 16, 1, 0),
];

impl Vehicle {
    /// A vehicle drawn by chance; never a plug-in hybrid without DC when `dc` is asked for.
    pub fn draw(dice: &mut Dice, dc: bool) -> Self {
        let last = if dc { 5 } else { 6 };
        let index = usize::try_from(dice.between(0, last)).unwrap_or(0);
        let (battery_wh, ac_amps, ac_phases, dc_watts) =
            KINDS.get(index).copied().unwrap_or(KINDS[1]);
        let soc_permille = dice.between(80, 650) as u32;
        let target_permille = if dice.chance(400) { 1000 } else { 800 };
        Self {
            battery_wh,
            soc_permille,
            target_permille,
            ac_amps,
            ac_phases,
            dc_watts,
        }
    }

    /// A plain three-phase, 16 A vehicle with 58 kWh at 20 %: for tests that want no chance.
    #[must_use]
    pub fn compact() -> Self {
        Self {
            battery_wh: 58_000,
            soc_permille: 200,
            target_permille: 1000,
            ac_amps: 16,
            ac_phases: 3,
            dc_watts: 120_000,
        }
    }
}
