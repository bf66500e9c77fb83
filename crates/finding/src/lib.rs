//! Finding: what a check found, at the place where somebody has to change something.
//!
//! Checks of dependencies are many and know nothing of each other; what they say is printed as text,
//! JSON, SARIF and more by whoever collects it. So all of them speak in these words: a [`FindingRule`] is
//! what a check looks for, written down once as a constant from which its documentation is made too;
//! a [`Finding`] is one case of it, with a [`FindingPlace`] that is as exact as the file allows. What a
//! check could not read is no finding but [`UnreadableInput`]: nobody may take it for a pass.
//!
//! Nothing here decides whether a finding stops a build: that is policy.

mod nearest;
mod place;
mod printable;
mod rule;

pub use nearest::nearest;
pub use place::{FileSpan, FindingPlace};
pub use printable::{is_obeyed, printable, printable_json, printable_lines};
pub use rule::{FindingRule, GateStep};

use serde::Serialize;

/// One case of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked for.
    pub rule: &'static FindingRule,
    /// Where somebody has to change something.
    pub place: FindingPlace,
    /// What it is about: `MODULE@VERSION`, `name@version` of a package, or nothing.
    pub subject: String,
    /// What is the case here, in one sentence without its final stop.
    pub message: String,
    /// What to do here, where that is more than the rule's own advice.
    pub advice: Option<String>,
    /// Other places that belong to it, each with what it has to do with it.
    pub related: Vec<RelatedPlace>,
}

/// A place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RelatedPlace {
    /// The place.
    pub place: FindingPlace,
    /// What it has to do with it.
    pub message: String,
}

/// Input that a check could not read, so that it could say nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct UnreadableInput {
    /// The file, and as exactly as possible where in it.
    pub place: FindingPlace,
    /// What is wrong with it there.
    pub problem: String,
}

// === impl Finding ===

impl Finding {
    /// A finding with nothing beside the message.
    pub fn new(
        rule: &'static FindingRule,
        place: FindingPlace,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            place,
            subject: subject.into(),
            message: message.into(),
            advice: None,
            related: Vec::new(),
        }
    }

    /// The same, with what to do here.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }

    /// The same, with a place that belongs to it.
    #[must_use]
    pub fn beside(mut self, place: FindingPlace, message: impl Into<String>) -> Self {
        self.related.push(RelatedPlace {
            place,
            message: message.into(),
        });
        self
    }

    /// What to do: the advice given here, else the rule's.
    pub fn next(&self) -> &str {
        self.advice.as_deref().unwrap_or(self.rule.next)
    }
}

// === impl UnreadableInput ===

impl UnreadableInput {
    /// What is wrong, and where.
    pub fn new(place: FindingPlace, problem: impl Into<String>) -> Self {
        Self {
            place,
            problem: problem.into(),
        }
    }
}
