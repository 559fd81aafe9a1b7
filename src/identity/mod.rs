//! Who calls, and what they may do.

mod noauth;
pub mod policy;

pub use policy::{Denied, Policy, Rule};

/// Somebody whose identity was established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user's id.
    pub user: String,
    /// The project that the caller acts in, if in one.
    pub project: Option<String>,
    /// Roles in lower case, implied ones included.
    roles: Vec<String>,
}

impl Caller {
    /// A caller with these roles and those that they imply: an admin is a member, a member is a reader.
    pub fn new(user: &str, project: Option<&str>, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut all: Vec<String> = roles
            .into_iter()
            .map(|role| role.as_ref().to_ascii_lowercase())
            .collect();
        for (role, implied) in [("admin", "member"), ("member", "reader")] {
            if all.iter().any(|known| known == role) && !all.iter().any(|known| known == implied) {
                all.push(implied.to_owned());
            }
        }
        Self {
            user: user.to_owned(),
            project: project.map(str::to_owned),
            roles: all,
        }
    }

    /// Whether the caller has the role; roles compare without regard to case, as `OpenStack` has it.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known.eq_ignore_ascii_case(role))
    }

    /// Whether the caller sees and does everything.
    pub fn is_admin(&self) -> bool {
        self.has_role("admin")
    }
}

/// Where identities come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The caller's own word. For trying out and for tests; served on loopback unless told otherwise.
    NoAuth,
}

impl Source {
    /// Who sent this token to a URL that names this project.
    pub fn identify(&self, token: Option<&str>, url_project: Option<&str>) -> Caller {
        match self {
            Self::NoAuth => noauth::identify(token, url_project),
        }
    }

    /// Whether anybody who can reach the server can be anybody.
    pub fn trusts_everybody(&self) -> bool {
        match self {
            Self::NoAuth => true,
        }
    }
}
