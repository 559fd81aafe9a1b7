//! Encryption of tokens and signatures of forms.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::hex;
use super::keys::Key;

/// The keys in force; the first one is used for new data.
pub(super) struct Seal {
    keys: Vec<Key>,
    random: SystemRandom,
}

impl Seal {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Self {
            keys,
            random: SystemRandom::new(),
        }
    }

    /// Returns 32 unpredictable bytes; `None` if the system has none.
    pub(super) fn random(&self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes).ok().map(|()| bytes)
    }

    /// Encrypts a text, bound to a place: elsewhere it cannot be decrypted. Nonces are random, so a key is good for
    /// 2^32 texts.
    pub(super) fn close(&self, text: &str, place: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let key = cipher(self.keys.first()?)?;
        let mut sealed = text.as_bytes().to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_used, Aad::from(place), &mut sealed)
            .ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts with whichever key fits; `None` if none fits, the text was changed, or it belongs to another place.
    pub(super) fn open(&self, sealed: &[u8], place: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = sealed.to_vec();
            let opened = cipher(key)?
                .open_in_place(nonce, Aad::from(place), &mut text)
                .ok()?;
            String::from_utf8(opened.to_vec()).ok()
        })
    }

    /// Signs bytes and returns the signature as hexadecimal digits.
    pub(super) fn sign(&self, bytes: &[u8]) -> String {
        self.keys
            .first()
            .map(|key| hex::write(hmac::sign(&key.forms, bytes).as_ref()))
            .unwrap_or_default()
    }

    /// Verifies a signature in constant time.
    pub(super) fn is_signature(&self, bytes: &[u8], signature: &str) -> bool {
        hex::read(signature).is_some_and(|signature| {
            self.keys
                .iter()
                .any(|key| hmac::verify(&key.forms, bytes, &signature).is_ok())
        })
    }
}

fn cipher(key: &Key) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, &key.cipher)
        .ok()
        .map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, Session};
    use crate::identity::session::keys;

    const OLD: &str = "an old key that has been used for a year";
    const NEW: &str = "a new key that is used from tomorrow on";

    fn seal(secrets: &[&str]) -> Seal {
        let config = Session {
            keys: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
            ..Session::default()
        };
        Seal::new(keys::load(&config).unwrap().0)
    }

    #[test]
    fn what_is_closed_opens_in_its_place_only() {
        let seal = seal(&[OLD]);
        let sealed = seal.close("gAAAA-token", b"here").unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"token"));
        assert_eq!(seal.open(&sealed, b"here").as_deref(), Some("gAAAA-token"));
        assert_eq!(seal.open(&sealed, b"there"), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(seal.open(&changed, b"here"), None, "{at}");
            assert_eq!(seal.open(&sealed[..at], b"here"), None, "{at}");
        }
        assert_ne!(seal.close("gAAAA-token", b"here").unwrap(), sealed);
    }

    #[test]
    fn keys_are_exchanged_one_after_the_other() {
        let (old, both, new) = (seal(&[OLD]), seal(&[NEW, OLD]), seal(&[NEW]));
        let sealed = old.close("token", b"x").unwrap();
        assert_eq!(both.open(&sealed, b"x").as_deref(), Some("token"));
        assert_eq!(new.open(&sealed, b"x"), None);
        let sealed = both.close("token", b"x").unwrap();
        assert_eq!(new.open(&sealed, b"x").as_deref(), Some("token"));
        assert_eq!(old.open(&sealed, b"x"), None);
        assert!(both.is_signature(b"form", &old.sign(b"form")));
        assert!(!new.is_signature(b"form", &old.sign(b"form")));
    }

    #[test]
    fn a_signature_is_of_its_bytes_only() {
        let seal = seal(&[OLD]);
        let signature = seal.sign(b"form");
        assert!(seal.is_signature(b"form", &signature));
        for (bytes, signature) in [
            (b"from", signature.as_str()),
            (b"form", &signature[1..]),
            (b"form", ""),
            (b"form", &"0".repeat(64)),
        ] {
            assert!(!seal.is_signature(bytes, signature));
        }
    }
}
