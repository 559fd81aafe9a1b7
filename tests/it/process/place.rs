//! A directory with a configuration and a database, for running the program's commands.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::support::{Database, Fresh};

/// How long a program may run that a test waits for.
const LIMIT: Duration = Duration::from_secs(120);

/// The directory of one test's program.
pub struct Place {
    fresh: Fresh,
    database: String,
}

/// The result of a command.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    /// With an empty configuration, so that the machine's own files are not read.
    pub fn new() -> Self {
        Self::with("")
    }

    /// With this configuration.
    pub fn with(config: &str) -> Self {
        let fresh = Fresh::new();
        let place = Self {
            database: fresh.url().to_owned(),
            fresh,
        };
        place.configure(config);
        place
    }

    /// Rewrites the configuration, keeping the database's location unless it sets one.
    pub fn configure(&self, config: &str) {
        fs::write(self.path("tidings.conf"), config).unwrap();
    }

    /// Uses this SQLite file as the database from now on.
    pub fn move_database(&mut self, file: &Path) {
        self.database = format!("sqlite:///{}", file.display());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.fresh.folder().path().join(name)
    }

    /// The URL of its database, as an operator writes it.
    pub fn url(&self) -> &str {
        &self.database
    }

    /// Opens the database directly.
    pub fn database(&self) -> Database {
        Database::open(&self.database)
    }

    /// Prepares the program to be started here.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OS_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .arg("--config-file")
            .arg(self.path("tidings.conf"))
            .env("OS_DATABASE__CONNECTION", &self.database)
            .current_dir(self.fresh.folder().path())
            .stdin(Stdio::null());
        command
    }

    /// The same with a limit of open files.
    pub fn limited_command(&self, files: u32, arguments: &[&str]) -> Command {
        let program = self.command(arguments);
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!(r#"ulimit -n {files} && exec "$0" "$@""#)])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(self.fresh.folder().path())
            .stdin(Stdio::null());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs the program until it ends.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        finish(
            self.command(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    /// Runs it and returns its output; fails if it fails.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        finished.out
    }

    /// Migrates the schema if `serve` does not do so itself.
    pub fn make_ready(&self) {
        if Fresh::is_remote() {
            self.succeed(&["db", "migrate"]);
        }
    }

    /// Starts the program and keeps its output for [`finish`].
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Inserts messages that expired in 2020, numbered from `first`.
    pub fn import_expired(&self, first: usize, count: usize) {
        let mut lines = String::new();
        for number in first..first + count {
            let line = r#","event_id":"VOLUME_000002","message_level":"ERROR","project_id":"p1""#;
            let times = r#","created_at":"2020-01-01T00:00:00","expires_at":"2020-02-01T00:00:00"}"#;
            writeln!(
                lines,
                r#"{{"id":"00000000-0000-4000-8000-{number:012}"{line}{times}"#
            )
            .unwrap();
        }
        let file = self.path("expired.ndjson");
        fs::write(&file, lines).unwrap();
        self.succeed(&["db", "migrate"]);
        self.succeed(&["message", "import", as_text(&file)]);
    }
}

/// Waits for a started program. One that does not end, such as a server that should have refused to start, is killed and
/// then has no exit code.
pub fn finish(child: Child) -> Finished {
    let kill = format!("kill -KILL {}", child.id());
    let (ended, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        if end.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            Command::new("sh").args(["-c", &kill]).status().unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    Finished {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Sends a signal such as `TERM`.
pub fn signal(child: &Child, name: &str) {
    signals(child, &[name]);
}

/// Sends signals with next to no time between them.
pub fn signals(child: &Child, names: &[&str]) {
    let kill = names.iter().map(|name| format!("kill -{name} {};", child.id()));
    let kill: String = kill.collect();
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

pub fn as_text(path: &Path) -> &str {
    path.to_str().unwrap()
}
