//! The files of one catalog directory, read from disk or supplied by a test.

use std::path::Path;
use std::{fs, io};

/// A file of a catalog.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path inside the directory, with `/`.
    pub path: String,
    /// Its contents.
    pub text: String,
}

/// A catalog directory: services, `locale/<language>/` and `ids.txt`.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Its name in fault reports: `catalog`.
    pub name: String,
    /// Its files, sorted by path.
    pub files: Vec<File>,
}

impl Directory {
    /// Creates a directory from paths and texts.
    pub fn new<'a>(name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut files: Vec<File> = files
            .into_iter()
            .map(|(path, text)| File {
                path: path.to_owned(),
                text: text.to_owned(),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            name: name.to_owned(),
            files,
        }
    }

    /// Reads `*.toml`, `ids.txt` and `locale/*/*.toml` below `path` and ignores everything else.
    ///
    /// # Errors
    /// Names a file or folder that cannot be read or is not UTF-8.
    pub fn read(path: &Path, name: &str) -> io::Result<Self> {
        let mut files = Vec::new();
        read_folder(path, "", &mut files)?;
        let locale = path.join("locale");
        if locale.is_dir() {
            for language in names(&locale)? {
                let folder = locale.join(&language);
                if folder.is_dir() {
                    read_folder(&folder, &format!("locale/{language}/"), &mut files)?;
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            name: name.to_owned(),
            files,
        })
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<File>) -> io::Result<()> {
    for name in names(folder)? {
        let is_toml = Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "toml");
        // The built-in directory is a crate of its own.
        let is_data = is_toml && name != "Cargo.toml";
        if is_data || (prefix.is_empty() && name == "ids.txt") {
            let path = folder.join(&name);
            let text = fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
            files.push(File {
                path: format!("{prefix}{name}"),
                text,
            });
        }
    }
    Ok(())
}

/// Lists the names in a folder, except those that start with a dot, such as editors' temporary files.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| named(folder, &error))? {
        let name = entry
            .map_err(|error| named(folder, &error))?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok(names)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
