//! Signing in with a second factor, from known devices, and one's own account, over the wire.

use app::testing::PASSWORD;
use serde_json::{Value, json};

use crate::door::{self, Answer, Door};

async fn knock(door: &Door, password: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"email": "ada@example.org", "password": password}).to_string();
    door::ask(door.address, "", "POST", "/login", headers, &body).await
}

async fn second(door: &Door, body: &Value) -> Answer {
    let body = body.to_string();
    door::ask(door.address, "", "POST", "/login/second_factor", &[], &body).await
}

#[tokio::test]
async fn the_cookie_comes_only_after_the_second_factor() {
    let door = Door::open().await;
    let seed = door.ask("POST", "/me/totp", &[], "").await.json();
    let seed = seed["secret"].as_str().unwrap().to_owned();
    let code = json!({"code": door.test.code(&seed)}).to_string();
    let answer = door.ask("POST", "/me/totp/confirm", &[], &code).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let spare = answer.json()["recovery_codes"][3].clone();

    let waiting = knock(&door, PASSWORD, &[]).await;
    assert_eq!(waiting.status, 202);
    assert_eq!(waiting.header("set-cookie"), "");
    let waiting = waiting.json();
    assert_eq!(waiting["second_factor"], json!(["totp", "recovery_code"]));
    let challenge = &waiting["challenge"];
    let used = second(
        &door,
        &json!({"challenge": challenge, "code": door.test.code(&seed)}),
    )
    .await;
    assert_eq!(used.code(), "invalid_second_factor", "the code was used");
    let both = json!({"challenge": challenge, "code": "1", "recovery_code": "2"});
    assert_eq!(second(&door, &both).await.status, 422);
    let body = json!({"challenge": challenge, "recovery_code": spare});
    let inside = second(&door, &body).await;
    assert_eq!(inside.status, 200, "{}", inside.text);
    assert_eq!(inside.json()["recovery_codes_left"], 9);
    assert!(inside.header("set-cookie").starts_with("busbar_login="));
    assert_eq!(second(&door, &body).await.status, 401);
}

#[tokio::test]
async fn ten_wrong_passwords_lock_strangers_and_not_the_known_device() {
    let door = Door::open().await;
    let body = json!({"email": "ada@example.org", "password": PASSWORD}).to_string();
    let opened = door::send(door.address, "", "POST", "/login", &[], &body).await;
    let device = door::cookie(opened, "busbar_device").await;
    for _ in 0..10 {
        assert_eq!(knock(&door, "wrong", &[]).await.status, 401);
    }
    let locked = knock(&door, PASSWORD, &[]).await;
    assert_eq!(
        (locked.status, locked.code().as_str()),
        (429, "too_many_attempts")
    );
    assert_eq!(locked.header("retry-after"), "30");
    let known = format!("busbar_device={device}");
    let owner = knock(&door, PASSWORD, &[("Cookie", &known)]).await;
    assert_eq!(owner.status, 200, "{}", owner.text);
}

#[tokio::test]
async fn dangerous_deeds_are_told_to_need_a_confirmation() {
    let door = Door::open().await;
    door.test.clock.advance(chrono::TimeDelta::minutes(11));
    let refused = door.ask("POST", "/me/totp", &[], "").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "step_up_needed")
    );
    let wrong = json!({"password": "wrong"}).to_string();
    let wrong = door.ask("POST", "/me/confirm", &[], &wrong).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/password");
    let right = json!({"password": PASSWORD}).to_string();
    assert_eq!(
        door.ask("POST", "/me/confirm", &[], &right).await.status,
        204
    );
    assert_eq!(door.ask("POST", "/me/totp", &[], "").await.status, 200);
    let foreign = format!("/me/logins/lgn_{}", "0".repeat(32));
    assert_eq!(door.ask("DELETE", &foreign, &[], "").await.status, 404);
}
