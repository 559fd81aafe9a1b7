//! Parses values of options.

use std::path::PathBuf;
use std::time::Duration;

use tidings_client::Secret;

/// A type of option. Faults are sentences without a subject, such as `"x" is not a number`.
pub(super) trait Value: Sized {
    /// Parses the text of one value, which is trimmed.
    fn parse(text: &str) -> Result<Self, String>;

    /// Parses all values of a repeated key: the last one counts, except for lists.
    fn parse_all(values: &[String]) -> Result<Self, String> {
        Self::parse(values.last().map_or("", String::as_str))
    }
}

/// A value that can be compared with bounds.
pub(super) trait Measure: Value + PartialOrd {
    /// Returns it as an operator writes it.
    fn shown(&self) -> String;
}

/// An empty value means `None`.
impl<T: Value> Value for Option<T> {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Ok(None)
        } else {
            T::parse(text).map(Some)
        }
    }
}

/// A list is written with commas, on continued lines, or by repeating its key.
impl<T: Value> Value for Vec<T> {
    fn parse(text: &str) -> Result<Self, String> {
        text.split([',', '\n'])
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(T::parse)
            .collect()
    }

    fn parse_all(values: &[String]) -> Result<Self, String> {
        Self::parse(&values.join(","))
    }
}

impl Value for Secret {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

/// As oslo.config parses them.
impl Value for bool {
    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(format!("{text:?} must be true or false")),
        }
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            Err(format!("{text:?} is not a path"))
        } else {
            Ok(text.into())
        }
    }
}

impl Value for u64 {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("{text:?} is not a whole number"))
    }
}

impl Measure for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("{text:?} is not a whole number"))
    }
}

impl Measure for usize {
    fn shown(&self) -> String {
        self.to_string()
    }
}

/// Seconds, optionally with a fraction.
impl Value for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let seconds = text.parse::<f64>().ok().filter(|_| plain);
        seconds
            .and_then(|seconds| Self::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| format!("{text:?} is not a number of seconds"))
    }
}

impl Measure for Duration {
    fn shown(&self) -> String {
        self.as_secs_f64().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_as_oslo_has_them() {
        for text in ["true", "True", "1", "yes", "ON"] {
            assert_eq!(bool::parse(text), Ok(true));
        }
        for text in ["false", "0", "No", "off"] {
            assert_eq!(bool::parse(text), Ok(false));
        }
        assert_eq!(
            bool::parse("maybe").unwrap_err(),
            "\"maybe\" must be true or false"
        );
        assert!(bool::parse("").is_err());
    }

    #[test]
    fn seconds() {
        assert_eq!(Duration::parse("2592000"), Ok(Duration::from_secs(2_592_000)));
        assert_eq!(Duration::parse("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "-1", "1s", "nan", "inf", "1e3", "9999999999999999999999"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_take_every_value_and_single_options_the_last() {
        let values = ["a, b,".to_owned(), "c\nd".to_owned()];
        assert_eq!(Vec::<String>::parse_all(&values).unwrap(), ["a", "b", "c", "d"]);
        assert_eq!(Vec::<String>::parse("").unwrap(), Vec::<String>::new());
        assert_eq!(usize::parse_all(&["1".to_owned(), "2".to_owned()]), Ok(2));
        assert_eq!(Option::<usize>::parse(""), Ok(None));
    }
}
