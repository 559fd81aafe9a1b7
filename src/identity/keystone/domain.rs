//! The projects of a domain-scoped token's domain.

use std::num::NonZeroUsize;
use std::sync::Arc;

use form_urlencoded::Serializer;
use lru::LruCache;
use parking_lot::Mutex;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::identity::caller::DomainProjects;
use tidings_client::keystone::{Http, TOO_LONG};

/// The most projects of a domain. A list of messages reads each of them.
pub(super) const MOST: usize = 1000;

/// The number of domains whose projects are cached.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(64).unwrap();

#[derive(Deserialize)]
struct Answer {
    projects: Vec<Project>,
    /// Keystone's `list_limit` truncated the list.
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

/// A cache of domains' projects, so that all tokens of a domain share one list.
pub(super) struct Domains(Mutex<LruCache<String, Arc<[String]>>>);

impl Default for Domains {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Domains {
    /// Asks Keystone with the caller's own token: a domain-scoped caller may list the domain's projects, but this
    /// server's user may not. Returns `None` if Keystone considers the token invalid.
    ///
    /// # Errors
    /// Says why there is no answer.
    pub(super) async fn projects(
        &self,
        http: &Http,
        token: &HeaderValue,
        domain: &str,
    ) -> Result<Option<DomainProjects>, String> {
        let query = Serializer::new(String::new())
            .append_pair("domain_id", domain)
            .finish();
        let path = format!("/projects?{query}");
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-auth-token"), token.clone())]);
        let answer = match http.send(&Method::GET, &path, &headers, &[]).await {
            Err(reason) if reason == TOO_LONG => return Ok(Some(DomainProjects::TooMany)),
            answer => answer?,
        };
        match answer.status {
            200 => self.read(&answer.body, domain).map(Some),
            401 => Ok(None),
            403 => Ok(Some(DomainProjects::Hidden)),
            status => Err(format!(
                "Keystone answered {status} when asked for the projects of a domain"
            )),
        }
    }

    fn read(&self, body: &[u8], domain: &str) -> Result<DomainProjects, String> {
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|error| format!("the list of projects cannot be read (line {})", error.line()))?;
        if answer.truncated || answer.projects.len() > MOST {
            return Ok(DomainProjects::TooMany);
        }
        let mut ids: Vec<String> = answer.projects.into_iter().map(|project| project.id).collect();
        ids.sort_unstable();
        let mut known = self.0.lock();
        if let Some(same) = known.get(domain).filter(|same| ***same == *ids) {
            return Ok(DomainProjects::Known(Arc::clone(same)));
        }
        let ids: Arc<[String]> = ids.into();
        known.put(domain.to_owned(), Arc::clone(&ids));
        Ok(DomainProjects::Known(ids))
    }
}
