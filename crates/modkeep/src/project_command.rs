//! `modkeep why|graph|tidy-report|whatif`: questions about a project's dependencies.
//!
//! Answers are made in `project`; here are the arguments, the files, and the printing.

mod graph;
mod modules;
mod packages;
mod tidy;
mod uses;
mod whatif;
mod why;

use crate::{exit_status::PROBLEM, failure::Failure, output};
use finding::{printable_json, printable_lines};
use gomod::mvs::{LoadOptions, UpdatePolicy};
use std::process::ExitCode;

pub(crate) use {
    graph::main as graph,
    tidy::{main as tidy, report},
    uses::uses,
    whatif::main as whatif,
    why::main as why,
};

/// Selection as if go.mod had been updated: a question about a graph is answered also where go.mod
/// is not quite right.
const APPLY: LoadOptions = LoadOptions {
    updates: UpdatePolicy::Apply,
    unpruned: false,
};

/// Prints what was found out, or why nothing was.
fn print_answer(outcome: Result<ProjectAnswer, String>) -> ExitCode {
    match outcome {
        Ok(told) => {
            output::text(&printable_lines(&told.text));
            if told.is_problem {
                ExitCode::from(PROBLEM)
            } else {
                ExitCode::SUCCESS
            }
        }
        Err(problem) => {
            output::error(&problem);
            ExitCode::from(PROBLEM)
        }
    }
}

/// An answer.
struct ProjectAnswer {
    text: String,
    /// Whether it is one that whoever asked has to act on.
    is_problem: bool,
}

fn argument<'a>(matches: &'a clap::ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

/// An answer as JSON.
fn json(answer: &impl serde::Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(answer).map_err(|error| error.to_string())?;
    Ok(format!("{}\n", printable_json(&text)))
}

/// Runs what has to wait for upstreams.
fn wait<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    crate::wiring::run(future)
}
