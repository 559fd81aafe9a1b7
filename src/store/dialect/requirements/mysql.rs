//! What the store needs of MariaDB.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::store::error::Error;

/// The smallest page that the longest key of a table fits, in bytes.
const SMALLEST_PAGE: u64 = 16 << 10;

/// The smallest `max_allowed_packet` in bytes. Statements are kept below it, see `chunks`.
const SMALLEST_PACKET: u64 = 1 << 20;

const VARIABLES: &str = "SHOW SESSION VARIABLES WHERE Variable_name IN \
                         ('log_bin', 'binlog_format', 'innodb_page_size', 'max_allowed_packet')";

/// Refuses a server with unsuitable settings: [`Error::Conflict`] names the one to change.
pub(super) fn check(conn: &mut MysqlConnection) -> Result<(), Error> {
    let variables: Vec<(String, String)> = sql::<(Text, Text)>(VARIABLES).load(conn)?;
    let value = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    match fault(value) {
        None => Ok(()),
        Some(fault) => Err(Error::Conflict(fault)),
    }
}

fn fault<'v>(value: impl Fn(&str) -> &'v str) -> Option<String> {
    let is_less = |name: &str, least: u64| value(name).parse().is_ok_and(|bytes: u64| bytes < least);
    if value("log_bin") == "ON" && value("binlog_format") == "STATEMENT" {
        return Some(
            "the server has binlog_format = STATEMENT, which rejects READ COMMITTED transactions: set \
             binlog_format = ROW or MIXED"
                .to_owned(),
        );
    }
    if is_less("innodb_page_size", SMALLEST_PAGE) {
        return Some(format!(
            "the server has innodb_page_size = {}, too small for the keys of the tables: create its data directory with \
             innodb_page_size = 16384 or more",
            value("innodb_page_size")
        ));
    }
    if is_less("max_allowed_packet", SMALLEST_PACKET) {
        return Some(format!(
            "the server has max_allowed_packet = {}, too small for a large message: set \
             max_allowed_packet = 1048576 or more",
            value("max_allowed_packet")
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_does_not_fit_is_named_with_one_that_does() {
        let good = [
            ("log_bin", "ON"),
            ("binlog_format", "MIXED"),
            ("innodb_page_size", "16384"),
            ("max_allowed_packet", "1048576"),
        ];
        let with = |changed: &[(&str, &'static str)]| {
            let changed: Vec<_> = changed.to_vec();
            fault(move |name| {
                let of = |list: &[(&str, &'static str)]| {
                    list.iter()
                        .find(|(known, _)| *known == name)
                        .map(|(_, value)| *value)
                };
                of(&changed).or_else(|| of(&good)).unwrap_or("")
            })
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("log_bin", "OFF"), ("binlog_format", "STATEMENT")]), None);
        for (name, value, advice) in [
            ("binlog_format", "STATEMENT", "set binlog_format = ROW"),
            ("innodb_page_size", "8192", "innodb_page_size = 16384"),
            ("max_allowed_packet", "65536", "set max_allowed_packet = 1048576"),
        ] {
            let fault = with(&[(name, value)]).unwrap();
            assert!(fault.contains(advice), "{fault}");
        }
    }
}
