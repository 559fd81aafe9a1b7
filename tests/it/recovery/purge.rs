//! Final notifications are deleted with all that belongs to them.

use tidings::failure::Status;
use tidings::store::failure;

use super::desk::{Desk, SECOND};

#[tokio::test]
async fn old_final_notifications_are_deleted_and_others_are_not() {
    let mut desk = Desk::new().await;
    desk.host("h1").await;
    desk.host("h2").await;
    let id = desk.vm("h1").await;
    let lease = desk.claim().await.unwrap().notification.term;
    desk.step(id, lease, "stopping").await.unwrap();
    desk.finish(id, lease, Status::Finished).await.unwrap();
    let open = desk.vm("h1").await;
    desk.now += SECOND;
    let young = desk.vm("h2").await;
    let before = desk.now;
    let purge = || desk.write(move |tx, _, _| failure::purge(tx, before, 10));
    assert_eq!(purge().await.unwrap(), 1);
    assert_eq!(purge().await.unwrap(), 0);
    for kept in [open, young] {
        assert_eq!(desk.status(kept).await, Status::New);
    }
    assert!(
        desk.store
            .read(move |read| failure::notification(read, id))
            .await
            .is_err()
    );
    for table in ["failure_steps", "failure_updates", "failure_vmoves"] {
        assert_eq!(desk.database.count(table), 0, "{table}");
    }
}
