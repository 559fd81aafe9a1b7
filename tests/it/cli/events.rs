//! `tidings event`, and how purge and copy treat events.

use std::fs;

use super::{CREATE, Shell};
use crate::support::{Fresh, SEND};

/// Keeps events, and has a driver, which no command runs.
fn keeping() -> Shell {
    let shell = Shell::new();
    let config = "[events]\nkeep = 1\n[oslo_messaging_notifications]\ndriver = log\n[DEFAULT]\ndefault_publisher_id = here\n";
    fs::write(shell.path().join("tidings.conf"), config).unwrap();
    shell
}

#[test]
fn an_event_is_sent_and_listed() {
    let shell = keeping();
    let sent = shell.json(&SEND);
    let failure = [
        "event",
        "send",
        "--project",
        "p2",
        "--type",
        "image.upload",
        "--priority",
        "ERROR",
    ];
    let failed = shell.json(
        &[
            &failure[..],
            &["--payload", "full", "--publisher-id", "image.host1"],
        ]
        .concat(),
    );
    let listed = shell.json(&["event", "list"]);
    let ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["message_id"])
        .collect();
    assert_eq!(ids, [&failed["message_id"], &sent["message_id"]]);
    assert_eq!(listed[1]["publisher_id"], "here");
    assert_eq!(listed[1]["payload"], serde_json::json!({ "repo_id": "r" }));
    assert_eq!(
        (&listed[0]["payload"], &listed[0]["publisher_id"]),
        (&"full".into(), &"image.host1".into())
    );
    for (filter, count) in [
        (["--type", "image.upload"], 1),
        (["--priority", "info"], 1),
        (["--project", "p2"], 1),
        (["--since", "2099-01-01T00:00:00"], 0),
        (["--until", "2020-01-01T00:00:00"], 0),
        (["--limit", "1"], 1),
        (["--marker", ids[0].as_str().unwrap()], 1),
    ] {
        let found = shell.json(&[&["event", "list"][..], &filter].concat());
        assert_eq!(found.as_array().unwrap().len(), count, "{filter:?}");
    }
    let table = shell.run(&["event", "list"]).out;
    assert!(
        table.contains("image.host1") && table.contains("ERROR"),
        "{table}"
    );
}

#[test]
fn what_is_wrong_is_named() {
    let shell = keeping();
    let send = |event_type, payload| {
        let send = [
            "event",
            "send",
            "--project",
            "p1",
            "--type",
            event_type,
            "--payload",
            payload,
        ];
        shell.run(&send)
    };
    let wrong = send("repo.sync.start", "{}");
    assert_eq!(
        (wrong.code, wrong.err.as_str()),
        (65, "tidings: payload.repo_id: is required\n")
    );
    let broken = send("repo.sync.start", "{");
    assert!(
        broken.code == 65 && broken.err.contains("--payload: EOF"),
        "{}",
        broken.err
    );
    let own = send(
        "message.purge",
        r#"{"count": 1, "expired_before": "2026-11-21T00:00:00"}"#,
    );
    let want = "tidings: event_type: can only be reported by this service itself\n";
    assert_eq!((own.code, own.err.as_str()), (65, want));
    assert_eq!(shell.run(&["event", "show", "no.such"]).code, 66);
    assert_eq!(shell.run(&["event", "types", "--service", "nosuch"]).code, 66);
    let marker = [
        "event",
        "list",
        "--marker",
        "00000000-0000-4000-8000-000000000000",
    ];
    assert_eq!(shell.run(&marker).code, 66);
    let quiet = Shell::new().run(&SEND);
    assert!(
        quiet.code == 0 && quiet.err.contains("it is not delivered"),
        "{}",
        quiet.err
    );
}

#[test]
fn types_are_shown_without_a_database() {
    let shell = Shell::empty();
    let types = shell.json(&["event", "types", "--service", "tidings"]);
    assert_eq!(types[5]["event_type"], "message.purge");
    let shown = shell.json(&["event", "show", "image.delete"]);
    assert_eq!(shown["id"], serde_json::json!(["INFO"]));
    assert!(shown["description"]["zh_CN"].as_str().unwrap().contains("镜像"));
    let task = shell.run(&["event", "show", "task.failure"]).out;
    assert!(task.contains("form 2 field task_input"), "{task}");
}

#[test]
fn messages_of_commands_tell_of_themselves() {
    let shell = keeping();
    let made = shell.json(&CREATE);
    let id = made["id"].as_str().unwrap();
    shell.run(&["message", "delete", id]);
    let old = r#"{"id": "00000000-0000-4000-8000-000000000000", "project_id": "p1", "event_id": "VOLUME_000002", "message_level": "ERROR", "created_at": "2020-10-01T00:00:00", "expires_at": "2020-11-01T00:00:00"}"#;
    fs::write(shell.path().join("rows"), old).unwrap();
    shell.run(&["message", "import", "rows"]);
    let purged = shell.json(&["purge", "--expired-before", "2020-12-01T00:00:00"]);
    assert_eq!((&purged["messages"], &purged["events"]), (&1.into(), &0.into()));
    let listed = shell.json(&["event", "list"]);
    let types: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["event_type"])
        .collect();
    assert_eq!(types, ["message.purge", "message.delete", "message.create"]);
    assert_eq!(
        listed[0]["payload"],
        serde_json::json!({ "count": 1, "expired_before": "2020-12-01T00:00:00.000000" })
    );
    // Audited events are deleted after their days are over, here all of them, once delivered.
    fs::write(shell.path().join("tidings.conf"), "").unwrap();
    assert_eq!(shell.json(&["purge"])["events"], 0);
    shell.database.execute("DELETE FROM deliveries");
    assert!(
        shell
            .run(&["purge", "--dry-run"])
            .out
            .contains("3 events would be deleted")
    );
    assert_eq!(shell.json(&["purge"])["events"], 3);
    assert_eq!(shell.json(&["event", "list"]), serde_json::json!([]));
}

#[test]
fn a_copy_takes_events_along() {
    let shell = keeping();
    for _ in 0..3 {
        shell.run(&SEND);
    }
    let target = Fresh::new();
    let from = shell.database.url().to_owned();
    let copy = [
        "db",
        "copy",
        "--from",
        from.as_str(),
        "--to",
        target.url(),
        "--migrate",
    ];
    for copied in [3, 0] {
        let tables = &shell.json(&copy)["tables"];
        let found: Vec<_> = tables
            .as_array()
            .unwrap()
            .iter()
            .filter(|table| ["deliveries", "events"].contains(&table["table"].as_str().unwrap()))
            .collect();
        assert_eq!(found.len(), 2);
        for table in found {
            assert_eq!(
                (&table["copied"], &table["target"]["rows"]),
                (&copied.into(), &3.into()),
                "{table}"
            );
        }
    }
}

#[test]
fn a_type_is_shown_with_its_choices_and_both_forms_of_its_call_report() {
    let shell = Shell::new();
    let task = shell.run(&["event", "show", "task.create"]).out;
    assert!(
        task.contains("one of pending, processing, success, failure"),
        "{task}"
    );
    assert!(!task.contains("call_report"), "{task}");
    let sync = shell.run(&["event", "show", "repo.sync.finish"]).out;
    for line in [
        "call_report                              object or null, optional",
        "call_report form 1 field progress_report  object or null, optional",
        "call_report form 2 field task_group_id    string or null",
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let has = sync
            .lines()
            .any(|shown| shown.split_whitespace().collect::<Vec<_>>() == words);
        assert!(has, "{line}: {sync}");
    }
    let json = shell.json(&["event", "show", "task.create"]);
    assert_eq!(json["call_reports"], serde_json::json!([]));
    let status = json["forms"][0]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "status");
    assert_eq!(
        status.unwrap(),
        &serde_json::json!({ "name": "status", "kinds": ["choice"], "optional": false,
            "values": ["pending", "processing", "success", "failure"] })
    );
    let json = shell.json(&["event", "show", "repo.sync.finish"]);
    assert_eq!(json["call_reports"].as_array().unwrap().len(), 2);
}
