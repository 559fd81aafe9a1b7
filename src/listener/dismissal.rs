//! Why a dead letter is dismissed.

/// The longest reason, in characters.
const LONGEST: usize = 255;

/// Checks a reason.
///
/// # Errors
/// What it must be.
pub fn check_reason(reason: &str) -> Result<(), String> {
    let is_line = !reason.chars().any(char::is_control);
    if is_line && !reason.trim().is_empty() && reason.chars().count() <= LONGEST {
        return Ok(());
    }
    Err(format!("reason: must be a line of 1 to {LONGEST} characters"))
}
