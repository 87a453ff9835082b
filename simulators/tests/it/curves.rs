//! Physics: registers never go backwards, power stays within what outlet and vehicle allow.

use busbar_sim::Vehicle;
use busbar_sim::charging::{Meter, Outlet, demand_w};
use busbar_sim::random::Dice;
use proptest::prelude::*;

proptest! {
    #[test]
    fn registers_are_monotone(steps in prop::collection::vec((0u32..400_000, 0u64..3_600), 1..60)) {
        let mut meter = Meter::at_wh(1_000);
        let mut last = meter.wh();
        for (watts, seconds) in steps {
            meter.count(watts, seconds);
            prop_assert!(meter.wh() >= last);
            last = meter.wh();
        }
    }

    #[test]
    fn power_stays_in_bounds(
        seed: u64,
        dc: bool,
        soc in 0.0f64..1.0,
        since in 0u64..10_000,
        limit in prop::option::of(0u32..200_000),
    ) {
        let vehicle = Vehicle::draw(&mut Dice::new(seed, "p", "v"), dc);
        let outlet = if dc { Outlet::Dc { watts: 150_000 } } else { Outlet::Ac { amps: 32, phases: 3 } };
        let flow = demand_w(&vehicle, outlet, soc, since, limit);
        prop_assert!(flow.watts <= outlet.max_w());
        prop_assert!(flow.watts <= limit.unwrap_or(u32::MAX));
        if dc { prop_assert!(flow.watts <= vehicle.dc_watts); }
        prop_assert!(!(flow.withheld && flow.watts > 0));
    }
}
