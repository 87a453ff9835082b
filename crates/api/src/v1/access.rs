//! The way in, and who the caller is: `/setup`, `/login`, `/logout`, `/me`, `/roles`; and the two
//! pages to begin with, `/overview` and `/connect`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use app::identity_provider::Unsettled;
use app::logins::{SignIn, Visitor};
use domain::role::{Permission, Role};
use domain::site_access::{Level, actions};

use crate::body::Body;
use crate::login::{self, SignedIn};
use crate::problem::Problem;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::access::{
    ConnectView, HeldBackView, LevelView, LoginBody, MeView, OrganisationView, OverviewView,
    PermissionView, RoleView, RolesView, SetupBody, SetupView, SiteRightsView, SwitchBody,
    UserView,
};
use crate::view::account::{ChallengeView, EnteredView, SecondFactorBody};
use crate::view::alert::percent;

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/setup", Need::Open, setup_state),
    endpoint!(POST "/setup", Need::Open, setup, Keyless),
    endpoint!(POST "/login", Need::Open, login, Keyless),
    endpoint!(POST "/login/second_factor", Need::Open, second_factor, Keyless),
    endpoint!(POST "/logout", Need::SignedIn, logout, Keyless),
    endpoint!(GET "/me", Need::SignedIn, me),
    endpoint!(PUT "/me/organisation", Need::SignedIn, switch),
    endpoint!(GET "/roles", Need::SignedIn, roles),
    endpoint!(GET "/overview", Need::Permission(Permission::DashboardView), overview),
    endpoint!(GET "/connect", Need::Permission(Permission::StationsEdit), connect),
];

/// Whether the first administrator is still to come, and where else one can sign in.
#[utoipa::path(get, path = "/setup", operation_id = "get_setup", tag = "access", responses((status = 200, body = SetupView)))]
pub(crate) async fn setup_state(state: web::Data<State>) -> Result<web::Json<SetupView>, Problem> {
    Ok(web::Json(SetupView {
        needed: app::setup::needed(&state.app).await?,
        identity_provider: app::identity_provider::name(&state.app).map(str::to_owned),
    }))
}

/// Makes the first administrator and organisation, and signs in.
#[utoipa::path(post, path = "/setup", operation_id = "set_up", tag = "access", request_body = SetupBody,
    responses((status = 201, body = MeView)))]
pub(crate) async fn setup(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<SetupBody>,
) -> Result<HttpResponse, Problem> {
    let first = app::setup::FirstPerson {
        name: body.name,
        email: body.email,
        password: body.password,
        organisation: body.organisation,
    };
    let (ip, agent) = (login::remote_ip(&request), login::user_agent(&request));
    let (secret, me) = app::setup::finish(
        &state.app,
        &body.token,
        &first,
        ip.as_deref(),
        agent.as_deref(),
    )
    .await?;
    Ok(HttpResponse::Created()
        .cookie(login::cookie(&request, &secret))
        .json(me_view(me)))
}

/// Signs in, or tells that a second factor is needed; only whoever is in gets a cookie.
#[utoipa::path(post, path = "/login", operation_id = "log_in", tag = "access", request_body = LoginBody,
    responses((status = 200, body = MeView), (status = 202, body = ChallengeView)))]
pub(crate) async fn login(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<LoginBody>,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request);
    let (email, password) = (&body.email, &body.password);
    let tried = app::logins::open(&state.app, email, password, seen.visitor()).await?;
    Ok(match entered(&request, tried)? {
        Step::In(mut response, entered) => response.json(entered.me),
        Step::Waits(challenge) => HttpResponse::Accepted().json(challenge),
    })
}

/// Finishes a sign-in that waits for a second factor.
#[utoipa::path(post, path = "/login/second_factor", operation_id = "log_in_second", tag = "access",
    request_body = SecondFactorBody, responses((status = 200, body = EnteredView)))]
pub(crate) async fn second_factor(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<SecondFactorBody>,
) -> Result<HttpResponse, Problem> {
    let (seen, given) = (Seen::of(&request), body.given()?);
    let challenge = &body.challenge;
    let tried = app::logins::open_second(&state.app, challenge, given, seen.visitor()).await?;
    Ok(match entered(&request, tried)? {
        Step::In(mut response, entered) => response.json(entered),
        Step::Waits(challenge) => HttpResponse::Accepted().json(challenge),
    })
}

/// What a request tells of the browser that sent it.
pub(super) struct Seen {
    ip: Option<String>,
    agent: Option<String>,
    device: Option<String>,
}

impl Seen {
    pub fn of(request: &HttpRequest) -> Self {
        Self {
            ip: login::remote_ip(request),
            agent: login::user_agent(request),
            device: login::device(request),
        }
    }

    pub fn visitor(&self) -> Visitor<'_> {
        Visitor {
            remote_ip: self.ip.as_deref(),
            user_agent: self.agent.as_deref(),
            device: self.device.as_deref(),
        }
    }
}

/// Where a sign-in stands that was not refused.
pub(super) enum Step {
    In(HttpResponseBuilder, Box<EnteredView>),
    Waits(ChallengeView),
}

pub(super) fn entered(request: &HttpRequest, tried: SignIn) -> Result<Step, Problem> {
    let unauthorized = |code, detail| Problem::new(StatusCode::UNAUTHORIZED, code, detail);
    match tried {
        SignIn::Opened {
            cookie,
            me,
            device,
            recovery_codes_left,
        } => {
            let mut response = HttpResponse::Ok();
            response.cookie(login::cookie(request, &cookie));
            if let Some(device) = device {
                response.cookie(login::device_cookie(request, &device));
            }
            let me = me_view(*me);
            let entered = EnteredView {
                me,
                recovery_codes_left,
            };
            Ok(Step::In(response, Box::new(entered)))
        }
        SignIn::SecondFactor { challenge, factors } => {
            Ok(Step::Waits(ChallengeView::to_view(challenge, &factors)))
        }
        SignIn::WrongCredentials => Err(unauthorized(
            "invalid_credentials",
            "The address or the password is wrong.",
        )),
        SignIn::NotActivated => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "activation_needed",
            "Open the link in the mail that was sent to this address, or have it sent again.",
        )),
        SignIn::WrongFactor => Err(unauthorized(
            "invalid_second_factor",
            "The code is wrong or was used, or the sign-in took too long: then begin again.",
        )),
        SignIn::WrongPasskey => Err(unauthorized(
            "invalid_passkey",
            "This passkey opens nothing here, or the sign-in took too long: then begin again.",
        )),
        SignIn::Unsettled(why) => Err(unsettled(why)),
        SignIn::TooMany { retry_after_s } => Err(too_many(retry_after_s)),
    }
}

fn unsettled(why: Unsettled) -> Problem {
    let (status, code, detail) = match why {
        Unsettled::Refused => (
            StatusCode::UNAUTHORIZED,
            "provider_refused",
            "What came back from the identity provider counts for nothing, or took too long: begin again.",
        ),
        Unsettled::NoAddress => (
            StatusCode::FORBIDDEN,
            "provider_no_address",
            "The identity provider does not vouch for your e-mail address.",
        ),
        Unsettled::Unknown => (
            StatusCode::FORBIDDEN,
            "provider_unknown_person",
            "There is no account for you here. Ask an Administrator to invite you.",
        ),
        Unsettled::NoRole => (
            StatusCode::FORBIDDEN,
            "provider_no_role",
            "Your account has no role here at present. Ask an Administrator.",
        ),
    };
    Problem::new(status, code, detail)
}

pub(super) fn too_many(retry_after_s: i64) -> Problem {
    let mut problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
        format!("Too many failed tries; try again in {retry_after_s} s."),
    );
    problem.retry_after_s = Some(retry_after_s);
    problem
}

/// Signs out.
#[utoipa::path(post, path = "/logout", operation_id = "log_out", tag = "access", responses((status = 204)))]
pub(crate) async fn logout(
    state: web::Data<State>,
    request: HttpRequest,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    app::logins::close(&state.app, &caller.0).await?;
    Ok(HttpResponse::NoContent()
        .cookie(login::no_cookie(&request))
        .finish())
}

/// The caller, and everything the caller may do.
#[utoipa::path(get, path = "/me", operation_id = "get_me", tag = "access", responses((status = 200, body = MeView)))]
pub(crate) async fn me(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<MeView>, Problem> {
    Ok(web::Json(me_view(
        app::me::describe(&state.app, &caller.0).await?,
    )))
}

/// Goes on working in another organisation, in which the caller is somebody.
#[utoipa::path(put, path = "/me/organisation", operation_id = "switch_organisation", tag = "access",
    request_body = SwitchBody, responses((status = 200, body = MeView)))]
pub(crate) async fn switch(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<SwitchBody>,
) -> Result<web::Json<MeView>, Problem> {
    Ok(web::Json(me_view(
        app::me::switch(&state.app, &caller.0, body.organisation_id).await?,
    )))
}

pub(super) fn me_view(me: app::me::Me) -> MeView {
    MeView {
        user: UserView {
            id: me.user.to_string(),
            name: me.name,
            email: me.email,
        },
        organisation: OrganisationView {
            id: me.organisation.to_string(),
            name: me.organisation_name,
        },
        has_password: me.has_password,
        identity_provider: me.identity_provider,
        viewed_as: me.viewed_as.map(domain::role::Role::key),
        roles: me.roles.iter().map(|r| r.key().to_owned()).collect(),
        permissions: me.permissions.iter().map(|p| p.key().to_owned()).collect(),
        held_back: me
            .held_back
            .into_iter()
            .map(|one| HeldBackView {
                permission: one.permission.key(),
                module: one.module,
                paid_module: one.paid_module,
            })
            .collect(),
        organisation_above: me.above,
        modules: me.modules,
        sites: me
            .sites
            .map(|sites| sites.iter().map(ToString::to_string).collect()),
        site_rights: me
            .site_rights
            .iter()
            .map(|(site, rights)| SiteRightsView {
                site_id: site.to_string(),
                permissions: rights.iter().map(|p| p.key()).collect(),
            })
            .collect(),
        organisations: me
            .organisations
            .into_iter()
            .map(|(id, name)| OrganisationView {
                id: id.to_string(),
                name,
            })
            .collect(),
    }
}

/// The policy that is enforced: which role has which permission.
#[utoipa::path(get, path = "/roles", operation_id = "get_roles", tag = "access", responses((status = 200, body = RolesView)))]
pub(crate) async fn roles(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<RolesView>, Problem> {
    let matrix = app::roles::matrix(&state.app, &caller.0).await?;
    let row = |permission: &Permission| {
        let (module, submodule) = permission.module();
        let granted = |role: &Role| (role.key(), matrix.grants(*role, *permission));
        PermissionView {
            key: permission.key(),
            module,
            submodule,
            title: permission.title(),
            paid_module: permission.paid_module(),
            active: matrix.active(*permission),
            granted: Role::ALL.iter().map(granted).collect(),
        }
    };
    Ok(web::Json(RolesView {
        roles: Role::ALL
            .iter()
            .map(|r| RoleView {
                key: r.key(),
                title: r.title(),
            })
            .collect(),
        permissions: Permission::ALL.iter().map(row).collect(),
        levels: Level::ALL
            .iter()
            .map(|level| LevelView {
                key: level.key(),
                permissions: level.permissions().iter().map(Permission::key).collect(),
            })
            .collect(),
        site_actions: actions().iter().map(Permission::key).collect(),
    }))
}

/// The first glance at the fleet.
#[utoipa::path(get, path = "/overview", operation_id = "get_overview", tag = "overview",
    responses((status = 200, body = OverviewView)))]
pub(crate) async fn overview(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<OverviewView>, Problem> {
    let o = app::overview::read(&state.app, &caller.0).await?;
    let (uptime, plug_ins) = app::overview::reliability(&state.app, &caller.0).await?;
    let alerts_open = app::alerts::unseen(&state.app, &caller.0).await?;
    Ok(web::Json(OverviewView {
        stations: o.stations,
        online: o.online,
        charging: o.charging,
        faulted: o.faulted,
        power_w: o.power_w,
        energy_today_wh: o.energy_wh,
        sessions_active: o.sessions_active,
        unclaimed: o.unclaimed,
        uptime_percent_24h: percent(uptime.basis_points()),
        plug_in_success_percent_24h: percent(plug_ins.basis_points()),
        alerts_open,
    }))
}

/// What a charger must be told to come here, for those who add stations.
#[utoipa::path(get, path = "/connect", operation_id = "get_connect", tag = "overview",
    responses((status = 200, body = ConnectView)))]
pub(crate) async fn connect(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<ConnectView>, Problem> {
    app::stations::may_add(&state.app, &caller.0).await?;
    Ok(web::Json(ConnectView {
        url_template: state.settings.station_url_template.clone(),
        protocols: state.settings.protocols.clone(),
    }))
}
