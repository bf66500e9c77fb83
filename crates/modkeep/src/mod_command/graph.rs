//! `modkeep mod graph|buildlist`: selection over go.mod files that come through the upstreams.
//!
//! The loader says which go.mod files it needs; each round of them is fetched at once, within a
//! bound. Nothing is kept: this reads a graph, it serves nobody.

use crate::{
    PROBLEM, cli,
    failure::Failure,
    output, wiring,
    zip_command::{path, unusable},
};
use codes::Code;
use gomod::{
    Artifact, ArtifactKind,
    modfile::{self, Mode},
    mvs::{GoModSource, GoModSummary, Loader, MainModule, Options, Selection, Step, Updates},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::task::JoinSet;
use upstream::{Outcome, Upstreams};

/// go.mod files fetched at a time: below the requests that one upstream is asked at once, so that
/// none waits for another within its own deadline.
const AT_A_TIME: usize = 32;

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// As `go mod graph`.
    Graph,
    /// As `go list -m all`.
    BuildList,
}

pub(super) fn main(matches: &clap::ArgMatches, output: Output) -> Result<ExitCode, Failure> {
    let go_mod = find(&path(matches, "directory"))?;
    let upstreams = upstreams(matches)?;
    let source = fs::read(&go_mod).map_err(|error| unusable(&go_mod, &error))?;
    let file = modfile::parse(&source, Mode::Strict).map_err(|error| unusable(&go_mod, &error))?;
    let main = MainModule::new(&file).map_err(|error| unusable(&go_mod, &error))?;
    let updates = if output == Output::Graph {
        Updates::Apply
    } else {
        Updates::Refuse
    };
    let loader = Loader::new(
        main,
        Options {
            updates,
            unpruned: false,
        },
    );
    let root = go_mod.parent().unwrap_or(Path::new("")).to_owned();
    match wiring::runtime()?.block_on(load(loader, &root, &upstreams)) {
        Ok(selection) if output == Output::Graph => output::text(&selection.graph_text()),
        Ok(selection) => output::text(&selection.build_list_text()),
        Err(problem) => {
            output::error(&problem);
            return Ok(ExitCode::from(PROBLEM));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn upstreams(matches: &clap::ArgMatches) -> Result<Upstreams, Failure> {
    let settings = cli::settings(&cli::given(matches)?)?;
    Upstreams::new(&settings.upstream, &settings.upstreams)
        .map_err(|error| Failure::of(error.code(), &error))
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

/// Loads the graph of a main module in the directory `root`.
pub(crate) async fn load(
    mut loader: Loader,
    root: &Path,
    upstreams: &Upstreams,
) -> Result<Box<Selection>, String> {
    loop {
        match loader.step().map_err(|error| error_chain(&error))? {
            Step::Done(selection) => return Ok(selection),
            Step::Need(sources) => supply(&mut loader, sources, root, upstreams).await?,
        }
    }
}

async fn supply(
    loader: &mut Loader,
    sources: Vec<GoModSource>,
    root: &Path,
    upstreams: &Upstreams,
) -> Result<(), String> {
    let mut waiting = sources.into_iter();
    let mut running = JoinSet::new();
    loop {
        for source in waiting.by_ref().take(AT_A_TIME - running.len()) {
            let (root, upstreams) = (root.to_owned(), upstreams.clone());
            running.spawn(async move {
                let summary = summary(&source, &root, &upstreams).await;
                (source, summary)
            });
        }
        match running.join_next().await {
            Some(Ok((source, summary))) => loader.supply(source, summary),
            // A task that panicked leaves its source unsupplied; the loader would ask for ever.
            Some(Err(error)) => return Err(format!("a fetch ended unexpectedly: {error}")),
            None => return Ok(()),
        }
    }
}

async fn summary(
    source: &GoModSource,
    root: &Path,
    upstreams: &Upstreams,
) -> Result<GoModSummary, String> {
    let bytes = match source {
        GoModSource::Directory(directory) => {
            let file = root.join(directory).join("go.mod");
            fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        GoModSource::Version(module, version) => {
            let artifact = Artifact {
                module: module.clone(),
                version: version.clone(),
                kind: ArtifactKind::Mod,
            };
            fetch(&artifact, upstreams).await?
        }
    };
    let file = modfile::parse(&bytes, Mode::Lax).map_err(|error| error.to_string())?;
    Ok(GoModSummary::from(&file))
}

async fn fetch(artifact: &Artifact, upstreams: &Upstreams) -> Result<Vec<u8>, String> {
    let limit = u64::try_from(modfile::MAX_BYTES).unwrap_or(u64::MAX);
    match upstreams
        .walk(&artifact.escaped_path())
        .with_limit(limit)
        .next()
        .await
    {
        Outcome::Found(download) => download
            .whole()
            .await
            .map(Vec::from)
            .map_err(|error| error.to_string()),
        Outcome::Absent(absence) => Err(format!("{}: {}", absence.status, absence.text.trim())),
        Outcome::Unavailable(outage) => Err(format!("{}: {}", outage.code, outage.summary)),
    }
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
