//! The commands, run as programs.

mod catalog;
mod database;
mod messages;
mod policy;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a database, and the program in it.
pub struct Shell {
    pub folder: TempDir,
}

/// What a command did.
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
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .output()
            .unwrap();
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
