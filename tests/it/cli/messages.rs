//! `tidings message create`, `list`, `show` and `delete`.

use super::{CREATE, Shell};

#[test]
fn a_message_is_created_listed_shown_and_deleted() {
    let shell = Shell::new();
    let made = shell.json(&CREATE);
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        made["user_message"],
        "No storage could be allocated for this volume request."
    );
    assert_eq!(shell.json(&["message", "list", "--project", "p1"])[0], made);
    assert_eq!(
        shell
            .json(&["message", "list", "--project", "p2"])
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(shell.json(&["message", "show", id]), made);
    let table = shell.run(&["message", "list"]).out;
    assert!(
        table.contains(id) && table.contains("No storage could be allocated"),
        "{table}"
    );
    assert_eq!(
        shell.run(&["message", "delete", id]).out,
        format!("deleted {id}\n")
    );
    let gone = shell.run(&["message", "show", id]);
    assert_eq!((gone.code, gone.err), (66, format!("tidings: no message {id}\n")));
}

#[test]
fn quotas_do_not_bind_operators() {
    let shell = Shell::new();
    for _ in 0..2 {
        let mut create = shell.command(&CREATE);
        let quota = [
            ("OS_QUOTA__MESSAGES_PER_PROJECT", "1"),
            ("OS_QUOTA__MESSAGES_PER_MINUTE", "1"),
        ];
        assert!(create.envs(quota).output().unwrap().status.success());
    }
}

#[test]
fn what_is_wrong_with_a_message_is_said() {
    let shell = Shell::new();
    let ran = shell.run(&[
        "message",
        "create",
        "--project",
        "p1",
        "--event-id",
        "NO",
        "--level",
        "LOUD",
    ]);
    assert_eq!(ran.code, 65);
    assert_eq!(
        ran.err,
        "tidings: event_id: is not in the catalog; message_level: must be one of ERROR, WARNING, INFO\n"
    );
    let ran = shell.run(&[
        "message",
        "create",
        "--project",
        "p 1",
        "--event-id",
        "VOLUME_000002",
    ]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            65,
            "tidings: --project: must match [api] project_id_regex ([0-9A-Za-z_-]{1,64})\n"
        )
    );
    assert_eq!(shell.run(&["message", "create", "--project", "p1"]).code, 2);
}
