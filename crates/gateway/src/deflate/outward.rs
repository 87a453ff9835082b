//! To the station: long texts are packed where that makes them shorter.

use super::frame::{self, Head, TEXT};
use super::pack;

/// Shorter texts are not worth the work.
const LEAST: u64 = 256;

/// The way from the library to the station.
pub(super) struct Outward {
    packs: bool,
    raw: Vec<u8>,
    pending: Vec<u8>,
    written: usize,
}

impl Outward {
    pub const fn new(packs: bool) -> Self {
        Self {
            packs,
            raw: Vec::new(),
            pending: Vec::new(),
            written: 0,
        }
    }

    /// Takes bytes from the library, which writes whole frames.
    pub fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
        let raw = std::mem::take(&mut self.raw);
        let mut rest = raw.as_slice();
        while let Some(head) = Head::read(rest) {
            let length = usize::try_from(head.length).unwrap_or(usize::MAX);
            let Some(end) = head
                .size
                .checked_add(length)
                .filter(|end| *end <= rest.len())
            else {
                break;
            };
            let (frame, more) = rest.split_at(end);
            self.frame(&head, frame);
            rest = more;
        }
        self.raw = rest.to_vec();
    }

    fn frame(&mut self, head: &Head, frame: &[u8]) {
        let payload = frame.get(head.size..).unwrap_or_default();
        let whole = head.opcode == TEXT && head.last && head.mask.is_none();
        if self.packs
            && whole
            && head.length >= LEAST
            && let Some(packed) = pack(payload)
        {
            return frame::write(&mut self.pending, TEXT, true, false, &packed);
        }
        self.pending.extend(frame);
    }

    /// What the network has not taken yet.
    pub fn pending(&self) -> &[u8] {
        self.pending.get(self.written..).unwrap_or_default()
    }

    /// The network took so many bytes more.
    pub fn written(&mut self, count: usize) {
        self.written += count;
        if self.written >= self.pending.len() {
            self.pending = Vec::new();
            self.written = 0;
        }
    }
}
