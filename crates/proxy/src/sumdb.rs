//! Checksum databases, mirrored: `sumdb/NAME/{supported,latest,lookup/...,tile/...}`.
//!
//! A lookup and a full tile of an honest database never change. Whether it is honest nobody here
//! knows, so they are remembered with their age, for much longer than what may change: after a day
//! the source is asked again, and while it cannot be asked they are given as they are (L11). With each
//! record the tiles are remembered that a client needs to check it ([`provable`]), and of tiles that
//! are not full the widest form ([`partial`]).
//!
//! Nothing of that is proven: the client does it itself, and finds a lying mirror out. The one
//! database that this site verifies is served from what was proven ([`proven`]); what is not is passed
//! on and not kept.

mod own;
mod partial;
mod provable;
mod proven;
mod tile;

use crate::{
    answer::Answer,
    answer_memory::{AnswerMemory, AnswerSubject},
    artifacts::ArtifactAnswers,
    check::Wrong,
    options::{AnswerAges, Clock},
    privacy::PrivacyRules,
    revalidation::{Fallback, Revalidation},
    sources::ModuleSources,
    versions::Documents,
};
use codes::Code;
use protocol::{Fetching, Freshness, Media, Origin, Refusal, Resource};
use std::sync::Arc;
use store::{Key, MemoClass};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub(crate) use own::HostedAnswers;
pub(crate) use proven::{HeadRenewals, ProvenAnswers};

/// Answers what is asked of checksum databases.
pub(crate) struct SumdbAnswers {
    pub(crate) hosted: HostedAnswers,
    pub(crate) proven: ProvenAnswers,
    pub(crate) mirrored: Arc<MirroredAnswers>,
    pub(crate) privacy: Arc<PrivacyRules>,
    pub(crate) sources: ModuleSources,
}

/// Answers of databases that nobody here verifies: passed through, and remembered with their age.
pub(crate) struct MirroredAnswers {
    pub(crate) answers: Arc<AnswerMemory>,
    pub(crate) revalidation: Arc<Revalidation>,
    pub(crate) artifacts: Arc<ArtifactAnswers>,
    pub(crate) documents: Documents,
    pub(crate) ages: AnswerAges,
    pub(crate) clock: Clock,
    /// Where what is behind an answer runs.
    pub(crate) background: TaskTracker,
    /// Room for keeping the proofs of records.
    pub(crate) proofs: Semaphore,
}

/// How many records' proofs are completed at once: one after the other, so that the largest log
/// seen grows in order, and the source is spared.
pub(crate) const PROOFS_AT_ONCE: usize = 1;

/// The C2SP form of a signed head.
const CHECKPOINT: &str = "checkpoint";

/// Bytes of a full hash tile.
const FULL_TILE: usize = 256 * tile::HASH;

// === impl SumdbAnswers ===

impl SumdbAnswers {
    /// Answers a request below `sumdb/`.
    pub(crate) async fn answer(
        &self,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        if let Some(database) = self.hosted.databases.named(name) {
            return self.hosted.answer(database, path, fetching).await;
        }
        self.keep_private(name, path)?;
        if let Some(records) = self.proven.verification.verifier.database(name) {
            if let Some(answer) = self.proven.answer(records, path, fetching).await? {
                return Ok(answer);
            }
            return self.mirrored.passed_on(name, path, fetching).await;
        }
        match tile::partial(path) {
            Some((full, width)) if !tile::is_data(path) => {
                self.mirrored
                    .partial_tile(name, full, width, fetching)
                    .await
            }
            _ if is_permanent(path) => self.mirrored.record(name, path, fetching).await,
            _ => self.mirrored.changing(name, path, fetching).await,
        }
    }

    /// A lookup of a module that is kept from databases goes to none but our own, or one that is private
    /// itself (law L7).
    fn keep_private(&self, name: &str, path: &str) -> Result<(), Refusal> {
        if path == CHECKPOINT || path.parse::<tlog::resource::LogResource>().is_ok() {
            return Err(Refusal::new(Code::NotFoundHere, path));
        }
        self.sources.of_database(name)?;
        match path.strip_prefix("lookup/") {
            Some(lookup)
                if self.privacy.is_unlogged_lookup(lookup)
                    && !self.privacy.is_private_name(name) =>
            {
                Err(Refusal::new(Code::PrivateName, "its name stays here"))
            }
            _ => Ok(()),
        }
    }
}

// === impl MirroredAnswers ===

impl MirroredAnswers {
    /// A lookup or a full tile, remembered with its age.
    async fn record(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = subject(name, path);
        let mark = self.documents.responses.mark(&subject.path);
        let recalled = match self
            .revalidation
            .recall(&subject, fetching, Fallback::None)
            .await
        {
            Ok(recalled) => recalled,
            Err(refusal) => return self.captured_before(name, path, fetching, refusal).await,
        };
        if path.starts_with("lookup/") && matches!(recalled.origin, Origin::Upstream(_)) {
            self.start_proving(name, &recalled.answer.body);
        }
        let resource = resource(name, path);
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, media(path), recalled))
    }

    /// What an earlier release, or an import, kept for ever serves an outage, and nothing else.
    async fn captured_before(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
        refusal: Refusal,
    ) -> Result<Answer, Refusal> {
        let key = Key::Sumdb {
            name: name.to_owned(),
            path: path.to_owned(),
        };
        if fetching == Fetching::Allowed && refusal.status < 500 {
            return Err(refusal);
        }
        let Ok(Some(answer)) = self.artifacts.kept(&key).await else {
            return Err(refusal);
        };
        Ok(Answer {
            origin: Origin::Stale,
            freshness: Freshness::For(self.ages.list_max_age),
            ..answer
        })
    }

    /// A tile of the verified database that could not be proven: the client proves it for itself, and
    /// it is not kept.
    async fn passed_on(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = subject(name, path);
        if fetching == Fetching::Never {
            return Err(Refusal::not_kept(&subject.path));
        }
        let answer = self.revalidation.ask_unremembered(&subject).await?;
        if !answer.is_known() {
            return Err(answer.absence());
        }
        let origin = Origin::Upstream(answer.source.clone());
        Ok(self
            .documents
            .changing(media(path), origin, answer.body.clone()))
    }

    async fn changing(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = subject(name, path);
        let mark = self.documents.responses.mark(&subject.path);
        let recalled = self
            .revalidation
            .recall(&subject, fetching, Fallback::None)
            .await?;
        let resource = resource(name, path);
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, media(path), recalled))
    }
}

/// Whether a path of a database holds records, with the names that are in them.
pub(crate) fn is_entries(path: &str) -> bool {
    tile::is_data(path) || path.starts_with("tile/entries/")
}

/// An answer of a database as it is remembered.
fn subject(name: &str, path: &str) -> AnswerSubject {
    AnswerSubject {
        class: MemoClass::Sumdb,
        path: format!("sumdb/{name}/{path}"),
        module: None,
    }
}

fn resource(name: &str, path: &str) -> Resource {
    Resource::Sumdb {
        name: name.to_owned(),
        path: path.to_owned(),
    }
}

/// Splits `sumdb/NAME/PATH` at the first place behind which a path of the protocol stands.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let rest = path.strip_prefix("sumdb/").unwrap_or(path);
    let mut splits = rest
        .match_indices('/')
        .map(|(at, _)| (&rest[..at], &rest[at + 1..]));
    splits
        .find(|(_, path)| {
            matches!(*path, "supported" | "latest" | CHECKPOINT)
                || path.starts_with("lookup/")
                || path.starts_with("tile/")
        })
        .unwrap_or((rest, ""))
}

/// Lookups and full tiles never change.
pub(crate) fn is_permanent(path: &str) -> bool {
    path.starts_with("lookup/") || (path.starts_with("tile/") && tile::partial(path).is_none())
}

fn media(path: &str) -> Media {
    if path.starts_with("tile/") {
        Media::Octets
    } else {
        Media::Text
    }
}

/// Whether bytes can be this permanent record.
pub(crate) fn check(path: &str, bytes: &[u8]) -> Result<(), Wrong> {
    if path.starts_with("lookup/") {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let (head, note) = text.split_once("\n\n").unwrap_or_default();
        let numbered = head
            .lines()
            .next()
            .is_some_and(|line| line.parse::<u64>().is_ok());
        return if numbered && note.contains("\n\n") {
            Ok(())
        } else {
            Err(Wrong::new(
                Code::UpstreamBadContent,
                "it is no record with a signed tree head",
            ))
        };
    }
    if !tile::is_data(path) && bytes.len() != FULL_TILE {
        return Err(Wrong::new(
            Code::UpstreamBadContent,
            format!("it is a full tile of {} bytes", bytes.len()),
        ));
    }
    Ok(())
}

/// Whether bytes can be an answer of a database. A partial tile must have its
/// exact length: narrower ones are cut from it for as long as it is the widest that is known.
pub(crate) fn check_changing(path: &str, bytes: &[u8]) -> Result<(), Wrong> {
    if is_permanent(path) {
        return check(path, bytes);
    }
    let is_hashes = !tile::is_data(path);
    let problem = match tile::partial(path) {
        Some((_, width)) if is_hashes && bytes.len() != width * tile::HASH => {
            format!("it is a tile of {width} hashes in {} bytes", bytes.len())
        }
        None if path == "latest" && !bytes.windows(2).any(|pair| pair == b"\n\n") => {
            "it is no signed tree head".to_owned()
        }
        None if bytes.trim_ascii_start().starts_with(b"<") => "it is a web page".to_owned(),
        _ => return Ok(()),
    };
    Err(Wrong::new(Code::UpstreamBadContent, problem))
}

#[cfg(test)]
mod tests {
    use super::{check, check_changing, is_permanent, split};

    #[test]
    fn a_database_name_may_hold_slashes() {
        assert_eq!(
            split("sumdb/sum.golang.org/supported"),
            ("sum.golang.org", "supported")
        );
        assert_eq!(
            split("sumdb/db.example.com/a/b/tile/8/0/001"),
            ("db.example.com/a/b", "tile/8/0/001")
        );
        assert_eq!(
            split("sumdb/db.example.com/lookup/example.com/tile/x@v1.0.0"),
            ("db.example.com", "lookup/example.com/tile/x@v1.0.0")
        );
        assert_eq!(
            split("sumdb/db.example.com/latest-sums/latest"),
            ("db.example.com/latest-sums", "latest")
        );
    }

    #[test]
    fn lookups_and_full_tiles_are_permanent() {
        for path in [
            "lookup/example.com/m@v1.0.0",
            "tile/8/0/x001/234",
            "tile/8/data/005",
        ] {
            assert!(is_permanent(path), "{path}");
        }
        for path in ["latest", "supported", "tile/8/0/x001/234.p/7"] {
            assert!(!is_permanent(path), "{path}");
        }
    }

    #[test]
    fn a_web_page_is_no_record() {
        assert!(check("lookup/example.com/m@v1.0.0", b"<html>\n\n</html>\n\n").is_err());
        assert!(check("lookup/example.com/m@v1.0.0", b"7\nexample.com/m v1.0.0 h1:x\n\ngo.sum database tree\n7\nhash\n\n\xe2\x80\x94 db sig\n").is_ok());
        assert!(check("tile/8/0/001", &[0; 8191]).is_err());
        assert!(check("tile/8/0/001", &[0; 8192]).is_ok());
    }

    #[test]
    fn what_may_change_has_its_shape_too() {
        assert!(check_changing("tile/8/0/001.p/2", &[0; 64]).is_ok());
        assert!(check_changing("tile/8/0/001.p/2", &[0; 63]).is_err());
        assert!(check_changing("tile/8/0/001.p/2", &[0; 65]).is_err());
        assert!(check_changing("latest", b"go.sum database tree\n7\nhash\n\n-- db sig\n").is_ok());
        assert!(check_changing("latest", b"try again later\n").is_err());
        assert!(check_changing("supported", b"").is_ok());
        assert!(check_changing("supported", b"<html>sign in</html>").is_err());
    }
}
