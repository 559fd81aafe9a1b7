//! Tokens from Keystone, for services: acquired once, shared, and renewed before they expire.

mod http;
mod login;
mod tokens;

pub use http::{Answer, Http, TOO_LONG};
pub use login::{AuthType, Login, Named};
pub use tokens::{LoginError, Token, Tokens};
