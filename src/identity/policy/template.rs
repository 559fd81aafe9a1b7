//! Values with placeholders for the target's attributes, in Python's form: `%(project_id)s`.

use std::borrow::Cow;

use super::target::Target;

/// A value with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Key(String),
}

impl Template {
    /// Parses a template. The error is a sentence without a subject.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                literal.push('%');
                rest = after;
                continue;
            }
            let place = after
                .strip_prefix('(')
                .and_then(|place| place.split_once(')'))
                .and_then(|(key, behind)| Some((key, behind.strip_prefix('s')?)));
            let Some((key, behind)) = place else {
                return Err(format!("{text:?} contains a % that is neither %(name)s nor %%"));
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Key(key.to_owned()));
            rest = behind;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    /// Returns the value for a target; `None` if the target lacks a referenced attribute.
    pub(super) fn fill<'a>(&'a self, target: Target<'a>) -> Option<Cow<'a, str>> {
        match self.0.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [part] => part.value(target).map(Cow::Borrowed),
            parts => parts
                .iter()
                .map(|part| part.value(target))
                .collect::<Option<String>>()
                .map(Cow::Owned),
        }
    }
}

impl Part {
    fn value<'a>(&'a self, target: Target<'a>) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Key(key) => target
                .iter()
                .find(|(name, _)| name == key)
                .and_then(|(_, value)| *value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_or_the_whole_is_none() {
        let target = [("project_id", Some("p1")), ("user_id", None)];
        let fill = |text: &str| Template::parse(text).unwrap().fill(&target).map(Cow::into_owned);
        assert_eq!(fill("%(project_id)s").as_deref(), Some("p1"));
        assert_eq!(fill("a-%(project_id)s-b%%").as_deref(), Some("a-p1-b%"));
        assert_eq!(fill("").as_deref(), Some(""));
        assert_eq!(fill("%(user_id)s"), None);
        assert_eq!(fill("x%(other)s"), None);
        for bad in ["50%", "%(a)d", "%s", "%(a", "%(a)"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
