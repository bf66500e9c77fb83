//! Alarm kinds: what an alarm can be about, and how urgent each can be.

use std::fmt;

/// How urgent it is, in the terms of emergency plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Wake somebody: what everything rests on is broken.
    P0,
    /// Today: wrong bytes were nearly served, or were.
    P1,
    /// This week: a source or database misbehaves, nobody is harmed.
    P2,
}

/// What an alarm is about. Each is a word of a metric, of the journal and of alert rules: a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmKind {
    /// A kept blob is not what it was.
    BlobDamaged,
    /// A source sent other bytes than the checksum database has; P2 where another copy was right.
    ChecksumMismatch,
    /// A checksum database told two histories.
    DatabaseForked,
    /// A checksum database signed what is not true.
    DatabaseLies,
    /// What a checksum database answered is not believed.
    DatabaseUntrusted,
    /// A database of our own has two histories.
    OwnDatabaseForked,
    /// A database of our own lacks what it has signed.
    OwnDatabaseLost,
    /// A witness has seen another head of a database of our own.
    OwnHeadDisputed,
    /// One source has what another says does not exist.
    SourcesDisagree,
    /// A private version is not what it was.
    TagMoved,
    /// Something that was served unproven turned out wrong.
    Withdrawn,
}

// === impl Severity ===

impl Severity {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::P0 => "p0",
            Self::P1 => "p1",
            Self::P2 => "p2",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

// === impl AlarmKind ===

impl AlarmKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 11] = [
        Self::BlobDamaged,
        Self::ChecksumMismatch,
        Self::DatabaseForked,
        Self::DatabaseLies,
        Self::DatabaseUntrusted,
        Self::OwnDatabaseForked,
        Self::OwnDatabaseLost,
        Self::OwnHeadDisputed,
        Self::SourcesDisagree,
        Self::TagMoved,
        Self::Withdrawn,
    ];

    /// How urgent it can be.
    pub(crate) const fn severities(self) -> &'static [Severity] {
        match self {
            Self::DatabaseForked | Self::OwnDatabaseForked | Self::OwnDatabaseLost => {
                &[Severity::P0]
            }
            Self::ChecksumMismatch => &[Severity::P1, Severity::P2],
            Self::BlobDamaged
            | Self::DatabaseLies
            | Self::OwnHeadDisputed
            | Self::TagMoved
            | Self::Withdrawn => &[Severity::P1],
            Self::DatabaseUntrusted | Self::SourcesDisagree => &[Severity::P2],
        }
    }

    /// The kind in words joined by dashes.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::BlobDamaged => "blob-damaged",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::DatabaseForked => "database-forked",
            Self::DatabaseLies => "database-lies",
            Self::DatabaseUntrusted => "database-untrusted",
            Self::OwnDatabaseForked => "own-database-forked",
            Self::OwnDatabaseLost => "own-database-lost",
            Self::OwnHeadDisputed => "own-head-disputed",
            Self::SourcesDisagree => "sources-disagree",
            Self::TagMoved => "tag-moved",
            Self::Withdrawn => "withdrawn",
        }
    }
}
