//! Hexadecimal encoding.

use std::fmt::Write;

/// Encodes bytes in lower case.
pub fn write(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into memory does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Decodes 32 bytes from lower-case digits.
pub fn read(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        let text = write(&bytes);
        assert!(text.starts_with("000810") && text.ends_with("f0f8"), "{text}");
        assert_eq!(read(&text), Some(bytes));
        for other in [&text[1..], &text.to_uppercase(), &text.replace('0', "é"), ""] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
