//! From the station: compressed messages are collected and unpacked, everything else goes through
//! as it came. The library below sees what a station without compression would have sent.

use super::frame::{self, BINARY, CONTINUATION, Head, TEXT};
use super::{Broken, unpack};
use crate::settings::MOST_BYTES;

/// What is being read.
#[derive(Debug, Clone, Copy)]
enum At {
    Head,
    /// The payload of a frame that goes through.
    Through {
        left: u64,
    },
    /// The payload of a frame of a compressed message.
    Packed {
        left: usize,
        mask: [u8; 4],
        /// Bytes of this frame that were taken already.
        taken: usize,
        last: bool,
    },
}

/// The way from the station to the library.
pub(super) struct Inward {
    raw: Vec<u8>,
    at: At,
    /// The opcode of the compressed message that has begun.
    message: Option<u8>,
    packed: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
}

impl Inward {
    /// `raw` came already, with the request.
    pub fn new(raw: Vec<u8>) -> Self {
        Self {
            raw,
            at: At::Head,
            message: None,
            packed: Vec::new(),
            ready: Vec::new(),
            given: 0,
        }
    }

    /// Takes bytes from the station.
    pub fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
    }

    /// Up to `most` bytes for the library; empty when more must come first.
    pub fn give(&mut self, most: usize) -> Result<&[u8], Broken> {
        if self.given == self.ready.len() {
            // An idle station keeps no buffers.
            self.ready = Vec::new();
            self.given = 0;
            self.work()?;
        }
        let from = self.given;
        self.given = self.ready.len().min(from + most);
        Ok(self.ready.get(from..self.given).unwrap_or_default())
    }

    /// Reads what is there, up to the end of one compressed message.
    fn work(&mut self) -> Result<(), Broken> {
        let mut used = 0;
        let raw = std::mem::take(&mut self.raw);
        let mut unpacked = false;
        while !unpacked {
            let rest = raw.get(used..).unwrap_or_default();
            match self.at {
                At::Head => match Head::read(rest) {
                    Some(head) => {
                        used += self.head(&head, rest)?;
                        if head.length == 0 && matches!(self.at, At::Packed { last: true, .. }) {
                            self.end()?;
                            unpacked = true;
                        }
                    }
                    None => break,
                },
                _ if rest.is_empty() => break,
                At::Through { left } => {
                    let count = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.ready.extend(rest.get(..count).unwrap_or_default());
                    used += count;
                    self.at = match left - count as u64 {
                        0 => At::Head,
                        left => At::Through { left },
                    };
                }
                At::Packed {
                    left,
                    mask,
                    taken,
                    last,
                } => {
                    let count = rest.len().min(left);
                    let some = rest.iter().take(count).zip((taken..).map(|n| mask[n % 4]));
                    self.packed.extend(some.map(|(byte, key)| byte ^ key));
                    used += count;
                    self.at = At::Packed {
                        left: left - count,
                        mask,
                        taken: taken + count,
                        last,
                    };
                    if left == count && last {
                        self.end()?;
                        unpacked = true;
                    } else if left == count {
                        self.at = At::Head;
                    }
                }
            }
        }
        self.raw = raw.get(used..).unwrap_or_default().to_vec();
        Ok(())
    }

    /// Goes into a frame; tells how many bytes of `rest` were its head.
    fn head(&mut self, head: &Head, rest: &[u8]) -> Result<usize, Broken> {
        let begins = matches!(head.opcode, TEXT | BINARY) && head.packed;
        let goes_on = head.opcode == CONTINUATION && self.message.is_some();
        if head.is_control() || !(begins || goes_on) {
            if !head.is_control() && self.message.is_some() {
                // A new message in the middle of one.
                return Err(Broken::Protocol);
            }
            self.ready.extend(rest.get(..head.size).unwrap_or_default());
            self.at = match head.length {
                0 => At::Head,
                left => At::Through { left },
            };
            return Ok(head.size);
        }
        let Some(mask) = head.mask else {
            return Err(Broken::Protocol);
        };
        if head.strange || begins && self.message.is_some() || goes_on && head.packed {
            return Err(Broken::Protocol);
        }
        let left = usize::try_from(head.length).unwrap_or(usize::MAX);
        if left.saturating_add(self.packed.len()) > MOST_BYTES {
            return Err(Broken::TooBig);
        }
        if begins {
            self.message = Some(head.opcode);
        }
        self.at = if left == 0 && !head.last {
            At::Head
        } else {
            At::Packed {
                left,
                mask,
                taken: 0,
                last: head.last,
            }
        };
        Ok(head.size)
    }

    /// Unpacks the message and hands it over in one frame.
    fn end(&mut self) -> Result<(), Broken> {
        self.at = At::Head;
        let mut packed = std::mem::take(&mut self.packed);
        let opcode = self.message.take().unwrap_or(TEXT);
        let text = unpack(&mut packed)?;
        frame::write(&mut self.ready, opcode, false, true, &text);
        Ok(())
    }
}
