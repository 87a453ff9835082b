//! The first administrator, signing in and out, and the lock after too many failures.

use busbar_app::logins::{self, SignIn, Visitor};
use busbar_app::setup::{self, FirstPerson};
use busbar_app::testing::{PASSWORD, TestApp};
use busbar_app::{Error, me, users};
use chrono::TimeDelta;
use domain::role::{Caller, Permission, Role, RoleSet};

const SYSTEM: Caller = Caller::System { why: "test" };

async fn try_it(t: &TestApp, password: &str, ip: &str) -> SignIn {
    let visitor = Visitor {
        remote_ip: Some(ip),
        ..Visitor::default()
    };
    logins::open(&t.app, "Ada@Example.org", password, visitor)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_setup_works_once() {
    let t = TestApp::new().await;
    assert!(!setup::needed(&t.app).await.unwrap());
    let again = setup::create_link(&t.app, &SYSTEM).await.unwrap_err();
    assert!(matches!(
        again,
        Error::Conflict {
            code: "setup_done",
            ..
        }
    ));
    let first = FirstPerson {
        name: "Eve".to_owned(),
        email: "eve@example.org".to_owned(),
        password: PASSWORD.to_owned(),
        organisation: "Hers".to_owned(),
    };
    let refused = setup::finish(&t.app, "x", &first, None, None)
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        Error::Conflict {
            code: "setup_done",
            ..
        }
    ));
    let link = setup::create_link(&t.app, &t.admin).await.unwrap_err();
    assert!(matches!(link, Error::Denied { .. }));
    let described = me::describe(&t.app, &t.admin).await.unwrap();
    assert_eq!(described.organisation_name, "Depot");
    assert!(described.permissions.contains(Permission::TokensEdit));
}

#[tokio::test]
async fn every_sign_in_draws_a_new_login_and_signing_out_ends_it() {
    let t = TestApp::new().await;
    let SignIn::Opened { cookie: a, .. } = try_it(&t, PASSWORD, "192.0.2.1").await else {
        panic!("not signed in");
    };
    let SignIn::Opened { cookie: b, me, .. } = try_it(&t, PASSWORD, "192.0.2.1").await else {
        panic!("not signed in");
    };
    assert_ne!(a, b);
    assert_eq!(me.email, "ada@example.org");
    let caller = logins::caller(&t.app, &a).await.unwrap().unwrap();
    logins::close(&t.app, &caller).await.unwrap();
    assert!(logins::caller(&t.app, &a).await.unwrap().is_none());
    assert!(logins::caller(&t.app, &b).await.unwrap().is_some());
    assert!(logins::caller(&t.app, "guess").await.unwrap().is_none());
    t.clock.advance(t.app.settings().login_lifetime);
    assert!(logins::caller(&t.app, &b).await.unwrap().is_none());
}

#[tokio::test]
async fn failures_lock_an_account_for_one_address_with_a_growing_delay() {
    let t = TestApp::new().await;
    for _ in 0..10 {
        let tried = try_it(&t, "wrong wrong", "192.0.2.1").await;
        assert!(matches!(tried, SignIn::WrongCredentials));
    }
    let SignIn::TooMany { retry_after_s } = try_it(&t, PASSWORD, "192.0.2.1").await else {
        panic!("not locked");
    };
    assert_eq!(retry_after_s, 30);
    let elsewhere = try_it(&t, PASSWORD, "192.0.2.2").await;
    assert!(
        matches!(elsewhere, SignIn::Opened { .. }),
        "the owner is not locked out"
    );
    t.clock.advance(TimeDelta::seconds(30));
    let tried = try_it(&t, "wrong wrong", "192.0.2.1").await;
    assert!(matches!(tried, SignIn::WrongCredentials));
    t.clock.advance(TimeDelta::seconds(30));
    let SignIn::TooMany { retry_after_s } = try_it(&t, PASSWORD, "192.0.2.1").await else {
        panic!("the delay does not grow");
    };
    assert_eq!(retry_after_s, 30);
    t.clock.advance(TimeDelta::seconds(30));
    let right = try_it(&t, PASSWORD, "192.0.2.1").await;
    assert!(matches!(right, SignIn::Opened { .. }));
    let tried = try_it(&t, "wrong wrong", "192.0.2.1").await;
    assert!(
        matches!(tried, SignIn::WrongCredentials),
        "a good sign-in clears the count"
    );
}

#[tokio::test]
async fn a_burst_of_tries_at_once_gets_no_more_than_its_share() {
    let t = TestApp::new().await;
    let tries = (0..40).map(|_| try_it(&t, "wrong wrong", "192.0.2.1"));
    let outcomes = futures_util::future::join_all(tries).await;
    let looked_at = outcomes
        .iter()
        .filter(|o| matches!(o, SignIn::WrongCredentials))
        .count();
    assert!(looked_at <= 10, "{looked_at} were looked at");
}

#[tokio::test]
async fn accounts_are_made_and_reset_on_the_command_line() {
    let t = TestApp::new().await;
    let roles = RoleSet::EMPTY.with(Role::Viewer);
    let make = |password| {
        users::create(
            &t.app,
            &SYSTEM,
            "vi@example.org",
            "Vi",
            password,
            roles,
            None,
        )
    };
    assert!(matches!(make("short").await, Err(Error::Invalid { .. })));
    make("long enough now").await.unwrap();
    let again = make("long enough now").await.unwrap_err();
    assert!(matches!(
        again,
        Error::Conflict {
            code: "email_taken",
            ..
        }
    ));
    let sign_in = async |password: &str| {
        logins::open(&t.app, "vi@example.org", password, Visitor::default())
            .await
            .unwrap()
    };
    let SignIn::Opened { cookie, me, .. } = sign_in("long enough now").await else {
        panic!("not signed in");
    };
    assert!(!me.permissions.contains(Permission::StationsEdit));
    users::reset_password(&t.app, &SYSTEM, "vi@example.org", "another long one")
        .await
        .unwrap();
    assert!(logins::caller(&t.app, &cookie).await.unwrap().is_none());
    let told = t.mails_to("vi@example.org").await;
    assert!(told.len() == 1 && !told[0].contains("another long one"));
    assert!(matches!(
        sign_in("another long one").await,
        SignIn::Opened { .. }
    ));
    assert_eq!(users::list(&t.app, &SYSTEM).await.unwrap().len(), 2);
    let refused = users::list(&t.app, &t.admin).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
}

#[tokio::test]
async fn a_person_without_roles_stays_outside_and_the_last_administrator_stays_one() {
    let t = TestApp::new().await;
    let (vi, ada) = ("vi@example.org", "ada@example.org");
    let only = |role| RoleSet::EMPTY.with(role);
    let password = "long enough now";
    users::create(
        &t.app,
        &SYSTEM,
        vi,
        "Vi",
        password,
        only(Role::Viewer),
        None,
    )
    .await
    .unwrap();
    let sign_in = async || {
        logins::open(&t.app, vi, password, Visitor::default())
            .await
            .unwrap()
    };
    let SignIn::Opened { cookie, .. } = sign_in().await else {
        panic!("not signed in");
    };
    users::set_roles(&t.app, &SYSTEM, vi, RoleSet::EMPTY, None)
        .await
        .unwrap();
    assert!(logins::caller(&t.app, &cookie).await.unwrap().is_none());
    assert!(matches!(sign_in().await, SignIn::WrongCredentials));

    let step_down =
        async |email| users::set_roles(&t.app, &SYSTEM, email, only(Role::Viewer), None).await;
    let refused = step_down(ada).await;
    assert!(
        matches!(
            refused,
            Err(Error::Conflict {
                code: "last_administrator",
                ..
            })
        ),
        "{refused:?}"
    );
    assert!(matches!(
        step_down("nobody@example.org").await,
        Err(Error::Invalid { .. })
    ));
    assert!(matches!(
        users::set_roles(&t.app, &t.admin, vi, RoleSet::EMPTY, None).await,
        Err(Error::Denied { .. })
    ));
    // Two who step down at once: one of them stays.
    for _ in 0..20 {
        for email in [vi, ada] {
            users::set_roles(&t.app, &SYSTEM, email, only(Role::Administrator), None)
                .await
                .unwrap();
        }
        let (a, b) = tokio::join!(step_down(vi), step_down(ada));
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    }
}
