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
    said_into(tempfile::tempdir().unwrap().path(), package, root, variables)
}

/// Like the above, with the directory for the generated files.
fn said_into(out: &Path, package: &str, root: &Path, variables: &[(&str, &str)]) -> String {
    let output = Command::new(script(package))
        .env_clear()
        .env("CARGO_MANIFEST_DIR", root)
        .env("OUT_DIR", out)
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
fn a_sites_catalog_is_compiled_in_beside_the_shipped_one() {
    let (site, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let manual = std::fs::read_to_string(root().join("docs/catalog.md")).unwrap();
    let (_, after) = manual
        .split_once("<!-- file: /etc/tidings/catalog/dns.toml -->\n```toml\n")
        .unwrap();
    let (dns, _) = after.split_once("```").unwrap();
    let kept = dns.replace("id = \"000001\"", "id = \"000001\"\nttl = 7776000");
    assert_ne!(kept, dns);
    std::fs::write(site.path().join("dns.toml"), kept).unwrap();
    let folder = site.path().to_str().unwrap();
    let said = said_into(
        out.path(),
        "tidings-catalog",
        &root().join("catalog"),
        &[("TIDINGS_CATALOG_DIR", folder)],
    );
    assert!(!said.contains("cargo::error"), "{said}");
    let made = std::fs::read_to_string(out.path().join("catalog.rs")).unwrap();
    for text in ["The zone is lost.", "ttl: Some(7776000)", "UNABLE_TO_ALLOCATE"] {
        assert!(made.contains(text), "{text}");
    }
    std::fs::write(site.path().join("dns.toml"), dns.replace("000001", "1")).unwrap();
    let said = said_into(
        out.path(),
        "tidings-catalog",
        &root().join("catalog"),
        &[("TIDINGS_CATALOG_DIR", folder)],
    );
    assert!(said.contains("dns.toml:7: `id` must be 6 digits"), "{said}");
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

#[test]
fn the_documents_name_the_oldest_compiler() {
    let version = concat!("Rust", " ", env!("CARGO_PKG_RUST_VERSION"));
    for file in ["README.md", "docs/zh_CN/README.md"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        assert!(
            text.replace('（', " ").contains(version),
            "{file} does not name {version}"
        );
    }
}
