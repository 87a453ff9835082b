//! Restores a backup: reads all of it and compares it with its manifest before anything is made,
//! unpacks it into a folder of its own beside, looks at the database in it, brings everything to
//! the disk, and gives the folder its name as the last step. Refuses a folder with anything in it.

use std::fs::{DirBuilder, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use store::Inspection;

use super::{
    DATABASE, Error, KEY, Manifest, Passphrase, Step, Told, archive, blocking, folder, private,
    room, sync, with,
};

/// What is wanted of a restore.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The backup.
    pub archive: PathBuf,
    /// A folder that is not there, or is empty.
    pub into: PathBuf,
    /// What opens it, where it is sealed.
    pub passphrase: Option<Passphrase>,
    /// The key file, where it was kept elsewhere.
    pub key_file: Option<PathBuf>,
}

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// Whether the key file is in its place.
    pub has_key: bool,
}

/// What the folder is called while it is unpacked.
const UNFINISHED: &str = ".busbar-restore-";
/// Room beside what is unpacked.
const SPARE: u64 = 16 << 20;

/// Reads all of a backup and compares it with its manifest; changes nothing. Refuses one of a newer
/// version.
pub async fn verify(
    archive: &Path,
    passphrase: Option<Passphrase>,
    told: &Told,
) -> Result<Manifest, Error> {
    let (archive, told) = (archive.to_owned(), told.clone());
    blocking(move || {
        let about = std::fs::metadata(&archive);
        let about = about.map_err(with(format!("cannot open {}", archive.display())))?;
        let mut done = 0;
        let mut read = |count: u64| {
            done += count;
            told(Step::Verifying(done, about.len().max(done)));
        };
        let mut nowhere = |_: &str| Ok(Box::new(std::io::sink()) as Box<dyn Write>);
        let manifest = archive::read(&archive, passphrase.as_ref(), &mut nowhere, &mut read)?;
        let steps = Inspection::unknown(&manifest.schema);
        if steps.is_empty() {
            return Ok(manifest);
        }
        let version = manifest.version;
        Err(Error::Newer { version, steps })
    })
    .await
}

/// Restores a backup.
pub async fn restore(wanted: &Wanted, told: &Told) -> Result<Restored, Error> {
    vacant(&wanted.into)?;
    let key = wanted.key_file.as_deref().map(key).transpose()?;
    let manifest = verify(&wanted.archive, wanted.passphrase.clone(), told).await?;
    let beside = folder(&wanted.into);
    std::fs::create_dir_all(&beside).map_err(with(format!("cannot make {}", beside.display())))?;
    room(&beside, manifest.bytes() + SPARE)?;
    let work = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(private())
        .tempdir_in(&beside)
        .map_err(with(format!("cannot write to {}", beside.display())))?;
    {
        let (wanted, told, manifest) = (wanted.clone(), told.clone(), manifest.clone());
        let into = work.path().to_owned();
        blocking(move || unpack(&wanted, &into, &manifest, &told)).await?;
    }
    let database = work.path().join(DATABASE);
    if database.exists() {
        let url = format!("sqlite://{}", database.display());
        let faults = Inspection::open(&url).await?.faults().await?;
        if !faults.is_empty() {
            let why = format!("its database is damaged: {}", faults.join("; "));
            return Err(Error::Broken(why));
        }
    }
    if let Some(key) = key {
        write_new(&work.path().join(KEY))?
            .write_all(&key)
            .map_err(with("cannot write the key file"))?;
    }
    let has_key = work.path().join(KEY).exists();
    all_to_disk(work.path())?;
    // Somebody may have put something there since it was looked at.
    vacant(&wanted.into)?;
    let work = work.keep();
    std::fs::rename(&work, &wanted.into).map_err(|error| {
        let _ = std::fs::remove_dir_all(&work);
        with(format!("cannot make {}", wanted.into.display()))(error)
    })?;
    sync(&beside)?;
    Ok(Restored { manifest, has_key })
}

/// Refuses a folder with anything in it; above all the data directory of a server that runs.
fn vacant(into: &Path) -> Result<(), Error> {
    let in_the_way = |why: &str| Err(Error::InTheWay(format!("{} {why}", into.display())));
    match std::fs::read_dir(into) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            in_the_way("is there and no folder")
        }
        Err(error) => Err(with(format!("cannot look into {}", into.display()))(error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) if into.join(DATABASE).exists() => in_the_way(
                "holds an instance, which may be running: restore into another folder, or stop \
                 the server and move this one away",
            ),
            Some(_) => in_the_way("is not empty: restore into another folder"),
        },
    }
}

fn key(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::read(path);
    let bytes = bytes.map_err(with(format!("cannot read {}", path.display())))?;
    match bytes.len() {
        32 => Ok(bytes),
        _ => Err(Error::InTheWay(format!(
            "{} is no key file of 32 bytes",
            path.display()
        ))),
    }
}

/// Where a part goes in a data directory. The archive has checked its name.
fn place(name: &str) -> &str {
    match name {
        "database.sqlite" => DATABASE,
        "keys/station.key" => KEY,
        "config/busbar.toml" => "busbar.toml",
        other => other,
    }
}

fn unpack(wanted: &Wanted, into: &Path, manifest: &Manifest, told: &Told) -> Result<(), Error> {
    let mut sink = |name: &str| {
        let path = into.join(place(name));
        let folder = folder(&path);
        let mut dirs = DirBuilder::new();
        dirs.recursive(true).mode(0o700);
        dirs.create(&folder)
            .map_err(with(format!("cannot make {}", folder.display())))?;
        let file = BufWriter::with_capacity(1 << 20, write_new(&path)?);
        Ok(Box::new(file) as Box<dyn Write>)
    };
    let all = std::fs::metadata(&wanted.archive).map_or(0, |about| about.len());
    let mut done = 0;
    let mut read = |count: u64| {
        done += count;
        told(Step::Unpacking(done, all.max(done)));
    };
    let passphrase = wanted.passphrase.as_ref();
    let found = archive::read(&wanted.archive, passphrase, &mut sink, &mut read)?;
    match found == *manifest {
        true => Ok(()),
        false => Err(Error::Broken("it was changed while it was read".to_owned())),
    }
}

fn write_new(path: &Path) -> Result<File, Error> {
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.map_err(with(format!("cannot make {}", path.display())))
}

/// Brings a folder with everything in it to the disk.
fn all_to_disk(path: &Path) -> Result<(), Error> {
    let cannot = || format!("cannot read {}", path.display());
    for entry in std::fs::read_dir(path).map_err(with(cannot()))? {
        let path = entry.map_err(with(cannot()))?.path();
        match path.is_dir() {
            true => all_to_disk(&path)?,
            false => sync(&path)?,
        }
    }
    sync(path)
}
