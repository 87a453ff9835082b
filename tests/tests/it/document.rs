//! The API's description is true: what the running server answers has the shapes it tells, with no
//! field more and none less, and what it takes is what the stories send.

use std::collections::BTreeMap;
use std::time::Duration;

use api::ROUTES;
use busbar_tests::http::Person;
use serde_json::{Value, json};
use simulators::{Manner, Station};

use crate::authenticator::{Authenticator, ORIGIN};
use crate::stage::{Stage, UID, VERSIONS};

/// The description as the server gives it. Shapes of answers are closed here, so that a field that
/// it does not tell is found; clients must not close them, for the API grows.
struct Document(Value);

impl Document {
    async fn of(person: &mut Person) -> Self {
        let path = "/openapi.json";
        let mut document = person.expect(200, "GET", path, None).await.unwrap();
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        for schema in schemas.values_mut() {
            if schema.get("properties").is_some() {
                schema["additionalProperties"] = json!(false);
            }
        }
        Self(document)
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        &self.0["paths"][path][method.to_lowercase()]
    }

    /// What is wrong with `value` by `schema`.
    fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut root = schema.clone();
        root["components"] = self.0["components"].clone();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&root)
            .unwrap();
        let told =
            |fault: jsonschema::ValidationError<'_>| format!("{}: {fault}", fault.instance_path);
        validator.iter_errors(value).map(told).collect()
    }

    /// An answer must have the shape that is told of it.
    fn answered(&self, method: &str, path: &str, status: u16, body: &Value) {
        let operation = self.operation(method, path);
        let told = operation["responses"].get(status.to_string());
        let told = told.unwrap_or_else(|| panic!("{method} {path}: {status} is not told"));
        let told = match told["$ref"].as_str() {
            Some(reference) => self.0.pointer(&reference[1..]).unwrap(),
            None => told,
        };
        let media = match status {
            200..=299 => "application/json",
            _ => "application/problem+json",
        };
        let faults = self.faults(&told["content"][media]["schema"], body);
        assert!(
            faults.is_empty(),
            "{method} {path} {status}: {faults:?} in {body}"
        );
    }

    /// Whether a body is one that the route takes, by what is told of it.
    fn takes(&self, method: &str, path: &str, body: &Value) -> bool {
        let told = &self.operation(method, path)["requestBody"];
        let schema = &told["content"]["application/json"]["schema"];
        self.faults(schema, body).is_empty()
    }
}

/// A person who looks at every answer.
struct Reader {
    document: Document,
    person: Person,
}

impl Reader {
    /// Asks, and compares the question and the answer with what is told of them.
    async fn ask(&mut self, method: &str, route: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.person.ask(method, path, body).await.unwrap();
        self.document
            .answered(method, route, answer.status, &answer.body);
        if let Some(body) = body {
            // Some bodies of the right shape are refused for what is in them, never the other way.
            let taken = self.document.takes(method, route, body);
            assert!(taken || answer.status == 422, "{method} {path}: {body}");
        }
        answer.body
    }

    /// Asks a station for something.
    async fn order(&mut self, station: &str, kind: &str, params: Value) -> Value {
        let route = "/stations/{id}/commands";
        let body = json!({"type": kind, "params": params});
        let path = route.replace("{id}", station);
        self.ask("POST", route, &path, Some(&body)).await
    }
}

/// A passkey is made and used.
async fn passkey(reader: &mut Reader) {
    let (begin, make) = ("/me/passkeys/begin", "/me/passkeys");
    let begun = reader.ask("POST", begin, begin, None).await;
    let (mut device, made) = Authenticator::create(&begun["options"], ORIGIN);
    let body = json!({"ceremony": begun["ceremony"], "name": "Phone", "credential": made});
    reader.ask("POST", make, make, Some(&body)).await;
    reader.ask("POST", make, make, Some(&body)).await;
    let begin = "/login/passkey/begin";
    let begun = reader.ask("POST", begin, begin, None).await;
    let said = device.get(&begun["options"], ORIGIN);
    let body = json!({"ceremony": begun["ceremony"], "credential": said});
    let enter = "/login/passkey";
    reader.ask("POST", enter, enter, Some(&body)).await;
    reader.ask("POST", enter, enter, Some(&body)).await;
}

/// Somebody wants to sign in elsewhere, where nothing is configured.
async fn elsewhere(reader: &mut Reader) {
    for begin in ["/login/provider/begin", "/me/provider/begin"] {
        reader.ask("POST", begin, begin, None).await;
    }
    let (enter, back) = (
        "/login/provider",
        json!({"ceremony": "a", "state": "b", "code": "c"}),
    );
    reader.ask("POST", enter, enter, Some(&back)).await;
}

/// A driver is added, changed and given every token there is.
async fn driver(reader: &mut Reader) {
    let eva = json!({"name": "Eva", "email": "eva@example.org", "phone": "+43 1 588580",
        "plate": "W 1 A", "contract_id": "DE8AAC12345678X", "reference": null, "language": "de"});
    let eva = reader.ask("POST", "/drivers", "/drivers", Some(&eva)).await;
    let route = "/drivers/{id}";
    let path = route.replace("{id}", eva["id"].as_str().unwrap());
    let change = json!({"note": "Two cars", "state": "active", "email": null});
    reader.ask("PATCH", route, &path, Some(&change)).await;
    reader
        .ask("PATCH", route, &path, Some(&json!({"name": ""})))
        .await;
    for token in reader.person.all("/tokens").await.unwrap() {
        let hand = format!("{path}/tokens/{}", token["id"].as_str().unwrap());
        reader.person.expect(204, "PUT", &hand, None).await.unwrap();
    }
}

/// A lock is set, opened, changed, and stays open for whoever set it.
async fn locked(reader: &mut Reader, id: &str) {
    let whole = "/stations/{id}/lock";
    let at = |verb: &str| {
        let route = format!("{whole}{verb}");
        (route.clone(), route.replace("{id}", id))
    };
    let (route, path) = at("");
    let extra = json!([{"variable": "HeartbeatInterval"}]);
    let lock = json!({"contact": "Volt", "cap_a": 16.5, "added": extra});
    let made = reader.ask("POST", &route, &path, Some(&lock)).await;
    let password = made["password"].as_str().unwrap().to_owned();
    let frozen = reader.ask("GET", &route, &path, None).await;
    let first = frozen["lock"]["frozen"][0]["name"].clone();
    let alert = json!({"reactions": [{"name": first, "reaction": "alert"}], "settle": true});
    reader.ask("PATCH", &route, &path, Some(&alert)).await;
    for (verb, body) in [
        ("/close", None),
        ("/unlock", Some(json!({"password": "00000000"}))),
        ("/unlock", Some(json!({"password": password, "save": true}))),
        ("/password", Some(json!({"new": "another one"}))),
        ("/puk", Some(json!({"puk": "0"}))),
        ("/presence", Some(json!({}))),
        ("/presence/finish", None),
    ] {
        let (route, path) = at(verb);
        reader.ask("POST", &route, &path, body.as_ref()).await;
    }
    let route = "/saved_passwords/{id}/reveal";
    let path = route.replace("{id}", id);
    reader.ask("POST", route, &path, None).await;
    let route = "/notifications/{id}/acknowledge";
    let told = reader
        .ask("GET", "/notifications", "/notifications?open=true", None)
        .await;
    let path = route.replace("{id}", told["data"][0]["id"].as_str().unwrap());
    reader.ask("POST", route, &path, None).await;
}

/// A list is kept as a view, changed and looked at, and the sites are looked at on a map.
async fn views(reader: &mut Reader) {
    let view =
        json!({"name": "Mine", "list": "stations", "params": {"online": "true"}, "shared": true});
    let view = reader.ask("POST", "/views", "/views", Some(&view)).await;
    let odd = json!({"name": "Odd", "list": "sessions", "params": {"online": "true"}});
    reader.ask("POST", "/views", "/views", Some(&odd)).await;
    let route = "/views/{id}";
    let path = route.replace("{id}", view["id"].as_str().unwrap());
    let change = json!({"name": "Ours", "params": {"q": "depot"}, "shared": false});
    reader.ask("PATCH", route, &path, Some(&change)).await;
    reader.ask("GET", route, &path, None).await;
    let map = "/sites/map";
    reader.ask("GET", map, map, None).await;
    reader
        .ask("GET", map, "/sites/map?bbox=nowhere", None)
        .await;
}

/// A site, a token, and a station that nobody registered.
async fn furnish(stage: &Stage, reader: &mut Reader) -> (String, String) {
    let site = json!({"name": "Yard", "address": "Hafenstraße 1", "city": "Linz", "country": "AT",
        "time_zone": "Europe/Vienna", "latitude": 48.3, "longitude": 14.3,
        "admin_state": "in_service", "accessibility": "public_paid"});
    let site = reader.ask("POST", "/sites", "/sites", Some(&site)).await;
    reader
        .ask("POST", "/sites", "/sites", Some(&json!({"name": "Bare"})))
        .await;
    let token = json!({"uid": "04B1", "kind": "iso15693", "label": "Ana", "group": "fleet",
        "expires_at": "2030-01-01T00:00:00+02:00"});
    let token = reader.ask("POST", "/tokens", "/tokens", Some(&token)).await;
    driver(reader).await;
    views(reader).await;
    passkey(reader).await;
    elsewhere(reader).await;
    alerting(reader, site["id"].as_str().unwrap()).await;
    organisations(reader).await;
    team(reader, site["id"].as_str().unwrap()).await;
    let access = "/sites/{id}/access/{user_id}";
    let me = reader.ask("GET", "/me", "/me", None).await;
    let (site_id, user) = (
        site["id"].as_str().unwrap(),
        me["user"]["id"].as_str().unwrap(),
    );
    let path = access.replace("{id}", site_id).replace("{user_id}", user);
    let level = json!({"level": "user", "grants": ["energy.dlm.edit"], "denials": []});
    reader.ask("PUT", access, &path, Some(&level)).await;
    reader.ask("GET", access, &path, None).await;
    let until = chrono::Utc::now() + chrono::TimeDelta::days(1);
    let key = json!({"name": "Key", "permissions": ["stations.list"], "expires_at": until});
    let key = reader.ask("POST", "/keys", "/keys", Some(&key)).await;
    let used = Person::with_key(reader.person.at(), key["text"].as_str().unwrap());
    assert_eq!(used.clone().all("/stations").await.unwrap().len(), 0);
    // Somebody unknown is let in to wait.
    let stranger = stage.builder("STRANGER", VERSIONS[0]).reconnect(false);
    let stranger = stranger.build();
    stranger.connect().await.unwrap();
    // It is answered that it has to wait.
    let _pending = stranger.boot().await;
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    (id(&site), id(&token))
}

/// A rule, a webhook that is tried, and maintenance.
async fn alerting(reader: &mut Reader, site: &str) {
    let hook = json!({"name": "Desk", "url": "https://example.org/hook", "enabled": true});
    let made = reader
        .ask("POST", "/webhooks", "/webhooks", Some(&hook))
        .await;
    let hook = made["webhook"]["id"].as_str().unwrap().to_owned();
    for url in ["https://10.0.0.1/", "nonsense"] {
        let body = json!({"name": "Inside", "url": url});
        reader
            .ask("POST", "/webhooks", "/webhooks", Some(&body))
            .await;
    }
    let route = "/webhooks/{id}";
    let path = route.replace("{id}", &hook);
    reader
        .ask("PATCH", route, &path, Some(&json!({"name": "The desk"})))
        .await;
    let test = "/webhooks/{id}/test";
    reader
        .ask("POST", test, &format!("{path}/test"), None)
        .await;
    let hours = json!({"days": [1, 2], "from_minute": 480, "to_minute": 1080,
        "time_zone": "Europe/Vienna"});
    let rule = json!({"kind": "flapping", "name": "Storm", "minutes": 20, "threshold": 5,
        "scope": {"sites": [site]}, "hours": hours, "webhooks": [hook],
        "in_app": {"roles": ["technician"]}, "mail": {"users": []}});
    let made = reader
        .ask("POST", "/alert_rules", "/alert_rules", Some(&rule))
        .await;
    let route = "/alert_rules/{id}";
    let path = route.replace("{id}", made["id"].as_str().unwrap());
    for change in [
        json!({"hours": null, "enabled": false}),
        json!({"threshold": 0}),
    ] {
        reader.ask("PATCH", route, &path, Some(&change)).await;
    }
    let to = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    let window = json!({"site_id": site, "to": to, "note": "New cables"});
    for body in [window, json!({"to": to})] {
        reader
            .ask("POST", "/maintenance", "/maintenance", Some(&body))
            .await;
    }
}

/// People who are invited, one who comes, gets other roles, and goes.
async fn team(reader: &mut Reader, site: &str) {
    let me = reader.ask("GET", "/me", "/me", None).await;
    let own = me["organisation"]["id"].as_str().unwrap().to_owned();
    let at = |route: &str| route.replace("{id}", &own);
    let route = "/organisations/{id}/invitations";
    let organisation = json!({"email": "new@example.org", "purpose": "organisation",
        "modules": ["Station management/Find"], "language": "de"});
    reader
        .ask("POST", route, &at(route), Some(&organisation))
        .await;
    for roles in [json!(["viewer"]), json!(["captain"])] {
        let body = json!({"email": "nia@example.org", "roles": roles});
        reader.ask("POST", route, &at(route), Some(&body)).await;
    }
    let body = json!({"email": "typo@example.org", "roles": ["technician"], "sites": [site]});
    let sent = reader.ask("POST", route, &at(route), Some(&body)).await;
    let invitation = sent["invitation"]["id"].as_str().unwrap().to_owned();
    let one = "/organisations/{id}/invitations/{invitation_id}";
    let path = at(one).replace("{invitation_id}", &invitation);
    let change = json!({"email": "oz@example.org", "roles": ["viewer"], "sites": null});
    let changed = reader.ask("PATCH", one, &path, Some(&change)).await;
    let again = format!("{path}/resend");
    reader
        .ask("POST", &format!("{one}/resend"), &again, None)
        .await;
    let link = changed["link"].as_str().unwrap();
    let token = link.split_once('#').unwrap().1.to_owned();
    for token in [token.as_str(), "nothing"] {
        let look = json!({"token": token});
        let route = "/invitations/look";
        reader.ask("POST", route, route, Some(&look)).await;
    }
    let mut oz = Person::stranger(reader.person.at());
    let accept = json!({"token": token, "name": "Oz", "password": "a long password"});
    let accepted = oz
        .expect(200, "POST", "/invitations/accept", Some(&accept))
        .await
        .unwrap();
    let route = "/invitations/accept";
    reader.document.answered("POST", route, 200, &accepted);
    let user = accepted["me"]["user"]["id"].as_str().unwrap();
    let one = "/organisations/{id}/members/{user_id}";
    let path = at(one).replace("{user_id}", user);
    // Without the ETag nothing is changed.
    let change = json!({"roles": ["technician"]});
    reader.ask("PATCH", one, &path, Some(&change)).await;
    for (deed, body) in [("archive", Some(json!({}))), ("restore", None)] {
        let (route, path) = (format!("{one}/{deed}"), format!("{path}/{deed}"));
        reader.ask("POST", &route, &path, body.as_ref()).await;
        reader.ask("POST", &route, &path, body.as_ref()).await;
    }
    reader.ask("DELETE", one, &path, None).await;
    let route = "/sites/{id}/invitations";
    let body = json!({"email": "guest@example.org", "level": "user"});
    let path = route.replace("{id}", site);
    reader.ask("POST", route, &path, Some(&body)).await;
}

/// What one's own organisation tells, and two below it, with what they may use.
async fn organisations(reader: &mut Reader) {
    let me = reader.ask("GET", "/me", "/me", None).await;
    let own = me["organisation"]["id"].as_str().unwrap().to_owned();
    let at = |route: &str, id: &str| route.replace("{id}", id);
    let route = "/organisations/{id}";
    let told = json!({"country": "AT", "time_zone": "Europe/Vienna", "contact_phone": null,
        "contact_email": "help@example.org", "website": "https://example.org"});
    reader
        .ask("PATCH", route, &at(route, &own), Some(&told))
        .await;
    let route = "/organisations/{id}/sub_organisations";
    let similar = json!({"name": "Similar"});
    let made = reader
        .ask("POST", route, &at(route, &own), Some(&similar))
        .await;
    let custom = json!({"name": "Custom", "modules": ["Station management/Find"]});
    let few = reader
        .ask("POST", route, &at(route, &own), Some(&custom))
        .await;
    let (made, few) = (made["id"].as_str().unwrap(), few["id"].as_str().unwrap());
    let route = "/organisations/{id}/modules";
    let more = json!({"modules": ["Station management/Find", "Station management/Logs"]});
    reader.ask("PUT", route, &at(route, few), Some(&more)).await;
    reader
        .ask("PUT", route, &at(route, &own), Some(&more))
        .await;
    let route = "/organisations/{id}/paid_modules/{module}";
    let path = at(route, made).replace("{module}", "solar");
    for body in [json!({}), json!({"confirm": "solar"})] {
        reader.ask("PUT", route, &path, Some(&body)).await;
    }
    reader.ask("DELETE", route, &path, None).await;
    let route = "/organisations/{id}/move";
    for parent in [few, made] {
        let body = json!({"parent_id": parent});
        reader
            .ask("POST", route, &at(route, few), Some(&body))
            .await;
    }
}

/// A station that charges, is odd, is asked for things and is in doubt; its id.
async fn lived(stage: &mut Stage, reader: &mut Reader, n: usize, site: &str) -> String {
    let version = VERSIONS[n];
    let identity = format!("TRUE-{n}");
    let id = stage.register(&identity).await;
    let path = format!("/stations/{id}");
    let change = json!({"name": "Gate", "site_id": site, "policy_lenient": true});
    reader
        .ask("PATCH", "/stations/{id}", &path, Some(&change))
        .await;
    let station = stage
        .builder(&identity, version)
        .manner(Manner::ClockOf1970)
        .build();
    station.connect_and_boot().await.unwrap();
    station.send_text("[2,\"x\",\"Heartbeat\",{").await.unwrap();
    let _refused = station.call("InventTheWheel", json!({})).await;
    let event = match n {
        0 => json!({"type": "StartupOfTheDevice", "timestamp": "2026-01-01T00:00:00Z"}),
        _ => {
            json!({"type": "StartupOfTheDevice", "timestamp": "2026-01-01T00:00:00Z", "techInfo": "x"})
        }
    };
    station
        .call("SecurityEventNotification", event)
        .await
        .unwrap();
    let mut event = json!({"type": "TamperDetectionActivated", "timestamp": chrono::Utc::now()});
    if n > 0 {
        event["techInfo"] = json!("x");
    }
    station
        .call("SecurityEventNotification", event)
        .await
        .unwrap();
    station.plug_in(1).await.unwrap();
    station.start(1, UID).await.unwrap();
    station.tick(Duration::from_secs(600)).await.unwrap();
    station.stop(1).await.unwrap();
    station.plug_in(2).await.ok();
    station.settled().await.unwrap();
    for (kind, params) in [
        ("trigger", json!({"message": "heartbeat"})),
        ("unlock", json!({"evse": 1})),
        (
            "change_availability",
            json!({"operative": true, "evse": null}),
        ),
        (
            "read_variables",
            json!({"keys": [{"variable": "HeartbeatInterval", "component": null}]}),
        ),
        ("read_variables", json!({})),
        ("clear_cache", json!({})),
        (
            "write_variables",
            json!({"values": [{"variable": "HeartbeatInterval", "value": "300"}]}),
        ),
        ("request_report", json!({"kind": "full"})),
        (
            "start_session",
            json!({"evse": 1, "token": "04B1", "token_kind": "iso14443"}),
        ),
        ("reset", json!({"kind": "lukewarm"})),
    ] {
        reader.order(&id, kind, params).await;
    }
    locked(reader, &id).await;
    files(reader, &id, &station).await;
    let route = "/stations/{id}/ocpp";
    let path = route.replace("{id}", &id);
    for (action, payload, place) in [
        ("ClearCache", json!({}), Value::Null),
        ("ClearCache", json!({"a": 1}), json!("/payload/a")),
        ("Dance", json!({}), json!("/action")),
    ] {
        let body = json!({"action": action, "payload": payload});
        let answer = reader.ask("POST", route, &path, Some(&body)).await;
        assert_eq!(answer["errors"][0]["pointer"], place, "{answer}");
    }
    id
}

/// Firmware for a station, and a log from it.
async fn files(reader: &mut Reader, id: &str, station: &Station) {
    let path = format!("/stations/{id}");
    let seen = reader.person.expect(200, "GET", &path, None);
    let seen = seen.await.unwrap();
    let firmware = json!({"vendor": seen["vendor"], "models": [seen["model"]], "version": "99.1",
        "name": "f.bin", "sha256": null, "notes": "For the yard."});
    let route = "/firmware_files";
    let made = reader.ask("POST", route, route, Some(&firmware)).await;
    let file = made["id"].as_str().unwrap();
    let route = "/firmware_files/{id}";
    let path = route.replace("{id}", file);
    let change = json!({"notes": null, "models": ["*"]});
    reader.ask("PATCH", route, &path, Some(&change)).await;
    let content = reader
        .person
        .put_bytes(&format!("{path}/content"), b"firmware 99.1")
        .await;
    assert_eq!(content.unwrap().status, 200);
    station
        .set_manner(Manner::HangsInDownload, true)
        .await
        .unwrap();
    station
        .set_manner(Manner::HangsInUpload, true)
        .await
        .unwrap();
    let params = json!({"firmware_file_id": file, "transport": "http", "signed": null});
    reader.order(id, "update_firmware", params).await;
    let route = "/stations/{id}/diagnostics";
    let path = route.replace("{id}", id);
    for kind in ["diagnostics", "security"] {
        let body = json!({"kind": kind, "from": "2026-01-01T00:00:00Z", "transport": null});
        reader.ask("POST", route, &path, Some(&body)).await;
    }
}

/// A template, and a wish that does not hold for each station; the id of the template.
async fn configured(reader: &mut Reader, stations: &[String]) -> String {
    let route = "/setting_templates";
    let value = json!({"name": {"variable": "ResetRetries"}, "value": "4", "reaction": "alert"});
    let new = json!({"name": "Depot", "fit": {"model": "Nothing*"}, "values": [value]});
    let made = reader.ask("POST", route, route, Some(&new)).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let odd = json!({"name": "", "fit": {"model": "a*b"}, "priority": 9_999});
    reader.ask("POST", route, route, Some(&odd)).await;
    let preview = "/setting_templates/preview";
    reader
        .ask(
            "POST",
            preview,
            preview,
            Some(&json!({"fit": {}, "automatic": true})),
        )
        .await;
    let one = "/setting_templates/{id}";
    let change = json!({"priority": 1});
    let path = one.replace("{id}", &id);
    reader.ask("PATCH", one, &path, Some(&change)).await;
    for (n, station) in stations.iter().enumerate() {
        let component = (n > 0).then_some("OCPPCommCtrlr");
        let name = json!({"component": component, "variable": "ResetRetries"});
        let body = json!({"values": [{"name": name, "value": "4", "reaction": "alert"}]});
        let route = "/stations/{id}/settings";
        let path = route.replace("{id}", station);
        reader.ask("PATCH", route, &path, Some(&body)).await;
        let any = [("If-Match", "*")];
        let answer = reader.person.ask_with("PATCH", &path, &any, Some(&body));
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        reader.document.answered("PATCH", route, 200, &answer.body);
        for (method, route, body) in [
            ("POST", "/stations/{id}/settings/read", None),
            (
                "PUT",
                "/stations/{id}/setting_template",
                Some(json!({"template_id": null})),
            ),
        ] {
            let path = route.replace("{id}", station);
            reader.ask(method, route, &path, body.as_ref()).await;
        }
    }
    id
}

/// Reads every route once for each station; whether every list had something in it.
async fn read_all(
    reader: &mut Reader,
    stations: &[String],
    site: &str,
    token: &str,
    template: &str,
) -> Vec<&'static str> {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let me = reader.ask("GET", "/me", "/me", None).await;
    let drivers = reader.person.all("/drivers").await.unwrap();
    let own_organisation = me["organisation"]["id"].as_str().unwrap();
    let newest = async |reader: &Reader, list: &str| {
        let rows = reader.person.clone().all(list).await.unwrap();
        rows.first()
            .map(|row| row["id"].as_str().unwrap().to_owned())
    };
    let Some(alert) = newest(reader, "/alerts").await else {
        return vec!["/alerts"];
    };
    let rule = newest(reader, "/alert_rules").await.unwrap();
    let webhook = newest(reader, "/webhooks").await.unwrap();
    let view = newest(reader, "/views").await.unwrap();
    for station in stations {
        let sessions = format!("/sessions?station_id={station}");
        let session = reader.person.all(&sessions).await.unwrap();
        let commands = format!("/stations/{station}/commands");
        let command = reader.person.all(&commands).await.unwrap();
        let id = |list: &[Value]| list[0]["id"].as_str().unwrap().to_owned();
        let (session, command) = (id(&session), id(&command));
        let wanted = json!({"kind": "command", "spec": {"type": "clear_cache"},
            "target": {"ids": [station]}});
        let job = reader.ask("POST", "/jobs", "/jobs", Some(&wanted)).await;
        let job = job["id"].as_str().unwrap().to_owned();
        let transfers = format!("/stations/{station}/diagnostics");
        let transfer = id(&reader.person.all(&transfers).await.unwrap());
        let firmware = id(&reader.person.all("/firmware_files").await.unwrap());
        for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
            // A stream has no end, and a station's file no shape.
            let shapeless = endpoint.path == "/events" || endpoint.path.ends_with("/file");
            if endpoint.method != "GET" || shapeless {
                continue;
            }
            let own = match endpoint.path.split('/').nth(1) {
                Some("stations") => station,
                Some("sessions") => &session,
                Some("jobs") => &job,
                Some("sites") => site,
                Some("setting_templates") => template,
                Some("drivers") => drivers[0]["id"].as_str().unwrap(),
                Some("organisations") => own_organisation,
                Some("alerts") => &alert,
                Some("alert_rules") => &rule,
                Some("webhooks") => &webhook,
                Some("views") => &view,
                Some("firmware_files") => &firmware,
                _ => token,
            };
            let mut path = endpoint
                .path
                .replace("{id}", own)
                .replace("{user_id}", me["user"]["id"].as_str().unwrap())
                .replace("{command}", &command)
                .replace("{transfer_id}", &transfer);
            if path.ends_with("/reasons") {
                path.push_str("?permission=sites.edit");
            }
            let body = reader.ask("GET", endpoint.path, &path, None).await;
            assert!(
                body.get("status").is_none_or(|s| !s.is_number()),
                "{path}: {body}"
            );
            if let Some(data) = body["data"].as_array() {
                *rows.entry(endpoint.path).or_default() += data.len();
                paged(reader, &path).await;
            }
        }
    }
    assert!(rows.len() > 10, "{rows:?}");
    rows.retain(|_, found| *found == 0);
    rows.into_keys().collect()
}

/// Every list is read in the same way: its first rows one at a time are those of a longer page.
async fn paged(reader: &Reader, path: &str) {
    let first = |query: String| {
        let path = format!("{path}?{query}");
        let mut person = reader.person.clone();
        async move { person.expect(200, "GET", &path, None).await.unwrap() }
    };
    let one = first("limit=1".to_owned()).await;
    assert_eq!(
        one["has_more"],
        json!(one["next_cursor"].is_string()),
        "{path}"
    );
    if let Some(cursor) = one["next_cursor"].as_str() {
        let next = first(format!("limit=1&cursor={cursor}")).await;
        assert_eq!(next["data"].as_array().map(Vec::len), Some(1), "{path}");
        assert_ne!(next["data"], one["data"], "{path}");
    }
}

/// Refusals have the shape of a problem, and the statuses that are told of their routes.
async fn refuse(reader: &mut Reader, station: &str) {
    let missing = "stn_00000000000000000000000000000000";
    let path = format!("/stations/{missing}");
    reader.ask("GET", "/stations/{id}", &path, None).await;
    reader
        .ask("GET", "/stations", "/stations?limit=0", None)
        .await;
    reader
        .ask("GET", "/stations", "/stations?cursor=zz", None)
        .await;
    reader
        .ask("POST", "/sites", "/sites", Some(&json!({"name": ""})))
        .await;
    let again = json!({"identity": "TRUE-0"});
    reader
        .ask("POST", "/stations", "/stations", Some(&again))
        .await;
    let mut stranger = Person::stranger(reader.person.at());
    for (method, route) in [("GET", "/me"), ("DELETE", "/stations/{id}")] {
        let path = route.replace("{id}", station);
        let answer = stranger.ask(method, &path, None).await.unwrap();
        assert_eq!(answer.status, 401);
        reader.document.answered(method, route, 401, &answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_shape_that_is_told_of_it() {
    let mut stage = Stage::set().await;
    let mut person = stage.ana.clone();
    let document = Document::of(&mut person).await;
    let mut reader = Reader { document, person };
    let (site, token) = furnish(&stage, &mut reader).await;
    let mut stations = Vec::new();
    for n in 0..VERSIONS.len() {
        stations.push(lived(&mut stage, &mut reader, n, &site).await);
    }
    let template = configured(&mut reader, &stations).await;
    // Attempts and deviations are written behind the answers: it is asked until they are there.
    let mut empty = Vec::new();
    let whole = async {
        loop {
            empty = read_all(&mut reader, &stations, &site, &token, &template).await;
            if empty.is_empty() {
                break;
            }
        }
    };
    let whole = tokio::time::timeout(Duration::from_secs(90), whole).await;
    assert!(whole.is_ok(), "these lists stay empty: {empty:?}");
    refuse(&mut reader, &stations[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_told_is_not_taken() {
    let mut stage = Stage::set().await;
    let mut person = stage.ana.clone();
    let document = Document::of(&mut person).await;
    let id = stage.register("TAKES-1").await;
    let commands = format!("/stations/{id}/commands");
    let cases = [
        ("POST", "/sites", "/sites", json!({})),
        ("POST", "/sites", "/sites", json!({"name": null})),
        (
            "POST",
            "/sites",
            "/sites",
            json!({"name": "A", "town": "B"}),
        ),
        (
            "POST",
            "/sites",
            "/sites",
            json!({"name": "A", "admin_state": "gone"}),
        ),
        (
            "POST",
            "/tokens",
            "/tokens",
            json!({"uid": "04C1", "state": "blocked"}),
        ),
        (
            "POST",
            "/tokens",
            "/tokens",
            json!({"uid": "04C1", "kind": "card"}),
        ),
        ("POST", "/stations", "/stations", json!({"name": "A"})),
        (
            "POST",
            "/stations/{id}/commands",
            &commands,
            json!({"type": "dance"}),
        ),
        (
            "POST",
            "/stations/{id}/commands",
            &commands,
            json!({"type": "reset"}),
        ),
        (
            "POST",
            "/stations/{id}/commands",
            &commands,
            json!({"type": "unlock", "params": {"evse": "1"}}),
        ),
        (
            "POST",
            "/stations/{id}/commands",
            &commands,
            json!({"type": "clear_cache", "params": {"a": 1}}),
        ),
    ];
    for (method, route, path, body) in cases {
        assert!(
            !document.takes(method, route, &body),
            "{route} {body} is told"
        );
        let answer = person.ask(method, path, Some(&body)).await.unwrap();
        assert_eq!(answer.status, 422, "{path} {body}: {}", answer.body);
        document.answered(method, route, 422, &answer.body);
    }
}
