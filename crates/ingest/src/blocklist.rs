//! Blocklist: what is refused by policy (403), whatever is kept or can be had of it.
//!
//! Two things make it up: versions that an operator withdrew, which the store remembers, and the deny
//! list of the configuration. Both may change while requests are answered; each change makes a new value
//! that takes the place of the old one, and then everything that was computed from the old one is
//! forgotten. Where neither has an entry, as nearly everywhere, a request costs the look at one flag.
//!
//! A refusal stands before anything is looked up or asked of a source. Lists leave out what is refused,
//! and `@latest` and queries never mean it. A transfer that was under way when the order came is asked
//! again at its end, before its last bytes are shown, so none is completed after the order; what was
//! answered in full before it was answered rightly then.

use crate::deny::{DenyEntry, DenyList};
use codes::Code;
use gomod::{Artifact, ModulePath, Version};
use jiff::Timestamp;
use parking_lot::RwLock;
use protocol::{Clock, Refusal, Resource};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{MarkedVersion, StoredVersion};

/// What is refused at present.
#[derive(Debug)]
pub struct Blocklist {
    /// Whether there is anything; read by every request.
    any: AtomicBool,
    entries: RwLock<Arc<BlockedEntries>>,
    clock: Clock,
}

#[derive(Debug, Clone, Default)]
struct BlockedEntries {
    withdrawn: HashMap<(ModulePath, Version), MarkedVersion>,
    denied: DenyList,
}

// === impl Blocklist ===

impl Blocklist {
    pub(crate) fn new(denied: &DenyList, clock: &Clock) -> Self {
        let list = Self {
            any: AtomicBool::new(false),
            entries: RwLock::default(),
            clock: clock.clone(),
        };
        list.change(|blocked| blocked.denied = denied.clone());
        list
    }

    fn change(&self, change: impl FnOnce(&mut BlockedEntries)) {
        let mut present = self.entries.write();
        let mut blocked = BlockedEntries::clone(&present);
        change(&mut blocked);
        let any = !blocked.withdrawn.is_empty() || !blocked.denied.is_empty();
        *present = Arc::new(blocked);
        self.any.store(any, Ordering::Release);
    }

    /// What is refused now; nothing where nothing is.
    fn present(&self) -> Option<Arc<BlockedEntries>> {
        self.any
            .load(Ordering::Acquire)
            .then(|| Arc::clone(&self.entries.read()))
    }

    /// Why a request is refused by policy, if it is.
    pub fn refusal_of(&self, resource: &Resource) -> Option<Refusal> {
        let blocked = self.present()?;
        blocked.resource(resource, self.clock.now())
    }

    /// Why a version is refused by policy, if it is.
    pub fn refusal_of_version(&self, module: &ModulePath, version: &Version) -> Option<Refusal> {
        let blocked = self.present()?;
        blocked.version(module, version, self.clock.now())
    }

    /// Refuses an artifact that is refused by policy.
    pub(crate) fn permit(&self, artifact: &Artifact) -> Result<(), Refusal> {
        match self.refusal_of_version(&artifact.module, &artifact.version) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Without the versions that are refused.
    pub fn permitted_versions(
        &self,
        module: &ModulePath,
        mut kept: Vec<StoredVersion>,
    ) -> Vec<StoredVersion> {
        if let Some(blocked) = self.present() {
            let now = self.clock.now();
            kept.retain(|kept| blocked.version(module, &kept.version, now).is_none());
        }
        kept
    }

    /// The text of a remembered list without the lines of versions that are refused.
    pub fn permitted_list<'l>(&self, module: &ModulePath, text: Cow<'l, str>) -> Cow<'l, str> {
        let Some(blocked) = self.present() else {
            return text;
        };
        let now = self.clock.now();
        let is_permitted = |line: &&str| {
            let word = line.split_whitespace().next().unwrap_or_default();
            let version = Version::parse(word);
            version.map_or(true, |version| {
                blocked.version(module, &version, now).is_none()
            })
        };
        let lines = text.lines().filter(is_permitted);
        Cow::Owned(lines.flat_map(|line| [line, "\n"]).collect())
    }

    /// What the configuration denies from now on. Says whether that is something else than before: then
    /// whoever calls this forgets what was computed.
    pub fn deny(&self, denied: DenyList) -> bool {
        let is_new = self.entries.read().denied != denied;
        if is_new {
            self.change(|blocked| blocked.denied = denied);
        }
        is_new
    }

    /// What operators withdrew, from now on. Whoever calls this forgets what was computed.
    pub fn withdraw_all(&self, withdrawn: Vec<MarkedVersion>) {
        let named = |withdrawn: MarkedVersion| {
            let name = (withdrawn.module.clone(), withdrawn.version.clone());
            (name, withdrawn)
        };
        let withdrawn = withdrawn.into_iter().map(named).collect();
        self.change(|blocked| blocked.withdrawn = withdrawn);
    }
}

// === impl BlockedEntries ===

impl BlockedEntries {
    fn version(&self, module: &ModulePath, version: &Version, now: Timestamp) -> Option<Refusal> {
        let withdrawn = self.withdrawn.get(&(module.clone(), version.clone()));
        withdrawn.map(withdrawn_refusal).or_else(|| {
            self.denied
                .version(module, version, now)
                .map(denied_refusal)
        })
    }

    fn resource(&self, resource: &Resource, now: Timestamp) -> Option<Refusal> {
        match resource {
            Resource::Artifact(artifact) => self.version(&artifact.module, &artifact.version, now),
            Resource::List(module) | Resource::Latest(module) | Resource::Query { module, .. } => {
                self.denied.module(module, now).map(denied_refusal)
            }
            Resource::Proof(_) | Resource::Cases(_) | Resource::Sumdb { .. } => None,
        }
    }
}

fn withdrawn_refusal(withdrawn: &MarkedVersion) -> Refusal {
    let day = withdrawn.at.strftime("%F");
    let facts = format!("{} (since {day})", withdrawn.reason);
    Refusal::new(Code::VersionWithdrawn, facts)
}

fn denied_refusal(entry: &DenyEntry) -> Refusal {
    Refusal::new(Code::VersionDenied, &entry.reason)
}
