//! Range: stretches of versions, told as events along the line of versions.

use super::text::AnyText;
use gomod::semver;
use serde::{Deserialize, Deserializer};

/// Stretches of versions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawRange")]
pub enum AffectedRange {
    /// Events along the semantic versions, in the order of the file, which may be any.
    Semver(Vec<RangeEvent>),
    /// Of commits, or of versions in another order: nothing that a Go version can be held against.
    Other,
}

/// Where along the line something begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeEvent {
    /// From this version on, itself included, versions are affected; `None` is before the first.
    Introduced(Option<String>),
    /// From this version on, itself included, they no longer are.
    Fixed(String),
    /// After this version, itself excluded, they no longer are; no version is known that fixed it.
    LastAffected(String),
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

/// An object with exactly one of these fields.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawEvent {
    Introduced(String),
    Fixed(String),
    LastAffected(String),
    Limit(#[serde(deserialize_with = "any_text")] ()),
}

// === impl AffectedRange ===

impl AffectedRange {
    /// The events along the semantic versions; nothing if it is of another kind.
    pub fn events(&self) -> Option<&[RangeEvent]> {
        match self {
            Self::Semver(events) => Some(events),
            Self::Other => None,
        }
    }
}

impl TryFrom<RawRange> for AffectedRange {
    type Error = String;

    fn try_from(raw: RawRange) -> Result<Self, String> {
        if raw.kind != "SEMVER" {
            return Ok(Self::Other);
        }
        let events = raw.events.into_iter().filter_map(RangeEvent::from_raw);
        events.collect::<Result<_, _>>().map(Self::Semver)
    }
}

// === impl RangeEvent ===

impl RangeEvent {
    /// None for a limit: it says how far to look for commits.
    fn from_raw(raw: RawEvent) -> Option<Result<Self, String>> {
        Some(match raw {
            RawEvent::Introduced(text) if text == "0" => Ok(Self::Introduced(None)),
            RawEvent::Introduced(text) => version(&text).map(|at| Self::Introduced(Some(at))),
            RawEvent::Fixed(text) => version(&text).map(Self::Fixed),
            RawEvent::LastAffected(text) => version(&text).map(Self::LastAffected),
            RawEvent::Limit(()) => return None,
        })
    }
}

fn any_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    AnyText::deserialize(deserializer).map(|AnyText| ())
}

/// Whether a text is a version, with its `v` or without.
pub(crate) fn is_version(text: &str) -> bool {
    version(text).is_ok()
}

/// A version with its `v`, which entries leave out.
fn version(text: &str) -> Result<String, String> {
    let with_letter = if text.starts_with('v') {
        text.to_owned()
    } else {
        format!("v{text}")
    };
    if semver::is_valid(&with_letter) {
        Ok(with_letter)
    } else {
        Err(format!("{text:?} is not a version"))
    }
}
