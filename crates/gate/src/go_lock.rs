//! Go's lock: go.mod and go.sum are complete, consistent, as go writes them, and true.
//!
//! Complete means: what go needs where it may not change files (`-mod=readonly`, the default) is
//! there. That is the hash of every go.mod in the loaded graph, and the hash of the files of every
//! requirement in go.mod, which `go mod tidy` lists only if a package of it is used. True means: the
//! checksum database says the same, or it is said that nobody knows.

use crate::{
    places::{self, Places},
    rules::{
        GO_MOD_FORMAT, GO_MOD_STALE, SUM_ABSENT, SUM_ALGORITHM, SUM_CONFLICT, SUM_DIFFERS,
        SUM_MALFORMED, SUM_MISSING, SUM_MISSING_GRAPH, SUM_ORDER, SUM_UNPROVEN,
    },
};
use finding::{Finding, Place, Rule, Unreadable};
use gomod::{
    gosum::{self, Entry, GoSum, Subject},
    modfile::{self, File, ModuleVersion},
    mvs::Selection,
    semver,
    sumhash::H1,
};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// The two files of a module, as they were read.
#[derive(Debug)]
pub struct GoLock {
    /// Name of the go.mod in the checkout.
    pub go_mod_name: String,
    /// Name of the go.sum in the checkout.
    pub go_sum_name: String,
    /// go.mod.
    pub go_mod: File,
    /// Whether it is formatted as go does.
    pub is_formatted: bool,
    /// go.sum; empty where there is none.
    pub go_sum: GoSum,
}

/// What the checksum database says of a line of go.sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
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

// === impl GoLock ===

impl GoLock {
    /// Reads the files of the module at `directory` of the checkout (empty for its root).
    pub fn read(directory: &str, go_mod: &[u8], go_sum: &[u8]) -> Result<Self, Unreadable> {
        let name = |file: &str| match directory {
            "" => file.to_owned(),
            directory => format!("{directory}/{file}"),
        };
        let (go_mod_name, go_sum_name) = (name("go.mod"), name("go.sum"));
        for (name, source) in [(&go_mod_name, go_mod), (&go_sum_name, go_sum)] {
            no_conflict(name, source)?;
        }
        let parsed = modfile::parse(go_mod, modfile::Mode::Strict).map_err(|errors| {
            let first = errors.iter().next();
            let place = first.map_or_else(
                || Place::file(&*go_mod_name),
                |error| Place::at(&*go_mod_name, places::span(error.span)),
            );
            let problem = first.map_or_else(String::new, |error| error.fault.to_string());
            Unreadable::new(place, problem)
        })?;
        let formatted = modfile::format(go_mod).is_ok_and(|formatted| formatted == go_mod);
        let sums = gosum::parse(go_sum).map_err(|error| {
            let place = match error {
                gosum::GoSumError::WrongNumberOfFields { line, .. } => {
                    let line = u32::try_from(line).unwrap_or(u32::MAX);
                    Place::at(&*go_sum_name, finding::Span::in_line(line, 1, 0))
                }
                _ => Place::file(&*go_sum_name),
            };
            Unreadable::new(place, error.to_string())
        })?;
        Ok(Self {
            go_mod_name,
            go_sum_name,
            go_mod: parsed,
            is_formatted: formatted,
            go_sum: sums,
        })
    }

    /// What can be said from the two files alone.
    pub fn check_files(&self) -> Vec<Finding> {
        let mut findings = self.check_lines();
        findings.extend(self.check_order());
        if !self.is_formatted {
            let place = Place::file(&*self.go_mod_name);
            let message = "go.mod is not what `go mod edit -fmt` writes";
            findings.push(Finding::new(&GO_MOD_FORMAT, place, "", message));
        }
        findings
    }

    /// What the selection says.
    pub fn check_selection(&self, selection: &Selection, places: &Places) -> Vec<Finding> {
        let mut findings = Vec::new();
        if selection.needs_update() {
            findings.extend(self.stale(selection));
        }
        let known: HashSet<(&str, &str, Subject)> = self
            .go_sum
            .entries
            .iter()
            .map(|entry| (&*entry.path, &*entry.version, entry.subject))
            .collect();
        let has = |module: &ModuleVersion, subject| {
            known.contains(&(&*module.path, &*module.version, subject))
        };
        let missing = |rule: &'static Rule, module: &ModuleVersion, what: &str| {
            let message = format!("go.sum has no hash of {what} of {module}");
            let advice = format!("go mod download {module}");
            let place = places.module(&module.path);
            Finding::new(rule, place, module.to_string(), message).advise(advice)
        };
        for required in &self.go_mod.require {
            let Some(module) = fetched(selection, &required.module.path) else {
                continue;
            };
            if !has(&module, Subject::Zip) {
                findings.push(missing(&SUM_MISSING, &module, "the files"));
            }
        }
        let unlisted = selection
            .read()
            .filter_map(|module| stands_in(selection, module))
            .filter(|module| !has(module, Subject::GoMod));
        findings.extend(unlisted.map(|module| missing(&SUM_MISSING_GRAPH, &module, "the go.mod")));
        findings
    }

    /// What the checksum database says of a line.
    pub fn told(&self, entry: &Entry, told: &Told) -> Option<Finding> {
        let what = format!("{}@{}", entry.path, entry.version);
        let of = match entry.subject {
            Subject::Zip => "files",
            Subject::GoMod => "go.mod",
        };
        let (rule, message) = match told {
            Told::Same | Told::Private => return None,
            Told::Other(logged) => (
                &SUM_DIFFERS,
                format!(
                    "the {of} of {what} are {} here and {logged} in the log",
                    entry.hash
                ),
            ),
            Told::Absent => (&SUM_ABSENT, format!("the log has no record of {what}")),
            Told::Unknown(why) => (&SUM_UNPROVEN, format!("the {of} of {what}: {why}")),
        };
        Some(Finding::new(rule, self.line(entry), what, message))
    }

    fn stale(&self, selection: &Selection) -> Vec<Finding> {
        let wrong = self.go_mod.require.iter().filter_map(|line| {
            let selected = selection.version(&line.module.path)?;
            (selected != line.module.version).then(|| {
                let message = format!("{} is listed, {selected} is selected", line.module);
                let place = Place::at(&*self.go_mod_name, places::span(line.place.span));
                Finding::new(&GO_MOD_STALE, place, line.module.to_string(), message)
            })
        });
        let mut findings: Vec<Finding> = wrong.collect();
        if findings.is_empty() {
            let place = Place::file(&*self.go_mod_name);
            let message = "go.mod does not list what it would after `go mod tidy`";
            findings.push(Finding::new(&GO_MOD_STALE, place, "", message));
        }
        findings
    }

    fn check_lines(&self) -> Vec<Finding> {
        let mut seen: HashMap<(&str, &str, Subject), &Entry> = HashMap::new();
        let mut findings = Vec::new();
        for entry in &self.go_sum.entries {
            let what = format!("{}@{}", entry.path, entry.version);
            let about = |rule, message| Finding::new(rule, self.line(entry), what.clone(), message);
            match hash(&entry.hash) {
                Hash::Good => {}
                Hash::Malformed => {
                    findings.push(about(&SUM_MALFORMED, format!("{} is no hash", entry.hash)));
                }
                Hash::OtherAlgorithm => {
                    findings.push(about(
                        &SUM_ALGORITHM,
                        format!("go does not know {}", entry.hash),
                    ));
                }
            }
            let key = (&*entry.path, &*entry.version, entry.subject);
            match seen.get(&key) {
                Some(first) if first.hash != entry.hash => {
                    let message =
                        format!("{what} has two hashes, {} and {}", first.hash, entry.hash);
                    let conflict = about(&SUM_CONFLICT, message);
                    findings.push(conflict.beside(self.line(first), "the first of them"));
                }
                Some(_) => {}
                None => drop(seen.insert(key, entry)),
            }
        }
        findings
    }

    /// The first line that does not stand where go writes it.
    fn check_order(&self) -> Option<Finding> {
        let pairs = self.go_sum.entries.windows(2);
        let wrong = pairs.filter_map(|pair| match pair {
            [one, other] if order(one, other).is_gt() => Some(other),
            _ => None,
        });
        let entry = wrong.into_iter().next()?;
        let what = format!("{}@{}", entry.path, entry.version);
        let message = format!("{what} does not stand where go writes it");
        Some(Finding::new(&SUM_ORDER, self.line(entry), what, message))
    }

    fn line(&self, entry: &Entry) -> Place {
        Place::at(&*self.go_sum_name, places::span(entry.span))
    }
}

/// The module version that go fetches for a selected module; none if it is a directory.
fn fetched(selection: &Selection, path: &str) -> Option<ModuleVersion> {
    let version = selection.version(path)?;
    stands_in(selection, &ModuleVersion::new(path, version))
}

/// What go fetches for a module version of the graph: itself, or what replaces it; nothing for the
/// main module, for directories, and for what is no module.
fn stands_in(selection: &Selection, module: &ModuleVersion) -> Option<ModuleVersion> {
    if module.version.is_empty() || gomod::mvs::is_pseudo_module(&module.path) {
        return None;
    }
    let actual = selection.replacement(module).unwrap_or(module);
    (!actual.version.is_empty()).then(|| actual.clone())
}

/// How good a hash is.
enum Hash {
    Good,
    Malformed,
    OtherAlgorithm,
}

fn hash(text: &str) -> Hash {
    if !text.starts_with("h1:") {
        return Hash::OtherAlgorithm;
    }
    match text.parse::<H1>() {
        Ok(_) => Hash::Good,
        Err(_) => Hash::Malformed,
    }
}

/// The order in which go writes lines: by path, version, and the files before the go.mod.
fn order(one: &Entry, other: &Entry) -> Ordering {
    let versions = || semver::compare(&one.version, &other.version);
    one.path
        .cmp(&other.path)
        .then_with(versions)
        .then_with(|| one.subject.cmp(&other.subject))
}

/// A file with the marks of a merge is half of two files.
fn no_conflict(name: &str, source: &[u8]) -> Result<(), Unreadable> {
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
    let span = finding::Span::in_line(number(index + 1), 1, number(line.len()));
    let problem = "a merge conflict that nobody resolved";
    Err(Unreadable::new(Place::at(name, span), problem))
}
