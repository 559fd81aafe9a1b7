//! Broken files, and the faults that the build reports for them.

use insta::assert_snapshot;
use tidings::catalog::source::{Directory, check};

/// An English language.toml without faults.
const ENGLISH: &str = include_str!("../../../catalog/language.toml");
/// A Chinese one.
const CHINESE: &str = include_str!("../../../catalog/locale/zh_CN/language.toml");

/// A service without faults, to be broken by additions.
const SOUND: &str = r#"prefix = "DISK"
[messages.LOST]
id = "000001"
text = "The disk is lost."
"#;

/// Returns the faults of files next to the languages, one per line.
pub fn faults(files: &[(&str, &str)]) -> String {
    let languages = [
        ("language.toml", ENGLISH),
        ("locale/zh_CN/language.toml", CHINESE),
    ];
    lines(&[Directory::new("catalog", languages.iter().chain(files).copied())])
}

/// The same for files in English only.
pub fn english(files: &[(&str, &str)]) -> String {
    let languages = [("language.toml", ENGLISH)];
    lines(&[Directory::new("catalog", languages.iter().chain(files).copied())])
}

fn lines(directories: &[Directory]) -> String {
    let Err(faults) = check(directories) else {
        return "sound".to_owned();
    };
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_sound_catalog_has_no_faults() {
    assert_snapshot!(english(&[("disk.toml", SOUND)]), @"sound");
}

#[test]
fn syntax_errors_stand_beside_the_faults_of_other_files() {
    let files = [
        (
            "disk.toml",
            "prefix = \"DISK\"\n[messages.LOST\nid = \"000001\"\ntext = The disk\n",
        ),
        ("tape.toml", "prefix = \"tape\"\n"),
        ("ids.txt", "DISK message 000001 LOST\n"),
    ];
    assert_snapshot!(english(&files), @"
    catalog/disk.toml:2: invalid TOML:  unclosed table, expected `]`
    catalog/tape.toml:1: `prefix` must be upper-case letters
    ");
}

#[test]
fn keys_and_types() {
    let service = r#"
prefx = "DISK"
[messages.LOST]
id = 1
text = "The disk is lost."
remdy = "Buy another."
retryable = "yes"
ttl = -5
[resources]
DISK = { text = "disk" }
TAPE = { ids = "number", text = "tape" }
[actions.READ]
id = "001"
text = "read"
level = "ERROR"
[details.GONE]
id = "001"
text = "It is gone."
level = "FATAL"
exceptions = ["Gone", 7]
[evnts]
"#;
    assert_snapshot!(english(&[("disk.toml", service)]), @r#"
    catalog/disk.toml:1: `prefix` is missing
    catalog/disk.toml:2: unknown key `prefx`; known keys are prefix, since, call_reports, messages, resources, actions, details, events, payloads, rules
    catalog/disk.toml:4: `id` must be a string, not integer
    catalog/disk.toml:6: unknown key `remdy`; known keys are id, text, remedy, level, retryable, ttl, since, retired, parameters
    catalog/disk.toml:7: `retryable` must be true or false, not string
    catalog/disk.toml:8: `ttl` must be a whole number from 1 to 4294967295, not integer
    catalog/disk.toml:10: `ids` is missing
    catalog/disk.toml:11: `ids` must be "uuid" or "name", not "number"
    catalog/disk.toml:15: unknown key `level`; known keys are id, text, since, retired
    catalog/disk.toml:19: unknown level `FATAL`: must be one of ERROR, WARNING, INFO
    catalog/disk.toml:20: `exceptions` must be a list of strings, not integer
    catalog/disk.toml:21: unknown key `evnts`; known keys are prefix, since, call_reports, messages, resources, actions, details, events, payloads, rules
    "#);
}

#[test]
fn ids_and_names() {
    let service = r#"prefix = "DISK_"
[messages.LOST]
id = "1"
text = "One."
[messages.found]
id = "000000"
text = "Two."
[messages.B]
id = "000007"
text = "Three."
[messages.A]
id = "000007"
text = "Four."
since = "soon"
[resources]
DISK_WITH_A_NAME_THAT_IS_FAR_TOO_LONG = { ids = "uuid", text = "disk" }
[actions]
READ = { id = "0O1", text = "read" }
[details.GONE]
id = "001"
text = "It is gone."
exceptions = ["Gone", "Not Here"]
[details.AWAY]
id = "002"
text = "It is away."
exceptions = ["Gone"]
"#;
    assert_snapshot!(english(&[("my-disk.toml", service)]), @r#"
    catalog/my-disk.toml:1: `prefix` must be upper-case letters
    catalog/my-disk.toml:1: the file's name becomes a module and must be lower-case letters, digits and `_`
    catalog/my-disk.toml:3: `id` must be 6 digits and not zero, not "1"
    catalog/my-disk.toml:5: message name `found` must be upper-case letters, digits and `_`
    catalog/my-disk.toml:6: `id` must be 6 digits and not zero, not "000000"
    catalog/my-disk.toml:12: B already has this message id
    catalog/my-disk.toml:14: a version must be numbers separated by dots, not "soon"
    catalog/my-disk.toml:16: a resource type may have at most 36 characters
    catalog/my-disk.toml:18: `id` must be 3 digits and not zero, not "0O1"
    catalog/my-disk.toml:22: `Not Here` is not the name of an exception
    catalog/my-disk.toml:26: exception `Gone` already maps to GONE
    "#);
}

#[test]
fn texts() {
    let long = "x".repeat(255);
    let service = format!(
        r#"prefix = "DISK"
[messages.EMPTY]
id = "000001"
text = " "
[messages.LONG]
id = "000002"
text = "{long}."
[messages.BREAK]
id = "000003"
text = """Two
lines."""
[messages.OPEN]
id = "000004"
text = "No full stop"
remedy = "None here either"
[messages.SPACE]
id = "000005"
text = "Two  spaces."
[messages.GROWS]
id = "000006"
text = "{almost}{{id}}."
[messages.GROWS.parameters]
id = {{ kind = "uuid" }}
[resources]
DISK = {{ ids = "uuid", text = "Disk." }}
[actions]
READ = {{ id = "001", text = "" }}
"#,
        almost = "x".repeat(220),
    );
    assert_snapshot!(english(&[("disk.toml", &service)]), @"
    catalog/disk.toml:4: `text` is empty
    catalog/disk.toml:7: `text` can have 256 characters, more than the 255 allowed
    catalog/disk.toml:10: `text` has a line break or another control character
    catalog/disk.toml:14: `text` does not end with the full stop `.`
    catalog/disk.toml:15: `remedy` does not end with the full stop `.`
    catalog/disk.toml:18: `text` has superfluous white space
    catalog/disk.toml:21: `text` can have 257 characters, more than the 255 allowed
    catalog/disk.toml:25: `text` becomes part of a sentence and must not end with a full stop
    catalog/disk.toml:27: `text` is empty
    catalog/disk.toml:27: a service with actions needs a detail with the id 001, the unknown error
    ");
}

#[test]
fn parameters() {
    let service = r#"prefix = "DISK"
[messages.A]
id = "000001"
text = "It has {size} of {limit}."
[messages.A.parameters]
size = { kind = "bytes" }
spare = { kind = "bytes" }
Odd = { kind = "integer" }
name = { kind = "string" }
none = {}
[messages.B]
id = "000002"
text = "A { brace and {1}."
remedy = "A } brace."
[messages.C]
id = "000003"
text = "The disk is {state} and {other}."
[messages.C.parameters.state]
kind = "choice"
[messages.C.parameters.state.values]
Bad = "broken."
good = "well {state}"
[messages.C.parameters.other]
kind = "choice"
[messages.D]
id = "000004"
text = "{a}{b}{c}{d}{e}{f}{g}{h}{i}."
[messages.D.parameters]
a = { kind = "integer" }
b = { kind = "integer" }
c = { kind = "integer" }
d = { kind = "integer" }
e = { kind = "integer" }
f = { kind = "integer" }
g = { kind = "integer" }
h = { kind = "integer" }
i = { kind = "integer", values = { x = "y" } }
"#;
    assert_snapshot!(english(&[("disk.toml", service)]), @"
    catalog/disk.toml:4: `text` uses the undeclared parameter `limit`
    catalog/disk.toml:7: parameter `spare` is unused
    catalog/disk.toml:8: parameter `Odd` must be lower-case letters, digits and `_`
    catalog/disk.toml:9: unknown kind `string`: must be one of integer, bytes, uuid, choice
    catalog/disk.toml:10: `kind` is missing
    catalog/disk.toml:13: `text`: only a parameter's name may stand between `{` and `}`
    catalog/disk.toml:14: `remedy`: a `}` has no `{` before it
    catalog/disk.toml:21: `Bad` becomes part of a sentence and must not end with a full stop
    catalog/disk.toml:21: choice `Bad` must be lower-case letters, digits and `_`
    catalog/disk.toml:22: choice `good` cannot have parameters
    catalog/disk.toml:23: choice `other` has no `values`
    catalog/disk.toml:25: a text may have at most 8 parameters
    catalog/disk.toml:37: only a choice may have `values`, but `i` is not one
    ");
}

#[test]
fn what_must_be_unique() {
    let tape = r#"prefix = "DISK"
[resources]
DISK = { ids = "uuid", text = "tape" }
"#;
    let disk = r#"prefix = "DISK"
[resources]
DISK = { ids = "uuid", text = "disk" }
"#;
    assert_snapshot!(english(&[("disk.toml", disk), ("tape.toml", tape)]), @"
    catalog/tape.toml:1: catalog/disk.toml already has the prefix DISK
    catalog/tape.toml:3: catalog/disk.toml already has the resource type DISK
    ");
}

#[test]
fn ids_are_never_removed() {
    let ids = "# the list\nDISK message 000001 LOST\nDISK message 000001 LOST\nDISK message 000002 FOUND\nDISK detail 001\n\
               TAPE resource TAPE\n";
    assert_snapshot!(english(&[("disk.toml", SOUND), ("ids.txt", ids)]), @"
    catalog/ids.txt:3: `DISK message 000001 LOST` is listed twice
    catalog/ids.txt:4: `DISK message 000002 FOUND` is in no file: ids are never removed or renamed, only `retired`
    catalog/ids.txt:5: `DISK detail 001` is in no file: ids are never removed or renamed, only `retired`
    catalog/ids.txt:6: `TAPE resource TAPE` is in no file: ids are never removed or renamed, only `retired`
    ");
}

#[test]
fn translations() {
    let service = r#"prefix = "DISK"
[messages.LOST]
id = "000001"
text = "The disk lost {size}, it is {state}."
remedy = "Buy another of {size}."
[messages.LOST.parameters]
size = { kind = "bytes" }
[messages.LOST.parameters.state]
kind = "choice"
[messages.LOST.parameters.state.values]
bad = "broken"
worse = "burning"
[messages.FOUND]
id = "000002"
text = "The disk is found."
[messages.PLAIN]
id = "000003"
text = "The disk is plain."
remedy = "Paint it."
[resources]
DISK = { ids = "uuid", text = "disk" }
"#;
    let chinese = r#"[messages.LOST]
text = "磁盘丢失了，状态为{state}"
remedy = "请购买 {size} 的 {brand}。"
[messages.LOST.parameters.state.values]
bad = "损坏。"
best = "完好"
[messages.LOST.parameters.size.values]
big = "大"
[messages.PLAIN]
text = "磁盘很普通."
level = "INFO"
[messages.MORE]
text = "多余的。"
[resources]
DISK = { text = "磁盘", ids = "uuid" }
"#;
    let files = [
        ("disk.toml", service),
        ("locale/zh_CN/disk.toml", chinese),
        ("locale/zh_CN/tape.toml", ""),
        ("locale/ja/disk.toml", ""),
        ("clock.toml", "prefix = \"CLOCK\"\n"),
    ];
    assert_snapshot!(faults(&files), @"
    catalog/clock.toml:1: its translation locale/ja/clock.toml is missing
    catalog/clock.toml:1: its translation locale/zh_CN/clock.toml is missing
    catalog/locale/ja/disk.toml:1: locale/ja/language.toml is missing
    catalog/locale/zh_CN/disk.toml:1: the message FOUND of catalog/disk.toml is missing
    catalog/locale/zh_CN/disk.toml:2: `text` does not end with the full stop `。`
    catalog/locale/zh_CN/disk.toml:2: `text` must have the same parameters as the English one
    catalog/locale/zh_CN/disk.toml:3: `remedy` must have the same parameters as the English one
    catalog/locale/zh_CN/disk.toml:3: `remedy` uses the undeclared parameter `brand`
    catalog/locale/zh_CN/disk.toml:4: choice `worse` of `state` is missing
    catalog/locale/zh_CN/disk.toml:5: `bad` becomes part of a sentence and must not end with a full stop
    catalog/locale/zh_CN/disk.toml:6: `state` has no choice `best`
    catalog/locale/zh_CN/disk.toml:7: the entry has no choice `size` to translate
    catalog/locale/zh_CN/disk.toml:9: `remedy` is missing
    catalog/locale/zh_CN/disk.toml:10: `text` does not end with the full stop `。`
    catalog/locale/zh_CN/disk.toml:11: unknown key `level`; known keys are text, remedy, parameters
    catalog/locale/zh_CN/disk.toml:12: catalog/disk.toml has no message MORE
    catalog/locale/zh_CN/disk.toml:15: unknown key `ids`; known keys are text
    catalog/locale/zh_CN/tape.toml:1: there is no service `tape`
    ");
}

#[test]
fn languages() {
    let english = "name = \"English\"\nconstant = \"english\"\naccept = [\"e n\"]\nfullstop = \".\"\n";
    let german = ENGLISH.replace("title = ", "titel = ");
    let files = [
        ("language.toml", english),
        ("locale/de/language.toml", &german),
        ("locale/d-e/language.toml", "="),
    ];
    assert_snapshot!(lines(&[Directory::new("catalog", files)]), @"
    catalog/language.toml:1: `decimal_point` is missing
    catalog/language.toml:1: `full_stop` is missing
    catalog/language.toml:1: `separator` is missing
    catalog/language.toml:1: the table `words` is missing
    catalog/language.toml:2: `constant` must be a name such as `ChineseSimplified`
    catalog/language.toml:3: `e n` is not a language tag such as `zh-Hans`
    catalog/language.toml:4: unknown key `fullstop`; known keys are constant, name, accept, full_stop, separator, decimal_point, words
    catalog/locale/d-e/language.toml:1: invalid TOML:  string values must be quoted, expected literal string
    catalog/locale/d-e/language.toml:1: invalid TOML:  unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
    catalog/locale/d-e/language.toml:1: the folder `d-e` must be named like `zh_CN`
    catalog/locale/de/language.toml:9: `title` is missing
    catalog/locale/de/language.toml:12: unknown key `titel`; known keys are unknown_action, unknown_error, title, messages, resources, actions, details, events, code, id, name, text, level, remedy, parameters, exceptions, retired
    ");
    assert_snapshot!(lines(&[Directory::new("catalog", [("disk.toml", SOUND)])]), @"language.toml:1: the catalog has no language.toml for English");
}

#[test]
fn nothing_that_a_text_falls_back_to_may_be_missing_or_blank() {
    let english = ENGLISH
        .replace("unknown action\"", "\"")
        .replace("An unknown error occurred.\"", " \"");
    let service = r#"prefix = "DISK"
[resources]
DISK = { ids = "uuid", text = "disk" }
[actions]
READ = { id = "001", text = "read" }
WRITE = { id = "002", text = "" }
[details.GONE]
id = "002"
text = "It is gone."
"#;
    let files = [("language.toml", english.as_str()), ("disk.toml", service)];
    assert_snapshot!(lines(&[Directory::new("catalog", files)]), @"
    catalog/disk.toml:5: a service with actions needs a detail with the id 001, the unknown error
    catalog/disk.toml:6: `text` is empty
    catalog/language.toml:10: `unknown_action` is empty
    catalog/language.toml:11: `unknown_error` is empty
    ");
}
