//! Registry: what a registry of npm's says of one version of a package.
//!
//! It is a JSON document whose `dist` has the hashes of the archive: `integrity` as lock files write
//! it, and for clients of old `shasum`, SHA-1 in hexadecimal. The rest is a copy of package.json and
//! not read.

use crate::{
    input::SourceText,
    model::Integrity,
    sri::{Sri, SriAlgorithm},
    tree::{self, MapFields},
};
use finding::{FindingPlace, UnreadableInput};

/// The largest document that is read, in bytes. Package.json and readme are in it, which are far
/// below; a document of all versions of a package is not what is meant here.
const MAX_BYTES: usize = 8 << 20;

/// What a registry published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryMetadata {
    /// Name of the package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Hashes of its archive.
    pub hashes: Vec<Sri>,
    /// Address of its archive.
    pub tarball: Option<String>,
}

// === impl RegistryMetadata ===

impl RegistryMetadata {
    /// Reads a document; `label` is what it is called where it cannot be read. Whether it is of the
    /// version that was asked for is for the caller to compare.
    pub fn read(label: &str, bytes: &[u8]) -> Result<Self, UnreadableInput> {
        if bytes.len() > MAX_BYTES {
            let problem = format!("has more than the {MAX_BYTES} bytes that are read");
            return Err(UnreadableInput::new(FindingPlace::file(label), problem));
        }
        let input = SourceText::new(label, bytes)?;
        let tree = tree::json(&input)?;
        let top = MapFields::of(&input, &tree)?;
        let dist = MapFields::of(&input, top.need("dist")?)?;
        let integrity = dist.text("integrity")?;
        let mut integrity = integrity.as_ref().map(Integrity::parse).unwrap_or_default();
        if let Some(sum) = dist.text("shasum")? {
            integrity.add(&sum.value, Sri::parse_hex(SriAlgorithm::Sha1, &sum.value));
        }
        if let Some((written, error)) = integrity.malformed.first() {
            let problem = format!("{} {error}", tree::printable_name(written));
            return Err(input.refuse(dist.at, problem));
        }
        Ok(Self {
            name: top.need("name")?.text(&input)?.to_owned(),
            version: top.need("version")?.text(&input)?.to_owned(),
            hashes: integrity.hashes,
            tarball: dist.text("tarball")?.map(|text| text.value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, RegistryMetadata};

    const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn problem(text: &str) -> String {
        RegistryMetadata::read("a@1.0.0", text.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn hashes_are_read() {
        let text = format!(
            r#"{{"name": "a", "version": "1.0.0", "x": [{{}}],
            "dist": {{"shasum": "{SHA1}", "integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}}}}"#
        );
        let published = RegistryMetadata::read("a@1.0.0", text.as_bytes()).unwrap();
        assert_eq!((&*published.name, &*published.version), ("a", "1.0.0"));
        assert_eq!(published.hashes.len(), 2);
        assert_eq!(published.hashes[0], published.hashes[1]);
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        assert!(problem("{}").contains("has no \"dist\""));
        assert!(problem("[]").starts_with("a@1.0.0:1:1: has a list"));
        assert!(problem(r#"{"dist": {"shasum": "abc"}}"#).contains("no hexadecimal"));
        assert!(problem(r#"{"dist": {"integrity": "sha512-AA=="}}"#).contains("1 bytes"));
        assert!(problem(r#"{"dist": {}, "name": 1}"#).contains("a number"));
        assert!(problem(&" ".repeat(MAX_BYTES + 1)).contains("more than"));
    }
}
