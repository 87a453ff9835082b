//! Bodies: JSON, read strictly. What cannot be read is told by a pointer to it and a sentence: 400
//! where it is no JSON, 422 where it is not what the route takes.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde_json::{Number, Value};

use crate::problem::Problem;
use crate::wrong::{Placed, Wrong, step};

/// The largest body, in bytes.
pub(crate) const MOST_BYTES: usize = 1024 * 1024;

/// The body of a request.
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.content_type().to_ascii_lowercase();
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            if kind != "application/json" && !kind.ends_with("+json") {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "not_json",
                    "Send the body with Content-Type: application/json.",
                ));
            }
            let bytes = bytes.await.map_err(|error| unread(&error))?;
            parse(&bytes).map(Self)
        })
    }
}

fn unread(error: &actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is larger than 1 MiB.",
        ),
        _ => Problem::bad_request("malformed_body", "The body did not arrive whole."),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = match error.is_eof() {
            true => "The body is not JSON: it ends too early.".to_owned(),
            false => format!("The body is not JSON: see line {line}, column {column}."),
        };
        Problem::bad_request("malformed_body", detail)
    })?;
    read(&value, "")
}

/// Reads a value that stands at `pointer` in a body.
pub(crate) fn read<T: DeserializeOwned>(value: &Value, pointer: &str) -> Result<T, Problem> {
    T::deserialize(Node(value)).map_err(|wrong| {
        let pointer = format!("{pointer}{}", wrong.pointer);
        Problem::field(&pointer, wrong.code, wrong.detail)
    })
}

/// What a value can be.
#[derive(Clone, Copy)]
enum Kind {
    Flag,
    Whole,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Flag => value.is_boolean(),
            Self::Whole => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Flag => "This is true or false.",
            Self::Whole => "This is a whole number.",
            Self::Number => "This is a number.",
            Self::Text => "This is a text.",
            Self::List => "This is a list.",
            Self::Object => "This is an object.",
        }
    }
}

/// A value of a body.
struct Node<'a>(&'a Value);

impl Node<'_> {
    fn of<'de, V: Visitor<'de>>(self, kind: Kind, visitor: V) -> Result<V::Value, Wrong> {
        if kind.fits(self.0) {
            return self.any(kind, visitor);
        }
        Err(self.misfit(Wrong::new("invalid", kind.sentence())))
    }

    /// Why the value is refused: because it is null, or else `wrong`.
    fn misfit(&self, wrong: Wrong) -> Wrong {
        match self.0 {
            Value::Null => Wrong::new("required", "This cannot be null."),
            _ => wrong,
        }
    }

    fn any<'de, V: Visitor<'de>>(self, kind: Kind, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => visit_number(number, kind, visitor),
            Value::String(text) => visitor.visit_str(text),
            Value::Array(items) => {
                let placed = |(place, item)| ("", format!("/{place}"), Node(item));
                visitor.visit_seq(Placed::new(items.iter().enumerate().map(placed)))
            }
            Value::Object(fields) => {
                let placed = |(name, field)| (String::as_str(name), step(name), Node(field));
                visitor.visit_map(Placed::new(fields.iter().map(placed)))
            }
        }
    }
}

/// A number that nobody asks to be of a kind keeps all its digits.
fn visit_number<'de, V: Visitor<'de>>(
    number: &Number,
    kind: Kind,
    visitor: V,
) -> Result<V::Value, Wrong> {
    match (kind, number.as_u64(), number.as_i64()) {
        (Kind::Whole, Some(number), _) => visitor.visit_u64(number),
        (Kind::Whole, None, Some(number)) => visitor.visit_i64(number),
        (Kind::Number, ..) => match number.as_f64() {
            Some(number) => visitor.visit_f64(number),
            None => Err(Wrong::new("out_of_range", "The number is too large.")),
        },
        _ => number
            .deserialize_any(visitor)
            .map_err(|_| Wrong::new("invalid", "This number cannot be read.")),
    }
}

macro_rules! kinds {
    ($($method:ident: $kind:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.of(Kind::$kind, visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Wrong;

    kinds! {
        deserialize_bool: Flag,
        deserialize_i8: Whole, deserialize_i16: Whole, deserialize_i32: Whole,
        deserialize_i64: Whole, deserialize_u8: Whole, deserialize_u16: Whole,
        deserialize_u32: Whole, deserialize_u64: Whole,
        deserialize_f32: Number, deserialize_f64: Number,
        deserialize_str: Text, deserialize_string: Text, deserialize_char: Text,
        deserialize_seq: List, deserialize_map: Object,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.any(Kind::Object, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.of(Kind::Object, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0.as_str().filter(|word| words.contains(word)) {
            Some(word) => visitor.visit_enum(word.into_deserializer()),
            None => Err(self.misfit(Wrong::word(words))),
        }
    }

    serde::forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::view::command::RawBody;

    fn wrong<T: DeserializeOwned>(text: &str) -> (u16, String, String) {
        let problem = parse::<T>(text.as_bytes()).err().unwrap();
        let place = problem.errors.first();
        let pointer = place.map_or(String::new(), |p| format!("{} {}", p.pointer, p.code));
        let detail = place.map_or(&problem.detail, |p| &p.detail).clone();
        (problem.status.as_u16(), pointer, detail)
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        name: String,
        rows: Option<Vec<Row>>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        number: i32,
        state: Option<domain::token::TokenState>,
    }

    #[test]
    fn what_is_right_is_read_as_it_stands() {
        let text = br#"{"name":"A","rows":[{"number":-7,"state":"active"},{"number":8}]}"#;
        let read: Shape = parse(text).unwrap();
        let rows: Vec<_> = read.rows.unwrap().into_iter().collect();
        assert_eq!((read.name.as_str(), rows.len()), ("A", 2));
        let active = Some(domain::token::TokenState::Active);
        assert_eq!((rows[0].number, rows[0].state), (-7, active));
        assert_eq!((rows[1].number, rows[1].state), (8, None));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place_and_a_sentence() {
        let cases = [
            ("{", 400, "", "The body is not JSON: it ends too early."),
            ("[]", 422, " invalid", "This is an object."),
            ("{}", 422, "/name required", "This is needed."),
            (
                r#"{"name":null}"#,
                422,
                "/name required",
                "This cannot be null.",
            ),
            (r#"{"name":1}"#, 422, "/name invalid", "This is a text."),
            (
                r#"{"name":"a","x/y":1}"#,
                422,
                "/x~1y unknown",
                "There is no such field; there are name, rows.",
            ),
            (
                r#"{"name":"a","rows":[{"number":1},{"number":1.5}]}"#,
                422,
                "/rows/1/number invalid",
                "This is a whole number.",
            ),
            (
                r#"{"name":"a","rows":[{"number":3000000000}]}"#,
                422,
                "/rows/0/number out_of_range",
                "The value is beyond what can be given here.",
            ),
            (
                r#"{"name":"a","rows":[{"number":1,"state":"gone"}]}"#,
                422,
                "/rows/0/state invalid",
                "One of active, blocked.",
            ),
            (
                r#"{"name":"a","rows":[{}]}"#,
                422,
                "/rows/0/number required",
                "This is needed.",
            ),
        ];
        for (text, status, pointer, detail) in cases {
            let expected = (status, pointer.to_owned(), detail.to_owned());
            assert_eq!(wrong::<Shape>(text), expected, "{text}");
        }
    }

    #[test]
    fn a_payload_keeps_every_digit() {
        let payload = r#"{"a":[1,-2,0.10,12345678901234567890123,1e+400,null,true],"b":{"c":"d"}}"#;
        let text = format!(r#"{{"action":"X","payload":{payload}}}"#);
        let body: RawBody = parse(text.as_bytes()).unwrap();
        assert_eq!(body.payload.to_string(), payload);
    }
}
