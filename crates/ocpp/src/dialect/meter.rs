//! Meter values of both wordings: 1.6 writes texts with a unit, 2.x numbers with a unit and a
//! multiplier.
//!
//! Owns the exact conversion to the house's units and the choice of which reading takes a place
//! in a [`MeterPoint`]. Never a float, never a guess: what has no place is kept word for word.

use domain::meter::{MeterPoint, OtherReading, ReadingContext};
use domain::quantity::{MilliAmps, MilliVolts, PerMille, WattHours, Watts};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::read::{Hearing, items, small, text};

/// How a sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wording {
    /// 1.6: the value is a text, `unit` and `format` stand beside it.
    Texts,
    /// 2.x: the value is a number, `unitOfMeasure` and `signedMeterValue` stand beside it.
    Numbers,
}

const REGISTER: &str = "Energy.Active.Import.Register";
const POWER: &str = "Power.Active.Import";

/// One sampledValue.
struct Sample {
    context: ReadingContext,
    measurand: String,
    phase: Option<String>,
    location: Option<String>,
    unit: Option<String>,
    multiplier: i32,
    value: String,
    /// A signed reading that stands beside the number (2.x), as JSON.
    signed: Option<String>,
    /// Whether the value itself is signed data (1.6).
    opaque: bool,
}

/// The points of a list of meter values, one for each element.
pub(crate) fn points(
    of: &Value,
    list: &str,
    wording: Wording,
    hearing: &mut Hearing,
) -> Vec<MeterPoint> {
    items(of, list)
        .iter()
        .enumerate()
        .map(|(at, element)| {
            let moment = hearing.moment(element, "timestamp", &format!("/{list}/{at}"));
            let samples = items(element, "sampledValue");
            let samples: Vec<Sample> = samples.iter().map(|s| sample(s, wording)).collect();
            point(moment, &samples)
        })
        .collect()
}

/// The point of a moment that sampled values come to, which another system kept as stations of the
/// oldest version write them: texts, with `unit` and `format` beside.
#[must_use]
pub fn sampled(at: domain::clock::Moment, samples: &[Value]) -> MeterPoint {
    let samples: Vec<Sample> = samples.iter().map(|s| sample(s, Wording::Texts)).collect();
    point(at, &samples)
}

fn sample(value: &Value, wording: Wording) -> Sample {
    let context = match value.get("context").and_then(Value::as_str) {
        Some("Transaction.Begin") => ReadingContext::Begin,
        Some("Transaction.End") => ReadingContext::End,
        Some("Sample.Periodic") | None => ReadingContext::Periodic,
        Some("Sample.Clock") => ReadingContext::Clock,
        Some("Trigger") => ReadingContext::Trigger,
        Some(_) => ReadingContext::Other,
    };
    let measure = match wording {
        Wording::Texts => value,
        Wording::Numbers => value.get("unitOfMeasure").unwrap_or(&Value::Null),
    };
    let words = match value.get("value") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_str().to_owned(),
        _ => String::new(),
    };
    Sample {
        context,
        measurand: text(value, "measurand").unwrap_or_else(|| REGISTER.to_owned()),
        phase: text(value, "phase"),
        location: text(value, "location"),
        unit: text(measure, "unit"),
        multiplier: small(measure, "multiplier").unwrap_or(0),
        value: words,
        signed: value.get("signedMeterValue").map(Value::to_string),
        opaque: value.get("format").and_then(Value::as_str) == Some("SignedData"),
    }
}

/// A live reading comes before a boundary one (quirk 31), the end before the beginning.
fn rank(context: ReadingContext) -> u8 {
    match context {
        ReadingContext::Begin => 2,
        ReadingContext::End => 1,
        _ => 0,
    }
}

fn point(at: domain::clock::Moment, samples: &[Sample]) -> MeterPoint {
    let leading = samples.iter().map(|s| s.context).min_by_key(|c| rank(*c));
    let mut point = MeterPoint::empty(at, leading.unwrap_or(ReadingContext::Periodic));
    let mut phases: [Option<Watts>; 3] = [None; 3];
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_by_key(|at| samples.get(*at).map_or(0, |s| rank(s.context)));
    let mut placed = vec![false; samples.len()];
    for at in order {
        if let (Some(sample), Some(done)) = (samples.get(at), placed.get_mut(at)) {
            *done = at_home(sample, samples) && place(sample, &mut point, &mut phases);
        }
    }
    let has_total = point.power.is_some();
    if !has_total {
        point.power = phases.iter().flatten().copied().reduce(Watts::plus);
    }
    for (sample, placed) in samples.iter().zip(placed) {
        let phase_beside_total = has_total && sample.measurand == POWER && sample.phase.is_some();
        if !placed || phase_beside_total {
            point.others.push(sample.other(sample.value.clone()));
        }
        if let Some(signed) = &sample.signed {
            point.others.push(sample.other(signed.clone()));
        }
    }
    point
}

/// Whether the reading was taken at the outlet. The register must be; other quantities may come
/// from another place when the outlet has none of the kind. The charge is always the vehicle's.
fn at_home(sample: &Sample, all: &[Sample]) -> bool {
    let home = |s: &Sample| s.location.as_deref().is_none_or(|at| at == "Outlet");
    if home(sample) || sample.measurand == "SoC" {
        return true;
    }
    let same = || all.iter().filter(|s| s.measurand == sample.measurand);
    sample.measurand != REGISTER
        && !same().any(home)
        && same()
            .next()
            .is_some_and(|first| first.location == sample.location)
}

/// Gives the reading its place; false when it has none or the place is taken.
fn place(sample: &Sample, point: &mut MeterPoint, phases: &mut [Option<Watts>; 3]) -> bool {
    let Some(value) = sample.number() else {
        return false;
    };
    let phase = sample.phase.as_deref();
    match (sample.measurand.as_str(), phase) {
        (REGISTER, None) => fill(&mut point.energy, value, WattHours::new),
        (POWER, None) => fill(&mut point.power, value, Watts::new),
        (POWER, Some(phase)) => {
            slot(phases, Some(phase)).is_some_and(|slot| fill(slot, value, Watts::new))
        }
        ("Current.Import", phase) => {
            slot(&mut point.current, phase).is_some_and(|slot| fill(slot, value, MilliAmps::new))
        }
        ("Voltage", phase) => {
            slot(&mut point.voltage, phase).is_some_and(|slot| fill(slot, value, MilliVolts::new))
        }
        ("SoC", None) => fill(&mut point.charge, value, PerMille::new),
        ("Power.Offered", None) => fill(&mut point.offered, value, Watts::new),
        _ => false,
    }
}

fn fill<T>(slot: &mut Option<T>, value: i64, make: impl Fn(i64) -> T) -> bool {
    let free = slot.is_none();
    if free {
        *slot = Some(make(value));
    }
    free
}

fn slot<'a, T>(slots: &'a mut [T; 3], phase: Option<&str>) -> Option<&'a mut T> {
    let at = match phase {
        None | Some("L1" | "L1-N") => 0,
        Some("L2" | "L2-N") => 1,
        Some("L3" | "L3-N") => 2,
        Some(_) => return None,
    };
    slots.get_mut(at)
}

impl Sample {
    /// The value in whole units of the house: Wh, W, mA, mV, ‰.
    fn number(&self) -> Option<i64> {
        if self.opaque {
            return None;
        }
        let factor: i64 = match (self.measurand.as_str(), self.unit.as_deref()) {
            (REGISTER, None | Some("Wh")) => 1,
            (REGISTER, Some("kWh")) => 1_000,
            (REGISTER, Some("MWh")) => 1_000_000,
            // 1.6 and 2.x: the unit of an absent unit is Wh, which power, current and voltage
            // cannot have; they are read in their own unit.
            (POWER | "Power.Offered", None | Some("W")) => 1,
            (POWER | "Power.Offered", Some("kW")) => 1_000,
            ("Current.Import", None | Some("A")) => 1_000,
            ("Current.Import", Some("mA")) => 1,
            ("Voltage", None | Some("V")) => 1_000,
            ("Voltage", Some("mV")) => 1,
            ("SoC", None | Some("Percent" | "%")) => 10,
            _ => return None,
        };
        let text = self.value.trim();
        let mut value: Decimal = text
            .parse()
            .or_else(|_| Decimal::from_scientific(text))
            .ok()?;
        let ten = Decimal::TEN;
        // Nothing that a meter of a charging station measures needs more than 18 places.
        if !(-18..=18).contains(&self.multiplier) {
            return None;
        }
        for _ in 0..self.multiplier.unsigned_abs() {
            value = if self.multiplier > 0 {
                value.checked_mul(ten)?
            } else {
                value.checked_div(ten)?
            };
        }
        value
            .checked_mul(Decimal::from(factor))?
            .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
            .to_i64()
    }

    fn other(&self, value: String) -> OtherReading {
        let unit = match (&self.unit, self.multiplier) {
            (unit, 0) => unit.clone(),
            (unit, n) => Some(format!("{}×10^{n}", unit.as_deref().unwrap_or("Wh"))),
        };
        OtherReading {
            measurand: self.measurand.clone(),
            phase: self.phase.clone(),
            location: self.location.clone(),
            unit,
            value,
        }
    }
}
