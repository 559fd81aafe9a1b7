//! Path patterns of access rules. Tenants write the patterns and send the paths, so matching must not take time
//! proportional to the product of both: it is a single pass over the path.

use serde::Deserialize;

/// The longest supported pattern, in characters; Keystone stores 128.
const LONGEST_FORM: usize = 128;
/// The longest path that is matched, in bytes: four times the longest of this API.
const LONGEST_PATH: usize = 512;

/// A pattern: `*` and `{name}` stand for one segment or a part of it, `**` for anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct PathForm {
    /// `None` if the pattern is too long, and so matches nothing.
    pieces: Option<Vec<Piece>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This very character.
    Just(char),
    /// One character other than a slash.
    InSegment,
    /// Any number of characters other than a slash.
    RestOfSegment,
    /// Any number of any characters.
    Anything,
}

impl From<String> for PathForm {
    fn from(text: String) -> Self {
        let is_short = text.chars().nth(LONGEST_FORM).is_none();
        Self {
            pieces: is_short.then(|| pieces(&text)),
        }
    }
}

impl PathForm {
    /// Whether a path matches. A path that is too long never does.
    pub(super) fn matches(&self, path: &str) -> bool {
        let Some(pieces) = self.pieces.as_deref().filter(|_| path.len() <= LONGEST_PATH) else {
            return false;
        };
        // The pieces that may come next; the last entry is the end.
        let mut open = vec![false; pieces.len() + 1];
        let mut next = open.clone();
        open[0] = true;
        skip_empty(pieces, &mut open);
        for given in path.chars() {
            next.fill(false);
            for (at, piece) in pieces.iter().enumerate().filter(|(at, _)| open[*at]) {
                match piece {
                    Piece::Just(wanted) if *wanted == given => next[at + 1] = true,
                    Piece::InSegment if given != '/' => next[at + 1] = true,
                    Piece::RestOfSegment if given != '/' => next[at] = true,
                    Piece::Anything => next[at] = true,
                    _ => {}
                }
            }
            skip_empty(pieces, &mut next);
            std::mem::swap(&mut open, &mut next);
        }
        open[pieces.len()]
    }
}

/// Adds the pieces after those that may match nothing.
fn skip_empty(pieces: &[Piece], open: &mut [bool]) {
    for (at, piece) in pieces.iter().enumerate() {
        if matches!(piece, Piece::RestOfSegment | Piece::Anything) {
            open[at + 1] |= open[at];
        }
    }
}

fn pieces(mut text: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len());
    loop {
        if let Some(rest) = text.strip_prefix("**") {
            pieces.push(Piece::Anything);
            text = rest;
            continue;
        }
        let named = text.strip_prefix('{').and_then(|named| named.split_once('}'));
        if let Some(rest) = text.strip_prefix('*').or(named.map(|(_, rest)| rest)) {
            // At least one character, without slashes.
            pieces.extend([Piece::InSegment, Piece::RestOfSegment]);
            text = rest;
            continue;
        }
        let mut chars = text.chars();
        let Some(first) = chars.next() else {
            return pieces;
        };
        pieces.push(Piece::Just(first));
        text = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn matches(form: &str, path: &str) -> bool {
        PathForm::from(form.to_owned()).matches(path)
    }

    #[test]
    fn a_star_is_a_segment_and_two_are_anything() {
        for (form, path, is_match) in [
            ("/v3/p/messages", "/v3/p/messages", true),
            ("/v3/p/messages", "/v3/p/messages/1", false),
            ("/v3/p/messages", "/v3/p/message", false),
            ("/v3/*/messages", "/v3/p/messages", true),
            ("/v3/*/messages", "/v3//messages", false),
            ("/v3/*/messages", "/v3/p/q/messages", false),
            ("/v3/{project_id}/messages/{id}", "/v3/p/messages/1", true),
            ("/v3/{project_id", "/v3/{project_id", true),
            ("/v3/{project_id", "/v3/p", false),
            ("/v3/p*/x", "/v3/pq/x", true),
            ("/v3/p*/x", "/v3/p/x", false),
            ("/v3/*a*b", "/v3/xaayb", true),
            ("/v3/*a*b", "/v3/xa/yb", false),
            ("/v3/**", "/v3/p/messages/1", true),
            ("/v3/**", "/v3/", true),
            ("/v3/**", "/v2/p", false),
            ("**", "/anything", true),
            ("**", "", true),
            ("*", "", false),
            ("/v3/**/messages", "/v3/a/b/messages", true),
            ("/v3/**/messages/*", "/v3/messages/messages/x", true),
            ("/v3/é*", "/v3/éö", true),
            // A dot is literal: the patterns are not regular expressions.
            ("/v3.p", "/v3xp", false),
            ("", "", true),
            ("", "/", false),
        ] {
            assert_eq!(matches(form, path), is_match, "{form} {path}");
        }
    }

    #[test]
    fn many_wildcards_cost_no_more_than_many_characters() {
        let began = Instant::now();
        let path = format!("/{}", "a".repeat(LONGEST_PATH - 1));
        for form in [
            "**a".repeat(42),
            "*a".repeat(64),
            "{x}".repeat(42),
            "**".repeat(64),
        ] {
            let form = format!("{}b", form.get(1..).unwrap());
            assert!(!matches(&form, &path), "{form}");
        }
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }

    #[test]
    fn what_is_longer_than_any_that_is_meant_matches_nothing() {
        let path = |length: usize| "a".repeat(length);
        assert!(matches("**", &path(LONGEST_PATH)) && !matches("**", &path(LONGEST_PATH + 1)));
        assert!(matches(&path(LONGEST_FORM), &path(LONGEST_FORM)));
        assert!(!matches(&path(LONGEST_FORM + 1), &path(LONGEST_FORM + 1)));
        assert!(!matches(&path(1 << 16), &path(1 << 16)));
    }
}
