//! What is wrong with a body or a parameter, and where, in words for people. It is the error of our
//! own readers (`body`, `query`), so that nothing of the language and libraries we are written in
//! reaches a client. No sentence repeats a value: it could be personal.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess};

/// The first thing found wrong.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// Stable code.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl Wrong {
    /// Something wrong with a whole value; where that stands is added on the way up.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            code,
            detail: detail.into(),
        }
    }

    /// A word that is none of a closed list.
    pub fn word(words: &[&str]) -> Self {
        Self::new("invalid", format!("One of {}.", words.join(", ")))
    }

    /// The same, found in what stands at `place`.
    fn under(mut self, place: &str) -> Self {
        self.pointer.insert_str(0, place);
        self
    }

    fn field(code: &'static str, name: &str, detail: impl Into<String>) -> Self {
        Self::new(code, detail).under(&step(name))
    }
}

/// One step of a JSON pointer (RFC 6901).
pub(crate) fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Values with the places at which they stand: the fields of an object or the items of a list. What
/// is wrong with one of them is told with its place.
pub(crate) struct Placed<I, V> {
    values: I,
    field: Option<(String, V)>,
}

impl<I, V> Placed<I, V> {
    /// Names (not looked at in a list), places and values.
    pub fn new(values: I) -> Self {
        Self {
            values,
            field: None,
        }
    }
}

impl<'de, 'a, I, V> SeqAccess<'de> for Placed<I, V>
where
    I: Iterator<Item = (&'a str, String, V)>,
    V: Deserializer<'de, Error = Wrong>,
{
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        let Some((_, place, value)) = self.values.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(value).map(Some);
        read.map_err(|wrong| wrong.under(&place))
    }
}

impl<'de, 'a, I, V> MapAccess<'de> for Placed<I, V>
where
    I: Iterator<Item = (&'a str, String, V)>,
    V: Deserializer<'de, Error = Wrong>,
{
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        let Some((name, place, value)) = self.values.next() else {
            return Ok(None);
        };
        self.field = Some((place, value));
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let field = self.field.take();
        let (place, value) = field.ok_or_else(|| Wrong::new("invalid", "There is no value."))?;
        seed.deserialize(value).map_err(|wrong| wrong.under(&place))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.detail)
    }
}

impl std::error::Error for Wrong {}

/// Our readers look at the kind of a value before anybody else does. What still comes from outside
/// is a number that does not fit, or a sentence of our own.
impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(sentence: T) -> Self {
        Self::new("invalid", sentence.to_string())
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::new("invalid", "Another kind of value is needed here.")
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::new(
            "out_of_range",
            "The value is beyond what can be given here.",
        )
    }

    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self::new("invalid", "The list has another length than is needed.")
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        Self::word(words)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        let detail = match known {
            [] => "There is no such field; nothing can be said here.".to_owned(),
            _ => format!("There is no such field; there are {}.", known.join(", ")),
        };
        Self::field("unknown", name, detail)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::field("required", name, "This is needed.")
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::field("invalid", name, "This is given twice.")
    }
}
