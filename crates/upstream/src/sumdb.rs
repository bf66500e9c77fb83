//! Reaching a checksum database, through the sources or by its own URL.
//!
//! The rules are those of the `go` command for `<proxy>/sumdb/<name>/supported`:
//!
//! * 200: this source mirrors the database, and everything goes through it;
//! * 404 or 410 (any failure, where `|` follows): the next source;
//! * any other failure: the database is unavailable;
//! * nobody mirrors it: its own URL, if the operator gave one, else [`DatabaseOutcome::NotMirrored`].
//!
//! `go` asks `supported` once per process. A server lives longer, so what a source said is believed
//! for [`SUPPORT_AGE`]. In one thing we go further: where `|` follows a source that fails at a
//! lookup or tile, the next source that mirrors the database is asked. That is safe, for every
//! answer is proven against the signed tree head, whoever sent it.
//!
//! Answers are small, so they are read in full before they are given out, and a broken body is
//! asked for once more, here. What nobody waits for (a mirror that is being filled) is asked for as
//! background work, which a source may turn away at any time. Only the question whether a source
//! mirrors a database is always asked with priority: whoever comes meanwhile shares its answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{sync::Mutex as AsyncMutex, time::Instant};
use url::Url;

use crate::{
    Absence, Download, Failure, Outage, SourceUrl, Waiters,
    request::{PathError, RequestPath},
    source::{Manner, Priority, Reply, Source},
    upstreams::UpstreamParts,
    walk::{Machine, Next, malformed, outage},
};

/// How long a source's word is believed on whether it mirrors a database. Short enough that a
/// mirror that is set up is soon used, long enough that the question costs nothing.
const SUPPORT_AGE: Duration = Duration::from_mins(10);

/// How long a failure to answer that question is remembered. Just for those who waited for it: they
/// share it rather than run into the same deadline one after the other.
const FAILURE_AGE: Duration = Duration::from_secs(1);

/// Databases whose mirrors are remembered. There are a handful in the world; the names come from
/// requests, so there must be a bound.
const MAX_REMEMBERED: usize = 64;

/// Largest answer of a database. Hash tiles are 8 KiB; data tiles of 256 records and lookups with
/// many signatures stay well below this.
const MAX_ANSWER: u64 = 4 << 20;

/// How a database that has a URL of its own is reached. Its `Debug` shows no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseRoute {
    /// By this URL only: `GOSUMDB="NAME+KEY URL"` bypasses all proxies.
    Only(SourceUrl),
    /// Through a source that mirrors it; by this URL if none does.
    Fallback(SourceUrl),
}

/// A checksum database's answer.
#[derive(Debug)]
pub enum DatabaseOutcome {
    /// The answer; its body is in memory already.
    Found(Download),
    /// 404 or 410, in the words of whoever speaks for the database.
    Absent(Absence),
    /// The database cannot be reached, or says neither.
    Unavailable(Outage),
    /// No source mirrors this database, and it has no URL here.
    NotMirrored,
}

/// What is known about databases.
pub(crate) struct Databases {
    routes: BTreeMap<String, Route>,
    support: Mutex<BTreeMap<(String, usize), Arc<Cell>>>,
}

/// What one source said about one database.
struct Cell {
    /// Those who want to know; the question is in line for all of them.
    waiters: Waiters,
    /// Locked while it is asked.
    heard: AsyncMutex<Option<DatabaseAnswer>>,
}

/// A database's own URL.
pub(crate) struct Route {
    source: Source,
    only: bool,
}

/// What a source said when it was asked whether it mirrors a database, and when.
#[derive(Clone)]
struct DatabaseAnswer {
    support: Support,
    at: Instant,
}

#[derive(Clone)]
enum Support {
    Yes,
    No(Absence),
    Failed(Failure),
}

// === impl DatabaseRoute ===

impl DatabaseRoute {
    /// Its URL, **with its secrets**.
    pub fn url(&self) -> &Url {
        match self {
            Self::Only(url) | Self::Fallback(url) => url.reveal(),
        }
    }

    pub(crate) fn with(&self, source: Source) -> Route {
        Route {
            source,
            only: matches!(self, Self::Only(_)),
        }
    }
}

// === impl DatabaseAnswer ===

impl DatabaseAnswer {
    fn is_current(&self) -> bool {
        let age = match self.support {
            // The breaker knows better, and answers as fast.
            Support::Failed(Failure::Open { .. }) => Duration::ZERO,
            Support::Failed(_) => FAILURE_AGE,
            Support::Yes | Support::No(_) => SUPPORT_AGE,
        };
        self.at.elapsed() < age
    }
}

// === impl Cell ===

impl Cell {
    fn new() -> Self {
        Self {
            waiters: Waiters::lasting(),
            heard: AsyncMutex::default(),
        }
    }

    fn is_mirrored(&self) -> bool {
        let heard = self.heard.try_lock();
        heard.is_ok_and(|heard| {
            heard
                .as_ref()
                .is_some_and(|heard| matches!(heard.support, Support::Yes))
        })
    }
}

// === impl Databases ===

impl Databases {
    pub(crate) fn new(routes: BTreeMap<String, Route>) -> Self {
        Self {
            routes,
            support: Mutex::new(BTreeMap::new()),
        }
    }

    /// The databases that have a URL of their own.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.routes.values().map(|route| &route.source)
    }

    /// Whether a database is reached by its own URL only.
    pub(crate) fn is_direct(&self, name: &str) -> bool {
        self.routes.get(name).is_some_and(|route| route.only)
    }

    /// Whether a source mirrors a database. Those who ask at the same time share one question.
    async fn support(&self, name: &str, index: usize, source: &Source) -> Support {
        let cell = self.cell(name, index);
        let _waiting = cell.waiters.join();
        let mut heard = cell.heard.lock().await;
        if let Some(heard) = heard.as_ref().filter(|heard| heard.is_current()) {
            return heard.support.clone();
        }
        let support = match RequestPath::try_new(&format!("sumdb/{name}/supported")) {
            Ok(path) => {
                let asked = fetch_whole(source, &path, Priority::Demand);
                match cell.waiters.clone().scope(asked).await {
                    Reply::Found(_) => Support::Yes,
                    Reply::Absent(absence) => Support::No(absence),
                    Reply::Failed(failure) => Support::Failed(failure),
                }
            }
            Err(error) => Support::Failed(Failure::Content(error.to_string())),
        };
        *heard = Some(DatabaseAnswer {
            support: support.clone(),
            at: Instant::now(),
        });
        support
    }

    /// Where there are too many, those that no source mirrors go first: requests make such names up.
    fn cell(&self, name: &str, index: usize) -> Arc<Cell> {
        let mut support = self.support.lock();
        let key = (name.to_owned(), index);
        if support.len() >= MAX_REMEMBERED && !support.contains_key(&key) {
            support.retain(|_, cell| cell.is_mirrored());
        }
        if support.len() >= MAX_REMEMBERED && !support.contains_key(&key) {
            support.clear();
        }
        Arc::clone(support.entry(key).or_insert_with(|| Arc::new(Cell::new())))
    }
}

/// One question to a database, as a source and as the database itself are asked.
struct Question<'a> {
    name: &'a str,
    priority: Priority,
    through_source: RequestPath,
    by_its_url: RequestPath,
}

/// What one source contributes.
enum LookupVerdict {
    Answer(DatabaseOutcome),
    NoMirror(Absence),
    Failed(Failure),
}

/// Asks a database along the list. `path` is what follows its name: `supported`, `latest`,
/// `lookup/…`, `tile/…`.
pub(crate) async fn ask(
    shared: &UpstreamParts,
    name: &str,
    path: &str,
    priority: Priority,
) -> DatabaseOutcome {
    let question = match Question::try_new(name, path, priority) {
        Ok(question) => question,
        Err(error) => return DatabaseOutcome::Unavailable(malformed(error)),
    };
    let route = shared.databases.routes.get(name);
    if let Some(route) = route.filter(|route| route.only) {
        return question.ask_database(&route.source).await;
    }
    let mut machine = Machine::new(Arc::clone(&shared.stops));
    while let Next::Ask(index) = machine.next() {
        let Some(source) = shared.sources.get(index) else {
            break;
        };
        let support = shared.databases.support(name, index, source).await;
        match question.ask_source(source, support).await {
            LookupVerdict::Answer(outcome) => return outcome,
            LookupVerdict::NoMirror(absence) => machine.absent(absence),
            LookupVerdict::Failed(failure) => machine.failed(outage(&failure, source.name())),
        }
    }
    match (route, machine.last_failure().cloned()) {
        (Some(route), None) => question.ask_database(&route.source).await,
        // As in `go`, an explicit `direct` is reached past failures, and there means the URL.
        (Some(route), Some(_)) if machine.next() == Next::Direct => {
            question.ask_database(&route.source).await
        }
        (_, Some(failure)) => DatabaseOutcome::Unavailable(failure),
        (None, None) => DatabaseOutcome::NotMirrored,
    }
}

// === impl Question ===

impl<'a> Question<'a> {
    fn try_new(name: &'a str, path: &str, priority: Priority) -> Result<Self, PathError> {
        Ok(Self {
            name,
            priority,
            through_source: RequestPath::try_new(&format!("sumdb/{name}/{path}"))?,
            by_its_url: RequestPath::try_database(path)?,
        })
    }

    fn is_supported(&self) -> bool {
        self.by_its_url.as_str() == "supported"
    }

    async fn ask_source(&self, source: &Source, support: Support) -> LookupVerdict {
        match support {
            Support::Yes if self.is_supported() => LookupVerdict::Answer(yes(source)),
            Support::Yes => match fetch_whole(source, &self.through_source, self.priority).await {
                Reply::Found(download) => LookupVerdict::Answer(DatabaseOutcome::Found(download)),
                Reply::Absent(absence) => LookupVerdict::Answer(DatabaseOutcome::Absent(absence)),
                Reply::Failed(failure) => LookupVerdict::Failed(failure),
            },
            Support::No(absence) => LookupVerdict::NoMirror(absence),
            Support::Failed(failure) => LookupVerdict::Failed(failure),
        }
    }

    /// A database itself has no `supported`: that it has a URL is the answer.
    async fn ask_database(&self, database: &Source) -> DatabaseOutcome {
        if self.is_supported() {
            return yes(database);
        }
        tracing::debug!(name = self.name, database = %database.name(), "asking the database itself");
        match fetch_whole(database, &self.by_its_url, self.priority).await {
            Reply::Found(download) => DatabaseOutcome::Found(download),
            Reply::Absent(absence) => DatabaseOutcome::Absent(absence),
            Reply::Failed(failure) => {
                DatabaseOutcome::Unavailable(outage(&failure, database.name()))
            }
        }
    }
}

/// The protocol's way of saying yes: 200 with an empty body.
fn yes(source: &Source) -> DatabaseOutcome {
    DatabaseOutcome::Found(Download::from_bytes(source.name().clone(), Bytes::new()))
}

/// Fetches and reads to the end; a body that broke on the way is asked for once more, if anybody
/// waits for it.
async fn fetch_whole(source: &Source, path: &RequestPath, priority: Priority) -> Reply {
    match fetch_once(source, path, priority).await {
        Reply::Failed(Failure::Body(_))
            if priority == Priority::Demand && source.may_ask_again(path) =>
        {
            fetch_once(source, path, priority).await
        }
        reply => reply,
    }
}

async fn fetch_once(source: &Source, path: &RequestPath, priority: Priority) -> Reply {
    let manner = Manner {
        priority,
        leads_on: false,
        header_only: false,
    };
    match source.fetch(path, MAX_ANSWER, manner).await {
        Reply::Found(download) => {
            let name = download.source.clone();
            match download.whole().await {
                Ok(bytes) => Reply::Found(Download::from_bytes(name, bytes)),
                Err(error) => Reply::Failed(Failure::Body(error.into())),
            }
        }
        reply => reply,
    }
}
