//! The keys by which notifications, failures and resources are known again: 16 bytes each.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::catalog::{Code, Level, Resource, ResourceIds};
use crate::store::ingest::IngestKey;

/// The key of a resource: its UUID, or a digest of its type and name.
pub fn resource(resource: &Resource, id: &str) -> Option<IngestKey> {
    match resource.ids {
        ResourceIds::Uuid => Uuid::try_parse(id).ok().map(Uuid::into_bytes),
        ResourceIds::Name => Some(digest("resource", &[resource.name, id])),
    }
}

/// The key of a notification, by its sender's id: that id itself where it is a UUID, as with oslo.messaging.
pub fn notification(message_id: &str) -> IngestKey {
    match Uuid::try_parse(message_id) {
        Ok(id) => id.into_bytes(),
        Err(_) => digest("notification", &[message_id]),
    }
}

/// What tells one failure from another.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// What is told of it.
    pub code: Code,
    /// How serious that is.
    pub level: Level,
    /// What failed, with what its ids are like.
    pub resource: Option<(&'static Resource, &'a str)>,
    /// The project, where the notification names it. The same may fail for several, as the download of a shared image.
    pub project: Option<&'a str>,
    /// The request that it happened in.
    pub request: Option<&'a str>,
    /// The checked arguments of the text, as JSON.
    pub parameters: Option<&'a str>,
}

impl Failure<'_> {
    /// The key that all reports of the failure share.
    ///
    /// A request that failed on a resource is one failure, by whomever and in whatever words it is told of: Nova alone
    /// tells of it three times. Where no request is known, it is the same text about the same resource.
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

/// Lengths go in so that no two lists of parts read the same.
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
