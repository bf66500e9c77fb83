//! Report: what was found in a bundle, and what became of it.

use bundle::MalformedBundle;
use codes::Code;
use std::{collections::BTreeMap, fmt};

/// Problems that are told of one bundle; those behind are counted.
const TOLD: usize = 1000;

/// What is to be done with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Look at all of it, and keep nothing.
    Check,
    /// Look at all of it, and keep all of it unless something is wrong.
    Keep,
}

/// What an import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking at everything.
    Checking,
    /// Keeping everything.
    Keeping,
}

/// Something that is wrong with a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry}, byte {at}: {code}: {what}")]
pub struct BundleProblem {
    /// The stable code.
    pub code: Code,
    /// Path of the file in the bundle.
    pub entry: String,
    /// Its offset there.
    pub at: u64,
    /// What is wrong with it.
    pub what: String,
}

/// A database's newest head before and after an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleHead {
    /// Name of the database.
    pub database: String,
    /// Records of the newest log that was seen before.
    pub before: u64,
    /// Records of the newest log that is known with the bundle.
    pub now: u64,
}

/// What was found in a bundle, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleReport {
    /// Versions looked at.
    pub versions: u64,
    /// Bytes of their artifacts.
    pub bytes: u64,
    /// Artifacts that are proven, by database.
    pub proven: BTreeMap<String, u64>,
    /// Artifacts that nothing proves and that are admitted, by what they will say of themselves.
    pub claimed: BTreeMap<String, u64>,
    /// Heads, by the order of the databases' names.
    pub heads: Vec<BundleHead>,
    /// Artifacts that were captured.
    pub captured: u64,
    /// Artifacts that were kept already.
    pub unchanged: u64,
    /// `.info` files that are kept with other bytes; no log covers them, and the first stays.
    pub differing: u64,
    /// The first problems.
    pub problems: Vec<BundleProblem>,
    /// How many problems there are.
    pub problem_count: u64,
}

// === impl BundleProblem ===

impl BundleProblem {
    pub(crate) fn new(code: Code, entry: &str, at: u64, what: impl Into<String>) -> Self {
        Self {
            code,
            entry: entry.to_owned(),
            at,
            what: what.into(),
        }
    }
}

impl From<MalformedBundle> for BundleProblem {
    fn from(malformed: MalformedBundle) -> Self {
        let MalformedBundle { entry, at, problem } = malformed;
        Self {
            code: Code::BadBundle,
            entry,
            at,
            what: problem,
        }
    }
}

// === impl BundleReport ===

impl BundleReport {
    /// Whether nothing is wrong with the bundle.
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }

    pub(crate) fn problem(&mut self, problem: impl Into<BundleProblem>) {
        self.problem_count += 1;
        if self.problems.len() < TOLD {
            self.problems.push(problem.into());
        }
    }

    pub(crate) fn problems(&mut self, problems: impl IntoIterator<Item = BundleProblem>) {
        problems
            .into_iter()
            .for_each(|problem| self.problem(problem));
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checking => "checked",
            Self::Keeping => "kept",
        })
    }
}
