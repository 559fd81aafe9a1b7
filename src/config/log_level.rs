//! Log levels.

use tracing_subscriber::EnvFilter;

use super::value::Value;

/// A level, or directives such as `info,tidings::store=debug` in the syntax of tracing's `EnvFilter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLevel(String);

impl LogLevel {
    /// Returns the directives of `debug = true`.
    pub(super) fn debug() -> Self {
        Self("debug".to_owned())
    }

    /// Returns the directives; they always parse.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl Value for LogLevel {
    fn parse(text: &str) -> Result<Self, String> {
        let directives: Vec<String> = text
            .split(',')
            .map(str::trim)
            .map(directive)
            .collect::<Result<_, _>>()?;
        let all = directives.join(",");
        match EnvFilter::builder().parse(&all) {
            Ok(_) => Ok(Self(all)),
            Err(error) => Err(format!(
                "{text:?} must be a log level or a list of module=level: {error}"
            )),
        }
    }
}

/// A bare word must be a level: the filter would treat any other as a module's name and log nothing else.
fn directive(text: &str) -> Result<String, String> {
    if text.contains(['=', '[']) {
        return Ok(text.to_owned());
    }
    let level = match text.to_ascii_lowercase().as_str() {
        "off" => "off",
        "error" | "critical" => "error",
        "warn" | "warning" => "warn",
        "info" => "info",
        "debug" => "debug",
        "trace" => "trace",
        _ => {
            return Err(format!(
                "{text:?} must be one of off, error, warn, info, debug, trace"
            ));
        }
    };
    Ok(level.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_levels_and_directives() {
        for (text, level) in [
            ("INFO", "info"),
            ("Warning", "warn"),
            ("info, tidings::store=debug", "info,tidings::store=debug"),
            ("error,[request{id=1}]=trace", "error,[request{id=1}]=trace"),
        ] {
            assert_eq!(LogLevel::parse(text).unwrap().as_str(), level);
        }
    }

    #[test]
    fn refuses_words_that_are_no_level() {
        for text in ["", "verbose", "info,tidings", "tidings=loud", "a=b=c", "info,,"] {
            assert!(LogLevel::parse(text).is_err(), "{text}");
        }
    }
}
