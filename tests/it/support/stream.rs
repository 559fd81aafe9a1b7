//! A client of the event stream.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::Actor;

/// Streams are never silent for longer, since a comment comes every 15 s; generous, for slow test machines.
const SILENCE: Duration = Duration::from_secs(45);

/// An open stream.
pub struct Stream {
    response: reqwest::Response,
    buffer: Vec<u8>,
    /// How far the buffer has been read.
    read: usize,
    /// The id in the greeting.
    pub start: String,
}

impl Stream {
    pub async fn open(actor: &Actor, last: Option<&str>) -> Self {
        Self::accepting("text/event-stream", actor, last).await
    }

    /// Like [`Stream::open`], with this Accept header.
    pub async fn accepting(accept: &str, actor: &Actor, last: Option<&str>) -> Self {
        let mut request = actor
            .request(Method::GET, &actor.messages())
            .header("Accept", accept);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        Self::of(request).await
    }

    /// Opens the stream of this request.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self {
            response,
            buffer: Vec::new(),
            read: 0,
            start: String::new(),
        };
        let greeting = stream.block().await.unwrap();
        let start = greeting.strip_prefix("retry: 2000\nid: ").unwrap();
        start
            .strip_suffix("\n: open")
            .unwrap()
            .clone_into(&mut stream.start);
        stream
    }

    /// Returns the next block of lines; `None` at the end of the stream.
    pub async fn block(&mut self) -> Option<String> {
        let mut searched = self.read;
        loop {
            let end = self.buffer[searched..].windows(2).position(|two| two == b"\n\n");
            if let Some(end) = end {
                let block = &self.buffer[self.read..searched + end];
                let block = std::str::from_utf8(block).unwrap().to_owned();
                self.read = searched + end + 2;
                return Some(block);
            }
            self.buffer.drain(..self.read);
            self.read = 0;
            searched = self.buffer.len().saturating_sub(1);
            let chunk = tokio::time::timeout(SILENCE, self.response.chunk()).await;
            let chunk = chunk.expect("the stream is silent").ok().flatten()?;
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// Returns the lines of the next event; `None` at the end of the stream.
    async fn lines(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            if !block.starts_with(':') {
                return Some(block);
            }
        }
    }

    /// Returns the id and message of the next event.
    pub async fn event(&mut self) -> (String, Value) {
        let lines = self.lines().await.expect("the stream ended");
        let field = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        assert_eq!(field("event: "), "message");
        let data: Value = serde_json::from_str(field("data: ")).unwrap();
        (field("id: ").to_owned(), data["message"].clone())
    }

    /// Returns the message of the next event, which has no id, as it is not in the order of time.
    pub async fn late(&mut self) -> Value {
        let lines = self.lines().await.expect("the stream ended");
        assert!(lines.starts_with("event: "), "{lines}");
        let data = lines
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        data["message"].clone()
    }

    /// Returns the id of the next event's message; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<String> {
        let lines = self.lines().await?;
        let (id, _) = lines.strip_prefix("id: ").unwrap().split_once('\n').unwrap();
        Some(id.split_once('-').unwrap().1.to_owned())
    }
}
