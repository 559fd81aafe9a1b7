//! How many connections the system's limit of open files leaves room for.
//!
//! A server without descriptors could neither open its policy, its log and its database anew nor start a thread. So it
//! takes no more connections than leave some over; further clients wait to be accepted.

use crate::api::start::StartError;

/// What the runtime of one thread opens.
const PER_WORKER: u64 = 3;

/// What accepting connections takes, with a few addresses to listen on.
const ACCEPTING: u64 = 6;

/// What is left to the rest of the program at least: policy files, logs, connections to databases, Keystone and brokers.
const LEAST_SPARE: u64 = 8;

/// The most that is left to it.
const MOST_SPARE: u64 = 128;

/// Refuses a limit of open files with which not even the runtime could start, which would end in a panic.
///
/// # Errors
/// [`StartError::Descriptors`].
pub fn require_descriptors() -> Result<(), StartError> {
    connections_per_worker(1, 1).map(drop)
}

/// The most connections of each of these threads, which are still to be started, where `wanted` are configured.
///
/// # Errors
/// [`StartError::Descriptors`] when there is not room for one each.
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

/// The limit, raised as far as this process may, and how many are open.
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
