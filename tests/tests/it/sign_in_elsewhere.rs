//! Signing in at an identity provider: accounts found, made and linked, roles by its claim, showing
//! again who one is, and whatever it should not be believed.

use std::path::Path;

use busbar_tests::http::{Answer, Person};
use busbar_tests::product::{PASSWORD, Product, program};
use serde_json::{Value, json};

use crate::provider::{Lie, Provider, SECRET};
use crate::stage::totp;

/// A Busbar that trusts a provider.
struct House {
    folder: tempfile::TempDir,
    product: Product,
    provider: Provider,
    ana: Person,
}

impl House {
    async fn set() -> Self {
        let (folder, provider) = (tempfile::tempdir().unwrap(), Provider::start().await);
        let file = folder.path().join("busbar.toml");
        std::fs::write(&file, provider.settings()).unwrap();
        let more = [
            ("BUSBAR_CONFIG", file.to_str().unwrap()),
            ("BUSBAR_OIDC_CLIENT_SECRET", SECRET),
        ];
        let product = Product::start(folder.path(), &more).await.unwrap();
        let ana = product.administrator().await.unwrap();
        Self {
            folder,
            product,
            provider,
            ana,
        }
    }

    fn stranger(&self) -> Person {
        Person::stranger(self.product.people)
    }

    /// Goes to the provider, signs in there as somebody with these claims, and comes back.
    async fn back(&self, claims: &Value) -> Value {
        let (mut person, begin) = (self.stranger(), "/login/provider/begin");
        let begun = person.expect(200, "POST", begin, None);
        let begun = begun.await.unwrap();
        let (state, code) = self
            .provider
            .approve(begun["url"].as_str().unwrap(), claims);
        json!({"ceremony": begun["ceremony"], "state": state, "code": code})
    }

    async fn enter(&self, claims: &Value) -> (Person, Answer) {
        let (back, mut person) = (self.back(claims).await, self.stranger());
        let answer = person.ask("POST", "/login/provider", Some(&back)).await;
        (person, answer.unwrap())
    }

    async fn entered(&self, claims: &Value) -> (Person, Value) {
        let (person, answer) = self.enter(claims).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (person, answer.body["me"].clone())
    }

    async fn refused(&self, claims: &Value, status: u16, code: &str) {
        let (mut person, answer) = self.enter(claims).await;
        let said = (answer.status, answer.body["code"].as_str());
        assert_eq!(said, (status, Some(code)), "{}", answer.body);
        person.expect(401, "GET", "/me", None).await.unwrap();
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn claims(subject: &str, groups: &[&str]) -> Value {
    json!({"sub": subject, "email": format!("{subject}@acme.example"), "email_verified": true,
        "name": subject, "realm": {"groups": groups},
        "auth_time": chrono::Utc::now().timestamp()})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_says_who_somebody_is_and_what_they_may_do() {
    let mut house = House::set().await;
    let state = house.stranger().expect(200, "GET", "/setup", None).await;
    assert_eq!(state.unwrap()["identity_provider"], "Acme");
    // Nobody without a role gets an account.
    let unknown = "provider_unknown_person";
    house.refused(&claims("kim", &[]), 403, unknown).await;
    house
        .refused(&claims("kim", &["strangers"]), 403, unknown)
        .await;
    let (mut kim, me) = house.entered(&claims("kim", &["desk", "strangers"])).await;
    assert_eq!(me["roles"], json!(["financial_support", "viewer"]));
    assert_eq!(me["has_password"], false);
    assert_eq!(me["identity_provider"], "Acme");
    assert_eq!(me["user"]["email"], "kim@acme.example");
    // What a token leaves out is asked for.
    let small = json!({"sub": "kim", "asked:email": "kim@acme.example",
        "asked:email_verified": true, "asked:name": "Kim", "asked:realm": {"groups": ["admins"]}});
    let (_, again) = house.entered(&small).await;
    assert_eq!(again["user"]["id"], me["user"]["id"]);
    assert_eq!(again["roles"], json!(["administrator"]));
    // The login of before has the roles of now.
    let now = kim.expect(200, "GET", "/me", None).await.unwrap();
    assert_eq!(now["roles"], json!(["administrator"]));
    // Here the roles are not changed by hand.
    let (org, id) = (me["organisation"]["id"].as_str(), me["user"]["id"].as_str());
    let member = format!("/organisations/{}/members/{}", org.unwrap(), id.unwrap());
    let seen = house.ana.expect(200, "GET", &member, None).await.unwrap();
    assert_eq!(seen["roles_provided"], true);
    let body = json!({"roles": ["technician"]});
    let any = [("If-Match", "*")];
    let kept = house.ana.ask_with("PATCH", &member, &any, Some(&body));
    let kept = kept.await.unwrap();
    assert_eq!(kept.status, 409, "{}", kept.body);
    assert_eq!(kept.body["code"], "roles_provided");
    // No role any more: nobody here, on every device.
    house
        .refused(&claims("kim", &[]), 403, "provider_no_role")
        .await;
    kim.expect(401, "GET", "/me", None).await.unwrap();
    // A password never was, and none is mailed.
    let (mut stranger, email) = (house.stranger(), "kim@acme.example");
    for password in ["", "x", PASSWORD] {
        let body = json!({"email": email, "password": password});
        let no = stranger.ask("POST", "/login", Some(&body)).await.unwrap();
        assert!(no.status == 401 || no.status == 429, "{}", no.body);
    }
    let ask = json!({"email": email});
    let asked = stranger.expect(202, "POST", "/password/ask", Some(&ask));
    asked.await.unwrap();
    let outbox = house.folder().join("outbox");
    let mails = std::fs::read_dir(outbox).map_or(0, Iterator::count);
    assert_eq!(mails, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_linked_by_an_address_that_the_provider_vouches_for() {
    let mut house = House::set().await;
    let mut claims = claims("ana", &["admins"]);
    claims["email"] = json!("Ana@Example.org");
    claims["email_verified"] = json!(false);
    house.refused(&claims, 403, "provider_no_address").await;
    claims["email_verified"] = json!(true);
    let own = house.ana.expect(200, "GET", "/me", None).await.unwrap();
    let (_, me) = house.entered(&claims).await;
    assert_eq!(me["user"]["id"], own["user"]["id"]);
    assert_eq!(me["has_password"], true);
    // From now on the provider's own name for her counts, whatever the address.
    claims["email"] = json!("married@acme.example");
    let (_, me) = house.entered(&claims).await;
    assert_eq!(me["user"]["id"], own["user"]["id"]);
    // And somebody else with her address there is not her.
    let mut other = claims.clone();
    other["sub"] = json!("eve");
    other["realm"] = json!({"groups": ["desk"]});
    let (_, eve) = house.entered(&other).await;
    assert_ne!(eve["user"]["id"], own["user"]["id"]);
    // The last one who administers goes on, whatever the provider says.
    claims["realm"] = json!({"groups": []});
    let (_, me) = house.entered(&claims).await;
    assert_eq!(me["roles"], json!(["administrator"]));
    // A second factor that she set up here is asked for there too.
    let seed = house.ana.expect(200, "POST", "/me/totp", None).await;
    let code = totp(seed.unwrap()["secret"].as_str().unwrap());
    let body = json!({"code": code});
    let set = house
        .ana
        .expect(200, "POST", "/me/totp/confirm", Some(&body));
    set.await.unwrap();
    let (mut person, waits) = house.enter(&claims).await;
    assert_eq!(waits.status, 202, "{}", waits.body);
    assert!(waits.body["challenge"].is_string());
    person.expect(401, "GET", "/me", None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_was_never_proved_gives_nobody_a_way_in() {
    let mut house = House::set().await;
    let me = house.ana.expect(200, "GET", "/me", None).await.unwrap();
    let org = me["organisation"]["id"].as_str().unwrap();
    let invite = json!({"email": "lee@acme.example", "roles": ["viewer"]});
    let path = format!("/organisations/{org}/invitations");
    house
        .ana
        .expect(201, "POST", &path, Some(&invite))
        .await
        .unwrap();
    // Somebody else knows of the invitation, and chooses a password first.
    let body = json!({"email": "lee@acme.example", "name": "Lee", "password": PASSWORD});
    let mut thief = house.stranger();
    thief
        .expect(202, "POST", "/register", Some(&body))
        .await
        .unwrap();
    let (_, me) = house.entered(&claims("lee", &["desk"])).await;
    assert_eq!(me["has_password"], false);
    let body = json!({"email": "lee@acme.example", "password": PASSWORD});
    thief
        .expect(401, "POST", "/login", Some(&body))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_believed_opens_nothing() {
    let house = House::set().await;
    let kim = claims("kim", &["desk"]);
    for lie in [
        Lie::Nonce,
        Lie::Audience,
        Lie::Party,
        Lie::Issuer,
        Lie::Expired,
        Lie::Unsigned,
        Lie::Forged,
        Lie::Shared,
        Lie::AccessToken,
    ] {
        house.provider.lie(lie);
        let (mut person, answer) = house.enter(&kim).await;
        let said = (answer.status, answer.body["code"].as_str());
        assert_eq!(said, (401, Some("provider_refused")), "{lie:?}");
        person.expect(401, "GET", "/me", None).await.unwrap();
    }
    // Asked for more, it tells of somebody else.
    house.provider.lie(Lie::Subject);
    let small = json!({"sub": "kim", "asked:email": "ana@example.org",
        "asked:email_verified": true, "asked:realm": {"groups": ["admins"]}});
    house.refused(&small, 401, "provider_refused").await;
    // It speaks no OpenID Connect any more.
    for lie in [Lie::Redirect, Lie::Flood] {
        house.provider.lie(lie);
        house.refused(&kim, 503, "identity_provider_away").await;
    }
    house.provider.lie(Lie::None);
    // Another state, another browser's secret, a code of another sign-in, and all twice.
    let refused = async |body: &Value| {
        let mut person = house.stranger();
        let answer = person.ask("POST", "/login/provider", Some(body)).await;
        let answer = answer.unwrap();
        let said = (answer.status, answer.body["code"].as_str());
        assert_eq!(said, (401, Some("provider_refused")), "{}", answer.body);
    };
    for field in ["state", "ceremony", "code"] {
        let (one, two) = (house.back(&kim).await, house.back(&kim).await);
        let mut mixed = one.clone();
        mixed[field] = two[field].clone();
        refused(&mixed).await;
        // One try is all there is.
        let spoiled = if field == "ceremony" { two } else { one };
        refused(&spoiled).await;
    }
    let back = house.back(&kim).await;
    let mut person = house.stranger();
    person
        .expect(200, "POST", "/login/provider", Some(&back))
        .await
        .unwrap();
    refused(&back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_stops_nobody_and_a_wrong_organisation_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("busbar.toml");
    let more = [("BUSBAR_CONFIG", file.to_str().unwrap())];
    let oidc = "[oidc]\nissuer = \"http://localhost:9\"\nclient_id = \"busbar\"\n";
    std::fs::write(&file, oidc).unwrap();
    let product = Product::start(folder.path(), &more).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    ana.expect(200, "GET", "/me", None).await.unwrap();
    let mut stranger = Person::stranger(product.people);
    let begin = "/login/provider/begin";
    let away = stranger.expect(503, "POST", begin, None).await.unwrap();
    assert_eq!(away["code"], "identity_provider_away");
    let told = tokio::process::Command::new(program("busbar"))
        .args(["doctor", "--json"])
        .env("BUSBAR_DATA_DIR", folder.path())
        .env("BUSBAR_CONFIG", &file)
        .output();
    let told: Value = serde_json::from_slice(&told.await.unwrap().stdout).unwrap();
    let mut checks = told["checks"].as_array().unwrap().iter();
    let of_provider = checks.find(|check| check["check"] == "oidc.issuer");
    assert_eq!(of_provider.unwrap()["ok"], false, "{told}");
    product.kill().await.unwrap();
    let wrong = format!("{oidc}organisation = \"org_01a00000000070008000000000000000\"\n");
    std::fs::write(&file, wrong).unwrap();
    let start = tokio::process::Command::new(program("busbar"))
        .arg("serve")
        .env("BUSBAR_DATA_DIR", folder.path())
        .env("BUSBAR_CONFIG", &file)
        .output();
    let start = start.await.unwrap();
    let said = String::from_utf8(start.stderr).unwrap();
    assert!(
        !start.status.success() && said.contains("oidc.organisation"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_one_is_is_shown_again_where_one_signed_in() {
    let house = House::set().await;
    // Signed in there yesterday: enough to come in, and not for dangerous deeds.
    let mut kim = claims("kim", &["admins"]);
    kim["auth_time"] = json!(chrono::Utc::now().timestamp() - 86_400);
    let (mut person, _) = house.entered(&kim).await;
    let grave = "/me/passkeys/begin";
    let no = person.ask("POST", grave, None).await.unwrap();
    assert_eq!(
        (no.status, no.body["code"].as_str()),
        (403, Some("step_up_needed"))
    );
    let confirm = async |person: &mut Person, claims: &Value| {
        let begun = person.expect(200, "POST", "/me/provider/begin", None).await;
        let begun = begun.unwrap();
        let page = begun["url"].as_str().unwrap();
        assert!(
            page.contains("prompt=login") && page.contains("max_age=0"),
            "{page}"
        );
        let (state, code) = house.provider.approve(page, claims);
        let back = json!({"ceremony": begun["ceremony"], "state": state, "code": code});
        // It is of no use for signing in.
        let mut other = house.stranger();
        let entered = other.ask("POST", "/login/provider", Some(&back)).await;
        assert_eq!(entered.unwrap().status, 401);
        person
            .ask("POST", "/me/confirm", Some(&json!({"provider": back})))
            .await
            .unwrap()
    };
    // The provider did not ask anew, or somebody else sat down.
    let fresh = claims("kim", &["admins"]);
    let (_, _) = house.entered(&claims("lee", &["desk"])).await;
    for wrong in [&kim, &claims("lee", &["desk"]), &claims("eve", &[])] {
        let answer = confirm(&mut person, wrong).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/provider");
        person.expect(403, "POST", grave, None).await.unwrap();
    }
    let answer = confirm(&mut person, &fresh).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    person.expect(200, "POST", grave, None).await.unwrap();
    // Signed in there this moment: enough.
    let (mut person, _) = house.entered(&fresh).await;
    person.expect(200, "POST", grave, None).await.unwrap();
}
