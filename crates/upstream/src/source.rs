//! One source of the list, behind its own bulkhead, breakers and budget.
//!
//! Every request to a source passes through [`Source::fetch`]. In this order:
//!
//! 1. the breaker of the request's class refuses at once, or lets it pass ([`crate::breaker`]);
//! 2. a slot is taken ([`bulkhead`]). After the wait the breaker is asked again, for it may have
//!    opened meanwhile; and the header deadline begins then, for our own queue is not the source's
//!    fault;
//! 3. the request is sent, watched for silence ([`silence`]), and where that is cheap and late sent
//!    a second time ([`hedge`]);
//! 4. what came back is told to the breaker, and on failure the request may be made once more
//!    ([`crate::retry`]). A request that the source limited (429) waits for the end of the rest and
//!    comes back, at the source's own pace ([`crate::pace`]).
//!
//! While a breaker is open because of failures, one small task per source finds out whether it is
//! back ([`prober`]).

mod account;
mod bulkhead;
mod call;
mod hedge;
mod presence;
mod prober;
mod silence;

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    sync::Mutex as AsyncMutex,
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout_at},
};
use url::Url;
use vcs::DirectSource;

use crate::{
    Absence, BreakerState, BuildError, Download, Failure, Force, Observer, RequestClass,
    SourceName, UpstreamOptions,
    breaker::UNSAID_REST,
    connections::Moment,
    direct::DirectTransport,
    file_source::FileSource,
    health::{Change, Health, RequestDenial, jitter},
    http_source::HttpSource,
    request::RequestPath,
    retry,
    slots::NoSlot,
};

pub(crate) use account::Account;
use bulkhead::Bulkhead;
pub(crate) use call::Call;
use call::Leg;
use presence::Presence;
use silence::SilenceAnswer;

/// Longest deadline that is kept. Any longer one means "none", and must not overflow the clock.
const MAX_DEADLINE: Duration = Duration::from_hours(24);

/// How long version control may take for an answer: a clone of a large repository.
const DIRECT_DEADLINE: Duration = Duration::from_mins(15);

/// How long a client waits for the verdict of a probe that another one makes. A healthy source
/// answers in this time, and the client is spared a 503 at the very moment of recovery.
const PROBE_PATIENCE: Duration = Duration::from_secs(1);

/// The least pause before a request that was limited comes back; doubled each time, for sources that
/// say "at once" and mean it not.
const SHORTEST_REST: Duration = Duration::from_millis(50);

/// One source. When it is dropped, so is its prober.
pub(crate) struct Source {
    core: Arc<Core>,
}

/// What requests, bodies under way and the prober share.
pub(crate) struct Core {
    name: SourceName,
    transport: Transport,
    bulkhead: Bulkhead,
    header: Duration,
    stall: Duration,
    silence: Duration,
    hedge: bool,
    observer: Arc<dyn Observer>,
    health: Health,
    /// What was heard of questions whether it lives; locked while one is asked.
    heard: AsyncMutex<SilenceAnswer>,
    prober: Mutex<Option<AbortHandle>>,
    presence: AsyncMutex<Presence>,
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) priority: Priority,
    /// Whether a failure here leads to another source, or to an older answer: then nothing is
    /// retried.
    pub(crate) leads_on: bool,
    /// Whether only the header is wanted: then no more than a first byte is asked for.
    pub(crate) header_only: bool,
}

/// For whom a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Somebody waits for it.
    Demand,
    /// Nobody asked for it yet: it takes at most half of the slots, and none that demand waits for.
    Background,
}

/// One source's answer to one request.
#[derive(Debug)]
pub(crate) enum Reply {
    Found(Download),
    Absent(Absence),
    Failed(Failure),
}

/// A request as a transport sees it.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) path: &'a RequestPath,
    /// Largest body that will be read.
    pub(crate) limit: u64,
    /// When the header must be there.
    pub(crate) deadline: Instant,
    /// The same as a time from the beginning, for people.
    pub(crate) header: Duration,
    /// Longest silence within the body.
    pub(crate) stall: Duration,
    /// Whether no connection that rested may be used.
    pub(crate) fresh: bool,
    /// Whether the body is not wanted: a source is asked for its first byte, which any server may
    /// ignore. HEAD would do, if signed URLs that a source redirects to were good for it.
    pub(crate) header_only: bool,
}

enum Transport {
    Http(Box<HttpSource>),
    File(FileSource),
    Direct(Box<DirectTransport>),
}

// === impl Source ===

impl Source {
    pub(crate) fn try_new(
        url: &Url,
        tls: &rustls::ClientConfig,
        options: &UpstreamOptions,
    ) -> Result<Self, BuildError> {
        let options = &*options.of_source(url);
        let name = options.names.name(url);
        let transport = match url.scheme() {
            "http" | "https" => {
                let http = HttpSource::try_new(name.clone(), url, tls, options)?;
                Transport::Http(Box::new(http))
            }
            "file" => Transport::File(FileSource::try_new(name.clone(), url)?),
            _ => return Err(BuildError::Scheme(name)),
        };
        Ok(Self::new(name, transport, options))
    }

    /// Version control. Its hosts have nothing in common, so none is judged by what another one did.
    pub(crate) fn direct(source: DirectSource, options: &UpstreamOptions) -> Self {
        let name = SourceName::word("direct");
        let transport = DirectTransport::new(name.clone(), source);
        let options = UpstreamOptions {
            header: DIRECT_DEADLINE,
            silence: MAX_DEADLINE,
            breaker: false,
            hedge: false,
            ..options.clone()
        };
        Self::new(name, Transport::Direct(Box::new(transport)), &options)
    }

    fn new(name: SourceName, transport: Transport, options: &UpstreamOptions) -> Self {
        let core = Core {
            name,
            transport,
            bulkhead: Bulkhead::new(options.max_in_flight),
            header: options.header.min(MAX_DEADLINE),
            stall: options.stall.min(MAX_DEADLINE),
            silence: options.silence.min(MAX_DEADLINE),
            hedge: options.hedge,
            observer: Arc::clone(&options.observer),
            health: Health::new(Instant::now()),
            heard: AsyncMutex::new(SilenceAnswer::default()),
            prober: Mutex::new(None),
            presence: AsyncMutex::new(None),
        };
        let source = Self {
            core: Arc::new(core),
        };
        if !options.breaker {
            for class in RequestClass::ALL {
                source.force(class, Force::Closed);
            }
        }
        source
    }

    pub(crate) fn name(&self) -> &SourceName {
        &self.core.name
    }

    /// Whether what nobody waits for may be asked of this source now.
    pub(crate) fn is_calm(&self, class: RequestClass) -> bool {
        self.core.health.admits_guesses(class) && self.core.bulkhead.has_room(class)
    }

    /// Whether it can be asked for artifacts.
    pub(crate) async fn is_there(&self) -> bool {
        self.core.is_there().await
    }

    /// The state of a class, and what failed last.
    pub(crate) fn state(&self, class: RequestClass) -> (BreakerState, String) {
        self.core.health.state(class)
    }

    /// Takes an operator's order.
    pub(crate) fn force(&self, class: RequestClass, force: Force) {
        let change = self.core.health.force(class, force);
        self.core.changed(class, change);
    }

    /// Takes a token for one more request, beyond those that were demanded.
    pub(crate) fn may_ask_again(&self, path: &RequestPath) -> bool {
        self.core.may_ask_again(path)
    }

    /// Asks, and once more where that may help.
    pub(crate) async fn fetch(&self, path: &RequestPath, limit: u64, manner: Manner) -> Reply {
        let core = &self.core;
        if manner.priority == Priority::Demand {
            core.health.deposit();
        }
        let asked = Instant::now();
        let reply = core.attempt_after_rest(path, limit, manner).await;
        let again = match &reply {
            Reply::Failed(failure) => {
                manner.priority == Priority::Demand
                    && !manner.leads_on
                    && retry::may_help(failure, asked.elapsed())
                    && core.health.refusal(path.class(), true).is_none()
                    && core.may_ask_again(path)
            }
            _ => false,
        };
        if !again {
            return reply;
        }
        sleep(retry::pause(jitter())).await;
        match core.attempt(path, limit, manner).await {
            // Opened meanwhile: what happened says more than that nobody was asked.
            Reply::Failed(Failure::Open { .. }) => reply,
            second => second,
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some(prober) = self.core.prober.lock().take() {
            prober.abort();
        }
    }
}

// === impl Core ===

impl Core {
    /// Asks, and where the source limits the rate of requests comes back when it said, if that is
    /// within the header deadline: `go` never asks twice, and a minute's limit must not end its
    /// command. Not where another source or an older answer is there for such a case.
    async fn attempt_after_rest(
        self: &Arc<Self>,
        path: &RequestPath,
        limit: u64,
        manner: Manner,
    ) -> Reply {
        let deadline = Instant::now() + self.header;
        let waits = manner.priority == Priority::Demand && !manner.leads_on;
        let mut least = SHORTEST_REST;
        if waits && let Some(rest) = self.health.resting(path.class()) {
            self.rest(path, rest, deadline).await;
        }
        loop {
            let reply = self.attempt(path, limit, manner).await;
            let resting = self.health.resting(path.class());
            let rest = match &reply {
                Reply::Failed(failure @ Failure::RateLimited { .. }) => {
                    let said = failure.retry_after().unwrap_or(UNSAID_REST);
                    Some(resting.unwrap_or_default().max(said))
                }
                Reply::Failed(Failure::Open { .. }) => resting,
                _ => None,
            };
            let Some(rest) = rest.filter(|_| waits) else {
                return reply;
            };
            if !self.rest(path, rest.max(least), deadline).await {
                return reply;
            }
            least *= 2;
        }
    }

    /// Waits for the end of a rest and for a place among those that come back then, if the rest ends
    /// before the deadline.
    async fn rest(&self, path: &RequestPath, rest: Duration, deadline: Instant) -> bool {
        if Instant::now() + rest >= deadline {
            return false;
        }
        self.observer.rested(&self.name, path.kind());
        let pause = self.health.comes_back(rest);
        sleep_until(deadline.min(Instant::now() + pause)).await;
        true
    }

    /// Asks, if the breaker lets it.
    async fn attempt(self: &Arc<Self>, path: &RequestPath, limit: u64, manner: Manner) -> Reply {
        let priority = manner.priority;
        let demanded = priority == Priority::Demand;
        if let Some(failure) = self.health.refusal(path.class(), demanded) {
            self.observer.spared(&self.name, path.class());
            return Reply::Failed(failure);
        }
        let call = Call::start(&self.observer, &self.name, path);
        let slot = self.bulkhead.slot(path.class(), priority, self.header);
        let slot = match slot.await {
            Ok(slot) => slot,
            Err(NoSlot::GivenUp) => return call.failed(Failure::GivenUp),
            Err(NoSlot::Saturated) => {
                let saturated = Failure::Saturated {
                    in_flight: self.bulkhead.limit(),
                    waited: call.begun().elapsed(),
                };
                return call.failed(saturated);
            }
        };
        let account = match self.admit(path.class(), demanded).await {
            Ok(account) => account,
            Err(failure) => {
                self.observer.spared(&self.name, path.class());
                return call.failed(failure);
            }
        };
        let asked = Instant::now();
        self.health.sent();
        let ask = Ask {
            path,
            limit,
            deadline: asked + self.header,
            header: self.header,
            stall: self.stall,
            header_only: manner.header_only,
            fresh: false,
        };
        let leg = Leg { call, slot };
        let patient = !demanded || account.is_probe();
        let (reply, leg) = self.send(ask, leg, patient).await;
        self.remember(path, &reply, asked.elapsed());
        account.settle(&reply);
        leg.answered(reply, account)
    }

    /// Leave to ask. Whoever waits for the answer also waits a moment for a probe to decide.
    async fn admit(
        self: &Arc<Self>,
        class: RequestClass,
        demanded: bool,
    ) -> Result<Account, Failure> {
        let patience = Instant::now() + PROBE_PATIENCE;
        loop {
            let (admission, change) = self.health.admit(class, demanded);
            self.changed(class, change);
            match admission {
                Ok(ticket) => {
                    return Ok(Account::new(Arc::clone(self), class, ticket, demanded));
                }
                Err(RequestDenial::Undecided(_)) if demanded && Instant::now() < patience => {
                    self.health.decided(class, patience).await;
                }
                Err(RequestDenial::Undecided(failure) | RequestDenial::Refused(failure)) => {
                    return Err(failure);
                }
            }
        }
    }

    fn remember(&self, path: &RequestPath, reply: &Reply, after: Duration) {
        match reply {
            Reply::Found(download) => self.health.found(path, download.length, after),
            Reply::Absent(_) => self.health.absent(path, after),
            Reply::Failed(failure) if !failure.is_an_answer() => return,
            Reply::Failed(_) => {}
        }
        self.health.heard(path.class());
    }

    fn may_ask_again(&self, path: &RequestPath) -> bool {
        let may = self.health.withdraw();
        if may {
            self.observer.retried(&self.name, path.kind());
        } else {
            self.observer.budget_spent(&self.name, path.kind());
        }
        may
    }

    /// Does what is to be done after something was learnt.
    fn changed(self: &Arc<Self>, class: RequestClass, change: Option<Change>) {
        let Some(change) = change else { return };
        if let Some(state) = change.state {
            self.tell(class, state);
        }
        if change.wants_probe {
            prober::start(self);
        }
        // Without a runtime nobody asks, and the doubt ends by itself.
        if let (Some(question), Ok(runtime)) = (change.question, Handle::try_current()) {
            runtime.spawn(Arc::clone(self).answer(class, question));
        }
    }

    fn tell(&self, class: RequestClass, state: BreakerState) {
        self.observer.breaker_changed(&self.name, class, state);
        let (source, class_name, state_name) = (&self.name, class.label(), state.label());
        if state.is_open() {
            let (_, why) = self.health.state(class);
            tracing::warn!(%source, class = class_name, state = state_name, why, "a source is left alone");
        } else {
            tracing::info!(%source, class = class_name, state = state_name, "a source is asked again");
        }
    }
}

// === impl Transport ===

impl Transport {
    async fn get(&self, ask: Ask<'_>) -> Reply {
        match self {
            Self::Http(http) => http.get(ask).await,
            Self::File(file) => match timeout_at(ask.deadline, file.open(ask)).await {
                Ok(reply) => reply,
                Err(_) => Reply::Failed(Failure::Timeout(ask.header)),
            },
            Self::Direct(direct) => direct.get(ask).await,
        }
    }

    /// This moment in the life of its connections, if it has any.
    fn moment(&self) -> Option<Moment> {
        match self {
            Self::Http(http) => Some(http.moment()),
            Self::File(_) | Self::Direct(_) => None,
        }
    }

    fn rested_since(&self, moment: Option<Moment>) -> bool {
        match (self, moment) {
            (Self::Http(http), Some(moment)) => http.rested_since(moment),
            _ => false,
        }
    }

    fn are_silent(&self, moment: Option<Moment>) {
        if let (Self::Http(http), Some(moment)) = (self, moment) {
            http.are_silent(moment);
        }
    }

    async fn silent_since(&self, moment: Option<Moment>) {
        match (self, moment) {
            (Self::Http(http), Some(moment)) => http.silent_since(moment).await,
            _ => std::future::pending().await,
        }
    }
}
