//! Developer tasks: `cargo xtask test`, `gen`, `check-deps`, `check-crates`, `names`, `fuzz`, `bench`, `soak`, `operator`.

#![expect(
    clippy::print_stdout,
    reason = "a developer's tool talks to its terminal"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tasks are made of other programs"
)]

mod bench;
mod check_crates;
mod check_deps;
mod fuzz;
mod house_drawing;
mod names;
mod operator;
mod soak;
mod test;

use clap::{Parser, Subcommand};
use std::process::Command;

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
    /// Check that no crate that is built was taken back by whoever published it.
    CheckCrates,
    /// Measure type names, method blocks and import circles of the product.
    Names(names::Options),
    /// Run fuzz targets for a while.
    Fuzz(fuzz::Options),
    /// Measure modkeep and its peers on the same work, and write docs/benchmarks.md.
    Bench(bench::Options),
    /// Attack a server for minutes, and print what it cost the others.
    Soak(soak::Options),
    /// Run a server as an operator does, for a week in some minutes, and print what was shown.
    Operator(operator::Options),
    /// Hostile clients of a soak; they are started by it.
    #[command(hide = true)]
    SoakCrowd(soak::crowd::Options),
    /// The upstream of the bench; it is started by it.
    #[command(hide = true)]
    BenchUpstream(bench::upstream::serve::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Gen { check } => generate(check),
        Task::Test => test::run(),
        Task::CheckDeps => check_deps::run(),
        Task::CheckCrates => check_crates::run(),
        Task::Names(options) => names::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Soak(options) => soak::run(&options),
        Task::Operator(options) => operator::run(&options),
        Task::SoakCrowd(options) => soak::crowd::run(&options),
        Task::BenchUpstream(options) => bench::upstream::serve::run(options),
    }
}

/// The pages are made by the product itself, so that this tool need not be built with all of it.
fn generate(check: bool) -> anyhow::Result<()> {
    // With the whole workspace, as the tests are built: for one package alone other features are chosen,
    // and every dependency is compiled once more.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--workspace", "--example", "reference"]);
    anyhow::ensure!(build.status()?.success(), "the pages cannot be made");
    let this = std::env::current_exe()?;
    let program = this.with_file_name("examples").join("reference");
    let status = Command::new(program)
        .args(check.then_some("--check"))
        .status()?;
    anyhow::ensure!(
        status.success(),
        "the reference pages are stale or cannot be made"
    );
    Ok(())
}
