//! Text: the small values of an entry, checked while they are read, so that a refusal has a place.

use crate::limits::{MAX_ID, MAX_SUMMARY};
use jiff::Timestamp;
use serde::de::{Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What takes the place of a control character.
const REPLACEMENT: char = '\u{fffd}';

/// The longest name of a module, version or other database's entry.
const MAX_NAME: usize = 1024;

/// The name of an entry: letters, digits, `-`, `_` and single dots, beginning with a letter. So it
/// can be a file's name, and a path of the protocol, as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EntryId(String);

/// A point in time; `2024-05-20T16:03:47Z`, with or without a fraction, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OsvTime(Timestamp);

/// A text whose content does not matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AnyText;

/// A text, where other databases may have anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LooseText(pub(crate) Option<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrAny {
    Text(String),
    Any(IgnoredAny),
}

// === impl EntryId ===

impl EntryId {
    /// Checks a name.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let valid = text.len() <= MAX_ID
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(allowed)
            && !text.contains("..")
            && !text.ends_with('.');
        valid.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not an id")))
    }
}

// === impl OsvTime ===

impl OsvTime {
    /// Parses RFC 3339 in UTC, as OSV demands.
    pub fn parse(text: &str) -> Option<Self> {
        has_shape(text)
            .then(|| text.parse().ok().map(Self))
            .flatten()
    }

    /// As the library has it.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

/// Whether each character is of the kind that it has in `2024-05-20T16:03:47.123Z`; the library
/// alone would accept more.
fn has_shape(text: &str) -> bool {
    const PATTERN: &[u8] = b"0000-00-00T00:00:00";
    let Some(body) = text.strip_suffix('Z') else {
        return false;
    };
    let Some((whole, rest)) = body.as_bytes().split_at_checked(PATTERN.len()) else {
        return false;
    };
    let fits = |(&byte, &pattern): (&u8, &u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let fraction = rest.strip_prefix(b".");
    whole.iter().zip(PATTERN).all(fits)
        && match fraction {
            Some(digits) => {
                (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
            }
            None => rest.is_empty(),
        }
}

impl fmt::Display for OsvTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for OsvTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OsvTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is not a time such as 2024-05-20T16:03:47Z"
            ))
        })
    }
}

// === impl AnyText ===

impl<'de> Deserialize<'de> for AnyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DiscardedValue;
        impl Visitor<'_> for DiscardedValue {
            type Value = AnyText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<AnyText, E> {
                Ok(AnyText)
            }
        }
        deserializer.deserialize_str(DiscardedValue)
    }
}

// === impl Loose ===

impl<'de> Deserialize<'de> for LooseText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match TextOrAny::deserialize(deserializer)? {
            TextOrAny::Text(text) => Self(Some(plain(&text))),
            TextOrAny::Any(IgnoredAny) => Self(None),
        })
    }
}

/// A text for people: one line, no control characters, and not endless.
pub(crate) fn line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| plain(&text))
}

fn plain(text: &str) -> String {
    let replaced = |letter: char| {
        if letter.is_control() {
            REPLACEMENT
        } else {
            letter
        }
    };
    text.chars().take(MAX_SUMMARY).map(replaced).collect()
}

/// A list, or the `null` that OSV allows for an empty one.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The name of a module.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_name(&text) {
        return Ok(text);
    }
    let shown: String = text.chars().take(MAX_ID).collect();
    Err(D::Error::custom(format!("{shown:?} is not a name")))
}

/// Names of other databases, or versions.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts: Vec<String> = list(deserializer)?;
    match texts.iter().find(|text| !is_name(text)) {
        None => Ok(texts),
        Some(text) => {
            let shown: String = text.chars().take(MAX_ID).collect();
            Err(D::Error::custom(format!("{shown:?} is not a name")))
        }
    }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{EntryId, OsvTime};

    #[test]
    fn an_id_can_be_a_file_name() {
        for good in ["GO-2024-0001", "GHSA-6vm3-jj99-7229", "ACME_2024.1"] {
            assert!(EntryId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "..", "a..b", "a/b", "-a", "1", "a.", "a b", "ä"] {
            assert!(EntryId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_time_has_one_spelling() {
        for good in ["2024-05-20T16:03:47Z", "2024-05-20T16:03:47.5Z"] {
            assert_eq!(OsvTime::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "2024-05-20",
            "2024-05-20 16:03:47Z",
            "2024-05-20T16:03:47+00:00",
            "2024-13-20T16:03:47Z",
            "2024-05-20T16:03:47.Z",
            "+002024-05-20T16:03:47Z",
        ] {
            assert_eq!(OsvTime::parse(bad), None, "{bad}");
        }
    }
}
