//! The names of projects, for people.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use lru::LruCache;
use parking_lot::Mutex;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use tidings_client::keystone::Http;

/// The number of projects whose names are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How long a name is used before it is asked for again.
const HOLDS: Duration = Duration::from_secs(600);

/// The most projects of one question.
const MOST: usize = 20;

/// How long a page waits for names. Those that come later are there on the next page.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Answer {
    project: Project,
}

#[derive(Deserialize)]
struct Project {
    name: String,
}

/// Names, or that there is none, each with the time when that was found out.
pub(super) struct Names(Mutex<LruCache<String, (Option<String>, Instant)>>);

impl Default for Names {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Names {
    /// Returns the names of projects by id, as far as Keystone shows them to a reader with these headers in time.
    pub(super) async fn of(
        &self,
        http: &Http,
        headers: &HeaderMap,
        ids: &[String],
    ) -> HashMap<String, String> {
        let unknown: Vec<&String> = {
            let mut known = self.0.lock();
            let is_fresh = |(_, at): &(Option<String>, Instant)| at.elapsed() < HOLDS;
            let asked = ids.iter().filter(|id| is_plain(id));
            let asked = asked.filter(|id| !known.get(*id).is_some_and(is_fresh));
            asked.take(MOST).collect()
        };
        let asking = join_all(unknown.into_iter().map(|id| self.ask(http, headers, id)));
        // Without names the page has ids.
        let _ = tokio::time::timeout(PATIENCE, asking).await;
        let mut known = self.0.lock();
        let named = ids.iter().filter_map(|id| {
            let (name, _) = known.get(id)?;
            Some((id.clone(), name.clone()?))
        });
        named.collect()
    }

    async fn ask(&self, http: &Http, headers: &HeaderMap, id: &str) {
        let path = format!("/projects/{id}");
        let name = match http.send(&Method::GET, &path, headers, &[]).await {
            Ok(answer) if answer.status == 200 => {
                let answer = serde_json::from_slice::<Answer>(&answer.body);
                answer.ok().map(|answer| answer.project.name)
            }
            // It was deleted. A 403 says only that it is hidden from this reader.
            Ok(answer) if answer.status == 404 => None,
            Ok(answer) => {
                tracing::debug!(
                    status = answer.status,
                    "Keystone did not tell the name of a project"
                );
                return;
            }
            Err(reason) => {
                tracing::debug!(reason, "Keystone could not be asked for the name of a project");
                return;
            }
        };
        self.0.lock().put(id.to_owned(), (name, Instant::now()));
    }
}

/// Whether an id can be part of a path. Imported rows may have any.
fn is_plain(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
