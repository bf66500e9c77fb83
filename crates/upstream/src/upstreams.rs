//! All sources of a list, shared by everybody who asks.

use std::{collections::BTreeMap, fmt, sync::Arc};

use gomod::goproxy::ProxyList;
use vcs::{DirectOptions, DirectSource};

use crate::{
    BreakerState, BuildError, DatabaseOutcome, Download, Force, RequestClass, SourceName,
    UpstreamOptions, Walk,
    inside::AllowedNets,
    network_gate::GuardedNetwork,
    options::DirectSettings,
    plan::{Place, Plan, Stop, word},
    request::RequestPath,
    source::{Manner, Priority, Reply, Source},
    sumdb::{self, Databases},
    tls,
};

/// The sources of a GOPROXY list. Cloning shares them.
#[derive(Clone)]
pub struct Upstreams {
    shared: Arc<UpstreamParts>,
}

pub(crate) struct UpstreamParts {
    pub(crate) stops: Arc<[Stop]>,
    pub(crate) sources: Vec<Source>,
    pub(crate) databases: Databases,
}

/// One breaker, for gauges and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerView {
    /// Whose it is.
    pub source: SourceName,
    /// Which requests it stands before.
    pub class: RequestClass,
    /// Its state.
    pub state: BreakerState,
    /// What failed last there, in a line; empty if nothing did.
    pub why: String,
}

/// Version control as a source. Hosts of private modules may be anywhere: an operator named them.
fn direct(
    settings: &DirectSettings,
    tls: &rustls::ClientConfig,
    options: &UpstreamOptions,
) -> Result<Source, BuildError> {
    let allowed = if settings.is_private {
        AllowedNets::everything()
    } else {
        options.allow_net.clone()
    };
    let network = GuardedNetwork::try_new(tls, options, allowed, settings.is_private)?;
    let source = DirectSource::new(DirectOptions {
        policy: settings.policy.clone(),
        is_private: settings.is_private,
        repositories: settings.repositories.clone(),
        network: Arc::new(network),
    });
    Ok(Source::direct(source, options))
}

// === impl UpstreamParts ===

impl UpstreamParts {
    /// The sources of the list, and the databases that have a URL of their own.
    fn all_sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().chain(self.databases.sources())
    }
}

// === impl Upstreams ===

impl Upstreams {
    /// Prepares one client per source. Asks nothing yet.
    ///
    /// # Errors
    /// Whatever would make every request fail: a URL, the trusted roots, the corporate proxy.
    pub fn new(list: &ProxyList, options: &UpstreamOptions) -> Result<Self, BuildError> {
        let tls = tls::client_config(options.ca.as_deref())?;
        let Plan { stops, urls } = Plan::of(list, options.direct.is_some())?;
        let mut sources = urls
            .iter()
            .map(|url| Source::try_new(url, &tls, options))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(settings) = &options.direct
            && stops
                .iter()
                .any(|stop| stop.place == Place::Source(urls.len()))
        {
            sources.push(direct(settings, &tls, options)?);
        }
        let mut routes = BTreeMap::new();
        for (name, route) in &options.databases {
            routes.insert(
                name.clone(),
                route.with(Source::try_new(route.url(), &tls, options)?),
            );
        }
        Ok(Self {
            shared: Arc::new(UpstreamParts {
                stops,
                sources,
                databases: Databases::new(routes),
            }),
        })
    }

    /// A walk along the list for one path of the module protocol: escaped, without leading slash,
    /// `github.com/!foo/bar/@v/v1.0.0.mod`. Asks nothing before [`Walk::next`].
    pub fn walk(&self, path: &str) -> Walk {
        Walk::new(Arc::clone(&self.shared), path)
    }

    /// A walk to each source of the list by itself, in order: for what all of them are to be asked.
    pub fn walks(&self, path: &str) -> Vec<(SourceName, Walk)> {
        let source = |index: usize| {
            let source = self.shared.sources.get(index)?;
            let walk = Walk::to(Arc::clone(&self.shared), path, index);
            Some((source.name().clone(), walk))
        };
        let sources = self.shared.stops.iter().map_while(|stop| match stop.place {
            Place::Source(index) => Some(index),
            Place::Direct | Place::Off => None,
        });
        sources.filter_map(source).collect()
    }

    /// Asks one source for a copy, whatever the list says about when it has its turn: for content
    /// that can be proven. `source` is its name as in [`Upstreams::describe`]. Nothing where it has
    /// no copy to give.
    pub async fn copy(&self, source: &SourceName, path: &str, limit: u64) -> Option<Download> {
        self.copy_at(Priority::Demand, source, path, limit).await
    }

    /// The same for what nobody waits for: a source may turn it away.
    pub async fn copy_in_background(
        &self,
        source: &SourceName,
        path: &str,
        limit: u64,
    ) -> Option<Download> {
        self.copy_at(Priority::Background, source, path, limit)
            .await
    }

    async fn copy_at(
        &self,
        priority: Priority,
        source: &SourceName,
        path: &str,
        limit: u64,
    ) -> Option<Download> {
        let path = RequestPath::try_new(path).ok()?;
        let source = self
            .shared
            .sources
            .iter()
            .find(|candidate| candidate.name() == source)?;
        let manner = Manner {
            priority,
            leads_on: true,
            header_only: false,
        };
        match source.fetch(&path, limit, manner).await {
            Reply::Found(download) => Some(download),
            Reply::Absent(_) | Reply::Failed(_) => None,
        }
    }

    /// Whether this database is reached by a URL of its own and by nothing else.
    pub fn asks_directly(&self, name: &str) -> bool {
        self.shared.databases.is_direct(name)
    }

    /// Asks the checksum database of this name; `path` is what follows the name in the protocol:
    /// `supported`, `latest`, `lookup/MODULE@VERSION`, `tile/…`, escaped.
    pub async fn sumdb(&self, name: &str, path: &str) -> DatabaseOutcome {
        sumdb::ask(&self.shared, name, path, Priority::Demand).await
    }

    /// The same for what nobody waits for. It takes at most half of the slots at a source, and none
    /// while demand waits for one; it is never asked twice or retried; and a source that is not well
    /// at databases is not asked at all. Each of these refusals is a
    /// [`DatabaseOutcome::Unavailable`], and says nothing about the database.
    pub async fn sumdb_in_background(&self, name: &str, path: &str) -> DatabaseOutcome {
        sumdb::ask(&self.shared, name, path, Priority::Background).await
    }

    /// Whether asking ahead of demand makes sense now: the list leads to a source that is well at
    /// this class of request and has room. Costs next to nothing, promises nothing.
    pub fn calm(&self, class: RequestClass) -> bool {
        for stop in self.shared.stops.iter() {
            let Place::Source(index) = stop.place else {
                return false;
            };
            match self.shared.sources.get(index) {
                Some(source) if source.is_calm(class) => return true,
                Some(_) if stop.past_failure => {}
                _ => return false,
            }
        }
        false
    }

    /// Whether the list names no source that could be asked, as `off` does: nothing will ever be fetched.
    pub fn reach_nobody(&self) -> bool {
        let mut stops = self.shared.stops.iter();
        !stops.any(|stop| matches!(stop.place, Place::Source(_)))
    }

    /// Whether the list leads to a source that could give an artifact now, as far as a second can tell:
    /// for whoever answers from memory with what sends others there.
    pub async fn are_there(&self) -> bool {
        for stop in self.shared.stops.iter() {
            let Place::Source(index) = stop.place else {
                return false;
            };
            match self.shared.sources.get(index) {
                Some(source) if source.is_there().await => return true,
                Some(_) if stop.past_failure => {}
                _ => return false,
            }
        }
        false
    }

    /// The state of every breaker, for gauges and for people.
    pub fn breakers(&self) -> Vec<BreakerView> {
        let view = |source: &Source, class: RequestClass| {
            let (state, why) = source.state(class);
            BreakerView {
                source: source.name().clone(),
                class,
                state,
                why,
            }
        };
        let of_source = |source| RequestClass::ALL.map(|class: RequestClass| view(source, class));
        self.shared.all_sources().flat_map(of_source).collect()
    }

    /// An operator's order for all breakers of a source, or for one class; `source` is its name as
    /// in [`Upstreams::describe`]. Gives how many breakers obeyed: 0 if there is no such source.
    pub fn force(&self, source: &str, class: Option<RequestClass>, force: Force) -> usize {
        let classes = class.map_or(RequestClass::ALL.to_vec(), |class| vec![class]);
        let named = |candidate: &&Source| candidate.name().as_str() == source;
        let mut obeyed = 0;
        for source in self.shared.all_sources().filter(named) {
            for class in &classes {
                source.force(*class, force);
                obeyed += 1;
            }
        }
        obeyed
    }

    /// The names of all that is asked: the list's sources, and databases with a URL of their own.
    pub fn sources(&self) -> impl Iterator<Item = &SourceName> {
        self.shared.all_sources().map(Source::name)
    }

    /// The names of the list's stops in order, `direct` and `off` included, for people to read.
    pub fn describe(&self) -> Vec<SourceName> {
        let name = |stop: &Stop| match stop.place {
            Place::Source(index) => self
                .shared
                .sources
                .get(index)
                .map(|source| source.name().clone()),
            place => Some(word(place)),
        };
        self.shared.stops.iter().filter_map(name).collect()
    }
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upstreams").field(&self.describe()).finish()
    }
}
