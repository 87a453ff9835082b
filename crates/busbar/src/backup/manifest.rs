//! What a backup says of itself: who made it, when, of which database, and what must be in it. It
//! is the last part of the archive, so that one without it was cut off.

use serde::{Deserialize, Serialize};

use super::Error;

/// The form of the archive. A reader refuses one that it does not know.
pub const FORMAT: u32 = 1;
/// Its name in the archive.
pub const NAME: &str = "manifest.json";
/// The longest that is read, in bytes.
pub const LONGEST: u64 = 256 << 20;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// The version of Busbar that made it.
    pub version: String,
    /// When, in RFC 3339.
    pub created_at: String,
    /// Migrations of the database; none where it is not in it.
    pub schema: Vec<String>,
    /// What is in it, in order.
    pub parts: Vec<Part>,
}

/// A part of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the archive.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Reads it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let broken = |_| Error::Broken("its manifest cannot be read".to_owned());
        let manifest: Self = serde_json::from_slice(bytes).map_err(broken)?;
        if manifest.format != FORMAT {
            return Err(Error::Newer {
                version: manifest.version,
                steps: vec![format!("form {} of the archive", manifest.format)],
            });
        }
        Ok(manifest)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec_pretty(self).map_err(|error| Error::File {
            what: "cannot write the manifest".to_owned(),
            source: error.into(),
        })
    }

    /// The bytes of all parts.
    pub fn bytes(&self) -> u64 {
        let all = self.parts.iter().map(|part| part.bytes);
        all.fold(0, u64::saturating_add)
    }
}
