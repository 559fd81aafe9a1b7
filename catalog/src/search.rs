//! Full-text search in the catalog, in one language.

use super::definition::{Notice, Service};
use super::language::Language;
use super::lookup::services;

/// The entries that mention a word.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SearchResult {
    /// Flat codes.
    pub codes: Vec<&'static str>,
    /// Resource types whose names match.
    pub resource_types: Vec<&'static str>,
    /// Parts of composed codes, by service: the same digits differ between services.
    pub services: Vec<InService>,
}

/// The matching entries of one service.
#[derive(Debug, PartialEq, Eq)]
pub struct InService {
    /// Which service.
    pub service: &'static Service,
    /// Digits of actions.
    pub actions: Vec<&'static str>,
    /// Digits of details.
    pub details: Vec<&'static str>,
}

/// Searches texts and remedies, ignoring case. A text with parameters is searched with its placeholders.
pub fn search(word: &str, language: Language) -> SearchResult {
    let word = word.to_lowercase();
    let mut found = SearchResult::default();
    for service in services() {
        let messages = service.messages.iter();
        let codes = messages.filter(|message| message.notice.mentions(&word, language));
        found.codes.extend(codes.map(|message| message.code));
        let resources = service.resources.iter();
        let types = resources.filter(|resource| contains(resource.text(language), &word));
        found.resource_types.extend(types.map(|resource| resource.name));
        let actions = service.actions.iter();
        let actions = actions.filter(|action| contains(action.text(language), &word));
        let details = service.details.iter();
        let details = details.filter(|detail| detail.notice.mentions(&word, language));
        let parts = InService {
            service,
            actions: actions.map(|action| action.id).collect(),
            details: details.map(|detail| detail.id).collect(),
        };
        if !parts.actions.is_empty() || !parts.details.is_empty() {
            found.services.push(parts);
        }
    }
    found
}

impl Notice {
    /// Whether the text or remedy contains a word, given in lower case.
    pub fn mentions(&self, word: &str, language: Language) -> bool {
        let remedy = self.remedy.as_ref();
        contains(self.text.template(language), word)
            || remedy.is_some_and(|remedy| contains(remedy.template(language), word))
    }
}

fn contains(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_its_language_only() {
        let found = search("ALLOCATED", Language::English);
        assert!(found.codes.contains(&"VOLUME_000002"), "{found:?}");
        assert!(search("分配存储", Language::English).codes.is_empty());
        let found = search("分配存储", Language::ChineseSimplified);
        assert!(found.codes.contains(&"VOLUME_000002"), "{found:?}");
    }

    #[test]
    fn parts_are_found_with_their_service() {
        let found = search("create snapshot", Language::English);
        let volume = found.services.iter().find(|parts| parts.service.name == "volume");
        assert_eq!(volume.unwrap().actions, ["009"]);
        assert!(
            search("snapshot", Language::English)
                .resource_types
                .contains(&"VOLUME_SNAPSHOT")
        );
        assert_eq!(search("xyzzy", Language::English), SearchResult::default());
    }
}
