//! `tidings event types`.

use clap::Args;

use crate::catalog;
use crate::cli::failure::Failure;
use crate::cli::language;
use crate::cli::output::{Format, Output};
use crate::spelling;

/// List the event types.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidings event types --service image")]
pub struct Types {
    /// Only this service's, such as `image`.
    #[arg(long)]
    service: Option<String>,
    /// Language of the descriptions, such as `en` or `zh_CN`.
    #[arg(long, default_value = "en")]
    language: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

impl Types {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let language = language::of_tag(&self.language)?;
        let types = catalog::event_types().iter().filter(|known| {
            let service = self.service.as_deref();
            service.is_none_or(|name| name == known.service().name)
        });
        let rows: Vec<[&str; 3]> = types
            .map(|known| [known.service().name, known.name, known.description(language)])
            .collect();
        if let (true, Some(service)) = (rows.is_empty(), &self.service) {
            let all = || "; see tidings event types".to_owned();
            let hint = spelling::hint_or(service, catalog::services().iter().map(|known| known.name), all);
            return Err(Failure::NotFound(format!(
                "no service {service} reports events{hint}"
            )));
        }
        match self.output {
            Format::Table => output.table(
                &["service", "event_type", "description"],
                rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect(),
            ),
            Format::Json => output.json(
                &rows
                    .iter()
                    .map(|[service, event_type, description]| {
                        serde_json::json!({
                            "service": service, "event_type": event_type, "description": description,
                        })
                    })
                    .collect(),
            ),
        }
    }
}
