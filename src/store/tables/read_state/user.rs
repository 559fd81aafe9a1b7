//! Whose read state it is.

/// A user in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectUser {
    /// The project's id.
    pub project: String,
    /// The user's id.
    pub user: String,
}
