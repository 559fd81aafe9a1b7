//! Secrets on the command line, where everyone on the machine could see them.

use std::io::{self, BufRead, Read};

use clap::builder::{StringValueParser, TypedValueParser};
use tidings_client::Secret;

use crate::cli::failure::Failure;

/// The most that is read of a line, in bytes.
const LONGEST: u64 = 4096;

/// Stands for a line of standard input.
const STDIN: &str = "-";

/// Keeps an argument out of `Debug` texts.
pub fn secret() -> impl TypedValueParser<Value = Secret> {
    StringValueParser::new().map(Secret::new)
}

/// Returns the value of an option. `-` stands for the environment variable or, without it, for the next line of standard input.
pub fn reveal(given: &Secret, option: &str, variable: &str) -> Result<String, Failure> {
    if given.expose() != STDIN {
        return Ok(given.expose().to_owned());
    }
    if let Ok(value) = std::env::var(variable) {
        return Ok(value);
    }
    let mut line = String::new();
    let read = io::stdin().lock().take(LONGEST).read_line(&mut line);
    read.map_err(Failure::io(format!("{option}: standard input cannot be read")))?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(Failure::Data(format!(
            "{option}: standard input has no line for it"
        )));
    }
    Ok(line.to_owned())
}
