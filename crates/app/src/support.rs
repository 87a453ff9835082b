//! Whom people can ask, and what they are asked first: how this instance is built, with nothing in
//! it that is secret or about anybody.

use domain::role::{Caller, Permission};

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// Whom people can ask, as whoever runs the instance wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// A page; http or https.
    pub url: Option<String>,
    /// More.
    pub text: Option<String>,
}

/// The support page.
#[derive(Debug, Clone)]
pub struct Support {
    /// Whom to ask.
    pub contact: Contact,
    /// What to send along: names and values, in order.
    pub report: Vec<(&'static str, String)>,
}

/// The support page, with `support.view`.
pub async fn read(app: &App, caller: &Caller) -> Result<Support, Error> {
    gate::permit(app, caller, Permission::SupportView).await?;
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let mail = if app.post().is_folder() {
        "outbox folder"
    } else {
        "server"
    };
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let https = app.settings().console_url.starts_with("https://");
    Ok(Support {
        contact: app.settings().support.clone(),
        report: vec![
            ("Busbar", env!("CARGO_PKG_VERSION").to_owned()),
            ("System", system),
            ("Database", app.store().read.kind().to_owned()),
            ("Several nodes", yes(app.bus().is_shared())),
            ("Node", app.node().to_string()),
            ("HTTPS", yes(https)),
            ("Mail", mail.to_owned()),
            ("Identity provider", yes(app.identity_provider().is_some())),
            ("Time", app.now().format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ],
    })
}
