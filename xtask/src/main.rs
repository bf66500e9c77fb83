//! Developer tasks: `cargo xtask test`, `gen`, `check-deps`.

#![expect(
    clippy::print_stdout,
    reason = "a developer's tool talks to its terminal"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tasks are made of other programs"
)]

mod check_deps;
mod generate;
mod test;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    about = "Developer tasks",
    bin_name = "cargo xtask"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write the generated reference pages below docs/.
    Gen {
        /// Write nothing; fail if a page is stale.
        #[arg(long)]
        check: bool,
    },
    /// Install what the tests need, and run them all.
    Test,
    /// Check that dependencies between the crates point downward only.
    CheckDeps,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Gen { check } => generate::run(check),
        Task::Test => test::run(),
        Task::CheckDeps => check_deps::run(),
    }
}
