//! What `go` has in its `RevInfo` after decoding an `.info`.
//!
//! Names and types of the members are those of `cmd/go/internal/modfetch.RevInfo` and
//! `codehost.Origin`. Any member of another type makes `go` refuse the whole, wherever it stands.

use super::{
    InfoError,
    json::{JsonReader, MalformedJson, ValueStart},
    time,
};

/// The members of `Origin` that `go` knows; all are strings.
const ORIGIN: &[&str] = &[
    "VCS",
    "URL",
    "SUBDIR",
    "HASH",
    "TAGPREFIX",
    "TAGSUM",
    "REF",
    "REPOSUM",
];

/// What stands in an `.info`, as far as `go` looks at it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RevInfo {
    /// Empty where nothing is said.
    pub(super) version: String,
    pub(super) time: Option<String>,
}

// === impl InfoError ===

impl From<MalformedJson> for InfoError {
    fn from(_: MalformedJson) -> Self {
        Self::NotJson
    }
}

// === impl RevInfo ===

impl RevInfo {
    /// Reads a whole document.
    pub(super) fn read(json: &[u8]) -> Result<Self, InfoError> {
        let (mut reader, mut info) = (JsonReader::new(json), Self::default());
        match reader.start()? {
            ValueStart::Object => reader.object(|reader, key| info.member(reader, key))?,
            ValueStart::Null => reader.skip()?,
            ValueStart::Text | ValueStart::Other => {
                reader.skip()?;
                reader.end()?;
                return Err(InfoError::WrongType("the document"));
            }
        }
        reader.end()?;
        Ok(info)
    }

    fn member(&mut self, reader: &mut JsonReader<'_>, key: &str) -> Result<(), InfoError> {
        match folded(key).as_str() {
            "VERSION" => match reader.start()? {
                ValueStart::Text => self.version = reader.text()?.unquoted(),
                ValueStart::Null => reader.skip()?,
                ValueStart::Object | ValueStart::Other => {
                    return Err(InfoError::WrongType("Version"));
                }
            },
            "TIME" => match reader.start()? {
                ValueStart::Text => {
                    let time = time::go_time(reader.text()?.bytes());
                    self.time = Some(time.ok_or(InfoError::InvalidTime)?.to_owned());
                }
                ValueStart::Null => reader.skip()?,
                ValueStart::Object | ValueStart::Other => return Err(InfoError::InvalidTime),
            },
            "ORIGIN" => match reader.start()? {
                ValueStart::Object => reader.object(origin_member)?,
                ValueStart::Null => reader.skip()?,
                ValueStart::Text | ValueStart::Other => return Err(InfoError::WrongType("Origin")),
            },
            _ => reader.skip()?,
        }
        Ok(())
    }
}

fn origin_member(reader: &mut JsonReader<'_>, key: &str) -> Result<(), InfoError> {
    let is_known = ORIGIN.contains(&folded(key).as_str());
    if is_known && matches!(reader.start()?, ValueStart::Object | ValueStart::Other) {
        return Err(InfoError::WrongType("Origin"));
    }
    Ok(reader.skip()?)
}

/// Go compares keys as Unicode folds them. The long s and the Kelvin sign are the only characters
/// beyond ASCII that fold to one within.
fn folded(key: &str) -> String {
    key.replace('\u{17f}', "S")
        .replace('\u{212a}', "K")
        .to_ascii_uppercase()
}
