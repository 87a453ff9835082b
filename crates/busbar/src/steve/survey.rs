//! The first reading of a dump: whether it is whole and SteVe's, of which shape, and the fleet in
//! it. What grows with every charge (sessions, readings, statuses) is counted here and not held.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::fields::{Fields, Odd};
use super::report::Report;
use super::{Dump, Error, Told};

/// Where stations stand.
#[derive(Debug, Clone, Default)]
pub struct Address {
    pub street: Option<String>,
    pub house_number: Option<String>,
    pub zip_code: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub time_zone: Option<String>,
    /// Since 1.1.0.
    pub position_e7: Option<(i64, i64)>,
}

/// A station.
#[derive(Debug, Clone)]
pub struct ChargeBox {
    pub pk: i64,
    pub line: super::sql::Place,
    pub id: String,
    pub address: Option<i64>,
    pub registration: String,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub firmware: Option<String>,
    pub iccid: Option<String>,
    pub imsi: Option<String>,
    pub last_heartbeat: Option<DateTime<Utc>>,
    pub description: Option<String>,
    pub has_note: bool,
    /// Before 1.1.0.
    pub position_e7: Option<(i64, i64)>,
    pub security_profile: i64,
    /// Since 1.1.1: hashed, or as it is.
    pub password: Option<String>,
}

/// A row of `connector`, or of `evse` since 1.1.4.
#[derive(Debug, Clone)]
pub struct Outlet {
    pub charge_box: String,
    pub evse: i32,
}

/// The newest status of an outlet.
#[derive(Debug, Clone)]
pub struct Status {
    pub at: DateTime<Utc>,
    pub status: String,
    pub error_code: Option<String>,
    pub error_info: Option<String>,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Tag {
    pub pk: i64,
    pub line: super::sql::Place,
    pub id_tag: String,
    pub parent: Option<String>,
    pub expiry: Option<DateTime<Utc>>,
    pub limit: i64,
    pub note: Option<String>,
}

/// A driver.
#[derive(Debug, Clone)]
pub struct User {
    pub pk: i64,
    pub line: super::sql::Place,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub e_mail: Option<String>,
    pub note: Option<String>,
    pub more: bool,
}

/// An operator.
#[derive(Debug, Clone)]
pub struct WebUser {
    pub name: String,
    pub authorities: String,
    pub enabled: bool,
}

/// An end that SteVe could not put to its beginning.
#[derive(Debug, Clone)]
pub struct Stop {
    pub transaction: i64,
    pub charge_box: Option<String>,
    pub event_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub value: Option<i64>,
    pub reason: Option<String>,
}

/// What a dump has, but for its history.
#[derive(Debug, Default)]
pub struct Survey {
    /// Whether outlets are called evse.
    pub evse_shape: bool,
    pub addresses: HashMap<i64, Address>,
    pub charge_boxes: Vec<ChargeBox>,
    pub outlets: HashMap<i64, Outlet>,
    /// Numbers of the connectors of an evse, where they are told.
    pub connectors: HashMap<i64, Vec<i32>>,
    pub statuses: HashMap<i64, Status>,
    pub tags: Vec<Tag>,
    pub users: Vec<User>,
    /// The user of a tag.
    pub owners: HashMap<i64, i64>,
    pub web_users: Vec<WebUser>,
    pub failed_stops: HashMap<i64, Vec<Stop>>,
    pub heartbeat_s: Option<i64>,
    pub mail_host: Option<String>,
    /// The greatest number of a transaction.
    pub last_transaction: i64,
    last_stop: i64,
    version_rank: i64,
}

/// As many failed ends are held; more are no dump of a system that works.
const MOST_FAILED: usize = 100_000;

/// Tables that are looked at.
const TABLES: [&str; 16] = [
    "address",
    "charge_box",
    "connector",
    "evse",
    "evse_connector",
    "connector_status",
    "ocpp_tag",
    "user",
    "user_ocpp_tag",
    "web_user",
    "settings",
    "schema_version",
    "transaction_start",
    "transaction_stop",
    "transaction_stop_failed",
    "connector_meter_value",
];
/// What Busbar has no place for: the table, and what is in it.
const WITHOUT_PLACE: [(&str, &str); 7] = [
    ("reservation", "reservations"),
    ("charging_profile", "charging profiles"),
    (
        "connector_charging_profile",
        "assignments of charging profiles",
    ),
    ("charge_box_security_event", "security events"),
    ("charge_box_firmware_update_job", "firmware updates"),
    ("charge_box_log_upload_job", "uploads of logs"),
    ("certificate", "certificates"),
];

/// Reads a dump to its end.
pub fn survey(dump: &Dump, told: &Told, report: &mut Report) -> Result<Survey, Error> {
    let mut reader = dump
        .open("looking", told)
        .map_err(super::sql::DumpError::from)?;
    let mut found = Survey::default();
    let wanted = |name: &str| {
        TABLES.contains(&name) || WITHOUT_PLACE.iter().any(|(table, _)| *table == name)
    };
    while let Some((number, row)) = reader.next(&wanted)? {
        let Some(table) = reader.table(number) else {
            continue;
        };
        *report.tables.entry(table.name.clone()).or_default() += 1;
        let fields = Fields::new(table, &row);
        if let Err((table, key, odd)) = found.take(&table.name, fields, report)? {
            report.problem(table, key, Some(fields.place()), odd);
        }
    }
    let schema = |name: &str| (0..).map_while(|n| reader.table(n)).any(|t| t.name == name);
    found.evse_shape = schema("evse");
    report.shape = if found.evse_shape {
        "evse"
    } else {
        "connector"
    };
    for table in [
        "charge_box",
        "ocpp_tag",
        "transaction_start",
        "transaction_stop",
    ] {
        if !schema(table) {
            let why = format!(
                "the dump has no table `{table}`: it is not of SteVe 1.0 or later; bring SteVe to a \
                 newer version, and dump it again"
            );
            return Err(Error::Foreign(why));
        }
    }
    if !schema("evse") && !schema("connector") {
        let why = "the dump has neither `connector` nor `evse`: it is not SteVe's";
        return Err(Error::Foreign(why.to_owned()));
    }
    if !reader.says_utc() {
        report.hints.push(
            "the dump does not say that its moments are in UTC (--tz-utc): they were taken for UTC"
                .to_owned(),
        );
    }
    for (table, what) in WITHOUT_PLACE {
        let count = report.tables.get(table).copied().unwrap_or(0);
        report.not_carried(what, count);
    }
    Ok(found)
}

/// What is wrong with a row: its table, its key, and why.
type Wrong = (&'static str, String, Odd);

impl Survey {
    fn take(
        &mut self,
        table: &str,
        fields: Fields,
        report: &mut Report,
    ) -> Result<Result<(), Wrong>, Error> {
        let at = |table: &'static str, key: &'static str| {
            let number = fields.number(key).ok().flatten();
            let number = number.map_or_else(|| "?".to_owned(), |n| n.to_string());
            move |odd: Odd| (table, format!("{key}={number}"), odd)
        };
        Ok(match table {
            "address" => self.address(fields).map_err(at("address", "address_pk")),
            "charge_box" => self
                .charge_box(fields)
                .map_err(at("charge_box", "charge_box_pk")),
            "connector" => self
                .outlet(fields, "connector_pk", "connector_id")
                .map_err(at("connector", "connector_pk")),
            "evse" => self
                .outlet(fields, "evse_pk", "evse_id")
                .map_err(at("evse", "evse_pk")),
            "evse_connector" => self
                .connector(fields)
                .map_err(at("evse_connector", "evse_pk")),
            "connector_status" => self
                .status(fields)
                .map_err(at("connector_status", outlet_key(fields))),
            "ocpp_tag" => self.tag(fields).map_err(at("ocpp_tag", "ocpp_tag_pk")),
            "user" => self.user(fields).map_err(at("user", "user_pk")),
            "user_ocpp_tag" => self.owner(fields).map_err(at("user_ocpp_tag", "user_pk")),
            "web_user" => self.web_user(fields).map_err(at("web_user", "web_user_pk")),
            "settings" => self.settings(fields).map_err(at("settings", "app_id")),
            "schema_version" => self
                .version(fields, report)
                .map_err(at("schema_version", "installed_rank")),
            "transaction_start" => {
                let key = fields.key("transaction_pk");
                in_order(
                    "transaction_start",
                    fields,
                    key,
                    &mut self.last_transaction,
                    true,
                )?;
                Ok(())
            }
            "transaction_stop" => {
                let key = fields.key("transaction_pk");
                in_order("transaction_stop", fields, key, &mut self.last_stop, false)?;
                Ok(())
            }
            "transaction_stop_failed" => self
                .failed_stop(fields, report)
                .map_err(at("transaction_stop_failed", "transaction_pk")),
            _ => Ok(()),
        })
    }

    fn address(&mut self, fields: Fields) -> Result<(), Odd> {
        let address = Address {
            street: fields.words("street")?,
            house_number: fields.words("house_number")?,
            zip_code: fields.words("zip_code")?,
            city: fields.words("city")?,
            country: fields.words("country")?,
            time_zone: fields.words("time_zone")?,
            position_e7: position(fields, "latitude", "longitude")?,
        };
        self.addresses.insert(fields.key("address_pk")?, address);
        Ok(())
    }

    fn charge_box(&mut self, fields: Fields) -> Result<(), Odd> {
        let serial = fields.words("charge_box_serial_number")?;
        self.charge_boxes.push(ChargeBox {
            pk: fields.key("charge_box_pk")?,
            line: fields.place(),
            id: fields.needed("charge_box_id")?,
            address: fields.number("address_pk")?,
            registration: fields.text("registration_status")?.unwrap_or_default(),
            vendor: fields.words("charge_point_vendor")?,
            model: fields.words("charge_point_model")?,
            serial_number: fields.words("charge_point_serial_number")?.or(serial),
            firmware: fields.words("fw_version")?,
            iccid: fields.words("iccid")?,
            imsi: fields.words("imsi")?,
            last_heartbeat: fields.moment("last_heartbeat_timestamp")?,
            description: fields.words("description")?,
            has_note: fields.words("note")?.is_some(),
            position_e7: position(fields, "location_latitude", "location_longitude")?,
            security_profile: fields.number("security_profile")?.unwrap_or(0),
            password: fields
                .text("auth_password")?
                .filter(|text| !text.is_empty()),
        });
        Ok(())
    }

    fn outlet(&mut self, fields: Fields, pk: &'static str, id: &'static str) -> Result<(), Odd> {
        let why = "is no number of a connector";
        let evse = i32::try_from(fields.key(id)?).map_err(|_| Odd { column: id, why })?;
        let charge_box = fields.needed("charge_box_id")?;
        let outlet = Outlet { charge_box, evse };
        self.outlets.insert(fields.key(pk)?, outlet);
        Ok(())
    }

    fn connector(&mut self, fields: Fields) -> Result<(), Odd> {
        let column = "connector_id";
        let why = "is no number of a connector";
        if let Some(number) = fields.number(column)? {
            let number = i32::try_from(number).map_err(|_| Odd { column, why })?;
            let evse = fields.key("evse_pk")?;
            self.connectors.entry(evse).or_default().push(number);
        }
        Ok(())
    }

    fn status(&mut self, fields: Fields) -> Result<(), Odd> {
        let Some(at) = fields.moment("status_timestamp")? else {
            return Ok(());
        };
        let outlet = fields.key(outlet_key(fields))?;
        let older = self
            .statuses
            .get(&outlet)
            .is_some_and(|newest| newest.at > at);
        if !older {
            let status = Status {
                at,
                status: fields.text("status")?.unwrap_or_default(),
                error_code: fields.words("error_code")?,
                error_info: fields.words("error_info")?,
            };
            self.statuses.insert(outlet, status);
        }
        Ok(())
    }

    fn tag(&mut self, fields: Fields) -> Result<(), Odd> {
        self.tags.push(Tag {
            pk: fields.key("ocpp_tag_pk")?,
            line: fields.place(),
            id_tag: fields.needed("id_tag")?,
            parent: fields.words("parent_id_tag")?,
            expiry: fields.moment("expiry_date")?,
            limit: fields.number("max_active_transaction_count")?.unwrap_or(1),
            note: fields.words("note")?,
        });
        Ok(())
    }

    fn user(&mut self, fields: Fields) -> Result<(), Odd> {
        let pk = fields.key("user_pk")?;
        // Before 1.0.8 a user had one tag, and a tag could have several users.
        if let Some(tag) = fields.number("ocpp_tag_pk")? {
            self.owners.entry(tag).or_insert(pk);
        }
        let more = fields.number("address_pk")?.is_some()
            || fields.text("birth_day")?.is_some()
            || fields.words("sex")?.is_some();
        self.users.push(User {
            pk,
            line: fields.place(),
            first_name: fields.words("first_name")?,
            last_name: fields.words("last_name")?,
            phone: fields.words("phone")?,
            e_mail: fields.words("e_mail")?,
            note: fields.words("note")?,
            more,
        });
        Ok(())
    }

    fn owner(&mut self, fields: Fields) -> Result<(), Odd> {
        let (user, tag) = (fields.key("user_pk")?, fields.key("ocpp_tag_pk")?);
        self.owners.insert(tag, user);
        Ok(())
    }

    fn web_user(&mut self, fields: Fields) -> Result<(), Odd> {
        self.web_users.push(WebUser {
            name: fields.needed("username")?,
            authorities: fields.text("authorities")?.unwrap_or_default(),
            enabled: fields.number("enabled")? != Some(0),
        });
        Ok(())
    }

    fn settings(&mut self, fields: Fields) -> Result<(), Odd> {
        self.heartbeat_s = fields.number("heartbeat_interval_in_seconds")?;
        self.mail_host = fields.words("mail_host")?;
        Ok(())
    }

    fn version(&mut self, fields: Fields, report: &mut Report) -> Result<(), Odd> {
        let rank = fields.key("installed_rank")?;
        let version = fields.words("version")?;
        let done = fields.number("success")? != Some(0);
        if done && version.is_some() && rank >= self.version_rank {
            self.version_rank = rank;
            report.version = version;
        }
        Ok(())
    }

    fn failed_stop(&mut self, fields: Fields, report: &mut Report) -> Result<(), Odd> {
        let column = "stop_timestamp";
        let why = "has no value";
        let at = fields.moment(column)?.ok_or(Odd { column, why })?;
        let stop = Stop {
            transaction: fields.number("transaction_pk")?.unwrap_or(0),
            charge_box: fields.text("charge_box_id")?,
            event_at: fields.moment("event_timestamp")?.unwrap_or(at),
            at,
            value: fields.scaled("stop_value", 1).unwrap_or(None),
            reason: fields.words("stop_reason")?,
        };
        if self.failed_stops.len() >= MOST_FAILED {
            report.not_carried("ends without a beginning", 1);
            return Ok(());
        }
        self.failed_stops
            .entry(stop.transaction)
            .or_default()
            .push(stop);
        Ok(())
    }
}

/// The column that says which outlet a row is about.
pub fn outlet_key(fields: Fields) -> &'static str {
    if fields.has("evse_pk") {
        "evse_pk"
    } else {
        "connector_pk"
    }
}

fn position(
    fields: Fields,
    latitude: &'static str,
    longitude: &'static str,
) -> Result<Option<(i64, i64)>, Odd> {
    const E7: i64 = 10_000_000;
    Ok(fields
        .scaled(latitude, E7)?
        .zip(fields.scaled(longitude, E7)?))
}

/// Beginnings and ends are put together as they come, without holding either: so both must be in
/// the order of their key.
fn in_order(
    table: &'static str,
    fields: Fields,
    key: Result<i64, Odd>,
    last: &mut i64,
    each_once: bool,
) -> Result<(), Error> {
    let place = fields.place();
    let Ok(key) = key else {
        let why = "a transaction without a number";
        return Err(super::sql::DumpError::Wrong(place, why).into());
    };
    if key < *last || each_once && key == *last {
        let why = format!(
            "the rows of `{table}` are not in the order of their key at {place}: dump again with \
             --order-by-primary"
        );
        return Err(Error::Foreign(why));
    }
    *last = key;
    Ok(())
}
