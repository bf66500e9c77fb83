//! `cargo xtask names`: how the product's names and modules read, in numbers.
//!
//! It measures `crates/*/src` without tests and without `testkit`: type names of one word, names that
//! stand for two things, participles, the struct whose methods lie in the most blocks, and files that
//! import each other. `--check` holds the numbers of `xtask/names.json`: they may fall, not rise.
//! It is a yardstick for people: it refuses no single name, only more of them.

mod circles;
mod figures;
mod source;
mod words;

use anyhow::{Context, Result, bail};
use circles::CrateModules;
use figures::{NameFigures, Ratchet, TypeName};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Crates that are no product.
const BESIDE: &[&str] = &["testkit"];

/// What to do with the figures.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Fail if a number is worse than the one that is held.
    #[arg(long)]
    check: bool,
    /// Hold the numbers as they are now.
    #[arg(long)]
    hold: bool,
    /// Name every type and file that a number counts.
    #[arg(long)]
    list: bool,
}

/// Measures, prints, and compares.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.context("xtask lies in the repository")?;
    let figures = measure(root)?;
    if options.list {
        list(&figures);
    }
    for (what, value) in figures.rows() {
        println!("| {what} | {value} |");
    }
    let held = root.join("xtask/names.json");
    if options.hold {
        let text = serde_json::to_string_pretty(&figures.ratchet())?;
        fs::write(&held, text + "\n").context("xtask/names.json cannot be written")?;
    }
    if options.check {
        let text = fs::read_to_string(&held).context("xtask/names.json cannot be read")?;
        let ratchet: Ratchet = serde_json::from_str(&text).context("xtask/names.json")?;
        let worse = ratchet.worse(&figures.ratchet());
        if !worse.is_empty() {
            bail!("names got worse:\n  {}", worse.join("\n  "));
        }
    }
    Ok(())
}

fn list(figures: &NameFigures) {
    let sections: [(&str, Vec<&TypeName>); 3] = [
        ("one word", figures.one_word()),
        ("not unique", figures.not_unique()),
        ("participle", figures.participles()),
    ];
    for (what, mut types) in sections {
        types.sort();
        for of in types {
            println!("{what}: {} ({}:{})", of.name, of.file, of.line);
        }
    }
    for (of, files) in &figures.circles {
        println!("circle in {of}: {}", files.join(" "));
    }
    println!();
}

fn measure(root: &Path) -> Result<NameFigures> {
    let mut figures = NameFigures::default();
    let mut crates: Vec<PathBuf> = fs::read_dir(root.join("crates"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    crates.sort();
    for place in crates {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        if BESIDE.contains(&&*name) {
            continue;
        }
        for start in ["src/lib.rs", "src/main.rs"] {
            let start = place.join(start);
            if start.exists() {
                let mut reader = CrateReader::new(root);
                reader.read(&start, &[])?;
                figures.add(&name, &reader.modules, reader.lines);
            }
        }
    }
    Ok(figures)
}

/// Follows `mod` from file to file.
struct CrateReader<'a> {
    root: &'a Path,
    modules: CrateModules,
    lines: usize,
}

impl<'a> CrateReader<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            modules: CrateModules::default(),
            lines: 0,
        }
    }

    fn read(&mut self, file: &Path, path: &[String]) -> Result<()> {
        let named = file.strip_prefix(self.root).unwrap_or(file);
        let named = named.to_string_lossy().into_owned();
        let text = fs::read_to_string(file).with_context(|| named.clone())?;
        let source = source::read(&text).with_context(|| named.clone())?;
        self.lines += text.lines().count().saturating_sub(source.test_lines);
        let below = if path.is_empty() {
            file.with_file_name("")
        } else {
            file.with_extension("")
        };
        for name in &source.files {
            let mut path = path.to_vec();
            path.push(name.clone());
            self.read(&below.join(name).with_extension("rs"), &path)?;
        }
        self.modules.add(path, &named, source);
        Ok(())
    }
}
