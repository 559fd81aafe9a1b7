//! A limited number of connections, which are used again.

use std::time::{Duration, Instant};

use lettre::transport::smtp::client::AsyncSmtpConnection;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::reply::Reply;
use super::server::Server;

/// How long a connection is kept without use. Firewalls forget idle ones, and servers close them.
const IDLE: Duration = Duration::from_secs(60);

/// Connections to the mail server. lettre's own pool would connect with TLS of its own.
pub struct Pool {
    server: Server,
    permits: Semaphore,
    /// With the time of their last use.
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// A connection for one attempt. It closes when dropped: after half a conversation it is of no use to others.
pub struct Lease<'a> {
    /// The connection.
    pub connection: AsyncSmtpConnection,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    /// Opens at most this many connections at a time.
    pub fn new(server: Server, most: usize) -> Self {
        Self {
            server,
            permits: Semaphore::new(most),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Waits for a free connection: one that was kept, if it still works, or a new one.
    pub async fn take(&self) -> Result<Lease<'_>, Reply> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|_| Reply::down("the server is stopping"))?;
        let connection = match self.kept().await {
            Some(connection) => connection,
            None => self.server.connect().await?,
        };
        Ok(Lease {
            connection,
            pool: self,
            _permit: permit,
        })
    }

    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().pop()?;
            if since.elapsed() < IDLE && connection.test_connected().await {
                return Some(connection);
            }
        }
    }
}

impl Lease<'_> {
    /// Keeps the connection for the next attempt.
    pub fn keep(self) {
        self.pool.idle.lock().push((self.connection, Instant::now()));
    }
}
