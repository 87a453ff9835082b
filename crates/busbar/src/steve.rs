//! Taking over what SteVe has, out of a dump of its database. Owns SteVe's words: its tables, both
//! shapes of them, and what of it becomes what here ([`fleet`], [`history`]). Refuses a dump that
//! was not written to its end, before anything of it is taken over.
//!
//! The dump is read several times from its beginning, since mysqldump writes tables in the order of
//! their names and readings come before the sessions they belong to: once to see that it is whole
//! and to learn the fleet, once for sessions, once for readings. The fleet is held in memory, the
//! history is not.

mod carry;
mod fields;
mod fleet;
mod history;
mod report;
pub mod sql;
mod survey;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

pub use carry::{Order, carry};
pub use report::{Counts, Report};

/// How far the reading is: the step, bytes of the file that are read, bytes that it has.
pub type Told = std::sync::Arc<dyn Fn(&'static str, u64, u64) + Send + Sync>;

/// Why nothing was taken over, or not all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The dump.
    #[error(transparent)]
    Dump(#[from] sql::DumpError),
    /// It is none of SteVe's, or of a version that is too old.
    #[error("{0}")]
    Foreign(String),
    /// Taking over.
    #[error(transparent)]
    App(#[from] app::Error),
    /// A fault of ours.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// The exit code of the command line.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::App(_) | Self::Broken(_) => 1,
            Self::Dump(_) | Self::Foreign(_) => 3,
        }
    }
}

/// A dump in a file, packed with gzip or not.
#[derive(Debug, Clone)]
struct Dump {
    path: PathBuf,
}

impl Dump {
    /// From its beginning; `told` hears how much of the file was read.
    fn open(
        &self,
        step: &'static str,
        told: &Told,
    ) -> std::io::Result<sql::Reader<Box<dyn Read + Send>>> {
        let file = File::open(&self.path)?;
        let bytes = file.metadata()?.len();
        let packed = begins_packed(&self.path)?;
        let file = Heard {
            file,
            step,
            done: 0,
            bytes,
            told: told.clone(),
        };
        let file = BufReader::with_capacity(1 << 20, file);
        Ok(sql::Reader::new(match packed {
            true => Box::new(MultiGzDecoder::new(file)),
            false => Box::new(file),
        }))
    }
}

fn begins_packed(path: &Path) -> std::io::Result<bool> {
    let mut first = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut first)?;
    Ok(first == [0x1f, 0x8b])
}

/// Tells how much of a file was read.
struct Heard {
    file: File,
    step: &'static str,
    done: u64,
    bytes: u64,
    told: Told,
}

impl Read for Heard {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(to)?;
        self.done += count as u64;
        (self.told)(self.step, self.done, self.bytes.max(self.done));
        Ok(count)
    }
}
