//! `tidings policy`.

use std::fs;

use serde_json::json;

use super::{Ran, Shell};

/// A shell with a configuration in its directory.
fn shell() -> Shell {
    let shell = Shell::empty();
    fs::write(shell.path().join("tidings.conf"), "").unwrap();
    shell
}

fn policy(shell: &Shell, arguments: &[&str]) -> Ran {
    shell.run(&[&["--config-file", "tidings.conf", "policy"], arguments].concat())
}

#[test]
fn the_rules_in_force_are_listed_with_their_origin() {
    let shell = shell();
    fs::write(
        shell.path().join("policy.yaml"),
        "\n\"message:get\": [[\"role:a\", \"role:b\"]]\n",
    )
    .unwrap();
    let listed = policy(&shell, &["list", "--output", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let rule = |name: &str| {
        let rules = rules.as_array().unwrap().iter();
        rules.clone().find(|rule| rule["name"] == name).unwrap().clone()
    };
    assert_eq!(
        rule("message:get"),
        json!({
            "name": "message:get",
            "rule": "role:a and role:b",
            "from": "policy.yaml:2",
            "operation": "GET /v3/{project_id}/messages/{id}",
        })
    );
    assert_eq!(rule("context_is_admin")["from"], "built in");
    assert!(
        policy(&shell, &["list"])
            .out
            .contains("role:service or role:admin")
    );
}

#[test]
fn a_file_is_checked_and_every_fault_named_with_its_line() {
    let shell = shell();
    assert_eq!(policy(&shell, &["check"]).out, "0 rules, no faults\n");
    let file = shell.path().join("mine.yaml");
    fs::write(&file, "message:get: role:a\nmessage:nosuch: '@'\n").unwrap();
    let ran = policy(&shell, &["check", "--policy", "mine.yaml"]);
    assert!(ran.out.ends_with("2 rules, no faults\n"), "{}", ran.out);
    assert!(ran.out.contains("warning: ") && ran.out.contains("line 2: message:nosuch: no operation"));
    fs::write(&file, "message:get: role a\nmessage:delete: (role:b\n").unwrap();
    let ran = policy(&shell, &["check", "--policy", "mine.yaml"]);
    assert_eq!(ran.code, 78);
    assert!(
        ran.err
            .contains("mine.yaml, line 1: message:get: \"role\" is not a check"),
        "{}",
        ran.err
    );
    assert!(
        ran.err
            .contains("mine.yaml, line 2: message:delete: a parenthesis is not closed")
    );
    assert_eq!(policy(&shell, &["check", "--policy", "nosuch.yaml"]).code, 78);
}

#[test]
fn the_decisions_for_a_token_are_printed_as_oslopolicy_checker_does() {
    let shell = shell();
    let token = json!({ "token": {
        "expires_at": "2036-01-01T00:00:00Z",
        "user": { "id": "u1" },
        "project": { "id": "p1" },
        "roles": [{ "name": "reader" }],
    }});
    fs::write(shell.path().join("token.json"), token.to_string()).unwrap();
    fs::write(shell.path().join("target.json"), r#"{"project_id": "p2"}"#).unwrap();
    let own = policy(&shell, &["check", "--access", "token.json"]);
    assert_eq!(
        own.out,
        "failed: event:create\nfailed: event:get_all\nfailed: listener:claim\nfailed: listener:create\nfailed: listener:delete\npassed: listener:get\npassed: listener:get_all\nfailed: listener:redeliver\nfailed: listener:update\nfailed: message:create\nfailed: message:delete\npassed: message:get\npassed: message:get_all\nfailed: message:overview\nfailed: notification:recover\nfailed: os_masakari_api:notifications:create\nfailed: os_masakari_api:notifications:detail\nfailed: os_masakari_api:notifications:index\nfailed: os_masakari_api:os-hosts:create\nfailed: os_masakari_api:os-hosts:delete\nfailed: os_masakari_api:os-hosts:detail\nfailed: os_masakari_api:os-hosts:index\nfailed: os_masakari_api:os-hosts:update\nfailed: os_masakari_api:segments:create\nfailed: os_masakari_api:segments:delete\nfailed: os_masakari_api:segments:detail\nfailed: os_masakari_api:segments:index\nfailed: os_masakari_api:segments:update\nfailed: os_masakari_api:vmoves:detail\nfailed: os_masakari_api:vmoves:index\n",
        "{}",
        own.err
    );
    let one = [
        "check",
        "--access",
        "token.json",
        "--target",
        "target.json",
        "--rule",
        "message:get",
    ];
    assert_eq!(policy(&shell, &one).out, "failed: message:get\n");
    let none = policy(&shell, &["check", "--access", "token.json", "--rule", "nosuch"]);
    assert_eq!(none.code, 66);
    assert_eq!(policy(&shell, &["check", "--access", "target.json"]).code, 65);
}

#[test]
fn a_server_does_not_start_with_a_policy_or_owner_that_is_wrong() {
    let shell = shell();
    fs::write(shell.path().join("policy.yaml"), "message:get: nonsense\n").unwrap();
    // With a database server, the schema is checked first.
    assert_eq!(
        shell
            .run(&["--config-file", "tidings.conf", "db", "migrate"])
            .code,
        0
    );
    let serve =
        |shell: &Shell| shell.run(&["--config-file", "tidings.conf", "serve", "--bind", "127.0.0.1:0"]);
    let ran = serve(&shell);
    assert_eq!(ran.code, 78);
    assert!(
        ran.err.contains("policy.yaml, line 1: message:get"),
        "{}",
        ran.err
    );
    fs::remove_file(shell.path().join("policy.yaml")).unwrap();
    fs::write(
        shell.path().join("tidings.conf"),
        "[catalog]\nowners = VOLUMES:cinder\n",
    )
    .unwrap();
    let ran = serve(&shell);
    assert_eq!(ran.code, 78);
    assert!(
        ran.err.contains("[catalog] owners: VOLUMES is not a prefix"),
        "{}",
        ran.err
    );
    let keystone = "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\nauth_url = https://k\n\
                    username = u\npassword = p\nproject_name = s\ncafile = nosuch.pem\n";
    fs::write(shell.path().join("tidings.conf"), keystone).unwrap();
    let ran = serve(&shell);
    assert_eq!(ran.code, 78);
    assert!(
        ran.err.contains("no certificates could be read from nosuch.pem"),
        "{}",
        ran.err
    );
}
