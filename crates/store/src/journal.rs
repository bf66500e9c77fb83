//! The journal: the append-only record of every decision of a site.
//!
//! An entry is written in the same transaction as the rows it explains, so neither exists without
//! the other (law L5). Its written form is one line of JSON, kept twice: in the catalog's journal
//! table, and in the mirror, plain files that survive the loss of the catalog and can be read
//! with `grep` at three in the morning. Each line ends in a check over its own bytes, because the
//! mirror is what a lost catalog is rebuilt from, and a flipped bit in a path would otherwise put
//! good bytes under a wrong name.
//!
//! The store knows the entries it makes itself; every other decision is an [`JournalEvent`], whose
//! words belong to whoever decides.
//!
//! The lines are also the entries of a transparency log ([`log::JournalLog`]), so what an auditor
//! has once seen signed can neither change nor vanish unnoticed. Its format gives an entry at most
//! 65,535 bytes, which is why what goes into a line is bounded.

pub(crate) mod leaf;
pub(crate) mod log;
pub(crate) mod mirror;
pub(crate) mod signed;
pub(crate) mod signing;

use crate::{blob::BlobId, error::StoreError};
use jiff::Timestamp;
use protocol::RecordedEvidence;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The most bytes that the words of one entry have together: kind, subject and detail of an event;
/// source, evidence, hash and facts of a capture, and one more for each fact. A decision with its
/// reason, not a document: JSON writes a byte with at most six, so with the longest path beside
/// them a line stays below the 65,536 bytes that an entry of the log must not reach.
pub const ENTRY_WORDS_LIMIT: usize = 10_000;

/// Further facts about a capture that checks found, by name.
pub type Facts = BTreeMap<String, String>;

/// A decision that is not a capture: a quarantine, a refusal, a refresh, an operator's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEvent {
    /// What was decided, in one word or words joined by dashes: `proven`, `refused`.
    pub kind: String,
    /// What it was decided about: a path, a module, a source.
    pub subject: String,
    /// The reason and whatever belongs to it; at most [`ENTRY_WORDS_LIMIT`] bytes with the two
    /// above.
    pub detail: String,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Position in the journal; the first entry has 1, and there are no gaps.
    pub sequence: u64,
    /// When it was written; strictly increasing.
    pub at: Timestamp,
    /// What was decided.
    pub decision: Decision,
}

/// What a journal entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decision {
    /// A key was captured: from now on it has these bytes.
    Captured {
        /// Path of the key in the protocol's URL space.
        path: String,
        /// Name of the blob, as 64 hexadecimal digits.
        #[serde(with = "blob_text")]
        blob: BlobId,
        /// Size of the blob in bytes.
        size: u64,
        /// Go's `h1:` hash, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        h1: Option<String>,
        /// Where the bytes came from.
        source: String,
        /// Why they are trusted.
        evidence: RecordedEvidence,
        /// What else the checks found.
        #[serde(default, skip_serializing_if = "Facts::is_empty")]
        facts: Facts,
    },
    /// Other bytes were offered for a key that is kept. They were refused.
    Conflict {
        /// Path of the key.
        path: String,
        /// The blob that is kept, and stays.
        #[serde(with = "blob_text")]
        kept: BlobId,
        /// The blob that was offered.
        #[serde(with = "blob_text")]
        offered: BlobId,
        /// Who offered it.
        source: String,
        /// Whether the offered bytes were put into quarantine.
        quarantined: bool,
    },
    /// A version was proven to be in a checksum database.
    Proven {
        /// `MODULE/@v/VERSION`, escaped.
        version: String,
        /// Name of the database.
        database: String,
        /// Number of its record there.
        record: u64,
        /// The proof, as a tlog-proof file (C2SP) that holds the record.
        proof: String,
        /// Paths of captures that this proof vouches for from now on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        captures: Vec<String>,
        /// What is said of them from now on.
        #[serde(default, skip_serializing_if = "RecordedEvidence::is_empty")]
        evidence: RecordedEvidence,
    },
    /// A version's record was appended to a checksum database of this site's own.
    Logged {
        /// Name of the database.
        database: String,
        /// Number of the record there.
        record: u64,
        /// `MODULE/@v/VERSION`, escaped.
        version: String,
        /// Text of the record: lines of go.sum.
        text: String,
        /// Where its hashes come from: the sources of the bytes, or the database it was copied from.
        source: String,
    },
    /// A capture was taken back: it is not served any more, and may be captured anew.
    Withdrawn {
        /// Path of the key.
        path: String,
        /// The blob it had.
        #[serde(with = "blob_text")]
        blob: BlobId,
        /// By whose order or finding.
        by: String,
        /// Why.
        reason: String,
    },
    /// A disk had lost the bytes of a capture, and a source had them again.
    #[serde(rename = "healed")]
    Repaired {
        /// Path of the key.
        path: String,
        /// The blob that was lost.
        #[serde(with = "blob_text")]
        lost: BlobId,
        /// The blob that the capture has now: the same, or a zip of the same files packed anew.
        #[serde(with = "blob_text")]
        blob: BlobId,
        /// Its size in bytes.
        size: u64,
        /// Go's `h1:` hash of both, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        h1: Option<String>,
        /// Who had it.
        source: String,
        /// Why the capture is trusted.
        evidence: RecordedEvidence,
    },
    /// A capture that nothing had confirmed got other bytes, or an operator gave them to it.
    Replaced {
        /// Path of the key.
        path: String,
        /// The blob it had, which was put aside.
        #[serde(with = "blob_text")]
        old: BlobId,
        /// The blob it has now.
        #[serde(with = "blob_text")]
        blob: BlobId,
        /// Its size in bytes.
        size: u64,
        /// Go's `h1:` hash of it, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        h1: Option<String>,
        /// Where the bytes came from.
        source: String,
        /// Why they are trusted.
        evidence: RecordedEvidence,
        /// By whose order or finding.
        by: String,
        /// Why.
        reason: String,
    },
    /// Something confirmed a capture that was only seen first.
    Confirmed {
        /// Path of the key.
        path: String,
        /// The blob it has.
        #[serde(with = "blob_text")]
        blob: BlobId,
        /// What is said of it from now on.
        evidence: RecordedEvidence,
    },
    /// Bytes were put aside, before they were captured or after a disk had damaged them, because they are not what they should be.
    Quarantined {
        /// Path of the key that was asked for.
        path: String,
        /// The blob that came.
        #[serde(with = "blob_text")]
        blob: BlobId,
        /// Its size in bytes.
        size: u64,
        /// Who sent it.
        source: String,
        /// What is wrong with it.
        reason: String,
        /// Whether the bytes were put into quarantine: there is room for so many only.
        held: bool,
    },
    /// Any other decision.
    Event {
        /// [`JournalEvent::kind`].
        event: String,
        /// [`JournalEvent::subject`].
        subject: String,
        /// [`JournalEvent::detail`].
        detail: String,
    },
}

/// The written form, without its check.
#[derive(Serialize, Deserialize)]
struct JournalLine {
    sequence: u64,
    at: String,
    #[serde(flatten)]
    decision: Decision,
}

/// Between an entry and its check.
const CHECK_MARK: &str = ",\"check\":\"";

/// Hexadecimal digits of a check: 64 bits find any damage, and nobody is kept out who could also
/// recompute 256.
const CHECK_DIGITS: usize = 16;

// === impl JournalEvent ===

impl JournalEvent {
    /// An event without a long reason.
    pub fn new(
        kind: impl Into<String>,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: kind.into(),
            subject: subject.into(),
            detail: detail.into(),
        }
    }

    pub(crate) fn checked(self) -> Result<Decision, StoreError> {
        let size = self.kind.len() + self.subject.len() + self.detail.len();
        bounded("a journal event", size)?;
        Ok(self.into_decision())
    }

    /// The decision, whose length whoever calls this knows to be small.
    pub(crate) fn into_decision(self) -> Decision {
        Decision::Event {
            event: self.kind,
            subject: self.subject,
            detail: self.detail,
        }
    }
}

/// Refuses words that would make too long a line.
pub(crate) fn bounded(what: &'static str, size: usize) -> Result<(), StoreError> {
    if size <= ENTRY_WORDS_LIMIT {
        return Ok(());
    }
    Err(StoreError::TooLarge {
        what,
        size: size as u64,
        limit: ENTRY_WORDS_LIMIT as u64,
    })
}

// === impl JournalEntry ===

impl JournalEntry {
    /// The line that stands in the journal, without its line feed.
    pub fn to_line(&self) -> Result<String, StoreError> {
        let line = JournalLine {
            sequence: self.sequence,
            at: self.at.to_string(),
            decision: self.decision.clone(),
        };
        let text = serde_json::to_string(&line)
            .map_err(|error| StoreError::io("writing a journal line", error.into()))?;
        let body = text.strip_suffix('}').unwrap_or(&text);
        Ok(format!("{body}{CHECK_MARK}{}\"}}", check(body)))
    }

    /// Reads a line, with or without its line feed; `None` if any of its bytes is not as it was
    /// written.
    pub fn from_line(line: &str) -> Option<Self> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let (body, rest) = line.rsplit_once(CHECK_MARK)?;
        if rest.strip_suffix("\"}")? != check(body) {
            return None;
        }
        let read: JournalLine = serde_json::from_str(&format!("{body}}}")).ok()?;
        Some(Self {
            sequence: read.sequence,
            at: read.at.parse().ok()?,
            decision: read.decision,
        })
    }
}

fn check(body: &str) -> String {
    let mut text = BlobId::of_hasher(Sha256::new_with_prefix(body)).to_string();
    text.truncate(CHECK_DIGITS);
    text
}

/// A blob id as its text.
mod blob_text {
    use crate::blob::BlobId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        blob: &BlobId,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(blob)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BlobId, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, ENTRY_WORDS_LIMIT, Facts, JournalEntry, JournalEvent, bounded};
    use crate::{blob::BlobId, key::KEY_PATH_LIMIT};
    use proptest::prelude::*;
    use protocol::RecordedEvidence;

    fn entry(path: &str, evidence: &str) -> JournalEntry {
        JournalEntry {
            sequence: 7,
            at: "2026-01-02T03:04:05.000006Z".parse().expect("a time"),
            decision: Decision::Captured {
                path: path.into(),
                blob: BlobId::of(b"abc"),
                size: 3,
                h1: Some("h1:x".into()),
                source: "https://proxy.example.com".into(),
                evidence: RecordedEvidence::new(evidence),
                facts: [("time".to_owned(), "now".to_owned())].into(),
            },
        }
    }

    #[test]
    fn a_line_can_be_read_by_a_person_and_by_any_json_reader() {
        let line = entry("example.com/m/@v/v1.0.0.mod", "none")
            .to_line()
            .expect("written");
        let value: serde_json::Value = serde_json::from_str(&line).expect("plain JSON");
        assert_eq!(value["sequence"], 7);
        assert_eq!(value["kind"], "captured");
        assert_eq!(value["at"], "2026-01-02T03:04:05.000006Z");
        assert_eq!(value["blob"], BlobId::of(b"abc").to_string());
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let line = entry("example.com/m/@v/v1.0.0.mod", "none")
            .to_line()
            .expect("written");
        for at in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1;
            let read = String::from_utf8(bytes)
                .ok()
                .and_then(|text| JournalEntry::from_line(&text));
            assert_eq!(read, None, "byte {at}");
        }
    }

    /// What escapes worst: control characters become six bytes, quotes two.
    #[test]
    fn no_line_is_too_long_for_an_entry_of_the_log() {
        let worst = |length| "\u{1}".repeat(length);
        let path = "\"".repeat(KEY_PATH_LIMIT);
        let captured = |source: String, facts: Facts| WordyCapture {
            source,
            facts,
            h1: Some(String::new()),
        };
        // As many facts as fit, each with a name of one character.
        let facts = (0..31).map(|name| (char::from(name).to_string(), worst(320)));
        let many = (0..0x20_u8).flat_map(|one| (0..0x20_u8).map(move |other| [one, other]));
        let many = many.map(|name| (name.map(char::from).iter().collect(), worst(6)));
        for WordyCapture { source, facts, h1 } in [
            captured(worst(ENTRY_WORDS_LIMIT), Facts::new()),
            captured(String::new(), facts.collect()),
            captured(String::new(), many.collect()),
        ] {
            let words = facts.iter().map(|(name, fact)| name.len() + fact.len() + 1);
            let words = source.len() + words.sum::<usize>();
            assert!(bounded("a test", words).is_ok() && words > ENTRY_WORDS_LIMIT * 9 / 10);
            longest(Decision::Captured {
                path: path.clone(),
                blob: BlobId::of(b""),
                size: u64::MAX,
                h1,
                source,
                evidence: RecordedEvidence::default(),
                facts,
            });
        }
        longest(Decision::Conflict {
            path,
            kept: BlobId::of(b""),
            offered: BlobId::of(b""),
            source: worst(ENTRY_WORDS_LIMIT),
            quarantined: false,
        });
        let event = JournalEvent::new(worst(3000), worst(3000), worst(4000));
        longest(event.checked().expect("within the limit"));
        let event = JournalEvent::new(worst(3000), worst(3000), worst(4001));
        assert!(event.checked().is_err());
    }

    struct WordyCapture {
        source: String,
        facts: Facts,
        h1: Option<String>,
    }

    fn longest(decision: Decision) {
        let entry = JournalEntry {
            sequence: u64::MAX,
            at: jiff::Timestamp::MAX,
            decision,
        };
        let length = entry.to_line().expect("written").len();
        assert!(length <= tlog::entries::MAX_ENTRY, "{length} bytes");
        assert!(length > 50_000, "{length} bytes try nothing");
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(path in ".{0,40}", evidence in ".{0,40}") {
            let entry = entry(&path, &evidence);
            let line = entry.to_line().expect("written");
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(JournalEntry::from_line(&line), Some(entry));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = JournalEntry::from_line(&text);
        }
    }
}
