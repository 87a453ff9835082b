//! Seals an archive with a passphrase: argon2id makes the key, ChaCha20-Poly1305 seals the stream
//! in chunks, each with its number and whether it is the last (the STREAM construction), so that a
//! chunk that is changed, moved, left out or cut off does not open.
//!
//! ```text
//! BUSBARS1 | memory KiB | rounds | lanes | salt 16 | nonce 7 | proof 16 | chunks of 64 KiB + 16
//! ```
//! Numbers are 32 bits, little-endian. The proof tells a wrong passphrase from a damaged archive.

use std::io::{Error, ErrorKind, Read, Result, Write};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use sha2::{Digest, Sha256};

/// What a sealed archive begins with.
pub const MAGIC: &[u8; 8] = b"BUSBARS1";
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const PROOF: usize = 16;
const HEAD: usize = 8 + 12 + 16 + 7;
/// Memory in KiB, rounds and lanes of the key: half a second on a small machine.
const COST: [u32; 3] = [64 << 10, 3, 1];
/// What a stranger's archive may cost at most to be tried.
const MOST: [u32; 3] = [1 << 20, 16, 8];

/// What seals and opens an archive.
#[derive(Clone)]
pub struct Passphrase(String);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

impl Passphrase {
    /// The shortest, in characters.
    pub const SHORTEST: usize = 10;

    /// The first line of a file; none when it is shorter than [`Self::SHORTEST`].
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let line = text.lines().next().unwrap_or_default().trim();
        let enough = line.chars().count() >= Self::SHORTEST;
        enough.then(|| Self(line.to_owned()))
    }
}

struct Keys {
    cipher: ChaCha20Poly1305,
    proof: [u8; PROOF],
    head: [u8; HEAD],
    chunk: u32,
}

impl Keys {
    fn new(passphrase: &Passphrase, head: [u8; HEAD]) -> Result<Self> {
        let number = |at: usize| {
            let bytes = head.get(at..at + 4).and_then(|b| b.try_into().ok());
            u32::from_le_bytes(bytes.unwrap_or_default())
        };
        let cost = [number(8), number(12), number(16)];
        let odd = || Error::new(ErrorKind::InvalidData, "its head asks for too costly a key");
        if cost.iter().zip(MOST).any(|(cost, most)| *cost > most) {
            return Err(odd());
        }
        let params = Params::new(cost[0], cost[1], cost[2], Some(64)).map_err(|_| odd())?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = head.get(20..36).unwrap_or_default();
        let mut both = [0; 64];
        let made = argon.hash_password_into(passphrase.0.as_bytes(), salt, &mut both);
        made.map_err(|_| odd())?;
        let (key, other) = both.split_at(32);
        let cipher = ChaCha20Poly1305::new_from_slice(key).map_err(|_| odd())?;
        let digest = Sha256::new()
            .chain_update(other)
            .chain_update(head)
            .finalize();
        let mut proof = [0; PROOF];
        proof.copy_from_slice(digest.get(..PROOF).unwrap_or(&[0; PROOF]));
        Ok(Self {
            cipher,
            proof,
            head,
            chunk: 0,
        })
    }

    /// The nonce of the next chunk.
    fn nonce(&mut self, last: bool) -> Result<Nonce> {
        let mut nonce = [0; 12];
        let (begin, rest) = nonce.split_at_mut(7);
        begin.copy_from_slice(self.head.get(36..43).unwrap_or(&[0; 7]));
        if let [number @ .., end] = rest {
            number.copy_from_slice(&self.chunk.to_be_bytes());
            *end = u8::from(last);
        }
        let next = self.chunk.checked_add(1);
        self.chunk = next.ok_or_else(|| Error::other("more than can be sealed"))?;
        Ok(nonce.into())
    }
}

/// Seals what is written to it. Without [`Sealing::finish`] it does not open.
pub struct Sealing<W> {
    output: W,
    keys: Keys,
    held: Vec<u8>,
}

impl<W: Write> Sealing<W> {
    /// Begins, with a key of its own.
    pub fn new(output: W, passphrase: &Passphrase) -> Result<Self> {
        let mut drawn = [0; 23];
        let draw = rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut drawn);
        draw.map_err(Error::other)?;
        Self::with_cost(output, passphrase, COST, drawn)
    }

    fn with_cost(
        mut output: W,
        passphrase: &Passphrase,
        cost: [u32; 3],
        drawn: [u8; 23],
    ) -> Result<Self> {
        let numbers = cost.iter().flat_map(|cost| cost.to_le_bytes());
        let bytes = MAGIC.iter().copied().chain(numbers).chain(drawn);
        let mut head = [0; HEAD];
        head.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        let keys = Keys::new(passphrase, head)?;
        output.write_all(&head)?;
        output.write_all(&keys.proof)?;
        Ok(Self {
            output,
            keys,
            held: Vec::with_capacity(CHUNK),
        })
    }

    fn chunk(&mut self, last: bool) -> Result<()> {
        let nonce = self.keys.nonce(last)?;
        let payload = Payload {
            msg: &self.held,
            aad: &self.keys.head,
        };
        let sealed = self.keys.cipher.encrypt(&nonce, payload);
        let sealed = sealed.map_err(|_| Error::other("a chunk could not be sealed"))?;
        self.held.clear();
        self.output.write_all(&sealed)
    }

    /// Writes the last chunk.
    pub fn finish(mut self) -> Result<W> {
        self.chunk(true)?;
        Ok(self.output)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.held.len() == CHUNK {
            self.chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.held.len());
        self.held
            .extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        self.output.flush()
    }
}

/// Opens what was sealed.
pub struct Opening<R> {
    input: R,
    keys: Keys,
    /// The next chunk as it is in the file.
    next: Vec<u8>,
    /// What is open and not read yet, from `at` on.
    open: Vec<u8>,
    at: usize,
    ended: bool,
}

/// Why a sealed archive does not open.
#[derive(Debug)]
pub enum Closed {
    /// Another passphrase.
    Passphrase,
    /// Anything else.
    Broken(Error),
}

impl<R: Read> Opening<R> {
    /// Begins; `input` stands after the first eight bytes.
    pub fn new(mut input: R, passphrase: &Passphrase) -> std::result::Result<Self, Closed> {
        let mut head = [0; HEAD];
        let (magic, rest) = head.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        input.read_exact(rest).map_err(Closed::Broken)?;
        let mut proof = [0; PROOF];
        input.read_exact(&mut proof).map_err(Closed::Broken)?;
        let keys = Keys::new(passphrase, head).map_err(Closed::Broken)?;
        if keys.proof != proof {
            return Err(Closed::Passphrase);
        }
        let next = chunk_of(&mut input).map_err(Closed::Broken)?;
        Ok(Self {
            input,
            keys,
            next,
            open: Vec::new(),
            at: 0,
            ended: false,
        })
    }

    fn turn(&mut self) -> Result<()> {
        let after = chunk_of(&mut self.input)?;
        self.ended = after.is_empty();
        let chunk = self.keys.chunk;
        let nonce = self.keys.nonce(self.ended)?;
        let payload = Payload {
            msg: &self.next,
            aad: &self.keys.head,
        };
        let open = self.keys.cipher.decrypt(&nonce, payload).map_err(|_| {
            let what = format!("chunk {chunk} was changed, or the end is missing");
            Error::new(ErrorKind::InvalidData, what)
        })?;
        self.open = open;
        self.at = 0;
        self.next = after;
        Ok(())
    }
}

/// The next chunk of a file; empty at its end.
fn chunk_of(input: &mut impl Read) -> Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    input.take((CHUNK + TAG) as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        while self.at == self.open.len() && !self.ended {
            self.turn()?;
        }
        let rest = self.open.get(self.at..).unwrap_or_default();
        let count = rest.len().min(to.len());
        if let (Some(to), Some(from)) = (to.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::from_text(text).unwrap()
    }

    fn sealed(bytes: &[u8]) -> Vec<u8> {
        let with = passphrase("correct horse battery");
        let mut sealing = Sealing::with_cost(Vec::new(), &with, [8, 1, 1], [7; 23]).unwrap();
        sealing.write_all(bytes).unwrap();
        sealing.finish().unwrap()
    }

    fn opened(sealed: &[u8], with: &str) -> std::result::Result<Vec<u8>, Closed> {
        let rest = sealed.strip_prefix(MAGIC).unwrap();
        let mut opening = Opening::new(rest, &passphrase(with))?;
        let mut bytes = Vec::new();
        opening.read_to_end(&mut bytes).map_err(Closed::Broken)?;
        Ok(bytes)
    }

    #[test]
    fn every_length_comes_back_and_another_passphrase_is_told_from_damage() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let sealed = sealed(&bytes);
            if let Some(first) = bytes.get(..16) {
                assert!(!sealed.windows(16).any(|window| window == first));
            }
            assert!(opened(&sealed, "correct horse battery").unwrap() == bytes);
        }
        let whole = sealed(b"secret");
        let wrong = opened(&whole, "another horse battery");
        assert!(matches!(wrong, Err(Closed::Passphrase)));
        assert!(Passphrase::from_text("short\n").is_none());
    }

    #[test]
    fn a_byte_changed_a_chunk_moved_or_an_end_cut_off_does_not_open() {
        let bytes: Vec<u8> = (0..3 * CHUNK + 5).map(|n| (n % 251) as u8).collect();
        let whole = sealed(&bytes);
        let body = HEAD + PROOF;
        let opens = |sealed: &[u8]| opened(sealed, "correct horse battery").is_ok();
        let mut at = MAGIC.len();
        while at < whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(!opens(&changed), "byte {at}");
            // The head byte by byte, the rest here and there.
            at += if at < body + 4 { 1 } else { 9_973 };
        }
        let size = CHUNK + TAG;
        for end in [
            body,
            body + 1,
            body + size,
            body + 2 * size,
            body + 3 * size,
            whole.len() - 1,
        ] {
            assert!(!opens(&whole[..end]), "cut at {end}");
        }
        let mut moved = whole.clone();
        let (first, second) = moved[body..].split_at_mut(size);
        first.swap_with_slice(&mut second[..size]);
        assert!(!opens(&moved));
        let without = [&whole[..body + size], &whole[body + 2 * size..]].concat();
        assert!(!opens(&without));
        let longer = [whole.as_slice(), b"x"].concat();
        assert!(!opens(&longer));
    }
}
