//! Rotating the secret that signs webhooks.

use serde_json::{Map, Value, json};

/// The most earlier secrets that sign beside the current one.
const MOST: usize = 4;

/// Too many earlier secrets still sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST} earlier secrets still sign; wait until one of them ends, or rotate with an overlap of 0")]
pub struct TooMany;

/// Replaces the secret of a notifier's configuration. The current one signs on for `overlap` from `now` (microseconds since
/// 1970); those that have ended are forgotten.
///
/// # Errors
/// [`TooMany`].
pub(super) fn rotate(
    config: &mut Map<String, Value>,
    secret: &str,
    overlap: i64,
    now: i64,
) -> Result<(), TooMany> {
    let current = config.insert("secret".to_owned(), secret.into());
    let earlier = config.remove("previous_secrets");
    let is_valid = |pair: &&Value| pair[1].as_i64().is_some_and(|end| end > now);
    let still_valid = earlier
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter(is_valid);
    let newest = current
        .filter(|_| overlap > 0)
        .map(|current| json!([current, now.saturating_add(overlap)]));
    let previous: Vec<Value> = newest.into_iter().chain(still_valid.cloned()).collect();
    if previous.len() > MOST {
        return Err(TooMany);
    }
    if !previous.is_empty() {
        config.insert("previous_secrets".to_owned(), previous.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_secret_signs_on_and_is_forgotten_once_it_has_ended() {
        let mut config = Map::new();
        rotate(&mut config, "a", 10, 100).unwrap();
        assert_eq!(Value::from(config.clone()), json!({ "secret": "a" }));
        rotate(&mut config, "b", 10, 100).unwrap();
        rotate(&mut config, "c", 10, 105).unwrap();
        let want = json!({ "secret": "c", "previous_secrets": [["b", 115], ["a", 110]] });
        assert_eq!(Value::from(config.clone()), want);
        rotate(&mut config, "d", 0, 110).unwrap();
        assert_eq!(
            Value::from(config),
            json!({ "secret": "d", "previous_secrets": [["b", 115]] })
        );
    }

    #[test]
    fn no_more_than_four_earlier_secrets_sign() {
        let mut config = Map::new();
        for secret in ["a", "b", "c", "d", "e"] {
            rotate(&mut config, secret, 10, 0).unwrap();
        }
        assert_eq!(rotate(&mut config.clone(), "f", 10, 0), Err(TooMany));
        assert_eq!(rotate(&mut config, "f", 0, 0), Ok(()));
    }
}
