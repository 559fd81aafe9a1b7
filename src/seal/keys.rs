//! Secret keys: configured, and in a file that is created if missing. The first key serves new data, all serve existing data, so
//! that keys can be rotated.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use tidings_client::Secret;

use super::{hex, random};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or created.
    #[error("{option}: {} cannot be read or created", path.display())]
    File {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A line of the file is too short.
    #[error("{option}: {}, line {line}: a key must have at least {shortest} characters", path.display())]
    Short {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The characters of the shortest key.
        shortest: usize,
    },
    /// The file has no keys.
    #[error("{option}: {} has no key", path.display())]
    Empty {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The system provides no random numbers.
    #[error("the system provides no random numbers")]
    NoRandom,
}

/// Keys in order of precedence. Each purpose derives bytes of its own from them.
pub struct Keys(Vec<Secret>);

impl Keys {
    /// Puts configured keys before others.
    pub fn of(configured: &[Secret], others: Self) -> Self {
        Self(configured.iter().cloned().chain(others.0).collect())
    }

    /// Returns no keys.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Creates a key for the life of this process.
    pub fn temporary() -> Result<Self, KeyError> {
        Ok(Self(vec![new_key()?]))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Derives 32 bytes from each key for this purpose.
    pub(super) fn derived(&self, purpose: &str) -> Vec<[u8; 32]> {
        let derive = |key: &Secret| {
            let root = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
            let mut bytes = [0; 32];
            bytes.copy_from_slice(hmac::sign(&root, purpose.as_bytes()).as_ref());
            bytes
        };
        self.0.iter().map(derive).collect()
    }
}

/// A file of keys, one per line.
#[derive(Debug, Clone, Copy)]
pub struct KeyFile<'a> {
    /// The option that names it, for errors: `[session] key_file`.
    pub option: &'static str,
    /// Its path.
    pub path: &'a Path,
    /// The fewest characters of a key.
    pub shortest: usize,
}

impl KeyFile<'_> {
    /// Reads the file; creates it with a new key, for its owner alone, if it does not exist.
    pub fn load(self) -> Result<Keys, KeyError> {
        self.make()?;
        self.read()
    }

    /// Checks what [`KeyFile::load`] would reject, without creating the file.
    pub fn check(self) -> Result<(), KeyError> {
        if self.path.exists() {
            return self.read().map(drop);
        }
        // A file in the working directory has an empty parent path.
        match self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => fs::metadata(folder).map(drop).map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }

    /// Reads the file, which must exist.
    pub fn read(self) -> Result<Keys, KeyError> {
        let text = fs::read_to_string(self.path).map_err(|error| self.failed(error))?;
        let mode = fs::metadata(self.path)
            .map_err(|error| self.failed(error))?
            .mode();
        if mode & 0o007 != 0 {
            tracing::warn!(
                path = %self.path.display(),
                option = self.option,
                "all users of this machine can read or write the file of keys"
            );
        }
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(at, line)| {
            let is_long_enough = line.chars().count() >= self.shortest;
            is_long_enough
                .then(|| Secret::new(line))
                .ok_or_else(|| KeyError::Short {
                    option: self.option,
                    path: self.path.to_owned(),
                    line: at + 1,
                    shortest: self.shortest,
                })
        });
        let keys: Vec<Secret> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(KeyError::Empty {
                option: self.option,
                path: self.path.to_owned(),
            });
        }
        Ok(Keys(keys))
    }

    /// Creates the file unless it exists. Readers always find it complete: it is written under a temporary name and then
    /// linked, which only the first of several servers can do.
    fn make(self) -> Result<(), KeyError> {
        if self.path.exists() {
            return Ok(());
        }
        let key = new_key()?;
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{}", std::process::id()));
        let draft = PathBuf::from(name);
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft)?;
            writeln!(file, "{}", key.expose())?;
            file.sync_all()?;
            let linked = fs::hard_link(&draft, self.path);
            match linked {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                linked => linked.map(|()| true),
            }
        };
        let written = write();
        // It may not exist, and failing to remove it does no harm.
        let _ = fs::remove_file(&draft);
        if written.map_err(|error| self.failed(error))? {
            tracing::info!(path = %self.path.display(), option = self.option, "created a file with a key");
        }
        Ok(())
    }

    fn failed(self, source: io::Error) -> KeyError {
        KeyError::File {
            option: self.option,
            path: self.path.to_owned(),
            source,
        }
    }
}

fn new_key() -> Result<Secret, KeyError> {
    let bytes = random().ok_or(KeyError::NoRandom)?;
    Ok(Secret::new(hex::write(&bytes)))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn file(path: &Path) -> KeyFile<'_> {
        KeyFile {
            option: "[session] key_file",
            path,
            shortest: 32,
        }
    }

    #[test]
    fn a_missing_file_is_made_for_its_owner_alone_and_then_read() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("session.key");
        let first = file(&path).load().unwrap().derived("x");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let second = file(&path).load().unwrap().derived("x");
        assert_eq!((first.len(), &first), (1, &second));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_serve_is_a_fault_that_does_not_repeat_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("session.key");
        for (text, want) in [
            ("# none\n\n", "has no key"),
            (
                "# a word\nhunter2\n",
                "line 2: a key must have at least 32 characters",
            ),
        ] {
            fs::write(&path, text).unwrap();
            let error = file(&path).load().err().unwrap().to_string();
            assert!(error.starts_with("[session] key_file: "), "{error}");
            assert!(error.contains(want) && !error.contains("hunter2"), "{error}");
            assert_eq!(file(&path).check().unwrap_err().to_string(), error);
        }
        let nowhere = folder.path().join("no/such/file");
        assert!(matches!(file(&nowhere).load(), Err(KeyError::File { .. })));
        assert!(matches!(file(&nowhere).check(), Err(KeyError::File { .. })));
    }

    #[test]
    fn a_check_does_not_make_the_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("session.key");
        file(&path).check().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn each_process_and_each_purpose_has_its_own_bytes() {
        let (first, second) = (Keys::temporary().unwrap(), Keys::temporary().unwrap());
        assert_ne!(first.derived("a"), second.derived("a"));
        assert_ne!(first.derived("a"), first.derived("b"));
        let both = Keys::of(&[Secret::new("a key of the configuration itself")], first);
        assert_eq!(both.derived("a").len(), 2);
    }
}
