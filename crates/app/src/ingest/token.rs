//! May this token charge here, now?

use domain::token::{PresentedToken, Token, TokenKind, Verdict, VerdictWord};

use super::scene::Scene;

/// A verdict, and the known token that it is on.
pub(super) struct Judged {
    pub verdict: Verdict,
    pub token: Option<Token>,
}

impl Scene<'_> {
    /// Judges a presented token, and notes that a known one was used. An unknown token is
    /// accepted when a person who may control the station has just started a session for it
    /// here. A driver who is blocked or put away charges with no token. While the place is not in service, no token may charge.
    pub fn judge(&mut self, presented: &PresentedToken) -> Judged {
        let task = self.task;
        let now = task.heard.at;
        let token = task.token.clone();
        if let Some(token) = &token {
            self.work.token_used(token.id, now);
        }
        let mut verdict = Verdict::on(token.as_ref(), now);
        let nobody_asked = presented.kind == TokenKind::NoAuthorization;
        if verdict.word == VerdictWord::Unknown && (task.vouched || nobody_asked) {
            verdict.word = VerdictWord::Accepted;
        }
        if verdict.accepts() && task.barred {
            verdict.word = VerdictWord::Blocked;
        }
        if verdict.accepts() && !task.place_open {
            verdict.word = VerdictWord::NotHere;
        }
        Judged { verdict, token }
    }
}
