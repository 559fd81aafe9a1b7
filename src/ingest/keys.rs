//! The keys that identify notifications, failures and resources: 16 bytes each.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::catalog::{Code, Level, Resource, ResourceIds};
use crate::store::ingest::IngestKey;

/// Returns the key of a resource: its UUID, or a digest of its type and name.
pub fn resource(resource: &Resource, id: &str) -> Option<IngestKey> {
    match resource.ids {
        ResourceIds::Uuid => Uuid::try_parse(id).ok().map(Uuid::into_bytes),
        ResourceIds::Name => Some(digest("resource", &[resource.name, id])),
    }
}

/// Returns the key of a notification: the sender's id if it is a UUID, as with oslo.messaging, or a digest of it.
pub fn notification(message_id: &str) -> IngestKey {
    match Uuid::try_parse(message_id) {
        Ok(id) => id.into_bytes(),
        Err(_) => digest("notification", &[message_id]),
    }
}

/// What distinguishes one failure from another.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The message's code.
    pub code: Code,
    /// The message's level.
    pub level: Level,
    /// The resource that failed, with the form of its ids.
    pub resource: Option<(&'static Resource, &'a str)>,
    /// The project, if the notification names it. The same operation may fail for several projects, such as the
    /// download of a shared image.
    pub project: Option<&'a str>,
    /// The request that caused it.
    pub request: Option<&'a str>,
    /// The checked arguments of the text, as JSON.
    pub parameters: Option<&'a str>,
}

impl Failure<'_> {
    /// Returns the key that all reports of the failure share.
    ///
    /// A request that fails on a resource is one failure, regardless of the reporting service and its wording: Nova alone
    /// reports it three times. Without a request, the same text about the same resource is one failure.
    pub fn key(self) -> IngestKey {
        let code = self.code.to_string();
        let (resource_type, id) = self
            .resource
            .map_or(("", ""), |(resource, id)| (resource.name, id));
        let project = self.project.unwrap_or_default();
        let what = match (self.request, self.resource) {
            (Some(request), Some(_)) => [request, "", ""],
            (request, _) => [
                request.unwrap_or_default(),
                &code,
                self.parameters.unwrap_or_default(),
            ],
        };
        let parts = [self.level.as_str(), resource_type, id, project];
        digest("failure", &[&parts[..], &what].concat())
    }
}

/// Includes the lengths, so that no two lists of parts give the same input.
fn digest(kind: &str, parts: &[&str]) -> IngestKey {
    let mut hash = Sha256::new();
    for part in [&[kind], parts].concat() {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut key = IngestKey::default();
    for (byte, from) in key.iter_mut().zip(hash.finalize()) {
        *byte = from;
    }
    key
}
