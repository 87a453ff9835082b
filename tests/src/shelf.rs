//! A shelf: one file by HTTP, as a maker's web server gives it out. Knows no ranges, no other path and
//! no limits.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longer than any request for the file.
const LONGEST_HEAD: usize = 16 * 1024;

/// Gives out its file until it is dropped.
pub struct Shelf {
    at: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Shelf {
    /// Gives out `content`, whatever is asked for.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn with(content: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let length = content.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{content}"
        );
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move { give(stream, &answer).await });
            }
        });
        Ok(Self { at, task })
    }

    /// The address of the file under this name.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.at)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn give(mut stream: TcpStream, answer: &str) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        match stream.read_buf(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    // Whoever hung up gets nothing.
    let _ = stream.write_all(answer.as_bytes()).await;
}
