//! `tidings db`.

mod copy;

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::{Format, Output, progress};
use crate::store::{Backend, Store};

/// Manage the database: schema, backup and copy.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Migrate the schema. Safe to run twice, and from two hosts at once.
    #[command(after_help = "\
Examples:
  tidings db migrate
  OS_DATABASE__CONNECTION=sqlite:////var/lib/tidings/tidings.db tidings db migrate")]
    Migrate,
    /// List applied and missing migrations. Exits with 70 unless the schema is up to date.
    #[command(after_help = "\
Examples:
  tidings db status
  tidings db status --output json")]
    Status {
        /// Output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
    /// Take a consistent backup of the running store into a new file.
    #[command(after_help = "Example:\n  tidings db backup /backup/tidings-$(date +%F).db")]
    Backup {
        /// The new file; it must not exist.
        file: PathBuf,
    },
    /// Copy messages, read marks, events and idempotency keys to another database.
    Copy(copy::Copy),
}

impl DbCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Migrate => migrate(context, output),
            Self::Status { output: format } => status(context, *format, output),
            Self::Backup { file } => backup(context, file, output),
            Self::Copy(copy) => copy.run(context, output),
        }
    }
}

fn migrate(context: &Context, output: &mut Output) -> Result<(), Failure> {
    let backend = context.settings().backend;
    let ran = Store::migrate(&backend).map_err(Failure::store(format!(
        "{} cannot be migrated",
        backend.describe()
    )))?;
    if ran.is_empty() {
        return output.line("The schema is up to date.");
    }
    ran.iter()
        .try_for_each(|migration| output.line(&format!("applied {}", migration.name)))
}

fn status(context: &Context, format: Format, output: &mut Output) -> Result<(), Failure> {
    let backend = context.settings().backend;
    let schema =
        Store::schema(&backend).map_err(Failure::store(format!("{} cannot be read", backend.describe())))?;
    match format {
        Format::Json => output.json(&serde_json::json!({
            "database": backend.describe(),
            "current": schema.is_current(),
            "migrations": schema.migrations.iter()
                .map(|migration| serde_json::json!({ "name": migration.name, "applied": migration.applied }))
                .collect::<Vec<_>>(),
            "unknown": schema.unknown,
        }))?,
        Format::Table => {
            let known = schema.migrations.iter().map(|migration| {
                vec![
                    migration.name.clone(),
                    if migration.applied { "applied" } else { "missing" }.to_owned(),
                ]
            });
            let unknown = schema
                .unknown
                .iter()
                .map(|version| vec![version.clone(), "unknown".to_owned()]);
            output.table(&["migration", "state"], known.chain(unknown).collect())?;
        }
    }
    if schema.is_current() {
        return Ok(());
    }
    let advice = if schema.unknown.is_empty() {
        "run `tidings db migrate`"
    } else {
        "it was created by a newer version"
    };
    Err(Failure::Store {
        context: "the schema does not match this version".to_owned(),
        source: crate::store::Error::Conflict(advice.to_owned()),
    })
}

/// Writes the copy under a temporary name and renames it once it is complete and synced.
fn backup(context: &Context, file: &Path, output: &mut Output) -> Result<(), Failure> {
    if file.exists() {
        return Err(Failure::Data(format!("{} already exists", file.display())));
    }
    let partial = partial_name(file);
    // A leftover of an interrupted backup is useless.
    if partial.exists() {
        std::fs::remove_file(&partial)
            .map_err(Failure::io(format!("{} is in the way", partial.display())))?;
    }
    let name = partial
        .to_str()
        .ok_or_else(|| Failure::Data("the file's name is not UTF-8".to_owned()))?;
    let backend = context.settings().backend;
    // Creating the file first separates an unwritable target from an unreadable database.
    make_as_readable(&partial, &backend)
        .map_err(Failure::io(format!("{} cannot be written", file.display())))?;
    let bar = progress(None, "copying");
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let copied = Store::backup(&backend, name).map_err(Failure::store("the copy cannot be made"));
    bar.finish_and_clear();
    let finish = || -> std::io::Result<()> {
        std::fs::File::open(&partial)?.sync_all()?;
        std::fs::rename(&partial, file)?;
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()
    };
    if let Err(failure) = copied {
        let _ = std::fs::remove_file(&partial);
        return Err(failure);
    }
    finish().map_err(Failure::io(format!("{} cannot be written", file.display())))?;
    output.line(&format!("copied to {}", file.display()))
}

/// Creates the file for those who may read the database, whatever the umask; private to its owner until then.
fn make_as_readable(file: &Path, backend: &Backend) -> std::io::Result<()> {
    let copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    let Backend::Sqlite { path, .. } = backend else {
        return Ok(());
    };
    // A missing database is reported by the copy itself.
    path.metadata().map_or(Ok(()), |original| {
        copy.set_permissions(Permissions::from_mode(original.mode() & 0o666))
    })
}

fn partial_name(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}
