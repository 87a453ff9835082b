//! Mail to operators. A use case writes a letter, and keeps it in the same unit as the deed:
//!
//! ```ignore
//! let letter = Letter { kind: MailKind::PasswordReset, link: Some("/reset#secret"), … };
//! let queued = mail::queue(app, org, &letter)?;   // before the unit: draws an id, seals the text
//! app.store().write(Lane::Org(org), move |work| {
//!     …; work.mail_insert(&queued).await?; …      // in the unit: waits when the deed is done
//! })
//! ```
//!
//! `jobs` sends what waits, every two seconds, each mail by one node, and tries again for about a
//! day. The text, with its secret link, is sealed while it waits and forgotten afterwards. Without
//! a mail server (`app.post().is_folder()`) the mail becomes a file in the outbox folder; whoever may
//! see the link is shown [`url`] of it.

mod text;

use chrono::TimeDelta;
use domain::alert::AlertKind;
use domain::clock::Moment;
use domain::id::{MailId, OrgId};
use domain::mail::{Language, MailKind, MailState, next_try};
use egress::mail::Failure;
use store::{Lane, MailRow};

use crate::app::App;
use crate::error::Error;
use crate::seal;

/// How long a node may take to hand over what it took; then others try.
const CLAIM_MINUTES: i64 = 10;
/// How many mails a node takes at a time: they fit into the time of a claim.
const AT_ONCE: u64 = 8;
/// The longest reason that is kept of a failure, in characters.
const LONGEST_REASON: usize = 300;

/// What somebody is to be told.
pub(crate) struct Letter<'a> {
    /// The address.
    pub to: &'a str,
    /// What it is about.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// The name of whom it goes to, where it is known.
    pub name: Option<&'a str>,
    /// The organisation it is about; an invitation needs it.
    pub organisation: Option<&'a str>,
    /// Who invites; an invitation needs it.
    pub inviter: Option<&'a str>,
    /// Where it leads to in the console, such as `/accept#secret`.
    pub link: &'a str,
    /// Until when the link opens something; none when it is no secret.
    pub until: Option<Moment>,
    /// The condition that it tells of, and the name of what it is about.
    pub about: Option<(AlertKind, &'a str)>,
}

/// The link as people open it.
pub(crate) fn url(app: &App, link: &str) -> String {
    format!("{}{link}", app.settings().console_url.trim_end_matches('/'))
}

/// A letter as it waits for its sending; keep it with [`store::Work::mail_insert`].
pub(crate) fn queue(app: &App, org: OrgId, letter: &Letter<'_>) -> Result<MailRow, Error> {
    let id = MailId::from_uuid(app.draw());
    let words = text::render(letter, &url(app, letter.link))?;
    let words = serde_json::to_string(&words).map_err(Error::internal)?;
    Ok(MailRow {
        id,
        org,
        to: letter.to.trim().to_owned(),
        kind: letter.kind,
        language: letter.language,
        sealed: Some(seal::seal(app, "mail", &id.to_string(), &words)?),
        state: MailState::Queued,
        attempts: 0,
        created_at: app.now(),
        next_at: app.now(),
        last_error: None,
    })
}

/// Sends the mails whose time has come.
pub(crate) async fn send_due(app: &App) -> Result<(), Error> {
    loop {
        let now = app.now();
        let until = now + TimeDelta::minutes(CLAIM_MINUTES);
        let claimed = app.store().write(Lane::Instance, move |work| {
            Box::pin(async move { work.mails_claim(now, until, AT_ONCE).await })
        });
        let claimed = claimed.await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for mail in claimed {
            send(app, mail).await?;
        }
    }
}

async fn send(app: &App, mail: MailRow) -> Result<(), Error> {
    let outcome = match letter(app, &mail) {
        Ok(letter) => app.post().send(&letter).await,
        Err(_) => Err(Failure::Never("its text could not be read".to_owned())),
    };
    let handed_over = match app.post().is_folder() {
        true => MailState::InOutbox,
        false => MailState::DeliveredToServer,
    };
    let (state, error, again) = match outcome {
        Ok(()) => (handed_over, None, None),
        Err(Failure::Never(why)) => (MailState::Failed, Some(why), None),
        Err(Failure::Later(why)) => match next_try(mail.created_at, mail.attempts, app.now()) {
            Some(again) => (MailState::Queued, Some(why), Some(again)),
            None => (MailState::Failed, Some(why), None),
        },
    };
    match &error {
        // What a server says may name the address.
        Some(_) => tracing::warn!(mail.id = %mail.id, mail.state = ?state, "a mail did not go"),
        None => tracing::info!(mail.id = %mail.id, mail.state = ?state, "a mail went"),
    }
    let error: Option<String> = error.map(|why| why.chars().take(LONGEST_REASON).collect());
    let noted = app.store().write(Lane::Instance, move |work| {
        let (mail, error) = (mail.clone(), error.clone());
        Box::pin(async move { work.mail_tried(&mail, state, error.as_deref(), again).await })
    });
    Ok(noted.await?)
}

fn letter(app: &App, mail: &MailRow) -> Result<egress::mail::Mail, Error> {
    let sealed = mail.sealed.as_deref().unwrap_or_default();
    let words = seal::open(app, "mail", &mail.id.to_string(), sealed)?;
    let words: text::Words = serde_json::from_str(&words).map_err(Error::internal)?;
    Ok(egress::mail::Mail {
        id: mail.id.to_string(),
        to: mail.to.clone(),
        subject: words.subject,
        text: words.text,
        html: words.html,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use egress::mail::Post;
    use tokio::net::TcpListener;

    use super::*;
    use crate::testing::TestApp;

    async fn queued(test: &TestApp) -> MailId {
        let letter = Letter {
            about: None,
            to: "bo@example.org",
            kind: MailKind::Invitation,
            language: Language::De,
            name: None,
            organisation: Some("Depot"),
            inviter: Some("Ada"),
            link: "/accept#secret",
            until: Some(test.app.now()),
        };
        let row = queue(&test.app, test.org, &letter).unwrap();
        let id = row.id;
        let insert = test.app.store().write(Lane::Org(test.org), move |work| {
            let row = row.clone();
            Box::pin(async move { work.mail_insert(&row).await })
        });
        insert.await.unwrap();
        id
    }

    async fn found(test: &TestApp, id: MailId) -> MailRow {
        let read = &test.app.store().read;
        read.mails(&[id]).await.unwrap().pop().unwrap()
    }

    #[tokio::test]
    async fn without_a_server_it_lies_in_the_outbox_and_its_text_is_forgotten() {
        let test = TestApp::new().await;
        let id = queued(&test).await;
        let waiting = found(&test, id).await;
        assert!(!waiting.sealed.unwrap().contains("secret"));
        let mails = test.mails_to("bo@example.org").await;
        assert_eq!(mails.len(), 1);
        assert!(
            mails[0].contains("localhost:8080/accept#secret"),
            "{}",
            mails[0]
        );
        let sent = found(&test, id).await;
        assert_eq!((sent.state, sent.sealed), (MailState::InOutbox, None));
        assert_eq!(test.mails_to("bo@example.org").await.len(), 1);
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_asked_again_until_the_day_is_over() {
        // A port that was ours a moment ago, and that nobody listens at.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
        drop(listener);
        let post = Post::server(&url, "busbar@example.org", Duration::from_secs(5)).unwrap();
        let test = TestApp::with_post(post).await;
        let id = queued(&test).await;
        let mut tries = 0;
        loop {
            send_due(&test.app).await.unwrap();
            let mail = found(&test, id).await;
            tries += 1;
            assert_eq!(mail.attempts, tries);
            assert!(mail.last_error.is_some());
            if mail.state == MailState::Failed {
                assert_eq!((mail.sealed, tries), (None, 11));
                break;
            }
            assert!(mail.state == MailState::Queued && mail.sealed.is_some());
            // Not before its time.
            send_due(&test.app).await.unwrap();
            assert_eq!(found(&test, id).await.attempts, tries);
            test.clock.advance(mail.next_at - test.app.now());
        }
    }

    #[tokio::test]
    async fn one_node_takes_a_mail_and_another_when_that_one_dies() {
        let test = TestApp::new().await;
        let id = queued(&test).await;
        let claim = || async {
            let now = test.app.now();
            let until = now + TimeDelta::minutes(CLAIM_MINUTES);
            let unit = test.app.store().write(Lane::Instance, move |work| {
                Box::pin(async move { work.mails_claim(now, until, 9).await })
            });
            unit.await.unwrap()
        };
        let dead = claim().await.pop().unwrap();
        assert!(claim().await.is_empty());
        test.clock.advance(TimeDelta::minutes(CLAIM_MINUTES));
        let heir = claim().await.pop().unwrap();
        assert_eq!((heir.id, heir.attempts), (id, 2));
        // The one thought dead comes late: what it says does not count.
        let late = test.app.store().write(Lane::Instance, move |work| {
            let dead = dead.clone();
            Box::pin(async move { work.mail_tried(&dead, MailState::Failed, None, None).await })
        });
        late.await.unwrap();
        assert_eq!(found(&test, id).await.state, MailState::Sent);
    }
}
