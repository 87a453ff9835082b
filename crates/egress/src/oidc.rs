//! Signing in at an identity provider: OpenID Connect Core 1.0 by the authorization code with PKCE
//! (RFC 7636). Knows nothing of accounts and roles: it tells who somebody is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::http;

/// How long what a provider says of itself, its keys included, is not asked again.
const KNOWN: Duration = Duration::from_secs(60);
/// How long one that does not answer is not asked again.
const AWAY: Duration = Duration::from_secs(5);
/// What a token may be signed with: a key of which we have the public half.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 10] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EcdsaP521Sha512,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Where the provider is, and who we are there.
#[derive(Clone)]
pub struct Settings {
    /// Its address, as it stands in its tokens.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our password there; none for a public client.
    pub client_secret: Option<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim whose values [`Identity::values`] has, with dots into objects.
    pub claim: String,
    /// Where it sends people back to.
    pub redirect: String,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address.
    #[error(
        "the issuer is an address like https://login.example.org, http:// on this machine only"
    )]
    Issuer,
    /// Where people come back to.
    #[error("the address of the console cannot be returned to")]
    Redirect,
    /// The client for it could not be made.
    #[error("no HTTP client: {0}")]
    Client(String),
}

/// Why nobody is told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The provider is away, or speaks no OpenID Connect.
    #[error("{0}")]
    Away(String),
    /// What came back proves nothing.
    #[error("{0}")]
    Refused(String),
}

/// What is kept of a sign-in until the person comes back; never shown to the browser.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    state: String,
    nonce: String,
    verifier: String,
}

/// A sign-in that begins.
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What is kept.
    pub kept: Kept,
}

/// Who somebody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Which provider.
    pub issuer: String,
    /// Its name for the person, which never becomes another's.
    pub subject: String,
    /// The address that the provider has seen to be theirs.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// The values of the claim of the settings.
    pub values: Vec<String>,
    /// When they showed there who they are, where it tells.
    pub authenticated_at: Option<DateTime<Utc>>,
}

/// Every claim that the standard does not name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Others {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Others {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Others,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Speaker = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

struct Inner {
    settings: Settings,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    client: http::Client,
    known: Mutex<Option<Known>>,
}

/// What was found out of a provider, and when; the reason where it did not answer.
type Known = (Instant, Result<Arc<CoreProviderMetadata>, String>);

/// An identity provider. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.0.settings.issuer)
    }
}

impl Provider {
    /// A provider, which is not talked to yet: it may be away when Busbar starts.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let url = url::Url::parse(&settings.issuer).map_err(|_| SettingsError::Issuer)?;
        let local = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err(SettingsError::Issuer),
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err(SettingsError::Issuer);
        }
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| SettingsError::Issuer)?;
        let redirect = RedirectUrl::new(settings.redirect.clone());
        Ok(Self(Arc::new(Inner {
            issuer,
            redirect: redirect.map_err(|_| SettingsError::Redirect)?,
            client: http::Client::new().map_err(|e| SettingsError::Client(e.to_string()))?,
            known: Mutex::new(None),
            settings,
        })))
    }

    /// Its address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.settings.issuer
    }

    /// Whether it answers as a provider does.
    pub async fn look(&self) -> Result<(), Failure> {
        self.metadata().await.map(drop)
    }

    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, Failure> {
        let mut known = self.0.known.lock().await;
        match &*known {
            Some((since, Ok(metadata))) if since.elapsed() < KNOWN => return Ok(metadata.clone()),
            // Whoever waited while somebody else found it away need not find out anew.
            Some((since, Err(why))) if since.elapsed() < AWAY => {
                return Err(Failure::Away(why.clone()));
            }
            _ => {}
        }
        let send = |request: HttpRequest| self.0.client.send(request);
        let found = CoreProviderMetadata::discover_async(self.0.issuer.clone(), &send).await;
        let found = found.map(Arc::new).map_err(|error| chain(&error));
        *known = Some((Instant::now(), found.clone()));
        found.map_err(Failure::Away)
    }

    async fn speaker(&self) -> Result<Speaker, Failure> {
        let settings = &self.0.settings;
        let metadata = CoreProviderMetadata::clone(&*self.metadata().await?);
        let speaker = Client::from_provider_metadata(
            metadata,
            ClientId::new(settings.client_id.clone()),
            settings.client_secret.clone().map(ClientSecret::new),
        );
        Ok(speaker.set_redirect_uri(self.0.redirect.clone()))
    }

    /// Begins a sign-in. With `again` the person has to show anew who they are, and the answer tells
    /// when they did.
    pub async fn begin(&self, again: bool) -> Result<Begun, Failure> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let speaker = self.speaker().await?;
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let scopes = self.0.settings.scopes.iter().cloned().map(Scope::new);
        let mut request = speaker
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge);
        if again {
            let prompt = CoreAuthPrompt::Login;
            request = request.add_prompt(prompt).set_max_age(Duration::ZERO);
        }
        let (url, state, nonce) = request.url();
        Ok(Begun {
            url: url.into(),
            kept: Kept {
                state: state.secret().clone(),
                nonce: nonce.secret().clone(),
                verifier: verifier.secret().clone(),
            },
        })
    }

    /// Tells who came back with `state` and `code`, at `now`.
    pub async fn finish(
        &self,
        kept: Kept,
        state: &str,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Identity, Failure> {
        let refused = |what: &str| Failure::Refused(what.to_owned());
        // Of 128 random bits, used once: how long the comparison takes tells nothing of use.
        if kept.state != state {
            return Err(refused("the state is another"));
        }
        let speaker = self.speaker().await?;
        let send = |request: HttpRequest| self.0.client.send(request);
        let tokens: Tokens = speaker
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| Failure::Away(chain(&error)))?
            .set_pkce_verifier(PkceCodeVerifier::new(kept.verifier))
            .request_async(&send)
            .await
            .map_err(|error| {
                use openidconnect::RequestTokenError as E;
                match &error {
                    E::ServerResponse(said) => Failure::Refused(format!("the provider: {said}")),
                    _ => Failure::Away(chain(&error)),
                }
            })?;
        let token = tokens.id_token().ok_or_else(|| refused("no ID token"))?;
        let verifier = speaker
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now);
        let claims = token
            .claims(&verifier, &Nonce::new(kept.nonce))
            .map_err(|error| Failure::Refused(chain(&error)))?;
        if let Some(expected) = claims.access_token_hash() {
            let unfit = |_| refused("the access token cannot be compared");
            let algorithm = token
                .signing_alg()
                .map_err(|e| Failure::Refused(chain(&e)))?;
            let key = token.signing_key(&verifier);
            let key = key.map_err(|e| Failure::Refused(chain(&e)))?;
            let own = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if own.map_err(unfit)? != *expected {
                return Err(refused("the access token is another's"));
            }
        }
        let mut identity = self.of_token(claims);
        if identity.lacks(&self.0.settings.claim, claims.additional_claims()) {
            self.ask_more(&speaker, &tokens, claims, &mut identity)
                .await?;
        }
        Ok(identity)
    }

    fn of_token(&self, claims: &IdTokenClaims<Others, CoreGenderClaim>) -> Identity {
        let name = claims.name().and_then(|name| name.get(None));
        let email = claims
            .email()
            .filter(|_| claims.email_verified() == Some(true));
        Identity {
            issuer: self.0.settings.issuer.clone(),
            subject: claims.subject().to_string(),
            email: email.map(|email| email.to_string()),
            name: name.map(|name| name.to_string()),
            values: values(&claims.additional_claims().all, &self.0.settings.claim),
            authenticated_at: claims.auth_time(),
        }
    }

    /// Many providers keep tokens small, and tell the rest to whoever asks.
    async fn ask_more(
        &self,
        speaker: &Speaker,
        tokens: &Tokens,
        claims: &IdTokenClaims<Others, CoreGenderClaim>,
        identity: &mut Identity,
    ) -> Result<(), Failure> {
        let (token, subject) = (tokens.access_token().clone(), claims.subject().clone());
        // A provider without this page has said all.
        let Ok(request) = speaker.user_info(token, Some(subject)) else {
            return Ok(());
        };
        let send = |request: HttpRequest| self.0.client.send(request);
        let told: UserInfoClaims<Others, CoreGenderClaim> = request
            .request_async(&send)
            .await
            .map_err(|error| Failure::Refused(chain(&error)))?;
        let email = told.email().filter(|_| told.email_verified() == Some(true));
        let name = told.name().and_then(|name| name.get(None));
        let more = values(&told.additional_claims().all, &self.0.settings.claim);
        identity.email = identity.email.take().or(email.map(|e| e.to_string()));
        identity.name = identity.name.take().or(name.map(|n| n.to_string()));
        identity.values.extend(more);
        Ok(())
    }
}

impl Identity {
    fn lacks(&self, claim: &str, others: &Others) -> bool {
        self.email.is_none() || self.name.is_none() || at(&others.all, claim).is_none()
    }
}

/// The claim of a name with dots, as Keycloak's `realm_access.roles`; one whose own name has dots
/// goes before.
fn at<'a>(all: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    if let Some(found) = all.get(claim) {
        return Some(found);
    }
    let (first, rest) = claim.split_once('.')?;
    at(all.get(first)?.as_object()?, rest)
}

/// The words of a claim: a list of them, or one.
fn values(all: &Map<String, Value>, claim: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match at(all, claim) {
        Some(Value::Array(list)) => list.iter().filter_map(text).collect(),
        Some(one) => text(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    said
}
