//! What a command came to, as far as a person or a build depends on it.
//!
//! Compared are: success; the class of a failure; what was printed on stdout (versions that were
//! chosen, the graph); go.mod and go.sum afterwards; every artifact in the module cache, byte by
//! byte. Not compared are the words of messages and what `go` says on stderr when it succeeds: those
//! name the proxy. After a failure only the artifacts that both have are compared: `go` asks for
//! several at once, the first failure ends it, and it writes sums of what it then throws away. One
//! may have an artifact that the other lacks: `go` looks at more versions than it chooses.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use testkit::go::{Go, Project};
use testkit::process::Output;

/// What kind of failure a message tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It does not exist: not found, no matching versions.
    Absent,
    /// The bytes are not those that the checksum database or go.sum knows.
    Mismatch,
    /// It could not be had: an outage, a refusal, a torn or senseless answer.
    Trouble,
    /// Anything else, such as what `go` itself objects to in what it was given in full.
    Other,
}

/// What a command came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The class of its failure, if it failed.
    failure: Option<Class>,
    printed: String,
    project: BTreeMap<&'static str, Option<String>>,
    artifacts: BTreeMap<String, Vec<u8>>,
    /// What it said, for the report.
    said: String,
}

/// How the outcome through modkeep differs from the one that came straight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    /// Straight fails, through works.
    Heals,
    /// Straight works, through fails.
    Breaks,
    /// Both fail, but what they say is of another class.
    Class(Class, Class),
    /// Both end alike with another version, text or bytes.
    Content(String),
}

// === impl Outcome ===

impl Outcome {
    /// Reads what a command left behind.
    pub(super) fn of(output: &Output, go: &Go, project: &Project) -> Self {
        let home = go.home().to_string_lossy();
        let directory = project.path().to_string_lossy();
        let printed = output
            .stdout
            .replace(&*home, "HOME")
            .replace(&*directory, "PROJECT");
        let read = |name| fs::read_to_string(project.path().join(name)).ok();
        let mut artifacts = BTreeMap::new();
        let cache = go.module_cache().join("cache/download");
        collect(&cache, "", &mut artifacts);
        Self {
            failure: (!output.ok()).then(|| Class::of(output)),
            printed: without_words(&printed),
            project: ["go.mod", "go.sum"].map(|name| (name, read(name))).into(),
            artifacts,
            said: format!("{output}"),
        }
    }

    /// Whether the command succeeded.
    pub(super) fn works(&self) -> bool {
        self.failure.is_none()
    }

    /// How `through` differs from this one.
    pub(super) fn differs(&self, through: &Self) -> Option<Difference> {
        match (self.failure, through.failure) {
            (Some(_), None) => Some(Difference::Heals),
            (None, Some(_)) => Some(Difference::Breaks),
            (Some(one), Some(other)) if one.contradicts(other) => {
                Some(Difference::Class(one, other))
            }
            (one, _) => self
                .content(through, one.is_none())
                .map(Difference::Content),
        }
    }

    fn content(&self, through: &Self, whole: bool) -> Option<String> {
        let unequal = |(name, bytes): (&String, &Vec<u8>)| {
            let other = through
                .artifacts
                .get(name)
                .filter(|other| *other != bytes)?;
            Some(format!("{name}: {} / {}", shown(bytes), shown(other)))
        };
        let bytes = || self.artifacts.iter().find_map(unequal);
        if !whole {
            return bytes();
        }
        if self.printed != through.printed {
            return Some(format!(
                "stdout: {:?} / {:?}",
                self.printed, through.printed
            ));
        }
        for (name, text) in &self.project {
            let other = &through.project[name];
            if text != other {
                return Some(format!("{name}: {text:?} / {other:?}"));
            }
        }
        bytes()
    }

    /// The end of what it said.
    pub(super) fn tail(&self) -> String {
        /// Lines of a message that a report shows.
        const SHOWN: usize = 12;
        let lines: Vec<&str> = self.said.lines().collect();
        lines[lines.len().saturating_sub(SHOWN)..].join("\n      ")
    }
}

/// The beginning of some bytes.
fn shown(bytes: &[u8]) -> String {
    /// Bytes that a report shows.
    const SHOWN: usize = 200;
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned()
}

/// The artifacts of a module cache: not its locks, not the lists that `go` makes of them.
fn collect(directory: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry
            .path()
            .extension()
            .map(|kind| kind.to_string_lossy().into_owned());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), into);
        } else if kind
            .is_some_and(|kind| ["info", "mod", "zip", "ziphash"].contains(&kind.as_str()))
        {
            into.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

/// JSON for machines holds messages too: only their class is compared.
fn without_words(printed: &str) -> String {
    let mut kept = String::new();
    for line in printed.lines() {
        let message = line.trim_start();
        if message.starts_with("\"Err\":") || message.starts_with("\"Error\": \"") {
            kept += Class::of_text(message).name();
        } else {
            kept += line;
        }
        kept.push('\n');
    }
    kept
}

// === impl Class ===

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Mismatch => "mismatch",
            Self::Trouble => "trouble",
            Self::Other => "other",
        }
    }

    /// Whether the two cannot both be true. A mismatch is an accusation, so nothing else is like it;
    /// otherwise only absence and trouble exclude each other.
    fn contradicts(self, other: Self) -> bool {
        let absence = |one, other| one == Self::Absent && other == Self::Trouble;
        let accused = (self == Self::Mismatch) != (other == Self::Mismatch);
        accused || absence(self, other) || absence(other, self)
    }

    fn of(output: &Output) -> Self {
        if output.timed_out {
            return Self::Trouble;
        }
        Self::of_text(&format!("{}\n{}", output.stderr, output.stdout))
    }

    /// The first class of which the text has a mark. What tells of bytes comes first, then what
    /// `go` objects to; "not found" is believed last, since a message of an outage may quote one.
    fn of_text(text: &str) -> Self {
        let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
        if has(MISMATCH) {
            Self::Mismatch
        } else if has(OBJECTIONS) {
            Self::Other
        } else if has(TROUBLE) {
            Self::Trouble
        } else if has(ABSENT) {
            Self::Absent
        } else {
            Self::Other
        }
    }
}

const MISMATCH: &[&str] = &["checksum mismatch", "SECURITY ERROR", "modkeep MK4004"];
const OBJECTIONS: &[&str] = &[
    "declares its path as",
    "but was required as",
    "requires go >=",
    "parsing go.mod",
    "errors parsing",
];
const TROUBLE: &[&str] = &[
    " 204 ",
    " 206 ",
    " 300 ",
    " 302 ",
    " 304 ",
    " 400 ",
    " 401 ",
    " 403 ",
    " 405 ",
    " 406 ",
    " 429 ",
    " 451 ",
    " 500 ",
    " 501 ",
    " 502 ",
    " 503 ",
    " 504 ",
    "Bad Request",
    "Forbidden",
    "Too Many Requests",
    "EOF",
    "connection reset",
    "connection refused",
    "timeout",
    "malformed",
    "redirects",
    "invalid response from proxy",
    "proxy returned info",
    "zip:",
    "not a valid zip",
    "invalid character",
    "unexpected end of JSON",
];
const ABSENT: &[&str] = &[
    "404",
    "410",
    "not found",
    "no matching versions",
    "unknown revision",
    "no commits",
    "does not contain package",
    "no required module provides",
    "cannot find module",
];

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heals => write!(formatter, "straight fails, through works"),
            Self::Breaks => write!(formatter, "straight works, through fails"),
            Self::Class(one, other) => write!(formatter, "straight {one:?}, through {other:?}"),
            Self::Content(what) => write!(formatter, "straight / through: {what}"),
        }
    }
}
