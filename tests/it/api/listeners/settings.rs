//! Creating, showing, listing, changing and deleting.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{Listening, call, created, get, http, post, pull};

#[tokio::test]
async fn a_listener_is_created_shown_changed_and_deleted() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let answer = post(
        &member,
        "",
        &json!({ "listener": http("https://example.org/events") }),
    )
    .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let listener = answer.json()["listener"].clone();
    let id = listener["id"].as_str().unwrap();
    let address = format!("{}/v3/p1/listeners/{id}", server.app.base);
    assert_eq!(answer.header("location"), address);
    assert_eq!(
        listener,
        json!({
            "name": null,
            "description": null,
            "enabled": true,
            "notifier_type": "http",
            "notifier_config": { "url": "https://example.org/events" },
            "event_types": ["message.*"],
            "format": "pulp",
            "language": "en",
            "order": "none",
            "digest": null,
            "retry": [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400],
            "id": id,
            "scope": "project",
            "project_id": "p1",
            "created_at": "2026-11-21T03:20:24.834285",
            "updated_at": "2026-11-21T03:20:24.834285",
            "failing_since": null,
            "disabled_reason": null,
            "links": [{ "rel": "self", "href": address }],
        })
    );
    assert_eq!(get(&member, &format!("/{id}")).await.json()["listener"], listener);
    let changes =
        json!({ "listener": { "enabled": false, "notifier_config": { "username": "u", "password": "p" } } });
    let changed = call(&member, Method::PUT, &format!("/{id}"), &changes).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let changed = changed.json()["listener"].clone();
    assert_eq!(changed["enabled"], false);
    assert_eq!(
        changed["notifier_config"],
        json!({ "url": "https://example.org/events", "username": "u", "password": "*****" })
    );
    assert_eq!(get(&member, &format!("/{id}")).await.json()["listener"], changed);
    let deleted = call(&member, Method::DELETE, &format!("/{id}"), &json!({})).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let want = format!("404 itemNotFound: Listener {id} could not be found.");
    assert_eq!(get(&member, &format!("/{id}")).await.fault(), want);
    let again = call(&member, Method::DELETE, &format!("/{id}"), &json!({})).await;
    assert_eq!(again.fault(), want);
}

#[tokio::test]
async fn a_name_makes_creation_repeatable() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = pull();
    listener["name"] = "mine".into();
    let id = created(&member, &listener).await;
    let again = post(&member, "", &json!({ "listener": listener })).await;
    assert_eq!(
        (again.status, again.header("location")),
        (200, ""),
        "{}",
        again.text
    );
    assert_eq!(again.json()["listener"]["id"], *id);
    listener["description"] = "another".into();
    let other = post(&member, "", &json!({ "listener": listener })).await;
    assert_eq!(
        other.fault(),
        "409 conflictingRequest: another listener of the project is named \"mine\""
    );
    // In another project, the name is free; and without names, there may be any number.
    created(&server.app.member("p2"), &listener).await;
    let first = created(&member, &pull()).await;
    assert_ne!(first, created(&member, &pull()).await);
    let rename = json!({ "listener": { "name": "mine" } });
    let taken = call(&member, Method::PUT, &format!("/{first}"), &rename).await;
    assert_eq!(taken.fault(), other.fault());
}

#[tokio::test]
async fn of_many_that_create_the_same_at_once_one_does() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = pull();
    listener["name"] = "mine".into();
    let body = json!({ "listener": listener });
    let answers = join_all((0..8).map(|_| post(&member, "", &body))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(
        statuses.iter().all(|status| [200, 201].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    let listed = get(&member, "").await.json();
    assert_eq!(listed["listeners"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_faulty_field_is_named() {
    let server = Listening::start();
    let member = server.app.member("p1");
    for (body, fault) in [
        (
            json!({}),
            "400 badRequest: Malformed request body: missing field `listener` at line 1 column 2",
        ),
        (
            json!([]),
            "400 badRequest: Malformed request body: invalid type: sequence, expected an object at line 1 column 0",
        ),
        (
            json!({ "listener": {} }),
            "400 badRequest: listener.notifier_type: is required; listener.event_types: is required",
        ),
        (
            json!({ "listener": { "notifier_type": "http", "event_types": ["message.*"], "notifier_config": { "uri": 1 }, "order": 1 } }),
            "400 badRequest: listener.order: must be one of none, resource; listener.notifier_config.url: is required; listener.notifier_config.uri: is not a known key, did you mean url?",
        ),
        (
            json!({ "listener": { "notifier_type": "pull", "event_types": ["message.creat"] } }),
            "400 badRequest: listener.event_types: \"message.creat\" matches no event type; did you mean message.create?",
        ),
        (
            json!({ "listener": { "notifier_type": "pull", "event_types": ["message.*"], "scope": "world" } }),
            "400 badRequest: listener.scope: must be one of project, cloud",
        ),
        (
            json!({ "listener": { "notifier_type": "amqp", "event_types": ["message.*"] } }),
            "400 badRequest: listener.notifier_type: amqp is for listeners of scope cloud: the broker is the operator's",
        ),
        (
            json!({ "listener": http("http://10.0.0.1/events") }),
            "400 badRequest: listener.notifier_config.url: the host is a private address, which must not be called",
        ),
        (
            json!({ "listener": http("http://user:password@example.org/") }),
            "400 badRequest: listener.notifier_config.url: the URL must not contain a user or a password",
        ),
        (
            json!({ "listener": { "notifier_type": "http", "event_types": ["message.*"], "notifier_config": { "url": "https://example.org", "ca_path": "/etc/passwd" } } }),
            "400 badRequest: listener.notifier_config.ca_path: is a file on the server, which only a listener of scope cloud may use: send the certificates as ca",
        ),
    ] {
        assert_eq!(post(&member, "", &body).await.fault(), fault);
    }
    let plain = member.request(Method::POST, "/v3/p1/listeners").body("{}");
    assert_eq!(member.send(plain).await.status, 415);
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = http("https://example.org/");
    listener["description"] = "before".into();
    listener["retry"] = json!([1]);
    let id = created(&member, &listener).await;
    let change = async |changes| {
        let body = json!({ "listener": changes });
        call(&member, Method::PUT, &format!("/{id}"), &body).await
    };
    let changed = change(json!({ "format": "glance", "retry": null, "scope": "project" })).await;
    let changed = changed.json()["listener"].clone();
    assert_eq!(
        (&changed["format"], &changed["description"]),
        (&json!("glance"), &json!("before"))
    );
    assert_eq!(changed["retry"].as_array().unwrap().len(), 9);
    for (changes, fault) in [
        (
            json!({ "notifier_type": "pull", "notifier_config": { "url": null } }),
            "notifier_type: cannot be changed",
        ),
        (json!({ "scope": "cloud" }), "scope: cannot be changed"),
        (json!({ "event_types": null }), "event_types: is required"),
        (
            json!({ "notifier_config": { "url": null } }),
            "notifier_config.url: is required",
        ),
    ] {
        assert_eq!(
            change(changes).await.fault(),
            format!("400 badRequest: listener.{fault}")
        );
    }
    assert_eq!(get(&member, &format!("/{id}")).await.json()["listener"], changed);
}

#[tokio::test]
async fn a_project_has_no_more_listeners_than_its_quota() {
    let server = Listening::with(&[("OS_LISTENERS__QUOTA", "2")]);
    let member = server.app.member("p1");
    let first = created(&member, &pull()).await;
    created(&member, &pull()).await;
    let third = post(&member, "", &json!({ "listener": pull() })).await;
    assert_eq!(
        third.fault(),
        "413 overLimit: the project has 2 listeners, the most that it may have"
    );
    created(&server.app.member("p2"), &pull()).await;
    call(&member, Method::DELETE, &format!("/{first}"), &json!({})).await;
    created(&member, &pull()).await;
}

#[tokio::test]
async fn a_list_has_pages_and_a_filter() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let mut listener = pull();
        listener["name"] = name.into();
        ids.push(created(&member, &listener).await);
    }
    let (mut below, mut seen) = ("?limit=2".to_owned(), Vec::new());
    loop {
        let page = get(&member, &below).await.json();
        let listed = page["listeners"].as_array().unwrap().clone();
        seen.extend(
            listed
                .iter()
                .map(|listener| listener["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["listeners_links"][0]["href"].as_str() else {
            break;
        };
        assert_eq!(listed.len(), 2);
        below = next.split_once("/listeners").unwrap().1.to_owned();
    }
    assert_eq!(seen, ids);
    let one = get(&member, "?name=b").await.json();
    assert_eq!(one["listeners"].as_array().unwrap().len(), 1);
    assert_eq!(one["listeners"][0]["id"], *ids[1]);
    assert_eq!(get(&member, "?limit=0").await.json(), json!({ "listeners": [] }));
    for (query, fault) in [
        ("limit=x", "limit: must be a whole number"),
        ("marker=x", "marker: must be an id"),
        ("name=a&name=b", "name: must be given once"),
        (
            "colour=red",
            "colour: is not a parameter; the parameters are name, limit, marker",
        ),
    ] {
        let refused = get(&member, &format!("?{query}")).await;
        assert_eq!(refused.fault(), format!("400 badRequest: {fault}"));
    }
}
