//! `modkeep why`: why a module is there, and why in this version.

use super::{APPLY, Told, argument, json, modules::Places, packages, source_files, told, wait};
use crate::{checkout::Checkout, failure::Failure};
use gomod::mvs::{Options, Selection, is_pseudo_module};
use project::{
    graph::ModuleGraph,
    reach::{Need, Reach},
    why::{Why, why},
};
use serde::Serialize;
use std::{fmt::Write as _, process::ExitCode};

/// Requirers that are named a version.
const NAMED: usize = 8;

/// The answer.
#[derive(Serialize)]
struct Answer {
    module: String,
    /// `selected`, `pruned` or `absent`.
    state: State,
    /// Who needs its packages; nothing if that was not asked or is not known.
    need: Option<Need>,
    /// Modules whose files could not be had, so that who needs what is not known.
    unknown: Vec<String>,
    why: Option<Why>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is in the build list.
    Selected,
    /// Only a module behind pruned ones requires it.
    Pruned,
    /// Nobody requires it.
    Absent,
}

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let mut checkout = Checkout::open(matches)?;
    let module = argument(matches, "module").to_owned();
    let limit = matches.get_one::<usize>("paths").copied().unwrap_or(10);
    let with_packages = !matches.get_flag("no-packages");
    let answer = wait(async {
        let mut answer = answer(&mut checkout, &module, limit).await?;
        if with_packages && answer.1.state == State::Selected && !is_pseudo_module(&module) {
            need(&checkout, &answer.0, &mut answer.1).await?;
        }
        Ok::<_, String>(answer.1)
    })?;
    let as_json = matches.get_flag("json");
    Ok(told(answer.and_then(|answer| {
        Ok(Told {
            text: if as_json {
                json(&answer)?
            } else {
                text(&answer)
            },
            is_problem: answer.state != State::Selected,
        })
    })))
}

async fn answer(
    checkout: &mut Checkout,
    module: &str,
    limit: usize,
) -> Result<(Box<Selection>, Answer), String> {
    let file = checkout.file.clone();
    let selection = checkout.select(&file, APPLY).await?;
    let mut found = why(&ModuleGraph::of(&selection), module, limit);
    let mut state = State::Selected;
    if found.is_none() {
        // Nobody who counts asks for it; perhaps somebody who is pruned out does.
        let whole = Options {
            unpruned: true,
            ..APPLY
        };
        let whole = checkout.select(&file, whole).await?;
        found = why(&ModuleGraph::of(&whole), module, limit);
        state = if found.is_some() {
            State::Pruned
        } else {
            State::Absent
        };
    }
    let answer = Answer {
        module: module.to_owned(),
        state,
        need: None,
        unknown: Vec::new(),
        why: found,
    };
    Ok((selection, answer))
}

/// Adds who needs the module's packages.
async fn need(
    checkout: &Checkout,
    selection: &Selection,
    answer: &mut Answer,
) -> Result<(), String> {
    let own = source_files::walk(&checkout.root, &checkout.file);
    answer.unknown.clone_from(&own.unreadable);
    let tools: Vec<String> = checkout
        .file
        .tool
        .iter()
        .map(|tool| tool.path.clone())
        .collect();
    let places = Places::new(&checkout.root, &checkout.upstreams);
    let list = packages::build_list(selection);
    let loaded = packages::load(selection, own, &tools, &places).await?;
    let named = loaded
        .unknown
        .iter()
        .filter_map(|(module, reason)| Some(format!("{}: {reason}", list.get(*module)?)));
    answer.unknown.extend(named);
    let roots: Vec<&str> = tools.iter().map(String::as_str).collect();
    let reach = Reach::of(&loaded, &roots, 0);
    let id = list.iter().position(|path| *path == answer.module);
    let need = id.and_then(|id| reach.modules(&loaded).remove(&id));
    let need = need.unwrap_or(Need::Nobody);
    if answer.unknown.is_empty() {
        answer.need = Some(need);
    }
    Ok(())
}

fn text(answer: &Answer) -> String {
    let Some(why) = &answer.why else {
        return format!("{} is not required by anybody\n", answer.module);
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match answer.state {
        State::Pruned => writeln!(
            text,
            "{} is not in the build list: only modules that are pruned out require it",
            why.module
        ),
        _ => writeln!(text, "{} {} is selected", why.module, why.selected),
    };
    match &answer.need {
        Some(Need::Nobody) => text.push_str("no package of it is imported\n"),
        Some(need) => {
            let _ = writeln!(text, "its packages are needed by: {need}");
        }
        None => {}
    }
    for unknown in &answer.unknown {
        let _ = writeln!(text, "not known: {unknown}");
    }
    asked(&mut text, why);
    paths(&mut text, why);
    text
}

fn asked(text: &mut String, why: &Why) {
    text.push_str("\nasked for:\n");
    for asked in &why.asked {
        let mark = if asked.is_selected { "=>" } else { "  " };
        let _ = writeln!(text, "{mark} {}", asked.version);
        for by in asked.by.iter().take(NAMED) {
            let _ = writeln!(text, "     by {by}");
        }
        if asked.by.len() > NAMED {
            let _ = writeln!(text, "     and {} more", asked.by.len() - NAMED);
        }
    }
}

fn paths(text: &mut String, why: &Why) {
    let shown = why.paths.len();
    let _ = writeln!(
        text,
        "\n{shown} of {} paths to {}:",
        why.count, why.selected
    );
    for path in &why.paths {
        let _ = writeln!(text, "  {}", path.join(" -> "));
    }
}
