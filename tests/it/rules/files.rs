//! The imports between files, read from the source.
//!
//! An import is a path in `use` or in code that starts with `crate`, `super` or `self`, or with a module that the file
//! declares. It leads to the file that defines the name, even if a `mod.rs` re-exports it. Unit tests do not count.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::members;

/// A module: the segments of its path below the crate.
type Module = Vec<String>;

/// The files of one crate.
pub struct Files {
    files: BTreeMap<Module, File>,
}

struct File {
    path: String,
    /// The code without comments and unit tests, on one line.
    code: String,
    children: BTreeSet<String>,
    /// The re-exports of `pub use`: each name, and the path that it stands for.
    exports: BTreeMap<String, Vec<String>>,
}

/// An import to report: the file, and the path as written.
pub type Import = (String, String);

impl Files {
    /// Takes paths below the crate's source and their texts.
    pub fn new<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = sources.into_iter().map(|(path, text)| {
            let code = code(text);
            let children = declared(&code);
            let file = File {
                path: path.to_owned(),
                exports: exports(&code, &children),
                children,
                code,
            };
            (module(path), file)
        });
        Self {
            files: files.collect(),
        }
    }

    /// Returns the files that each file imports, by path.
    pub fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let imports = self.files.iter().map(|(module, file)| {
            let paths = Self::paths(module, file);
            let through = self.through_modules(file, &paths);
            let targets = paths
                .iter()
                .chain(&through)
                .filter_map(|path| self.defining(path, 0))
                .filter(|target| *target != file.path);
            (file.path.as_str(), targets.collect())
        });
        imports.collect()
    }

    /// Returns the paths of a file relative to the crate.
    fn paths(module: &[String], file: &File) -> Vec<Module> {
        let paths = paths(&file.code, &file.children).into_iter();
        paths
            .filter_map(|(depth, path)| absolute(&inside(module, depth), &path))
            .collect()
    }

    /// Returns what a file names through modules that it imports: `engine::writer::Writer` after `use
    /// crate::store::engine`.
    fn through_modules(&self, file: &File, paths: &[Module]) -> Vec<Module> {
        let mut through = Vec::new();
        for used in paths.iter().filter(|path| self.files.contains_key(*path)) {
            let Some(name) = used.last() else { continue };
            let root = format!("{name}::");
            for (at, _) in file.code.match_indices(&root) {
                if is_word_start(&file.code, at) {
                    let tails = tree(&file.code[at + root.len()..]).into_iter();
                    through.extend(tails.map(|tail| [used.clone(), tail].concat()));
                }
            }
        }
        through
    }

    /// Returns imports from a `mod.rs` above the file that only re-exports the name.
    pub fn detours(&self) -> Vec<Import> {
        let mut detours = Vec::new();
        for (module, file) in &self.files {
            for path in Self::paths(module, file) {
                let (owner, rest) = self.owner(&path);
                let is_above = owner.len() < module.len() && module.starts_with(&owner) && !owner.is_empty();
                let is_export = rest
                    .first()
                    .is_some_and(|name| self.files[&owner].exports.contains_key(name));
                if is_above && is_export {
                    detours.push((file.path.clone(), path.join("::")));
                }
            }
        }
        detours
    }

    /// Returns the module that a path leads into, and the rest of the path.
    fn owner<'p>(&self, path: &'p [String]) -> (Module, &'p [String]) {
        let length = (0..=path.len())
            .rev()
            .find(|length| self.files.contains_key(&path[..*length]))
            .unwrap_or(0);
        (path[..length].to_vec(), &path[length..])
    }

    /// Returns the path of the file that defines a name; `None` outside of the crate.
    fn defining(&self, path: &[String], depth: usize) -> Option<&str> {
        let (owner, rest) = self.owner(path);
        let file = self.files.get(&owner)?;
        let Some(name) = rest.first() else {
            return Some(&file.path);
        };
        match file.exports.get(name) {
            Some(export) if depth < 8 => self.defining(&absolute(&owner, export)?, depth + 1),
            _ => Some(&file.path),
        }
    }
}

/// `store/engine/mod.rs` is the module `store::engine`; `lib.rs` is the crate.
fn module(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    let path = path
        .strip_suffix("mod")
        .map_or(path, |path| path.trim_end_matches('/'));
    path.split('/')
        .filter(|segment| !segment.is_empty() && *segment != "lib")
        .map(str::to_owned)
        .collect()
}

/// Returns the code on one line, without comments, string literals and unit tests.
fn code(text: &str) -> String {
    let text = text
        .split_once("\n#[cfg(test)]\nmod tests {")
        .map_or(text, |(code, _)| code);
    let line: String = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| [line, " "])
        .collect();
    let raw = Regex::new("r#\".*?\"#").unwrap();
    let escaped = Regex::new(r"\\.").unwrap();
    let line = raw.replace_all(&line, "");
    // A quote as a character, and in a string.
    let line = escaped.replace_all(&line, "").replace("'\"'", "");
    let parts: Vec<&str> = line.split('"').collect();
    assert!(
        parts.len() % 2 == 1,
        "a text does not end: {}",
        &text[..text.len().min(80)]
    );
    parts.into_iter().step_by(2).collect()
}

/// Returns the modules that a file declares.
fn declared(code: &str) -> BTreeSet<String> {
    let after = code
        .match_indices("mod ")
        .filter(|(at, _)| is_word_start(code, *at));
    let names = after.filter_map(|(at, word)| {
        let (name, _) = code[at + word.len()..].split_once(';')?;
        is_name(name).then(|| name.to_owned())
    });
    names.collect()
}

/// Returns the names that `pub use` re-exports from other modules.
fn exports(code: &str, children: &BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let mut exports = BTreeMap::new();
    for (at, word) in code
        .match_indices("use ")
        .filter(|(at, _)| is_word_start(code, *at))
    {
        let is_public = code[..at].trim_end().ends_with("pub")
            || code[..at].trim_end().ends_with("pub(crate)")
            || code[..at].trim_end().ends_with("pub(super)");
        if !is_public {
            continue;
        }
        for path in tree(&code[at + word.len()..]) {
            let first = path.first().map_or("", String::as_str);
            if children.contains(first) || matches!(first, "crate" | "self" | "super") {
                let name = path.last().cloned().unwrap_or_default();
                exports.insert(name, path);
            }
        }
    }
    exports
}

/// Returns the paths of a file that lead into its crate, each with the number of inline modules around it.
fn paths(code: &str, children: &BTreeSet<String>) -> Vec<(usize, Vec<String>)> {
    let roots = ["crate", "super", "self"]
        .into_iter()
        .chain(children.iter().map(String::as_str));
    let mut paths = Vec::new();
    for root in roots {
        let root = format!("{root}::");
        for (at, _) in code
            .match_indices(&root)
            .filter(|(at, _)| is_word_start(code, *at))
        {
            if code[..at].ends_with("pub(in ") {
                continue;
            }
            let is_export = is_export(&code[..at]);
            let found = tree(&code[at..]).into_iter();
            // A re-export does not use the name, unless the file also mentions it elsewhere.
            let found =
                found.filter(|path| !is_export || path.last().is_some_and(|name| count(code, name) > 1));
            let depth = inline_modules(&code[..at]);
            paths.extend(found.map(|path| (depth, path)));
        }
    }
    paths
}

/// Returns how often a word occurs in the code.
fn count(code: &str, word: &str) -> usize {
    let words = code.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    words.filter(|part| *part == word).count()
}

/// Returns how many inline modules are open at the end of this code.
fn inline_modules(before: &str) -> usize {
    let begun = before
        .match_indices("mod ")
        .filter(|(at, _)| is_word_start(before, *at));
    let open = begun.filter(|(at, word)| {
        let Some((name, body)) = before[at + word.len()..].split_once(" {") else {
            return false;
        };
        let depth = body.chars().fold(1, |depth, sign| match sign {
            '{' => depth + 1,
            '}' if depth > 0 => depth - 1,
            _ => depth,
        });
        is_name(name) && depth > 0
    });
    open.count()
}

/// Returns a module nested in this many inline modules; their names do not matter.
fn inside(module: &[String], depth: usize) -> Module {
    [module.to_vec(), vec!["{}".to_owned(); depth]].concat()
}

/// Whether a path that starts here belongs to `pub use`.
fn is_export(before: &str) -> bool {
    let before = before.trim_end();
    let before = before.strip_suffix("use").map(str::trim_end);
    before.is_some_and(|before| {
        before.ends_with("pub") || before.ends_with("pub(crate)") || before.ends_with("pub(super)")
    })
}

/// Returns the paths of a tree such as `a::{b, c::d}`, as far as it can be parsed.
fn tree(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if let Some(list) = text.strip_prefix('{') {
        return members(list).into_iter().flat_map(tree).collect();
    }
    let end = text
        .find(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return vec![Vec::new()];
    }
    let Some(rest) = rest.strip_prefix("::") else {
        return vec![vec![name.to_owned()]];
    };
    let tails = tree(rest);
    let joined = tails
        .into_iter()
        .map(|tail| [vec![name.to_owned()], tail].concat());
    joined.collect()
}

/// Returns a path relative to the crate; `None` if it leads elsewhere.
fn absolute(module: &[String], path: &[String]) -> Option<Module> {
    let mut base = module.to_vec();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => {
            base.clear();
            rest = &path[1..];
        }
        Some("self") => rest = &path[1..],
        _ => {}
    }
    while rest.first().is_some_and(|segment| segment == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    base.extend(rest.iter().filter(|segment| *segment != "self").cloned());
    Some(base)
}

fn is_word_start(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|sign: char| sign.is_alphanumeric() || matches!(sign, '_' | ':' | '$'))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_')
}
