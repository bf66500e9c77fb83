//! `modkeep whatif`: what another version of a module would change.

mod consequences;
mod query;
mod select;
mod versions;

use super::{
    APPLY, ProjectAnswer, argument, json, modules::ModuleSources, print_answer, tidy, wait,
};
use crate::{cli, failure::Failure, module_checkout::ModuleCheckout, output};
use codes::Code;
use consequences::{LicenceChange, VulnerabilityChanges, VulnerabilityData};
use gomod::{
    ModulePath,
    mvs::{ModuleSelection, is_pseudo_module},
    query::Query,
};
use project::{
    graph::ModuleGraph,
    whatif::{
        AuthorVerdict, RequirementTarget, SelectionChanges, begins_pruning, blockers, changes,
        edited, verdict,
    },
};
use query::QueryResolver;
use select::SelectionChange;
use serde::Serialize;
use std::{fmt::Write as _, process::ExitCode};
use versions::ModuleVersions;

/// The answer.
#[derive(Default, Serialize)]
struct WhatIfAnswer {
    target: String,
    /// What was asked for, where that is not the version itself: `latest`, `v1`, a branch.
    query: Option<String>,
    changes: SelectionChanges,
    /// Modules in the build list, the main one among them, before and after.
    modules: [usize; 2],
    /// Bytes of zips, before and after, as far as known.
    bytes: [u64; 2],
    verdict: Option<AuthorVerdict>,
    /// Vulnerabilities that come and go.
    vulnerabilities: Option<VulnerabilityChanges>,
    /// Licences that are new or others.
    licences: Vec<LicenceChange>,
    /// Who asks for more, if no other versions of them were found that do not.
    blocked_by: Vec<String>,
    /// What is not known, in words.
    unknown: Vec<String>,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let wanted = parse_change(argument(matches, "target"))?;
    let mut checkout = ModuleCheckout::open(matches)?;
    if checkout
        .file
        .module
        .as_ref()
        .is_some_and(|module| module.path == wanted.module.as_str())
    {
        return Err(wrong("the main module has no version to choose"));
    }
    let data = cli::settings(matches)?.store.data;
    let data = match &checkout.server {
        Some(server) => VulnerabilityData::Server(server.clone()),
        None => VulnerabilityData::Kept(data),
    };
    let answer = wait(answer(&mut checkout, &wanted, &data))?;
    let as_json = matches.get_flag("json");
    Ok(print_answer(answer.and_then(|answer| {
        Ok(ProjectAnswer {
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

/// What is wanted, before it is known which version that is.
struct WantedChange {
    module: ModulePath,
    query: Query,
}

/// `MODULE@QUERY`, as `go get` takes it.
fn parse_change(text: &str) -> Result<WantedChange, Failure> {
    let (path, query) = text
        .split_once('@')
        .ok_or_else(|| wrong("say MODULE@VERSION, MODULE@latest or MODULE@none"))?;
    if is_pseudo_module(path) {
        return Err(wrong("go and toolchain are no modules; name a module"));
    }
    let module = ModulePath::parse(path);
    let query = Query::parse(query);
    Ok(WantedChange {
        module: module.map_err(|error| wrong(&format!("{path}: {error}")))?,
        query: query.map_err(|error| wrong(&format!("{text}: {error}")))?,
    })
}

fn is_problem(answer: &WhatIfAnswer) -> bool {
    let verdict = answer.verdict.clone().unwrap_or_default();
    let brought = answer.vulnerabilities.as_ref();
    brought.is_some_and(|told| !told.brought.is_empty())
        || !answer.blocked_by.is_empty()
        || verdict.retracted.is_some()
        || verdict.deprecated.is_some()
}

async fn answer(
    checkout: &mut ModuleCheckout,
    wanted: &WantedChange,
    data: &VulnerabilityData,
) -> Result<WhatIfAnswer, String> {
    let file = checkout.file.clone();
    let before = checkout.select(&file, APPLY).await?;
    let mut versions = ModuleVersions::new(&checkout.upstreams);
    let mut resolver = QueryResolver {
        versions: &mut versions,
        main: &file,
        before: &before,
    };
    let version = resolver.resolve(&wanted.module, &wanted.query).await?;
    let target = RequirementTarget {
        path: wanted.module.to_string(),
        version: version.map(|version| version.to_string()),
    };
    let mut answer = change(checkout, &before, &target, &mut versions, data).await?;
    let is_version = matches!(wanted.query, Query::Exact(_) | Query::None);
    answer.query = (!is_version).then(|| wanted.query.to_string());
    Ok(answer)
}

/// What the change comes to.
async fn change(
    checkout: &mut ModuleCheckout,
    before: &ModuleSelection,
    target: &RequirementTarget,
    versions: &mut ModuleVersions,
    data: &VulnerabilityData,
) -> Result<WhatIfAnswer, String> {
    let file = checkout.file.clone();
    let places = ModuleSources::new(&checkout.root, &checkout.upstreams);
    let mut change = SelectionChange {
        checkout,
        places: &places,
        versions,
        target,
        unknown: Vec::new(),
    };
    let after = change.select(before).await?;
    let mut answer = WhatIfAnswer {
        target: format!(
            "{}@{}",
            target.path,
            target.version.as_deref().unwrap_or("none")
        ),
        unknown: change.unknown,
        ..WhatIfAnswer::default()
    };
    let Some(after) = after else {
        let refused = checkout
            .select(&edited(&file, before, target), APPLY)
            .await?;
        answer.blocked_by = blockers(&ModuleGraph::of(&refused), target);
        return Ok(answer);
    };
    if begins_pruning(before, &after) {
        return Err("the change raises the main module to Go 1.17 or above, where pruning begins: not computed".to_owned());
    }
    answer.changes = changes(before, &after);
    let sizes = [
        tidy::sizes(before, &places).await,
        tidy::sizes(&after, &places).await,
    ];
    answer.modules = [before, &after].map(|selection| selection.build_list().len());
    answer.bytes = sizes.map(|sizes| sizes.values().sum());
    match consequences::vulnerabilities(data, before, &after).await {
        Ok(vulnerabilities) => answer.vulnerabilities = Some(vulnerabilities),
        Err(why) => answer.unknown.push(format!("vulnerabilities: {why}")),
    }
    answer.licences =
        consequences::licences(&answer.changes, &checkout.upstreams, &mut answer.unknown).await;
    if let Some(version) = &target.version {
        match versions.latest(&target.path).await {
            Ok(latest) => answer.verdict = latest.map(|latest| verdict(latest, version)),
            Err(reason) => {
                let what = "whether it is retracted or deprecated";
                answer.unknown.push(format!("{what}: {reason}"));
            }
        }
    }
    Ok(answer)
}

fn text(answer: &WhatIfAnswer) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if !answer.blocked_by.is_empty() {
        let _ = writeln!(
            text,
            "{} cannot be selected, because these ask for more and nothing lower of them fits:",
            answer.target
        );
        for name in &answer.blocked_by {
            let _ = writeln!(text, "  {name}");
        }
        return text;
    }
    let changes = &answer.changes;
    let _ = match &answer.query {
        Some(query) => writeln!(text, "{}, as {query} asks for", answer.target),
        None => writeln!(text, "{}", answer.target),
    };
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
            version_or_none(&moved.from),
            version_or_none(&moved.to)
        );
    }
    let [before, after] = answer.modules;
    let _ = writeln!(text, "modules: {before} before, {after} after");
    let [before, after] = answer.bytes.map(output::size);
    let _ = writeln!(text, "zips: {before} before, {after} after");
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
    consequences(&mut text, answer);
    for unknown in &answer.unknown {
        let _ = writeln!(text, "not known: {unknown}");
    }
    text
}

fn consequences(text: &mut String, answer: &WhatIfAnswer) {
    let told = answer.vulnerabilities.iter();
    let told = told.flat_map(|told| [("mends", &told.mended), ("brings", &told.brought)]);
    for (word, ids) in told {
        for id in ids {
            let _ = writeln!(text, "{word} {id}");
        }
    }
    for licence in &answer.licences {
        let from = match &*licence.from {
            "" => String::new(),
            from => format!("{from} => "),
        };
        let _ = writeln!(text, "licence {}: {from}{}", licence.module, licence.to);
    }
}

fn version_or_none(version: &str) -> &str {
    if version.is_empty() { "none" } else { version }
}
