//! Closed lists of words, as the description of the API names them. The words are those that the
//! domain reads and writes: nothing is listed twice.

use std::borrow::Cow;

use domain::module::ModuleSet;
use domain::role::{Permission, Role};
use serde::de::value::Error as Stop;
use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::v1;

/// Declares a schema of its own for each list.
macro_rules! closed {
    ($($(#[doc = $doc:literal])* $name:ident = $words:expr;)*) => {$(
        $(#[doc = $doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema(&[$($doc),*], &$words)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

closed! {
    /// What the operator says of a site or station.
    AdminState = of::<domain::site::AdminState>();
    /// Who may charge at a site.
    Accessibility = of::<domain::site::Accessibility>();
    /// Where a station stands in the boot state machine.
    Registration = of::<domain::station::Registration>();
    /// What a connector says of itself.
    ConnectorStatus = of::<domain::station::ConnectorStatus>();
    /// How a row of a file of stations ends.
    ImportOutcome = of::<app::stations::RowFate>();
    /// Whether a variable may be written.
    Mutability = of::<domain::variable::Mutability>();
    /// Whether a session runs.
    SessionState = of::<domain::session::SessionState>();
    /// Why a person should look at a session.
    Suspicion = of::<domain::session::Suspicion>();
    /// How a token is read.
    TokenKind = of::<domain::token::TokenKind>();
    /// Whether a token may be used.
    TokenState = of::<domain::token::TokenState>();
    /// What can be asked of a station; `ocpp` is a raw call.
    CommandType = super::params::TYPES.iter().chain(&["monitor_variables", "upload_log", "ocpp"]).copied().collect::<Vec<_>>();
    /// Where a command stands.
    CommandState = of::<domain::command::CommandState>();
    /// How hard a reset is.
    ResetKind = of::<domain::command::ResetKind>();
    /// What a station is asked to say again.
    TriggerKind = of::<domain::command::TriggerKind>();
    /// How much of the device model a station is asked for.
    ReportKind = of::<domain::command::ReportKind>();
    /// What came of a raw call: a CALLRESULT, a CALLERROR, or nothing in time.
    RawResult = ["accepted", "call_error", "timeout"];
    /// A list that can be kept as a view.
    ViewList = of::<domain::view::ViewList>();
    /// What kind of job.
    JobKind = of::<super::job::JobKind>();
    /// Where a job stands.
    JobState = of::<domain::batch::BatchState>();
    /// Where one station of a job stands.
    JobItemState = of::<domain::batch::ItemState>();
    /// How far an update of firmware is.
    FirmwarePhase = of::<domain::batch::FirmwarePhase>();
    /// What a job would meet at a station.
    JobVerdict = ["ready", "offline", "locked", "not_permitted", "cannot"];
    /// Who sent a frame: the station (`in`) or Busbar (`out`).
    Direction = of::<domain::wire_log::Direction>();
    /// What a frame is.
    FrameKind = of::<domain::wire_log::FrameKind>();
    /// What became of an attempt to connect.
    AttemptOutcome = of::<domain::attempt::AttemptOutcome>();
    /// What a notice is about.
    NoticeKind = of::<domain::message::NoticeKind>();
    /// A kind of second factor.
    Factor = of::<app::factors::Factor>();
    /// A way to show again who one is.
    ConfirmWay = of::<app::factors::ConfirmWay>();
    /// A role.
    RoleKey = Role::ALL.iter().map(|r| r.key()).collect::<Vec<_>>();
    /// A permission.
    PermissionKey = Permission::ALL.iter().map(|p| p.key()).collect::<Vec<_>>();
    /// How much of a site a person has.
    SiteLevel = domain::site_access::Level::ALL.map(domain::site_access::Level::key);
    /// Whether a member is put away.
    MemberState = ["active", "archived"];
    /// To what somebody is invited.
    InvitationPurpose = ["member", "site", "organisation"];
    /// To what an organisation invites.
    OrganisationInvitationPurpose = ["member", "organisation"];
    /// How far an invitation is.
    InvitationState = of::<domain::invitation::Progress>();
    /// How far a mail is.
    MailState = of::<domain::mail::MailState>();
    /// A module: `Module/Submodule` of the table of rights.
    ModuleKey = ModuleSet::everything().modules.into_iter().collect::<Vec<_>>();
    /// A paid module.
    PaidModuleKey = ModuleSet::everything().paid.into_iter().collect::<Vec<_>>();
    /// What gives a permission (`role` to `everybody`), or keeps it away.
    ReasonKind = [
        "role", "site_level", "site_grant", "everybody", "instance", "module", "paid_module",
        "single", "no_role", "other_sites", "site_denial", "maker",
    ];
    /// Whether a driver may charge.
    DriverState = of::<domain::driver::DriverState>();
    /// An order of drivers.
    DriverOrder = orders(v1::drivers::SORTS);
    /// What is seen beside a station's settings.
    Padlock = of::<domain::lock::Padlock>();
    /// How a lock was taken away.
    LockRemovalMethod = of::<domain::lock::RemovalMethod>();
    /// How the frozen settings of a locked station are.
    WatchState = of::<domain::lock::WatchState>();
    /// What a critical setting is about.
    SettingSphere = of::<domain::setting::Sphere>();
    /// What is done about drift.
    DriftReaction = of::<domain::setting::Reaction>();
    /// How a wish stands.
    SettingState = of::<domain::setting::SettingState>();
    /// A group of settings.
    SettingArea = of::<domain::setting::Area>();
    /// What a station answered to a wish.
    WriteOutcome = of::<domain::command::Written>();
    /// What speaks against a value.
    SettingMisfit = of::<domain::setting::Misfit>();
    /// What is done about drift of a wish.
    WishReaction = ["alert", "revert"];
    /// What came of one station of a site.
    LockOutcome = ["locked", "locked_already", "station_offline", "settings_unread", "failed"];
    /// What a notification is about.
    NotificationKind = [
        "lock_puk", "lock_removed", "lock_password_changed", "settings_drifted", "reverts_stopped",
        "settings_unread",
        "alert",
        "firmware_available",
    ];
    /// A condition that alerts are about.
    AlertKind = of::<domain::alert::AlertKind>();
    /// How bad an alert is.
    AlertSeverity = of::<domain::alert::Severity>();
    /// How far somebody is with an alert.
    AlertState = of::<domain::alert::AlertState>();
    /// Why an alert is over.
    AlertEnding = of::<domain::alert::Ending>();
    /// What an alert is about.
    AlertObject = ["site", "station", "evse", "session"];
    /// An order of alerts.
    AlertOrder = orders(v1::alerts::SORTS);
    /// How far a message to a webhook is.
    DeliveryState = of::<domain::webhook::DeliveryState>();
    /// What is carried to or from a station.
    TransferKind = of::<domain::transfer::TransferKind>();
    /// By which protocol a file is carried.
    Transport = of::<domain::transfer::Transport>();
    /// Where a transfer stands.
    TransferState = of::<domain::transfer::TransferState>();
    /// Which log.
    LogKind = of::<domain::command::LogKind>();
    /// By which way a deed came.
    Via = of::<domain::audit::Via>();
    /// What a live stream can be about.
    Topic = app::live::Topic::ALL.map(app::live::Topic::word);
    /// An order of stations.
    StationOrder = orders(v1::stations::SORTS);
    /// An order of sites.
    SiteOrder = orders(v1::sites::SORTS);
    /// An order of sessions.
    SessionOrder = orders(v1::sessions::SORTS);
    /// An order of tokens.
    TokenOrder = orders(v1::tokens::SORTS);
}

fn schema<W: AsRef<str>>(doc: &[&str], words: &[W]) -> RefOr<Schema> {
    let words: Vec<String> = words.iter().map(|w| w.as_ref().to_owned()).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(doc.join("\n").trim()))
        .enum_values(Some(words))
        .into()
}

/// Each word of `sort`, and with a `-` before it.
fn orders<K>(words: &[(&str, K)]) -> Vec<String> {
    words
        .iter()
        .flat_map(|(word, _)| [(*word).to_owned(), format!("-{word}")])
        .collect()
}

/// The words of `T`, as it asks a reader for them.
fn of<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut words: &[&str] = &[];
    // It is told to stop as soon as it has asked.
    let _ = T::deserialize(Listener(&mut words));
    words.to_vec()
}

struct Listener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop::custom("no list of words"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stop> {
        *self.0 = words;
        Err(Stop::custom("heard"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::session::Suspicion as Reason;

    #[test]
    fn the_words_are_those_that_are_written() {
        use domain::token::TokenState::{Active, Blocked};
        let written = [Active, Blocked].map(|state| super::super::word(&state));
        assert_eq!(of::<domain::token::TokenState>(), written);
        assert!(of::<Reason>().contains(&Reason::NoMeter.code()));
        assert!(of::<String>().is_empty());
    }
}
