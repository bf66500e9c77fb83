//! Writes the reference pages, made of the tables that the program works with: `cargo xtask gen`.

#![expect(
    clippy::print_stdout,
    reason = "a developer's tool talks to its terminal"
)]

use anyhow::{Context as _, Result, bail};
use modkeep::reference;
use std::{collections::BTreeMap, env, fs, path::Path};

/// A page below `docs/` and what makes it.
type Page = (&'static str, fn() -> String);

const PAGES: &[Page] = &[
    ("configuration.md", reference::configuration_page),
    ("metrics.md", reference::metrics_page),
    ("logs.md", reference::logs_page),
    ("errors.md", reference::errors_page),
    ("cli.md", reference::cli_page),
    ("http.md", reference::http_page),
    ("openapi.json", server::openapi_json),
];

/// Folders that hold generated pages and nothing else.
const FOLDERS: &[&str] = &["causes", "rules"];

/// Writes every page, or with `--check` only compares.
fn main() -> Result<()> {
    let check = env::args().any(|argument| argument == "--check");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let fixed = PAGES
        .iter()
        .map(|(name, make)| ((*name).to_owned(), make()));
    let pages: BTreeMap<String, String> = fixed
        .chain(reference::rule_pages())
        .chain(reference::cause_pages())
        .collect();
    let mut stale = Vec::new();
    for (name, page) in &pages {
        let path = docs.join(name);
        if fs::read_to_string(&path).is_ok_and(|present| present == *page) {
            continue;
        }
        stale.push(name.clone());
        if !check {
            write(&path, page)?;
        }
    }
    for name in left_over(&docs, &pages)? {
        if !check {
            let path = docs.join(&name);
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
        stale.push(name);
    }
    if check && !stale.is_empty() {
        bail!(
            "stale below docs/: {}; run cargo xtask gen",
            stale.join(", ")
        );
    }
    println!(
        "gen: {} pages, {} {}",
        pages.len(),
        stale.len(),
        if check { "stale" } else { "written" }
    );
    Ok(())
}

fn write(path: &Path, page: &str) -> Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    fs::write(path, page).with_context(failed)
}

/// Pages in folders that only generated pages are in, of which nothing is generated any more.
fn left_over(docs: &Path, pages: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(docs.join(folder)) else {
            continue;
        };
        for entry in entries {
            let name = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if !pages.contains_key(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}
