//! `tidings db copy`.

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output, progress};
use crate::store::transfer::{Endpoint, Findings, Mode, Skipped, Transfer};
use crate::store::{self, Settings, Store};

/// Copy the store into another database: messages, what users have read, events and keys.
#[derive(Debug, Args)]
#[command(after_help = "\
Both are URLs as in [database] connection, or files that have one there: a URL on the
command line shows its password to everybody on this machine. Ids and times stay as they
are. Rows that the target already has are skipped, so after an interruption the same command
goes on; only what is updated in place, such as how far users have read, is replaced. In the
end both databases are read again and compared, row by row.

Leases and browser sessions stay behind: users sign in again. A table that is not part of
Tidings stays behind and is named.

Stop the servers first. What is recorded while it copies may be missing; the comparison
finds it (exit code 75), and the same command once more copies it.

Examples:
  tidings db copy --from sqlite:////var/lib/tidings/tidings.db --to /etc/tidings/new.conf --migrate
  tidings db copy --from old.conf --to new.conf --foreign delete")]
pub struct Copy {
    /// The database to read.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to write.
    #[arg(long, value_name = "URL")]
    to: String,
    /// Bring the target's schema up to date first.
    #[arg(long)]
    migrate: bool,
    /// What to do about rows of the target that the source has not.
    #[arg(long, value_enum, default_value_t = Foreign::Refuse)]
    foreign: Foreign,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// What becomes of rows of the target that the source has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Foreign {
    /// Copy nothing if there are any.
    Refuse,
    /// Leave them there.
    Keep,
    /// Delete them, so that the target becomes the same as the source.
    Delete,
}

impl Copy {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let state_path = &context.config.general.state_path;
        let from = context.settings_of("--from", &self.from, state_path)?;
        let to = Settings {
            readers: 1,
            writers: 1,
            ..context.settings_of("--to", &self.to, state_path)?
        };
        if from.backend == to.backend {
            return Err(Failure::Data("--from and --to name the same database".to_owned()));
        }
        let source = Endpoint::open(&from.backend).map_err(unopened("--from", &from))?;
        if self.migrate {
            Store::migrate(&to.backend).map_err(Failure::store(format!(
                "{} cannot be migrated",
                to.backend.describe()
            )))?;
        }
        let target = Endpoint::open(&to.backend).map_err(unopened("--to", &to))?;
        let store = Store::open(&to, &context.metrics).map_err(unopened("--to", &to))?;
        let transfer = Transfer::new(source, target, store.clone(), context.clock.now());
        let done = self.copy(transfer, output);
        store.close();
        done
    }

    fn copy(&self, mut transfer: Transfer, output: &mut Output) -> Result<(), Failure> {
        let total = transfer.messages().map_err(failed)?;
        let left = transfer.skipped().map_err(failed)?;
        for table in left.iter().filter(|table| table.reason.is_none()) {
            output.note(&format!(
                "tidings: the source's table {} is not part of Tidings and stays behind",
                table.table
            ));
        }
        let mut walk = |act, unit| {
            let bar = progress(Some(total), unit);
            let found = transfer.walk(act, &mut || bar.inc(1)).map_err(failed);
            bar.finish_and_clear();
            found
        };
        let act = match self.foreign {
            Foreign::Delete => Mode::Mirror,
            Foreign::Refuse | Foreign::Keep => {
                self.admit(&walk(Mode::Look, "messages looked at")?)?;
                Mode::Insert
            }
        };
        let copied = walk(act, "messages copied")?;
        let verified = walk(Mode::Compare, "messages verified")?;
        self.report(&copied, &verified, &left, output)?;
        self.judge(&verified)
    }

    /// Refuses a target that is not the source's.
    fn admit(&self, found: &[Findings]) -> Result<(), Failure> {
        for table in found {
            if let Some(first) = table.first_different.as_ref().filter(|_| !table.changes_in_place) {
                return Err(Failure::Data(format!(
                    "{} rows of {} have the same key as in the source and other contents, the first of them {first}; \
                     --foreign delete replaces them",
                    table.different, table.table
                )));
            }
            if table.foreign > 0 && self.foreign == Foreign::Refuse {
                return Err(Failure::Data(format!(
                    "the target has {} rows of {} that the source has not; choose --foreign keep or --foreign delete",
                    table.foreign, table.table
                )));
            }
        }
        Ok(())
    }

    fn report(
        &self,
        copied: &[Findings],
        verified: &[Findings],
        left: &[Skipped],
        output: &mut Output,
    ) -> Result<(), Failure> {
        let tables = copied.iter().zip(verified);
        match self.output {
            Format::Json => output.json(&serde_json::json!({
                "tables": tables.map(|(copied, verified)| self.json(copied, verified)).collect::<Vec<_>>(),
                "left_behind": left.iter().map(json_of_left).collect::<Vec<_>>(),
                "verified": verified.iter().all(|table| self.is_right(table)),
            })),
            Format::Table => output.table(
                &HEAD,
                tables
                    .map(|(copied, verified)| self.row(copied, verified))
                    .collect(),
            ),
        }
    }

    fn json(&self, copied: &Findings, verified: &Findings) -> serde_json::Value {
        let tally = |tally: &store::transfer::Tally| serde_json::json!({ "rows": tally.rows, "checksum": tally.checksum });
        serde_json::json!({
            "table": copied.table,
            "copied": self.written(copied),
            "deleted": self.deleted(copied),
            "foreign": verified.foreign,
            "source": tally(&verified.source),
            "target": tally(&verified.target),
        })
    }

    fn row(&self, copied: &Findings, verified: &Findings) -> Vec<String> {
        let checksum = |tally: &store::transfer::Tally| tally.checksum.chars().take(SHOWN).collect();
        vec![
            copied.table.to_owned(),
            self.written(copied).to_string(),
            self.deleted(copied).to_string(),
            verified.foreign.to_string(),
            verified.source.rows.to_string(),
            verified.target.rows.to_string(),
            checksum(&verified.source),
            checksum(&verified.target),
        ]
    }

    fn written(&self, found: &Findings) -> u64 {
        if self.foreign == Foreign::Delete || found.changes_in_place {
            found.missing + found.different
        } else {
            found.missing
        }
    }

    fn deleted(&self, found: &Findings) -> u64 {
        match self.foreign {
            Foreign::Delete => found.foreign,
            Foreign::Refuse | Foreign::Keep => 0,
        }
    }

    fn is_right(&self, found: &Findings) -> bool {
        found.is_whole() && (found.foreign == 0 || self.foreign == Foreign::Keep)
    }

    /// What the comparison in the end says.
    fn judge(&self, verified: &[Findings]) -> Result<(), Failure> {
        match verified.iter().find(|table| !self.is_right(table)) {
            None => Ok(()),
            Some(table) => Err(Failure::Held(format!(
                "the databases differ: of {} {} rows are missing, {} are different, {} are foreign; a server still \
                 writes to one of them, or a purge deletes: stop it and run the same command again",
                table.table, table.missing, table.different, table.foreign
            ))),
        }
    }
}

fn json_of_left(left: &Skipped) -> serde_json::Value {
    let reason = left.reason.unwrap_or("it is not part of Tidings");
    serde_json::json!({ "table": left.table, "reason": reason })
}

/// Digits of a checksum in the table; `--output json` has all of them.
const SHOWN: usize = 16;

const HEAD: [&str; 8] = [
    "table",
    "copied",
    "deleted",
    "foreign",
    "source rows",
    "target rows",
    "source checksum",
    "target checksum",
];

fn failed(error: store::Error) -> Failure {
    Failure::store("the copy was interrupted; the same command goes on")(error)
}

fn unopened(option: &str, settings: &Settings) -> impl FnOnce(store::Error) -> Failure + use<> {
    let place = format!("{option} {}", settings.backend.describe());
    let is_target = option == "--to";
    move |error| match error {
        store::Error::Conflict(_) if is_target => {
            Failure::store(format!("{place} cannot be opened; --migrate makes its schema"))(error)
        }
        error => Failure::store(format!("{place} cannot be opened"))(error),
    }
}
