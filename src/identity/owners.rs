//! Decides which services may record messages with which prefix.

use std::collections::BTreeMap;

use super::caller::Caller;
use crate::catalog;
use crate::config::{self, AuthStrategy};

/// The owners of prefixes. A prefix without an owner is open to every caller who may record.
#[derive(Debug, Clone)]
pub struct Owners {
    by_prefix: BTreeMap<String, Vec<config::Owner>>,
    /// Whether the caller's domain must be the owner's; noauth has no domains.
    needs_domain: bool,
}

/// Another service owns the prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The user {user} may not record messages with the prefix {prefix}.")]
pub struct NotOwner {
    /// The user's name.
    pub user: String,
    /// The prefix, such as `VOLUME`.
    pub prefix: String,
}

/// An owner of an unknown prefix: most likely a typing error that would leave the intended one open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[catalog] owners: {prefix} is not a prefix of the catalog; the prefixes are {known}")]
pub struct UnknownPrefix {
    prefix: String,
    known: String,
}

impl Owners {
    /// Returns the configured owners.
    ///
    /// # Errors
    /// [`UnknownPrefix`] for the first one that is not in the catalog.
    pub fn new(config: &config::Catalog, strategy: AuthStrategy) -> Result<Self, UnknownPrefix> {
        let known = || catalog::services().iter().map(|service| service.prefix);
        let mut owners = Self {
            by_prefix: BTreeMap::new(),
            needs_domain: strategy != AuthStrategy::Noauth,
        };
        for owner in &config.owners {
            if !known().any(|prefix| prefix == owner.prefix) {
                return Err(UnknownPrefix {
                    prefix: owner.prefix.clone(),
                    known: known().collect::<Vec<_>>().join(", "),
                });
            }
            owners
                .by_prefix
                .entry(owner.prefix.clone())
                .or_default()
                .push(owner.clone());
        }
        Ok(owners)
    }

    /// Checks that the caller may record messages with these prefixes. This includes administrators, since services
    /// often have that role.
    ///
    /// # Errors
    /// [`NotOwner`] for the first prefix with another owner.
    pub fn check<'a>(
        &self,
        caller: &Caller,
        prefixes: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), NotOwner> {
        for prefix in prefixes {
            let Some(owners) = self.by_prefix.get(prefix) else {
                continue;
            };
            if !owners.iter().any(|owner| self.is_same(owner, caller)) {
                return Err(NotOwner {
                    user: caller.name().to_owned(),
                    prefix: prefix.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// In noauth, the name alone identifies a caller. A Keystone user of unknown domain matches no owner.
    fn is_same(&self, owner: &config::Owner, caller: &Caller) -> bool {
        let in_domain = match &caller.user_domain {
            Some(domain) => domain.name == owner.domain || domain.id == owner.domain,
            None => !self.needs_domain,
        };
        owner.user == caller.name() && in_domain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::caller::Domain;

    fn owners(list: &[(&str, &str)]) -> Result<Owners, UnknownPrefix> {
        owners_in(AuthStrategy::Keystone, list)
    }

    fn owners_in(strategy: AuthStrategy, list: &[(&str, &str)]) -> Result<Owners, UnknownPrefix> {
        let owner = |(prefix, user): &(&str, &str)| config::Owner {
            prefix: (*prefix).to_owned(),
            user: (*user).to_owned(),
            domain: "Default".to_owned(),
        };
        let catalog = config::Catalog {
            owners: list.iter().map(owner).collect(),
        };
        Owners::new(&catalog, strategy)
    }

    fn named(name: &str, domain: &str) -> Caller {
        Caller {
            user_name: Some(name.to_owned()),
            user_domain: Some(Domain {
                id: domain.to_lowercase(),
                name: domain.to_owned(),
            }),
            ..Caller::new("0123", None, ["admin"])
        }
    }

    #[test]
    fn a_prefix_with_owners_is_theirs_and_any_other_is_free() {
        let owners = owners(&[("VOLUME", "cinder"), ("VOLUME", "backup"), ("SHARE", "manila")]).unwrap();
        let may = |caller: &Caller, prefix| owners.check(caller, [prefix]).is_ok();
        assert!(may(&named("cinder", "Default"), "VOLUME"));
        assert!(may(&named("backup", "Default"), "VOLUME"));
        assert!(!may(&named("manila", "Default"), "VOLUME"));
        assert!(may(&named("manila", "Default"), "IMAGE"));
        // A user of the same name in a tenant's own domain is not the service.
        assert!(!may(&named("cinder", "Tenant"), "VOLUME"));
        let error = owners
            .check(&named("nova", "Default"), ["IMAGE", "SHARE"])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "The user nova may not record messages with the prefix SHARE."
        );
    }

    #[test]
    fn a_name_without_a_domain_is_enough_in_noauth_only() {
        let nameless = Caller::new("cinder", None, ["service"]);
        for (strategy, may) in [(AuthStrategy::Noauth, true), (AuthStrategy::Keystone, false)] {
            let owners = owners_in(strategy, &[("VOLUME", "cinder")]).unwrap();
            assert_eq!(owners.check(&nameless, ["VOLUME"]).is_ok(), may, "{strategy:?}");
        }
    }

    #[test]
    fn a_prefix_that_the_catalog_lacks_is_a_slip() {
        let error = owners(&[("VOLUMES", "cinder")]).unwrap_err().to_string();
        assert!(
            error.contains("VOLUMES is not a prefix") && error.contains("SHARE"),
            "{error}"
        );
    }
}
