//! Proof that the owner stands at the station: what that very station tells within two minutes.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::StationId;
use crate::token::TokenUid;

/// How long a challenge may be answered.
const WINDOW: TimeDelta = TimeDelta::seconds(120);

/// A station's clock is believed to be right by this.
const CLOCK: TimeDelta = TimeDelta::seconds(30);

/// What the owner is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Hold this token to the station twice.
    TokenTwice(TokenUid),
    /// Plug a cable in and out again this many times at one EVSE.
    PlugUnplug(usize),
}

/// A challenge, drawn for one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The station.
    pub station: StationId,
    /// Since when.
    pub begun_at: Moment,
    /// What is asked.
    pub proof: Proof,
}

/// Something that a station told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which station told it.
    pub station: StationId,
    /// When it reached us; the station's own clock proves nothing.
    pub at: Moment,
    /// What.
    pub sign: Sign,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// A token was held to the station.
    Token(TokenUid),
    /// A cable was plugged in at this EVSE.
    Plugged(i32),
    /// A cable was taken out at this EVSE.
    Unplugged(i32),
}

impl Challenge {
    /// Since when one has been open that can be answered until then.
    #[must_use]
    pub fn begun(until: Moment) -> Moment {
        until - WINDOW
    }

    /// Whether a sign that a station dates itself can belong to a challenge begun at `begun`: what
    /// waited in its queue since before does not. Its clock may be a little behind.
    #[must_use]
    pub fn dates_fit(begun: Moment, told_at: Moment) -> bool {
        told_at >= begun - CLOCK
    }

    /// Until when it can be answered.
    #[must_use]
    pub fn until(&self) -> Moment {
        self.begun_at + WINDOW
    }

    /// Whether it can still be answered.
    #[must_use]
    pub fn open(&self, now: Moment) -> bool {
        self.holds(now)
    }

    /// Whether the sightings, in the order of their arrival, answer it.
    #[must_use]
    pub fn answered(&self, sightings: &[Sighting]) -> bool {
        let mine = |s: &&Sighting| s.station == self.station && self.holds(s.at);
        let signs: Vec<&Sign> = sightings.iter().filter(mine).map(|s| &s.sign).collect();
        match &self.proof {
            Proof::TokenTwice(token) => {
                let held = |s: &&&Sign| matches!(s, Sign::Token(t) if t.key() == token.key());
                signs.iter().filter(held).count() >= 2
            }
            Proof::PlugUnplug(times) => {
                let pluggings = |evse: i32| {
                    let pair = |p: &&[&Sign]| *p == [&Sign::Plugged(evse), &Sign::Unplugged(evse)];
                    let of = |s: &&&Sign| matches!(s, Sign::Plugged(e) | Sign::Unplugged(e) if *e == evse);
                    let own: Vec<&Sign> = signs.iter().filter(of).copied().collect();
                    own.windows(2).filter(pair).count()
                };
                *times > 0
                    && signs.iter().any(
                        |sign| matches!(sign, Sign::Plugged(evse) if pluggings(*evse) >= *times),
                    )
            }
        }
    }

    fn holds(&self, at: Moment) -> bool {
        at >= self.begun_at && at <= self.begun_at + WINDOW
    }
}
