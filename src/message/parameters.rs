//! The arguments of a text, as a service sends them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use crate::brief::{self, brief};

/// The most names in `parameters`: four times as many as any text of the catalog has.
const MOST_PARAMETERS: usize = 32;

/// The arguments as sent, at most 32. A list, since a map would hide a name that is given twice.
#[derive(Debug, Clone, Default)]
pub struct Parameters(pub Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of arguments")
            }

            fn visit_unit<E>(self) -> Result<Parameters, E> {
                Ok(Parameters::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut pairs: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if pairs.iter().any(|(known, _)| *known == name) {
                        let name = brief(&name, brief::NAME);
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    if pairs.len() == MOST_PARAMETERS {
                        return Err(A::Error::custom(format_args!(
                            "has more than {MOST_PARAMETERS} names"
                        )));
                    }
                    pairs.push((name, value));
                }
                Ok(Parameters(pairs))
            }
        }
        deserializer.deserialize_any(Pairs)
    }
}
