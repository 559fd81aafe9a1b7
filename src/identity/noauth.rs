//! Identity by the caller's own claim: `X-Auth-Token: user:project[:role,role]`.

use super::caller::Caller;

/// A token without roles is an admin's; without a colon, the project is named like the user (as in block storage).
/// Without a token, the caller is a member and a service in the project of the URL; without one there, an admin.
pub(super) fn identify(token: Option<&str>, url_project: Option<&str>) -> Caller {
    let Some(token) = token else {
        return match url_project {
            Some(project) => Caller::new("anonymous", Some(project), ["member", "service"]),
            None => Caller::new("admin", None, ["admin"]),
        };
    };
    let mut parts = token.splitn(3, ':');
    let user = parts.next().unwrap_or_default();
    let project = parts.next().unwrap_or(user);
    let roles = parts.next().unwrap_or("admin");
    let roles = roles.split(',').map(str::trim).filter(|role| !role.is_empty());
    Caller::new(user, Some(project).filter(|project| !project.is_empty()), roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_calls() {
        let caller = identify(Some("alice:p1:member"), None);
        assert_eq!(
            (caller.user.as_str(), caller.project.as_deref()),
            ("alice", Some("p1"))
        );
        assert!(caller.has_role("Reader") && caller.has_role("member") && !caller.has_role("admin"));
        assert!(identify(Some("root:p1"), None).has_role("admin"));
        assert_eq!(identify(Some("solo"), None).project.as_deref(), Some("solo"));
        assert_eq!(identify(Some(""), Some("p1")).project, None);
        assert!(!identify(Some("n:p1:other"), None).has_role("reader"));
    }

    #[test]
    fn without_a_token_the_caller_belongs_to_the_project_of_the_url() {
        let caller = identify(None, Some("p1"));
        assert_eq!(caller.project.as_deref(), Some("p1"));
        assert!(caller.has_role("member") && caller.has_role("reader") && caller.has_role("service"));
        assert!(!caller.has_role("admin"));
        let caller = identify(None, None);
        assert!(caller.has_role("admin") && caller.project.is_none());
    }
}
