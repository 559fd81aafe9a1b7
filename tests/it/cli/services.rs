//! `tidings message import` from the tables of other services.

use super::Shell;
use crate::support::{ServiceDatabase, document};

const ID: &str = "00000000-0000-4000-8000-00000000000";

#[test]
fn block_storages_own_table_is_taken_over() {
    let shell = Shell::new();
    let cinder = ServiceDatabase::cinder();
    cinder.execute(&format!(
        "INSERT INTO messages (id, project_id, request_id, resource_type, resource_uuid, event_id, message_level, \
         created_at, deleted_at, deleted, expires_at, detail_id, action_id) VALUES \
         ('{ID}0', 'p1', 'req-1', 'VOLUME_SNAPSHOT', 'caf\u{e9}', 'VOLUME_VOLUME_SNAPSHOT_009_006', 'ERROR', \
          '2026-10-01 00:00:01', NULL, false, '2026-10-31 00:00:01', '006', '009'), \
         ('{ID}1', 'p1', NULL, 'volume', NULL, '000002', 'error', '2026-10-01 00:00:00', NULL, false, NULL, NULL, NULL), \
         ('{ID}2', 'p1', 'req-2', 'VOLUME', NULL, 'VOLUME_VOLUME_001_003', 'ERROR', '2026-10-01 00:00:00', \
          '2026-10-02 00:00:00', true, '2026-10-31 00:00:00', '003', '001'), \
         ('{ID}3', 'p1', 'req-3', 'VOLUME', NULL, 'VOLUME_VOLUME_001_003', 'ERROR', '2026-10-01 00:00:00', NULL, NULL, \
          NULL, '003', '001')"
    ));
    let files = || -> Vec<_> {
        let files = cinder
            .fresh()
            .folder()
            .path()
            .read_dir()
            .unwrap()
            .map(|file| file.unwrap().path());
        files.map(|file| (std::fs::read(&file).unwrap(), file)).collect()
    };
    let before = files();
    let import = ["message", "import", "--from-cinder", &cinder.url()];
    assert_eq!(
        shell.run(&import).out,
        "imported 2 messages, 0 already present, 2 deleted at the source\n"
    );
    let list = shell.json(&["message", "list"]);
    let expected = serde_json::json!({
        "id": format!("{ID}0"), "project_id": "p1", "event_id": "VOLUME_VOLUME_SNAPSHOT_009_006", "action_id": "009",
        "detail_id": "006", "resource_type": "VOLUME_SNAPSHOT", "resource_uuid": "caf\u{e9}", "request_id": "req-1",
        "message_level": "ERROR", "created_at": "2026-10-01T00:00:01.000000",
        "expires_at": "2026-10-31T00:00:01.000000",
        "user_message": "Create snapshot: The project's quota is used up.",
        "guaranteed_until": "2026-10-31T00:00:01.000000", "action": "SNAPSHOT_CREATE", "detail": "QUOTA_EXCEED",
        "parameters": null, "retryable": false,
        "remedy": "Delete what you no longer need, or ask for a larger quota, and try again.",
    });
    assert_eq!(list[0], expected);
    let oldest = &list[1];
    assert_eq!(
        (&oldest["event_id"], &oldest["resource_type"]),
        (&"VOLUME_000002".into(), &"VOLUME".into())
    );
    assert_eq!(
        (&oldest["message_level"], &oldest["expires_at"]),
        (&"ERROR".into(), &().into())
    );
    assert_eq!(oldest["request_id"], format!("req-{ID}1"));
    assert_eq!(
        shell.run(&import).out,
        "imported 0 messages, 2 already present, 2 deleted at the source\n"
    );
    assert!(files() == before, "nothing is written there");
}

#[test]
fn the_shared_file_systems_codes_are_put_together() {
    let shell = Shell::new();
    let manila = ServiceDatabase::manila();
    manila.execute(&format!(
        "INSERT INTO messages (id, project_id, request_id, resource_type, resource_id, action_id, detail_id, \
         message_level, created_at, deleted_at, deleted, expires_at) VALUES \
         ('{ID}0', 'p1', 'req-1', 'SHARE', '{ID}9', '001', '002', 'ERROR', '2026-10-01 00:00:02.834285', NULL, 'False', \
          '2026-10-31 00:00:02'), \
         ('{ID}1', 'p1', 'req-1', NULL, NULL, '002', NULL, 'ERROR', '2026-10-01 00:00:01.000001', NULL, 'False', NULL), \
         ('{ID}2', 'p1', 'req-1', 'SHARE', NULL, '001', '002', 'ERROR', '2026-10-01 00:00:00', '2026-10-02 00:00:00', \
          '{ID}2', NULL)"
    ));
    // The URL may be in the service's own file.
    let file = shell.path().join("manila.conf");
    let text = format!(
        "[DEFAULT]\nenabled_backends = a\n[database]\nconnection = {}\n",
        manila.url()
    );
    std::fs::write(&file, text).unwrap();
    assert_eq!(
        shell
            .run(&["message", "import", "--from-manila", file.to_str().unwrap()])
            .out,
        "imported 2 messages, 0 already present, 1 deleted at the source\n"
    );
    let list = shell.json(&["message", "list"]);
    assert_eq!(list[0]["event_id"], "SHARE_SHARE_001_002");
    assert_eq!(list[0]["created_at"], "2026-10-01T00:00:02.834285");
    assert_eq!(list[0]["resource_uuid"], format!("{ID}9"));
    assert_eq!(
        list[0]["user_message"],
        "Find storage: No storage could be allocated for this share request."
    );
    assert_eq!(
        (&list[1]["event_id"], &list[1]["detail_id"]),
        (&"SHARE_002_001".into(), &().into())
    );
    assert_eq!(list[1]["user_message"], "Create: An unknown error occurred.");
}

#[test]
fn the_documented_commands_find_the_tables_by_the_files_of_the_services() {
    let shell = Shell::new();
    let commands = document("docs/operation.md", "services");
    let services = [
        ("cinder", ServiceDatabase::cinder()),
        ("manila", ServiceDatabase::manila()),
    ];
    for (command, (service, database)) in commands.lines().zip(&services) {
        let file = shell.path().join(format!("{service}.conf"));
        std::fs::write(&file, format!("[database]\nconnection = {}\n", database.url())).unwrap();
        let command = command.replace(&format!("/etc/{service}/{service}.conf"), file.to_str().unwrap());
        let arguments: Vec<&str> = command.strip_prefix("tidings ").unwrap().split(' ').collect();
        let ran = shell.run(&arguments);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (
                0,
                "imported 0 messages, 0 already present, 0 deleted at the source\n"
            ),
            "{}",
            ran.err
        );
    }
    assert_eq!(commands.lines().count(), services.len());
}

#[test]
fn wrong_rows_are_named_and_the_others_imported_page_by_page() {
    let shell = Shell::new();
    let cinder = ServiceDatabase::cinder();
    let good = (0..2100).map(|number| {
        let id = format!("{number:08}-0000-4000-8000-000000000000");
        format!("('{id}', 'p1', 'VOLUME_000002', 'ERROR', '2026-10-01 00:00:00', false)")
    });
    let wrong = [
        "('', 'p1', 'VOLUME_000002', 'ERROR', '2026-10-01 00:00:00', false)".to_owned(),
        "('00001000-x', 'p1', 'VOLUME_000002', 'ERROR', '2026-10-01 00:00:00', false)".to_owned(),
        format!("('{ID}8', 'p1', 'VOLUME_000002', 'ERROR', NULL, false)"),
        format!("('{ID}9', '', 'VOLUME_000002', 'ERROR', '2026-10-01 00:00:00', false)"),
    ];
    let rows: Vec<String> = good.chain(wrong).collect();
    cinder.execute(&format!(
        "INSERT INTO messages (id, project_id, event_id, message_level, created_at, deleted) VALUES {}",
        rows.join(", ")
    ));
    let imported = shell.run(&["message", "import", "--from-cinder", &cinder.url()]);
    assert_eq!(imported.code, 65);
    assert_eq!(
        imported.out,
        "imported 2100 messages, 0 already present, 0 deleted at the source\n"
    );
    let expected = format!(
        "tidings: row \"\": id: must be a UUID\n\
         tidings: row \"{ID}8\": created_at: must be a time such as 2026-11-21T03:20:24.834285\n\
         tidings: row \"{ID}9\": project_id: must not be empty\n\
         tidings: row \"00001000-x\": id: must be a UUID\n\
         tidings: 4 invalid rows were skipped\n"
    );
    assert_eq!(imported.err, expected);
}

#[test]
fn what_is_no_table_of_the_service_is_refused() {
    let shell = Shell::new();
    let cinder = ServiceDatabase::cinder();
    cinder.execute(&format!(
        "INSERT INTO messages (id, project_id, event_id, message_level) VALUES ('{ID}0', 'p1', 'X', 'ERROR')"
    ));
    let other = shell.run(&["message", "import", "--from-manila", &cinder.url()]);
    assert_eq!(other.code, 70, "{}", other.err);
    assert!(other.err.contains("resource_id"), "{}", other.err);
    cinder.execute("DROP TABLE messages");
    let none = shell.run(&["message", "import", "--from-cinder", &cinder.url()]);
    assert_eq!(none.code, 70, "{}", none.err);
    assert!(
        none.err.starts_with("tidings: --from-cinder ") && none.err.contains("messages"),
        "{}",
        none.err
    );
    let missing = shell.run(&["message", "import", "--from-cinder", "sqlite:///nosuch.db"]);
    assert_eq!(missing.code, 69, "{}", missing.err);
    let secret = shell.run(&["message", "import", "--from-cinder", "oracle://u:hunter2@h/d"]);
    assert_eq!(
        (secret.code, secret.err.contains("hunter2")),
        (65, false),
        "{}",
        secret.err
    );
    for wrong in [
        &["message", "import"][..],
        &["message", "import", "rows", "--from-cinder", "x"],
    ] {
        assert_eq!(shell.run(wrong).code, 2, "{wrong:?}");
    }
}
