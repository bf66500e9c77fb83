//! A small bundle, put together by hand.

use bundle::{
    BundleArtifact, BundleDatabase, BundleEntry, BundleHeader, BundleReader, BundleVersion,
    BundleWriter, Digest, FORMAT, MalformedBundle, ProofEntry, VersionCursor,
};
use std::io::Cursor as Memory;

pub(crate) const TILE: &[u8] = b"hashes of a tile";

/// A version with its contents: proofs by database, artifacts by path.
pub(crate) struct Sample {
    pub(crate) proofs: Vec<(&'static str, Vec<u8>)>,
    pub(crate) artifacts: Vec<(String, Vec<u8>)>,
}

// === impl Sample ===

impl Sample {
    pub(crate) fn of(module: &str, version: &str) -> Self {
        let file = |kind: &str, content: &[u8]| {
            (format!("{module}/@v/{version}.{kind}"), content.to_vec())
        };
        Self {
            proofs: vec![("sum.example.com/1", b"a proof".to_vec())],
            artifacts: vec![
                file("info", b"{}"),
                file("mod", &[b'm'; 512]),
                file("zip", &[b'z'; 1000]),
            ],
        }
    }

    pub(crate) fn version(&self) -> BundleVersion {
        let proof = |(database, content): &(&str, Vec<u8>)| ProofEntry {
            database: (*database).to_owned(),
            record: 7,
            size: content.len() as u64,
            sha256: Digest::of(content),
        };
        let item = |(path, content): &(String, Vec<u8>)| BundleArtifact {
            path: path.clone(),
            size: content.len() as u64,
            sha256: Digest::of(content),
            h1: (!path.ends_with("info")).then(|| "h1:x".to_owned()),
            evidence: "first-seen".to_owned(),
            source: "https://proxy.example.com".to_owned(),
            first_seen: "2026-01-01T00:00:00Z".to_owned(),
        };
        BundleVersion {
            proofs: self.proofs.iter().map(proof).collect(),
            artifacts: self.artifacts.iter().map(item).collect(),
        }
    }
}

pub(crate) fn opening() -> BundleHeader {
    BundleHeader {
        format: FORMAT.to_owned(),
        databases: vec![BundleDatabase {
            name: "sum.example.com/1".to_owned(),
            head: "go.sum database tree\n".to_owned(),
            tiles: 1,
        }],
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let long = format!("example.com/{}", "long/".repeat(60));
    vec![
        Sample::of("example.com/!a", "v1.0.0"),
        Sample::of("example.com/b", "v1.0.0"),
        Sample::of("example.com/b", "v1.0.0-rc.1"),
        Sample::of(&format!("{long}c"), "v1.0.0"),
    ]
}

pub(crate) fn write(samples: &[Sample]) -> Vec<u8> {
    let mut writer = BundleWriter::begin(Memory::new(Vec::new()), &opening()).unwrap();
    for sample in samples {
        writer.version(&sample.version()).unwrap();
    }
    writer.end_manifest().unwrap();
    let path = "sumdb/sum.example.com/1/tile/8/0/000.p/1";
    writer.whole(path, TILE).unwrap();
    for sample in samples {
        let version = sample.version();
        for (proof, (_, content)) in version.proofs.iter().zip(&sample.proofs) {
            writer.whole(&version.proof_path(proof), content).unwrap();
        }
        for (path, content) in &sample.artifacts {
            writer.begin_entry(path, content.len() as u64).unwrap();
            let (one, other) = content.split_at(content.len() / 2);
            writer.put(one).unwrap();
            writer.put(other).unwrap();
            assert_eq!(writer.finish_entry().unwrap(), Digest::of(content));
        }
    }
    writer.finish().unwrap().into_inner()
}

/// Everything in a bundle, by path; every hash that the manifest tells is compared.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, MalformedBundle> {
    let reader = BundleReader::open(bytes, bytes.len() as u64)?;
    let mut files = Vec::new();
    let mut tiles: Vec<BundleEntry> = Vec::new();
    let mut cursor: VersionCursor = reader.tiles(|_, path, entry| {
        tiles.push(entry.clone());
        path.starts_with("tile/")
            .then_some(())
            .ok_or_else(|| "no tile".to_owned())
    })?;
    let mut keep = |entry: &BundleEntry, sha256: Option<Digest>| {
        let content = reader.content(entry, 10_000)?;
        if sha256.is_some_and(|wanted| wanted != Digest::of(&content)) {
            return Err(MalformedBundle {
                entry: entry.path.clone(),
                at: entry.at,
                problem: "another hash".to_owned(),
            });
        }
        assert_eq!(reader.digest(entry)?, Digest::of(&content));
        files.push((entry.path.clone(), content));
        Ok(())
    };
    tiles.iter().try_for_each(|tile| keep(tile, None))?;
    while let Some(located) = reader.next(&mut cursor)? {
        let proofs = located.version.proofs.iter().map(|proof| proof.sha256);
        let items = located.version.artifacts.iter().map(|item| item.sha256);
        let entries = located.proofs.iter().chain(&located.artifacts);
        for (entry, sha256) in entries.zip(proofs.chain(items)) {
            keep(entry, Some(sha256))?;
        }
    }
    Ok(files)
}
