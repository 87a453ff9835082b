//! Compressed messages (RFC 7692, permessage-deflate), which OCPP 2.x Part 4 §3.3 demands of a
//! central system and the WebSocket library does not know.
//!
//! A layer below the library: compressed messages of the station are unpacked before the library
//! sees them, and long messages of ours are packed after it wrote them. Nothing is remembered from
//! one message to the next, in either direction: a window for each station would cost more memory
//! than the station itself.

mod agreement;
mod frame;
mod inward;
mod outward;
mod stream;

pub(crate) use agreement::{Agreement, agree};
pub(crate) use stream::Deflating;

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::settings::MOST_BYTES;

/// What an end of a deflate block is followed by, which is left out on the wire (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// How many bytes more are unpacked at a time.
const STEP: usize = 64 * 1024;

thread_local! {
    static PACKER: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(3), false));
    static UNPACKER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// What is wrong with a compressed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// Frames in an order that RFC 6455 and RFC 7692 §6.1 do not allow.
    #[error("a compressed message breaks the WebSocket protocol")]
    Protocol,
    /// Larger than a message may be, packed or unpacked.
    #[error("the message is larger than 1 MiB")]
    TooBig,
    /// No deflate data.
    #[error("the compressed message cannot be unpacked")]
    Corrupt,
}

impl From<Broken> for std::io::Error {
    fn from(broken: Broken) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, broken)
    }
}

/// Unpacks a message, up to the most bytes that one may have.
fn unpack(packed: &mut Vec<u8>) -> Result<Vec<u8>, Broken> {
    packed.extend(TAIL);
    UNPACKER.with_borrow_mut(|unpacker| {
        unpacker.reset(false);
        let mut text = Vec::new();
        let mut rest = packed.as_slice();
        loop {
            if text.len() > MOST_BYTES {
                return Err(Broken::TooBig);
            }
            text.reserve(STEP.min(rest.len().saturating_mul(4)).max(1024));
            let (before, room) = (unpacker.total_in(), text.capacity() - text.len());
            let had = text.len();
            let status = unpacker
                .decompress_vec(rest, &mut text, FlushDecompress::Sync)
                .map_err(|_| Broken::Corrupt)?;
            let taken = usize::try_from(unpacker.total_in() - before).unwrap_or(rest.len());
            rest = rest.get(taken..).unwrap_or_default();
            let filled = text.len() - had == room;
            match status {
                Status::StreamEnd => break,
                _ if rest.is_empty() && !filled => break,
                _ if taken == 0 && text.len() == had => return Err(Broken::Corrupt),
                _ => {}
            }
        }
        if text.len() > MOST_BYTES {
            return Err(Broken::TooBig);
        }
        Ok(text)
    })
}

/// Packs a message; none when that makes it no shorter.
fn pack(text: &[u8]) -> Option<Vec<u8>> {
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        // As much room as the message itself has: what does not fit is not worth it.
        let mut packed = Vec::with_capacity(text.len());
        packer
            .compress_vec(text, &mut packed, FlushCompress::Sync)
            .ok()?;
        let whole = packer.total_in() == text.len() as u64;
        (whole && packed.len() < text.len() && packed.ends_with(&TAIL)).then(|| {
            packed.truncate(packed.len() - TAIL.len());
            packed
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_packed_can_be_unpacked() {
        for length in [300, 5_000, 900_000] {
            let text: Vec<u8> = b"meter value 0123456789 "
                .iter()
                .copied()
                .cycle()
                .take(length)
                .collect();
            let mut packed = pack(&text).unwrap();
            assert!(packed.len() < length / 2);
            assert_eq!(unpack(&mut packed).unwrap(), text);
        }
        assert_eq!(unpack(&mut Vec::new()).unwrap(), b"");
    }

    /// A megabyte of nothing in a kilobyte, and more of it.
    #[test]
    fn a_bomb_goes_off_outside() {
        for size in [MOST_BYTES, MOST_BYTES + 1, 100 * MOST_BYTES] {
            let mut packed = pack(&vec![b' '; size]).unwrap();
            assert!(packed.len() < size / 500);
            let right = if size == MOST_BYTES {
                Ok(size)
            } else {
                Err(Broken::TooBig)
            };
            assert_eq!(unpack(&mut packed).map(|text| text.len()), right);
        }
    }

    #[test]
    fn rubbish_is_told_from_deflate() {
        assert_eq!(unpack(&mut vec![0xff; 40]), Err(Broken::Corrupt));
        assert_eq!(
            unpack(&mut b"[2,\"1\",\"Heartbeat\",{}]".to_vec()),
            Err(Broken::Corrupt)
        );
    }
}
