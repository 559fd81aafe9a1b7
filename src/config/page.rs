//! `[page]`.

use super::endpoint::is_authority;
use super::reader::OptionReader;
use super::value::Value;

/// `[page]`: the pages for tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Messages per page, 1 to 150; repeats count as one. The limit is due to the selected ones, which go into one
    /// address of at most 200 parameters.
    pub page_size: usize,
    /// Links to resources, by type.
    pub resource_links: Vec<ResourceLink>,
}

/// A link to resources of a type, written `TYPE:URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceLink {
    /// The type in upper case, such as `VOLUME`.
    pub resource_type: String,
    /// The URL with `{id}` and optionally `{project}`.
    url: String,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            page_size: 50,
            resource_links: Vec::new(),
        }
    }
}

impl Page {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("page");
        Self {
            page_size: section.within("page_size", default.page_size, &(1..=150)),
            resource_links: section.get("resource_links", default.resource_links),
        }
    }
}

impl ResourceLink {
    /// Returns the URL of a resource; both arguments must be percent-encoded.
    pub fn to(&self, id: &str, project: &str) -> String {
        self.url.replace("{id}", id).replace("{project}", project)
    }
}

impl Value for ResourceLink {
    fn parse(text: &str) -> Result<Self, String> {
        let example = "VOLUME:https://cloud.example.org/project/volumes/{id}/";
        let (resource_type, url) = text
            .split_once(':')
            .filter(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
            .ok_or_else(|| format!("{text:?} must have the form TYPE:URL, such as {example}"))?;
        let url = url.trim();
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"))
            .unwrap_or_default();
        // A resource must not choose the server of its link.
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain = rest.replace("{id}", "").replace("{project}", "");
        if !is_authority(authority) || !plain.bytes().all(is_of_url) {
            return Err(format!("{url:?} must be an http or https URL, such as {example}"));
        }
        if !url.contains("{id}") {
            return Err(format!("{url:?} has no {{id}}"));
        }
        Ok(Self {
            resource_type: resource_type.to_ascii_uppercase(),
            url: url.to_owned(),
        })
    }
}

/// The characters that need no encoding in a URL.
fn is_of_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_type_and_a_url_with_a_place_for_the_id() {
        let link = ResourceLink::parse("volume: https://h.example:8443/{project}/v/{id}/?tab=1").unwrap();
        assert_eq!(link.resource_type, "VOLUME");
        assert_eq!(link.to("a%2Fb", "p1"), "https://h.example:8443/p1/v/a%2Fb/?tab=1");
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for bad in [
            "",
            "VOLUME",
            "VOLUME:",
            "VOLUME:/v/{id}",
            "VOLUME:javascript:alert({id})",
            "VOLUME:https://h.example/v",
            "VOLUME:https://{id}.example/",
            "VOLUME:https://h.example{id}/{id}",
            "VOLUME:https://u@h.example/{id}",
            "VOLUME:https://h.example/{name}/{id}",
            "VOLUME:https://h.example/ {id}",
            "VO LUME:https://h.example/{id}",
        ] {
            assert!(ResourceLink::parse(bad).is_err(), "{bad}");
        }
    }
}
