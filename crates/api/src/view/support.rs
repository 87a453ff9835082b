//! The support page, as the API shows it.

use app::support::Support;
use serde::Serialize;
use utoipa::ToSchema;

/// Whom to ask, and what to send along.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportView {
    /// Who helps; null where whoever runs the instance wrote nothing.
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// A page; http or https.
    pub url: Option<String>,
    pub text: Option<String>,
    /// How the instance is built, in order: nothing secret, and nothing about anybody.
    pub report: Vec<FactView>,
}

/// A name and what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactView {
    pub name: &'static str,
    pub value: String,
}

impl SupportView {
    pub fn to_view(support: Support) -> Self {
        let contact = support.contact;
        let facts = support.report.into_iter();
        Self {
            name: contact.name,
            email: contact.email,
            phone: contact.phone,
            url: contact.url,
            text: contact.text,
            report: facts
                .map(|(name, value)| FactView { name, value })
                .collect(),
        }
    }
}
