//! The tree of organisations: nobody reaches beyond their own, and nobody has more than above.

use busbar_app::organisations::modules::{self, Uses};
use busbar_app::organisations::{self, NewModules, OrganisationEdit, OrganisationView};
use busbar_app::reasons::{self, Blocked};
use busbar_app::revision::Precondition;
use busbar_app::testing::TestApp;
use busbar_app::{Error, invitations, logins, me, members, roles, sites, stations};
use domain::id::OrgId;
use domain::module::ModuleSet;
use domain::page::PageRequest;
use domain::role::{Caller, Permission, Role};

fn named(name: &str) -> OrganisationEdit {
    OrganisationEdit {
        name: Some(name.to_owned()),
        ..OrganisationEdit::default()
    }
}

fn set(names: &[&str]) -> ModuleSet {
    ModuleSet {
        modules: names.iter().map(|n| (*n).to_owned()).collect(),
        ..ModuleSet::default()
    }
}

async fn below(t: &TestApp, by: &Caller, parent: OrgId, name: &str) -> OrganisationView {
    let similar = NewModules::Similar;
    organisations::create(&t.app, by, parent, named(name), similar)
        .await
        .unwrap()
}

fn code<T>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Ok(_) => "done",
        Err(Error::Conflict { code, .. }) => code,
        Err(Error::Denied { why, .. }) => why,
        Err(Error::NotFound) => "not_found",
        Err(Error::Invalid { .. }) => "invalid",
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_parent_has_nothing_in_a_child_but_the_reseller_acts() {
    let t = TestApp::new().await;
    let (app, root) = (&t.app, t.org);
    let child = below(&t, &t.admin, root, "Child").await.organisation.id;
    let chief = t.person("Chief", &[Role::Viewer]).await;
    let chief = chief.member().unwrap().user;
    let chief = t.join(chief, child, &[Role::Administrator]).await;
    let grandchild = below(&t, &chief, child, "Grandchild").await.organisation.id;
    // What the child has is not there for the parent, and the other way round.
    let edit = sites::SiteEdit {
        name: Some("Yard".to_owned()),
        ..sites::SiteEdit::default()
    };
    let yard = sites::create(app, &chief, edit).await.unwrap().site.id;
    let station = t.station("ROOT-1", None).await;
    assert_eq!(code(sites::find(app, &t.admin, yard).await), "not_found");
    assert_eq!(
        code(stations::find(app, &chief, station).await),
        "not_found"
    );
    // The parent sees the child, not what is below it, and the child sees not its parent.
    assert_eq!(
        code(organisations::find(app, &t.admin, child).await),
        "done"
    );
    let find = |who, id| organisations::find(app, who, id);
    assert_eq!(code(find(&t.admin, grandchild).await), "not_found");
    assert_eq!(code(find(&chief, root).await), "not_found");
    let edited = organisations::edit(app, &t.admin, child, named("Mine")).await;
    assert_eq!(code(edited), "not_found");
    let inside = organisations::create(app, &t.admin, child, named("X"), NewModules::Similar).await;
    assert_eq!(code(inside), "not_found");
    let listed = organisations::list_below(app, &t.admin, root, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(listed.rows.len(), 1);
    let foreign = organisations::list_below(app, &t.admin, child, &PageRequest::default()).await;
    assert_eq!(code(foreign), "not_found");
    for role in Role::ALL {
        let caller = t.caller(&[*role], None);
        let may = |p| caller.member().unwrap().may(p, None);
        let sees = code(organisations::find(app, &caller, child).await) == "done";
        assert_eq!(sees, may(Permission::ResellerView), "{}", role.key());
        let one = set(&["Station management/Find"]);
        let never = Precondition::At(vec![99]);
        let changed = modules::set(app, &caller, child, one, Uses::Refuse, &never).await;
        let refused = code(changed) == "permission_denied";
        assert_eq!(
            refused,
            !may(Permission::ResellerModulesEdit),
            "{}",
            role.key()
        );
    }
}

#[tokio::test]
async fn nobody_has_more_than_above_and_what_is_in_use_is_not_taken_silently() {
    let t = TestApp::new().await;
    let (app, root) = (&t.app, t.org);
    let few = set(&["Station management/Find", "Station management/Manage"]);
    let custom = NewModules::Custom(few.clone());
    let child = organisations::create(app, &t.admin, root, named("Child"), custom)
        .await
        .unwrap()
        .organisation
        .id;
    let chief = t
        .person("Chief", &[Role::Viewer])
        .await
        .member()
        .unwrap()
        .user;
    let chief = t.join(chief, child, &[Role::Administrator]).await;
    let may = |p| chief.member().unwrap().may(p, None);
    assert!(may(Permission::StationsEdit) && !may(Permission::LogsView));
    // They are told what only a module holds back, and who says which there are.
    let told = me::describe(app, &chief).await.unwrap();
    assert!(told.above.is_some());
    let held = |p| told.held_back.iter().find(|one| one.permission == p);
    let logs = held(Permission::LogsView).unwrap().module.clone();
    assert_eq!(logs.as_deref(), Some("Station management/Logs"));
    assert!(held(Permission::StationsEdit).is_none());
    let matrix = roles::matrix(app, &chief).await.unwrap();
    assert!(!matrix.active(Permission::LogsView) && matrix.active(Permission::StationsEdit));
    let more = NewModules::Custom(set(&["Station management/Logs"]));
    let refused = organisations::create(app, &chief, child, named("G"), more).await;
    // Reseller is a module as well, and the child has not got it.
    assert_eq!(code(refused), "module_inactive");
    let none = Precondition::None;
    let with = |names: &[&str]| {
        let mut wanted = few.clone();
        wanted.modules.extend(names.iter().map(|n| (*n).to_owned()));
        wanted
    };
    let reseller = with(&["Customership/Reseller"]);
    modules::set(app, &t.admin, child, reseller.clone(), Uses::Refuse, &none)
        .await
        .unwrap();
    let chief = t.caller_of(chief.member().unwrap().user, child).await;
    let more = NewModules::Custom(set(&["Station management/Logs"]));
    let refused = organisations::create(app, &chief, child, named("G"), more).await;
    assert_eq!(code(refused), "module_not_available");
    let unknown = NewModules::Custom(set(&["Station management/Teleport"]));
    let refused = organisations::create(app, &chief, child, named("G"), unknown).await;
    assert_eq!(code(refused), "invalid");
    let grandchild = below(&t, &chief, child, "Grandchild").await.organisation.id;
    // One's own modules belong to the one above.
    let own = modules::set(app, &chief, child, few.clone(), Uses::Refuse, &none).await;
    assert_eq!(code(own), "own_modules");
    let find = set(&["Station management/Find", "Customership/Reseller"]);
    let taken = modules::set(app, &t.admin, child, find.clone(), Uses::Refuse, &none).await;
    let Err(Error::Conflict {
        code: "module_in_use",
        detail,
    }) = taken
    else {
        panic!("{taken:?}");
    };
    assert!(
        detail.contains("Grandchild (Station management/Manage)"),
        "{detail}"
    );
    let still = organisations::find(app, &chief, grandchild).await.unwrap();
    assert_eq!(
        still.modules.modules, reseller.modules,
        "nothing was half done"
    );
    let stale = Precondition::At(vec![1]);
    let refused = modules::set(app, &t.admin, child, find.clone(), Uses::End, &stale).await;
    assert_eq!(code(refused), "precondition_failed");
    modules::set(app, &t.admin, child, find.clone(), Uses::End, &none)
        .await
        .unwrap();
    let cut = organisations::find(app, &chief, grandchild).await.unwrap();
    assert_eq!(cut.modules.modules, find.modules);
}

#[tokio::test]
async fn a_paid_module_is_activated_by_a_confirmation_that_names_its_effect() {
    let t = TestApp::new().await;
    let (app, root) = (&t.app, t.org);
    let child = below(&t, &t.admin, root, "Child").await;
    assert!(child.modules.paid.is_empty());
    let child = child.organisation.id;
    t.person("Pia", &[Role::PaidModuleActivator]).await;
    let activator = t.signed_in("Pia", root).await;
    for role in Role::ALL {
        let caller = t.caller(&[*role], None);
        let asked = modules::activate(app, &caller, child, "solar", None).await;
        let may = matches!(role, Role::Administrator | Role::PaidModuleActivator);
        let expected = if may {
            "confirm_paid_module"
        } else {
            "permission_denied"
        };
        assert_eq!(code(asked), expected, "{}", role.key());
    }
    let asked = modules::activate(app, &activator, child, "solar", None).await;
    assert!(
        asked
            .unwrap_err()
            .to_string()
            .contains("surplus of a solar plant")
    );
    let wrong = modules::activate(app, &activator, child, "warp", Some("warp")).await;
    assert_eq!(code(wrong), "not_found");
    let own = modules::activate(app, &activator, root, "solar", Some("solar")).await;
    assert_eq!(code(own), "own_modules");
    // A login that was left open somewhere does not suffice.
    t.clock.advance(chrono::TimeDelta::minutes(11));
    let late = modules::activate(app, &activator, child, "solar", Some("solar")).await;
    assert_eq!(code(late), "step_up_needed");
    let activator = t.signed_in("Pia", root).await;
    let done = modules::activate(app, &activator, child, "solar", Some("solar"))
        .await
        .unwrap();
    assert!(done.modules.paid.contains("solar"));
    // A child of the child cannot be given what its parent has not.
    let chief = t
        .person("Chief", &[Role::Viewer])
        .await
        .member()
        .unwrap()
        .user;
    t.enrol(chief, child, &[Role::Administrator]).await;
    let chief = t.signed_in("Chief", child).await;
    let grandchild = below(&t, &chief, child, "Grandchild").await.organisation.id;
    let priority = modules::activate(app, &chief, grandchild, "priority", Some("priority")).await;
    assert_eq!(code(priority), "module_not_available");
    modules::activate(app, &chief, grandchild, "solar", Some("solar"))
        .await
        .unwrap();
    let dropped = modules::deactivate(app, &activator, child, "solar", Uses::Refuse).await;
    assert_eq!(code(dropped), "module_in_use");
    modules::deactivate(app, &activator, child, "solar", Uses::End)
        .await
        .unwrap();
    let left = organisations::find(app, &chief, grandchild).await.unwrap();
    assert!(left.modules.paid.is_empty());
}

#[tokio::test]
async fn an_organisation_is_never_put_below_itself() {
    let t = TestApp::new().await;
    let (app, root) = (&t.app, t.org);
    let a = below(&t, &t.admin, root, "A").await.organisation.id;
    let b = below(&t, &t.admin, root, "B").await.organisation.id;
    let to = |id, parent| organisations::relocate(app, &t.admin, id, parent);
    assert_eq!(code(to(a, a).await), "organisation_circle");
    assert_eq!(code(to(root, a).await), "not_found");
    assert_eq!(
        code(to(a, OrgId::from_uuid(uuid::Uuid::nil())).await),
        "invalid"
    );
    assert_eq!(to(b, a).await.unwrap().organisation.parent, Some(a));
    assert_eq!(code(to(a, b).await), "organisation_circle");
    assert_eq!(code(to(b, root).await), "not_found", "it left the reach");
}

#[tokio::test]
async fn nobody_gains_by_making_a_child() {
    let t = TestApp::new().await;
    let manager = t.person("Mia", &[Role::ChargingManager]).await;
    let child = below(&t, &manager, t.org, "Child").await.organisation.id;
    let user = manager.member().unwrap().user;
    let inside = t.join(user, child, &[Role::Administrator]).await;
    let (inside, above) = (inside.member().unwrap(), manager.member().unwrap());
    assert!(inside.permissions.within(above.permissions));
    assert!(inside.may(Permission::StationsEdit, None));
    assert!(!inside.may(Permission::DriversView, None));
    let asked = Permission::DriversView;
    let caller = Caller::User(inside.clone());
    let why = reasons::explain(&t.app, &caller, user, asked, None)
        .await
        .unwrap();
    assert_eq!(why.blocked, [Blocked::Above]);
    // Somebody else who is made Administrator there is one.
    let other = t
        .person("Noa", &[Role::Viewer])
        .await
        .member()
        .unwrap()
        .user;
    let other = t.join(other, child, &[Role::Administrator]).await;
    assert!(other.member().unwrap().may(Permission::DriversView, None));
}

#[tokio::test]
async fn a_person_works_in_one_organisation_at_a_time() {
    let t = TestApp::new().await;
    let child = below(&t, &t.admin, t.org, "Child").await.organisation.id;
    let user = t.admin.member().unwrap().user;
    assert_eq!(code(me::switch(&t.app, &t.admin, child).await), "not_found");
    t.join(user, child, &[Role::Viewer]).await;
    let there = me::switch(&t.app, &t.admin, child).await.unwrap();
    assert_eq!(there.organisation, child);
    let names: Vec<&str> = there
        .organisations
        .iter()
        .map(|(_, n)| n.as_str())
        .collect();
    assert_eq!(names, ["Child", "Depot"]);
    let now = busbar_app::logins::caller(&t.app, &t.cookie)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now.member().unwrap().scope.org, child);
    assert!(!now.member().unwrap().may(Permission::StationsEdit, None));
    let back = me::switch(&t.app, &now, t.org).await.unwrap();
    assert_eq!(back.organisation, t.org);
}

/// Whoever makes a child, and in it another, gains by neither: not in rights, and not by what is
/// decided by being an Administrator.
#[tokio::test]
async fn nobody_gains_by_making_a_grandchild() {
    let t = TestApp::new().await;
    let mia = t.person("Mia", &[Role::ChargingManager]).await;
    let user = mia.member().unwrap().user;
    let mut line = vec![mia];
    let mut org = t.org;
    for depth in 1..=4 {
        org = below(&t, line.last().unwrap(), org, "Below")
            .await
            .organisation
            .id;
        line.push(t.join(user, org, &[Role::Administrator]).await);
        let [.., above, here] = line.as_slice() else {
            panic!("a line of {depth}");
        };
        let (above, here) = (above.member().unwrap(), here.member().unwrap());
        assert!(here.permissions.within(above.permissions), "{depth}");
        assert!(here.may(Permission::StationsEdit, None), "{depth}");
        assert!(!here.may(Permission::DriversView, None), "{depth}");
        assert!(here.capped, "{depth}");
        let by = line.last().unwrap();
        for role in [Role::Administrator, Role::PaidModuleActivator] {
            assert!(!domain::member::may_give(by, role), "{depth}");
        }
        let sees = standing_as(&t, by, Role::DriverManager).await;
        assert!(!sees.member().unwrap().may(Permission::DriversView, None));
    }
    // What is taken away at the top is gone all the way down.
    t.enrol(user, t.org, &[Role::Viewer]).await;
    let now = t.caller_of(user, org).await;
    assert!(!now.member().unwrap().may(Permission::StationsEdit, None));
    // Rights in one site of the top are none in whole organisations below it.
    let yard = sites::SiteEdit {
        name: Some("Yard".to_owned()),
        ..sites::SiteEdit::default()
    };
    let yard = sites::create(&t.app, &t.admin, yard).await.unwrap().site.id;
    let (few, when) = (Some(vec![yard]), Precondition::None);
    let edit = members::MemberEdit {
        roles: Some([Role::ChargingManager].into_iter().collect()),
        sites: Some(few),
        confirm: None,
        when,
    };
    members::change(&t.app, &t.admin, t.org, user, edit)
        .await
        .unwrap();
    let now = t.caller_of(user, org).await;
    assert!(!now.member().unwrap().may(Permission::StationsEdit, None));
}

async fn standing_as(t: &TestApp, caller: &Caller, role: Role) -> Caller {
    me::viewing(&t.app, caller.clone(), role).await.unwrap()
}

/// Everything that somebody can make, down to a depth, and everywhere they can put it: nowhere do
/// they have a right that they have not at the top.
#[tokio::test]
async fn no_making_and_no_moving_adds_a_right() {
    let t = TestApp::new().await;
    for (number, role) in Role::ALL.iter().enumerate() {
        if *role == Role::Administrator {
            continue;
        }
        let name = format!("Maker{number}");
        let top = t.person(&name, &[*role]).await;
        let user = top.member().unwrap().user;
        let rights = top.member().unwrap().permissions;
        let mut open = vec![(t.org, 0)];
        let mut made = Vec::new();
        while let Some((org, depth)) = open.pop() {
            let by = t.caller_of(user, org).await;
            for similar in [true, false] {
                let wanted = match similar {
                    true => NewModules::Similar,
                    false => NewModules::Custom(set(&["Customership/Reseller"])),
                };
                let child = organisations::create(&t.app, &by, org, named("C"), wanted).await;
                let Ok(child) = child else { continue };
                let child = child.organisation.id;
                t.enrol(user, child, &[Role::Administrator]).await;
                made.push(child);
                if depth < 2 {
                    open.push((child, depth + 1));
                }
            }
        }
        let makes = top
            .member()
            .unwrap()
            .may(Permission::ResellerCreateSimilar, None);
        assert_eq!(made.is_empty(), !makes, "{}", role.key());
        // Somewhere else they are a whole Administrator, who made nothing there.
        let elsewhere = below(&t, &t.admin, t.org, "Elsewhere")
            .await
            .organisation
            .id;
        t.enrol(user, elsewhere, &[Role::Administrator]).await;
        for child in &made {
            // Only those right below the top can be moved by it.
            let moved = organisations::relocate(&t.app, &t.admin, *child, elsewhere).await;
            assert!(matches!(code(moved), "done" | "not_found"));
        }
        for child in &made {
            let here = t.caller_of(user, *child).await;
            let here = here.member().unwrap();
            assert!(here.permissions.within(rights), "{}: {here:?}", role.key());
            assert!(here.capped, "{}", role.key());
        }
    }
}

#[tokio::test]
async fn a_capped_administrator_keeps_no_organisation_and_the_parent_may_give_it_one() {
    let t = TestApp::new().await;
    t.person("Mia", &[Role::ChargingManager]).await;
    let mia = t.signed_in("Mia", t.org).await;
    let user = mia.member().unwrap().user;
    let child = below(&t, &mia, t.org, "Child").await.organisation.id;
    t.enrol(user, child, &[Role::Administrator]).await;
    let ada = t.signed_in("Ada", t.org).await;
    // Nobody administers the child in full: the one above may still give it a first Administrator.
    let first = async |by: &Caller, email: &str| {
        let new = invitations::NewInvitation {
            email: email.to_owned(),
            purpose: domain::invitation::Purpose::Member(domain::member::Assignment {
                roles: [Role::Administrator].into_iter().collect(),
                sites: None,
            }),
            language: domain::mail::Language::En,
        };
        invitations::create(&t.app, by, child, new).await
    };
    let sent = first(&ada, "noa@example.org").await.unwrap();
    let link = sent.link.unwrap();
    let said = invitations::Acceptance {
        name: Some("Noa".to_owned()),
        password: Some("a good long one".to_owned()),
        organisation: None,
    };
    let token = link.split_once('#').unwrap().1;
    let joined = invitations::accept(&t.app, token, &said, logins::Visitor::default()).await;
    let Ok(invitations::Accepted::In { me: noa, .. }) = joined else {
        panic!("not in: {joined:?}");
    };
    assert_eq!(code(first(&ada, "oz@example.org").await), "not_found");
    // Now there is one, who is the last one: that Mia is called one too does not count.
    let system = Caller::System { why: "test" };
    let gone = members::archive(&t.app, &system, child, noa.user, None).await;
    assert_eq!(code(gone), "last_administrator");
    // And Mia may be taken away, by whoever administers it.
    let gone = members::archive(&t.app, &system, child, user, None).await;
    assert_eq!(code(gone), "done");
}

#[tokio::test]
async fn what_happens_to_an_organisation_stands_in_its_own_trail() {
    let t = TestApp::new().await;
    let (app, root) = (&t.app, t.org);
    let a = below(&t, &t.admin, root, "A").await.organisation.id;
    let b = below(&t, &t.admin, root, "B").await.organisation.id;
    let chief = t.person("Chief", &[Role::Viewer]).await;
    let chief = chief.member().unwrap().user;
    t.enrol(chief, a, &[Role::Administrator]).await;
    let in_a = t.caller_of(chief, a).await;
    let inside = below(&t, &in_a, a, "Inside").await.organisation.id;
    for org in [b, inside] {
        t.enrol(chief, org, &[Role::Administrator]).await;
    }
    let few = set(&["Station management/Find", "Customership/Reseller"]);
    let none = Precondition::None;
    modules::set(app, &t.admin, a, few, Uses::End, &none)
        .await
        .unwrap();
    organisations::relocate(app, &t.admin, a, b).await.unwrap();
    busbar_app::jobs::chain_deeds(app).await;
    let actions = async |org| {
        let caller = t.caller_of(chief, org).await;
        let filter = busbar_app::audit::AuditFilter::default();
        let page = PageRequest {
            limit: 200,
            cursor: None,
        };
        let rows = busbar_app::audit::list(app, &caller, &filter, &page).await;
        let rows = rows.unwrap().rows.into_iter();
        rows.map(|link| link.deed.action).collect::<Vec<_>>()
    };
    let has = |actions: &[String], wanted: &str| actions.iter().any(|a| a == wanted);
    let of_a = actions(a).await;
    assert!(has(&of_a, "organisations.modules"), "{of_a:?}");
    assert!(has(&of_a, "organisations.move"), "{of_a:?}");
    assert!(has(&actions(b).await, "organisations.move"));
    assert!(has(&actions(inside).await, "organisations.modules"));
    // A login that was left open somewhere moves nothing.
    t.clock.advance(chrono::TimeDelta::minutes(11));
    let late = organisations::relocate(app, &t.admin, b, root).await;
    assert_eq!(code(late), "step_up_needed");
}
