//! `tidings purge`.

use std::fs;

use super::Shell;

#[test]
fn purge_says_what_it_would_delete_and_what_it_deleted() {
    let shell = Shell::new();
    let old = r#"{"id": "00000000-0000-4000-8000-000000000000", "project_id": "p1", "event_id": "VOLUME_000002", "message_level": "ERROR", "created_at": "2020-10-01T00:00:00", "expires_at": "2020-11-01T00:00:00"}"#;
    fs::write(shell.path().join("rows"), old).unwrap();
    shell.run(&["message", "import", "rows"]);
    assert_eq!(
        shell.run(&["purge", "--dry-run"]).out,
        "1 messages, 0 idempotency keys and 0 events would be deleted.\n"
    );
    let before = shell.json(&["purge", "--expired-before", "2020-10-31T00:00:00"]);
    assert_eq!(
        (before["messages"].as_u64(), before["left"].as_u64()),
        (Some(0), Some(0))
    );
    let report = shell.json(&["purge"]);
    assert_eq!(
        (report["messages"].as_u64(), report["left"].as_u64()),
        (Some(1), Some(0))
    );
    let future = shell.run(&["purge", "--expired-before", "2099-01-01T00:00:00"]);
    assert_eq!(future.code, 65);
    assert_eq!(
        future.err,
        "tidings: --expired-before: 2099-01-01T00:00:00.000000 is in the future\n"
    );
    for wrong in [["--batch-size", "0"], ["--pause", "-1"], ["--max-rows", "x"]] {
        assert_eq!(shell.run(&["purge", wrong[0], wrong[1]]).code, 2, "{wrong:?}");
    }
}
