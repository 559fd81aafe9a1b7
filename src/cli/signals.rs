//! SIGINT and SIGTERM: the first asks a command to stop gracefully, the second ends it at once. SIGXFSZ is ignored.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::context::runtime;
use super::failure::Failure;

/// Signals this close to the first count as the same one: `timeout` sends one to the process and another to its
/// group.
const SAME: Duration = Duration::from_millis(200);

/// Makes a write beyond the file size limit (`ulimit -f`) fail like a full disk instead of ending the process.
///
/// # Errors
/// [`Failure::Io`] if signals cannot be received.
pub fn outlive_size_limit() -> Result<(), Failure> {
    // tokio's handler stays installed; it does not matter that nothing listens to it.
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
    /// Installs the handlers; until then a signal ends the process at once.
    ///
    /// # Errors
    /// Fails if the system refuses.
    pub fn take() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal and returns the exit code that shells derive from its number.
    pub async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.interrupt.recv() => 130,
        }
    }
}

/// Makes the next signal end the process, whatever it is doing: nothing acknowledged is lost.
pub fn end_at_next() {
    let wait = || -> Option<i32> {
        std::thread::sleep(SAME);
        let runtime = runtime().ok()?;
        runtime.block_on(async { Some(Stops::take().ok()?.next().await) })
    };
    // A thread of its own receives the signal even while the others wait for a disk.
    let thread = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(code) = wait() {
                tracing::warn!("second signal, exiting at once");
                std::process::exit(code);
            }
        });
    if let Err(error) = thread {
        tracing::warn!(%error, "a second signal will be ignored");
    }
}
