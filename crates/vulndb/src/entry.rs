//! Entry: one vulnerability, as an OSV file tells it.
//!
//! Read are the fields that decide something or are shown; of the others, those that the stock
//! client reads too are held against their types, so that **what passes here can be served to it**:
//! it gives up on a whole scan at one `review_status` that it does not know. Unknown fields are
//! skipped, as the OSV schema demands; a field twice, a wrong type, a time that is no RFC 3339 UTC
//! time, or a version that is none in a semantic range refuses the entry, with line and column.

mod range;
mod text;

pub(crate) use range::is_version;
pub use range::{AffectedRange, RangeEvent};
pub(crate) use text::line;
pub use text::{EntryId, OsvTime};

use crate::limits::{MAX_AFFECTED, MAX_ENTRY, MAX_EVENTS};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The ecosystem whose modules this crate is about.
pub(crate) const ECOSYSTEM: &str = "Go";

/// One vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OsvEntry {
    /// Its name in the database that it is from.
    pub id: EntryId,
    /// When it was last changed.
    pub modified: OsvTime,
    /// When it was published.
    #[serde(default)]
    pub published: Option<OsvTime>,
    /// When it was declared void, if it was.
    #[serde(default)]
    pub withdrawn: Option<OsvTime>,
    /// Its names in other databases.
    #[serde(default, deserialize_with = "text::names")]
    pub aliases: Vec<String>,
    /// What it is, in one line without control characters.
    #[serde(default, deserialize_with = "text::line")]
    pub summary: String,
    /// What has it.
    #[serde(default, deserialize_with = "text::list")]
    pub affected: Vec<AffectedModule>,
    /// How bad it is, where the source says so.
    #[serde(default, deserialize_with = "text::list")]
    pub severity: Vec<OsvSeverity>,
    /// What only the source's own tools understand.
    #[serde(default)]
    pub(crate) database_specific: DatabaseSpecific,
    #[serde(default, rename = "schema_version")]
    _schema_version: text::AnyText,
    #[serde(default, rename = "details")]
    _details: text::AnyText,
    #[serde(default, rename = "references", deserialize_with = "text::list")]
    _references: Vec<OsvReference>,
    #[serde(default, rename = "credits", deserialize_with = "text::list")]
    _credits: Vec<OsvCredit>,
}

/// A module that has a vulnerability, and which of its versions do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AffectedModule {
    /// None where an entry is about commits of a repository alone.
    #[serde(default)]
    package: Option<OsvPackage>,
    /// Stretches of versions.
    #[serde(default)]
    pub ranges: Vec<AffectedRange>,
    /// Single versions.
    #[serde(default, deserialize_with = "text::names")]
    pub versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: EcosystemSpecific,
}

/// A package of an affected module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
pub struct AffectedPackage {
    /// Its import path.
    #[serde(default, deserialize_with = "text::line")]
    pub path: String,
    /// The operating systems on which it is affected; all if empty.
    #[serde(default)]
    pub goos: Vec<String>,
    /// The architectures on which it is affected; all if empty.
    #[serde(default)]
    pub goarch: Vec<String>,
    /// The functions and methods that are affected; all if empty.
    #[serde(default)]
    pub symbols: Vec<String>,
}

/// How bad a vulnerability is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
pub struct OsvSeverity {
    /// The scale: `CVSS_V3`, `CVSS_V4`.
    #[serde(rename = "type", deserialize_with = "text::line")]
    pub scale: String,
    /// The value on it.
    #[serde(deserialize_with = "text::line")]
    pub score: String,
}

/// How far the Go team looked into an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReviewStatus {
    /// The source does not say.
    #[default]
    #[serde(rename = "")]
    Unknown,
    /// Taken over from elsewhere: versions may be wrong, symbols are missing.
    Unreviewed,
    /// Versions and symbols were checked.
    Reviewed,
}

/// Why an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Larger than [`MAX_ENTRY`].
    #[error("entry larger than {MAX_ENTRY} bytes")]
    TooLarge,
    /// More statements than [`MAX_AFFECTED`].
    #[error("entry with more than {MAX_AFFECTED} affected modules")]
    TooManyAffected,
    /// More events than [`MAX_EVENTS`].
    #[error("entry with more than {MAX_EVENTS} events in its ranges")]
    TooManyEvents,
    /// Not an OSV entry.
    #[error("{line}:{column}: {problem}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct OsvPackage {
    #[serde(deserialize_with = "text::name")]
    name: String,
    ecosystem: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct EcosystemSpecific {
    #[serde(default)]
    imports: Vec<AffectedPackage>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct DatabaseSpecific {
    #[serde(default, deserialize_with = "text::line")]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) review_status: ReviewStatus,
    /// A word such as `HIGH`, in entries that came from GitHub.
    #[serde(default)]
    pub(crate) severity: text::LooseText,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct OsvReference {
    #[serde(rename = "type")]
    _kind: text::AnyText,
    #[serde(rename = "url")]
    _url: text::AnyText,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct OsvCredit {
    #[serde(rename = "name")]
    _name: text::AnyText,
}

// === impl OsvEntry ===

impl OsvEntry {
    /// Parses one OSV file.
    pub fn parse(source: &[u8]) -> Result<Self, EntryError> {
        if source.len() > MAX_ENTRY {
            return Err(EntryError::TooLarge);
        }
        let entry: Self =
            serde_json::from_slice(source).map_err(|error| EntryError::malformed(&error))?;
        if entry.affected.len() > MAX_AFFECTED {
            return Err(EntryError::TooManyAffected);
        }
        let ranges = entry.affected.iter().flat_map(|affected| &affected.ranges);
        let events = ranges.map(|range| range.events().map_or(0, <[_]>::len));
        if events.sum::<usize>() > MAX_EVENTS {
            return Err(EntryError::TooManyEvents);
        }
        Ok(entry)
    }

    /// Its own name and those in other databases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(String::as_str);
        std::iter::once(self.id.as_str()).chain(aliases)
    }

    /// What it says about each module.
    pub(crate) fn modules(&self) -> BTreeMap<&str, Vec<&AffectedModule>> {
        let mut modules: BTreeMap<&str, Vec<&AffectedModule>> = BTreeMap::new();
        for affected in &self.affected {
            if let Some(module) = affected.module() {
                modules.entry(module).or_default().push(affected);
            }
        }
        modules
    }

    /// What it says about a module.
    pub(crate) fn about<'a>(&'a self, module: &'a str) -> impl Iterator<Item = &'a AffectedModule> {
        self.affected
            .iter()
            .filter(move |affected| affected.module() == Some(module))
    }
}

// === impl AffectedModule ===

impl AffectedModule {
    /// The Go module; nothing if this is about something else.
    pub fn module(&self) -> Option<&str> {
        let package = self.package.as_ref()?;
        (package.ecosystem == ECOSYSTEM).then_some(package.name.as_str())
    }

    /// The packages that are affected; all if there are none.
    pub fn imports(&self) -> &[AffectedPackage] {
        &self.ecosystem_specific.imports
    }
}

// === impl EntryError ===

impl EntryError {
    pub(crate) fn malformed(error: &serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
            problem: problem(error),
        }
    }
}

/// What a parser of JSON says, without the position that it repeats.
pub(crate) fn problem(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.rfind(" at line ") {
        text.truncate(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{AffectedRange, EntryError, OsvEntry, RangeEvent, ReviewStatus};

    const SMALL: &str = r#"{
  "id": "GO-2024-0001", "modified": "2024-05-20T16:03:47Z",
  "affected": [{
    "package": {"name": "example.com/a", "ecosystem": "Go"},
    "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.3"}]}],
    "ecosystem_specific": {"imports": [{"path": "example.com/a/b", "symbols": ["F"]}]}
  }],
  "database_specific": {"review_status": "REVIEWED"}
}"#;

    fn refused(from: &str, to: &str) -> (usize, String) {
        assert!(SMALL.contains(from));
        match OsvEntry::parse(SMALL.replacen(from, to, 1).as_bytes()) {
            Err(EntryError::Malformed { line, problem, .. }) => (line, problem),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_decides_something_is_read() {
        let entry = OsvEntry::parse(SMALL.as_bytes()).unwrap();
        assert_eq!(
            entry.database_specific.review_status,
            ReviewStatus::Reviewed
        );
        let affected = entry.about("example.com/a").next().unwrap();
        assert_eq!(affected.imports()[0].symbols, ["F"]);
        let events = vec![
            RangeEvent::Introduced(None),
            RangeEvent::Fixed("v1.2.3".to_owned()),
        ];
        assert_eq!(affected.ranges, [AffectedRange::Semver(events)]);
    }

    #[test]
    fn a_refusal_names_the_place() {
        assert_eq!(refused("GO-2024-0001", "../../x").0, 2);
        assert_eq!(refused("2024-05-20T", "2024-05-20 ").0, 2);
        let (line, problem) = refused("1.2.3", "1.2.x");
        assert_eq!(line, 5);
        assert!(problem.contains("\"1.2.x\" is not a version"), "{problem}");
        assert_eq!(refused(r#""symbols""#, r#""path""#).0, 6);
        assert_eq!(refused("REVIEWED", "LOOKED AT").0, 8);
        assert_eq!(refused(r#"{"introduced": "0"}"#, "{}").0, 5);
    }

    #[test]
    fn an_entry_of_another_ecosystem_is_about_no_module() {
        let text = SMALL.replace(r#""Go""#, r#""npm""#);
        let entry = OsvEntry::parse(text.as_bytes()).unwrap();
        assert_eq!(entry.about("example.com/a").count(), 0);
    }

    #[test]
    fn a_summary_is_one_line_of_plain_text() {
        let text = SMALL.replacen('{', r#"{"summary": "a\u001b[31mb\nc","#, 1);
        let entry = OsvEntry::parse(text.as_bytes()).unwrap();
        assert_eq!(entry.summary, "a\u{fffd}[31mb\u{fffd}c");
    }
}
