//! Refusal: why there is no answer, in a form that `go` prints to a person (law L8).
//!
//! A refusal carries a code from the one table, which also fixes its HTTP status, and the facts of
//! this case. A source's own 404 or 410 is relayed word for word instead: it is that source's
//! statement, and people search for its text. The server renders either and adds the request id.

use codes::Code;
use std::time::Duration;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// HTTP status, usually the code's own; 410 where a source said so.
    pub status: u16,
    /// What to tell.
    pub text: RefusalText,
    /// When asking again makes sense (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// The words of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalText {
    /// Ours: the facts of this case, one short ASCII line; title, cause and remedy come from the code.
    Facts(String),
    /// The middle of an error body: short ASCII lines in place of the facts and of the code's cause
    /// and remedy.
    Lines(Vec<String>),
    /// An upstream's 404 or 410 body, relayed word for word.
    Relayed(String),
}

// === impl Refusal ===

impl Refusal {
    /// A refusal in our words, with the code's own status.
    pub fn new(code: Code, facts: impl Into<String>) -> Self {
        Self {
            code,
            status: code.entry().status.unwrap_or(500),
            text: RefusalText::Facts(facts.into()),
            retry_after: None,
        }
    }

    /// The same, with the time after which asking again makes sense.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// The facts of this case.
    pub fn facts(&self) -> String {
        match &self.text {
            RefusalText::Facts(text) | RefusalText::Relayed(text) => text.clone(),
            RefusalText::Lines(lines) => lines.join("; "),
        }
    }

    /// Something that must not happen, and did.
    pub fn internal(facts: &str) -> Self {
        Self::new(Code::InternalError, facts)
    }

    /// Asked only for what is kept, and it is not.
    pub fn not_kept(what: &str) -> Self {
        Self::new(Code::NotKept, what)
    }

    /// An upstream's own words about absence.
    pub fn relayed(status: u16, text: impl Into<String>) -> Self {
        Self {
            code: Code::Absent,
            status,
            text: RefusalText::Relayed(text.into()),
            retry_after: None,
        }
    }
}
