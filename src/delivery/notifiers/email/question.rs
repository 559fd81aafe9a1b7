//! Requests for confirmation.

use lettre::Address;

use crate::catalog::Language;

/// Asks the owner of an address to be sent the events of a project. Not `Debug`: the link is a secret.
pub struct Question {
    /// The address.
    pub address: Address,
    /// The project's id. Nothing else in the e-mail is chosen by the project, which might use it to write to strangers.
    pub project: String,
    /// Where the owner confirms or refuses.
    pub link: String,
    /// The language of the e-mail.
    pub language: Language,
}
