//! A running server: the program itself, as an operator starts it.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::place::{self, Place};
use super::{Connection, SOON, wait_for};

/// Killed when dropped.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts a server on a free port and waits until it serves.
    #[track_caller]
    pub fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// The same with further arguments.
    #[track_caller]
    pub fn start_with(place: &Place, arguments: &[&str]) -> Self {
        let arguments = [&["serve", "--bind", "127.0.0.1:0"], arguments].concat();
        Self::spawn(place, place.command(&arguments))
    }

    /// Starts it with these variables in its environment.
    #[track_caller]
    pub fn start_in(place: &Place, variables: &[(&str, &str)]) -> Self {
        let mut command = place.command(&["serve", "--bind", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        Self::spawn(place, command)
    }

    /// Starts a server with a limit of open files.
    #[track_caller]
    pub fn start_limited(place: &Place, files: u32) -> Self {
        Self::spawn(
            place,
            place.limited_command(files, &["serve", "--bind", "127.0.0.1:0"]),
        )
    }

    #[track_caller]
    fn spawn(place: &Place, mut command: Command) -> Self {
        place.make_ready();
        let log = place.path(&format!(
            "serve-{}.log",
            fs::read_dir(place.path("")).unwrap().count()
        ));
        let child = command
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            log,
        };
        server.address = wait_for("the server's address", || {
            let text = server.log() + &fs::read_to_string(place.path("log")).unwrap_or_default();
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the server ended with {status}: {text}");
            }
            // A log file may contain entries of earlier servers, and be JSON.
            let of_json = || text.rsplit_once("\"address\":\"");
            let (_, after) = text.rsplit_once("serving address=").or_else(of_json)?;
            after
                .split([' ', '\n', '"'])
                .next()?
                .parse()
                .ok()
                .filter(|address| Connection::open(*address).is_ok())
        });
        server
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap()
    }

    /// Returns its log so far, unless the configuration names a log file.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub fn signal(&self, name: &str) {
        place::signal(&self.child, name);
    }

    /// Sends a signal twice within a moment.
    pub fn signal_twice(&self, name: &str) {
        place::signals(&self.child, &[name, name]);
    }

    /// Sends SIGKILL and waits for the end of the process.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself; returns the exit code and the time it took.
    #[track_caller]
    pub fn wait(&mut self) -> (Option<i32>, Duration) {
        let started = Instant::now();
        let status = wait_for("the end of the server", || self.child.try_wait().unwrap());
        (status.code(), started.elapsed())
    }

    /// Sends SIGTERM and expects a clean end.
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal("TERM");
        let (code, took) = self.wait();
        assert_eq!(code, Some(0));
        assert!(took < SOON / 4, "the server took {took:?} to stop");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
