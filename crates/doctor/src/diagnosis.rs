//! Diagnosis: what a text says of why a command failed.

use crate::cause::{FailureCause, PatternStrength};
use crate::chain::RequirementLink;
use crate::fix::Fix;
use crate::parts::MessageParts;
use codes::Code;
use serde::{Serialize, Serializer};

/// What a text shows: the reasons, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The reasons; none if the text is unknown.
    pub reasons: Vec<DiagnosisReason>,
    /// Where the text is unknown: the message that no pattern fits. Nothing is guessed from it.
    pub unknown: Option<MessageSpan>,
    /// Whether rewriting a path was left out of the fixes, because hashes disagree.
    pub withheld: bool,
    /// Whether only the end of the text was read.
    pub cut: bool,
}

/// One reason, and what says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiagnosisReason {
    /// What is the matter.
    pub what: ReasonKind,
    /// How sure that is.
    pub confidence: ReasonConfidence,
    /// The text that says so; the first place of several.
    pub seen: MessageSpan,
    /// In how many places the text says so.
    pub times: usize,
    /// The modules that it says so of, as `MODULE` or `MODULE@VERSION`; of many the first.
    pub subjects: Vec<String>,
    /// What the text names at the first place.
    pub parts: MessageParts,
    /// Which requirements or imports lead there, from the main module on.
    pub chain: Vec<RequirementLink>,
    /// What would mend it.
    pub fixes: Vec<Fix>,
}

/// What is the matter: one of modkeep's own codes, or a cause in the table.
#[derive(Debug, Clone, Copy)]
pub enum ReasonKind {
    /// modkeep itself said so.
    Code(Code),
    /// A message of `go` or of something below it.
    Cause(&'static FailureCause),
}

/// How sure a reason is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonConfidence {
    /// The text names it.
    Certain,
    /// The text has this reason almost always.
    Likely,
    /// The text has one of several reasons.
    Possible,
}

/// A stretch of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageSpan {
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
    /// The line it begins in, from 1.
    pub line: usize,
    /// The column it begins at, in bytes, from 1.
    pub column: usize,
    /// The message around it, plain, and shortened where it is long.
    pub excerpt: String,
    /// Where in the excerpt it begins, in characters.
    pub mark: usize,
    /// How many characters of the excerpt it is.
    pub marked: usize,
}

// === impl Diagnosis ===

impl Diagnosis {
    /// The likeliest reason.
    pub fn top(&self) -> Option<&DiagnosisReason> {
        self.reasons.first()
    }
}

// === impl ReasonKind ===

impl ReasonKind {
    /// Its stable name: `MK2003`, `dns/no-such-host`.
    pub fn id(self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Cause(cause) => cause.id.to_owned(),
        }
    }

    /// What is wrong, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Code(code) => code.entry().title,
            Self::Cause(cause) => cause.title,
        }
    }

    /// Why that is so.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Code(code) => code.entry().cause,
            Self::Cause(cause) => cause.why,
        }
    }

    /// What to do.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Code(code) => code.entry().remedy,
            Self::Cause(cause) => cause.next,
        }
    }
}

impl PartialEq for ReasonKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Code(one), Self::Code(two)) => one == two,
            (Self::Cause(one), Self::Cause(two)) => one.id == two.id,
            _ => false,
        }
    }
}

impl Eq for ReasonKind {}

/// With its words, so that a reader of the JSON needs no table.
impl Serialize for ReasonKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ReasonTexts {
            id: String,
            title: &'static str,
            why: &'static str,
            next: &'static str,
        }
        let words = ReasonTexts {
            id: self.id(),
            title: self.title(),
            why: self.why(),
            next: self.next(),
        };
        words.serialize(serializer)
    }
}

// === impl ReasonConfidence ===

impl ReasonConfidence {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

impl From<PatternStrength> for ReasonConfidence {
    fn from(evidence: PatternStrength) -> Self {
        match evidence {
            PatternStrength::Decisive => Self::Certain,
            PatternStrength::Telling => Self::Likely,
            PatternStrength::Symptom => Self::Possible,
        }
    }
}
