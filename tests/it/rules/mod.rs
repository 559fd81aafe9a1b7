//! The rules of the house: who may import whom, and where the database and the web framework may be known.

mod circles;
mod files;

use std::fs;
use std::path::{Path, PathBuf};

/// The modules by rank, highest first. A module may import what stands in a later row.
const RANKS: [&[&str]; 9] = [
    &["main"],
    &["cli"],
    &["api"],
    &["page", "delivery", "ingest", "recovery", "retention"],
    &["identity", "bus"],
    &["outbound"],
    &["store"],
    &["message", "event", "listener", "failure"],
    &["catalog"],
];

/// Modules that import nothing of ours and that anyone may import.
const FREE: [&str; 9] = [
    "backoff",
    "brief",
    "config",
    "telemetry",
    "clock",
    "legible",
    "spelling",
    "tls",
    "worker",
];

/// The free module that the others may import, too: the configuration suggests names as well.
const LEAF: &str = "spelling";

/// The source files below a folder: their paths there, and their texts.
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

/// The server's files, each with the module that it belongs to.
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

/// The modules of ours that a source file names, in `use` lines and in paths.
fn imports(text: &str) -> Vec<String> {
    // In one line, since an import may be spread over many.
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

/// The members of a list that ends with its brace, each with what belongs to it in braces of its own.
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
                    // A free module imports nothing of ours but the leaf, which itself imports nothing.
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

#[test]
fn only_the_clock_asks_the_system_for_the_time_of_day() {
    for (module, path, text) in sources() {
        let asks = ["SystemTime::now", "Utc::now", "Local::now"];
        assert!(
            module == "clock" || !asks.iter().any(|call| text.contains(call)),
            "{} reads the time of day: tests could not set it",
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

/// Whether a path begins with one of actix's crates.
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
