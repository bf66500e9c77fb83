//! Planner: the one task that turns what clients did into fetches ahead.
//!
//! It owns every forecast, so none needs a lock, and demand never waits for it: events come through
//! a bounded channel and are dropped when it is full. Clients take turns, so one that could use a
//! thousand fetches does not starve the next.

use super::{
    Plan, PrefetchEvent,
    fetch::{AheadFetcher, AheadOutcome, FetchRooms},
    forecast::{Forecast, Level},
    ledger::Ledger,
    requirements::{Module, Requirements},
};
use crate::metrics::{AheadKind, PrefetchMetrics, SkipReason};
use gomod::{Artifact, ArtifactKind};
use moka::sync::Cache;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// Clients that are kept in mind; the one that was silent longest makes room for the next.
const CLIENTS: usize = 64;

/// A client that is silent for so long has ended its build.
const IDLE: Duration = Duration::from_mins(2);

/// Bytes of zips fetched ahead and not asked for, of one client. They lie on disk, not in memory;
/// more than a large build's half, since `go mod download` comes back to half of them only in a
/// second round.
const BUDGET: u64 = 256 * 1024 * 1024;

/// The same of all clients together.
const BUDGET_OF_ALL: u64 = 1024 * 1024 * 1024;

/// Requirements of go.mod files held in memory, counted as modules named: about 16 MiB.
const REQUIREMENTS: u64 = 200_000;

/// go.mod files that clients wait for, kept in mind at most; beyond it foresight begins with the
/// answer.
const AWAITED: usize = 4096;

/// Fetches under way at most, those included that only wait for their proof.
const TASKS: usize = 256;

/// How often waste is counted and the silent are forgotten, and how long it takes to try again
/// after the sources were not calm.
const TICK: Duration = Duration::from_secs(1);

/// Failures in a row before nothing more is fetched ahead for a while.
const FAILURES: u32 = 8;

/// That while: long enough that a dead source is hardly asked, short against a build.
const PAUSE: Duration = Duration::from_secs(5);

/// The task's state.
pub(crate) struct Planner {
    fetcher: Weak<dyn AheadFetcher>,
    metrics: Arc<PrefetchMetrics>,
    rooms: FetchRooms,
    level: Level,
    clients: HashMap<IpAddr, ClientForecast>,
    /// Clients that may have something to fetch, in turn.
    hungry: VecDeque<IpAddr>,
    running: HashMap<Artifact, AheadFetch>,
    /// go.mod files that clients wait for, and who.
    awaited: HashMap<Artifact, HashSet<IpAddr>>,
    tasks: JoinSet<(Artifact, AheadOutcome)>,
    requirements: Cache<Module, Requirements>,
    ledger: Ledger,
    failures: u32,
    paused: Option<Instant>,
    hindered: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

/// A fetch under way.
#[derive(Debug, Default)]
struct AheadFetch {
    clients: HashSet<IpAddr>,
    /// Given back as soon as nothing more is asked of a source for its bytes.
    room: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
struct ClientForecast {
    forecast: Forecast,
    last: Instant,
    hungry: bool,
}

// === impl Planner ===

impl Planner {
    pub(crate) fn new(
        fetcher: Weak<dyn AheadFetcher>,
        metrics: Arc<PrefetchMetrics>,
        level: Level,
        rooms: FetchRooms,
    ) -> Self {
        let weigh = |_: &Module, requirements: &Requirements| {
            u32::try_from(requirements.requires.len() + 4).unwrap_or(u32::MAX)
        };
        Self {
            fetcher,
            metrics,
            rooms,
            level,
            clients: HashMap::new(),
            hungry: VecDeque::new(),
            running: HashMap::new(),
            awaited: HashMap::new(),
            tasks: JoinSet::new(),
            requirements: Cache::builder()
                .max_capacity(REQUIREMENTS)
                .weigher(weigh)
                .build(),
            ledger: Ledger::default(),
            failures: 0,
            paused: None,
            hindered: false,
            waiting: Vec::new(),
        }
    }

    /// Works until the service is gone.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<PrefetchEvent>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let idle = self.clients.is_empty() && self.ledger.is_empty();
            tokio::select! {
                biased;
                Some(ended) = self.tasks.join_next() => {
                    if let Ok((artifact, fetched)) = ended {
                        self.ended(&artifact, &fetched);
                    }
                }
                event = events.recv() => match event {
                    Some(event) => self.happened(event),
                    None => return,
                },
                _ = tick.tick(), if !idle => self.tick(),
            }
            self.fill();
            if self.tasks.is_empty() && events.is_empty() {
                for told in self.waiting.drain(..) {
                    // Whoever wanted to know may have left.
                    let _left = told.send(());
                }
            }
            let running = i64::try_from(self.tasks.len()).unwrap_or(i64::MAX);
            self.metrics.running.set(running);
        }
    }

    fn happened(&mut self, event: PrefetchEvent) {
        match event {
            PrefetchEvent::Asked {
                address,
                artifact,
                cold,
                go_mod,
            } => self.asked(address, &artifact, cold, go_mod.as_deref()),
            PrefetchEvent::Asking { address, artifact } => self.asking(address, artifact),
            PrefetchEvent::Arrived { artifact, go_mod } => self.arrived(&artifact, &go_mod),
            PrefetchEvent::Follow { address, plan } => self.follow(address, plan),
            PrefetchEvent::Posted { artifact, bytes } => self.note(artifact, bytes),
            PrefetchEvent::Settle(told) => self.waiting.push(told),
        }
    }

    fn asking(&mut self, address: IpAddr, artifact: Artifact) {
        if artifact.kind == ArtifactKind::Mod {
            if self.awaited.len() < AWAITED {
                self.awaited.entry(artifact).or_default().insert(address);
            }
            return;
        }
        // A client that is not known has not waited yet.
        if let Some(client) = self.clients.get_mut(&address) {
            client.forecast.asking_zip(&artifact);
            self.make_hungry(address);
        }
    }

    /// Reads on in a go.mod while its proof is still looked up: waiting for each level's proof
    /// before the next is begun would double the time of a cold graph.
    fn arrived(&mut self, artifact: &Artifact, go_mod: &[u8]) {
        let awaited = self.awaited.remove(artifact).unwrap_or_default();
        let running = self.running.get_mut(artifact);
        let ahead = running.map(|running| {
            // What is left to do for it asks for no artifact.
            running.room = None;
            running.clients.clone()
        });
        let module = Module::of(artifact);
        let mut read = None;
        for address in awaited.iter().chain(ahead.iter().flatten()) {
            let client = client(&mut self.clients, *address, self.level);
            if awaited.contains(address) {
                client.forecast.asked(artifact, true);
            }
            if client.forecast.wants_requirements() {
                let read = read.get_or_insert_with(|| Requirements::read(go_mod));
                client.forecast.known(&module, read.clone());
            }
            self.make_hungry(*address);
        }
    }

    fn asked(&mut self, address: IpAddr, artifact: &Artifact, cold: bool, go_mod: Option<&[u8]>) {
        if let Some(bytes) = self.ledger.asked(artifact) {
            self.hit(artifact.kind, bytes);
        }
        self.awaited.remove(artifact);
        let module = Module::of(artifact);
        let cache = &self.requirements;
        let client = client(&mut self.clients, address, self.level);
        client.forecast.asked(artifact, cold);
        if let Some(bytes) = go_mod.filter(|_| client.forecast.wants_requirements()) {
            let read = cache.get_with(module.clone(), || Requirements::read(bytes));
            client.forecast.known(&module, read);
        }
        self.make_hungry(address);
    }

    fn follow(&mut self, address: IpAddr, plan: Plan) {
        client(&mut self.clients, address, self.level)
            .forecast
            .follow(plan);
        self.make_hungry(address);
    }

    fn ended(&mut self, artifact: &Artifact, fetched: &AheadOutcome) {
        let waiting = self.running.remove(artifact).map(|running| running.clients);
        let waiting = waiting.unwrap_or_default();
        let module = Module::of(artifact);
        let requirements = self.requirements_of(artifact, &module, fetched);
        let bytes = self.account(artifact, fetched);
        for address in waiting {
            let Some(client) = self.clients.get_mut(&address) else {
                continue;
            };
            match bytes {
                Some(bytes) => client.forecast.fetched(artifact, bytes),
                None => client.forecast.dropped(artifact),
            }
            if let Some(requirements) = requirements.clone() {
                client.forecast.known(&module, requirements);
            }
            self.make_hungry(address);
        }
    }

    fn requirements_of(
        &self,
        artifact: &Artifact,
        module: &Module,
        fetched: &AheadOutcome,
    ) -> Option<Requirements> {
        if artifact.kind != ArtifactKind::Mod {
            return None;
        }
        let cached = self.requirements.get(module);
        cached.or_else(|| {
            let read = fetched.requirements()?;
            self.requirements.insert(module.clone(), read.clone());
            Some(read)
        })
    }

    /// Counts what was fetched; gives its size, or nothing if it failed.
    fn account(&mut self, artifact: &Artifact, fetched: &AheadOutcome) -> Option<u64> {
        match fetched {
            AheadOutcome::Kept(_) => Some(0),
            AheadOutcome::Fresh(bytes, _) => {
                self.failures = 0;
                self.note(artifact.clone(), *bytes);
                Some(*bytes)
            }
            AheadOutcome::Absent => {
                self.skip("absent");
                None
            }
            AheadOutcome::Failed => {
                self.failures += 1;
                self.skip("failed");
                if self.failures >= FAILURES {
                    self.failures = 0;
                    self.paused = Some(Instant::now() + PAUSE);
                }
                None
            }
        }
    }

    /// Something was fetched ahead.
    fn note(&mut self, artifact: Artifact, bytes: u64) {
        let kind = label(artifact.kind);
        self.metrics.fetched.get_or_create(&kind).inc();
        self.metrics
            .fetched_bytes
            .get_or_create(&kind)
            .inc_by(bytes);
        // Demand that joined the transfer has asked for it already.
        let asked = |client: &ClientForecast| client.forecast.has_asked(&artifact);
        if self.clients.values().any(asked) {
            self.hit(artifact.kind, bytes);
        } else {
            self.ledger.fetched(artifact, bytes, Instant::now());
        }
    }

    fn hit(&self, kind: ArtifactKind, bytes: u64) {
        let kind = label(kind);
        self.metrics.hits.get_or_create(&kind).inc();
        self.metrics.hit_bytes.get_or_create(&kind).inc_by(bytes);
    }

    fn tick(&mut self) {
        self.hindered = false;
        // What did not come for so long may never; its foresight begins with the answer then.
        self.awaited.clear();
        let now = Instant::now();
        while let Some(wasted) = self.ledger.wasted(now) {
            let kind = label(wasted.kind);
            self.metrics.wasted.get_or_create(&kind).inc();
            self.metrics
                .wasted_bytes
                .get_or_create(&kind)
                .inc_by(wasted.bytes);
        }
        self.clients
            .retain(|_, client| now.saturating_duration_since(client.last) < IDLE);
        let addresses: Vec<IpAddr> = self.clients.keys().copied().collect();
        for address in addresses {
            self.make_hungry(address);
        }
    }

    fn make_hungry(&mut self, address: IpAddr) {
        if let Some(client) = self.clients.get_mut(&address)
            && !std::mem::replace(&mut client.hungry, true)
        {
            self.hungry.push_back(address);
        }
    }

    /// Begins as many fetches as there is room for.
    fn fill(&mut self) {
        if self.hungry.is_empty() || !self.may_begin() {
            return;
        }
        let Some(fetcher) = self.fetcher.upgrade() else {
            return;
        };
        let mut still_hungry = Vec::new();
        while let Some(address) = self.hungry.pop_front() {
            let small = self.begin(&fetcher, address, ArtifactKind::Mod);
            let zip = self.begin(&fetcher, address, ArtifactKind::Zip);
            match (small, zip) {
                (FetchStart::Yes, _) | (_, FetchStart::Yes) => self.hungry.push_back(address),
                (FetchStart::NoRoom, _) | (_, FetchStart::NoRoom) => still_hungry.push(address),
                (FetchStart::Nothing, FetchStart::Nothing) => {
                    if let Some(client) = self.clients.get_mut(&address) {
                        client.hungry = false;
                    }
                }
            }
        }
        self.hungry.extend(still_hungry);
    }

    fn may_begin(&mut self) -> bool {
        match self.paused {
            Some(until) if Instant::now() < until => false,
            _ => {
                self.paused = None;
                true
            }
        }
    }

    /// Begins the client's next fetch of this sort.
    fn begin(
        &mut self,
        fetcher: &Arc<dyn AheadFetcher>,
        address: IpAddr,
        sort: ArtifactKind,
    ) -> FetchStart {
        let zips = sort == ArtifactKind::Zip;
        if zips && self.weight() >= BUDGET_OF_ALL {
            return FetchStart::Nothing;
        }
        if self.tasks.len() >= TASKS {
            return FetchStart::NoRoom;
        }
        let Some(room) = self.rooms.now(sort) else {
            return FetchStart::NoRoom;
        };
        if let Some(reason) = fetcher.hindrance(sort) {
            // Counted once a tick: how long it was hindered, not how many clients took their turn.
            if !std::mem::replace(&mut self.hindered, true) {
                self.skip(reason);
            }
            return FetchStart::Nothing;
        }
        let Some(client) = self.clients.get_mut(&address) else {
            return FetchStart::Nothing;
        };
        let next = if zips {
            client.forecast.next_zip()
        } else {
            client.forecast.next_small()
        };
        match next {
            Some(artifact) => {
                self.start(fetcher, artifact, address, room);
                FetchStart::Yes
            }
            None => FetchStart::Nothing,
        }
    }

    fn start(
        &mut self,
        fetcher: &Arc<dyn AheadFetcher>,
        artifact: Artifact,
        address: IpAddr,
        room: OwnedSemaphorePermit,
    ) {
        let running = self.running.entry(artifact.clone()).or_default();
        running.clients.insert(address);
        if running.clients.len() > 1 {
            return;
        }
        running.room = Some(room);
        let fetcher = Arc::clone(fetcher);
        self.tasks.spawn(async move {
            let outcome = fetcher.fetch(&artifact).await;
            (artifact, outcome)
        });
    }

    fn weight(&self) -> u64 {
        let weights = self.clients.values().map(|client| client.forecast.weight());
        weights.sum()
    }

    fn skip(&self, reason: &'static str) {
        self.metrics
            .skipped
            .get_or_create(&SkipReason { reason })
            .inc();
    }
}

/// Whether a fetch was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FetchStart {
    Yes,
    NoRoom,
    Nothing,
}

/// The client at this address, as it is known or new.
fn client(
    clients: &mut HashMap<IpAddr, ClientForecast>,
    address: IpAddr,
    level: Level,
) -> &mut ClientForecast {
    let now = Instant::now();
    if clients.len() >= CLIENTS && !clients.contains_key(&address) {
        let silent = clients.iter().min_by_key(|(_, client)| client.last);
        if let Some(silent) = silent.map(|(address, _)| *address) {
            clients.remove(&silent);
        }
    }
    let client = clients.entry(address).or_insert_with(|| ClientForecast {
        forecast: Forecast::new(level, BUDGET),
        last: now,
        hungry: false,
    });
    client.last = now;
    client
}

fn label(kind: ArtifactKind) -> AheadKind {
    AheadKind {
        kind: kind.extension(),
    }
}
