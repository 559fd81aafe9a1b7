//! No two files import each other, directly or in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::files::Files;
use super::sources_of;

/// The crates of the workspace.
const CRATES: [&str; 3] = ["src", "catalog/src", "clients/rust/src"];

fn files(folder: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let sources = sources_of(&root);
    let sources = sources
        .iter()
        .map(|(path, text)| (path.to_str().unwrap(), text.as_str()));
    Files::new(sources)
}

/// Returns all files reachable from one.
fn reachable<'a>(from: &'a str, imports: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for next in imports.get(file).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}

/// Returns the imports that are part of a circle, as `a -> b`.
fn circles(files: &Files) -> Vec<String> {
    let imports = files.imports();
    let reached: BTreeMap<_, _> = imports
        .keys()
        .map(|file| (*file, reachable(file, &imports)))
        .collect();
    let mut found = Vec::new();
    for (from, targets) in &imports {
        for to in targets {
            if reached.get(to).is_some_and(|back| back.contains(from)) {
                found.push(format!("{from} -> {to}"));
            }
        }
    }
    found
}

#[test]
fn no_two_files_import_each_other() {
    for folder in CRATES {
        let circles = circles(&files(folder));
        assert!(circles.is_empty(), "in {folder}:\n{}", circles.join("\n"));
    }
}

#[test]
fn files_import_from_where_a_thing_is_defined_and_not_from_the_folder_above() {
    for folder in CRATES {
        let detours: Vec<_> = files(folder)
            .detours()
            .into_iter()
            .map(|(file, path)| format!("{file} imports {path}"))
            .collect();
        assert!(detours.is_empty(), "in {folder}:\n{}", detours.join("\n"));
    }
}

#[test]
fn the_rule_sees_circles_of_every_kind() {
    let found = |sources: &[(&str, &str)]| circles(&Files::new(sources.iter().copied()));
    // Directly, and through a third file.
    let straight = [("a.rs", "use crate::b::B;"), ("b.rs", "fn f(a: &super::a::A) {}")];
    assert_eq!(found(&straight), ["a.rs -> b.rs", "b.rs -> a.rs"]);
    let round = [
        ("a.rs", "use crate::{\n    b::{self, B},\n    x,\n};"),
        ("b.rs", "use super::c::C;"),
        ("c.rs", "let a = crate::a::new();"),
    ];
    assert_eq!(found(&round).len(), 3);
    // A directory's mod.rs that contains code.
    let folder = [
        ("m/mod.rs", "mod a;\npub use a::A;\npub struct M(a::A);"),
        ("m/a.rs", "use super::M;"),
    ];
    assert_eq!(found(&folder), ["m/a.rs -> m/mod.rs", "m/mod.rs -> m/a.rs"]);
    // A re-export leads to the file that defines the name.
    let exports = [
        (
            "m/mod.rs",
            "mod a;\nmod b;\npub use a::A;\npub use b::{B, C as D};",
        ),
        ("m/a.rs", "pub struct A;"),
        ("m/b.rs", "use crate::m::A;"),
        ("n.rs", "use crate::m::B;"),
    ];
    assert_eq!(found(&exports), Vec::<String>::new());
    let detours = Files::new(exports).detours();
    assert_eq!(detours, [("m/b.rs".to_owned(), "m::A".to_owned())]);
    // A re-export that its own file also uses.
    let used = [
        ("m/mod.rs", "mod a;\npub use a::A;\npub struct M(A);"),
        ("m/a.rs", "use super::M;\npub struct A;"),
    ];
    assert_eq!(found(&used).len(), 2);
    // Through an imported module.
    let through = [
        ("a.rs", "use crate::m;\nfn f(b: m::b::B) {}"),
        ("m/mod.rs", "pub mod b;"),
        ("m/b.rs", "use crate::a::A;"),
    ];
    assert_eq!(found(&through), ["a.rs -> m/b.rs", "m/b.rs -> a.rs"]);
    // From an inline module.
    let inline = [
        (
            "lib.rs",
            "mod a;\nmod made {\n    use super::a::A;\n}\npub struct L;",
        ),
        ("a.rs", "use super::L;\nlet quote = '\"';\nlet text = \"\\\\\";"),
    ];
    assert_eq!(found(&inline).len(), 2);
    // Tests and comments do not count.
    let tests = [
        ("a.rs", "use crate::b::B;"),
        (
            "b.rs",
            "// use crate::a;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}",
        ),
    ];
    assert_eq!(found(&tests), Vec::<String>::new());
}
