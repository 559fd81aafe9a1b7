//! The architecture's rules: which module may import which, and which may use the database and the web framework.

mod circles;
mod document;
mod files;

use std::fs;
use std::path::{Path, PathBuf};

/// The modules by rank, highest first. A module may import only from later rows.
const RANKS: [&[&str]; 9] = [
    &["main"],
    &["cli"],
    &["api"],
    &["page", "delivery", "ingest", "follow", "recovery", "retention"],
    &["identity", "bus"],
    &["outbound"],
    &["store"],
    &["message", "event", "listener", "failure"],
    &["catalog"],
];

/// Modules that import no other module and that any module may import.
const FREE: [&str; 11] = [
    "backoff",
    "brief",
    "config",
    "telemetry",
    "clock",
    "legible",
    "named",
    "seal",
    "spelling",
    "tls",
    "worker",
];

/// The free module that the other free modules may import too: the configuration also suggests names.
const LEAF: &str = "spelling";

/// Returns the source files below a directory: their paths there, and their texts.
fn sources_of(root: &Path) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(root, &mut paths);
    let sources = paths.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root).unwrap().to_owned(), text)
    });
    sources.collect()
}

/// Returns the server's files, each with its module.
fn sources() -> Vec<(String, PathBuf, String)> {
    let sources = sources_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let sources = sources.into_iter().map(|(path, text)| {
        let module = path.components().next().unwrap().as_os_str().to_str().unwrap();
        (module.trim_end_matches(".rs").to_owned(), path, text)
    });
    sources.collect()
}

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|row| row.contains(&module))
}

/// Returns the modules that a source file names, in `use` lines and in paths.
fn imports(text: &str) -> Vec<String> {
    // On one line, since an import may span several.
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line.trim(), " "])
        .collect();
    let mut found = Vec::new();
    for root in ["crate::", "use tidings::"] {
        for (index, _) in code.match_indices(root) {
            let rest = &code[index + root.len()..];
            match rest.strip_prefix('{') {
                // `use crate::{a, b::c}` names several.
                Some(list) => found.extend(members(list).into_iter().map(first_word)),
                None => found.push(first_word(rest)),
            }
        }
    }
    found.retain(|name| rank(name).is_some() || FREE.contains(&name.as_str()));
    found
}

/// Returns the members of a list up to its closing brace, each with its own braces.
fn members(list: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (index, sign) in list.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth > 0 => {}
            ',' | '}' => {
                members.push(&list[start..index]);
                start = index + 1;
                if sign == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    members
}

fn first_word(path: &str) -> String {
    path.trim()
        .chars()
        .take_while(|c| c.is_ascii_lowercase() || *c == '_')
        .collect()
}

#[test]
fn modules_import_only_what_stands_below_them() {
    let mut faults = Vec::new();
    for (module, path, text) in sources() {
        if module == "lib" {
            continue;
        }
        for import in imports(&text) {
            let allowed = import == module
                || match (rank(&module), rank(&import)) {
                    (Some(above), Some(below)) => above < below,
                    (Some(_), None) => true,
                    // A free module may import only the leaf, which itself imports nothing.
                    (None, _) => import == LEAF,
                };
            if !allowed {
                faults.push(format!("{}: {module} imports {import}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_rank() {
    for (module, path, _) in sources() {
        let is_known = rank(&module).is_some() || FREE.contains(&module.as_str()) || module == "lib";
        assert!(is_known, "{}: {module} stands in no row of RANKS", path.display());
    }
}

#[test]
fn only_the_store_knows_the_database_and_only_the_api_the_web() {
    for (module, path, text) in sources() {
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let is_serve = path == Path::new("cli/serve.rs");
        assert!(
            module == "store" || !code.contains("diesel::"),
            "{} knows diesel",
            path.display()
        );
        assert!(
            module == "api" || is_serve || !imports_actix(&code),
            "{} knows actix",
            path.display()
        );
    }
}

/// A panic elsewhere must not spoil a lock for good.
#[test]
fn locks_are_those_of_parking_lot() {
    for (_, path, text) in sources() {
        assert!(
            !text.contains("PoisonError"),
            "{} uses a lock that a panic poisons",
            path.display()
        );
    }
}

/// Whether a path starts with one of actix's crates.
fn imports_actix(code: &str) -> bool {
    code.match_indices("actix_").any(|(at, _)| {
        let name = code[at..].split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        name.take(1).any(|name| code[at + name.len()..].starts_with("::"))
    })
}

#[test]
fn the_rules_see_an_import_where_there_is_one() {
    assert_eq!(imports("use crate::store::{self, Store};"), ["store"]);
    assert_eq!(imports("use crate::{api, message::time};"), ["api", "message"]);
    assert_eq!(
        imports("    let x = crate::config::Config::default();"),
        ["config"]
    );
    assert_eq!(
        imports(
            "use crate::{\n    config::{self, Config},\n    // a word\n    api,\n    store::{api, x},\n};\nuse a::store;"
        ),
        ["config", "api", "store"]
    );
    assert_eq!(imports("// use crate::api;"), Vec::<String>::new());
}
