//! Receivers: one that takes everything, and some that do not.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::bench::Outcome;

/// The `webhook-id` of a request, and its time.
type Arrival = (String, Instant);

/// The requests that a receiver got.
#[derive(Clone, Default)]
pub struct Received {
    count: Arc<AtomicUsize>,
    arrived: Arc<Notify>,
    /// Each of them, if they are kept.
    kept: Option<Arc<Mutex<Vec<Arrival>>>>,
}

impl Received {
    pub fn with_times() -> Self {
        Self {
            kept: Some(Arc::default()),
            ..Self::default()
        }
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits for this many requests.
    pub async fn reaches(&self, count: usize) {
        while self.count() < count {
            let arrived = self.arrived.notified();
            if self.count() >= count {
                break;
            }
            arrived.await;
        }
    }

    /// Returns what was kept since the last call.
    pub fn take(&self) -> Vec<Arrival> {
        let take = |kept: &Arc<Mutex<Vec<Arrival>>>| std::mem::take(&mut *kept.lock());
        self.kept.as_ref().map(take).unwrap_or_default()
    }

    fn note(&self, request: &HttpRequest) {
        if let Some(kept) = &self.kept {
            let id = request.headers().get("webhook-id");
            let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
            kept.lock().push((id.to_owned(), Instant::now()));
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.arrived.notify_one();
    }
}

/// Starts a receiver that answers 204 to everything; its worker is a thread of its own. Returns its URL.
pub fn takes_all(received: Received) -> Outcome<String> {
    let server = HttpServer::new(move || {
        let received = received.clone();
        App::new().default_service(web::to(move |request: HttpRequest, _: web::Bytes| {
            received.note(&request);
            std::future::ready(HttpResponse::NoContent().finish())
        }))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    Ok(format!("http://{address}/"))
}

/// The URL of a port that is closed.
pub fn refuses() -> Outcome<String> {
    let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    Ok(format!("http://{address}/"))
}

/// A port that answers nothing, as if its host were gone, and its URL.
pub fn is_silent() -> Outcome<(TcpListener, String)> {
    let port = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/", port.local_addr()?);
    Ok((port, url))
}

/// Starts a receiver that sends its answer a byte at a time and never finishes it. Returns its URL.
pub async fn trickles() -> Outcome<String> {
    let port = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", port.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = port.accept().await {
            tokio::spawn(async move {
                stream.readable().await?;
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
                for byte in head.iter().chain(std::iter::repeat(&b'.')) {
                    stream.write_all(&[*byte]).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok::<(), std::io::Error>(())
            });
        }
    });
    Ok(url)
}
