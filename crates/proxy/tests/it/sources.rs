//! Sources that differ: one is behind, one forgot, one fails.

use crate::site::{Site, go_mod, info, list};
use mismatch::Disagreement;
use protocol::Origin;
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind, Target},
};

const PATH: &str = "example.com/m";

fn having(versions: &[&str]) -> FakeUpstream {
    let corpus = versions.iter().fold(Corpus::new(), |corpus, version| {
        corpus.with(&Module::new(PATH, version))
    });
    FakeUpstream::start(corpus)
}

async fn over(first: &FakeUpstream, second: &FakeUpstream, separator: char) -> Site {
    Site::with_list(&format!("{}{separator}{}", first.url(), second.url())).await
}

async fn disagreements(site: &Site) -> Vec<Disagreement> {
    let cases = site.store.cases(u64::MAX, 100).await.unwrap();
    let read = |case: &store::CaseFile| Disagreement::from_json(&case.body).unwrap();
    cases.iter().map(read).collect()
}

#[tokio::test]
async fn a_list_is_the_union_of_what_every_source_says() {
    for separator in [',', '|'] {
        let (behind, ahead) = (having(&["v1.0.0", "v1.2.0"]), having(&["v1.0.0", "v1.1.0"]));
        let site = over(&behind, &ahead, separator).await;
        let answer = site.ask(list(PATH)).await.unwrap();
        let names = format!("{}, {}", behind.url(), ahead.url());
        assert_eq!(answer.origin, Origin::Upstream(names));
        assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\nv1.2.0\n");
        assert_eq!((behind.count(Kind::List), ahead.count(Kind::List)), (1, 1));
        assert!(disagreements(&site).await.is_empty());
    }
}

#[tokio::test]
async fn a_source_that_fails_is_counted_with_what_it_said_last() {
    let (first, second) = (having(&["v1.0.0", "v1.2.0"]), having(&["v1.0.0"]));
    let site = over(&first, &second, ',').await;
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.2.0\n");
    for fault in [Fault::status(500), Fault::status(403), Fault::Reset] {
        first.always(Target::Any, fault.clone());
        second.change(|corpus| corpus.put(&format!("{PATH}/@v/list"), "v1.0.0\nv1.1.0\n"));
        site.later(200);
        assert_eq!(
            site.text(list(PATH)).await,
            "v1.0.0\nv1.1.0\nv1.2.0\n",
            "{fault:?}"
        );
    }
    second.always(Target::Any, Fault::status(500));
    site.later(200);
    let old = site.ask(list(PATH)).await.unwrap();
    assert_eq!(old.origin, Origin::Stale);
}

#[tokio::test]
async fn a_source_that_hangs_holds_up_a_list_for_a_second() {
    let (dead, good) = (having(&[]), having(&["v1.0.0"]));
    dead.always(Target::Any, Fault::Hang);
    let site = over(&dead, &good, ',').await;
    let begun = tokio::time::Instant::now();
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn nothing_is_absent_that_a_failing_source_may_have() {
    let (first, second) = (having(&[]), having(&[]));
    let site = over(&first, &second, ',').await;
    assert_eq!(site.refusal(list(PATH)).await.status, 404);
    for (ill, well) in [(&first, &second), (&second, &first)] {
        ill.always(Target::Any, Fault::status(500));
        let other = list("example.com/other");
        let site = over(&first, &second, ',').await;
        assert_eq!(site.refusal(other).await.status, 503);
        ill.heal();
        well.forget();
    }
}

#[tokio::test]
async fn a_source_that_lost_what_another_has_opens_one_case_a_day() {
    let (behind, ahead) = (having(&["v1.0.0"]), having(&["v1.0.0", "v1.1.0"]));
    let site = over(&behind, &ahead, ',').await;
    site.text(go_mod(PATH, "v1.0.0")).await;
    assert!(disagreements(&site).await.is_empty());
    for version in ["v1.1.0", "v1.1.0"] {
        site.text(go_mod(PATH, version)).await;
        site.text(info(PATH, version)).await;
    }
    let path = format!("{PATH}/@v/v1.1.0.mod");
    let case = Disagreement::new(&path, (&behind.url(), 404), &ahead.url());
    assert_eq!(disagreements(&site).await, [case]);
}

#[tokio::test]
async fn a_list_that_one_source_has_not_got_opens_a_case() {
    let (without, with) = (having(&[]), having(&["v1.0.0"]));
    let site = over(&without, &with, ',').await;
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
    let path = format!("{PATH}/@v/list");
    let case = Disagreement::new(&path, (&without.url(), 404), &with.url());
    assert_eq!(disagreements(&site).await, [case]);
}

/// A tag that is pushed a second after somebody asked for it.
#[tokio::test]
async fn a_version_that_was_absent_is_asked_for_again_within_a_minute() {
    let upstream = having(&["v1.0.0"]);
    let site = Site::over(&upstream).await;
    for resource in [info(PATH, "v1.1.0"), go_mod(PATH, "v1.1.0")] {
        assert_eq!(site.refusal(resource).await.status, 404);
    }
    site.text(list(PATH)).await;
    upstream.change(|corpus| corpus.add(&Module::new(PATH, "v1.1.0")));
    site.later(59);
    for resource in [info(PATH, "v1.1.0"), go_mod(PATH, "v1.1.0")] {
        site.text(resource).await;
    }
    site.later(2);
    site.text(list(PATH)).await;
    // The list of a minute ago was given while a newer one was asked for.
    site.later(121);
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\nv1.1.0\n");
}
