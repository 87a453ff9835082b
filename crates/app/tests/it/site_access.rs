//! Access to a site: what each level can do, who may give it, and that a site keeps its admin.

use busbar_app::reasons::{self, Because, Blocked};
use busbar_app::revision::Precondition;
use busbar_app::site_access::{self, AccessEdit};
use busbar_app::testing::TestApp;
use busbar_app::{Error, live, logs, me, members, sessions, sites, stations};
use domain::id::{SiteId, UserId};
use domain::page::PageRequest;
use domain::role::{Caller, Permission, PermissionSet, Role};
use domain::site_access::{Level, SiteAccess};

/// Whatever they have by now.
const ANY: Precondition = Precondition::None;

struct Shared {
    t: TestApp,
    site: SiteId,
}

async fn shared() -> Shared {
    let t = TestApp::new().await;
    let edit = sites::SiteEdit {
        name: Some("Yard".to_owned()),
        ..sites::SiteEdit::default()
    };
    let site = sites::create(&t.app, &t.admin, edit).await.unwrap().site.id;
    Shared { t, site }
}

fn edit(access: SiteAccess) -> AccessEdit {
    AccessEdit {
        access,
        confirm: None,
        when: ANY,
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Ok(_) => "done",
        Err(Error::Conflict { code, .. }) => code,
        Err(Error::Denied { why, .. }) => why,
        Err(Error::NotFound) => "not_found",
        Err(Error::Invalid { .. }) => "invalid",
        Err(other) => panic!("{other}"),
    }
}

fn one(permission: Permission) -> PermissionSet {
    [permission].into_iter().collect()
}

impl Shared {
    /// Somebody of the organisation without a role in it, who has `access` at the site.
    async fn guest(&self, name: &str, access: SiteAccess) -> Caller {
        let person = self.t.person(name, &[Role::PaidModuleActivator]).await;
        let user = person.member().unwrap().user;
        self.put(&self.t.admin, user, access).await.unwrap();
        self.t.join(user, self.t.org, &[]).await
    }

    async fn put(&self, by: &Caller, user: UserId, access: SiteAccess) -> Result<(), Error> {
        let put = site_access::put(&self.t.app, by, self.site, user, edit(access)).await;
        put.map(|_| ())
    }

    async fn now(&self, caller: &Caller) -> Caller {
        let user = caller.member().unwrap().user;
        self.t.caller_of(user, self.t.org).await
    }
}

#[tokio::test]
async fn each_level_does_its_own_and_nothing_elsewhere() {
    let s = shared().await;
    let (app, t) = (&s.t.app, &s.t);
    let here = t.station("HERE", Some(s.site)).await;
    let there = t.station("THERE", None).await;
    let page = PageRequest::default();
    for level in Level::ALL {
        let bo = s.guest(level.key(), SiteAccess::of(level)).await;
        let works = level >= Level::Technician;
        assert_eq!(code(stations::find(app, &bo, here).await), "done");
        assert_eq!(code(stations::find(app, &bo, there).await), "not_found");
        let all = stations::StationQuery::default();
        let listed = stations::list(app, &bo, &all, &page).await.unwrap();
        assert_eq!(listed.rows.len(), 1);
        let log = logs::list(
            app,
            &bo,
            &logs::Whose::Station(here),
            &logs::LogQuery::default(),
            &page,
        )
        .await;
        assert_eq!(log.is_ok(), works, "{level:?}");
        let query = sessions::SessionQuery::default();
        assert!(sessions::list(app, &bo, &query, &page).await.is_ok());
        let rename = sites::SiteEdit {
            name: Some("Yard".to_owned()),
            ..sites::SiteEdit::default()
        };
        let renamed = sites::edit(app, &bo, s.site, rename).await;
        assert_eq!(renamed.is_ok(), level == Level::Admin, "{level:?}");
        let seen = site_access::list(app, &bo, s.site, None, &page).await;
        assert_eq!(seen.is_ok(), level == Level::Admin, "{level:?}");
        for topic in live::Topic::ALL {
            let stream = live::subscribe(app, &bo, &[topic], None).await;
            let may = match topic {
                live::Topic::Command => works,
                // Nobody does anything to many stations by access to one site.
                live::Topic::Attempt | live::Topic::Job => false,
                _ => true,
            };
            assert_eq!(stream.is_ok(), may, "{topic:?} for {level:?}");
        }
        // Matrix = what the gate says = what the person is told.
        let told = me::describe(app, &bo).await.unwrap();
        assert_eq!(told.site_rights, [(s.site, level.permissions())]);
        for permission in Permission::ALL {
            let user = bo.member().unwrap().user;
            let why = reasons::explain(app, &bo, user, *permission, Some(s.site)).await;
            let why = why.unwrap();
            let may = bo.member().unwrap().may(*permission, Some(s.site));
            assert_eq!(why.allowed(), may, "{} for {level:?}", permission.key());
            if level.permissions().contains(*permission) {
                assert_eq!(why.because, [Because::Level(level)]);
            }
        }
    }
}

#[tokio::test]
async fn only_admins_and_the_organisation_give_access_and_never_beyond_their_own() {
    let s = shared().await;
    let admin = s.guest("Ann", SiteAccess::of(Level::Admin)).await;
    let user = s.guest("Uwe", SiteAccess::of(Level::User)).await;
    let technician = s.guest("Tom", SiteAccess::of(Level::Technician)).await;
    let uwe = user.member().unwrap().user;
    let level = SiteAccess::of;
    for by in [
        &user,
        &technician,
        &s.t.caller(&[Role::ChargingManager, Role::Technician], None),
    ] {
        let refused = s.put(by, uwe, level(Level::Technician)).await;
        assert_eq!(code(refused), "permission_denied");
    }
    s.put(&admin, uwe, level(Level::Technician)).await.unwrap();
    assert!(
        s.now(&user)
            .await
            .member()
            .unwrap()
            .may(Permission::StationsControl, Some(s.site))
    );
    s.put(&admin, uwe, level(Level::User)).await.unwrap();
    // A single action beside the level, and one taken away.
    let mut access = level(Level::User);
    access.grants = one(Permission::EnergyDlmEdit);
    s.put(&admin, uwe, access).await.unwrap();
    let now = s.now(&user).await;
    assert!(
        now.member()
            .unwrap()
            .may(Permission::EnergyDlmEdit, Some(s.site))
    );
    access.denials = one(Permission::SessionsView);
    s.put(&admin, uwe, access).await.unwrap();
    let now = s.now(&user).await;
    assert!(
        !now.member()
            .unwrap()
            .may(Permission::SessionsView, Some(s.site))
    );
    let why = reasons::explain(&s.t.app, &now, uwe, Permission::SessionsView, Some(s.site)).await;
    assert_eq!(why.unwrap().blocked, [Blocked::Denial]);
    // Not what an admin has not, not what is no action of a site.
    let mut beyond = level(Level::User);
    beyond.grants = one(Permission::StationsEdit);
    assert_eq!(code(s.put(&admin, uwe, beyond).await), "beyond_own_rights");
    beyond.grants = one(Permission::DriversView);
    assert_eq!(code(s.put(&admin, uwe, beyond).await), "invalid");
    let stranger = UserId::from_uuid(uuid::Uuid::nil());
    assert_eq!(
        code(s.put(&admin, stranger, level(Level::User)).await),
        "not_found"
    );
    // A denial never takes from a role.
    let both = s.t.join(uwe, s.t.org, &[Role::Viewer]).await;
    assert!(
        both.member()
            .unwrap()
            .may(Permission::SessionsView, Some(s.site))
    );
}

#[tokio::test]
async fn a_site_keeps_an_admin_unless_the_organisation_takes_it_over() {
    let s = shared().await;
    let (app, site) = (&s.t.app, s.site);
    let ann = s.guest("Ann", SiteAccess::of(Level::Admin)).await;
    let id = ann.member().unwrap().user;
    let leave = |confirm| site_access::remove(app, &ann, site, id, confirm, &ANY);
    assert_eq!(code(leave(None).await), "confirm_own_demotion");
    assert_eq!(code(leave(Some("Ann")).await), "last_administrator");
    let lower = AccessEdit {
        access: SiteAccess::of(Level::User),
        confirm: Some("Ann".to_owned()),
        when: ANY,
    };
    let lowered = site_access::put(app, &ann, site, id, lower).await;
    assert_eq!(code(lowered), "last_administrator");
    let ben = s.guest("Ben", SiteAccess::of(Level::Admin)).await;
    let question = leave(None).await.unwrap_err().to_string();
    assert!(question.contains("Ben"), "{question}");
    leave(Some("Ann")).await.unwrap();
    let user = ann.member().unwrap().user;
    assert_eq!(
        code(site_access::remove(app, &ann, site, user, Some("Ann"), &ANY).await),
        "not_found"
    );
    // The organisation may end the last one.
    let ben = ben.member().unwrap().user;
    site_access::remove(app, &s.t.admin, site, ben, None, &ANY)
        .await
        .unwrap();
    // A user leaves by themselves.
    let uwe = s.guest("Uwe", SiteAccess::of(Level::User)).await;
    let user = uwe.member().unwrap().user;
    site_access::remove(app, &uwe, site, user, Some("Uwe"), &ANY)
        .await
        .unwrap();
}

#[tokio::test]
async fn two_admins_who_demote_each_other_at_once_never_leave_none() {
    let s = shared().await;
    let (app, site) = (&s.t.app, s.site);
    let ann = s.guest("Ann", SiteAccess::of(Level::Admin)).await;
    let ben = s.guest("Ben", SiteAccess::of(Level::Admin)).await;
    let ids = [&ann, &ben].map(|c| c.member().unwrap().user);
    let page = PageRequest::default();
    for round in 0..100 {
        for id in ids {
            s.put(&s.t.admin, id, SiteAccess::of(Level::Admin))
                .await
                .unwrap();
        }
        let user = || edit(SiteAccess::of(Level::User));
        let (one, other) = tokio::join!(
            site_access::put(app, &ann, site, ids[1], user()),
            site_access::put(app, &ben, site, ids[0], user()),
        );
        assert!(
            one.is_ok() != other.is_ok(),
            "round {round}: {one:?} {other:?}"
        );
        let admins = site_access::list(app, &s.t.admin, site, Some(Level::Admin), &page).await;
        assert_eq!(admins.unwrap().rows.len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn what_was_read_is_what_is_changed_and_giving_up_by_denials_is_asked_too() {
    let s = shared().await;
    let (app, site) = (&s.t.app, s.site);
    let ann = s.guest("Ann", SiteAccess::of(Level::Admin)).await;
    let uwe = s.guest("Uwe", SiteAccess::of(Level::User)).await;
    let uwe = uwe.member().unwrap().user;
    let seen = site_access::find(app, &ann, site, uwe).await.unwrap();
    let at = |revision| Precondition::At(vec![revision]);
    let put = async |level, when| {
        let edit = AccessEdit {
            when,
            ..edit(SiteAccess::of(level))
        };
        site_access::put(app, &ann, site, uwe, edit).await
    };
    let first = put(Level::Technician, at(seen.row.revision)).await.unwrap();
    let late = put(Level::User, at(seen.row.revision)).await;
    assert_eq!(code(late), "precondition_failed");
    let remove = async |when| site_access::remove(app, &ann, site, uwe, None, &when).await;
    assert_eq!(
        code(remove(at(seen.row.revision)).await),
        "precondition_failed"
    );
    remove(at(first.revision)).await.unwrap();
    let never = put(Level::User, at(1)).await;
    assert_eq!(code(never), "not_found", "nobody any more");
    // The same level with less in it is less.
    let mut less = SiteAccess::of(Level::Admin);
    less.denials = one(Permission::StationsControl);
    let own = ann.member().unwrap().user;
    let asked = site_access::put(app, &ann, site, own, edit(less)).await;
    assert_eq!(code(asked), "confirm_own_demotion");
}

/// With rights of a moment ago: the actor was narrowed, archived, or the site is gone.
#[tokio::test]
async fn what_the_actor_was_is_looked_at_again_in_the_unit() {
    let s = shared().await;
    let (app, t, site) = (&s.t.app, &s.t, s.site);
    let bo = t.person("Bo", &[Role::Administrator]).await;
    let uwe = t.person("Uwe", &[Role::Viewer]).await;
    let uwe = uwe.member().unwrap().user;
    t.enrol(bo.member().unwrap().user, t.org, &[Role::Viewer])
        .await;
    let late = s.put(&bo, uwe, SiteAccess::of(Level::User)).await;
    assert_eq!(code(late), "permission_denied");
    let page = PageRequest::default();
    let ada = &t.admin;
    let people = site_access::list(app, ada, site, None, &page).await;
    assert!(people.unwrap().rows.is_empty());
    // Somebody put away is nobody at a site either.
    let ada = t.signed_in("Ada", t.org).await;
    members::archive(app, &ada, t.org, uwe, None).await.unwrap();
    let late = s.put(&ada, uwe, SiteAccess::of(Level::User)).await;
    assert_eq!(code(late), "not_found");
}
