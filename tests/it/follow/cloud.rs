//! A service's database, and followers of it.

use std::sync::atomic::{AtomicU32, Ordering};

use tidings::catalog::Language;
use tidings::config::Config;
use tidings::event::Reporter;
use tidings::follow::Follower;
use tidings::message::{Message, Query, Scope, time};
use tidings::store::message;
use tidings::telemetry::Metrics;
use tidings::worker::Worker;
use tokio_util::sync::CancellationToken;

use crate::support::{NOW, ServiceDatabase, TestApp, until};

pub const SECOND: i64 = 1_000_000;
pub const DAY: i64 = 86_400 * SECOND;

/// A project, as in Cinder's rows.
pub const PROJECT: &str = "83beacc4745b4328a3a8fd59a8d0c38b";

/// The ids of rows that are only written to see a walk end.
static NEXT: AtomicU32 = AtomicU32::new(90_000_000);

/// A store that follows a service.
pub struct Cloud {
    pub app: TestApp,
    pub service: ServiceDatabase,
    is_cinder: bool,
}

/// A row to be written by the service.
#[derive(Clone)]
pub struct Row {
    pub id: u32,
    pub code: (&'static str, &'static str),
    pub resource: u32,
    pub request: u32,
    /// When it was created, in microseconds since 1970.
    pub at: i64,
    /// When it expires; never if none.
    pub ttl: Option<i64>,
}

impl Row {
    /// A snapshot of `resource` that could not be created, this many seconds after [`NOW`].
    pub fn new(id: u32, second: i64) -> Self {
        Self {
            id,
            code: ("009", "006"),
            resource: id,
            request: id,
            at: NOW + second * SECOND,
            ttl: Some(30 * DAY),
        }
    }
}

/// Returns a UUID that ends in a number.
pub fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-0000{number:08}")
}

/// Returns a request id that ends in a number.
pub fn request(number: u32) -> String {
    format!("req-11111111-0000-4000-8000-0000{number:08}")
}

impl Cloud {
    pub fn cinder() -> Self {
        Self::of(TestApp::start(), ServiceDatabase::cinder(), true)
    }

    pub fn manila() -> Self {
        Self::of(TestApp::start(), ServiceDatabase::manila(), false)
    }

    pub fn of(app: TestApp, service: ServiceDatabase, is_cinder: bool) -> Self {
        Self {
            app,
            service,
            is_cinder,
        }
    }

    /// Returns a follower as a process of its own would have it.
    pub fn follower(&self) -> Follower {
        self.follower_at(&self.service.url())
    }

    /// Returns a follower of the database at a URL.
    pub fn follower_at(&self, url: &str) -> Follower {
        let option = if self.is_cinder { "CINDER" } else { "MANILA" };
        let options = [
            (format!("OS_FOLLOW__{option}"), url.to_owned()),
            ("OS_EVENTS__KEEP".to_owned(), "7".to_owned()),
        ];
        let config = Config::load(None, options.into_iter()).unwrap();
        let reporter = Reporter::new(&config);
        let mut all = Follower::all(
            &config,
            &self.app.store,
            &self.app.clock.clock(),
            &reporter,
            &Metrics::new("test"),
        );
        all.remove(0)
    }

    /// Writes a row as the service does.
    pub fn write(&self, row: &Row) {
        let text = |at: i64| format!("'{}'", time::format(at).replace('T', " "));
        let expires = row.ttl.map_or("NULL".to_owned(), |ttl| text(row.at + ttl));
        let (id, resource, request) = (uuid(row.id), uuid(row.resource), request(row.request));
        let ((action, detail), created) = (row.code, text(row.at));
        self.service.execute(&if self.is_cinder {
            format!(
                "INSERT INTO messages (id, project_id, request_id, resource_type, resource_uuid, event_id, \
                 message_level, created_at, deleted, expires_at, detail_id, action_id) VALUES ('{id}', '{PROJECT}', \
                 '{request}', 'VOLUME_SNAPSHOT', '{resource}', 'VOLUME_VOLUME_SNAPSHOT_{action}_{detail}', 'ERROR', \
                 {created}, false, {expires}, '{detail}', '{action}')"
            )
        } else {
            format!(
                "INSERT INTO messages (id, project_id, request_id, resource_type, resource_id, message_level, \
                 created_at, deleted, expires_at, detail_id, action_id) VALUES ('{id}', '{PROJECT}', '{request}', \
                 'SHARE', '{resource}', 'ERROR', {created}, 'False', {expires}, '{detail}', '{action}')"
            )
        });
    }

    /// Marks a row as deleted, as the service does for a user.
    pub fn mark_deleted(&self, id: u32) {
        let id = uuid(id);
        let deleted = if self.is_cinder {
            "true".to_owned()
        } else {
            format!("'{id}'")
        };
        self.service.execute(&format!(
            "UPDATE messages SET deleted = {deleted} WHERE id = '{id}'"
        ));
    }

    /// Returns all messages, the oldest first.
    pub async fn messages(&self) -> Vec<Message> {
        let list = self.app.store.read(|read| {
            let mut found = Vec::new();
            message::list(read, &Query::newest(Scope::All, 1000), &mut |row| {
                found.push(row.to_message());
            })?;
            found.reverse();
            Ok(found)
        });
        list.await.unwrap()
    }

    /// Returns the numbers in the messages' ids, sorted; 0 for those that do not come from rows.
    pub async fn ids(&self) -> Vec<u32> {
        let messages = self.messages().await;
        let number = |message: &Message| {
            let id = message.id.to_string();
            id.strip_prefix("00000000-0000-4000-8000-0000")
                .map_or(0, |digits| digits.parse().unwrap())
        };
        let mut ids: Vec<u32> = messages.iter().map(number).collect();
        ids.sort_unstable();
        ids
    }

    /// Lets a follower work until these are the messages.
    pub async fn follow_until(&self, follower: &mut Follower, ids: &[u32]) {
        let what = format!("messages {ids:?}");
        until(&what, async || {
            step(follower).await;
            self.ids().await == ids
        })
        .await;
    }

    /// Lets a follower look at all rows at least once.
    pub async fn follow_all(&self, follower: &mut Follower) {
        // A row that only the walk finds.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.write(&Row {
            ttl: None,
            ..Row::new(id, 0)
        });
        until("a walk through all rows", async || {
            step(follower).await;
            self.ids().await.contains(&id)
        })
        .await;
        // Another one, as rows may have been changed behind the walk.
        self.write(&Row {
            ttl: None,
            ..Row::new(id + 500_000, 0)
        });
        until("another walk", async || {
            step(follower).await;
            self.ids().await.contains(&(id + 500_000))
        })
        .await;
        for id in [id, id + 500_000] {
            self.service
                .execute(&format!("DELETE FROM messages WHERE id = '{}'", uuid(id)));
            self.app.database.execute(&format!(
                "DELETE FROM messages WHERE id = {}",
                self.app.database.bytes(&uuid(id).replace('-', ""))
            ));
        }
    }
}

/// Lets a follower take a step.
pub async fn step(follower: &mut Follower) {
    follower.step(&CancellationToken::new()).await;
}

/// Returns what the owner reads.
pub fn text(message: &Message) -> String {
    let mut text = String::new();
    message
        .stored()
        .write_user_message(&mut text, Language::default())
        .unwrap();
    text
}
