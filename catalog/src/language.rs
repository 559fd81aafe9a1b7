//! The languages of the texts, and the choice of one for an `Accept-Language` header.

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The facts about a language from the catalog's `language.toml`.
pub(super) struct Facts {
    pub(super) tag: &'static str,
    pub(super) http_tag: &'static str,
    pub(super) accept: &'static [&'static str],
    pub(super) name: &'static str,
    pub(super) separator: &'static str,
    pub(super) decimal_point: &'static str,
    pub(super) words: Words,
}

/// A language's words that belong to no service.
#[derive(Debug)]
pub struct Words {
    /// Shown for an action that the catalog does not know.
    pub unknown_action: &'static str,
    /// Shown for a message or detail that the catalog does not know.
    pub unknown_error: &'static str,
    pub(super) title: &'static str,
    pub(super) messages: &'static str,
    pub(super) resources: &'static str,
    pub(super) actions: &'static str,
    pub(super) details: &'static str,
    pub(super) events: &'static str,
    pub(super) code: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) level: &'static str,
    pub(super) remedy: &'static str,
    pub(super) parameters: &'static str,
    pub(super) exceptions: &'static str,
    pub(super) retired: &'static str,
}

impl Language {
    /// The name of its folder in the catalog, in POSIX form: `zh_CN`.
    pub fn tag(self) -> &'static str {
        self.facts().tag
    }

    /// The tag in HTTP and HTML: `zh-CN`.
    pub fn http_tag(self) -> &'static str {
        self.facts().http_tag
    }

    /// The language's name for itself: `简体中文`.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The separator between an action and its outcome in prose: `: `.
    pub fn separator(self) -> &'static str {
        self.facts().separator
    }

    /// The decimal separator.
    pub fn decimal_point(self) -> &'static str {
        self.facts().decimal_point
    }

    /// The words that belong to no service.
    pub fn words(self) -> &'static Words {
        &self.facts().words
    }

    fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }

    /// Returns the best language for an `Accept-Language` header (RFC 9110, section 12.5.4), or for a POSIX locale such as
    /// `zh_CN.UTF-8`. Ranges are shortened from the end until one matches (RFC 4647, lookup); the highest `q` wins, then
    /// the earliest. Unreadable ranges are skipped; the default is English.
    pub fn negotiate(accept_language: &str) -> Self {
        if accept_language.is_empty() || accept_language.eq_ignore_ascii_case("en") {
            return Self::default();
        }
        let mut best = Self::default();
        let mut best_quality = 0;
        for element in accept_language.split(',') {
            let (range, weight) = element.split_once(';').unwrap_or((element, ""));
            let Some(quality) = quality(weight) else { continue };
            if quality > best_quality
                && let Some(language) = Self::lookup(range.trim())
            {
                (best, best_quality) = (language, quality);
            }
        }
        best
    }

    /// Finds the language of one range such as `zh-Hans-CN` or `*`.
    fn lookup(range: &str) -> Option<Self> {
        if range == "*" {
            return Some(Self::default());
        }
        let mut rest = range.split(['.', '@']).next().unwrap_or(range);
        loop {
            let fits = |language: &Self| language.facts().accept.iter().any(|tag| same_tag(tag, rest));
            if let Some(language) = Self::ALL.into_iter().find(fits) {
                return Some(language);
            }
            rest = &rest[..rest.rfind(['-', '_'])?];
        }
    }
}

/// Whether two tags are equal apart from case and the separator of their parts.
fn same_tag(tag: &str, other: &str) -> bool {
    let plain = |byte: u8| {
        if byte == b'_' {
            b'-'
        } else {
            byte.to_ascii_lowercase()
        }
    };
    tag.len() == other.len() && tag.bytes().map(plain).eq(other.bytes().map(plain))
}

/// Parses a weight such as ` q=0.7` into thousandths: 1000 if there is none, `None` if it is invalid.
fn quality(weight: &str) -> Option<u32> {
    let weight = weight.trim();
    if weight.is_empty() {
        return Some(1000);
    }
    let (name, value) = weight.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, decimals) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = decimals
        .bytes()
        .chain(*b"000")
        .take(3)
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHINESE: Language = Language::ChineseSimplified;

    #[test]
    fn negotiates() {
        for (header, want) in [
            ("", Language::English),
            ("en", Language::English),
            ("EN-us", Language::English),
            ("*", Language::English),
            ("fr", Language::English),
            ("zh", CHINESE),
            ("zh-CN", CHINESE),
            ("zh_CN", CHINESE),
            ("zh_CN.UTF-8", CHINESE),
            ("C.UTF-8", Language::English),
            ("ZH-hans", CHINESE),
            ("zh-Hans-CN", CHINESE),
            ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE),
            ("fr, zh;q=0.5", CHINESE),
            ("en;q=0.5, zh;q=0.6", CHINESE),
            ("en;q=0.6, zh;q=0.6", Language::English),
            ("zh;q=0, *", Language::English),
            ("zh;q=0", Language::English),
            ("en, zh", Language::English),
            ("zh ; q = 1.000, en", CHINESE),
            ("zh;q=1.001, en;q=0.1", Language::English),
            ("zh;q=x", Language::English),
            ("zhx", Language::English),
        ] {
            assert_eq!(Language::negotiate(header), want, "{header}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_header(header in "\\PC*") {
            Language::negotiate(&header);
        }

        #[test]
        fn takes_anything_like_a_header(header in "[zhenCN_;,q=0.5 *-]{0,60}") {
            Language::negotiate(&header);
        }
    }
}
