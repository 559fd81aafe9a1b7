//! The build script: fails the build if SQLite would lack options that the store needs.
//!
//! Cargo reads `.cargo/config.toml` from the working directory and its parents, not from the package. A build started
//! elsewhere, or from a copy without hidden files, compiles an SQLite of the same version whose lists take five times as
//! long.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The variable with SQLite's compiler flags; set in `.cargo/config.toml`.
const FLAGS: &str = "LIBSQLITE3_FLAGS";

/// The flags that matter, spelled as in that file.
const NEEDED: [&str; 4] = [
    "-DSQLITE_ENABLE_QPSG",
    "-USQLITE_ENABLE_STAT4",
    "-DSQLITE_DEFAULT_MEMSTATUS=0",
    "-DSQLITE_THREADSAFE=2",
];

/// The variable that links the system's SQLite, whose options are unknown.
const SYSTEM: &str = "LIBSQLITE3_SYS_USE_PKG_CONFIG";

fn main() -> Result<(), Box<dyn Error>> {
    let mut cargo = io::stdout().lock();
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for read in ["build.rs", "migrations"] {
        writeln!(cargo, "cargo::rerun-if-changed={}", root.join(read).display())?;
    }
    if env::var_os("CARGO_FEATURE_SQLITE").is_some() {
        check(&root, &mut cargo)?;
    }
    Ok(())
}

/// Fails the build and says why if SQLite would lack an option.
fn check(root: &Path, cargo: &mut impl Write) -> io::Result<()> {
    for name in [FLAGS, SYSTEM] {
        writeln!(cargo, "cargo::rerun-if-env-changed={name}")?;
    }
    if env::var_os(SYSTEM).is_some_and(|value| value != "0") {
        writeln!(
            cargo,
            "cargo::error={SYSTEM} links the system's SQLite, whose options are unknown: unset it"
        )?;
    }
    let given = env::var(FLAGS).unwrap_or_default();
    let missing: Vec<_> = NEEDED
        .into_iter()
        .filter(|flag| !given.split_whitespace().any(|given| given == *flag))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    writeln!(
        cargo,
        "cargo::error={FLAGS} lacks {}: SQLite would lack options that the store needs. It is set in \
         .cargo/config.toml, which cargo reads only when it builds inside the source tree. Build there, or add \
         `--config {}`; builds without the feature `sqlite` do not need it",
        missing.join(" "),
        root.join(".cargo/config.toml").display()
    )
}
