//! `modkeep why`: why a module or a package is there, and why in this version.
//!
//! A path is looked for in three places, in this order: as a module of the graph; as a package of the
//! modules that are selected, as an import would find it; as a module that only pruned modules
//! require. What is in none of them is an error. Nobody is asked whether a module of that path exists:
//! the path may be private, and the answer would not change what is built.

mod package;
mod text;

use super::{APPLY, ProjectAnswer, argument, json, print_answer, wait};
use crate::{failure::Failure, module_checkout::ModuleCheckout};
use codes::Code;
use gomod::{
    mvs::{LoadOptions, ModuleSelection, is_pseudo_module},
    path::check_import_path,
};
use package::{PackageAnswer, ReachedPackages};
use project::{
    graph::ModuleGraph,
    reach::ImportNeed,
    standard,
    why::{WhyAnswer, why},
};
use serde::Serialize;
use std::process::ExitCode;

/// The answer.
#[derive(Serialize)]
struct WhyReport {
    /// The module that was asked for, or that has the package.
    module: String,
    state: WhyState,
    /// The package, where one was asked for.
    package: Option<PackageAnswer>,
    /// Who needs the module's packages; nothing if that was not asked or is not known.
    need: Option<ImportNeed>,
    /// Modules whose files could not be had, so that who needs what is not known.
    unknown: Vec<String>,
    why: Option<WhyAnswer>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum WhyState {
    /// The module is in the build list.
    Selected,
    /// Only a module behind pruned ones requires it.
    Pruned,
    /// The package is one of Go's own.
    Standard,
}

/// What is asked.
struct WhyQuestion {
    path: String,
    /// How many paths are shown.
    limit: usize,
    /// Whether files of modules may be read.
    with_packages: bool,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let question = WhyQuestion::read(matches)?;
    let mut checkout = ModuleCheckout::open(matches)?;
    let answer = wait(answer(&mut checkout, &question))?;
    let as_json = matches.get_flag("json");
    Ok(print_answer(answer.and_then(|answer| {
        Ok(ProjectAnswer {
            text: if as_json {
                json(&answer)?
            } else {
                text::of(&answer)
            },
            is_problem: answer.state == WhyState::Pruned,
        })
    })))
}

async fn answer(
    checkout: &mut ModuleCheckout,
    question: &WhyQuestion,
) -> Result<WhyReport, String> {
    let file = checkout.file.clone();
    let selection = checkout.select(&file, APPLY).await?;
    let path = &question.path;
    let of_module = |selection: &ModuleSelection, module: &str| {
        why(&ModuleGraph::of(selection), module, question.limit)
    };
    if let Some(found) = of_module(&selection, path) {
        let mut answer = WhyReport::of(path, WhyState::Selected, Some(found));
        if question.with_packages && !is_pseudo_module(path) {
            let project = ReachedPackages::load(checkout, &selection, None).await?;
            answer.need = project.need_of_module(path);
            answer.unknown = project.unknown;
        }
        return Ok(answer);
    }
    if question.with_packages && package::may_be_in(&selection, path) {
        let project = ReachedPackages::load(checkout, &selection, Some(path)).await?;
        if let Some((module, package)) = project.package(path)? {
            let found = of_module(&selection, &module);
            let mut answer = WhyReport::of(&module, WhyState::Selected, found);
            answer.need = project.need_of_module(&module);
            answer.package = Some(package);
            answer.unknown = project.unknown;
            return Ok(answer);
        }
    }
    if standard::is_known(path) {
        return Ok(WhyReport::of(path, WhyState::Standard, None));
    }
    // Nobody who counts asks for it; perhaps somebody who is pruned out does.
    let whole = LoadOptions {
        unpruned: true,
        ..APPLY
    };
    let whole = checkout.select(&file, whole).await?;
    match of_module(&whole, path) {
        Some(found) => Ok(WhyReport::of(path, WhyState::Pruned, Some(found))),
        None => Err(question.nothing_found()),
    }
}

// === impl WhyReport ===

impl WhyReport {
    fn of(module: &str, state: WhyState, why: Option<WhyAnswer>) -> Self {
        Self {
            module: module.to_owned(),
            state,
            package: None,
            need: None,
            unknown: Vec::new(),
            why,
        }
    }
}

// === impl WhyQuestion ===

impl WhyQuestion {
    fn read(matches: &clap::ArgMatches) -> Result<Self, Failure> {
        let path = argument(matches, "module").to_owned();
        check_import_path(&path)
            .map_err(|error| Failure::new(Code::BadConfiguration, format!("{path}: {error}")))?;
        Ok(Self {
            path,
            limit: matches.get_one::<usize>("paths").copied().unwrap_or(10),
            with_packages: !matches.get_flag("no-packages"),
        })
    }

    fn nothing_found(&self) -> String {
        let path = &self.path;
        let packages = if self.with_packages {
            "and no module of the build list has such a package"
        } else {
            "and packages were not looked at"
        };
        format!("{path}: no module of the module graph has this path, {packages}")
    }
}
