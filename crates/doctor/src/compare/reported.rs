//! What a message reports, and what the evidence of today makes of it.
//!
//! That a copy was wrong somewhere is not undone by a right one here and now. So a report of hashes
//! that differed ends in whose was wrong, if the log and the message's hashes tell it, and else in
//! "it cannot be told"; never in "all is well".

use super::decide::{AgreementCount, FileBlame};
use super::statements::{FileStatements, is_download, is_go_sum, is_told_database};
use super::table::MessageReport;
use super::{
    ComparisonVerdict, HashSource, HashedFile, SourceAgreement, StatementContent, StatementTable,
};
use mismatch::CauseConfidence;
use std::fmt::Write as _;

/// A conclusion that does not pass over what is reported, and says why no log speaks.
pub(super) fn settle(table: &StatementTable, mut found: FileBlame) -> FileBlame {
    match (table.report, found.verdict) {
        (Some(MessageReport::ChangedFiles), ComparisonVerdict::Agreed) => {
            found.verdict = ComparisonVerdict::ModuleCache;
            found.confidence = CauseConfidence::Likely;
            found.why.push_str(
                " So it is not the download: the message says that files of the module cache were changed after they had been unpacked.",
            );
        }
        (
            Some(MessageReport::Mismatch),
            ComparisonVerdict::Agreed | ComparisonVerdict::WrongOnce,
        ) => {
            found = FileBlame::silent(format!(
                "{} But a message reports hashes that differ: where it comes from, the download or go.sum was wrong, and today's answers do not tell which. Its lines with the two hashes would.",
                found.why
            ));
        }
        _ => {}
    }
    if found.verdict == ComparisonVerdict::Untold {
        let mut silent = HashedFile::ALL
            .into_iter()
            .filter_map(|file| table.silence_of_database(file));
        if let Some((name, why)) = silent.next() {
            // Writing to a string cannot fail.
            let _ = write!(found.why, " {name} does not tell: {why}.");
        }
    }
    found
}

/// What to do.
pub(super) const fn next(table: &StatementTable, verdict: ComparisonVerdict) -> &'static str {
    match verdict {
        ComparisonVerdict::Untold if table.is_private => {
            "No database knows a private module. Ask who owns it whether the tag was moved, and look in version control when the line of go.sum came; until then do not build."
        }
        verdict => verdict.next(),
    }
}

// === impl Heard ===

impl FileStatements<'_> {
    /// With the log: whether it refutes what a message says was downloaded.
    pub(super) fn wrong_download(&self, count: AgreementCount<'_>) -> Option<FileBlame> {
        if count(is_download, SourceAgreement::Wrong) == 0 {
            return None;
        }
        let hash = self.logged.first().copied().unwrap_or_default();
        let file = self.file.name();
        let is_recorded_wrong = count(is_go_sum, SourceAgreement::Wrong) > 0;
        let (verdict, others) = if is_recorded_wrong {
            (
                ComparisonVerdict::DownloadAndGoSum,
                "; what go.sum has is wrong too",
            )
        } else if count(is_go_sum, SourceAgreement::Right) > 0 {
            (ComparisonVerdict::Download, "; go.sum has the right hash")
        } else {
            (ComparisonVerdict::Download, "")
        };
        let why = format!(
            "The log proves {hash} for the {file}. The message says that something else was downloaded{others}."
        );
        Some(FileBlame::new(verdict, CauseConfidence::Certain, why))
    }

    /// What a message says of the database: against the log, or where the log cannot be asked.
    pub(super) fn told_by_database(&self) -> Option<FileBlame> {
        let mut told = self.sound_of(is_told_database);
        let (told, name) = told.next()?;
        let file = self.file.name();
        if self.logged.contains(told.as_str()) {
            return None;
        }
        if let Some(hash) = self.logged.first() {
            return Some(FileBlame::disputed(format!(
                "The message says that {name} has {told} for the {file}, and its log proves {hash}: the message is not as go wrote it, or the database tells two stories."
            )));
        }
        let mut downloads = self.sound(is_download);
        let is_other = downloads.any(|hash| hash != told);
        is_other.then(|| {
            let why = format!(
                "The message says that {name} has {told} for the {file}, which go proves before it prints it; what was downloaded is something else. The log could not be asked now."
            );
            FileBlame::new(ComparisonVerdict::Download, CauseConfidence::Likely, why)
        })
    }

    /// Whether a proxy sent wrong bytes, and right ones when it was asked again.
    pub(super) fn wrong_once(&self, confidence: CauseConfidence) -> Option<FileBlame> {
        let all = self.statements.iter().map(|(_, statement)| *statement);
        let recovered = all.filter(|statement| match &statement.said {
            StatementContent::Copy(copy) => copy.again.is_some() && self.is_recovered(statement),
            _ => false,
        });
        let names: Vec<String> = recovered
            .map(|statement| statement.voice.describe())
            .collect();
        if names.is_empty() {
            return None;
        }
        let file = self.file.name();
        let names = names.join(", ");
        let why = if self.logged.is_empty() {
            format!("{names} sent a damaged {file}, and a whole one when it was asked again.")
        } else {
            format!(
                "{names} sent a {file} that the log refutes, and the right one when it was asked again."
            )
        };
        Some(FileBlame::new(
            ComparisonVerdict::WrongOnce,
            confidence,
            why,
        ))
    }

    fn is_recovered(&self, statement: &super::HashStatement) -> bool {
        let standing = if self.logged.is_empty() {
            self.without_log(statement, None)
        } else {
            self.against_the_log(statement)
        };
        standing == SourceAgreement::Recovered
            && matches!(statement.voice, HashSource::Proxy { .. })
    }

    /// Sound hashes of these voices, each with who says it.
    fn sound_of(
        &self,
        is_meant: super::statements::SourceFilter,
    ) -> impl Iterator<Item = (String, String)> {
        let all = self.statements.iter().map(|(_, statement)| *statement);
        let meant = all.filter(move |statement| is_meant(&statement.voice));
        meant.filter_map(|statement| {
            let name = match &statement.voice {
                HashSource::PastedDatabase { name } => name.clone(),
                voice => voice.describe(),
            };
            Some((statement.said.hash()?, name))
        })
    }
}
