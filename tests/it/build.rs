//! The build script, run as cargo runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the build script of this package that cargo compiled last.
fn script(package: &str) -> PathBuf {
    let builds = Path::new(env!("OUT_DIR")).ancestors().nth(2).unwrap();
    let scripts = builds.read_dir().unwrap().filter_map(|entry| {
        let path = entry.unwrap().path().join("build-script-build");
        let (name, _) = path.parent()?.file_name()?.to_str()?.rsplit_once('-')?;
        let is_ours = name == package;
        let built = path.metadata().ok().filter(|_| is_ours)?.modified().ok()?;
        Some((built, path))
    });
    scripts.max().unwrap().1
}

/// Returns what the script prints for cargo, given these variables.
fn said(package: &str, root: &Path, variables: &[(&str, &str)]) -> String {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(script(package))
        .env_clear()
        .env("CARGO_MANIFEST_DIR", root)
        .env("OUT_DIR", out.path())
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The flags that `.cargo/config.toml` sets inside the source tree.
fn flags() -> String {
    let config = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let (_, rest) = config.split_once("LIBSQLITE3_FLAGS = { value = \"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

const SQLITE: (&str, &str) = ("CARGO_FEATURE_SQLITE", "1");

#[test]
fn a_build_that_does_not_read_the_options_of_sqlite_fails_with_the_reason() {
    let flags = flags();
    let said = |variables: &[_]| said("tidings", root(), variables);
    assert!(!said(&[SQLITE, ("LIBSQLITE3_FLAGS", &flags)]).contains("cargo::error"));
    assert!(
        !said(&[]).contains("cargo::error"),
        "without SQLite nothing is missing"
    );
    let fault = said(&[SQLITE]);
    let config = root().join(".cargo/config.toml");
    for part in [
        "cargo::error=LIBSQLITE3_FLAGS lacks -DSQLITE_ENABLE_QPSG ",
        &format!("`--config {}`", config.display()),
    ] {
        assert!(fault.contains(part), "{fault}");
    }
    let fault = said(&[
        SQLITE,
        ("LIBSQLITE3_FLAGS", &flags),
        ("LIBSQLITE3_SYS_USE_PKG_CONFIG", "1"),
    ]);
    assert!(
        fault.contains("cargo::error=LIBSQLITE3_SYS_USE_PKG_CONFIG"),
        "{fault}"
    );
}

#[test]
fn a_build_without_the_catalog_fails_with_the_reason() {
    let empty = tempfile::tempdir().unwrap();
    let fault = said("tidings-catalog", empty.path(), &[]);
    assert!(
        fault.contains("cargo::error=language.toml:1: the catalog has no language.toml for English"),
        "{fault}"
    );
}

#[test]
fn a_package_has_every_file_that_the_build_reads() {
    let list = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for needed in [
        ".cargo/config.toml",
        "askama.toml",
        "migrations/sqlite/2026-11-21-000001_messages/up.sql",
        "migrations/postgresql/2026-11-21-000001_messages/up.sql",
        "migrations/mysql/2026-11-21-000001_messages/up.sql",
        "src/config/tidings.conf",
        "src/api/ops/openapi/shared.json",
        "src/page/assets/page.css",
        "src/page/templates/list.html",
    ] {
        assert!(list.lines().any(|file| file == needed), "{needed}");
    }
}
