//! How many connections the limit of open files allows.
//!
//! A server without descriptors could neither reopen its policy, log and database nor start a thread. It therefore
//! leaves some unused; further clients wait to be accepted.

use crate::api::start::StartError;

/// Descriptors of one thread's runtime.
const PER_WORKER: u64 = 3;

/// Descriptors for accepting connections on a few addresses.
const ACCEPTING: u64 = 6;

/// Fewest descriptors for the rest of the program: policy files, logs, connections to databases, Keystone and brokers.
const LEAST_SPARE: u64 = 8;

/// Most descriptors for the rest of the program.
const MOST_SPARE: u64 = 128;

/// Refuses a limit of open files with which the runtime would panic at its start.
///
/// # Errors
/// [`StartError::Descriptors`].
pub fn require_descriptors() -> Result<(), StartError> {
    connections_per_worker(1, 1).map(drop)
}

/// Most connections of each of these threads, which are not started yet, where `wanted` are configured.
///
/// # Errors
/// [`StartError::Descriptors`] without room for one each.
pub fn connections_per_worker(workers: usize, wanted: usize) -> Result<usize, StartError> {
    match limit_and_open() {
        Some((limit, open)) => share(limit, open, workers as u64, wanted),
        None => Ok(wanted),
    }
}

fn share(limit: u64, open: u64, workers: u64, wanted: usize) -> Result<usize, StartError> {
    let reserve = (limit / 8).clamp(LEAST_SPARE, MOST_SPARE);
    let taken = open + ACCEPTING + workers * PER_WORKER + reserve;
    let share = limit.saturating_sub(taken) / workers.max(1);
    if share == 0 {
        let needed = taken + workers;
        return Err(StartError::Descriptors { limit, needed });
    }
    Ok(wanted.min(usize::try_from(share).unwrap_or(usize::MAX)))
}

/// The limit, raised as far as possible, and the number of open descriptors.
#[cfg(target_os = "linux")]
fn limit_and_open() -> Option<(u64, u64)> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count();
    Some((limit?, open as u64))
}

#[cfg(not(target_os = "linux"))]
fn limit_and_open() -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_what_is_left() {
        assert_eq!(share(1024, 24, 2, 10_000).unwrap(), (1024 - 24 - 6 - 6 - 128) / 2);
        assert_eq!(share(65_536, 24, 2, 10_000).unwrap(), 10_000);
    }

    #[test]
    fn a_limit_without_room_is_refused_with_one_that_has_room() {
        let refused = share(28, 21, 2, 10_000).unwrap_err();
        assert!(matches!(
            refused,
            StartError::Descriptors {
                limit: 28,
                needed: 43
            }
        ));
        assert_eq!(share(43, 21, 2, 10_000).unwrap(), 1);
    }
}
