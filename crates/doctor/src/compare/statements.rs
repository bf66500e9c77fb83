//! Statements about one file, and how each agrees with the conclusion.
//!
//! With a log a voice is right or wrong by what it says. Without one nothing is called right, and
//! wrong is only what contradicts itself, or a module cache that go.sum and the proxies refute
//! together: two that agree without having copied from each other.

use super::{
    HashSource, HashStatement, HashedFile, SourceAgreement, StatementContent, StatementTable,
};
use std::collections::BTreeSet;

/// Which voices are meant.
pub(super) type SourceFilter = fn(&HashSource) -> bool;

/// One file: what is logged of it, and what is said of it, each with its place in the table.
pub(super) struct FileStatements<'t> {
    pub(super) file: HashedFile,
    pub(super) logged: BTreeSet<&'t str>,
    pub(super) statements: Vec<(usize, &'t HashStatement)>,
}

/// What a hash of the one algorithm that `go` knows begins with.
const ALGORITHM: &str = "h1:";

// === impl FileStatements ===

impl<'t> FileStatements<'t> {
    pub(super) fn new(table: &'t StatementTable, file: HashedFile) -> Self {
        let all = table.statements.iter().enumerate();
        Self {
            file,
            logged: table.logged(file).collect(),
            statements: all.filter(|(_, said)| said.file == file).collect(),
        }
    }

    pub(super) fn against_the_log(&self, statement: &HashStatement) -> SourceAgreement {
        let said = &statement.said;
        match said.hash() {
            _ if said.is_silent() => SourceAgreement::Silent,
            Some(hash) if self.logged.contains(hash.as_str()) => SourceAgreement::Right,
            Some(_) if !counts(statement) => SourceAgreement::Open,
            _ if self.is_right_again(statement) => SourceAgreement::Recovered,
            _ => SourceAgreement::Wrong,
        }
    }

    pub(super) fn without_log(
        &self,
        statement: &HashStatement,
        consensus: Option<&str>,
    ) -> SourceAgreement {
        let said = &statement.said;
        if said.is_silent() {
            return SourceAgreement::Silent;
        }
        if said.is_damaged() {
            return if said.is_whole_again() {
                SourceAgreement::Recovered
            } else {
                SourceAgreement::Wrong
            };
        }
        let differs = said.hash().as_deref() != consensus;
        if statement.voice.is_cache() && differs && self.cache_is_refuted(consensus) {
            SourceAgreement::Wrong
        } else {
            SourceAgreement::Open
        }
    }

    /// Whether the cache can be called wrong without a log: it contradicts itself, or go.sum and a
    /// proxy agree on something else.
    pub(super) fn cache_is_refuted(&self, consensus: Option<&str>) -> bool {
        let has = |is_meant: SourceFilter| {
            let mut sound = self.sound(is_meant);
            sound.any(|hash| Some(hash.as_str()) == consensus)
        };
        self.cache_contradicts_itself() || consensus.is_some() && has(is_go_sum) && has(is_proxy)
    }

    pub(super) fn cache_contradicts_itself(&self) -> bool {
        let mut cached = self
            .statements
            .iter()
            .filter(|(_, said)| said.voice.is_cache());
        let hashes: BTreeSet<String> = self.sound(HashSource::is_cache).collect();
        hashes.len() > 1 || cached.any(|(_, statement)| statement.said.is_damaged())
    }

    /// Hashes of these voices that could be right ones.
    pub(super) fn sound(&self, is_meant: SourceFilter) -> impl Iterator<Item = String> {
        let all = self.statements.iter().map(|(_, statement)| *statement);
        let sound = all.filter(move |said| is_meant(&said.voice) && counts(said));
        sound.filter_map(|statement| statement.said.hash())
    }

    /// The hash on which go.sum and all proxies agree, if they do.
    pub(super) fn consensus(&self) -> Option<String> {
        let mut all: BTreeSet<String> = self.sound(is_go_sum).collect();
        all.extend(self.sound(is_proxy));
        let hash = all.pop_first();
        hash.filter(|_| all.is_empty())
    }

    /// Whether a proxy has right bytes, if not at first, then when it was asked again.
    fn is_right_again(&self, statement: &HashStatement) -> bool {
        let StatementContent::Copy(copy) = &statement.said else {
            return false;
        };
        let again = copy.again.as_ref().and_then(|again| again.h1);
        again.is_some_and(|h1| self.logged.contains(h1.to_string().as_str()))
    }
}

/// Whether what is said can be compared: not damaged bytes, and in go.sum no algorithm that nobody
/// knows. Elsewhere there is but one algorithm, and a hash without its name is a wrong one.
fn counts(statement: &HashStatement) -> bool {
    let is_named = |hash: String| hash.starts_with(ALGORITHM);
    let is_known = !is_go_sum(&statement.voice) || statement.said.hash().is_some_and(is_named);
    is_known && !statement.said.is_damaged()
}

pub(super) const fn is_go_sum(voice: &HashSource) -> bool {
    matches!(
        voice,
        HashSource::GoSum { .. } | HashSource::PastedGoSum { .. }
    )
}

/// Whether a voice says what was downloaded somewhere, which nobody can ask for again.
pub(super) const fn is_download(voice: &HashSource) -> bool {
    matches!(voice, HashSource::PastedDownload)
}

/// Whether a voice is a database's word in a message, which proves nothing here.
pub(super) const fn is_told_database(voice: &HashSource) -> bool {
    matches!(voice, HashSource::PastedDatabase { .. })
}

pub(super) const fn is_proxy(voice: &HashSource) -> bool {
    matches!(voice, HashSource::Proxy { .. })
}

pub(super) const fn is_cached_bytes(voice: &HashSource) -> bool {
    matches!(voice, HashSource::CachedBytes { .. })
}
