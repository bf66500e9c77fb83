//! `[[deny]]`: what is not served, whatever is kept or can be had of it.
//!
//! ```toml
//! [[deny]]
//! pattern = "example.com/evil@>=v1.2.0,<v1.2.5"
//! reason = "steals credentials, INC-17"
//! until = 2026-12-31
//! ```
//!
//! An array of tables beside the flat keys, and of the file alone: a list that takes reasons has no
//! place in a flag or a variable. `until` is the last day on which the entry holds, in UTC, or a moment.
//! Everything that is not understood is refused with its line: an entry with a misspelt key or a glob
//! that matches nothing would protect nobody.

use super::{
    error::{ConfigError, ConfigErrors},
    position::SourceText,
};
use ingest::{DenyEntry, DenyList, DenyPattern};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, path::Path};
use toml::{Spanned, Value};

/// The key of the array.
pub(crate) const KEY: &str = "deny";

/// Keys of an entry.
const KEYS: [&str; 3] = ["pattern", "reason", "until"];

/// The JSON Schema of the tables.
pub(crate) fn json_schema() -> serde_json::Value {
    serde_json::json!({
        "description": "Versions that are refused with a reason, whatever is kept or can be had of them.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "pattern": {
                    "description": "One glob as in GOPRIVATE, and perhaps @VERSIONS.",
                    "type": "string", "minLength": 1,
                },
                "reason": { "description": "Why; clients are told.", "type": "string", "minLength": 1 },
                "until": {
                    "description": "The last day on which it holds (UTC), or a moment.",
                },
            },
            "required": ["pattern", "reason"],
            "additionalProperties": false,
        },
    })
}

/// What mends any of it.
const REMEDY: &str =
    "write pattern = \"example.com/m@v1.2.3\" and reason = \"...\" below [[deny]], for example";

/// The most bytes of a reason: what a refusal can show, and more.
const REASON_LIMIT: usize = 1000;

type SpannedTable = BTreeMap<Spanned<String>, Spanned<Value>>;

/// The rest of the file is read elsewhere.
#[derive(Deserialize)]
struct Denials {
    #[serde(default)]
    deny: Vec<Spanned<SpannedTable>>,
}

/// An entry or a key of one, for error messages.
#[derive(Debug, Clone, Copy)]
struct DenyEntryPlace<'t> {
    source: SourceText<'t>,
    offset: Option<usize>,
}

// === impl DenyEntryPlace ===

impl<'t> DenyEntryPlace<'t> {
    fn new(path: &'t Path, text: &'t str) -> Self {
        Self {
            source: SourceText { path, text },
            offset: None,
        }
    }

    /// The place of a byte of the text.
    fn at(self, offset: usize) -> Self {
        Self {
            offset: Some(offset),
            ..self
        }
    }

    fn refuse(self, why: impl fmt::Display) -> ConfigError {
        let line = self.offset.map(|offset| self.source.position(offset).0);
        ConfigError::of_file(self.source.path, line, why, REMEDY)
    }
}

/// Reads the deny list of a configuration file; a file that denies nothing has an empty one.
///
/// # Errors
/// What is wrong with the file.
pub fn read(path: &Path) -> Result<DenyList, ConfigErrors> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigErrors::from(DenyEntryPlace::new(path, "").refuse(error)))?;
    parse(path, &text).map_err(ConfigErrors::none_but)
}

/// Reads the entries, or says what is wrong with each.
pub(crate) fn parse(path: &Path, text: &str) -> Result<DenyList, Vec<ConfigError>> {
    let place = DenyEntryPlace::new(path, text);
    let denials: Denials = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(place, |span| place.at(span.start));
        vec![at.refuse(error.message())]
    })?;
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for table in denials.deny {
        let at = place.at(table.span().start);
        match entry(at, table.into_inner()) {
            Ok(entry) => entries.push(entry),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(DenyList::new(entries))
    } else {
        Err(errors)
    }
}

fn entry(of: DenyEntryPlace<'_>, table: SpannedTable) -> Result<DenyEntry, ConfigError> {
    let (mut pattern, mut reason, mut until) = (None, None, None);
    for (key, value) in table {
        let at = of.at(key.span().start);
        let key = key.into_inner();
        match (key.as_str(), value.into_inner()) {
            ("pattern", Value::String(text)) => {
                let parsed = DenyPattern::parse(&text);
                pattern = Some(parsed.map_err(|why| at.refuse(format!("{text:?}: {why}")))?);
            }
            ("reason", Value::String(text)) => reason = Some(reason_of(at, &text)?),
            ("until", value) => {
                let text = match &value {
                    Value::String(text) => text.clone(),
                    value => value.to_string(),
                };
                let wrong = || at.refuse(format!("until = {text} is no day, such as 2026-12-31"));
                until = Some(end(&text).ok_or_else(wrong)?);
            }
            (key, _) if KEYS.contains(&key) => return Err(at.refuse(format!("{key} is a string"))),
            (key, _) => return Err(at.refuse(unknown(key))),
        }
    }
    let missing = |key| of.refuse(format!("a [[deny]] entry needs {key} = \"...\""));
    Ok(DenyEntry {
        pattern: pattern.ok_or_else(|| missing("pattern"))?,
        reason: reason.ok_or_else(|| missing("reason"))?,
        until,
    })
}

fn reason_of(at: DenyEntryPlace<'_>, text: &str) -> Result<String, ConfigError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(at.refuse("the reason is empty; it is what a refused client is told"));
    }
    if text.len() > REASON_LIMIT {
        return Err(at.refuse(format!("the reason is longer than {REASON_LIMIT} bytes")));
    }
    Ok(text.to_owned())
}

/// The first moment at which an entry does not hold any more.
fn end(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let day: Date = text
        .parse()
        .ok()
        .filter(|_| text.len() == "2026-12-31".len())?;
    let next = day.checked_add(1.day()).ok()?;
    Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn unknown(key: &str) -> String {
    match finding::nearest(key, KEYS.into_iter()) {
        Some(known) => format!("unknown key {key:?} in [[deny]]; did you mean {known:?}?"),
        None => format!("unknown key {key:?} in [[deny]]; it has pattern, reason and until"),
    }
}

/// The entries as they would stand in a file.
pub fn shown(denied: &DenyList) -> String {
    let string = |text: &str| Value::String(text.to_owned()).to_string();
    let entries = denied.entries().iter().map(|entry| {
        let until = entry.until.map(|until| format!("until = \"{until}\"\n"));
        format!(
            "\n[[deny]]\npattern = {}\nreason = {}\n{}",
            string(&entry.pattern.to_string()),
            string(&entry.reason),
            until.unwrap_or_default()
        )
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::{parse, shown};
    use std::path::Path;

    fn read(text: &str) -> Result<ingest::DenyList, String> {
        parse(Path::new("modkeep.toml"), text).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn entries_stand_beside_other_keys() {
        let list = read(
            "upstream = \"off\"\n[[deny]]\npattern = \"example.com/evil\"\nreason = \" steals \"\n\
             [[deny]]\npattern = \"example.com/m@v1.2\"\nreason = \"x\"\nuntil = 2026-12-31\n",
        )
        .unwrap();
        let [evil, m] = list.entries() else { panic!() };
        assert_eq!((evil.reason.as_str(), evil.until), ("steals", None));
        assert_eq!(m.until.unwrap().to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(read(&shown(&list)).unwrap(), list);
        assert!(read("upstream = \"off\"\n").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        const HEAD: &str = "[[deny]]\npattern = \"example.com/m\"\nreason = \"x\"\n";
        for (text, line, words) in [
            (
                format!("{HEAD}patern = \"y\"\n"),
                4,
                "did you mean \"pattern\"?",
            ),
            (format!("{HEAD}until = 2026-13-01\n"), 4, ""),
            (format!("{HEAD}until = \"soon\"\n"), 4, "is no day"),
            (format!("{HEAD}until = 7\n"), 4, "is no day"),
            (
                "\n[[deny]]\nreason = \"x\"\n".to_owned(),
                2,
                "needs pattern",
            ),
            ("[[deny]]\npattern = \"a\"\n".to_owned(), 1, "needs reason"),
            (
                "[[deny]]\npattern = \"[a-\"\nreason = \"x\"\n".to_owned(),
                2,
                "is no glob",
            ),
            (
                "[[deny]]\npattern = 7\nreason = \"x\"\n".to_owned(),
                2,
                "is a string",
            ),
            (
                "[[deny]]\npattern = \"a\"\nreason = \" \"\n".to_owned(),
                3,
                "is empty",
            ),
            (
                "[[deny]]\npattern = \"a@latest\"\nreason = \"x\"\n".to_owned(),
                2,
                "names no versions",
            ),
            ("[deny]\npattern = \"a\"\n".to_owned(), 1, ""),
        ] {
            let why = read(&text).unwrap_err();
            assert!(
                why.starts_with(&format!("modkeep.toml:{line}: ")),
                "{text}: {why}"
            );
            assert!(why.contains(words), "{text}: {why}");
        }
    }
}
