//! Deleting.

use crate::support::{TestApp, message};

#[tokio::test]
async fn a_deleted_message_is_gone() {
    let app = TestApp::start();
    let own = message("p1", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let alice = app.member("p1");
    let answer = alice.delete(&id).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(answer.header("x-compute-request-id"), "");
    assert_eq!(answer.header("openstack-api-version"), "volume 3.3");
    let missing = format!("404 itemNotFound: Message {id} could not be found.");
    assert_eq!(alice.delete(&id).await.fault(), missing);
    assert_eq!(alice.show(&id).await.fault(), missing);
    assert_eq!(alice.list(&format!("marker={id}&limit=0")).await.fault(), missing);
}

#[tokio::test]
async fn of_two_who_delete_at_once_one_succeeds() {
    let app = TestApp::start();
    let own = message("p1", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let alice = app.member("p1");
    let (one, two) = futures_util::future::join(alice.delete(&id), alice.delete(&id)).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
}
