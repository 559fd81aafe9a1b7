//! SQLite's database file and its write-ahead log, as they were when the store was opened.
//!
//! SQLite goes on with files that were removed or replaced under it: its commits succeed and are in no file that anybody
//! opens again. So both are compared after each commit, before anybody is told of it. What differs once is given up for
//! good, as half of the connections might meet the new file: a restart opens what is there.

use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::error::Error;

/// The files of one database.
pub(super) struct Files {
    database: Known,
    log: Known,
    /// What happened to one of them.
    fault: OnceLock<String>,
}

/// A file by its path, and which one it was.
struct Known {
    what: &'static str,
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Files {
    /// The files behind this path, which a connection holds open.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            database: Known::of("the database file", path.to_owned())?,
            log: Known::of("the write-ahead log", log_path(path))?,
            fault: OnceLock::new(),
        })
    }

    /// Looks at both files, by two calls of the system.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when one has been removed or replaced, or had been before, or cannot be looked at.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.standing()?;
        for known in [&self.database, &self.log] {
            let Some(change) = known.change()? else { continue };
            let fault = format!(
                "{} {} was {change} while it was in use; restart to open what is there now",
                known.what,
                known.path.display()
            );
            if self.fault.set(fault.clone()).is_ok() {
                tracing::error!("{fault}; nothing is read or written until then");
            }
        }
        self.standing()
    }

    /// What earlier looks found.
    pub(super) fn standing(&self) -> Result<(), Error> {
        match self.fault.get() {
            None => Ok(()),
            Some(fault) => Err(Error::Unavailable(fault.clone())),
        }
    }

    /// The bytes that the log takes on the disk, used or not.
    #[cfg(feature = "sqlite")]
    pub(super) fn log_size(&self) -> Result<u64, Error> {
        let found = self.log.path.metadata();
        found
            .map(|found| found.len())
            .map_err(|error| self.log.unseen(&error))
    }

    /// Where the log is.
    #[cfg(feature = "sqlite")]
    pub(super) fn log(&self) -> &Path {
        &self.log.path
    }
}

impl Known {
    fn of(what: &'static str, path: PathBuf) -> Result<Self, Error> {
        let mut known = Self {
            what,
            path,
            device: 0,
            inode: 0,
        };
        let found = known.path.metadata().map_err(|error| known.unseen(&error))?;
        (known.device, known.inode) = (found.dev(), found.ino());
        Ok(known)
    }

    /// What has happened to the file since the store was opened.
    fn change(&self) -> Result<Option<&'static str>, Error> {
        match self.path.metadata() {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(None),
            Ok(_) => Ok(Some("replaced")),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Some("removed"))
            }
            Err(error) => Err(self.unseen(&error)),
        }
    }

    fn unseen(&self, error: &io::Error) -> Error {
        Error::Unavailable(format!(
            "{} {} cannot be looked at: {error}",
            self.what,
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
        let files = Files::of(&path).unwrap();
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
            assert_eq!(files.standing(), Err(missed));
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
        let files = Files::of(&link).unwrap();
        assert_eq!(files.check(), Ok(()));
        fs::write(folder.path().join("other.db"), "database").unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(folder.path().join("other.db"), &link).unwrap();
        let missed = files.check().unwrap_err().to_string();
        assert!(missed.contains("link.db was replaced"), "{missed}");
    }
}
