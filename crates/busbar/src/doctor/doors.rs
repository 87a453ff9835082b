//! The doors: whether Busbar can listen or does so already, what others are told of where it is,
//! and the server through which nodes talk.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::Check;
use crate::config::Config;

/// How long a running server has to say that it is one.
const ANSWER: Duration = Duration::from_secs(2);

/// What is to be said of an address to listen on.
enum Port {
    Free,
    Taken,
    Wrong(String),
}

async fn port(text: &str) -> (Option<SocketAddr>, Port) {
    let Ok(address) = text.parse::<SocketAddr>() else {
        let why = format!("{text:?} is not an address like 0.0.0.0:8080");
        return (None, Port::Wrong(why));
    };
    let port = match TcpListener::bind(address).await {
        Ok(_) => Port::Free,
        Err(error) if error.kind() == ErrorKind::AddrInUse => Port::Taken,
        Err(error) => Port::Wrong(format!("{address}: {error}")),
    };
    (Some(address), port)
}

/// Whether the identity provider answers as one.
pub async fn identity_provider(config: &Config) -> Option<Check> {
    const CHECK: &str = "oidc.issuer";
    let own = config.identity_provider().ok().flatten()?;
    let issuer = own.provider.issuer().to_owned();
    Some(match own.provider.look().await {
        Ok(()) => Check::well(CHECK, format!("{issuer} answers as an identity provider")),
        Err(failure) => Check::finding(
            CHECK,
            format!("{issuer}: {failure}"),
            "Look whether this machine reaches it, and whether `oidc.issuer` is the `issuer` of \
             its /.well-known/openid-configuration, letter by letter.",
        ),
    })
}

/// Both listeners. One that is taken is well when it is a running Busbar's. The charger port is
/// not spoken to, for each attempt there is kept: it belongs to the server at the other. Tells
/// beside whether a Busbar runs.
pub async fn listeners(config: &Config) -> (Vec<Check>, bool) {
    let (people, at_people) = port(&config.http.listen).await;
    let (_, at_machines) = port(&config.gateway.listen).await;
    let (_, at_files) = port(&config.files.listen).await;
    let running = match (people, &at_people) {
        (Some(address), Port::Taken) => is_busbar(address).await,
        _ => false,
    };
    let doors = [
        ("http.listen", &config.http.listen, at_people),
        ("gateway.listen", &config.gateway.listen, at_machines),
        ("files.listen", &config.files.listen, at_files),
    ];
    let checks = doors.into_iter().map(|(check, listen, port)| match port {
        Port::Free => Check::well(check, format!("{listen} is free")),
        Port::Taken if running => Check::well(check, format!("{listen} is a running Busbar's")),
        Port::Taken => {
            let detail = format!("another program listens on {listen}");
            Check::finding(
                check,
                detail,
                format!("End it, or choose another `{check}`."),
            )
        }
        Port::Wrong(why) => {
            let fix = format!(
                "Set `{check}` to an address of this machine and a port that Busbar may use."
            );
            Check::finding(check, why, fix)
        }
    });
    (checks.collect(), running)
}

/// Whether the server at an address is a Busbar: it says so by the id it gives every request.
async fn is_busbar(mut address: SocketAddr) -> bool {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.take(8 * 1024).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(ANSWER, asked).await;
    matches!(answer, Ok(Ok(text)) if text.contains("204") && text.contains("x-request-id: req_"))
}

/// What people and chargers are told of where Busbar is.
pub fn public_urls(config: &Config) -> Vec<Check> {
    [
        (
            "http.public_url",
            &config.http.public_url,
            &["https", "http"],
        ),
        (
            "gateway.public_url",
            &config.gateway.public_url,
            &["wss", "ws"],
        ),
    ]
    .into_iter()
    .filter_map(|(check, url, schemes)| {
        let url = url.as_ref()?;
        Some(match wrong_url(url, schemes) {
            None => Check::well(check, url.clone()),
            Some(why) => {
                let fix = format!("Write it like {}://busbar.example.org.", schemes[0]);
                // The address itself could hold a password.
                Check::finding(check, why, fix)
            }
        })
    })
    .collect()
}

fn wrong_url(url: &str, schemes: &[&str]) -> Option<&'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some("it has no scheme");
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, number) = match authority.rsplit_once(':') {
        Some((host, number)) if !number.ends_with(']') => (host, Some(number)),
        _ => (authority, None),
    };
    if !schemes.contains(&scheme) {
        Some("its scheme is not one that Busbar speaks")
    } else if url.chars().any(char::is_whitespace) {
        Some("it has white space in it")
    } else if authority.contains('@') {
        Some("it has a user name or a password in it")
    } else if host.is_empty() {
        Some("it names no host")
    } else if number.is_some_and(|n| n.parse::<u16>().is_err()) {
        Some("its port is no number")
    } else if path.contains(['?', '#']) || authority.contains(['?', '#']) {
        Some("it has a query or a fragment")
    } else {
        None
    }
}

/// The server through which nodes talk, where one is configured.
pub async fn bus(config: &Config) -> Option<Check> {
    const CHECK: &str = "bus";
    let url = config.bus.url.as_ref()?;
    Some(match bus::ping(url).await {
        Ok(()) => Check::well(CHECK, "Redis answers"),
        Err(error) => {
            let fix = "See that Redis runs and that `bus.url` is right.";
            Check::finding(CHECK, error.to_string(), fix)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_has_a_host_and_nothing_secret() {
        let schemes = &["https", "http"];
        for url in [
            "https://busbar.example.org",
            "http://192.0.2.1:8080/",
            "https://[2001:db8::1]",
            "https://[2001:db8::1]:8443/console",
        ] {
            assert_eq!(wrong_url(url, schemes), None, "{url}");
        }
        for url in [
            "busbar.example.org",
            "wss://busbar.example.org",
            "https://",
            "https://:80",
            "https://ana:secret@example.org",
            "https://example.org:http",
            "https://exam ple.org",
            "https://example.org/?a=1",
        ] {
            assert!(wrong_url(url, schemes).is_some(), "{url}");
        }
    }
}
