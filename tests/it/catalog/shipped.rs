//! The built-in catalog: complete, in every language, and stable.

use std::fmt::Write;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tidings::catalog::{
    Arguments, Code, Kind, Language, Level, Parameter, ResourceIds, Stored, check_directory, image, resource,
    service, services, share, volume,
};

/// Returns every code.
fn codes() -> Vec<Code> {
    let mut codes = Vec::new();
    for service in services() {
        codes.extend(service.messages.iter().map(Code::Flat));
        for resource in service.resources {
            for action in service.actions {
                let compose = |detail| Code::compose(resource, action, detail);
                codes.extend(service.details.iter().filter_map(compose));
            }
        }
    }
    codes
}

/// Returns the longest value that fits a parameter.
fn sample(parameter: &Parameter) -> Value {
    match parameter.kind {
        Kind::Integer => json!(i64::MIN),
        Kind::Bytes => json!(1023 * 1024 + 922),
        Kind::Uuid => json!("0190f4cc-0000-7000-8000-000000000000"),
        Kind::Choice(choices) => json!(choices[0].value),
    }
}

fn samples(code: Code) -> Arguments {
    let values: Vec<(&str, Value)> = code
        .parameters()
        .iter()
        .map(|known| (known.name, sample(known)))
        .collect();
    Arguments::check(
        code.parameters(),
        values.iter().map(|(name, value)| (*name, value)),
    )
    .unwrap()
}

fn stored<'a>(event_id: &'a str, action_id: Option<&'a str>, detail_id: Option<&'a str>) -> Stored<'a> {
    Stored {
        event_id,
        action_id,
        detail_id,
        resource_type: Some("VOLUME_SNAPSHOT"),
        parameters: None,
    }
}

fn user_message(stored: &Stored<'_>, language: Language) -> String {
    let mut text = String::new();
    stored.write_user_message(&mut text, language).unwrap();
    text
}

#[test]
fn every_code_renders_in_every_language() {
    let codes = codes();
    assert!(codes.len() > 4000, "{} codes", codes.len());
    for code in codes {
        let arguments = samples(code);
        for language in Language::ALL {
            let mut text = String::new();
            code.write_text(&mut text, language, &arguments).unwrap();
            let body = if code.action_id().is_some() {
                text.split_once(':').unwrap().1
            } else {
                text.as_str()
            };
            let full_stop = if language == Language::English { '.' } else { '。' };
            assert!(
                body.ends_with(full_stop) && body.chars().count() <= 255,
                "{code}: {text}"
            );
            assert!(!text.contains(['{', '}', '?', '\n']), "{code}: {text}");
            let mut remedy = String::new();
            code.write_remedy(&mut remedy, language, &arguments).unwrap();
            assert_eq!(remedy.is_empty(), code.remedy(language).is_none(), "{code}");
        }
    }
}

#[test]
fn every_text_is_translated() {
    for service in services() {
        for notice in service
            .messages
            .iter()
            .map(|found| &found.notice)
            .chain(service.details.iter().map(|found| &found.notice))
        {
            let text = notice.text.template(Language::ChineseSimplified);
            assert_ne!(text, notice.text.template(Language::English));
        }
    }
}

#[test]
fn a_stored_row_reads_as_its_code() {
    for code in codes() {
        let id = code.to_string();
        let parameters = samples(code).to_json();
        let row = Stored {
            event_id: &id,
            action_id: code.action_id(),
            detail_id: code.detail_id(),
            resource_type: code.resource_type(),
            parameters: parameters.as_deref(),
        };
        for language in Language::ALL {
            let mut text = String::new();
            code.write_text(&mut text, language, &samples(code)).unwrap();
            assert!(row.is_known());
            assert_eq!(user_message(&row, language), text);
        }
    }
}

#[test]
fn the_block_storage_catalog_is_whole() {
    let volume = service("VOLUME").unwrap();
    let count = (
        volume.messages.len(),
        volume.resources.len(),
        volume.actions.len(),
        volume.details.len(),
    );
    assert_eq!(count, (5, 3, 16, 30));
    let share = service("SHARE").unwrap();
    let count = (share.resources.len(), share.actions.len(), share.details.len());
    assert_eq!(count, (6, 14, 35));
}

#[test]
fn the_given_texts_stand() {
    let text = |id: &str| user_message(&stored(id, None, None), Language::English);
    assert_eq!(
        text("VOLUME_000002"),
        "No storage could be allocated for this volume request."
    );
    for service in services() {
        let unknown = format!("{}_000001", service.prefix);
        assert_eq!(text(&unknown), "An unknown error occurred.");
        if let Some(detail) = service.detail("001") {
            assert_eq!(
                detail.notice.text.template(Language::English),
                "An unknown error occurred."
            );
            assert_eq!(detail.name, "UNKNOWN_ERROR");
        }
    }
}

#[test]
fn every_id_is_in_the_list() {
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
    let checked = check_directory(&catalog).unwrap().unwrap();
    assert!(
        checked.unlisted.is_empty(),
        "add to catalog/ids.txt:\n{}",
        checked.unlisted.join("\n")
    );
    assert!(catalog.join("ids.txt").is_file());
}

#[test]
fn rows_of_any_kind_have_a_text() {
    let mut lines = String::new();
    for (event_id, action_id, detail_id) in [
        ("VOLUME_VOLUME_SNAPSHOT_009_006", Some("009"), Some("006")),
        ("VOLUME_VOLUME_SNAPSHOT_099_006", Some("099"), Some("006")),
        ("VOLUME_VOLUME_SNAPSHOT__006", Some(""), Some("006")),
        ("VOLUME_VOLUME_SNAPSHOT_009_999", Some("009"), Some("999")),
        ("VOLUME_VOLUME_SNAPSHOT_009_None", Some("009"), None),
        ("", Some("x"), Some("")),
        ("VOLUME_000003", None, None),
        ("VOLUME_000003", None, Some("006")),
        ("VOLUME_999999", None, None),
        ("000002", None, None),
        ("NOTHING_000002", None, None),
        ("", None, None),
    ] {
        let row = stored(event_id, action_id, detail_id);
        for language in Language::ALL {
            let mut prose = String::new();
            row.write_prose(&mut prose, language).unwrap();
            let message = user_message(&row, language);
            writeln!(lines, "{event_id} {} | {message} | {prose}", row.is_known()).unwrap();
        }
    }
    assert_snapshot!(lines, @"
    VOLUME_VOLUME_SNAPSHOT_009_006 true | create snapshot:The project's quota is used up. | Create snapshot: The project's quota is used up.
    VOLUME_VOLUME_SNAPSHOT_009_006 true | 创建快照:项目的配额已用完。 | 创建快照：项目的配额已用完。
    VOLUME_VOLUME_SNAPSHOT_099_006 false | unknown action:The project's quota is used up. | Unknown action: The project's quota is used up.
    VOLUME_VOLUME_SNAPSHOT_099_006 false | 未知操作:项目的配额已用完。 | 未知操作：项目的配额已用完。
    VOLUME_VOLUME_SNAPSHOT__006 false | unknown action:The project's quota is used up. | Unknown action: The project's quota is used up.
    VOLUME_VOLUME_SNAPSHOT__006 false | 未知操作:项目的配额已用完。 | 未知操作：项目的配额已用完。
    VOLUME_VOLUME_SNAPSHOT_009_999 false | create snapshot:An unknown error occurred. | Create snapshot: An unknown error occurred.
    VOLUME_VOLUME_SNAPSHOT_009_999 false | 创建快照:发生未知错误。 | 创建快照：发生未知错误。
    VOLUME_VOLUME_SNAPSHOT_009_None false | create snapshot:An unknown error occurred. | Create snapshot: An unknown error occurred.
    VOLUME_VOLUME_SNAPSHOT_009_None false | 创建快照:发生未知错误。 | 创建快照：发生未知错误。
     false | unknown action:An unknown error occurred. | Unknown action: An unknown error occurred.
     false | 未知操作:发生未知错误。 | 未知操作：发生未知错误。
    VOLUME_000003 true | The volume is read-only and cannot be attached for writing. | The volume is read-only and cannot be attached for writing.
    VOLUME_000003 true | 该卷为只读，不能以可写方式挂载。 | 该卷为只读，不能以可写方式挂载。
    VOLUME_000003 true | The volume is read-only and cannot be attached for writing. | The volume is read-only and cannot be attached for writing.
    VOLUME_000003 true | 该卷为只读，不能以可写方式挂载。 | 该卷为只读，不能以可写方式挂载。
    VOLUME_999999 false | An unknown error occurred. | An unknown error occurred.
    VOLUME_999999 false | 发生未知错误。 | 发生未知错误。
    000002 false | An unknown error occurred. | An unknown error occurred.
    000002 false | 发生未知错误。 | 发生未知错误。
    NOTHING_000002 false | An unknown error occurred. | An unknown error occurred.
    NOTHING_000002 false | 发生未知错误。 | 发生未知错误。
     false | An unknown error occurred. | An unknown error occurred.
     false | 发生未知错误。 | 发生未知错误。
    ");
}

#[test]
fn the_service_of_a_row_is_found() {
    let text = |event_id, resource_type| {
        let row = Stored {
            event_id,
            action_id: Some("007"),
            detail_id: Some("009"),
            resource_type,
            parameters: None,
        };
        user_message(&row, Language::English)
    };
    let (volume, share) = (text("", Some("VOLUME")), text("", Some("SHARE")));
    assert_ne!(volume, share);
    assert_eq!(text("VOLUME_VOLUME_007_009", None), volume);
    assert_eq!(text("SHARE_OLD_007_009", Some("OLD")), share);
    assert_eq!(text("SHARE_SHARE_007_009", None), share);
    assert_eq!(text("", None), volume);
}

#[test]
fn a_code_of_an_unknown_service_never_reads_as_one_of_another() {
    let unknown = [
        ("DNS_ZONE_007_009", Some("ZONE")),
        ("DNS_ZONE_007_009", None),
        ("DNS_VOLUME_007_009", Some("VOLUME")),
        // Two known services, one of which must be wrong.
        ("VOLUME_VOLUME_007_009", Some("SHARE")),
    ];
    for (event_id, resource_type) in unknown {
        let row = Stored {
            event_id,
            action_id: Some("007"),
            detail_id: Some("009"),
            resource_type,
            parameters: None,
        };
        assert_eq!(
            user_message(&row, Language::English),
            "unknown action:An unknown error occurred.",
            "{event_id} {resource_type:?}"
        );
        let mut remedy = String::new();
        row.write_remedy(&mut remedy, Language::English).unwrap();
        assert!(!row.is_known() && remedy.is_empty() && row.retryable().is_none());
    }
}

#[test]
fn parts_are_found_by_id_name_and_exception() {
    let volume = service("VOLUME").unwrap();
    assert_eq!(volume.action("009"), Some(volume::action::SNAPSHOT_CREATE));
    assert_eq!(
        volume.action("SNAPSHOT_CREATE"),
        Some(volume::action::SNAPSHOT_CREATE)
    );
    assert_eq!(volume.action("snapshot_create"), None);
    assert_eq!(volume.detail("006"), Some(volume::detail::QUOTA_EXCEED));
    assert_eq!(
        volume.detail_for_exception("SnapshotLimitExceeded"),
        Some(volume::detail::QUOTA_EXCEED)
    );
    assert_eq!(
        volume.detail_for_exception("NoValidBackend"),
        Some(volume::detail::NO_BACKEND_AVAILABLE)
    );
    assert_eq!(volume.detail_for_exception("NoValidHost"), None);
    let share_service = service("SHARE").unwrap();
    assert_eq!(
        share_service.detail_for_exception("NoValidHost"),
        Some(share::detail::NO_VALID_HOST)
    );
    // The ids of shares have a gap between 011 and 026.
    assert_eq!(share_service.action("026"), Some(share::action::TRANSFER_ACCEPT));
    assert_eq!(share_service.action("012"), None);
}

#[test]
fn resources_know_their_service_and_ids() {
    assert_eq!(resource("SHARE_REPLICA").unwrap().service().prefix, "SHARE");
    assert_eq!(resource("REPOSITORY").unwrap().ids, ResourceIds::Name);
    assert_eq!(resource("VOLUME").unwrap().ids, ResourceIds::Uuid);
    assert_eq!(resource("volume"), None);
}

#[test]
fn levels_read_in_any_case() {
    assert_eq!(Level::parse("warning"), Some(Level::Warning));
    assert_eq!(Level::parse("WARN"), None);
    assert_eq!(image::DOWNLOAD_CUT_SHORT.level().to_string(), "WARNING");
}
