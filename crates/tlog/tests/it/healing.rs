//! Tiles that are kept, damaged, gone, or wider than asked for.

use crate::database::Database;
use bytes::Bytes;
use tlog::{client::LookupError, tile::Tile};

const SIZE: u64 = 300;
const NUMBER: u64 = 7;

#[test]
fn a_kept_tile_is_not_asked_for_again() {
    let database = Database::honest(SIZE);
    database.look_up(&database.client(), NUMBER, SIZE).unwrap();
    let mut asked = database.memory.asked();
    asked.sort();
    let lookup = "lookup/example.com/m7@v1.0.0";
    assert_eq!(
        asked,
        [
            lookup,
            "tile/8/0/000",
            "tile/8/0/001.p/44",
            "tile/8/1/000.p/1"
        ]
    );
    database.look_up(&database.client(), NUMBER, SIZE).unwrap();
    assert_eq!(database.memory.asked(), [lookup]);
}

#[test]
fn a_damaged_kept_tile_is_healed_from_the_database() {
    for path in ["tile/8/0/000", "tile/8/0/001.p/44", "tile/8/1/000.p/1"] {
        for damage in [Damage::Bit, Damage::Cut, Damage::Empty] {
            let database = Database::honest(SIZE);
            let tile: Tile = path.parse().unwrap();
            let honest = database.log.tile(tile).unwrap();
            database.memory.keep(tile, damage.done_to(&honest));
            let proven = database.look_up(&database.client(), NUMBER, SIZE).unwrap();
            assert_eq!(proven.record.text, database.log.leaf(NUMBER));
            assert_eq!(database.memory.kept()[&tile], honest, "{path} {damage:?}");
        }
    }
}

#[test]
fn a_tile_that_the_database_has_damaged_too_is_refused_and_not_kept() {
    for path in ["tile/8/0/000", "tile/8/0/001.p/44", "tile/8/1/000.p/1"] {
        let database = Database::honest(SIZE);
        let tile: Tile = path.parse().unwrap();
        let damaged = Damage::Bit.done_to(&database.log.tile(tile).unwrap());
        database.memory.serve(&tile, damaged);
        let error = database
            .look_up(&database.client(), NUMBER, SIZE)
            .unwrap_err();
        assert!(matches!(error, LookupError::Tile(_)), "{path}: {error}");
        assert_eq!(database.memory.stored(), None, "{path}");
        assert!(database.memory.kept().is_empty(), "{path}");
    }
}

#[test]
fn a_tile_that_has_grown_serves_for_its_narrow_form() {
    let database = Database::honest(SIZE);
    let grown = Database::honest(600);
    let narrow: Tile = "tile/8/0/001.p/44".parse().unwrap();
    database.memory.withdraw(&narrow);
    database
        .memory
        .serve(&narrow.full(), grown.log.tile(narrow.full()).unwrap());
    database.look_up(&database.client(), NUMBER, SIZE).unwrap();
    // Only what was proven is kept.
    assert_eq!(
        database.memory.kept()[&narrow],
        database.log.tile(narrow).unwrap()
    );
}

/// What happens to files.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Bit,
    Cut,
    Empty,
}

// === impl Damage ===

impl Damage {
    fn done_to(self, bytes: &Bytes) -> Bytes {
        match self {
            Self::Bit => {
                let mut bytes = bytes.to_vec();
                bytes[9] ^= 4;
                bytes.into()
            }
            Self::Cut => bytes.slice(..bytes.len() - 1),
            Self::Empty => Bytes::new(),
        }
    }
}
