//! The archive itself: writing parts into it, reading it back from beginning to end. Whatever is
//! read is compared with the manifest; a name that is none of ours is refused, so that nothing is
//! ever written outside the folder that is restored into.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path};

use sha2::{Digest, Sha256};

use super::manifest::{self, FORMAT, Manifest, Part};
use super::seal::{Closed, MAGIC, Opening, Passphrase, Sealing};
use super::{Error, with};

/// The level of compression: zstd's own choice.
const LEVEL: i32 = 3;
/// The longest name of a part.
const LONGEST_NAME: usize = 4_096;

/// What stands below the archive: the file, sealed or not.
enum Out {
    Plain(BufWriter<File>),
    Sealed(Box<Sealing<BufWriter<File>>>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Sealed(sealing) => sealing.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Sealed(sealing) => sealing.flush(),
        }
    }
}

/// An archive that is written.
pub struct Writer {
    tar: tar::Builder<zstd::Encoder<'static, Out>>,
    parts: Vec<Part>,
}

const WRITE: &str = "cannot write the backup";

impl Writer {
    /// Begins, in a file that is there and empty.
    pub fn new(file: File, passphrase: Option<&Passphrase>) -> Result<Self, Error> {
        let file = BufWriter::with_capacity(1 << 20, file);
        let out = match passphrase {
            None => Out::Plain(file),
            Some(passphrase) => {
                let sealing = Sealing::new(file, passphrase).map_err(with(WRITE))?;
                Out::Sealed(Box::new(sealing))
            }
        };
        let mut packed = zstd::Encoder::new(out, LEVEL).map_err(with(WRITE))?;
        packed.include_checksum(true).map_err(with(WRITE))?;
        Ok(Self {
            tar: tar::Builder::new(packed),
            parts: Vec::new(),
        })
    }

    /// Adds a part of exactly `bytes` bytes; `read` hears of each portion.
    pub fn part(
        &mut self,
        path: &str,
        bytes: u64,
        from: impl Read,
        read: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let mut hashing = Hashing::new(from.take(bytes), read);
        self.append(path, bytes, &mut hashing)?;
        if hashing.count != bytes {
            // tar would have filled up with what is no part of it.
            let short = std::io::Error::other("it became shorter while it was read");
            return Err(with(format!("cannot pack {path}"))(short));
        }
        let sha256 = hashing.digest();
        let path = path.to_owned();
        self.parts.push(Part {
            path,
            bytes,
            sha256,
        });
        Ok(())
    }

    fn append(&mut self, path: &str, bytes: u64, from: impl Read) -> Result<(), Error> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(0);
        let done = self.tar.append_data(&mut header, path, from);
        done.map_err(with(format!("cannot pack {path}")))
    }

    /// Adds the manifest and brings everything to the disk.
    pub fn finish(mut self, created_at: String, schema: Vec<String>) -> Result<Manifest, Error> {
        let manifest = Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at,
            schema,
            parts: std::mem::take(&mut self.parts),
        };
        let bytes = manifest.to_bytes()?;
        self.append(manifest::NAME, bytes.len() as u64, bytes.as_slice())?;
        let packed = self.tar.into_inner().map_err(with(WRITE))?;
        let file = match packed.finish().map_err(with(WRITE))? {
            Out::Plain(file) => file,
            Out::Sealed(sealing) => sealing.finish().map_err(with(WRITE))?,
        };
        let file = file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(with(WRITE))?;
        Ok(manifest)
    }
}

/// Counts and digests what is read through it.
struct Hashing<'a, R> {
    from: R,
    sha256: Sha256,
    count: u64,
    read: &'a mut dyn FnMut(u64),
}

impl<'a, R: Read> Hashing<'a, R> {
    fn new(from: R, read: &'a mut dyn FnMut(u64)) -> Self {
        Self {
            from,
            sha256: Sha256::new(),
            count: 0,
            read,
        }
    }

    fn digest(self) -> String {
        let digest = self.sha256.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.from.read(to)?;
        self.sha256.update(to.get(..count).unwrap_or_default());
        self.count += count as u64;
        (self.read)(count as u64);
        Ok(count)
    }
}

/// Where a part of an archive goes.
pub type Sink<'a> = dyn FnMut(&str) -> Result<Box<dyn Write>, Error> + 'a;

/// Reads an archive from its first to its last byte. What is in each part goes where `sink` says;
/// nothing that `sink` was given counts before this returns the manifest. `read` hears of each
/// portion of the file.
pub fn read(
    path: &Path,
    passphrase: Option<&Passphrase>,
    sink: &mut Sink,
    read: &mut dyn FnMut(u64),
) -> Result<Manifest, Error> {
    let file = File::open(path).map_err(with(format!("cannot open {}", path.display())))?;
    let mut file = BufReader::with_capacity(1 << 20, Heard { file, read });
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(broken)?;
    if magic == *MAGIC {
        let needed = "the backup is sealed: name the file of its passphrase with --passphrase-file";
        let passphrase = passphrase.ok_or(Error::Passphrase(needed))?;
        let opening = match Opening::new(file, passphrase) {
            Ok(opening) => opening,
            Err(Closed::Passphrase) => {
                let why = "the passphrase is another one, or the head of the backup is damaged";
                return Err(Error::Passphrase(why));
            }
            Err(Closed::Broken(error)) => return Err(broken(error)),
        };
        unpack(opening, sink)
    } else {
        unpack(magic.as_slice().chain(file), sink)
    }
}

fn unpack(from: impl Read, sink: &mut Sink) -> Result<Manifest, Error> {
    let packed = zstd::Decoder::new(from).map_err(broken)?;
    let mut tar = tar::Archive::new(packed);
    let mut found = Vec::new();
    let mut names = HashSet::new();
    let mut manifest = None;
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if manifest.is_some() {
            return Err(odd("something follows its manifest"));
        }
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(odd("it holds something that is no file"));
        }
        let bytes = entry.size();
        let name = entry.path_bytes().into_owned();
        let name = String::from_utf8(name).map_err(|_| odd("a name in it is not UTF-8"))?;
        if name == manifest::NAME {
            if bytes > manifest::LONGEST {
                return Err(odd("its manifest is too long"));
            }
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(broken)?;
            manifest = Some(Manifest::from_bytes(&text)?);
            continue;
        }
        if !is_ours(&name) {
            return Err(odd("a name in it is none that Busbar gives"));
        }
        if !names.insert(name.clone()) {
            return Err(odd("a part is in it twice"));
        }
        let mut to = sink(&name)?;
        let mut nobody = |_: u64| {};
        let mut hashing = Hashing::new(entry, &mut nobody);
        let mut portion = vec![0; 256 << 10];
        loop {
            let count = hashing.read(&mut portion).map_err(broken)?;
            if count == 0 {
                break;
            }
            let some = portion.get(..count).unwrap_or_default();
            let kept = to.write_all(some);
            kept.map_err(with(format!("cannot write {name}")))?;
        }
        to.flush().map_err(with(format!("cannot write {name}")))?;
        if hashing.count != bytes {
            return Err(odd("a part is shorter than it should be"));
        }
        let sha256 = hashing.digest();
        found.push(Part {
            path: name,
            bytes,
            sha256,
        });
    }
    // The end of the archive, its checksum and its seal stand behind the last part.
    let mut rest = tar.into_inner();
    let mut portion = vec![0; 64 << 10];
    loop {
        match rest.read(&mut portion).map_err(broken)? {
            0 => break,
            count => {
                let some = portion.get(..count).unwrap_or_default();
                if some.iter().any(|byte| *byte != 0) {
                    return Err(odd("something follows its end"));
                }
            }
        }
    }
    let manifest = manifest.ok_or_else(|| odd("it has no manifest: it was cut off"))?;
    if let Some(part) = manifest
        .parts
        .iter()
        .find(|part| !names.contains(&part.path))
    {
        return Err(odd(&format!("{} is missing", part.path)));
    }
    if let Some((part, _)) = found
        .iter()
        .zip(&manifest.parts)
        .find(|(is, says)| is != says)
    {
        return Err(odd(&format!("{} is not what the manifest says", part.path)));
    }
    if found.len() != manifest.parts.len() {
        return Err(odd("it holds more than the manifest says"));
    }
    Ok(manifest)
}

/// Whether a part can have this name: one of three files, or something below `files/`.
fn is_ours(name: &str) -> bool {
    if ["database.sqlite", "config/busbar.toml", "keys/station.key"].contains(&name) {
        return true;
    }
    let Some(below) = name.strip_prefix("files/") else {
        return false;
    };
    let plain = |component: Component| matches!(component, Component::Normal(_));
    // As `Path` sees it and letter by letter, since the two differ on `a//b` and `a/.`.
    let pieces = below
        .split('/')
        .all(|piece| !["", ".", ".."].contains(&piece));
    pieces
        && name.len() <= LONGEST_NAME
        && !name.contains(['\0', '\\'])
        && Path::new(name).components().all(plain)
}

/// Tells how much of a file was read.
struct Heard<'a> {
    file: File,
    read: &'a mut dyn FnMut(u64),
}

impl Read for Heard<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(to)?;
        (self.read)(count as u64);
        Ok(count)
    }
}

fn broken(error: std::io::Error) -> Error {
    Error::Broken(error.to_string())
}

fn odd(what: &str) -> Error {
    Error::Broken(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_busbar_gives_are_taken() {
        for name in [
            "database.sqlite",
            "files/a",
            "files/2026/a b.log",
            "keys/station.key",
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in [
            "",
            "files",
            "files/",
            "files//a",
            "files/../a",
            "files/a/..",
            "files/./a",
            "files/a/",
            "/files/a",
            "../database.sqlite",
            "./database.sqlite",
            "database.sqlite/",
            "busbar.sqlite-wal",
            "files/a\0b",
            "files\\..\\a",
            "files/..\\a",
            "/etc/passwd",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
