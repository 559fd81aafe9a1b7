//! `tidings event listener` on the database. With a server: tests/it/process/listeners.rs.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;
use regex::Regex;
use serde_json::{Value, json};

use super::{Ran, Shell};

const URL: &str = "https://example.org/events";

/// With keys for secrets, which only SQLite makes by itself.
fn shell() -> Shell {
    let shell = Shell::new();
    let keys = shell.path().join("keys");
    fs::write(&keys, "a key that is long enough for every purpose\n").unwrap();
    let config = format!("[secrets]\nkey_file = {}\n", keys.display());
    fs::write(shell.path().join("tidings.conf"), config).unwrap();
    shell
}

fn run(shell: &Shell, arguments: &[&str]) -> Ran {
    shell.run(&[&["event", "listener"], arguments].concat())
}

/// Runs a command that must succeed.
#[track_caller]
fn done(shell: &Shell, arguments: &[&str]) -> String {
    let ran = run(shell, arguments);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    ran.out
}

#[track_caller]
fn json_of(shell: &Shell, arguments: &[&str]) -> Value {
    shell.json(&[&["event", "listener"], arguments].concat())
}

/// Runs a command with this text on standard input.
fn run_with(shell: &Shell, arguments: &[&str], input: &str) -> Ran {
    let mut command = shell.command(&[&["event", "listener"], arguments].concat());
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Creates an http listener and returns its id.
#[track_caller]
fn created(shell: &Shell, more: &[&str]) -> String {
    let base = ["http", "create", "--event-type", "*", "--url", URL];
    let listener = json_of(shell, &[&base[..], more].concat());
    listener["id"].as_str().unwrap().to_owned()
}

/// Sends an event and returns its id.
fn sent(shell: &Shell) -> String {
    let event = [
        "event",
        "send",
        "--project",
        "p1",
        "--type",
        "repo.sync.start",
        "--payload",
        r#"{"repo_id": "r"}"#,
    ];
    shell.json(&event)["message_id"].as_str().unwrap().to_owned()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one session with Pulp's client")]
fn listeners_are_created_and_listed_as_by_pulps_client() {
    let shell = shell();
    assert_eq!(done(&shell, &["list"]), "");
    let created = "Event listener successfully created\n\n";
    for arguments in [
        &[
            "email",
            "create",
            "--event-type",
            "repo.sync.start",
            "--event-type",
            "repo.sync.finish",
            "--subject",
            "pulp notification",
            "--addresses",
            "a@example.com,b@example.com",
        ][..],
        &[
            "http",
            "create",
            "--event-type",
            "*",
            "--url",
            URL,
            "--username",
            "u",
            "--password",
            "hunter2",
            "--project",
            "p1",
            "--name",
            "mine",
            "--format",
            "cloudevents",
            "--header",
            "X-Key=hunter2",
        ],
        &[
            "amqp",
            "create",
            "--event-type",
            "repo.*",
            "--exchange",
            "events",
            "--disabled",
        ],
        &[
            "pull",
            "create",
            "--event-type",
            "message.*",
            "--retry",
            "none",
            "--order",
            "resource",
        ],
    ] {
        assert_eq!(done(&shell, arguments), created, "{arguments:?}");
    }
    let listed = done(&shell, &["list"]);
    let ids = Regex::new("[0-9a-f-]{36}").unwrap();
    assert_snapshot!(ids.replace_all(&listed, "ID").replace(":   \n", ":...\n"), @r"
    Event Types:       repo.sync.start, repo.sync.finish
    Id:                ID
    Notifier Config:...
      Addresses: a@example.com, b@example.com
      Subject:   pulp notification
    Notifier Type Id:  email


    Event Types:       *
    Format:            cloudevents
    Id:                ID
    Name:              mine
    Notifier Config:...
      Headers:  
        X-Key: *****
      Password: *****
      URL:      https://example.org/events
      Username: u
    Notifier Type Id:  http
    Project Id:        p1


    Enabled:           false
    Event Types:       repo.*
    Id:                ID
    Notifier Config:...
      Exchange: events
    Notifier Type Id:  amqp


    Event Types:       message.*
    Id:                ID
    Notifier Config:...
    Notifier Type Id:  pull
    Order:             resource


    ");
    let of_project = json_of(&shell, &["list", "--project", "p1"]);
    assert_eq!(
        (of_project.as_array().unwrap().len(), &of_project[0]["name"]),
        (1, &json!("mine"))
    );
    let shown = done(
        &shell,
        &["show", "--listener-id", of_project[0]["id"].as_str().unwrap()],
    );
    assert!(
        shown.contains("Retry:             5, 300, 1800") && shown.contains("Scope:             project"),
        "{shown}"
    );
    assert!(!(listed + &shown + &of_project.to_string()).contains("hunter2"));
}

#[test]
fn what_an_update_does_not_name_stays_and_what_is_empty_goes() {
    let shell = shell();
    let id = created(
        &shell,
        &["--username", "u", "--password", "p", "--description", "old"],
    );
    let update = ["http", "update", "--listener-id", &id];
    let with = |more: &[&str]| done(&shell, &[&update[..], more].concat());
    assert_eq!(with(&[]), "No changes were made\n\n");
    let updated = "Event listener successfully updated\n\n";
    assert_eq!(
        with(&["--url", "https://example.org/new", "--event-type", "repo.*"]),
        updated
    );
    assert_eq!(with(&["--description", "", "--retry", "1,2"]), updated);
    let now = json_of(&shell, &["show", "--listener-id", &id]);
    assert_eq!(
        (
            &now["notifier_config"],
            &now["event_types"],
            &now["description"],
            &now["retry"]
        ),
        (
            &json!({"url": "https://example.org/new", "username": "u", "password": "*****"}),
            &json!(["repo.*"]),
            &Value::Null,
            &json!([1, 2]),
        )
    );
    assert_eq!(
        with(&["--username", "", "--password", "", "--header", "A=b"]),
        updated
    );
    assert_eq!(with(&["--header", "", "--retry", ""]), updated);
    let now = json_of(&shell, &["show", "--listener-id", &id]);
    assert_eq!(now["notifier_config"], json!({"url": "https://example.org/new"}));
    assert_eq!(now["retry"][0], 5);
}

#[test]
fn a_listener_is_disabled_enabled_and_deleted() {
    let shell = shell();
    let id = created(&shell, &[]);
    let of = |command: &str| done(&shell, &[command, "--listener-id", &id]);
    assert_eq!(of("disable"), "Event listener successfully disabled\n\n");
    sent(&shell);
    assert_eq!(of("enable"), "Event listener successfully enabled\n\n");
    let event = sent(&shell);
    let deliveries = json_of(&shell, &["deliveries", "--listener-id", &id]);
    assert_eq!(
        deliveries.as_array().unwrap().len(),
        1,
        "only while it was enabled: {deliveries}"
    );
    assert_eq!(
        (&deliveries[0]["event_id"], &deliveries[0]["state"]),
        (&json!(event), &json!("waiting"))
    );
    assert_eq!(of("delete"), "Event listener successfully deleted\n\n");
    assert_eq!(done(&shell, &["list"]), "");
}

#[test]
fn deliveries_are_listed_and_made_again() {
    let shell = shell();
    let id = created(&shell, &[]);
    let events = [sent(&shell), sent(&shell)];
    let listed = |more: &[&str]| {
        let found = json_of(&shell, &[&["deliveries", "--listener-id", &id], more].concat());
        let ids = found
            .as_array()
            .unwrap()
            .iter()
            .map(|delivery| delivery["event_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), [events[1].clone(), events[0].clone()]);
    assert_eq!(listed(&["--limit", "1"]), [events[1].clone()]);
    assert_eq!(listed(&["--marker", &events[1]]), [events[0].clone()]);
    assert_eq!(listed(&["--state", "dead"]), Vec::<String>::new());
    let table = done(&shell, &["deliveries", "--listener-id", &id]);
    assert!(table.contains(&events[0]) && table.contains("waiting"), "{table}");
    let again = done(
        &shell,
        &["redeliver", "--listener-id", &id, "--delivery-id", &events[0]],
    );
    assert_eq!(again, format!("delivery {} is due again\n", events[0]));
    let refused = run(
        &shell,
        &[
            "dismiss",
            "--listener-id",
            &id,
            "--delivery-id",
            &events[0],
            "--reason",
            "r",
        ],
    );
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (65, "tidings: the delivery is waiting, not dead\n")
    );
}

#[test]
fn the_certificates_of_a_ca_are_read_here() {
    let shell = shell();
    let pem = rcgen::generate_simple_self_signed(["h".to_owned()])
        .unwrap()
        .cert
        .pem();
    fs::write(shell.path().join("ca.pem"), &pem).unwrap();
    let id = created(&shell, &["--ca-path", "ca.pem"]);
    let shown = json_of(&shell, &["show", "--listener-id", &id]);
    assert_eq!(shown["notifier_config"], json!({"url": URL, "ca": pem}));
    let update = ["http", "update", "--listener-id", &id];
    done(&shell, &[&update[..], &["--ca-path="]].concat());
    let shown = json_of(&shell, &["show", "--listener-id", &id]);
    assert_eq!(shown["notifier_config"], json!({"url": URL}));
    let missing = run(&shell, &[&update[..], &["--ca-path", "none.pem"]].concat());
    assert_eq!(missing.code, 74);
    assert!(
        missing
            .err
            .starts_with("tidings: --ca-path: none.pem cannot be read: "),
        "{}",
        missing.err
    );
}

#[test]
fn a_password_need_not_be_on_the_command_line() {
    let shell = shell();
    let id = created(&shell, &["--username", "u", "--password", "p"]);
    let update = ["http", "update", "--listener-id", &id, "--password", "-"];
    let ran = run_with(&shell, &update, "hunter2\n");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Event listener successfully updated\n\n"),
        "{}",
        ran.err
    );
    let empty = run_with(&shell, &update, "");
    assert_eq!(
        (empty.code, empty.err.as_str()),
        (65, "tidings: --password: standard input has no line for it\n")
    );
    let mut command = shell.command(&[&["event", "listener"], &update[..]].concat());
    let output = command
        .env("TIDINGS_LISTENER_PASSWORD", "hunter3")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[test]
fn errors_name_what_is_wrong() {
    let shell = shell();
    let id = created(&shell, &["--name", "taken"]);
    let unknown = "01a22b3c-4760-717d-af38-3c8a3584d9fb";
    let missing = |what: &str, kind: &str| {
        format!("tidings: The following resource(s) could not be found:\n\n  {what} ({kind})\n")
    };
    let http = ["http", "create", "--url", URL, "--event-type"];
    for (arguments, code, error) in [
        (vec!["delete", "--listener-id", "foo"], 66, missing("foo", "event_listener")),
        (vec!["show", "--listener-id", unknown], 66, missing(unknown, "event_listener")),
        (vec!["enable", "--listener-id", unknown], 66, missing(unknown, "event_listener")),
        (vec!["deliveries", "--listener-id", unknown], 66, missing(unknown, "event_listener")),
        (
            vec!["redeliver", "--listener-id", &id, "--delivery-id", unknown],
            66,
            missing(unknown, "delivery"),
        ),
        (
            [&http[..], &["repo.sync.strat"]].concat(),
            65,
            "tidings: event_types: \"repo.sync.strat\" matches no event type, did you mean repo.sync.start?\n".to_owned(),
        ),
        (
            [&http[..], &["*", "--name", "taken", "--format", "glance"]].concat(),
            65,
            "tidings: another listener of the project is named \"taken\"\n".to_owned(),
        ),
        (
            [&http[..], &["*", "--username", "u"]].concat(),
            65,
            "tidings: notifier_config.password: is required\n".to_owned(),
        ),
        (
            [&http[..], &["*", "--header", "Host=h"]].concat(),
            65,
            "tidings: notifier_config.headers.Host: belongs to the request itself and cannot be set\n".to_owned(),
        ),
        (
            vec!["http", "create", "--event-type", "*", "--url", "http://10.0.0.1/"],
            65,
            String::new(),
        ),
    ] {
        let ran = run(&shell, &arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
        if error.is_empty() {
            assert!(ran.err.starts_with("tidings: notifier_config.url: "), "{}", ran.err);
        } else {
            assert_eq!(ran.err, error, "{arguments:?}");
        }
    }
    let secret = run(&shell, &[&http[..], &["*", "--secret", "hunter2"]].concat());
    assert!(
        secret.code == 65 && secret.err.contains("whsec_") && !secret.err.contains("hunter2"),
        "{}",
        secret.err
    );
}

#[test]
fn missing_and_unknown_options_are_named() {
    let shell = shell();
    for (arguments, named) in [
        (
            &["email", "create"][..],
            &["--event-type", "--subject", "--addresses"][..],
        ),
        (&["http", "create"], &["--event-type", "--url"]),
        (&["amqp", "create"], &["--event-type"]),
        (&["amqp", "update"], &["--listener-id"]),
        (&["delete"], &["--listener-id"]),
        (&["list", "--nonsense"], &["--nonsense"]),
        (
            &["pull", "create", "--event-type", "*", "--retry", "5,x"],
            &["5,300,1800"],
        ),
        (
            &[
                "http",
                "create",
                "--event-type",
                "*",
                "--url",
                URL,
                "--header",
                "x",
            ],
            &["NAME=VALUE"],
        ),
        (&["list", "--endpoint", "http://h", "--local"], &["--local"]),
    ] {
        let ran = run(&shell, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        for name in named {
            assert!(ran.err.contains(name), "{arguments:?}: {}", ran.err);
        }
    }
}

#[test]
fn a_test_event_goes_to_one_listener() {
    let shell = shell();
    let ids = [created(&shell, &["--project", "p1"]), created(&shell, &[])];
    let event = done(&shell, &["test", "--listener-id", &ids[0]]);
    let of = |id: &str| json_of(&shell, &["deliveries", "--listener-id", id]);
    let waiting = &of(&ids[0])[0];
    assert_eq!(
        (&waiting["event_id"], &waiting["event_type"], &waiting["state"]),
        (
            &json!(event.trim_end()),
            &json!("listener.test"),
            &json!("waiting")
        )
    );
    assert_eq!(of(&ids[1]), json!([]));
    let one = json_of(
        &shell,
        &[
            "deliveries",
            "--listener-id",
            &ids[0],
            "--delivery-id",
            event.trim_end(),
        ],
    );
    assert_eq!((&one["attempts_made"], &one["attempts"]), (&json!(0), &json!([])));
    done(&shell, &["disable", "--listener-id", &ids[0]]);
    let ran = run(&shell, &["test", "--listener-id", &ids[0]]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (65, "tidings: The listener is disabled.\n")
    );
}

#[test]
fn a_secret_is_replaced_and_a_random_one_shown_once() {
    let shell = shell();
    let id = created(&shell, &[]);
    let rotate = ["rotate-secret", "--listener-id", &id];
    let random = done(&shell, &rotate);
    assert!(
        Regex::new("^whsec_[A-Za-z0-9+/]{43}=\n$")
            .unwrap()
            .is_match(&random),
        "{random}"
    );
    let shown = done(&shell, &["show", "--listener-id", &id]);
    assert!(
        shown.contains("Secret: *****") && !shown.contains(random.trim_end()),
        "{shown}"
    );
    let given = [&rotate[..], &["--secret", "-", "--overlap", "0"]].concat();
    let ran = run_with(&shell, &given, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "the secret is replaced\n"),
        "{}",
        ran.err
    );
    let pull = json_of(&shell, &["pull", "create", "--event-type", "*"]);
    let ran = run(
        &shell,
        &["rotate-secret", "--listener-id", pull["id"].as_str().unwrap()],
    );
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (65, "tidings: notifier_type: must be http: no other signs\n")
    );
}

#[test]
fn the_deliveries_of_a_time_are_made_again() {
    let shell = shell();
    let id = created(&shell, &[]);
    sent(&shell);
    sent(&shell);
    let again = |more: &[&str]| run(&shell, &[&["redeliver", "--listener-id", &id], more].concat());
    assert_eq!(
        again(&["--since", "2020-01-01"]).out,
        "deliveries due again: 0\n",
        "none is dead"
    );
    let waiting = again(&["--since", "2020-01-01", "--state", "waiting"]);
    assert_eq!(waiting.out, "deliveries due again: 2\n", "{}", waiting.err);
    let past = [
        "--since",
        "2020-01-01",
        "--until",
        "2020-01-02",
        "--state",
        "waiting",
    ];
    assert_eq!(again(&past).out, "deliveries due again: 0\n");
    let backwards = again(&["--since", "2020-01-02", "--until", "2020-01-01"]);
    assert_eq!(
        (backwards.code, backwards.err.as_str()),
        (65, "tidings: --since: must be earlier than --until\n")
    );
    assert_eq!(again(&[]).code, 2);
}
