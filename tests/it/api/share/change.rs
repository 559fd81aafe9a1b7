//! Deleting messages, and who may.

use reqwest::Method;

use super::{all, ask, get, share_message};
use crate::support::TestApp;

#[tokio::test]
async fn a_deleted_message_is_gone_everywhere() {
    let app = TestApp::start();
    let own = share_message("p1", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let alice = app.member("p1");
    let path = format!("/p1/messages/{id}");
    let answer = ask(&alice, Method::DELETE, "2.37", &path).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert!(answer.header("x-compute-request-id").starts_with("req-"));
    assert_eq!(answer.header("x-openstack-manila-api-version"), "2.37");
    let missing = format!("404 itemNotFound: Message {id} could not be found.");
    assert_eq!(get(&alice, &path).await.fault(), missing);
    assert_eq!(alice.show(&id).await.fault(), missing);
    let again = ask(&alice, Method::DELETE, "2.37", &path).await;
    assert_eq!(again.fault(), missing);
}

#[tokio::test]
async fn a_reader_may_not_delete_even_what_it_cannot_see() {
    let app = TestApp::start();
    let (own, foreign) = (share_message("p1", 0), share_message("p2", 0));
    app.import(&[own.clone(), foreign.clone()]).await;
    for message in [own, foreign] {
        let path = format!("/p1/messages/{}", message.id);
        let answer = ask(&app.reader("p1"), Method::DELETE, "2.37", &path).await;
        assert_eq!(
            answer.fault(),
            "403 forbidden: Policy doesn't allow message:delete to be performed."
        );
    }
}

#[tokio::test]
async fn an_admin_sees_and_deletes_the_messages_of_all_projects() {
    let app = TestApp::start();
    let (own, foreign) = (share_message("p1", 0), share_message("p2", 1));
    app.import(&[own, foreign.clone()]).await;
    let admin = app.admin("p1");
    assert_eq!(
        all(&get(&admin, "/p1/messages").await, "project_id"),
        ["p2", "p1"]
    );
    assert_eq!(
        all(
            &get(&app.member("p1"), "/messages?all_tenants=1").await,
            "project_id"
        ),
        ["p1"]
    );
    let path = format!("/messages/{}", foreign.id);
    assert_eq!(ask(&admin, Method::DELETE, "2.99", &path).await.status, 204);
    assert_eq!(all(&get(&admin, "/p1/messages").await, "project_id"), ["p1"]);
    let elsewhere = get(&admin, "/p2/messages").await;
    assert_eq!(elsewhere.fault(), "400 badRequest: Malformed request url");
}
