//! Rules of alerts as the API shows and takes them.

use app::alert_rules::{Preview, RuleEdit};
use app::revision::Precondition;
use chrono::{DateTime, Utc};
use domain::alert::AlertKind;
use domain::alert::rule::{Audience, Hours, Rule, RuleScope};
use domain::id::{SiteId, StationId, UserId, WebhookId};
use domain::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{present, said, words};
use crate::problem::Problem;

/// Where a rule looks; everywhere when it names nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleScopeView {
    #[schema(value_type = Vec<String>)]
    pub sites: Vec<SiteId>,
    #[schema(value_type = Vec<String>)]
    pub stations: Vec<StationId>,
}

/// Where a rule is to look; everywhere when it names nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleScopeBody {
    #[schema(value_type = Vec<String>)]
    pub sites: Vec<SiteId>,
    #[schema(value_type = Vec<String>)]
    pub stations: Vec<StationId>,
}

/// At which hours a rule looks.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursView {
    /// Days of the week, 1 for Monday to 7.
    pub days: Vec<u8>,
    /// From this minute of the day on.
    pub from_minute: u16,
    /// Until before this one, of the next day when it is not later than `from_minute`.
    pub to_minute: u16,
    /// An IANA time zone.
    pub time_zone: String,
}

/// Who is told, as far as they may see the alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudienceView {
    /// Everybody with one of these roles.
    #[schema(value_type = Vec<words::RoleKey>)]
    pub roles: Vec<String>,
    /// And these members.
    #[schema(value_type = Vec<String>)]
    pub users: Vec<UserId>,
}

impl AudienceView {
    fn to_view(audience: &Audience) -> Self {
        let roles = Role::ALL.iter().filter(|r| audience.roles.contains(**r));
        Self {
            roles: roles.map(|role| role.key().to_owned()).collect(),
            users: audience.users.clone(),
        }
    }
}

/// Who is to be told.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AudienceBody {
    /// Everybody with one of these roles.
    #[schema(value_type = Vec<words::RoleKey>)]
    pub roles: Vec<String>,
    /// And these members.
    #[schema(value_type = Vec<String>)]
    pub users: Vec<UserId>,
}

impl AudienceBody {
    fn from_body(body: Self, pointer: &str) -> Result<Audience, Problem> {
        let role = |key: &String| {
            Role::from_key(key)
                .ok_or_else(|| Problem::field(pointer, "invalid", "There is no such role."))
        };
        let roles: Vec<Role> = body.roles.iter().map(role).collect::<Result<_, _>>()?;
        Ok(Audience {
            roles: roles.into_iter().collect(),
            users: body.users,
        })
    }
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRuleView {
    pub id: String,
    /// Empty for the name of the condition.
    pub name: String,
    #[schema(value_type = words::AlertKind)]
    pub kind: &'static str,
    /// For how long the condition lasts before it counts; of flapping, for how long it is quiet before
    /// it is over.
    pub minutes: u32,
    /// Returns within an hour of flapping, seconds of a clock; null for the others.
    pub threshold: Option<i64>,
    pub scope: RuleScopeView,
    /// Always when null.
    pub hours: Option<HoursView>,
    /// Who is told in the console.
    pub in_app: AudienceView,
    /// Who is told by mail.
    pub mail: AudienceView,
    /// Which webhooks are told.
    pub webhooks: Vec<String>,
    pub enabled: bool,
    /// Whether what is stored of the past tells how often it would have fired.
    pub can_be_previewed: bool,
    pub created_at: DateTime<Utc>,
}

impl AlertRuleView {
    pub fn to_view(rule: Rule) -> Self {
        let hours = |hours: Hours| HoursView {
            days: hours.days,
            from_minute: hours.from_minute,
            to_minute: hours.to_minute,
            time_zone: hours.time_zone,
        };
        let webhooks = rule.channels.webhooks.iter();
        Self {
            id: rule.id.to_string(),
            kind: rule.kind.word(),
            minutes: rule.minutes,
            threshold: rule.threshold,
            in_app: AudienceView::to_view(&rule.channels.in_app),
            mail: AudienceView::to_view(&rule.channels.mail),
            webhooks: webhooks.map(WebhookId::to_string).collect(),
            scope: RuleScopeView {
                sites: rule.scope.sites,
                stations: rule.scope.stations,
            },
            hours: rule.hours.map(hours),
            enabled: rule.enabled,
            can_be_previewed: rule.kind.can_be_previewed(),
            created_at: rule.created_at,
            name: rule.name,
        }
    }
}

/// How often a rule would have fired lately.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulePreviewView {
    /// Null for a condition of whose past too little is stored.
    pub times: Option<u64>,
    /// For how many days was looked back.
    pub days: i64,
}

impl RulePreviewView {
    pub fn to_view(preview: Preview) -> Self {
        Self {
            times: preview.times,
            days: preview.days,
        }
    }
}

fn scope(body: RuleScopeBody) -> RuleScope {
    RuleScope {
        sites: body.sites,
        stations: body.stations,
    }
}

fn hours(body: HoursView) -> Hours {
    Hours {
        days: body.days,
        from_minute: body.from_minute,
        to_minute: body.to_minute,
        time_zone: body.time_zone,
    }
}

/// A rule to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertRuleBody {
    #[schema(value_type = words::AlertKind)]
    pub kind: AlertKind,
    pub name: Option<String>,
    /// As usual for the condition when not given.
    pub minutes: Option<u32>,
    pub threshold: Option<i64>,
    pub scope: Option<RuleScopeBody>,
    pub hours: Option<HoursView>,
    pub in_app: Option<AudienceBody>,
    pub mail: Option<AudienceBody>,
    #[schema(value_type = Option<Vec<String>>)]
    pub webhooks: Option<Vec<WebhookId>>,
    pub enabled: Option<bool>,
}

impl AlertRuleBody {
    pub fn from_body(body: Self) -> Result<RuleEdit, Problem> {
        Ok(RuleEdit {
            name: body.name,
            kind: Some(body.kind),
            minutes: body.minutes,
            threshold: body.threshold.map(Some),
            scope: body.scope.map(scope),
            hours: Some(body.hours.map(hours)),
            in_app: audience(body.in_app, "/in_app/roles")?,
            mail: audience(body.mail, "/mail/roles")?,
            webhooks: body.webhooks,
            enabled: body.enabled,
            when: Precondition::None,
        })
    }
}

fn audience(body: Option<AudienceBody>, pointer: &str) -> Result<Option<Audience>, Problem> {
    body.map(|body| AudienceBody::from_body(body, pointer))
        .transpose()
}

/// Changes to a rule: a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertRuleChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = u32, required = false)]
    pub minutes: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    pub threshold: Option<Option<i64>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = RuleScopeBody, required = false)]
    pub scope: Option<RuleScopeBody>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<HoursView>)]
    pub hours: Option<Option<HoursView>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = AudienceBody, required = false)]
    pub in_app: Option<AudienceBody>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = AudienceBody, required = false)]
    pub mail: Option<AudienceBody>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Vec<String>, required = false)]
    pub webhooks: Option<Vec<WebhookId>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = bool, required = false)]
    pub enabled: Option<bool>,
}

impl AlertRuleChange {
    pub fn from_body(body: Self, when: Precondition) -> Result<RuleEdit, Problem> {
        Ok(RuleEdit {
            name: body.name,
            kind: None,
            minutes: body.minutes,
            threshold: body.threshold,
            scope: body.scope.map(scope),
            hours: body.hours.map(|inner| inner.map(hours)),
            in_app: audience(body.in_app, "/in_app/roles")?,
            mail: audience(body.mail, "/mail/roles")?,
            webhooks: body.webhooks,
            enabled: body.enabled,
            when,
        })
    }
}
