//! Ids at the second place of a path, and things of one person: whatever is somebody else's looks
//! exactly like what is not there. And somebody who was put away is nobody, at every route.
#![allow(clippy::print_stdout)] // the figures are what the tests show

use std::time::Duration;

use api::{Endpoint, Need, ROUTES};
use serde_json::{Value, json};
use simulators::Version;

use crate::relations::{MISSING, Things, below, filled, furnish, member, nothing, told};
use crate::rights::ROLES;
use crate::stage::{Stage, UID};

fn routes() -> impl Iterator<Item = &'static Endpoint> {
    ROUTES.iter().flat_map(|group| group.iter())
}

/// The second parameters, and the kind of thing that each is.
const SECOND: [(&str, &str); 4] = [
    ("{user_id}", "users"),
    ("{token_id}", "tokens"),
    ("{invitation_id}", "invitations"),
    ("{command}", "commands"),
];

/// A thing of one's own, with an id at the second place.
fn second(endpoint: &Endpoint, own: &Things, theirs: &Things) -> Option<String> {
    let (parameter, noun) = SECOND.iter().find(|(p, _)| endpoint.path.contains(p))?;
    let path = endpoint.path.replace(parameter, &theirs[*noun]);
    filled(
        &Endpoint {
            path: Box::leak(path.into_boxed_str()),
            ..*endpoint
        },
        own,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_id_at_the_second_place_looks_like_one_that_is_not_there() {
    let mut stage = Stage::set().await;
    let mut ana = stage.ana.clone();
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let mut parent = furnish(&mut ana, &root, "PARENT").await;
    parent.insert("commands", command(&mut stage).await);
    let home = below(&mut ana, &root, "Home").await;
    let next = below(&mut ana, &root, "Next door").await;
    let (product, data) = (stage.product(), stage.data());
    let mut neighbour = member(product, data, "administrator", ("next", &next)).await;
    let mut sibling = furnish(&mut neighbour, &next, "SIBLING").await;
    sibling.insert("commands", parent["commands"].clone());
    let mut chief = member(product, data, "administrator", ("home", &home)).await;
    let own = furnish(&mut chief, &home, "OWN").await;
    let mut none = nothing();
    none.insert("commands", format!("cmd_{MISSING}"));
    let mut tried = 0;
    for role in ROLES {
        let mut bo = match role {
            "administrator" => chief.clone(),
            role => member(product, data, role, ("home", &home)).await,
        };
        for endpoint in routes() {
            let Some(missing) = second(endpoint, &own, &none) else {
                continue;
            };
            let nobody = told(&mut bo, endpoint, &missing).await;
            let method = endpoint.method;
            for things in [&parent, &sibling] {
                let foreign = second(endpoint, &own, things).unwrap();
                let answer = told(&mut bo, endpoint, &foreign).await;
                assert_eq!(answer, nobody, "{role}: {method} {foreign}");
                tried += 1;
            }
        }
    }
    println!("{tried} requests with a foreign id at the second place found nothing");
    assert!(tried > 150, "only {tried} were tried");
}

/// A command of a station of the root organisation.
async fn command(stage: &mut Stage) -> String {
    let id = stage.register("TOLD-1").await;
    let station = stage.station("TOLD-1", Version::V16);
    station.connect_and_boot().await.unwrap();
    let path = format!("/stations/{id}/commands");
    let clear = json!({"type": "clear_cache"});
    let sent = stage.ana.expect(200, "POST", &path, Some(&clear)).await;
    sent.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_one_persons_is_nobody_elses() {
    let mut stage = Stage::set().await;
    let id = stage.register("MINE-1").await;
    let station = stage.station("MINE-1", Version::V16);
    station.connect_and_boot().await.unwrap();
    station.plug_in(1).await.unwrap();
    station.start(1, UID).await.unwrap();
    station.tick(Duration::from_secs(60)).await.unwrap();
    let session = stage.sessions(&id).await[0]["id"].clone();
    let session = session.as_str().unwrap().to_owned();
    // Ana locks it: the password is saved for her, and its PUK is told to her.
    let lock = format!("/stations/{id}/lock");
    stage
        .ana
        .expect(201, "POST", &lock, Some(&json!({})))
        .await
        .unwrap();
    let first = |rows: Vec<Value>| rows[0]["id"].as_str().unwrap().to_owned();
    let notice = first(stage.ana.all("/notifications").await.unwrap());
    let logins = stage
        .ana
        .expect(200, "GET", "/me/logins", None)
        .await
        .unwrap();
    let login = logins["data"][0]["id"].as_str().unwrap().to_owned();
    let me = stage.ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let home = below(&mut stage.ana.clone(), &root, "Home").await;
    let (product, data) = (stage.product(), stage.data());
    // What belongs to a person is not even their colleagues'.
    let theirs = [
        ("/notifications/{id}", "nfn", &notice),
        ("/saved_passwords/{id}", "stn", &id),
        ("/me/logins/{id}", "lgn", &login),
    ];
    let organisations = [("/sessions/{id}", "ses", &session)];
    let mut tried = 0;
    for role in ROLES {
        let colleague = member(product, data, role, ("root", &root)).await;
        let stranger = member(product, data, role, ("home", &home)).await;
        for (mut bo, things) in [
            (colleague, theirs.as_slice()),
            (stranger.clone(), theirs.as_slice()),
            (stranger, organisations.as_slice()),
        ] {
            for (start, prefix, id) in things {
                let of = |e: &&Endpoint| e.path.starts_with(start);
                for endpoint in routes().filter(of) {
                    let with = |id: &str| endpoint.path.replace("{id}", id);
                    let missing = format!("{prefix}_{MISSING}");
                    let nobody = told(&mut bo, endpoint, &with(&missing)).await;
                    let answer = told(&mut bo, endpoint, &with(id)).await;
                    let (method, path) = (endpoint.method, endpoint.path);
                    assert_eq!(answer, nobody, "{role}: {method} {path}");
                    assert!(matches!(nobody.0, 403 | 404), "{path}: {nobody:?}");
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} requests for what is somebody else\'s found nothing");
    assert!(tried > 50, "only {tried} were tried");
    // And it is all there still.
    let rows = stage.ana.all("/saved_passwords").await.unwrap();
    assert_eq!(rows.len(), 1);
    stage.ana.expect(200, "GET", "/me", None).await.unwrap();
}

/// A login of before opens nothing, wherever it knocks.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_put_away_is_nobody_at_every_route() {
    let stage = Stage::set().await;
    let mut ana = stage.ana.clone();
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let own = furnish(&mut ana, &root, "OWN").await;
    let mut tried = 0;
    for role in ROLES {
        let mut bo = member(stage.product(), stage.data(), role, ("root", &root)).await;
        let me = bo.expect(200, "GET", "/me", None).await.unwrap();
        let user = me["user"]["id"].as_str().unwrap().to_owned();
        let path = format!("/organisations/{root}/members/{user}/archive");
        ana.expect(200, "POST", &path, Some(&json!({})))
            .await
            .unwrap();
        for endpoint in routes() {
            if endpoint.need == Need::Open || endpoint.path == "/events" {
                continue;
            }
            let path = match endpoint.path.contains('{') {
                false => endpoint.path.to_owned(),
                true => match filled(endpoint, &own) {
                    Some(path) => path,
                    None => continue,
                },
            };
            let (status, said) = told(&mut bo, endpoint, &path).await;
            assert_eq!(status, 401, "{role}: {} {path}: {said}", endpoint.method);
            tried += 1;
        }
    }
    println!("{tried} requests of people who were put away opened nothing");
    assert!(tried > 500, "only {tried} were tried");
}

/// What is removed leaves nothing to be asked for, in whatever role.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_removed_looks_like_what_never_was() {
    let stage = Stage::set().await;
    let mut ana = stage.ana.clone();
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let gone = furnish(&mut ana, &root, "GONE").await;
    let invitation = format!("/organisations/{root}/invitations/{}", gone["invitations"]);
    let mut paths = vec![invitation];
    for noun in ["sites", "tokens", "keys"] {
        paths.push(format!("/{noun}/{}", gone[noun]));
    }
    for path in paths {
        ana.expect(204, "DELETE", &path, None).await.unwrap();
    }
    let none = nothing();
    let mut tried = 0;
    for role in ROLES {
        let mut bo = match role {
            "administrator" => ana.clone(),
            role => member(stage.product(), stage.data(), role, ("root", &root)).await,
        };
        for endpoint in routes() {
            let ends = ["/sites/{id}", "/tokens/{id}", "/keys/{id}"];
            if !ends.iter().any(|start| endpoint.path.starts_with(start)) {
                continue;
            }
            let nobody = filled(endpoint, &none).unwrap();
            let nobody = told(&mut bo, endpoint, &nobody).await;
            let path = filled(endpoint, &gone).unwrap();
            let answer = told(&mut bo, endpoint, &path).await;
            assert_eq!(answer, nobody, "{role}: {} {path}", endpoint.method);
            tried += 1;
        }
    }
    println!("{tried} requests for what was removed found nothing");
    assert!(tried > 80, "only {tried} were tried");
}
