//! One source of the list, behind its own bulkhead.
//!
//! Every request to a source passes through [`Source::fetch`]: a slot is taken (a source that hangs
//! holds its own slots and nobody else's), the header deadline runs over everything up to the
//! answer, and the observer is told. Whatever later judges whether a source should be asked at all,
//! or asked twice, belongs around this one function.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use url::Url;

use crate::{
    Absence, BuildError, Download, Failure, Observer, ReplyClass, RequestClass, RequestKind,
    SourceName, UpstreamOptions, file_source::FileSource, http_source::HttpSource,
    observe::BodyEnd, request::RequestPath,
};

/// Longest deadline that is kept. Any longer one means "none", and must not overflow the clock.
const MAX_DEADLINE: Duration = Duration::from_hours(24);

/// One source.
pub(crate) struct Source {
    name: SourceName,
    transport: Transport,
    slots: Arc<Semaphore>,
    background: Arc<Semaphore>,
    max_in_flight: usize,
    header: Duration,
    stall: Duration,
    observer: Arc<dyn Observer>,
}

/// For whom a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Somebody waits for it.
    Demand,
    /// Nobody asked for it yet: it takes at most half of the slots, and none that demand waits for.
    Background,
}

/// What a request holds while it is under way.
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    _background: Option<OwnedSemaphorePermit>,
}

/// One source's answer to one request.
#[derive(Debug)]
pub(crate) enum Reply {
    Found(Download),
    Absent(Absence),
    Failed(Failure),
}

/// The account of one call; reports its end exactly once, also when it is dropped.
pub(crate) struct Call {
    observer: Arc<dyn Observer>,
    source: SourceName,
    kind: RequestKind,
    begun: Instant,
    ended: bool,
}

/// A request as a transport sees it.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) path: &'a RequestPath,
    /// Largest body that will be read.
    pub(crate) limit: u64,
    /// When the header must be there.
    pub(crate) deadline: Instant,
    /// Longest silence within the body.
    pub(crate) stall: Duration,
}

enum Transport {
    Http(HttpSource),
    File(FileSource),
}

// === impl Source ===

impl Source {
    pub(crate) fn try_new(
        url: &Url,
        tls: &rustls::ClientConfig,
        options: &UpstreamOptions,
    ) -> Result<Self, BuildError> {
        let name = SourceName::of(url);
        let transport = match url.scheme() {
            "http" | "https" => {
                Transport::Http(HttpSource::try_new(name.clone(), url, tls, options)?)
            }
            "file" => Transport::File(FileSource::try_new(name.clone(), url)?),
            _ => return Err(BuildError::Scheme(name)),
        };
        let max_in_flight = options.max_in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            name,
            transport,
            slots: Arc::new(Semaphore::new(max_in_flight)),
            background: Arc::new(Semaphore::new((max_in_flight / 2).max(1))),
            max_in_flight,
            header: options.header.min(MAX_DEADLINE),
            stall: options.stall.min(MAX_DEADLINE),
            observer: Arc::clone(&options.observer),
        })
    }

    pub(crate) fn name(&self) -> &SourceName {
        &self.name
    }

    /// Whether what nobody waits for may be asked of this source now.
    pub(crate) fn is_calm(&self, _class: RequestClass) -> bool {
        self.slots.available_permits() > 0
    }

    /// Asks once.
    pub(crate) async fn fetch(&self, path: &RequestPath, limit: u64, priority: Priority) -> Reply {
        tracing::trace!(source = %self.name, class = path.class().label(), ?priority, "asking");
        let call = Call::start(&self.observer, &self.name, path.kind());
        let deadline = call.begun + self.header;
        let Some(slot) = self.slot(priority, deadline).await else {
            return call.failed(Failure::Saturated {
                in_flight: self.max_in_flight,
                waited: self.header,
            });
        };
        let ask = Ask {
            path,
            limit,
            deadline,
            stall: self.stall,
        };
        let reply = match &self.transport {
            Transport::Http(http) => http.get(ask).await,
            Transport::File(file) => match timeout_at(deadline, file.open(ask)).await {
                Ok(reply) => reply,
                Err(_) => Reply::Failed(Failure::Timeout(self.header)),
            },
        };
        call.answered(reply, slot)
    }

    /// A slot, if one comes free in time. What nobody waits for stands in its own queue, and takes
    /// a slot only if one lies free: so it is never ahead of demand. (The semaphores are never
    /// closed; were they, there would be no slot either.)
    async fn slot(&self, priority: Priority, deadline: Instant) -> Option<Slot> {
        if priority == Priority::Demand {
            let wait = timeout_at(deadline, Arc::clone(&self.slots).acquire_owned());
            return Some(Slot {
                _permit: wait.await.ok()?.ok()?,
                _background: None,
            });
        }
        let wait = timeout_at(deadline, Arc::clone(&self.background).acquire_owned());
        let background = wait.await.ok()?.ok()?;
        Some(Slot {
            _permit: Arc::clone(&self.slots).try_acquire_owned().ok()?,
            _background: Some(background),
        })
    }
}

// === impl Call ===

impl Call {
    fn start(observer: &Arc<dyn Observer>, source: &SourceName, kind: RequestKind) -> Self {
        observer.started(source, kind);
        Self {
            observer: Arc::clone(observer),
            source: source.clone(),
            kind,
            begun: Instant::now(),
            ended: false,
        }
    }

    fn failed(self, failure: Failure) -> Reply {
        self.observer.answered(
            &self.source,
            self.kind,
            ReplyClass::Failed(failure.class()),
            self.begun.elapsed(),
        );
        Reply::Failed(failure)
    }

    fn answered(self, reply: Reply, slot: Slot) -> Reply {
        match reply {
            Reply::Found(download) => {
                self.observer.answered(
                    &self.source,
                    self.kind,
                    ReplyClass::Found,
                    self.begun.elapsed(),
                );
                Reply::Found(download.leased(self, slot))
            }
            Reply::Absent(absence) => {
                self.observer.answered(
                    &self.source,
                    self.kind,
                    ReplyClass::Absent,
                    self.begun.elapsed(),
                );
                Reply::Absent(absence)
            }
            Reply::Failed(failure) => self.failed(failure),
        }
    }

    /// Reports how the body ended.
    pub(crate) fn end(mut self, end: BodyEnd, bytes: u64) {
        self.ended = true;
        self.observer.finished(&self.source, self.kind, end, bytes);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.observer
                .finished(&self.source, self.kind, BodyEnd::None, 0);
        }
    }
}
