//! Manifest: what a bundle says of itself, before anything else in it.
//!
//! It is one JSON document, for whoever looks at it with a JSON tool, and a file of lines, for
//! whoever must not hold it in memory: the first line opens it and names the databases, each
//! further line is one version, the last line closes it. A line has one spelling: what is read is
//! written again and must be the same, so unknown fields, doubled ones and other numbers are
//! refused without a rule for each.

use crate::{Digest, ustar};
use gomod::{Artifact, ArtifactKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Path of the manifest, the first file of a bundle.
pub const MANIFEST: &str = "modkeep-bundle.json";

/// Path of the manifest's checksum, the second file.
pub const CHECKSUM: &str = "modkeep-bundle.sha256";

/// Name and version of the format. A reader knows exactly one.
pub const FORMAT: &str = "modkeep-bundle/1";

/// The largest zip (`golang.org/x/mod/zip`, `MaxZipFile`).
pub const ZIP_LIMIT: u64 = 500 << 20;

/// The largest go.mod (`golang.org/x/mod/zip`, `MaxGoMod`).
pub const MOD_LIMIT: u64 = 16 << 20;

/// The largest `.info`: a version and a time, with an origin of a few hundred bytes.
pub const SMALL_LIMIT: u64 = 1 << 20;

/// The largest proof: a signed note, and 63 hashes and a record in base64.
pub const PROOF_LIMIT: u64 = 2 << 20;

/// The longest line of a version, without what ends it. Three paths of at most 2,048 bytes and what is said about them.
pub(crate) const LINE_LIMIT: usize = 64 << 10;

/// The longest first line: a signed note has at most one mebibyte, and databases are few.
pub(crate) const OPENING_LIMIT: usize = 4 << 20;

/// The most databases; a site has one, and one more each time its operator changes it.
const DATABASES: usize = 64;

/// What ends the first line.
const VERSIONS: &str = ",\"versions\":[";

/// The last line.
pub(crate) const CLOSING: &str = "]}\n";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleHeader {
    /// [`FORMAT`].
    pub format: String,
    /// The checksum databases, in the order of their names.
    pub databases: Vec<BundleDatabase>,
}

/// A checksum database and the head in which its records are proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleDatabase {
    /// Its name.
    pub name: String,
    /// The newest head that whoever wrote the bundle has seen: a signed note.
    pub head: String,
    /// How many tiles of it are in the bundle.
    pub tiles: u64,
}

/// A version: its artifacts, and the proofs that vouch for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleVersion {
    /// Its proofs, one a database, in the order of the databases' names.
    pub proofs: Vec<ProofEntry>,
    /// Its artifacts, `.info`, `.mod`, `.zip`, as far as they are there; at least one.
    pub artifacts: Vec<BundleArtifact>,
}

/// A proof that a version is in a checksum database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofEntry {
    /// Name of the database.
    pub database: String,
    /// Number of the record.
    pub record: u64,
    /// Size of the proof's file.
    pub size: u64,
    /// Its hash.
    pub sha256: Digest,
}

/// An artifact, and what whoever wrote the bundle knows about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleArtifact {
    /// Its path in the module protocol, which is its path in the bundle.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its hash.
    pub sha256: Digest,
    /// Go's hash, as go.sum has it; an `.info` has none.
    pub h1: Option<String>,
    /// Why it was trusted there.
    pub evidence: String,
    /// Where it was fetched from there.
    pub source: String,
    /// When it was first seen there.
    pub first_seen: String,
}

// === impl BundleHeader ===

impl BundleHeader {
    pub(crate) fn line(&self) -> String {
        let document = to_json(self);
        let open = document.strip_suffix('}').unwrap_or(&document);
        format!("{open}{VERSIONS}\n")
    }

    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let open = text.strip_suffix(VERSIONS);
        let open = open.ok_or("the first line does not open a list of versions")?;
        let opening: Self = from_json(&format!("{open}}}"))?;
        if opening.format != FORMAT {
            return Err(format!(
                "its format is {:?}, and this release reads {FORMAT}",
                opening.format
            ));
        }
        if opening.databases.len() > DATABASES {
            return Err(format!("more than {DATABASES} databases"));
        }
        let names = opening.databases.iter().map(|database| &*database.name);
        check_names(names)?;
        Ok(opening)
    }
}

// === impl BundleVersion ===

impl BundleVersion {
    /// The line, without what stands between it and the next.
    pub(crate) fn line(&self) -> String {
        to_json(self)
    }

    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        if line.len() > LINE_LIMIT {
            return Err(format!("a version of more than {LINE_LIMIT} bytes"));
        }
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let version: Self = from_json(text)?;
        version.check()?;
        Ok(version)
    }

    /// Whether this can stand in a manifest, but for the length of its line.
    pub(crate) fn check(&self) -> Result<(), String> {
        check_names(self.proofs.iter().map(|proof| &*proof.database))?;
        if self.proofs.iter().any(|proof| proof.size > PROOF_LIMIT) {
            return Err("a proof is too large".to_owned());
        }
        let artifacts: Vec<Artifact> = self
            .artifacts
            .iter()
            .map(BundleArtifact::checked)
            .collect::<Result<_, _>>()?;
        let Some(first) = artifacts.first() else {
            return Err("a version without artifacts".to_owned());
        };
        let kin =
            |other: &Artifact| (&other.module, &other.version) == (&first.module, &first.version);
        let sorted = artifacts.is_sorted_by(|one, next| one.kind < next.kind);
        if artifacts.iter().all(kin) && sorted {
            Ok(())
        } else {
            Err("the artifacts are not .info, .mod, .zip of one version".to_owned())
        }
    }

    /// The artifacts, as [`BundleVersion::check`] found them sound; in the order of the items.
    pub fn artifacts(&self) -> impl Iterator<Item = (Artifact, &BundleArtifact)> {
        let parse = |item: &BundleArtifact| Artifact::from_escaped_path(&item.path).ok();
        self.artifacts
            .iter()
            .filter_map(move |item| Some((parse(item)?, item)))
    }

    /// What versions are ordered by: escaped module path, then escaped version.
    pub(crate) fn order(&self) -> Option<(String, String)> {
        let (artifact, _) = self.artifacts().next()?;
        Some((artifact.module.escaped(), artifact.version.escaped()))
    }

    /// Where its proof by a database stands in the bundle.
    pub fn proof_path(&self, proof: &ProofEntry) -> String {
        let (module, version) = self.order().unwrap_or_default();
        format!(
            "-/proof/{module}/@v/{version}/{}.tlog-proof",
            proof.database
        )
    }
}

// === impl BundleArtifact ===

impl BundleArtifact {
    fn checked(&self) -> Result<Artifact, String> {
        let wrong = |why: &str| Err(format!("{}: {why}", printable(&self.path)));
        let Ok(artifact) = Artifact::from_escaped_path(&self.path) else {
            return wrong("not the path of an artifact");
        };
        if artifact.escaped_path() != self.path || !ustar::is_plain(&self.path) {
            return wrong("not how the path of an artifact is written");
        }
        if self.size > limit(artifact.kind) {
            return wrong("larger than any such artifact");
        }
        if self.h1.is_some() == (artifact.kind == ArtifactKind::Info) {
            return wrong("a go.mod and a zip have a Go hash, an .info has none");
        }
        Ok(artifact)
    }
}

const fn limit(kind: ArtifactKind) -> u64 {
    match kind {
        ArtifactKind::Info => SMALL_LIMIT,
        ArtifactKind::Mod => MOD_LIMIT,
        ArtifactKind::Zip => ZIP_LIMIT,
    }
}

/// Names of databases: plain, in order, each once.
fn check_names<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<(), String> {
    if let Some(name) = names.clone().find(|name| !ustar::is_plain(name)) {
        return Err(format!("{}: no name of a database", printable(name)));
    }
    if names.is_sorted_by(|one, next| one < next) {
        Ok(())
    } else {
        Err("databases are not in the order of their names".to_owned())
    }
}

/// A string from outside, fit for a message.
pub(crate) fn printable(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    format!("{short:?}")
}

fn to_json(value: &impl Serialize) -> String {
    // Nothing in these types can fail to be written.
    serde_json::to_string(value).unwrap_or_default()
}

fn from_json<T: DeserializeOwned + Serialize>(text: &str) -> Result<T, String> {
    let value: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if to_json(&value) == text {
        Ok(value)
    } else {
        Err("it is not spelled as the format demands".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{BundleArtifact, BundleDatabase, BundleHeader, BundleVersion, FORMAT, ProofEntry};
    use crate::Digest;

    fn item(path: &str) -> BundleArtifact {
        let h1 = (!path.ends_with("info")).then(|| "h1:x".to_owned());
        BundleArtifact {
            path: path.to_owned(),
            size: 1,
            sha256: Digest::of(b"x"),
            h1,
            evidence: "e".to_owned(),
            source: "s".to_owned(),
            first_seen: "t".to_owned(),
        }
    }

    fn version(paths: &[&str], databases: &[&str]) -> BundleVersion {
        let proof = |database: &&str| ProofEntry {
            database: (*database).to_owned(),
            record: 1,
            size: 1,
            sha256: Digest::of(b"x"),
        };
        BundleVersion {
            proofs: databases.iter().map(proof).collect(),
            artifacts: paths.iter().map(|path| item(path)).collect(),
        }
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_in_no_other_spelling() {
        let version = version(
            &["a.b/!c/@v/v1.0.0.info", "a.b/!c/@v/v1.0.0.zip"],
            &["sum.a.b/x"],
        );
        let line = version.line();
        assert_eq!(BundleVersion::parse(line.as_bytes()).as_ref(), Ok(&version));
        let proof = version.proofs.first().unwrap();
        assert_eq!(
            version.proof_path(proof),
            "-/proof/a.b/!c/@v/v1.0.0/sum.a.b/x.tlog-proof"
        );
        for wrong in [
            line.replace("\"record\":1", "\"record\": 1"),
            line.replace("\"record\":1", "\"record\":1,\"record\":1"),
            line.replace("\"record\":1", "\"record\":1,\"more\":1"),
            line.replace("\"record\":1", "\"record\":-1"),
            line.replace("\"record\":1", "\"record\":1e0"),
            line.replace("\"source\":\"s\",", ""),
            line.replace("\"h1\":null,", ""),
            line.replace("\"s\"", "\"\\u0073\""),
            format!("{line} "),
            format!("[{line}]"),
        ] {
            assert_ne!(wrong, line);
            assert!(BundleVersion::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for (paths, databases) in [
            (&[][..], &[][..]),
            (&["a.b/c/@v/v1.0.0.zip", "a.b/c/@v/v1.0.0.mod"], &[]),
            (&["a.b/c/@v/v1.0.0.zip", "a.b/c/@v/v1.0.0.zip"], &[]),
            (&["a.b/c/@v/v1.0.0.mod", "a.b/c/@v/v1.0.1.zip"], &[]),
            (&["a.b/c/@v/list"], &[]),
            (&["../a.b/c/@v/v1.0.0.mod"], &[]),
            (&["/a.b/c/@v/v1.0.0.mod"], &[]),
            (&["a.b/C/@v/v1.0.0.mod"], &[]),
            (&["a.b/c/@v/v1.0.0.mod"], &["b", "a"]),
            (&["a.b/c/@v/v1.0.0.mod"], &["a", "a"]),
            (&["a.b/c/@v/v1.0.0.mod"], &["../a"]),
            (&["a.b/c/@v/v1.0.0.mod"], &[""]),
        ] {
            let line = version(paths, databases).line();
            assert!(BundleVersion::parse(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn an_artifact_has_the_bounds_of_its_kind() {
        let mut version = version(&["a.b/c/@v/v1.0.0.info"], &[]);
        let mut with = |size, h1: Option<&str>| {
            let item = version.artifacts.first_mut().unwrap();
            (item.size, item.h1) = (size, h1.map(str::to_owned));
            BundleVersion::parse(version.line().as_bytes()).is_ok()
        };
        assert!(with(1 << 20, None));
        assert!(!with((1 << 20) + 1, None));
        assert!(!with(u64::MAX, None));
        assert!(!with(1, Some("h1:x")));
    }

    #[test]
    fn the_opening_names_one_format_and_plain_databases() {
        let opening = |format: &str, names: &[&str]| {
            let database = |name: &&str| BundleDatabase {
                name: (*name).to_owned(),
                head: "a\nb\n".to_owned(),
                tiles: 0,
            };
            let opening = BundleHeader {
                format: format.to_owned(),
                databases: names.iter().map(database).collect(),
            };
            let line = opening.line();
            BundleHeader::parse(line.trim_end().as_bytes()).is_ok_and(|read| read == opening)
        };
        assert!(opening(FORMAT, &[]));
        assert!(opening(FORMAT, &["a", "b/c"]));
        assert!(!opening("modkeep-bundle/2", &[]));
        assert!(!opening(FORMAT, &["b", "a"]));
        assert!(!opening(FORMAT, &["a/../b"]));
    }
}
