//! A bundle taken apart, so that it can be put together wrongly.

use super::hash;
use ::bundle::{
    BundleEntry, BundleHeader, BundleReader, BundleVersion, BundleWriter, VersionPlaces,
};
use std::io::Cursor;

/// Everything in a bundle.
pub(super) struct Parts {
    pub(super) opening: BundleHeader,
    /// By path.
    pub(super) tiles: Vec<(String, Vec<u8>)>,
    pub(super) versions: Vec<VersionParts>,
}

/// A version and the contents of its files.
pub(super) struct VersionParts {
    pub(super) version: BundleVersion,
    pub(super) proofs: Vec<Vec<u8>>,
    pub(super) artifacts: Vec<Vec<u8>>,
}

// === impl Parts ===

impl Parts {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let reader = BundleReader::open(bytes, bytes.len() as u64).unwrap();
        let content = |entry: &BundleEntry| reader.content(entry, u64::MAX).unwrap();
        let mut tiles = Vec::new();
        let tile = |_: &_, _: &str, entry: &BundleEntry| {
            tiles.push((entry.path.clone(), content(entry)));
            Ok(())
        };
        let mut cursor = reader.tiles(tile).unwrap();
        let mut versions = Vec::new();
        while let Some(located) = reader.next(&mut cursor).unwrap() {
            let VersionPlaces {
                version,
                proofs,
                artifacts,
                ..
            } = located;
            versions.push(VersionParts {
                version,
                proofs: proofs.iter().map(content).collect(),
                artifacts: artifacts.iter().map(content).collect(),
            });
        }
        Self {
            opening: reader.opening().clone(),
            tiles,
            versions,
        }
    }

    /// The first version.
    pub(super) fn first(&mut self) -> &mut VersionParts {
        &mut self.versions[0]
    }

    /// Puts it together; sizes and hashes in the manifest are made to agree with the contents, as
    /// whoever forges one would do.
    pub(super) fn sealed(mut self) -> Vec<u8> {
        for parts in &mut self.versions {
            for (proof, content) in parts.version.proofs.iter_mut().zip(&parts.proofs) {
                (proof.size, proof.sha256) = (content.len() as u64, hash(content));
            }
            for (item, content) in parts.version.artifacts.iter_mut().zip(&parts.artifacts) {
                (item.size, item.sha256) = (content.len() as u64, hash(content));
            }
        }
        self.written()
    }

    /// Puts it together as it is.
    pub(super) fn written(self) -> Vec<u8> {
        let mut writer = BundleWriter::begin(Cursor::new(Vec::new()), &self.opening).unwrap();
        for parts in &self.versions {
            writer.version(&parts.version).unwrap();
        }
        writer.end_manifest().unwrap();
        for (path, content) in &self.tiles {
            writer.whole(path, content).unwrap();
        }
        for parts in &self.versions {
            for (proof, content) in parts.version.proofs.iter().zip(&parts.proofs) {
                let path = parts.version.proof_path(proof);
                writer.whole(&path, content).unwrap();
            }
            for (item, content) in parts.version.artifacts.iter().zip(&parts.artifacts) {
                writer.whole(&item.path, content).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }
}
