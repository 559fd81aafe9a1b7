//! The commented default file, which is both the manual and the source of defaults.

use super::ini;

/// The commented default file: every option with its meaning, unit and default. It parses as
/// [`Config::default`](super::Config::default).
pub const DEFAULT_FILE: &str = include_str!("tidings.conf");

/// Returns the default of an option as text; `None` if there is no such option. Empty for an option without a default.
pub(super) fn default_of(section: &str, option: &str) -> Option<String> {
    let (entries, _) = ini::parse(&uncommented(DEFAULT_FILE));
    let entry = entries
        .into_iter()
        .find(|entry| entry.section == section && entry.option == option);
    entry.map(|entry| entry.value)
}

/// Returns the file with its options uncommented. `#option = value` is one; prose has a space after the `#`.
fn uncommented(file: &str) -> String {
    let lines = file.lines().map(|line| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            .unwrap_or(line)
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}
