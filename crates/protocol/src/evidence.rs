//! Evidence: why the bytes of an artifact are trusted.
//!
//! It is written beside every capture in the catalog and the journal, and sent in the header
//! `Modkeep-Evidence`, always as the same text. What may be served without a further proof is decided
//! from it (law L1), so it is a closed set of kinds, and decisions are methods here instead of
//! comparisons of texts. A text that is none of these kinds is an error: it is never taken for trust.
//!
//! Texts outlive the release that wrote them. [`RecordedEvidence`] is a text as it was written down,
//! for records that must be read, copied and moved whatever they say; only [`RecordedEvidence::read`]
//! makes evidence of it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// The text of [`Evidence::Unverified`].
const UNVERIFIED: &str = "unverified";

/// The text of [`Evidence::Unproven`].
const UNPROVEN: &str = "unproven";

/// The text of [`Evidence::FirstSeen`].
const FIRST_SEEN: &str = "first-seen";

/// The text of [`Evidence::Private`].
const PRIVATE: &str = "private";

/// The text of [`Evidence::Publication`].
const PUBLICATION: &str = "publication";

/// The text of [`Evidence::Accepted`].
const ACCEPTED: &str = "accepted by an operator";

/// What the text of [`Evidence::ChecksumDatabase`] begins with.
const CHECKSUM_DATABASE: &str = "sumdb ";

/// What the text of [`Evidence::Confirmed`] begins with.
const CONFIRMED: &str = "confirmed by ";

/// The text of [`Confirmation::Version`], behind [`CONFIRMED`].
const ITS_VERSION: &str = "its version";

/// The text of [`Confirmation::Time`], behind [`CONFIRMED`].
const TIME: &str = "time";

/// Why the bytes of an artifact are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Evidence {
    /// Nothing is claimed. Its text is empty.
    #[default]
    Unclaimed,
    /// Nobody vouches for it: verification was off, or an import does not ask.
    Unverified,
    /// The checksum database could not be asked; the proof is still to come.
    Unproven,
    /// No log covers it: the first that was seen stays until something else is confirmed.
    FirstSeen,
    /// No database is asked about this module, because a setting says so: the first that was seen
    /// stays.
    Private,
    /// A record of a checksum database proves it; its proof is kept.
    ChecksumDatabase {
        /// Name of the database. It has neither spaces nor control characters.
        database: Arc<str>,
        /// Number of the record.
        record: u64,
    },
    /// It was seen first, and something else has confirmed it since.
    Confirmed(Confirmation),
    /// It was published to this site by somebody who may: this site is its origin.
    Publication,
    /// An operator ordered to serve it.
    Accepted,
}

/// What confirmed an artifact that no log covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confirmation {
    /// The time in it is the one that its pseudo-version has.
    Version,
    /// Its own source still says the same, a week later.
    Time,
    /// Another source, by its name, says the same.
    Source(Arc<str>),
}

/// A text that is no evidence known to this release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no evidence that this release knows")]
pub struct UnknownEvidence {
    /// The text.
    pub text: String,
}

/// Evidence as it was written down, perhaps by another release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordedEvidence(String);

// === impl Evidence ===

impl Evidence {
    /// Proven by this record of a checksum database.
    pub fn checksum_database(database: &str, record: u64) -> Self {
        Self::ChecksumDatabase {
            database: database.into(),
            record,
        }
    }

    /// Confirmed by a source other than the one that it came from.
    pub fn confirmed_by_source(source: &str) -> Self {
        Self::Confirmed(Confirmation::Source(source.into()))
    }

    /// The database whose kept proof is claimed, if one is.
    pub fn database(&self) -> Option<&str> {
        match self {
            Self::ChecksumDatabase { database, .. } => Some(database),
            _ => None,
        }
    }

    /// Whether a proof is claimed, which can be checked with nothing but the bytes and a key.
    pub fn is_proof(&self) -> bool {
        self.database().is_some()
    }

    /// Whether it falls short where a checksum database vouches for the artifact: the database has to
    /// be asked before the bytes are served.
    pub fn needs_proof(&self) -> bool {
        match self {
            Self::Unclaimed | Self::Unverified | Self::Unproven | Self::Private => true,
            Self::FirstSeen
            | Self::ChecksumDatabase { .. }
            | Self::Confirmed(_)
            | Self::Publication
            | Self::Accepted => false,
        }
    }

    /// Whether the proof was put off because the database could not be asked.
    pub fn awaits_proof(&self) -> bool {
        matches!(self, Self::Unproven)
    }

    /// Whether bytes that no log covers are only the first that were seen, so that something else may
    /// confirm or replace them.
    pub fn awaits_confirmation(&self) -> bool {
        matches!(self, Self::Unclaimed | Self::Unverified | Self::FirstSeen)
    }

    /// Whether nothing is claimed at all.
    pub fn is_unclaimed(&self) -> bool {
        matches!(self, Self::Unclaimed)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclaimed => Ok(()),
            Self::Unverified => f.write_str(UNVERIFIED),
            Self::Unproven => f.write_str(UNPROVEN),
            Self::FirstSeen => f.write_str(FIRST_SEEN),
            Self::Private => f.write_str(PRIVATE),
            Self::ChecksumDatabase { database, record } => {
                write!(f, "{CHECKSUM_DATABASE}{database} {record}")
            }
            Self::Confirmed(confirmation) => write!(f, "{CONFIRMED}{confirmation}"),
            Self::Publication => f.write_str(PUBLICATION),
            Self::Accepted => f.write_str(ACCEPTED),
        }
    }
}

impl FromStr for Evidence {
    type Err = UnknownEvidence;

    fn from_str(text: &str) -> Result<Self, UnknownEvidence> {
        let known = match text {
            "" => Some(Self::Unclaimed),
            UNVERIFIED => Some(Self::Unverified),
            UNPROVEN => Some(Self::Unproven),
            FIRST_SEEN => Some(Self::FirstSeen),
            PRIVATE => Some(Self::Private),
            PUBLICATION => Some(Self::Publication),
            ACCEPTED => Some(Self::Accepted),
            _ => parse_checksum_database(text).or_else(|| parse_confirmed(text)),
        };
        known.ok_or_else(|| UnknownEvidence {
            text: text.to_owned(),
        })
    }
}

fn parse_checksum_database(text: &str) -> Option<Evidence> {
    let (database, number) = text.strip_prefix(CHECKSUM_DATABASE)?.split_once(' ')?;
    let record: u64 = number.parse().ok()?;
    let is_name = !database.is_empty()
        && !database
            .chars()
            .any(|c| c.is_whitespace() || c.is_control());
    // One spelling for each number, so that a text and its evidence stand for each other.
    (is_name && number == record.to_string()).then(|| Evidence::checksum_database(database, record))
}

fn parse_confirmed(text: &str) -> Option<Evidence> {
    let by = text.strip_prefix(CONFIRMED)?;
    Some(Evidence::Confirmed(match by {
        ITS_VERSION => Confirmation::Version,
        TIME => Confirmation::Time,
        "" => return None,
        source if source.chars().any(char::is_control) => return None,
        source => Confirmation::Source(source.into()),
    }))
}

impl fmt::Display for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => ITS_VERSION,
            Self::Time => TIME,
            Self::Source(source) => source,
        })
    }
}

// === impl RecordedEvidence ===

impl RecordedEvidence {
    /// What was written down, as a text to store again or to show. Decide by [`Self::read`].
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was written down.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The evidence it stands for.
    pub fn read(&self) -> Result<Evidence, UnknownEvidence> {
        self.0.parse()
    }
}

impl From<&Evidence> for RecordedEvidence {
    fn from(evidence: &Evidence) -> Self {
        Self(evidence.to_string())
    }
}

impl fmt::Display for RecordedEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Confirmation, Evidence, RecordedEvidence};
    use proptest::prelude::*;

    /// Every kind with its text, as earlier releases wrote it. Catalogs, journals and headers have
    /// these bytes; they never change.
    fn known() -> Vec<(Evidence, &'static str)> {
        vec![
            (Evidence::Unclaimed, ""),
            (Evidence::Unverified, "unverified"),
            (Evidence::Unproven, "unproven"),
            (Evidence::FirstSeen, "first-seen"),
            (Evidence::Private, "private"),
            (Evidence::Accepted, "accepted by an operator"),
            (Evidence::Publication, "publication"),
            (
                Evidence::checksum_database("sum.golang.org", 12_345),
                "sumdb sum.golang.org 12345",
            ),
            (
                Evidence::checksum_database("sum.corp.example/team", 0),
                "sumdb sum.corp.example/team 0",
            ),
            (
                Evidence::checksum_database("s", u64::MAX),
                "sumdb s 18446744073709551615",
            ),
            (
                Evidence::Confirmed(Confirmation::Version),
                "confirmed by its version",
            ),
            (Evidence::Confirmed(Confirmation::Time), "confirmed by time"),
            (
                Evidence::confirmed_by_source("https://mirror.example.com"),
                "confirmed by https://mirror.example.com",
            ),
        ]
    }

    #[test]
    fn every_kind_is_written_as_ever_and_read_back() {
        for (evidence, text) in known() {
            assert_eq!(evidence.to_string(), text);
            assert_eq!(text.parse(), Ok(evidence.clone()), "{text:?}");
            let recorded = RecordedEvidence::from(&evidence);
            let json = serde_json::to_string(&recorded).expect("written");
            assert_eq!(json, serde_json::to_string(text).expect("written"));
            let read: RecordedEvidence = serde_json::from_str(&json).expect("read");
            assert_eq!(read.read(), Ok(evidence));
        }
    }

    #[test]
    fn what_no_release_wrote_is_refused() {
        for text in [
            "structure",
            "Unverified",
            "unproven ",
            " private",
            "trusted",
            "proven",
            "sumdb",
            "sumdb ",
            "sumdb sum.golang.org",
            "sumdb sum.golang.org ",
            "sumdb sum.golang.org 01",
            "sumdb sum.golang.org +1",
            "sumdb sum.golang.org -1",
            "sumdb sum.golang.org 1 2",
            "sumdb sum.golang.org 18446744073709551616",
            "sumdb  1",
            "sumdb a\tb 1",
            "sumdb sum.golang.org 1\n",
            "confirmed by ",
            "confirmed by a\nb",
            "confirmed",
            "accepted",
        ] {
            let refused: Result<Evidence, _> = text.parse();
            let unknown = refused.expect_err(text);
            assert_eq!(unknown.text, text);
            assert!(RecordedEvidence::new(text).read().is_err());
        }
    }

    /// What decides law L1, kind by kind.
    #[test]
    fn decisions() {
        for (evidence, text) in known() {
            let is_proof = text.starts_with("sumdb ");
            assert_eq!(evidence.is_proof(), is_proof, "{text}");
            assert_eq!(
                evidence.needs_proof(),
                ["", "unverified", "unproven", "private"].contains(&text),
                "{text}"
            );
            assert_eq!(
                evidence.awaits_confirmation(),
                ["", "unverified", "first-seen"].contains(&text),
                "{text}"
            );
            assert_eq!(evidence.awaits_proof(), text == "unproven", "{text}");
            assert_eq!(evidence.is_unclaimed(), text.is_empty());
        }
        let proven = Evidence::checksum_database("sum.golang.org", 1);
        assert_eq!(proven.database(), Some("sum.golang.org"));
    }

    proptest! {
        /// Whatever is read is written as it stood.
        #[test]
        fn reading_then_writing_changes_nothing(text in "(sumdb |confirmed by |un)?[ -~]{0,30}") {
            if let Ok(evidence) = text.parse::<Evidence>() {
                prop_assert_eq!(evidence.to_string(), text);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let read: Result<Evidence, _> = text.parse();
            prop_assert_eq!(read.map(|evidence| evidence.to_string()).unwrap_or(text.clone()), text);
        }
    }
}
