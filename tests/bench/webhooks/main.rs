//! Measures deliveries to webhooks, on the configured database. Run by tests/bench; prints a line of JSON for each round.
//!
//! - `webhooks rates EVENTS LISTENERS ROUNDS`: how many deliveries a second this program makes, and how many a bare client posts to
//!   the same receiver; then one more line for the time from a commit to the arrival while nothing else happens.
//! - `webhooks crowd EVENTS LISTENERS ROUNDS`: the time from a commit to the arrival at listeners that work, alone and then beside
//!   one whose port is closed and one that never finishes its answer.
//! - `webhooks waiting EVENTS DELIVERIES ROUNDS`: how many events a second are recorded and delivered while none wait for other
//!   listeners, and while that many do.

mod bench;
mod crowd;
mod rates;
mod receivers;
mod waiting;

use tidings::config::{self, Config};
use tidings::store::{Settings, Store};
use tidings::telemetry::Metrics;

use bench::{Bench, Outcome};

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, events, size, rounds] = &arguments[..] else {
        return Err("usage: webhooks rates|crowd|waiting EVENTS LISTENERS|DELIVERIES ROUNDS".into());
    };
    let (events, size, rounds) = (events.parse()?, size.parse()?, rounds.parse()?);
    // Without a file, loopback may be called.
    let config = Config::load(None, config::environment())?;
    let settings = Settings::from_config(&config.database);
    Store::migrate(&settings.backend)?;
    let store = Store::open(&settings, &Metrics::new("bench"))?;
    let bench = Bench::new(config, store.clone())?;
    let done = actix_web::rt::System::new().block_on(async {
        match what.as_str() {
            "rates" => rates::measure(&bench, events, size, rounds).await,
            "crowd" => crowd::measure(&bench, events, size, rounds).await,
            "waiting" => waiting::measure(&bench, events, size, rounds).await,
            other => Err(format!("{other} is not rates, crowd or waiting").into()),
        }
    });
    store.close();
    done
}
