//! Claims that wait for work.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;

use super::call::Call;
use super::connection;
use super::error::Error;

/// The longest wait, in seconds.
pub const LONGEST: usize = 20;

/// How often the database is asked while a claim waits, as other servers write to it too.
const POLL: Duration = Duration::from_millis(500);

/// Asks until there is an answer, for so many seconds at the most: regularly, and when `wake` completes, which is called before
/// each question. If too many claims wait already, it asks once.
pub async fn ask_within<T, W: Future<Output = ()>>(
    request: &HttpRequest,
    call: &Call,
    seconds: usize,
    wake: impl Fn() -> W,
    ask: impl AsyncFn() -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    let permit = if seconds > 0 {
        connection::end_with_client(request);
        call.app.waiting_claims.try_acquire().ok()
    } else {
        None
    };
    let seconds = permit.as_ref().map_or(0, |_| seconds as u64);
    let until = Instant::now() + Duration::from_secs(seconds);
    loop {
        let woken = wake();
        let answer = ask().await?;
        let left = until.saturating_duration_since(Instant::now());
        let closing = call.app.hub.closing();
        if answer.is_some() || left.is_zero() || closing.is_cancelled() {
            return Ok(answer);
        }
        tokio::select! {
            () = woken => {}
            () = closing.cancelled() => {}
            () = tokio::time::sleep(left.min(POLL)) => {}
        }
    }
}
