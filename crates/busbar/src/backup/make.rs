//! Makes a backup: copies the database while the server writes to it, packs it with the files and
//! the configuration, reads the result back, and only then gives it its name.

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use store::Inspection;

use super::archive::{self, Writer};
use super::{
    DATABASE, Error, FILES, KEY, Manifest, Passphrase, Step, Told, blocking, config, folder,
    private, room, sync, with,
};
use crate::config::Config;

/// What is wanted of a backup.
#[derive(Debug, Clone)]
pub struct Order {
    /// A file that is not there, or a folder that is.
    pub to: PathBuf,
    /// What seals it.
    pub passphrase: Option<Passphrase>,
    /// Whether the key file and the secrets of the configuration go into it.
    pub with_keys: bool,
    /// Whether the database stays out.
    pub files_only: bool,
    /// The present moment, which names it.
    pub now: DateTime<Utc>,
}

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The file.
    pub file: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// What it says of itself.
    pub manifest: Manifest,
    /// What should be known of what is not in it.
    pub notes: Vec<String>,
}

/// What a backup's files in a folder are called: this, the moment, and an ending.
pub const PREFIX: &str = "busbar-";
/// What the folder of an unfinished one is called.
pub const UNFINISHED: &str = ".busbar-backup-";
/// Room beside what is packed: headers, the manifest, what zstd cannot make shorter.
const SPARE: u64 = 16 << 20;

/// The name of a backup of a moment.
fn name(now: DateTime<Utc>, sealed: bool) -> String {
    let ending = if sealed { ".sealed" } else { "" };
    format!("{PREFIX}{}.tar.zst{ending}", now.format("%Y%m%dT%H%M%SZ"))
}

/// Makes a backup of the instance of `config`, whether a server runs on it or not.
pub async fn make(config: &Config, order: &Order, told: &Told) -> Result<Made, Error> {
    let database = match (order.files_only, config.database_file()) {
        (true, _) => None,
        (false, None) if !config.database_url().starts_with("sqlite:") => {
            return Err(Error::OnServer);
        }
        (false, _) => Some(config.database_url()),
    };
    let file = match order.to.is_dir() {
        true => order.to.join(name(order.now, order.passphrase.is_some())),
        false => order.to.clone(),
    };
    if file.exists() {
        let why = format!("{} is there already", file.display());
        return Err(Error::InTheWay(why));
    }
    let parts = {
        let (config, with_keys) = (config.clone(), order.with_keys);
        blocking(move || parts(&config, with_keys)).await?
    };
    let mut needed = parts.bytes + SPARE;
    let mut schema = Vec::new();
    if let Some(url) = &database {
        let database = Inspection::open(url).await?;
        // The copy, and at worst as much again for what is made of it.
        needed += 2 * database.bytes().await?;
        schema = database.taken().await?;
    }
    let into = folder(&file);
    room(&into, needed)?;
    // For nobody else to read, and gone when anything goes wrong.
    let work = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(private())
        .tempdir_in(&into)
        .map_err(with(format!("cannot write to {}", into.display())))?;
    let copy = work.path().join(DATABASE);
    if let Some(url) = &database {
        told(Step::Copying);
        Inspection::copy(url, &copy).await?;
    }
    let (order, told) = (order.clone(), told.clone());
    blocking(move || {
        let copy = database.is_some().then_some(copy.as_path());
        let unfinished = work.path().join("archive");
        let manifest = pack(&unfinished, copy, &parts, &order, schema, &told)?;
        let bytes = verified(&unfinished, &order, &manifest, &told)?;
        let renamed = std::fs::rename(&unfinished, &file);
        renamed.map_err(with(format!("cannot make {}", file.display())))?;
        sync(&into)?;
        Ok(Made {
            file,
            bytes,
            manifest,
            notes: parts.notes,
        })
    })
    .await
}

/// What goes in beside the database.
struct Parts {
    /// Files by their name in the archive.
    files: Vec<(String, PathBuf)>,
    /// What is held in memory already.
    texts: Vec<(&'static str, Vec<u8>)>,
    bytes: u64,
    notes: Vec<String>,
}

fn parts(config: &Config, with_keys: bool) -> Result<Parts, Error> {
    let mut parts = Parts {
        files: Vec::new(),
        texts: Vec::new(),
        bytes: 0,
        notes: Vec::new(),
    };
    let files = config.data_dir.join(FILES);
    if files.exists() {
        below(&files, FILES, &mut parts)?;
    }
    if let Some(path) = &config.file {
        match config::text(path, config, with_keys)? {
            config::Text::Whole(text) => parts.texts.push(("config/busbar.toml", text.into())),
            config::Text::Without(text, keys) => {
                parts.texts.push(("config/busbar.toml", text.into()));
                let keys = keys.join(", ");
                parts.notes.push(format!(
                    "the configuration is in it without what is secret: {keys}"
                ));
            }
            config::Text::Secret => parts.notes.push(
                "the configuration is not in it: its secrets cannot be taken out of it".to_owned(),
            ),
        }
    }
    if with_keys {
        let path = config.data_dir.join(KEY);
        let key = std::fs::read(&path);
        let key = key.map_err(with(format!("cannot read {}", path.display())))?;
        parts.texts.push(("keys/station.key", key));
    } else {
        let note = "the key file is not in it: keep station.key elsewhere, without it stations \
                    need new passwords and second factors have to be set up anew";
        parts.notes.push(note.to_owned());
    }
    let texts = parts.texts.iter().map(|(_, text)| text.len() as u64);
    parts.bytes += texts.sum::<u64>();
    Ok(parts)
}

/// Finds the files in a folder, in the order of their names. What is neither a file nor a folder
/// is passed over: nothing that Busbar puts there is a link.
fn below(path: &Path, name: &str, parts: &mut Parts) -> Result<(), Error> {
    let cannot = || format!("cannot read {}", path.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(with(cannot()))? {
        entries.push(entry.map_err(with(cannot()))?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let file_name = entry.file_name();
        let Some(own) = file_name.to_str().filter(|own| !own.contains('\\')) else {
            let note = format!("a file in {name} has no name that can be kept, and is not in it");
            parts.notes.push(note);
            continue;
        };
        let name = format!("{name}/{own}");
        let about = entry.metadata().map_err(with(cannot()))?;
        if about.is_dir() {
            below(&entry.path(), &name, parts)?;
        } else if about.is_file() {
            parts.bytes += about.len();
            parts.files.push((name, entry.path()));
        }
    }
    Ok(())
}

fn pack(
    to: &Path,
    copy: Option<&Path>,
    parts: &Parts,
    order: &Order,
    schema: Vec<String>,
    told: &Told,
) -> Result<Manifest, Error> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(to);
    let file = file.map_err(with("cannot make the archive"))?;
    let mut writer = Writer::new(file, order.passphrase.as_ref())?;
    let copied = copy.map(opened).transpose()?;
    let all = parts.bytes + copied.as_ref().map_or(0, |(_, bytes)| *bytes);
    let mut done = 0;
    let mut read = |count: u64| {
        done += count;
        told(Step::Packing(done, all.max(done)));
    };
    if let Some((file, bytes)) = copied {
        writer.part("database.sqlite", bytes, file, &mut read)?;
    }
    for (name, path) in &parts.files {
        // A file may have gone since it was seen: what is over is swept.
        let file = match opened(path) {
            Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                continue;
            }
            other => other?,
        };
        writer.part(name, file.1, file.0, &mut read)?;
    }
    for (name, text) in &parts.texts {
        writer.part(name, text.len() as u64, text.as_slice(), &mut read)?;
    }
    let now = order.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    writer.finish(now, schema)
}

fn opened(path: &Path) -> Result<(File, u64), Error> {
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).map_err(with(cannot()))?;
    let about = file.metadata().map_err(with(cannot()))?;
    Ok((file, about.len()))
}

/// Reads the archive back, every byte of it; its length.
fn verified(archive: &Path, order: &Order, written: &Manifest, told: &Told) -> Result<u64, Error> {
    let bytes = opened(archive)?.1;
    let mut done = 0;
    let mut read = |count: u64| {
        done += count;
        told(Step::Verifying(done, bytes));
    };
    let mut nowhere = |_: &str| Ok(Box::new(std::io::sink()) as Box<dyn std::io::Write>);
    let found = archive::read(archive, order.passphrase.as_ref(), &mut nowhere, &mut read)?;
    match found == *written {
        true => Ok(bytes),
        false => Err(Error::Broken(
            "it does not read back as it was written".to_owned(),
        )),
    }
}
