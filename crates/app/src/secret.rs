//! Secrets: drawing them, and the digests under which they are kept. Passwords that people choose
//! go through argon2id behind a semaphore; secrets that we drew have enough bits for a plain or
//! keyed digest (protocol.md 1, decision 8).

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use subtle::ConstantTimeEq;

use crate::app::{App, PasswordCost};
use crate::error::Error;

/// `N` bytes of the operating system's randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// A secret of 256 bits as 43 characters that need no escaping anywhere.
pub(crate) fn draw() -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// A station password: 26 characters of 32, 130 bits, and
/// within the 16 to 40 characters that every version allows (protocol.md 4.7). It never looks
/// like hexadecimal, which some stations would decode.
pub(crate) fn draw_station_password() -> Result<String, Error> {
    const LETTERS: &[u8; 32] = b"ghjkmnpqrstuvwxyzGHJKMNPQRSTUVW9";
    let bytes = random::<26>()?;
    Ok(bytes
        .iter()
        .map(|b| char::from(LETTERS[usize::from(b % 32)]))
        .collect())
}

/// The digest under which a drawn secret is kept.
pub(crate) fn digest(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

/// Whether two digests are the same, in constant time.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn hasher(cost: PasswordCost) -> Result<Argon2<'static>, Error> {
    let params = Params::new(cost.memory_kib, cost.rounds, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string of a password.
pub(crate) async fn hash_password(app: &App, password: &str) -> Result<String, Error> {
    let cost = app.settings().password_cost;
    let password = password.to_owned();
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(Error::internal)?;
    in_turn(app, move || {
        let hash = hasher(cost)?
            .hash_password(password.as_bytes(), &salt)
            .map_err(Error::internal)?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether `password` is that of `hash`. Without a hash the same work is done for nothing, so
/// that the answer to an unknown address takes as long.
pub(crate) async fn is_password(
    app: &App,
    password: &str,
    hash: Option<&str>,
) -> Result<bool, Error> {
    let Some(hash) = hash else {
        hash_password(app, password).await?;
        return Ok(false);
    };
    let (password, hash) = (password.to_owned(), hash.to_owned());
    in_turn(app, move || {
        let parsed = PasswordHash::new(&hash).map_err(Error::internal)?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok())
    })
    .await
}

async fn in_turn<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let _turn = app.password_turn().await?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
}
