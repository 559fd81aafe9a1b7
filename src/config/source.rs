//! The sources of settings: flags, the environment and files, in decreasing precedence.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::fault::ConfigFaults;
use super::ini::{self, Entry};
use super::origin::Origin;

/// An option set on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Flag<'a> {
    /// Its spelling, for faults: `--bind`.
    pub name: &'a str,
    /// The section it sets: `api`.
    pub section: &'a str,
    /// The option it sets: `bind`.
    pub option: &'a str,
    /// The value as written.
    pub value: &'a str,
}

/// The values of one option from the winning source; several if a file repeats the key.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) values: Vec<String>,
    pub(super) origin: Origin,
}

/// Settings by (section, option).
pub(super) type Settings = BTreeMap<(String, String), Setting>;

/// All sources combined.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) settings: Settings,
    pub(super) files: Vec<PathBuf>,
    pub(super) faults: ConfigFaults,
}

/// Returns the environment of the process, for [`super::Config::load`]. Invalid UTF-8 is replaced, so that it is
/// rejected where it matters instead of ending the program.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    })
}

impl Sources {
    pub(super) fn gather(
        explicit_file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        flags: &[Flag<'_>],
    ) -> Self {
        let env: Vec<_> = env.collect();
        let mut sources = Self::default();
        match explicit_file {
            Some(path) => sources.read_file(path),
            None => sources.search(&places(&env)),
        }
        for (name, value) in env {
            sources.variable(name, value);
        }
        for flag in flags {
            let origin = Origin::Flag(flag.name.to_owned());
            sources.set(
                flag.section.to_owned(),
                flag.option.to_owned(),
                flag.value.to_owned(),
                origin,
            );
        }
        sources
    }

    fn search(&mut self, places: &[PathBuf]) {
        if let Some(file) = places
            .iter()
            .map(|place| place.join("tidings.conf"))
            .find(|path| path.exists())
        {
            self.read_file(&file);
        }
        let folder = places
            .iter()
            .map(|place| place.join("tidings.conf.d"))
            .find(|path| path.is_dir());
        if let Some(folder) = folder {
            match fragments(&folder) {
                Ok(files) => files.iter().for_each(|file| self.read_file(file)),
                Err(error) => self.faults.add_file(format!("{}: {error}", folder.display())),
            }
        }
    }

    /// A later file's values of an option replace an earlier file's; within a file, values of one key accumulate.
    fn read_file(&mut self, path: &Path) {
        self.files.push(path.to_owned());
        let text = match fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                return self
                    .faults
                    .add_file(format!("{}: must be UTF-8 text", path.display()));
            }
            Err(error) => return self.faults.add_file(format!("{}: {error}", path.display())),
        };
        let (entries, bad) = ini::parse(&text);
        for bad in bad {
            self.faults
                .add_file(format!("{}, line {}: {}", path.display(), bad.line, bad.text));
        }
        self.settings.extend(settings_of(entries, path));
    }

    fn variable(&mut self, name: String, value: String) {
        let parts = name.strip_prefix("OS_").and_then(|rest| rest.split_once("__"));
        let Some((section, option)) = parts.filter(|(section, option)| is_upper(section) && is_upper(option))
        else {
            return;
        };
        let (section, option) = (ini::section_name(section), ini::option_name(option));
        self.set(section, option, value, Origin::Environment(name));
    }

    fn set(&mut self, section: String, option: String, value: String, origin: Origin) {
        self.settings.insert(
            (section, option),
            Setting {
                values: vec![value],
                origin,
            },
        );
    }
}

/// Returns a file's settings; values of one key accumulate.
pub(super) fn settings_of(entries: Vec<Entry>, path: &Path) -> Settings {
    let mut settings = Settings::new();
    for entry in entries {
        let origin = Origin::File(path.to_owned(), entry.line);
        let setting = settings
            .entry((entry.section, entry.option))
            .or_insert_with(|| Setting {
                values: Vec::new(),
                origin: origin.clone(),
            });
        setting.values.push(entry.value);
        setting.origin = origin;
    }
    settings
}

fn is_upper(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_ascii_lowercase())
}

fn places(env: &[(String, String)]) -> Vec<PathBuf> {
    let home = env
        .iter()
        .find(|(name, value)| name == "HOME" && !value.is_empty())
        .map(|(_, home)| Path::new(home));
    let at_home = home
        .into_iter()
        .flat_map(|home| [home.join(".tidings"), home.to_owned()]);
    at_home.chain([PathBuf::from("/etc/tidings")]).collect()
}

/// Lists a directory's `*.conf` files by name, without hidden ones, such as editors' temporary files.
fn fragments(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension() == Some(OsStr::new("conf")) && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
