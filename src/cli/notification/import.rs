//! `tidings notification import`.

use std::path::Path;

use clap::Args;

use super::row::import_of;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::store::failure::{Import as Row, MasakariDatabase, MasakariTable};
use crate::store::{Error, Store};

/// Copy segments, hosts and notifications from a database of Masakari.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is written to Masakari's database. URL is the database's URL, also in SQLAlchemy's form,
or Masakari's configuration file, whose [database] connection is used: a URL on the command line
shows its password to everyone on this machine.

Ids and numbers are kept. Rows whose id is known are left as they are, so an import can be
repeated, and rows that are marked as deleted are skipped. Invalid rows are reported and skipped;
exit code 65 means that there were any. Stop Masakari first: what it still works on is recovered
from here.

Examples:
  tidings notification import --from-masakari /etc/masakari/masakari.conf
  tidings notification import --from-masakari mysql+pymysql://tidings@db.example.org/masakari")]
pub struct Import {
    /// Masakari's database.
    #[arg(long, value_name = "URL")]
    from_masakari: String,
}

/// The default of `$state_path` in Masakari's configuration.
const STATE_PATH: &str = "/var/lib/masakari";

#[derive(Default)]
struct Counts {
    imported: usize,
    known: usize,
    wrong: usize,
}

impl Import {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        let place = &self.from_masakari;
        let backend = context
            .settings_of("--from-masakari", place, Path::new(STATE_PATH))?
            .backend;
        let what = format!("--from-masakari {} cannot be read", backend.describe());
        let failed = |error: Error| Failure::store(what.clone())(error);
        let mut source = MasakariDatabase::open(&backend).map_err(failed)?;
        let now = context.clock.now();
        let mut wrong = 0;
        context.with_store(|store| async move {
            for table in MasakariTable::ALL {
                let (mut after, mut counts) = (0, Counts::default());
                loop {
                    let page = source.page(table, after).map_err(failed)?;
                    let Some((last, _)) = page.last() else { break };
                    after = *last;
                    for (id, members) in page {
                        let added = match import_of(table, id, &members, now) {
                            Ok(row) => add(&store, row).await?,
                            Err(reason) => Err(reason),
                        };
                        counts.count(table, id, added, output);
                    }
                }
                let Counts { imported, known, .. } = counts;
                output.line(&format!(
                    "{}: imported {imported}, {known} already present",
                    table.name()
                ))?;
                wrong += counts.wrong;
            }
            match wrong {
                0 => Ok(()),
                wrong => Err(Failure::Data(format!("{wrong} invalid rows were skipped"))),
            }
        })
    }
}

impl Counts {
    fn count(&mut self, table: MasakariTable, id: i64, added: Result<bool, String>, output: &mut Output) {
        match added {
            Ok(true) => self.imported += 1,
            Ok(false) => self.known += 1,
            Err(reason) => {
                self.wrong += 1;
                output.note(&format!("tidings: row {id} of {}: {reason}", table.name()));
            }
        }
    }
}

/// Inserts a row; returns a reason if it contradicts a stored one or lacks the one that it belongs to.
async fn add(store: &Store, row: Row) -> Result<Result<bool, String>, Failure> {
    match store.write(move |tx| row.insert(tx)).await {
        Ok(added) => Ok(Ok(added)),
        Err(Error::Conflict(reason)) => Ok(Err(reason)),
        Err(Error::NotFound) => Ok(Err("its segment or host is missing here".to_owned())),
        Err(error) => Err(Failure::store("the rows cannot be written")(error)),
    }
}
