//! Lists on a terminal, and the filters of `tidings message list` and `event list`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::Shell;

const ID: &str = "00000000-0000-4000-8000-000000000000";
const RESOURCE: &str = "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7";

/// Returns a shell with a message for each day of a November, about the same volume.
fn november(days: u32) -> Shell {
    let shell = Shell::new();
    let rows: Vec<String> = (1..=days)
        .map(|day| {
            format!(
                r#"{{"id": "00000000-0000-4000-8000-{day:012}", "project_id": "p1", "event_id": "VOLUME_VOLUME_SNAPSHOT_009_006", "message_level": "ERROR", "created_at": "2026-11-{day:02}T12:00:00", "resource_uuid": "{RESOURCE}", "request_id": "req-{day}"}}"#
            )
        })
        .collect();
    fs::write(shell.path().join("rows"), rows.join("\n")).unwrap();
    assert_eq!(shell.run(&["message", "import", "rows"]).code, 0);
    shell
}

/// Returns the program's output on a terminal with this many columns, line by line.
fn on_terminal(shell: &Shell, columns: u32, arguments: &str) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_tidings");
    let command = shell.command(&[]);
    let inner = format!("stty cols {columns}; exec '{program}' {arguments}");
    let mut terminal = std::process::Command::new("script");
    terminal
        .args(["--quiet", "--return", "--command", &inner, "/dev/null"])
        .current_dir(shell.path())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    let output = terminal.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_list_fits_the_terminal_and_leaves_ids_whole() {
    let shell = november(2);
    let id = "00000000-0000-4000-8000-000000000002";
    for (columns, named) in [
        (60, &["id", "message"][..]),
        (80, &["id", "level", "message"]),
        (100, &["id", "created_at", "level", "message"]),
        (120, &["id", "project", "created_at", "level", "message"]),
        (
            150,
            &["id", "project", "created_at", "level", "event_id", "message"],
        ),
        (
            200,
            &[
                "id",
                "project",
                "created_at",
                "level",
                "event_id",
                "message",
                "resource",
            ],
        ),
    ] {
        let lines = on_terminal(&shell, columns, "message list");
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns as usize, "{columns}: {}", lines.join("\n"));
        let head: Vec<&str> = lines[1]
            .split(['│', '┆'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        assert_eq!(head, named, "{columns}: {}", lines.join("\n"));
        assert!(lines.iter().any(|line| line.contains(id)), "{}", lines.join("\n"));
    }
    let long = on_terminal(&shell, 80, "message list --long").join("\n");
    for shown in ["req-2", RESOURCE, "VOLUME_SNAPSHOT ", "never", id] {
        assert!(long.contains(shown), "{shown}: {long}");
    }
}

#[test]
fn a_list_says_where_it_goes_on() {
    let shell = november(3);
    let ran = shell.run(&["message", "list", "--limit", "2"]);
    let last = "00000000-0000-4000-8000-000000000002";
    assert_eq!(
        ran.err,
        format!("tidings: there are more messages; continue with --marker {last}\n")
    );
    assert_eq!(ran.out.lines().count(), 3);
    let ran = shell.run(&["message", "list", "--limit", "2", "--marker", last]);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (2, ""));
    assert_eq!(shell.run(&["message", "list", "--limit", "3"]).err, "");
    let many: Vec<String> = (0..51)
        .map(|number| {
            format!(
                r#"{{"id": "00000000-0000-4000-8000-1{number:011}", "project_id": "p2", "event_id": "VOLUME_000002", "message_level": "ERROR", "created_at": "2026-11-21T00:00:00"}}"#
            )
        })
        .collect();
    // From standard input.
    let mut import = shell
        .command(&["message", "import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    import
        .stdin
        .take()
        .unwrap()
        .write_all(many.join("\n").as_bytes())
        .unwrap();
    assert!(import.wait().unwrap().success());
    assert_eq!(
        shell
            .run(&["message", "list", "--project", "p2"])
            .out
            .lines()
            .count(),
        1 + 50
    );
}

#[test]
fn messages_are_found_by_time_and_by_what_they_are_about() {
    let shell = november(9);
    let days = |arguments: &[&str]| -> Vec<String> {
        let list = shell.json(&[&["message", "list"], arguments].concat());
        let days = list.as_array().unwrap().iter();
        days.map(|message| message["created_at"].as_str().unwrap()[8..10].to_owned())
            .collect()
    };
    assert_eq!(
        days(&["--since", "2026-11-03", "--before", "2026-11-05T12:00:00"]),
        ["04", "03"]
    );
    assert_eq!(
        days(&[
            "--since",
            "2026-11-05T12:00:00",
            "--before",
            "2026-11-05T12:00:00.000001"
        ]),
        ["05"]
    );
    assert_eq!(days(&["--request-id", "req-7"]), ["07"]);
    for all in [
        &["--resource", RESOURCE][..],
        &["--resource-uuid", RESOURCE],
        &["--level", "error"],
        &["--event-id", "VOLUME_VOLUME_SNAPSHOT_009_006"],
        &["--resource-type", "volume_snapshot"],
    ] {
        assert_eq!(days(all).len(), 9, "{all:?}");
    }
    assert_eq!(days(&["--level", "INFO"]).len(), 0);
    assert_eq!(days(&["--resource", ID]).len(), 0);
}

#[test]
fn what_no_message_can_have_is_refused() {
    let shell = Shell::new();
    for (arguments, code, reason) in [
        (&["--level", "ERORR"][..], 2, "a similar value exists: 'ERROR'"),
        (
            &["--since", "yesterday"],
            2,
            "must be a time such as 2026-11-21T03:20:24",
        ),
        (&["--before", "2026-02-30"], 2, "must be a time such as"),
        (
            &["--since", "2026-11-02", "--before", "2026-11-01"],
            65,
            "--since: must be earlier than --before",
        ),
        (&["--event-id", "volume_000002"], 2, "did you mean VOLUME_000002?"),
        (&["--event-id", "NO"], 2, "must have the form VOLUME_000002"),
        (
            &["--resource-type", "volume 1"],
            2,
            "must have the form VOLUME_SNAPSHOT",
        ),
        (&["--resource", ""], 2, "must have 1 to 255 characters"),
        (&["--request-id", ""], 2, "must have 1 to 255 characters"),
        (&["--marker", "x"], 2, "is not a message id"),
        (&["--limit", "0"], 2, "0 is not in 1.."),
        (&["--project", "a/b"], 65, "must match [api] project_id_regex"),
    ] {
        let ran = shell.run(&[&["message", "list"], arguments].concat());
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(reason), "{arguments:?}: {}", ran.err);
    }
    // A newer version may have recorded codes that this one does not know.
    for (arguments, note) in [
        (
            ["--event-id", "VOLUME_000020"],
            "VOLUME_000020 is not in the catalog, did you mean VOLUME_00000",
        ),
        (
            ["--resource-type", "VOLUMES"],
            "VOLUMES is not a resource type of the catalog, did you mean VOLUME?",
        ),
        (
            ["--resource-type", "FLEET2"],
            "FLEET2 is not a resource type of the catalog",
        ),
        (["--request-id", RESOURCE], "does not start with req-"),
    ] {
        let ran = shell.run(&[&["message", "list"], &arguments[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains(note), "{}", ran.err);
    }
}

#[test]
fn an_error_suggests_the_nearest_name() {
    let shell = Shell::new();
    let create =
        |arguments: &[&str]| shell.run(&[&["message", "create", "--project", "p1"], arguments].concat());
    for (ran, hint) in [
        (
            create(&["--event-id", "VOLUME_00002"]),
            "did you mean VOLUME_000002?",
        ),
        (
            create(&["--resource-type", "VOLUME", "--action", "SNAPSHOT_CRAETE"]),
            "did you mean SNAPSHOT_CREATE?",
        ),
        (
            create(&[
                "--resource-type",
                "VOLUME",
                "--action",
                "009",
                "--detail",
                "QUOTA_EXCED",
            ]),
            "did you mean QUOTA_EXCEED?",
        ),
        (
            create(&["--resource-type", "VOLUMME", "--event-id", "VOLUME_000002"]),
            "did you mean VOLUME?",
        ),
        (
            shell.run(&["event", "show", "image.uplaod"]),
            "did you mean image.upload?",
        ),
        (
            shell.run(&["catalog", "list", "--service", "volum"]),
            "did you mean volume?",
        ),
        (
            shell.run(&["catalog", "list", "--language", "zh_CM"]),
            "did you mean zh_CN?",
        ),
        (shell.run(&["mesage"]), "a similar subcommand exists: 'message'"),
    ] {
        assert!(ran.code > 0 && ran.err.contains(hint), "{hint}: {}", ran.err);
    }
}
