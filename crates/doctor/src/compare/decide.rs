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

use super::heard::{Heard, IsMeant, is_cached_bytes, is_download, is_go_sum, is_proxy};
use super::{File, Standing, Table, Verdict, Voice, reported};
use mismatch::Confidence;
use std::collections::BTreeSet;

/// Who is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    pub(super) confidence: Confidence,
    pub(super) why: String,
    /// Of each statement of the table, in its order.
    pub(super) standings: Vec<Standing>,
}

/// How many of some voices have a standing.
pub(super) type Count<'c> = &'c dyn Fn(IsMeant, Standing) -> usize;

/// What is decided about one file.
pub(super) struct Found {
    pub(super) verdict: Verdict,
    pub(super) confidence: Confidence,
    pub(super) why: String,
    /// Whether sound voices differ, and nothing decides between them.
    is_disputed: bool,
}

pub(super) fn decide(table: &Table) -> Decision {
    let mut standings = vec![Standing::Silent; table.statements.len()];
    let mut gravest: Option<Found> = None;
    for file in File::ALL {
        let heard = Heard::new(table, file);
        if heard.statements.is_empty() {
            continue;
        }
        let found = heard.decide(&mut standings);
        let weight = gravest.as_ref().map_or(0, Found::weight);
        if gravest.is_none() || found.weight() > weight {
            gravest = Some(found);
        }
    }
    let found = gravest.unwrap_or_else(|| Found::silent("Nobody was heard."));
    let found = reported::settle(table, found);
    let others = others_wrong(table, &standings, found.verdict);
    Decision {
        verdict: found.verdict,
        confidence: found.confidence,
        why: found.why + &others,
        standings,
    }
}

/// Who is wrong besides those that the verdict names, as a further sentence; empty if nobody is.
fn others_wrong(table: &Table, standings: &[Standing], verdict: Verdict) -> String {
    let is_wrong = |is_meant: IsMeant| {
        let mut judged = table.statements.iter().zip(standings);
        judged.any(|(said, standing)| is_meant(&said.voice) && *standing == Standing::Wrong)
    };
    let lists: [(&str, Verdict, IsMeant); 2] = [
        ("go.sum", Verdict::GoSum, is_go_sum),
        ("the module cache", Verdict::ModuleCache, Voice::is_cache),
    ];
    let is_named =
        |of: Verdict| of == verdict || of == Verdict::GoSum && verdict == Verdict::DownloadAndGoSum;
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

// === impl Found ===

impl Found {
    pub(super) fn new(verdict: Verdict, confidence: Confidence, why: impl Into<String>) -> Self {
        Self {
            verdict,
            confidence,
            why: why.into(),
            is_disputed: false,
        }
    }

    pub(super) fn silent(why: impl Into<String>) -> Self {
        Self::new(Verdict::Untold, Confidence::Open, why)
    }

    pub(super) fn disputed(why: impl Into<String>) -> Self {
        Self {
            is_disputed: true,
            ..Self::silent(why)
        }
    }

    const fn weight(&self) -> u8 {
        match self.verdict {
            Verdict::AllProxies => 9,
            Verdict::SomeProxies => 8,
            Verdict::DownloadAndGoSum => 7,
            Verdict::Download => 6,
            Verdict::Untold if self.is_disputed => 5,
            Verdict::GoSum => 4,
            Verdict::ModuleCache => 3,
            Verdict::WrongOnce => 2,
            Verdict::Untold => 1,
            Verdict::Agreed => 0,
        }
    }
}

// === impl Heard ===

impl Heard<'_> {
    fn decide(&self, standings: &mut [Standing]) -> Found {
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
        let of_voice = |is_meant: IsMeant, standing: Standing| {
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
    fn dispute(&self) -> Option<Found> {
        let mut hashes: BTreeSet<String> = self.sound(is_proxy).collect();
        let is_served = !hashes.is_empty();
        hashes.extend(self.sound(is_go_sum));
        hashes.extend(self.sound(is_download));
        (is_served && hashes.len() > 1).then(|| {
            Found::disputed(format!(
                "There are {} different hashes of the {}, and no log decides.",
                hashes.len(),
                self.file.name()
            ))
        })
    }

    fn proxies(&self, count: Count<'_>) -> Option<Found> {
        let wrong = count(is_proxy, Standing::Wrong);
        if wrong == 0 {
            return None;
        }
        let right = [Standing::Right, Standing::Open, Standing::Recovered];
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
            Verdict::AllProxies
        } else {
            Verdict::SomeProxies
        };
        Some(Found::new(verdict, Confidence::Certain, why))
    }

    fn client_against_the_log(&self, count: Count<'_>) -> Found {
        let hash = self.logged.first().copied().unwrap_or_default();
        let file = self.file.name();
        if let Some(found) = self.wrong_download(count) {
            return found;
        }
        if count(is_go_sum, Standing::Wrong) > 0 {
            let also = match count(is_download, Standing::Right) {
                0 => "",
                _ => " What was downloaded has it;",
            };
            let why = format!("The log proves {hash} for the {file}.{also} go.sum has another.");
            return Found::new(Verdict::GoSum, Confidence::Certain, why);
        }
        if count(Voice::is_cache, Standing::Wrong) > 0 {
            let why =
                format!("The log proves {hash} for the {file}; the module cache has another.");
            return Found::new(Verdict::ModuleCache, Confidence::Certain, why);
        }
        if let Some(found) = self.wrong_once(Confidence::Certain) {
            return found;
        }
        if count(is_proxy, Standing::Right) + count(is_cached_bytes, Standing::Right) == 0 {
            return Found::silent(format!(
                "The log proves {hash} for the {file}, but nobody's bytes could be looked at."
            ));
        }
        let why = format!("Everybody who could be asked has what the log proves of the {file}.");
        Found::new(Verdict::Agreed, Confidence::Certain, why)
    }

    fn client_without_log(&self, count: Count<'_>) -> Found {
        let file = self.file.name();
        let agreed = self.consensus();
        if count(Voice::is_cache, Standing::Wrong) > 0 {
            return self.wrong_cache();
        }
        let mut hashes: BTreeSet<String> = self.sound(is_go_sum).collect();
        hashes.extend(self.sound(is_proxy));
        hashes.extend(self.sound(is_download));
        hashes.extend(self.sound(Voice::is_cache));
        if hashes.len() > 1 {
            return Found::disputed(format!(
                "There are {} different hashes of the {file}, and no log decides.",
                hashes.len()
            ));
        }
        if let Some(found) = self.wrong_once(Confidence::Likely) {
            return found;
        }
        let bytes = count(is_proxy, Standing::Open) + count(is_cached_bytes, Standing::Open);
        if agreed.is_none() || bytes == 0 {
            return Found::silent(format!(
                "No log proves the {file}, and there is too little to compare."
            ));
        }
        let why = format!("Everybody who could be asked has the same {file}; no log proves it.");
        Found::new(Verdict::Agreed, Confidence::Likely, why)
    }

    fn wrong_cache(&self) -> Found {
        let file = self.file.name();
        if self.cache_contradicts_itself() {
            let why = format!("The {file} in the module cache is not the one that was put there.");
            return Found::new(Verdict::ModuleCache, Confidence::Certain, why);
        }
        let why =
            format!("go.sum and the proxies agree on the {file}; the module cache has another.");
        Found::new(Verdict::ModuleCache, Confidence::Likely, why)
    }
}
