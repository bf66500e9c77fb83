//! `modkeep store verify`: is everything kept what it was, and what the whole world saw?
//!
//! Three questions, each answered by itself: do the bytes have the hashes under which they were
//! captured; do their proofs hold, with nothing but the database's key; and, unless `--offline`, does
//! the newest head that is kept belong to what the database signs today.

use super::{
    open_to_read,
    problems::{self, SHOWN},
};
use crate::{cli, failure::Failure, output};
use checksumdb::{ReproofReport, Selection};
use codes::Code;
use config::{self, ResolvedConfig};
use gomod::{ModulePath, Version};
use std::path::Path;
use store::{
    Store,
    maintenance::{self, VerifyProgress},
    own,
};
use tlog::note::VerifierKey;
use upstream::Upstreams;

pub(super) async fn run(
    data: &Path,
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    let what = matches.get_one::<String>("what").map_or("", String::as_str);
    let selection = selection(what)?;
    let mut keys = keys(resolved, matches)?;
    keys.extend(own::list(data)?.into_iter().map(|own| own.key));
    let store = open_to_read(data).await?;
    let sound = if what.is_empty() {
        bytes(&store).await?
    } else {
        true
    };
    let proven = proofs(&store, &keys, &selection).await?;
    let public = config::database_key(resolved).ok().flatten();
    let belongs = match public.filter(|_| !matches.get_flag("offline")) {
        Some(key) if store.is_beside() => {
            output::line(&format!(
                "{}: its present head is the running server's to compare, with every answer of it",
                key.name()
            ));
            true
        }
        Some(key) => Box::pin(head(&store, resolved, &key)).await?,
        None => true,
    };
    let healthy = sound && proven && belongs;
    output::line(if healthy {
        "everything is as it was captured"
    } else {
        "problems were found"
    });
    Ok(healthy)
}

pub(super) fn selection(what: &str) -> Result<Selection, Failure> {
    let wrong = |why: String| Failure::new(Code::BadInputFile, format!("{what}: {why}"));
    let (module, version) = match what.split_once('@') {
        Some((module, version)) => (module, Some(version)),
        None => (what, None),
    };
    if module.is_empty() {
        return Ok(Selection::default());
    }
    let module = ModulePath::parse(module).map_err(|error| wrong(error.to_string()))?;
    let version = version.map(Version::parse).transpose();
    let version = version.map_err(|error| wrong(error.to_string()))?;
    Ok(Selection {
        module: Some(module),
        version,
    })
}

/// The keys of the configured database and of those named besides; the configured one first.
pub(super) fn keys(
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<Vec<VerifierKey>, Failure> {
    let wrong = |why: String| Failure::new(Code::BadConfiguration, why);
    let configured = config::database_key(resolved).map_err(wrong)?;
    let further = matches.get_many::<String>("key").into_iter().flatten();
    let further = further.map(|key| {
        key.parse()
            .map_err(|error| wrong(format!("--key {key}: {error}")))
    });
    configured.into_iter().map(Ok).chain(further).collect()
}

/// Hashes every blob again.
async fn bytes(store: &Store) -> Result<bool, Failure> {
    let watched = output::is_watched();
    let report = maintenance::verify(store, |progress: VerifyProgress| {
        if watched {
            output::progress(&format!(
                "{} blobs, {} of {}",
                progress.blobs,
                output::size(progress.bytes),
                output::size(progress.total_bytes)
            ));
        }
    })
    .await?;
    if watched {
        output::progress("");
    }
    output::line(&format!(
        "{} blobs read, {}",
        report.blobs,
        output::size(report.bytes)
    ));
    problems::print("damaged", &report.damaged, |blob| {
        format!("{}: {}: {}", blob.blob, blob.problem, blob.paths.join(", "))
    });
    problems::print("catalog", &report.catalog, String::clone);
    problems::print("journal", &report.mirror, String::clone);
    problems::print(
        "without a record, harmless",
        &report.orphans,
        |(blob, size)| format!("{blob}, {}", output::size(*size)),
    );
    problems::print("stray, harmless", &report.strays, String::clone);
    let healthy = report.is_healthy();
    Ok(healthy)
}

/// Proves every artifact again.
async fn proofs(
    store: &Store,
    keys: &[VerifierKey],
    selection: &Selection,
) -> Result<bool, Failure> {
    let watched = output::is_watched();
    let report = checksumdb::reprove(store, keys, selection, |seen| {
        if watched && seen % 100 == 0 {
            output::progress(&format!("{seen} artifacts proven again"));
        }
    })
    .await?;
    if watched {
        output::progress("");
    }
    let ReproofReport {
        proven,
        claimed,
        unknown,
        failed,
    } = &report;
    for (database, count) in proven {
        output::line(&format!("{count} artifacts proven by {database}"));
    }
    for (claim, count) in claimed {
        let claim = if claim.is_empty() { "none" } else { claim };
        output::line(&format!("{count} artifacts without a proof: {claim}"));
    }
    for (database, count) in unknown {
        output::line(&format!(
            "{count} artifacts of {database}, whose key is not known: name it with --key"
        ));
    }
    if !failed.is_empty() {
        output::line(&format!("not proven: {}", failed.len()));
    }
    for (path, problem) in failed.iter().take(SHOWN) {
        output::line(&format!("  {path}: {problem}"));
    }
    if proven.is_empty() && claimed.is_empty() && unknown.is_empty() && failed.is_empty() {
        output::line("nothing of that is kept");
    }
    Ok(report.is_sound())
}

/// Compares the newest head with the database's present one. A database that cannot be asked is no
/// problem of the store.
async fn head(
    store: &Store,
    resolved: &ResolvedConfig,
    key: &VerifierKey,
) -> Result<bool, Failure> {
    let settings = cli::settings_of(resolved)?;
    let upstreams = Upstreams::new(&settings.upstream, &settings.upstreams)
        .map_err(|error| Failure::of(error.code(), &error))?;
    match checksumdb::compare_head(store, &upstreams, key).await {
        Ok(present) => {
            output::line(&format!(
                "{} signs {} records now; the {} seen before are the beginning of them",
                key.name(),
                present.now,
                present.before
            ));
            Ok(true)
        }
        Err(checksumdb::HeadFailure::Unreachable(why)) => {
            output::line(&format!(
                "{} could not be asked, which proves nothing: {why}",
                key.name()
            ));
            Ok(true)
        }
        Err(checksumdb::HeadFailure::Wrong(why)) => {
            output::line(&format!("{}: {why}", key.name()));
            Ok(false)
        }
    }
}
