//! Whether a signature is that of a certificate over a digest: RSA (PSS or PKCS #1 v1.5) of 2048
//! bits or more, and ECDSA on P-256, over SHA-256 (2.x L01.FR.12, part 2 A.2). Whether the certificate is to be
//! trusted is the station's to say: it knows its maker's root.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::firmware::Signing;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::signature::hazmat::PrehashVerifier as _;
use rsa::traits::PublicKeyParts;
use rsa::{RsaPublicKey, pkcs1v15, pss, sha2::Sha256};
use x509_parser::pem::parse_x509_pem;

/// The smallest RSA key, in bits.
const SMALLEST_RSA: usize = 2048;

/// A key out of a certificate.
enum Key {
    Rsa(Box<RsaPublicKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
}

/// What is wrong with a certificate and the form of a signature; none when they can be used.
pub(super) fn problem(signing: &Signing) -> Option<(&'static str, &'static str)> {
    if let Err(why) = key(&signing.certificate) {
        return Some(("/certificate", why));
    }
    let odd = bytes(&signing.signature).is_none();
    odd.then_some(("/signature", "The signature in base64."))
}

/// Whether `digest` was signed so.
pub(super) fn is_right(signing: &Signing, digest: &[u8; 32]) -> bool {
    let (Ok(key), Some(signature)) = (key(&signing.certificate), bytes(&signing.signature)) else {
        return false;
    };
    match key {
        Key::Rsa(key) => {
            let by_pss = pss::Signature::try_from(signature.as_slice()).is_ok_and(|signature| {
                let verifier = pss::VerifyingKey::<Sha256>::new((*key).clone());
                verifier.verify_prehash(digest, &signature).is_ok()
            });
            by_pss
                || pkcs1v15::Signature::try_from(signature.as_slice()).is_ok_and(|signature| {
                    let verifier = pkcs1v15::VerifyingKey::<Sha256>::new(*key);
                    verifier.verify_prehash(digest, &signature).is_ok()
                })
        }
        Key::P256(key) => p256::ecdsa::Signature::from_der(&signature)
            .or_else(|_| p256::ecdsa::Signature::from_slice(&signature))
            .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(bare).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

fn key(certificate: &str) -> Result<Key, &'static str> {
    const NO_CERTIFICATE: &str = "A certificate (X.509) in PEM.";
    let (_, pem) = parse_x509_pem(certificate.trim().as_bytes()).map_err(|_| NO_CERTIFICATE)?;
    let parsed = pem.parse_x509().map_err(|_| NO_CERTIFICATE)?;
    let key = parsed.public_key().subject_public_key.data.as_ref();
    if let Ok(key) = RsaPublicKey::from_pkcs1_der(key) {
        let small = key.n().bits() < SMALLEST_RSA;
        return match small {
            true => Err("The RSA key of the certificate has less than 2048 bits."),
            false => Ok(Key::Rsa(Box::new(key))),
        };
    }
    match p256::ecdsa::VerifyingKey::from_sec1_bytes(key) {
        Ok(key) => Ok(Key::P256(Box::new(key))),
        Err(_) => Err("The certificate has neither an RSA key nor one on the curve P-256."),
    }
}
