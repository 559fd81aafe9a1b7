//! Compares `docs/command-line.md` with the commands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::{Command, CommandFactory};
use regex::Regex;
use tidings::cli::Cli;

use super::Shell;

const MANUAL: &str = include_str!("../../../docs/command-line.md");
const MANUAL_ZH: &str = include_str!("../../../docs/zh_CN/command-line.md");

/// The options that the manual describes once for all commands.
const COMMON: [&str; 5] = ["config-file", "help", "version", "output", "long"];

/// The commands and their options: `message list` to `limit`, `marker`, ...
fn commands() -> BTreeMap<String, BTreeSet<String>> {
    fn walk(command: &Command, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
        for inner in command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help")
        {
            walk(inner, &format!("{path} {}", inner.get_name()), found);
        }
        if !command.has_subcommands() {
            let options = command.get_arguments().filter(|argument| !argument.is_hide_set());
            let names = options.filter_map(clap::Arg::get_long_and_visible_aliases);
            let names = names.flatten().map(str::to_owned).collect();
            found.insert(path.trim_start().to_owned(), names);
        }
    }
    let mut found = BTreeMap::new();
    let mut command = Cli::command();
    command.build();
    walk(&command, "", &mut found);
    found
}

/// The sections of the manual, by the first word of their heading in lower case.
fn sections() -> BTreeMap<String, &'static str> {
    let sections = MANUAL.split("\n## ").skip(1);
    let named = sections.map(|section| (section.split('\n').next().unwrap().to_lowercase(), section));
    named.collect()
}

fn options_in(text: &str) -> BTreeSet<String> {
    let option = Regex::new("--([a-z][a-z-]+)").unwrap();
    option
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn the_manual_names_every_command_and_its_options() {
    let sections = sections();
    let mut missing = Vec::new();
    for (command, options) in commands() {
        let (group, name) = command.split_once(' ').unwrap_or((&command, &command));
        let section = sections
            .get(group)
            .unwrap_or_else(|| panic!("no section {group}"));
        if !Regex::new(&format!(r"`(tidings )?({group} )?{name}\b|tidings {command}\b"))
            .unwrap()
            .is_match(section)
        {
            missing.push(command.clone());
        }
        let named = options_in(section);
        let unnamed = options
            .iter()
            .filter(|option| !named.contains(*option) && !COMMON.contains(&option.as_str()));
        missing.extend(unnamed.map(|option| format!("{command} --{option}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_manuals_name_no_option_that_there_is_not() {
    let commands = commands();
    let known: BTreeSet<_> = commands.values().flatten().cloned().collect();
    for manual in [MANUAL, MANUAL_ZH] {
        assert_eq!(
            options_in(manual).difference(&known).collect::<Vec<_>>(),
            Vec::<&String>::new()
        );
    }
    for (group, section) in sections() {
        let of_group = commands
            .iter()
            .filter(|(name, _)| name.split(' ').next() == Some(&group));
        let known: BTreeSet<_> = of_group.flat_map(|(_, options)| options.clone()).collect();
        if !known.is_empty() {
            let unknown: Vec<_> = options_in(section).difference(&known).cloned().collect();
            assert!(unknown.is_empty(), "{group}: {unknown:?}");
        }
    }
}

#[test]
fn the_command_lines_of_all_documents_can_be_read() {
    let commands = commands();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["docs", "docs/zh_CN"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| folder.read_dir().unwrap());
    let files = files
        .map(|file| file.unwrap().path())
        .chain([root.join("README.md")]);
    let called = Regex::new(r"(?m)(?:^|[`/ ])tidings ([a-z]+)(?: ([a-z]+))?([^`\n|;&>#]*)").unwrap();
    let mut count = 0;
    for file in files.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(&file).unwrap().replace("\\\n", " ");
        for line in called.captures_iter(&text) {
            let (group, name) = (&line[1], line.get(2).map_or("", |name| name.as_str()));
            let known = commands
                .get(&format!("{group} {name}"))
                .or_else(|| commands.get(group));
            let Some(known) = known else { continue };
            count += 1;
            let unknown: Vec<_> = options_in(&line[3]).difference(known).cloned().collect();
            assert!(
                unknown.is_empty(),
                "{}: {}: {unknown:?}",
                file.display(),
                &line[0]
            );
        }
    }
    assert!(count > 100, "{count} command lines");
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = Shell::empty().run(&["--help"]).out;
    let (_, listed) = help.split_once("Exit codes:\n").unwrap();
    let codes = |lines: &str, row: &str| -> Vec<String> {
        let row = Regex::new(row).unwrap();
        lines
            .lines()
            .filter_map(|line| Some(row.captures(line)?[1].replace('、', ", ")))
            .collect()
    };
    let of_help = codes(listed, r"^ {2}(\d+(?:, \d+)?)  ");
    assert!(of_help.len() > 5, "{help}");
    for manual in [MANUAL, MANUAL_ZH] {
        let (_, table) = manual.rsplit_once("\n## ").unwrap();
        assert_eq!(codes(table, r"^\| (\d+(?:(?:, |、)\d+)?) \|"), of_help);
    }
}
