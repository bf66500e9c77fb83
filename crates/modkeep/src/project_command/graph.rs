//! `modkeep graph`: the module graph drawn.

use super::{APPLY, ProjectAnswer, argument, print_answer, wait};
use crate::{failure::Failure, module_checkout::ModuleCheckout, output};
use project::{
    draw::{GraphCut, GraphFormat, draw, left_out},
    graph::ModuleGraph,
};
use std::process::ExitCode;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let mut checkout = ModuleCheckout::open(matches)?;
    let file = checkout.file.clone();
    let format = match argument(matches, "format") {
        "dot" => GraphFormat::Dot,
        "mermaid" => GraphFormat::Mermaid,
        "json" => GraphFormat::Json,
        _ => GraphFormat::Text,
    };
    let cut = GraphCut {
        depth: matches.get_one::<usize>("depth").copied(),
        to: matches.get_one::<String>("to").map(String::as_str),
    };
    let selection = wait(checkout.select(&file, APPLY))?;
    Ok(print_answer(selection.and_then(|selection| {
        let graph = ModuleGraph::of(&selection);
        if let Some(path) = cut.to
            && graph.selected(path).is_none()
        {
            return Err(format!("{path} is not in the module graph"));
        }
        if cut.depth.is_some() {
            note(left_out(&graph, cut));
        }
        Ok(ProjectAnswer {
            text: draw(&graph, format, cut),
            is_problem: false,
        })
    })))
}

/// Beside the drawing, so that whoever draws it on is not in the way.
fn note((left_out, all): (usize, usize)) {
    if left_out > 0 {
        output::error(&format!("{left_out} of {all} requirements are left out"));
    }
}
