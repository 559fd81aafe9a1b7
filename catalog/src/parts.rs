//! The parts of a composed code, whether or not the catalog has it.

/// The parts of an id such as `VOLUME_VOLUME_SNAPSHOT_009_006`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts<'a> {
    /// `VOLUME`.
    pub prefix: &'a str,
    /// `VOLUME_SNAPSHOT`.
    pub resource_type: &'a str,
    /// `009`.
    pub action_id: &'a str,
    /// `006`.
    pub detail_id: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits an id; `None` if it does not have the form of a composed code.
    pub fn of(id: &'a str) -> Option<Self> {
        let (rest, detail_id) = id.rsplit_once('_')?;
        let (rest, action_id) = rest.rsplit_once('_')?;
        let (prefix, resource_type) = rest.split_once('_')?;
        let has_form = is_prefix(prefix)
            && !resource_type.is_empty()
            && is_number(action_id, PART_DIGITS)
            && is_number(detail_id, PART_DIGITS);
        has_form.then_some(Self {
            prefix,
            resource_type,
            action_id,
            detail_id,
        })
    }
}

/// Returns the prefix of an id such as `VOLUME_000002`; empty for block storage's oldest ids, which have none.
pub fn flat_prefix(id: &str) -> Option<&str> {
    match id.rsplit_once('_') {
        Some((prefix, number)) => (is_prefix(prefix) && is_number(number, FLAT_DIGITS)).then_some(prefix),
        None => is_number(id, FLAT_DIGITS).then_some(""),
    }
}

const PART_DIGITS: usize = 3;
const FLAT_DIGITS: usize = 6;

fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composed_code_comes_apart_whoever_knows_it() {
        for (id, parts) in [
            (
                "VOLUME_VOLUME_SNAPSHOT_009_006",
                ("VOLUME", "VOLUME_SNAPSHOT", "009", "006"),
            ),
            ("DNS_ZONE_001_002", ("DNS", "ZONE", "001", "002")),
        ] {
            let found = Parts::of(id).unwrap();
            let found = (
                found.prefix,
                found.resource_type,
                found.action_id,
                found.detail_id,
            );
            assert_eq!(found, parts);
        }
    }

    #[test]
    fn nothing_else_does() {
        for id in [
            "",
            "X",
            "VOLUME_000002",
            "SHARE_002_001",
            "VOLUME__001_002",
            "VOLUME_VOLUME_01_002",
            "V_V_001_None",
        ] {
            assert_eq!(Parts::of(id), None, "{id}");
        }
    }

    #[test]
    fn flat_codes_are_known_by_their_form() {
        assert_eq!(flat_prefix("VOLUME_000002"), Some("VOLUME"));
        assert_eq!(flat_prefix("000002"), Some(""));
        for id in [
            "",
            "X",
            "_000002",
            "volume_000002",
            "VOLUME_2",
            "VOLUME_VOLUME_001_002",
            "VOLUME_X_000002",
        ] {
            assert_eq!(flat_prefix(id), None, "{id}");
        }
    }
}
