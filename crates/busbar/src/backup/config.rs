//! The configuration file in a backup: without its secrets unless they are asked for. Refuses to
//! guess: a file out of which they cannot be taken stays out as a whole.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{Error, with};
use crate::config::Config;

/// What goes into the backup.
#[derive(Debug, PartialEq, Eq)]
pub enum Text {
    /// All of it.
    Whole(String),
    /// All but the values of these keys.
    Without(String, Vec<&'static str>),
    /// Nothing.
    Secret,
}

/// What stands in the place of a secret.
const PLACEHOLDER: &str = "left out of the backup";

/// The file as it goes into a backup.
pub fn text(path: &Path, config: &Config, with_secrets: bool) -> Result<Text, Error> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(with(format!("cannot read {}", path.display())))?;
    if with_secrets {
        return Ok(Text::Whole(text));
    }
    Ok(without(&text, config))
}

/// The secrets that a configuration has, by their keys.
fn secrets(config: &Config) -> Vec<(&'static str, &str)> {
    let oidc = config
        .oidc
        .as_ref()
        .and_then(|o| o.client_secret.as_deref());
    let addresses = [
        ("database.url", config.database.url.as_deref()),
        ("bus.url", config.bus.url.as_deref()),
        ("mail.url", config.mail.url.as_deref()),
    ];
    // An address has a secret in it when it has a user.
    let addresses = addresses.into_iter();
    let mut found: Vec<(&str, &str)> = addresses
        .filter_map(|(key, url)| Some((key, url.filter(|url| url.contains('@'))?)))
        .collect();
    found.extend(oidc.map(|secret| ("oidc.client_secret", secret)));
    found
}

fn without(text: &str, config: &Config) -> Text {
    let mut left: Vec<(&'static str, &str)> = Vec::new();
    let mut kept = text.to_owned();
    for (key, secret) in secrets(config) {
        // What came from the environment is not in the file.
        if kept.contains(secret) {
            kept = kept.replace(secret, PLACEHOLDER);
            left.push((key, secret));
        }
    }
    // Whatever else is in it: what is read from it now must hold none of them, however it is
    // written (escapes, several lines).
    let Ok(read) = toml::from_str::<Config>(&kept) else {
        return Text::Secret;
    };
    let others = secrets(&read)
        .into_iter()
        .filter(|(_, secret)| *secret != PLACEHOLDER);
    match (others.count() == 0, left.is_empty()) {
        (false, _) => Text::Secret,
        (true, true) => Text::Whole(kept),
        (true, false) => Text::Without(kept, left.into_iter().map(|(key, _)| key).collect()),
    }
}

/// The folder of an instance's backups, made where it is not there.
pub fn own_folder(config: &Config) -> Result<PathBuf, Error> {
    let folder = config.backup_dir();
    let mut dirs = std::fs::DirBuilder::new();
    dirs.recursive(true).mode(0o700);
    dirs.create(&folder)
        .map_err(with(format!("cannot make {}", folder.display())))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_stay_out_however_they_are_written() {
        let read = |text: &str| without(text, &toml::from_str(text).unwrap());
        let plain = "# our file\n[http]\nlisten = \"127.0.0.1:1\"\n[bus]\nurl = \"redis://h\"\n";
        assert_eq!(read(plain), Text::Whole(plain.to_owned()));
        for (text, key) in [
            (
                "[mail]\nurl = \"smtp://ana:hush@h\"\nfrom = \"a@b.org\"",
                "mail.url",
            ),
            ("mail = { url = 'smtp://ana:hush@h' }", "mail.url"),
            ("mail.url = '''smtp://ana:hush@h'''", "mail.url"),
            (
                "[database]\nurl = \"postgres://u:hush@h/d\"",
                "database.url",
            ),
            (
                "[oidc]\nissuer = \"https://h\"\nclient_id = \"b\"\nclient_secret = \"hush\"",
                "oidc.client_secret",
            ),
        ] {
            let Text::Without(kept, keys) = read(text) else {
                panic!("{text}");
            };
            assert_eq!(keys, [key]);
            assert!(!kept.contains("hush"), "{kept}");
        }
        // Written so that it is not found: not taken at all.
        let escaped = "[mail]\nurl = \"smtp://ana:h\\u0075sh@h\"\n";
        assert_eq!(read(escaped), Text::Secret);
    }
}
