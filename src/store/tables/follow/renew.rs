//! Taking and renewing the right to follow a service.

use super::batch::{FollowLease, Held};
use super::position::{self, FollowPosition};
use crate::store::error::Error;
use crate::store::tables::lease;
use crate::store::transaction::Tx;

/// Takes or renews the lease at `now` (microseconds since 1970), and returns the position from which to continue: the stored one;
/// or `position`, which is written, if none is stored or it `is_newer`, as that of the holder.
pub fn renew(
    tx: &mut Tx<'_>,
    lease: &FollowLease,
    now: i64,
    service: &str,
    position: &FollowPosition,
    is_newer: bool,
) -> Result<Result<FollowPosition, Held>, Error> {
    if let Some(holder) = lease::try_take(tx, &lease.name, &lease.holder, now, lease.until)? {
        return Ok(Err(Held(holder)));
    }
    if !is_newer && let Some(stored) = position::position(tx.conn(), service)? {
        return Ok(Ok(stored));
    }
    position::write(tx.conn(), service, position)?;
    Ok(Ok(position.clone()))
}
