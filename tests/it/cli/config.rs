//! `tidings config` and `tidings help`.

use std::fs;

use super::Shell;

#[test]
fn a_configuration_is_checked_without_a_database() {
    let shell = Shell::empty();
    let ran = shell.run(&["config", "check"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "defaults and environment (no file): no faults\n"),
        "{}",
        ran.err
    );
    fs::write(shell.path().join("slip.conf"), "[api]\nwokers = 3\n").unwrap();
    let ran = shell.run(&["--config-file", "slip.conf", "config", "check"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "slip.conf: no faults\n"));
    assert!(
        ran.err.contains("unknown option, did you mean workers?"),
        "{}",
        ran.err
    );
    assert!(!shell.path().join("tidings.db").exists());
}

#[test]
fn a_configuration_that_would_not_start_is_refused() {
    let shell = Shell::empty();
    fs::write(shell.path().join("rules.yaml"), "\"message:get\": \"role:\n").unwrap();
    fs::write(shell.path().join("ca.pem"), "no certificate").unwrap();
    fs::write(shell.path().join("short.key"), "short\n").unwrap();
    let keystone = "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\nwww_authenticate_uri = http://127.0.0.1:1\n\
                    auth_url = https://127.0.0.1:1\nusername = t\npassword = t\nproject_name = service\n\
                    user_domain_name = Default\nproject_domain_name = Default\n";
    for (text, reason) in [
        (
            "[api]\nbind = nowhere\nworkers = many\n".to_owned(),
            "has 2 faults",
        ),
        (
            format!(
                "[oslo_policy]\npolicy_file = {}/rules.yaml\n",
                shell.path().display()
            ),
            "rules.yaml",
        ),
        (
            format!("{keystone}cafile = {}/ca.pem\n", shell.path().display()),
            "ca.pem",
        ),
        (
            format!("[session]\nkey_file = {}/short.key\n", shell.path().display()),
            "short.key, line 1: a key must have at least 32 characters",
        ),
        (
            "[session]\nkey_file = no/such/folder/session.key\n".to_owned(),
            "no/such/folder/session.key",
        ),
        (
            "[secrets]\nkey_file = no/such/folder/secrets.key\n".to_owned(),
            "[secrets] key_file: no/such/folder/secrets.key cannot be read or created",
        ),
        ("[catalog]\nowners = NOSUCH:cinder\n".to_owned(), "NOSUCH"),
    ] {
        fs::write(shell.path().join("t.conf"), &text).unwrap();
        let ran = shell.run(&["--config-file", "t.conf", "config", "check"]);
        assert_eq!(ran.code, 78, "{text}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(reason), "{text}: {}", ran.err);
    }
}

#[test]
fn the_faults_of_all_parts_are_named() {
    let shell = Shell::empty();
    fs::write(shell.path().join("short.key"), "short\n").unwrap();
    fs::write(
        shell.path().join("t.conf"),
        "[session]\nkey_file = short.key\n[catalog]\nowners = NOSUCH:cinder\n[oslo_policy]\npolicy_file = no.yaml\n",
    )
    .unwrap();
    let ran = shell.run(&["--config-file", "t.conf", "config", "check"]);
    assert_eq!(ran.code, 78, "{}{}", ran.out, ran.err);
    for part in ["short.key, line 1", "NOSUCH", "no.yaml"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn the_default_configuration_has_no_faults() {
    let shell = Shell::empty();
    fs::write(
        shell.path().join("d.conf"),
        shell.run(&["serve", "--print-default-config"]).out,
    )
    .unwrap();
    let ran = shell.run(&["--config-file", "d.conf", "config", "check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn help_is_a_command_too() {
    let shell = Shell::empty();
    assert_eq!(shell.run(&["help"]).out, shell.run(&["--help"]).out);
    let asked = shell.run(&["help", "message", "list"]);
    assert_eq!(asked.code, 0);
    assert_eq!(asked.out, shell.run(&["message", "list", "--help"]).out);
}
