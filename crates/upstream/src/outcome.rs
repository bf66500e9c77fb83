//! What a walk amounts to: found, absent, or unknown.
//!
//! Three answers and no fourth. "Absent" is a statement about the world and is only made when every
//! source that was asked made it; whatever else went wrong is an [`Outage`], which says nothing
//! about whether the module exists.

use std::time::Duration;

use codes::Code;
use protocol::Refusal;

use crate::{Download, SourceName};

/// The answer to one request, after as many sources as the list allows.
#[derive(Debug)]
pub enum Outcome {
    /// A source has it; its body is on the way.
    Found(Download),
    /// Every source that was asked said 404 or 410.
    Absent(Absence),
    /// It is unknown whether it exists.
    Unavailable(Outage),
}

/// A source's own statement that something does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// 404 or 410, as the source said it.
    pub status: u16,
    /// The source's own words, at most 4 KiB, byte for byte; empty if it said none, or none that
    /// are UTF-8. They are to be relayed as they are: `go` shows them to its user.
    pub text: String,
    /// Content type under which the words came, if any.
    pub content_type: Option<String>,
    /// Who said so. Of several sources the last, whose words `go` would show too.
    pub source: SourceName,
}

/// Why it is unknown whether something exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The stable code; it decides the HTTP status of the answer.
    pub code: Code,
    /// One line: what happened at the source. Nothing of a URL.
    pub summary: String,
    /// The source it happened at; `direct` or `off` where the list itself ended the walk.
    pub source: SourceName,
    /// HTTP status of the source's answer, where there was one.
    pub status: Option<u16>,
    /// When the source wants to be asked again, if it said so.
    pub retry_after: Option<Duration>,
}

impl From<Outage> for Refusal {
    fn from(outage: Outage) -> Self {
        let facts = format!("{}: {}", outage.source, outage.summary);
        Self {
            retry_after: outage.retry_after,
            ..Self::new(outage.code, facts)
        }
    }
}
