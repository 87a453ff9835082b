//! A small OpenID Connect provider that speaks the real protocol over HTTP, and can lie.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Who Busbar is there.
pub const CLIENT: &str = "busbar";
/// With which password.
pub const SECRET: &str = "a secret of the client";

/// What the provider does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    None,
    /// The token is for another sign-in.
    Nonce,
    /// For another client.
    Audience,
    /// For several, and meant for another of them.
    Party,
    /// From another provider.
    Issuer,
    /// Of yesterday.
    Expired,
    /// With the signature of nobody.
    Unsigned,
    /// With the key of somebody else under the same name.
    Forged,
    /// With what both sides know instead of a key.
    Shared,
    /// With another person's access token.
    AccessToken,
    /// Asked for more, it tells of another person.
    Subject,
    /// It has moved.
    Redirect,
    /// It says more than anybody reads.
    Flood,
}

#[derive(Clone)]
struct Grant {
    nonce: String,
    challenge: String,
    redirect: String,
    claims: Value,
}

struct Inner {
    issuer: String,
    key: SigningKey,
    lie: Mutex<Lie>,
    grants: Mutex<HashMap<String, Grant>>,
    told: Mutex<HashMap<String, Value>>,
}

/// The provider.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).unwrap()
}

fn drawn() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn query(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = Self(Arc::new(Inner {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            key: key(7),
            lie: Mutex::new(Lie::None),
            grants: Mutex::default(),
            told: Mutex::default(),
        }));
        let served = own.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(socket));
            }
        });
        own
    }

    /// The configuration of a Busbar that trusts it.
    pub fn settings(&self) -> String {
        format!(
            "[oidc]\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\nname = \"Acme\"\n\
             roles_claim = \"realm.groups\"\n\
             [oidc.roles]\nadmins = [\"administrator\"]\ndesk = [\"viewer\", \"financial_support\"]\n",
            self.0.issuer
        )
    }

    pub fn lie(&self, lie: Lie) {
        *self.0.lie.lock().unwrap() = lie;
    }

    /// Somebody with these claims signs in at the page to which Busbar sent them; what the browser
    /// brings back: `state` and `code`.
    pub fn approve(&self, page: &str, claims: &Value) -> (String, String) {
        let (at, asked) = page.split_once('?').unwrap();
        assert_eq!(at, format!("{}/authorize", self.0.issuer));
        let asked = query(asked);
        let get = |name: &str| asked[name].clone();
        assert_eq!(get("response_type"), "code");
        assert_eq!(get("client_id"), CLIENT);
        assert_eq!(get("code_challenge_method"), "S256");
        assert!(get("scope").split(' ').any(|scope| scope == "openid"));
        let (code, grant) = (
            drawn(),
            Grant {
                nonce: get("nonce"),
                challenge: get("code_challenge"),
                redirect: get("redirect_uri"),
                claims: claims.clone(),
            },
        );
        assert!(grant.redirect.ends_with("/login/return"));
        self.0.grants.lock().unwrap().insert(code.clone(), grant);
        (get("state"), code)
    }

    async fn serve(self, socket: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = socket.into_split();
        let mut read = BufReader::new(read);
        let (mut first, mut length, mut authorization) = (String::new(), 0, String::new());
        read.read_line(&mut first).await?;
        loop {
            let mut line = String::new();
            read.read_line(&mut line).await?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap(),
                "authorization" => value.trim().clone_into(&mut authorization),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        read.read_exact(&mut body).await?;
        let path = first.split(' ').nth(1).unwrap_or_default();
        let body = String::from_utf8(body).unwrap();
        let (status, answer) = self.answer(path, &authorization, &body);
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Location: {}/elsewhere\r\nConnection: close\r\n\r\n",
            answer.len(),
            self.0.issuer
        );
        write.write_all(head.as_bytes()).await?;
        write.write_all(answer.as_bytes()).await
    }

    fn answer(&self, path: &str, authorization: &str, body: &str) -> (u16, String) {
        let (issuer, lie) = (&self.0.issuer, *self.0.lie.lock().unwrap());
        match (path, lie) {
            ("/.well-known/openid-configuration", _) => {
                let at = |page: &str| format!("{issuer}/{page}");
                let own = json!({"issuer": issuer, "authorization_endpoint": at("authorize"),
                    "token_endpoint": at("token"), "jwks_uri": at("jwks"),
                    "userinfo_endpoint": at("userinfo"), "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"]});
                (200, own.to_string())
            }
            ("/jwks", _) => {
                let point = self.0.key.verifying_key().to_sec1_point(false);
                let text = |bytes: Option<&_>| URL_SAFE_NO_PAD.encode(bytes.unwrap());
                let key = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": "one",
                    "alg": "ES256", "x": text(point.x()), "y": text(point.y())});
                (200, json!({"keys": [key]}).to_string())
            }
            ("/token", Lie::Redirect) => (302, String::new()),
            ("/token", Lie::Flood) => (200, " ".repeat(4 * 1024 * 1024)),
            ("/token", _) => self.token(authorization, &query(body), lie),
            ("/userinfo", _) => {
                let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
                match self.0.told.lock().unwrap().get(token) {
                    Some(told) => (200, told.to_string()),
                    None => (401, "{}".to_owned()),
                }
            }
            _ => (404, "{}".to_owned()),
        }
    }

    fn token(
        &self,
        authorization: &str,
        form: &BTreeMap<String, String>,
        lie: Lie,
    ) -> (u16, String) {
        let own = STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+")));
        if authorization != format!("Basic {own}") {
            return (401, json!({"error": "invalid_client"}).to_string());
        }
        let grant = self.0.grants.lock().unwrap().remove(&form["code"]);
        let verifier = Sha256::digest(&form["code_verifier"]);
        let fits = |grant: &Grant| {
            grant.challenge == URL_SAFE_NO_PAD.encode(verifier)
                && grant.redirect == form["redirect_uri"]
        };
        let Some(grant) = grant.filter(fits) else {
            return (400, json!({"error": "invalid_grant"}).to_string());
        };
        let access = drawn();
        let now = chrono::Utc::now().timestamp();
        let mut claims = json!({"iss": self.0.issuer, "aud": CLIENT, "iat": now,
            "exp": now + 300, "nonce": grant.nonce});
        let hash = Sha256::digest(&access);
        claims["at_hash"] = json!(URL_SAFE_NO_PAD.encode(&hash[..16]));
        let mut told = json!({});
        for (name, value) in grant.claims.as_object().unwrap() {
            match name.strip_prefix("asked:") {
                Some(name) => told[name] = value.clone(),
                None => claims[name] = value.clone(),
            }
        }
        told["sub"] = claims["sub"].clone();
        match lie {
            Lie::Nonce => claims["nonce"] = json!(drawn()),
            Lie::Audience => claims["aud"] = json!("another"),
            Lie::Party => {
                claims["aud"] = json!([CLIENT, "another"]);
                claims["azp"] = json!("another");
            }
            Lie::Issuer => claims["iss"] = json!("https://another.example"),
            Lie::Expired => claims["exp"] = json!(now - 86_400),
            Lie::AccessToken => claims["at_hash"] = json!(URL_SAFE_NO_PAD.encode([1; 16])),
            Lie::Subject => told["sub"] = json!("another"),
            _ => {}
        }
        self.0.told.lock().unwrap().insert(access.clone(), told);
        let answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": 60,
            "id_token": self.signed(&claims, lie)});
        (200, answer.to_string())
    }

    fn signed(&self, claims: &Value, lie: Lie) -> String {
        let algorithm = match lie {
            Lie::Unsigned => "none",
            Lie::Shared => "HS256",
            _ => "ES256",
        };
        let head = json!({"alg": algorithm, "kid": "one", "typ": "JWT"});
        let said = format!("{}.{}", part(&head), part(claims));
        let signature = match lie {
            Lie::Unsigned => String::new(),
            Lie::Shared => {
                use hmac::{KeyInit, Mac};
                let mac = hmac::Hmac::<Sha256>::new_from_slice(SECRET.as_bytes());
                let mac = mac.unwrap().chain_update(&said).finalize();
                URL_SAFE_NO_PAD.encode(mac.into_bytes())
            }
            lie => {
                let other = key(8);
                let key = if lie == Lie::Forged {
                    &other
                } else {
                    &self.0.key
                };
                let signature: Signature = key.sign(said.as_bytes());
                URL_SAFE_NO_PAD.encode(signature.to_bytes())
            }
        };
        format!("{said}.{signature}")
    }
}
