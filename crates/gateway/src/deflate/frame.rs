//! Heads of WebSocket frames (RFC 6455 §5.2), as far as the layer must know them.

pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CONTINUATION: u8 = 0;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub last: bool,
    /// The first reserved bit: this message is compressed (RFC 7692 §6).
    pub packed: bool,
    /// One of the other reserved bits.
    pub strange: bool,
    pub opcode: u8,
    pub mask: Option<[u8; 4]>,
    /// Bytes of the payload.
    pub length: u64,
    /// Bytes of the head itself.
    pub size: usize,
}

impl Head {
    /// Reads a head; none while bytes are missing.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (length, mut size) = match second & 0x7f {
            126 => {
                let long = bytes.get(2..4)?.try_into().ok()?;
                (u64::from(u16::from_be_bytes(long)), 4)
            }
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let mask = if second & 0x80 == 0 {
            None
        } else {
            size += 4;
            Some(bytes.get(size - 4..size)?.try_into().ok()?)
        };
        Some(Self {
            last: first & 0x80 != 0,
            packed: first & 0x40 != 0,
            strange: first & 0x30 != 0,
            opcode: first & 0x0f,
            mask,
            length,
            size,
        })
    }

    pub const fn is_control(&self) -> bool {
        self.opcode & 0x08 != 0
    }
}

/// Writes a message in one frame. A station's message has a mask, which is zero here.
pub(super) fn write(into: &mut Vec<u8>, opcode: u8, packed: bool, masked: bool, payload: &[u8]) {
    into.push(0x80 | if packed { 0x40 } else { 0 } | opcode);
    let mask = if masked { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..=125 => into.push(mask | u8::try_from(length).unwrap_or(125)),
        length => match u16::try_from(length) {
            Ok(length) => {
                into.push(mask | 126);
                into.extend(length.to_be_bytes());
            }
            Err(_) => {
                into.push(mask | 127);
                into.extend((length as u64).to_be_bytes());
            }
        },
    }
    if masked {
        into.extend([0; 4]);
    }
    into.extend(payload);
}
