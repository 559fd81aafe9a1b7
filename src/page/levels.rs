//! How many messages of each level a list has.

/// Greater numbers are not distinguished.
const MOST: i64 = 99;

/// The numbers of errors, warnings and pieces of information.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    counts: [i64; 3],
    /// Whether there may be more than were counted.
    pub is_more: bool,
}

impl Levels {
    /// The words of the levels, in the order of the numbers.
    pub const WORDS: [&'static str; 3] = ["ERROR", "WARNING", "INFO"];

    /// Counts a message of a level.
    pub fn add(&mut self, level: &str) {
        if let Some(index) = Self::WORDS.iter().position(|word| *word == level) {
            self.counts[index] += 1;
        }
    }

    /// Returns each number as the page shows it; none where nothing was counted.
    pub fn texts(&self) -> [Option<String>; 3] {
        self.counts.map(|count| match count {
            0 => None,
            1..=MOST if !self.is_more => Some(count.to_string()),
            _ => Some(format!("{}+", count.min(MOST))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_at_99_and_say_whether_there_may_be_more() {
        let mut levels = Levels::default();
        levels.add("ERROR");
        levels.add("custom");
        (0..100).for_each(|_| levels.add("INFO"));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(levels.texts(), [text("1"), None, text("99+")]);
        levels.is_more = true;
        assert_eq!(levels.texts(), [text("1+"), None, text("99+")]);
    }
}
