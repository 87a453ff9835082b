//! The caller of a request: from the cookie of a web session, or from an API key.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use domain::role::{Caller, Role};

use crate::problem::Problem;
use crate::server::State;

/// Over plain HTTP: a first look on a local network.
pub(crate) const PLAIN: &str = "busbar_login";
/// Over HTTPS: bound to the host by its name.
pub(crate) const SECURE: &str = "__Host-busbar_login";

/// The same two for the device, which signed in before and is not locked out with strangers.
const PLAIN_DEVICE: &str = "busbar_device";
const SECURE_DEVICE: &str = "__Host-busbar_device";
/// The role as which somebody looks about.
const VIEW_AS: &str = "busbar_view_as";
/// How long a device is known, in days.
const DEVICE_DAYS: i64 = 90;

/// The caller of a request; extracting one refuses those who are not signed in.
pub(crate) struct SignedIn(pub Caller);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match caller(&request).await? {
                Some(caller) if viewing_only(&request, &caller) => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "viewing_as",
                    "You look about as a role: nothing is changed meanwhile.",
                )),
                Some(caller) => Ok(Self(caller)),
                None => Err(Problem::not_signed_in()),
            }
        })
    }
}

/// Whether somebody who only looks about wants to change something. Signing out they may.
fn viewing_only(request: &HttpRequest, caller: &Caller) -> bool {
    let viewing = caller.member().is_some_and(|m| m.viewed_as.is_some());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    viewing && !reads && !request.path().ends_with("/logout")
}

/// Who sent this request, as far as was found out already.
#[derive(Clone)]
struct Known(Option<Caller>);

/// Who sent a request; none when nobody is signed in. Looked up once a request.
pub(crate) async fn caller(request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    let known = request.extensions().get::<Known>().cloned();
    if let Some(Known(caller)) = known {
        return Ok(caller);
    }
    let state = request.app_data::<web::Data<State>>().cloned();
    let caller = match (state, Credential::of(request)) {
        (Some(state), Some(credential)) => credential.caller(&state).await?,
        _ => None,
    };
    request.extensions_mut().insert(Known(caller.clone()));
    Ok(caller)
}

/// By what a request says whose it is.
#[derive(Clone)]
pub(crate) enum Credential {
    /// The secret in the cookie of a web session, and the role as which the person looks about.
    Cookie(String, Option<Role>),
    /// An API key, as a bearer token (RFC 6750, 2.1).
    Key(String),
}

impl Credential {
    /// That of a request; a key goes before a cookie, and a wrong key is not made good by one.
    /// Other schemes are a proxy's own business.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let header = request.headers().get(AUTHORIZATION);
        let header = header.and_then(|value| value.to_str().ok()?.split_once(' '));
        if let Some((scheme, token)) = header
            && scheme.eq_ignore_ascii_case("bearer")
        {
            return Some(Self::Key(token.trim().to_owned()));
        }
        let name = if is_secure(request) { SECURE } else { PLAIN };
        let cookie = request.cookie(name)?;
        // The page sets it: it can take rights away only.
        let role = request.cookie(VIEW_AS);
        let role = role.and_then(|role| Role::from_key(role.value()));
        Some(Self::Cookie(cookie.value().to_owned(), role))
    }

    /// Whose it is at this moment; none when it is over or never was.
    pub async fn caller(&self, state: &State) -> Result<Option<Caller>, Problem> {
        Ok(match self {
            Self::Cookie(secret, role) => {
                match (app::logins::caller(&state.app, secret).await?, role) {
                    (Some(caller), Some(role)) => {
                        Some(app::me::viewing(&state.app, caller, *role).await?)
                    }
                    (caller, _) => caller,
                }
            }
            Self::Key(text) => app::keys::caller(&state.app, text).await?,
        })
    }
}

/// Whether the person's browser speaks HTTPS: the console has an https address, or a trusted proxy
/// says so.
fn is_secure(request: &HttpRequest) -> bool {
    let Some(state) = request.app_data::<web::Data<State>>() else {
        return false;
    };
    let proxies = &state.settings.trusted_proxies;
    let told = || {
        let peer = request
            .peer_addr()
            .is_some_and(|at| proxies.trusts(at.ip()));
        peer && request.connection_info().scheme() == "https"
    };
    state.settings.https || told()
}

/// The secret by which a device is known that has signed in before.
pub(crate) fn device(request: &HttpRequest) -> Option<String> {
    let secure = is_secure(request);
    let cookie = request.cookie(if secure { SECURE_DEVICE } else { PLAIN_DEVICE });
    cookie.map(|cookie| cookie.value().to_owned())
}

/// The cookie that carries `secret`, for as long as the login lasts.
pub(crate) fn cookie(request: &HttpRequest, secret: &str) -> Cookie<'static> {
    let state = request.app_data::<web::Data<State>>();
    let lifetime = state.map_or(0, |s| s.app.settings().login_lifetime.num_seconds());
    let name = if is_secure(request) { SECURE } else { PLAIN };
    made(request, name, secret, Duration::seconds(lifetime))
}

/// The cookie by which a device is known from now on.
pub(crate) fn device_cookie(request: &HttpRequest, secret: &str) -> Cookie<'static> {
    let secure = is_secure(request);
    let name = if secure { SECURE_DEVICE } else { PLAIN_DEVICE };
    made(request, name, secret, Duration::days(DEVICE_DAYS))
}

fn made(request: &HttpRequest, name: &'static str, value: &str, age: Duration) -> Cookie<'static> {
    Cookie::build(name, value.to_owned())
        .max_age(age)
        .path("/")
        .http_only(true)
        .secure(is_secure(request))
        .same_site(SameSite::Lax)
        .finish()
}

/// The cookie that takes the one above away.
pub(crate) fn no_cookie(request: &HttpRequest) -> Cookie<'static> {
    let mut cookie = cookie(request, "");
    cookie.set_max_age(Duration::ZERO);
    cookie
}

/// The address of the client: the peer, or whom a trusted proxy speaks for.
pub(crate) fn remote(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let state = request.app_data::<web::Data<State>>()?;
    let forwarded = request.headers().get_all("x-forwarded-for");
    let forwarded = forwarded.filter_map(|value| value.to_str().ok());
    Some(state.settings.trusted_proxies.client(peer, forwarded))
}

/// The same in words.
pub(crate) fn remote_ip(request: &HttpRequest) -> Option<String> {
    remote(request).map(|address| address.to_string())
}

/// The client's name for itself, cut at 200 characters.
pub(crate) fn user_agent(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get("user-agent")?.to_str().ok()?;
    Some(value.chars().take(200).collect())
}
