//! Query strings: filters as plain parameters, comma = or. What a route does not know is refused,
//! and so is a value that is none of those allowed; the answer says which parameter and what is.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpRequest, ResponseError, web};
use app::stations::Sort;
use chrono::{DateTime, Utc};
use domain::page::PageRequest;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};

use crate::problem::{Place, Problem};
use crate::wrong::{Placed, Wrong};
use crate::{openapi, routes};

/// No filter and no cursor is longer, in characters.
const LONGEST: usize = 2_000;

/// The parameters of a request.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(&pairs(request)).map(Self))
    }
}

/// The names and values of a query string, as they came.
fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    // Pairs of texts can always be read.
    web::Query::from_query(request.query_string())
        .map_or_else(|_| Vec::new(), web::Query::into_inner)
}

/// Reads parameters that somebody gave, or keeps to give them later.
pub(crate) fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Problem> {
    let texts = pairs.iter();
    let texts = texts.map(|(name, text)| (name.as_str(), name.clone(), Text(text)));
    T::deserialize(MapAccessDeserializer::new(Placed::new(texts)))
        .map_err(|wrong| refused(&wrong.pointer, wrong.code, &wrong.detail))
}

/// Refuses parameters that the description of a route does not have, those that are given twice,
/// and texts that no parameter can be.
pub(crate) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match refusal(request.request()) {
        None => Ok(next.call(request).await?.map_into_left_body()),
        Some(problem) => {
            let response = problem.error_response();
            Ok(request.into_response(response).map_into_right_body())
        }
    }
}

fn refusal(request: &HttpRequest) -> Option<Problem> {
    if request.query_string().is_empty() {
        return None;
    }
    let known = openapi::parameters(routes::of(request)?);
    let pairs = pairs(request);
    pairs.iter().enumerate().find_map(|(place, (name, text))| {
        let wrong = |code, detail: &str| Some(refused(name, code, detail));
        if !known.contains(name) {
            return match known.join(", ").as_str() {
                "" => wrong(
                    "unknown",
                    "There is no such parameter; this route takes none.",
                ),
                known => wrong(
                    "unknown",
                    &format!("There is no such parameter; there are {known}."),
                ),
            };
        }
        if pairs[..place].iter().any(|(earlier, _)| earlier == name) {
            return wrong("invalid", "This is given twice.");
        }
        if text.chars().any(char::is_control) || text.chars().count() > LONGEST {
            return wrong(
                "invalid",
                "At most 2000 characters, none of them a control character.",
            );
        }
        None
    })
}

fn refused(name: &str, code: &str, detail: &str) -> Problem {
    let mut problem = Problem::bad_request("invalid_parameter", format!("{name}: {detail}"));
    problem.errors.push(Place {
        pointer: name.to_owned(),
        code: code.to_owned(),
        detail: detail.to_owned(),
    });
    problem
}

/// A parameter or header that cannot be read.
pub(crate) fn wrong(name: &str, detail: &str) -> Problem {
    refused(name, "invalid", detail)
}

/// Reads an id in a path; one of the wrong shape is a thing that does not exist.
pub(crate) fn path_id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Within<const LEAST: u32, const MOST: u32>(pub u32);

impl<'de, const LEAST: u32, const MOST: u32> Deserialize<'de> for Within<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let number = String::deserialize(d)?.parse().ok();
        let number = number.filter(|n| (LEAST..=MOST).contains(n));
        let detail = || Error::custom(format!("A whole number from {LEAST} to {MOST}."));
        number.map(Self).ok_or_else(detail)
    }
}

/// How many rows a page has.
pub(crate) type Limit = Within<1, 200>;

/// Reads the page parameters.
pub(crate) fn page(limit: Option<Limit>, cursor: Option<String>) -> PageRequest {
    PageRequest {
        limit: limit.map_or(50, |limit| limit.0),
        // An empty cursor is the beginning: a loop need not begin otherwise than it goes on.
        cursor: cursor.filter(|cursor| !cursor.is_empty()),
    }
}

/// A moment in RFC 3339, in whatever zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub DateTime<Utc>);

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let at = DateTime::parse_from_rfc3339(&String::deserialize(d)?);
        let detail =
            "A time such as 2026-01-31T12:00:00Z (RFC 3339); in a URL, a + is written %2B.";
        at.map(|at| Self(at.with_timezone(&Utc)))
            .map_err(|_| Error::custom(detail))
    }
}

/// Reads `sort`: one of `words`, the greatest first with a `-` before it.
pub(crate) fn sort<K: Copy>(
    text: Option<&str>,
    words: &[(&str, K)],
    otherwise: Sort<K>,
) -> Result<Sort<K>, Problem> {
    let Some(text) = text else {
        return Ok(otherwise);
    };
    let (word, descending) = match text.strip_prefix('-') {
        Some(word) => (word, true),
        None => (text, false),
    };
    match words.iter().find(|(known, _)| *known == word) {
        Some((_, by)) => Ok(Sort {
            by: *by,
            descending,
        }),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let known = known.join(", ");
            Err(wrong(
                "sort",
                &format!("One of {known}; with a - before it, the greatest first."),
            ))
        }
    }
}

/// The text of a parameter.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl<'de> IntoDeserializer<'de, Wrong> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Wrong::new("invalid", "This is true or false.")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    /// Several, with commas.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let texts = self.0.split(',').map(|text| Text(text.trim()));
        visitor.visit_seq(SeqDeserializer::new(texts))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match words.contains(&self.0) {
            true => visitor.visit_enum(self.0.into_deserializer()),
            false => Err(Wrong::word(words)),
        }
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct tuple tuple_struct map struct identifier ignored_any
    }
}
