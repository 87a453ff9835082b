//! Sites, stations, drivers and tokens that are taken over. As many as a fleet has: they are held
//! in memory and written some hundreds at a time.

use std::collections::HashMap;
use std::sync::Arc;

use domain::clock::Moment;
use domain::driver::Driver;
use domain::event::Change;
use domain::id::{DriverId, EvseId, SiteId, StationId, TokenId};
use domain::message::StatusReport;
use domain::role::Caller;
use domain::site::{Site, is_country, is_time_zone};
use domain::station::Station;
use domain::token::{Token, TokenUid};
use futures_util::future::BoxFuture;
use store::{Lane, Work};

use super::{Destination, Fate, wrong};
use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::users::is_address;
use crate::{connections, gate, secret};

/// How many rows are written in one unit of work.
const PORTION: usize = 200;

/// What a station that is taken over must prove when it connects.
#[derive(Clone)]
pub enum CarriedPassword {
    /// This password.
    Text(String),
    /// Nothing: only for trusted networks (security profile 0).
    None,
    /// A password that nobody knows: somebody gives it another one.
    Unknown,
}

impl std::fmt::Debug for CarriedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CarriedPassword(hidden)")
    }
}

/// A connector with what it last said.
#[derive(Debug, Clone)]
pub struct CarriedConnector {
    /// What it said.
    pub status: StatusReport,
    /// When.
    pub at: Moment,
}

/// A station to be taken over.
#[derive(Debug, Clone)]
pub struct CarriedStation {
    /// The station.
    pub station: Station,
    /// What it must prove.
    pub password: CarriedPassword,
    /// Its connectors.
    pub connectors: Vec<CarriedConnector>,
    /// What the other system calls it.
    pub external_ref: String,
}

/// A station that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedStation {
    /// Its id.
    pub id: StationId,
    /// Where it stands.
    pub site: Option<SiteId>,
}

/// A token that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub driver: Option<DriverId>,
    /// Its group.
    pub group: Option<String>,
}

/// Takes over sites, each with its name there; their fates, in order.
pub async fn sites(
    app: &App,
    caller: &Caller,
    to: &Destination,
    rows: Vec<(Site, String)>,
) -> Result<Vec<Fate<SiteId>>, Error> {
    gate::permit_system(caller)?;
    let mut fates = Vec::with_capacity(rows.len());
    for (site, external_ref) in rows {
        let id = site.id;
        if let Some(why) = odd_site(&site) {
            fates.push(Fate::Refused(why));
            continue;
        }
        let here = app.store().read.sites_here(&[id]).await?.contains(&id);
        if here || to.is_dry() {
            fates.push(if here {
                Fate::There(id)
            } else {
                Fate::Made(id)
            });
            continue;
        }
        let fact = app.fact(to.org(), Some(id), None, Change::SiteEdited { site: id });
        let (site, external_ref) = (Arc::new(site), Arc::new(external_ref));
        let made = app.store().write(Lane::Org(to.org()), move |work| {
            let (site, external_ref) = (site.clone(), external_ref.clone());
            let fact = fact.clone();
            Box::pin(async move {
                let made = work.site_carry(&site, &external_ref).await?;
                if made {
                    work.event(&fact);
                }
                Ok(made)
            })
        });
        fates.push(if made.await? {
            Fate::Made(id)
        } else {
            Fate::There(id)
        });
    }
    app.facts_committed();
    Ok(fates)
}

fn odd_site(site: &Site) -> Option<String> {
    let mut review = Review::default();
    review.needed("/name", Some(&site.name), LONGEST_NAME);
    review.text("/address", site.address.as_deref(), LONGEST_NAME);
    review.text("/city", site.city.as_deref(), LONGEST_NAME);
    let country = site
        .country
        .as_deref()
        .is_some_and(|code| !is_country(code));
    review.refuse(country, "/country", "invalid", "No code of ISO 3166-1.");
    let zone = !is_time_zone(&site.time_zone);
    review.refuse(zone, "/time_zone", "invalid", "No IANA time zone.");
    let far = site.position_e7.is_some_and(|(latitude, longitude)| {
        latitude.unsigned_abs() > 900_000_000 || longitude.unsigned_abs() > 1_800_000_000
    });
    review.refuse(far, "/position", "out_of_range", "Not on the earth.");
    wrong(review)
}

/// Takes over stations; their fates, in order. One whose identity is here already is that one,
/// unless it is another organisation's.
pub async fn stations(
    app: &App,
    caller: &Caller,
    to: &Destination,
    rows: Vec<CarriedStation>,
) -> Result<Vec<Fate<PlacedStation>>, Error> {
    gate::permit_system(caller)?;
    let mut fates = Vec::with_capacity(rows.len());
    for portion in rows.chunks(PORTION) {
        let keys: Vec<String> = portion
            .iter()
            .map(|row| row.station.identity.key().to_owned())
            .collect();
        let known = app.store().read.stations_named(&keys).await?;
        let mut known: HashMap<String, _> = known.into_iter().map(|k| (k.key.clone(), k)).collect();
        for row in portion {
            let key = row.station.identity.key();
            if let Some(known) = known.get(key) {
                fates.push(match known.org == to.org() {
                    true => Fate::There(PlacedStation {
                        id: known.id,
                        site: known.site,
                    }),
                    false => Fate::Refused(
                        "another organisation has a station of this identity".to_owned(),
                    ),
                });
                continue;
            }
            let placed = PlacedStation {
                id: row.station.id,
                site: row.station.site,
            };
            if !to.is_dry() && !station(app, to, row).await? {
                let why = "its identity was taken in this moment, or its id is a station's that \
                           has another identity now";
                fates.push(Fate::Refused(why.to_owned()));
                continue;
            }
            // A second one of the same identity in the same import.
            known.insert(
                key.to_owned(),
                store::KnownStation {
                    key: key.to_owned(),
                    id: placed.id,
                    org: to.org(),
                    site: placed.site,
                },
            );
            fates.push(Fate::Made(placed));
        }
    }
    app.facts_committed();
    Ok(fates)
}

/// Adds one station; false when another came before it.
async fn station(app: &App, to: &Destination, row: &CarriedStation) -> Result<bool, Error> {
    let id = row.station.id;
    let digest = |password: &str| connections::password_digest(app, id, password.as_bytes());
    let hash = match &row.password {
        CarriedPassword::Text(password) => Some(digest(password)),
        CarriedPassword::None => None,
        CarriedPassword::Unknown => Some(digest(&secret::draw_station_password()?)),
    };
    let carried = Arc::new(store::CarriedStation {
        station: row.station.clone(),
        password_hash: hash,
        external_ref: row.external_ref.clone(),
    });
    let connectors = row.connectors.iter();
    let connectors: Vec<_> = connectors
        .map(|connector| (EvseId::from_uuid(app.draw()), connector.clone()))
        .collect();
    let connectors = Arc::new(connectors);
    let fact = app.fact(to.org(), row.station.site, Some(id), Change::StationEdited);
    let written = app.store().write(Lane::Org(to.org()), move |work| {
        let (carried, connectors) = (carried.clone(), connectors.clone());
        let fact = fact.clone();
        Box::pin(async move {
            work.station_carry(&carried).await?;
            work.claimed(&carried.station.identity, id).await?;
            for (evse, connector) in connectors.iter() {
                work.evse_ensure(*evse, id, connector.status.evse).await?;
                work.connector_status(id, &connector.status, connector.at)
                    .await?;
            }
            work.event(&fact);
            Ok(())
        })
    });
    match written.await {
        Ok(()) => Ok(true),
        Err(store::Error::Conflict(_)) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

/// How one row is written.
type Carry<T> = for<'a> fn(&'a mut Work, &'a T) -> BoxFuture<'a, Result<(), store::Error>>;

/// Writes a portion of rows in one unit of work.
async fn in_one_unit<T: Send + Sync + 'static>(
    app: &App,
    to: &Destination,
    rows: Vec<T>,
    carry: Carry<T>,
) -> Result<(), Error> {
    let rows = Arc::new(rows);
    let written = app.store().write(Lane::Org(to.org()), move |work| {
        let rows = rows.clone();
        Box::pin(async move {
            for row in rows.iter() {
                carry(work, row).await?;
            }
            Ok(())
        })
    });
    Ok(written.await?)
}

/// Takes over drivers, each with its name there; their fates, in order. One who was erased here
/// does not come back.
pub async fn drivers(
    app: &App,
    caller: &Caller,
    to: &Destination,
    rows: Vec<(Driver, String)>,
) -> Result<Vec<Fate<DriverId>>, Error> {
    gate::permit_system(caller)?;
    let mut fates = Vec::with_capacity(rows.len());
    for portion in rows.chunks(PORTION) {
        let ids: Vec<DriverId> = portion.iter().map(|(driver, _)| driver.id).collect();
        let here = app.store().read.drivers_here(&ids).await?;
        let mut new = Vec::new();
        for (driver, external_ref) in portion {
            let id = driver.id;
            fates.push(match here.get(&id) {
                Some(true) => Fate::Refused("the driver was erased here".to_owned()),
                Some(false) => Fate::There(id),
                None => match odd_driver(driver) {
                    Some(why) => Fate::Refused(why),
                    None => {
                        new.push((driver.clone(), external_ref.clone()));
                        Fate::Made(id)
                    }
                },
            });
        }
        if to.is_dry() || new.is_empty() {
            continue;
        }
        let written = in_one_unit(app, to, new, |work, (driver, external_ref)| {
            // One that came meanwhile is the same one.
            Box::pin(async move { work.driver_carry(driver, external_ref).await.map(drop) })
        });
        written.await?;
    }
    Ok(fates)
}

fn odd_driver(driver: &Driver) -> Option<String> {
    let details = driver.details.sealed();
    let mut review = Review::default();
    review.needed("/name", Some(&details.name), LONGEST_NAME);
    let email = details
        .email
        .as_deref()
        .is_some_and(|text| !is_address(text));
    review.refuse(email, "/email", "invalid", "No e-mail address.");
    let phone = details.phone.as_deref();
    let phone = phone.is_some_and(|text| !domain::driver::is_phone(text));
    review.refuse(phone, "/phone", "invalid", "No telephone number.");
    wrong(review)
}

/// Takes over tokens, each with its name there; their fates, in order. One whose text is here
/// already is that one.
pub async fn tokens(
    app: &App,
    caller: &Caller,
    to: &Destination,
    rows: Vec<(Token, String)>,
) -> Result<Vec<Fate<PlacedToken>>, Error> {
    gate::permit_system(caller)?;
    let mut fates = Vec::with_capacity(rows.len());
    for portion in rows.chunks(PORTION) {
        let uids: Vec<&TokenUid> = portion
            .iter()
            .map(|(token, _)| token.uid.sealed())
            .collect();
        let known = app.store().read.tokens_named(to.org(), &uids).await?;
        let known = known.into_iter().map(|known| {
            let placed = PlacedToken {
                id: known.id,
                driver: known.driver,
                group: known.group,
            };
            (known.key.sealed().clone(), placed)
        });
        let mut known: HashMap<String, PlacedToken> = known.collect();
        let mut new = Vec::new();
        for (token, external_ref) in portion {
            let key = token.uid.sealed().key();
            if let Some(placed) = known.get(&key) {
                fates.push(Fate::There(placed.clone()));
                continue;
            }
            if let Some(why) = odd_token(token) {
                fates.push(Fate::Refused(why));
                continue;
            }
            let placed = PlacedToken {
                id: token.id,
                driver: token.driver,
                group: token.group.clone(),
            };
            known.insert(key, placed.clone());
            fates.push(Fate::Made(placed));
            new.push((token.clone(), external_ref.clone()));
        }
        if to.is_dry() || new.is_empty() {
            continue;
        }
        let written = in_one_unit(app, to, new, |work, (token, external_ref)| {
            Box::pin(work.token_carry(token, external_ref))
        });
        written.await?;
    }
    Ok(fates)
}

fn odd_token(token: &Token) -> Option<String> {
    let mut review = Review::default();
    review.needed("/uid", Some(token.uid.sealed().as_str()), 255);
    let label = token.label.as_ref().map(|label| label.sealed().as_str());
    review.text("/label", label, LONGEST_NAME);
    review.text("/group", token.group.as_deref(), 255);
    wrong(review)
}
