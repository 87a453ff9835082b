//! The words of mails, by language: templates beside this file, with keys like those of the
//! console's texts. What people chose (names) is text in the plain form and escaped in the HTML.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::alert::AlertKind;
use domain::mail::{Language, MailKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::{Deserialize, Serialize};

use super::Letter;
use crate::error::Error;

type Texts = BTreeMap<String, BTreeMap<String, String>>;

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("en.json")));
static GERMAN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("de.json")));
const PLAIN: &str = include_str!("layout.txt");
const HTML: &str = include_str!("layout.html");

fn read(json: &str) -> Texts {
    serde_json::from_str(json).unwrap_or_default()
}

fn texts(language: Language) -> &'static Texts {
    match language {
        Language::En => &ENGLISH,
        Language::De => &GERMAN,
    }
}

const fn section(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Invitation => "invitation",
        MailKind::SiteInvitation => "site_invitation",
        MailKind::OrganisationInvitation => "organisation_invitation",
        MailKind::Activation => "activation",
        MailKind::PasswordReset => "password_reset",
        MailKind::PasswordChanged => "password_changed",
        MailKind::SecondFactorRemoved => "second_factor_removed",
        MailKind::ProviderLinked => "provider_linked",
        MailKind::Alert => "alert",
    }
}

fn environment(escape: AutoEscape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment
}

/// The word of a condition.
fn condition(language: Language, kind: AlertKind) -> Option<String> {
    texts(language).get("conditions")?.get(kind.word()).cloned()
}

/// What a text may name. What is not said is not there: a text that names it all the same fails.
fn values(said: &Letter<'_>) -> Value {
    let until = said.until.map(|until| until.format("%Y-%m-%d %H:%M UTC"));
    let named = [
        ("name", said.name.map(str::to_owned)),
        ("organisation", said.organisation.map(str::to_owned)),
        ("inviter", said.inviter.map(str::to_owned)),
        ("until", until.map(|until| until.to_string())),
        (
            "condition",
            said.about
                .and_then(|(kind, _)| condition(said.language, kind)),
        ),
        ("object", said.about.map(|(_, name)| name.to_owned())),
    ];
    let named = named
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    Value::from_pairs(named)
}

/// A mail's words.
#[derive(Serialize, Deserialize)]
pub(super) struct Words {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The words of a letter whose link is `url`.
pub(super) fn render(letter: &Letter<'_>, url: &str) -> Result<Words, Error> {
    let texts = texts(letter.language);
    let values = values(letter);
    let sentence = |section: &str, key: &str| {
        let template = texts.get(section).and_then(|s| s.get(key));
        let template =
            template.ok_or_else(|| Error::internal(format!("no text {section}.{key}")))?;
        environment(AutoEscape::None)
            .render_str(template, &values)
            .map_err(Error::internal)
    };
    let link = match letter.until {
        Some(_) => Some(sentence("layout", "link")?),
        None => None,
    };
    let section = section(letter.kind);
    let subject = sentence(section, "subject")?;
    let parts = context! {
        language => letter.language.tag(),
        subject => subject.clone(),
        hello => sentence("layout", "hello")?,
        text => sentence(section, "text")?,
        button => sentence(section, "button")?,
        nobody => sentence("layout", "nobody")?,
        link => link,
        url => url,
    };
    let laid_out = |layout, escape| {
        environment(escape)
            .render_str(layout, &parts)
            .map_err(Error::internal)
    };
    Ok(Words {
        text: laid_out(PLAIN, AutoEscape::None)?,
        html: laid_out(HTML, AutoEscape::Html)?,
        subject,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const URL: &str = "https://busbar.example/accept#secret";

    fn letter(kind: MailKind, language: Language) -> Letter<'static> {
        Letter {
            about: Some((AlertKind::Offline, "DEPOT-<7>")),
            to: "bo@example.org",
            kind,
            language,
            name: Some("Bo <b>"),
            organisation: Some("Depot & Söhne"),
            inviter: Some("Ada"),
            link: "/accept#secret",
            until: chrono::DateTime::from_timestamp(1_780_000_000, 0),
        }
    }

    #[test]
    fn both_languages_say_every_kind() {
        let keys = |texts: &Texts| -> Vec<String> {
            let all = texts.iter();
            let all = all.flat_map(|(s, keys)| keys.keys().map(move |k| format!("{s}.{k}")));
            all.collect()
        };
        assert_eq!(keys(&ENGLISH), keys(&GERMAN));
        for language in [Language::En, Language::De] {
            for kind in MailKind::ALL {
                let mail = render(&letter(*kind, language), URL).unwrap();
                assert!(mail.text.contains("2026-05-28 20:26 UTC"), "{}", mail.text);
                assert!(mail.text.contains(&format!("\n{URL}\n")), "{}", mail.text);
                assert!(
                    mail.html.replace("&#x2f;", "/").contains(URL),
                    "{}",
                    mail.html
                );
                assert!(!mail.subject.is_empty() && !mail.text.contains("{{"));
            }
        }
    }

    #[test]
    fn both_languages_have_a_word_for_every_condition() {
        for kind in AlertKind::ALL {
            let words = [Language::En, Language::De].map(|l| condition(l, *kind));
            assert!(words.iter().all(Option::is_some), "{kind:?}");
        }
        let mail = render(&letter(MailKind::Alert, Language::De), URL).unwrap();
        assert_eq!(mail.subject, "Nicht erreichbar: DEPOT-<7>");
        assert!(mail.html.contains("DEPOT-&lt;7&gt;"), "{}", mail.html);
    }

    #[test]
    fn a_name_is_text_in_html() {
        let mail = render(&letter(MailKind::Invitation, Language::De), URL).unwrap();
        assert!(mail.text.contains("Bo <b>") && mail.text.contains("Depot & Söhne"));
        assert!(mail.html.contains("Bo &lt;b&gt;") && mail.html.contains("Depot &amp; Söhne"));
    }

    #[test]
    fn a_text_without_what_it_names_is_not_written() {
        let mut invitation = letter(MailKind::Invitation, Language::En);
        invitation.organisation = None;
        assert!(render(&invitation, URL).is_err());
        let mut changed = letter(MailKind::PasswordChanged, Language::En);
        (changed.organisation, changed.name, changed.until) = (None, None, None);
        let mail = render(&changed, URL).unwrap();
        assert!(mail.text.starts_with("Hello,\n") && !mail.text.contains("works once"));
    }
}
