//! Suggests the name that was probably meant.

/// Returns the candidate nearest to `word`, ignoring case, if it is near enough to be a typing error.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.len() / 3).clamp(1, 3);
    let word = word.to_ascii_lowercase();
    candidates
        // A word may be as long as a request body, so candidates of very different length are not compared.
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| {
            (
                strsim::osa_distance(&word, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the end of an error about `word`: `, did you mean bind?`, or nothing.
pub fn hint<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    hint_or(word, candidates, String::new)
}

/// Like [`hint`]; `otherwise` says where to find the names if none is near.
pub fn hint_or<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(word, candidates).map_or_else(otherwise, |name| format!(", did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_typing_errors_are_suggested() {
        let names = ["bind", "workers", "max_limit", "QUOTA_EXCEED"];
        let nearest = |word| nearest(word, names.into_iter());
        assert_eq!(nearest("worker"), Some("workers"));
        assert_eq!(nearest("bnid"), Some("bind"));
        assert_eq!(nearest("quota_exceeded"), Some("QUOTA_EXCEED"));
        assert_eq!(nearest("transport_url"), None);
        assert_eq!(nearest(&"bind".repeat(100_000)), None);
    }
}
