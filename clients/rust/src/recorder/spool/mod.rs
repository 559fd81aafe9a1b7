//! The spool: a directory with one file per batch, for batches that the server could not take yet.
//!
//! A file is written under a temporary name, synced, renamed, and the directory is synced, so that a file under its
//! final name is complete. Names are numbers in the order of writing. Sizes are counted in blocks, as the disk does,
//! which bounds the number of small files too.

mod file;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Batch;
use super::error::Error;
use super::ledger::Limiter;

const BLOCK: u64 = 4096;
const LOCK: &str = "lock";
const WRITTEN: &str = "batch";
const UNFINISHED: &str = "tmp";
const SET_ASIDE: &str = "corrupt";
/// The pause after a disk error.
const PAUSE: Duration = Duration::from_secs(5);

/// A spool directory, locked for this recorder.
pub(super) struct Spool {
    dir: PathBuf,
    /// Kept open to sync renames.
    dir_handle: File,
    /// Holds the lock while open.
    _lock: File,
    max_bytes: u64,
    used: u64,
    next: u64,
    paused_until: Option<Instant>,
    warning: Limiter,
}

/// A batch on disk.
#[derive(Debug)]
pub(super) struct Entry {
    /// The messages' project.
    pub project: Arc<str>,
    /// Its number and its position in the order.
    pub number: u64,
    /// The number of messages in it.
    pub count: u64,
    cost: u64,
}

impl Spool {
    /// Opens or creates the directory and lists what an earlier recorder left there, oldest first.
    pub fn open(dir: &Path, max_bytes: u64) -> Result<(Self, Vec<Entry>), Error> {
        let fault = |source| Error::Spool {
            path: dir.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(fault)?;
        let dir_handle = File::open(dir).map_err(fault)?;
        let lock = lock(dir)?;
        let mut spool = Self {
            dir: dir.to_owned(),
            dir_handle,
            _lock: lock,
            max_bytes,
            used: 0,
            next: 0,
            paused_until: None,
            warning: Limiter::default(),
        };
        let entries = spool.scan().map_err(fault)?;
        Ok((spool, entries))
    }

    /// Writes a batch. `None` if the spool is full or the disk fails; the batch then has to stay where it is.
    pub fn store(&mut self, batch: &Batch, now: Instant) -> Option<Entry> {
        if self.paused_until.is_some_and(|until| until > now) {
            return None;
        }
        if self.used + cost(file::length_bound(batch)) > self.max_bytes {
            if self.warning.pass() {
                tracing::warn!(spool = %self.dir.display(), bytes = self.used, "the spool is full");
            }
            return None;
        }
        self.write(batch, now)
    }

    /// Returns when a failed disk will be retried.
    pub fn paused_until(&self) -> Option<Instant> {
        self.paused_until
    }

    /// Replaces a batch with its halves. `None` if the disk fails; the batch is then still there.
    pub fn replace(&mut self, entry: &Entry, halves: &[Batch; 2], now: Instant) -> Option<[Entry; 2]> {
        // No space check: the halves need what the batch frees, plus a block at most.
        let first = self.write(&halves[0], now)?;
        let Some(second) = self.write(&halves[1], now) else {
            self.remove(&first);
            return None;
        };
        self.remove(entry);
        Some([first, second])
    }

    /// Reads a batch. `None` if the file is damaged or gone; it has then been set aside, and its entry dropped.
    pub fn load(&mut self, entry: &Entry) -> Option<Batch> {
        let path = self.path(entry.number);
        match fs::read(&path).map(|bytes| file::decode(&bytes)) {
            Ok(Ok(batch)) => return Some(batch),
            Ok(Err(fault)) => self.set_aside(&path, &fault),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(file = %path.display(), "a spool file is gone");
                self.used = self.used.saturating_sub(entry.cost);
            }
            Err(error) => self.set_aside(&path, &error),
        }
        None
    }

    /// Deletes a settled batch. If the file reappears after a crash, its idempotency key prevents a second
    /// recording.
    pub fn remove(&mut self, entry: &Entry) {
        match fs::remove_file(self.path(entry.number)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => self.warn(&error),
            _ => self.used = self.used.saturating_sub(entry.cost),
        }
    }

    fn write(&mut self, batch: &Batch, now: Instant) -> Option<Entry> {
        let bytes = file::encode(batch)?;
        let project = Arc::clone(&batch.project);
        let entry = Entry {
            project,
            number: self.next,
            count: batch.count(),
            cost: cost(bytes.len() as u64),
        };
        let unfinished = self.dir.join(format!("{:020}.{UNFINISHED}", entry.number));
        match self.write_through(&unfinished, &self.path(entry.number), &bytes) {
            Ok(()) => {
                self.next += 1;
                self.used += entry.cost;
                self.paused_until = None;
                Some(entry)
            }
            Err(error) => {
                self.warn(&error);
                // Either file may exist; what cannot be deleted now is deleted at the next start.
                let _ = fs::remove_file(unfinished);
                let _ = fs::remove_file(self.path(entry.number));
                self.paused_until = Some(now + PAUSE);
                None
            }
        }
    }

    fn write_through(&self, unfinished: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(unfinished, path)?;
        self.dir_handle.sync_all()
    }

    fn scan(&mut self) -> io::Result<Vec<Entry>> {
        let mut found = Vec::new();
        for item in fs::read_dir(&self.dir)? {
            let path = item?.path();
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .and_then(|stem| stem.parse::<u64>().ok());
            match (path.extension().and_then(|extension| extension.to_str()), number) {
                (Some(WRITTEN), Some(number)) => {
                    self.next = self.next.max(number.saturating_add(1));
                    found.extend(self.find(&path, number)?);
                }
                (Some(UNFINISHED), Some(_)) => fs::remove_file(&path)?,
                (Some(SET_ASIDE), _) => self.used += cost(fs::metadata(&path)?.len()),
                _ => {}
            }
        }
        found.sort_by_key(|entry| entry.number);
        Ok(found)
    }

    fn find(&mut self, path: &Path, number: u64) -> io::Result<Option<Entry>> {
        let file = File::open(path)?;
        let cost = cost(file.metadata()?.len());
        self.used += cost;
        let mut start = Vec::with_capacity(file::MAX_HEADER);
        file.take(file::MAX_HEADER as u64).read_to_end(&mut start)?;
        match file::header(&start) {
            Ok(header) => {
                let project = header.project.into();
                Ok(Some(Entry {
                    project,
                    number,
                    count: header.messages as u64,
                    cost,
                }))
            }
            Err(fault) => {
                self.set_aside(path, &fault);
                Ok(None)
            }
        }
    }

    /// Moves a file out of the way for an operator to inspect. It still counts towards the bound.
    fn set_aside(&self, path: &Path, fault: &dyn std::error::Error) {
        tracing::warn!(file = %path.display(), %fault, "a damaged spool file was set aside");
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{SET_ASIDE}"));
        if let Err(error) = fs::rename(path, name) {
            self.warn(&error);
        }
    }

    fn warn(&self, error: &io::Error) {
        if self.warning.pass() {
            tracing::warn!(spool = %self.dir.display(), %error, "the spool cannot be written");
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{number:020}.{WRITTEN}"))
    }
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join(LOCK);
    let fault = |source| Error::Spool {
        path: path.clone(),
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::SpoolBusy(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

/// Returns what a file of `bytes` counts towards the bound.
fn cost(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK) * BLOCK
}

#[cfg(test)]
mod tests;
