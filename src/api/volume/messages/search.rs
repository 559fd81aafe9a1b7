//! Searches for free text, in the catalog's texts in the caller's language and in ids.

use crate::catalog::{self, Language};
use crate::message::{Column, Condition};

/// Most words of a search.
pub const MOST_WORDS: usize = 8;

/// Longest text of a search, in characters: no stored text is longer.
pub const LONGEST: usize = 255;

/// The conditions of a text: each of its words must occur in a message.
pub fn conditions(text: &str, language: Language) -> Vec<Condition> {
    text.split_whitespace()
        .take(MOST_WORDS)
        .map(|word| Condition::Any(places(word, language)))
        .collect()
}

/// Whether a text is too long to be searched for as a whole.
pub fn is_cut(text: &str) -> bool {
    text.split_whitespace().nth(MOST_WORDS).is_some() || text.chars().nth(LONGEST).is_some()
}

/// The alternatives in which a word may occur.
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

/// The conditions for a part of an id. `%`, which no id contains, would be a wildcard in a pattern.
fn ids(word: &str) -> Vec<Condition> {
    if word.contains('%') {
        return Vec::new();
    }
    let mut ids = vec![Condition::Contains(Column::EventId, word.to_ascii_uppercase())];
    // Most ids are in lower case, but names of resources need not be.
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
        // No alternative matches.
        assert_eq!(conditions("%", Language::English), [Condition::Any(Vec::new())]);
    }
}
