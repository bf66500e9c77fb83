//! Prefetch job: a list of artifacts fetched by order, with progress.
//!
//! Whoever posts a go.sum or go.mod waits and watches. The work is driven by whoever reads the
//! progress: a client that leaves cancels nothing that is under way, and nothing more is begun. It
//! shares its room with everything else that is fetched ahead.

use super::{
    Plan, Prefetch, PrefetchEvent,
    fetch::{AheadFetcher, AheadOutcome},
    requirements::Module,
};
use codes::Code;
use gomod::{
    Artifact, ArtifactKind, ModulePath,
    modfile::{self, ParseMode},
    mvs::{
        GoModSource, GoModSummary, GraphLoader, LoadOptions, LoadStep, MainModule, UpdatePolicy,
    },
};
use protocol::Refusal;
use serde::Serialize;
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

/// How often progress is told: often enough to look alive.
const TOLD: Duration = Duration::from_millis(500);

/// Fetches that one order keeps under way at a time; what room there is decides how many really are.
const AT_ONCE: usize = 48;

/// The largest go.mod of a dependency that is followed: it is read on the runtime's threads, in a
/// few milliseconds up to here.
const LARGEST: usize = 256 * 1024;

/// What is to be fetched of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kinds {
    /// go.mod files only.
    Mod,
    /// Everything.
    #[default]
    All,
    /// go.mod files now, the rest once the caller begins to ask for it.
    Follow,
}

/// How far a job is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JobProgress {
    /// Artifacts that are kept now.
    pub done: u64,
    /// Artifacts to be kept in all, as far as is known.
    pub total: u64,
    /// Bytes fetched for this.
    pub bytes: u64,
    /// Artifacts that could not be had.
    pub failed: u64,
    /// Whether this is the last line.
    pub finished: bool,
}

/// A job under way.
pub struct PrefetchJob {
    fetcher: Arc<dyn AheadFetcher>,
    prefetch: Arc<Prefetch>,
    waiting: VecDeque<Artifact>,
    running: JoinSet<(Artifact, AheadOutcome)>,
    loader: Option<GraphLoader>,
    kinds: Kinds,
    ordered: HashSet<Artifact>,
    /// Of a main module that prunes its graph: what it lists, which is all that is downloaded.
    listed: Option<HashSet<ModulePath>>,
    progress: JobProgress,
    over: bool,
}

// === impl PrefetchJob ===

impl PrefetchJob {
    /// A job for a list: a go.sum, or a go.mod whose graph is loaded first.
    pub fn new(
        fetcher: &Arc<dyn AheadFetcher>,
        prefetch: &Arc<Prefetch>,
        list: &[u8],
        kinds: Kinds,
    ) -> Result<Self, Refusal> {
        let unusable = |why: String| Refusal::new(Code::MalformedRequest, why);
        let plan = Plan::read(list).map_err(|error| unusable(error.to_string()))?;
        let mut job = Self {
            fetcher: Arc::clone(fetcher),
            prefetch: Arc::clone(prefetch),
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            loader: None,
            kinds,
            ordered: HashSet::new(),
            listed: None,
            progress: JobProgress::default(),
            over: false,
        };
        if let Some(prunes) = plan.roots_of {
            job.listed = prunes.then(|| plan.zips.into_iter().map(|root| root.path).collect());
            job.loader = Some(loader(list).map_err(unusable)?);
            job.advance();
        } else {
            for module in &plan.mods {
                job.order(module, ArtifactKind::Mod);
            }
            job.order_zips(&plan.zips);
        }
        Ok(job)
    }

    /// The next line of progress; `None` after the last.
    pub async fn next(&mut self) -> Option<JobProgress> {
        if self.over {
            return None;
        }
        let until = Instant::now() + TOLD;
        loop {
            self.begin();
            if self.running.is_empty() {
                self.over = true;
                self.progress.finished = true;
                break;
            }
            match timeout_at(until, self.running.join_next()).await {
                Ok(Some(Ok((artifact, fetched)))) => self.ended(artifact, &fetched),
                Ok(Some(Err(_))) => self.progress.failed += 1,
                Ok(None) => {}
                Err(_) => break,
            }
        }
        Some(self.progress.clone())
    }

    /// Puts an artifact on the list, once; whether it was.
    fn order(&mut self, module: &Module, kind: ArtifactKind) -> bool {
        let artifact = module.artifact(kind);
        let new = self.ordered.len() < super::plan::MOST && self.ordered.insert(artifact.clone());
        if new {
            self.progress.total += 1;
            self.waiting.push_back(artifact);
        }
        new
    }

    fn order_zips(&mut self, modules: &[Module]) {
        if self.kinds == Kinds::All {
            for module in modules {
                self.order(module, ArtifactKind::Info);
                self.order(module, ArtifactKind::Zip);
            }
        }
    }

    fn begin(&mut self) {
        while self.running.len() < AT_ONCE {
            let Some(artifact) = self.waiting.pop_front() else {
                return;
            };
            let (fetcher, rooms) = (Arc::clone(&self.fetcher), self.prefetch.rooms.clone());
            self.running.spawn(async move {
                let room = rooms.wait(artifact.kind).await;
                // A task of its own: what was begun is finished, whoever leaves.
                let subject = artifact.clone();
                let fetching = tokio::spawn(async move {
                    let outcome = fetcher.fetch(&subject).await;
                    drop(room);
                    outcome
                });
                let outcome = fetching.await.unwrap_or(AheadOutcome::Failed);
                (artifact, outcome)
            });
        }
    }

    fn ended(&mut self, artifact: Artifact, fetched: &AheadOutcome) {
        match fetched {
            AheadOutcome::Absent | AheadOutcome::Failed => self.progress.failed += 1,
            AheadOutcome::Kept(_) => self.progress.done += 1,
            AheadOutcome::Fresh(bytes, _) => {
                self.progress.done += 1;
                self.progress.bytes += bytes;
                let (artifact, bytes) = (artifact.clone(), *bytes);
                self.prefetch
                    .tell(PrefetchEvent::Posted { artifact, bytes });
            }
        }
        if artifact.kind == ArtifactKind::Mod && self.loader.is_some() {
            self.supply(artifact, fetched);
        }
    }

    /// Gives the loader a go.mod; goes on when it has all that it asked for.
    fn supply(&mut self, artifact: Artifact, fetched: &AheadOutcome) {
        let summary = fetched
            .bytes()
            .filter(|bytes| bytes.len() <= LARGEST)
            .and_then(|bytes| modfile::parse(bytes, ParseMode::Lax).ok())
            .map(|file| GoModSummary::from(&file))
            .ok_or_else(|| "it could not be had".to_owned());
        if let Some(loader) = &mut self.loader {
            let source = GoModSource::Version(artifact.module, artifact.version);
            loader.supply(source, summary);
        }
        if self.running.is_empty() && self.waiting.is_empty() {
            self.advance();
        }
    }

    /// Asks the loader what it needs next. A graph that cannot be loaded to its end is fetched as
    /// far as it is known.
    fn advance(&mut self) {
        let Some(mut loader) = self.loader.take() else {
            return;
        };
        loop {
            match loader.step() {
                Ok(LoadStep::Need(sources)) => {
                    for source in sources {
                        self.need(&mut loader, source);
                    }
                    if !self.waiting.is_empty() {
                        self.loader = Some(loader);
                        return;
                    }
                }
                Ok(LoadStep::Done(selection)) => {
                    let selected = selection.build_list();
                    let wanted = |module: &Module| {
                        let listed = self.listed.as_ref();
                        listed.is_none_or(|listed| listed.contains(&module.path))
                    };
                    let zips: Vec<Module> = selected
                        .iter()
                        .filter_map(|selected| {
                            let used = selected.replacement.unwrap_or(selected.module);
                            Module::read(&used.path, &used.version)
                        })
                        .filter(wanted)
                        .collect();
                    return self.order_zips(&zips);
                }
                Err(error) => {
                    tracing::debug!(%error, "the graph of a posted go.mod cannot be loaded");
                    self.progress.failed += 1;
                    return;
                }
            }
        }
    }

    fn need(&mut self, loader: &mut GraphLoader, source: GoModSource) {
        match source {
            GoModSource::Version(path, version) => {
                let module = Module { path, version };
                if !self.order(&module, ArtifactKind::Mod) {
                    let source = GoModSource::Version(module.path, module.version);
                    loader.supply(source, Err("too many go.mod files".to_owned()));
                }
            }
            GoModSource::Directory(_) => {
                loader.supply(source, Err("it lies on the client".to_owned()));
            }
        }
    }
}

fn loader(list: &[u8]) -> Result<GraphLoader, String> {
    let file = modfile::parse(list, ParseMode::Strict).map_err(|error| error.to_string())?;
    let main = MainModule::new(&file).map_err(|error| error.to_string())?;
    let options = LoadOptions {
        updates: UpdatePolicy::Apply,
        unpruned: false,
    };
    Ok(GraphLoader::new(main, options))
}
