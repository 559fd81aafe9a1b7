//! `tidings stats` and `tidings catalog gaps`.

use std::fs;

use super::Shell;

/// Imports a message for each code, which are counted by a purge.
fn counted(shell: &Shell, codes: &[&str]) {
    let mut lines = String::new();
    for (number, code) in codes.iter().enumerate() {
        let row = serde_json::json!({
            "id": format!("00000000-0000-4000-8000-{number:012}"),
            "project_id": "p1",
            "event_id": code,
            "message_level": "ERROR",
            "created_at": "2026-10-01T00:00:00",
            "expires_at": "2126-11-01T00:00:00",
        });
        lines.push_str(&row.to_string());
        lines.push('\n');
    }
    fs::write(shell.path().join("rows"), lines).unwrap();
    assert_eq!(shell.run(&["message", "import", "rows"]).code, 0);
    assert_eq!(shell.run(&["purge"]).code, 0);
}

const OCTOBER: [&str; 4] = ["--since", "2026-10-01", "--until", "2026-10-02"];

#[test]
fn what_was_recorded_is_counted_as_a_table_and_as_json() {
    let shell = Shell::new();
    counted(&shell, &["VOLUME_000002", "VOLUME_000002", "SHARE_000002"]);
    let by_code = [&["stats", "--by", "code"][..], &OCTOBER].concat();
    let table = shell.run(&by_code);
    let rows: Vec<Vec<&str>> = table
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[0],
        ["code", "recorded", "ERROR", "WARNING", "INFO", "before"]
    );
    assert_eq!(rows[1], ["VOLUME_000002", "2", "2", "0", "0", "0"]);
    assert!(table.err.contains("is counted"), "{}", table.err);
    let json = shell.json(&by_code);
    assert_eq!((&json["recorded"], &json["total"]), (&3.into(), &2.into()));
    let page = shell.run(&[&by_code[..], &["--limit", "1"]].concat());
    assert!(page.err.contains("--marker 2:VOLUME_000002"), "{}", page.err);
    let one = shell.json(&[&["stats", "--by", "day", "--service", "share"][..], &OCTOBER].concat());
    assert_eq!(one["recorded"], 1);
    for wrong in [
        ["--service", "x"],
        ["--project", ""],
        ["--limit", "0"],
        ["--since", "2020-01-01"],
    ] {
        let ran = shell.run(&[&["stats"][..], &wrong].concat());
        assert_eq!(ran.code, 65, "{wrong:?}");
        assert!(
            ran.err.starts_with(&format!("tidings: {}: ", wrong[0])),
            "{}",
            ran.err
        );
    }
}

#[test]
fn gaps_are_ranked_with_drafts_to_copy() {
    let shell = Shell::new();
    counted(&shell, &["VOLUME_VOLUME_007_001", "VOLUME_000002"]);
    let notification = r#"{"message_id": "ID", "publisher_id": "volume.host1", "event_type": "volume.extend.failed", "priority": "ERROR", "payload": {"reason": "DriverTimeout: secret"}}"#;
    let lines = ["1", "2"].map(|id| notification.replace("ID", id)).join("\n");
    fs::write(shell.path().join("notifications"), lines).unwrap();
    let replayed = shell.run(&["ingest", "--replay", "notifications"]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    let gaps = shell.json(&["catalog", "gaps", "--since", "2026-10-01"]);
    assert_eq!(gaps[0]["event_type"], "volume.extend.failed");
    assert_eq!(
        (&gaps[0]["reason"], &gaps[0]["count"]),
        (&"DriverTimeout".into(), &2.into())
    );
    assert_eq!(
        (&gaps[1]["action"], &gaps[1]["count"]),
        (&"EXTEND_VOLUME".into(), &1.into())
    );
    assert_eq!(gaps.as_array().unwrap().len(), 2);
    assert!(!gaps.to_string().contains("secret"));
    let drafts = shell.run(&["catalog", "gaps", "--drafts", "--limit", "1"]).out;
    assert!(
        drafts.contains("[details.NEW_ENTRY_1]") && drafts.contains("exceptions = [\"DriverTimeout\"]"),
        "{drafts}"
    );
    assert!(
        drafts.contains("event_types = \"volume.extend.failed\""),
        "{drafts}"
    );
    let table = shell.run(&["catalog", "gaps"]).out;
    assert!(table.contains("DriverTimeout"), "{table}");
}
