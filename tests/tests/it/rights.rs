//! Every route, as every role: what the table of rights says is what the API does.
#![allow(clippy::print_stdout)] // the figure is what the test shows

use std::collections::HashMap;
use std::process::Stdio;

use api::{Endpoint, Need, ROUTES};
use busbar_tests::http::Person;
use busbar_tests::product::{PASSWORD, Product, program};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const MISSING: &str = "00000000000000000000000000000000";
pub(crate) const ROLES: [&str; 7] = [
    "administrator",
    "driver_manager",
    "charging_manager",
    "technician",
    "financial_support",
    "viewer",
    "paid_module_activator",
];

/// The topics of the live stream, and what each needs.
const TOPICS: [(&str, &str); 7] = [
    ("station", "stations.list"),
    ("session", "sessions.view"),
    ("command", "stations.control"),
    ("job", "stations.control.batch"),
    ("attempt", "stations.edit"),
    ("meter", "stations.list"),
    ("alert", "alerts.view"),
];

/// A topic that another right opens as well.
const TOPIC_TOO: (&str, &str) = ("alert", "stations.alerts.manage");

/// Which role has which permission, from the committed table.
pub(crate) fn table() -> HashMap<(String, String), bool> {
    let text = include_str!("../../../casbin/matrix.csv");
    let mut lines = text.lines();
    let roles: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let mut table = HashMap::new();
    for line in lines {
        let mut cells = line.split(',');
        let permission = cells.next().unwrap();
        for (role, cell) in roles.iter().zip(cells) {
            table.insert(((*role).to_owned(), permission.to_owned()), cell == "yes");
        }
    }
    table
}

/// An address that nobody has.
fn someone() -> String {
    format!("{}@example.org", uuid::Uuid::new_v4().simple())
}

/// A body that is well formed, so that only the right decides.
pub(crate) fn body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("POST", "/sites") => Some(json!({"name": "Somewhere", "time_zone": "Europe/Berlin"})),
        ("PATCH", _) => Some(json!({})),
        ("POST", "/stations") => {
            Some(json!({"identity": format!("R-{}", uuid::Uuid::new_v4().simple())}))
        }
        ("POST", "/stations/{id}/ocpp") => Some(json!({"action": "ClearCache", "payload": {}})),
        ("POST", "/drivers") => Some(json!({"name": "Eva"})),
        ("POST", "/firmware_files") => {
            Some(json!({"vendor": "Acme", "models": ["*"], "version": "1.0", "name": "f.bin"}))
        }
        ("POST", "/stations/{id}/diagnostics") => Some(json!({"kind": "diagnostics"})),
        ("POST", "/tokens") => Some(json!({"uid": uuid::Uuid::new_v4().simple().to_string()})),
        ("POST", "/stations/{id}/password") => None,
        ("POST", "/stations/{id}/replace") => {
            Some(json!({"identity": format!("R-{}", uuid::Uuid::new_v4().simple())}))
        }
        // A file, which is sent otherwise.
        ("POST", "/stations/import") => None,
        ("POST", "/organisations/{id}/move") => {
            Some(json!({"parent_id": format!("org_{MISSING}")}))
        }
        ("POST", "/organisations/{id}/sub_organisations") => Some(json!({"name": "Below"})),
        ("PUT", "/organisations/{id}/modules") => Some(json!({"modules": []})),
        ("PUT", "/organisations/{id}/paid_modules/{module}") => Some(json!({"confirm": "solar"})),
        ("POST", "/keys") => {
            let until = chrono::Utc::now() + chrono::TimeDelta::days(1);
            let own = ["stations.list"];
            Some(json!({"name": "Key", "permissions": own, "expires_at": until}))
        }
        ("POST", "/alerts/acknowledge") => Some(json!({"ids": [format!("alr_{MISSING}")]})),
        ("POST", "/alerts/{id}/snooze") => {
            Some(json!({"until": chrono::Utc::now() + chrono::TimeDelta::hours(1)}))
        }
        ("POST", "/alerts/{id}/assign") => Some(json!({})),
        ("POST", path) if path.starts_with("/alerts/{id}/") => None,
        ("POST", "/alert_rules") => Some(json!({"kind": "offline"})),
        ("POST", "/maintenance") => {
            // Of a site that is not there: nothing is made.
            let to = chrono::Utc::now() + chrono::TimeDelta::hours(1);
            Some(json!({"site_id": format!("sit_{MISSING}"), "to": to}))
        }
        ("POST", "/webhooks") => Some(json!({"name": "Hook", "url": "https://example.org/"})),
        ("POST", "/webhooks/{id}/test") => None,
        ("POST", "/organisations/{id}/members/{user_id}/archive") => Some(json!({})),
        ("POST", "/organisations/{id}/invitations") => {
            Some(json!({"email": someone(), "roles": ["viewer"]}))
        }
        ("POST", "/sites/{id}/invitations") => Some(json!({"email": someone(), "level": "user"})),
        ("POST", path) if path.ends_with("/restore") || path.ends_with("/resend") => None,
        ("POST", path) if path.ends_with("/reset_second_factor") => None,
        ("PUT", "/sites/{id}/access/{user_id}") => Some(json!({"level": "user"})),
        ("POST", "/stations/{id}/lock/close" | "/stations/{id}/lock/presence/finish") => None,
        ("POST", "/stations/{id}/lock/unlock") => Some(json!({"password": "12345678"})),
        ("POST", "/stations/{id}/lock/puk") => Some(json!({"puk": "1234567890"})),
        ("POST", "/stations/{id}/lock/password") => Some(json!({"new": "12345678"})),
        ("POST", path) if path.contains("/lock") => Some(json!({})),
        ("POST", "/stations/{id}/settings/apply" | "/stations/{id}/settings/read") => None,
        ("PUT", "/stations/{id}/setting_template") => Some(json!({"template_id": null})),
        ("POST", "/setting_templates") => Some(json!({"name": "Template"})),
        ("POST", "/setting_templates/preview") => Some(json!({})),
        ("POST", "/views") => Some(json!({"name": "View", "list": "stations"})),
        ("POST", "/notifications/{id}/acknowledge" | "/saved_passwords/{id}/reveal") => None,
        ("POST", "/me/passkeys") => {
            Some(json!({"ceremony": "none", "name": "Key", "credential": {}}))
        }
        ("POST", "/me/passkeys/begin" | "/me/provider/begin" | "/me/confirm/passkey") => None,
        ("POST", "/me/totp/confirm") => Some(json!({"code": "none"})),
        ("POST", "/me/confirm") => Some(json!({"password": PASSWORD})),
        ("PUT", "/me/password") => Some(json!({"current": PASSWORD, "new": PASSWORD})),
        ("POST", "/jobs") => Some(json!({"kind": "command", "spec": {"type": "clear_cache"},
            "target": {"filter": {"q": "nobody is called so"}}})),
        ("POST", "/jobs/{id}/retry") => Some(json!({})),
        ("POST", path) if path.starts_with("/jobs/{id}/") => None,
        ("POST", "/me/totp" | "/me/recovery_codes" | "/me/logins/revoke_others" | "/logout") => {
            None
        }
        ("POST", _) => panic!("{path} has no case: give it a body here"),
        _ => None,
    }
}

/// Somebody with this role.
pub(crate) async fn member(product: &Product, data: &std::path::Path, role: &str) -> Person {
    let email = format!("{role}@example.org");
    let mut add = Command::new(program("busbar"))
        .args(["user", "create", &email, "--name", role, "--roles", role])
        .env("BUSBAR_DATA_DIR", data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = add.stdin.take().unwrap();
    input
        .write_all(format!("{PASSWORD}\n").as_bytes())
        .await
        .unwrap();
    drop(input);
    assert!(add.wait().await.unwrap().success());
    Person::sign_in(product.people, &email, PASSWORD)
        .await
        .unwrap()
}

/// The kinds of commands, what each needs, and parameters that are well formed.
fn kinds() -> Vec<(&'static str, &'static str, Value)> {
    let (control, configure) = ("stations.control", "stations.configure");
    let session = format!("ses_{MISSING}");
    vec![
        ("reset", control, json!({"kind": "soft"})),
        (
            "start_session",
            control,
            json!({"evse": 1, "token": "04A1"}),
        ),
        ("stop_session", control, json!({"session_id": session})),
        ("change_availability", control, json!({"operative": true})),
        ("unlock", control, json!({"evse": 1})),
        ("trigger", control, json!({"message": "heartbeat"})),
        ("read_variables", "station_settings.view", json!({})),
        ("clear_cache", control, json!({})),
        (
            "write_variables",
            configure,
            json!({"values": [{"variable": "HeartbeatInterval", "value": "300"}]}),
        ),
        ("request_report", configure, json!({"kind": "full"})),
        (
            "update_firmware",
            "stations.firmware",
            json!({"url": "https://example.org/firmware.bin"}),
        ),
    ]
}

/// Things of the organisation, by the first part of their path.
async fn furnish(ana: &mut Person) -> HashMap<&'static str, String> {
    let id = |added: &Value| added["id"].as_str().unwrap().to_owned();
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let mut add =
        async |path: &str, body: Value| ana.expect(201, "POST", path, Some(&body)).await.unwrap();
    let station = add("/stations", json!({"identity": "RIGHTS-1"})).await;
    let site = add(
        "/sites",
        json!({"name": "Here", "time_zone": "Europe/Berlin"}),
    )
    .await;
    let token = add("/tokens", json!({"uid": "04FFEE"})).await;
    let driver = add("/drivers", json!({"name": "Eva"})).await;
    HashMap::from([
        (
            "organisations",
            me["organisation"]["id"].as_str().unwrap().to_owned(),
        ),
        ("stations", id(&station["station"])),
        ("sites", id(&site)),
        ("tokens", id(&token)),
        ("drivers", id(&driver)),
    ])
}

struct Trial {
    role: &'static str,
    person: Person,
    own: HashMap<&'static str, String>,
    table: HashMap<(String, String), bool>,
    tried: usize,
}

impl Trial {
    fn may(&self, permission: &str) -> bool {
        self.table[&(self.role.to_owned(), permission.to_owned())]
    }

    async fn request(&mut self, method: &str, path: &str, body: Option<&Value>, right: &[u16]) {
        let answer = self.person.ask(method, path, body).await.unwrap();
        assert!(
            right.contains(&answer.status),
            "{}: {method} {path} is {} instead of {right:?}: {}",
            self.role,
            answer.status,
            answer.body
        );
        self.tried += 1;
    }

    /// A route that one permission decides: with a missing id, and with one of one's own where
    /// that changes nothing.
    async fn permission(&mut self, endpoint: &Endpoint, permission: &str) {
        let (method, path) = (endpoint.method, endpoint.path);
        let may = self.may(permission);
        let body = body(method, path);
        let noun = path.split('/').nth(1).unwrap_or_default();
        let prefix = match noun {
            "stations" | "saved_passwords" => "stn",
            "sites" => "sit",
            "sessions" => "ses",
            "tokens" => "tok",
            "drivers" => "drv",
            "organisations" => "org",
            "keys" => "key",
            "alerts" => "alr",
            "alert_rules" => "rul",
            "maintenance" => "mnt",
            "webhooks" => "whk",
            "firmware_files" => "fwf",
            "setting_templates" => "tpl",
            _ => "",
        };
        let filled = |id: &str| {
            let command = format!("cmd_{MISSING}");
            let path = path.replace("{id}", id).replace("{command}", &command);
            let path = path.replace("{token_id}", &format!("tok_{MISSING}"));
            let user = format!("usr_{MISSING}");
            path.replace("{user_id}", &user)
                .replace("{transfer_id}", &format!("trf_{MISSING}"))
                .replace("{module}", "solar")
        };
        if !path.contains("{id}") {
            let right: &[u16] = match (may, method, path) {
                (false, ..) => &[403],
                (true, "POST", "/maintenance") => &[422],
                (true, "POST", "/stations/import") => &[415],
                (true, ..) => &[200, 201, 204],
            };
            return self.request(method, path, body.as_ref(), right).await;
        }
        let right: &[u16] = if may { &[404] } else { &[403] };
        let missing = filled(&format!("{prefix}_{MISSING}"));
        self.request(method, &missing, body.as_ref(), right).await;
        let Some(id) = self.own.get(noun).filter(|_| method != "DELETE") else {
            return;
        };
        let right: &[u16] = match (may, path) {
            (false, _) => &[403],
            (true, "/stations/{id}/ocpp" | "/stations/{id}/settings/read") => &[503],
            (true, "/stations/{id}/diagnostics") if method == "POST" => &[503],
            // Nothing is changed blindly.
            (true, "/stations/{id}/settings") if method == "PATCH" => &[428],
            (true, "/stations/{id}/settings/apply") => &[202],
            // It is not connected, and so not locked.
            (true, "/stations/{id}/lock") if method == "POST" => &[503],
            (true, "/stations/{id}/lock") if method == "GET" => &[200],
            (true, "/stations/{id}/lock/puk")
            | (true, "/stations/{id}/lock/presence" | "/stations/{id}/lock/presence/finish")
                if self.role != "administrator" =>
            {
                &[403]
            }
            (true, path) if path.starts_with("/stations/{id}/lock") => &[409],
            (true, _)
                if path.contains("{command}")
                    || path.contains("{user_id}")
                    || path.contains("{transfer_id}")
                    || path.contains("{token_id}") =>
            {
                &[404]
            }
            // One's own organisation is not below itself, and its modules are another's to give.
            (true, "/organisations/{id}/move") => &[404],
            (true, _) if path.contains("modules") => &[403],
            (true, _) => &[200, 201],
        };
        let own = filled(id);
        self.request(method, &own, body.as_ref(), right).await;
    }

    /// Alerts: what one is about decides; one that is not there looks so to whoever handles any.
    async fn alert(&mut self, endpoint: &Endpoint) {
        let (method, path) = (endpoint.method, endpoint.path);
        let Need::ByKind(needed) = endpoint.need else {
            panic!("{path} is no route by kind");
        };
        let may = needed.iter().any(|permission| self.may(permission.key()));
        let right = if may { 404 } else { 403 };
        let missing = path.replace("{id}", &format!("alr_{MISSING}"));
        let body = body(method, path);
        self.request(method, &missing, body.as_ref(), &[right])
            .await;
    }

    /// Views: for whoever sees one of the lists; to share one is a right of its own.
    async fn views(&mut self, endpoint: &Endpoint) {
        let (method, path) = (endpoint.method, endpoint.path);
        let may = self.may("stations.list") || self.may("sessions.view");
        let body = body(method, path);
        if path.contains("{id}") {
            let missing = path.replace("{id}", &format!("vew_{MISSING}"));
            let right = if may { 404 } else { 403 };
            return self
                .request(method, &missing, body.as_ref(), &[right])
                .await;
        }
        let right: u16 = match (may, method) {
            (false, _) => 403,
            (true, "POST") => 201,
            (true, _) => 200,
        };
        self.request(method, path, body.as_ref(), &[right]).await;
        if method == "POST" {
            let shared = json!({"name": "Shared", "list": "stations", "shared": true});
            let right = if self.may("stations.edit") { 201 } else { 403 };
            self.request(method, path, Some(&shared), &[right]).await;
        }
    }

    /// Commands: the kind in the body decides.
    async fn commands(&mut self) {
        let own = self.own["stations"].clone();
        for (kind, permission, params) in kinds() {
            let may = self.may(permission);
            let body = json!({"type": kind, "params": params});
            let missing = format!("/stations/stn_{MISSING}/commands");
            let right: &[u16] = if may { &[404] } else { &[403] };
            self.request("POST", &missing, Some(&body), right).await;
            // The station of one's own is offline; the session to stop is a missing one.
            let path = format!("/stations/{own}/commands");
            let right: &[u16] = match (may, kind) {
                (false, _) => &[403],
                (true, "stop_session") => &[422],
                (true, _) => &[503],
            };
            self.request("POST", &path, Some(&body), right).await;
        }
    }

    /// Jobs: what they do decides who makes them, and whoever could make one sees them.
    async fn jobs(&mut self, endpoint: &Endpoint) {
        let (method, path) = (endpoint.method, endpoint.path);
        let batches = ["control", "firmware", "configure", "edit"];
        let any = batches.map(|kind| self.may(&format!("stations.{kind}.batch")));
        let sees = any.contains(&true);
        if path.contains("{id}") {
            let missing = path.replace("{id}", &format!("job_{MISSING}"));
            let right: &[u16] = if sees { &[404] } else { &[403] };
            let body = body(method, path);
            return self.request(method, &missing, body.as_ref(), right).await;
        }
        if method == "GET" {
            let right: &[u16] = if sees { &[200] } else { &[403] };
            return self.request(method, path, None, right).await;
        }
        let command =
            |kind: &str, params: &Value| ("command", json!({"type": kind, "params": params}));
        let firmware = json!({"url": "https://example.org/firmware.bin"});
        let state = json!({"admin_state": "in_service"});
        let mut kinds: Vec<_> = kinds()
            .into_iter()
            .map(|(kind, single, params)| {
                let many = match single {
                    "station_settings.view" => "stations.configure.batch".to_owned(),
                    single => format!("{single}.batch"),
                };
                let (of, spec) = command(kind, &params);
                (of, spec, vec![single.to_owned(), many])
            })
            .collect();
        let both = |kind: &str| vec![format!("stations.{kind}"), format!("stations.{kind}.batch")];
        kinds.push(("firmware", firmware, both("firmware")));
        kinds.push(("archive", json!({}), both("edit")));
        let mut edit = both("edit");
        edit.push("stations.admin_state.edit".to_owned());
        kinds.push(("edit", state, edit));
        for (kind, spec, needs) in kinds {
            let may = needs.iter().all(|permission| self.may(permission));
            let single = matches!(
                spec["type"].as_str(),
                Some("start_session" | "stop_session")
            );
            for dry in [true, false] {
                let body = json!({"kind": kind, "spec": spec, "dry_run": dry,
                    "target": {"filter": {"q": "nobody is called so"}}});
                // Nobody is like that: nothing to look at, and nothing to make.
                let right: &[u16] = match (may, single, dry) {
                    (false, ..) => &[403],
                    (true, false, true) => &[200],
                    (true, ..) => &[422],
                };
                self.request(method, path, Some(&body), right).await;
            }
        }
    }

    /// An organisation and its modules: one's own, and none that is not there.
    async fn organisation(&mut self, path: &str) {
        let own = self.own["organisations"].clone();
        let cases = [
            (own, "organisation.view", 200),
            (format!("org_{MISSING}"), "reseller.view", 404),
        ];
        for (id, permission, found) in cases {
            let right = if self.may(permission) { found } else { 403 };
            let path = path.replace("{id}", &id);
            self.request("GET", &path, None, &[right]).await;
        }
    }

    /// Organisations below one's own: the body decides.
    async fn sub_organisations(&mut self) {
        let own = self.own["organisations"].clone();
        let bodies = [
            ("reseller.create_similar", json!({"name": "Similar"})),
            (
                "reseller.create_custom",
                json!({"name": "Custom", "modules": ["Station management/Find"]}),
            ),
        ];
        for (permission, body) in bodies {
            for (id, done) in [(&own, 201), (&format!("org_{MISSING}"), 404)] {
                let right = if self.may(permission) { done } else { 403 };
                let path = format!("/organisations/{id}/sub_organisations");
                self.request("POST", &path, Some(&body), &[right]).await;
            }
        }
    }

    /// Inviting: the role in the body decides; a member and an invitation that are not there look
    /// so for whoever sees the team.
    async fn team(&mut self, endpoint: &Endpoint) {
        let own = self.own["organisations"].clone();
        let missing = format!("org_{MISSING}");
        let below = if self.may("reseller.invite") {
            404
        } else {
            403
        };
        match (endpoint.method, endpoint.path) {
            ("GET", "/organisations/{id}/invitations") => {
                let sees = if self.may("team.members.view") {
                    200
                } else {
                    403
                };
                let resells = if self.may("reseller.invite") {
                    200
                } else {
                    403
                };
                for (org, purpose, right) in [
                    (&own, "member", sees),
                    (&own, "organisation", resells),
                    (&missing, "member", below),
                    (&missing, "organisation", below),
                ] {
                    let path = format!("/organisations/{org}/invitations?purpose={purpose}");
                    self.request("GET", &path, None, &[right]).await;
                }
            }
            ("POST", "/organisations/{id}/invitations") => {
                for role in ROLES {
                    let may = match role {
                        "administrator" | "paid_module_activator" => self.role == "administrator",
                        role => self.may(&format!("team.invite.{role}")),
                    };
                    let body = json!({"email": someone(), "roles": [role]});
                    let path = format!("/organisations/{own}/invitations");
                    let right = if may { 201 } else { 403 };
                    self.request("POST", &path, Some(&body), &[right]).await;
                    let path = format!("/organisations/{missing}/invitations");
                    self.request("POST", &path, Some(&body), &[below]).await;
                }
                let body = json!({"email": someone(), "purpose": "organisation"});
                let path = format!("/organisations/{own}/invitations");
                let right = if self.may("reseller.invite") {
                    201
                } else {
                    403
                };
                self.request("POST", &path, Some(&body), &[right]).await;
            }
            (method, path) => {
                let body = body(method, path);
                let filled = path
                    .replace("{user_id}", &format!("usr_{MISSING}"))
                    .replace("{invitation_id}", &format!("inv_{MISSING}"));
                let sees = if self.may("team.members.view") {
                    404
                } else {
                    403
                };
                let own = filled.replace("{id}", &own);
                self.request(method, &own, body.as_ref(), &[sees]).await;
                let elsewhere = if path.contains("{user_id}") {
                    sees
                } else {
                    below
                };
                let missing = filled.replace("{id}", &missing);
                self.request(method, &missing, body.as_ref(), &[elsewhere])
                    .await;
            }
        }
    }

    /// What everybody may who is signed in.
    async fn signed_in(&mut self, endpoint: &Endpoint) {
        match (endpoint.method, endpoint.path) {
            // A stream leaves out what one may not see, and is refused when nothing is left.
            ("GET", "/events") => {
                for (topic, permission) in TOPICS {
                    let too = TOPIC_TOO.0 == topic && self.may(TOPIC_TOO.1);
                    let right = if self.may(permission) || too {
                        200
                    } else {
                        403
                    };
                    let path = format!("/events?topics={topic}");
                    let status = self.person.knock(&path).await.unwrap();
                    assert_eq!(status, right, "{}: {path}", self.role);
                    self.tried += 1;
                }
                let any = TOPICS.iter().any(|(_, permission)| self.may(permission));
                let right = if any { 200 } else { 403 };
                let status = self.person.knock("/events").await.unwrap();
                assert_eq!(status, right, "{}: /events", self.role);
                self.tried += 1;
            }
            ("GET", "/me" | "/roles" | "/notifications" | "/me/passkeys") => {
                self.request("GET", endpoint.path, None, &[200]).await;
            }
            ("POST", "/me/confirm/passkey") => {
                self.request("POST", endpoint.path, None, &[200]).await;
            }
            // There is no identity provider here.
            ("DELETE", "/me/provider") => {
                self.request("DELETE", endpoint.path, None, &[409]).await;
            }
            ("DELETE", "/me/passkeys/{id}") => {
                let missing = format!("/me/passkeys/pky_{MISSING}");
                self.request("DELETE", &missing, None, &[404]).await;
            }
            ("GET", "/me/factors" | "/me/logins") => {
                self.request("GET", endpoint.path, None, &[200]).await;
            }
            ("PUT", "/me/organisation") => {
                let own = self.own["organisations"].clone();
                for (id, right) in [(own, 200), (format!("org_{MISSING}"), 404)] {
                    let body = json!({"organisation_id": id});
                    self.request("PUT", endpoint.path, Some(&body), &[right])
                        .await;
                }
            }
            ("GET", "/organisations/{id}/members/{user_id}/reasons") => {
                let me = self.person.expect(200, "GET", "/me", None).await.unwrap();
                let (own, user) = (&self.own["organisations"], &me["user"]["id"]);
                let asked = "reasons?permission=sites.edit";
                let mine = format!(
                    "/organisations/{own}/members/{}/{asked}",
                    user.as_str().unwrap()
                );
                let nobody = format!("/organisations/{own}/members/usr_{MISSING}/{asked}");
                let right = if self.may("team.members.view") {
                    404
                } else {
                    403
                };
                self.request("GET", &mine, None, &[200]).await;
                self.request("GET", &nobody, None, &[right]).await;
            }
            ("POST", "/notifications/{id}/acknowledge") => {
                let missing = format!("/notifications/nfn_{MISSING}/acknowledge");
                self.request("POST", &missing, None, &[404]).await;
            }
            ("DELETE", "/saved_passwords/{id}") => {
                let missing = format!("/saved_passwords/stn_{MISSING}");
                self.request("DELETE", &missing, None, &[404]).await;
            }
            ("DELETE", "/me/logins/{id}") => {
                let missing = format!("/me/logins/lgn_{MISSING}");
                self.request("DELETE", &missing, None, &[404]).await;
            }
            // One's own account is one's own in every role.
            (method, path) if path == "/me" || path.starts_with("/me/") => {
                let right = match (method, path) {
                    // None is configured here; told in a story of its own.
                    (_, "/me/provider/begin") => 409,
                    (_, "/me" | "/me/passkeys/begin") | ("POST", "/me/totp") => 200,
                    (_, "/me/recovery_codes" | "/me/passkeys") => 409,
                    (_, "/me/totp/confirm") => 422,
                    _ => 204,
                };
                let body = body(method, path);
                self.request(method, path, body.as_ref(), &[right]).await;
            }
            // The last request of each trial.
            ("POST", "/logout") => {}
            (method, path) => panic!("{method} {path} has no case: give it one here"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_does_for_every_role_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let own = furnish(&mut ana).await;
    let mut tried = 0;
    for role in ROLES {
        let mut trial = Trial {
            role,
            person: member(&product, folder.path(), role).await,
            own: own.clone(),
            table: table(),
            tried: 0,
        };
        for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
            match (endpoint.need, endpoint.path) {
                (Need::Permission(permission), _) => {
                    trial.permission(endpoint, permission.key()).await;
                }
                (Need::ByKind(_), "/stations/{id}/commands") => trial.commands().await,
                (Need::ByKind(_), path) if path.starts_with("/jobs") => trial.jobs(endpoint).await,
                (Need::ByKind(_), path) if path.starts_with("/views") => {
                    trial.views(endpoint).await
                }
                (Need::ByKind(_), path) if path.starts_with("/alerts/{id}") => {
                    trial.alert(endpoint).await;
                }
                (Need::ByKind(_), "/organisations/{id}/sub_organisations") => {
                    trial.sub_organisations().await;
                }
                (Need::ByKind(_), path)
                    if path.contains("/members") || path.contains("/invitations") =>
                {
                    trial.team(endpoint).await;
                }
                (Need::ByKind(_), path) if path.starts_with("/organisations/{id}") => {
                    trial.organisation(path).await;
                }
                (Need::SignedIn, _) => trial.signed_in(endpoint).await,
                // The way in, told in every story and closed once somebody came through it.
                (Need::Open, "/setup" | "/login" | "/login/second_factor") => {}
                (Need::Open, path) if path.starts_with("/login/passkey") => {}
                (Need::Open, path) if path.starts_with("/login/provider") => {}
                // For people with a mailed link, told in stories of their own.
                (Need::Open, "/register" | "/activate") => {}
                (Need::Open, path)
                    if path.starts_with("/invitations/") || path.starts_with("/password/") => {}
                (_, path) => panic!("{path} has no case: give it one here"),
            }
        }
        trial.request("POST", "/logout", None, &[204]).await;
        trial.request("GET", "/me", None, &[401]).await;
        tried += trial.tried;
    }
    println!("{tried} requests answered as the table says");
    assert!(tried > 400, "only {tried} were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_nothing_but_the_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    product.administrator().await.unwrap();
    let mut stranger = Person::stranger(product.people);
    for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
        if endpoint.need == Need::Open {
            continue;
        }
        let path = endpoint
            .path
            .replace("{id}", "stn_1")
            .replace("{command}", "cmd_1");
        let body = match (endpoint.method, endpoint.path) {
            ("POST", "/stations/{id}/commands") => Some(json!({"type": "clear_cache"})),
            ("POST", "/logout") | ("PUT", "/me/organisation") => None,
            (method, path) => body(method, path),
        };
        let answer = stranger
            .ask(endpoint.method, &path, body.as_ref())
            .await
            .unwrap();
        assert_eq!(answer.status, 401, "{} {}", endpoint.method, endpoint.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_about_as_a_role_sees_what_it_sees_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let station = json!({"identity": "VIEWED-1"});
    ana.expect(201, "POST", "/stations", Some(&station))
        .await
        .unwrap();
    for role in ROLES {
        let mut one = member(&product, folder.path(), role).await;
        let mut as_role = ana.viewing_as(role);
        let real = one.expect(200, "GET", "/me", None).await.unwrap();
        let seen = as_role.expect(200, "GET", "/me", None).await.unwrap();
        assert_eq!(seen["permissions"], real["permissions"], "{role}");
        assert_eq!(
            (&seen["viewed_as"], &real["viewed_as"]),
            (&json!(role), &Value::Null)
        );
        // Each list answers alike, and so does the stream.
        for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
            if endpoint.method != "GET" || endpoint.path.contains('{') {
                continue;
            }
            if endpoint.path == "/events" {
                let status = one.knock("/events").await.unwrap();
                assert_eq!(as_role.knock("/events").await.unwrap(), status, "{role}");
                continue;
            }
            let right = one.ask("GET", endpoint.path, None).await.unwrap().status;
            let told = as_role
                .ask("GET", endpoint.path, None)
                .await
                .unwrap()
                .status;
            assert_eq!(told, right, "{role}: {}", endpoint.path);
        }
        let site = json!({"name": "Yard"});
        let refused = as_role.ask("POST", "/sites", Some(&site)).await.unwrap();
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (403, &json!("viewing_as"))
        );
    }
    // Nobody gains by it, and nonsense changes nothing.
    let mut viewer = Person::sign_in(product.people, "viewer@example.org", PASSWORD)
        .await
        .unwrap();
    let own = viewer.expect(200, "GET", "/me", None).await.unwrap();
    for role in ["administrator", "driver_manager", "emperor"] {
        let seen = viewer
            .viewing_as(role)
            .expect(200, "GET", "/me", None)
            .await
            .unwrap();
        assert_eq!(seen, own, "{role}");
    }
    assert!(ana.all("/sites").await.unwrap().is_empty());
}
