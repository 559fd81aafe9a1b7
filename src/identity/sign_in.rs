//! Credentials for signing in.

use crate::config::Secret;

/// The credentials of a user who signs in. The `Debug` output hides secrets.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// A user's name and password.
    Password {
        /// The user's name.
        user: String,
        /// The name of the user's domain.
        domain: String,
        /// The password.
        password: Secret,
    },
    /// An application credential, which implies its project.
    Credential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: Secret,
    },
}

/// A project that the user has a role in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}
