//! A checksum database of the corpus: an honest log of a million records among which the corpus's
//! own are spread, so that each of them needs a tile of its own, as in the public one.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};
use tlog::{
    Hash,
    checkpoint::TreeHead,
    frontier::Frontier,
    note::{self, SignerKey},
    record::LogRecord,
    tile::{HEIGHT, Tile},
    tree::CompleteSubtree,
};

/// Its name.
pub(crate) const NAME: &str = "sum.example.com/bench";

/// Seed of its key: anybody may know it.
const SEED: [u8; 32] = [7; 32];

/// Records in the log: three levels of tiles.
const SIZE: usize = 1_000_003;

/// Hashes in a full tile.
const FULL: usize = 256;

/// The log, ready to answer.
pub(super) struct Sumdb {
    note: String,
    /// Hashes of the nodes on levels 0, 8 and 16.
    levels: Vec<Vec<Hash>>,
    /// Records by what they are looked up by.
    records: HashMap<String, LogRecord>,
}

/// The database's key, for `--sumdb` and GOSUMDB.
pub(crate) fn key() -> String {
    SignerKey::from_seed(NAME, SEED)
        .map_or_else(|_| String::new(), |key| key.verifier().to_string())
}

// === impl Sumdb ===

impl Sumdb {
    /// Logs all versions of which the corpus has a go.mod.
    pub(super) fn of(corpus: &Path) -> Option<Self> {
        let mut texts = Vec::new();
        walk(corpus, &mut |file| texts.extend(record(corpus, file)));
        texts.sort_unstable();
        let stride = SIZE / texts.len().max(1);
        let mut leaves: Vec<Hash> = (0..SIZE)
            .map(|number| Hash::of_leaf(&number.to_be_bytes()))
            .collect();
        let mut records = HashMap::new();
        for (number, (lookup, text)) in texts.into_iter().enumerate() {
            let place = number * stride;
            let record = LogRecord {
                id: u64::try_from(place).ok()?,
                text,
            };
            *leaves.get_mut(place)? = record.hash();
            records.insert(lookup, record);
        }
        let head = head(&leaves)?;
        let key = SignerKey::from_seed(NAME, SEED).ok()?;
        let note = note::sign(&head.to_text(), &[], &[&key]).ok()?;
        Some(Self {
            note,
            levels: levels(leaves)?,
            records,
        })
    }

    /// The answer to a path below the database's name.
    pub(super) fn answer(&self, path: &str) -> Option<Vec<u8>> {
        match path {
            "supported" => Some(Vec::new()),
            "latest" => Some(self.note.clone().into_bytes()),
            _ => match path.strip_prefix("lookup/") {
                Some(lookup) => {
                    let record = self.records.get(lookup)?;
                    Some(format!("{}{}", record.to_text(), self.note).into_bytes())
                }
                None => self.tile(path.parse().ok()?),
            },
        }
    }

    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        let level = self.levels.get(usize::from(tile.level()?))?;
        let first = usize::try_from(tile.index()).ok()? * FULL;
        let hashes = level.get(first..first + usize::try_from(tile.width()).ok()?)?;
        Some(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }
}

fn head(leaves: &[Hash]) -> Option<TreeHead> {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.append(*leaf).ok()?;
    }
    Some(frontier.head())
}

/// The hashes on the levels of tiles, from those of the leaves.
fn levels(leaves: Vec<Hash>) -> Option<Vec<Vec<Hash>>> {
    let mut levels = vec![leaves];
    while let Some(below) = levels.last().filter(|below| below.len() >= FULL) {
        let height = u8::try_from(levels.len() - 1).ok()?;
        let full = below.chunks_exact(FULL).enumerate().map(|(index, hashes)| {
            let index = u64::try_from(index).ok()?;
            let tile = Tile::try_new(HEIGHT, height, index, u32::try_from(FULL).ok()?)?;
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
            tile.hash(
                &bytes,
                CompleteSubtree {
                    level: (height + 1) * HEIGHT,
                    index,
                },
            )
        });
        let above = full.collect::<Option<Vec<_>>>()?;
        levels.push(above);
    }
    Some(levels)
}

/// Calls `each` for every file below a directory.
fn walk(directory: &Path, each: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), each),
            Ok(_) => each(&entry.path()),
            Err(_) => {}
        }
    }
}

/// What a go.mod of the corpus is looked up by, and its record. Where the corpus has no zip, nobody
/// asks for its hash either, and the record holds another one.
fn record(corpus: &Path, file: &Path) -> Option<(String, String)> {
    let path = file.strip_prefix(corpus).ok()?.to_str()?;
    let (module, version) = path.strip_suffix(".mod")?.split_once("/@v/")?;
    let go_mod = gomod::sumhash::h1_of_go_mod(&fs::read(file).ok()?).to_string();
    let zip: PathBuf = file.with_extension("ziphash");
    let zip = fs::read_to_string(zip).unwrap_or_else(|_| go_mod.clone());
    let lookup = format!("{module}@{version}");
    let module = gomod::ModulePath::unescape(module).ok()?;
    let version = gomod::Version::unescape(version).ok()?;
    let text = format!(
        "{module} {version} {}\n{module} {version}/go.mod {go_mod}\n",
        zip.trim()
    );
    Some((lookup, text))
}
