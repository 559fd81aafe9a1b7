//! Calls to addresses that others supply.

mod addresses;
mod calls;

use tidings::outbound::Guard;

fn guard(allowed: &[&str]) -> Guard {
    let nets: Vec<_> = allowed.iter().map(|net| net.parse().unwrap()).collect();
    Guard::new(nets)
}
