//! Invitations: the link is good once and for a while, being invited gives nothing, and whoever
//! invites is looked at again.

use busbar_app::Error;
use busbar_app::invitations::{
    self, Acceptance, Accepted, InvitationEdit, NewInvitation, Registration, Sent, Subject,
};
use busbar_app::logins::{SignIn, Visitor};
use busbar_app::members::{self, MemberEdit, MemberFilter};
use busbar_app::organisations::{self, NewModules, OrganisationEdit};
use busbar_app::password_resets;
use busbar_app::testing::TestApp;
use chrono::TimeDelta;
use domain::id::OrgId;
use domain::invitation::{Offer, Purpose};
use domain::mail::Language;
use domain::member::Assignment;
use domain::module::ModuleSet;
use domain::page::PageRequest;
use domain::role::{Caller, Permission, Role};
use domain::site_access::{Level, SiteAccess};

const CHOSEN: &str = "a good long one";

fn why(error: &Error) -> &str {
    match error {
        Error::Denied { why, .. } => why,
        Error::Conflict { code, .. } => code,
        Error::Invalid { problems } => &problems[0].code,
        Error::NotFound => "not_found",
        _ => "other",
    }
}

fn member(roles: &[Role]) -> Purpose {
    Purpose::Member(Assignment {
        roles: roles.iter().copied().collect(),
        sites: None,
    })
}

async fn invite(t: &TestApp, by: &Caller, email: &str, purpose: Purpose) -> Result<Sent, Error> {
    let org = by.member().unwrap().scope.org;
    invite_to(t, by, org, email, purpose).await
}

async fn invite_to(
    t: &TestApp,
    by: &Caller,
    org: OrgId,
    email: &str,
    purpose: Purpose,
) -> Result<Sent, Error> {
    let new = NewInvitation {
        email: email.to_owned(),
        purpose,
        language: Language::En,
    };
    invitations::create(&t.app, by, org, new).await
}

/// The secret of a link, as a browser has it behind the `#`.
fn token(link: &str) -> String {
    link.split_once('#').unwrap().1.to_owned()
}

fn said() -> Acceptance {
    Acceptance {
        name: Some("Nia".to_owned()),
        password: Some(CHOSEN.to_owned()),
        organisation: None,
    }
}

async fn accept(t: &TestApp, link: &str) -> Result<Accepted, Error> {
    invitations::accept(&t.app, &token(link), &said(), Visitor::default()).await
}

async fn names(t: &TestApp) -> usize {
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let filter = MemberFilter::default();
    let found = members::list(&t.app, &t.admin, t.org, &filter, &page).await;
    found.unwrap().rows.len()
}

async fn opened(t: &TestApp, email: &str, password: &str) -> SignIn {
    busbar_app::logins::open(&t.app, email, password, Visitor::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn somebody_is_invited_accepts_and_is_in() {
    let t = TestApp::new().await;
    let bo = t.person("Bo", &[Role::DriverManager]).await;
    let sent = invite(&t, &bo, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let link = sent.link.unwrap();
    let mails = t.mails_to("nia@example.org").await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains(&token(&link)) && mails[0].contains("Bo invites you"));
    let looked = invitations::look(&t.app, &token(&link)).await.unwrap();
    let shown = (
        looked.inviter.as_str(),
        looked.organisation.as_str(),
        looked.account,
    );
    assert_eq!(shown, ("Bo", "Depot", false));
    assert_eq!(
        looked.subject,
        Subject::Member([Role::Viewer].into_iter().collect())
    );
    // Invited is not in.
    assert_eq!(names(&t).await, 2);
    let again = invite(&t, &bo, "Nia@Example.org", member(&[Role::Viewer])).await;
    assert_eq!(why(&again.unwrap_err()), "already_invited");
    let short = Acceptance {
        password: Some("short".to_owned()),
        ..said()
    };
    let refused = invitations::accept(&t.app, &token(&link), &short, Visitor::default()).await;
    assert_eq!(why(&refused.unwrap_err()), "invalid");
    let Accepted::In { me, .. } = accept(&t, &link).await.unwrap() else {
        panic!("not signed in");
    };
    assert_eq!((me.name.as_str(), me.organisation), ("Nia", t.org));
    assert!(me.roles.contains(Role::Viewer));
    assert_eq!(why(&accept(&t, &link).await.unwrap_err()), "link_used");
    let in_already = invite(&t, &bo, "nia@example.org", member(&[Role::Viewer])).await;
    assert_eq!(why(&in_already.unwrap_err()), "already_member");
    assert!(matches!(
        opened(&t, "nia@example.org", CHOSEN).await,
        SignIn::Opened { .. }
    ));
}

#[tokio::test]
async fn nobody_invites_to_more_than_they_may_give() {
    let t = TestApp::new().await;
    let bo = t.person("Bo", &[Role::DriverManager]).await;
    for role in [
        Role::Administrator,
        Role::PaidModuleActivator,
        Role::Technician,
    ] {
        let refused = invite(&t, &bo, "nia@example.org", member(&[role])).await;
        assert_eq!(why(&refused.unwrap_err()), "beyond_own_rights", "{role:?}");
    }
    let refused = invite(&t, &bo, "no address", member(&[Role::Viewer])).await;
    assert_eq!(why(&refused.unwrap_err()), "invalid");
    let offer = Purpose::Organisation(Offer::Similar);
    let technician = t.person("Ty", &[Role::Technician]).await;
    let refused = invite(&t, &technician, "nia@example.org", offer).await;
    assert_eq!(why(&refused.unwrap_err()), "permission_denied");
    // A key of an Administrator gives no administration either.
    let Caller::User(admin) = t.signed_in("Ada", t.org).await else {
        panic!("no person");
    };
    let key = Caller::Key {
        key: domain::id::KeyId::from_uuid(t.app.draw()),
        member: admin,
    };
    let refused = invite(&t, &key, "nia@example.org", member(&[Role::Administrator])).await;
    assert_eq!(why(&refused.unwrap_err()), "beyond_own_rights");
}

#[tokio::test]
async fn a_link_dies_by_time_by_another_and_with_the_right_of_the_inviter() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let bo = t.person("Bo", &[Role::DriverManager]).await;
    let first = invite(&t, &bo, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let (id, old) = (first.row.invitation.id, first.link.unwrap());
    let hasty = invitations::resend(&t.app, &bo, t.org, id).await;
    assert_eq!(why(&hasty.unwrap_err()), "sent_just_now");
    t.clock.advance(TimeDelta::minutes(2));
    let second = invitations::resend(&t.app, &bo, t.org, id)
        .await
        .unwrap()
        .link
        .unwrap();
    assert_eq!(why(&accept(&t, &old).await.unwrap_err()), "link_invalid");
    t.clock.advance(TimeDelta::hours(72));
    assert_eq!(why(&accept(&t, &second).await.unwrap_err()), "link_expired");
    let third = invitations::resend(&t.app, &bo, t.org, id)
        .await
        .unwrap()
        .link
        .unwrap();
    let user = bo.member().unwrap().user;
    let viewer = MemberEdit {
        roles: Some([Role::Technician].into_iter().collect()),
        ..MemberEdit::default()
    };
    members::change(&t.app, &t.admin, t.org, user, viewer)
        .await
        .unwrap();
    // Technicians may invite Viewers: the invitation stands.
    assert!(invitations::look(&t.app, &token(&third)).await.is_ok());
    members::archive(&t.app, &t.admin, t.org, user, None)
        .await
        .unwrap();
    let void = accept(&t, &third).await.unwrap_err();
    assert_eq!(why(&void), "invitation_void");
    assert_eq!(names(&t).await, 1);
    // Sent again by somebody who may, it is good again, with what they say now.
    t.clock.advance(TimeDelta::minutes(2));
    let edit = InvitationEdit {
        roles: Some([Role::Technician].into_iter().collect()),
        ..InvitationEdit::default()
    };
    invitations::edit(&t.app, &ada, t.org, id, edit)
        .await
        .unwrap();
    let Accepted::In { me, .. } = accept(&t, &third).await.unwrap() else {
        panic!("not signed in");
    };
    assert!(me.roles.contains(Role::Technician));
}

#[tokio::test]
async fn a_changed_address_gets_its_own_link_and_a_withdrawn_one_opens_nothing() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let sent = invite(&t, &ada, "typo@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let (id, old) = (sent.row.invitation.id, sent.link.unwrap());
    let edit = InvitationEdit {
        email: Some("nia@example.org".to_owned()),
        ..InvitationEdit::default()
    };
    let new = invitations::edit(&t.app, &ada, t.org, id, edit)
        .await
        .unwrap();
    assert_eq!(why(&accept(&t, &old).await.unwrap_err()), "link_invalid");
    invitations::withdraw(&t.app, &ada, t.org, id)
        .await
        .unwrap();
    let refused = accept(&t, &new.link.unwrap()).await.unwrap_err();
    assert_eq!(why(&refused), "link_invalid");
    let gone = invitations::withdraw(&t.app, &ada, t.org, id).await;
    assert_eq!(why(&gone.unwrap_err()), "not_found");
    let viewer = t.person("Vi", &[Role::Viewer]).await;
    let technicians = invite(&t, &ada, "ty@example.org", member(&[Role::Technician])).await;
    let id = technicians.unwrap().row.invitation.id;
    let refused = invitations::withdraw(&t.app, &viewer, t.org, id).await;
    assert_eq!(why(&refused.unwrap_err()), "beyond_own_rights");
}

/// A hundred at once: one member, one account.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_accepted_a_hundred_times_at_once_makes_one_member() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let sent = invite(&t, &ada, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let link = token(&sent.link.unwrap());
    let tries = (0..100).map(|_| {
        let (app, link) = (t.app.clone(), link.clone());
        tokio::spawn(
            async move { invitations::accept(&app, &link, &said(), Visitor::default()).await },
        )
    });
    let mut accepted = 0;
    for tried in futures_util::future::join_all(tries).await {
        match tried.unwrap() {
            Ok(_) => accepted += 1,
            Err(error) => assert!(
                matches!(why(&error), "link_used" | "email_taken"),
                "{error:?}"
            ),
        }
    }
    assert_eq!((accepted, names(&t).await), (1, 2));
    let system = Caller::System { why: "test" };
    let all = busbar_app::users::list(&t.app, &system).await.unwrap();
    assert_eq!(all.len(), 2);
}

#[tokio::test]
async fn an_account_that_is_there_gets_what_it_is_invited_to_and_no_login() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let site = busbar_app::sites::create(
        &t.app,
        &ada,
        busbar_app::sites::SiteEdit {
            name: Some("A".to_owned()),
            ..Default::default()
        },
    );
    let site = site.await.unwrap().site.id;
    let purpose = |level| Purpose::Site {
        site,
        access: SiteAccess::of(level),
    };
    let sent = invite(&t, &ada, "nia@example.org", purpose(Level::Technician))
        .await
        .unwrap();
    let Accepted::In { me, .. } = accept(&t, &sent.link.unwrap()).await.unwrap() else {
        panic!("not signed in");
    };
    assert!(me.roles.is_empty() && me.site_rights.len() == 1);
    let nia = t.caller_of(me.user, t.org).await;
    assert!(
        nia.member()
            .unwrap()
            .may(Permission::StationsControl, Some(site))
    );
    // A technician of the site invites nobody.
    let refused = invite(&t, &nia, "oz@example.org", purpose(Level::User)).await;
    assert_eq!(why(&refused.unwrap_err()), "permission_denied");
    let sent = invite(&t, &ada, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let link = sent.link.unwrap();
    assert!(
        invitations::look(&t.app, &token(&link))
            .await
            .unwrap()
            .account
    );
    let nothing = Acceptance::default();
    let joined = invitations::accept(&t.app, &token(&link), &nothing, Visitor::default()).await;
    assert!(matches!(joined.unwrap(), Accepted::SignIn));
    let nia = t.caller_of(me.user, t.org).await;
    assert!(nia.member().unwrap().roles.contains(Role::Viewer));
}

#[tokio::test]
async fn whoever_registers_without_the_link_proves_the_address_first() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    invite(&t, &ada, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let register = async |email: &'static str, password: &'static str| {
        let said = Registration {
            email,
            name: "Nia",
            password,
            language: Language::De,
        };
        invitations::register(&t.app, said).await
    };
    // Nobody invited this one: nothing happens, and the answer is the same.
    register("oz@example.org", CHOSEN).await.unwrap();
    assert!(t.mails_to("oz@example.org").await.is_empty());
    assert_eq!(
        why(&register("nia@example.org", "short").await.unwrap_err()),
        "invalid"
    );
    register("nia@example.org", CHOSEN).await.unwrap();
    let mails = t.mails_to("nia@example.org").await;
    assert_eq!(mails.len(), 2);
    assert!(matches!(
        opened(&t, "nia@example.org", CHOSEN).await,
        SignIn::NotActivated
    ));
    assert!(matches!(
        opened(&t, "nia@example.org", "wrong one").await,
        SignIn::WrongCredentials
    ));
    let link = secret_in(&mails, "/activate#");
    let activate = async |password: &str| {
        invitations::activate(&t.app, &link, password, Visitor::default()).await
    };
    // The link alone opens nothing: a stranger may have registered with the address.
    assert!(matches!(
        activate("something else").await.unwrap(),
        SignIn::WrongCredentials
    ));
    let SignIn::Opened { me, .. } = activate(CHOSEN).await.unwrap() else {
        panic!("not signed in");
    };
    assert!(me.roles.contains(Role::Viewer));
    assert_eq!(why(&activate(CHOSEN).await.unwrap_err()), "link_invalid");
}

#[tokio::test]
async fn a_stranger_who_registers_with_an_address_gains_nothing_by_its_link() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let sent = invite(&t, &ada, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let said = Registration {
        email: "nia@example.org",
        name: "Mallory",
        password: "known to mallory",
        language: Language::En,
    };
    invitations::register(&t.app, said).await.unwrap();
    let Accepted::In { me, .. } = accept(&t, &sent.link.unwrap()).await.unwrap() else {
        panic!("not signed in");
    };
    assert_eq!(me.name, "Nia");
    let tried = opened(&t, "nia@example.org", "known to mallory").await;
    assert!(matches!(tried, SignIn::WrongCredentials));
    let mails = t.mails_to("nia@example.org").await;
    let dead = secret_in(&mails, "/activate#");
    let tried = invitations::activate(&t.app, &dead, "known to mallory", Visitor::default()).await;
    assert_eq!(why(&tried.unwrap_err()), "link_invalid");
}

#[tokio::test]
async fn what_waits_is_sent_again_on_the_word_of_the_person() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let sent = invite(&t, &ada, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    invitations::send_again(&t.app, "nia@example.org")
        .await
        .unwrap();
    assert_eq!(
        t.mails_to("nia@example.org").await.len(),
        1,
        "not within a minute"
    );
    t.clock.advance(TimeDelta::minutes(2));
    invitations::send_again(&t.app, "nia@example.org")
        .await
        .unwrap();
    let mails = t.mails_to("nia@example.org").await;
    assert_eq!(mails.len(), 2);
    assert_eq!(
        why(&accept(&t, &sent.link.unwrap()).await.unwrap_err()),
        "link_invalid"
    );
    invitations::send_again(&t.app, "nobody@example.org")
        .await
        .unwrap();
    assert!(t.mails_to("nobody@example.org").await.is_empty());
}

#[tokio::test]
async fn an_organisation_is_made_by_invitation_and_its_inviter_gains_nothing() {
    let t = TestApp::new().await;
    let bo = t.person("Bo", &[Role::ChargingManager]).await;
    let offer = Purpose::Organisation(Offer::Similar);
    let sent = invite(&t, &bo, "nia@example.org", offer).await.unwrap();
    let link = token(&sent.link.unwrap());
    let unnamed = invitations::accept(&t.app, &link, &said(), Visitor::default()).await;
    assert_eq!(why(&unnamed.unwrap_err()), "required");
    let named = Acceptance {
        organisation: Some("Fleet".to_owned()),
        ..said()
    };
    let made = invitations::accept(&t.app, &link, &named, Visitor::default()).await;
    let Accepted::In { me, .. } = made.unwrap() else {
        panic!("not signed in");
    };
    assert_eq!(me.organisation_name, "Fleet");
    assert!(me.roles.contains(Role::Administrator));
    let everything = ModuleSet::everything();
    let row = organisations::find(&t.app, &t.admin, me.organisation)
        .await
        .unwrap();
    assert_eq!(row.organisation.parent, Some(t.org));
    assert_eq!(
        (row.modules.modules, row.modules.paid.len()),
        (everything.modules.clone(), 0)
    );
    // Should the inviter become its Administrator, they may no more than above.
    let user = bo.member().unwrap().user;
    let there = t.join(user, me.organisation, &[Role::Administrator]).await;
    let above = bo.member().unwrap().permissions;
    assert!(there.member().unwrap().permissions.within(above));
    let too_much = Purpose::Organisation(Offer::Custom(everything));
    let refused = invite(&t, &bo, "oz@example.org", too_much).await;
    assert_eq!(why(&refused.unwrap_err()), "paid_module");
}

#[tokio::test]
async fn an_organisation_below_gets_its_first_administrator_and_no_second_one() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let edit = OrganisationEdit {
        name: Some("Fleet".to_owned()),
        ..OrganisationEdit::default()
    };
    let made = organisations::create(&t.app, &ada, t.org, edit, NewModules::Similar).await;
    let child = made.unwrap().organisation.id;
    let other = invite_to(&t, &ada, child, "nia@example.org", member(&[Role::Viewer])).await;
    assert_eq!(why(&other.unwrap_err()), "invalid");
    let sent = invite_to(
        &t,
        &ada,
        child,
        "nia@example.org",
        member(&[Role::Administrator]),
    )
    .await;
    let sent = sent.unwrap();
    let viewer = t.person("Vi", &[Role::Viewer]).await;
    let refused = invite_to(
        &t,
        &viewer,
        child,
        "oz@example.org",
        member(&[Role::Administrator]),
    );
    assert_eq!(why(&refused.await.unwrap_err()), "permission_denied");
    let Accepted::In { me, .. } = accept(&t, &sent.link.unwrap()).await.unwrap() else {
        panic!("not signed in");
    };
    assert_eq!(
        (me.organisation, me.roles.contains(Role::Administrator)),
        (child, true)
    );
    // From now on the team below is its own affair.
    let late = invite_to(
        &t,
        &ada,
        child,
        "oz@example.org",
        member(&[Role::Administrator]),
    )
    .await;
    assert_eq!(why(&late.unwrap_err()), "not_found");
}

/// The secret behind a path in one of some mails.
fn secret_in(mails: &[String], path: &str) -> String {
    let found = mails.iter().find_map(|mail| {
        let plain = mail.replace("=\r\n", "").replace("=3D", "=");
        let at = plain.find(path)? + path.len();
        Some(plain[at..].chars().take(43).collect::<String>())
    });
    found.unwrap()
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_and_its_owner_told() {
    let t = TestApp::new().await;
    t.person("Bo", &[Role::Viewer]).await;
    let bo = t.signed_in("Bo", t.org).await;
    let ask = async |email| {
        password_resets::ask(&t.app, email, Language::En)
            .await
            .unwrap()
    };
    ask("nobody@example.org").await;
    ask("BO@example.org").await;
    ask("bo@example.org").await;
    let mails = t.mails_to("bo@example.org").await;
    assert_eq!(mails.len(), 1, "one a minute");
    let link = secret_in(&mails, "/reset#");
    let finish =
        async |password: &str| password_resets::finish(&t.app, &link, password, Language::En).await;
    assert_eq!(why(&finish("short").await.unwrap_err()), "invalid");
    let device = finish(CHOSEN).await.unwrap();
    assert_eq!(why(&finish(CHOSEN).await.unwrap_err()), "link_invalid");
    assert!(t.standing(&bo).await.is_none(), "logins end");
    let old = opened(&t, "bo@example.org", busbar_app::testing::PASSWORD).await;
    assert!(matches!(old, SignIn::WrongCredentials));
    assert!(matches!(
        opened(&t, "bo@example.org", CHOSEN).await,
        SignIn::Opened { .. }
    ));
    assert_eq!(
        t.mails_to("bo@example.org").await.len(),
        2,
        "the owner is told"
    );
    // The browser that did it is trusted, whatever is guessed elsewhere.
    for n in 0..60 {
        let ip = format!("198.51.{n}.1");
        let from = busbar_app::logins::Visitor {
            remote_ip: Some(&ip),
            ..busbar_app::logins::Visitor::default()
        };
        let guess = busbar_app::logins::open(&t.app, "bo@example.org", "a guess", from).await;
        guess.unwrap();
    }
    let own = busbar_app::logins::Visitor {
        remote_ip: Some("203.0.113.7"),
        device: Some(&device),
        ..busbar_app::logins::Visitor::default()
    };
    let own = busbar_app::logins::open(&t.app, "bo@example.org", CHOSEN, own).await;
    assert!(matches!(own, Ok(SignIn::Opened { .. })), "{own:?}");
    // A link that waits ends with the password that it was for.
    t.clock.advance(TimeDelta::minutes(2));
    ask("bo@example.org").await;
    let mails = t.mails_to("bo@example.org").await;
    let stale = secret_in(&mails[2..], "/reset#");
    let system = domain::role::Caller::System { why: "test" };
    let by_cli = "chosen at the machine";
    busbar_app::users::reset_password(&t.app, &system, "bo@example.org", by_cli)
        .await
        .unwrap();
    let refused = password_resets::finish(&t.app, &stale, CHOSEN, Language::En).await;
    assert_eq!(why(&refused.unwrap_err()), "link_invalid");
    t.clock.advance(TimeDelta::minutes(2));
    ask("bo@example.org").await;
    t.clock.advance(TimeDelta::hours(2));
    let mails = t.mails_to("bo@example.org").await;
    let late = secret_in(&mails[4..], "/reset#");
    let refused = password_resets::finish(&t.app, &late, CHOSEN, Language::En).await;
    assert_eq!(why(&refused.unwrap_err()), "link_expired");
}

/// A site of the organisation.
async fn yard(t: &TestApp) -> domain::id::SiteId {
    let edit = busbar_app::sites::SiteEdit {
        name: Some("Yard".to_owned()),
        ..Default::default()
    };
    let made = busbar_app::sites::create(&t.app, &t.admin, edit).await;
    made.unwrap().site.id
}

fn at_site(site: domain::id::SiteId, level: Level) -> Purpose {
    let access = SiteAccess::of(level);
    Purpose::Site { site, access }
}

/// A newcomer opens two links at once: what is refused has given nothing and is good afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn two_invitations_of_a_newcomer_accepted_at_once_are_both_good() {
    for round in 0..5 {
        let t = TestApp::new().await;
        let ada = t.signed_in("Ada", t.org).await;
        let site = yard(&t).await;
        let email = "nia@example.org";
        let mut links = Vec::new();
        for purpose in [member(&[Role::Viewer]), at_site(site, Level::Technician)] {
            let sent = invite(&t, &ada, email, purpose).await.unwrap();
            links.push(sent.link.unwrap());
        }
        let (one, two) = tokio::join!(accept(&t, &links[0]), accept(&t, &links[1]));
        for (tried, link) in [(one, &links[0]), (two, &links[1])] {
            if let Err(refused) = tried {
                assert_eq!(why(&refused), "email_taken", "round {round}");
                accept(&t, link).await.unwrap();
            }
        }
        let SignIn::Opened { me, .. } = opened(&t, email, CHOSEN).await else {
            panic!("round {round}");
        };
        assert!(me.roles.contains(Role::Viewer), "round {round}");
        assert_eq!(me.site_rights.len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn an_old_link_changes_nothing_of_what_somebody_has() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let site = yard(&t).await;
    let bo = t.person("Bo", &[Role::PaidModuleActivator]).await;
    let user = bo.member().unwrap().user;
    // Given by hand while a link is on its way: the link is dead, and lowers nothing.
    let sent = invite(&t, &ada, "bo@example.org", at_site(site, Level::User))
        .await
        .unwrap();
    let give = |level, when| busbar_app::site_access::AccessEdit {
        access: SiteAccess::of(level),
        confirm: None,
        when,
    };
    let none = busbar_app::revision::Precondition::None;
    let admin = give(Level::Admin, none.clone());
    busbar_app::site_access::put(&t.app, &ada, site, user, admin)
        .await
        .unwrap();
    let link = sent.link.unwrap();
    assert_eq!(why(&accept(&t, &link).await.unwrap_err()), "link_invalid");
    let again = invite(&t, &ada, "bo@example.org", at_site(site, Level::User)).await;
    assert_eq!(why(&again.unwrap_err()), "already_member");
    let page = PageRequest::default();
    let people = busbar_app::site_access::list(&t.app, &ada, site, None, &page).await;
    assert_eq!(people.unwrap().rows[0].row.access.level, Level::Admin);
    // Whoever becomes a member another way waits for nothing any more.
    let sent = invite(&t, &ada, "cy@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let cy = t.person("Cy", &[Role::Technician]).await;
    let link = sent.link.unwrap();
    assert_eq!(why(&accept(&t, &link).await.unwrap_err()), "link_invalid");
    let cy = cy.member().unwrap().user;
    // Whoever is put away loses what they are invited to and their access, and stays away.
    let sent = invite(&t, &ada, "cy@example.org", at_site(site, Level::User))
        .await
        .unwrap();
    members::archive(&t.app, &ada, t.org, cy, None)
        .await
        .unwrap();
    let link = sent.link.unwrap();
    assert_eq!(why(&accept(&t, &link).await.unwrap_err()), "link_invalid");
    for purpose in [member(&[Role::Viewer]), at_site(site, Level::User)] {
        let refused = invite(&t, &ada, "cy@example.org", purpose).await;
        assert_eq!(why(&refused.unwrap_err()), "already_member");
    }
    members::archive(&t.app, &ada, t.org, user, None)
        .await
        .unwrap();
    let left = busbar_app::site_access::list(&t.app, &ada, site, None, &page).await;
    assert!(left.unwrap().rows.is_empty(), "no access any more");
    // And it is told.
    busbar_app::jobs::chain_deeds(&t.app).await;
    let filter = busbar_app::audit::AuditFilter {
        actions: vec!["invitations.withdraw".to_owned(), "sites.access".to_owned()],
        ..Default::default()
    };
    let told = busbar_app::audit::list(&t.app, &ada, &filter, &page).await;
    assert_eq!(told.unwrap().rows.len(), 5);
}

#[tokio::test]
async fn administration_is_offered_only_by_whoever_shows_who_they_are() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let sent = invite(&t, &ada, "nia@example.org", member(&[Role::Administrator]))
        .await
        .unwrap();
    let id = sent.row.invitation.id;
    t.clock.advance(TimeDelta::minutes(11));
    let late = invitations::resend(&t.app, &ada, t.org, id).await;
    assert_eq!(why(&late.unwrap_err()), "step_up_needed");
    let edit = InvitationEdit {
        email: Some("mallory@example.org".to_owned()),
        ..InvitationEdit::default()
    };
    let late = invitations::edit(&t.app, &ada, t.org, id, edit.clone()).await;
    assert_eq!(why(&late.unwrap_err()), "step_up_needed");
    let ada = t.signed_in("Ada", t.org).await;
    invitations::edit(&t.app, &ada, t.org, id, edit)
        .await
        .unwrap();
}

#[tokio::test]
async fn registering_makes_no_invitation_younger() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    invite(&t, &ada, "nia@example.org", member(&[Role::Viewer]))
        .await
        .unwrap();
    let said = || Registration {
        email: "nia@example.org",
        name: "Nia",
        password: CHOSEN,
        language: Language::En,
    };
    t.clock.advance(TimeDelta::hours(71));
    invitations::register(&t.app, said()).await.unwrap();
    let mails = t.mails_to("nia@example.org").await;
    let link = secret_in(&mails, "/activate#");
    t.clock.advance(TimeDelta::hours(2));
    let late = invitations::activate(&t.app, &link, CHOSEN, Visitor::default()).await;
    assert_eq!(why(&late.unwrap_err()), "link_expired");
    let before = t.mails_to("nia@example.org").await.len();
    invitations::register(&t.app, said()).await.unwrap();
    assert_eq!(t.mails_to("nia@example.org").await.len(), before);
    // Asked for again by the person, it is good again, and rests on the inviter's rights of then.
    invitations::send_again(&t.app, "nia@example.org")
        .await
        .unwrap();
    let joined = invitations::activate(&t.app, &link, CHOSEN, Visitor::default()).await;
    assert!(
        joined.is_err(),
        "the mail that proves the address went again too"
    );
    let mails = t.mails_to("nia@example.org").await;
    let link = secret_in(&mails[before..], "/activate#");
    let joined = invitations::activate(&t.app, &link, CHOSEN, Visitor::default()).await;
    assert!(matches!(joined.unwrap(), SignIn::Opened { .. }));
}
