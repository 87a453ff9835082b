//! What the stories of single stations share: a fresh server, its administrator, a known token.

use busbar_tests::http::Person;
use busbar_tests::product::Product;
use serde_json::{Value, json};
use simulators::station::Builder;
use simulators::{Station, Template, Version};

pub const PASSWORD: &str = "0123456789abcdef0123";
/// The token of the instance.
pub const UID: &str = "04A1B2C3D4E5F6";
/// Each story is told in all of them.
pub const VERSIONS: [Version; 3] = [Version::V16, Version::V201, Version::V21];

/// A server of the story's own.
pub struct Stage {
    folder: tempfile::TempDir,
    product: Product,
    /// The administrator.
    pub ana: Person,
}

impl Stage {
    /// Starts the server and registers the token.
    pub async fn set() -> Self {
        Self::with("").await
    }

    /// The same, with a configuration file.
    pub async fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("busbar.toml");
        std::fs::write(&file, settings).unwrap();
        let file = [("BUSBAR_CONFIG", file.to_str().unwrap())];
        let product = Product::start(folder.path(), &file).await.unwrap();
        let mut ana = product.administrator().await.unwrap();
        let token = json!({"uid": UID, "kind": "iso14443"});
        ana.expect(201, "POST", "/tokens", Some(&token))
            .await
            .unwrap();
        Self {
            folder,
            product,
            ana,
        }
    }

    /// Somebody with this role.
    pub async fn member(&self, role: &str) -> Person {
        crate::rights::member(&self.product, self.folder.path(), role).await
    }

    /// The server.
    pub const fn product(&self) -> &Product {
        &self.product
    }

    /// The folder of its data.
    pub fn data(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Where people come in.
    pub fn people(&self) -> std::net::SocketAddr {
        self.product.people
    }

    /// Where stations come in, below another path than the one they are told.
    pub fn stations_at(&self, path: &str) -> String {
        let url = &self.product.stations;
        let own = url.strip_suffix("/ocpp").unwrap_or(url);
        format!("{own}{path}")
    }

    /// Registers a station; its id.
    pub async fn register(&mut self, identity: &str) -> String {
        let body = json!({"identity": identity, "password": PASSWORD});
        let added = self
            .ana
            .expect(201, "POST", "/stations", Some(&body))
            .await
            .unwrap();
        added["station"]["id"].as_str().unwrap().to_owned()
    }

    /// A simulated station that knows its password.
    pub fn station(&self, identity: &str, version: Version) -> Station {
        self.builder(identity, version).build()
    }

    /// The same, before it is built.
    pub fn builder(&self, identity: &str, version: Version) -> Builder {
        Station::builder(&self.product.stations, identity)
            .version(version)
            .password(Some(PASSWORD))
            .template(Template::ac22())
            .seed(7)
    }

    /// The station's sessions as the API shows them.
    pub async fn sessions(&mut self, id: &str) -> Vec<Value> {
        self.ana
            .all(&format!("/sessions?station_id={id}"))
            .await
            .unwrap()
    }

    /// The deeds of this kind in the audit trail, as soon as there are `least`: a deed is listed a
    /// moment after it was done.
    pub async fn deeds(&mut self, action: &str, least: usize) -> Vec<Value> {
        let path = format!("/audit?action={action}");
        let looked = async {
            loop {
                let found = self.ana.all(&path).await.unwrap();
                if found.len() >= least {
                    return found;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, looked).await.unwrap()
    }

    /// The station as the API shows it.
    pub async fn seen(&mut self, id: &str) -> Value {
        self.ana
            .expect(200, "GET", &format!("/stations/{id}"), None)
            .await
            .unwrap()
    }
}

/// The code of this moment (RFC 6238).
pub fn totp(secret: &str) -> String {
    use hmac::{KeyInit, Mac};
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut seed) = (0u32, 0u32, Vec::new());
    for letter in secret.bytes().filter(u8::is_ascii_alphanumeric) {
        let five = letters.iter().position(|l| *l == letter).unwrap();
        held = (held << 5 | u32::try_from(five).unwrap()) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            seed.push((held >> bits & 0xff).to_le_bytes()[0]);
        }
    }
    let step = u64::try_from(chrono::Utc::now().timestamp() / 30).unwrap();
    let mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(&seed).unwrap();
    let mac = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let at = usize::from(mac[19] & 15);
    let cut = u32::from_be_bytes([mac[at], mac[at + 1], mac[at + 2], mac[at + 3]]);
    format!("{:06}", (cut & 0x7fff_ffff) % 1_000_000)
}
