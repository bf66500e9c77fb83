//! `modkeep mod graph|buildlist`: selection over go.mod files that come through the upstreams.

use crate::{
    exit_status::PROBLEM, failure::Failure, module_checkout::ModuleCheckout, output, wiring,
};
use gomod::mvs::{LoadOptions, UpdatePolicy};
use std::process::ExitCode;

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// As `go mod graph`.
    Graph,
    /// As `go list -m all`.
    BuildList,
}

pub(super) fn main(matches: &clap::ArgMatches, output: Output) -> Result<ExitCode, Failure> {
    let mut checkout = ModuleCheckout::open(matches)?;
    let updates = if output == Output::Graph {
        UpdatePolicy::Apply
    } else {
        UpdatePolicy::Refuse
    };
    let options = LoadOptions {
        updates,
        unpruned: false,
    };
    let file = checkout.file.clone();
    match wiring::run(checkout.select(&file, options))? {
        Ok(selection) if output == Output::Graph => shown(&selection.graph_text()),
        Ok(selection) => shown(&selection.build_list_text()),
        Err(problem) => {
            output::error(&problem);
            return Ok(ExitCode::from(PROBLEM));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Paths and directories of a go.mod are its author's words.
fn shown(text: &str) {
    output::text(&finding::printable_lines(text));
}
