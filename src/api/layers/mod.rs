//! What every request passes before its operation: `observe`, `cors` where it is on, `gate`, `authenticate`.

pub mod authenticate;
pub mod cors;
pub mod gate;
mod held_body;
pub mod observe;
