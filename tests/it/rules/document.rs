//! Compares documents with the source: `docs/architecture.md`, and the log texts that operators search for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{FREE, RANKS, sources, sources_of};

const DOCUMENT: &str = include_str!("../../../docs/architecture.md");

/// Returns the parts in backticks that have this form.
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
fn the_types_and_functions_that_are_named_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code: String = ["src", "catalog/src", "clients/rust/src"]
        .iter()
        .flat_map(|folder| sources_of(&root.join(folder)))
        .map(|(_, text)| text)
        .collect();
    let defined = Regex::new(r"\b(?:struct|enum|trait|type|fn) ([A-Za-z_]+)").unwrap();
    let defined: BTreeSet<&str> = defined
        .captures_iter(&code)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    let of_others = ["Debug"];
    let named = quoted("((?:[a-z_]+::)*[A-Z][A-Za-z]+(?:::[a-z_]+)?)");
    assert!(named.len() > 25, "{named:?}");
    for name in named {
        let words = name.split("::").filter(|word| !of_others.contains(word));
        let is_module = |word: &str| code.contains(&format!("mod {word};")) || word == "tidings_client";
        for word in words {
            assert!(defined.contains(word) || is_module(word), "{name}: {word}");
        }
    }
}

#[test]
fn the_unit_tests_and_other_paths_that_are_named_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for module in quoted("cargo test --lib ([a-z_:]+)") {
        let path = root.join("src").join(module.replace("::", "/"));
        assert!(path.is_dir() || path.with_extension("rs").is_file(), "{module}");
    }
    let paths = Regex::new(r"\b(?:src|tests|catalog|docs|migrations)/[A-Za-z_/]+\.[a-z]+").unwrap();
    let named: BTreeSet<&str> = paths.find_iter(DOCUMENT).map(|found| found.as_str()).collect();
    assert!(named.len() > 15, "{named:?}");
    for path in named {
        assert!(root.join(path).is_file(), "{path}");
    }
}

#[test]
fn every_module_has_a_paragraph() {
    for module in RANKS[1..].iter().copied().flatten().chain(&FREE) {
        assert!(DOCUMENT.contains(&format!("**`{module}`**")), "{module}");
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

/// Joins lines like the compiler: after a backslash the next line continues without its leading spaces.
fn whole_lines(text: &str) -> String {
    Regex::new(r"\\\n\s*").unwrap().replace_all(text, "").into_owned()
}

#[test]
fn the_texts_that_operators_look_for_are_in_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program: String = sources().iter().map(|(_, _, text)| whole_lines(text)).collect();
    let quoted = Regex::new("`([^`]+)`|“([^”]+)”|\"([^\"]+)\"").unwrap();
    let mut count = 0;
    for name in [
        "docs/operation.md",
        "docs/databases.md",
        "docs/zh_CN/operation.md",
        "docs/zh_CN/databases.md",
    ] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        // The last section describes faults and their causes.
        let (_, section) = text.rsplit_once("\n## ").unwrap();
        let symptoms = section
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
        for found in symptoms.flat_map(|symptom| quoted.captures_iter(symptom)) {
            let said = found.iter().skip(1).flatten().next().unwrap().as_str();
            let said = said
                .trim_start_matches("tidings: ")
                .trim_start_matches("[database] connection: ");
            for part in said.split("..").map(|part| part.trim_matches([' ', '.', ':'])) {
                assert!(program.contains(part), "{name}: {part}");
                count += 1;
            }
        }
    }
    assert!(count > 30, "{count} texts");
}
