//! Modules that look like real ones, copies of them, and evidence about them.

use gomod::sumhash::{H1, h1_of_go_mod, h1_of_zip};
use gomod::zip::{MemoryFile, create_zip};
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use mismatch::{
    AnnouncedFacts, CopyDescription, CopySource, CopySubject, KeptRecord, MismatchCause,
    MismatchEvidence, MismatchStage, RetryResult, SourceRole, compare, examine,
};
use std::fmt::Write as _;
use std::io::Cursor;
use testkit::fixture::zip::stored;
use testkit::noise;
use testkit::oracle::Seed;

pub(crate) const MIRROR: (&str, SourceRole) = ("mirror.example.com", SourceRole::Mirror);
pub(crate) const SECOND: (&str, SourceRole) = ("second.example.com", SourceRole::Mirror);
pub(crate) const ORIGIN: (&str, SourceRole) = ("git.example.com", SourceRole::Origin);
pub(crate) const PEER: (&str, SourceRole) = ("site-b", SourceRole::Peer);
pub(crate) const KEPT: (&str, SourceRole) = ("store", SourceRole::Kept);
pub(crate) const CLIENT: (&str, SourceRole) = ("module cache", SourceRole::Client);

pub(crate) const MODULE: &str = "example.com/tools/queue";
pub(crate) const VERSION: &str = "v1.4.2";

/// The files of a module.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// An artifact as it should be.
#[derive(Clone)]
pub(crate) struct Right {
    pub(crate) artifact: Artifact,
    pub(crate) bytes: Vec<u8>,
    pub(crate) h1: H1,
    /// What a zip was made of.
    pub(crate) files: Files,
    is_deflated: bool,
}

/// One injected fault.
pub(crate) struct Trial {
    pub(crate) name: String,
    /// What was done.
    pub(crate) truth: MismatchCause,
    /// Whether the evidence is enough, so that it must be named. Else it may stay unexplained.
    pub(crate) is_decidable: bool,
    pub(crate) evidence: MismatchEvidence,
}

pub(crate) fn artifact(kind: ArtifactKind) -> Artifact {
    Artifact {
        module: ModulePath::parse(MODULE).unwrap(),
        version: Version::parse(VERSION).unwrap(),
        kind,
    }
}

/// The files of a library: Go code, a licence, a binary.
pub(crate) fn files(seed: u64) -> Files {
    let mut random = Seed::fixed(seed);
    let mut files = vec![
        ("go.mod".to_owned(), go_mod(seed)),
        ("LICENSE".to_owned(), prose(&mut random, 120)),
        ("README.md".to_owned(), prose(&mut random, 60)),
        ("testdata/noise.bin".to_owned(), binary(seed)),
        (
            "doc.go".to_owned(),
            "// Package queue grüßt die Welt.\npackage queue\n".into(),
        ),
    ];
    for number in 0..4 + random.below(5) {
        let name = format!("internal/part{number}/part.go");
        files.push((name, code(&mut random, number)));
    }
    files
}

pub(crate) fn go_mod(seed: u64) -> Vec<u8> {
    let mut random = Seed::fixed(seed);
    let mut text = format!("module {MODULE}\n\ngo 1.22\n\nrequire (\n");
    for number in 0..3 + random.below(4) {
        let minor = random.below(9);
        let _ = writeln!(text, "\texample.com/dep{number}/lib v1.{minor}.0");
    }
    text.push_str(")\n");
    text.into_bytes()
}

/// Noise with a zero byte in front, by which tools for text know that it is none.
fn binary(seed: u64) -> Vec<u8> {
    [vec![0], noise::bytes(seed, 700)].concat()
}

fn code(random: &mut Seed, number: usize) -> Vec<u8> {
    let mut text = format!("package part{number}\n\n");
    for function in 0..4 + random.below(8) {
        let (left, right) = (random.below(1000), random.below(1000));
        let _ = writeln!(
            text,
            "// F{function} adds.\nfunc F{function}(x int) int {{\n\treturn x*{left} + {right}\n}}\n"
        );
    }
    text.into_bytes()
}

fn prose(random: &mut Seed, words: usize) -> Vec<u8> {
    let known: &[&str] = &[
        "queue", "the", "holds", "what", "comes", "until", "it", "goes", "first",
    ];
    let mut text = String::new();
    for number in 1..=words {
        let word: &&str = random.pick(known);
        text.push_str(word);
        text.push(if number % 9 == 0 { '\n' } else { ' ' });
    }
    text.push('\n');
    text.into_bytes()
}

// === impl Right ===

impl Right {
    /// A zip as Go makes it.
    pub(crate) fn zip(seed: u64) -> Self {
        Self::of(files(seed), true)
    }

    /// A zip whose contents are stored, as some packers make it.
    pub(crate) fn stored_zip(seed: u64) -> Self {
        Self::of(files(seed), false)
    }

    pub(crate) fn of(files: Files, is_deflated: bool) -> Self {
        let bytes = pack(&files, MODULE, VERSION, is_deflated);
        Self {
            artifact: artifact(ArtifactKind::Zip),
            h1: h1_of_zip(Cursor::new(&bytes)).unwrap(),
            bytes,
            files,
            is_deflated,
        }
    }

    pub(crate) fn go_mod(seed: u64) -> Self {
        Self::go_mod_of(go_mod(seed))
    }

    pub(crate) fn go_mod_of(bytes: Vec<u8>) -> Self {
        Self {
            artifact: artifact(ArtifactKind::Mod),
            h1: h1_of_go_mod(&bytes),
            bytes,
            files: Vec::new(),
            is_deflated: false,
        }
    }

    /// The same artifact with other contents, packed the same way.
    pub(crate) fn with(&self, change: impl Fn(&str, &[u8]) -> Vec<u8>) -> Self {
        if self.files.is_empty() {
            return Self::go_mod_of(change("go.mod", &self.bytes));
        }
        let files = self.files.iter();
        let files = files.map(|(name, content)| (name.clone(), change(name, content)));
        Self::of(files.collect(), self.is_deflated)
    }

    /// The state before or after a tag was moved.
    pub(crate) fn other_state(&self) -> Self {
        self.with(|name, content| match name {
            "LICENSE" | "testdata/noise.bin" => content.to_vec(),
            _ => [content, b"// and one more line\n"].concat(),
        })
    }

    pub(crate) fn look(&self, bytes: &[u8], from: (&str, SourceRole)) -> CopyDescription {
        self.look_announced(bytes, from, AnnouncedFacts::default())
    }

    pub(crate) fn look_announced(
        &self,
        bytes: &[u8],
        (name, role): (&str, SourceRole),
        announced: AnnouncedFacts,
    ) -> CopyDescription {
        let source = CopySource {
            name: name.to_owned(),
            role,
        };
        let subject = CopySubject {
            artifact: &self.artifact,
            known: &[self.h1],
        };
        examine(Cursor::new(bytes), source, announced, subject).unwrap()
    }

    /// These bytes came; the log knows better.
    pub(crate) fn came(
        &self,
        bytes: &[u8],
        from: (&str, SourceRole),
        stage: MismatchStage,
    ) -> MismatchEvidence {
        let bad = self.look(bytes, from);
        let mut evidence = MismatchEvidence::new(self.artifact.clone(), stage, bad);
        evidence.logged = Some(self.h1);
        evidence
    }

    /// As [`came`](Self::came), of as many bytes announced as the right ones have.
    pub(crate) fn came_short(&self, bytes: &[u8], stage: MismatchStage) -> MismatchEvidence {
        let mut evidence = self.came(bytes, MIRROR, stage);
        evidence.bad.announced.size = Some(self.bytes.len() as u64);
        evidence
    }

    /// Our own file holds these bytes now.
    pub(crate) fn rotted(&self, bytes: &[u8]) -> MismatchEvidence {
        let mut evidence = self.came(bytes, KEPT, MismatchStage::OnDisk);
        evidence.kept = Some(self.record());
        evidence
    }

    /// What the catalog says of the right bytes.
    pub(crate) fn record(&self) -> KeptRecord {
        KeptRecord {
            sha256: self.look(&self.bytes, KEPT).sha256,
            size: Some(self.bytes.len() as u64),
            h1: Some(self.h1),
            first_seen: Some("2024-01-02T03:04:05Z".to_owned()),
        }
    }

    /// Adds what another source sent, compared with the wrong bytes.
    pub(crate) fn and(
        &self,
        mut evidence: MismatchEvidence,
        bad: &[u8],
        from: (&str, SourceRole),
        bytes: &[u8],
    ) -> MismatchEvidence {
        let specimen = self.look(bytes, from);
        let difference = compare((&specimen, bytes), (&evidence.bad, bad)).unwrap();
        evidence.others.push(RetryResult {
            specimen,
            difference: Some(difference),
        });
        evidence
    }

    /// Adds a right copy.
    pub(crate) fn and_right(
        &self,
        evidence: MismatchEvidence,
        bad: &[u8],
        from: (&str, SourceRole),
    ) -> MismatchEvidence {
        self.and(evidence, bad, from, &self.bytes)
    }
}

/// The zip of files under any name.
pub(crate) fn pack(files: &Files, module: &str, version: &str, is_deflated: bool) -> Vec<u8> {
    if !is_deflated {
        let named = files.iter().map(|(name, content)| {
            let name = format!("{module}@{version}/{name}");
            (name, content.clone())
        });
        return stored(&named.collect::<Vec<_>>());
    }
    let files: Vec<MemoryFile> = files
        .iter()
        .map(|(name, content)| MemoryFile::new(name.as_str(), content.as_slice()))
        .collect();
    let mut bytes = Vec::new();
    let (module, version) = (
        ModulePath::parse(module).unwrap(),
        Version::parse(version).unwrap(),
    );
    create_zip(&mut bytes, &module, &version, &files).unwrap();
    bytes
}

/// A trial whose evidence is enough.
pub(crate) fn decidable(
    name: impl Into<String>,
    truth: MismatchCause,
    evidence: MismatchEvidence,
) -> Trial {
    Trial {
        name: name.into(),
        truth,
        is_decidable: true,
        evidence,
    }
}

/// A trial whose evidence is not enough: it may be named right or not at all.
pub(crate) fn undecidable(
    name: impl Into<String>,
    truth: MismatchCause,
    evidence: MismatchEvidence,
) -> Trial {
    Trial {
        is_decidable: false,
        ..decidable(name, truth, evidence)
    }
}

/// A bit turned.
pub(crate) fn flip(bytes: &[u8], at: usize, bit: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

/// A place in the data of some entry, away from headers.
pub(crate) fn in_data(right: &Right, random: &mut Seed) -> usize {
    let specimen = right.look(&right.bytes, KEPT);
    let entry = &specimen.entries[random.below(specimen.entries.len())];
    let header = 30 + entry.name.len();
    let begin = usize::try_from(entry.begin).unwrap() + header;
    let end = usize::try_from(entry.end).unwrap();
    // Deflated entries have a descriptor of 16 bytes behind.
    begin + random.below((end - begin).saturating_sub(17).max(1))
}
