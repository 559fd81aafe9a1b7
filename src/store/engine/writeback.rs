//! Writing the pages that a checkpoint has moved to the disk a few at a time.
//!
//! A sync of the database file gives the disk thousands of scattered pages at once, and the sync of the next commit waits
//! behind all of them. Spread over some time, they are hardly noticed.

use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise};

/// The time between two portions.
const TICK: Duration = Duration::from_millis(1);

/// Bytes of the header of a log, and of the header of each frame, which begins with the page's number, from 1. From SQLite's description of its file format, section "The Write-Ahead Log".
const LOG_HEAD: u64 = 32;
const FRAME_HEAD: u64 = 24;

/// Starts writing the pages of some frames of the log, numbered from 0, spread over the given time. They are safe only after
/// a sync, which has little left to do then. `rest` waits and returns whether to go on; so does this function.
pub(super) fn spread(
    database: &File,
    log: &Path,
    frames: Range<u64>,
    page_size: u64,
    time: Duration,
    rest: impl Fn(Duration) -> bool,
) -> io::Result<bool> {
    let pages = moved_pages(log, frames, page_size)?;
    let ticks = time.as_nanos().div_ceil(TICK.as_nanos()).max(1);
    let share = pages
        .len()
        .div_ceil(usize::try_from(ticks).unwrap_or(usize::MAX))
        .max(1);
    let mut due = Instant::now();
    for (number, part) in pages.chunks(share).enumerate() {
        if number > 0 && !rest(due.saturating_duration_since(Instant::now())) {
            return Ok(false);
        }
        for run in part.chunk_by(|page, next| page + 1 == *next) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else {
                continue;
            };
            start_writing(database, first * page_size..(last + 1) * page_size)?;
        }
        due += TICK;
    }
    Ok(true)
}

/// The pages of these frames, numbered from 0 and in order. If another process has let the log start over meanwhile, they are
/// other pages, which does no harm. Nor does closing the log: SQLite has no locks on this file.
fn moved_pages(log: &Path, frames: Range<u64>, page_size: u64) -> io::Result<Vec<u64>> {
    let log = File::open(log)?;
    let mut number = [0; 4];
    let mut pages = frames
        .map(|frame| {
            log.read_exact_at(&mut number, LOG_HEAD + frame * (FRAME_HEAD + page_size))?;
            Ok(u64::from(u32::from_be_bytes(number)).saturating_sub(1))
        })
        .collect::<io::Result<Vec<u64>>>()?;
    pages.sort_unstable();
    pages.dedup();
    Ok(pages)
}

/// Starts writing the dirty pages of this range without waiting. Declaring it not needed in memory is the only way to do so
/// without `unsafe`; pages that are written already leave the system's cache.
fn start_writing(file: &File, range: Range<u64>) -> io::Result<()> {
    let length = NonZeroU64::new(range.end - range.start);
    Ok(fadvise(file, range.start, length, Advice::DontNeed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_frames_come_once_and_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.db-wal");
        let mut log = vec![0; 32];
        for page in [7_u32, 3, 7, 4, 9] {
            log.extend(page.to_be_bytes());
            log.extend([0; 20 + 512]);
        }
        std::fs::write(&path, log).unwrap();
        assert_eq!(moved_pages(&path, 0..4, 512).unwrap(), [2, 3, 6]);
        assert_eq!(moved_pages(&path, 3..5, 512).unwrap(), [3, 8]);
        assert!(moved_pages(&path, 4..6, 512).is_err());
    }
}
