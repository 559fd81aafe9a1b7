//! `[healthcheck]`.

use std::path::PathBuf;

use super::reader::OptionReader;
use super::value::Value;

/// `[healthcheck]`: what `/healthcheck` checks, with oslo.middleware's option names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Healthcheck {
    /// Whether the answer includes the details of every check.
    pub detailed: bool,
    /// The checks, in the order of the answer.
    pub backends: Vec<HealthBackend>,
    /// While this file exists, the server reports itself as out of service.
    pub disable_by_file_path: Option<PathBuf>,
}

/// A check of `/healthcheck`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthBackend {
    /// Whether the file that takes the server out of service exists.
    DisableByFile,
    /// Whether the database answers.
    Database,
    /// Whether Keystone answers and accepts this server.
    Keystone,
}

impl Default for Healthcheck {
    fn default() -> Self {
        Self {
            detailed: false,
            backends: vec![HealthBackend::DisableByFile],
            disable_by_file_path: None,
        }
    }
}

impl Healthcheck {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("healthcheck");
        Self {
            detailed: section.get("detailed", default.detailed),
            backends: section.get("backends", default.backends),
            disable_by_file_path: section.get("disable_by_file_path", default.disable_by_file_path),
        }
    }
}

impl HealthBackend {
    /// Returns its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::DisableByFile => "disable_by_file",
            Self::Database => "database",
            Self::Keystone => "keystone",
        }
    }
}

impl Value for HealthBackend {
    fn parse(text: &str) -> Result<Self, String> {
        let all = [Self::DisableByFile, Self::Database, Self::Keystone];
        all.into_iter()
            .find(|backend| backend.name() == text)
            .ok_or_else(|| format!("{text:?} must be one of disable_by_file, database, keystone"))
    }
}
