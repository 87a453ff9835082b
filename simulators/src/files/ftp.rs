//! FTP as a small firmware speaks it: sign in, binary, passive, one file.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::address::Address;
use super::{FileError, MOST, patiently};

/// A control connection.
struct Control {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Control {
    async fn open(address: &Address) -> Result<Self, FileError> {
        let stream = patiently(TcpStream::connect(&address.peer)).await?;
        let host = address.peer.rsplit_once(':').map_or("", |(host, _)| host);
        let mut control = Self {
            stream: BufReader::new(stream),
            host: host.to_owned(),
        };
        control.hear().await?;
        let user = control.say(&format!("USER {}", address.user)).await?;
        if user.starts_with("331") {
            control.say(&format!("PASS {}", address.password)).await?;
        }
        control.say("TYPE I").await?;
        Ok(control)
    }

    /// Reads one reply; a refusal is an error.
    async fn hear(&mut self) -> Result<String, FileError> {
        loop {
            let mut line = String::new();
            let read = patiently(self.stream.read_line(&mut line)).await?;
            if read == 0 {
                return Err(FileError::Unreadable);
            }
            let line = line.trim_end().to_owned();
            // Lines of a longer reply have a dash after the code, or no code at all.
            let is_last = line.len() >= 3
                && line.chars().take(3).all(|c| c.is_ascii_digit())
                && line.chars().nth(3).is_none_or(|c| c == ' ');
            if is_last {
                return match line.starts_with(['4', '5']) {
                    true => Err(FileError::Refused(line)),
                    false => Ok(line),
                };
            }
        }
    }

    async fn say(&mut self, line: &str) -> Result<String, FileError> {
        let line = format!("{line}\r\n");
        patiently(self.stream.get_mut().write_all(line.as_bytes())).await?;
        self.hear().await
    }

    /// Opens a connection for data.
    async fn passive(&mut self) -> Result<TcpStream, FileError> {
        let told = self.say("PASV").await?;
        let numbers = told
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'));
        let (numbers, _) = numbers.ok_or(FileError::Unreadable)?;
        let parsed: Vec<u16> = numbers
            .split(',')
            .filter_map(|n| n.trim().parse().ok())
            .collect();
        let [.., high, low] = parsed.as_slice() else {
            return Err(FileError::Unreadable);
        };
        let port = high
            .checked_mul(256)
            .and_then(|high| high.checked_add(*low));
        let port = port.ok_or(FileError::Unreadable)?;
        // The host is the one that answers: what is told may be one behind a gateway.
        patiently(TcpStream::connect((self.host.as_str(), port))).await
    }
}

/// Fetches a file.
pub(super) async fn get(address: &Address) -> Result<Vec<u8>, FileError> {
    let mut control = Control::open(address).await?;
    let mut data = control.passive().await?;
    let name = address.path.trim_start_matches('/');
    control.say(&format!("RETR {name}")).await?;
    let mut file = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = patiently(data.read(&mut piece)).await?;
        if read == 0 {
            break;
        }
        if file.len() + read > MOST {
            return Err(FileError::Refused("the file is too large".to_owned()));
        }
        file.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
    control.hear().await?;
    Ok(file)
}

/// Sends a file.
pub(super) async fn put(address: &Address, content: &[u8]) -> Result<(), FileError> {
    let mut control = Control::open(address).await?;
    let mut data = control.passive().await?;
    let name = address.path.trim_start_matches('/');
    control.say(&format!("STOR {name}")).await?;
    for piece in content.chunks(64 * 1024) {
        if patiently(data.write_all(piece)).await.is_err() {
            break;
        }
    }
    let _ = data.shutdown().await;
    drop(data);
    control.hear().await?;
    Ok(())
}
