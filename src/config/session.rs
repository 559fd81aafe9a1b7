//! `[session]`.

use std::path::PathBuf;
use std::time::Duration;

use super::fault::ConfigFaults;
use super::reader::OptionReader;
use tidings_client::Secret;

const SECTION: &str = "session";

/// The shortest key, in characters.
pub const SHORTEST_KEY: usize = 32;

/// `[session]`: browser sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The keys that encrypt tokens: the first for new sessions, all for existing ones.
    pub keys: Vec<Secret>,
    /// A file of keys, one per line, used after `keys`. Created with a new key if missing.
    pub key_file: Option<PathBuf>,
    /// How long a session lasts without use.
    pub idle_timeout: Duration,
    /// How long it lasts at most; its token may expire earlier.
    pub lifetime: Duration,
    /// Sign-in attempts per minute for one user from one address.
    pub login_attempts: usize,
    /// Sign-in attempts per minute for all users from one address, and for one user from all addresses.
    pub login_attempts_in_all: usize,
    /// The default domain in the sign-in form.
    pub default_domain: String,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            key_file: None,
            idle_timeout: Duration::from_secs(3600),
            lifetime: Duration::from_secs(43_200),
            login_attempts: 5,
            login_attempts_in_all: 60,
            default_domain: "Default".to_owned(),
        }
    }
}

impl Session {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section(SECTION);
        let times = Duration::from_secs(60)..=Duration::from_secs(31_557_600);
        Self {
            keys: section.get("keys", default.keys),
            key_file: section.get("key_file", default.key_file),
            idle_timeout: section.within("idle_timeout", default.idle_timeout, &times),
            lifetime: section.within("lifetime", default.lifetime, &times),
            login_attempts: section.within("login_attempts", default.login_attempts, &(1..=10_000)),
            login_attempts_in_all: section.within(
                "login_attempts_in_all",
                default.login_attempts_in_all,
                &(1..=10_000),
            ),
            default_domain: section.get("default_domain", default.default_domain),
        }
    }

    /// Rejects short keys, which can be guessed.
    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        let is_short = |key: &Secret| key.expose().chars().count() < SHORTEST_KEY;
        if let Some(at) = self.keys.iter().position(is_short) {
            let text = format!(
                "key {} is shorter than {SHORTEST_KEY} characters: make one with `openssl rand -hex 32`",
                at + 1
            );
            faults.add(SECTION, "keys", text);
        }
    }
}
