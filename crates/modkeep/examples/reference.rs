//! Writes the reference pages, made of the tables that the program works with: `cargo xtask gen`.

#![expect(
    clippy::print_stdout,
    reason = "a developer's tool talks to its terminal"
)]

use anyhow::{Context as _, Result, bail};
use modkeep::reference;
use std::{env, fs, path::Path};

/// A page below `docs/` and what makes it.
type Page = (&'static str, fn() -> String);

const PAGES: &[Page] = &[
    ("configuration.md", reference::configuration_page),
    ("metrics.md", reference::metrics_page),
    ("errors.md", reference::errors_page),
    ("cli.md", reference::cli_page),
    ("causes.md", reference::causes_page),
];

/// Writes every page, or with `--check` only compares.
fn main() -> Result<()> {
    let check = env::args().any(|argument| argument == "--check");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut stale = Vec::new();
    for (name, make) in PAGES {
        let path = docs.join(name);
        let page = make();
        if fs::read_to_string(&path).is_ok_and(|present| present == page) {
            continue;
        }
        stale.push(*name);
        if !check {
            fs::write(&path, page)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    if check && !stale.is_empty() {
        bail!(
            "stale below docs/: {}; run cargo xtask gen",
            stale.join(", ")
        );
    }
    println!(
        "gen: {} pages, {} {}",
        PAGES.len(),
        stale.len(),
        if check { "stale" } else { "written" }
    );
    Ok(())
}
