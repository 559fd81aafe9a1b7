//! The build script: compiles the files of `catalog/` and of `TIDINGS_CATALOG_DIR` into `$OUT_DIR/catalog.rs`.
//!
//! Any fault in these files fails the build; each is reported with its file and line.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "src/generate/mod.rs"]
mod generate;
#[path = "src/level.rs"]
mod level;
#[allow(
    dead_code,
    unused_imports,
    reason = "the library uses what the build script does not"
)]
#[path = "src/source/mod.rs"]
mod source;

/// Names a directory with a site's own services, relative to the workspace.
const SITE: &str = "TIDINGS_CATALOG_DIR";

fn main() -> Result<(), Box<dyn Error>> {
    let mut cargo = io::stdout().lock();
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    writeln!(cargo, "cargo::rerun-if-env-changed={SITE}")?;
    let mut folders = vec![(root.clone(), "catalog".to_owned())];
    if let Some(site) = env::var_os(SITE).filter(|site| !site.is_empty()) {
        let name = Path::new(&site).display().to_string();
        folders.push((root.join("..").join(site), name));
    }
    let mut directories = Vec::new();
    for (path, name) in &folders {
        writeln!(cargo, "cargo::rerun-if-changed={}", path.display())?;
        match source::Directory::read(path, name) {
            Ok(directory) => directories.push(directory),
            Err(error) => writeln!(cargo, "cargo::error={error}")?,
        }
    }
    match source::check(&directories) {
        Ok(catalog) => {
            for line in &catalog.unlisted {
                writeln!(cargo, "cargo::warning=ids.txt lacks the line: {line}")?;
            }
            let out = PathBuf::from(env::var("OUT_DIR")?);
            fs::write(out.join("languages.rs"), generate::languages(&catalog))?;
            fs::write(
                out.join("catalog.rs"),
                generate::generate(&catalog, &directories, &root),
            )?;
        }
        Err(faults) => {
            for fault in faults {
                writeln!(cargo, "cargo::error={fault}")?;
            }
        }
    }
    Ok(())
}
