//! `modkeep whatif`: what another version of a module would change.

use super::{
    APPLY, Told, argument, json, modules::Places, packages, source_files::Found, tidy, told, wait,
};
use crate::{
    checkout::{self, Checkout},
    failure::Failure,
    output,
};
use codes::Code;
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    modfile::{File, ModuleVersion},
    mvs::{Selection, is_pseudo_module},
    semver,
};
use project::{
    graph::ModuleGraph,
    whatif::{
        Changes, Target, Verdict, begins_pruning, blockers, changes, edited, is_pruned, requiring,
        verdict,
    },
};
use serde::Serialize;
use std::{collections::BTreeSet, fmt::Write as _, process::ExitCode};

/// Bytes of a version list that are read.
const MAX_LIST: u64 = 16 << 20;

/// The answer.
#[derive(Serialize)]
struct Answer {
    target: String,
    changes: Changes,
    /// Bytes of zips, before and after, as far as known.
    bytes: (u64, u64),
    verdict: Option<Verdict>,
    /// Who asks for more, so that the change is not computed.
    blocked_by: Vec<String>,
    /// What is not known, in words.
    unknown: Vec<String>,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let target = target(argument(matches, "target"))?;
    let mut checkout = Checkout::open(matches)?;
    if checkout
        .file
        .module
        .as_ref()
        .is_some_and(|module| module.path == target.path)
    {
        return Err(wrong("the main module has no version to choose"));
    }
    let answer = wait(answer(&mut checkout, &target))?;
    let as_json = matches.get_flag("json");
    Ok(told(answer.and_then(|answer| {
        Ok(Told {
            text: if as_json {
                json(&answer)?
            } else {
                text(&answer)
            },
            is_problem: is_problem(&answer),
        })
    })))
}

fn wrong(why: &str) -> Failure {
    Failure::new(Code::BadConfiguration, why)
}

/// `MODULE@VERSION` or `MODULE@none`.
fn target(text: &str) -> Result<Target, Failure> {
    let (path, version) = text
        .split_once('@')
        .ok_or_else(|| wrong("say MODULE@VERSION or MODULE@none"))?;
    if is_pseudo_module(path) {
        return Err(wrong("go and toolchain are no modules; name a module"));
    }
    ModulePath::parse(path).map_err(|error| wrong(&format!("{path}: {error}")))?;
    if version == "none" {
        return Ok(Target {
            path: path.to_owned(),
            version: None,
        });
    }
    let parsed = Version::parse(version);
    let parsed = parsed.map_err(|error| {
        wrong(&format!(
            "{version}: {error}; a whole version is needed, such as v1.2.3"
        ))
    })?;
    Ok(Target {
        path: path.to_owned(),
        version: Some(parsed.to_string()),
    })
}

fn is_problem(answer: &Answer) -> bool {
    let verdict = answer.verdict.clone().unwrap_or_default();
    !answer.blocked_by.is_empty() || verdict.retracted.is_some() || verdict.deprecated.is_some()
}

async fn answer(checkout: &mut Checkout, target: &Target) -> Result<Answer, String> {
    let file = checkout.file.clone();
    let before = checkout.select(&file, APPLY).await?;
    let places = Places::new(&checkout.root, &checkout.upstreams);
    let mut unknown = Vec::new();
    let after = select(checkout, &file, &before, target, &places, &mut unknown).await?;
    if begins_pruning(&before, &after) {
        return Err("the change raises the main module to Go 1.17 or above, where pruning begins: not computed".to_owned());
    }
    let blocked_by = blockers(&ModuleGraph::of(&after), target);
    let sizes = (
        tidy::sizes(&before, &places).await,
        tidy::sizes(&after, &places).await,
    );
    let verdict = match &target.version {
        Some(version) => match latest(checkout, &target.path).await {
            Ok(latest) => Some(verdict(&latest, version)),
            Err(reason) => {
                unknown.push(format!("whether it is retracted or deprecated: {reason}"));
                None
            }
        },
        None => None,
    };
    Ok(Answer {
        target: format!(
            "{}@{}",
            target.path,
            target.version.as_deref().unwrap_or("none")
        ),
        changes: changes(&before, &after),
        bytes: (sizes.0.values().sum(), sizes.1.values().sum()),
        verdict,
        blocked_by,
        unknown,
    })
}

/// The selection after the change. With a pruned graph, `go get` also requires the modules that the
/// named package imports, through all levels, so that it can be built; that is repeated until
/// nothing is new.
async fn select(
    checkout: &mut Checkout,
    file: &File,
    before: &Selection,
    target: &Target,
    places: &Places,
    unknown: &mut Vec<String>,
) -> Result<Box<Selection>, String> {
    let mut file = edited(file, before, target);
    let go = file.go.as_ref().map(|go| go.version.as_str());
    let follows = is_pruned(go) && target.version.is_some();
    loop {
        let selection = checkout.select(&file, APPLY).await?;
        if !follows || !blockers(&ModuleGraph::of(&selection), target).is_empty() {
            return Ok(selection);
        }
        let roots = std::slice::from_ref(&target.path);
        let packages = packages::load(&selection, Found::default(), roots, places).await?;
        let list = selection.build_list();
        let used: BTreeSet<usize> = packages
            .list
            .iter()
            .filter_map(|package| package.module)
            .collect();
        let used = used.into_iter().filter(|&module| module != 0);
        let used: Vec<ModuleVersion> = used
            .filter_map(|module| list.get(module).map(|selected| selected.module.clone()))
            .collect();
        let more = requiring(&file, &used);
        if more.require.len() == file.require.len() {
            let lost = packages
                .list
                .iter()
                .filter(|package| package.module.is_none());
            // The named path need not be a package.
            let lost = lost.filter(|package| package.path != target.path);
            unknown.extend(lost.map(|package| format!("which module has {}", package.path)));
            unknown.extend(packages.unknown.into_iter().map(|(_, reason)| reason));
            return Ok(selection);
        }
        file = more;
    }
}

/// The go.mod of a module's latest version, which is where retractions stand.
async fn latest(checkout: &Checkout, path: &str) -> Result<File, String> {
    let module = ModulePath::parse(path).map_err(|error| error.to_string())?;
    let list = checkout::fetch(&module.list_path(), MAX_LIST, &checkout.upstreams).await?;
    let bytes = list.whole().await.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let versions = text
        .lines()
        .filter_map(|line| Version::parse(line.split_whitespace().next()?).ok());
    let highest = versions.max_by(|one, other| {
        let release = |version: &Version| !version.is_prerelease();
        let order = || semver::compare(one.as_str(), other.as_str());
        release(one).cmp(&release(other)).then_with(order)
    });
    let version = highest.ok_or("it has no released version")?;
    let artifact = Artifact {
        module,
        version,
        kind: ArtifactKind::Mod,
    };
    checkout::go_mod(&artifact, &checkout.upstreams).await
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if !answer.blocked_by.is_empty() {
        let _ = writeln!(
            text,
            "{} would not be selected: others ask for more. `go get` would lower them too, which is not computed:",
            answer.target
        );
        for name in &answer.blocked_by {
            let _ = writeln!(text, "  {name}");
        }
        return text;
    }
    let changes = &answer.changes;
    let _ = writeln!(text, "{}", answer.target);
    if changes.is_empty() {
        text.push_str("  nothing would change\n");
    }
    for (word, moved) in [("raised ", &changes.raised), ("lowered", &changes.lowered)] {
        for one in moved {
            let _ = writeln!(text, "  {word} {} {} => {}", one.module, one.from, one.to);
        }
    }
    for (word, modules) in [("added  ", &changes.added), ("removed", &changes.removed)] {
        for one in modules {
            let _ = writeln!(text, "  {word} {} {}", one.module, one.version);
        }
    }
    for moved in changes.go.iter().chain(&changes.toolchain) {
        let _ = writeln!(
            text,
            "  {} {} => {}",
            moved.module,
            shown(&moved.from),
            shown(&moved.to)
        );
    }
    let (before, after) = answer.bytes;
    let _ = writeln!(
        text,
        "zips: {} before, {} after",
        output::size(before),
        output::size(after)
    );
    let verdict = answer.verdict.clone().unwrap_or_default();
    for (word, reason) in [
        ("retracted", verdict.retracted),
        ("deprecated", verdict.deprecated),
    ] {
        if let Some(reason) = reason {
            let _ = writeln!(
                text,
                "{word}: {}",
                if reason.is_empty() {
                    "no reason given"
                } else {
                    &reason
                }
            );
        }
    }
    for unknown in &answer.unknown {
        let _ = writeln!(text, "not known: {unknown}");
    }
    text
}

fn shown(version: &str) -> &str {
    if version.is_empty() { "none" } else { version }
}
