//! Failure: why a command could not do its work, in the form of the server's error bodies.

use checkout::RevisionError;
use codes::Code;
use config::ConfigErrors;
use finding::printable_lines;
use std::{error::Error, fmt};
use store::StoreError;

/// A coded failure; `Display` prints what, why and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    facts: String,
}

// === impl Failure ===

impl Failure {
    pub(crate) fn new(code: Code, facts: impl Into<String>) -> Self {
        Self {
            code,
            facts: facts.into(),
        }
    }

    /// The stable code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// The situation, in words.
    pub(crate) fn facts(&self) -> &str {
        &self.facts
    }

    /// With the whole chain of causes.
    pub(crate) fn of(code: Code, error: &dyn Error) -> Self {
        Self::new(code, with_causes(error))
    }
}

/// An error with all of its causes, on one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.code.entry();
        write!(
            f,
            "modkeep {}: {}\n{}\nwhy: {}\nnext: {}",
            self.code,
            entry.title,
            printable_lines(&self.facts),
            entry.cause,
            entry.remedy
        )
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::new(errors.code(), errors.to_string())
    }
}

impl From<RevisionError> for Failure {
    fn from(error: RevisionError) -> Self {
        Self::of(Code::BaseUnknown, &error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of(error.code(), &error)
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;
    use codes::Code;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let text = Failure::new(
            Code::StoreInUse,
            "/srv/modkeep is in use by another process",
        )
        .to_string();
        assert_eq!(
            text,
            "modkeep MK3006: the data directory is in use\n\
             /srv/modkeep is in use by another process\n\
             why: Another modkeep process holds this data directory.\n\
             next: Stop the other process, or give this one another --data."
        );
    }
}
