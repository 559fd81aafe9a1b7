//! What the documents tell an operator to write.

use std::path::Path;

/// The block of a document that is marked `<!-- tested: NAME -->`. tests/docs/check.py sees to it that every such block is
/// taken by a test.
#[track_caller]
pub fn document(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (_, after) = text.split_once(&format!("<!-- tested: {name} -->\n```")).unwrap();
    let (block, _) = after.split_once("\n```\n").unwrap();
    block.split_once('\n').unwrap().1.to_owned()
}
