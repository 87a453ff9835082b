//! Addresses of files: `http://host:port/path` and `ftp://user:password@host:port/path`.

use super::FileError;

/// By which protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Ftp,
}

/// Where a file is, or goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    /// `host:port`.
    pub(super) peer: String,
    pub(super) user: String,
    pub(super) password: String,
    /// From the first `/` on.
    pub(super) path: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, FileError> {
        let wrong = || FileError::Address(text.to_owned());
        let (scheme, port, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, 80, rest),
            Some(("ftp", rest)) => (Scheme::Ftp, 21, rest),
            _ => return Err(wrong()),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        if host.is_empty() {
            return Err(wrong());
        }
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()));
        Ok(Self {
            scheme,
            peer: if has_port {
                host.to_owned()
            } else {
                format!("{host}:{port}")
            },
            user: if user.is_empty() { "anonymous" } else { user }.to_owned(),
            password: password.to_owned(),
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let ftp = Address::parse("ftp://u:p@h:2121/dir/f.bin").unwrap();
        assert_eq!((ftp.scheme, ftp.peer.as_str()), (Scheme::Ftp, "h:2121"));
        assert_eq!((ftp.user.as_str(), ftp.password.as_str()), ("u", "p"));
        assert_eq!(ftp.path, "/dir/f.bin");
        let web = Address::parse("http://h").unwrap();
        assert_eq!((web.peer.as_str(), web.path.as_str()), ("h:80", "/"));
        for odd in ["", "h/f", "https://h/f", "http:///f"] {
            assert!(Address::parse(odd).is_err(), "{odd}");
        }
    }
}
