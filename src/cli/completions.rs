//! `tidings completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::output::Output;

/// Write shell completions.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tidings completions bash > /usr/share/bash-completion/completions/tidings"
)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, mut program: Command, output: &mut Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "tidings", &mut script);
        output
            .stream()
            .write_all(&script)
            .map_err(Failure::io("the output cannot be written"))
    }
}
