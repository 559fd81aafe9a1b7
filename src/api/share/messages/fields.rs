//! The values of fields that a stored message may lack. Manila's clients expect a text in each field.

use uuid::Uuid;

use crate::message::time;

/// What the codes of shares begin with.
pub const CODES: &str = "SHARE_";

/// The action and the detail of a message without these: numbers that Manila does not assign.
pub const NO_PART: &str = "000";

/// The level of every message: Manila's clients accept no other.
pub const LEVEL: &str = "ERROR";

/// The resource type of a message without a resource.
pub const NO_RESOURCE_TYPE: &str = "SHARE";

/// The resource of a message without one.
pub const NO_RESOURCE: Uuid = Uuid::nil();

/// When a message expires that does not: the end of the year 9999, in microseconds since 1970.
pub const NEVER: i64 = *time::WRITABLE.end();
