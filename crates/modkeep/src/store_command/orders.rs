//! `modkeep store withdraw`, `retire` and `resolve`: what an operator decides.
//!
//! Both say what they did, and the order that takes it back. Where a server holds the data directory, it
//! carries them out; decisions about databases take a stopped server, which has those in memory.

use super::{open, verify};
use crate::{
    cli, control,
    failure::Failure,
    order::{self, FileName, OrderOutcome, StoreOrder},
    output, wiring,
};
use codes::Code;
use config::ResolvedConfig;
use gomod::{ArtifactKind, ModulePath, Version};
use proxy::orders::{self, OpenMatter};
use std::path::Path;
use store::{JournalEvent, MarkedVersion, Store, StoreError, VersionMark, own};
use tlog::note::VerifierKey;

pub(super) async fn withdraw(data: &Path, matches: &clap::ArgMatches) -> Result<bool, Failure> {
    let (module, version) = version_of(matches)?;
    let (module, version) = (module.to_string(), version.to_string());
    let reason = reason_of(matches)?.to_owned();
    let kind = matches.get_one::<String>("kind");
    let order = if matches.get_flag("undo") {
        StoreOrder::Reinstate {
            module,
            version,
            reason,
        }
    } else if matches.get_flag("anew") || kind.is_some() {
        let all = || {
            ArtifactKind::ALL
                .map(|kind| kind.extension().to_owned())
                .into()
        };
        StoreOrder::Recapture {
            module,
            version,
            kinds: kind.map_or_else(all, |kind| vec![kind.clone()]),
            reason,
        }
    } else {
        StoreOrder::Withdraw {
            module,
            version,
            reason,
        }
    };
    give(data, &order).await
}

pub(super) async fn retire(data: &Path, matches: &clap::ArgMatches) -> Result<bool, Failure> {
    let (module, version) = version_of(matches)?;
    let (module, version) = (module.to_string(), version.to_string());
    let reason = reason_of(matches)?.to_owned();
    let order = if matches.get_flag("undo") {
        StoreOrder::Unretire {
            module,
            version,
            reason,
        }
    } else {
        StoreOrder::Retire {
            module,
            version,
            reason,
        }
    };
    give(data, &order).await
}

pub(super) async fn resolve(
    data: &Path,
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    if let Some(name) = matches.get_one::<String>("database") {
        return resolve_database(data, name, matches).await;
    }
    if !matches.contains_id("what") {
        return list(data, resolved).await;
    }
    let (module, version) = version_of(matches)?;
    let reason = reason_of(matches)?.to_owned();
    let Some(kind) = matches.get_one::<String>("kind") else {
        return Err(wrong("--kind says which file is meant: info, mod or zip"));
    };
    let file = FileName {
        module: module.to_string(),
        version: version.to_string(),
        kind: kind.clone(),
    };
    let order = if matches.get_flag("keep") {
        StoreOrder::Keep { file, reason }
    } else {
        let Some(blob) = matches.get_one::<String>("use") else {
            return Err(wrong("say --use SHA256 or --keep"));
        };
        StoreOrder::Use {
            file,
            blob: blob.clone(),
            private: cli::unlogged(resolved)?.to_string(),
            reason,
        }
    };
    give(data, &order).await
}

/// Carries an order out and prints what came of it.
pub(super) async fn give(data: &Path, order: &StoreOrder) -> Result<bool, Failure> {
    let outcome = carried_out(data, order).await?;
    for line in &outcome.lines {
        output::line(line);
    }
    Ok(outcome.done)
}

/// Carries an order out, or has the server do it that holds the data directory.
pub(crate) async fn carried_out(data: &Path, order: &StoreOrder) -> Result<OrderOutcome, Failure> {
    match Store::open(wiring::store_options(data)).await {
        Ok(store) => order::carry_out(&store, None, order).await,
        Err(in_use @ StoreError::StoreInUse { .. }) => {
            let handed_over = control::hand_over(data, order).await?;
            Ok(handed_over.ok_or(in_use)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// A database that told two histories, or one of our own that was ended.
async fn resolve_database(
    data: &Path,
    name: &str,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    let reason = reason_of(matches)?;
    let takes_back = matches.get_flag("undo");
    let is_own = own::list(data)?.iter().any(|own| own.key.name() == name);
    let store = open(data).await?;
    let evidence = match (is_own, takes_back) {
        (true, false) => own::resolve(data, name)?,
        (true, true) => own::reopen(data, name)?,
        (false, false) => checksumdb::resume(&store, name).await?,
        (false, true) => checksumdb::reopen(&store, name).await?,
    };
    let Some(evidence) = evidence else {
        output::line(&format!("nothing is held against {name}"));
        return Ok(false);
    };
    let (kind, outcome, back) = if takes_back {
        ("reopened", "is not believed any more", "")
    } else {
        ("resolved", "is believed again", " --undo")
    };
    let event = JournalEvent::new(format!("database-{kind}"), name, reason);
    store.event(event).await?;
    order::sign(&store).await?;
    output::text(&evidence);
    output::line(&format!("{name} {outcome}"));
    undo(&format!(
        "modkeep store resolve --database {name}{back} --reason ..."
    ));
    Ok(true)
}

/// What waits for somebody to decide; false if anything does.
async fn list(data: &Path, resolved: &ResolvedConfig) -> Result<bool, Failure> {
    let store = open(data).await?;
    let matters = orders::open_matters(&store).await?;
    for OpenMatter { path, blob, what } in &matters {
        output::line(&format!("{path}: {what}; {blob} is in quarantine"));
    }
    for (mark, word) in [
        (VersionMark::Withdrawn, "withdrawn"),
        (VersionMark::Retired, "retired"),
    ] {
        for marked in store.marked_versions(mark).await? {
            let MarkedVersion {
                module, version, ..
            } = &marked;
            let (day, reason) = (marked.at.strftime("%F"), &marked.reason);
            output::line(&format!("{module}@{version}: {word} on {day}: {reason}"));
        }
    }
    let mut is_halted = false;
    for own in own::list(data)?.iter().filter(|own| own.halted) {
        is_halted = true;
        output::line(&format!("{}: it has stopped signing", own.key.name()));
    }
    let verified = config::database_key(resolved).ok().flatten();
    if let Some(name) = verified.as_ref().map(VerifierKey::name)
        && checksumdb::is_halted(&store, name).await?
    {
        is_halted = true;
        output::line(&format!("{name}: it told two histories"));
    }
    if matters.is_empty() && !is_halted {
        output::line("nothing waits for a decision");
    }
    Ok(!is_halted)
}

fn undo(order: &str) {
    output::line(&format!("to take it back: {order}"));
}

fn version_of(matches: &clap::ArgMatches) -> Result<(ModulePath, Version), Failure> {
    let what = matches.get_one::<String>("what").map_or("", String::as_str);
    let selection = verify::selection(what)?;
    match (selection.module, selection.version) {
        (Some(module), Some(version)) => Ok((module, version)),
        _ => Err(wrong("MODULE@VERSION is expected")),
    }
}

/// The reason, which goes into the journal.
fn reason_of(matches: &clap::ArgMatches) -> Result<&str, Failure> {
    let reason = matches.get_one::<String>("reason");
    let reason = reason.map_or("", |reason| reason.trim());
    if reason.is_empty() {
        return Err(wrong("--reason says why, and is written into the journal"));
    }
    Ok(reason)
}

fn wrong(facts: &str) -> Failure {
    Failure::new(Code::BadInputFile, facts)
}
