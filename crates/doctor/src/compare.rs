//! Compare: who says which hash of one module version, and who of them is wrong.
//!
//! `go` compares two hashes and names both. Which of the two is wrong it cannot know, and the usual
//! cure, deleting go.sum, makes whatever the proxy sends the new truth. So everybody who has a hash
//! is heard: the line in go.sum, the bytes that each proxy sends now, what the client's module cache
//! holds, and the checksum database. Of these only the database's word is a reference, and only if
//! its proof was checked; a majority is none.
//!
//! [`compare`] is pure: a [`Table`] of who says what, in; a [`Comparison`] with one conclusion and
//! the evidence of each row, out. Why bytes are wrong is said by the crate `mismatch`, which looks
//! into them. Refused here: a repair that turns verification off, and one that writes into go.sum
//! what a proxy sends. A line is only removed, only if the log proves that it is wrong, and only if
//! somebody has the right bytes.

mod cases;
mod decide;
mod render;
mod repair;
#[cfg(test)]
mod tests;

pub use render::render;

use crate::fix::Fix;
use gomod::{
    artifact::{Artifact, ArtifactKind},
    goproxy::ProxyList,
    path::ModulePath,
    sumhash::H1,
    version::Version,
};
use mismatch::{Case, Confidence, Difference, Retry, Shape, Specimen};
use serde::Serialize;

/// Everything that was heard about a module version.
#[derive(Debug, Clone)]
pub struct Table {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Who says what, in the order in which it is shown.
    pub statements: Vec<Statement>,
    /// The client's GOPROXY list, if it can be read.
    pub proxies: Option<ProxyList>,
    /// The client's files of this version, for the repair.
    pub cache: CachePlace,
}

/// Where the client's module cache has a version.
#[derive(Debug, Clone, Default)]
pub struct CachePlace {
    /// Its downloaded files, without the ending: `…/cache/download/MODULE/@v/VERSION`.
    pub download: String,
    /// The directory that the zip was unpacked into, if it is there.
    pub unpacked: Option<String>,
}

/// One voice about one file.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Of which file: the zip, or the go.mod.
    pub file: File,
    /// Who.
    pub voice: Voice,
    /// What.
    pub said: Said,
}

/// The files of a version that have a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum File {
    /// The module's files.
    Zip,
    /// Its go.mod alone.
    GoMod,
}

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum Voice {
    /// A line of a go.sum or go.work.sum.
    GoSum {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A proxy of the GOPROXY list, as it answers now.
    Proxy {
        /// Its URL, without secrets.
        name: String,
    },
    /// The hash that the module cache keeps beside its zip.
    CachedHash {
        /// The file.
        file: String,
    },
    /// The bytes in the module cache.
    CachedBytes {
        /// The file.
        file: String,
    },
    /// The checksum database.
    Database {
        /// Its name.
        name: String,
    },
}

/// What somebody says.
#[derive(Debug, Clone)]
pub enum Said {
    /// A hash, as it is written. A database's is proven.
    Hash(String),
    /// Bytes, which were looked at.
    Copy(Box<Copy>),
    /// Nothing, and why.
    Nothing(String),
}

/// Bytes that were looked at.
#[derive(Debug, Clone)]
pub struct Copy {
    /// What they are.
    pub specimen: Specimen,
    /// How they differ from right ones, if those were at hand.
    pub difference: Option<Difference>,
    /// What the same source sent when it was asked once more.
    pub again: Option<Specimen>,
}

/// What the table comes to.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The module.
    pub module: String,
    /// Its version.
    pub version: String,
    /// The conclusion.
    pub verdict: Verdict,
    /// How sure that is.
    pub confidence: Confidence,
    /// The conclusion in a line.
    pub title: String,
    /// What of the evidence says so.
    pub why: String,
    /// What to do.
    pub next: &'static str,
    /// Who says what.
    pub rows: Vec<Row>,
    /// Why bytes are wrong, for each wrong copy.
    pub cases: Vec<Case>,
    /// The repair.
    pub fixes: Vec<Fix>,
}

/// Who is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everybody agrees now.
    Agreed,
    /// It cannot be told.
    Untold,
    /// The client's module cache.
    ModuleCache,
    /// The client's go.sum.
    GoSum,
    /// Some proxies, while another has the right bytes.
    SomeProxies,
    /// Every proxy that answers: nobody has the right bytes.
    AllProxies,
}

/// One row of the table, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Of which file.
    pub file: File,
    /// Who.
    #[serde(flatten)]
    pub voice: Voice,
    /// The hash, if there is one.
    pub hash: Option<String>,
    /// What else was seen: why there is no hash, what the bytes are.
    pub note: String,
    /// How it stands to the conclusion.
    pub standing: Standing,
}

/// How a voice stands to the conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It has what the log proves.
    Right,
    /// It is wrong.
    Wrong,
    /// Nothing decides about it.
    Open,
    /// It says nothing.
    Silent,
}

/// Compares what everybody says.
pub fn compare(table: &Table) -> Comparison {
    let decision = decide::decide(table);
    let cases = cases::cases(table, &decision);
    let title = decision.verdict.title().to_owned();
    Comparison {
        module: table.module.as_str().to_owned(),
        version: table.version.as_str().to_owned(),
        verdict: decision.verdict,
        confidence: decision.confidence,
        title,
        why: decision.why.clone(),
        next: decision.verdict.next(),
        rows: rows(table, &decision),
        fixes: repair::repair(table, &decision),
        cases,
    }
}

fn rows(table: &Table, decision: &decide::Decision) -> Vec<Row> {
    let standings = decision.standings.iter();
    let judged = table.statements.iter().zip(standings);
    judged
        .map(|(statement, standing)| Row {
            file: statement.file,
            voice: statement.voice.clone(),
            hash: statement.said.hash(),
            note: statement.said.note(),
            standing: *standing,
        })
        .collect()
}

// === impl Table ===

impl Table {
    /// One file of the version, as the protocol names it.
    pub fn artifact(&self, file: File) -> Artifact {
        Artifact {
            module: self.module.clone(),
            version: self.version.clone(),
            kind: file.kind(),
        }
    }

    /// What the log proves of a file. A record can have several hashes, and each of them is right.
    pub(crate) fn logged(&self, file: File) -> impl Iterator<Item = &str> {
        let of_file = self.statements.iter().filter(move |said| said.file == file);
        of_file.filter_map(|statement| match (&statement.voice, &statement.said) {
            (Voice::Database { .. }, Said::Hash(hash)) => Some(hash.as_str()),
            _ => None,
        })
    }
}

// === impl File ===

impl File {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zip, Self::GoMod];

    /// Its kind in the protocol.
    pub const fn kind(self) -> ArtifactKind {
        match self {
            Self::Zip => ArtifactKind::Zip,
            Self::GoMod => ArtifactKind::Mod,
        }
    }

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::GoMod => "go.mod",
        }
    }
}

// === impl Voice ===

impl Voice {
    /// Who that is, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::GoSum { file, line } => format!("{file}:{line}"),
            Self::Proxy { name } => name.clone(),
            Self::CachedHash { file } | Self::CachedBytes { file } => file.clone(),
            Self::Database { name } => format!("{name}, proven"),
        }
    }

    pub(crate) const fn is_cache(&self) -> bool {
        matches!(self, Self::CachedHash { .. } | Self::CachedBytes { .. })
    }
}

// === impl Said ===

impl Said {
    /// The hash that is said.
    pub(crate) fn hash(&self) -> Option<String> {
        match self {
            Self::Hash(hash) => Some(hash.clone()),
            Self::Copy(copy) => copy.specimen.h1.map(|h1: H1| h1.to_string()),
            Self::Nothing(_) => None,
        }
    }

    fn note(&self) -> String {
        match self {
            Self::Hash(_) => String::new(),
            Self::Copy(copy) => {
                let size = copy.specimen.size;
                format!("{size} bytes, {}", copy.specimen.shape.describe())
            }
            Self::Nothing(why) => why.clone(),
        }
    }

    pub(crate) const fn is_silent(&self) -> bool {
        matches!(self, Self::Nothing(_))
    }

    pub(crate) const fn is_copy(&self) -> bool {
        matches!(self, Self::Copy(_))
    }

    /// Whether these are bytes that contradict themselves: right ones they are not, whatever the
    /// right ones are.
    pub(crate) fn is_damaged(&self) -> bool {
        let Self::Copy(copy) = self else {
            return false;
        };
        let is_whole = matches!(
            copy.specimen.shape,
            Shape::Zip { damaged: 0, .. } | Shape::GoMod { .. }
        );
        copy.specimen.h1.is_none() || !is_whole
    }
}

// === impl Copy ===

impl Copy {
    /// Bytes that nothing was compared with yet.
    pub const fn new(specimen: Specimen) -> Self {
        Self {
            specimen,
            difference: None,
            again: None,
        }
    }

    /// As one of the other copies that a case speaks of.
    pub(crate) fn as_retry(&self, difference: Option<Difference>) -> Retry {
        Retry {
            specimen: self.specimen.clone(),
            difference,
        }
    }
}

// === impl Verdict ===

impl Verdict {
    /// In a line.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Agreed => "everybody agrees now: the trouble has passed",
            Self::Untold => "it cannot be told who is wrong",
            Self::ModuleCache => "the copy in the module cache is damaged",
            Self::GoSum => mismatch::Cause::ClientGoSum.title(),
            Self::SomeProxies => "a proxy sends wrong bytes",
            Self::AllProxies => "no proxy sends right bytes: do not build this version",
        }
    }

    /// What to do.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Agreed => "Run the command again; if it fails again, compare again at once.",
            Self::Untold => {
                "Change nothing yet, and do not build: compare again when more of them can be asked."
            }
            Self::ModuleCache => {
                "Remove the files of this version, as below; if it comes back, check disk and memory."
            }
            Self::GoSum => mismatch::Cause::ClientGoSum.for_client(),
            Self::SomeProxies => {
                "Leave the proxy out until it explains itself; tell who runs it what was seen."
            }
            Self::AllProxies => {
                "The proxies are the suspects, not go.sum. Do not build; tell who runs them, then the author."
            }
        }
    }

    /// Whether something is wrong, as far as it can be told.
    pub const fn is_trouble(self) -> bool {
        !matches!(self, Self::Agreed | Self::Untold)
    }
}
