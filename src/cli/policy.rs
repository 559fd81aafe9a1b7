//! `tidings policy`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use serde_json::Value;

use super::context::Context;
use super::failure::Failure;
use super::output::{Format, Output};
use crate::identity::policy::{DEFAULTS, Rules};
use crate::identity::{Caller, Policy};
use crate::spelling;

/// List the rules for who may do what, and check policy files.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the rules in force: the built-in ones, overridden by the configured files.
    #[command(after_help = "\
Examples:
  tidings policy list
  tidings policy list --output json")]
    List {
        /// Output format.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
    /// Check policy files, and show which rules a token passes.
    #[command(after_help = "\
Without --policy the configured files are checked. Every fault is reported with its line; exit code 78.

With --access each rule is printed as passed or failed for that token, in the form of oslopolicy-checker:
  tidings policy check --policy policy.yaml --access token.json --target target.json

token.json is Keystone's description of a token, {\"token\": {...}}; target.json is an object such as
{\"project_id\": \"p1\"}. It defaults to the token's own user and project.")]
    Check {
        /// A file to check instead of the configured ones.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// A file with Keystone's JSON description of a token.
        #[arg(long, value_name = "FILE")]
        access: Option<PathBuf>,
        /// A file with the operation's target, in JSON.
        #[arg(long, value_name = "FILE", requires = "access")]
        target: Option<PathBuf>,
        /// Only this rule.
        #[arg(long, value_name = "NAME", requires = "access")]
        rule: Option<String>,
    },
}

impl PolicyCommand {
    pub(super) fn run(&self, context: &Context, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::List { output: format } => list(context, *format, output),
            Self::Check {
                policy,
                access,
                target,
                rule,
            } => {
                let rules = rules(context, policy.as_deref())?;
                match access {
                    None => report(&rules, output),
                    Some(access) => decide(&rules, access, target.as_deref(), rule.as_deref(), output),
                }
            }
        }
    }
}

fn rules(context: &Context, file: Option<&Path>) -> Result<Arc<Rules>, Failure> {
    let mut config = context.config.clone();
    if let Some(file) = file {
        config.oslo_policy.policy_file =
            std::path::absolute(file).map_err(Failure::io(format!("{} cannot be read", file.display())))?;
        config.oslo_policy.policy_dirs.clear();
    }
    Ok(Policy::load(&config, context.clock.clone())?.rules())
}

fn list(context: &Context, format: Format, output: &mut Output) -> Result<(), Failure> {
    let rules = rules(context, None)?;
    let default = |name: &str| DEFAULTS.iter().find(|default| default.name == name);
    let rows = rules.iter().map(|(name, rule)| {
        let origin = rule
            .origin
            .as_ref()
            .map(|(path, line)| format!("{}:{line}", path.display()));
        let operation = default(name).and_then(|default| default.operation);
        [
            name.to_owned(),
            rule.text.clone(),
            origin.unwrap_or_else(|| "built in".to_owned()),
            operation.unwrap_or_default().to_owned(),
        ]
    });
    let head = ["name", "rule", "from", "operation"];
    match format {
        Format::Table => output.table(&head, rows.map(Vec::from).collect()),
        Format::Json => {
            let objects = rows.map(|row| {
                let pairs = head.iter().map(ToString::to_string).zip(row.map(Value::String));
                Value::Object(pairs.collect())
            });
            output.json(&objects.collect())
        }
    }
}

fn report(rules: &Rules, output: &mut Output) -> Result<(), Failure> {
    for warning in &rules.warnings {
        output.line(&format!("warning: {warning}"))?;
    }
    let own = rules.iter().filter(|(_, rule)| rule.origin.is_some()).count();
    output.line(&format!("{own} rules, no faults"))
}

fn decide(
    rules: &Rules,
    access: &Path,
    target: Option<&Path>,
    only: Option<&str>,
    output: &mut Output,
) -> Result<(), Failure> {
    let caller = Caller::from_token(&read(access)?)
        .map_err(|reason| Failure::Data(format!("{}: {reason}", access.display())))?;
    let target = match target {
        Some(path) => flat(&json(path)?),
        None => vec![
            ("user_id".to_owned(), Some(caller.user.clone())),
            ("project_id".to_owned(), caller.project.clone()),
        ],
    };
    let target: Vec<(&str, Option<&str>)> = target
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_deref()))
        .collect();
    if let Some(name) = only
        && !rules.iter().any(|(known, _)| known == name)
    {
        let hint = spelling::hint(name, rules.iter().map(|(known, _)| known));
        return Err(Failure::NotFound(format!("no rule {name}{hint}")));
    }
    // Like oslopolicy-checker, skip rules that exist only to be referenced, unless one is requested.
    let chosen = |name: &str| only.map_or(name.contains(':'), |only| only == name);
    for (name, _) in rules.iter().filter(|(name, _)| chosen(name)) {
        let word = if rules.allow(name, &caller, &target) {
            "passed"
        } else {
            "failed"
        };
        output.line(&format!("{word}: {name}"))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(Failure::io(format!("{} cannot be read", path.display())))
}

fn json(path: &Path) -> Result<Value, Failure> {
    serde_json::from_slice(&read(path)?)
        .map_err(|error| Failure::Data(format!("{}: invalid JSON: {error}", path.display())))
}

/// Returns a target's attributes by name; like oslopolicy-checker, joins nested names with a dot.
fn flat(target: &Value) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for (name, value) in target.as_object().into_iter().flatten() {
        let value = match value {
            Value::Object(_) => {
                let inner = flat(value).into_iter();
                found.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value)));
                continue;
            }
            // Rules use Python's spelling.
            Value::Bool(true) => Some("True".to_owned()),
            Value::Bool(false) => Some("False".to_owned()),
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        found.push((name.clone(), value));
    }
    found
}
