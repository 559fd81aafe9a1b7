//! What a caller may do: rules with the names and defaults that block storage's operators know.

use super::Caller;

/// A rule, by what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// List messages.
    MessageGetAll,
    /// Show one message.
    MessageGet,
    /// Delete one message.
    MessageDelete,
    /// Record messages.
    MessageCreate,
}

impl Rule {
    /// The name in a policy file.
    pub fn name(self) -> &'static str {
        match self {
            Self::MessageGetAll => "message:get_all",
            Self::MessageGet => "message:get",
            Self::MessageDelete => "message:delete",
            Self::MessageCreate => "message:create",
        }
    }
}

/// The caller may not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Policy doesn't allow {} to be performed.", .0.name())]
pub struct Denied(pub Rule);

/// The rules in force.
#[derive(Debug, Clone, Default)]
pub struct Policy;

impl Policy {
    /// Whether the caller may do it to something of `project`.
    ///
    /// # Errors
    /// [`Denied`] naming the rule.
    pub fn check(&self, rule: Rule, caller: &Caller, project: Option<&str>) -> Result<(), Denied> {
        let own = caller.project.is_some() && caller.project.as_deref() == project;
        let allowed = match rule {
            Rule::MessageGetAll | Rule::MessageGet => own && caller.has_role("reader"),
            Rule::MessageDelete => own && caller.has_role("member"),
            Rule::MessageCreate => caller.has_role("service"),
        };
        if allowed || caller.is_admin() {
            Ok(())
        } else {
            Err(Denied(rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_block_storage() {
        let may = |roles: &[&str], rule, project| {
            Policy
                .check(rule, &Caller::new("u", Some("p1"), roles), Some(project))
                .is_ok()
        };
        assert!(may(&["reader"], Rule::MessageGetAll, "p1"));
        assert!(!may(&["reader"], Rule::MessageGetAll, "p2"));
        assert!(!may(&["reader"], Rule::MessageDelete, "p1"));
        assert!(may(&["member"], Rule::MessageDelete, "p1"));
        assert!(may(&["admin"], Rule::MessageDelete, "p2"));
        assert!(!may(&["member"], Rule::MessageCreate, "p1"));
        assert!(may(&["service"], Rule::MessageCreate, "p2"));
        assert!(!may(&["service"], Rule::MessageGetAll, "p1"));
    }
}
