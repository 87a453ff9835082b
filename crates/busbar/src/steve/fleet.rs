//! What of SteVe's fleet becomes what here: addresses sites, charge boxes stations, users drivers,
//! tags tokens. Leaves out what Busbar has no place for, and counts it.

use std::collections::HashMap;

use app::imports::{CarriedConnector, CarriedPassword, CarriedStation, Destination};
use domain::clock::Moment;
use domain::driver::{Details, Driver, DriverState, is_phone};
use domain::id::{DriverId, SiteId, StationId, TokenId};
use domain::message::StatusReport;
use domain::personal::Personal;
use domain::site::{Accessibility, AdminState, Site, is_country, is_time_zone};
use domain::station::{ConnectorStatus, Hardware, Identity, Registration, Station};
use domain::token::{Token, TokenKind, TokenState, TokenUid};

use super::report::Report;
use super::survey::{Address, ChargeBox, Status, Survey, Tag, User};

/// The longest name of anything here, in characters.
const LONGEST: usize = 200;
/// The longest note of a driver.
const LONGEST_NOTE: usize = 2_000;

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The time zone of addresses that have none.
    pub time_zone: String,
    /// Whether stations that had no password there have none here.
    pub open_stations: bool,
    /// The present moment.
    pub now: Moment,
}

/// A key under which a number finds near neighbours.
fn near(pk: i64) -> u64 {
    u64::try_from(pk).unwrap_or(0)
}

/// A text as Busbar keeps texts of one line: no control characters, not too long.
fn line(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// The sites: one for all charge boxes of the same address. Each with the key of its address, and
/// the site of each address.
pub struct Sites {
    /// Sites with what they are called there.
    pub rows: Vec<(Site, String)>,
    /// The place among `rows` of each address.
    pub of_address: HashMap<i64, usize>,
    /// The place among `rows` of charge boxes that had a position and no address.
    pub of_position: HashMap<(i64, i64), usize>,
}

/// Makes sites of the addresses at which stations stand.
pub fn sites(survey: &Survey, to: &Destination, choices: &Choices, report: &mut Report) -> Sites {
    let mut found = Sites {
        rows: Vec::new(),
        of_address: HashMap::new(),
        of_position: HashMap::new(),
    };
    let mut of_words: HashMap<String, usize> = HashMap::new();
    for charge_box in &survey.charge_boxes {
        let address = charge_box
            .address
            .and_then(|pk| Some((pk, survey.addresses.get(&pk)?)));
        let place = match (address, charge_box.position_e7) {
            (Some((pk, address)), _) => {
                let words = words(address, charge_box.position_e7);
                let next = found.rows.len();
                let place = *of_words.entry(words).or_insert(next);
                if place == next {
                    found.rows.push(site(pk, address, to, choices, report));
                }
                found.of_address.insert(pk, place);
                place
            }
            (None, Some(position)) => {
                let next = found.rows.len();
                let place = *found.of_position.entry(position).or_insert(next);
                if place == next {
                    found.rows.push(spot(position, to, choices));
                }
                place
            }
            (None, None) => continue,
        };
        // Before 1.1.0 positions were the stations', and sites have one.
        if let (Some(position), Some((site, _))) =
            (charge_box.position_e7, found.rows.get_mut(place))
        {
            match site.position_e7 {
                None => site.position_e7 = Some(position),
                Some(known) if known != position => {
                    report.not_carried("positions of single stations beside their site's", 1);
                }
                Some(_) => {}
            }
        }
    }
    found
}

/// By which addresses are the same place. One of nothing but a position is that place.
fn words(address: &Address, of_station: Option<(i64, i64)>) -> String {
    let parts = [
        &address.street,
        &address.house_number,
        &address.zip_code,
        &address.city,
        &address.country,
    ];
    let words: Vec<String> = parts
        .iter()
        .map(|part| part.as_deref().unwrap_or_default().to_lowercase())
        .collect();
    match words.iter().all(String::is_empty) {
        true => format!("{:?}", address.position_e7.or(of_station)),
        false => words.join("\n"),
    }
}

fn blank_site(id: SiteId, to: &Destination, name: String, choices: &Choices) -> Site {
    Site {
        id,
        org: to.org(),
        name,
        address: None,
        city: None,
        country: None,
        time_zone: choices.time_zone.clone(),
        position_e7: None,
        admin_state: AdminState::InService,
        accessibility: Accessibility::Restricted,
        created_at: choices.now,
    }
}

fn site(
    pk: i64,
    address: &Address,
    to: &Destination,
    choices: &Choices,
    report: &mut Report,
) -> (Site, String) {
    let key = pk.to_string();
    let id = SiteId::from_uuid(to.id("address", &key, near(pk)));
    let join = |parts: [&Option<String>; 2]| {
        let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
        line(&parts.join(" "))
    };
    let street = join([&address.street, &address.house_number]);
    let city = address.city.as_deref().and_then(line);
    let name = match (&street, &city) {
        (Some(street), Some(city)) => format!("{street}, {city}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => format!("Address {pk}"),
    };
    let zone = address.time_zone.clone().filter(|zone| is_time_zone(zone));
    let country = address.country.as_deref().map(str::to_uppercase);
    let known = country.clone().filter(|code| is_country(code));
    if known.is_none() {
        report.not_carried(
            "countries that are no code of ISO 3166-1",
            u64::from(country.is_some()),
        );
    }
    let site = Site {
        city: join([&address.zip_code, &address.city]),
        address: street,
        country: known,
        time_zone: zone.unwrap_or_else(|| choices.time_zone.clone()),
        position_e7: address.position_e7,
        ..blank_site(id, to, line(&name).unwrap_or(name), choices)
    };
    (site, to.external_ref("address", &key))
}

/// A site of which nothing is known but where it is.
fn spot(position: (i64, i64), to: &Destination, choices: &Choices) -> (Site, String) {
    let degrees = |e7: i64| {
        let sign = if e7 < 0 { "-" } else { "" };
        let whole = e7.unsigned_abs();
        format!(
            "{sign}{}.{:05}",
            whole / 10_000_000,
            whole % 10_000_000 / 100
        )
    };
    let name = format!("{}, {}", degrees(position.0), degrees(position.1));
    let key = format!("{},{}", position.0, position.1);
    let id = SiteId::from_uuid(to.id("position", &key, 0));
    let site = Site {
        position_e7: Some(position),
        ..blank_site(id, to, name, choices)
    };
    (site, to.external_ref("position", &key))
}

/// A station, and whether its password there cannot be used here; else why it can be none.
pub fn station(
    charge_box: &ChargeBox,
    site: Option<SiteId>,
    connectors: Vec<CarriedConnector>,
    to: &Destination,
    choices: &Choices,
) -> Result<CarriedStation, String> {
    let identity = Identity::parse(&charge_box.id).map_err(|error| error.to_string())?;
    // By its identity and not by its number: a station that was deleted there and added again is
    // the same one.
    let id = StationId::from_uuid(to.id("charge_box", identity.key(), near(charge_box.pk)));
    let station = Station {
        id,
        org: to.org(),
        site,
        identity,
        name: charge_box.description.as_deref().and_then(line),
        admin_state: AdminState::InService,
        registration: match charge_box.registration.as_str() {
            "Pending" => Registration::Pending,
            "Rejected" => Registration::Rejected,
            // A station does not boot again because its server is another one.
            _ => Registration::Accepted,
        },
        lenient: true,
        assume_protocol: false,
        protocol: None,
        hardware: Hardware {
            vendor: charge_box.vendor.clone(),
            model: charge_box.model.clone(),
            serial_number: charge_box.serial_number.clone(),
            firmware_version: charge_box.firmware.clone(),
            iccid: charge_box.iccid.clone(),
            imsi: charge_box.imsi.clone(),
        },
        online: false,
        connected_since: None,
        last_seen_at: charge_box.last_heartbeat,
        created_at: choices.now,
    };
    Ok(CarriedStation {
        station,
        password: password(charge_box, choices),
        connectors,
        external_ref: to.external_ref("charge_box", &charge_box.pk.to_string()),
    })
}

fn password(charge_box: &ChargeBox, choices: &Choices) -> CarriedPassword {
    match &charge_box.password {
        Some(text) if !is_hashed(text) => CarriedPassword::Text(text.clone()),
        Some(_) => CarriedPassword::Unknown,
        None if charge_box.security_profile == 0 && choices.open_stations => CarriedPassword::None,
        None => CarriedPassword::Unknown,
    }
}

/// Whether a password is kept there in a form out of which nobody gets it.
fn is_hashed(text: &str) -> bool {
    text.starts_with('{') || text.starts_with("$2") || text.starts_with("$argon2")
}

/// A connector with what it last said there. That somebody charged is not true any more by the time
/// the station comes here, and it says so by itself.
pub fn connector(
    evse: i32,
    connector: i32,
    last: Option<&Status>,
    now: Moment,
) -> CarriedConnector {
    let known = |status: &Status| match status.status.as_str() {
        "Available" => Some(ConnectorStatus::Available),
        "Unavailable" => Some(ConnectorStatus::Unavailable),
        "Faulted" => Some(ConnectorStatus::Faulted),
        _ => None,
    };
    let lasting = last.and_then(|status| Some((status, known(status)?)));
    let at = lasting.map_or(Moment::UNIX_EPOCH, |(status, _)| status.at.min(now));
    let (status, error_code, error_info) = match lasting {
        None => (ConnectorStatus::Unknown, None, None),
        Some((last, status)) => {
            let error = last.error_code.clone().filter(|code| code != "NoError");
            (status, error, last.error_info.clone())
        }
    };
    let status = StatusReport {
        evse,
        connector,
        status,
        error_code,
        error_info,
        at: Some(at),
    };
    CarriedConnector { status, at }
}

/// A driver.
pub fn driver(user: &User, to: &Destination, now: Moment, report: &mut Report) -> (Driver, String) {
    let key = user.pk.to_string();
    let external_ref = to.external_ref("user", &key);
    let names = [&user.first_name, &user.last_name];
    let names: Vec<&str> = names.iter().filter_map(|name| name.as_deref()).collect();
    let name = line(&names.join(" ")).or_else(|| user.e_mail.as_deref().and_then(line));
    let phone = user.phone.clone().filter(|text| is_phone(text));
    if phone.is_none() {
        report.not_carried(
            "telephone numbers that are none",
            u64::from(user.phone.is_some()),
        );
    }
    let mail = |text: &String| {
        let parts = text.split_once('@');
        parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
            && text.len() <= 254
    };
    let email = user.e_mail.clone().filter(mail);
    if email.is_none() {
        report.not_carried(
            "mail addresses that are none",
            u64::from(user.e_mail.is_some()),
        );
    }
    report.not_carried(
        "addresses, birthdays and sexes of drivers",
        u64::from(user.more),
    );
    let note = user
        .note
        .as_deref()
        .map(|note| note.chars().take(LONGEST_NOTE).collect());
    let details = Details {
        name: name.unwrap_or_else(|| format!("User {}", user.pk)),
        email,
        phone,
        reference: Some(external_ref.clone()),
        note,
        ..Details::default()
    };
    let driver = Driver {
        id: DriverId::from_uuid(to.id("user", &key, near(user.pk))),
        org: to.org(),
        details: Personal::new(details),
        state: DriverState::Active,
        created_at: now,
        erased_at: None,
    };
    (driver, external_ref)
}

/// A token.
pub fn token(
    tag: &Tag,
    driver: Option<DriverId>,
    to: &Destination,
    now: Moment,
    report: &mut Report,
) -> (Token, String) {
    let key = tag.pk.to_string();
    report.not_carried(
        "limits of sessions at a time of one token",
        u64::from(tag.limit > 0),
    );
    let token = Token {
        id: TokenId::from_uuid(to.id("ocpp_tag", &key, near(tag.pk))),
        org: to.org(),
        driver,
        uid: Personal::new(TokenUid::new(&tag.id_tag)),
        kind: TokenKind::Iso14443,
        label: tag.note.as_deref().and_then(line).map(Personal::new),
        group: tag.parent.clone(),
        state: match tag.limit {
            0 => TokenState::Blocked,
            _ => TokenState::Active,
        },
        expires_at: tag.expiry,
        created_at: now,
        last_used_at: None,
    };
    (token, to.external_ref("ocpp_tag", &key))
}
