//! The secrets of listeners at rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::config::{Backend, Config, SHORTEST_KEY};
use crate::seal::{KeyError, KeyFile, Keys, Seal};

/// The purpose of the keys, which gives it bytes of its own. Secrets in the database depend on it.
const PURPOSE: &str = "tidings: secrets of listeners";

const OPTION: &str = "[secrets] key_file";

/// Why secrets cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Several servers may share the database, and no keys are configured.
    #[error("{OPTION} must be set for listeners with secrets, such as a password, except on SQLite")]
    NoKeys,
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The file is missing that other secrets were sealed with, and a new one would not open them.
    #[error(
        "{} is missing, and stored listeners have secrets that only its keys decrypt: restore the file, delete these \
         listeners, or give them other secrets", .0.display()
    )]
    Lost(PathBuf),
    /// They were sealed with another key, for another listener, or changed since.
    #[error("the secrets of listener {0} cannot be decrypted with any key of {OPTION}")]
    NoKeyFits(Uuid),
}

/// Seals and opens the secrets of listeners, with the keys of `[secrets] key_file`. They are read when first needed.
pub struct ListenerSeal {
    keys: Option<KeySource>,
    seal: RwLock<Option<Arc<Seal>>>,
}

/// A file of keys.
struct KeySource {
    path: PathBuf,
    /// Whether it is created when missing. A database that several servers share needs the same keys on all of them.
    is_created: bool,
    is_configured: bool,
}

impl ListenerSeal {
    /// Takes the configured keys; with SQLite, those in the file beside the database. Reads nothing yet.
    pub fn new(config: &Config) -> Self {
        let configured = config.secrets.key_file.clone();
        let is_configured = configured.is_some();
        let (path, is_created) = match config.database.connection.backend() {
            Backend::Sqlite(database) => {
                // As with its log, a link to the database leads to the one file.
                let database = fs::canonicalize(database).unwrap_or_else(|_| database.clone());
                let mut beside = database.into_os_string();
                beside.push(".key");
                (configured.or(Some(beside.into())), true)
            }
            Backend::Postgres(_) | Backend::Mysql(_) => (configured, false),
        };
        Self {
            keys: path.map(|path| KeySource {
                path,
                is_created,
                is_configured,
            }),
            seal: RwLock::default(),
        }
    }

    /// Creates a key for the life of this process, as an in-memory database needs it.
    ///
    /// # Errors
    /// [`KeyError`] if the system provides no random numbers.
    pub fn temporary() -> Result<Self, KeyError> {
        let seal = Arc::new(Seal::new(&Keys::temporary()?, PURPOSE));
        Ok(Self {
            keys: None,
            seal: RwLock::new(Some(seal)),
        })
    }

    /// Checks the file of keys without creating it. Having none is fine until a listener has a secret.
    ///
    /// # Errors
    /// [`KeyError`], which names the option and the file.
    pub fn check(&self) -> Result<(), KeyError> {
        match &self.keys {
            Some(keys) if !keys.is_created => keys.file().read().map(drop),
            Some(keys) if keys.is_configured || keys.path.exists() => keys.file().check(),
            _ => Ok(()),
        }
    }

    /// Returns the file that sealing secrets would create. If there are sealed ones already, it was lost.
    pub fn to_be_created(&self) -> Option<&Path> {
        let keys = self
            .keys
            .as_ref()
            .filter(|keys| keys.is_created && self.loaded().is_none())?;
        (!keys.path.exists()).then_some(&keys.path)
    }

    /// Encrypts the secrets of a listener. They can be decrypted for this listener only.
    ///
    /// # Errors
    /// [`SealError`] if there are no keys.
    pub fn close(&self, listener: Uuid, secrets: Map<String, Value>) -> Result<Vec<u8>, SealError> {
        let seal = match self.loaded() {
            Some(seal) => seal,
            None => self.load(true)?,
        };
        let text = Value::from(secrets).to_string();
        let sealed = seal.close(&text, listener.as_bytes());
        sealed.ok_or(SealError::Keys(KeyError::NoRandom))
    }

    /// Decrypts the secrets of a listener with whichever key fits. If none does, the file is read again: another process may
    /// use a key that was added since.
    ///
    /// # Errors
    /// [`SealError`] if there are no keys or none fits.
    pub fn open(&self, listener: Uuid, sealed: &[u8]) -> Result<Map<String, Value>, SealError> {
        let place = listener.as_bytes();
        let loaded = self.loaded();
        let mut text = loaded.as_ref().and_then(|seal| seal.open(sealed, place));
        let is_temporary = loaded.is_some() && self.keys.is_none();
        if text.is_none() && !is_temporary {
            text = self.load(false)?.open(sealed, place);
        }
        let secrets = text.and_then(|text| serde_json::from_str(&text).ok());
        secrets.ok_or(SealError::NoKeyFits(listener))
    }

    fn loaded(&self) -> Option<Arc<Seal>> {
        self.seal.read().clone()
    }

    fn load(&self, may_create: bool) -> Result<Arc<Seal>, SealError> {
        let keys = self.keys.as_ref().ok_or(SealError::NoKeys)?;
        let keys = if keys.is_created && may_create {
            keys.file().load()?
        } else {
            keys.file().read()?
        };
        let seal = Arc::new(Seal::new(&keys, PURPOSE));
        *self.seal.write() = Some(Arc::clone(&seal));
        Ok(seal)
    }
}

impl KeySource {
    fn file(&self) -> KeyFile<'_> {
        KeyFile {
            option: OPTION,
            path: &self.path,
            shortest: SHORTEST_KEY,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::config::{Connection, Database, Secrets};

    const ID: Uuid = Uuid::from_u128(7);
    const OLD: &str = "an old key that has been used for a year";
    const NEW: &str = "a new key that is used from tomorrow on";

    /// Seals for this database, with this file of keys or the default.
    fn seal(connection: Connection, key_file: Option<&Path>) -> ListenerSeal {
        ListenerSeal::new(&Config {
            database: Database {
                connection,
                ..Database::default()
            },
            secrets: Secrets {
                key_file: key_file.map(Path::to_owned),
            },
            ..Config::default()
        })
    }

    /// Seals for SQLite, as each process makes its own.
    fn beside(database: &Path) -> ListenerSeal {
        seal(Connection::sqlite(database), None)
    }

    fn secrets() -> Map<String, Value> {
        let secrets = json!({"password": "hunter2", "previous_secrets": [["whsec_x", 5]]});
        secrets.as_object().unwrap().clone()
    }

    #[test]
    fn sqlite_has_its_keys_beside_the_database_from_the_first_secret_on() {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("tidings.db");
        fs::write(&database, "").unwrap();
        let key = folder.path().join("tidings.db.key");
        beside(&database).check().unwrap();
        assert!(!key.exists());
        let sealed = beside(&database).close(ID, secrets()).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&key).unwrap();
        // Another process, which may reach the database through a link.
        let link = folder.path().join("link.db");
        symlink(&database, &link).unwrap();
        assert_eq!(beside(&link).open(ID, &sealed).unwrap(), secrets());
        beside(&link).close(ID, secrets()).unwrap();
        assert_eq!(fs::read_to_string(&key).unwrap(), text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_lost_file_of_keys_is_not_replaced_by_reading() {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("tidings.db");
        let sealed = beside(&database).close(ID, secrets()).unwrap();
        let key = folder.path().join("tidings.db.key");
        fs::remove_file(&key).unwrap();
        let error = beside(&database).open(ID, &sealed).unwrap_err().to_string();
        assert!(
            error.starts_with("[secrets] key_file: ") && error.contains("tidings.db.key"),
            "{error}"
        );
        assert!(!key.exists());
    }

    #[test]
    fn keys_are_exchanged_while_servers_run() {
        let folder = TempDir::new().unwrap();
        let (database, key) = (folder.path().join("tidings.db"), folder.path().join("keys"));
        let start = || seal(Connection::sqlite(&database), Some(&key));
        fs::write(&key, format!("{OLD}\n")).unwrap();
        let first = start();
        let old = first.close(ID, secrets()).unwrap();
        fs::write(&key, format!("{NEW}\n{OLD}\n")).unwrap();
        let second = start();
        let new = second.close(ID, secrets()).unwrap();
        for sealed in [&old, &new] {
            assert_eq!(first.open(ID, sealed).unwrap(), secrets());
            assert_eq!(second.open(ID, sealed).unwrap(), secrets());
        }
        fs::write(&key, format!("{NEW}\n")).unwrap();
        assert_eq!(start().open(ID, &new).unwrap(), secrets());
        assert!(matches!(start().open(ID, &old), Err(SealError::NoKeyFits(ID))));
        assert!(!folder.path().join("tidings.db.key").exists());
    }

    #[test]
    fn secrets_belong_to_their_listener() {
        let seal = ListenerSeal::temporary().unwrap();
        let sealed = seal.close(ID, secrets()).unwrap();
        assert_eq!(seal.open(ID, &sealed).unwrap(), secrets());
        assert!(!sealed.windows(7).any(|part| part == b"hunter2"));
        let other = Uuid::from_u128(8);
        let error = seal.open(other, &sealed).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("the secrets of listener {other} cannot be decrypted with any key of [secrets] key_file")
        );
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_database_of_several_servers_has_only_configured_keys() {
        let folder = TempDir::new().unwrap();
        let key = folder.path().join("keys");
        let start = |key_file| {
            let connection = Connection::locate("postgresql://db.example.org/tidings", folder.path());
            seal(connection.unwrap(), key_file)
        };
        start(None).check().unwrap();
        for error in [
            start(None).close(ID, secrets()).unwrap_err(),
            start(None).open(ID, b"sealed").unwrap_err(),
        ] {
            assert!(matches!(error, SealError::NoKeys), "{error}");
            assert!(error.to_string().starts_with("[secrets] key_file must be set"));
        }
        // A key of its own would serve no other server.
        assert!(matches!(
            start(Some(&key)).close(ID, secrets()),
            Err(SealError::Keys(KeyError::File { .. }))
        ));
        let error = start(Some(&key)).check().unwrap_err().to_string();
        assert!(error.starts_with("[secrets] key_file: "), "{error}");
        fs::write(&key, format!("{OLD}\n")).unwrap();
        start(Some(&key)).check().unwrap();
        let sealed = start(Some(&key)).close(ID, secrets()).unwrap();
        assert_eq!(start(Some(&key)).open(ID, &sealed).unwrap(), secrets());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_found_by_the_check() {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("tidings.db");
        // Root may read any file, but not a folder.
        fs::create_dir(folder.path().join("tidings.db.key")).unwrap();
        let nowhere = folder.path().join("no/such/keys");
        for seal in [
            beside(&database),
            seal(Connection::sqlite(&database), Some(&nowhere)),
        ] {
            let error = seal.check().unwrap_err().to_string();
            assert!(error.starts_with("[secrets] key_file: "), "{error}");
        }
    }
}
