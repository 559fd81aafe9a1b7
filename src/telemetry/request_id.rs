//! Request ids as in oslo.middleware.

use std::fmt;
use std::str;

use uuid::Uuid;

const PREFIX: &[u8; 4] = b"req-";

/// `req-` and a lower-case UUID, without an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 40]);

impl RequestId {
    /// Creates a random id. Every request gets one, whatever the client sends.
    #[expect(clippy::new_without_default, reason = "two defaults would differ")]
    pub fn new() -> Self {
        Self::from_uuid(Uuid::new_v4())
    }

    /// Creates the id for a UUID.
    pub fn from_uuid(uuid: Uuid) -> Self {
        let mut text = [0; 40];
        text[..4].copy_from_slice(PREFIX);
        uuid.hyphenated().encode_lower(&mut text[4..]);
        Self(text)
    }

    /// Parses the `X-Openstack-Request-Id` of a client. It must have exactly the form
    /// `req-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with digits and `a` to `f`; anything else has to be ignored, since it
    /// could inject text into logs and answers.
    pub fn parse_global(text: &str) -> Option<Self> {
        let bytes: [u8; 40] = text.as_bytes().try_into().ok()?;
        let uuid = bytes.strip_prefix(PREFIX)?;
        let right = uuid.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
        right.then_some(Self(bytes))
    }

    /// Returns the text, 40 characters long.
    pub fn as_str(&self) -> &str {
        // Always ASCII; checking 40 bytes again is cheaper than giving up `forbid(unsafe_code)`.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_ids_differ_and_are_global_ids_themselves() {
        let (one, two) = (RequestId::new(), RequestId::new());
        assert_ne!(one, two);
        assert_eq!(RequestId::parse_global(one.as_str()), Some(one));
        assert_eq!(one.to_string(), one.as_str());
        assert_eq!((one.as_str().len(), &one.as_str()[18..19]), (40, "4"));
    }

    #[test]
    fn is_made_of_a_uuid() {
        let id = RequestId::from_uuid(Uuid::from_u128(0x0012_3456_789a_bcde_f012_3456_789a_bcde));
        assert_eq!(format!("{id:?}"), "req-00123456-789a-bcde-f012-3456789abcde");
    }

    #[test]
    fn takes_no_other_form() {
        let good = "req-00123456-789a-bcde-f012-3456789abcde";
        assert!(RequestId::parse_global(good).is_some());
        for bad in [
            "",
            "req-",
            &good[..39],
            &format!("{good}0"),
            &format!("{good}\n"),
            &format!(" {}", &good[..39]),
            &good.to_uppercase(),
            &good.replace("req-", "REQ-"),
            &good.replace('b', "B"),
            &good.replace('0', "g"),
            &good.replace("-789a", "0789a"),
            &good.replace("12-", "1--"),
            &good.replace("00", "é"),
        ] {
            assert_eq!(RequestId::parse_global(bad), None, "{bad:?}");
        }
    }
}
