//! The decision: from who says which hash to who is wrong.
//!
//! Zip and go.mod are decided each by itself, and the graver decision is the conclusion; who is wrong
//! about the other file is wrong in its row all the same. From the gravest:
//!
//! | What holds of a file | Verdict |
//! |---|---|
//! | no proxy that answered has what the log says, or, without a log, anything but damaged bytes | all proxies |
//! | the log speaks, and some proxy has something else | some proxies |
//! | the log speaks, and a message says that something else was downloaded | download (and go.sum, if that is wrong too) |
//! | no proven hash, and sound voices differ (other than below) | untold |
//! | the log speaks, and go.sum has something else | go.sum |
//! | the log speaks, and the cache has something else; or the cache contradicts itself; or everybody else agrees | module cache |
//! | a proxy sent wrong bytes, and right ones when it was asked again | wrong once |
//! | nobody's bytes could be looked at | untold |
//! | none of it, and nobody reports that hashes differed | agreed |
//!
//! Bytes that contradict themselves (a zip without its end, a web page) are wrong whatever the log
//! says, so a proxy that sends them is judged without it too. A proxy that sent right bytes when it
//! was asked again has them: then a transfer went wrong, or one of several servers is. A hash of an algorithm that nobody knows counts for nothing, as for `go`.

use super::statements::{
    FileStatements, SourceFilter, is_cached_bytes, is_download, is_go_sum, is_proxy,
};
use super::{ComparisonVerdict, HashSource, HashedFile, SourceAgreement, StatementTable, reported};
use mismatch::CauseConfidence;
use std::collections::BTreeSet;

/// Who is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlameDecision {
    pub(super) verdict: ComparisonVerdict,
    pub(super) confidence: CauseConfidence,
    pub(super) why: String,
    /// Of each statement of the table, in its order.
    pub(super) standings: Vec<SourceAgreement>,
}

/// How many of some voices have a standing.
pub(super) type AgreementCount<'c> = &'c dyn Fn(SourceFilter, SourceAgreement) -> usize;

/// What is decided about one file.
pub(super) struct FileBlame {
    pub(super) verdict: ComparisonVerdict,
    pub(super) confidence: CauseConfidence,
    pub(super) why: String,
    /// Whether sound voices differ, and nothing decides between them.
    is_disputed: bool,
}

pub(super) fn decide(table: &StatementTable) -> BlameDecision {
    let mut standings = vec![SourceAgreement::Silent; table.statements.len()];
    let mut gravest: Option<FileBlame> = None;
    for file in HashedFile::ALL {
        let heard = FileStatements::new(table, file);
        if heard.statements.is_empty() {
            continue;
        }
        let found = heard.decide(&mut standings);
        let weight = gravest.as_ref().map_or(0, FileBlame::weight);
        if gravest.is_none() || found.weight() > weight {
            gravest = Some(found);
        }
    }
    let found = gravest.unwrap_or_else(|| FileBlame::silent("Nobody was heard."));
    let found = reported::settle(table, found);
    let others = others_wrong(table, &standings, found.verdict);
    BlameDecision {
        verdict: found.verdict,
        confidence: found.confidence,
        why: found.why + &others,
        standings,
    }
}

/// Who is wrong besides those that the verdict names, as a further sentence; empty if nobody is.
fn others_wrong(
    table: &StatementTable,
    standings: &[SourceAgreement],
    verdict: ComparisonVerdict,
) -> String {
    let is_wrong = |is_meant: SourceFilter| {
        let mut judged = table.statements.iter().zip(standings);
        judged.any(|(said, standing)| is_meant(&said.voice) && *standing == SourceAgreement::Wrong)
    };
    let lists: [(&str, ComparisonVerdict, SourceFilter); 2] = [
        ("go.sum", ComparisonVerdict::GoSum, is_go_sum),
        (
            "the module cache",
            ComparisonVerdict::ModuleCache,
            HashSource::is_cache,
        ),
    ];
    let is_named = |of: ComparisonVerdict| {
        of == verdict
            || of == ComparisonVerdict::GoSum && verdict == ComparisonVerdict::DownloadAndGoSum
    };
    let others = lists.into_iter().filter(|(_, of, _)| !is_named(*of));
    let named: Vec<&str> = others
        .filter(|(_, _, is_meant)| is_wrong(*is_meant))
        .map(|(name, _, _)| name)
        .collect();
    if named.is_empty() {
        return String::new();
    }
    format!(" Wrong too: {}.", named.join(", "))
}

// === impl FileBlame ===

impl FileBlame {
    pub(super) fn new(
        verdict: ComparisonVerdict,
        confidence: CauseConfidence,
        why: impl Into<String>,
    ) -> Self {
        Self {
            verdict,
            confidence,
            why: why.into(),
            is_disputed: false,
        }
    }

    pub(super) fn silent(why: impl Into<String>) -> Self {
        Self::new(ComparisonVerdict::Untold, CauseConfidence::Open, why)
    }

    pub(super) fn disputed(why: impl Into<String>) -> Self {
        Self {
            is_disputed: true,
            ..Self::silent(why)
        }
    }

    const fn weight(&self) -> u8 {
        match self.verdict {
            ComparisonVerdict::AllProxies => 9,
            ComparisonVerdict::SomeProxies => 8,
            ComparisonVerdict::DownloadAndGoSum => 7,
            ComparisonVerdict::Download => 6,
            ComparisonVerdict::Untold if self.is_disputed => 5,
            ComparisonVerdict::GoSum => 4,
            ComparisonVerdict::ModuleCache => 3,
            ComparisonVerdict::WrongOnce => 2,
            ComparisonVerdict::Untold => 1,
            ComparisonVerdict::Agreed => 0,
        }
    }
}

// === impl Heard ===

impl FileStatements<'_> {
    fn decide(&self, standings: &mut [SourceAgreement]) -> FileBlame {
        let is_logged = !self.logged.is_empty();
        let consensus = self.consensus();
        for (index, statement) in &self.statements {
            let standing = if is_logged {
                self.against_the_log(statement)
            } else {
                self.without_log(statement, consensus.as_deref())
            };
            if let Some(place) = standings.get_mut(*index) {
                *place = standing;
            }
        }
        let of_voice = |is_meant: SourceFilter, standing: SourceAgreement| {
            let meant = self
                .statements
                .iter()
                .filter(|(_, said)| is_meant(&said.voice));
            meant
                .filter(|(index, _)| standings.get(*index) == Some(&standing))
                .count()
        };
        let told = self.told_by_database();
        if let Some(found) = told.or_else(|| self.dispute().filter(|_| !is_logged)) {
            return found;
        }
        if let Some(found) = self.proxies(&of_voice) {
            return found;
        }
        if is_logged {
            self.client_against_the_log(&of_voice)
        } else {
            self.client_without_log(&of_voice)
        }
    }

    /// Without a log: whether a proxy sends sound bytes that not all others have.
    fn dispute(&self) -> Option<FileBlame> {
        let mut hashes: BTreeSet<String> = self.sound(is_proxy).collect();
        let is_served = !hashes.is_empty();
        hashes.extend(self.sound(is_go_sum));
        hashes.extend(self.sound(is_download));
        (is_served && hashes.len() > 1).then(|| {
            FileBlame::disputed(format!(
                "There are {} different hashes of the {}, and no log decides.",
                hashes.len(),
                self.file.name()
            ))
        })
    }

    fn proxies(&self, count: AgreementCount<'_>) -> Option<FileBlame> {
        let wrong = count(is_proxy, SourceAgreement::Wrong);
        if wrong == 0 {
            return None;
        }
        let right = [
            SourceAgreement::Right,
            SourceAgreement::Open,
            SourceAgreement::Recovered,
        ];
        let right: usize = right.map(|standing| count(is_proxy, standing)).iter().sum();
        let all = wrong + right;
        let file = self.file.name();
        let why = match self.logged.first() {
            Some(hash) => format!(
                "The log proves {hash} for the {file}, and {wrong} of {all} proxies that answered sent something else."
            ),
            None => format!(
                "{wrong} of {all} proxies that answered sent a damaged {file}; what is right nothing here proves."
            ),
        };
        let verdict = if right == 0 {
            ComparisonVerdict::AllProxies
        } else {
            ComparisonVerdict::SomeProxies
        };
        Some(FileBlame::new(verdict, CauseConfidence::Certain, why))
    }

    fn client_against_the_log(&self, count: AgreementCount<'_>) -> FileBlame {
        let hash = self.logged.first().copied().unwrap_or_default();
        let file = self.file.name();
        if let Some(found) = self.wrong_download(count) {
            return found;
        }
        if count(is_go_sum, SourceAgreement::Wrong) > 0 {
            let also = match count(is_download, SourceAgreement::Right) {
                0 => "",
                _ => " What was downloaded has it;",
            };
            let why = format!("The log proves {hash} for the {file}.{also} go.sum has another.");
            return FileBlame::new(ComparisonVerdict::GoSum, CauseConfidence::Certain, why);
        }
        if count(HashSource::is_cache, SourceAgreement::Wrong) > 0 {
            let why =
                format!("The log proves {hash} for the {file}; the module cache has another.");
            return FileBlame::new(
                ComparisonVerdict::ModuleCache,
                CauseConfidence::Certain,
                why,
            );
        }
        if let Some(found) = self.wrong_once(CauseConfidence::Certain) {
            return found;
        }
        if count(is_proxy, SourceAgreement::Right) + count(is_cached_bytes, SourceAgreement::Right)
            == 0
        {
            return FileBlame::silent(format!(
                "The log proves {hash} for the {file}, but nobody's bytes could be looked at."
            ));
        }
        let why = format!("Everybody who could be asked has what the log proves of the {file}.");
        FileBlame::new(ComparisonVerdict::Agreed, CauseConfidence::Certain, why)
    }

    fn client_without_log(&self, count: AgreementCount<'_>) -> FileBlame {
        let file = self.file.name();
        let agreed = self.consensus();
        if count(HashSource::is_cache, SourceAgreement::Wrong) > 0 {
            return self.wrong_cache();
        }
        let mut hashes: BTreeSet<String> = self.sound(is_go_sum).collect();
        hashes.extend(self.sound(is_proxy));
        hashes.extend(self.sound(is_download));
        hashes.extend(self.sound(HashSource::is_cache));
        if hashes.len() > 1 {
            return FileBlame::disputed(format!(
                "There are {} different hashes of the {file}, and no log decides.",
                hashes.len()
            ));
        }
        if let Some(found) = self.wrong_once(CauseConfidence::Likely) {
            return found;
        }
        let bytes =
            count(is_proxy, SourceAgreement::Open) + count(is_cached_bytes, SourceAgreement::Open);
        if agreed.is_none() || bytes == 0 {
            return FileBlame::silent(format!(
                "No log proves the {file}, and there is too little to compare."
            ));
        }
        let why = format!("Everybody who could be asked has the same {file}; no log proves it.");
        FileBlame::new(ComparisonVerdict::Agreed, CauseConfidence::Likely, why)
    }

    fn wrong_cache(&self) -> FileBlame {
        let file = self.file.name();
        if self.cache_contradicts_itself() {
            let why = format!("The {file} in the module cache is not the one that was put there.");
            return FileBlame::new(
                ComparisonVerdict::ModuleCache,
                CauseConfidence::Certain,
                why,
            );
        }
        let why =
            format!("go.sum and the proxies agree on the {file}; the module cache has another.");
        FileBlame::new(ComparisonVerdict::ModuleCache, CauseConfidence::Likely, why)
    }
}
