//! `[oslo_policy]`.

use std::path::{Path, PathBuf};

use super::reader::OptionReader;

/// `[oslo_policy]`: the files of rules that override the built-in ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsloPolicy {
    /// The file of rules. It must exist unless it is the default.
    pub policy_file: PathBuf,
    /// Directories whose files are read afterwards, by name.
    pub policy_dirs: Vec<PathBuf>,
}

impl Default for OsloPolicy {
    fn default() -> Self {
        Self {
            policy_file: "policy.yaml".into(),
            policy_dirs: vec!["policy.d".into()],
        }
    }
}

impl OsloPolicy {
    /// Whether the operator named the file, so that its absence is a mistake.
    pub fn must_exist(&self) -> bool {
        self.policy_file != Self::default().policy_file
    }

    /// Returns the file and the directories. Relative paths are relative to the first configuration file, or to
    /// `/etc/tidings` without one.
    pub fn places(&self, config_files: &[PathBuf]) -> (PathBuf, Vec<PathBuf>) {
        let beside = config_files.first().and_then(|file| file.parent());
        let base = beside.unwrap_or(Path::new("/etc/tidings"));
        let directories = self.policy_dirs.iter().map(|directory| base.join(directory));
        (base.join(&self.policy_file), directories.collect())
    }

    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("oslo_policy");
        Self {
            policy_file: section.get("policy_file", default.policy_file),
            policy_dirs: section.get("policy_dirs", default.policy_dirs),
        }
    }
}
