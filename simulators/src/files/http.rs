//! HTTP/1.1 as a small firmware speaks it: one request a connection, no redirects.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::address::Address;
use super::{FileError, MOST, patiently};

/// The longest head of an answer.
const MOST_HEAD: usize = 16 * 1024;

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then_some(value.trim())
        })
    }

    fn refused(&self) -> FileError {
        FileError::Refused(self.head.lines().next().unwrap_or_default().to_owned())
    }
}

/// Asks, and reads the answer to its end.
async fn ask(
    address: &Address,
    method: &str,
    more: &str,
    content: Option<&[u8]>,
) -> Result<Answer, FileError> {
    let mut stream = patiently(TcpStream::connect(&address.peer)).await?;
    let length = match content {
        Some(content) => format!("Content-Length: {}\r\n", content.len()),
        None => String::new(),
    };
    let head = format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nUser-Agent: busbar-sim\r\n\
         {length}{more}\r\n",
        address.path, address.peer
    );
    patiently(stream.write_all(head.as_bytes())).await?;
    for piece in content.unwrap_or_default().chunks(64 * 1024) {
        // A server that refuses early says why; what is not taken does not matter then.
        if patiently(stream.write_all(piece)).await.is_err() {
            break;
        }
    }
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        let read = patiently(stream.read(&mut piece)).await?;
        if read == 0 || bytes.len() > MOST_HEAD {
            return Err(FileError::Unreadable);
        }
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
    };
    let body = bytes.split_off(end);
    let head = String::from_utf8(bytes).map_err(|_| FileError::Unreadable)?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or(FileError::Unreadable)?;
    let mut answer = Answer { status, head, body };
    let told = answer.header("content-length");
    let told: Option<usize> = told.and_then(|text| text.parse().ok());
    loop {
        if told.is_some_and(|told| answer.body.len() >= told) {
            return Ok(answer);
        }
        let read = patiently(stream.read(&mut piece)).await?;
        if read == 0 {
            return match told {
                // The file is not whole.
                Some(_) => Err(FileError::Unreadable),
                None => Ok(answer),
            };
        }
        if answer.body.len() + read > MOST {
            return Err(FileError::Refused("the file is too large".to_owned()));
        }
        let read = piece.get(..read).unwrap_or_default();
        answer.body.extend_from_slice(read);
    }
}

/// Fetches a file in one go.
pub(super) async fn get(address: &Address) -> Result<Vec<u8>, FileError> {
    let answer = ask(address, "GET", "", None).await?;
    match answer.status {
        200 => Ok(answer.body),
        _ => Err(answer.refused()),
    }
}

/// Fetches a file in parts, and makes sure that all are of the same file.
pub(super) async fn get_in_parts(address: &Address, part: usize) -> Result<Vec<u8>, FileError> {
    let mut file = Vec::new();
    let mut tag: Option<String> = None;
    loop {
        let first = file.len();
        let last = first + part.max(1) - 1;
        let same = tag.as_ref().map(|tag| format!("If-Range: {tag}\r\n"));
        let more = format!(
            "Range: bytes={first}-{last}\r\n{}",
            same.unwrap_or_default()
        );
        let answer = ask(address, "GET", &more, None).await?;
        match answer.status {
            // The server knows no ranges, or has another file by now.
            200 => return Ok(answer.body),
            206 => {}
            _ => return Err(answer.refused()),
        }
        let whole = answer.header("content-range");
        let whole = whole.and_then(|range| range.rsplit_once('/')?.1.parse::<usize>().ok());
        let whole = whole.ok_or(FileError::Unreadable)?;
        tag = answer.header("etag").map(str::to_owned);
        if answer.body.is_empty() || whole > MOST {
            return Err(FileError::Unreadable);
        }
        file.extend_from_slice(&answer.body);
        if file.len() >= whole {
            return Ok(file);
        }
    }
}

/// Sends a file as the body.
pub(super) async fn send(address: &Address, method: &str, content: &[u8]) -> Result<(), FileError> {
    let more = "Content-Type: application/octet-stream\r\n";
    let answer = ask(address, method, more, Some(content)).await?;
    match answer.status {
        200..=204 => Ok(()),
        _ => Err(answer.refused()),
    }
}
