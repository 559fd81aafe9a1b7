//! A mail server in this process that says what a test wants it to.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server says to lines that start like this, in place of `250 ok`.
type Replies = Arc<Mutex<Vec<(&'static str, &'static str)>>>;

/// In place of a reply: says nothing, and waits for the next line.
pub const SILENCE: &str = "";

/// A mail server.
pub struct MailHost {
    pub port: u16,
    replies: Replies,
    lines: Arc<Mutex<Vec<String>>>,
}

impl MailHost {
    /// Starts one with these replies. `hello` stands for the greeting, `.` for the end of an e-mail.
    pub async fn start(replies: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = Self {
            port: listener.local_addr().unwrap().port(),
            replies: Arc::new(Mutex::new(replies.to_vec())),
            lines: Arc::default(),
        };
        let (replies, lines) = (Arc::clone(&host.replies), Arc::clone(&host.lines));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&replies), Arc::clone(&lines)));
            }
        });
        host
    }

    /// Replaces the replies.
    pub fn say(&self, replies: &[(&'static str, &'static str)]) {
        *self.replies.lock().unwrap() = replies.to_vec();
    }

    /// Returns the lines received so far that start like this.
    pub fn heard(&self, start: &str) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines
            .iter()
            .filter(|line| line.starts_with(start))
            .cloned()
            .collect()
    }
}

async fn talk(stream: TcpStream, replies: Replies, lines: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let (mut line, mut is_data) = ("hello".to_owned(), false);
    loop {
        lines.lock().unwrap().push(line.clone());
        if !is_data || line == "." {
            let found = replies
                .lock()
                .unwrap()
                .iter()
                .find(|(start, _)| line.starts_with(start))
                .copied();
            let reply = found.map_or_else(|| usual(&line), |(_, reply)| reply);
            is_data = reply.starts_with("354");
            if reply != SILENCE && stream.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                return;
            }
            if reply.starts_with("421") {
                return;
            }
        }
        line.clear();
        match stream.read_line(&mut line).await {
            Ok(read) if read > 0 => line.truncate(line.trim_end().len()),
            _ => return,
        }
    }
}

fn usual(line: &str) -> &'static str {
    match line.split(' ').next() {
        Some("hello") => "220 test",
        Some("EHLO") => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME",
        Some("DATA") => "354 go on",
        Some("AUTH") => "235 welcome",
        _ => "250 ok",
    }
}
