//! The format of a spool file: a JSON header line, then one message per line.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use crate::recorder::batch::{Batch, MAX_MESSAGES, is_key};
use crate::recorder::record::is_project_id;

/// The version of the format.
const VERSION: u32 = 1;
/// The longest header: it holds a project id, a key and numbers.
pub(super) const MAX_HEADER: usize = 1024;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum SpoolFault {
    /// Not a batch, or one of a later version.
    #[error("not a spooled batch of this version")]
    Foreign,
    /// Truncated or altered.
    #[error("its content does not agree with its checksum")]
    Damaged,
}

/// The header line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    tidings_spool: u32,
    /// The messages' project.
    pub project: String,
    key: String,
    /// The number of messages that follow.
    pub messages: usize,
    /// XXH3 (64 bits, hexadecimal) over project, key and messages: a corrupted project id would show messages to
    /// another tenant.
    checksum: String,
}

/// Returns the contents of a file for `batch`.
pub(super) fn encode(batch: &Batch) -> Option<Vec<u8>> {
    let header = Header {
        tidings_spool: VERSION,
        project: batch.project.to_string(),
        key: batch.key.clone(),
        messages: batch.messages.len(),
        checksum: checksum(batch),
    };
    let mut bytes = serde_json::to_vec(&header).ok()?;
    bytes.push(b'\n');
    for message in &batch.messages {
        bytes.extend_from_slice(message.as_bytes());
        bytes.push(b'\n');
    }
    Some(bytes)
}

/// Returns an upper bound on the size of `batch` without encoding it.
pub(super) fn length_bound(batch: &Batch) -> u64 {
    let messages: usize = batch.messages.iter().map(|message| message.len() + 1).sum();
    (MAX_HEADER + messages) as u64
}

/// Reads the header from the beginning of a file.
pub(super) fn header(start: &[u8]) -> Result<Header, SpoolFault> {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let header: Header = serde_json::from_slice(line).map_err(|_| SpoolFault::Foreign)?;
    let known = header.tidings_spool == VERSION
        && is_project_id(&header.project)
        && is_key(&header.key)
        && (1..=MAX_MESSAGES).contains(&header.messages);
    if known {
        Ok(header)
    } else {
        Err(SpoolFault::Foreign)
    }
}

/// Reads a whole file.
pub(super) fn decode(bytes: &[u8]) -> Result<Batch, SpoolFault> {
    let header = header(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|_| SpoolFault::Damaged)?;
    let messages = text.lines().skip(1).map(Into::into).collect();
    let batch = Batch {
        project: header.project.into(),
        key: header.key,
        messages,
    };
    let whole = batch.messages.len() == header.messages && checksum(&batch) == header.checksum;
    if whole {
        Ok(batch)
    } else {
        Err(SpoolFault::Damaged)
    }
}

fn checksum(batch: &Batch) -> String {
    let mut hasher = XxHash3_64::with_seed(0);
    for part in [&*batch.project, &batch.key]
        .into_iter()
        .chain(batch.messages.iter().map(|message| &**message))
    {
        hasher.write(part.as_bytes());
        hasher.write(b"\n");
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        Batch::new(
            "p1".into(),
            vec![r#"{"event_id":"A"}"#.into(), r#"{"event_id":"B"}"#.into()],
        )
    }

    #[test]
    fn a_batch_comes_back_as_it_was() {
        let batch = batch();
        let bytes = encode(&batch).unwrap();
        assert_eq!(decode(&bytes).as_ref(), Ok(&batch));
        assert_eq!(header(&bytes).unwrap().messages, 2);
    }

    #[test]
    fn a_file_cut_anywhere_is_noticed() {
        let bytes = encode(&batch()).unwrap();
        // Only a missing final line break goes unnoticed.
        for length in 0..bytes.len() - 1 {
            assert!(decode(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let batch = batch();
        let bytes = encode(&batch).unwrap();
        for position in 0..bytes.len() - 1 {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            assert_ne!(decode(&changed).as_ref(), Ok(&batch), "{position}");
            assert!(decode(&changed).is_err(), "{position}");
        }
    }

    #[test]
    fn something_else_is_foreign() {
        for text in ["", "\n", "hello", "{}", "[1]", r#"{"tidings_spool":2}"#] {
            assert_eq!(decode(text.as_bytes()), Err(SpoolFault::Foreign), "{text}");
        }
    }
}
