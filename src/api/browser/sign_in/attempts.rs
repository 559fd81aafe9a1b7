//! Limits attempts to sign in.
//!
//! Each process counts the attempts of the last minute: by user and address, by address, and by user. An attempt above
//! a limit does not reach Keystone.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::config;
use crate::message::time;

/// Most users and addresses that are remembered. A client with more addresses per minute evades any limit by address.
const MOST_REMEMBERED: NonZeroUsize = NonZeroUsize::new(50_000).unwrap();

/// How long an attempt counts, in microseconds.
const MINUTE: i64 = 60 * time::SECOND;

/// The attempts of the last minute.
pub struct Attempts {
    times: Mutex<LruCache<[u8; 32], VecDeque<i64>>>,
    each: usize,
    all: usize,
}

impl Attempts {
    /// No attempts yet.
    pub fn new(config: &config::Session) -> Self {
        Self {
            times: Mutex::new(LruCache::new(MOST_REMEMBERED)),
            each: config.login_attempts,
            all: config.login_attempts_in_all,
        }
    }

    /// Counts an attempt at `now`, in microseconds, whatever its outcome.
    ///
    /// # Errors
    /// The seconds to wait. Such an attempt does not count.
    pub fn count(&self, user: &str, address: IpAddr, now: i64) -> Result<(), u64> {
        let [pair, address, user] = keys(user, address);
        // An address at its limit must not use up the attempts of a user.
        self.take(address, self.all, now)?;
        self.take(pair, self.each, now)?;
        self.take(user, self.all, now)
    }

    /// Forgets the attempts of a user from an address, after a sign-in.
    pub fn succeeded(&self, user: &str, address: IpAddr) {
        let [pair, ..] = keys(user, address);
        self.times.lock().pop(&pair);
    }

    fn take(&self, key: [u8; 32], limit: usize, now: i64) -> Result<(), u64> {
        let mut all = self.times.lock();
        let times = all.get_or_insert_mut(key, VecDeque::new);
        // Attempts from the future, of a clock that was set back, do not count.
        times.retain(|time| (0..MINUTE).contains(&(now - time)));
        match times.front() {
            Some(oldest) if times.len() >= limit => {
                let left = oldest + MINUTE - now;
                Err(u64::try_from(left / time::SECOND).unwrap_or(0) + 1)
            }
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }
}

/// The keys of the three counts, hashed as clients choose how long a name is. Keystone may ignore the case of names.
fn keys(user: &str, address: IpAddr) -> [[u8; 32]; 3] {
    let user = user.trim().to_lowercase();
    let address = address.to_string();
    ["pair", "address", "user"].map(|kind| {
        let mut hash = Sha256::new();
        hash.update(kind);
        if kind != "user" {
            hash.update(&address);
        }
        hash.update([0]);
        if kind != "address" {
            hash.update(&user);
        }
        hash.finalize().into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn attempts() -> Attempts {
        Attempts::new(&config::Session::default())
    }

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn five_a_minute_for_a_user_from_an_address() {
        let attempts = attempts();
        for _ in 0..5 {
            assert_eq!(attempts.count("alice", from(1), 0), Ok(()));
        }
        assert_eq!(attempts.count(" ALICE", from(1), 10 * SECOND), Err(51));
        assert_eq!(attempts.count("bob", from(1), 0), Ok(()));
        assert_eq!(attempts.count("alice", from(2), 0), Ok(()));
        assert_eq!(attempts.count("alice", from(1), 60 * SECOND), Ok(()));
        for second in 61..65 {
            assert_eq!(attempts.count("alice", from(1), second * SECOND), Ok(()));
        }
        assert_eq!(attempts.count("alice", from(1), 119 * SECOND), Err(2));
        attempts.succeeded("alice", from(1));
        assert_eq!(attempts.count("alice", from(1), 119 * SECOND), Ok(()));
    }

    #[test]
    fn sixty_for_an_address_and_for_a_user() {
        let attempts = attempts();
        for user in 0..60 {
            assert_eq!(attempts.count(&user.to_string(), from(1), 0), Ok(()));
        }
        assert_eq!(attempts.count("new", from(1), 0), Err(61));
        for address in 2..62 {
            assert_eq!(attempts.count("alice", from(address), 0), Ok(()));
        }
        assert_eq!(attempts.count("alice", from(62), 0), Err(61));
        assert_eq!(attempts.count("bob", from(62), 0), Ok(()));
    }
}
