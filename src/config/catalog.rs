//! `[catalog]`.

use super::reader::OptionReader;
use super::value::Value;

/// `[catalog]`: which service owns which prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The services that own a prefix. A prefix without an owner is open to every caller who may record.
    pub owners: Vec<Owner>,
}

/// A service that owns a prefix of the catalog, written `PREFIX:USER` or `PREFIX:USER@DOMAIN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The prefix, such as `VOLUME`.
    pub prefix: String,
    /// The name of the service's user.
    pub user: String,
    /// The name of the user's domain.
    pub domain: String,
}

impl Catalog {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        Self {
            owners: reader.section("catalog").get("owners", Vec::new()),
        }
    }
}

impl Value for Owner {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once(':')
            .map(|(prefix, user)| (prefix.trim(), user.trim()));
        let (prefix, user) = parts
            .filter(|(prefix, user)| !prefix.is_empty() && !user.is_empty())
            .ok_or_else(|| format!("{text:?} is not PREFIX:USER, such as VOLUME:cinder"))?;
        let (user, domain) = user.rsplit_once('@').unwrap_or((user, "Default"));
        Ok(Self {
            prefix: prefix.to_owned(),
            user: user.to_owned(),
            domain: domain.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_a_prefix_and_a_user_of_the_default_domain_or_another() {
        let owner = Owner::parse("VOLUME: cinder").unwrap();
        assert_eq!(
            (&*owner.prefix, &*owner.user, &*owner.domain),
            ("VOLUME", "cinder", "Default")
        );
        let owner = Owner::parse("SHARE:manila@services").unwrap();
        assert_eq!((&*owner.user, &*owner.domain), ("manila", "services"));
        for bad in ["", "VOLUME", "VOLUME:", ":cinder"] {
            assert!(Owner::parse(bad).is_err(), "{bad}");
        }
    }
}
