//! Imports messages from another service's table.

use super::loading::{Counts, Loading};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, progress};
use crate::store;
use crate::store::foreign::{ForeignService, ForeignTable};

/// Rows that are read at a time.
const PAGE: i64 = 1000;

pub(super) fn import(
    service: ForeignService,
    place: &str,
    update: bool,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let option = match service {
        ForeignService::Cinder => "--from-cinder",
        ForeignService::Manila => "--from-manila",
    };
    let backend = context.settings_of(option, place, service.state_path())?.backend;
    let context_of_failure = format!("{option} {} cannot be read", backend.describe());
    let failed = |error: store::Error| Failure::store(context_of_failure.clone())(error);
    let mut table = ForeignTable::open(&backend, service, None).map_err(failed)?;
    let total = table.count().map_err(failed)?;
    let (counts, wrong) = context.with_store(|store| async {
        let bar = progress(Some(total), "rows");
        let mut loading = Loading::into(store, update, &context.config.api.project_id_regex);
        let mut wrong = 0_usize;
        let mut last: Option<String> = None;
        loop {
            let page = table.page(last.as_deref(), PAGE).map_err(failed)?;
            let Some(row) = page.last() else { break };
            last = Some(row.id.clone());
            for row in page {
                bar.inc(1);
                let id = row.id.clone();
                if let Err(reason) = loading.add(row.into_line(service)) {
                    wrong += 1;
                    bar.suspend(|| output.note(&format!("tidings: row {id:?}: {reason}")));
                }
            }
            loading.flush().await?;
        }
        bar.finish_and_clear();
        Ok((loading.counts, wrong))
    })?;
    finish(&counts, wrong, output)
}

fn finish(counts: &Counts, wrong: usize, output: &mut Output) -> Result<(), Failure> {
    counts.report(output)?;
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::Data(format!("{wrong} invalid rows were skipped"))),
    }
}
