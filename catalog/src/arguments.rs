//! The arguments of a message: validated when recorded, and never trusted when read back.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::kind::Parameter;
use super::value::Value;

/// The most parameters that a text may have; the build enforces it.
const MOST: usize = 8;

/// The arguments of a message. They live on the stack, so rendering a list allocates nothing for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arguments {
    parameters: &'static [Parameter],
    values: [Option<Value>; MOST],
}

/// A rejected argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentFault {
    /// The parameter's name as the caller sent it.
    pub name: String,
    /// What is wrong, worded to follow the name: "must be a 64-bit integer".
    pub reason: String,
}

impl Arguments {
    /// No arguments: every placeholder of a text shows `?`.
    pub const NONE: Self = Self {
        parameters: &[],
        values: [None; MOST],
    };

    /// Checks that each parameter of a code has a value of its kind, and that there are no others.
    ///
    /// # Errors
    /// Lists every argument that is unknown, given twice, of the wrong kind or missing.
    pub fn check<'a>(
        parameters: &'static [Parameter],
        given: impl IntoIterator<Item = (&'a str, &'a Json)>,
    ) -> Result<Self, Vec<ArgumentFault>> {
        let mut arguments = Self {
            parameters,
            ..Self::NONE
        };
        let mut faults = Vec::new();
        let mut fault = |name: &str, reason: String| {
            let name = name.to_owned();
            faults.push(ArgumentFault { name, reason });
        };
        let mut named = [false; MOST];
        for (name, json) in given {
            let Some((index, parameter)) = arguments.find(name) else {
                fault(name, "is not a parameter of this message".to_owned());
                continue;
            };
            if named[index] {
                fault(name, "is given twice".to_owned());
            }
            named[index] = true;
            arguments.values[index] = Value::read(parameter.kind, json);
            if arguments.values[index].is_none() {
                fault(name, Value::wanted(parameter.kind));
            }
        }
        for (parameter, named) in arguments.parameters.iter().zip(named) {
            if !named {
                fault(parameter.name, "is missing".to_owned());
            }
        }
        if faults.is_empty() {
            Ok(arguments)
        } else {
            Err(faults)
        }
    }

    /// Returns the arguments as compact JSON for the store; `None` if there are none.
    pub fn to_json(&self) -> Option<String> {
        if self.values.iter().all(Option::is_none) {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// Reads what [`Arguments::to_json`] wrote. The catalog may have changed since: arguments that no longer fit its
    /// parameters are dropped, so this never fails.
    pub(super) fn of_parameters(parameters: &'static [Parameter], json: &str) -> Self {
        let mut arguments = Self {
            parameters,
            ..Self::NONE
        };
        let mut reader = serde_json::Deserializer::from_str(json);
        // Values read before a fault are kept; the rest render as missing.
        let _ = reader.deserialize_map(Fill(&mut arguments));
        arguments
    }

    /// Returns the value of a text's parameter, if these arguments belong to that text.
    pub(super) fn get(&self, parameters: &'static [Parameter], index: usize) -> Option<Value> {
        let same = std::ptr::eq(self.parameters, parameters);
        self.values.get(index).copied().flatten().filter(|_| same)
    }

    fn find(&self, name: &str) -> Option<(usize, &'static Parameter)> {
        self.parameters
            .iter()
            .enumerate()
            .take(MOST)
            .find(|(_, parameter)| parameter.name == name)
    }
}

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (parameter, value) in self.parameters.iter().zip(self.values) {
            match value {
                None => {}
                Some(Value::Integer(number)) => map.serialize_entry(parameter.name, &number)?,
                Some(Value::Bytes(number)) => map.serialize_entry(parameter.name, &number)?,
                Some(Value::Uuid(id)) => map.serialize_entry(parameter.name, &id.hyphenated().to_string())?,
                Some(Value::Choice(choice)) => map.serialize_entry(parameter.name, choice.value)?,
            }
        }
        map.end()
    }
}

/// Fills in the values while the JSON object is parsed, without building it.
struct Fill<'a>(&'a mut Arguments);

impl<'de> Visitor<'de> for Fill<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of arguments")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<&'de str>()? {
            let raw = map.next_value::<&'de RawValue>()?;
            if let Some((index, parameter)) = self.0.find(name) {
                self.0.values[index] = Value::parse(parameter.kind, raw.get());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Code, Language, image};

    /// Checks the members of a JSON object against a code of the built-in catalog.
    fn check(code: Code, given: &Json) -> Result<Arguments, Vec<ArgumentFault>> {
        let members = given.as_object().unwrap();
        Arguments::check(
            code.parameters(),
            members.iter().map(|(name, value)| (name.as_str(), value)),
        )
    }

    fn text(code: Code, arguments: &Arguments) -> String {
        let mut text = String::new();
        code.write_text(&mut text, Language::English, arguments).unwrap();
        text
    }

    #[test]
    fn checked_arguments_are_stored_and_rendered() {
        let given = json!({"size": 3_221_225_472_u64, "limit": 1_610_612_736});
        let arguments = check(image::UPLOAD_TOO_LARGE, &given).unwrap();
        assert_eq!(
            arguments.to_json().unwrap(),
            r#"{"limit":1610612736,"size":3221225472}"#
        );
        let again = Arguments::of_parameters(
            image::UPLOAD_TOO_LARGE.parameters(),
            &arguments.to_json().unwrap(),
        );
        insta::assert_snapshot!(text(image::UPLOAD_TOO_LARGE, &again), @"The image data has 3 GiB, which exceeds the limit of 1.5 GiB.");
    }

    #[test]
    fn every_wrong_argument_is_named() {
        let faults = check(image::UPLOAD_TOO_LARGE, &json!({"size": -1, "extra": 1})).unwrap_err();
        insta::assert_debug_snapshot!(faults, @r#"
        [
            ArgumentFault {
                name: "size",
                reason: "must be a whole number of bytes, 0 or more",
            },
            ArgumentFault {
                name: "extra",
                reason: "is not a parameter of this message",
            },
            ArgumentFault {
                name: "limit",
                reason: "is missing",
            },
        ]
        "#);
        let step = check(
            image::TASK_FAILED,
            &json!({"task": "EXPORT", "task_id": "not-a-uuid"}),
        )
        .unwrap_err();
        insta::assert_debug_snapshot!(step, @r#"
        [
            ArgumentFault {
                name: "task",
                reason: "must be one of clone, export, import",
            },
            ArgumentFault {
                name: "task_id",
                reason: "must be a UUID in lower case with hyphens",
            },
        ]
        "#);
    }

    #[test]
    fn other_json_types_are_refused() {
        for size in [
            json!(null),
            json!(true),
            json!(1.5),
            json!("1"),
            json!([1]),
            json!({"a": 1}),
        ] {
            let given = json!({"size": size, "limit": 1});
            assert_eq!(
                check(image::UPLOAD_TOO_LARGE, &given).unwrap_err().len(),
                1,
                "{size}"
            );
        }
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        let one = json!(1);
        let given = [("size", &one), ("limit", &one), ("size", &one)];
        assert_eq!(
            Arguments::check(image::UPLOAD_TOO_LARGE.parameters(), given).unwrap_err()[0].reason,
            "is given twice"
        );
    }

    #[test]
    fn what_is_missing_shows_as_a_question_mark() {
        for stored in [
            "",
            "null",
            "[]",
            "{",
            r#"{"size":"big"}"#,
            r#"{"other":{"size":1}}"#,
        ] {
            let arguments = Arguments::of_parameters(image::UPLOAD_TOO_LARGE.parameters(), stored);
            assert!(
                text(image::UPLOAD_TOO_LARGE, &arguments).matches('?').count() == 2,
                "{stored}"
            );
        }
    }

    #[test]
    fn the_arguments_of_another_code_are_not_used() {
        let arguments = check(image::UPLOAD_TOO_LARGE, &json!({"size": 1, "limit": 2})).unwrap();
        assert!(text(image::TASK_FAILED, &arguments).contains('?'));
    }

    proptest! {
        #[test]
        fn reads_anything_stored(stored in "\\PC*") {
            Arguments::of_parameters(image::UPLOAD_TOO_LARGE.parameters(), &stored);
        }
    }
}
