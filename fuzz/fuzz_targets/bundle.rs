//! Bundles: any bytes are read or refused without a panic, a place is named within the file, and
//! what is read to its end is, written again, the same bytes.
#![no_main]

use bundle::{
    BundleEntry, BundleReader, BundleWriter, CHECKSUM, Digest, MANIFEST, MalformedBundle,
    VersionPlaces,
};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

/// Makes the manifest's checksum right, so that what stands behind it is reached: guessing a SHA-256
/// is not what is tested.
fn mend(bytes: &mut [u8]) -> Option<()> {
    let size = std::str::from_utf8(bytes.get(124..135)?).ok()?;
    let size = usize::from_str_radix(size, 8).ok()?;
    let end = 512_usize.checked_add(size)?;
    let digest = Digest::of(bytes.get(512..end)?);
    let line = format!("{digest}  {MANIFEST}\n");
    let header = bytes.get_mut(end.next_multiple_of(512)..)?;
    let content = header.starts_with(CHECKSUM.as_bytes()).then_some(header)?;
    content
        .get_mut(512..512 + line.len())?
        .copy_from_slice(line.as_bytes());
    Some(())
}

fn walk(bytes: &[u8]) -> Result<(Vec<BundleEntry>, Vec<VersionPlaces>), MalformedBundle> {
    let reader = BundleReader::open(bytes, bytes.len() as u64)?;
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
    let mut bytes = bytes.to_vec();
    let _no_manifest = mend(&mut bytes);
    let bytes = &*bytes;
    let (tiles, versions) = match walk(bytes) {
        Ok(contents) => contents,
        Err(malformed) => return assert!(malformed.at <= bytes.len() as u64),
    };
    let reader = BundleReader::open(bytes, bytes.len() as u64).expect("it was open before");
    let mut writer =
        BundleWriter::begin(Cursor::new(Vec::new()), reader.opening()).expect("written");
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
