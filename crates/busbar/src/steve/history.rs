//! What of SteVe's history becomes what here: a start with its newest stop a session, meter values
//! readings. Holds one of each at a time, and of sessions without an end one for each outlet:
//! whether it still runs is known when the next one begins there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use app::imports::{CarriedPoint, Destination, PlacedStation, PlacedToken};
use chrono::{DateTime, Utc};
use domain::id::SessionId;
use domain::message::{Phase, TransactionName, TransactionReport};
use domain::personal::Personal;
use domain::quantity::WattHours;
use domain::session::{Session, SessionState, Suspicion};
use domain::token::{PresentedToken, TokenKind, TokenUid};
use serde_json::{Map, Value};

use super::fields::{Fields, Odd};
use super::sql::{DumpError, Place, Reader};
use super::survey::{Outlet, Stop, outlet_key};

/// What history needs to know of the fleet.
pub struct Known {
    /// Where everything goes.
    pub to: Destination,
    /// The outlets by their number there.
    pub outlets: HashMap<i64, Outlet>,
    /// The stations that are here, by their identity there.
    pub stations: HashMap<String, PlacedStation>,
    /// The tokens that are here, by the form in which their text is compared.
    pub tokens: HashMap<String, PlacedToken>,
    /// Ends that SteVe could not put to a beginning.
    pub failed_stops: HashMap<i64, Vec<Stop>>,
    /// Readings from before this moment would be swept at once.
    pub keep_since: DateTime<Utc>,
}

/// Something of a row that cannot be taken over.
pub struct Wrong {
    /// The table.
    pub table: &'static str,
    /// The number of the transaction, or of the outlet.
    pub row: String,
    /// The transaction that has no session now.
    pub transaction: Option<i64>,
    /// Where.
    pub place: Option<Place>,
    /// Why.
    pub why: String,
}

/// A session with its number there and what it is called.
pub struct Found {
    /// The number of its transaction.
    pub transaction: i64,
    /// The session.
    pub session: Session,
    /// What it is called.
    pub external_ref: String,
}

/// A start.
struct Start {
    place: Place,
    transaction: i64,
    outlet: i64,
    id_tag: String,
    event_at: Option<DateTime<Utc>>,
    at: Option<DateTime<Utc>>,
    value: Option<i64>,
}

impl Start {
    fn read(fields: Fields) -> Result<Self, Odd> {
        Ok(Self {
            place: fields.place(),
            transaction: fields.key("transaction_pk")?,
            outlet: fields.key(outlet_key(fields))?,
            id_tag: fields.text("id_tag")?.unwrap_or_default(),
            event_at: fields.moment("event_timestamp")?,
            at: fields.moment("start_timestamp")?,
            // What cannot be read as a number is a session without a meter, which is suspect.
            value: fields.scaled("start_value", 1).unwrap_or(None),
        })
    }
}

impl Stop {
    fn read(fields: Fields) -> Result<Self, Odd> {
        let column = "stop_timestamp";
        let why = "has no value";
        let at = fields.moment(column)?.ok_or(Odd { column, why })?;
        Ok(Self {
            transaction: fields.key("transaction_pk")?,
            charge_box: None,
            event_at: fields.moment("event_timestamp")?.unwrap_or(at),
            at,
            value: fields.scaled("stop_value", 1).unwrap_or(None),
            reason: fields.words("stop_reason")?,
        })
    }
}

/// The sessions of a dump, out of two readings of it: one that stands at the starts, one at the
/// stops. Both are in the order of their transactions' numbers.
pub struct Sessions<R> {
    starts: Reader<R>,
    stops: Reader<R>,
    /// The stop that was read and belongs to a later start.
    held: Option<Stop>,
    stops_over: bool,
    /// The newest session of each outlet that has no end.
    open: BTreeMap<i64, Found>,
    failed: HashMap<i64, Vec<Stop>>,
}

impl<R: Read> Sessions<R> {
    /// Begins.
    pub fn new(starts: Reader<R>, stops: Reader<R>, known: &Known) -> Self {
        Self {
            starts,
            stops,
            held: None,
            stops_over: false,
            open: BTreeMap::new(),
            failed: known.failed_stops.clone(),
        }
    }

    /// Hands over what comes next, as none, one or several sessions, or what is wrong with a row;
    /// false at the end.
    pub fn next(
        &mut self,
        known: &Known,
        sink: &mut dyn FnMut(Result<Found, Wrong>),
    ) -> Result<bool, DumpError> {
        let read = self.starts.next(&|name| name == "transaction_start")?;
        let Some((number, row)) = read else {
            self.rest(known, sink);
            return Ok(false);
        };
        let Some(table) = self.starts.table(number) else {
            return Ok(true);
        };
        let fields = Fields::new(table, &row);
        let start = match Start::read(fields) {
            Ok(start) => start,
            Err(odd) => {
                let key = fields.number("transaction_pk").ok().flatten().unwrap_or(0);
                sink(Err(wrong("transaction_start", key, Some(row.place), odd)));
                return Ok(true);
            }
        };
        let stop = self.stop_of(start.transaction, sink)?;
        let failed = self.failed.remove(&start.transaction);
        let failed = failed.and_then(|all| all.into_iter().max_by_key(|stop| stop.event_at));
        match session(known, &start, stop.as_ref(), failed.as_ref()) {
            Err(why) => {
                let place = Some(start.place);
                sink(Err(wrong(
                    "transaction_start",
                    start.transaction,
                    place,
                    why,
                )));
            }
            Ok(found) => {
                // Of those on one outlet only the last begun can run.
                if let Some(mut before) = self.open.remove(&start.outlet) {
                    before.session.displace(found.session.started_at);
                    sink(Ok(before));
                }
                match found.session.state {
                    SessionState::Active => drop(self.open.insert(start.outlet, found)),
                    SessionState::Ended => sink(Ok(found)),
                }
            }
        }
        Ok(true)
    }

    /// The newest stop of a transaction.
    fn stop_of(
        &mut self,
        transaction: i64,
        sink: &mut dyn FnMut(Result<Found, Wrong>),
    ) -> Result<Option<Stop>, DumpError> {
        let mut newest: Option<Stop> = None;
        loop {
            let next = match self.held.take() {
                Some(held) => Some(held),
                None => self.next_stop(sink)?,
            };
            match next {
                None => return Ok(newest),
                Some(stop) if stop.transaction > transaction => {
                    self.held = Some(stop);
                    return Ok(newest);
                }
                Some(stop) if stop.transaction == transaction => {
                    if newest.as_ref().is_none_or(|n| n.event_at <= stop.event_at) {
                        newest = Some(stop);
                    }
                }
                Some(stop) => {
                    let why = "there is no start of this transaction";
                    sink(Err(wrong("transaction_stop", stop.transaction, None, why)));
                }
            }
        }
    }

    fn next_stop(
        &mut self,
        sink: &mut dyn FnMut(Result<Found, Wrong>),
    ) -> Result<Option<Stop>, DumpError> {
        while !self.stops_over {
            let read = self.stops.next(&|name| name == "transaction_stop")?;
            let Some((number, row)) = read else {
                self.stops_over = true;
                break;
            };
            let Some(table) = self.stops.table(number) else {
                continue;
            };
            let fields = Fields::new(table, &row);
            match Stop::read(fields) {
                Ok(stop) => return Ok(Some(stop)),
                Err(odd) => {
                    let key = fields.number("transaction_pk").ok().flatten().unwrap_or(0);
                    sink(Err(wrong("transaction_stop", key, Some(row.place), odd)));
                }
            }
        }
        Ok(None)
    }

    /// Those that still run, and ends without a beginning.
    fn rest(&mut self, known: &Known, sink: &mut dyn FnMut(Result<Found, Wrong>)) {
        for (_, found) in std::mem::take(&mut self.open) {
            sink(Ok(found));
        }
        let mut failed: Vec<Stop> = std::mem::take(&mut self.failed)
            .into_values()
            .flatten()
            .collect();
        failed.sort_by_key(|stop| (stop.transaction, stop.event_at));
        for stop in failed {
            match orphan(known, &stop) {
                Ok(found) => sink(Ok(found)),
                Err(why) => {
                    let table = "transaction_stop_failed";
                    sink(Err(wrong(table, stop.transaction, None, why)));
                }
            }
        }
    }
}

fn wrong(
    table: &'static str,
    key: i64,
    place: Option<Place>,
    why: impl std::fmt::Display,
) -> Wrong {
    Wrong {
        table,
        row: format!("transaction_pk={key}"),
        transaction: (table == "transaction_start").then_some(key),
        place,
        why: why.to_string(),
    }
}

/// The id of a session here.
fn session_id(known: &Known, transaction: i64) -> SessionId {
    let number = u64::try_from(transaction).unwrap_or(0);
    let id = known.to.id("transaction", &transaction.to_string(), number);
    SessionId::from_uuid(id)
}

fn report(phase: Phase, wire: &str, at: DateTime<Utc>, value: Option<i64>) -> TransactionReport {
    TransactionReport {
        phase,
        name: TransactionName::Given(wire.to_owned()),
        evse: None,
        connector: None,
        token: None,
        at,
        seq: None,
        offline: false,
        trigger: None,
        stop_reason: None,
        charging: None,
        register: value.map(WattHours::new),
        points: Vec::new(),
        remote_start: None,
        reservation: None,
    }
}

fn blank(
    known: &Known,
    id: SessionId,
    at: DateTime<Utc>,
    place: PlacedStation,
    wire: String,
) -> Session {
    Session {
        id,
        org: known.to.org(),
        station: place.id,
        site: place.site,
        evse: 0,
        connector: None,
        wire,
        fingerprint: None,
        token: None,
        token_id: None,
        driver: None,
        token_group: None,
        state: SessionState::Active,
        started_at: at,
        ended_at: None,
        first_register: None,
        last_register: None,
        power: None,
        charging: None,
        stop_reason: None,
        remote_start: None,
        suspicions: Vec::new(),
        updated_at: at,
    }
}

/// A start and what ended it, judged as if the station had said both here.
fn session(
    known: &Known,
    start: &Start,
    stop: Option<&Stop>,
    failed: Option<&Stop>,
) -> Result<Found, String> {
    let outlet = known.outlets.get(&start.outlet);
    let outlet = outlet.ok_or("its connector is not in the dump")?;
    let place = known.stations.get(&outlet.charge_box);
    let place = *place.ok_or("its station was not taken over")?;
    let at = start
        .at
        .or(start.event_at)
        .ok_or("start_timestamp has no value")?;
    let heard = start.event_at.unwrap_or(at);
    // The number is what the station knows the session by, here as there.
    let wire = start.transaction.to_string();
    let mut session = blank(
        known,
        session_id(known, start.transaction),
        at,
        place,
        wire.clone(),
    );
    session.evse = outlet.evse;
    session.connector = (outlet.evse > 0).then_some(1);
    let mut began = report(Phase::Started, &wire, at, start.value);
    began.evse = Some(outlet.evse);
    if !start.id_tag.is_empty() {
        let uid = TokenUid::new(&start.id_tag);
        if let Some(token) = known.tokens.get(&uid.key()) {
            session.token_id = Some(token.id);
            session.driver = token.driver;
            session.token_group = token.group.clone();
        }
        session.token = Some(Personal::new(uid.clone()));
        let kind = TokenKind::Iso14443;
        began.token = Some(PresentedToken { uid, kind });
    }
    session.absorb(&began, heard);
    if let Some(stop) = stop.or(failed) {
        let mut ended = report(Phase::Ended, &wire, stop.at, stop.value);
        ended.stop_reason = stop.reason.clone();
        session.absorb(&ended, stop.event_at);
    }
    // Half of a measurement is none.
    if start.value.is_none() || stop.or(failed).is_some_and(|stop| stop.value.is_none()) {
        session.suspect(Suspicion::NoMeter);
    }
    if stop.is_none() && failed.is_some() {
        session.suspect(Suspicion::LostNumber);
    }
    let key = start.transaction.to_string();
    Ok(Found {
        transaction: start.transaction,
        session,
        external_ref: known.to.external_ref("transaction", &key),
    })
}

/// An end of which SteVe never saw the beginning: a session that a person has to look at.
fn orphan(known: &Known, stop: &Stop) -> Result<Found, String> {
    let charge_box = stop.charge_box.as_deref().unwrap_or_default();
    let place = known.stations.get(charge_box);
    let place = *place.ok_or("its station was not taken over")?;
    let key = format!(
        "{}-{}-{}",
        stop.transaction,
        place.id,
        stop.event_at.timestamp_micros()
    );
    let number = u64::try_from(stop.transaction).unwrap_or(0);
    let id = known.to.id("transaction_stop_failed", &key, number);
    let wire = format!(
        "failed-{}-{}",
        stop.transaction,
        stop.event_at.timestamp_micros()
    );
    let mut session = blank(
        known,
        SessionId::from_uuid(id),
        stop.at,
        place,
        wire.clone(),
    );
    session.suspect(Suspicion::StopWithoutStart);
    let mut ended = report(Phase::Ended, &wire, stop.at, stop.value);
    ended.stop_reason = stop.reason.clone();
    session.absorb(&ended, stop.event_at);
    Ok(Found {
        transaction: stop.transaction,
        session,
        external_ref: known.to.external_ref("transaction_stop_failed", &key),
    })
}

/// The readings of a dump: rows that follow each other and are of one outlet, transaction and
/// moment are one reading.
pub struct Samples<R> {
    rows: Reader<R>,
    group: Option<Group>,
    over: bool,
}

struct Group {
    place: Place,
    outlet: i64,
    transaction: Option<i64>,
    at: DateTime<Utc>,
    values: Vec<Value>,
    /// Everything in it, by which it is known again.
    text: String,
}

/// As many values of one moment are one reading.
const MOST_VALUES: usize = 200;

/// What comes out of the rows of readings.
pub enum Sampled {
    /// A reading.
    Point(Box<CarriedPoint>),
    /// A reading that is older than readings are kept.
    Old,
    /// A row that is none.
    Wrong(Wrong),
}

impl<R: Read> Samples<R> {
    /// Begins.
    pub const fn new(rows: Reader<R>) -> Self {
        Self {
            rows,
            group: None,
            over: false,
        }
    }

    /// The next reading; none at the end. `refused` are the transactions without a session here.
    pub fn next(
        &mut self,
        known: &Known,
        refused: &HashSet<i64>,
    ) -> Result<Option<Sampled>, DumpError> {
        while !self.over {
            let read = self.rows.next(&|name| name == "connector_meter_value")?;
            let Some((number, row)) = read else {
                self.over = true;
                break;
            };
            let Some(table) = self.rows.table(number) else {
                continue;
            };
            let fields = Fields::new(table, &row);
            let (outlet, transaction, at, value, text) = match value(fields) {
                Ok(read) => read,
                Err(odd) => {
                    return Ok(Some(Sampled::Wrong(Wrong {
                        table: "connector_meter_value",
                        row: "no key".to_owned(),
                        transaction: None,
                        place: Some(row.place),
                        why: odd.to_string(),
                    })));
                }
            };
            let next = || Group {
                place: row.place,
                outlet,
                transaction,
                at,
                values: Vec::new(),
                text: String::new(),
            };
            let group = self.group.get_or_insert_with(next);
            let same = (group.outlet, group.transaction, group.at) == (outlet, transaction, at);
            let done = match same && group.values.len() < MOST_VALUES {
                true => None,
                false => Some(std::mem::replace(group, next())),
            };
            group.values.push(value);
            group.text.push_str(&text);
            if let Some(done) = done {
                return Ok(Some(point(known, refused, done)));
            }
        }
        Ok(self.group.take().map(|group| point(known, refused, group)))
    }
}

/// Outlet, transaction, moment, the value as a station writes it, and all of it as text.
type OneValue = (i64, Option<i64>, DateTime<Utc>, Value, String);

fn value(fields: Fields) -> Result<OneValue, Odd> {
    let outlet = fields.key(outlet_key(fields))?;
    let transaction = fields.number("transaction_pk")?;
    let column = "value_timestamp";
    let why = "has no value";
    let at = fields.moment(column)?.ok_or(Odd { column, why })?;
    let mut value = Map::new();
    let mut text = String::new();
    for (column, name) in [
        ("value", "value"),
        ("reading_context", "context"),
        ("format", "format"),
        ("measurand", "measurand"),
        ("location", "location"),
        ("unit", "unit"),
        ("phase", "phase"),
    ] {
        let said = fields.words(column)?;
        text.push_str(said.as_deref().unwrap_or_default());
        text.push('\n');
        if let Some(said) = said {
            value.insert(name.to_owned(), Value::String(said));
        }
    }
    Ok((outlet, transaction, at, Value::Object(value), text))
}

fn point(known: &Known, refused: &HashSet<i64>, group: Group) -> Sampled {
    if group.at < known.keep_since {
        return Sampled::Old;
    }
    let lost = |why: &str| {
        Sampled::Wrong(Wrong {
            table: "connector_meter_value",
            row: format!("outlet {}", group.outlet),
            transaction: None,
            place: Some(group.place),
            why: why.to_owned(),
        })
    };
    let Some(outlet) = known.outlets.get(&group.outlet) else {
        return lost("its connector is not in the dump");
    };
    let Some(place) = known.stations.get(&outlet.charge_box) else {
        return lost("its station was not taken over");
    };
    let transaction = group.transaction.filter(|number| !refused.contains(number));
    let micros = group.at.timestamp_micros();
    let number = group.transaction.unwrap_or(0);
    let key = format!("{}\n{number}\n{micros}\n{}", group.outlet, group.text);
    let ms = u64::try_from(group.at.timestamp_millis()).unwrap_or(0);
    Sampled::Point(Box::new(CarriedPoint {
        id: known.to.id_at("connector_meter_value", &key, ms),
        station: place.id,
        session: transaction.map(|number| session_id(known, number)),
        evse: outlet.evse,
        point: ocpp::dialect::sampled(group.at, &group.values),
    }))
}
