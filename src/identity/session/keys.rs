//! The keys of sessions: configured, from the file, or temporary ones for the life of the process.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::hex;
use crate::config::{self, is_long_enough};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or created.
    #[error("[session] key_file: {} cannot be read or created", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A line of the file is too short.
    #[error("[session] key_file: {}, line {line}: a key must have at least 32 characters", path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The file has no keys.
    #[error("[session] key_file: {} has no key", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The system provides no random numbers.
    #[error("the system provides no random numbers")]
    NoRandom,
}

/// One key, derived into separate bytes for each purpose.
pub(super) struct Key {
    /// For encryption.
    pub(super) cipher: [u8; 32],
    /// For signatures of forms.
    pub(super) forms: hmac::Key,
}

impl Key {
    fn new(secret: &str) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let part = |purpose: &str| {
            let mut bytes = [0; 32];
            bytes.copy_from_slice(hmac::sign(&root, purpose.as_bytes()).as_ref());
            bytes
        };
        Self {
            cipher: part("tidings: tokens of sessions"),
            forms: hmac::Key::new(hmac::HMAC_SHA256, &part("tidings: forms")),
        }
    }
}

/// Loads the keys in force; also returns whether they outlive this process.
pub(super) fn load(config: &config::Session) -> Result<(Vec<Key>, bool), KeyError> {
    let mut keys: Vec<Key> = config.keys.iter().map(|key| Key::new(key.expose())).collect();
    if let Some(path) = &config.key_file {
        make(path)?;
        keys.extend(read(path)?);
    }
    let is_lasting = !keys.is_empty();
    if !is_lasting {
        keys.push(Key::new(&random()?));
    }
    Ok((keys, is_lasting))
}

/// Checks what [`load`] would reject, without creating the file.
pub(super) fn check(config: &config::Session) -> Result<(), KeyError> {
    let Some(path) = &config.key_file else {
        return Ok(());
    };
    if path.exists() {
        return read(path).map(drop);
    }
    // A file in the working directory has an empty parent path.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::metadata(folder).map(drop).map_err(|source| KeyError::File {
            path: path.to_owned(),
            source,
        }),
        None => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<Key>, KeyError> {
    let failed = |source| KeyError::File {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(failed)?;
    if fs::metadata(path).map_err(failed)?.mode() & 0o007 != 0 {
        tracing::warn!(
            path = %path.display(),
            "all users of this machine can read or write the file of session keys"
        );
    }
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(|(at, line)| {
        let short = || KeyError::Short {
            path: path.to_owned(),
            line: at + 1,
        };
        is_long_enough(line).then(|| Key::new(line)).ok_or_else(short)
    });
    let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(KeyError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(keys)
}

/// Creates the file with a new key unless it exists. Readers always find it complete: it is written under a temporary
/// name and then linked, which only the first of several servers can do.
fn make(path: &Path) -> Result<(), KeyError> {
    if path.exists() {
        return Ok(());
    }
    let key = random()?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(name);
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        writeln!(file, "{key}")?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            linked => linked.map(|()| true),
        }
    };
    let written = write();
    // It may not exist, and failing to remove it does no harm.
    let _ = fs::remove_file(&draft);
    let is_made = written.map_err(|source| KeyError::File {
        path: path.to_owned(),
        source,
    })?;
    if is_made {
        tracing::info!(path = %path.display(), "created a key for browser sessions");
    }
    Ok(())
}

fn random() -> Result<String, KeyError> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| KeyError::NoRandom)?;
    Ok(hex::write(&bytes))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn with_file(path: PathBuf) -> config::Session {
        config::Session {
            key_file: Some(path),
            ..config::Session::default()
        }
    }

    #[test]
    fn a_missing_file_is_made_for_its_owner_alone_and_then_read() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("session.key");
        let (first, is_lasting) = load(&with_file(path.clone())).unwrap();
        assert!(is_lasting);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let (second, _) = load(&with_file(path)).unwrap();
        assert_eq!((first.len(), first[0].cipher), (1, second[0].cipher));
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
            let config = with_file(path.clone());
            let error = load(&config).err().unwrap().to_string();
            assert!(error.contains(want) && !error.contains("hunter2"), "{error}");
            assert_eq!(check(&config).unwrap_err().to_string(), error);
        }
        let nowhere = with_file(folder.path().join("no/such/file"));
        assert!(matches!(load(&nowhere), Err(KeyError::File { .. })));
        assert!(matches!(check(&nowhere), Err(KeyError::File { .. })));
    }

    #[test]
    fn a_check_does_not_make_the_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("session.key");
        check(&with_file(path.clone())).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn without_any_each_has_its_own() {
        let (first, is_lasting) = load(&config::Session::default()).unwrap();
        let (second, _) = load(&config::Session::default()).unwrap();
        assert!(!is_lasting && first[0].cipher != second[0].cipher);
        assert_ne!(
            first[0].cipher.as_slice(),
            hmac::sign(&first[0].forms, b"").as_ref()
        );
    }
}
