//! Keeps and finds domain values in SQLite or PostgreSQL.
//!
//! Writes go through lanes (see [`Store::write`]): a unit of work returns after its commit is on
//! disk. Reads go to a pool of their own and always name the organisation they are for, so that a
//! foreign id reads as a missing one. Nothing outside this crate knows the tables.

mod attempt;
mod audit;
mod backend;
mod changes;
mod command;
mod driver;
mod entity;
mod error;
mod factor;
mod idempotency;
mod inspect;
mod invitation;
mod key;
mod lane;
mod link;
mod lock;
mod login;
mod mail;
mod member;
mod node;
mod notification;
mod organisation;
mod outbox;
mod page;
mod place;
mod rows;
mod sample;
mod saved_password;
mod session;
mod site;
mod site_access;
mod sort;
mod station;
mod store;
mod sweep;
mod token;
mod user;
mod value;
mod variable;
mod wire_log;
mod work;

pub use attempt::Unknown;
pub use audit::AuditFilter;
pub use command::CommandRow;
pub use driver::{DriverFilter, DriverRow, DriverSort};
pub use error::Error;
pub use factor::{AuthenticatorRow, ChallengeRow};
pub use idempotency::{Begun, KeptAnswer, KeyedRequest};
pub use inspect::{Inspection, Steps};
pub use invitation::{InvitationRow, Pending, PendingRow};
pub use key::KeyRow;
pub use lane::{Lane, Options};
pub use link::LinkRow;
pub use lock::{ChallengeOf, LockRow};
pub use mail::MailRow;
pub use member::{MemberFilter, MemberRow, MembershipRow};
pub use node::Connected;
pub use organisation::OrganisationRow;
pub use place::Place;
pub use saved_password::{SavedPassword, SavedRow};
pub use session::{SessionFilter, SessionRow, SessionSort};
pub use site::{SiteRemoval, SiteSort};
pub use site_access::{SiteAccessRow, SitePerson};
pub use sort::Sort;
pub use station::{Credential, EvseRow, Opened, StationFilter, StationRow, StationSort};
pub use store::{Overview, Read, Store};
pub use sweep::Retention;
pub use token::{TokenFilter, TokenSort};
pub use user::{LoginRow, UserRow};
pub use wire_log::{LogFilter, log_cursor};
pub use work::Work;
