//! `modkeep store withdraw` and `modkeep store resolve`: what an operator decides.
//!
//! Both say what they did, and the order that takes it back. They need the data directory for
//! themselves: a server has what it serves in memory.

use super::{open, verify};
use crate::{cli, config, config::Resolved, failure::Failure, output};
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use proxy::orders::{self, OpenMatter, OrderError};
use std::path::Path;
use store::{BlobId, JournalEvent, Store, own};
use tlog::note::VerifierKey;

pub(super) async fn withdraw(data: &Path, matches: &clap::ArgMatches) -> Result<bool, Failure> {
    let (module, version) = version_of(matches)?;
    let reason = reason_of(matches)?;
    let kinds = match kind_of(matches) {
        Some(kind) => vec![kind],
        None => ArtifactKind::ALL.to_vec(),
    };
    let store = open(data).await?;
    let withdrawn = orders::withdraw(&store, (&module, &version), &kinds, reason).await;
    let withdrawn = withdrawn.map_err(|error| failure(&error))?;
    sign(&store).await?;
    for orders::Withdrawn { artifact, blob } in &withdrawn {
        output::line(&format!(
            "{artifact}: not served any more, until it is asked for and captured anew"
        ));
        undo(&take_back(artifact, *blob));
    }
    if withdrawn.is_empty() {
        output::line("nothing of that is kept");
    }
    Ok(!withdrawn.is_empty())
}

pub(super) async fn resolve(
    data: &Path,
    resolved: &Resolved,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    if let Some(name) = matches.get_one::<String>("database") {
        return resolve_database(data, name, matches).await;
    }
    if !matches.contains_id("what") {
        return list(data, resolved).await;
    }
    let (module, version) = version_of(matches)?;
    let reason = reason_of(matches)?;
    let Some(kind) = kind_of(matches) else {
        return Err(wrong("--kind says which file is meant: info, mod or zip"));
    };
    let artifact = Artifact {
        module,
        version,
        kind,
    };
    let store = open(data).await?;
    if matches.get_flag("keep") {
        let event = JournalEvent::new("resolved", artifact.escaped_path(), reason);
        store.event(event).await?;
        sign(&store).await?;
        output::line(&format!("{artifact}: what is kept stays"));
        return Ok(true);
    }
    let Some(blob) = matches.get_one::<String>("use") else {
        return Err(wrong("say --use SHA256 or --keep"));
    };
    let blob: BlobId = blob
        .parse()
        .map_err(|error| wrong(&format!("--use {blob}: {error}")))?;
    let private = cli::unlogged(resolved)?;
    let accepted = orders::accept(&store, &artifact, blob, &private, reason).await;
    let accepted = accepted.map_err(|error| failure(&error))?;
    sign(&store).await?;
    output::line(&format!("{artifact}: {blob} is served from now on"));
    undo(&match accepted.before {
        Some(before) => take_back(&artifact, before),
        None => format!(
            "modkeep store withdraw {}@{} --kind {kind} --reason ...",
            artifact.module, artifact.version
        ),
    });
    Ok(true)
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
        (false, false) => proxy::resume(&store, name).await?,
        (false, true) => proxy::reopen(&store, name).await?,
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
    sign(&store).await?;
    output::text(&evidence);
    output::line(&format!("{name} {outcome}"));
    undo(&format!(
        "modkeep store resolve --database {name}{back} --reason ..."
    ));
    Ok(true)
}

/// What waits for somebody to decide; false if anything does.
async fn list(data: &Path, resolved: &Resolved) -> Result<bool, Failure> {
    let store = open(data).await?;
    let matters = orders::open_matters(&store).await?;
    for OpenMatter { path, blob, what } in &matters {
        output::line(&format!("{path}: {what}; {blob} is in quarantine"));
    }
    let mut is_halted = false;
    for own in own::list(data)?.iter().filter(|own| own.halted) {
        is_halted = true;
        output::line(&format!("{}: it has stopped signing", own.key.name()));
    }
    let verified = config::database_key(resolved).ok().flatten();
    if let Some(name) = verified.as_ref().map(VerifierKey::name)
        && proxy::is_halted(&store, name).await?
    {
        is_halted = true;
        output::line(&format!("{name}: it told two histories"));
    }
    if matters.is_empty() && !is_halted {
        output::line("nothing waits for a decision");
    }
    Ok(!is_halted)
}

/// Has the journal's checkpoint signed over what was ordered.
async fn sign(store: &Store) -> Result<(), Failure> {
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

fn kind_of(matches: &clap::ArgMatches) -> Option<ArtifactKind> {
    let kind = matches.get_one::<String>("kind")?;
    let mut kinds = ArtifactKind::ALL.into_iter();
    kinds.find(|known| known.extension() == kind)
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

fn failure(error: &OrderError) -> Failure {
    match error {
        OrderError::Store(error) => Failure::of(error.code(), error),
        OrderError::Proven(..) => Failure::of(Code::ChecksumMismatch, error),
        _ => Failure::of(Code::BadInputFile, error),
    }
}
