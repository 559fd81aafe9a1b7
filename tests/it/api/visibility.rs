//! A tenant sees only its own project.

use crate::support::{TestApp, message};

#[tokio::test]
async fn lists_show_only_the_callers_project() {
    let app = TestApp::start();
    app.import(&[message("p1", 0), message("p2", 0)]).await;
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
    assert_eq!(app.reader("p2").list("").await.ids().len(), 1);
    assert_eq!(app.member("p1").get("/v3/messages").await.ids().len(), 1);
    assert_eq!(app.member("p3").list("").await.ids().len(), 0);
}

#[tokio::test]
async fn another_projects_message_is_not_there() {
    let app = TestApp::start();
    let foreign = message("p2", 0);
    let id = foreign.id.to_string();
    app.import(&[foreign]).await;
    let alice = app.member("p1");
    let missing = format!("404 itemNotFound: Message {id} could not be found.");
    assert_eq!(alice.show(&id).await.fault(), missing);
    assert_eq!(alice.delete(&id).await.fault(), missing);
    assert_eq!(alice.list(&format!("marker={id}")).await.fault(), missing);
    assert_eq!(
        alice.list(&format!("marker={id}&sort=nosuch")).await.fault(),
        missing
    );
    assert_eq!(alice.get(&format!("/v3/messages/{id}")).await.fault(), missing);
    assert_eq!(app.member("p2").show(&id).await.status, 200);
}

#[tokio::test]
async fn the_url_must_name_the_tokens_project_for_an_admin_too() {
    let app = TestApp::start();
    for actor in [app.member("p1"), app.admin("p1")] {
        assert_eq!(
            actor.get("/v3/p2/messages").await.fault(),
            "400 badRequest: Malformed request url"
        );
    }
}

#[tokio::test]
async fn an_admin_sees_and_deletes_everything() {
    let app = TestApp::start();
    let (own, foreign) = (message("p1", 0), message("p2", 1));
    let id = foreign.id.to_string();
    app.import(&[own, foreign]).await;
    let admin = app.admin("p1");
    assert_eq!(admin.list("").await.ids().len(), 2);
    assert_eq!(admin.list("project_id=p2").await.ids(), std::slice::from_ref(&id));
    assert_eq!(admin.delete(&id).await.status, 204);
    assert_eq!(admin.list("").await.ids().len(), 1);
}

#[tokio::test]
async fn roles_say_what_a_caller_may_do() {
    let app = TestApp::start();
    let own = message("p1", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let denied = |rule: &str| format!("403 forbidden: Policy doesn't allow {rule} to be performed.");
    let stranger = app.actor("p1", "other");
    assert_eq!(stranger.list("").await.fault(), denied("message:get_all"));
    assert_eq!(stranger.show(&id).await.fault(), denied("message:get"));
    assert_eq!(
        stranger.show("nosuch").await.fault(),
        "404 itemNotFound: Message nosuch could not be found."
    );
    assert_eq!(stranger.delete(&id).await.fault(), denied("message:delete"));
    assert_eq!(
        app.reader("p1").delete(&id).await.fault(),
        denied("message:delete")
    );
    assert_eq!(app.member("p1").delete(&id).await.status, 204);
}

#[tokio::test]
async fn without_a_token_the_caller_is_a_member_and_service_of_the_urls_project() {
    let app = TestApp::start();
    let (own, other) = (message("p1", 0), message("p2", 0));
    app.import(&[own.clone(), other.clone()]).await;
    let anonymous = app.anonymous();
    let (own, other) = (own.id.to_string(), other.id.to_string());
    for list in ["/v3/p1/messages", "/v3/p1/messages.json"] {
        assert_eq!(anonymous.get(list).await.ids(), [own.as_str()], "{list}");
    }
    assert_eq!(
        anonymous.get(&format!("/v3/p1/messages/{other}")).await.status,
        404
    );
    // What a member may not do, as in block storage.
    let unknown = anonymous.get_in("3.71", "/v3/p1/messages?nosuch=1").await;
    assert_eq!(unknown.status, 400, "{}", unknown.text);
    let body = r#"{"message": {"event_id": "VOLUME_000002"}}"#;
    let post = anonymous.request(reqwest::Method::POST, "/v3/p3/messages");
    let post = post.header("Content-Type", "application/json").body(body);
    assert_eq!(anonymous.send(post).await.status, 201);
    assert_eq!(anonymous.delete(&own).await.status, 204);
}

#[tokio::test]
async fn without_a_token_or_a_project_the_caller_is_an_admin() {
    let app = TestApp::start();
    app.import(&[message("p1", 0), message("p2", 0)]).await;
    for list in [
        "/v3/messages",
        "/v3/messages.json",
        "/v3/messages?nosuch=1&limit=0",
    ] {
        let listed = app.anonymous().get_in("3.71", list).await;
        assert_eq!(listed.status, 200, "{list}: {}", listed.text);
    }
    assert_eq!(app.anonymous().get("/v3/messages").await.ids().len(), 2);
    assert_eq!(app.admin("p1").get("/v3/p1/messages").await.ids().len(), 2);
}
