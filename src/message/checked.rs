//! A valid draft, and the message that it becomes.

use uuid::Uuid;

use super::row::Message;
use super::time;
use crate::catalog::{Arguments, Code, Level};

/// A valid draft: the catalog knows everything in it, or its form is safe.
#[derive(Debug, Clone)]
pub struct CheckedDraft {
    pub(super) code: Code,
    pub(super) level: Level,
    pub(super) resource_type: Option<String>,
    pub(super) resource_uuid: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) arguments: Arguments,
}

impl CheckedDraft {
    /// Returns the prefix of its service, such as `VOLUME`.
    pub fn prefix(&self) -> &'static str {
        self.code.service().prefix
    }

    /// Returns the arguments as JSON, if there are any.
    pub fn parameters(&self) -> Option<String> {
        self.arguments.to_json()
    }

    /// Returns the message to store.
    ///
    /// `created_at` is in microseconds, `ttl` in seconds (the catalog can only lengthen it); `request_id` is used if
    /// the draft named none.
    pub fn into_message(
        self,
        id: Uuid,
        project_id: &str,
        created_at: i64,
        ttl: u32,
        request_id: &str,
    ) -> Message {
        Message {
            id,
            project_id: project_id.to_owned(),
            event_id: self.code.to_string(),
            action_id: self.code.action_id().map(str::to_owned),
            detail_id: self.code.detail_id().map(str::to_owned),
            resource_type: self.resource_type,
            resource_uuid: self.resource_uuid,
            request_id: self.request_id.unwrap_or_else(|| request_id.to_owned()),
            message_level: self.level.as_str().to_owned(),
            parameters: self.arguments.to_json(),
            created_at,
            expires_at: Some(created_at + i64::from(lifetime(self.code.ttl(), ttl)) * time::SECOND),
        }
    }
}

/// Returns the lifetime of a message: the configured one, or the catalog's if that is longer.
fn lifetime(of_catalog: Option<u32>, configured: u32) -> u32 {
    of_catalog.map_or(configured, |least| least.max(configured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_can_only_lengthen_the_lifetime_of_a_message() {
        for (of_catalog, lasts) in [(None, 100), (Some(99), 100), (Some(101), 101)] {
            assert_eq!(lifetime(of_catalog, 100), lasts);
        }
    }
}
