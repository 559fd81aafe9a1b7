//! Shorter ways to write to a store.

use tidings::config::Config;
use tidings::event::Reporter;
use tidings::store::{Batch, Error, Recorded, Store};

/// Records a batch whose events no listener gets.
pub trait RecordBatch {
    async fn record_batch(&self, batch: Batch) -> Result<Recorded, Error>;
}

impl RecordBatch for Store {
    async fn record_batch(&self, batch: Batch) -> Result<Recorded, Error> {
        self.record(|| batch.clone()).await
    }
}

/// Returns a reporter without drivers.
pub fn reporter() -> Reporter {
    Reporter::new(&Config::default())
}
