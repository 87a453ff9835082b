//! Writes what mysqldump writes of a SteVe: the tables of both shapes, in the order of their names,
//! with the noise around them. Made up here; no real dump is needed and none is used.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

/// The two shapes of SteVe's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Up to 1.0.7: outlets are connectors, a user has one tag, positions are the stations'.
    Connector,
    /// From 1.1.4 on: outlets are evses with connectors, users have tags, positions are addresses'.
    Evse,
}

/// A value as it is written into an INSERT.
#[derive(Debug, Clone)]
pub enum Cell {
    /// NULL.
    Null,
    /// A number.
    Number(i64),
    /// A text, quoted.
    Text(String),
    /// A text, as `--hex-blob` writes blobs.
    Hex(String),
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Cell {
    fn write(&self, to: &mut String) {
        match self {
            Self::Null => to.push_str("NULL"),
            Self::Number(number) => {
                let _ = write!(to, "{number}");
            }
            Self::Text(text) => {
                to.push('\'');
                for c in text.chars() {
                    match c {
                        '\0' => to.push_str("\\0"),
                        '\n' => to.push_str("\\n"),
                        '\r' => to.push_str("\\r"),
                        '\\' => to.push_str("\\\\"),
                        '\'' => to.push_str("\\'"),
                        '"' => to.push_str("\\\""),
                        '\u{1a}' => to.push_str("\\Z"),
                        other => to.push(other),
                    }
                }
                to.push('\'');
            }
            Self::Hex(text) => {
                to.push_str("0x");
                for byte in text.bytes() {
                    let _ = write!(to, "{byte:02X}");
                }
            }
        }
    }
}

/// The columns of the tables of a shape, by the tables' names.
fn tables(shape: Shape) -> BTreeMap<&'static str, Vec<&'static str>> {
    let old = shape == Shape::Connector;
    let outlet = if old { "connector_pk" } else { "evse_pk" };
    let mut address = vec![
        "address_pk",
        "street",
        "house_number",
        "zip_code",
        "city",
        "country",
    ];
    let mut charge_box = vec![
        "charge_box_pk",
        "charge_box_id",
        "endpoint_address",
        "ocpp_protocol",
        "registration_status",
        "charge_point_vendor",
        "charge_point_model",
        "charge_point_serial_number",
        "charge_box_serial_number",
        "fw_version",
        "iccid",
        "imsi",
        "last_heartbeat_timestamp",
        "description",
        "note",
        "address_pk",
    ];
    let mut user = vec![
        "user_pk",
        "first_name",
        "last_name",
        "birth_day",
        "sex",
        "phone",
        "e_mail",
        "note",
        "address_pk",
    ];
    if old {
        charge_box.extend(["location_latitude", "location_longitude"]);
        user.push("ocpp_tag_pk");
    } else {
        charge_box.extend(["security_profile", "auth_password"]);
        address.extend(["latitude", "longitude", "time_zone"]);
    }
    let mut all = BTreeMap::from([
        ("address", address),
        ("charge_box", charge_box),
        (
            "charging_profile",
            vec!["charging_profile_pk", "stack_level"],
        ),
        (
            "connector_meter_value",
            vec![
                outlet,
                "transaction_pk",
                "value_timestamp",
                "value",
                "reading_context",
                "format",
                "measurand",
                "location",
                "unit",
                "phase",
            ],
        ),
        (
            "connector_status",
            vec![
                outlet,
                "status_timestamp",
                "status",
                "error_code",
                "error_info",
                "vendor_id",
                "vendor_error_code",
            ],
        ),
        (
            "ocpp_tag",
            vec![
                "ocpp_tag_pk",
                "id_tag",
                "parent_id_tag",
                "expiry_date",
                "max_active_transaction_count",
                "note",
            ],
        ),
        (
            "reservation",
            vec!["reservation_pk", outlet, "id_tag", "status"],
        ),
        (
            "schema_version",
            vec!["installed_rank", "version", "description", "success"],
        ),
        (
            "settings",
            vec![
                "app_id",
                "heartbeat_interval_in_seconds",
                "hours_to_expire",
                "mail_host",
            ],
        ),
        (
            "transaction_start",
            vec![
                "transaction_pk",
                "event_timestamp",
                outlet,
                "id_tag",
                "start_timestamp",
                "start_value",
            ],
        ),
        (
            "transaction_stop",
            vec![
                "transaction_pk",
                "event_timestamp",
                "event_actor",
                "stop_timestamp",
                "stop_value",
                "stop_reason",
            ],
        ),
        (
            "transaction_stop_failed",
            vec![
                "transaction_pk",
                "charge_box_id",
                "event_timestamp",
                "event_actor",
                "stop_timestamp",
                "stop_value",
                "stop_reason",
                "fail_reason",
            ],
        ),
        ("user", user),
        (
            "web_user",
            vec![
                "web_user_pk",
                "username",
                "password",
                "enabled",
                "authorities",
            ],
        ),
    ]);
    if old {
        all.insert(
            "connector",
            vec!["connector_pk", "charge_box_id", "connector_id"],
        );
    } else {
        all.insert(
            "evse",
            vec![
                "evse_pk",
                "charge_box_id",
                "evse_id",
                "evse_id_external",
                "topology_source",
            ],
        );
        all.insert(
            "evse_connector",
            vec!["evse_connector_pk", "evse_pk", "connector_id"],
        );
        all.insert("user_ocpp_tag", vec!["user_pk", "ocpp_tag_pk"]);
    }
    all
}

/// A dump with a few rows.
#[derive(Debug, Clone)]
pub struct Dump {
    shape: Shape,
    rows: BTreeMap<&'static str, Vec<String>>,
}

impl Dump {
    /// Without rows, but for the version.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        let rows = BTreeMap::new();
        let mut dump = Self { shape, rows };
        let versions = match shape {
            Shape::Connector => ["1.0.5", "1.0.7"],
            Shape::Evse => ["1.0.5", "1.1.6"],
        };
        for (rank, version) in (1..).zip(versions) {
            let row = [
                ("installed_rank", rank.into()),
                ("version", version.into()),
                ("description", "update".into()),
                ("success", 1.into()),
            ];
            dump.row("schema_version", &row);
        }
        dump
    }

    /// The column that says which outlet a row is about.
    #[must_use]
    pub fn outlet(&self) -> &'static str {
        match self.shape {
            Shape::Connector => "connector_pk",
            Shape::Evse => "evse_pk",
        }
    }

    /// Adds a row; columns that are not named are NULL.
    ///
    /// # Panics
    /// When the table has no such column.
    pub fn row(&mut self, table: &'static str, cells: &[(&str, Cell)]) -> &mut Self {
        let tables = tables(self.shape);
        let columns = &tables[table];
        for (name, _) in cells {
            assert!(columns.contains(name), "{table}.{name}");
        }
        let mut text = String::from("(");
        for (n, column) in columns.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            let cell = cells.iter().find(|(name, _)| name == column);
            cell.map_or(&Cell::Null, |(_, cell)| cell).write(&mut text);
        }
        text.push(')');
        self.rows.entry(table).or_default().push(text);
        self
    }

    /// An outlet of a station, with one connector.
    pub fn outlet_row(&mut self, pk: i64, charge_box: &str, number: i64) -> &mut Self {
        match self.shape {
            Shape::Connector => self.row(
                "connector",
                &[
                    ("connector_pk", pk.into()),
                    ("charge_box_id", charge_box.into()),
                    ("connector_id", number.into()),
                ],
            ),
            Shape::Evse => {
                self.row(
                    "evse",
                    &[
                        ("evse_pk", pk.into()),
                        ("charge_box_id", charge_box.into()),
                        ("evse_id", number.into()),
                        ("topology_source", "ocpp1".into()),
                    ],
                );
                if number > 0 {
                    self.row(
                        "evse_connector",
                        &[
                            ("evse_connector_pk", pk.into()),
                            ("evse_pk", pk.into()),
                            ("connector_id", 1.into()),
                        ],
                    );
                }
                self
            }
        }
    }

    /// The whole dump.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        let written = frame(&mut out, self.shape, |table, out| {
            for some in self
                .rows
                .get(table)
                .map_or(&[][..], Vec::as_slice)
                .chunks(3)
            {
                writeln!(out, "INSERT INTO `{table}` VALUES {};", some.join(","))?;
            }
            Ok(())
        });
        assert!(written.is_ok(), "nothing stops a Vec");
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Everything around the rows.
fn frame(
    out: &mut impl Write,
    shape: Shape,
    mut rows: impl FnMut(&'static str, &mut dyn Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    writeln!(out, "/*!999999\\- enable the sandbox mode */ ")?;
    writeln!(
        out,
        "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu"
    )?;
    writeln!(
        out,
        "--\n-- Host: localhost    Database: stevedb\n-- Server version\t10.11.6\n"
    )?;
    writeln!(
        out,
        "/*!40101 SET NAMES utf8mb4 */;\n/*!40103 SET TIME_ZONE='+00:00' */;"
    )?;
    writeln!(
        out,
        "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;"
    )?;
    for (table, columns) in tables(shape) {
        writeln!(out, "\n--\n-- Table structure for table `{table}`\n--\n")?;
        writeln!(out, "DROP TABLE IF EXISTS `{table}`;")?;
        writeln!(out, "CREATE TABLE `{table}` (")?;
        for column in &columns {
            writeln!(
                out,
                "  `{column}` varchar(255) DEFAULT NULL COMMENT 'a, (b); `c`',"
            )?;
        }
        writeln!(out, "  KEY `k` (`{}`)", columns[0])?;
        writeln!(
            out,
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COMMENT='it''s;';\n"
        )?;
        writeln!(out, "LOCK TABLES `{table}` WRITE;")?;
        writeln!(out, "/*!40000 ALTER TABLE `{table}` DISABLE KEYS */;")?;
        rows(table, out)?;
        writeln!(
            out,
            "/*!40000 ALTER TABLE `{table}` ENABLE KEYS */;\nUNLOCK TABLES;"
        )?;
    }
    writeln!(out, "\n/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n")?;
    writeln!(out, "-- Dump completed on 2026-11-30 12:00:00")
}

/// At how many places the stations of a dump stand, those of the older shape.
const PLACES: u64 = 400;

/// How large a dump is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Stations, of two outlets each.
    pub stations: u64,
    /// Transactions over all of them.
    pub transactions: u64,
    /// Readings of each transaction, of two values each.
    pub readings: u64,
}

/// Writes a dump of a size, row by row, in statements of a thousand rows: one transaction after
/// another on each outlet, each over an hour, the newest in the month before `now`.
pub fn write(
    out: &mut impl Write,
    shape: Shape,
    size: Size,
    now: chrono::DateTime<chrono::Utc>,
) -> std::io::Result<()> {
    let outlets = size.stations * 2;
    let each = size.transactions.div_ceil(outlets);
    let at = |seconds: i64| {
        let moment = now + chrono::TimeDelta::seconds(seconds);
        moment.format("%Y-%m-%d %H:%M:%S.000000").to_string()
    };
    // Of transaction n: its outlet, and when it begins.
    let begins = |n: u64| {
        let round = n / outlets;
        -i64::try_from((each - round) * 7_200).unwrap_or(0)
    };
    frame(out, shape, |table, out| {
        let mut rows = Rows::new(table, out);
        match table {
            "charge_box" => {
                for n in 0..size.stations {
                    let place = n % PLACES;
                    let tail = match shape {
                        Shape::Connector => format!("{}.5,{}.25", 40 + place / 20, place % 20),
                        Shape::Evse => "0,NULL".to_owned(),
                    };
                    rows.add(format_args!(
                        "({},'CP-{n:06}',NULL,'ocpp1.6J','Accepted','Acme','One','S{n}',NULL,'1.0',\
                         NULL,NULL,NULL,NULL,NULL,NULL,{tail})",
                        n + 1
                    ))?;
                }
            }
            "connector" => {
                for n in 0..outlets {
                    let (station, number) = (n / 2, n % 2 + 1);
                    rows.add(format_args!("({},'CP-{station:06}',{number})", n + 1))?;
                }
            }
            "evse" => {
                for n in 0..outlets {
                    let (station, number) = (n / 2, n % 2 + 1);
                    rows.add(format_args!(
                        "({},'CP-{station:06}',{number},NULL,'ocpp1')",
                        n + 1
                    ))?;
                }
            }
            "ocpp_tag" => {
                for n in 0..1_000 {
                    rows.add(format_args!("({},'TAG{n:08}',NULL,NULL,-1,NULL)", n + 1))?;
                }
            }
            "transaction_start" => {
                for n in 0..size.transactions {
                    let from = at(begins(n));
                    rows.add(format_args!(
                        "({},'{from}',{},'TAG{:08}','{from}','{}')",
                        n + 1,
                        n % outlets + 1,
                        n % 1_000,
                        n / outlets * 10_000
                    ))?;
                }
            }
            "transaction_stop" => {
                for n in 0..size.transactions {
                    let to = at(begins(n) + 3_600);
                    rows.add(format_args!(
                        "({},'{to}','station','{to}','{}','Local')",
                        n + 1,
                        n / outlets * 10_000 + 9_000
                    ))?;
                }
            }
            "connector_meter_value" => {
                for n in 0..size.transactions {
                    for reading in 0..size.readings {
                        let step = i64::try_from((reading + 1) * 60).unwrap_or(0);
                        let when = at(begins(n) + step);
                        let (outlet, pk) = (n % outlets + 1, n + 1);
                        let value = n / outlets * 10_000 + reading * 100;
                        rows.add(format_args!(
                            "({outlet},{pk},'{when}','{value}','Sample.Periodic','Raw',\
                             'Energy.Active.Import.Register','Outlet','Wh',NULL)"
                        ))?;
                        rows.add(format_args!(
                            "({outlet},{pk},'{when}','11.0','Sample.Periodic','Raw',\
                             'Power.Active.Import','Outlet','kW',NULL)"
                        ))?;
                    }
                }
            }
            _ => {}
        }
        rows.end()
    })
}

/// Rows in statements of a thousand.
struct Rows<'a> {
    table: &'static str,
    out: &'a mut dyn Write,
    count: u64,
}

impl<'a> Rows<'a> {
    fn new(table: &'static str, out: &'a mut dyn Write) -> Self {
        Self {
            table,
            out,
            count: 0,
        }
    }

    fn add(&mut self, row: std::fmt::Arguments) -> std::io::Result<()> {
        match self.count % 1_000 {
            0 if self.count == 0 => write!(self.out, "INSERT INTO `{}` VALUES ", self.table)?,
            0 => write!(self.out, ";\nINSERT INTO `{}` VALUES ", self.table)?,
            _ => self.out.write_all(b",")?,
        }
        self.count += 1;
        self.out.write_fmt(row)
    }

    fn end(self) -> std::io::Result<()> {
        match self.count {
            0 => Ok(()),
            _ => writeln!(self.out, ";"),
        }
    }
}
