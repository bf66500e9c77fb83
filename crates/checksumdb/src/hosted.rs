//! Hosted databases: the checksum databases of this site.
//!
//! One of them is active and takes records; the others, whose names were in use before, are served
//! as they are. Here heads are signed, shown and compared; what is asked below `sumdb/NAME/` is
//! answered by whoever answers requests, and what its records say of arriving bytes is held against them by
//! [`crate::verification`].
//!
//! * A head is signed when somebody needs a record that the one that is shown does not have. All who
//!   wait meanwhile share it.
//! * A database that lost something, or is contradicted by a head with its own signature, answers
//!   nothing but that, and wakes a person: each further answer could only make it worse.
//! * What nobody signed ends nothing: while a witness disputes the newest head no further one is shown.

mod dispute;
mod witnesses;

pub use witnesses::Witness;

use alarm::{Alarm, AlarmKind, AlarmLog, Severity};
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use memory::MemoryCache;
use protocol::{Evidence, PrivacyRules, Refusal};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use store::{
    Key, Store, VersionProof,
    own::{
        DatabaseHalt, DatabaseHead, DatabaseHeadError, DatabaseLog, DatabaseRecord, HeadComparison,
    },
};
use tokio::sync::Mutex;
use witnesses::Panel;

/// Records looked at in one step.
const PAGE: usize = 200;

/// What the active database has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Records of private modules.
    #[default]
    Private,
    /// Those of public ones too, copied from the public database after proof.
    All,
}

/// What an operator may choose about databases of the site's own.
#[derive(Debug, Clone, Default)]
pub struct OwnOptions {
    /// All whose keys are here.
    pub databases: Vec<DatabaseLog>,
    /// The name of the active one; none takes records without it.
    pub active: Option<String>,
    /// What that has.
    pub scope: Scope,
    /// Who is asked to sign its heads.
    pub witnesses: Vec<Witness>,
    /// How many of them must, before a head is shown.
    pub quorum: usize,
}

/// The databases, as requests meet them.
pub struct HostedDatabases {
    databases: Vec<Arc<HostedDatabase>>,
    active: Option<Arc<HostedDatabase>>,
    scope: Scope,
    /// Who signs the heads of the active one.
    panel: Panel,
    store: Store,
    privacy: Arc<PrivacyRules>,
    memory: Arc<MemoryCache>,
    alarms: AlarmLog,
}

/// One database.
pub struct HostedDatabase {
    /// Its log.
    pub database: DatabaseLog,
    /// Held by whoever signs and shows.
    turn: Mutex<()>,
    halted: AtomicBool,
    /// Whether a later start shows no more than what was shown before a dispute.
    withheld: AtomicBool,
    /// Up to which number records were looked at for their proofs.
    vouched: AtomicU64,
}

// === impl HostedDatabases ===

impl HostedDatabases {
    /// The databases of these options.
    pub fn new(
        options: &OwnOptions,
        store: &Store,
        privacy: &Arc<PrivacyRules>,
        memory: &Arc<MemoryCache>,
        alarms: &AlarmLog,
    ) -> Self {
        let serve = |database: &DatabaseLog| {
            Arc::new(HostedDatabase {
                database: database.clone(),
                turn: Mutex::new(()),
                halted: AtomicBool::new(false),
                withheld: AtomicBool::new(false),
                vouched: AtomicU64::new(0),
            })
        };
        let databases: Vec<_> = options.databases.iter().map(serve).collect();
        let active = databases
            .iter()
            .find(|served| Some(served.database.name()) == options.active.as_deref())
            .cloned();
        Self {
            databases,
            active,
            scope: options.scope,
            panel: Panel::new(options.witnesses.clone(), options.quorum),
            store: store.clone(),
            privacy: Arc::clone(privacy),
            memory: Arc::clone(memory),
            alarms: alarms.clone(),
        }
    }

    /// The database of this name.
    pub fn named(&self, name: &str) -> Option<&Arc<HostedDatabase>> {
        let mut databases = self.databases.iter();
        databases.find(|served| served.database.name() == name)
    }

    /// Whether there is any.
    pub(crate) fn is_some(&self) -> bool {
        !self.databases.is_empty()
    }

    /// All of them, in the order of their names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &HostedDatabase> {
        self.databases.iter().map(|served| &**served)
    }

    /// The database that takes records, as long as it may.
    pub fn active(&self) -> Option<&Arc<HostedDatabase>> {
        self.active.as_ref().filter(|served| served.takes_records())
    }

    /// The database that was chosen to take records, whether it may or not.
    pub(crate) fn chosen(&self) -> Option<&Arc<HostedDatabase>> {
        self.active.as_ref()
    }

    /// Whether records of public modules are in scope.
    pub fn has_public(&self) -> bool {
        self.scope == Scope::All
    }

    fn is_active(&self, served: &HostedDatabase) -> bool {
        let active = self.active.as_ref();
        active.is_some_and(|active| active.database.name() == served.database.name())
    }

    /// The head of a database that may be shown.
    fn shown(&self, served: &HostedDatabase) -> Option<Arc<DatabaseHead>> {
        let shown = served.database.published()?;
        (!self.is_active(served) || self.panel.suffices(&shown)).then_some(shown)
    }

    /// Whether one of the databases must not sign any more.
    pub(crate) fn is_any_halted(&self) -> bool {
        self.databases.iter().any(|served| served.is_halted())
    }

    /// What does not work, in words.
    pub fn troubles(&self) -> impl Iterator<Item = String> {
        let halted = self.databases.iter().filter(|served| served.is_halted());
        let halted = halted.map(|served| {
            let name = served.database.name();
            format!("the checksum database {name} has stopped signing")
        });
        halted.chain(self.databases.iter().flat_map(|served| {
            let disputes = self.panel.disputes(served.database.name());
            let name = served.database.name();
            disputes.into_iter().map(move |(witness, why)| {
                format!("no further head of {name} is shown: {witness} {why}")
            })
        }))
    }
}

// === impl HostedDatabase ===

impl HostedDatabase {
    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }

    fn takes_records(&self) -> bool {
        !self.database.is_retired() && !self.is_halted()
    }
}

// === impl HostedDatabases ===

impl HostedDatabases {
    /// Looks at every database of our own before anybody asks.
    pub async fn begin(&self) {
        for served in &self.databases {
            match served.database.settle().await {
                Ok(None) => self.ask_what_was_seen(served).await,
                Ok(Some(halt)) => drop(self.halted(served, &halt).await),
                Err(error) => {
                    let name = served.database.name();
                    tracing::error!(%error, name, "a checksum database cannot be opened");
                }
            }
        }
    }

    /// Asks the witnesses about the newest head that is known, before another is signed.
    async fn ask_what_was_seen(&self, served: &HostedDatabase) {
        let database = &served.database;
        self.recall_disputes(database).await;
        // Signed, not shown: a witness may have seen a head that still waits for others.
        let Ok(Some(head)) = database.signed().await else {
            return;
        };
        if !self.is_active(served) {
            return;
        }
        if let Some(dispute) = self.panel.ask(database, &head).await.dispute {
            self.disputed(served, dispute).await;
        }
        self.note_disputes(database).await;
    }

    /// The newest head that may be shown.
    pub async fn head(&self, served: &HostedDatabase) -> Result<Arc<DatabaseHead>, Refusal> {
        let _turn = served.turn.lock().await;
        match self.show_newest(served).await {
            Ok(shown) => Ok(shown),
            // A disk that cannot be written, witnesses that do not answer: what was shown before is
            // still true.
            Err(refusal) if refusal.code != Code::OwnSumdbHalted => {
                let shown = self.shown(served);
                shown.filter(|shown| shown.head.size > 0).ok_or(refusal)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// A head with the record of this number.
    pub async fn head_with(
        &self,
        served: &HostedDatabase,
        number: u64,
    ) -> Result<Arc<DatabaseHead>, Refusal> {
        let shown = || {
            let shown = self.shown(served);
            shown.filter(|shown| shown.head.size > number)
        };
        if let Some(shown) = shown() {
            return Ok(shown);
        }
        let _turn = served.turn.lock().await;
        if let Some(shown) = shown() {
            return Ok(shown);
        }
        let newest = self.show_newest(served).await?;
        if newest.head.size > number {
            Ok(newest)
        } else {
            Err(Refusal::internal("a record is in no head"))
        }
    }

    /// Signs a head of all records and shows it, if it may be.
    async fn show_newest(&self, served: &HostedDatabase) -> Result<Arc<DatabaseHead>, Refusal> {
        let (database, panel) = (&served.database, &self.panel);
        self.settle_disputes(served).await?;
        let signed = match database.sign().await {
            Ok(signed) => signed,
            Err(error) => return Err(self.unsigned(served, error).await),
        };
        if let Some(shown) = self.shown(served).filter(|shown| shown.head == signed.head) {
            return Ok(shown);
        }
        let (mut cosignatures, mut waits) = (Vec::new(), false);
        if self.is_active(served) && !panel.is_empty() {
            let asked = panel.ask(database, &signed).await;
            self.note_disputes(database).await;
            if let Some(dispute) = asked.dispute {
                return Err(self.disputed(served, dispute).await);
            }
            (cosignatures, waits) = (asked.cosignatures, panel.quorum() > 0);
            if cosignatures.len() < panel.quorum() {
                let facts = format!(
                    "{}: {} of {}",
                    database.name(),
                    cosignatures.len(),
                    panel.quorum()
                );
                return Err(Refusal::new(Code::WitnessesMissing, facts));
            }
        }
        match database.publish(&signed, &cosignatures, waits).await {
            Ok(shown) => {
                served.withheld.store(false, Ordering::Release);
                Ok(shown)
            }
            Err(error) => Err(self.unsigned(served, error).await),
        }
    }

    async fn unsigned(&self, served: &HostedDatabase, error: DatabaseHeadError) -> Refusal {
        match error {
            DatabaseHeadError::Halted(halt) => self.halted(served, &halt).await,
            DatabaseHeadError::Store(error) => self.alarms.store_failure(error),
        }
    }

    /// Keeps the proofs of records that nobody has looked up: with them a private version is proven
    /// to whoever has no more than its files and the key, also where clients ask no database of ours.
    pub async fn vouch_for_all(&self) -> Result<(), Refusal> {
        let Some(served) = self.active() else {
            return Ok(());
        };
        loop {
            let first = served.vouched.load(Ordering::Relaxed);
            let records = served.database.unproven(first, PAGE).await;
            let records = records.map_err(|error| self.alarms.store_failure(error))?;
            let Some((_, _, last)) = records.last() else {
                return Ok(());
            };
            let next = last.number + 1;
            for (module, version, record) in &records {
                // What is copied has the public database's proof.
                if self.privacy.is_unlogged(module) {
                    let head = self.head_with(served, record.number).await?;
                    self.vouch(served, (module, version), record, &head).await?;
                }
            }
            served.vouched.store(next, Ordering::Relaxed);
        }
    }

    /// Keeps the proof of a private version's record, unless there is one, and lets its captures say
    /// so.
    pub async fn vouch(
        &self,
        served: &HostedDatabase,
        (module, version): (&ModulePath, &Version),
        record: &DatabaseRecord,
        head: &DatabaseHead,
    ) -> Result<(), Refusal> {
        let failed = |error| self.alarms.store_failure(error);
        let database = &served.database;
        let kept = self.store.proof(module, version, database.name()).await;
        if kept.map_err(failed)?.is_some() {
            return Ok(());
        }
        let file = database.proof(record, head).await.map_err(failed)?;
        let proof = VersionProof {
            module: module.clone(),
            version: version.clone(),
            database: database.name().to_owned(),
            record: record.number,
            file: file.to_string(),
            evidence: Evidence::checksum_database(database.name(), record.number),
        };
        let captures = [ArtifactKind::Mod, ArtifactKind::Zip].map(|kind| {
            Key::Artifact(Artifact {
                module: module.clone(),
                version: version.clone(),
                kind,
            })
        });
        let proven = self.store.prove(proof, captures.to_vec()).await;
        proven.map_err(failed)?;
        for capture in captures {
            self.memory.forget(&capture.path());
        }
        Ok(())
    }

    /// Refuses whatever is asked of a database that has stopped signing.
    pub async fn refuse_halted(&self, served: &HostedDatabase) -> Result<(), Refusal> {
        if !served.is_halted() {
            return Ok(());
        }
        match served.database.settle().await {
            Ok(Some(halt)) => Err(self.halted(served, &halt).await),
            Ok(None) => Ok(()),
            Err(error) => Err(self.alarms.store_failure(error)),
        }
    }

    /// Compares a head that somebody has seen with what is here.
    pub async fn compare(&self, name: &str, note: &[u8]) -> Result<&'static str, Refusal> {
        let unknown = || Refusal::new(Code::SumdbUnsupported, name);
        let served = self.named(name).ok_or_else(unknown)?;
        let echo = match served.database.compare(note).await {
            Ok(Ok(echo)) => echo,
            Ok(Err(error)) => {
                return Err(Refusal::new(Code::SumdbUntrusted, error.to_string()));
            }
            Err(DatabaseHeadError::Halted(halt)) => return Err(self.halted(served, &halt).await),
            Err(DatabaseHeadError::Store(error)) => return Err(self.alarms.store_failure(error)),
        };
        match echo {
            HeadComparison::Newest => Ok("consistent: it is the newest head here"),
            HeadComparison::Older => Ok("older: it is the beginning of the newest head here"),
            HeadComparison::Lost | HeadComparison::Forked => match served.database.settle().await {
                Ok(Some(halt)) => Err(self.halted(served, &halt).await),
                Ok(None) => Err(Refusal::internal("a halt was forgotten")),
                Err(error) => Err(self.alarms.store_failure(error)),
            },
        }
    }

    /// Tells of a database that must not go on; gives what clients are told.
    pub async fn halted(&self, served: &HostedDatabase, halt: &DatabaseHalt) -> Refusal {
        served.halted.store(true, Ordering::Release);
        let (name, why) = (served.database.name(), halt.to_string());
        let alarm = Alarm {
            severity: Severity::P0,
            kind: match halt {
                DatabaseHalt::Lost(_) => AlarmKind::OwnDatabaseLost,
                DatabaseHalt::Forked(_) => AlarmKind::OwnDatabaseForked,
            },
            subject: name.to_owned(),
            detail: why.clone(),
        };
        self.alarms.raise(alarm).await;
        Refusal::new(Code::OwnSumdbHalted, format!("{name}: {why}"))
    }
}
