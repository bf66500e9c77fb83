//! What a case comes to: a cause, how sure that is, why, and what to do.
//!
//! All texts are lines of ASCII, short enough to be printed by `go`. None of them says to turn
//! verification off, and a test holds them to it.

use serde::{Deserialize, Serialize};

/// Why bytes are not the ones they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MismatchCause {
    /// The end is missing.
    Truncated,
    /// Bits changed on the way.
    BitFlipInTransit,
    /// Bits changed where the bytes are kept.
    BitFlipOnDisk,
    /// These are the bytes of something else.
    WrongObject,
    /// The tag was moved after its content had been recorded.
    UpstreamRetag,
    /// A tool took the bytes for text and wrote them in its own way.
    TextRewrite,
    /// The bytes are compressed once more than they should be.
    DoubleCompression,
    /// A mirror or peer serves another state of the version than the recorded one.
    StaleMirror,
    /// The client's go.sum is wrong, the bytes are right.
    ClientGoSum,
    /// The evidence does not decide.
    Unexplained,
}

/// How sure a conclusion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseConfidence {
    /// It is proven by a hash, or by bytes that leave no other reading.
    Certain,
    /// Nothing known speaks against it, and no other cause fits.
    Likely,
    /// There is none to be sure of.
    Open,
}

/// What a case comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// The cause.
    pub cause: MismatchCause,
    /// How sure that is.
    pub confidence: CauseConfidence,
    /// What of the evidence says so; one line of ASCII.
    pub why: String,
    /// If it is unexplained: the causes that remain possible.
    pub suspects: Vec<MismatchCause>,
    /// What the person in front of `go` does next.
    pub for_client: &'static str,
    /// What whoever runs this site does next.
    pub for_operator: String,
}

// === impl MismatchCause ===

impl MismatchCause {
    /// All of them, in the order of their definition.
    pub const ALL: [Self; 10] = [
        Self::Truncated,
        Self::BitFlipInTransit,
        Self::BitFlipOnDisk,
        Self::WrongObject,
        Self::UpstreamRetag,
        Self::TextRewrite,
        Self::DoubleCompression,
        Self::StaleMirror,
        Self::ClientGoSum,
        Self::Unexplained,
    ];

    /// In a line.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Truncated => "the bytes end too early",
            Self::BitFlipInTransit => "bits were flipped on the way",
            Self::BitFlipOnDisk => "bits were flipped on a disk",
            Self::WrongObject => "these are the bytes of something else",
            Self::UpstreamRetag => "the tag was moved after it was recorded",
            Self::TextRewrite => "line endings or encoding were rewritten",
            Self::DoubleCompression => "the bytes are compressed once too often",
            Self::StaleMirror => "the source serves another state of this version",
            Self::ClientGoSum => "the line in go.sum is forged or stale",
            Self::Unexplained => "the evidence does not say why",
        }
    }

    /// What the person in front of `go` does next.
    #[must_use]
    pub const fn for_client(self) -> &'static str {
        match self {
            Self::Truncated | Self::BitFlipInTransit => {
                "Run again; if it comes back, tell who runs this proxy."
            }
            Self::BitFlipOnDisk => {
                "Run again; if the damage is in your module cache: go clean -modcache."
            }
            Self::WrongObject | Self::DoubleCompression | Self::StaleMirror => {
                "Nothing is wrong with your project; tell who runs this proxy."
            }
            Self::UpstreamRetag => {
                "Use the recorded bytes if this proxy has them, else a newer version; tell the author."
            }
            Self::TextRewrite => {
                "Look for a tool that converts line endings (git autocrlf, an editor, FTP in text mode)."
            }
            Self::ClientGoSum => {
                "Ask who added the line to go.sum; then delete it and run: go mod download"
            }
            Self::Unexplained => "Do not use these bytes; tell who runs this proxy.",
        }
    }

    /// What whoever runs this site does next.
    #[must_use]
    pub const fn for_operator(self) -> &'static str {
        match self {
            Self::Truncated => {
                "Fetch again; if it comes back, look at proxies, MTU and timeouts on the way to the source."
            }
            Self::BitFlipInTransit => {
                "Fetch again; if it comes back, test memory and network cards on the way."
            }
            Self::BitFlipOnDisk => {
                "Take the copy out of service, fetch it again, check the disk (SMART) and memory (ECC)."
            }
            Self::WrongObject => {
                "Take the source out of the list until it explains itself; look for a portal or a cache in between."
            }
            Self::UpstreamRetag => {
                "Serve the recorded bytes, never the new ones; compare both commits, and ask the author for a new tag."
            }
            Self::TextRewrite => {
                "Switch off text conversion where the bytes are stored or copied; fetch them again."
            }
            Self::DoubleCompression => {
                "Switch off compression of artifacts at the source or at the cache in front of it."
            }
            Self::StaleMirror => {
                "Take the source out of the list until it has the recorded state; treat its bytes as hostile."
            }
            Self::ClientGoSum => {
                "Find the commit that added the line to go.sum; if nobody can account for it, treat it as an attack."
            }
            Self::Unexplained => {
                "Keep the bytes in quarantine; ask the same source again, then another one, then the origin."
            }
        }
    }
}

// === impl Conclusion ===

impl Conclusion {
    pub(crate) fn certain(cause: MismatchCause, why: impl Into<String>) -> Self {
        Self::new(cause, CauseConfidence::Certain, why.into())
    }

    pub(crate) fn likely(cause: MismatchCause, why: impl Into<String>) -> Self {
        Self::new(cause, CauseConfidence::Likely, why.into())
    }

    /// The evidence does not decide between the suspects; `ask` is what would.
    pub(crate) fn open(
        why: impl Into<String>,
        suspects: &[MismatchCause],
        ask: impl Into<Option<&'static str>>,
    ) -> Self {
        let open = Self::new(
            MismatchCause::Unexplained,
            CauseConfidence::Open,
            why.into(),
        );
        Self {
            suspects: suspects.to_vec(),
            for_operator: ask.into().map_or(open.for_operator, str::to_owned),
            ..open
        }
    }

    fn new(cause: MismatchCause, confidence: CauseConfidence, why: String) -> Self {
        Self {
            cause,
            confidence,
            why,
            suspects: Vec::new(),
            for_client: cause.for_client(),
            for_operator: cause.for_operator().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MismatchCause;
    use std::collections::HashSet;

    #[test]
    fn advice_is_short_ascii_and_never_turns_verification_off() {
        for cause in MismatchCause::ALL {
            for text in [cause.title(), cause.for_client(), cause.for_operator()] {
                assert!(text.is_ascii() && text.len() <= 110, "{text}");
                for forbidden in ["GOSUMDB", "GONOSUM", "GONOVERIFY", "GOPRIVATE", "insecure"] {
                    assert!(!text.contains(forbidden), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_cause_has_a_title_of_its_own() {
        let titles: HashSet<&str> = MismatchCause::ALL
            .iter()
            .map(|cause| cause.title())
            .collect();
        assert_eq!(titles.len(), MismatchCause::ALL.len());
    }
}
