//! Wrong copies: any bytes are described, compared and concluded from, without a panic.
#![no_main]

use gomod::{Artifact, ArtifactKind, ModulePath, Version, sumhash};
use libfuzzer_sys::fuzz_target;
use mismatch::{
    AnnouncedFacts, CopyDescription, CopySource, CopySubject, KeptRecord, MismatchCase,
    MismatchEvidence, MismatchStage, RetryResult, SourceRole, compare, examine,
};
use std::io::Cursor;

const STAGES: [MismatchStage; 5] = [
    MismatchStage::InTransit,
    MismatchStage::OnDisk,
    MismatchStage::FromUpstream,
    MismatchStage::FromPeer,
    MismatchStage::OnClient,
];

fn look(artifact: &Artifact, bytes: &[u8], role: SourceRole) -> CopyDescription {
    // Small, so that the search for a flipped bit does not eat the time.
    let known = [sumhash::h1_of_go_mod(b"module a.b/c\n")];
    let known: &[_] = if bytes.len() < 200 { &known } else { &[] };
    let source = CopySource {
        name: "source".to_owned(),
        role,
    };
    let subject = CopySubject { artifact, known };
    examine(
        Cursor::new(bytes),
        source,
        AnnouncedFacts::default(),
        subject,
    )
    .expect("memory is read")
}

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (choice, bad, good) = input;
    let kind = ArtifactKind::ALL[usize::from(choice) % 3];
    let artifact = Artifact {
        module: ModulePath::parse("a.b/c").expect("a path"),
        version: Version::parse("v1.0.0").expect("a version"),
        kind,
    };
    let stage = STAGES[usize::from(choice / 3) % STAGES.len()];
    let specimen = look(&artifact, bad, SourceRole::Mirror);
    let other = look(&artifact, good, SourceRole::Origin);
    let mut evidence = MismatchEvidence::new(artifact, stage, specimen);
    let difference = compare((&other, good), (&evidence.bad, bad)).expect("memory is read");
    assert_eq!(difference.first.is_none(), good == bad);
    evidence.logged = other.h1;
    evidence.kept = Some(KeptRecord {
        sha256: other.sha256,
        size: Some(other.size),
        h1: other.h1,
        first_seen: None,
    });
    evidence.others.push(RetryResult {
        specimen: other,
        difference: Some(difference),
    });
    let case = MismatchCase::new(&evidence);
    assert!(
        case.client_lines()
            .iter()
            .all(|line| line.is_ascii() && line.len() <= 110)
    );
    assert_eq!(MismatchCase::from_json(&case.to_json()).ok(), Some(case));
});
