//! Shared by the tests: a server on a free port, started as in production, and callers of each kind.

mod actor;
mod answer;
mod app;
pub mod browser;
mod database;
mod document;
mod foreign;
mod fresh;
pub mod http;
pub mod keystone;
pub mod listeners;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod relay;
mod shape;
mod store;
mod stream;
mod wait;

pub use actor::{Actor, plain_client};
pub use answer::Answer;
pub use app::TestApp;
pub use browser::Browser;
pub use database::Database;
pub use document::document;
pub use foreign::ServiceDatabase;
pub use fresh::Fresh;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub use relay::{Cut, Relay};
pub use shape::{assert_documented, fault};
pub use store::{RecordBatch, reporter};
pub use stream::Stream;
pub use wait::{AT_ONCE, SOON, let_pass, let_pass_here, until, wait_for};

use std::cell::Cell;

use tidings::message::Message;
use tokio::sync::oneshot;
use uuid::Uuid;

/// 2026-11-21T03:20:24.834285, the time at which every test starts.
pub const NOW: i64 = 1_795_231_224_834_285;

/// A command that reports an event.
pub const SEND: [&str; 8] = [
    "event",
    "send",
    "--project",
    "p1",
    "--type",
    "repo.sync.start",
    "--payload",
    r#"{"repo_id": "r"}"#,
];

/// A command that creates an e-mail listener of a project, whose recipient has to confirm.
pub const MAIL: [&str; 12] = [
    "event",
    "listener",
    "email",
    "create",
    "--event-type",
    "message.*",
    "--project",
    "p1",
    "--subject",
    "Messages",
    "--addresses",
    "a@example.org",
];

/// Returns a message of a project, recorded `seconds` after [`NOW`].
pub fn message(project: &str, seconds: i64) -> Message {
    let id = Uuid::now_v7();
    Message {
        id,
        project_id: project.to_owned(),
        event_id: "VOLUME_000002".to_owned(),
        action_id: None,
        detail_id: None,
        resource_type: Some("VOLUME".to_owned()),
        resource_uuid: None,
        request_id: format!("req-{id}"),
        message_level: "ERROR".to_owned(),
        parameters: None,
        created_at: NOW + seconds * 1_000_000,
        expires_at: Some(NOW + seconds * 1_000_000 + 2_592_000 * 1_000_000),
    }
}

/// Returns a callback for a read, which may run more than once, and a receiver for its first call.
pub fn once<T: Send + 'static>() -> (impl Fn(T) + Send + 'static, oneshot::Receiver<T>) {
    let (sender, receiver) = oneshot::channel();
    let sender = Cell::new(Some(sender));
    let tell = move |what| {
        if let Some(sender) = sender.take() {
            let _ = sender.send(what);
        }
    };
    (tell, receiver)
}

/// The least size of an event of a [`large_message`], in bytes.
pub const LARGE: usize = 4500;

/// More bytes than all buffers between the server and a client that does not read.
pub const FAR_MORE: usize = 30 << 20;

/// Returns a message with the longest texts that every database accepts, of characters that take six bytes each in
/// JSON.
pub fn large_message(project: &str, seconds: i64) -> Message {
    let text = "\u{1}".repeat(255);
    Message {
        resource_type: Some(text.clone()),
        resource_uuid: Some(text.clone()),
        request_id: text,
        ..message(project, seconds)
    }
}
