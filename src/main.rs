//! The `tidings` program.

use std::process::ExitCode;

use clap::Parser;
use tidings::cli::{Cli, Output};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::standard();
    match cli.run(&mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.fail(&failure);
            ExitCode::from(failure.code())
        }
    }
}
