//! Scenes: a log, what of it the database serves, what is stored, what is asked.

use super::{Log, Memory};
use bytes::Bytes;
use testkit::oracle::Seed;
use tlog::{
    note::SignerKey,
    plan::TilePlan,
    proof::{consistency, inclusion},
    record::LogRecord,
    tile::HEIGHT,
    tree::{CompleteSubtree, Subtree},
};

/// Where other histories part from the true one: at the edges of tiles and within.
const FORKS: [u64; 8] = [0, 1, 5, 200, 255, 256, 257, 511];
/// Leaves of the logs with which most scenes play.
const SIZE: u64 = 600;
/// Leaves of the log that has three levels of tiles.
const LARGE: u64 = 70_000;

/// The true history and others, made once.
pub(crate) struct Logs {
    large: Log,
    forks: Vec<(u64, Log)>,
    pub(crate) signer: SignerKey,
}

/// One lookup of a scene.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    pub(crate) module: String,
    pub(crate) version: String,
    pub(crate) record: LogRecord,
    /// The signed head that comes with it.
    pub(crate) head: String,
    pub(crate) size: u64,
}

/// All that is put to both clients.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) key: String,
    pub(crate) latest: String,
    pub(crate) lookups: Vec<Lookup>,
    /// The tiles, and whatever else is at a path.
    pub(crate) files: Vec<(String, Bytes)>,
    /// Sizes of all heads in it.
    pub(crate) sizes: Vec<u64>,
}

/// The text of a record. A few lack one of the two lines, or have others.
fn content(number: u64, salt: &str) -> String {
    let module = format!("example.com/m{number} v1.0.{number}");
    let zip = format!("{module} h1:{salt}Zip{number}=\n");
    let go_mod = format!("{module}/go.mod h1:{salt}Mod{number}=\n");
    match number % 31 {
        3 => zip,
        5 => go_mod,
        7 => format!("{zip}{module}.1 h1:x=\n{zip}{go_mod}"),
        _ => zip + &go_mod,
    }
}

// === impl Logs ===

impl Logs {
    pub(crate) fn new() -> Self {
        let signer = SignerKey::from_seed("sum.example.com", [1; 32]).unwrap();
        let large = Log::of(LARGE, |number| content(number, ""));
        let forks = FORKS.map(|at| {
            let mut fork = Log::of(at, |number| content(number, ""));
            fork.grow(SIZE, |number| content(number, "other"));
            (at, fork)
        });
        let forks = forks.into();
        Self {
            large,
            forks,
            signer,
        }
    }

    pub(crate) fn honest_log(&self) -> &Log {
        &self.large
    }

    /// Another history, and where it begins to be another.
    pub(crate) fn fork(&self, seed: &mut Seed) -> &(u64, Log) {
        seed.pick(&self.forks)
    }

    /// A scene without any lie.
    pub(crate) fn honest(&self, seed: &mut Seed) -> Scene {
        let limit = if seed.chance(0.1) { LARGE } else { SIZE };
        let mut lookups: Vec<Lookup> = (0..=seed.below(4))
            .map(|_| self.lookup(seed, limit))
            .collect();
        lookups.sort_by_key(|lookup| lookup.record.id);
        lookups.dedup_by_key(|lookup| lookup.record.id);
        // Mostly growing, sometimes older heads come later.
        if seed.chance(0.6) {
            lookups.sort_by_key(|lookup| lookup.size);
        } else {
            let at = seed.below(lookups.len());
            lookups.rotate_left(at);
        }
        let stored = if seed.chance(0.7) {
            1 + seed.next_u64() % limit
        } else {
            0
        };
        let latest = match stored {
            0 => String::new(),
            size => self.large.signed(size, &self.signer),
        };
        let mut sizes: Vec<u64> = lookups.iter().map(|lookup| lookup.size).collect();
        sizes.push(stored);
        let key = self.signer.verifier().to_string();
        let mut scene = Scene {
            key,
            latest,
            lookups,
            files: Vec::new(),
            sizes,
        };
        scene.serve(&self.large);
        scene
    }

    fn lookup(&self, seed: &mut Seed, limit: u64) -> Lookup {
        let size = 1 + seed.next_u64() % limit;
        let number = match seed.below(4) {
            0 => size - 1,
            _ => seed.next_u64() % size,
        };
        Lookup {
            module: format!("example.com/m{number}"),
            version: format!("v1.0.{number}"),
            record: LogRecord {
                id: number,
                text: self.large.leaf(number).to_owned(),
            },
            head: self.large.signed(size, &self.signer),
            size,
        }
    }
}

// === impl Scene ===

impl Scene {
    /// Serves the tiles that prove all records and all heads of the scene to each other, as they
    /// are in this log.
    pub(crate) fn serve(&mut self, log: &Log) {
        let memory = Memory::default();
        for newer in self
            .sizes
            .iter()
            .copied()
            .filter(|size| (1..=log.size()).contains(size))
        {
            let records = self
                .lookups
                .iter()
                .map(|lookup| lookup.record.id)
                .filter(|id| *id < newer);
            let leaves = records.clone().map(CompleteSubtree::leaf);
            let proofs = records.flat_map(|id| inclusion(newer, id).unwrap());
            let older = self
                .sizes
                .iter()
                .copied()
                .filter(|size| (1..newer).contains(size));
            let between = older
                .clone()
                .flat_map(|older| consistency(newer, older).unwrap());
            let nodes = proofs
                .chain(between)
                .chain(older.map(Subtree::whole))
                .flat_map(Subtree::nodes);
            let plan = TilePlan::try_new(log.head(newer), HEIGHT, leaves.chain(nodes)).unwrap();
            for tile in plan.tiles() {
                memory.serve(tile, log.tile(*tile).unwrap());
            }
        }
        self.files = memory.remote().into_iter().collect();
    }

    /// The question in the form that both sides take.
    pub(crate) fn into_question(self) -> Vec<Vec<u8>> {
        let mut files = self.files;
        for lookup in &self.lookups {
            let Lookup {
                module,
                version,
                record,
                head,
                ..
            } = lookup;
            let path = format!("lookup/{module}@{version}");
            // A lie may have put another answer there.
            if !files.iter().any(|(known, _)| *known == path) {
                files.push((path, Bytes::from(record.to_text() + head)));
            }
        }
        let mut question = vec![
            self.key.into_bytes(),
            self.latest.into_bytes(),
            files.len().to_string().into_bytes(),
        ];
        question.extend(
            files
                .into_iter()
                .flat_map(|(path, bytes)| [path.into_bytes(), bytes.to_vec()]),
        );
        question.extend(
            self.lookups
                .into_iter()
                .flat_map(|lookup| [lookup.module.into_bytes(), lookup.version.into_bytes()]),
        );
        question
    }
}
