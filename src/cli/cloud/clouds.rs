//! clouds.yaml and secure.yaml, in the places where openstacksdk looks for them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::yaml;
use crate::cli::failure::Failure;
use crate::spelling;

/// The longest file.
const LONGEST: u64 = 1 << 20;

/// Returns the options of a cloud, those of its `auth` among them.
///
/// # Errors
/// [`Failure::Data`] if no file has it, or a file cannot be used.
pub fn find(
    cloud: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let folders = folders(variable);
    let named = |name: &str| variable(name).map(PathBuf::from);
    let clouds = load(named("OS_CLIENT_CONFIG_FILE"), &folders, "clouds")?;
    let secure = load(named("OS_CLIENT_SECURE_FILE"), &folders, "secure")?;
    let Some(known) = clouds.get(cloud).and_then(Value::as_object) else {
        let places: Vec<_> = folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        let hint = spelling::hint_or(cloud, clouds.keys().map(String::as_str), || {
            format!("; clouds.yaml is read from {}", places.join(", "))
        });
        return Err(Failure::Data(format!("no cloud is named {cloud}{hint}")));
    };
    let mut options = BTreeMap::new();
    flatten(known, &mut options);
    if let Some(secrets) = secure.get(cloud).and_then(Value::as_object) {
        flatten(secrets, &mut options);
    }
    Ok(options)
}

fn folders(variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = variable("HOME").map(PathBuf::from);
    let configured = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let configured = configured.or_else(|| home.map(|home| home.join(".config")));
    let user = configured.map(|folder| folder.join("openstack"));
    [Some(PathBuf::from(".")), user, Some("/etc/openstack".into())]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns the clouds of the first file of this name that exists.
fn load(named: Option<PathBuf>, folders: &[PathBuf], name: &str) -> Result<Map<String, Value>, Failure> {
    let in_folder = |folder: &PathBuf| ["yaml", "yml"].map(|end| folder.join(format!("{name}.{end}")));
    let places = named.into_iter().chain(folders.iter().flat_map(in_folder));
    for path in places {
        if let Some(text) = text(&path)? {
            let read = yaml::read(&text);
            let mut read = read.map_err(|fault| Failure::Data(format!("{}: {fault}", path.display())))?;
            return Ok(match read.get_mut("clouds").map(Value::take) {
                Some(Value::Object(clouds)) => clouds,
                _ => Map::new(),
            });
        }
    }
    Ok(Map::new())
}

fn text(path: &Path) -> Result<Option<String>, Failure> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if found.len() > LONGEST => {
            Err(Failure::Data(format!("{shown}: is longer than {LONGEST} bytes")))
        }
        Ok(_) => fs::read_to_string(path)
            .map(Some)
            .map_err(Failure::io(format!("{shown} cannot be read"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io(format!("{shown} cannot be read"))(error)),
    }
}

fn flatten(members: &Map<String, Value>, options: &mut BTreeMap<String, String>) {
    for (name, value) in members {
        match value {
            Value::String(text) => drop(options.insert(name.clone(), text.clone())),
            Value::Object(inner) if name == "auth" => flatten(inner, options),
            _ => {}
        }
    }
}
