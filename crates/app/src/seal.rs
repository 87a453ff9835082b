//! Secrets that must be read again (the seed of an authenticator, a saved password): sealed with
//! a key that lives outside the database, each bound to what it is for and to whose it is, so that
//! a sealed text that is moved to another row does not open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::app::App;
use crate::error::Error;
use crate::secret;

/// The name under which the sealing key is derived from the key file; never to be changed.
const CONTEXT: &str = "busbar 2026-11-24 sealed secrets";
/// Bytes of the nonce before the sealed bytes.
const NONCE: usize = 24;

fn cipher(app: &App) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&blake3::derive_key(CONTEXT, app.secret().key()).into())
}

fn bound_to(purpose: &str, owner: &str) -> Vec<u8> {
    format!("{purpose}\u{0}{owner}").into_bytes()
}

/// Seals `secret` for a purpose (`totp`) and an owner (an id). Two seals of one secret differ.
pub(crate) fn seal(app: &App, purpose: &str, owner: &str, secret: &str) -> Result<String, Error> {
    let nonce = secret::random::<NONCE>()?;
    let payload = Payload {
        msg: secret.as_bytes(),
        aad: &bound_to(purpose, owner),
    };
    let sealed = cipher(app)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::internal("a secret could not be sealed"))?;
    Ok(STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
}

/// Opens what [`seal`] sealed for the same purpose and owner. Fails when the key file is another
/// one, which is worth telling: the database was moved without it.
pub(crate) fn open(app: &App, purpose: &str, owner: &str, sealed: &str) -> Result<String, Error> {
    let wrong = || Error::internal("a sealed secret does not open: is the key file the right one?");
    let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| wrong())?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or_else(wrong)?;
    let payload = Payload {
        msg: sealed,
        aad: &bound_to(purpose, owner),
    };
    let secret = cipher(app)
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| wrong())?;
    String::from_utf8(secret).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::testing::TestApp;

    #[tokio::test]
    async fn a_secret_opens_only_where_it_belongs() {
        let test = TestApp::new().await;
        let sealed = super::seal(&test.app, "totp", "usr_1", "seed").unwrap();
        let open = |purpose, owner, sealed: &str| super::open(&test.app, purpose, owner, sealed);
        assert_eq!(open("totp", "usr_1", &sealed).unwrap(), "seed");
        assert!(open("totp", "usr_2", &sealed).is_err());
        assert!(open("lock", "usr_1", &sealed).is_err());
        assert!(open("totp", "usr_1", &sealed[1..]).is_err());
        assert!(open("totp", "usr_1", "").is_err());
        assert_ne!(
            super::seal(&test.app, "totp", "usr_1", "seed").unwrap(),
            sealed
        );
    }
}
