//! The message catalogue: what the official schemas of 1.6 (with the security extension), 2.0.1
//! and 2.1 say about every message, as data.
//!
//! Owns the facts (actions, directions, fields, bounds, words) and their lookup; `check`,
//! `lenient`, the forms for raw calls and the docs read them. Refuses to judge anything. The
//! tables are embedded text written by `cargo xtask codegen` and parsed once on first use.
//! Messages are called `<Action>Request` and `<Action>Response` in every version; the SEND of 2.1
//! is plain `NotifyPeriodicEventStream`.

mod form;
mod reader;

pub use form::FormField;

use std::collections::HashMap;
use std::sync::LazyLock;

/// A protocol version that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// OCPP-J 1.6 with the security extension.
    V16,
    /// OCPP 2.0.1.
    V201,
    /// OCPP 2.1.
    V21,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Version; 3] = [Self::V16, Self::V201, Self::V21];

    /// From a WebSocket subprotocol (2.x Part 4 §3.1.2). `ocpp2.0` is another, dead protocol.
    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.subprotocol() == name)
    }

    /// From `1.6`, `2.0.1` or `2.1`.
    pub fn from_number(number: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.number() == number)
    }

    /// The WebSocket subprotocol, e.g. `ocpp2.0.1`.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::V16 => "ocpp1.6",
            Self::V201 => "ocpp2.0.1",
            Self::V21 => "ocpp2.1",
        }
    }

    /// The bare number, e.g. `2.0.1`.
    pub fn number(self) -> &'static str {
        &self.subprotocol()["ocpp".len()..]
    }
}

/// Who may send an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The station calls us.
    FromStation,
    /// We call the station.
    ToStation,
    /// Either side (DataTransfer).
    Both,
}

impl Direction {
    /// True when a station may call it.
    pub fn sent_by_station(self) -> bool {
        self != Self::ToStation
    }

    /// True when we may call it.
    pub fn sent_to_station(self) -> bool {
        self != Self::FromStation
    }
}

/// An action of a version.
#[derive(Debug, Clone)]
pub struct Action {
    /// Name on the wire, e.g. `Heartbeat`.
    pub name: &'static str,
    /// Who may send it.
    pub direction: Direction,
    /// Functional block `A` to `S` (2.x) or feature profile (1.6, e.g. `SmartCharging`).
    pub block: &'static str,
    /// The CALL, or the SEND when there is no response.
    pub request: Message,
    /// The CALLRESULT; `None` for a SEND.
    pub response: Option<Message>,
}

/// One message: the payload of a CALL, a CALLRESULT or a SEND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Version it belongs to.
    pub version: Version,
    /// `<Action>Request`, `<Action>Response`, or the plain action of a SEND.
    pub name: &'static str,
    /// Shape of the payload.
    pub shape: ShapeId,
    /// Whether `7.0` and `7e0` are integers: no in schemas of draft-04 (1.6 without the security
    /// extension), yes since draft-06.
    pub whole_decimals: bool,
}

/// Index of a [`Shape`] in its catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub(crate) usize);

/// Index of an [`Enumeration`] in its catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnumId(pub(crate) usize);

/// A JSON object.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Name of the class in the specification; in 1.6, where nested classes have no name in the
    /// schema, made of the field's.
    pub name: &'static str,
    /// True when other fields than these are welcome (customData).
    pub open: bool,
    /// Fields in the order of their names.
    pub fields: Vec<Field>,
}

impl Shape {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let at = self
            .fields
            .binary_search_by(|field| field.name.cmp(name))
            .ok()?;
        self.fields.get(at)
    }
}

/// A field of a shape.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it may hold.
    pub kind: Kind,
}

/// What a value may be.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Any JSON.
    Any,
    /// A string of at most `most` Unicode code points.
    Text {
        /// Greatest length in code points.
        most: Option<usize>,
        /// What the text stands for.
        format: Option<Format>,
    },
    /// One word of an enumeration.
    Word(EnumId),
    /// A whole number.
    Integer(Range),
    /// A number.
    Number(Range),
    /// `true` or `false`.
    Boolean,
    /// An object.
    Object(ShapeId),
    /// An array.
    List {
        /// What each element may be.
        of: Box<Kind>,
        /// Least number of elements.
        least: usize,
        /// Greatest number of elements.
        most: Option<usize>,
    },
}

/// The format of a text. An annotation: the schema's verdict does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 3339.
    DateTime,
    /// RFC 3986.
    Uri,
}

/// Bounds of a number, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// Least value.
    pub from: Option<i64>,
    /// Greatest value.
    pub to: Option<i64>,
    /// The value must be a multiple of this.
    pub step: Option<Step>,
}

/// A decimal `digits` × 10^-`scale`, e.g. 0.1 as (1, 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Digits without the point, greater than 0.
    pub digits: u32,
    /// Number of digits after the point.
    pub scale: u32,
}

/// The words of an enumeration.
#[derive(Debug, Clone)]
pub struct Enumeration {
    /// Name of the enumeration in the specification (1.6: made of the field's).
    pub name: &'static str,
    /// The words in the order of the schema.
    pub words: Vec<&'static str>,
}

/// All facts of one version.
#[derive(Debug)]
pub struct Catalogue {
    version: Version,
    actions: Vec<Action>,
    shapes: Vec<Shape>,
    enums: Vec<Enumeration>,
    messages: HashMap<&'static str, Message>,
}

static V16: LazyLock<Catalogue> =
    LazyLock::new(|| reader::read(Version::V16, include_str!("generated/v16.facts")));
static V201: LazyLock<Catalogue> =
    LazyLock::new(|| reader::read(Version::V201, include_str!("generated/v201.facts")));
static V21: LazyLock<Catalogue> =
    LazyLock::new(|| reader::read(Version::V21, include_str!("generated/v21.facts")));

impl Catalogue {
    /// The catalogue of a version; read on first use (about a millisecond).
    pub fn of(version: Version) -> &'static Catalogue {
        match version {
            Version::V16 => &V16,
            Version::V201 => &V201,
            Version::V21 => &V21,
        }
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// All actions in the order of their names.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action of this name (as on the wire, case matters).
    pub fn action(&self, name: &str) -> Option<&Action> {
        let at = self
            .actions
            .binary_search_by(|action| action.name.cmp(name))
            .ok()?;
        self.actions.get(at)
    }

    /// The message of this name, e.g. `HeartbeatRequest`.
    pub fn message(&self, name: &str) -> Option<Message> {
        self.messages.get(name).copied()
    }

    /// All messages, sorted by action, requests first.
    pub fn messages(&self) -> impl Iterator<Item = Message> + '_ {
        self.actions
            .iter()
            .flat_map(|action| [Some(action.request), action.response])
            .flatten()
    }

    /// All shapes.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// A shape of this catalogue.
    ///
    /// # Panics
    /// When the id is of another catalogue; ids of this one are always in range.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }

    /// An enumeration of this catalogue.
    ///
    /// # Panics
    /// As [`Catalogue::shape`].
    pub fn enumeration(&self, id: EnumId) -> &Enumeration {
        &self.enums[id.0]
    }
}

impl Message {
    /// The shape of the payload.
    pub fn body(&self) -> &'static Shape {
        Catalogue::of(self.version).shape(self.shape)
    }
}
