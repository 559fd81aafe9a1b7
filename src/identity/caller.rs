//! Somebody whose identity was established.

use std::sync::Arc;

/// Somebody whose identity was established.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The user's id.
    pub user: String,
    /// The user's name, where it is known apart from the id.
    pub user_name: Option<String>,
    /// The domain that the user belongs to.
    pub user_domain: Option<Domain>,
    /// The project that the caller acts in, if in one.
    pub project: Option<String>,
    /// The project's name, where it is known apart from the id.
    pub project_name: Option<String>,
    /// The id of the domain that the project belongs to.
    pub project_domain: Option<String>,
    /// The id of the domain that the caller acts in, if in one instead of a project.
    pub domain: Option<String>,
    /// The projects of that domain.
    pub domain_projects: Option<DomainProjects>,
    /// Whether the caller acts in the whole system instead of a project.
    pub is_system: bool,
    /// Whether the caller's project is not said to be an ordinary one where there is one for administrators.
    pub is_admin_project: bool,
    /// When the token expires, in microseconds since 1970.
    pub expires_at: Option<i64>,
    /// The service that passes the caller's request on, when it showed a token of its own.
    pub service: Option<Arc<Self>>,
    /// As they were given.
    pub(super) roles: Vec<String>,
}

/// A domain of Keystone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What is known of the projects of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainProjects {
    /// Their ids.
    Known(Arc<[String]>),
    /// There are more than are taken into a question to the store.
    TooMany,
    /// Keystone does not tell the caller.
    Hidden,
}

/// What an attribute of a caller is, in the words of policy.
pub(super) enum Attribute<'a> {
    /// The caller has none of that name.
    Missing,
    /// One value.
    One(&'a str),
    /// A list, of which any value will do.
    Many(&'a [String]),
}

impl<'a> Attribute<'a> {
    fn of(value: Option<&'a str>) -> Self {
        value.map_or(Self::Missing, Self::One)
    }
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
            is_admin_project: true,
            roles: all,
            ..Self::default()
        }
    }

    /// Whether the caller has the role; roles compare without regard to case, as `OpenStack` has it.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known.eq_ignore_ascii_case(role))
    }

    /// The name to know the user by: the id where there is no name.
    pub fn name(&self) -> &str {
        self.user_name.as_deref().unwrap_or(&self.user)
    }

    /// An attribute by the name that oslo.context gives it.
    pub(super) fn attribute(&self, name: &str) -> Attribute<'_> {
        let one = Attribute::of;
        match name {
            "user_id" => Attribute::One(&self.user),
            "user_domain_id" => one(self.user_domain.as_ref().map(|domain| domain.id.as_str())),
            "project_id" => one(self.project.as_deref()),
            "project_domain_id" => one(self.project_domain.as_deref()),
            "domain_id" => one(self.domain.as_deref()),
            "system_scope" => one(self.is_system.then_some("all")),
            "roles" => Attribute::Many(&self.roles),
            "is_admin_project" => Attribute::One(if self.is_admin_project { "True" } else { "False" }),
            _ => match (&self.service, name.strip_prefix("service_")) {
                (Some(service), Some(own @ ("user_id" | "user_domain_id" | "project_id" | "roles"))) => {
                    service.attribute(own)
                }
                (Some(service), Some("project_domain_id")) => one(service.project_domain.as_deref()),
                _ => Attribute::Missing,
            },
        }
    }
}
