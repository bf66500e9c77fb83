//! Checkout: a main module on disk, and the go.mod files of what it requires.
//!
//! A loader says which go.mod files it needs; each round of them is fetched at once, within a bound,
//! and kept, so that a second selection of the same project asks only for what is new to it.
//! Nothing is stored: commands that read a graph serve nobody. Where a server is named, it is the only
//! one that is asked: it knows private modules, and who else is to be asked for what.

use crate::{
    cli,
    failure::{Failure, with_causes},
    named_server::{self, NamedServer},
    zip_command::{path, unusable},
};
use bytes::Bytes;
use checkout::plain_file;
use codes::Code;
use config::Settings;
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    modfile::{self, ModFile, ModuleVersion, ParseMode},
    mvs::{
        GoModSource, GoModSummary, GraphLoader, LoadOptions, LoadStep, MainModule, ModuleSelection,
        MvsError,
    },
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};
use tokio::task::JoinSet;
use upstream::{Download, Endpoint, Outcome, Upstreams};

/// go.mod files fetched at a time: below the requests that one upstream is asked at once, so that
/// none waits for another within its own deadline.
const AT_A_TIME: usize = 32;

/// A main module, and who is asked for the others.
#[derive(Debug)]
pub(crate) struct ModuleCheckout {
    /// The directory of its go.mod.
    pub(crate) root: PathBuf,
    /// Its go.mod.
    pub(crate) file: ModFile,
    /// Who is asked.
    pub(crate) upstreams: Upstreams,
    /// The server that was named, for what only a modkeep knows.
    pub(crate) server: Option<Endpoint>,
    known: HashMap<GoModSource, Result<GoModSummary, String>>,
}

// === impl ModuleCheckout ===

impl ModuleCheckout {
    /// The main module that the argument `directory` speaks of; `--server` and `--upstream` say who is
    /// asked.
    pub(crate) fn open(matches: &clap::ArgMatches) -> Result<Self, Failure> {
        let go_mod = find(&path(matches, "directory"))?;
        let settings = cli::settings(matches)?;
        let named = named_server::url_unless_upstream(matches);
        let (upstreams, server) = reach(named.as_deref(), &settings)?;
        let source = plain_file::read(&go_mod).map_err(|error| unusable(&go_mod, &error))?;
        let file = modfile::parse(&source, ParseMode::Strict)
            .map_err(|error| unusable(&go_mod, &error))?;
        MainModule::new(&file).map_err(|error| unusable(&go_mod, &error))?;
        let root = go_mod.parent().unwrap_or(Path::new(""));
        Ok(Self {
            server,
            ..Self::of(root.to_owned(), file, upstreams)
        })
    }

    /// A main module whose go.mod was read already.
    pub(crate) fn of(root: PathBuf, file: ModFile, upstreams: Upstreams) -> Self {
        Self {
            root,
            file,
            upstreams,
            server: None,
            known: HashMap::new(),
        }
    }

    /// What a go.mod in this place selects; the reason in words if it selects nothing.
    pub(crate) async fn select(
        &mut self,
        file: &ModFile,
        options: LoadOptions,
    ) -> Result<Box<ModuleSelection>, String> {
        let selection = self.try_select(file, options).await?;
        selection.map_err(|error| with_causes(&error))
    }

    /// The same for callers that go on where a go.mod is at fault.
    pub(crate) async fn try_select(
        &mut self,
        file: &ModFile,
        options: LoadOptions,
    ) -> Result<Result<Box<ModuleSelection>, MvsError>, String> {
        let main = MainModule::new(file).map_err(|error| with_causes(&error))?;
        let mut loader = GraphLoader::new(main, options);
        loop {
            match loader.step() {
                Ok(LoadStep::Done(selection)) => return Ok(Ok(selection)),
                Ok(LoadStep::Need(sources)) => self.supply(&mut loader, sources).await?,
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    /// What the go.mod of a module version requires, if it was read.
    pub(crate) fn required(&self, module: &ModuleVersion) -> &[ModuleVersion] {
        let path = ModulePath::parse(&module.path).ok();
        let version = Version::parse(&module.version).ok();
        let source = path
            .zip(version)
            .map(|(path, version)| GoModSource::Version(path, version));
        let known = source.and_then(|source| self.known.get(&source));
        known.map_or(&[], |known| {
            known.as_ref().map_or(&[], |summary| &summary.require)
        })
    }

    async fn supply(
        &mut self,
        loader: &mut GraphLoader,
        needed: Vec<GoModSource>,
    ) -> Result<(), String> {
        let unknown = needed
            .iter()
            .filter(|source| !self.known.contains_key(source));
        let mut waiting = unknown.cloned().collect::<Vec<_>>().into_iter();
        let mut running = JoinSet::new();
        loop {
            for source in waiting.by_ref().take(AT_A_TIME - running.len()) {
                let (root, upstreams) = (self.root.clone(), self.upstreams.clone());
                running.spawn(async move {
                    let summary = summary(&source, &root, &upstreams).await;
                    (source, summary)
                });
            }
            match running.join_next().await {
                Some(Ok((source, summary))) => self.known.insert(source, summary),
                // A task that panicked leaves its source unsupplied; the loader would ask for ever.
                Some(Err(error)) => return Err(format!("a fetch ended unexpectedly: {error}")),
                None => break,
            };
        }
        for source in needed {
            if let Some(summary) = self.known.get(&source) {
                loader.supply(source, summary.clone());
            }
        }
        Ok(())
    }
}

/// Who is asked: the server that is named, else the upstreams.
fn reach(
    named: Option<&str>,
    settings: &Settings,
) -> Result<(Upstreams, Option<Endpoint>), Failure> {
    if let Some(url) = named {
        let server = NamedServer::try_new(url, settings)?;
        return Ok((server.upstreams, Some(server.endpoint)));
    }
    let upstreams = Upstreams::new(&settings.upstream, &settings.upstreams)
        .map_err(|error| Failure::of(error.code(), &error))?;
    Ok((upstreams, None))
}

/// The go.mod in `directory` or above it, as go looks for it.
fn find(directory: &Path) -> Result<PathBuf, Failure> {
    let start = std::path::absolute(directory).map_err(|error| unusable(directory, &error))?;
    let found = start
        .ancestors()
        .map(|ancestor| ancestor.join("go.mod"))
        .find(|file| file.is_file());
    found.ok_or_else(|| {
        Failure::new(
            Code::BadInputFile,
            format!("no go.mod in {} or above it", start.display()),
        )
    })
}

async fn summary(
    source: &GoModSource,
    root: &Path,
    upstreams: &Upstreams,
) -> Result<GoModSummary, String> {
    let file = match source {
        GoModSource::Directory(directory) => {
            let file = root.join(directory).join("go.mod");
            let bytes =
                plain_file::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            modfile::parse(&bytes, ParseMode::Lax).map_err(|error| error.to_string())?
        }
        GoModSource::Version(module, version) => {
            let artifact = Artifact {
                module: module.clone(),
                version: version.clone(),
                kind: ArtifactKind::Mod,
            };
            go_mod(&artifact, upstreams).await?
        }
    };
    Ok(GoModSummary::from(&file))
}

/// The go.mod of a dependency.
pub(crate) async fn go_mod(artifact: &Artifact, upstreams: &Upstreams) -> Result<ModFile, String> {
    let bytes = go_mod_bytes(artifact, upstreams).await?;
    modfile::parse(&bytes, ParseMode::Lax).map_err(|error| error.to_string())
}

/// The same, as it was written.
pub(crate) async fn go_mod_bytes(
    artifact: &Artifact,
    upstreams: &Upstreams,
) -> Result<Bytes, String> {
    let limit = u64::try_from(modfile::MAX_BYTES).unwrap_or(u64::MAX);
    let download = fetch(&artifact.escaped_path(), limit, upstreams).await?;
    download.whole().await.map_err(|error| error.to_string())
}

/// The answer of the first upstream that has something.
pub(crate) async fn fetch(
    path: &str,
    limit: u64,
    upstreams: &Upstreams,
) -> Result<Download, String> {
    let fetched = try_fetch(path, limit, upstreams).await;
    fetched.map_err(|missing| missing.to_string())
}

/// Why nobody has something; the two are different things to say.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MissingReason {
    /// All who were asked say that it does not exist.
    #[error("{0}")]
    Absent(String),
    /// It is not known whether it exists.
    #[error("{0}")]
    Unknown(String),
}

/// The same for callers to whom absence is an answer.
pub(crate) async fn try_fetch(
    path: &str,
    limit: u64,
    upstreams: &Upstreams,
) -> Result<Download, MissingReason> {
    match upstreams.walk(path).with_limit(limit).next().await {
        Outcome::Found(download) => Ok(download),
        Outcome::Absent(absence) => {
            let text = format!("{}: {}", absence.status, absence.text.trim());
            let text = text.trim_end_matches(": ");
            Err(MissingReason::Absent(text.to_owned()))
        }
        Outcome::Unavailable(outage) => {
            let text = format!("{}: {}", outage.code, outage.summary);
            Err(MissingReason::Unknown(text))
        }
    }
}
