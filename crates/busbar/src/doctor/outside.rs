//! What is reached from outside, or outside: the console at the address that people type, its
//! clock beside this machine's, and the mail server.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Check;
use crate::config::Config;

/// A mail server that takes longer is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds by which two clocks may differ: codes of authenticator apps last 30.
const APART_S: i64 = 30;

/// Whether people reach this Busbar where they are told to. Asked only while one runs here.
pub async fn people(config: &Config) -> Vec<Check> {
    const CHECK: &str = "http.public_url";
    let Some(url) = &config.http.public_url else {
        return Vec::new();
    };
    let url = format!("{}/healthz", url.trim_end_matches('/'));
    let fix = "Look at the name in DNS, at the certificate, and whether the proxy passes \
               everything on to `http.listen`.";
    let answer = match egress::dial::dial(&url).await {
        Ok(answer) => answer,
        Err(why) => {
            let detail = format!("it does not answer from here: {why}");
            return vec![Check::finding(CHECK, detail, fix)];
        }
    };
    let is_busbar =
        answer.status == 204 && answer.request_id.is_some_and(|id| id.starts_with("req_"));
    if !is_busbar {
        let detail = format!("what answers there ({}) is no Busbar", answer.status);
        return vec![Check::finding(CHECK, detail, fix)];
    }
    let mut checks = vec![Check::well("public address", "a Busbar answers there")];
    checks.extend(answer.date.and_then(|date| clock(&date, Utc::now())));
    checks
}

fn clock(date: &str, now: DateTime<Utc>) -> Option<Check> {
    const CHECK: &str = "clock";
    let there = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    let apart = (there - now).num_seconds().abs();
    Some(match apart <= APART_S {
        true => Check::well(CHECK, "as at the public address"),
        false => Check::finding(
            CHECK,
            format!("{apart} s away from the one at the public address"),
            "Let both machines set their clocks by NTP.",
        ),
    })
}

/// Whether the mail server answers, and takes the password.
pub async fn mail(config: &Config) -> Option<Check> {
    const CHECK: &str = "mail";
    let post = config.post().ok().filter(|post| !post.is_folder())?;
    Some(match post.look(PATIENCE).await {
        Ok(()) => Check::well(CHECK, "the server answers"),
        Err(why) => Check::finding(
            CHECK,
            why.to_string(),
            "Look whether this machine reaches the server of `mail.url`, and at the password.",
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn clocks_may_differ_by_seconds_and_not_by_more() {
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let at = |date: &str| clock(date, now).map(|check| check.ok);
        assert_eq!(at("Tue, 01 Dec 2026 12:00:20 GMT"), Some(true));
        assert_eq!(at("Tue, 01 Dec 2026 11:59:20 GMT"), Some(false));
        assert_eq!(at("soon"), None);
    }
}
