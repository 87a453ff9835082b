//! A line that can be cut: a TCP proxy between the product and what it depends on.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::http::Failure;

/// A proxy on a free port. It ends with the test.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    whole: watch::Sender<bool>,
    target: watch::Sender<String>,
}

impl Proxy {
    /// A line to `target`, such as `127.0.0.1:5432`.
    pub async fn to(target: &str) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (whole, state) = watch::channel(true);
        let (target, aim) = watch::channel(target.to_owned());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *state.borrow() {
                    let target = aim.borrow().clone();
                    tokio::spawn(carry(near, target, state.clone()));
                }
            }
        });
        Ok(Self {
            address,
            whole,
            target,
        })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads new connections elsewhere: to what was started anew on another port.
    pub fn lead_to(&self, target: &str) {
        self.target.send_replace(target.to_owned());
    }

    /// Breaks every connection, and lets none through.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }

    /// The database URL `url`, by way of this line.
    pub async fn before(url: &str) -> Result<(Self, String), Failure> {
        let (scheme, rest) = url.split_once("://").ok_or("no URL")?;
        let (authority, path) = rest.split_once('/').ok_or("the URL names no database")?;
        let (user, target) = authority
            .rsplit_once('@')
            .map_or((String::new(), authority), |(user, target)| {
                (format!("{user}@"), target)
            });
        let proxy = Self::to(target).await?;
        let url = format!("{scheme}://{user}{}/{path}", proxy.address);
        Ok((proxy, url))
    }
}

async fn carry(mut near: TcpStream, target: String, mut whole: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(target).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = whole.wait_for(|whole| !whole) => {}
    }
}
