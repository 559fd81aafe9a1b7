//! The service's table, read on threads of its own.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::store::foreign::{ForeignService, ForeignTable};
use crate::store::{Backend, Error};

/// The longest time of a statement.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// A service's table, connected when needed.
pub(super) struct Foreign {
    backend: Backend,
    service: ForeignService,
    table: Option<ForeignTable>,
}

impl Foreign {
    /// Does not connect yet.
    pub(super) fn new(backend: Backend, service: ForeignService) -> Self {
        Self {
            backend,
            service,
            table: None,
        }
    }

    /// Runs a statement and returns its result and how long it took. After an error, the next one uses a new connection.
    ///
    /// If the caller is dropped meanwhile, the statement ends by itself, within the limits of connection and statement. The
    /// thread is none of the runtime's, whose end waits for them: a database that hangs must not delay the end of the process.
    pub(super) async fn ask<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut ForeignTable) -> Result<T, Error> + Send + 'static,
    ) -> Result<(T, Duration), Error> {
        let (backend, service, table) = (self.backend.clone(), self.service, self.table.take());
        let (answer, asked) = oneshot::channel();
        let ask = move || {
            let mut table = match table {
                Some(table) => table,
                None => ForeignTable::open(&backend, service, Some(LONGEST))?,
            };
            let begun = Instant::now();
            let found = work(&mut table)?;
            Ok::<_, Error>((found, begun.elapsed(), table))
        };
        let thread = thread::Builder::new().name("follow".to_owned());
        // If the answer cannot be sent, its receiver is gone.
        let started = thread.spawn(move || drop(answer.send(ask())));
        started.map_err(|error| Error::Broken(error.to_string()))?;
        let ended = |_| Error::Broken("the thread that asks the database has ended".to_owned());
        let (found, took, table) = asked.await.map_err(ended)??;
        self.table = Some(table);
        Ok((found, took))
    }
}
