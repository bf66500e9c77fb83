//! A checksum database: an honest log of the fixture's modules, and everything needed to lie with it.
//!
//! It writes its answers into a [`Corpus`] below `sumdb/NAME/`, where a fake upstream serves them
//! like any other file and misbehaves with them by plan. That the log is one as Go understands it is
//! shown elsewhere, with the real `go` and golang.org/x/mod; lies are made by giving two databases
//! the same key.

use crate::fixture::{Corpus, Module, escape};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tlog::{
    Hash,
    entries::EntryBundle,
    frontier::Frontier,
    note::{self, SignerKey},
    record::LogRecord,
    tile::{HEIGHT, new_tiles},
    tree::CompleteSubtree,
};

/// A log with its key.
#[derive(Debug)]
pub struct Database {
    key: SignerKey,
    frontier: Frontier,
    nodes: BTreeMap<CompleteSubtree, Hash>,
    /// Text of each record, and the `MODULE@VERSION` it is looked up by.
    records: Vec<(String, String)>,
}

// === impl Database ===

impl Database {
    /// An empty log of this name; the same seed makes the same key.
    pub fn new(name: &str, seed: u8) -> Self {
        Self {
            key: SignerKey::from_seed(name, [seed; 32]).unwrap(),
            frontier: Frontier::default(),
            nodes: BTreeMap::new(),
            records: Vec::new(),
        }
    }

    /// `NAME+KEY`, for GOSUMDB and `--sumdb`.
    pub fn key(&self) -> String {
        self.key.verifier().to_string()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.key.verifier().name()
    }

    /// How many records it has.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Logs a module as it is.
    pub fn log(&mut self, module: &Module) -> u64 {
        self.log_hashes(
            module.path(),
            module.version(),
            &module.h1(),
            &module.go_mod_h1(),
        )
    }

    /// Logs any hashes of a version.
    pub fn log_hashes(&mut self, path: &str, version: &str, zip: &str, go_mod: &str) -> u64 {
        let text = format!("{path} {version} {zip}\n{path} {version}/go.mod {go_mod}\n");
        self.append(&text, &format!("{}@{}", escape(path), escape(version)))
    }

    /// Logs records of modules that nobody asks for, so that the tree has some size.
    pub fn fill(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.records.len();
            let hash = format!("h1:{}", Hash::of_leaf(&number.to_be_bytes()));
            self.log_hashes(
                &format!("filler.example.com/m{number}"),
                "v1.0.0",
                &hash,
                &hash,
            );
        }
    }

    fn append(&mut self, text: &str, lookup: &str) -> u64 {
        let id = self.frontier.size();
        let completed = self
            .frontier
            .append(Hash::of_leaf(text.as_bytes()))
            .unwrap();
        self.nodes.extend(completed);
        self.records.push((text.to_owned(), lookup.to_owned()));
        id
    }

    /// The signed head of the present tree.
    pub fn head(&self) -> String {
        note::sign(&self.frontier.head().to_text(), &[], &[&self.key]).unwrap()
    }

    /// What a lookup of the record is answered with.
    pub fn answer(&self, id: u64) -> String {
        let text = self.records[usize::try_from(id).unwrap()].0.clone();
        format!("{}{}", LogRecord { id, text }.to_text(), self.head())
    }

    /// The path of a record's lookup below `sumdb/NAME/`.
    pub fn lookup_path(&self, id: u64) -> String {
        format!("lookup/{}", self.records[usize::try_from(id).unwrap()].1)
    }

    /// Writes all its answers into a corpus; what it wrote there at a smaller size stays.
    pub fn publish(&self, corpus: &mut Corpus) {
        let mut put = |path: &str, bytes: Vec<u8>| {
            corpus.put(&format!("sumdb/{}/{path}", self.name()), bytes);
        };
        for id in 0..self.size() {
            put(&self.lookup_path(id), self.answer(id).into_bytes());
        }
        self.publish_tree(corpus);
    }

    /// Writes only its head and tiles into a corpus: each lookup would be a signature.
    pub fn publish_tree(&self, corpus: &mut Corpus) {
        let mut put = |path: &str, bytes: Vec<u8>| {
            corpus.put(&format!("sumdb/{}/{path}", self.name()), bytes);
        };
        put("supported", Vec::new());
        put("latest", self.head().into_bytes());
        for tile in new_tiles(HEIGHT, 0, self.size()) {
            put(&tile.to_string(), self.tile(tile));
        }
        for bundle in EntryBundle::covering(0, self.size()) {
            let tile = bundle.tile().unwrap().to_string();
            put(
                &tile.replacen("tile/8/0/", "tile/8/data/", 1),
                self.data(bundle),
            );
        }
    }

    fn data(&self, bundle: EntryBundle) -> Vec<u8> {
        let first = usize::try_from(bundle.first()).unwrap();
        let records = &self.records[first..first + bundle.width() as usize];
        let texts = records.iter().map(|(text, _)| format!("{text}\n"));
        texts.collect::<String>().into_bytes()
    }

    /// The bytes of a tile.
    pub fn tile(&self, tile: tlog::tile::Tile) -> Vec<u8> {
        let level = tile.level().unwrap() * HEIGHT;
        let first = tile.index() << HEIGHT;
        let nodes =
            (first..first + u64::from(tile.width())).map(|index| CompleteSubtree { level, index });
        nodes
            .flat_map(|node| *self.nodes[&node].as_bytes())
            .collect()
    }
}

// === impl Module ===

impl Module {
    /// Go's hash of its zip.
    pub fn h1(&self) -> String {
        let mut lines = self.hash_lines();
        lines.sort_by(|one, other| one.1.cmp(&other.1));
        summary(&lines)
    }

    /// Go's hash of its go.mod.
    pub fn go_mod_h1(&self) -> String {
        summary(&[(digest(&self.mod_file()), "go.mod".to_owned())])
    }

    fn hash_lines(&self) -> Vec<(String, String)> {
        let root = format!("{}@{}", self.path(), self.version());
        let entries = self.entries().into_iter();
        entries
            .map(|(name, content)| (digest(&content), format!("{root}/{name}")))
            .collect()
    }
}

/// The hash of hashes (golang.org/x/mod/sumdb/dirhash, `Hash1`).
fn summary(lines: &[(String, String)]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut text = String::new();
    for (hash, name) in lines {
        writeln!(text, "{hash}  {name}").unwrap();
    }
    format!("h1:{}", STANDARD.encode(sha256(text.as_bytes())))
}

fn digest(bytes: &[u8]) -> String {
    sha256(bytes)
        .iter()
        .fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").unwrap();
            digits
        })
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).into()
}
