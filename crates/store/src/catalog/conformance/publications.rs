//! Publications: whole or not at all, and never over anything.

use super::{
    Fixture, capture_with,
    captures::{decisions, find},
    module,
};
use crate::{
    blob::BlobId,
    catalog::NewPublication,
    publication::{KeptHashes, PUBLICATION_SOURCE, PublicationOutcome},
    record::Provenance,
};
use protocol::Evidence;

fn publication(zip: &str, go_mod: &str, publisher: &str) -> NewPublication {
    let h1 = |text: &str| Provenance {
        h1: Some(format!("h1:{text}")),
        source: PUBLICATION_SOURCE.to_owned(),
        evidence: Evidence::Publication,
        log: Some("sum.example.com".to_owned()),
        ..Provenance::default()
    };
    let path = |kind: &str| format!("example.com/m/@v/v1.0.0.{kind}");
    NewPublication {
        version: "example.com/m/@v/v1.0.0".to_owned(),
        publisher: publisher.to_owned(),
        info: capture_with(&path("info"), publisher, Provenance { h1: None, ..h1("") }),
        go_mod: capture_with(&path("mod"), go_mod, h1(go_mod)),
        zip: capture_with(&path("zip"), zip, h1(zip)),
    }
}

pub(super) async fn a_publication_is_whole_and_written_once<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let publish = |zip, go_mod, publisher| catalog.publish(publication(zip, go_mod, publisher));
    let first = publish("zip", "mod", "ann").await.expect("answered");
    assert_eq!(first, PublicationOutcome::Published);
    let record = catalog.record(
        "sum.example.com".to_owned(),
        "example.com/m/@v/v1.0.0".to_owned(),
    );
    let record = record.await.expect("read").expect("a record");
    assert!(record.text.contains("h1:zip") && record.text.contains("h1:mod"));
    let kept = catalog.kept_versions(module("example.com/m")).await;
    let [kept] = kept.expect("read")[..]
        .to_vec()
        .try_into()
        .expect("one version");
    assert!(kept.published && kept.kinds.info && kept.kinds.go_mod && kept.kinds.zip);
    // One entry of the publication, three of captures, one of the record.
    assert_eq!(decisions(&*catalog).await.len(), 5);
    let again = publish("zip", "mod", "bob").await.expect("answered");
    assert_eq!(again, PublicationOutcome::Unchanged);
    assert_eq!(decisions(&*catalog).await.len(), 5);
    for (zip, go_mod) in [("other", "mod"), ("zip", "other")] {
        let other = publish(zip, go_mod, "bob").await.expect("answered");
        let kept = KeptHashes {
            zip: Some("h1:zip".to_owned()),
            go_mod: Some("h1:mod".to_owned()),
        };
        assert_eq!(other, PublicationOutcome::Different(kept));
    }
    let info = find(&*catalog, "example.com/m/@v/v1.0.0.info").await;
    assert_eq!(info.expect("kept").blob, BlobId::of(b"ann"));
    assert_eq!(
        decisions(&*catalog).await.len(),
        7,
        "each refusal is an entry"
    );
}

pub(super) async fn a_publication_completes_what_a_source_gave<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let new = publication("zip", "mod", "ann");
    let of_source = Provenance {
        source: "https://a.example.com".to_owned(),
        ..new.go_mod.provenance.clone()
    };
    let given = capture_with(&new.go_mod.path, "mod", of_source);
    catalog.commit(given).await.expect("captured");
    let path = new.go_mod.path.clone();
    let published = catalog.publish(new).await.expect("answered");
    assert_eq!(published, PublicationOutcome::Published);
    let go_mod = find(&*catalog, &path).await.expect("kept");
    assert_eq!(go_mod.source, "https://a.example.com");
    let other = catalog.publish(publication("zip", "other", "bob")).await;
    assert!(matches!(other, Ok(PublicationOutcome::Different(_))));
}
