//! Handwritten HTTP: a client that can misbehave.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::SOON;
use crate::support::let_pass_here;

/// One connection to a server.
pub struct Connection {
    stream: BufReader<Socket>,
}

/// A socket that can be read slowly.
struct Socket {
    stream: TcpStream,
    rest: Duration,
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let_pass_here(self.rest);
        let most = if self.rest.is_zero() {
            buffer.len()
        } else {
            16 << 10
        };
        let length = buffer.len().min(most);
        self.stream.read(&mut buffer[..length])
    }
}

/// A fully read response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(SOON))?;
        stream.set_write_timeout(Some(SOON))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(Socket {
                stream,
                rest: Duration::ZERO,
            }),
        })
    }

    /// Writes bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().stream.write_all(bytes.as_ref())
    }

    /// Pauses before each read of a few kilobytes from now on.
    pub fn read_slowly(&mut self, rest: Duration) {
        self.stream.get_mut().rest = rest;
    }

    /// Closes one half of the connection, or both.
    pub fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.stream.get_ref().stream.shutdown(how)
    }

    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))?;
        self.answer()
    }

    pub fn delete(&mut self, project: &str, id: &str) -> io::Result<Answer> {
        self.send(format!(
            "DELETE /v3/{project}/messages/{id} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ))?;
        self.answer()
    }

    /// Records in a project.
    pub fn post(&mut self, project: &str, body: &str) -> io::Result<Answer> {
        self.post_with(project, "", body)
    }

    /// The same with further header lines, each with its line break.
    pub fn post_with(&mut self, project: &str, headers: &str, body: &str) -> io::Result<Answer> {
        let head = post_head(project, &format!("Content-Length: {}\r\n{headers}", body.len()));
        self.send(head + body)?;
        self.answer()
    }

    /// Reads one answer.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        let mut headers = HashMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        })
    }

    /// Reads a line without its end; fails if the connection ends instead.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Reads until the server closes the connection in any way.
    pub fn wait_for_close(&mut self) -> io::Result<()> {
        let mut rest = [0; 4096];
        loop {
            match self.stream.read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the head of a POST, with these further header lines.
pub fn post_head(project: &str, headers: &str) -> String {
    format!(
        "POST /v3/{project}/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n"
    )
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the name of the error; fails unless the error has the usual form.
    #[track_caller]
    pub fn fault(&self) -> String {
        let body = self.json();
        let faults = body.as_object().unwrap();
        let (name, fault) = faults.iter().next().unwrap();
        assert_eq!(
            (faults.len(), fault["code"].as_u64()),
            (1, Some(self.status.into())),
            "{self:?}"
        );
        assert!(!fault["message"].as_str().unwrap().is_empty(), "{self:?}");
        name.clone()
    }
}
