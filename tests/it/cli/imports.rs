//! `tidings message import` and `export`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::Shell;

#[test]
fn an_export_is_imported_as_it_was() {
    let shell = Shell::new();
    for _ in 0..3 {
        shell.run(&[
            "message",
            "create",
            "--project",
            "p1",
            "--resource-type",
            "VOLUME",
            "--action",
            "001",
            "--detail",
            "003",
            "--resource-uuid",
            "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7",
        ]);
    }
    let exported = shell.run(&["message", "export"]).out;
    assert_eq!(exported.lines().count(), 3);
    let other = Shell::new();
    let file = other.path().join("rows.ndjson");
    fs::write(&file, &exported).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(
        other.run(&["message", "import", file]).out,
        "imported 3 messages, 0 already present, 0 deleted at the source\n"
    );
    assert_eq!(other.run(&["message", "export"]).out, exported);
    assert_eq!(
        other.run(&["message", "import", file]).out,
        "imported 0 messages, 3 already present, 0 deleted at the source\n"
    );
}

#[test]
fn an_export_goes_on_when_the_last_message_of_its_page_is_deleted() {
    let shell = Shell::new();
    let rows: Vec<String> = (0..2500)
        .map(|number| {
            format!(
                "{{\"id\":\"{}\",\"project_id\":\"p1\",\"event_id\":\"VOLUME_000002\",\"message_level\":\"ERROR\",\
                 \"created_at\":\"2026-11-21T03:20:24.{number:06}\"}}\n",
                uuid::Uuid::from_u128(number + 1)
            )
        })
        .collect();
    let file = shell.path().join("rows.ndjson");
    fs::write(&file, rows.concat()).unwrap();
    assert_eq!(shell.run(&["message", "import", file.to_str().unwrap()]).code, 0);
    let mut export = shell
        .command(&["message", "export"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(export.stdout.take().unwrap()).lines();
    // It has read its first page, and waits for the reader of its output before the second: a pipe holds less than a
    // page.
    lines.next().unwrap().unwrap();
    let last_of_page = uuid::Uuid::from_u128(2500 - 999).to_string();
    assert_eq!(shell.run(&["message", "delete", &last_of_page]).code, 0);
    assert_eq!(lines.map(Result::unwrap).count(), 2499);
    assert_eq!(export.wait().unwrap().code(), Some(0));
}

#[test]
fn old_rows_of_block_storage_are_read() {
    let shell = Shell::new();
    let rows = concat!(
        r#"{"id": "00000000-0000-4000-8000-000000000000", "project_id": "p1", "event_id": "000002", "action_id": null, "detail_id": null, "resource_type": "volume", "resource_uuid": null, "request_id": null, "message_level": "error", "created_at": "2026-10-01 00:00:00", "updated_at": null, "deleted_at": null, "deleted": false, "expires_at": null}"#,
        "\n\n",
        r#"{"id": "00000000-0000-4000-8000-000000000001", "project_id": "p1", "event_id": "X", "message_level": "ERROR", "created_at": "2026-10-01T00:00:00", "deleted": 1}"#,
        "\n"
    );
    fs::write(shell.path().join("rows"), rows).unwrap();
    assert_eq!(
        shell.run(&["message", "import", "rows"]).out,
        "imported 1 messages, 0 already present, 1 deleted at the source\n"
    );
    let message = &shell.json(&["message", "list"])[0];
    assert_eq!(message["event_id"], "VOLUME_000002");
    assert_eq!(message["resource_type"], "VOLUME");
    assert_eq!(message["message_level"], "ERROR");
    assert_eq!(message["request_id"], "req-00000000-0000-4000-8000-000000000000");
    assert_eq!(message["created_at"], "2026-10-01T00:00:00.000000");
}

#[test]
fn a_wrong_line_ends_an_import_and_is_named() {
    let shell = Shell::new();
    let good = r#"{"id": "00000000-0000-4000-8000-000000000000", "project_id": "p1", "event_id": "VOLUME_000002", "message_level": "ERROR", "created_at": "2026-10-01T00:00:00"}"#;
    for (bad, reason) in [
        ("{".into(), "EOF while parsing an object\n"),
        (b"\xff".to_vec(), "expected value\n"),
        (
            good.replace("VOLUME", "\u{1}").into(),
            "control character (\\u0000-\\u001F) found while parsing a string\n",
        ),
        (b"[1, 2]".to_vec(), "invalid type: sequence, expected an object\n"),
        (
            good.replace('{', r#"{"parameters": "x", "#).into(),
            "parameters: invalid type: string \"x\", expected a map\n",
        ),
        (
            good.replace(
                '{',
                &format!(r#"{{"parameters": {{"a": "{}"}}, "#, "x".repeat(65_536)),
            )
            .into(),
            "parameters: must have at most 65536 bytes of JSON\n",
        ),
        (
            good.replace("\"p1\"", &format!("[\"{}\"]", "x".repeat(9000)))
                .into(),
            "project_id: invalid type: sequence, expected a string\n",
        ),
        (good.replace("0000\"", "x\"").into(), "id: must be a UUID\n"),
        (
            good.replace("2026-10", "today").into(),
            "created_at: must be a time",
        ),
        (good.replace("p1", "").into(), "project_id: must not be empty\n"),
        (
            good.replace("p1", &"x".repeat(256)).into(),
            "project_id: must not be longer than 255 characters\n",
        ),
        (
            good.replace("p1", "a/b").into(),
            "project_id: must match [api] project_id_regex ([0-9A-Za-z_-]{1,64})\n",
        ),
        (
            good.replace("ERROR", "FATAL").into(),
            "message_level: must be one of ERROR, WARNING, INFO\n",
        ),
        (
            good.replace("2026-10", "-0001-10").into(),
            "created_at: must be in the years 1 to 9999\n",
        ),
        (
            good.replace("2026-10", "+10000-10").into(),
            "created_at: must be in the years 1 to 9999\n",
        ),
        (
            good.replace('}', r#", "expires_at": "0000-12-31T23:59:59"}"#)
                .into(),
            "expires_at: must be in the years 1 to 9999\n",
        ),
        (
            good.replace("project_id", "project").into(),
            "unknown field `project`",
        ),
    ] {
        let rows = [good.as_bytes(), &bad, b""].join(&b'\n');
        fs::write(shell.path().join("rows"), rows).unwrap();
        let ran = shell.run(&["message", "import", "rows"]);
        assert_eq!(ran.code, 65);
        assert!(
            ran.err.starts_with("tidings: rows, line 2: ") && ran.err.contains(reason),
            "{}: {}",
            String::from_utf8_lossy(&bad),
            ran.err
        );
        assert_eq!(
            shell.json(&["message", "list"]).as_array().unwrap().len(),
            1,
            "the line before it stays"
        );
    }
    assert_eq!(shell.run(&["message", "import", "nosuch"]).code, 74);
}

#[test]
fn an_import_takes_the_projects_that_are_configured_and_the_times_that_can_be_shown() {
    let shell = Shell::new();
    let good = r#"{"id": "00000000-0000-4000-8000-000000000000", "project_id": "a.b", "event_id": "VOLUME_000002", "message_level": "info", "created_at": "0001-01-01T00:00:00", "expires_at": "9999-12-31T23:59:59.999999"}"#;
    fs::write(shell.path().join("rows"), good).unwrap();
    assert_eq!(shell.run(&["message", "import", "rows"]).code, 65);
    let mut import = shell.command(&["message", "import", "rows"]);
    let imported = import.env("OS_API__PROJECT_ID_REGEX", "[a-z.]+").status();
    assert!(imported.unwrap().success());
    let exported = shell.run(&["message", "export"]).out;
    for kept in ["0001-01-01T00:00:00.000000", "9999-12-31T23:59:59.999999", "INFO"] {
        assert!(exported.contains(kept), "{exported}");
    }
}

/// A line without the columns that repeat the code.
fn bare(event_id: &str) -> String {
    format!(
        r#"{{"id": "00000000-0000-4000-8000-000000000000", "project_id": "p1", "event_id": "{event_id}", "message_level": "ERROR", "created_at": "2026-10-01T00:00:00"}}"#
    )
}

/// A line with one more column.
fn with(line: &str, column: &str, value: &str) -> String {
    line.replacen('{', &format!(r#"{{"{column}": {value}, "#), 1)
}

#[test]
fn a_composed_code_alone_is_imported_with_its_parts() {
    for line in [
        bare("VOLUME_VOLUME_SNAPSHOT_009_006"),
        with(&bare("VOLUME_VOLUME_SNAPSHOT_009_006"), "action_id", r#""""#),
        with(
            &bare("VOLUME_VOLUME_SNAPSHOT_009_006"),
            "resource_type",
            r#""volume_snapshot""#,
        ),
    ] {
        let shell = Shell::new();
        fs::write(shell.path().join("rows"), line).unwrap();
        assert_eq!(shell.run(&["message", "import", "rows"]).code, 0);
        let message = &shell.json(&["message", "list"])[0];
        assert_eq!(
            message["user_message"],
            "Create snapshot: The project's quota is used up."
        );
        assert_eq!(
            (
                &message["action_id"],
                &message["detail_id"],
                &message["resource_type"]
            ),
            (&"009".into(), &"006".into(), &"VOLUME_SNAPSHOT".into())
        );
    }
}

#[test]
fn a_code_of_a_newer_catalog_keeps_its_parts_until_it_is_known() {
    let shell = Shell::new();
    fs::write(shell.path().join("rows"), bare("DNS_ZONE_001_002")).unwrap();
    assert_eq!(shell.run(&["message", "import", "rows"]).code, 0);
    let message = &shell.json(&["message", "list"])[0];
    assert_eq!(
        (
            &message["action_id"],
            &message["detail_id"],
            &message["resource_type"]
        ),
        (&"001".into(), &"002".into(), &"ZONE".into())
    );
    assert_eq!(
        message["user_message"],
        "Unknown action: An unknown error occurred."
    );
    let shown = shell
        .run(&["message", "show", message["id"].as_str().unwrap()])
        .out;
    assert!(
        shown.contains("Unknown action: An unknown error occurred."),
        "{shown}"
    );
}

#[test]
fn a_row_whose_columns_contradict_its_code_is_refused_by_name() {
    let shell = Shell::new();
    let composed = bare("VOLUME_VOLUME_SNAPSHOT_009_006");
    let flat = bare("VOLUME_000002");
    for (line, reason) in [
        (
            with(&composed, "action_id", r#""010""#),
            "action_id: must be 009, as in event_id VOLUME_VOLUME_SNAPSHOT_009_006, or be omitted",
        ),
        (
            with(&composed, "detail_id", r#""6""#),
            "detail_id: must be 006, as in event_id VOLUME_VOLUME_SNAPSHOT_009_006, or be omitted",
        ),
        (
            with(&composed, "resource_type", r#""VOLUME""#),
            "resource_type: must be VOLUME_SNAPSHOT, as in event_id VOLUME_VOLUME_SNAPSHOT_009_006, or be omitted",
        ),
        (
            with(&flat, "action_id", r#""001""#),
            "action_id: must be omitted, because event_id VOLUME_000002 is not composed",
        ),
        (
            with(&flat, "detail_id", r#""001""#),
            "detail_id: must be omitted, because event_id VOLUME_000002 is not composed",
        ),
        (
            with(&flat, "resource_type", r#""SHARE""#),
            "event_id: does not belong to resource_type SHARE",
        ),
        (
            bare("SHARE_VOLUME_001_001"),
            "event_id: does not belong to resource_type VOLUME",
        ),
        (
            bare("no code"),
            "event_id: must have the form VOLUME_000002 or VOLUME_VOLUME_SNAPSHOT_009_006",
        ),
    ] {
        fs::write(shell.path().join("rows"), format!("\n{line}")).unwrap();
        let ran = shell.run(&["message", "import", "rows"]);
        assert_eq!(
            (ran.code, ran.err),
            (65, format!("tidings: rows, line 2: {reason}\n"))
        );
    }
    assert_eq!(shell.json(&["message", "list"]).as_array().unwrap().len(), 0);
}

#[test]
fn an_import_with_update_repairs_what_was_imported_before() {
    let shell = Shell::new();
    let other = bare("VOLUME_000002").replace("8000-000000000000", "8000-000000000001");
    let rows = format!("{}\n{other}\n", bare("VOLUME_VOLUME_SNAPSHOT_009_006"));
    fs::write(shell.path().join("rows"), &rows).unwrap();
    assert_eq!(shell.run(&["message", "import", "rows"]).code, 0);
    // As an older version stored it.
    shell
        .database
        .execute("UPDATE messages SET action_id = NULL, detail_id = NULL, resource_type = NULL");
    let broken = shell.run(&["message", "export"]).out;
    let text = |shell: &Shell| shell.json(&["message", "list"]).to_string();
    assert!(!text(&shell).contains("create snapshot"));
    assert_eq!(
        shell.run(&["message", "import", "rows"]).out,
        "imported 0 messages, 2 already present, 0 deleted at the source\n"
    );
    // Its own export is enough to repair a store.
    fs::write(shell.path().join("broken"), broken).unwrap();
    assert_eq!(
        shell.run(&["message", "import", "--update", "broken"]).out,
        "imported 0 messages, updated 1, 1 already present, 0 deleted at the source\n"
    );
    assert!(text(&shell).contains("Create snapshot: The project's quota is used up."));
    assert_eq!(
        shell.run(&["message", "import", "--update", "rows"]).out,
        "imported 0 messages, updated 0, 2 already present, 0 deleted at the source\n"
    );
    // Of several lines with one id, the first one counts.
    let twice = format!("{other}\n{}\n", other.replace("p1", "p2"));
    fs::write(shell.path().join("twice"), twice).unwrap();
    assert_eq!(
        shell.run(&["message", "import", "--update", "twice"]).out,
        "imported 0 messages, updated 0, 2 already present, 0 deleted at the source\n"
    );
    assert_eq!(
        shell
            .json(&["message", "list", "--project", "p1"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_name_of_an_old_row_cannot_deceive_a_terminal() {
    let shell = Shell::new();
    let line = with(
        &bare("REPO_000002"),
        "resource_uuid",
        r#""f17\u202egpj\u001b[2J""#,
    );
    let line = with(&line, "resource_type", r#""REPOSITORY""#);
    fs::write(shell.path().join("rows"), line).unwrap();
    assert_eq!(shell.run(&["message", "import", "rows"]).code, 0);
    let id = "00000000-0000-4000-8000-000000000000";
    for args in [&["message", "list"][..], &["message", "show", id]] {
        let table = shell.run(args).out;
        assert!(table.contains(r"f17\u{202e}gpj\u{1b}[2J"), "{table}");
        assert!(!table.contains(['\u{202e}', '\u{1b}']), "{table}");
    }
    assert_eq!(
        shell.json(&["message", "show", id])["resource_uuid"],
        "f17\u{202e}gpj\u{1b}[2J"
    );
}
