//! `[healthcheck]`.

use std::path::PathBuf;

use super::reader::OptionReader;
use super::value::Value;

/// `[healthcheck]`: what `/healthcheck` looks at, with the names that oslo.middleware gives the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Healthcheck {
    /// Whether the answer says more than that all is well or what is not.
    pub detailed: bool,
    /// What is looked at, in the order of the answer.
    pub backends: Vec<HealthBackend>,
    /// While this file is there, the server asks for no more work.
    pub disable_by_file_path: Option<PathBuf>,
}

/// Something that `/healthcheck` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthBackend {
    /// Whether the file that takes the server out of service is there.
    DisableByFile,
    /// Whether the database answers.
    Database,
    /// Whether Keystone answers, and knows this server.
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
    /// As an operator writes it.
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
            .ok_or_else(|| format!("{text:?} is none of disable_by_file, database, keystone"))
    }
}
