//! Compare: who says which hash of one module version, and who of them is wrong.
//!
//! `go` compares two hashes and names both. Which of the two is wrong it cannot know, and the usual
//! cure, deleting go.sum, makes whatever the proxy sends the new truth. So everybody who has a hash
//! is heard: the hashes of the message, the line in go.sum, the bytes that each proxy sends now, what
//! the client's module cache holds, and the checksum database. Of these only the database's word is a
//! reference, and only if its proof was checked; a majority is none. That everybody has the same now
//! does not tell that nobody was wrong before: what a message reports is settled by its hashes or not
//! at all.
//!
//! [`compare`] is pure: a [`StatementTable`] of who says what, in; a [`HashComparison`] with one conclusion and
//! the evidence of each row, out. Why bytes are wrong is said by the crate `mismatch`, which looks
//! into them. Refused here: a repair that turns verification off, and one that writes into go.sum
//! what a proxy sends. A line is only removed, only if the log proves that it is wrong, and only if
//! somebody has the right bytes.

mod cases;
mod decide;
mod pasted;
mod render;
mod repair;
mod reported;
mod served;
mod statements;
mod table;
#[cfg(test)]
mod tests;

pub use pasted::{HashClaim, claims, sources};
pub use render::render;
pub use table::{
    CachePlace, DownloadSender, HashSource, HashStatement, HashedFile, InspectedCopy,
    MessageReport, StatementContent, StatementTable, is_whole,
};

use crate::fix::Fix;
use mismatch::{CauseConfidence, MismatchCase};
use serde::Serialize;

/// What the table comes to.
#[derive(Debug, Clone, Serialize)]
pub struct HashComparison {
    /// The module.
    pub module: String,
    /// Its version.
    pub version: String,
    /// The conclusion.
    pub verdict: ComparisonVerdict,
    /// How sure that is.
    pub confidence: CauseConfidence,
    /// The conclusion in a line.
    pub title: String,
    /// What of the evidence says so.
    pub why: String,
    /// What to do.
    pub next: &'static str,
    /// Who may have sent wrong bytes, where nobody's are at hand that show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<String>,
    /// Who says what.
    pub rows: Vec<ComparisonRow>,
    /// Why bytes are wrong, for each wrong copy.
    pub cases: Vec<MismatchCase>,
    /// The repair.
    pub fixes: Vec<Fix>,
}

/// Who is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparisonVerdict {
    /// Everybody agrees now.
    Agreed,
    /// A proxy sent wrong bytes, and right ones when it was asked again.
    WrongOnce,
    /// It cannot be told.
    Untold,
    /// The client's module cache.
    ModuleCache,
    /// The client's go.sum.
    GoSum,
    /// What was downloaded where a message comes from.
    Download,
    /// That, and the go.sum that it was held against.
    DownloadAndGoSum,
    /// Some proxies, while another has the right bytes.
    SomeProxies,
    /// Every proxy that answers: nobody has the right bytes.
    AllProxies,
}

/// One row of the table, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparisonRow {
    /// Of which file.
    pub file: HashedFile,
    /// Who.
    #[serde(flatten)]
    pub voice: HashSource,
    /// The hash, if there is one.
    pub hash: Option<String>,
    /// What else was seen: why there is no hash, what the bytes are.
    pub note: String,
    /// How it stands to the conclusion.
    pub standing: SourceAgreement,
}

/// How a voice stands to the conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceAgreement {
    /// It has what the log proves.
    Right,
    /// It is wrong.
    Wrong,
    /// It was wrong, and right when it was asked once more.
    Recovered,
    /// Nothing decides about it.
    Open,
    /// It says nothing.
    Silent,
}

/// Compares what everybody says.
pub fn compare(table: &StatementTable) -> HashComparison {
    let decision = decide::decide(table);
    let cases = cases::cases(table, &decision);
    let title = decision.verdict.title().to_owned();
    HashComparison {
        module: table.module.as_str().to_owned(),
        version: table.version.as_str().to_owned(),
        verdict: decision.verdict,
        confidence: decision.confidence,
        title,
        why: decision.why.clone(),
        next: reported::next(table, decision.verdict),
        served: served::served(table, &decision),
        rows: rows(table, &decision),
        fixes: repair::repair(table, &decision),
        cases,
    }
}

fn rows(table: &StatementTable, decision: &decide::BlameDecision) -> Vec<ComparisonRow> {
    let standings = decision.standings.iter();
    let judged = table.statements.iter().zip(standings);
    judged
        .map(|(statement, standing)| ComparisonRow {
            file: statement.file,
            voice: statement.voice.clone(),
            hash: statement.said.hash(),
            note: statement.said.note(),
            standing: *standing,
        })
        .collect()
}

// === impl ComparisonVerdict ===

impl ComparisonVerdict {
    /// In a line.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Agreed => "everybody who was asked has the same",
            Self::WrongOnce => "a proxy sent wrong bytes, and right ones when it was asked again",
            Self::Untold => "it cannot be told who is wrong",
            Self::ModuleCache => "the copy in the module cache is wrong",
            Self::GoSum => mismatch::MismatchCause::ClientGoSum.title(),
            Self::Download => "what was downloaded is wrong, not what it was held against",
            Self::DownloadAndGoSum => "what was downloaded is wrong, and so is the line in go.sum",
            Self::SomeProxies => "a proxy sends wrong bytes",
            Self::AllProxies => {
                "no proxy that answered sends right bytes: do not build this version"
            }
        }
    }

    /// What to do.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Agreed => {
                "If a command fails all the same, paste its message: the hashes in it take part."
            }
            Self::WrongOnce => {
                "Tell who runs the proxy what was seen: another transfer can go wrong as this one did."
            }
            Self::Untold => {
                "Change nothing yet, and do not build: compare again when more of them can be asked."
            }
            Self::ModuleCache => {
                "Remove the files of this version, as below; if it comes back, check disk and memory."
            }
            Self::GoSum => mismatch::MismatchCause::ClientGoSum.for_client(),
            Self::Download => {
                "Leave go.sum as it is, and do not use those bytes. Ask each proxy for its copy, as below; tell who runs the one that sent them."
            }
            Self::DownloadAndGoSum => {
                "Do not use those bytes. Ask who added the line to go.sum, and who runs what sent them; then delete the line, and download again."
            }
            Self::SomeProxies => {
                "Leave the proxy out until it explains itself; tell who runs it what was seen."
            }
            Self::AllProxies => {
                "The proxies are the suspects, not go.sum. Do not build; tell who runs them, then the author."
            }
        }
    }

    /// Whether something is wrong, as far as it can be told.
    pub const fn is_trouble(self) -> bool {
        !matches!(self, Self::Agreed | Self::Untold)
    }
}
