//! Reads a file line by line, with a limit on the memory of each line.

use std::io::{self, BufRead};

/// The most bytes of a line, as for a message on the bus.
pub(super) const LONGEST: usize = 16 << 20;

/// A file to read line by line.
pub(super) struct InputLines {
    from: Box<dyn BufRead>,
    number: usize,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InputLine {
    /// Its text, without the line break.
    Text(String),
    /// Longer than [`LONGEST`]; skipped.
    TooLong,
}

impl InputLines {
    /// Reads from the beginning of a file.
    pub(super) fn new(from: Box<dyn BufRead>) -> Self {
        Self { from, number: 0 }
    }

    /// Returns the number of the last line read, counted from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Reads the next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<InputLine>> {
        let mut text = Vec::new();
        let (mut is_there, mut is_too_long) = (false, false);
        loop {
            let part = match self.from.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if part.is_empty() {
                break;
            }
            is_there = true;
            let end = part.iter().position(|byte| *byte == b'\n');
            let line = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
            is_too_long |= text.len() + line.len() > LONGEST;
            if is_too_long {
                text = Vec::new();
            } else {
                text.extend_from_slice(line);
            }
            let taken = end.map_or(part.len(), |end| end + 1);
            self.from.consume(taken);
            if end.is_some() {
                break;
            }
        }
        self.number += usize::from(is_there);
        Ok(match (is_there, is_too_long) {
            (false, _) => None,
            (true, true) => Some(InputLine::TooLong),
            // Invalid UTF-8 cannot be a notification either; parsing it reports that.
            (true, false) => Some(InputLine::Text(match String::from_utf8(text) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let text = |text: &str| Some(InputLine::Text(text.to_owned()));
        let long = io::repeat(b'x').take(LONGEST as u64 + 1);
        let file = (&b"a\n\n"[..]).chain(long).chain(&b"\nb\nc"[..]);
        let mut lines = InputLines::new(Box::new(BufReader::with_capacity(7, file)));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push((lines.number(), Some(line)));
        }
        let expected = [
            text("a"),
            text(""),
            Some(InputLine::TooLong),
            text("b"),
            text("c"),
        ];
        assert_eq!(seen, (1..).zip(expected).collect::<Vec<_>>());
    }
}
