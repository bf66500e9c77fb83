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

    /// An upstream's own words about absence.
    pub fn relayed(status: u16, text: impl Into<String>) -> Self {
        Self { code: Code::Absent, status, text: RefusalText::Relayed(text.into()), retry_after: None }
    }
}
