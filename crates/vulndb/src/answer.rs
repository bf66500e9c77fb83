//! Answer: the v1 protocol, by which the stock client asks a vulnerability database.
//!
//! Everything is a file: three of `index/`, one of `ID/` for each entry, and each of them packed
//! beside it under the same name with `.gz`. The client takes the packed ones and unpacks them
//! itself, so they are served as the files that they are, never as an encoding of the plain ones:
//! an HTTP client would unpack that once more.
//!
//! The order is that of the sorted names, and packing writes no time, so the same sources give the
//! same bytes wherever they are merged. What is listed as `fixed` is what the client goes by when it
//! decides which entries to fetch at all: the version from which on nothing is affected, or nothing if
//! there is none.
//!
//! What is private is in these files too, names of modules included. Whoever serves callers who may
//! not see it serves them another database, merged without the private sources.

use crate::database::VulnerabilityDatabase;
use crate::entry::{AffectedModule, EntryId, OsvEntry, OsvTime};
use crate::range::latest_fix;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

/// When the database was last changed.
pub(crate) const DATABASE_INDEX: &str = "index/db.json";

/// All modules, and the entries about them.
pub(crate) const MODULE_INDEX: &str = "index/modules.json";

/// All entries.
pub(crate) const ENTRY_INDEX: &str = "index/vulns.json";

/// The directory of entries.
pub(crate) const ENTRY_DIRECTORY: &str = "ID/";

/// What a packed file has behind its name.
pub(crate) const PACKED: &str = ".gz";

/// A file of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFile<'a> {
    /// Its bytes.
    pub bytes: Cow<'a, [u8]>,
    /// Its media type. Packed files have one of their own, and no content encoding.
    pub content_type: &'static str,
    /// When the database was last changed.
    pub modified: Option<OsvTime>,
}

#[derive(Serialize)]
struct AnswerIndex {
    modified: Option<OsvTime>,
}

#[derive(Serialize)]
struct ModuleLine<'a> {
    path: &'a str,
    vulns: Vec<ModuleEntry<'a>>,
}

#[derive(Serialize)]
struct ModuleEntry<'a> {
    id: &'a EntryId,
    modified: OsvTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a str>,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    id: &'a EntryId,
    modified: OsvTime,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aliases: &'a [String],
}

// === impl Database ===

impl VulnerabilityDatabase {
    /// The file of a path below the root of the protocol, such as `index/modules.json.gz`. None is
    /// what a server says 404 to.
    pub fn answer(&self, path: &str) -> Option<DatabaseFile<'_>> {
        let modified = self.modified();
        let answer = |bytes, content_type| DatabaseFile {
            bytes,
            content_type,
            modified,
        };
        if let Some(bytes) = self.file(path) {
            let content_type = if path.ends_with(PACKED) {
                "application/gzip"
            } else {
                "application/json"
            };
            return Some(answer(Cow::Borrowed(bytes), content_type));
        }
        let plain = self.file(path.strip_suffix(PACKED)?)?;
        Some(answer(Cow::Owned(pack(plain)), "application/gzip"))
    }

    /// The paths of all that [`Self::answer`] answers, the packed ones aside, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.names().filter(|name| !name.ends_with(PACKED))
    }
}

/// The files of the index, and the large ones packed too, in the order of their names.
pub(crate) fn index_files(
    modified: Option<OsvTime>,
    entries: &[&OsvEntry],
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(
        DATABASE_INDEX.to_owned(),
        json_bytes(&AnswerIndex { modified }),
    )];
    let modules = json_bytes(&module_lines(entries));
    let listed: Vec<EntryLine<'_>> = entries.iter().map(|entry| EntryLine::of(entry)).collect();
    for (name, plain) in [(MODULE_INDEX, modules), (ENTRY_INDEX, json_bytes(&listed))] {
        let packed = pack(&plain);
        files.push((name.to_owned(), plain));
        files.push((format!("{name}{PACKED}"), packed));
    }
    files
}

fn module_lines<'a>(entries: &[&'a OsvEntry]) -> Vec<ModuleLine<'a>> {
    let mut lines: BTreeMap<&str, Vec<ModuleEntry<'_>>> = BTreeMap::new();
    for entry in entries {
        for (module, about) in entry.modules() {
            let line = lines.entry(module).or_default();
            line.push(ModuleEntry::of(entry, &about));
        }
    }
    let lines = lines.into_iter();
    lines
        .map(|(path, vulns)| ModuleLine { path, vulns })
        .collect()
}

/// Serialising into memory cannot fail for what has only texts as keys.
fn json_bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Without a time or a name. Writing into memory cannot fail.
fn pack(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(plain);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

// === impl ModuleEntry ===

impl<'a> ModuleEntry<'a> {
    fn of(entry: &'a OsvEntry, about: &[&'a AffectedModule]) -> Self {
        let fixed = latest_fix(about);
        Self {
            id: &entry.id,
            modified: entry.modified,
            fixed: fixed.map(|fix| fix.strip_prefix('v').unwrap_or(fix)),
        }
    }
}

// === impl EntryLine ===

impl<'a> EntryLine<'a> {
    fn of(entry: &'a OsvEntry) -> Self {
        Self {
            id: &entry.id,
            modified: entry.modified,
            aliases: &entry.aliases,
        }
    }
}
