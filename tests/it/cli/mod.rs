//! The commands, run as programs.

mod catalog;
mod cloud;
mod config;
mod copy;
mod database;
mod events;
mod imports;
mod ingest;
mod listeners;
mod lists;
mod manual;
mod messages;
mod policy;
mod purge;
mod services;
mod stats;

use std::path::Path;
use std::process::{Command, Output};

use crate::support::Fresh;

/// A command that records a message.
pub const CREATE: [&str; 6] = [
    "message",
    "create",
    "--project",
    "p1",
    "--event-id",
    "VOLUME_000002",
];

/// A directory with a database, and the program in it.
pub struct Shell {
    pub database: Fresh,
}

/// The result of a command.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Shell {
    /// With a database whose schema is up to date.
    pub fn new() -> Self {
        let shell = Self::empty();
        assert_eq!(shell.run(&["db", "migrate"]).code, 0);
        shell
    }

    /// Without a database.
    pub fn empty() -> Self {
        Self {
            database: Fresh::new(),
        }
    }

    pub fn path(&self) -> &Path {
        self.database.folder().path()
    }

    /// Prepares the program with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path());
        // By default the program uses the file in the working directory, which is the same one.
        if Fresh::is_remote() {
            command.env("OS_DATABASE__CONNECTION", self.database.url());
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output: Output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed, and reads its output as JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ran = self.run(&[arguments, &["--output", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }
}
