//! List union: a module's list where there are several sources.
//!
//! Sources differ: a mirror is behind, another one forgot. `go` takes the list of the first that has
//! one, so what it finds depends on the order in which they are written down. Here all are asked at
//! once, and the list is the union of what they say. What each says is remembered by itself, with its
//! age: a source that fails now is counted with what it said last.
//!
//! A source that says "does not exist" of what another one lists is behind, or lost it, or was never
//! meant to have it: that is for a person to know ([`ingest::Disagreements`]).
//!
//! Nobody waits long for the slowest: once one has answered, the others have [`PATIENCE`].
//!
//! Not here: `@latest` and queries, which are one source's word, by the order of the list. And private
//! modules are in the union of the private sources alone, since no other source is asked about them.

use std::{sync::Arc, time::Duration};

use codes::Code;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use gomod::ModulePath;
use jiff::Timestamp;
use store::CachedAnswerStatus;
use tokio::time::{Instant, timeout_at};
use upstream::{SourceName, Walk};

use crate::{revalidation::Revalidation, selection};
use ingest::{AnswerSubject, RememberedAnswer};
use protocol::Refusal;

/// How long the others are waited for once one source has answered.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the sources say of a list, put together.
#[derive(Default)]
struct SourceLists {
    /// The lists in the order of the sources, each with what its source is called.
    lists: Vec<(String, Arc<RememberedAnswer>)>,
    /// Whether one of them is of now.
    has_news: bool,
    absent: Option<RememberedAnswer>,
    refused: Option<Refusal>,
}

// === impl Revalidation ===

impl Revalidation {
    /// Asks all sources for a list; gives the union, or what it amounts to that there is none.
    pub(crate) async fn ask_all(
        &self,
        subject: &AnswerSubject,
        module: &ModulePath,
        walks: Vec<(SourceName, Walk)>,
        in_reserve: bool,
    ) -> Result<RememberedAnswer, Refusal> {
        let mut heard = SourceLists::default();
        for (source, said) in self.gather(subject, walks, in_reserve).await {
            self.hear(&mut heard, &of_source(subject, &source), source, said)
                .await;
        }
        if let (Some(absent), Some(had)) = (&heard.absent, heard.who_lists()) {
            self.disagreements
                .note(module, &subject.path, absent, had)
                .await;
        }
        heard.outcome(self.clock.now())
    }

    /// What each source says, in their order.
    async fn gather(
        &self,
        subject: &AnswerSubject,
        walks: Vec<(SourceName, Walk)>,
        in_reserve: bool,
    ) -> Vec<(SourceName, Result<RememberedAnswer, Refusal>)> {
        let mut names = Vec::new();
        let mut asking = FuturesUnordered::new();
        for (index, (name, walk)) in walks.into_iter().enumerate() {
            names.push(name);
            let walk = walk.with_reserve(in_reserve);
            asking.push(async move { (index, self.walked(subject, walk).await) });
        }
        let mut said: Vec<Option<Result<RememberedAnswer, Refusal>>> = vec![None; names.len()];
        let mut deadline = None;
        loop {
            let next = match deadline {
                None => asking.next().await,
                Some(deadline) => timeout_at(deadline, asking.next()).await.unwrap_or(None),
            };
            let Some((index, answer)) = next else { break };
            if answer.as_ref().is_ok_and(RememberedAnswer::is_known) && deadline.is_none() {
                deadline = Some(Instant::now() + PATIENCE);
            }
            if let Some(place) = said.get_mut(index) {
                *place = Some(answer);
            }
        }
        let late = || Err(Refusal::new(Code::UpstreamTimeout, &subject.path));
        let said = said.into_iter().map(|said| said.unwrap_or_else(late));
        names.into_iter().zip(said).collect()
    }

    /// Adds what one source says, and remembers it; or adds what it said last.
    async fn hear(
        &self,
        heard: &mut SourceLists,
        own: &AnswerSubject,
        source: SourceName,
        said: Result<RememberedAnswer, Refusal>,
    ) {
        match said {
            Ok(list) => {
                self.answers.write(own, &list).await;
                if list.is_known() {
                    heard.has_news = true;
                    heard.lists.push((source.to_string(), Arc::new(list)));
                } else {
                    heard.absent = Some(list);
                }
            }
            Err(refusal) => {
                let last = self.answers.find(own).await.ok().flatten();
                if let Some(list) = last.filter(|list| list.is_known()) {
                    let seconds = self.clock.age(list.fetched_at).as_secs();
                    heard
                        .lists
                        .push((format!("{source} ({seconds} s old)"), list));
                }
                heard.refused = Some(refusal);
            }
        }
    }
}

// === impl SourceLists ===

impl SourceLists {
    /// The first source that lists any version.
    fn who_lists(&self) -> Option<&str> {
        let lists = |list: &RememberedAnswer| !list.text().trim().is_empty();
        let (source, _) = self.lists.iter().find(|(_, list)| lists(list))?;
        Some(source)
    }

    /// The union if any source lists something now; else a failure before an absence.
    fn outcome(self, now: Timestamp) -> Result<RememberedAnswer, Refusal> {
        match (self.has_news, self.refused, self.absent) {
            (false, Some(refusal), _) => Err(refusal),
            (false, None, Some(absent)) => Ok(absent),
            _ => {
                let texts: Vec<_> = self.lists.iter().map(|(_, list)| list.text()).collect();
                let names: Vec<&str> = self.lists.iter().map(|(name, _)| &**name).collect();
                Ok(RememberedAnswer {
                    status: CachedAnswerStatus::Known,
                    body: selection::union(texts.iter().map(|text| &**text)).into(),
                    fetched_at: now,
                    source: names.join(", "),
                })
            }
        }
    }
}

/// Under which name the list of one source is remembered.
fn of_source(subject: &AnswerSubject, source: &SourceName) -> AnswerSubject {
    AnswerSubject {
        path: format!("{}@{source}", subject.path),
        ..subject.clone()
    }
}
