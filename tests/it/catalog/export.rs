//! Exports of the catalog: JSON for programs, Markdown for manuals.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::Value;
use tidings::catalog::{Language, export, fingerprint, services};

#[test]
fn exports_as_json() {
    let document: Value = serde_json::from_str(&export::json(Language::ChineseSimplified)).unwrap();
    assert_eq!(document["fingerprint"], fingerprint());
    assert_eq!(document["services"].as_array().unwrap().len(), services().len());
    let find = |name: &str| {
        let services = document["services"].as_array().unwrap();
        services.iter().find(|service| service["name"] == name).unwrap()
    };
    let volume = find("volume");
    assert_json_snapshot!(volume["details"][5], @r#"
    {
      "id": "006",
      "name": "QUOTA_EXCEED",
      "text": "项目的配额已用完。",
      "remedy": "请删除不再需要的资源，或申请更大的配额，然后重试。",
      "level": "ERROR",
      "retryable": false,
      "ttl": null,
      "since": "0.1.0",
      "retired": null,
      "parameters": [],
      "exceptions": [
        "ImageLimitExceeded",
        "BackupLimitExceeded",
        "SnapshotLimitExceeded"
      ]
    }
    "#);
    assert_json_snapshot!(volume["resources"][2], @r#"
    {
      "name": "VOLUME_SNAPSHOT",
      "text": "卷快照",
      "ids": "uuid",
      "since": "0.1.0",
      "retired": null
    }
    "#);
    assert_json_snapshot!(find("image")["messages"][8], @r#"
    {
      "id": "000009",
      "code": "IMAGE_000009",
      "name": "IMPORT_FAILED",
      "text": "镜像导入失败，失败的步骤是{step}。",
      "remedy": "请确认来源可以访问且是有效的镜像，然后重试。",
      "level": "ERROR",
      "retryable": true,
      "ttl": null,
      "since": "0.1.0",
      "retired": null,
      "parameters": [
        {
          "name": "step",
          "kind": "choice",
          "values": [
            {
              "value": "check",
              "text": "检查数据"
            },
            {
              "value": "convert",
              "text": "转换格式"
            },
            {
              "value": "fetch",
              "text": "获取数据"
            },
            {
              "value": "store",
              "text": "保存数据"
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn exports_as_markdown() {
    let page = export::markdown(Language::English);
    let head: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with('#') || line.contains("000003"))
        .collect();
    assert_snapshot!(head.join("\n"), @"
    # Message catalog
    ## compute (`COMPUTE`)
    ### Messages
    ### Resources
    ### Actions
    ### Details
    ## ha (`HA`)
    ### Messages
    | `HA_000003` | INSTANCE_RECOVERED | INFO | The instance had stopped unexpectedly and was started again. | Check that the software on the instance works as it should. |  |
    ### Resources
    ### Events
    ## image (`IMAGE`)
    ### Messages
    | `IMAGE_000003` | UPLOAD_TOO_LARGE | ERROR | The image data has {size}, which exceeds the limit of {limit}. | Upload a smaller image, for example in a compressed format. | `limit`: bytes; `size`: bytes |
    ### Resources
    ### Events
    ## repository (`REPO`)
    ### Messages
    | `REPO_000003` | SYNC_INCOMPLETE | WARNING | The repository was synchronized, but {failed} of {total} items could not be fetched. | Synchronize again to fetch what is missing. | `failed`: integer; `total`: integer |
    ### Resources
    ### Events
    ## share (`SHARE`)
    ### Messages
    ### Resources
    ### Actions
    ### Details
    ## tidings (`TIDINGS`)
    ### Messages
    ### Resources
    ### Events
    ## volume (`VOLUME`)
    ### Messages
    | `VOLUME_000003` | ATTACH_READONLY_VOLUME | ERROR | The volume is read-only and cannot be attached for writing. | Attach the volume as read-only, or make it writable first. |  |
    ### Resources
    ### Actions
    ### Details
    ");
}
