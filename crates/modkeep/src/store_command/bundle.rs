//! `modkeep store export --bundle` and `modkeep store import BUNDLE`.
//!
//! A bundle that is being written stands under another name beside the wanted one until it is
//! complete and durable. Which databases are believed is what the options say, never the bundle.

use super::{import as importing, open_to_read, orders, problems::SHOWN, verify};
use crate::{
    cli, control,
    failure::Failure,
    order::StoreOrder,
    output,
    zip_command::{beside, unusable},
};
use codes::Code;
use config::ResolvedConfig;
use exchange::{BundleExport, BundleExportError, BundleRequest, BundleSelection, Intent, Stage};
use gomod::{gosum, pattern::ModulePatterns};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};
use store::{Store, StoreOptions, own};
use tlog::note::VerifierKey;
use upstream::Upstreams;

/// Writes a bundle.
pub(super) async fn export(
    data: &Path,
    target: &Path,
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    let request = BundleRequest {
        selection: selection(matches)?,
        keys: keys(data, resolved, matches)?,
        private: private(resolved)?,
        since: matches
            .get_many("since")
            .into_iter()
            .flatten()
            .copied()
            .collect(),
    };
    let settings = cli::settings_of(resolved)?;
    let upstreams = Upstreams::new(&settings.upstream, &settings.upstreams)
        .map_err(|error| Failure::of(error.code(), &error))?;
    let store = open_to_read(data).await?;
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let temporary = beside(parent).map_err(|error| unusable(target, &error))?;
    let watched = output::is_watched();
    let progress = |artifacts: u64, bytes: u64| {
        if watched && artifacts.is_multiple_of(16) {
            output::progress(&format!("{artifacts} artifacts, {}", output::size(bytes)));
        }
    };
    let written =
        exchange::export_bundle(&store, &upstreams, &request, temporary.as_file(), progress).await;
    if watched {
        output::progress("");
    }
    let export = written.map_err(|error| failure(target, &error))?;
    temporary
        .persist(target)
        .map_err(|error| unusable(target, &error.error))?;
    sync(parent);
    if store.is_beside() {
        let heads = export.heads.clone();
        let carried = control::hand_over(data, &StoreOrder::Carried { heads }).await;
        if !matches!(carried, Ok(Some(_))) {
            output::line(
                "the server does not know what this bundle carries: name the far side's head with --since next time",
            );
        }
    }
    Ok(told(&export, target))
}

/// Looks at a bundle, and keeps it unless that is not wanted.
pub(super) async fn import(
    data: &Path,
    name: &Path,
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<bool, Failure> {
    let keys = verify::keys(resolved, matches)?;
    let keys = keys.iter().map(ToString::to_string).collect();
    let private = cli::unlogged(resolved)?.to_string();
    let allow_unproven = matches.get_flag("allow-unproven");
    if !matches.get_flag("check") {
        let order = StoreOrder::ImportBundle {
            path: absolute(name)?,
            keys,
            private,
            allow_unproven,
        };
        return orders::give(data, &order).await;
    }
    let admission = importing::admission(&keys, &private, allow_unproven)?;
    let place = BundlePlace::of(data)?;
    let store = place.open().await?;
    let watched = output::is_watched();
    let progress = |stage: Stage, bytes: u64, all: u64| {
        if watched {
            let (bytes, all) = (output::size(bytes), output::size(all));
            output::progress(&format!("{bytes} of {all} {stage}"));
        }
    };
    let (lines, sound) =
        importing::bundle(&store, name, &admission, Intent::Check, progress).await?;
    if watched {
        output::progress("");
    }
    for line in lines {
        output::line(&line);
    }
    Ok(sound)
}

/// A path as the server finds it too.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| unusable(path, &error))
}

/// The store that a bundle is held against.
enum BundlePlace {
    Data(PathBuf),
    /// To look at a bundle takes no data directory, and makes none.
    Nowhere(tempfile::TempDir),
}

// === impl BundlePlace ===

impl BundlePlace {
    fn of(data: &Path) -> Result<Self, Failure> {
        if data.exists() {
            return Ok(Self::Data(data.to_owned()));
        }
        let nowhere = tempfile::tempdir();
        let nowhere = nowhere.map_err(|error| {
            Failure::new(
                Code::StoreUnavailable,
                format!("no temporary directory: {error}"),
            )
        })?;
        Ok(Self::Nowhere(nowhere))
    }

    async fn open(&self) -> Result<Store, Failure> {
        match self {
            Self::Data(data) => open_to_read(data).await,
            Self::Nowhere(nowhere) => Ok(Store::open(StoreOptions::local(nowhere.path())).await?),
        }
    }
}

/// The keys that are named, and those of the site's own databases, which need no naming.
fn keys(
    data: &Path,
    resolved: &ResolvedConfig,
    matches: &clap::ArgMatches,
) -> Result<Vec<VerifierKey>, Failure> {
    let mut keys = verify::keys(resolved, matches)?;
    for own in own::list(data)? {
        if !keys.contains(&own.key) {
            keys.push(own.key);
        }
    }
    Ok(keys)
}

/// Names that no source may hear.
fn private(resolved: &ResolvedConfig) -> Result<ModulePatterns, Failure> {
    let private = resolved.private();
    private.map_err(|error| Failure::new(Code::BadConfiguration, error.to_string()))
}

fn selection(matches: &clap::ArgMatches) -> Result<BundleSelection, Failure> {
    let mut selection = BundleSelection::everything();
    for what in matches.get_many::<String>("what").into_iter().flatten() {
        let checksumdb::Selection { module, version } = verify::selection(what)?;
        if let Some(module) = module {
            selection.add(module, version);
        }
    }
    for lock in matches.get_many::<PathBuf>("go-sum").into_iter().flatten() {
        let bytes = fs::read(lock).map_err(|error| unusable(lock, &error))?;
        let parsed = gosum::parse(&bytes).map_err(|error| unusable(lock, &error))?;
        selection
            .add_go_sum(&parsed)
            .map_err(|error| unusable(lock, &error))?;
    }
    Ok(selection)
}

fn failure(target: &Path, error: &BundleExportError) -> Failure {
    match error {
        BundleExportError::Write(_) => {
            let of = Failure::of(error.code(), error);
            Failure::new(of.code(), format!("{}: {}", target.display(), of.facts()))
        }
        error => Failure::of(error.code(), error),
    }
}

/// Makes the bundle's name durable; a target without that notion has none to lose.
fn sync(directory: &Path) {
    if let Ok(handle) = File::open(directory) {
        let _unsupported = handle.sync_all();
    }
}

fn told(export: &BundleExport, target: &Path) -> bool {
    let BundleExport {
        versions,
        artifacts,
        bytes,
        evidence,
        heads,
        left_out,
        lacking,
    } = export;
    output::line(&format!(
        "{}: {artifacts} artifacts of {versions} versions, {}",
        target.display(),
        output::size(*bytes)
    ));
    for (why, count) in evidence {
        let proven = heads.iter().any(|(database, _)| database == why);
        let by = if proven {
            "proven by"
        } else {
            "without a proof:"
        };
        let why = if why.is_empty() { "none" } else { why };
        output::line(&format!("{count} artifacts {by} {why}"));
    }
    for (database, size) in heads {
        output::line(&format!("{database}: the head of {size} records"));
    }
    let left_out: Vec<String> = left_out
        .iter()
        .map(|(path, why)| format!("{path}: {why}"))
        .collect();
    list("left out", &left_out);
    list("wanted, and not there", lacking);
    left_out.is_empty() && lacking.is_empty()
}

fn list(title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    output::line(&format!("{title}: {}", lines.len()));
    for line in lines.iter().take(SHOWN) {
        output::line(&format!("  {line}"));
    }
}
