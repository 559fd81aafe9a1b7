//! The secrets that sign webhooks.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use tidings_client::Secret;

use crate::seal;

/// What a secret of Standard Webhooks starts with.
const PREFIX: &str = "whsec_";

/// A symmetric secret of Standard Webhooks: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    key: Vec<u8>,
    until: Option<i64>,
}

impl SigningSecret {
    /// What a secret must be, worded to follow a field's name.
    pub const FORM: &'static str = "must be whsec_ followed by 24 to 64 bytes in base64";

    /// Parses a secret that ends at `until`, in microseconds since 1970; the current secret has no end. `None` unless it has the
    /// [form](Self::FORM) that all receivers accept.
    pub fn parse(text: &str, until: Option<i64>) -> Option<Self> {
        let key = BASE64_STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (24..=64).contains(&key.len()).then_some(Self { key, until })
    }

    /// Creates a secret of 32 random bytes; `None` if the system has none.
    pub fn random() -> Option<Secret> {
        let key = seal::random()?;
        Some(Secret::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(key))))
    }

    /// Returns the bytes to sign with.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Whether it still signs at `now`, in microseconds since 1970.
    pub fn is_valid(&self, now: i64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSecret")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(bytes: usize) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(vec![7; bytes]))
    }

    #[test]
    fn a_secret_has_a_prefix_and_24_to_64_bytes() {
        for bytes in [24, 32, 64] {
            let parsed = SigningSecret::parse(&secret(bytes), None).unwrap();
            assert_eq!(parsed.key(), vec![7; bytes]);
        }
        let good = secret(25);
        for bad in [
            "",
            PREFIX,
            &good[PREFIX.len()..],
            good.trim_end_matches('='),
            &good.replace('B', "-"),
            &secret(23),
            &secret(65),
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc7",
        ] {
            assert_eq!(SigningSecret::parse(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn random_secrets_are_valid_and_differ() {
        let [first, second] = [(); 2].map(|()| SigningSecret::random().unwrap());
        assert!(SigningSecret::parse(first.expose(), None).is_some());
        assert_ne!(first, second);
    }

    #[test]
    fn a_replaced_secret_signs_until_its_end() {
        let until = |until| SigningSecret::parse(&secret(24), until).unwrap();
        assert!(until(None).is_valid(i64::MAX));
        assert!(until(Some(10)).is_valid(9) && !until(Some(10)).is_valid(10));
    }

    #[test]
    fn debug_output_has_no_key() {
        let shown = format!("{:?}", SigningSecret::parse(&secret(24), Some(5)).unwrap());
        assert_eq!(shown, "SigningSecret { until: Some(5), .. }");
    }
}
