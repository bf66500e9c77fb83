//! Plan: which tiles give a tree's hashes, and whether what came is what was signed.
//!
//! Tiles come from anybody. They are believed because the ones at the right edge hash to the signed
//! root, and every other one to the hash that its parent holds for it; so the plan asks for more than
//! the tiles that hold the wanted hashes. One plan serves several proofs in one tree: what it takes
//! to prove a record and an older head at once is fetched in one round trip.
//!
//! Bytes in, values out: [`TilePlan::tiles`] says what to fetch, [`TilePlan::authenticate`] takes it.

use crate::{
    checkpoint::TreeHead,
    hash::Hash,
    tile::Tile,
    tree::{CompleteSubtree, Subtree, join},
};
use bytes::Bytes;
use std::collections::BTreeMap;

/// What is wrong with tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The wanted hash is of no complete subtree of this tree.
    #[error("no complete subtree at level {} and index {} in a tree of size {size}", node.level, node.index)]
    NotInTree {
        /// What was wanted.
        node: CompleteSubtree,
        /// Size of the tree.
        size: u64,
    },
    /// A tile has the wrong number of bytes.
    #[error("{tile} has {found} bytes instead of {}", tile.size())]
    WrongSize {
        /// Which tile.
        tile: Tile,
        /// How many bytes came.
        found: usize,
    },
    /// The tiles at the right edge do not hash to the root. At least one of them is wrong, and
    /// nobody can say which.
    #[error("the tiles of the right edge do not hash to the root of the tree of size {size}")]
    WrongEdge {
        /// Size of the tree.
        size: u64,
    },
    /// A tile does not have the hash that its parent holds for it.
    #[error("{tile} does not hash to what its parent says")]
    WrongTile {
        /// Which tile.
        tile: Tile,
    },
    /// The plan and the tiles handed in do not belong together.
    #[error("{found} tiles handed in where {wanted} were asked for")]
    WrongNumber {
        /// How many were handed in.
        found: usize,
        /// How many were asked for.
        wanted: usize,
    },
}

/// The tiles needed for some hashes of a tree.
#[derive(Debug, Clone)]
pub struct TilePlan {
    head: TreeHead,
    height: u8,
    /// In the order in which they can be believed: first the right edge, then parents before
    /// children.
    tiles: Vec<Tile>,
    /// How many of them are the right edge.
    edge: usize,
    places: BTreeMap<Tile, usize>,
}

/// Tiles that were found to belong to a signed tree.
#[derive(Debug, Clone)]
pub struct VerifiedTiles {
    plan: TilePlan,
    bytes: Vec<Bytes>,
}

// === impl TilePlan ===

impl TilePlan {
    /// Plans for the hashes of `nodes` in the tree of `head`, with tiles of `height` levels.
    pub fn try_new(
        head: TreeHead,
        height: u8,
        nodes: impl IntoIterator<Item = CompleteSubtree>,
    ) -> Result<Self, TileError> {
        let mut plan = Self {
            head,
            height,
            tiles: Vec::new(),
            edge: 0,
            places: BTreeMap::new(),
        };
        for node in Subtree::whole(head.size).nodes() {
            let tile = plan.tile_of(node)?;
            plan.add(tile);
        }
        plan.edge = plan.tiles.len();
        for node in nodes {
            plan.add_with_parents(node)?;
        }
        Ok(plan)
    }

    fn tile_of(&self, node: CompleteSubtree) -> Result<Tile, TileError> {
        let size = self.head.size;
        Tile::of_node(self.height, node, size).ok_or(TileError::NotInTree { node, size })
    }

    fn add(&mut self, tile: Tile) {
        if !self.places.contains_key(&tile) {
            self.places.insert(tile, self.tiles.len());
            self.tiles.push(tile);
        }
    }

    fn add_with_parents(&mut self, node: CompleteSubtree) -> Result<(), TileError> {
        let mut missing = Vec::new();
        let mut next = Some(self.tile_of(node)?);
        // Upwards to the first that is planned already; the edge ends at the top of the tree.
        while let Some(tile) = next.filter(|tile| !self.places.contains_key(tile)) {
            missing.push(tile);
            next = tile.parent(self.head.size);
        }
        missing.into_iter().rev().for_each(|tile| self.add(tile));
        Ok(())
    }

    /// What to fetch.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Checks the bytes of the tiles, which are in the order of [`TilePlan::tiles`].
    pub fn authenticate(self, bytes: Vec<Bytes>) -> Result<VerifiedTiles, TileError> {
        if bytes.len() != self.tiles.len() {
            return Err(TileError::WrongNumber {
                found: bytes.len(),
                wanted: self.tiles.len(),
            });
        }
        for (tile, bytes) in self.tiles.iter().zip(&bytes) {
            if bytes.len() != tile.size() {
                return Err(TileError::WrongSize {
                    tile: *tile,
                    found: bytes.len(),
                });
            }
        }
        let tiles = VerifiedTiles { plan: self, bytes };
        tiles.check_edge()?;
        tiles.check_children()?;
        Ok(tiles)
    }
}

// === impl VerifiedTiles ===

impl VerifiedTiles {
    fn check_edge(&self) -> Result<(), TileError> {
        let size = self.plan.head.size;
        let nodes = Subtree::whole(size).nodes();
        let hashes: Vec<Hash> = nodes
            .map(|node| self.hash(node))
            .collect::<Result<_, _>>()?;
        if join(&hashes) == self.plan.head.root {
            Ok(())
        } else {
            Err(TileError::WrongEdge { size })
        }
    }

    fn check_children(&self) -> Result<(), TileError> {
        let tiles = self.plan.tiles.iter().zip(&self.bytes);
        for (tile, bytes) in tiles.skip(self.plan.edge) {
            let node = tile.node();
            let claimed = node.and_then(|node| self.find(tile.parent(self.plan.head.size)?, node));
            let computed = node.and_then(|node| tile.hash(bytes, node));
            if computed.is_none() || computed != claimed {
                return Err(TileError::WrongTile { tile: *tile });
            }
        }
        Ok(())
    }

    fn find(&self, tile: Tile, node: CompleteSubtree) -> Option<Hash> {
        let place = *self.plan.places.get(&tile)?;
        tile.hash(self.bytes.get(place)?, node)
    }

    /// The hash of a node that was planned for.
    pub fn hash(&self, node: CompleteSubtree) -> Result<Hash, TileError> {
        let tile = self.plan.tile_of(node)?;
        self.find(tile, node).ok_or(TileError::NotInTree {
            node,
            size: self.plan.head.size,
        })
    }

    /// The hash of a run of leaves whose nodes were planned for.
    pub fn subtree(&self, subtree: Subtree) -> Result<Hash, TileError> {
        let hashes = subtree.nodes().map(|node| self.hash(node));
        Ok(join(&hashes.collect::<Result<Vec<_>, _>>()?))
    }

    /// The tiles with their bytes.
    pub fn into_tiles(self) -> impl Iterator<Item = (Tile, Bytes)> {
        self.plan.tiles.into_iter().zip(self.bytes)
    }
}
