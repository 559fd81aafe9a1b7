//! A receiver with a fault until it is mended, and what its listener must then show.

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};
use tidings::listener::{Listener, Reach};
use tidings::store::delivery::State;

use super::cloud::Cloud;
use crate::support::http::Request;

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A receiver.
#[derive(Default)]
pub struct Faulty {
    is_mended: AtomicBool,
    ids: Mutex<Vec<String>>,
}

impl Faulty {
    /// Serves each connection by a function; returns the port, too.
    pub fn start(serve: impl Fn(&Self, TcpStream) + Clone + Send + 'static) -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Arc::new(Self::default());
        let state = Arc::clone(&receiver);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (state, serve) = (Arc::clone(&state), serve.clone());
                std::thread::spawn(move || serve(&state, stream));
            }
        });
        (receiver, port)
    }

    pub fn is_mended(&self) -> bool {
        self.is_mended.load(Ordering::SeqCst)
    }

    /// Notes a request that it takes.
    pub fn take(&self, request: &Request) {
        let id = request.headers["webhook-id"].clone();
        self.ids.lock().unwrap().push(id);
    }
}

/// A listener of such a receiver, and a pattern of the reason why its attempts fail.
pub struct Trial {
    pub receiver: Arc<Faulty>,
    pub listener: Listener,
    pub reason: &'static str,
}

pub async fn listen(cloud: &Cloud, config: Value) -> Listener {
    let members = json!({
        "notifier_type": "http",
        "notifier_config": config,
        "event_types": ["message.delete"],
        "retry": [5, 5],
    });
    cloud.listener(Reach::Cloud, members).await
}

/// Expects that an attempt has failed for this reason.
pub async fn assert_failed(cloud: &Cloud, listener: &Listener, reason: &str) {
    assert_eq!(cloud.tried(listener, 1).await.state, State::Waiting, "{reason}");
    let attempts = cloud.attempts(listener).await;
    let answer = &attempts[0].answer;
    assert!(Regex::new(reason).unwrap().is_match(answer), "{reason}: {answer}");
    assert_eq!(attempts[0].status, None, "{reason}");
}

/// Reports an event, which must fail everywhere and arrive, with its id, once the receivers are mended.
pub async fn assert_overcome(cloud: &Cloud, trials: &[Trial]) {
    cloud.report("p1").await;
    for Trial {
        receiver,
        listener,
        reason,
    } in trials
    {
        assert_failed(cloud, listener, reason).await;
        assert!(receiver.ids.lock().unwrap().is_empty(), "{reason}");
        receiver.is_mended.store(true, Ordering::SeqCst);
    }
    cloud.clock.advance(Duration::from_secs(6));
    for Trial {
        receiver,
        listener,
        reason,
    } in trials
    {
        let delivery = cloud.tried(listener, 2).await;
        assert_eq!(delivery.state, State::Delivered, "{reason}");
        let event = delivery.event.to_string();
        assert_eq!(*receiver.ids.lock().unwrap(), [event], "{reason}");
    }
}
