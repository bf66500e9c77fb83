//! The two members of an `.info` that count, found without keeping the others.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// The members as they stand in the object.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) version: Member,
    pub(super) time: Member,
}

/// How often a member is there.
#[derive(Debug, Default)]
pub(super) enum Member {
    #[default]
    Absent,
    Once(Value),
    Repeated,
}

// === impl Members ===

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collector)
    }
}

struct Collector;

impl<'de> Visitor<'de> for Collector {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(key) = object.next_key::<String>()? {
            match fold(&key).as_str() {
                "version" => members.version.add(object.next_value()?),
                "time" => members.time.add(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(members)
    }
}

// === impl Member ===

impl Member {
    fn add(&mut self, value: Value) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}

/// Go's decoder folds keys as Unicode does, and the long s is the one letter beyond ASCII that
/// folds to one of `version` and `time`.
fn fold(key: &str) -> String {
    key.replace('\u{17f}', "s").to_ascii_lowercase()
}
