//! Encryption of texts.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::keys::Keys;

/// Encrypts and decrypts the texts of one purpose.
pub struct Seal {
    keys: Vec<[u8; 32]>,
}

impl Seal {
    /// Derives the keys of this purpose; the first one is used for new texts.
    pub fn new(keys: &Keys, purpose: &str) -> Self {
        Self {
            keys: keys.derived(purpose),
        }
    }

    /// Encrypts a text, bound to a place: elsewhere it cannot be decrypted. Nonces are random, so a key is good for
    /// 2^32 texts. `None` if there is no key, or the system has no random numbers.
    pub fn close(&self, text: &str, place: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let key = cipher(self.keys.first()?)?;
        let mut sealed = text.as_bytes().to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_used, Aad::from(place), &mut sealed)
            .ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts with whichever key fits; `None` if none fits, the text was changed, or it belongs to another place.
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Option<String> {
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
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key)
        .ok()
        .map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use tidings_client::Secret;

    use super::*;
    use crate::seal::Signer;

    const OLD: &str = "an old key that has been used for a year";
    const NEW: &str = "a new key that is used from tomorrow on";

    fn keys(secrets: &[&str]) -> Keys {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        Keys::of(&secrets, Keys::none())
    }

    fn seal(secrets: &[&str]) -> Seal {
        Seal::new(&keys(secrets), "tokens")
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
    }

    #[test]
    fn a_text_of_another_purpose_does_not_open() {
        let sealed = seal(&[OLD]).close("token", b"x").unwrap();
        assert_eq!(Seal::new(&keys(&[OLD]), "secrets").open(&sealed, b"x"), None);
    }

    #[test]
    fn without_keys_nothing_is_sealed_or_signed() {
        assert_eq!(seal(&[]).close("token", b"x"), None);
        let signer = Signer::new(&keys(&[]), "forms");
        assert!(!signer.is_signature(b"form", &signer.sign(b"form")));
    }
}
