//! What a charging profile would allow at most, for the settings lock.
//!
//! Owns the reckoning from amperes or watts to the highest current. Refuses to guess: a profile
//! that says more than a plain limit is one of which nobody can tell.

use domain::lock::{SESSION_PROFILES, Touch};
use serde_json::Value;

/// Volts between a phase and neutral. A profile in watts for phases that nobody told counts as one
/// for a single phase, which gives the highest current.
const VOLTS: f64 = 230.0;
/// The most milliamps that are reckoned with: 100 kA.
const MOST_MA: f64 = 100_000_000.0;

/// A profile that is set. One of a session is known by its purpose and by an id of those that are
/// kept for sessions: a station replaces a profile of the same id whatever it was for (1.6 §5.16.5,
/// 2.x K01.FR.05), the installer's cap too.
pub(super) fn set(profile: &Value) -> Touch {
    let highest_ma = highest_ma(&profile["chargingSchedule"]);
    let old = profile["chargingProfileId"].as_i64();
    let id = old.or_else(|| profile["id"].as_i64());
    let own_id = id.is_some_and(|id| SESSION_PROFILES.contains(&id));
    match profile["chargingProfilePurpose"].as_str() {
        Some("TxProfile") if own_id => Touch::SessionLimit { highest_ma },
        _ => Touch::Limit { highest_ma },
    }
}

/// Profiles that are cleared: open where only those of sessions can be meant. A profile that is named
/// by its id is cleared whatever purpose is said beside it (1.6 §5.4, 2.x K10.FR.03).
pub(super) fn clear(payload: &Value) -> Vec<Touch> {
    let said = |fields: &Value| fields["chargingProfilePurpose"].as_str() == Some("TxProfile");
    let of_sessions = said(payload) || said(&payload["chargingProfileCriteria"]);
    let named = !payload["id"].is_null() || !payload["chargingProfileId"].is_null();
    if of_sessions && !named {
        Vec::new()
    } else {
        vec![Touch::Limit { highest_ma: None }]
    }
}

/// The highest current on any phase that schedules allow, in milliamps: one schedule in 1.6, up to
/// three in 2.x.
fn highest_ma(schedules: &Value) -> Option<i64> {
    let one = std::slice::from_ref(schedules);
    let schedules = schedules.as_array().map_or(one, Vec::as_slice);
    let highest = schedules.iter().map(|schedule| {
        let amperes = match schedule["chargingRateUnit"].as_str()? {
            "A" => true,
            "W" => false,
            _ => return None,
        };
        let periods = schedule["chargingSchedulePeriod"].as_array()?;
        let mut limits = periods.iter().map(|period| of_period(period, amperes));
        limits.try_fold(0, |highest, limit| Some(highest.max(limit?)))
    });
    let highest: Vec<i64> = highest.collect::<Option<_>>()?;
    highest.into_iter().max()
}

/// The limit of a period. What else a period of 2.1 can ask for (set points, discharging, curves)
/// is not a limit.
fn of_period(period: &Value, amperes: bool) -> Option<i64> {
    const PLAIN: [&str; 8] = [
        "startPeriod",
        "limit",
        "limit_L2",
        "limit_L3",
        "numberPhases",
        "phaseToUse",
        "operationMode",
        "customData",
    ];
    let fields = period.as_object()?;
    let plain = fields.keys().all(|name| PLAIN.contains(&name.as_str()));
    let charges = matches!(
        period["operationMode"].as_str(),
        None | Some("ChargingOnly")
    );
    if !plain || !charges {
        return None;
    }
    // With limits of their own for other phases, each is for one phase.
    let each = !period["limit_L2"].is_null() || !period["limit_L3"].is_null();
    let phases = match period["numberPhases"].as_i64() {
        Some(phases @ 2..=3) if !each => phases,
        _ => 1,
    };
    let current = |limit: &Value| {
        let limit = limit.as_f64()?;
        let current = if amperes {
            limit
        } else if phases == 3 {
            limit / (VOLTS * 3.0)
        } else if phases == 2 {
            limit / (VOLTS * 2.0)
        } else {
            limit / VOLTS
        };
        let milliamps = (current * 1000.0).round();
        (milliamps.is_finite() && milliamps.abs() <= MOST_MA).then_some(milliamps as i64)
    };
    let mut highest = current(&period["limit"])?;
    for other in ["limit_L2", "limit_L3"] {
        if !period[other].is_null() {
            highest = highest.max(current(&period[other])?);
        }
    }
    Some(highest)
}
