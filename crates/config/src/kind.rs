//! The values an option takes: what they look like in the file, in a schema, and to people.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::upstream_entry::UpstreamEntry;

/// The values an option takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OptionKind {
    /// `ADDRESS:PORT` or `unix:PATH`.
    Address,
    /// Addresses with commas between them; an array in the file.
    Addresses,
    /// A path of the file system.
    Path,
    /// Free text with a grammar of its own.
    Text,
    /// A list of sources in the grammar of GOPROXY; what in it may be a secret is not shown. In the file it
    /// may be tables, one a source.
    Sources,
    /// Free text with URLs in it; what in them may be a secret is not shown.
    Urls,
    /// A number with a unit: `500ms`, `30s`, `5m`, `2h`, `7d`.
    Duration,
    /// The same, or `off`.
    DurationOrOff,
    /// A number with a unit: `64MiB`, `1GiB`; without one, bytes.
    Bytes,
    /// A number from 1 on.
    Count,
    /// `on` or `off`; `true` or `false` in the file.
    Switch,
    /// Texts with commas between them; an array in the file.
    List,
    /// The same with URLs in them; what in them may be a secret is not shown.
    UrlList,
    /// An http or https URL that everybody may see.
    PublicUrl,
    /// A bucket of an object store: `s3://BUCKET/PREFIX`.
    Bucket,
    /// The filter of the log.
    LogFilter,
    /// One of these words.
    Choice(Vec<String>),
}

/// Digits and a unit.
const DURATION: &str = "[0-9]+ *(ms|s|m|h|d)|0";

// === impl OptionKind ===

impl OptionKind {
    /// Whether an array in the file is the same as its elements with commas between them.
    pub(crate) fn is_list(&self) -> bool {
        matches!(
            self,
            Self::List | Self::UrlList | Self::Sources | Self::Addresses
        )
    }

    /// Whether the file may have a number without a unit.
    pub(crate) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Count | Self::Bytes | Self::Duration | Self::DurationOrOff
        )
    }

    /// Whether it has the words `on` or `off`, so that a boolean says one of them.
    pub(crate) fn has_boolean(&self, word: &str) -> bool {
        match self {
            Self::Switch => true,
            Self::DurationOrOff => word == "off",
            Self::Choice(words) => words.iter().any(|known| known == word),
            _ => false,
        }
    }

    /// What the file may have, as JSON Schema.
    pub(crate) fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let mut schema = match self {
            Self::Switch => json_schema!({ "enum": [true, false, "on", "off"] }),
            Self::Count => {
                json_schema!({ "type": ["integer", "string"], "minimum": 1, "pattern": "^[1-9][0-9]*$" })
            }
            Self::Bytes => json_schema!({
                "type": ["string", "integer"], "minimum": 0, "pattern": "^[0-9]+ *(B|KiB|MiB|GiB)?$",
            }),
            Self::Duration => {
                json_schema!({ "type": ["string", "integer"], "pattern": format!("^({DURATION})$") })
            }
            Self::DurationOrOff => json_schema!({
                "type": ["string", "integer", "boolean"], "pattern": format!("^({DURATION}|off)$"),
            }),
            Self::Choice(words) => {
                let booleans = [(true, "on"), (false, "off")].into_iter();
                let booleans = booleans.filter(|(_, word)| self.has_boolean(word));
                let booleans = booleans.map(|(state, _)| serde_json::Value::from(state));
                let words = words.iter().map(|word| word.as_str().into());
                let values: Vec<serde_json::Value> = words.chain(booleans).collect();
                json_schema!({ "enum": values })
            }
            Self::Sources => {
                let entry = generator.subschema_for::<UpstreamEntry>();
                json_schema!({
                    "type": ["array", "string"], "items": { "anyOf": [{ "type": "string" }, entry] },
                })
            }
            Self::List | Self::UrlList | Self::Addresses => {
                json_schema!({ "type": ["array", "string"], "items": { "type": "string" } })
            }
            Self::PublicUrl => json_schema!({ "type": "string", "format": "uri" }),
            Self::Bucket => json_schema!({ "type": "string", "pattern": "^s3://[^/]" }),
            Self::Address | Self::Path | Self::Text | Self::Urls | Self::LogFilter => {
                json_schema!({ "type": "string", "minLength": 1 })
            }
        };
        if let Ok(kind) = serde_json::to_value(self) {
            schema.insert("x-kind".to_owned(), kind);
        }
        schema
    }
}
