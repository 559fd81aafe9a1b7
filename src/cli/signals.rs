//! SIGINT and SIGTERM: the first asks a command to stop in good order, the next ends it. SIGXFSZ does not end anything.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::context::runtime;
use super::failure::Failure;

/// Signals so soon after the first are taken for the same one: `timeout` sends one to the process and another to its
/// group.
const SAME: Duration = Duration::from_millis(200);

/// Has a write beyond the largest size of a file (`ulimit -f`) fail as on a full disk; its signal would end the process.
///
/// # Errors
/// [`Failure::Io`] when no signals can be received.
pub fn outlive_size_limit() -> Result<(), Failure> {
    // tokio's handler stays for good; that nobody listens does no harm.
    runtime()?
        .block_on(async { signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop) })
        .map_err(Failure::io("signals cannot be received"))
}

/// The signals that stop a command.
pub struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    /// Takes the signals; until then each ends the process at once.
    ///
    /// # Errors
    /// Those of the system.
    pub fn take() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one; gives the exit code that a shell knows its number by.
    pub async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.interrupt.recv() => 130,
        }
    }
}

/// Lets the next signal end the process, whatever it is at by then: nothing that was answered or said to be done is
/// lost by that.
pub fn end_at_next() {
    let wait = || -> Option<i32> {
        std::thread::sleep(SAME);
        let runtime = runtime().ok()?;
        runtime.block_on(async { Some(Stops::take().ok()?.next().await) })
    };
    // A thread of its own hears the signal even where the others wait for a disk.
    let thread = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(code) = wait() {
                tracing::warn!("a second signal, ending at once");
                std::process::exit(code);
            }
        });
    if let Err(error) = thread {
        tracing::warn!(%error, "a second signal will not be heard");
    }
}
