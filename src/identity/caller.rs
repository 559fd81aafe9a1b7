//! An authenticated caller.

use std::sync::Arc;

/// An authenticated caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The user's id.
    pub user: String,
    /// The user's name, if known in addition to the id.
    pub user_name: Option<String>,
    /// The domain that the user belongs to.
    pub user_domain: Option<Domain>,
    /// The project that scopes the token, if any.
    pub project: Option<String>,
    /// The project's name, if known in addition to the id.
    pub project_name: Option<String>,
    /// The id of the domain that the project belongs to.
    pub project_domain: Option<String>,
    /// The id of the domain that scopes the token, if any.
    pub domain: Option<String>,
    /// The projects of that domain, for a domain-scoped token.
    pub domain_projects: Option<DomainProjects>,
    /// Whether the token is system-scoped.
    pub is_system: bool,
    /// False only if Keystone has an admin project and the caller's is another one.
    pub is_admin_project: bool,
    /// When the token expires, in microseconds since 1970.
    pub expires_at: Option<i64>,
    /// The service that forwards the caller's request, if it sent a token of its own.
    pub service: Option<Arc<Self>>,
    /// The roles as Keystone names them.
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

/// What is known about the projects of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainProjects {
    /// Their ids.
    Known(Arc<[String]>),
    /// There are too many for one query.
    TooMany,
    /// Keystone does not show them to the caller.
    Hidden,
}

/// The value of a caller's attribute, as policy sees it.
pub(super) enum Attribute<'a> {
    /// The caller has no such attribute.
    Missing,
    /// One value.
    One(&'a str),
    /// A list, any of whose values may match.
    Many(&'a [String]),
}

impl<'a> Attribute<'a> {
    fn of(value: Option<&'a str>) -> Self {
        value.map_or(Self::Missing, Self::One)
    }
}

impl Caller {
    /// Creates a caller with these roles and the ones they imply: an admin is also a member, a member also a reader.
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

    /// Whether the caller has the role; like `OpenStack`, ignores case.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known.eq_ignore_ascii_case(role))
    }

    /// Returns the user's name, or the id if there is none.
    pub fn name(&self) -> &str {
        self.user_name.as_deref().unwrap_or(&self.user)
    }

    /// Returns an attribute by its oslo.context name.
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
