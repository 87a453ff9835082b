//! Views of lists: kept for oneself or for all, never more than the list's own parameters, and found by
//! nobody whom they are not for.

use busbar_tests::http::Person;
use serde_json::{Value, json};

use crate::stage::Stage;

async fn keep(person: &mut Person, name: &str, shared: bool) -> Value {
    let body = json!({"name": name, "list": "stations", "shared": shared,
        "params": {"status": "faulted,charging", "online": "true"}});
    person
        .expect(201, "POST", "/views", Some(&body))
        .await
        .unwrap()
}

async fn names(person: &mut Person) -> Vec<String> {
    let all = person.all("/views?list=stations").await.unwrap();
    all.iter()
        .map(|view| view["name"].as_str().unwrap().to_owned())
        .collect()
}

fn path(view: &Value) -> String {
    format!("/views/{}", view["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_ones_own_until_it_is_shared() {
    let mut stage = Stage::set().await;
    let mut vera = stage.member("viewer").await;
    let mut cleo = stage.member("charging_manager").await;
    let own = keep(&mut vera, "  My depots ", false).await;
    assert_eq!(
        (&own["name"], &own["mine"], &own["editable"]),
        (&json!("My depots"), &json!(true), &json!(true))
    );
    assert_eq!(
        own["params"],
        json!({"status": "faulted,charging", "online": "true"})
    );
    // Not even an Administrator finds it, and it looks like one that is not there.
    for other in [&mut stage.ana, &mut cleo] {
        assert!(names(other).await.is_empty());
        let mine = other.ask("GET", &path(&own), None).await.unwrap();
        let nobody = "/views/vew_00000000000000000000000000000000";
        let none = other.ask("GET", nobody, None).await.unwrap();
        assert_eq!((mine.status, &mine.body["code"]), (404, &none.body["code"]));
        other
            .expect(404, "PATCH", &path(&own), Some(&json!({"name": "X"})))
            .await
            .unwrap();
        other
            .expect(404, "DELETE", &path(&own), None)
            .await
            .unwrap();
    }
    // Sharing is for those who arrange the fleet: a viewer does not (stations.edit).
    let share = json!({"shared": true});
    let refused = vera
        .expect(403, "PATCH", &path(&own), Some(&share))
        .await
        .unwrap();
    assert!(
        refused["detail"].to_string().contains("stations.edit"),
        "{refused}"
    );
    let whole = json!({"name": "For all", "list": "stations", "shared": true});
    vera.expect(403, "POST", "/views", Some(&whole))
        .await
        .unwrap();
    let shared = keep(&mut cleo, "All depots", true).await;
    assert_eq!(names(&mut vera).await, ["All depots", "My depots"]);
    let seen = vera.expect(200, "GET", &path(&shared), None).await.unwrap();
    assert_eq!(
        (&seen["mine"], &seen["editable"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(seen["owner_name"], "charging_manager");
    vera.expect(403, "PATCH", &path(&shared), Some(&json!({"name": "X"})))
        .await
        .unwrap();
    vera.expect(403, "DELETE", &path(&shared), None)
        .await
        .unwrap();
    // Another who may share edits it, but does not take it from everybody's sight for its owner's.
    stage
        .ana
        .expect(
            200,
            "PATCH",
            &path(&shared),
            Some(&json!({"name": "Depots"})),
        )
        .await
        .unwrap();
    let hide = json!({"shared": false});
    stage
        .ana
        .expect(403, "PATCH", &path(&shared), Some(&hide))
        .await
        .unwrap();
    cleo.expect(200, "PATCH", &path(&shared), Some(&hide))
        .await
        .unwrap();
    assert_eq!(names(&mut vera).await, ["My depots"]);
    // Edits on what was read before are refused; removal is its owner's.
    let stale = [("If-Match", "\"1\"")];
    let late = cleo
        .ask_with("PATCH", &path(&shared), &stale, Some(&hide))
        .await
        .unwrap();
    assert_eq!(
        (late.status, &late.body["code"]),
        (412, &json!("precondition_failed")),
        "{}",
        late.body
    );
    cleo.expect(204, "DELETE", &path(&shared), None)
        .await
        .unwrap();
    vera.expect(204, "DELETE", &path(&own), None).await.unwrap();
    assert!(names(&mut vera).await.is_empty());
    for (action, least) in [("views.create", 2), ("views.edit", 2), ("views.remove", 2)] {
        let deeds = stage.deeds(action, least).await;
        assert_eq!(deeds.len(), least, "{action}: {deeds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_keeps_only_what_its_list_takes() {
    let mut stage = Stage::set().await;
    let long = "x".repeat(501);
    for (list, params, pointer) in [
        ("stations", json!({"page": "2"}), "/params/page"),
        ("stations", json!({"limit": "5"}), "/params/limit"),
        ("stations", json!({"cursor": "00"}), "/params/cursor"),
        ("stations", json!({"a/b": "1"}), "/params/a~1b"),
        ("stations", json!({"status": "on fire"}), "/params/status"),
        ("stations", json!({"online": "perhaps"}), "/params/online"),
        ("stations", json!({"site_id": "stn_1"}), "/params/site_id"),
        ("stations", json!({"sort": "colour"}), "/params/sort"),
        ("stations", json!({"q": long}), "/params/q"),
        ("stations", json!({"q": " "}), "/params/q"),
        ("sessions", json!({"from": "yesterday"}), "/params/from"),
        // Of what needs the right to driver data nothing is kept.
        ("sessions", json!({"token": "04A1"}), "/params/token"),
        (
            "sessions",
            json!({"driver_id": "drv_1"}),
            "/params/driver_id",
        ),
    ] {
        let body = json!({"name": "V", "list": list, "params": params});
        let refused = stage
            .ana
            .expect(422, "POST", "/views", Some(&body))
            .await
            .unwrap();
        assert_eq!(
            refused["errors"][0]["pointer"], pointer,
            "{body}: {refused}"
        );
    }
    for (body, pointer) in [
        (json!({"name": "", "list": "stations"}), "/name"),
        (json!({"name": "n".repeat(81), "list": "stations"}), "/name"),
        (json!({"name": "V", "list": "drivers"}), "/list"),
        (json!({"name": "V"}), "/list"),
        (
            json!({"name": "V", "list": "stations", "colour": 1}),
            "/colour",
        ),
    ] {
        let refused = stage
            .ana
            .expect(422, "POST", "/views", Some(&body))
            .await
            .unwrap();
        assert_eq!(
            refused["errors"][0]["pointer"], pointer,
            "{body}: {refused}"
        );
    }
    let view = json!({"name": "Suspect", "list": "sessions",
        "params": {"suspect": "true", "from": "2026-01-01T00:00:00Z", "sort": "-energy"}});
    let view = stage
        .ana
        .expect(201, "POST", "/views", Some(&view))
        .await
        .unwrap();
    let change = json!({"params": {"state": "asleep"}});
    let refused = stage
        .ana
        .expect(422, "PATCH", &path(&view), Some(&change))
        .await
        .unwrap();
    assert_eq!(refused["errors"][0]["pointer"], "/params/state");
    let change = json!({"params": {}});
    let bare = stage
        .ana
        .expect(200, "PATCH", &path(&view), Some(&change))
        .await
        .unwrap();
    assert_eq!(
        (&bare["params"], &bare["name"]),
        (&json!({}), &json!("Suspect"))
    );
    assert!(
        names(&mut stage.ana).await.is_empty(),
        "it is none of stations"
    );
    // A key is nobody who looks at lists.
    let until = chrono::Utc::now() + chrono::TimeDelta::days(1);
    let key = json!({"name": "K", "permissions": ["stations.list"], "expires_at": until});
    let key = stage
        .ana
        .expect(201, "POST", "/keys", Some(&key))
        .await
        .unwrap();
    let mut key = Person::with_key(stage.people(), key["text"].as_str().unwrap());
    let refused = key.expect(403, "GET", "/views", None).await.unwrap();
    assert_eq!(refused["code"], "people_only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_some_sites_has_views_of_their_own_alone() {
    let mut stage = Stage::set().await;
    let site = json!({"name": "Own", "time_zone": "Europe/Vienna"});
    let site = stage
        .ana
        .expect(201, "POST", "/sites", Some(&site))
        .await
        .unwrap();
    let shared = keep(&mut stage.ana, "Trouble at Customer X", true).await;
    let mut bo = stage.member("charging_manager").await;
    let me = bo.expect(200, "GET", "/me", None).await.unwrap();
    let (org, user) = (&me["organisation"]["id"], &me["user"]["id"]);
    let member = format!(
        "/organisations/{}/members/{}",
        org.as_str().unwrap(),
        user.as_str().unwrap()
    );
    assert_eq!(names(&mut bo).await, ["Trouble at Customer X"]);
    let any = [("If-Match", "*")];
    let narrowed = json!({"sites": [site["id"]]});
    let done = stage
        .ana
        .ask_with("PATCH", &member, &any, Some(&narrowed))
        .await
        .unwrap();
    assert_eq!(done.status, 200, "{}", done.body);
    // What the organisation calls its lists is not for them, and theirs is nobody else's.
    assert!(names(&mut bo).await.is_empty());
    bo.expect(404, "GET", &path(&shared), None).await.unwrap();
    bo.expect(404, "DELETE", &path(&shared), None)
        .await
        .unwrap();
    let whole = json!({"name": "For all", "list": "stations", "shared": true});
    bo.expect(403, "POST", "/views", Some(&whole))
        .await
        .unwrap();
    let own = keep(&mut bo, "Mine", false).await;
    assert_eq!(names(&mut bo).await, ["Mine"]);
    bo.expect(403, "PATCH", &path(&own), Some(&json!({"shared": true})))
        .await
        .unwrap();
    assert_eq!(names(&mut stage.ana).await, ["Trouble at Customer X"]);
    let mut activator = stage.member("paid_module_activator").await;
    activator.expect(403, "GET", "/views", None).await.unwrap();
}
