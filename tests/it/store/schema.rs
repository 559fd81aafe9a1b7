//! The schema in the code compared with a migrated database.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use tidings::store::{Conn, Error};

use crate::support::{Fresh, TestApp};

/// The columns of each table, in order, as `name -> Type`, and its primary key.
type Tables = BTreeMap<String, (String, Vec<String>)>;

/// Tables that migrations need and the code does not read.
const UNREAD: [&str; 2] = ["__diesel_schema_migrations", "migration_lock"];

/// One row for each column, as `table|primary key position|name|database type|nullable`, in the order of the table.
const OF_SQLITE: &str = "SELECT t.name || '|' || c.pk || '|' || c.name || '|' || lower(c.type) || '|' || (1 - c.\"notnull\") \
                         FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' \
                         AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid";
#[cfg(any(feature = "postgres", feature = "mysql"))]
const OF_SERVERS: &str = "SELECT concat(c.table_name, '|', coalesce(k.ordinal_position, 0), '|', c.column_name, '|', \
                          lower(c.data_type), '|', CASE c.is_nullable WHEN 'YES' THEN 1 ELSE 0 END) \
                          FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k \
                          ON k.table_schema = c.table_schema AND k.table_name = c.table_name \
                          AND k.column_name = c.column_name AND k.constraint_name IN \
                          (SELECT constraint_name FROM information_schema.table_constraints p \
                          WHERE p.table_schema = c.table_schema AND p.table_name = c.table_name \
                          AND p.constraint_type = 'PRIMARY KEY') \
                          WHERE c.table_schema = SCHEMA ORDER BY c.table_name, c.ordinal_position";

fn columns(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let query = match conn {
        Conn::Sqlite(_) => OF_SQLITE.to_owned(),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => OF_SERVERS.replace("SCHEMA", "current_schema()"),
        #[cfg(feature = "mysql")]
        Conn::Mysql(_) => OF_SERVERS
            .replace("SCHEMA", "database()")
            .replace("concat(", "concat_ws('', "),
    };
    Ok(sql::<Text>(&query).load(conn)?)
}

/// Returns the code's types that can hold values of a database type.
fn types(database: &str) -> &'static [&'static str] {
    match database {
        // SQLite has one type for all integers.
        "integer" if !Fresh::is_remote() => &["BigInt", "Integer", "SmallInt", "Bool"],
        "bigint" => &["BigInt"],
        "int" | "integer" => &["Integer"],
        "smallint" => &["SmallInt"],
        "boolean" | "tinyint" => &["Bool"],
        "text" | "varchar" | "mediumtext" | "longtext" => &["Text"],
        "blob" | "bytea" | "binary" | "varbinary" | "mediumblob" => &["Binary"],
        other => panic!("no type of the code holds {other:?}"),
    }
}

/// Returns the tables of a database in the code's form; `code` decides among several fitting types.
fn printed(columns: &[String], code: &Tables) -> Tables {
    let mut tables: BTreeMap<String, (BTreeMap<u8, String>, Vec<String>)> = BTreeMap::new();
    for line in columns {
        let [table, key, name, kind, nullable] = *line.split('|').collect::<Vec<_>>() else {
            panic!("{line}");
        };
        if UNREAD.contains(&table) {
            continue;
        }
        let (keys, printed) = tables.entry(table.to_owned()).or_default();
        let show = |kind: &str| match nullable {
            "1" => format!("{name} -> Nullable<{kind}>"),
            _ => format!("{name} -> {kind}"),
        };
        let fitting: Vec<String> = types(kind).iter().map(|kind| show(kind)).collect();
        let of_code = code
            .get(table)
            .map(|(_, columns)| columns.as_slice())
            .unwrap_or_default();
        let shown = fitting.iter().find(|column| of_code.contains(column));
        printed.push(shown.unwrap_or(&fitting[0]).clone());
        if key != "0" {
            keys.insert(key.parse().unwrap(), name.to_owned());
        }
    }
    let join = |keys: BTreeMap<u8, String>| keys.into_values().collect::<Vec<_>>().join(", ");
    let finish = |(table, (keys, columns))| (table, (join(keys), columns));
    tables.into_iter().map(finish).collect()
}

/// Returns the tables of the file that `diesel.toml` names.
fn of_code() -> Tables {
    let root = env!("CARGO_MANIFEST_DIR");
    let config = std::fs::read_to_string(format!("{root}/diesel.toml")).unwrap();
    let file = config
        .lines()
        .find_map(|line| line.strip_prefix("file = "))
        .unwrap();
    let file = file.trim_matches('"');
    let text = std::fs::read_to_string(format!("{root}/{file}")).unwrap();
    let tables = text.split("diesel::table! {").skip(1).map(|table| {
        let (head, columns) = table.split_once('{').unwrap();
        let (name, key) = head.trim().trim_end_matches(')').split_once(" (").unwrap();
        let columns = columns.split('}').next().unwrap().split(",\n");
        let columns = columns.map(|column| column.trim().to_owned());
        let columns = columns.filter(|column| !column.is_empty()).collect();
        (name.to_owned(), (key.to_owned(), columns))
    });
    tables.collect()
}

#[tokio::test]
async fn a_migrated_database_has_the_tables_of_the_code() {
    let app = TestApp::start();
    let columns = app.store.read(|read| columns(read)).await.unwrap();
    let code = of_code();
    assert!(code.len() >= 12 && code["messages"].1.len() == 12, "{code:?}");
    assert_eq!(printed(&columns, &code), code);
}

/// A new table that one of the lists lacks would be used without the right to it, or without an index.
#[test]
fn rights_and_plans_are_checked_for_every_table() {
    let rights = include_str!("../../../src/store/dialect/requirements/rights.rs");
    for table in of_code().keys() {
        assert!(
            rights.contains(&format!("(\"{table}\", ")),
            "rights.rs lacks {table}"
        );
        assert!(
            super::plans::TABLES.contains(&table.as_str()),
            "plans lack {table}"
        );
    }
}

#[test]
fn all_databases_have_the_same_migrations() {
    let names = |database: &str| {
        let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgresql"));
    assert_eq!(names("sqlite"), names("mysql"));
}
