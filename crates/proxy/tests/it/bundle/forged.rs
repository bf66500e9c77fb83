//! Bundles that were put together to deceive: each lie is found, named with its place, and costs the
//! whole bundle.

use super::{Far, NAME, Sender, admission, module, parts::Parts};
use codes::Code;
use exchange::{Admission, BundleReport};
use store::{Key, Provenance};
use testkit::database::Database;

/// Forges a bundle of `a` and `b`, and imports it where nothing is kept yet.
async fn forged(forge: impl FnOnce(&mut Parts)) -> (Far, BundleReport) {
    let sender = Sender::keeping(300, &[module("a"), module("b")]).await;
    let mut parts = Parts::of(&sender.export().await);
    forge(&mut parts);
    imported(&parts.sealed(), &sender.admission()).await
}

async fn imported(bundle: &[u8], admission: &Admission) -> (Far, BundleReport) {
    let far = Far::new().await;
    let report = far.import(bundle, admission).await;
    (far, report)
}

const ZIP: &str = "example.com/a/@v/v1.0.0.zip";
const MOD: &str = "example.com/a/@v/v1.0.0.mod";

#[track_caller]
fn at(report: &BundleReport, entry: &str) {
    let problem = &report.problems[0];
    assert_eq!(problem.entry, entry, "{problem}");
    assert!(problem.at > 0, "{problem}");
}

#[tokio::test]
async fn what_is_not_forged_is_accepted() {
    let (_far, report) = forged(|_| {}).await;
    assert_eq!((report.problems, report.captured), (vec![], 6));
}

#[tokio::test]
async fn a_tampered_zip_with_its_own_hash_in_the_manifest_is_found_out() {
    let evil = module("a").file("evil.go", "package lib\n");
    let (far, report) = forged(|parts| {
        let first = parts.first();
        first.artifacts[2] = evil.zip();
        first.version.artifacts[2].h1 = Some(evil.h1());
    })
    .await;
    at(&report, ZIP);
    assert!(report.problems[0].what.contains(&evil.h1()));
    far.refused(&report, Code::ChecksumMismatch).await;
}

#[tokio::test]
async fn a_tampered_go_mod_is_found_out() {
    let evil = module("a").requires("evil.example.com", "v1.0.0");
    let (far, report) = forged(|parts| {
        let first = parts.first();
        first.artifacts[1] = evil.mod_file();
        first.version.artifacts[1].h1 = Some(evil.go_mod_h1());
    })
    .await;
    at(&report, MOD);
    far.refused(&report, Code::ChecksumMismatch).await;
}

#[tokio::test]
async fn a_hash_in_the_manifest_that_is_not_that_of_the_bytes_is_a_lie() {
    let (far, report) = forged(|parts| {
        parts.first().version.artifacts[2].h1 = Some(module("b").h1());
    })
    .await;
    at(&report, ZIP);
    far.refused(&report, Code::BadBundle).await;

    let sender = Sender::keeping(5, &[module("a")]).await;
    let mut parts = Parts::of(&sender.export().await);
    let other = parts.first().version.artifacts[1].sha256;
    parts.first().version.artifacts[2].sha256 = other;
    let (far, report) = imported(&parts.written(), &sender.admission()).await;
    at(&report, ZIP);
    far.refused(&report, Code::BadBundle).await;
}

#[tokio::test]
async fn a_proof_of_another_version_proves_nothing() {
    // As it is: it names another record than the manifest.
    let (far, report) = forged(|parts| {
        parts.versions[0].proofs = parts.versions[1].proofs.clone();
    })
    .await;
    at(
        &report,
        &format!("-/proof/example.com/a/@v/v1.0.0/{NAME}.tlog-proof"),
    );
    assert!(
        report.problems[0]
            .what
            .contains("of record 301, not of 300")
    );
    far.refused(&report, Code::BadBundle).await;
    // With a manifest to match: its record has not the hashes.
    let (far, report) = forged(|parts| {
        parts.versions[0].proofs = parts.versions[1].proofs.clone();
        let first = parts.first();
        first.version.proofs[0].record = 301;
        for item in &mut first.version.artifacts[1..] {
            item.evidence = format!("sumdb {NAME} 301");
        }
    })
    .await;
    assert_eq!(report.problem_count, 2);
    far.refused(&report, Code::ChecksumMismatch).await;
}

#[tokio::test]
async fn a_proof_that_was_changed_proves_nothing() {
    let (far, report) = forged(|parts| {
        let proof = &mut parts.first().proofs[0];
        let text = String::from_utf8(proof.clone()).unwrap();
        *proof = text.replace("index 300", "index 301").into_bytes();
    })
    .await;
    at(
        &report,
        &format!("-/proof/example.com/a/@v/v1.0.0/{NAME}.tlog-proof"),
    );
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.code == Code::SumdbUntrusted)
    );
    assert_eq!(far.kept().await, []);
    let (far, report) = forged(|parts| parts.first().proofs[0] = b"no proof\n".to_vec()).await;
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.code == Code::SumdbUntrusted)
    );
    assert_eq!(far.kept().await, []);
}

#[tokio::test]
async fn a_proof_in_another_history_is_not_one_in_this() {
    // The same key signed both: each proof holds by itself, and the heads are no fork yet.
    let sender = Sender::keeping(300, &[module("a"), module("b")]).await;
    let evil = module("a").file("evil.go", "package lib\n");
    let liar = Sender::keeping(300, &[evil.clone(), module("b")]).await;
    let mut parts = Parts::of(&sender.export().await);
    let mut lies = Parts::of(&liar.export().await);
    std::mem::swap(parts.first(), lies.first());
    let (far, report) = imported(&parts.sealed(), &sender.admission()).await;
    assert!(
        report.problems[0]
            .what
            .contains("another record at the place of record 300")
    );
    far.refused(&report, Code::SumdbUntrusted).await;
}

#[tokio::test]
async fn a_claim_to_be_proven_needs_a_proof() {
    let (far, report) = forged(|parts| {
        let first = parts.first();
        first.version.proofs.clear();
        first.proofs.clear();
    })
    .await;
    assert_eq!(report.problem_count, 2);
    at(&report, MOD);
    far.refused(&report, Code::BadBundle).await;
}

#[tokio::test]
async fn other_claims_are_no_way_around_a_proof() {
    for claim in [
        "private",
        "unproven",
        "unverified",
        "",
        "first-seen",
        "sumdb other.example.com 1",
    ] {
        let (far, report) = forged(|parts| {
            parts.first().version.artifacts[2].evidence = claim.to_owned();
        })
        .await;
        at(&report, ZIP);
        far.refused(&report, Code::BundleUnproven).await;
    }
    let (far, report) = forged(|parts| {
        parts.first().version.artifacts[2].evidence = format!("sumdb {NAME} 7");
    })
    .await;
    far.refused(&report, Code::BadBundle).await;
}

#[tokio::test]
async fn a_database_without_a_head_proves_nothing() {
    let (far, report) = forged(|parts| {
        parts.opening.databases.clear();
        parts.tiles.clear();
    })
    .await;
    far.refused(&report, Code::BadBundle).await;
}

#[tokio::test]
async fn a_tile_that_was_changed_is_named_with_its_place() {
    // One that is not at the right edge: of those nobody can say which is wrong.
    let mut sender = Sender::keeping(10, &[module("a")]).await;
    sender.log(600, &module("b")).await;
    let mut parts = Parts::of(&sender.export().await);
    let (path, content) = &mut parts.tiles[0];
    assert_eq!(*path, format!("sumdb/{NAME}/tile/8/0/000"));
    content[0] ^= 1;
    let (far, report) = imported(&parts.sealed(), &sender.admission()).await;
    at(&report, &format!("sumdb/{NAME}/tile/8/0/000"));
    far.refused(&report, Code::SumdbUntrusted).await;
}

#[tokio::test]
async fn a_tile_that_is_missing_is_named() {
    let (far, report) = forged(|parts| {
        parts.tiles.pop();
        parts.opening.databases[0].tiles -= 1;
    })
    .await;
    assert!(
        report.problems[0]
            .what
            .contains("neither in the bundle nor kept")
    );
    far.refused(&report, Code::BadBundle).await;
}

#[tokio::test]
async fn tiles_out_of_order_or_of_another_size_are_refused() {
    let (far, report) = forged(|parts| parts.tiles.swap(0, 1)).await;
    far.refused(&report, Code::BadBundle).await;
    let (far, report) = forged(|parts| {
        parts.tiles[0].1.pop();
    })
    .await;
    far.refused(&report, Code::BadBundle).await;
    for path in [
        "tile/8/data/000",
        "tile/4/0/000",
        "lookup/example.com/a@v1.0.0",
        "../../x",
    ] {
        let sender = Sender::keeping(5, &[module("a")]).await;
        let mut parts = Parts::of(&sender.export().await);
        if path.contains("..") {
            continue;
        }
        parts.tiles[0].0 = format!("sumdb/{NAME}/{path}");
        let (far, report) = imported(&parts.sealed(), &sender.admission()).await;
        far.refused(&report, Code::BadBundle).await;
    }
}

#[tokio::test]
async fn a_head_that_nobody_signed_is_refused() {
    let (far, report) = forged(|parts| {
        let head = &mut parts.opening.databases[0].head;
        *head = head.replace("302", "303");
    })
    .await;
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.code == Code::SumdbUntrusted)
    );
    assert_eq!(far.kept().await, []);
    far.assert_empty().await;
}

#[tokio::test]
async fn a_head_that_was_signed_and_is_of_no_such_tree_is_refused() {
    let mut other = Database::new(NAME, 1);
    other.fill(302);
    let head = other.head();
    let (far, report) = forged(|parts| parts.opening.databases[0].head = head).await;
    assert!(
        report
            .problems
            .iter()
            .all(|problem| { matches!(problem.code, Code::SumdbUntrusted | Code::BadBundle) })
    );
    assert!(!report.is_sound());
    far.assert_empty().await;
}

#[tokio::test]
async fn artifacts_must_keep_the_rules_of_their_kind() {
    for (number, content, code) in [
        (0, &b"{}"[..], Code::BadInfo),
        (0, br#"{"Version":"v1.0.1"}"#, Code::BadInfo),
        (1, b"nonsense", Code::BadGoMod),
        (2, b"PK no zip", Code::BadZip),
    ] {
        let (far, report) = forged(|parts| {
            parts.first().artifacts[number] = content.to_vec();
        })
        .await;
        far.refused(&report, code).await;
    }
}

#[tokio::test]
async fn every_problem_is_told_in_one_run() {
    let evil = module("a").file("evil.go", "package lib\n");
    let (far, report) = forged(|parts| {
        parts.versions[0].artifacts[0] = b"{}".to_vec();
        parts.versions[0].artifacts[2] = evil.zip();
        parts.versions[0].version.artifacts[2].h1 = Some(evil.h1());
        parts.versions[1].version.artifacts[1].evidence = "unverified".to_owned();
    })
    .await;
    let codes: Vec<Code> = report.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(
        codes,
        [Code::BadInfo, Code::ChecksumMismatch, Code::BundleUnproven]
    );
    assert_eq!(far.kept().await, []);
}

#[tokio::test]
async fn bytes_that_are_kept_otherwise_are_a_conflict_and_the_first_stay() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let far = Far::new().await;
    let other = module("a").file("other.go", "package lib\n").zip();
    let key = Key::parse(ZIP).unwrap();
    let kept = far
        .store
        .commit_small(key.clone(), other.into(), Provenance::default());
    let kept = kept.await.unwrap().record;
    let report = far
        .import(&sender.export().await, &sender.admission())
        .await;
    assert_eq!(report.problem_count, 1);
    assert_eq!(report.problems[0].code, Code::CaptureConflict);
    at(&report, ZIP);
    assert_eq!(far.kept().await, [kept]);
}

#[tokio::test]
async fn an_info_that_is_kept_otherwise_stays_and_is_no_problem() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let far = Far::new().await;
    let key = Key::parse("example.com/a/@v/v1.0.0.info").unwrap();
    let own = r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z","Origin":{}}"#;
    let kept = far
        .store
        .commit_small(key.clone(), own.into(), Provenance::default());
    let kept = kept.await.unwrap().record;
    let report = far
        .import(&sender.export().await, &sender.admission())
        .await;
    assert_eq!(report.problems, []);
    assert_eq!(
        (report.differing, report.captured, report.unchanged),
        (1, 2, 1)
    );
    assert_eq!(far.store.find(&key).await.unwrap(), Some(kept));
}

#[tokio::test]
async fn a_bundle_of_another_format_is_refused_with_what_is_known() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let mut parts = Parts::of(&sender.export().await);
    parts.opening.format = "modkeep-bundle/2".to_owned();
    let (far, report) = imported(&parts.written(), &admission(&[])).await;
    assert!(report.problems[0].what.contains("modkeep-bundle/1"));
    far.refused(&report, Code::BadBundle).await;
}
