//! Bundles: any bytes are read or refused without a panic, a place is named within the file, and
//! what is read to its end is, written again, the same bytes.
#![no_main]

use bundle::{Entry, Located, Malformed, Reader, Writer};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fn walk(bytes: &[u8]) -> Result<(Vec<Entry>, Vec<Located>), Malformed> {
    let reader = Reader::open(bytes, bytes.len() as u64)?;
    let mut tiles = Vec::new();
    let mut cursor = reader.tiles(|_, _, entry| {
        tiles.push(entry.clone());
        Ok(())
    })?;
    let mut versions = Vec::new();
    while let Some(version) = reader.next(&mut cursor)? {
        versions.push(version);
    }
    Ok((tiles, versions))
}

fuzz_target!(|bytes: &[u8]| {
    let (tiles, versions) = match walk(bytes) {
        Ok(contents) => contents,
        Err(malformed) => return assert!(malformed.at <= bytes.len() as u64),
    };
    let reader = Reader::open(bytes, bytes.len() as u64).expect("it was open before");
    let mut writer = Writer::begin(Cursor::new(Vec::new()), reader.opening()).expect("written");
    for located in &versions {
        writer.version(&located.version).expect("it was read");
    }
    writer.end_manifest().expect("written");
    let files = versions
        .iter()
        .flat_map(|located| located.proofs.iter().chain(&located.artifacts));
    for entry in tiles.iter().chain(files) {
        let content = reader.content(entry, u64::MAX).expect("it is there");
        writer.whole(&entry.path, &content).expect("written");
    }
    let again = writer.finish().expect("written").into_inner();
    assert!(again == bytes, "a second spelling");
});
