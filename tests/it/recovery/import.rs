//! `tidings notification import`, from a database with Masakari's schema, and the other commands.

use crate::cli::Shell;
use crate::support::Fresh;

/// The columns that matter, as Masakari 22.0.0 creates them.
const SCHEMA: &str = "
    CREATE TABLE failover_segments (id INTEGER PRIMARY KEY, uuid VARCHAR(36), name VARCHAR(255), service_type VARCHAR(255),
        enabled BOOLEAN, description TEXT, recovery_method VARCHAR(20), created_at TIMESTAMP NULL,
        updated_at TIMESTAMP NULL, deleted INTEGER);
    CREATE TABLE hosts (id INTEGER PRIMARY KEY, uuid VARCHAR(36), name VARCHAR(255), reserved BOOLEAN, type VARCHAR(255),
        control_attributes TEXT, on_maintenance BOOLEAN, failover_segment_id VARCHAR(36), created_at TIMESTAMP NULL,
        updated_at TIMESTAMP NULL, deleted INTEGER);
    CREATE TABLE notifications (id INTEGER PRIMARY KEY, notification_uuid VARCHAR(36), generated_time TIMESTAMP NULL,
        source_host_uuid VARCHAR(36), type VARCHAR(36), payload TEXT, status VARCHAR(20),
        failover_segment_uuid VARCHAR(36), message TEXT, created_at TIMESTAMP NULL, updated_at TIMESTAMP NULL,
        deleted INTEGER);
    CREATE TABLE vmoves (id INTEGER PRIMARY KEY, uuid VARCHAR(36), notification_uuid VARCHAR(36), instance_uuid VARCHAR(36),
        instance_name VARCHAR(255), source_host VARCHAR(255), dest_host VARCHAR(255), start_time TIMESTAMP NULL,
        end_time TIMESTAMP NULL, type VARCHAR(36), status VARCHAR(255), message TEXT, created_at TIMESTAMP NULL,
        updated_at TIMESTAMP NULL, deleted INTEGER);
    INSERT INTO failover_segments VALUES (7, '62eea464-bb19-48d8-8550-c558423a35d6', 'rack1', 'COMPUTE', TRUE, NULL, 'auto',
        '2026-11-20 10:00:00', NULL, 0);
    INSERT INTO failover_segments VALUES (8, '62eea464-bb19-48d8-8550-c558423a35d7', 'rack2', 'COMPUTE', TRUE, NULL, 'other',
        '2026-11-20 10:00:00', NULL, 0);
    INSERT INTO hosts VALUES (10, '8663994c-dc04-498a-b888-8dc2dc41e9bc', 'compute2', FALSE, 'COMPUTE', 'SSH', FALSE,
        '62eea464-bb19-48d8-8550-c558423a35d7', '2026-11-20 10:00:01', NULL, 0);
    INSERT INTO hosts VALUES (9, '8663994c-dc04-498a-b888-8dc2dc41e9ba', 'compute1', FALSE, 'COMPUTE', 'SSH', TRUE,
        '62eea464-bb19-48d8-8550-c558423a35d6', '2026-11-20 10:00:01', NULL, 0);
    INSERT INTO hosts VALUES (8, '8663994c-dc04-498a-b888-8dc2dc41e9bb', 'gone', FALSE, 'COMPUTE', 'SSH', TRUE,
        '62eea464-bb19-48d8-8550-c558423a35d6', '2026-11-20 10:00:01', NULL, 8);
    INSERT INTO notifications VALUES (28, '3a5ce65b-8df5-4e29-9d4d-38fa7270c011', '2026-11-21 03:20:20',
        '8663994c-dc04-498a-b888-8dc2dc41e9ba', 'COMPUTE_HOST', '{\"event\": \"STOPPED\", \"host_status\": \"NORMAL\"}',
        'finished', '62eea464-bb19-48d8-8550-c558423a35d6', NULL, '2026-11-21 03:20:21', '2026-11-21 03:22:21', 0);
    INSERT INTO notifications VALUES (29, '3a5ce65b-8df5-4e29-9d4d-38fa7270c012', '2026-11-21 03:20:22',
        '8663994c-dc04-498a-b888-8dc2dc41e9ba', 'PROCESS', 'broken', 'running', NULL, NULL, '2026-11-21 03:20:23', NULL, 0);
    INSERT INTO notifications VALUES (30, 'no id', '2026-11-21 03:20:22', '8663994c-dc04-498a-b888-8dc2dc41e9ba', 'PROCESS',
        '{}', 'new', NULL, NULL, '2026-11-21 03:20:23', NULL, 0);
    INSERT INTO notifications VALUES (31, '3a5ce65b-8df5-4e29-9d4d-38fa7270c013', '2026-11-21 03:20:22',
        '8663994c-dc04-498a-b888-8dc2dc41e9bc', 'COMPUTE_HOST', '{\"event\": \"STOPPED\"}', 'new', NULL, NULL,
        '2026-11-21 03:20:23', NULL, 0);
    INSERT INTO vmoves VALUES (3, '11111111-dc04-498a-b888-8dc2dc41e9ba', '3a5ce65b-8df5-4e29-9d4d-38fa7270c011',
        '22222222-dc04-498a-b888-8dc2dc41e9ba', 'vm1', 'compute1', 'compute2', '2026-11-21 03:21:00', '2026-11-21 03:22:00',
        'evacuation', 'succeeded', NULL, '2026-11-21 03:21:00', NULL, 0);
";

#[test]
fn a_database_of_masakari_is_imported_with_its_ids_and_numbers_and_only_once() {
    let source = Fresh::new();
    if !Fresh::is_remote() {
        // Nothing else has created the file.
        std::fs::write(source.url().trim_start_matches("sqlite:///"), "").unwrap();
    }
    for statement in SCHEMA.split(';').filter(|statement| !statement.trim().is_empty()) {
        source.execute(statement);
    }
    let shell = Shell::new();
    let import = || shell.run(&["notification", "import", "--from-masakari", source.url()]);
    let first = import();
    assert_eq!(first.code, 65, "{}", first.err);
    assert_eq!(
        first.out,
        "failover_segments: imported 1, 0 already present\nhosts: imported 1, 0 already present\n\
         notifications: imported 2, 0 already present\nvmoves: imported 1, 0 already present\n"
    );
    for wrong in [
        "row 8 of failover_segments: recovery_method:",
        "row 10 of hosts: its segment or host is missing here",
        "row 31 of notifications: its segment or host is missing here",
        "row 30 of notifications: notification_uuid:",
    ] {
        assert!(first.err.contains(wrong), "{wrong}: {}", first.err);
    }
    let second = import();
    assert!(
        second
            .out
            .contains("notifications: imported 0, 2 already present"),
        "{}",
        second.out
    );

    let shown = shell.run(&[
        "notification",
        "show",
        "3a5ce65b-8df5-4e29-9d4d-38fa7270c011",
        "--output",
        "json",
    ]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["id"], 28);
    assert_eq!(shown["generated_time"], "2026-11-21T03:20:20.000000");
    assert_eq!(shown["payload"]["event"], "STOPPED");
    assert_eq!(shown["vmoves"][0]["dest_host"], "compute2");

    // New rows get further numbers.
    let report = [
        "notification",
        "create",
        "--type",
        "PROCESS",
        "--host",
        "compute1",
        "event=STARTED",
        "process_name=nova-compute",
    ];
    assert_eq!(shell.run(&report).code, 65, "the host is under maintenance");
    let cancelled = shell.run(&["notification", "cancel", "3a5ce65b-8df5-4e29-9d4d-38fa7270c012"]);
    assert_eq!(cancelled.code, 0, "{}", cancelled.err);
    let freed = shell.run(&["segment", "set-host", "compute1", "--on-maintenance", "false"]);
    assert_eq!(freed.code, 0, "{}", freed.err);
    assert_eq!(shell.run(&report).code, 0);
    let listed = shell.run(&["notification", "list", "--output", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert!(listed[0]["id"].as_i64().unwrap() > 29, "{listed}");
}

#[test]
fn segments_and_notifications_are_managed_from_the_command_line() {
    let shell = Shell::new();
    let run = |arguments: &[&str]| {
        let ran = shell.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.out
    };
    run(&["segment", "create", "rack1"]);
    run(&["segment", "add-host", "rack1", "compute1"]);
    assert_eq!(
        shell.run(&["segment", "add-host", "rack1", "compute1"]).err,
        "tidings: rack1: there is a host of the name compute1\n"
    );
    assert!(run(&["segment", "list"]).contains("rack1"));
    assert!(run(&["segment", "show", "rack1"]).contains("compute1"));
    let report = [
        "notification",
        "create",
        "--type",
        "VM",
        "--host",
        "compute1",
        "event=LIFECYCLE",
        "vir_domain_event=STOPPED_FAILED",
        "instance_uuid=9f3f816b-810f-4880-9e83-1b84aa6012e1",
    ];
    let id = run(&report);
    assert_eq!(shell.run(&report).code, 65, "a duplicate");
    assert_eq!(
        shell.run(&["segment", "remove-host", "compute1"]).code,
        65,
        "it is in use"
    );
    assert_eq!(
        shell.run(&["notification", "retry", id.trim()]).code,
        65,
        "it did not fail"
    );
    run(&["notification", "cancel", id.trim()]);
    assert!(run(&["notification", "show", id.trim(), "--watch"]).contains("new -> ignored"));
    assert!(run(&["notification", "list", "--status", "ignored"]).contains(id.trim()));
    assert!(run(&["notification", "list", "--host", "compute1"]).contains(id.trim()));
    let unknown = shell.run(&["notification", "list", "--host", "compute2"]);
    assert_eq!(unknown.err, "tidings: --host: no host has the name compute2\n");
    assert_eq!(
        shell
            .run(&["notification", "show", "9f3f816b-810f-4880-9e83-1b84aa6012e1"])
            .code,
        66
    );
    run(&["segment", "delete", "rack1"]);
    assert_eq!(shell.run(&["segment", "show", "rack1"]).code, 66);
}
