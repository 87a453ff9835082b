//! Passkeys: made once, enough to sign in, and worth nothing when they are replayed, foreign, made
//! for another page, or removed.

use busbar_tests::http::Person;
use serde_json::{Value, json};

use crate::authenticator::{Authenticator, ORIGIN};
use crate::stage::Stage;

async fn begun(person: &mut Person, path: &str) -> Value {
    person.expect(200, "POST", path, None).await.unwrap()
}

async fn made(person: &mut Person) -> (Authenticator, Value) {
    let asked = begun(person, "/me/passkeys/begin").await;
    let choice = &asked["options"]["publicKey"]["authenticatorSelection"];
    assert_eq!(choice["residentKey"], "required");
    assert_eq!(choice["userVerification"], "required");
    let (device, credential) = Authenticator::create(&asked["options"], ORIGIN);
    let body = json!({"ceremony": asked["ceremony"], "name": "Phone", "credential": credential});
    let kept = person
        .expect(201, "POST", "/me/passkeys", Some(&body))
        .await;
    // It opens once.
    let again = person
        .ask("POST", "/me/passkeys", Some(&body))
        .await
        .unwrap();
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &json!("ceremony_over"))
    );
    (device, kept.unwrap())
}

async fn shown(stage: &Stage, device: &mut Authenticator, origin: &str) -> (Person, Value) {
    let mut stranger = Person::stranger(stage.people());
    let asked = begun(&mut stranger, "/login/passkey/begin").await;
    let body = json!({"ceremony": asked["ceremony"],
        "credential": device.get(&asked["options"], origin)});
    (stranger, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_once_for_each_ceremony() {
    let mut stage = Stage::set().await;
    let (mut device, kept) = made(&mut stage.ana).await;
    let (mut ana, body) = shown(&stage, &mut device, ORIGIN).await;
    let entered = ana
        .expect(200, "POST", "/login/passkey", Some(&body))
        .await
        .unwrap();
    assert_eq!(entered["recovery_codes_left"], Value::Null);
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    assert_eq!(me["user"]["id"], entered["me"]["user"]["id"]);
    let list = ana.all("/me/passkeys").await.unwrap();
    assert!(list[0]["used_at"].is_string(), "{list:?}");
    // It shows again who she is, once; a sign-in is not taken for that, nor somebody else's passkey.
    let asked = begun(&mut ana, "/me/confirm/passkey").await;
    let said = |ceremony: &Value, credential: Value| json!({"passkey": {"ceremony": ceremony, "credential": credential}});
    let right = said(&asked["ceremony"], device.get(&asked["options"], ORIGIN));
    ana.expect(204, "POST", "/me/confirm", Some(&right))
        .await
        .unwrap();
    let mut bo = stage.member("technician").await;
    let hers = begun(&mut ana, "/me/confirm/passkey").await;
    let his = begun(&mut bo, "/me/confirm/passkey").await;
    let sign_in = begun(&mut ana, "/login/passkey/begin").await;
    let used = right;
    let of_sign_in = said(
        &sign_in["ceremony"],
        device.get(&sign_in["options"], ORIGIN),
    );
    let of_hers = said(&hers["ceremony"], device.get(&hers["options"], ORIGIN));
    let of_his = said(&his["ceremony"], device.get(&his["options"], ORIGIN));
    for (by_ana, wrong) in [
        (true, used),
        (true, of_sign_in),
        (false, of_hers),
        (false, of_his),
    ] {
        let person = if by_ana { &mut ana } else { &mut bo };
        let answer = person
            .ask("POST", "/me/confirm", Some(&wrong))
            .await
            .unwrap();
        assert_eq!(answer.status, 422, "{}", answer.body);
    }
    // The same answer again, from whoever overheard it.
    let mut thief = Person::stranger(stage.people());
    let replayed = thief
        .ask("POST", "/login/passkey", Some(&body))
        .await
        .unwrap();
    assert_eq!(
        (replayed.status, &replayed.body["code"]),
        (401, &json!("invalid_passkey"))
    );
    // One made for another page that looks like ours.
    let (mut fooled, body) = shown(&stage, &mut device, "http://localhost.example:8080").await;
    let phished = fooled
        .ask("POST", "/login/passkey", Some(&body))
        .await
        .unwrap();
    assert_eq!(phished.status, 401, "{}", phished.body);
    // One that nobody here has.
    let asked = begun(&mut stage.ana, "/me/passkeys/begin").await;
    let (mut foreign, _) = Authenticator::create(&asked["options"], ORIGIN);
    let (mut nobody, body) = shown(&stage, &mut foreign, ORIGIN).await;
    let unknown = nobody
        .ask("POST", "/login/passkey", Some(&body))
        .await
        .unwrap();
    assert_eq!(unknown.status, 401, "{}", unknown.body);
    // One that counts back is a copy.
    device.rewind();
    let (mut copied, body) = shown(&stage, &mut device, ORIGIN).await;
    let refused = copied
        .ask("POST", "/login/passkey", Some(&body))
        .await
        .unwrap();
    assert_eq!(refused.status, 401, "{}", refused.body);
    // Rubbish.
    for credential in [json!({}), json!("x"), json!({"id": "a", "rawId": "b"})] {
        let mut stranger = Person::stranger(stage.people());
        let asked = begun(&mut stranger, "/login/passkey/begin").await;
        let body = json!({"ceremony": asked["ceremony"], "credential": credential});
        let odd = stranger
            .ask("POST", "/login/passkey", Some(&body))
            .await
            .unwrap();
        assert_eq!(odd.status, 422, "{}", odd.body);
    }
    // Another person does not remove it; its owner does, and then it opens nothing.
    let path = format!("/me/passkeys/{}", kept["id"].as_str().unwrap());
    let mut bo = stage.member("viewer").await;
    bo.expect(404, "DELETE", &path, None).await.unwrap();
    let (mut device, _) = made(&mut stage.ana).await;
    for passkey in stage.ana.all("/me/passkeys").await.unwrap() {
        let path = format!("/me/passkeys/{}", passkey["id"].as_str().unwrap());
        stage.ana.expect(204, "DELETE", &path, None).await.unwrap();
    }
    let (mut late, body) = shown(&stage, &mut device, ORIGIN).await;
    let gone = late
        .ask("POST", "/login/passkey", Some(&body))
        .await
        .unwrap();
    assert_eq!(gone.status, 401, "{}", gone.body);
}
