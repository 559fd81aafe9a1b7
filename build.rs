//! The build script: fails a build whose SQLite would lack the options that the store needs, where it can be fixed.
//!
//! Cargo reads `.cargo/config.toml` of the working directory and its parents, not of the package: a build from elsewhere, or of
//! a copy without hidden files, compiles an SQLite of the same version whose lists are five times as slow.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Its C compiler flags; set in `.cargo/config.toml`.
const FLAGS: &str = "LIBSQLITE3_FLAGS";

/// The flags that matter, as the file has them.
const NEEDED: [&str; 4] = [
    "-DSQLITE_ENABLE_QPSG",
    "-USQLITE_ENABLE_STAT4",
    "-DSQLITE_DEFAULT_MEMSTATUS=0",
    "-DSQLITE_THREADSAFE=2",
];

/// Links the system's SQLite, whose options are unknown.
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

/// Fails the build, with the reason, if SQLite would lack an option.
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
         .cargo/config.toml, which cargo reads only for a build inside the source tree. Build there, or add \
         `--config {}`; without the feature `sqlite` it is not needed",
        missing.join(" "),
        root.join(".cargo/config.toml").display()
    )
}
