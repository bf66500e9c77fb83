//! Orders: what an operator decides about what is kept, in a form that can be handed over.
//!
//! A command carries its order out itself where no server holds the data directory, and hands it to the
//! server that does ([`crate::control`]); both come here. So an order means the same either way, and what
//! it said is printed by the command either way. Nothing here is asked of a source.

mod outcome;
mod tokens;

pub(crate) use outcome::OrderOutcome;
pub(crate) use tokens::TokenOrder;

use crate::{failure::Failure, store_command::import};
use codes::Code;
use exchange::Intent;
use gomod::{Artifact, ArtifactKind, ModulePath, Version, pattern::ModulePatterns};
use proxy::{
    Proxy,
    orders::{self, OrderError},
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use store::{BlobId, JournalEvent, Store, VersionMark};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum StoreOrder {
    /// A version is refused from now on.
    Withdraw {
        module: String,
        version: String,
        reason: String,
    },
    /// It is served again.
    Reinstate {
        module: String,
        version: String,
        reason: String,
    },
    /// A version is served and not listed from now on.
    Retire {
        module: String,
        version: String,
        reason: String,
    },
    /// It is listed again.
    Unretire {
        module: String,
        version: String,
        reason: String,
    },
    /// Files of a version are put aside, and captured anew when they are asked for.
    Recapture {
        module: String,
        version: String,
        kinds: Vec<String>,
        reason: String,
    },
    /// What a tree of files has is kept.
    ImportTree { path: PathBuf },
    /// What a bundle has is kept.
    ImportBundle {
        path: PathBuf,
        /// Keys of the databases that are believed.
        keys: Vec<String>,
        /// Modules that no database covers, in the grammar of GOPRIVATE.
        private: String,
        allow_unproven: bool,
    },
    /// A bundle was written that carries these heads.
    Carried { heads: Vec<(String, u64)> },
    /// Other bytes were offered; what is kept is right.
    Keep { file: FileName, reason: String },
    /// About tokens.
    Token { token: TokenOrder },
    /// Bytes from quarantine are served.
    Use {
        file: FileName,
        blob: String,
        /// Modules that no database covers, in the grammar of GOPRIVATE.
        private: String,
        reason: String,
    },
}

/// One file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileName {
    pub(crate) module: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

// === impl FileName ===

impl FileName {
    pub(crate) fn artifact(&self) -> Result<Artifact, Failure> {
        let (module, version) = named(&self.module, &self.version)?;
        let kind = kind(&self.kind)?;
        Ok(Artifact {
            module,
            version,
            kind,
        })
    }
}

/// Carries an order out. `serving` is the service that answers from the store, if one does: what it
/// has in memory is brought in line before this returns.
pub(crate) async fn carry_out(
    store: &Store,
    serving: Option<&Proxy>,
    order: &StoreOrder,
) -> Result<OrderOutcome, Failure> {
    let outcome = match order {
        StoreOrder::Withdraw {
            module,
            version,
            reason,
        } => withdraw(store, serving, &named(module, version)?, reason).await?,
        StoreOrder::Reinstate {
            module,
            version,
            reason,
        } => reinstate(store, serving, &named(module, version)?, reason).await?,
        StoreOrder::Retire {
            module,
            version,
            reason,
        } => retire(store, serving, &named(module, version)?, reason).await?,
        StoreOrder::Unretire {
            module,
            version,
            reason,
        } => unretire(store, serving, &named(module, version)?, reason).await?,
        StoreOrder::Recapture {
            module,
            version,
            kinds,
            reason,
        } => {
            let kinds = kinds.iter().map(|text| kind(text));
            let kinds: Vec<_> = kinds.collect::<Result<_, _>>()?;
            recapture(store, serving, &named(module, version)?, &kinds, reason).await?
        }
        StoreOrder::ImportTree { path } => {
            let (lines, done) = import::tree(store, path).await?;
            forget(serving);
            OrderOutcome { lines, done }
        }
        StoreOrder::ImportBundle {
            path,
            keys,
            private,
            allow_unproven,
        } => {
            let admission = import::admission(keys, private, *allow_unproven)?;
            let imported = import::bundle(store, path, &admission, Intent::Keep, |_, _, _| ());
            let (lines, done) = Box::pin(imported).await?;
            forget(serving);
            OrderOutcome { lines, done }
        }
        StoreOrder::Carried { heads } => {
            exchange::note_carried(store, heads).await?;
            OrderOutcome {
                done: true,
                ..OrderOutcome::default()
            }
        }
        StoreOrder::Token { token } => tokens::carry_out(store, token).await?,
        StoreOrder::Keep { file, reason } => keep(store, &file.artifact()?, reason).await?,
        StoreOrder::Use {
            file,
            blob,
            private,
            reason,
        } => {
            let private = ModulePatterns::parse(private);
            accept(store, serving, (&file.artifact()?, blob), &private, reason).await?
        }
    };
    sign(store).await?;
    Ok(outcome)
}

async fn withdraw(
    store: &Store,
    serving: Option<&Proxy>,
    (module, version): &(ModulePath, Version),
    reason: &str,
) -> Result<OrderOutcome, Failure> {
    let mut outcome = OrderOutcome::default();
    let kept = store.kept_versions(module).await?;
    if !kept.iter().any(|kept| kept.version == *version) {
        outcome.say("nothing of that is kept");
        outcome.say(format!(
            "to refuse what may come: [[deny]] pattern = \"{module}@{version}\" in the configuration file"
        ));
        return Ok(outcome);
    }
    let is_new = store.mark_version(VersionMark::Withdrawn, module, version, reason);
    let is_new = is_new.await?;
    obey(serving).await?;
    outcome.done = true;
    outcome.say(if is_new {
        format!("{module}@{version}: refused from now on (403), and not listed")
    } else {
        format!(
            "{module}@{version}: it was withdrawn before, and stays so for the reason given then"
        )
    });
    outcome.say_undo(&format!(
        "modkeep store withdraw {module}@{version} --undo --reason ..."
    ));
    Ok(outcome)
}

async fn reinstate(
    store: &Store,
    serving: Option<&Proxy>,
    (module, version): &(ModulePath, Version),
    reason: &str,
) -> Result<OrderOutcome, Failure> {
    let mut outcome = OrderOutcome {
        done: store
            .unmark_version(VersionMark::Withdrawn, module, version, reason)
            .await?,
        ..OrderOutcome::default()
    };
    obey(serving).await?;
    if outcome.done {
        outcome.say(format!("{module}@{version}: served again from now on"));
        outcome.say_undo(&format!(
            "modkeep store withdraw {module}@{version} --reason ..."
        ));
    } else {
        outcome.say(format!("{module}@{version} is not withdrawn"));
    }
    Ok(outcome)
}

async fn retire(
    store: &Store,
    serving: Option<&Proxy>,
    (module, version): &(ModulePath, Version),
    reason: &str,
) -> Result<OrderOutcome, Failure> {
    let mut outcome = OrderOutcome::default();
    let kept = store.kept_versions(module).await?;
    if !kept.iter().any(|kept| kept.version == *version) {
        outcome.say("nothing of that is kept");
        return Ok(outcome);
    }
    let is_new = store.mark_version(VersionMark::Retired, module, version, reason);
    let is_new = is_new.await?;
    obey(serving).await?;
    outcome.done = true;
    outcome.say(if is_new {
        format!(
            "{module}@{version}: served as before, and neither listed nor the latest from now on"
        )
    } else {
        format!("{module}@{version}: it was retired before, and stays so for the reason given then")
    });
    outcome.say_undo(&format!(
        "modkeep store retire {module}@{version} --undo --reason ..."
    ));
    Ok(outcome)
}

async fn unretire(
    store: &Store,
    serving: Option<&Proxy>,
    (module, version): &(ModulePath, Version),
    reason: &str,
) -> Result<OrderOutcome, Failure> {
    let done = store.unmark_version(VersionMark::Retired, module, version, reason);
    let mut outcome = OrderOutcome {
        done: done.await?,
        ..OrderOutcome::default()
    };
    obey(serving).await?;
    if outcome.done {
        outcome.say(format!("{module}@{version}: listed again from now on"));
        outcome.say_undo(&format!(
            "modkeep store retire {module}@{version} --reason ..."
        ));
    } else {
        outcome.say(format!("{module}@{version} is not retired"));
    }
    Ok(outcome)
}

async fn recapture(
    store: &Store,
    serving: Option<&Proxy>,
    (module, version): &(ModulePath, Version),
    kinds: &[ArtifactKind],
    reason: &str,
) -> Result<OrderOutcome, Failure> {
    let withdrawn = orders::withdraw(store, (module, version), kinds, reason).await;
    let withdrawn = withdrawn.map_err(|error| failure(&error))?;
    let mut outcome = OrderOutcome {
        done: !withdrawn.is_empty(),
        ..OrderOutcome::default()
    };
    for orders::WithdrawnCapture { artifact, blob } in &withdrawn {
        if let Some(proxy) = serving {
            proxy.forget(artifact);
        }
        outcome.say(format!(
            "{artifact}: not served any more, until it is asked for and captured anew"
        ));
        outcome.say_undo(&take_back(artifact, *blob));
    }
    if withdrawn.is_empty() {
        outcome.say("nothing of that is kept");
    }
    Ok(outcome)
}

async fn keep(store: &Store, artifact: &Artifact, reason: &str) -> Result<OrderOutcome, Failure> {
    let event = JournalEvent::new("resolved", artifact.escaped_path(), reason);
    store.event(event).await?;
    Ok(OrderOutcome {
        lines: vec![format!("{artifact}: what is kept stays")],
        done: true,
    })
}

async fn accept(
    store: &Store,
    serving: Option<&Proxy>,
    (artifact, blob): (&Artifact, &str),
    private: &ModulePatterns,
    reason: &str,
) -> Result<OrderOutcome, Failure> {
    let wrong = |error| wrong(&format!("--use {blob}: {error}"));
    let blob: BlobId = blob.parse().map_err(wrong)?;
    let accepted = orders::accept(store, artifact, blob, private, reason).await;
    let accepted = accepted.map_err(|error| failure(&error))?;
    if let Some(proxy) = serving {
        proxy.forget(artifact);
    }
    let mut outcome = OrderOutcome {
        done: true,
        ..OrderOutcome::default()
    };
    outcome.say(format!("{artifact}: {blob} is served from now on"));
    let Artifact {
        module,
        version,
        kind,
    } = artifact;
    outcome.say_undo(&match accepted.before {
        Some(before) => take_back(artifact, before),
        None => format!("modkeep store withdraw {module}@{version} --kind {kind} --reason ..."),
    });
    Ok(outcome)
}

fn forget(serving: Option<&Proxy>) {
    if let Some(proxy) = serving {
        proxy.forget_computed();
    }
}

async fn obey(serving: Option<&Proxy>) -> Result<(), Failure> {
    match serving {
        Some(proxy) => Ok(proxy.obey_orders().await?),
        None => Ok(()),
    }
}

/// Has the journal's checkpoint signed over what was ordered.
pub(crate) async fn sign(store: &Store) -> Result<(), Failure> {
    store.flush().await?;
    store.journal_log().checkpoint().await?;
    Ok(())
}

fn take_back(artifact: &Artifact, blob: BlobId) -> String {
    let Artifact {
        module,
        version,
        kind,
    } = artifact;
    format!("modkeep store resolve {module}@{version} --kind {kind} --use {blob} --reason ...")
}

fn named(module: &str, version: &str) -> Result<(ModulePath, Version), Failure> {
    let module = ModulePath::parse(module).map_err(|error| wrong(&format!("{module}: {error}")))?;
    let version = Version::parse(version).map_err(|error| wrong(&format!("{version}: {error}")))?;
    Ok((module, version))
}

fn kind(text: &str) -> Result<ArtifactKind, Failure> {
    let mut kinds = ArtifactKind::ALL.into_iter();
    let found = kinds.find(|kind| kind.extension() == text);
    found.ok_or_else(|| {
        wrong(&format!(
            "{text:?} is no file of a version: info, mod or zip"
        ))
    })
}

fn wrong(facts: &str) -> Failure {
    Failure::new(Code::BadInputFile, facts)
}

fn failure(error: &OrderError) -> Failure {
    match error {
        OrderError::Store(error) => Failure::of(error.code(), error),
        OrderError::Proven(..) => Failure::of(Code::ChecksumMismatch, error),
        _ => Failure::of(Code::BadInputFile, error),
    }
}
