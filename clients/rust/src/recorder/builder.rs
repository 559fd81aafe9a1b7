//! Configures and starts a recorder.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;
use tokio::sync::mpsc::unbounded_channel;

use super::auth::Auth;
use super::backlog::Backlog;
use super::batch::MAX_MESSAGES;
use super::error::Error;
use super::gather::Gather;
use super::health::{Backoff, Health};
use super::ledger::Ledger;
use super::recorder::Handle;
use super::recorder::Recorder;
use super::spool::Spool;
use super::transport::Transport;
use super::worker::{InFlight, Pace, Worker};

/// Builds a [`Recorder`]. Only the endpoint and the credentials are required.
#[derive(Debug, Clone)]
#[must_use = "nothing is recorded until `build`"]
pub struct Builder {
    endpoint: String,
    auth: Auth,
    ca_file: Option<PathBuf>,
    spool: Option<PathBuf>,
    spool_bytes: u64,
    queue: usize,
    batch_size: usize,
    linger: Duration,
    request_timeout: Duration,
    backoff: Backoff,
    shutdown_timeout: Duration,
}

impl Recorder {
    /// Configures a recorder for the server at `endpoint`: `http(s)://host[:port][/prefix]`, without `/v3`.
    pub fn builder(endpoint: impl Into<String>, auth: Auth) -> Builder {
        Builder::new(endpoint.into(), auth)
    }
}

impl Builder {
    fn new(endpoint: String, auth: Auth) -> Self {
        Self {
            endpoint,
            auth,
            ca_file: None,
            spool: None,
            spool_bytes: 64 << 20,
            queue: 10_000,
            batch_size: MAX_MESSAGES,
            linger: Duration::from_millis(20),
            request_timeout: Duration::from_secs(10),
            backoff: Backoff {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(60),
            },
            shutdown_timeout: Duration::from_secs(2),
        }
    }

    /// A PEM file of certificates to trust in addition to the system's: authorities, or the certificates of the server
    /// and of Keystone themselves.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// The directory that keeps messages while the server is down; created if missing, and used by this recorder alone.
    /// Without it, such messages wait in memory only.
    pub fn spool(mut self, directory: impl Into<PathBuf>) -> Self {
        self.spool = Some(directory.into());
        self
    }

    /// The most bytes that the spool may use, counted in blocks of 4 KiB (default: 64 MiB).
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.spool_bytes = bytes;
        self
    }

    /// The most messages in memory (default: 10 000). Above half of that, messages move to the spool.
    pub fn queue(mut self, messages: usize) -> Self {
        self.queue = messages;
        self
    }

    /// Messages per request, 1 to 1000 (default: 1000).
    pub fn batch_size(mut self, messages: usize) -> Self {
        self.batch_size = messages;
        self
    }

    /// How long a message waits for others to share its request (default: 20 ms).
    pub fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
    }

    /// The time limit of one request, to the server or to Keystone (default: 10 s).
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.request_timeout = time;
        self
    }

    /// The wait after the first failure and the longest wait (default: 500 ms and 60 s). Waits double in between and
    /// are jittered; a server's `Retry-After` takes precedence.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = Backoff { first, longest };
        self
    }

    /// How long dropping the last clone of the recorder may continue sending before the rest goes to the spool
    /// (default: 2 s).
    pub fn shutdown_timeout(mut self, time: Duration) -> Self {
        self.shutdown_timeout = time;
        self
    }

    /// Opens the spool and starts the background thread. This reads the disk but does not connect: a server that is
    /// down is not an error.
    pub fn build(self) -> Result<Recorder, Error> {
        self.check()?;
        let transport = Transport::new(
            &self.endpoint,
            &self.auth,
            self.ca_file.as_deref(),
            self.request_timeout,
        )?;
        let spool = self
            .spool
            .as_deref()
            .map(|dir| Spool::open(dir, self.spool_bytes))
            .transpose()?;
        let ledger = Arc::new(Ledger::default());
        let (commands, inbox) = unbounded_channel();
        let (running, ended) = bounded(0);
        let worker = Worker {
            commands: inbox,
            gather: Gather::new(self.batch_size),
            backlog: Backlog::new(spool, self.backoff, Arc::clone(&ledger)),
            health: Health::new(self.backoff),
            transport: Arc::new(transport),
            ledger: Arc::clone(&ledger),
            pace: Pace {
                linger: self.linger,
                spill_above: self.queue as u64 / 2,
            },
            in_flight: InFlight::default(),
            flushes: Vec::new(),
            stop_at: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Thread)?;
        let body = move || {
            runtime.block_on(worker.run());
            // Do not wait: an unresponsive name server would block a thread of the runtime.
            runtime.shutdown_background();
            drop(running);
        };
        thread::Builder::new()
            .name("tidings-recorder".into())
            .spawn(body)
            .map_err(Error::Thread)?;
        let queue = self.queue as u64;
        Ok(Recorder::new(Handle {
            commands,
            ledger,
            queue,
            shutdown_timeout: self.shutdown_timeout,
            ended,
        }))
    }

    fn check(&self) -> Result<(), Error> {
        let within = |holds, name, range| {
            if holds {
                Ok(())
            } else {
                Err(Error::Limit { name, range })
            }
        };
        within(
            (1..=MAX_MESSAGES).contains(&self.batch_size),
            "batch_size",
            "1 to 1000",
        )?;
        within(self.queue >= 1, "queue", "1 or more")?;
        within(
            !self.request_timeout.is_zero(),
            "request_timeout",
            "longer than zero",
        )?;
        let Backoff { first, longest } = self.backoff;
        let ordered = !first.is_zero() && first <= longest;
        within(
            ordered,
            "backoff",
            "longer than zero, and the longest wait not shorter than the first",
        )
    }
}
