//! Rule: what a check looks for, and the step of the gate that it belongs to.

use serde::{Serialize, Serializer};
use std::fmt;

/// What a check looks for. Written down once, as a constant: messages, reports and documentation
/// are all made from it.
#[derive(Debug, PartialEq, Eq)]
pub struct FindingRule {
    /// Its stable name: the step, a slash, and words with hyphens, such as `lock/sum-missing`.
    pub id: &'static str,
    /// The step that it belongs to.
    pub step: GateStep,
    /// What is wrong where it is found, in a few words.
    pub title: &'static str,
    /// Why that matters, in a sentence or two.
    pub why: &'static str,
    /// What to do, in a sentence or two.
    pub next: &'static str,
}

/// A step of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GateStep {
    /// Lock files are complete, consistent and true.
    Lock,
    /// No more dependencies than are needed.
    Minimal,
    /// No known vulnerabilities.
    Vulnerable,
    /// Neither too young nor withdrawn.
    Fresh,
    /// Modules, licences and sources that may be used.
    Allowed,
    /// What a change brings.
    Change,
}

// === impl GateStep ===

impl GateStep {
    /// Every step, in their order.
    pub const ALL: [Self; 6] = [
        Self::Lock,
        Self::Minimal,
        Self::Vulnerable,
        Self::Fresh,
        Self::Allowed,
        Self::Change,
    ];

    /// Its name in policies and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Minimal => "minimal",
            Self::Vulnerable => "vulnerable",
            Self::Fresh => "fresh",
            Self::Allowed => "allowed",
            Self::Change => "change",
        }
    }
}

impl fmt::Display for GateStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for GateStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

// === impl Rule ===

/// By its name alone: whoever reads a finding looks the rest up.
impl Serialize for FindingRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}
