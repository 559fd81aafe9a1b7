//! How a database executes a statement that a connection ran.
#![cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(
        dead_code,
        unused_imports,
        unused_variables,
        reason = "a part is for servers alone"
    )
)]

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use serde_json::Value as Json;
use tidings::store::{Conn, Error};

/// The statements that connections have run, with their values.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub fn watch(&self, conn: &mut Conn) {
        let seen = Arc::clone(&self.0);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                seen.lock().unwrap().push(query.to_string());
            }
        });
    }

    /// Returns those that read rows, each shape once.
    pub fn take(&self) -> Vec<String> {
        let mut statements = std::mem::take(&mut *self.0.lock().unwrap());
        let reads = |text: &String| {
            ["SELECT", "UPDATE", "DELETE"]
                .iter()
                .any(|word| text.starts_with(word))
        };
        statements
            .retain(|text| reads(text) && text.to_lowercase().contains("from ") | text.starts_with('U'));
        statements.sort();
        statements.dedup_by_key(|text| split(text).0.to_owned());
        statements
    }
}

/// The statement and its values.
fn split(text: &str) -> (&str, &str) {
    text.split_once(" -- binds: ").unwrap_or((text, "[]"))
}

/// Returns how the database executes a statement. With `without_scans` PostgreSQL scans a table only if there is no other way.
pub fn plan(conn: &mut Conn, statement: &str, without_scans: bool) -> Result<Json, Error> {
    let (text, values) = split(statement);
    match conn {
        // There, a plan never depends on values.
        Conn::Sqlite(conn) => {
            let explain = format!("EXPLAIN QUERY PLAN {text}");
            let steps = sql::<(Integer, Integer, Integer, Text)>(&explain);
            let steps: Vec<(i32, i32, i32, String)> = steps.load(conn)?;
            Ok(steps.into_iter().map(|(.., step)| step).collect())
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            conn.batch_execute(&format!("SET enable_seqscan = {}", !without_scans))?;
            let mut text = text.to_owned();
            for (index, value) in parse(values).iter().enumerate().rev() {
                let place = format!("${}", index + 1);
                let is_array = text.contains(&format!("{place}) WITH ORDINALITY"));
                let literal = match value {
                    Value::Bytes(numbers) if is_array => {
                        let numbers: Vec<_> = numbers.iter().map(u8::to_string).collect();
                        format!("CAST('{{{}}}' AS bigint[])", numbers.join(","))
                    }
                    // Small numbers look like bytes.
                    Value::Bytes(numbers) if text.contains(&format!("ANY({place})")) => {
                        let numbers: Vec<_> = numbers.iter().map(u8::to_string).collect();
                        format!("'{{{}}}'", numbers.join(","))
                    }
                    value => value.literal(true),
                };
                text = text.replace(&place, &literal);
            }
            let explain = format!("EXPLAIN (FORMAT JSON) {text}");
            let plan: String = sql::<Text>(&explain).get_result::<String>(conn)?;
            Ok(serde_json::from_str(&plan).unwrap())
        }
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => {
            // With ANSI_QUOTES the plan has quotes in its texts, which are not escaped.
            conn.batch_execute("SET SESSION sql_mode = ''")?;
            let mut parts = text.split('?');
            let mut filled = parts.next().unwrap().to_owned();
            for (part, value) in parts.zip(parse(values)) {
                filled.push_str(&value.literal(false));
                filled.push_str(part);
            }
            let explain = format!("EXPLAIN FORMAT=JSON {filled}");
            let plan: String = sql::<Text>(&explain).get_result::<String>(conn)?;
            Ok(serde_json::from_str(&plan).unwrap())
        }
    }
}

/// Returns why a statement reads more rows than it should; `None` if an index leads to them.
pub fn scan(conn: &mut Conn, statement: &str, without_scans: bool) -> Result<Option<String>, Error> {
    let plan = plan(conn, statement, without_scans)?;
    let has_limit = split(statement).0.contains("LIMIT");
    Ok(match conn {
        Conn::Sqlite(_) => {
            let mut steps = plan.as_array().unwrap().iter().filter_map(Json::as_str);
            let is_scan = |step: &&str| {
                step.starts_with("SCAN ")
                    && !(has_limit && step.contains(" USING "))
                    && *step != "SCAN CONSTANT ROW"
            };
            steps.find(is_scan).map(str::to_owned)
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => find(&plan, &|node| {
            let scans = node.get("Node Type").and_then(Json::as_str)?.ends_with("Scan");
            let relation = node
                .get("Relation Name")
                .and_then(Json::as_str)
                .unwrap_or_default();
            // With any index, a table of one row is read at once.
            let is_tiny = ["late_turns", "recorded_until", "subscription_version"].contains(&relation)
                && !without_scans;
            let is_sought = node.get("Index Cond").is_some() || node.get("TID Cond").is_some();
            let is_heap = node["Node Type"] == "Bitmap Heap Scan";
            let is_walk = node["Node Type"] != "Seq Scan" && node.get("Filter").is_none() && has_limit;
            // Of what a statement made itself.
            let is_own = ["Function Scan", "Subquery Scan"]
                .iter()
                .any(|kind| node["Node Type"] == *kind);
            (scans && !is_own && !is_tiny && !is_sought && !is_heap && !is_walk).then(|| node.to_string())
        }),
        #[cfg(feature = "mysql")]
        Conn::Mysql(_) => find(&plan, &|node| {
            let access = node.get("access_type").and_then(Json::as_str)?;
            let is_walk = access == "index" && node.get("attached_condition").is_none() && has_limit;
            (access == "ALL" || (access == "index" && !is_walk)).then(|| node.to_string())
        }),
    })
}

/// Returns the first fault in any part of a plan.
fn find(plan: &Json, fault: &dyn Fn(&Json) -> Option<String>) -> Option<String> {
    match plan {
        Json::Object(parts) => fault(plan).or_else(|| parts.values().find_map(|part| find(part, fault))),
        Json::Array(parts) => parts.iter().find_map(|part| find(part, fault)),
        _ => None,
    }
}

/// A value that a statement was run with.
#[derive(Debug, PartialEq)]
enum Value {
    Null,
    /// A number, as written.
    Number(String),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
}

impl Value {
    fn literal(&self, is_postgres: bool) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Number(number) => number.clone(),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Bytes(bytes) => {
                let digits = bytes
                    .iter()
                    .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
                if is_postgres {
                    format!("CAST('\\x{digits}' AS bytea)")
                } else {
                    format!("x'{digits}'")
                }
            }
            Self::List(values) => {
                let values: Vec<_> = values.iter().map(|value| value.literal(is_postgres)).collect();
                format!("ARRAY[{}]", values.join(", "))
            }
        }
    }
}

/// Parses values in diesel's `Debug` form.
fn parse(values: &str) -> Vec<Value> {
    let mut rest = values.trim();
    match value(&mut rest) {
        Value::List(values) => values,
        Value::Bytes(numbers) => numbers
            .iter()
            .map(|number| Value::Number(number.to_string()))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn value(rest: &mut &str) -> Value {
    if let Some(inner) = rest.strip_prefix("Some(") {
        *rest = inner;
        let found = value(rest);
        *rest = rest.strip_prefix(')').unwrap();
        return found;
    }
    if let Some(after) = rest.strip_prefix("None") {
        *rest = after;
        return Value::Null;
    }
    if let Some(inner) = rest.strip_prefix('[') {
        *rest = inner;
        return list(rest);
    }
    if rest.starts_with('"') {
        // JSON uses the same escapes for what these values contain.
        let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let text = texts.next().unwrap().unwrap();
        *rest = &rest[texts.byte_offset()..];
        return Value::Text(text);
    }
    let end = rest.find([',', ']', ')']).unwrap_or(rest.len());
    let (number, after) = rest.split_at(end);
    *rest = after;
    Value::Number(number.to_owned())
}

/// Returns the contents of a bracket: values, or the bytes of one.
fn list(rest: &mut &str) -> Value {
    let mut values = Vec::new();
    while !rest.starts_with(']') {
        values.push(value(rest));
        *rest = rest.strip_prefix(", ").unwrap_or(rest);
    }
    *rest = &rest[1..];
    let byte = |value: &Value| match value {
        Value::Number(number) => number.parse().ok(),
        _ => None,
    };
    match values.iter().map(byte).collect::<Option<Vec<u8>>>() {
        Some(bytes) => Value::Bytes(bytes),
        None => Value::List(values),
    }
}

#[test]
fn values_are_read_as_diesel_shows_them() {
    let text = |text: &str| Value::Text(text.to_owned());
    let number = |number: &str| Value::Number(number.to_owned());
    assert_eq!(
        parse(r#"["p1", 1700, Some(-5), None, [0, 255], [[1], [2]], "it's \"x\""]"#),
        [
            text("p1"),
            number("1700"),
            number("-5"),
            Value::Null,
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::Bytes(vec![1]), Value::Bytes(vec![2])]),
            text("it's \"x\""),
        ]
    );
    assert_eq!(parse("[7, 8]"), [number("7"), number("8")]);
    assert_eq!(parse("[]"), []);
}
