//! What somebody shows to sign in.

use crate::config::Secret;

/// What somebody shows to sign in. Its `Debug` text shows no secret.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// A user's name and password.
    Password {
        /// The user's name.
        user: String,
        /// The name of the domain that the user belongs to.
        domain: String,
        /// The password.
        password: Secret,
    },
    /// An application credential, which has its project.
    Credential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: Secret,
    },
}

/// A project that somebody may act in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}
