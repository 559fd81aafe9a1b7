//! Checks a directory of catalog files without a build, for `tidings catalog check DIR`.

use std::io;
use std::path::Path;

use super::generated::BUILT_IN;
use super::source::{self, CatalogFault, Directory};

/// The result of a check without faults.
#[derive(Debug)]
pub struct CheckedDirectory {
    /// The services in the directory.
    pub services: Vec<String>,
    /// The lines missing from its `ids.txt`.
    pub unlisted: Vec<String>,
}

/// Checks a directory as the build does: as a complete catalog if it describes English itself, otherwise as a site's
/// own files next to the built-in ones.
///
/// # Errors
/// The outer error is a directory or file that cannot be read; the inner one lists all faults by file and line.
pub fn check_directory(path: &Path) -> io::Result<Result<CheckedDirectory, Vec<CatalogFault>>> {
    let own = Directory::read(path, &path.display().to_string())?;
    let services: Vec<String> = own
        .files
        .iter()
        .filter_map(|file| file.path.strip_suffix(".toml"))
        .filter(|name| !name.contains('/') && *name != "language")
        .map(str::to_owned)
        .collect();
    let whole = own.files.iter().any(|file| file.path == "language.toml");
    let mut directories = vec![own];
    if !whole {
        directories.insert(0, Directory::new("catalog", BUILT_IN));
    }
    Ok(source::check(&directories).map(|catalog| CheckedDirectory {
        services,
        unlisted: catalog.unlisted,
    }))
}
