//! Rows of the audit trail: who did what to what. Written in the unit of work of the deed.

use domain::id::{AuditId, OrgId};
use domain::role::Caller;
use serde_json::Value;
use store::AuditRow;

use crate::app::App;

/// A row about a deed of `caller`. `before` and `after` must hold nothing personal.
pub(crate) fn row(
    app: &App,
    caller: &Caller,
    org: OrgId,
    action: &'static str,
    object: impl std::fmt::Display,
    before: Option<&Value>,
    after: Option<&Value>,
) -> AuditRow {
    let (actor, actor_name) = match caller {
        Caller::User(member) => (Some(member.user), member.name.clone()),
        Caller::Key { key, member } => (Some(member.user), format!("{} ({key})", member.name)),
        Caller::Station(id) => (None, id.to_string()),
        Caller::System { why } => (None, (*why).to_owned()),
    };
    AuditRow {
        id: AuditId::from_uuid(app.draw()),
        org,
        at: app.now(),
        actor,
        actor_name,
        action,
        object: object.to_string(),
        before: before.map(Value::to_string),
        after: after.map(Value::to_string),
    }
}
