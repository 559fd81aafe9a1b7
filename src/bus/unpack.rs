//! Decompresses bodies as kombu does, up to a limit.

use std::io::Read;

use bzip2::read::BzDecoder;
use flate2::read::ZlibDecoder;
use lzma_rust2::XzReader;

use super::notification::Malformed;

/// The most bytes of a body, compressed or decompressed: RabbitMQ's own limit.
pub const LARGEST: usize = 16 << 20;

/// The memory limit for an xz stream, in KiB. kombu's dictionary is half of [`LARGEST`]; one larger than that would
/// never fill up.
const XZ_MEMORY: u32 = 17 << 10;

/// Decompresses a body. `compression` is its header of that name: a media type, or one of kombu's aliases.
///
/// # Errors
/// Returns an error for another compression, a broken body, and a body of more than [`LARGEST`] bytes.
pub(super) fn unpack(compression: &str, body: &[u8]) -> Result<Vec<u8>, Malformed> {
    match compression {
        "application/x-gzip" | "application/zlib" | "gzip" | "zlib" => read(ZlibDecoder::new(body)),
        "application/x-bz2" | "bzip2" | "bzip" => read(BzDecoder::new(body)),
        "application/x-lzma" | "lzma" | "xz" => read(XzReader::new_mem_limit(body, true, XZ_MEMORY)),
        _ => Err(Malformed::Compression),
    }
}

fn read(packed: impl Read) -> Result<Vec<u8>, Malformed> {
    let mut body = Vec::new();
    packed
        .take(LARGEST as u64 + 1)
        .read_to_end(&mut body)
        .map_err(|_| Malformed::Packed)?;
    if body.len() > LARGEST {
        return Err(Malformed::TooLarge);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Python's `zlib`, `bz2` and `lzma` make of 16 MiB of spaces plus one, and of [`BODY`].
    const PACKED: [(&str, &[u8], &[u8]); 3] = [
        (
            "application/x-gzip",
            include_bytes!("../../tests/fixtures/packed/spaces.zlib"),
            include_bytes!("../../tests/fixtures/packed/body.zlib"),
        ),
        (
            "application/x-bz2",
            include_bytes!("../../tests/fixtures/packed/spaces.bz2"),
            include_bytes!("../../tests/fixtures/packed/body.bz2"),
        ),
        (
            "application/x-lzma",
            include_bytes!("../../tests/fixtures/packed/spaces.xz"),
            include_bytes!("../../tests/fixtures/packed/body.xz"),
        ),
    ];

    const BODY: &[u8] = br#"{"event_type": "a.b", "priority": "INFO", "payload": 1}"#;

    #[test]
    fn what_kombu_packs_is_unpacked_up_to_a_size() {
        for (compression, spaces, body) in PACKED {
            assert_eq!(unpack(compression, body).as_deref(), Ok(BODY), "{compression}");
            assert_eq!(
                unpack(compression, spaces),
                Err(Malformed::TooLarge),
                "{compression}"
            );
            assert_eq!(unpack(compression, BODY), Err(Malformed::Packed), "{compression}");
            let cut = &body[..body.len() - 9];
            assert_eq!(unpack(compression, cut), Err(Malformed::Packed), "{compression}");
        }
        assert_eq!(unpack("application/x-brotli", BODY), Err(Malformed::Compression));
    }

    #[test]
    fn an_xz_stream_that_asks_for_much_memory_is_refused() {
        // Python's preset 9, whose dictionary has 64 MiB.
        let greedy = include_bytes!("../../tests/fixtures/packed/body-9.xz");
        assert_eq!(unpack("xz", greedy), Err(Malformed::Packed));
    }

    proptest! {
        #[test]
        fn a_damaged_body_is_refused_or_read(which in 0..3_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let (compression, _, body) = PACKED[which];
            let mut damaged = body.to_vec();
            let at = at.index(damaged.len());
            damaged[at] ^= 1 << bit;
            let _ = unpack(compression, &damaged);
        }
    }
}
