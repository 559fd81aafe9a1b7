//! Commands and settings from the documents.

use std::path::Path;

/// Returns the block of a document that is marked `<!-- tested: NAME -->`. tests/docs/check.py makes sure that a test
/// takes every such block.
#[track_caller]
pub fn document(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (_, after) = text.split_once(&format!("<!-- tested: {name} -->\n```")).unwrap();
    let (block, _) = after.split_once("\n```\n").unwrap();
    block.split_once('\n').unwrap().1.to_owned()
}
