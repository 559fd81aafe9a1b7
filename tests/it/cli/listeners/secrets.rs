//! Passwords, secrets and certificates.

use std::fs;
use std::process::Stdio;

use regex::Regex;
use serde_json::json;

use super::{URL, created, done, json_of, run, run_with, shell};

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
fn a_listener_whose_key_was_lost_is_shown_and_deleted() {
    let shell = shell();
    let id = created(&shell, &["--username", "u", "--password", "hunter2"]);
    fs::write(
        shell.path().join("keys"),
        "another key that is long enough, too\n",
    )
    .unwrap();
    let shown = json_of(&shell, &["show", "--listener-id", &id]);
    let problem =
        format!("the secrets of listener {id} cannot be decrypted with any key of [secrets] key_file");
    assert_eq!(shown["problem"], *problem);
    assert_eq!(shown["notifier_config"], json!({ "url": URL, "username": "u" }));
    assert_eq!(json_of(&shell, &["list"]), json!([shown]));
    let update = ["http", "update", "--listener-id", &id, "--description", "d"];
    let refused = run(&shell, &update);
    assert_eq!(refused.err, format!("tidings: {problem}\n"));
    done(&shell, &["delete", "--listener-id", &id]);
    assert_eq!(json_of(&shell, &["list"]), json!([]));
}
