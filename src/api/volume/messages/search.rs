//! Free text, matched against what the catalog says in the reader's language and against ids.

use crate::catalog::{self, Language};
use crate::message::{Column, Condition};

/// Words that are looked for at most: each makes the question longer.
pub const MOST_WORDS: usize = 8;

/// The longest value that is looked for, in characters: no stored text is longer.
pub const LONGEST: usize = 255;

/// The conditions of a text: each of its words must be somewhere in a message.
pub fn conditions(text: &str, language: Language) -> Vec<Condition> {
    text.split_whitespace()
        .take(MOST_WORDS)
        .map(|word| Condition::Any(places(word, language)))
        .collect()
}

/// Whether a text is too long to be looked for as a whole.
pub fn is_cut(text: &str) -> bool {
    text.split_whitespace().nth(MOST_WORDS).is_some() || text.chars().nth(LONGEST).is_some()
}

/// The places in which a word may be.
fn places(word: &str, language: Language) -> Vec<Vec<Condition>> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let found = catalog::search(word, language);
    let mut places = Vec::new();
    if !found.codes.is_empty() {
        places.push(vec![Condition::In(Column::EventId, owned(&found.codes))]);
    }
    if !found.resource_types.is_empty() {
        places.push(vec![Condition::In(
            Column::ResourceType,
            owned(&found.resource_types),
        )]);
    }
    for parts in &found.services {
        let types: Vec<&str> = parts
            .service
            .resources
            .iter()
            .map(|resource| resource.name)
            .collect();
        for (column, digits) in [
            (Column::ActionId, &parts.actions),
            (Column::DetailId, &parts.details),
        ] {
            if !digits.is_empty() {
                places.push(vec![
                    Condition::In(column, owned(digits)),
                    Condition::In(Column::ResourceType, owned(&types)),
                ]);
            }
        }
    }
    places.extend(ids(word).into_iter().map(|condition| vec![condition]));
    places
}

/// A part of an id. What no id has is not looked for; in a pattern it would mean something else.
fn ids(word: &str) -> Vec<Condition> {
    if word.contains('%') {
        return Vec::new();
    }
    let mut ids = vec![Condition::Contains(Column::EventId, word.to_ascii_uppercase())];
    // Ids are written in small letters nearly always, but names of resources are as somebody gave them.
    let small = word.to_ascii_lowercase();
    for column in [Column::RequestId, Column::ResourceUuid] {
        ids.push(Condition::Contains(column, small.clone()));
        if small != word {
            ids.push(Condition::Contains(column, word.to_owned()));
        }
    }
    let digits = small.replace('-', "");
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        ids.push(Condition::Like(Column::Id, format!("%{digits}%")));
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_counts_and_a_wildcard_is_none() {
        assert_eq!(conditions("  ", Language::English), []);
        assert_eq!(conditions("a b  c", Language::English).len(), 3);
        assert_eq!(conditions(&"x ".repeat(100), Language::English).len(), MOST_WORDS);
        // Nothing is anywhere, so nothing matches.
        assert_eq!(conditions("%", Language::English), [Condition::Any(Vec::new())]);
    }
}
