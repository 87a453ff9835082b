//! An authenticator in software, as WebAuthn level 3 describes one (sections 6.1, 6.3 and 6.5): it
//! shares no code with the product.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Where the console is, by default.
pub const ORIGIN: &str = "http://localhost:8080";

/// Somebody is there, and it was looked who.
const PRESENT_AND_VERIFIED: u8 = 0x05;
const WITH_CREDENTIAL: u8 = 0x40;

/// One passkey and the device that holds it.
pub struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    user: String,
    counter: u32,
}

fn client_data(kind: &str, challenge: &Value, origin: &str) -> Vec<u8> {
    let data =
        json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false});
    data.to_string().into_bytes()
}

/// `rpIdHash`, flags and counter.
fn head(party: &str, flags: u8, counter: u32) -> Vec<u8> {
    let mut data = Sha256::digest(party.as_bytes()).to_vec();
    data.push(flags);
    data.extend(counter.to_be_bytes());
    data
}

impl Authenticator {
    /// Makes a passkey; what the browser tells of it.
    pub fn create(options: &Value, origin: &str) -> (Self, Value) {
        let options = &options["publicKey"];
        let seed = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        let key = SigningKey::from_slice(&seed).unwrap();
        let id = Uuid::new_v4().into_bytes().to_vec();
        let point = key.verifying_key().to_sec1_point(false);
        let mut data = head(
            options["rp"]["id"].as_str().unwrap(),
            PRESENT_AND_VERIFIED | WITH_CREDENTIAL,
            0,
        );
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
        data.extend(&id);
        // A COSE key: EC2, ES256, P-256.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(point.x().unwrap());
        data.extend([0x22, 0x58, 0x20]);
        data.extend(point.y().unwrap());
        // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(&data);
        let client = client_data("webauthn.create", &options["challenge"], origin);
        let name = B64.encode(&id);
        let made = json!({"id": name, "rawId": name, "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {"attestationObject": B64.encode(attestation),
                "clientDataJSON": B64.encode(client), "transports": ["internal"]}});
        let device = Self {
            key,
            id,
            user: options["user"]["id"].as_str().unwrap().to_owned(),
            counter: 0,
        };
        (device, made)
    }

    /// As a copy that was made before.
    pub fn rewind(&mut self) {
        self.counter = 0;
    }

    /// Proves that it holds the passkey; what the browser tells of it.
    pub fn get(&mut self, options: &Value, origin: &str) -> Value {
        let options = &options["publicKey"];
        self.counter += 1;
        let party = options["rpId"].as_str().unwrap();
        let data = head(party, PRESENT_AND_VERIFIED, self.counter);
        let client = client_data("webauthn.get", &options["challenge"], origin);
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature: Signature = self.key.sign(&signed);
        let name = B64.encode(&self.id);
        json!({"id": name, "rawId": name, "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {"authenticatorData": B64.encode(data),
                "clientDataJSON": B64.encode(client),
                "signature": B64.encode(signature.to_der().as_bytes()), "userHandle": self.user}})
    }
}
