//! Invitations, seen from those who invite (`/organisations/{id}/invitations`,
//! `/sites/{id}/invitations`) and from those who are invited (`/invitations/…`, `/register`,
//! `/activate`); and choosing another password by mail (`/password/…`).

use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::invitations::{Acceptance, Accepted, Kind, Registration};
use app::logins::Visitor;
use domain::id::{InvitationId, OrgId, SiteId};
use domain::mail::Language;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use super::access::{Seen, Step, entered, me_view};
use super::members::GIVEN;
use crate::body::Body;
use crate::etag;
use crate::listing::{self, Paging};
use crate::login::{self, SignedIn};
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::v1::sites::PageQuery;
use crate::view::access::MeView;
use crate::view::member::{
    AcceptBody, AcceptedView, ActivateBody, AddressBody, InvitationBody, InvitationChange,
    InvitationView, LinkBody, LookedView, RegisterBody, ResetBody, SentView, SiteInvitationBody,
};
use crate::view::{ListView, words};

const LISTED: Need = Need::ByKind(&[Permission::TeamMembersView, Permission::ResellerInvite]);
const AT_SITE: Need = Need::Permission(Permission::SitesAccessManage);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/organisations/{id}/invitations", LISTED, list, Exported(Export::Invitations)),
    endpoint!(POST "/organisations/{id}/invitations", GIVEN, create, SecretAnswer),
    endpoint!(PATCH "/organisations/{id}/invitations/{invitation_id}", GIVEN, edit, Conditional),
    endpoint!(POST "/organisations/{id}/invitations/{invitation_id}/resend", GIVEN, resend, SecretAnswer),
    endpoint!(DELETE "/organisations/{id}/invitations/{invitation_id}", GIVEN, withdraw),
    endpoint!(GET "/sites/{id}/invitations", AT_SITE, list_at_site, Exported(Export::SiteAccess)),
    endpoint!(POST "/sites/{id}/invitations", AT_SITE, create_at_site, SecretAnswer),
    endpoint!(POST "/invitations/look", Need::Open, look),
    endpoint!(POST "/invitations/accept", Need::Open, accept, Keyless),
    endpoint!(POST "/invitations/send_again", Need::Open, send_again, Keyless),
    endpoint!(POST "/register", Need::Open, register, Keyless),
    endpoint!(POST "/activate", Need::Open, activate, Keyless),
    endpoint!(POST "/password/ask", Need::Open, ask_password, Keyless),
    endpoint!(POST "/password/reset", Need::Open, reset_password, Keyless),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct InvitationsQuery {
    /// `member` when not given.
    #[param(value_type = Option<words::OrganisationInvitationPurpose>)]
    purpose: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The language that a browser asks for first.
fn language(request: &HttpRequest) -> Language {
    let header = request.headers().get(ACCEPT_LANGUAGE);
    let first = header.and_then(|value| value.to_str().ok()?.split([',', ';']).next());
    Language::from_tag(first.unwrap_or_default())
}

/// Invitations that are not accepted yet, the newest first: to the caller's organisation, to make
/// one below it, or to one right below that has no Administrator.
#[utoipa::path(get, path = "/organisations/{id}/invitations", operation_id = "list_invitations", tag = "team",
    params(InvitationsQuery), responses((status = 200, body = ListView<InvitationView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<InvitationsQuery>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let kind = match q.purpose.as_deref() {
        None | Some("member") => Kind::Members,
        Some("organisation") => Kind::Organisations,
        Some(_) => return Err(query::wrong("purpose", "One of member, organisation.")),
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::invitations::list(&state.app, &caller, id, kind, &page).await?;
        Ok(page.map(|row| viewed(&state, row)))
    };
    let export = Export::Invitations;
    listing::answer(&state, &request, caller.0, paging, export, read).await
}

fn viewed(state: &State, row: app::invitations::PendingRow) -> InvitationView {
    let far = app::invitations::progress(&state.app, &row);
    InvitationView::to_view(row, far)
}

/// Invites somebody: to be a member, or to make an organisation below.
#[utoipa::path(post, path = "/organisations/{id}/invitations", operation_id = "create_invitation", tag = "team",
    request_body = InvitationBody, responses((status = 201, body = SentView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<InvitationBody>,
) -> Result<HttpResponse, Problem> {
    let org: OrgId = query::path_id(&id)?;
    let new = InvitationBody::from_body(body, language(&request))?;
    let sent = app::invitations::create(&state.app, &caller.0, org, new).await?;
    Ok(made(&state, org, sent))
}

fn made(state: &State, org: OrgId, sent: app::invitations::Sent) -> HttpResponse {
    let far = app::invitations::progress(&state.app, &sent.row);
    let id = sent.row.invitation.id;
    HttpResponse::Created()
        .insert_header(etag::tag(sent.row.invitation.revision))
        .insert_header(location(&format!("/organisations/{org}/invitations/{id}")))
        .json(SentView::to_view(sent, far))
}

fn ids((org, invitation): (String, String)) -> Result<(OrgId, InvitationId), Problem> {
    Ok((query::path_id(&org)?, query::path_id(&invitation)?))
}

/// Changes an invitation; a new address gets a new link.
#[utoipa::path(patch, path = "/organisations/{id}/invitations/{invitation_id}", operation_id = "edit_invitation", tag = "team",
    request_body = InvitationChange, responses((status = 200, body = SentView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    Body(body): Body<InvitationChange>,
) -> Result<HttpResponse, Problem> {
    let (org, id) = ids(path.into_inner())?;
    let edit = InvitationChange::from_body(body, etag::when(&request)?)?;
    let sent = app::invitations::edit(&state.app, &caller.0, org, id, edit).await?;
    Ok(shown(&state, sent))
}

fn shown(state: &State, sent: app::invitations::Sent) -> HttpResponse {
    let far = app::invitations::progress(&state.app, &sent.row);
    HttpResponse::Ok()
        .insert_header(etag::tag(sent.row.invitation.revision))
        .json(SentView::to_view(sent, far))
}

/// Sends an invitation again; the link of before is dead.
#[utoipa::path(post, path = "/organisations/{id}/invitations/{invitation_id}/resend", operation_id = "resend_invitation", tag = "team",
    responses((status = 200, body = SentView)))]
pub(crate) async fn resend(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, id) = ids(path.into_inner())?;
    let sent = app::invitations::resend(&state.app, &caller.0, org, id).await?;
    Ok(shown(&state, sent))
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/organisations/{id}/invitations/{invitation_id}", operation_id = "withdraw_invitation", tag = "team",
    responses((status = 204)))]
pub(crate) async fn withdraw(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, id) = ids(path.into_inner())?;
    app::invitations::withdraw(&state.app, &caller.0, org, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Invitations to a site that are not accepted yet, the newest first.
#[utoipa::path(get, path = "/sites/{id}/invitations", operation_id = "list_site_invitations", tag = "sites",
    params(PageQuery), responses((status = 200, body = ListView<InvitationView>)))]
pub(crate) async fn list_at_site(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::invitations::list_at_site(&state.app, &caller, id, &page).await?;
        Ok(page.map(|row| viewed(&state, row)))
    };
    let export = Export::SiteAccess;
    listing::answer(&state, &request, caller.0, q.paging(), export, read).await
}

/// Invites somebody to a site.
#[utoipa::path(post, path = "/sites/{id}/invitations", operation_id = "create_site_invitation", tag = "sites",
    request_body = SiteInvitationBody, responses((status = 201, body = SentView)))]
pub(crate) async fn create_at_site(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<SiteInvitationBody>,
) -> Result<HttpResponse, Problem> {
    let site: SiteId = query::path_id(&id)?;
    let org = app::invitations::organisation_of(&state.app, &caller.0, site).await?;
    let new = SiteInvitationBody::from_body(body, site, language(&request))?;
    let sent = app::invitations::create(&state.app, &caller.0, org, new).await?;
    Ok(made(&state, org, sent))
}

/// What a mailed link is about.
#[utoipa::path(post, path = "/invitations/look", operation_id = "look_at_invitation", tag = "access",
    request_body = LinkBody, responses((status = 200, body = LookedView)))]
pub(crate) async fn look(
    state: web::Data<State>,
    Body(body): Body<LinkBody>,
) -> Result<web::Json<LookedView>, Problem> {
    let looked = app::invitations::look(&state.app, &body.token).await?;
    Ok(web::Json(LookedView::to_view(looked)))
}

/// Accepts an invitation: makes an account where there is none, and signs it in.
#[utoipa::path(post, path = "/invitations/accept", operation_id = "accept_invitation", tag = "access",
    request_body = AcceptBody, responses((status = 200, body = AcceptedView)))]
pub(crate) async fn accept(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<AcceptBody>,
) -> Result<HttpResponse, Problem> {
    let said = Acceptance {
        name: body.name,
        password: body.password,
        organisation: body.organisation,
    };
    let (ip, agent) = (login::remote_ip(&request), login::user_agent(&request));
    let visitor = Visitor {
        remote_ip: ip.as_deref(),
        user_agent: agent.as_deref(),
        device: None,
    };
    let accepted = app::invitations::accept(&state.app, &body.token, &said, visitor).await?;
    let mut response = HttpResponse::Ok();
    if let Accepted::In { cookie, .. } = &accepted {
        response.cookie(login::cookie(&request, cookie));
    }
    Ok(response.json(AcceptedView::to_view(accepted, me_view)))
}

/// Does something that is not waited for, so that the time of the answer tells nobody whether
/// there is an account.
fn aside(what: &'static str, work: impl Future<Output = Result<(), app::Error>> + Send + 'static) {
    let work = app::audit::aside(work);
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tracing::warn!("{what} was not sent: {error}");
        }
    });
}

/// Sends again whatever an address waits for. The answer is the same for any address.
#[utoipa::path(post, path = "/invitations/send_again", operation_id = "send_invitation_again", tag = "access",
    request_body = AddressBody, responses((status = 202)))]
pub(crate) async fn send_again(
    state: web::Data<State>,
    Body(body): Body<AddressBody>,
) -> Result<HttpResponse, Problem> {
    let app = state.app.clone();
    aside("what an address waits for", async move {
        app::invitations::send_again(&app, &body.email).await
    });
    Ok(HttpResponse::Accepted().finish())
}

/// Registers with an address that is invited, without its link: a mail asks to prove it. The
/// answer is the same for any address.
#[utoipa::path(post, path = "/register", operation_id = "register", tag = "access",
    request_body = RegisterBody, responses((status = 202)))]
pub(crate) async fn register(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<RegisterBody>,
) -> Result<HttpResponse, Problem> {
    let said = Registration {
        email: &body.email,
        name: &body.name,
        password: &body.password,
        language: language(&request),
    };
    app::invitations::register(&state.app, said).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Proves an address by the mailed link and the password chosen for it, and signs in.
#[utoipa::path(post, path = "/activate", operation_id = "activate", tag = "access",
    request_body = ActivateBody, responses((status = 200, body = MeView)))]
pub(crate) async fn activate(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<ActivateBody>,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request);
    let (token, password) = (&body.token, &body.password);
    let tried = app::invitations::activate(&state.app, token, password, seen.visitor()).await?;
    Ok(match entered(&request, tried)? {
        Step::In(mut response, entered) => response.json(entered.me),
        Step::Waits(challenge) => HttpResponse::Accepted().json(challenge),
    })
}

/// Mails a link by which another password is chosen. The answer is the same for any address.
#[utoipa::path(post, path = "/password/ask", operation_id = "ask_password_reset", tag = "access",
    request_body = AddressBody, responses((status = 202)))]
pub(crate) async fn ask_password(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<AddressBody>,
) -> Result<HttpResponse, Problem> {
    let (app, language) = (state.app.clone(), language(&request));
    aside("a link to choose another password", async move {
        app::password_resets::ask(&app, &body.email, language).await
    });
    Ok(HttpResponse::Accepted().finish())
}

/// Chooses another password by a mailed link; then one signs in as ever.
#[utoipa::path(post, path = "/password/reset", operation_id = "reset_password", tag = "access",
    request_body = ResetBody, responses((status = 204)))]
pub(crate) async fn reset_password(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<ResetBody>,
) -> Result<HttpResponse, Problem> {
    let language = language(&request);
    let done = app::password_resets::finish(&state.app, &body.token, &body.password, language);
    let device = login::device_cookie(&request, &done.await?);
    Ok(HttpResponse::NoContent().cookie(device).finish())
}
