//! Compressed messages (RFC 7692), from a station that writes every bit of its frames itself.

use std::io::Read as _;

use domain::command::Command;
use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{PATIENCE, ask};
use crate::door::Door;

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const LAST: u8 = 0x80;
const PACKED: u8 = 0x40;
const TEXT: u8 = 1;
const MORE: u8 = 0;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

fn protocol(name: &str) -> String {
    format!("Sec-WebSocket-Protocol: {name}\r\n")
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(text.len() + 1024);
    let mut packer = Compress::new(Compression::best(), false);
    packer
        .compress_vec(text, &mut packed, FlushCompress::Sync)
        .unwrap();
    assert!(packed.ends_with(&[0, 0, 0xff, 0xff]));
    packed.truncate(packed.len() - 4);
    packed
}

fn unpack(packed: &[u8]) -> String {
    // An empty last block ends what the wire leaves open.
    let whole = [packed, &[0, 0, 0xff, 0xff, 3, 0]].concat();
    let mut text = String::new();
    DeflateDecoder::new(whole.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    text
}

struct Frame {
    first: u8,
    payload: Vec<u8>,
}

struct Bits(TcpStream);

impl Bits {
    async fn connect(door: &Door, identity: &str, lines: &str) -> (Self, String) {
        let answer = ask(door.addr, &format!("/ocpp/{identity}"), lines).await;
        assert_eq!(answer.status, 101, "{}", answer.head);
        (Self(answer.stream), answer.head)
    }

    /// Writes a frame with a mask.
    async fn write(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..=125 => frame.push(0x80 | short as u8),
            long @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((long as u16).to_be_bytes());
            }
            longer => {
                frame.push(0x80 | 127);
                frame.extend((longer as u64).to_be_bytes());
            }
        }
        let mask = [0x12, 0x34, 0x56, 0x78];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
        self.0.write_all(&frame).await.unwrap();
    }

    async fn read(&mut self) -> Frame {
        let reading = async {
            let first = self.0.read_u8().await.unwrap();
            let length = match self.0.read_u8().await.unwrap() {
                126 => usize::from(self.0.read_u16().await.unwrap()),
                127 => self.0.read_u64().await.unwrap() as usize,
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.unwrap();
            Frame { first, payload }
        };
        timeout(PATIENCE, reading).await.expect("a frame in time")
    }

    /// The next text, packed or not.
    async fn text(&mut self) -> (bool, Value) {
        let frame = self.read().await;
        assert_eq!(frame.first & 0x0f, TEXT);
        let packed = frame.first & PACKED != 0;
        let text = if packed {
            unpack(&frame.payload)
        } else {
            String::from_utf8(frame.payload).unwrap()
        };
        (packed, serde_json::from_str(&text).unwrap())
    }

    /// The code of the close frame that comes next.
    async fn closed(&mut self) -> u16 {
        let frame = self.read().await;
        assert_eq!(frame.first, LAST | CLOSE);
        u16::from_be_bytes([frame.payload[0], frame.payload[1]])
    }
}

fn boot() -> Vec<u8> {
    let station = json!({"model": "M", "vendorName": "V"});
    let payload = json!({"reason": "PowerUp", "chargingStation": station});
    json!([2, "boot", "BootNotification", payload])
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn compressed_messages_are_heard_whole_in_pieces_and_between_others() {
    let door = Door::open().await;
    for (n, name) in ["ocpp2.0.1", "ocpp2.1"].into_iter().enumerate() {
        let identity = format!("CP{n}");
        let id = door.test.station(&identity, None).await;
        let lines = format!("{}{OFFER}", protocol(name));
        let (mut station, head) = Bits::connect(&door, &identity, &lines).await;
        assert!(
            head.contains("permessage-deflate; server_no_context_takeover"),
            "{head}"
        );

        let packed = pack(&boot());
        let (a, rest) = packed.split_at(7);
        let (b, c) = rest.split_at(1);
        station.write(PACKED | TEXT, a).await;
        station.write(LAST | PING, b"alive?").await;
        station.write(MORE, b).await;
        station.write(MORE, b"").await;
        station.write(LAST | MORE, c).await;
        let pong = station.read().await;
        assert_eq!(
            (pong.first, pong.payload.as_slice()),
            (LAST | PONG, b"alive?".as_slice())
        );
        let (_, answer) = station.text().await;
        assert_eq!(answer[2]["status"], "Accepted", "{answer}");

        // One that is not compressed, and two compressed ones in one write.
        let beat = |id: &str| format!(r#"[2,"{id}","Heartbeat",{{}}]"#).into_bytes();
        station.write(LAST | TEXT, &beat("plain")).await;
        assert_eq!(station.text().await.1[1], "plain");
        for id in ["one", "two"] {
            station.write(LAST | PACKED | TEXT, &pack(&beat(id))).await;
        }
        assert_eq!(station.text().await.1[1], "one");
        assert_eq!(station.text().await.1[1], "two");

        // Long messages of ours are compressed, short ones are not.
        let command = Command::Raw {
            action: "DataTransfer".to_owned(),
            payload: json!({"vendorId": "acme", "data": "tariff ".repeat(500)}).to_string(),
        };
        let (app, admin) = (&door.test.app, &door.test.admin);
        app::commands::issue(app, admin, id, command).await.unwrap();
        let (packed, call) = station.text().await;
        assert!(packed);
        assert_eq!(call[3]["data"].as_str().unwrap().len(), 3_500);
    }
}

/// 1.6 knows nothing of compression, and without an agreement there is none.
#[tokio::test]
async fn nobody_compresses_without_an_agreement() {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    let odd = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n";
    for lines in [
        format!("{}{OFFER}", protocol("ocpp1.6")),
        protocol("ocpp2.0.1"),
        format!("{}{odd}", protocol("ocpp2.1")),
    ] {
        let (mut station, head) = Bits::connect(&door, "CP1", &lines).await;
        assert!(!head.to_lowercase().contains("extensions"), "{head}");
        station.write(LAST | PACKED | TEXT, &pack(&boot())).await;
        assert_eq!(station.closed().await, 1002, "{lines}");
    }
}

#[tokio::test]
async fn what_cannot_be_unpacked_ends_one_connection_with_its_reason() {
    let door = Door::open().await;
    let offer = format!("{}{OFFER}", protocol("ocpp2.0.1"));
    door.test.station("GOOD", None).await;
    let (mut good, _) = Bits::connect(&door, "GOOD", &offer).await;
    door.test.station("BAD", None).await;
    let bomb = pack(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    for (frames, code) in [
        (vec![(LAST | PACKED | TEXT, bomb)], 1009),
        (vec![(LAST | PACKED | TEXT, vec![0xff; 60])], 1007),
        // Unpacked, it is no UTF-8.
        (vec![(LAST | PACKED | TEXT, pack(&[0xff; 60]))], 1007),
        // Compressed again in the middle; a new message in the middle; a compressed ping.
        (
            vec![(PACKED | TEXT, vec![1]), (PACKED | MORE, vec![2])],
            1002,
        ),
        (
            vec![(PACKED | TEXT, vec![1]), (LAST | TEXT, vec![b'x'])],
            1002,
        ),
        (vec![(LAST | PACKED | PING, vec![])], 1002),
        // A piece at a time beyond all bounds.
        (
            std::iter::once((PACKED | TEXT, vec![7; 60_000]))
                .chain((0..20).map(|_| (MORE, vec![7; 60_000])))
                .collect(),
            1009,
        ),
    ] {
        let (mut bad, _) = Bits::connect(&door, "BAD", &offer).await;
        for (first, payload) in frames {
            bad.write(first, &payload).await;
        }
        assert_eq!(bad.closed().await, code);
    }
    good.write(LAST | PACKED | TEXT, &pack(&boot())).await;
    assert_eq!(good.text().await.1[2]["status"], "Accepted");
}
