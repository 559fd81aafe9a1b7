//! Caches Keystone's results for tokens. Stores only the SHA-256 of a token, never the token.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// A token's hash, and whether expired tokens are accepted. The time to compare hashes reveals nothing about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    hash: [u8; 32],
    allow_expired: bool,
}

impl Key {
    pub(super) fn of(token: &str, allow_expired: bool) -> Self {
        Self {
            hash: Sha256::digest(token.as_bytes()).into(),
            allow_expired,
        }
    }
}

/// The cache. Invalid tokens are cached separately, so that invented tokens displace no valid ones.
pub(super) struct Cache<T> {
    valid: Mutex<LruCache<Key, Entry<T>>>,
    invalid: Mutex<LruCache<Key, Entry<()>>>,
    valid_for: i64,
    invalid_for: i64,
}

/// The validity of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Validity<T> {
    /// Valid, with the token's data.
    Valid(T),
    /// Invalid.
    Invalid,
}

struct Entry<T> {
    value: T,
    since: i64,
}

impl<T: Clone> Cache<T> {
    /// Creates an empty cache for `size` tokens of each kind, with these lifetimes.
    pub(super) fn new(size: usize, valid_for: Duration, invalid_for: Duration) -> Self {
        let size = NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN);
        Self {
            valid: Mutex::new(LruCache::new(size)),
            invalid: Mutex::new(LruCache::new(size)),
            valid_for: micros(valid_for),
            invalid_for: micros(invalid_for),
        }
    }

    /// Returns the validity of the token at `now`, if cached.
    pub(super) fn get(&self, key: &Key, now: i64) -> Option<Validity<T>> {
        if let Some(known) = self.valid.lock().get(key)
            && is_fresh(known.since, self.valid_for, now)
        {
            return Some(Validity::Valid(known.value.clone()));
        }
        let mut invalid = self.invalid.lock();
        let known = invalid.get(key)?;
        is_fresh(known.since, self.invalid_for, now).then_some(Validity::Invalid)
    }

    /// Caches a result of `now`.
    pub(super) fn put(&self, key: Key, validity: Validity<T>, now: i64) {
        match validity {
            Validity::Valid(value) => {
                self.invalid.lock().pop(&key);
                self.valid.lock().put(key, Entry { value, since: now });
            }
            Validity::Invalid => {
                self.valid.lock().pop(&key);
                self.invalid.lock().put(
                    key,
                    Entry {
                        value: (),
                        since: now,
                    },
                );
            }
        }
    }
}

/// Setting the clock back does not extend lifetimes.
fn is_fresh(since: i64, lasts: i64, now: i64) -> bool {
    (0..lasts).contains(&(now - since))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn key(token: &str) -> Key {
        Key::of(token, false)
    }

    fn cache(size: usize) -> Cache<u8> {
        Cache::new(size, Duration::from_secs(300), Duration::from_secs(5))
    }

    #[test]
    fn valid_tokens_are_known_for_minutes_and_invalid_ones_for_seconds() {
        let cache = cache(10);
        cache.put(key("good"), Validity::Valid(1), 0);
        cache.put(key("bad"), Validity::Invalid, 0);
        assert_eq!(cache.get(&key("good"), 299 * SECOND), Some(Validity::Valid(1)));
        assert_eq!(cache.get(&key("good"), 300 * SECOND), None);
        assert_eq!(cache.get(&key("bad"), 4 * SECOND), Some(Validity::Invalid));
        assert_eq!(cache.get(&key("bad"), 5 * SECOND), None);
        assert_eq!(cache.get(&key("good"), -1), None);
        assert_eq!(cache.get(&Key::of("good", true), 0), None);
    }

    #[test]
    fn it_is_bounded_and_invented_tokens_drive_out_no_valid_one() {
        let cache = cache(2);
        for token in ["a", "b"] {
            cache.put(key(token), Validity::Valid(1), 0);
        }
        for invented in 0..1000 {
            cache.put(key(&invented.to_string()), Validity::Invalid, 0);
        }
        assert_eq!(cache.get(&key("a"), 1), Some(Validity::Valid(1)));
        cache.put(key("c"), Validity::Valid(1), 0);
        assert_eq!(cache.get(&key("b"), 1), None);
        assert_eq!(cache.get(&key("a"), 1), Some(Validity::Valid(1)));
        assert_eq!(cache.get(&key("0"), 1), None);
    }
}
