//! Finds the end of a request's head.

/// Finds the empty line after a head, across reads. Skips empty lines before a head, as the parser does.
#[derive(Default)]
pub struct Head {
    /// Whether any byte was read since the last head.
    has_come: bool,
    /// Whether the head has begun.
    has_begun: bool,
    /// Whether the current line has anything in it.
    has_line: bool,
    /// What the head says about the body, as far as it was read.
    length: Length,
}

/// The announced length of a body.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
enum Length {
    #[default]
    None,
    Bytes(usize),
    Unknown,
}

/// How many bytes belong to the first request.
#[derive(Debug, PartialEq)]
pub struct End {
    /// Bytes up to the end of the head.
    pub head: usize,
    /// Bytes of the body.
    pub body: usize,
}

impl Head {
    /// Whether part of a head was read, or of the empty lines before it.
    pub fn has_come(&self) -> bool {
        self.has_come
    }

    /// Continues. Returns the end of the head once found, and is ready for the next one.
    pub fn read(&mut self, bytes: &[u8]) -> Option<End> {
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &bytes[start..]) {
            let line = &bytes[start..start + length];
            start += length + 1;
            let is_empty = !self.has_line && (line.is_empty() || line == b"\r");
            if is_empty && self.has_begun {
                let body = self.length.within(bytes.len() - start);
                *self = Self::default();
                return Some(End { head: start, body });
            }
            // A length whose line is split across reads is unknown here.
            if !self.has_line {
                self.length.read(line);
            }
            self.has_begun |= !is_empty;
            self.has_line = false;
        }
        self.has_line |= start < bytes.len() && bytes[start..] != *b"\r";
        self.has_come |= !bytes.is_empty();
        None
    }
}

impl Length {
    fn read(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return;
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = std::str::from_utf8(value.trim_ascii()).ok();
            *self = value
                .and_then(|value| value.parse().ok())
                .map_or(Self::Unknown, Self::Bytes);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            *self = Self::Unknown;
        }
    }

    /// How many of the bytes certainly belong to the body.
    fn within(self, came: usize) -> usize {
        match self {
            Self::Bytes(length) => length.min(came),
            Self::None | Self::Unknown => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(bytes: &str) -> Option<End> {
        Head::default().read(bytes.as_bytes())
    }

    #[test]
    fn a_head_ends_with_its_empty_line() {
        for (bytes, head) in [
            ("GET / HTTP/1.1\r\n\r\n", 18),
            ("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 18),
            ("GET / HTTP/1.1\nHost: a\n\nmore", 24),
            ("\r\n\n\r\nGET / HTTP/1.1\r\n\r\n", 23),
        ] {
            assert_eq!(end(bytes), Some(End { head, body: 0 }), "{bytes:?}");
        }
        for bytes in [
            "",
            "\r\n",
            "\r\n\r\n",
            "GET / HTTP/1.1\r\n",
            "GET / HTTP/1.1\r\n\r",
        ] {
            assert_eq!(end(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_head_may_come_in_pieces() {
        let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for cut in 0..bytes.len() {
            let mut head = Head::default();
            assert_eq!(head.read(&bytes[..cut]), None, "{cut}");
            assert_eq!(head.has_come(), cut > 0, "{cut}");
            let expected = End {
                head: bytes.len() - cut,
                body: 0,
            };
            assert_eq!(head.read(&bytes[cut..]), Some(expected), "{cut}");
            assert!(!head.has_come());
        }
    }

    #[test]
    fn a_body_that_came_with_its_head_is_told_from_the_next_request() {
        let body = |headers: &str| {
            end(&format!("POST / HTTP/1.1\r\n{headers}\r\n0123456789"))
                .unwrap()
                .body
        };
        assert_eq!(body("content-LENGTH:  4 \r\n"), 4);
        assert_eq!(body("Content-Length: 400\r\n"), 10);
        for unknown in [
            "",
            "Content-Length: -1\r\n",
            "Transfer-Encoding: chunked\r\n",
            "X: Content-Length: 4\r\n",
        ] {
            assert_eq!(body(unknown), 0, "{unknown:?}");
        }
    }
}
