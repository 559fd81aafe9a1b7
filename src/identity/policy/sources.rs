//! The policy files on disk, and whether they have changed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::fault::{PolicyFault, PolicyFaults};
use super::file;
use super::rules::Rules;

/// The file and the directories of rules.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    pub(super) file: PathBuf,
    pub(super) must_exist: bool,
    pub(super) directories: Vec<PathBuf>,
}

/// Identifies a version of a file: writing to it or replacing it changes one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) path: PathBuf,
    modified: (i64, i64),
    len: u64,
    inode: u64,
}

impl Sources {
    /// Lists the existing files, in the order in which they are read.
    ///
    /// # Errors
    /// Fails for directories that exist but cannot be read: without their files, more permissive rules would apply.
    pub(super) fn versions(&self) -> Result<Vec<Version>, PolicyFaults> {
        let mut paths = vec![self.file.clone()];
        let mut faults = Vec::new();
        for directory in &self.directories {
            match files_of(directory) {
                Ok(files) => paths.extend(files),
                Err(error) => faults.push(PolicyFault::of_file(directory, error.to_string())),
            }
        }
        if !faults.is_empty() {
            return Err(PolicyFaults(faults));
        }
        Ok(paths.iter().filter_map(|path| version(path)).collect())
    }

    /// Reads the files.
    pub(super) fn read(&self, versions: &[Version]) -> Result<Rules, PolicyFaults> {
        let mut faults = Vec::new();
        if self.must_exist && !versions.iter().any(|version| version.path == self.file) {
            faults.push(PolicyFault::of_file(
                &self.file,
                "there is no such file".to_owned(),
            ));
        }
        let mut files = Vec::new();
        for Version { path, .. } in versions {
            match read_text(path).and_then(|text| file::read(path, &text)) {
                Ok(entries) => files.push((path.clone(), entries)),
                Err(fault) => faults.push(fault),
            }
        }
        // The readable files are checked too, so that one run shows all faults.
        match Rules::new(files) {
            Ok(rules) if faults.is_empty() => Ok(rules),
            Ok(_) => Err(PolicyFaults(faults)),
            Err(more) => {
                faults.extend(more);
                Err(PolicyFaults(faults))
            }
        }
    }
}

fn read_text(path: &Path) -> Result<String, PolicyFault> {
    let fault = |error: io::Error| PolicyFault::of_file(path, error.to_string());
    String::from_utf8(fs::read(path).map_err(fault)?)
        .map_err(|_| PolicyFault::of_file(path, "must be UTF-8 text".to_owned()))
}

/// Lists the files of a directory by name, without hidden ones, such as editors' temporary files. A missing directory
/// has none.
fn files_of(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let found = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let mut files = Vec::new();
    for entry in found {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        // If the type is unknown, treat it as a file: reading it reports what is wrong.
        if !hidden && fs::metadata(&path).map_or(true, |found| found.is_file()) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn version(path: &Path) -> Option<Version> {
    match fs::metadata(path) {
        Ok(found) => Some(Version {
            path: path.to_owned(),
            modified: (found.mtime(), found.mtime_nsec()),
            len: found.len(),
            inode: found.ino(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        // Reading it reports what is wrong.
        Err(_) => Some(Version {
            path: path.to_owned(),
            modified: (0, 0),
            len: 0,
            inode: 0,
        }),
    }
}
