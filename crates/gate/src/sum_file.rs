//! Sum file: a go.sum or go.work.sum, whose lines say which bytes a build takes.
//!
//! Both have the same lines, and go takes a hash from either, so both are judged in the same way: as
//! go writes them, without two hashes for one thing, the same as at the base, and true by the
//! checksum database, or it is said that nobody knows.

use crate::{
    places,
    rules::{
        SUM_ABSENT, SUM_ALGORITHM, SUM_CHANGED, SUM_CONFLICT, SUM_DIFFERS, SUM_MALFORMED,
        SUM_ORDER, SUM_UNPROVEN,
    },
};
use finding::{Finding, FindingPlace, UnreadableInput};
use gomod::{
    gosum::{self, GoSum, GoSumError, GoSumLine, HashSubject},
    semver,
    sumhash::H1,
};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// What a line is about: module, version, and the files or the go.mod of it.
pub type SumKey<'a> = (&'a str, &'a str, HashSubject);

/// A file of hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumFile {
    /// Its name in the checkout.
    pub name: String,
    /// Its lines; none where there is no such file.
    pub sums: GoSum,
}

/// What the checksum database says of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogAnswer {
    /// The same hash, proven.
    Same,
    /// Another hash, proven.
    Other(String),
    /// It has no record of the version.
    Absent,
    /// The module is private: the public database is not asked.
    Private,
    /// Nobody knows, for this reason.
    Unknown(String),
}

// === impl SumFile ===

impl SumFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is no file of hashes, or has a merge in it that nobody finished.
    pub fn read(name: String, source: &[u8]) -> Result<Self, UnreadableInput> {
        no_conflict(&name, source)?;
        match gosum::parse(source) {
            Ok(sums) => Ok(Self { name, sums }),
            Err(error) => {
                let place = match error {
                    GoSumError::WrongNumberOfFields { line, .. } => {
                        let line = u32::try_from(line).unwrap_or(u32::MAX);
                        FindingPlace::at(&*name, finding::FileSpan::in_line(line, 1, 0))
                    }
                    _ => FindingPlace::file(&*name),
                };
                Err(UnreadableInput::new(place, error.to_string()))
            }
        }
    }

    /// What its lines are about.
    pub fn keys(&self) -> impl Iterator<Item = SumKey<'_>> {
        self.sums.entries.iter().map(key)
    }

    /// What can be said from the file alone.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let entries = self.sums.entries.iter();
        findings.extend(entries.filter_map(|entry| self.check_hash(entry)));
        findings.extend(self.conflicts_with(self));
        findings.extend(self.check_order());
        findings
    }

    /// Lines for which another file, or a line above in the same one, has another hash. go takes
    /// either.
    pub fn conflicts_with(&self, other: &Self) -> Vec<Finding> {
        let mut first: HashMap<SumKey<'_>, &GoSumLine> = HashMap::new();
        for entry in &other.sums.entries {
            first.entry(key(entry)).or_insert(entry);
        }
        let conflict = |entry: &GoSumLine| {
            let first = first.get(&key(entry))?;
            if first.hash == entry.hash {
                return None;
            }
            let what = subject(entry);
            let message = format!("{what} has two hashes, {} and {}", first.hash, entry.hash);
            let found = Finding::new(&SUM_CONFLICT, self.line(entry), what, message);
            Some(found.beside(other.line(first), "the first of them"))
        };
        self.sums.entries.iter().filter_map(conflict).collect()
    }

    /// Lines that give a version another hash than the file had at the base.
    pub fn changed_since(&self, base: &Self) -> Vec<Finding> {
        let mut before: HashMap<SumKey<'_>, HashSet<&str>> = HashMap::new();
        for entry in &base.sums.entries {
            before.entry(key(entry)).or_default().insert(&entry.hash);
        }
        let changed = self.sums.entries.iter().filter_map(|entry| {
            let hashes = before.get(&key(entry))?;
            if hashes.contains(&*entry.hash) {
                return None;
            }
            let was = hashes.iter().min()?;
            let subject = subject(entry);
            let message = format!("{subject} is {} here and {was} at the base", entry.hash);
            let place = self.line(entry);
            Some(Finding::new(&SUM_CHANGED, place, subject, message))
        });
        changed.collect()
    }

    /// What the checksum database says of the lines; `answers` are in their order.
    pub fn held_against(&self, answers: &[LogAnswer]) -> Vec<Finding> {
        let lines = self.sums.entries.iter().zip(answers);
        let findings = lines.filter_map(|(entry, answer)| self.judge(entry, answer));
        findings.collect()
    }

    fn judge(&self, entry: &GoSumLine, answer: &LogAnswer) -> Option<Finding> {
        let what = subject(entry);
        let of = match entry.subject {
            HashSubject::Zip => "files",
            HashSubject::GoMod => "go.mod",
        };
        let (rule, message) = match answer {
            LogAnswer::Same | LogAnswer::Private => return None,
            LogAnswer::Other(logged) => (
                &SUM_DIFFERS,
                format!(
                    "the {of} of {what} are {} here and {logged} in the log",
                    entry.hash
                ),
            ),
            LogAnswer::Absent => (&SUM_ABSENT, format!("the log has no record of {what}")),
            LogAnswer::Unknown(why) => (&SUM_UNPROVEN, format!("the {of} of {what}: {why}")),
        };
        Some(Finding::new(rule, self.line(entry), what, message))
    }

    fn check_hash(&self, entry: &GoSumLine) -> Option<Finding> {
        let (rule, message) = if !entry.has_known_algorithm() {
            (&SUM_ALGORITHM, format!("go does not know {}", entry.hash))
        } else if entry.hash.parse::<H1>().is_err() {
            (&SUM_MALFORMED, format!("{} is no hash", entry.hash))
        } else {
            return None;
        };
        Some(Finding::new(
            rule,
            self.line(entry),
            subject(entry),
            message,
        ))
    }

    /// The first line that does not stand where go writes it.
    fn check_order(&self) -> Option<Finding> {
        let pairs = self.sums.entries.windows(2);
        let mut wrong = pairs.filter_map(|pair| match pair {
            [one, other] if order(one, other).is_gt() => Some(other),
            _ => None,
        });
        let entry = wrong.next()?;
        let what = subject(entry);
        let message = format!("{what} does not stand where go writes it");
        Some(Finding::new(&SUM_ORDER, self.line(entry), what, message))
    }

    fn line(&self, entry: &GoSumLine) -> FindingPlace {
        FindingPlace::at(&*self.name, places::span(entry.span))
    }
}

fn key(entry: &GoSumLine) -> SumKey<'_> {
    (&entry.path, &entry.version, entry.subject)
}

/// `MODULE@VERSION`.
fn subject(entry: &GoSumLine) -> String {
    format!("{}@{}", entry.path, entry.version)
}

/// The order in which go writes lines: by path, version, and the files before the go.mod.
fn order(one: &GoSumLine, other: &GoSumLine) -> Ordering {
    let versions = || semver::compare(&one.version, &other.version);
    one.path
        .cmp(&other.path)
        .then_with(versions)
        .then_with(|| one.subject.cmp(&other.subject))
}

/// A file with the marks of a merge is half of two files.
pub(crate) fn no_conflict(name: &str, source: &[u8]) -> Result<(), UnreadableInput> {
    const MARKS: [&[u8]; 3] = [b"<<<<<<< ", b"=======", b">>>>>>> "];
    let lines = source.split(|&byte| byte == b'\n').enumerate();
    let mut marked = lines.filter(|(_, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        MARKS.iter().any(|mark| line.starts_with(mark))
    });
    let Some((index, line)) = marked.next() else {
        return Ok(());
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let span = finding::FileSpan::in_line(number(index + 1), 1, number(line.len()));
    let problem = "a merge conflict that nobody resolved";
    Err(UnreadableInput::new(FindingPlace::at(name, span), problem))
}

#[cfg(test)]
mod tests {
    use super::SumFile;

    #[test]
    fn another_hash_for_the_same_version_is_found_without_asking_anybody() {
        let file = |hash: &str| {
            let sums = format!("a.b/x v1.0.0 h1:a=\na.b/x v1.0.0/go.mod {hash}\n");
            SumFile::read("go.sum".to_owned(), sums.as_bytes()).unwrap()
        };
        let found = file("h1:c=").changed_since(&file("h1:b="));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place.to_string(), "go.sum:2:1");
        assert!(found[0].message.contains("h1:b="), "{:?}", found[0]);
        assert!(file("h1:b=").changed_since(&file("h1:b=")).is_empty());
    }
}
