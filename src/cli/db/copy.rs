//! `tidings db copy`.

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Output, progress};
use crate::store::transfer::{Endpoint, Findings, Mode, Skipped, Transfer};
use crate::store::{self, Settings, Store};

/// Copy the store to another database: messages, read marks, events, listeners and idempotency keys.
#[derive(Debug, Args)]
#[command(after_help = "\
Both are URLs as in [database] connection, or files that have one there: a URL on the
command line shows its password to everyone on this machine. Ids and times do not change.
Rows that the target already has are skipped, so an interrupted copy resumes with the same
command; only rows that are updated in place, such as read marks, are replaced. At the end
both databases are read again and compared, row by row.

Leases and browser sessions are not copied: users sign in again. Tables that are not part of
Tidings are reported and not copied.

Stop the servers first. Messages recorded during the copy may be missed; the comparison then
fails with exit code 75, and running the same command again copies them.

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
    /// Migrate the target's schema first.
    #[arg(long)]
    migrate: bool,
    /// What to do with rows of the target that the source does not have.
    #[arg(long, value_enum, default_value_t = Foreign::Refuse)]
    foreign: Foreign,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// What to do with rows of the target that the source does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Foreign {
    /// Fail before copying if there are any.
    Refuse,
    /// Keep them.
    Keep,
    /// Delete them, so that the target equals the source.
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
                "tidings: the source's table {} is not part of Tidings and is not copied",
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
                self.admit(&walk(Mode::Look, "messages checked")?)?;
                Mode::Insert
            }
        };
        let copied = walk(act, "messages copied")?;
        let verified = walk(Mode::Compare, "messages verified")?;
        self.report(&copied, &verified, &left, output)?;
        self.judge(&verified)
    }

    /// Rejects a target whose rows conflict with the source.
    fn admit(&self, found: &[Findings]) -> Result<(), Failure> {
        for table in found {
            if let Some(first) = table.first_different.as_ref().filter(|_| !table.changes_in_place) {
                return Err(Failure::Data(format!(
                    "{} rows of {} have the source's keys but different contents (first: {first}); \
                     --foreign delete replaces them",
                    table.different, table.table
                )));
            }
            if table.foreign > 0 && self.foreign == Foreign::Refuse {
                return Err(Failure::Data(format!(
                    "the target has {} rows of {} that the source does not have; choose --foreign keep or --foreign delete",
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

    /// Evaluates the final comparison.
    fn judge(&self, verified: &[Findings]) -> Result<(), Failure> {
        match verified.iter().find(|table| !self.is_right(table)) {
            None => Ok(()),
            Some(table) => Err(Failure::Held(format!(
                "the databases differ: in {}, {} rows are missing, {} differ and {} are foreign; a server still \
                 writes to one of them, or a purge is running: stop it and run the same command again",
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
    Failure::store("the copy was interrupted; run the same command to resume it")(error)
}

fn unopened(option: &str, settings: &Settings) -> impl FnOnce(store::Error) -> Failure + use<> {
    let place = format!("{option} {}", settings.backend.describe());
    let is_target = option == "--to";
    move |error| match error {
        store::Error::Conflict(_) if is_target => {
            Failure::store(format!("{place} cannot be opened; --migrate creates its schema"))(error)
        }
        error => Failure::store(format!("{place} cannot be opened"))(error),
    }
}
