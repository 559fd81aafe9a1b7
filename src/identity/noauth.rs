//! Identity by the caller's own word: `X-Auth-Token: user:project[:role,role]`.

use super::Caller;

/// A token without roles is an admin's, without a colon the project is named as the user (as block storage has it).
/// Without a token it is the admin of the project in the URL.
pub(super) fn identify(token: Option<&str>, url_project: Option<&str>) -> Caller {
    let Some(token) = token else {
        return Caller::new("admin", url_project, ["admin"]);
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
    fn without_a_token_it_is_the_admin_of_the_url() {
        assert_eq!(
            identify(None, Some("p1")),
            Caller::new("admin", Some("p1"), ["admin"])
        );
    }
}
