//! Signatures of bytes.

use aws_lc_rs::hmac;

use super::hex;
use super::keys::Keys;

/// Signs and verifies the bytes of one purpose.
pub struct Signer {
    keys: Vec<hmac::Key>,
}

impl Signer {
    /// Derives the keys of this purpose; the first one signs.
    pub fn new(keys: &Keys, purpose: &str) -> Self {
        let keys = keys.derived(purpose);
        Self {
            keys: keys
                .iter()
                .map(|key| hmac::Key::new(hmac::HMAC_SHA256, key))
                .collect(),
        }
    }

    /// Signs bytes and returns the signature as hexadecimal digits; empty if there is no key.
    pub fn sign(&self, bytes: &[u8]) -> String {
        let key = self.keys.first();
        key.map(|key| hex::write(hmac::sign(key, bytes).as_ref()))
            .unwrap_or_default()
    }

    /// Verifies a signature in constant time.
    pub fn is_signature(&self, bytes: &[u8], signature: &str) -> bool {
        hex::read(signature).is_some_and(|signature| {
            self.keys
                .iter()
                .any(|key| hmac::verify(key, bytes, &signature).is_ok())
        })
    }
}

#[cfg(test)]
mod tests {
    use tidings_client::Secret;

    use super::*;

    fn signer(secrets: &[&str]) -> Signer {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        Signer::new(&Keys::of(&secrets, Keys::none()), "forms")
    }

    #[test]
    fn a_signature_is_of_its_bytes_only() {
        let signer = signer(&["an old key"]);
        let signature = signer.sign(b"form");
        assert!(signer.is_signature(b"form", &signature));
        for (bytes, signature) in [
            (b"from", signature.as_str()),
            (b"form", &signature[1..]),
            (b"form", ""),
            (b"form", &"0".repeat(64)),
        ] {
            assert!(!signer.is_signature(bytes, signature));
        }
    }

    #[test]
    fn keys_are_exchanged_one_after_the_other() {
        let old = signer(&["an old key"]).sign(b"form");
        assert!(signer(&["a new key", "an old key"]).is_signature(b"form", &old));
        assert!(!signer(&["a new key"]).is_signature(b"form", &old));
    }
}
