//! `docs/architecture.md` against the source tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{FREE, RANKS, sources, sources_of};

const DOCUMENT: &str = include_str!("../../../docs/architecture.md");

/// What stands in backticks and has this form.
fn quoted(form: &str) -> BTreeSet<&'static str> {
    let quoted = Regex::new(&format!("`{form}`")).unwrap();
    quoted
        .captures_iter(DOCUMENT)
        .map(|found| found.get(1).unwrap().as_str())
        .collect()
}

#[test]
fn the_tests_that_hold_the_invariants_exist() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let modules = quoted("it ([a-z_:]*[a-z_])(?:::)?");
    assert!(modules.len() > 10, "{modules:?}");
    for module in modules {
        let path = tests.join(module.replace("::", "/"));
        assert!(path.is_dir() || path.with_extension("rs").is_file(), "{module}");
    }
}

#[test]
fn the_files_that_are_named_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "catalog", "tests/it", "clients/rust/src"].map(|folder| root.join(folder));
    let files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| sources_of(folder))
        .map(|(path, _)| path)
        .collect();
    let named = quoted(r"(?:src/|tests/it/)?([a-z_/]+(?:\.rs|/))");
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let is_there = files.iter().any(|path| match name.strip_suffix('/') {
            Some(folder) => path.ancestors().skip(1).any(|above| above.ends_with(folder)),
            None => path.ends_with(name),
        });
        assert!(is_there || root.join(name).is_dir(), "{name}");
    }
}

#[test]
fn the_ranks_are_those_of_the_rules() {
    let modules: BTreeSet<String> = sources().into_iter().map(|(module, ..)| module).collect();
    let row = Regex::new(r"(?m)^\| (\d|free) \| ([^|]*) \|").unwrap();
    let word = Regex::new("`([a-z]+)`").unwrap();
    let rows: Vec<Vec<&str>> = row
        .captures_iter(DOCUMENT)
        .map(|row| {
            let modules = word.captures_iter(row.get(2).unwrap().as_str());
            modules.map(|module| module.get(1).unwrap().as_str()).collect()
        })
        .collect();
    let there = |module: &&str| modules.contains(*module) || ["catalog", "tls"].contains(module);
    let ranks = RANKS[1..]
        .iter()
        .map(|rank| rank.iter().copied().filter(there).collect());
    let mut expected: Vec<Vec<&str>> = ranks.collect();
    expected.push(FREE.to_vec());
    let sets = |rows: Vec<Vec<&'static str>>| -> Vec<BTreeSet<&str>> {
        rows.into_iter().map(BTreeSet::from_iter).collect()
    };
    assert_eq!(sets(rows), sets(expected));
}
