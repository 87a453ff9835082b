//! The charging curve: how much power flows, given vehicle, outlet, state of charge and limit.

use super::{NOMINAL_V, Outlet, Vehicle};

/// What flows at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Power in watts.
    pub watts: u32,
    /// The vehicle wants nothing (full, or at its target).
    pub vehicle_full: bool,
    /// The station offers nothing (limit below what a vehicle can use).
    pub withheld: bool,
}

/// Seconds an AC charger needs from nothing to full current.
const AC_RAMP_S: u64 = 20;
/// Seconds a DC converter needs from nothing to full power.
const DC_RAMP_S: u64 = 15;
/// IEC 61851: below 6 A per phase a vehicle pauses.
const AC_LEAST_A: u32 = 6;
/// A DC converter gives nothing below this many watts.
const DC_LEAST_W: u32 = 1_000;

/// Power that flows `since_s` seconds after the contactor closed, at state of charge `soc`
/// (0 to 1), with an optional limit in watts for the whole connector.
#[must_use]
pub fn demand_w(
    vehicle: &Vehicle,
    outlet: Outlet,
    soc: f64,
    since_s: u64,
    limit_w: Option<u32>,
) -> Flow {
    if soc * 1000.0 >= f64::from(vehicle.target_permille) {
        return Flow {
            vehicle_full: true,
            ..Flow::default()
        };
    }
    let (wanted, least, ramp) = match outlet {
        Outlet::Ac { amps, phases } => {
            let phases = u32::from(phases.min(vehicle.ac_phases));
            let full = f64::from(amps.min(vehicle.ac_amps) * phases * NOMINAL_V);
            // The last percents are slow: cells are balanced.
            let taper = if soc > 0.96 {
                ((1.0 - soc) / 0.04).clamp(0.15, 1.0)
            } else {
                1.0
            };
            (full * taper, AC_LEAST_A * phases * NOMINAL_V, AC_RAMP_S)
        }
        Outlet::Dc { watts } => {
            let full = f64::from(watts.min(vehicle.dc_watts));
            (full * dc_share(soc), DC_LEAST_W, DC_RAMP_S)
        }
    };
    let ceiling = limit_w.unwrap_or(u32::MAX).min(outlet.max_w());
    if ceiling < least {
        return Flow {
            withheld: true,
            ..Flow::default()
        };
    }
    let ramped = wanted * ((since_s + 1) as f64 / ramp as f64).min(1.0);
    let watts = (ramped as u32).min(ceiling);
    Flow {
        watts,
        vehicle_full: watts == 0,
        withheld: false,
    }
}

/// Share of the highest DC power a battery takes: cold start, plateau, taper.
fn dc_share(soc: f64) -> f64 {
    let line = |from: (f64, f64), to: (f64, f64)| {
        from.1 + (soc - from.0) / (to.0 - from.0) * (to.1 - from.1)
    };
    if soc < 0.05 {
        line((0.0, 0.55), (0.05, 1.0))
    } else if soc < 0.5 {
        1.0
    } else if soc < 0.8 {
        line((0.5, 1.0), (0.8, 0.45))
    } else {
        line((0.8, 0.45), (1.0, 0.08)).max(0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_phases_ramp_up_to_eleven_kilowatts() {
        let car = Vehicle::compact();
        let outlet = Outlet::Ac {
            amps: 32,
            phases: 3,
        };
        assert!(demand_w(&car, outlet, 0.2, 0, None).watts < 1_000);
        assert_eq!(demand_w(&car, outlet, 0.2, 60, None).watts, 11_040);
    }

    #[test]
    fn direct_current_tapers_when_the_battery_fills() {
        let car = Vehicle::compact();
        let outlet = Outlet::Dc { watts: 150_000 };
        let at = |soc| demand_w(&car, outlet, soc, 600, None).watts;
        assert!(
            at(0.3) > at(0.65) && at(0.65) > at(0.9),
            "{} {} {}",
            at(0.3),
            at(0.65),
            at(0.9)
        );
    }

    #[test]
    fn a_limit_below_six_amperes_withholds() {
        let car = Vehicle::compact();
        let outlet = Outlet::Ac {
            amps: 32,
            phases: 3,
        };
        assert!(demand_w(&car, outlet, 0.2, 60, Some(3_000)).withheld);
        assert_eq!(demand_w(&car, outlet, 0.2, 60, Some(6_900)).watts, 6_900);
    }
}
