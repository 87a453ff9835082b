//! One row for every inbound attempt, whoever it was: people look here when a station does not
//! come in.

use std::net::IpAddr;

use app::App;
use domain::attempt::{Attempt, AttemptOutcome};
use domain::id::AttemptId;

use crate::request::{Head, cut};

/// What is known of an attempt so far.
pub(crate) struct Trace<'a> {
    pub app: &'a App,
    /// Whose attempt it is: the peer, or the client a trusted proxy speaks for.
    pub remote: IpAddr,
}

impl Trace<'_> {
    /// The address without port.
    pub fn remote_ip(&self) -> String {
        self.remote.to_canonical().to_string()
    }

    /// Keeps the attempt.
    pub fn ends(
        &self,
        head: Option<&Head>,
        identity: Option<&str>,
        username: Option<&[u8]>,
        outcome: AttemptOutcome,
        detail: Option<&str>,
    ) {
        tracing::debug!(remote.ip = %self.remote, attempt.outcome = ?outcome, "an inbound attempt");
        app::attempts::record(
            self.app,
            Attempt {
                id: AttemptId::from_uuid(self.app.draw()),
                at: self.app.now(),
                remote_ip: self.remote_ip(),
                path: head.map(|head| head.path.clone()),
                identity: identity.map(|identity| cut(identity, 128)),
                subprotocols: head.map(|head| head.protocols.clone()).unwrap_or_default(),
                user_agent: head.and_then(|head| head.user_agent.clone()),
                username: username.map(|name| cut(&String::from_utf8_lossy(name), 128)),
                outcome,
                detail: detail.map(str::to_owned),
            },
        );
    }
}
