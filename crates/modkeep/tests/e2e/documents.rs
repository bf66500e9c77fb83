//! The pages: what they show is run or parsed, and links lead somewhere. Command lines are parsed
//! beside the command line itself (`cli::documents`), the blocks of the CI guide are run in `guide`.

mod front;

use crate::site::BINARY;
use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Duration};
use testkit::{
    document::{Block, Document, code, root},
    process, skip,
};

/// Pages whose `toml` blocks are configurations of the server.
const CONFIGURATIONS: [&str; 5] = [
    "docs/install.md",
    "docs/operating.md",
    "docs/private.md",
    "docs/airgap.md",
    "docs/backup.md",
];

/// As the score of the unit stands in the page; the lower, the less it may do.
const EXPOSURE: &str = "1.5";

/// Blocks of a language on a page that are not behind a mark.
fn blocks(page: &Document, language: &str) -> Vec<Block> {
    let blocks = page.blocks().into_iter();
    blocks
        .filter(|block| block.language == language && !block.is_marked)
        .collect()
}

#[test]
fn configurations_in_the_documents_are_accepted() {
    let mut count = 0;
    for page in CONFIGURATIONS.map(Document::read) {
        for block in blocks(&page, "toml") {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("modkeep.toml");
            fs::write(&file, &block.body).unwrap();
            let mut command = Command::new(BINARY);
            command
                .env_clear()
                // As the unit sets it.
                .env("MODKEEP_DATA", "/var/lib/modkeep")
                .args(["config", "check", "--config"])
                .arg(&file);
            let output = process::run(&mut command, Duration::from_mins(1));
            assert!(output.ok(), "{}:{}: {output}", page.name, block.line);
            count += 1;
        }
    }
    assert!(count >= 3, "{count} configurations found");
}

#[test]
fn data_in_the_documents_can_be_read() {
    for page in Document::all() {
        for block in blocks(&page, "json") {
            let read = serde_json::from_str::<serde_json::Value>(&block.body);
            assert!(read.is_ok(), "{}:{}: {read:?}", page.name, block.line);
        }
    }
}

/// What is wrong with a link, if anything is.
fn broken(page: &Document, target: &str) -> Option<String> {
    if target.starts_with("http://") || target.starts_with("https://") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let here = root().join(&page.name);
    let file = match path {
        "" => here,
        path => here.parent()?.join(path),
    };
    if !file.exists() {
        return Some(format!("{target}: there is no such file"));
    }
    let is_page = file.extension().is_some_and(|extension| extension == "md");
    if anchor.is_empty() || !is_page {
        return None;
    }
    let text = fs::read_to_string(&file).ok()?;
    let linked = Document {
        name: path.to_owned(),
        text,
    };
    let is_there = linked.anchors().iter().any(|known| known == anchor);
    (!is_there).then(|| format!("{target}: there is no such heading"))
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in Document::all() {
        for (line, target) in page.links() {
            let why = broken(&page, &target);
            wrong.extend(why.map(|why| format!("{}:{line}: {why}", page.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_index_names_every_page() {
    let index = Document::read("docs/README.md");
    let linked: BTreeSet<String> = index
        .links()
        .into_iter()
        .map(|(_, target)| target)
        .collect();
    for page in Document::all() {
        let Some(name) = page.name.strip_prefix("docs/") else {
            continue;
        };
        let is_page = !name.contains('/') && name != "README.md";
        assert!(
            !is_page || linked.contains(name),
            "{name} is not in the index"
        );
    }
}

#[test]
fn the_units_are_sound_and_as_closed_as_the_page_says() {
    let probe = Command::new("systemd-analyze").arg("--version").output();
    if probe.is_err() {
        skip::because("systemd-analyze is not here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let unit = directory.path().join("modkeep.service");
    let text = fs::read_to_string(root().join("docs/modkeep.service")).unwrap();
    fs::write(&unit, text.replace("/usr/local/bin/modkeep", BINARY)).unwrap();
    let socket = directory.path().join("modkeep.socket");
    fs::copy(root().join("docs/modkeep.socket"), &socket).unwrap();
    let analyze = |arguments: &[&str], unit: &Path| {
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).arg(unit);
        process::run(&mut command, Duration::from_mins(1))
    };
    for unit in [&unit, &socket] {
        let verified = analyze(&["verify"], unit);
        assert!(verified.ok(), "{verified}");
        assert_eq!(verified.stderr, "", "{verified}");
    }
    let score = analyze(&["security", "--offline=true", "--no-pager"], &unit);
    let expected = format!("Overall exposure level for modkeep.service: {EXPOSURE} ");
    assert!(score.stdout.contains(&expected), "{score}");
    let page = Document::read("docs/operating.md");
    assert!(page.text.contains(&format!("rates it {EXPOSURE} of 10")));
}

/// A page as far as its translation has to say the same: tables by the code and the links of their
/// cells, blocks, headings.
#[derive(Debug, PartialEq, Eq)]
struct Outline {
    tables: Vec<Vec<Row>>,
    blocks: Vec<(String, String)>,
    headings: Vec<usize>,
}

#[derive(Debug, PartialEq, Eq)]
struct Row {
    cells: usize,
    code: Vec<String>,
    links: BTreeSet<String>,
}

// === impl Outline ===

impl Outline {
    fn of(page: &Document) -> Self {
        let tables = page.tables().into_iter();
        let rows = |table: Vec<Vec<String>>| table.iter().map(|row| Row::of(row)).collect();
        let blocks = page.blocks().into_iter();
        let headings = page.text.lines().filter(|line| line.starts_with('#'));
        Self {
            tables: tables.map(rows).collect(),
            blocks: blocks.map(|block| (block.language, block.body)).collect(),
            headings: headings
                .map(|line| line.chars().take_while(|&c| c == '#').count())
                .collect(),
        }
    }
}

// === impl Row ===

impl Row {
    fn of(cells: &[String]) -> Self {
        let text = cells.join(" ");
        let mut code = code(&text);
        code.sort();
        let links = Document {
            name: String::new(),
            text,
        };
        let links = links.links().into_iter().map(|(_, target)| target);
        Self {
            cells: cells.len(),
            code,
            links: links.collect(),
        }
    }
}

#[test]
fn both_readmes_say_the_same() {
    let (english, chinese) = (
        Document::read("README.md"),
        Document::read("README.zh-CN.md"),
    );
    let (ours, theirs) = (Outline::of(&english), Outline::of(&chinese));
    for (one, other) in ours.tables.iter().zip(&theirs.tables) {
        for (one, other) in one.iter().zip(other) {
            assert_eq!(one, other);
        }
    }
    assert_eq!(ours, theirs);
    let links = |page: &Document| -> BTreeSet<String> {
        let links = page.links().into_iter().map(|(_, target)| target);
        links
            .filter(|target| !target.starts_with("README"))
            .collect()
    };
    assert_eq!(links(&english), links(&chinese));
    let spans = |page: &Document| -> BTreeSet<String> {
        page.spans().into_iter().map(|(_, span)| span).collect()
    };
    assert_eq!(spans(&english), spans(&chinese));
}

/// jemalloc's pages, for each target of Linux on processors whose kernels have pages of several sizes.
#[test]
fn builds_for_processors_with_large_pages_are_built_for_them() {
    let text = fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    let mut command = Command::new("rustc");
    command.args(["--print", "target-list"]).current_dir(root());
    let targets = process::run(&mut command, Duration::from_mins(1)).stdout;
    let concerned = targets.lines().filter(|target| {
        let (processor, rest) = target.split_once('-').unwrap_or_default();
        let is_linux = rest == "unknown-linux-gnu" || rest == "unknown-linux-musl";
        is_linux && matches!(processor, "aarch64" | "loongarch64")
    });
    let concerned: Vec<&str> = concerned.collect();
    assert_eq!(concerned.len(), 4, "{concerned:?}");
    for target in concerned {
        let name = target.to_uppercase().replace('-', "_");
        let name = format!("{name}_JEMALLOC_SYS_WITH_LG_PAGE");
        assert_eq!(config["env"][&name].as_str(), Some("16"), "{name}");
    }
}
