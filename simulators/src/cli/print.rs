//! The only place that prints.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures on standard output are what this program is for"
)]

use std::process::ExitCode;

use busbar_sim::FleetPlan;
use busbar_sim::load::{BootReport, TrafficReport};
use busbar_sim::replay::Replayed;
use serde_json::json;

/// Says what went wrong, with its causes, and gives the exit code for it.
pub fn complain(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    eprintln!("busbar-sim: {text}");
    ExitCode::FAILURE
}

/// Identities, sites, versions and models of a fleet, and the tokens of its drivers.
pub(super) fn roster(plan: &FleetPlan) {
    for member in plan.roster() {
        println!(
            "{},{},{},{}",
            member.identity, member.site, member.version, member.template.model
        );
    }
    for token in &plan.tokens {
        println!("token,{token}");
    }
}

/// How booting went.
pub(super) fn booted(report: &BootReport, json: bool) {
    if json {
        println!("{}", json!({ "booted": report }));
    } else {
        println!(
            "{} of {} stations booted in {:.2} s (median {:.2} s, p99 {:.2} s)",
            report.booted, report.stations, report.all_booted_s, report.p50_s, report.p99_s
        );
    }
}

/// How holding went.
pub(super) fn held(seconds: u64, lost: usize, json: bool) {
    if json {
        println!(
            "{}",
            json!({ "held": { "seconds": seconds, "lost_connections": lost } })
        );
    } else {
        println!("held idle for {seconds} s, {lost} connections lost");
    }
}

/// How sending went.
pub(super) fn traffic(report: &TrafficReport, json: bool) {
    if json {
        println!("{}", json!({ "messages": report }));
    } else {
        println!(
            "{} acknowledged in {:.1} s: {:.0} a second (p50 {:.2} ms, p99 {:.2} ms), \
             {} error answers, {} lost connections",
            report.acknowledged,
            report.seconds,
            report.per_second,
            report.p50_ms,
            report.p99_ms,
            report.call_errors,
            report.lost_connections
        );
    }
}

/// How a replay went, a station at a time, with every answer that differs.
pub(super) fn replayed(stations: &[Replayed], json: bool) {
    for one in stations {
        if json {
            println!("{}", json!({ "replayed": one }));
            continue;
        }
        println!(
            "{} ({}): {} sent, {} answered, {} different, {} calls of the server, {} hidden in the log, \
             {} lost connections",
            one.identity,
            one.version,
            one.sent,
            one.answered,
            one.differences.len(),
            one.asked,
            one.hidden,
            one.reconnects
        );
        for other in &one.differences {
            println!(
                "  {} {} {}: {} in the log, {} now",
                other.at.to_rfc3339(),
                other.action,
                other.message_id,
                other.logged,
                other.now
            );
        }
        if let Some(failed) = &one.failed {
            println!("  stopped: {failed}");
        }
    }
}
