//! `tidings event listener` on the database. With a server: tests/it/process/listeners.rs.

mod change;
mod deliveries;
mod errors;
mod secrets;

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::{Ran, Shell};
use crate::support::SEND;

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
    shell.json(&SEND)["message_id"].as_str().unwrap().to_owned()
}
