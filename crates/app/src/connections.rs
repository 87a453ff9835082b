//! A station comes in and goes away: who it is, whether it proves it, and which of two
//! connections of one station is the newer.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use domain::alert::skew::ClockWatch;
use domain::attempt::AttemptOutcome;
use domain::event::Change;
use domain::id::StationId;
use domain::site::AdminState;
use domain::station::{Identity, Registration, Station};
use store::{Lane, Unknown};

use crate::app::{App, UnknownStations};
use crate::error::Error;
use crate::link::{Known, StationLink, Who};
use crate::secret;

/// A station that may open a connection.
#[derive(Debug)]
pub struct Entry {
    identity: Identity,
    station: Option<Box<Station>>,
}

impl Entry {
    /// Whether a connection of the station that names no protocol is taken for one of the oldest.
    #[must_use]
    pub fn assumes_protocol(&self) -> bool {
        self.station.as_ref().is_some_and(|s| s.assume_protocol)
    }
}

/// Whether a station may come in.
#[derive(Debug)]
pub enum Admission {
    /// It is known and has proved it.
    Known(Entry),
    /// Nobody registered it, and the operator lets such stations wait inside: its boots are
    /// answered Pending, and nothing but its being there is kept.
    Pending(Entry),
    /// It stays outside.
    Refused(AttemptOutcome),
}

/// What a station presented as Basic credentials, as bytes: 1.6 keys need not be UTF-8.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// Before the first colon.
    pub username: &'a [u8],
    /// After it.
    pub password: &'a [u8],
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The station closed it.
    ByStation,
    /// The station stopped answering.
    Silent,
    /// A newer connection took its place.
    Evicted,
    /// We closed it: a fault, a policy, or the end of the process.
    ByUs,
}

/// Decides whether the station `identity` may come in. Nothing is written but the list of
/// unknown callers.
pub async fn admit(
    app: &App,
    identity: &str,
    credential: Option<Presented<'_>>,
    protocol: &str,
    remote_ip: &str,
) -> Result<Admission, Error> {
    let Ok(identity) = Identity::parse(identity) else {
        return Ok(Admission::Refused(AttemptOutcome::IdMissing));
    };
    let Some(found) = app.store().read.credential(&identity).await? else {
        return unknown(app, identity, protocol, remote_ip).await;
    };
    if found.station.admin_state == AdminState::Archived {
        return Ok(Admission::Refused(AttemptOutcome::Blocked));
    }
    if let Some(hash) = &found.password_hash {
        let Some(presented) = credential else {
            return Ok(Admission::Refused(AttemptOutcome::AuthMissing));
        };
        let name = String::from_utf8_lossy(presented.username).to_lowercase();
        if name != identity.key() {
            return Ok(Admission::Refused(AttemptOutcome::UserMismatch));
        }
        if !proves(app, found.station.id, presented.password, hash) {
            return Ok(Admission::Refused(AttemptOutcome::BadPassword));
        }
    }
    Ok(Admission::Known(Entry {
        identity: found.station.identity.clone(),
        station: Some(Box::new(found.station)),
    }))
}

async fn unknown(
    app: &App,
    identity: Identity,
    protocol: &str,
    remote_ip: &str,
) -> Result<Admission, Error> {
    // Written a little later: what strangers say must not hold up what stations say.
    app.deferred().unknown(Unknown {
        identity: identity.clone(),
        at: app.now(),
        calls: 1,
        protocol: (!protocol.is_empty()).then(|| protocol.to_owned()),
        remote_ip: remote_ip.to_owned(),
        vendor: None,
        model: None,
    });
    Ok(match app.settings().unknown_stations {
        UnknownStations::Refuse => Admission::Refused(AttemptOutcome::UnknownStation),
        UnknownStations::Pending => Admission::Pending(Entry {
            identity,
            station: None,
        }),
    })
}

/// The digest under which a station's password is kept.
pub(crate) fn password_digest(app: &App, station: StationId, password: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_keyed(app.secret().key());
    hasher.update(station.uuid().as_bytes());
    hasher.update(password);
    hasher.finalize().to_hex().to_string()
}

/// Whether `presented` is the password, in any of the shapes in which stations send it: the
/// bytes, or their hexadecimal text in either case (protocol.md 4.7).
fn proves(app: &App, station: StationId, presented: &[u8], hash: &str) -> bool {
    let mut candidates = vec![presented.to_vec()];
    let text: String = presented.iter().map(|b| format!("{b:02x}")).collect();
    candidates.push(text.to_uppercase().into_bytes());
    candidates.push(text.into_bytes());
    candidates.extend(unhex(presented));
    // All of them are compared, so that the time tells nothing.
    candidates.iter().fold(false, |proved, candidate| {
        secret::same(&password_digest(app, station, candidate), hash) | proved
    })
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: &u8| char::from(*b).to_digit(16);
    text.chunks(2)
        .map(|pair| {
            let (high, low) = (digit(pair.first()?)?, digit(pair.get(1)?)?);
            u8::try_from(high * 16 + low).ok()
        })
        .collect()
}

/// The header value of Basic credentials as the two byte strings it holds; split at the first
/// colon (1.6-J §6.2.2, Part 4 §5 of 2.x). None for anything else.
#[must_use]
pub fn read_basic(header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, rest) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(rest.trim_ascii())
        .ok()?;
    let colon = bytes.iter().position(|b| *b == b':')?;
    Some((bytes[..colon].to_vec(), bytes[colon + 1..].to_vec()))
}

/// Opens the connection of an admitted station: claims it for this node, which evicts an earlier
/// connection anywhere, loads what its messages will need, and stores that it is there.
pub async fn open(
    app: &App,
    entry: Entry,
    protocol: &str,
    remote_ip: &str,
) -> Result<StationLink, Error> {
    let Some(station) = entry.station else {
        let ghost = StationId::from_uuid(app.draw());
        tracing::info!(station.identity = %entry.identity, remote.ip = remote_ip, "an unclaimed station waits");
        return Ok(StationLink::new(
            ghost,
            entry.identity,
            0,
            true,
            None,
            Who::Unclaimed {
                remote_ip: remote_ip.to_owned(),
            },
        ));
    };
    let id = station.id;
    let epoch = app
        .bus()
        .claim(id, app.now())
        .await
        .map_err(|e| Error::unavailable("bus_unavailable", e.to_string()))?;
    let mailbox = app.bus().attach(id, epoch);
    match connect(app, id, &entry.identity, epoch, protocol).await {
        Ok((station, known)) => Ok(StationLink::new(
            id,
            entry.identity,
            epoch,
            station.lenient,
            Some(mailbox),
            Who::Known(Arc::new(known)),
        )),
        Err(error) => {
            drop(mailbox);
            app.bus().release(id, epoch).await;
            Err(error)
        }
    }
}

async fn connect(
    app: &App,
    id: StationId,
    identity: &Identity,
    epoch: i64,
    protocol: &str,
) -> Result<(Station, Known), Error> {
    let read = &app.store().read;
    // Read after the claim: the earlier connection may have written until then.
    let opened = read.opened(id).await?.ok_or(Error::NotFound)?;
    let station = opened.station;
    let fact = app.fact(
        station.org,
        station.site,
        Some(id),
        Change::StationConnected,
    );
    let (node, now, protocol) = (app.node(), app.now(), protocol.to_owned());
    let identity = identity.clone();
    let newest = app
        .store()
        .write(Lane::Station(id), move |work| {
            let (fact, protocol) = (fact.clone(), protocol.clone());
            let identity = identity.clone();
            Box::pin(async move {
                // Its device may have been replaced since it proved itself.
                if !work.station_is(id, &identity).await? {
                    return Ok(false);
                }
                let newest = work.connected(id, epoch, node, &protocol, now).await?;
                if newest {
                    work.event(&fact);
                }
                Ok(newest)
            })
        })
        .await?;
    if !newest {
        return Err(Error::conflict(
            "evicted",
            "A newer connection of the station is open.",
        ));
    }
    app.facts_committed();
    let deviations = read.deviations(id).await?;
    let statuses = opened.evses.iter().flat_map(|evse| {
        evse.connectors
            .iter()
            .filter_map(|c| Some(((evse.number, c.number), (c.status, c.status_at?))))
    });
    let known = Known {
        org: station.org,
        site: station.site,
        registration: station.registration,
        evses: opened.evses.iter().map(|e| e.number).collect(),
        statuses: statuses.collect(),
        open: read.open_sessions(id).await?,
        newest: BTreeMap::new(),
        deviations: deviations.into_iter().map(|d| (d.action, d.code)).collect(),
        clock: ClockWatch::begin(opened.clock_skew_ms),
    };
    Ok((station, known))
}

/// Ends a connection. The end of any but the newest changes nothing.
pub async fn close(app: &App, link: StationLink, why: Closing) {
    let Who::Known(known) = &link.who else {
        return;
    };
    let (id, epoch, now) = (link.station, link.epoch, app.now());
    let fact = app.fact(known.org, known.site, Some(id), Change::StationDisconnected);
    let written = app
        .store()
        .write(Lane::Station(id), move |work| {
            let fact = fact.clone();
            Box::pin(async move {
                if work.disconnected(id, epoch, now).await? {
                    work.event(&fact);
                }
                Ok(())
            })
        })
        .await;
    match written {
        Ok(()) => app.facts_committed(),
        Err(error) => {
            tracing::warn!(station.id = %id, "the end of a connection was not stored: {error}")
        }
    }
    app.bus().release(id, epoch).await;
    tracing::debug!(station.id = %id, ?why, "a connection ended");
}

/// What a station is given when it boots: an archived one is turned away.
pub(crate) fn registration_of(state: AdminState) -> Registration {
    match state {
        AdminState::Archived => Registration::Rejected,
        _ => Registration::Accepted,
    }
}
