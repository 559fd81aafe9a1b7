//! `tidings ingest --replay`, run as a program.

use std::fs;

use super::Shell;

const FAILED: &str = r#"{"message_id": "m1", "event_type": "scheduler.create_volume", "priority": "ERROR",
    "payload": {"tenant_id": "demo", "volume_id": "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7", "reason": "node7 is out of order"}}"#;

/// Writes a file of notifications into the shell's directory, one per line.
fn file(shell: &Shell, lines: &[&str]) -> String {
    let path = shell.path().join("captured.jsonl");
    let lines: Vec<String> = lines.iter().map(|line| line.replace('\n', "")).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    path.display().to_string()
}

#[test]
fn a_dry_run_needs_no_database_and_shows_what_would_be_recorded() {
    let shell = Shell::empty();
    let glance = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/glance_events.jsonl");
    let ran = shell.run(&["ingest", "--replay", glance, "--dry-run"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out
            .contains("144 notifications: 9 messages, 0 repeated, 0 without an owner"),
        "{}",
        ran.out
    );
    assert!(
        !ran.out.contains("qcow2") && !ran.out.contains("Errno"),
        "{}",
        ran.out
    );
    let shown = shell.json(&["ingest", "--replay", glance, "--dry-run"]);
    assert_eq!(
        (&shown["received"], &shown["recorded"], &shown["unruled"]),
        (&144.into(), &9.into(), &135.into())
    );
    assert_eq!(shown["messages"][0]["line"], 23);
    assert_eq!(shown["messages"][0]["project_id"], "proj1");
    assert!(
        shown["messages"][0]["by"]
            .as_str()
            .unwrap()
            .starts_with("catalog/image.toml:")
    );
    assert_eq!(
        fs::read_dir(shell.path()).unwrap().count(),
        0,
        "no database was made"
    );
}

#[test]
fn without_dry_run_they_are_recorded_once() {
    let shell = Shell::new();
    let wrapped = format!(r#"{{"step": "x", "notification": {FAILED}}}"#);
    let outer =
        serde_json::json!({"oslo.version": "2.0", "oslo.message": FAILED.replace("m1", "m2")}).to_string();
    let path = file(&shell, &[FAILED, "", &wrapped, &outer]);
    let ran = shell.json(&["ingest", "--replay", &path]);
    // The second is the same notification, the third the same failure.
    assert_eq!((&ran["recorded"], &ran["repeated"]), (&1.into(), &2.into()));
    let listed = shell.json(&["message", "list", "--project", "demo"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["event_id"], "VOLUME_VOLUME_001_001");
    assert_eq!(shell.json(&["ingest", "--replay", &path])["recorded"], 0);
    // Quotas are for requests.
    let other = FAILED.replace("m1", "m3").replace("5e6a3d6e", "6e6a3d6e");
    let mut replay = shell.command(&["ingest", "--replay", &file(&shell, &[&other])]);
    let quota = [
        ("OS_QUOTA__MESSAGES_PER_PROJECT", "1"),
        ("OS_QUOTA__MESSAGES_PER_MINUTE", "1"),
    ];
    assert!(replay.envs(quota).output().unwrap().status.success());
    assert_eq!(
        shell
            .json(&["message", "list", "--project", "demo"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn wrong_lines_are_named_and_passed_over() {
    let shell = Shell::empty();
    let path = file(
        &shell,
        &["{", FAILED, r#"{"oslo.version": "3.0", "oslo.message": "{}"}"#],
    );
    let ran = shell.run(&["ingest", "--replay", &path, "--dry-run"]);
    assert_eq!(ran.code, 65);
    assert!(ran.err.contains("line 1: it is not a JSON object"), "{}", ran.err);
    assert!(
        ran.err.contains("line 3: its oslo.version is not 2.0"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("2 invalid lines were skipped"), "{}", ran.err);
    assert!(ran.out.contains("1 notifications: 1 messages"), "{}", ran.out);
}

#[test]
fn an_order_needs_a_trusted_exchange() {
    let shell = Shell::empty();
    fs::write(
        shell.path().join("t.conf"),
        "[ingest]\ntrusted_exchanges = trove\n",
    )
    .unwrap();
    let order = r#"{"event_type": "user_message.create", "priority": "INFO",
        "payload": {"project_id": "demo", "message": {"event_id": "VOLUME_000002"}}}"#;
    let path = file(&shell, &[order]);
    let arguments = [
        "ingest",
        "--config-file",
        "t.conf",
        "--replay",
        &path,
        "--dry-run",
    ];
    let ran = shell.run(&arguments);
    assert!(
        ran.err
            .contains("line 1: exchange \"\" is not in [ingest] trusted_exchanges"),
        "{}",
        ran.err
    );
    assert!(
        ran.out.contains("0 messages") && ran.out.contains("1 refused"),
        "{}",
        ran.out
    );
    let ran = shell.run(&[&arguments[..], &["--exchange", "trove"]].concat());
    assert!(ran.out.contains("1 messages"), "{}", ran.out);
}

#[test]
fn without_a_broker_there_is_nothing_to_read() {
    let shell = Shell::new();
    let ran = shell.run(&["ingest"]);
    assert_eq!(ran.code, 78, "{}", ran.err);
    assert!(
        ran.err.contains("[ingest] transport_url is required"),
        "{}",
        ran.err
    );
}

#[test]
fn what_it_cannot_do_without_is_checked_though_no_server_reads() {
    let shell = Shell::new();
    let configured = |text: &str| {
        fs::write(shell.path().join("t.conf"), format!("[ingest]\n{text}\n")).unwrap();
        shell.run(&["ingest", "--config-file", "t.conf"])
    };
    for (text, fault) in [
        ("pool =", "[ingest] pool: must not be empty"),
        ("exchanges =", "[ingest] exchanges: must name at least one"),
        ("topics =", "[ingest] topics: must name at least one"),
        (
            "projects = REPOSITRY:*:demo",
            "\"REPOSITRY\" is not a resource type",
        ),
        (
            "projects = REPOSITORY:*:d e",
            "\"d e\" does not match [api] project_id_regex",
        ),
    ] {
        let ran = configured(&format!("transport_url = rabbit://127.0.0.1:1/\n{text}"));
        assert_eq!(ran.code, 78, "{text}: {}", ran.err);
        assert!(ran.err.contains(fault), "{text}: {}", ran.err);
    }
}

/// The memory for a file does not grow with its length, nor with unused parts of its lines.
#[test]
fn large_lines_need_the_memory_of_one() {
    let shell = Shell::empty();
    let large: Vec<_> = (0..100_000).map(|index| serde_json::json!([index])).collect();
    let line = |event_type: &str| {
        serde_json::json!({
            "message_id": "m", "event_type": event_type, "priority": "ERROR",
            "payload": {"tenant_id": "demo", "volume_id": "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7", "more": large},
        })
        .to_string()
    };
    let (ruled, unruled) = (line("scheduler.create_volume"), line("nobody.knows.this"));
    let lines: Vec<&str> = [ruled.as_str(), unruled.as_str()]
        .into_iter()
        .cycle()
        .take(60)
        .collect();
    let path = file(&shell, &lines);
    // All lines at once would need about 600 MB.
    let ran = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -v 300000; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_tidings"),
        ])
        .args(["ingest", "--replay", &path, "--dry-run"])
        .current_dir(shell.path())
        .env_clear()
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{err}");
    assert!(out.contains("60 notifications: 1 messages, 29 repeated"), "{out}");
    assert!(out.contains("30 without a rule"), "{out}");
}
