//! One request, walked along the list.
//!
//! The list is walked anew for every request, as `go` does: `,` leads to the next source only past
//! absence, `|` past any failure. What the walk amounts to follows one law: **an outage is never
//! reported as absence.**
//!
//! | What was heard | Verdict |
//! |---|---|
//! | content | found |
//! | 404 or 410 from every source asked, nothing else | absent, in the words of the last one |
//! | any failure, and no content | unavailable, for the reason of the last failure |
//!
//! So with `a|b`, a failing and b saying 404 is an outage: a might have it. `go` reports the last
//! failure too, and of several absences the last; we do the same, so that a user sees the same
//! words with and without us.
//!
//! **`off`** ends the list. Alone it means that fetching is turned off; behind proxies that said
//! 404 it adds nothing to what they said.
//!
//! **`direct`** is a source as any other where version control is set up ([`crate::DirectSettings`]): what its hosts
//! and repositories say decides, and a host that cannot be asked is an outage. Where it is not set up, `direct`
//! ends the list: if every proxy before it said 404 or 410, the verdict is absent. Strictly the truth is unknown
//! then, but for an import path without a known module `go` asks for every prefix of it, and one answer other
//! than 404 or 410 for a longer prefix fails the whole command although the shorter one exists. Only a list
//! without any proxy before `direct` is answered with [`Code::DirectUnsupported`] there.
//!
//! **A body that breaks** is a failure of its source, found late. The caller reports it with
//! [`Walk::reject`]; the same source is asked once more, since a cut transfer is most often the
//! network's doing, and then the list goes on as after any failure. Wrong content is not asked for
//! twice: the source would send it again.
//!
//! Not here: judging a source by its past, asking it again or twice at once. That belongs around the
//! one function that asks a source; what is here tells it whether the list leads on.

mod machine;

use std::{sync::Arc, time::Duration};

use codes::Code;

use crate::{
    Absence, BodyError, Failure, Outage, Outcome, SourceName,
    plan::{Place, Stop, word},
    request::{PathError, RequestPath},
    source::{Account, Manner, Priority, Reply},
    upstreams::UpstreamParts,
};

pub(crate) use machine::{Machine, Next};

/// One request on its way along the list.
pub struct Walk {
    shared: Arc<UpstreamParts>,
    path: Result<RequestPath, PathError>,
    limit: u64,
    priority: Priority,
    reserve: bool,
    header_only: bool,
    machine: Machine<Absence, Outage>,
    offered: Option<OfferedBody>,
}

/// Whose body was returned last.
struct OfferedBody {
    index: usize,
    source: SourceName,
    account: Option<Arc<Account>>,
}

/// Why the body that a walk returned last was no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyFailure {
    /// It stopped coming.
    #[error("its body stalled for {0:?}")]
    Stalled(Duration),
    /// It ended early, or had another length than announced.
    #[error("its body was cut: {0}")]
    Cut(String),
    /// It came in full, or would have, and is not what it must be.
    #[error("it sent wrong content: {summary}")]
    Wrong {
        /// The code of the finding: [`Code::BadZip`], [`Code::BadGoMod`], …
        code: Code,
        /// What is wrong, in a line.
        summary: String,
    },
}

// === impl Walk ===

impl Walk {
    pub(crate) fn new(shared: Arc<UpstreamParts>, path: &str) -> Self {
        let path = RequestPath::try_new(path);
        let limit = path.as_ref().map_or(0, |path| path.kind().default_limit());
        let machine = Machine::new(Arc::clone(&shared.stops));
        Self {
            shared,
            path,
            limit,
            priority: Priority::Demand,
            reserve: false,
            header_only: false,
            machine,
            offered: None,
        }
    }

    /// A walk to one source of the list alone.
    pub(crate) fn to(shared: Arc<UpstreamParts>, path: &str, index: usize) -> Self {
        let alone = Stop {
            place: Place::Source(index),
            past_failure: false,
        };
        Self {
            machine: Machine::new(Arc::new([alone])),
            ..Self::new(shared, path)
        }
    }

    /// What a source said that has not got it, before another one gave it.
    pub fn absence(&self) -> Option<&Absence> {
        self.machine.last_absence()
    }

    /// Sets the largest body, in bytes, that is accepted. By default what `go` accepts: 500 MiB for
    /// a zip, 16 MiB for anything else.
    #[must_use]
    pub fn with_limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// Says that nobody waits for the outcome: prefetch, renewal ahead of time.
    ///
    /// Such a walk takes at most half of the slots at a source, and no slot while demand waits for
    /// one; it is never asked twice or retried; and a source that is not well at this class of
    /// request is not asked at all. Each of these refusals is an [`Outcome::Unavailable`] and says
    /// nothing about the module: whoever shares the outcome with somebody who does wait must ask
    /// again, with a walk of its own.
    #[must_use]
    pub fn in_background(self) -> Self {
        Self {
            priority: Priority::Background,
            ..self
        }
    }

    /// Says that bodies will not be read: what is found is there and has its length, and no more than
    /// a first byte of it is asked for.
    #[must_use]
    pub fn header_only(self) -> Self {
        Self {
            header_only: true,
            ..self
        }
    }

    /// Says whether the caller has something older to answer with: then it is there for a failure as
    /// a further source would be, and nothing is retried.
    #[must_use]
    pub fn with_reserve(self, reserve: bool) -> Self {
        Self { reserve, ..self }
    }

    /// Walks until something is found or the list ends. After a verdict, gives the same again.
    ///
    /// Asking again after [`Outcome::Found`] without [`Walk::reject`] means that the content was
    /// not wanted: the walk goes on behind that source, if it may.
    ///
    /// Dropping the future in the middle loses nothing: the next call asks the same source again.
    pub async fn next(&mut self) -> Outcome {
        if let Some(offered) = &mut self.offered {
            // Not wanted is not wrong: nothing is held against the source.
            offered.account = None;
            let summary = "the reader gave it up".to_owned();
            self.reject(BodyFailure::Wrong {
                code: Code::UpstreamBadContent,
                summary,
            });
        }
        let path = match &self.path {
            Ok(path) => path,
            Err(error) => return Outcome::Unavailable(malformed(*error)),
        };
        loop {
            let Next::Ask(index) = self.machine.next() else {
                return self.verdict();
            };
            let Some(source) = self.shared.sources.get(index) else {
                return self.verdict();
            };
            let manner = Manner {
                priority: self.priority,
                leads_on: self.reserve || self.machine.leads_on(),
                header_only: self.header_only,
            };
            match source.fetch(path, self.limit, manner).await {
                Reply::Found(download) => {
                    self.offered = Some(OfferedBody {
                        index,
                        source: source.name().clone(),
                        account: download.standing(),
                    });
                    return Outcome::Found(download);
                }
                Reply::Absent(absence) => self.machine.absent(absence),
                Reply::Failed(failure) => {
                    tracing::debug!(source = %source.name(), path = path.as_str(), %failure, "the source failed");
                    self.machine.failed(outage(&failure, source.name()));
                }
            }
        }
    }

    /// Says that the body returned last was no use. Without one, nothing happens.
    pub fn reject(&mut self, reason: BodyFailure) {
        let Some(offered) = self.offered.take() else {
            return;
        };
        let OfferedBody {
            index,
            source,
            account,
        } = offered;
        tracing::debug!(%source, %reason, "the body was no use");
        if let Some(account) = account {
            account.blame(reason.anonymous());
        }
        let again = reason.may_be_the_network() && self.may_ask_again(index);
        self.machine
            .rejected(outage(&Failure::Body(reason), &source), again);
    }

    /// Whether the source may have one more turn: once, on demand, within its budget.
    fn may_ask_again(&self, index: usize) -> bool {
        let (Some(source), Ok(path)) = (self.shared.sources.get(index), &self.path) else {
            return false;
        };
        self.priority == Priority::Demand
            && self.machine.has_turn_left()
            && source.may_ask_again(path)
    }

    fn verdict(&self) -> Outcome {
        if let Some(outage) = self.machine.last_failure() {
            return Outcome::Unavailable(outage.clone());
        }
        if let Some(absence) = self.machine.last_absence() {
            return Outcome::Absent(absence.clone());
        }
        Outcome::Unavailable(match self.machine.next() {
            Next::Direct => nothing_to_ask(Place::Direct, Code::DirectUnsupported),
            _ => nothing_to_ask(Place::Off, Code::LookupOff),
        })
    }
}

// === impl BodyFailure ===

impl BodyFailure {
    /// The stable code under which users see it.
    pub fn code(&self) -> Code {
        match self {
            Self::Stalled(_) => Code::UpstreamTimeout,
            Self::Cut(_) => Code::UpstreamError,
            Self::Wrong { code, .. } => *code,
        }
    }

    /// The failure without what it says about a module: others will read it, who need not know that
    /// module's name.
    fn anonymous(&self) -> String {
        match self {
            Self::Wrong { code, .. } => format!("it sent wrong content ({code})"),
            other => other.to_string(),
        }
    }

    fn may_be_the_network(&self) -> bool {
        matches!(self, Self::Stalled(_) | Self::Cut(_))
    }
}

impl From<&BodyError> for BodyFailure {
    fn from(error: &BodyError) -> Self {
        match error {
            BodyError::Stalled(silence) => Self::Stalled(*silence),
            BodyError::Cut { .. } | BodyError::Length { .. } => Self::Cut(error.to_string()),
            BodyError::TooLarge(_) => Self::Wrong {
                code: Code::UpstreamBadContent,
                summary: error.to_string(),
            },
        }
    }
}

impl From<BodyError> for BodyFailure {
    fn from(error: BodyError) -> Self {
        Self::from(&error)
    }
}

pub(crate) fn outage(failure: &Failure, source: &SourceName) -> Outage {
    Outage {
        code: failure.code(),
        summary: failure.to_string(),
        source: source.clone(),
        status: failure.status(),
        retry_after: failure.retry_after(),
    }
}

pub(crate) fn malformed(error: PathError) -> Outage {
    Outage {
        summary: error.to_string(),
        ..nothing_to_ask(Place::Off, Code::MalformedRequest)
    }
}

fn nothing_to_ask(place: Place, code: Code) -> Outage {
    let summary = code.entry().title.to_owned();
    Outage {
        code,
        summary,
        source: word(place),
        status: None,
        retry_after: None,
    }
}
