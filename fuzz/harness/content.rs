//! Content: artifacts that are nearly right, because what is quite wrong is refused at the door.

use super::input::Input;

pub const MODULES: [&str; 5] = [
    "a.b/c",
    "a.b/!c/d",
    "a.b/c/v2",
    "gopkg.in/y.v1",
    "a.b/c+incompatible",
];

pub const VERSIONS: [&str; 6] = [
    "v1.0.0",
    "v1.2.3-pre",
    "v2.0.0",
    "v2.0.0+incompatible",
    "v0.0.0-20200101000000-abcdefabcdef",
    "v1.0",
];

/// An `.info`, `.mod` or `.zip`: the fuzzer's own bytes, or a sound one with some of them in it.
pub fn artifact(input: &mut Input<'_>, kind: &str, module: &str, version: &str) -> Vec<u8> {
    let is_raw = input.byte() & 3 == 0;
    let own = input.stretch();
    if is_raw {
        return own.to_vec();
    }
    let own = String::from_utf8_lossy(own);
    let mut bytes = match kind {
        "info" => {
            format!("{{\"Version\":\"{version}\",\"Time\":\"2020-01-01T00:00:00Z\",{own}\"x\":1}}")
                .into_bytes()
        }
        "mod" => format!("module {module}\n{own}").into_bytes(),
        _ => zip(input, module, version, &own),
    };
    let (at, mask) = (usize::from(input.byte()) << 3, input.byte());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask;
    }
    bytes
}

/// A zip of some stored files.
fn zip(input: &mut Input<'_>, module: &str, version: &str, own: &str) -> Vec<u8> {
    let mut files = vec![(
        format!("{module}@{version}/go.mod"),
        format!("module {module}\n"),
    )];
    for _ in 0..input.byte() % 4 {
        let prefix = input.pick(&["{}/", "{}/x/", "", "/", "../", "{}/../", "{}\\"]);
        let prefix = prefix.replace("{}", &format!("{module}@{version}"));
        let name = String::from_utf8_lossy(input.take(12)).into_owned();
        files.push((format!("{prefix}{name}"), own.to_owned()));
    }
    let (mut zip, mut central) = (Vec::new(), Vec::new());
    for (name, content) in &files {
        let offset = zip.len() as u32;
        let mut head = Vec::new();
        head.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.extend(crc32(content.as_bytes()).to_le_bytes());
        head.extend((content.len() as u32).to_le_bytes());
        head.extend((content.len() as u32).to_le_bytes());
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        zip.extend(*b"PK\x03\x04");
        zip.extend(&head);
        zip.extend(name.as_bytes());
        zip.extend(content.as_bytes());
        central.extend(*b"PK\x01\x02\x14\x03");
        central.extend(&head);
        central.extend([0; 10]);
        central.extend(offset.to_le_bytes());
        central.extend(name.as_bytes());
    }
    let (at, count) = (zip.len() as u32, files.len() as u16);
    let size = central.len() as u32;
    zip.append(&mut central);
    zip.extend(*b"PK\x05\x06\0\0\0\0");
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(size.to_le_bytes());
    zip.extend(at.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// CRC-32 as zips have it (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}
