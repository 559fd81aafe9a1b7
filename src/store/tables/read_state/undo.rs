//! What undoes a change.

use std::fmt;

use uuid::Uuid;

use super::seen::Seen;

/// A change that can be undone. Its text is opaque to clients: whatever they make of it concerns their own read state alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undo {
    /// Identifies the marks that were changed.
    pub(super) id: i64,
    /// The watermark before and after.
    pub(super) watermark: Option<(Seen, Seen)>,
}

impl Undo {
    /// Returns a new one, for the marks of one action.
    #[expect(clippy::new_without_default, reason = "no two are equal")]
    pub fn new() -> Self {
        Self {
            id: Uuid::now_v7().as_u64_pair().1.cast_signed(),
            watermark: None,
        }
    }

    /// Whether the change was one of everything, of which not each message has a mark.
    pub fn is_of_all(&self) -> bool {
        self.watermark.is_some()
    }

    /// Parses its text.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<i64>>>()?;
        match *numbers.as_slice() {
            [id] => Some(Self { id, watermark: None }),
            [id, from, from_turn, to, to_turn] => {
                let seen = |until, turn| Seen { until, turn };
                let watermark = Some((seen(from, from_turn), seen(to, to_turn)));
                // An undoing only lowers a watermark, so that no link can hide what is yet to come.
                (from <= to).then_some(Self { id, watermark })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        match self.watermark {
            Some((from, to)) => write!(f, ".{}.{}.{}.{}", from.until, from.turn, to.until, to.turn),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_is_read_back_and_no_other_is() {
        let one = Undo::new();
        let moved = Undo {
            watermark: Some((Seen::NOTHING, Seen::until(7))),
            ..one
        };
        for undo in [one, moved] {
            assert_eq!(Undo::parse(&undo.to_string()), Some(undo));
        }
        for text in [
            "",
            "x",
            "1.2",
            "1.2.3.4.5.6",
            "1.8.0.7.0",
            "1.",
            "99999999999999999999",
        ] {
            assert_eq!(Undo::parse(text), None, "{text}");
        }
    }
}
