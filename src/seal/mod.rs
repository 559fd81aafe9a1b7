//! Secrets at rest: keys that can be rotated, encryption and signatures with them.

mod cipher;
pub mod hex;
mod keys;
mod signer;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

pub use cipher::Seal;
pub use keys::{KeyError, KeyFile, Keys};
pub use signer::Signer;

/// Returns 32 unpredictable bytes; `None` if the system has none.
pub fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}
