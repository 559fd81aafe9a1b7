//! Gives the framework's own refusals, of heads that are malformed, too large or too slow, a body like any other error.

use serde_json::json;

/// The longest head of such an answer, in bytes.
const LONGEST: usize = 256;

/// The answer to send in place of `answer`, if that is a refusal of the framework.
pub fn worded(answer: &[u8]) -> Option<Vec<u8>> {
    let status = answer
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| answer.strip_prefix(b"HTTP/1.0 "))?;
    let (line, name, code, text) = match status.get(..3)? {
        b"400" => (
            "400 Bad Request",
            "badRequest",
            400,
            "The HTTP request is malformed, or its target is longer than 64 KiB.",
        ),
        b"408" => (
            "408 Request Timeout",
            "computeFault",
            408,
            "The head of the request did not arrive in time.",
        ),
        b"431" => (
            "431 Request Header Fields Too Large",
            "badRequest",
            431,
            "The head of the request is larger than 128 KiB or has too many lines.",
        ),
        _ => return None,
    };
    if !is_bare(answer) {
        return None;
    }
    let body = json!({ name: { "code": code, "message": text } }).to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {line}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    Some((head + &body).into_bytes())
}

/// Whether it is a short head without a body and without a request id, which every other answer has.
fn is_bare(answer: &[u8]) -> bool {
    let has = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
    answer.len() <= LONGEST
        && answer.ends_with(b"\r\n\r\n")
        && has(b"\r\ncontent-length: 0\r\n")
        && !has(b"\r\nx-openstack-request-id: ")
}
