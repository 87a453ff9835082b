//! Second factors, trusted devices, showing again who one is, and one's own logins.

use busbar_app::logins::{self, Given, SignIn, Visitor};
use busbar_app::step_up::{self, Evidence, Shown};
use busbar_app::testing::{PASSWORD, TestApp};
use busbar_app::{Error, factors, users};
use chrono::TimeDelta;
use domain::id::LoginId;
use domain::role::{Caller, Role, RoleSet};

const ADA: &str = "ada@example.org";

fn at(ip: &str) -> Visitor<'_> {
    Visitor {
        remote_ip: Some(ip),
        ..Visitor::default()
    }
}

async fn knock(t: &TestApp, password: &str, visitor: Visitor<'_>) -> SignIn {
    logins::open(&t.app, ADA, password, visitor).await.unwrap()
}

/// Gives the Administrator an authenticator app; its seed and the recovery codes.
async fn armed(t: &TestApp) -> (String, Vec<String>) {
    let seed = factors::begin_totp(&t.app, &t.admin).await.unwrap();
    let code = t.code(&seed.text);
    let codes = factors::confirm_totp(&t.app, &t.admin, &code).await;
    (seed.text, codes.unwrap())
}

async fn challenge(t: &TestApp) -> String {
    match knock(t, PASSWORD, at("192.0.2.1")).await {
        SignIn::SecondFactor { challenge, .. } => challenge,
        other => panic!("{other:?}"),
    }
}

async fn finish(t: &TestApp, challenge: &str, given: Given<'_>) -> SignIn {
    let visitor = at("192.0.2.1");
    logins::open_second(&t.app, challenge, given, visitor)
        .await
        .unwrap()
}

fn code_of(error: Error) -> String {
    match error {
        Error::Denied { why, .. } => why.to_owned(),
        Error::Conflict { code, .. } => code.to_owned(),
        Error::Invalid { problems } => problems[0].code.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sign_in_waits_for_a_code_which_counts_once() {
    let t = TestApp::new().await;
    let seed = factors::begin_totp(&t.app, &t.admin).await.unwrap();
    assert!(
        seed.uri
            .starts_with("otpauth://totp/Busbar:ada%40example%2Eorg?secret=")
    );
    let refused = factors::confirm_totp(&t.app, &t.admin, "000000x").await;
    assert_eq!(code_of(refused.unwrap_err()), "wrong_code");
    assert!(
        matches!(
            knock(&t, PASSWORD, at("192.0.2.1")).await,
            SignIn::Opened { .. }
        ),
        "what was begun does not count"
    );
    let code = t.code(&seed.text);
    factors::confirm_totp(&t.app, &t.admin, &code)
        .await
        .unwrap();
    let again = factors::begin_totp(&t.app, &t.admin).await.unwrap_err();
    assert_eq!(code_of(again), "totp_active");

    let waiting = challenge(&t).await;
    let used = finish(&t, &waiting, Given::Code(&code)).await;
    assert!(matches!(used, SignIn::WrongFactor), "a code counts once");
    t.clock.advance(TimeDelta::seconds(30));
    let code = t.code(&seed.text);
    let opened = finish(&t, &waiting, Given::Code(&code)).await;
    let SignIn::Opened {
        cookie,
        recovery_codes_left: None,
        ..
    } = opened
    else {
        panic!("{opened:?}");
    };
    assert!(logins::caller(&t.app, &cookie).await.unwrap().is_some());
    t.clock.advance(TimeDelta::seconds(30));
    let code = t.code(&seed.text);
    let over = finish(&t, &waiting, Given::Code(&code)).await;
    assert!(
        matches!(over, SignIn::WrongFactor),
        "a challenge opens once"
    );
    let guessed = finish(&t, "guess", Given::Code(&code)).await;
    assert!(matches!(guessed, SignIn::WrongFactor));
}

#[tokio::test]
async fn a_challenge_is_over_after_five_minutes_or_five_tries() {
    let t = TestApp::new().await;
    let (seed, _) = armed(&t).await;
    let waiting = challenge(&t).await;
    t.clock.advance(TimeDelta::minutes(5));
    let late = finish(&t, &waiting, Given::Code(&t.code(&seed))).await;
    assert!(matches!(late, SignIn::WrongFactor));
    let waiting = challenge(&t).await;
    for _ in 0..5 {
        let wrong = finish(&t, &waiting, Given::Code("12345")).await;
        assert!(matches!(wrong, SignIn::WrongFactor));
    }
    let right = finish(&t, &waiting, Given::Code(&t.code(&seed))).await;
    assert!(matches!(right, SignIn::WrongFactor), "{right:?}");
}

#[tokio::test]
async fn wrong_second_factors_lock_like_wrong_passwords() {
    let t = TestApp::new().await;
    let (seed, _) = armed(&t).await;
    for _ in 0..2 {
        let waiting = challenge(&t).await;
        for _ in 0..4 {
            finish(&t, &waiting, Given::Code("12345")).await;
        }
    }
    let locked = knock(&t, PASSWORD, at("192.0.2.1")).await;
    assert!(matches!(locked, SignIn::TooMany { .. }), "{locked:?}");
    t.clock.advance(TimeDelta::seconds(60));
    let waiting = challenge(&t).await;
    let locked = finish(&t, &waiting, Given::Code(&t.code(&seed))).await;
    assert!(matches!(locked, SignIn::TooMany { .. }), "{locked:?}");
}

#[tokio::test]
async fn a_recovery_code_opens_once_however_it_is_typed() {
    let t = TestApp::new().await;
    let (_, codes) = armed(&t).await;
    assert_eq!(codes.len(), 10);
    let spaced = codes[0].to_uppercase().replace('-', " ");
    let waiting = challenge(&t).await;
    let opened = finish(&t, &waiting, Given::RecoveryCode(&spaced)).await;
    let SignIn::Opened {
        recovery_codes_left: Some(9),
        ..
    } = opened
    else {
        panic!("{opened:?}");
    };
    let waiting = challenge(&t).await;
    let again = finish(&t, &waiting, Given::RecoveryCode(&codes[0])).await;
    assert!(matches!(again, SignIn::WrongFactor));
    let renewed = factors::renew_recovery_codes(&t.app, &t.admin).await;
    let renewed = renewed.unwrap();
    let waiting = challenge(&t).await;
    let earlier = finish(&t, &waiting, Given::RecoveryCode(&codes[1])).await;
    assert!(
        matches!(earlier, SignIn::WrongFactor),
        "the earlier ones ended"
    );
    let fresh = finish(&t, &waiting, Given::RecoveryCode(&renewed[1])).await;
    assert!(matches!(fresh, SignIn::Opened { .. }));
}

#[tokio::test]
async fn dangerous_deeds_need_that_one_showed_lately_who_one_is() {
    let t = TestApp::new().await;
    let (seed, _) = armed(&t).await;
    t.clock.advance(TimeDelta::minutes(10));
    let refused = factors::remove_totp(&t.app, &t.admin).await.unwrap_err();
    assert_eq!(code_of(refused), "step_up_needed");
    let refused = factors::renew_recovery_codes(&t.app, &t.admin).await;
    assert_eq!(code_of(refused.unwrap_err()), "step_up_needed");
    let confirm = async |evidence| step_up::confirm(&t.app, &t.admin, evidence).await.unwrap();
    assert_eq!(confirm(Evidence::Code("000000")).await, Shown::Wrong);
    let code = t.code(&seed);
    assert_eq!(confirm(Evidence::Code(&code)).await, Shown::Right);
    assert_eq!(confirm(Evidence::Code(&code)).await, Shown::Wrong);
    factors::renew_recovery_codes(&t.app, &t.admin)
        .await
        .unwrap();
    t.clock.advance(TimeDelta::minutes(10));
    let code = t.code(&seed);
    assert_eq!(confirm(Evidence::Code(&code)).await, Shown::Right);
    factors::remove_totp(&t.app, &t.admin).await.unwrap();
    assert!(matches!(
        factors::remove_totp(&t.app, &t.admin).await,
        Err(Error::NotFound)
    ));
    for _ in 0..10 {
        confirm(Evidence::Password("wrong wrong")).await;
    }
    let locked = confirm(Evidence::Password(PASSWORD)).await;
    assert_eq!(locked, Shown::TooMany { retry_after_s: 30 });
    let nobody = t.caller(&[Role::Administrator], None);
    let refused = factors::remove_totp(&t.app, &nobody).await.unwrap_err();
    assert_eq!(code_of(refused), "login_needed");
}

#[tokio::test]
async fn a_trusted_device_is_not_locked_out_by_guessers_anywhere() {
    let t = TestApp::new().await;
    let SignIn::Opened {
        device: Some(device),
        ..
    } = knock(&t, PASSWORD, at("192.0.2.1")).await
    else {
        panic!("not signed in, or the device is not known from now on");
    };
    let trusted = Visitor {
        device: Some(&device),
        ..at("192.0.2.1")
    };
    // Guessers at many addresses, and at the owner's own.
    for n in 0..50 {
        let ip = format!("198.51.{}.7", n / 9);
        let tried = knock(&t, "wrong wrong", at(&ip)).await;
        assert!(matches!(tried, SignIn::WrongCredentials), "{n}: {tried:?}");
    }
    let SignIn::TooMany { retry_after_s: 30 } = knock(&t, PASSWORD, at("203.0.113.9")).await else {
        panic!("the account is not locked for strangers");
    };
    let owner = knock(&t, PASSWORD, trusted).await;
    let SignIn::Opened { device: None, .. } = owner else {
        panic!("{owner:?}");
    };
    for _ in 0..10 {
        knock(&t, "wrong wrong", trusted).await;
    }
    let stolen = knock(&t, PASSWORD, trusted).await;
    assert!(matches!(stolen, SignIn::TooMany { .. }), "{stolen:?}");
    t.clock.advance(TimeDelta::days(90));
    let SignIn::Opened {
        device: Some(_), ..
    } = knock(&t, PASSWORD, trusted).await
    else {
        panic!("a device is known for 90 days");
    };
}

#[tokio::test]
async fn people_see_and_end_their_own_logins_and_nobody_elses() {
    let t = TestApp::new().await;
    let SignIn::Opened { cookie, .. } = knock(&t, PASSWORD, at("192.0.2.1")).await else {
        panic!("not signed in");
    };
    let list = async || logins::list(&t.app, &t.admin).await.unwrap();
    let own = list().await;
    assert_eq!(own.iter().filter(|l| l.current).count(), 1);
    let other = own.iter().find(|l| !l.current).unwrap().row.clone();
    assert_eq!(other.remote_ip.as_deref(), Some("192.0.2.1"));
    t.clock.advance(TimeDelta::seconds(59));
    logins::caller(&t.app, &cookie).await.unwrap().unwrap();
    let seen = async || {
        let all = list().await;
        all.iter()
            .find(|l| l.row.id == other.id)
            .unwrap()
            .row
            .seen_at
    };
    assert_eq!(seen().await, other.created_at);
    t.clock.advance(TimeDelta::seconds(1));
    logins::caller(&t.app, &cookie).await.unwrap().unwrap();
    assert_eq!(seen().await, other.created_at + TimeDelta::seconds(60));

    let system = Caller::System { why: "test" };
    let viewer = RoleSet::EMPTY.with(Role::Viewer);
    users::create(
        &t.app,
        &system,
        "vi@example.org",
        "Vi",
        PASSWORD,
        viewer,
        None,
    )
    .await
    .unwrap();
    let vi = logins::open(&t.app, "vi@example.org", PASSWORD, Visitor::default()).await;
    let Ok(SignIn::Opened { cookie: hers, .. }) = vi else {
        panic!("{vi:?}");
    };
    let vi = logins::caller(&t.app, &hers).await.unwrap().unwrap();
    for id in [other.id, LoginId::from_uuid(t.app.draw())] {
        let foreign = logins::revoke(&t.app, &vi, id).await;
        assert!(matches!(foreign, Err(Error::NotFound)));
    }
    logins::revoke(&t.app, &t.admin, other.id).await.unwrap();
    assert!(logins::caller(&t.app, &cookie).await.unwrap().is_none());
    knock(&t, PASSWORD, at("192.0.2.1")).await;
    assert_eq!(logins::revoke_others(&t.app, &t.admin).await.unwrap(), 1);
    assert_eq!(list().await.len(), 1);
    assert!(logins::caller(&t.app, &hers).await.unwrap().is_some());
}

#[tokio::test]
async fn another_password_ends_the_other_logins_and_the_trust_in_devices() {
    let t = TestApp::new().await;
    let SignIn::Opened { cookie, .. } = knock(&t, PASSWORD, at("192.0.2.1")).await else {
        panic!("not signed in");
    };
    let change = async |current: &str, new: &str| {
        logins::change_password(&t.app, &t.admin, current, new, None).await
    };
    for (new, code) in [
        ("short", "invalid"),
        ("password123", "too_common"),
        ("1111111111", "too_common"),
    ] {
        assert_eq!(code_of(change(PASSWORD, new).await.unwrap_err()), code);
    }
    let wrong = change("wrong wrong", "another long one").await.unwrap();
    assert_eq!(wrong, Shown::Wrong);
    assert!(logins::caller(&t.app, &cookie).await.unwrap().is_some());
    let right = change(PASSWORD, "another long one").await.unwrap();
    assert_eq!(right, Shown::Right);
    assert!(logins::caller(&t.app, &cookie).await.unwrap().is_none());
    assert!(logins::caller(&t.app, &t.cookie).await.unwrap().is_some());
    let old = knock(&t, PASSWORD, at("192.0.2.1")).await;
    assert!(matches!(old, SignIn::WrongCredentials));
    let renamed = logins::rename(&t.app, &t.admin, " Ada L. ").await;
    renamed.unwrap();
    let caller = logins::caller(&t.app, &t.cookie).await.unwrap().unwrap();
    assert_eq!(caller.member().unwrap().name, "Ada L.");
    assert!(logins::rename(&t.app, &t.admin, " ").await.is_err());
}

#[tokio::test]
async fn whoever_chooses_another_password_is_kept_out_by_nobody() {
    let t = TestApp::new().await;
    let SignIn::Opened { device, .. } = knock(&t, PASSWORD, at("192.0.2.1")).await else {
        panic!("not signed in");
    };
    let device = device.unwrap();
    // Guesses from everywhere lock the account for unknown devices.
    for n in 0..60 {
        let ip = format!("198.51.{n}.1");
        knock(&t, "a guess", at(&ip)).await;
    }
    let afar = knock(&t, PASSWORD, at("203.0.113.7")).await;
    assert!(matches!(afar, SignIn::TooMany { .. }), "{afar:?}");
    let new = "another long one";
    let known = Some(device.as_str());
    let changed = logins::change_password(&t.app, &t.admin, PASSWORD, new, known).await;
    assert_eq!(changed.unwrap(), Shown::Right);
    let own = Visitor {
        device: known,
        ..at("192.0.2.1")
    };
    let own = knock(&t, new, own).await;
    assert!(matches!(own, SignIn::Opened { .. }), "{own:?}");
}

#[tokio::test]
async fn with_an_authenticator_app_the_password_shows_nothing_again() {
    let t = TestApp::new().await;
    armed(&t).await;
    t.clock.advance(TimeDelta::minutes(11));
    let evidence = Evidence::Password(PASSWORD);
    let weak = step_up::confirm(&t.app, &t.admin, evidence).await;
    assert_eq!(code_of(weak.unwrap_err()), "code_needed");
    let ways = factors::describe(&t.app, &t.admin)
        .await
        .unwrap()
        .confirm_by;
    assert_eq!(ways, [factors::ConfirmWay::Code]);
    // Nor does choosing another password.
    let new = "another long one";
    let changed = logins::change_password(&t.app, &t.admin, PASSWORD, new, None).await;
    assert_eq!(changed.unwrap(), Shown::Right);
    let removed = factors::remove_totp(&t.app, &t.admin).await;
    assert_eq!(code_of(removed.unwrap_err()), "step_up_needed");
}

#[tokio::test]
async fn the_operator_of_the_instance_removes_a_lost_second_factor() {
    let t = TestApp::new().await;
    let (_, codes) = armed(&t).await;
    let waiting = challenge(&t).await;
    let system = Caller::System { why: "test" };
    let refused = users::reset_second_factor(&t.app, &t.admin, ADA).await;
    assert!(refused.is_err(), "only at the command line");
    let removed = users::reset_second_factor(&t.app, &system, ADA).await;
    assert_eq!(removed.unwrap(), (true, 0));
    let old = logins::caller(&t.app, &t.cookie).await.unwrap();
    assert!(old.is_none(), "its logins are over");
    let late = finish(&t, &waiting, Given::RecoveryCode(&codes[0])).await;
    assert!(matches!(late, SignIn::WrongFactor), "{late:?}");
    let opened = knock(&t, PASSWORD, at("192.0.2.1")).await;
    assert!(matches!(opened, SignIn::Opened { .. }), "{opened:?}");
    let nobody = users::reset_second_factor(&t.app, &system, "no@example.org").await;
    assert_eq!(code_of(nobody.unwrap_err()), "not_found");
}
