//! SQLite's database file and its write-ahead log, as they were when the store was opened.
//!
//! SQLite keeps working with files that were removed or replaced: its commits succeed, in a file that cannot be opened again.
//! So both files are compared after each commit, before its callers are answered. After one difference the store gives up
//! until it is restarted, as half of its connections might use the new file.

use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::store::backend::Backend;
use crate::store::error::Error;

/// The files of one database.
pub(in crate::store) struct Files {
    database: WatchedFile,
    log: WatchedFile,
    /// What happened to one of them.
    fault: OnceLock<String>,
}

/// A path, and the file that it led to.
struct WatchedFile {
    name: &'static str,
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Files {
    /// The files of an embedded database, which a connection holds open.
    pub(in crate::store) fn of(backend: &Backend) -> Result<Option<Arc<Self>>, Error> {
        match backend {
            Backend::Sqlite { path, .. } => Self::at(path).map(|files| Some(Arc::new(files))),
            _ => Ok(None),
        }
    }

    fn at(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            database: WatchedFile::open("the database file", path.to_owned())?,
            log: WatchedFile::open("the write-ahead log", log_path(path))?,
            fault: OnceLock::new(),
        })
    }

    /// Checks both files, with two system calls. [`Error::Unavailable`] if one was ever found removed or replaced, or cannot
    /// be inspected.
    pub(in crate::store) fn check(&self) -> Result<(), Error> {
        self.intact()?;
        for file in [&self.database, &self.log] {
            let Some(change) = file.change()? else { continue };
            let fault = format!(
                "{} {} was {change} while it was in use; restart the service to open the current file",
                file.name,
                file.path.display()
            );
            if self.fault.set(fault.clone()).is_ok() {
                tracing::error!("{fault}; no reads or writes until then");
            }
        }
        self.intact()
    }

    /// The result of earlier checks.
    pub(in crate::store) fn intact(&self) -> Result<(), Error> {
        match self.fault.get() {
            None => Ok(()),
            Some(fault) => Err(Error::Unavailable(fault.clone())),
        }
    }

    /// The size of the log on the disk, used or not.
    #[cfg(feature = "sqlite")]
    pub(super) fn log_size(&self) -> Result<u64, Error> {
        let found = self.log.path.metadata();
        found
            .map(|found| found.len())
            .map_err(|error| self.log.unreadable(&error))
    }

    /// The path of the log.
    #[cfg(feature = "sqlite")]
    pub(super) fn log(&self) -> &Path {
        &self.log.path
    }
}

impl WatchedFile {
    fn open(name: &'static str, path: PathBuf) -> Result<Self, Error> {
        let mut file = Self {
            name,
            path,
            device: 0,
            inode: 0,
        };
        let found = file.path.metadata().map_err(|error| file.unreadable(&error))?;
        (file.device, file.inode) = (found.dev(), found.ino());
        Ok(file)
    }

    /// What happened to the file since the store was opened.
    fn change(&self) -> Result<Option<&'static str>, Error> {
        match self.path.metadata() {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(None),
            Ok(_) => Ok(Some("replaced")),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Some("removed"))
            }
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    fn unreadable(&self, error: &io::Error) -> Error {
        Error::Unavailable(format!(
            "{} {} cannot be inspected: {error}",
            self.name,
            self.path.display()
        ))
    }
}

/// SQLite puts the log beside the file itself, wherever a link to it is.
fn log_path(database: &Path) -> PathBuf {
    let path = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut log = path.into_os_string();
    log.push("-wal");
    PathBuf::from(log)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn files() -> (tempfile::TempDir, PathBuf, Files) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        fs::write(&path, "database").unwrap();
        fs::write(folder.path().join("t.db-wal"), "log").unwrap();
        let files = Files::at(&path).unwrap();
        (folder, path, files)
    }

    #[test]
    fn files_that_are_only_written_and_truncated_stay_the_same() {
        let (folder, path, files) = files();
        fs::write(&path, "more").unwrap();
        fs::write(folder.path().join("t.db-wal"), "").unwrap();
        assert_eq!(files.check(), Ok(()));
    }

    #[test]
    fn a_file_that_was_put_away_is_missed_even_after_it_came_back() {
        for name in ["t.db", "t.db-wal"] {
            let (folder, _, files) = files();
            let (here, away) = (folder.path().join(name), folder.path().join("away"));
            fs::rename(&here, &away).unwrap();
            let missed = files.check().unwrap_err();
            assert!(
                missed.to_string().contains(&format!("{name} was removed")),
                "{missed}"
            );
            fs::rename(&away, &here).unwrap();
            assert_eq!(files.check(), Err(missed.clone()));
            assert_eq!(files.intact(), Err(missed));
        }
    }

    #[test]
    fn another_file_of_the_same_name_and_contents_is_a_replacement() {
        for name in ["t.db", "t.db-wal"] {
            let (folder, _, files) = files();
            let copy = folder.path().join("copy");
            fs::copy(folder.path().join(name), &copy).unwrap();
            fs::rename(&copy, folder.path().join(name)).unwrap();
            let missed = files.check().unwrap_err().to_string();
            assert!(missed.contains(&format!("{name} was replaced")), "{missed}");
        }
    }

    #[test]
    fn a_link_that_points_elsewhere_is_a_replacement() {
        let (folder, path, _) = files();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let files = Files::at(&link).unwrap();
        assert_eq!(files.check(), Ok(()));
        fs::write(folder.path().join("other.db"), "database").unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(folder.path().join("other.db"), &link).unwrap();
        let missed = files.check().unwrap_err().to_string();
        assert!(missed.contains("link.db was replaced"), "{missed}");
    }
}
