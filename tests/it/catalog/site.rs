//! A site's own directory next to the built-in one.

use std::fs;

use insta::assert_snapshot;
use tidings::catalog::check_directory;

const OWN: &str = r#"prefix = "DNS"
[messages.ZONE_LOST]
id = "000001"
text = "The zone is lost."
[resources]
ZONE = { ids = "uuid", text = "zone" }
"#;

const OWN_CHINESE: &str = r#"[messages.ZONE_LOST]
text = "区域已丢失。"
[resources]
ZONE = { text = "区域" }
"#;

/// Writes the files and returns the check's faults, or the services and the lines for `ids.txt`.
fn check(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let lines = match check_directory(folder.path()).unwrap() {
        Ok(checked) => [checked.services, checked.unlisted].concat(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    };
    lines
        .join("\n")
        .replace(&folder.path().display().to_string(), "SITE")
}

#[test]
fn a_site_may_do_without_translations() {
    assert_snapshot!(check(&[("dns.toml", OWN)]), @"dns");
}

#[test]
fn a_language_that_a_site_ships_must_be_complete() {
    let files = [
        ("dns.toml", OWN),
        ("ntp.toml", "prefix = \"NTP\"\n"),
        ("locale/zh_CN/dns.toml", OWN_CHINESE),
    ];
    assert_snapshot!(check(&files), @"SITE/ntp.toml:1: its translation locale/zh_CN/ntp.toml is missing");
}

#[test]
fn a_site_may_bring_a_language_for_shipped_services() {
    let language = include_str!("../../../catalog/locale/zh_CN/language.toml")
        .replace("ChineseSimplified", "ChineseOfTheSite")
        .replace("[\"zh\", \"zh-Hans\"]", "[\"zh-SG\"]");
    let ha = include_str!("../../../catalog/locale/zh_CN/ha.toml");
    let own = [
        ("locale/zh_SG/language.toml", language.as_str()),
        ("locale/zh_SG/ha.toml", ha),
    ];
    assert_snapshot!(check(&own), @"");
    let unknown = [own[0], ("locale/zh_SG/disk.toml", "")];
    assert_snapshot!(check(&unknown), @"SITE/locale/zh_SG/disk.toml:1: there is no service `disk`");
}

#[test]
fn a_site_cannot_take_what_is_shipped() {
    let taken = OWN.replace("\"DNS\"", "\"VOLUME\"").replace("ZONE =", "SHARE =");
    assert_snapshot!(check(&[("volume.toml", &taken)]), @"
    SITE/volume.toml:1: catalog/volume.toml already defines the service `volume`
    SITE/volume.toml:1: catalog/volume.toml already has the prefix VOLUME
    SITE/volume.toml:6: catalog/share.toml already has the resource type SHARE
    ");
}

#[test]
fn lists_the_ids_to_add() {
    assert_snapshot!(check(&[("dns.toml", OWN), ("ids.txt", "DNS resource ZONE\n")]), @"
    dns
    DNS message 000001 ZONE_LOST
    ");
}

#[test]
fn other_files_are_left_alone() {
    assert_snapshot!(check(&[("dns.toml", OWN), ("README.md", "x"), ("locale/NOTES", "x"), (".x.toml", "=")]), @"dns");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = check_directory(&folder.path().join("missing")).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}

#[test]
fn actions_need_a_detail_for_the_unknown_error() {
    let own = format!("{OWN}[actions]\nZONE_MOVE = {{ id = \"001\", text = \"move zone\" }}\n");
    assert_snapshot!(check(&[("dns.toml", &own)]), @"SITE/dns.toml:8: a service with actions needs a detail with the id 001, the unknown error");
    let whole =
        format!("{own}[details.UNKNOWN_ERROR]\nid = \"001\"\ntext = \"An unknown error occurred.\"\n");
    assert_snapshot!(check(&[("dns.toml", &whole)]), @"dns");
}
