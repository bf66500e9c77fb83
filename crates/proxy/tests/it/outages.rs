//! When nobody can be asked: what is kept is answered, an outage is never absence, and probes of
//! paths that are no modules do not stop anybody.

use crate::site::{Site, go_mod, info, latest, list, query, words, zip};
use codes::Code;
use protocol::Origin;
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind, Target},
};

const PATH: &str = "example.com/m";
const V1: &str = "v1.0.0";

fn module() -> Module {
    Module::new(PATH, V1)
        .file("buggy/buggy.go", "package buggy\n")
        .file("docs/readme.md", "no package\n")
}

async fn warm(upstream: &FakeUpstream) -> Site {
    let site = Site::over(upstream).await;
    for resource in [info(PATH, V1), go_mod(PATH, V1), zip(PATH, V1), list(PATH)] {
        site.bytes(resource).await;
    }
    site
}

#[tokio::test]
async fn an_outage_is_never_absence() {
    for fault in [
        Fault::status(500),
        Fault::status(502),
        Fault::status(503),
        Fault::status(429),
        Fault::status(403),
        Fault::status(401),
        Fault::status(204),
        Fault::status(206),
        Fault::login_page(),
        Fault::Hang,
        Fault::Reset,
        Fault::CutHeader,
        Fault::Cut { after: 3 },
        Fault::Stall { after: 3 },
    ] {
        let upstream = FakeUpstream::start(Corpus::new().with(&module()));
        let name = format!("{fault:?}");
        upstream.always(Target::Any, fault);
        let site = Site::impatient(&upstream).await;
        for resource in [
            info(PATH, V1),
            go_mod(PATH, V1),
            zip(PATH, V1),
            list(PATH),
            latest(PATH),
        ] {
            let refusal = site.refusal(resource.clone()).await;
            assert!(refusal.status >= 500, "{name} {resource:?}: {refusal:?}");
        }
    }
}

#[tokio::test]
async fn absence_needs_every_source() {
    let (dead, without) = (
        FakeUpstream::start(Corpus::new()),
        FakeUpstream::start(Corpus::new()),
    );
    dead.always(Target::Any, Fault::status(503));
    let site = Site::with_list(&format!("{}|{}", dead.url(), without.url())).await;
    assert!(site.refusal(info(PATH, V1)).await.status >= 500);
    let site = Site::with_list(&format!("{},{}", without.url(), without.url())).await;
    assert_eq!(site.refusal(info(PATH, V1)).await.status, 404);
}

#[tokio::test]
async fn kept_lists_and_latest_outlive_the_upstream() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module()));
    let site = warm(&upstream).await;
    upstream.refuse();
    site.later(365 * 24 * 3600);
    let answer = site.ask(list(PATH)).await.unwrap();
    assert_eq!(answer.origin, Origin::Stale);
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
    let computed = site.ask(latest(PATH)).await.unwrap();
    assert_eq!(computed.origin, Origin::Computed);
    assert_eq!(site.bytes(latest(PATH)).await, module().info());
}

#[tokio::test]
async fn a_directory_of_a_kept_module_is_no_module_though_nobody_can_be_asked() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module()));
    let site = warm(&upstream).await;
    upstream.refuse();
    for resource in [
        info("example.com/m/buggy", V1),
        list("example.com/m/buggy"),
        latest("example.com/m/buggy"),
        info("example.com/m/docs", V1),
    ] {
        let refusal = site.refusal(resource.clone()).await;
        assert_eq!(
            (refusal.status, refusal.code),
            (404, Code::Absent),
            "{resource:?}: {}",
            words(&refusal)
        );
    }
    // Not in the zip: it may be a module for all that is known.
    for path in [
        "example.com/m/do",
        "example.com/m/elsewhere",
        "example.com/unknown",
    ] {
        assert!(site.refusal(info(path, V1)).await.status >= 500, "{path}");
    }
}

#[tokio::test]
async fn a_path_once_called_unknown_stays_unknown_while_nobody_can_be_asked() {
    let upstream = FakeUpstream::start(Corpus::new());
    let site = Site::over(&upstream).await;
    let unknown = "example.com/no/module";
    assert_eq!(site.refusal(list(unknown)).await.status, 404);
    upstream.refuse();
    site.later(24 * 3600);
    for resource in [
        info(unknown, V1),
        zip(unknown, "v2.0.0+incompatible"),
        latest(unknown),
        list(unknown),
    ] {
        assert_eq!(site.refusal(resource).await.status, 404);
    }
    site.later(30 * 24 * 3600);
    assert!(
        site.refusal(info(unknown, V1)).await.status >= 500,
        "too old to believe"
    );
}

#[tokio::test]
async fn a_version_once_called_unknown_says_nothing_of_others_while_nobody_can_be_asked() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module()));
    let site = Site::over(&upstream).await;
    assert_eq!(site.refusal(info(PATH, "v9.9.9")).await.status, 404);
    assert_eq!(site.refusal(query(PATH, "no-branch")).await.status, 404);
    upstream.refuse();
    site.later(24 * 3600);
    // The same probe again, as of a prefix that is no module, must not stop `go`.
    assert_eq!(site.refusal(info(PATH, "v9.9.9")).await.status, 404);
    assert_eq!(site.refusal(query(PATH, "no-branch")).await.status, 404);
    for resource in [info(PATH, V1), zip(PATH, V1), list(PATH), latest(PATH)] {
        let refusal = site.refusal(resource.clone()).await;
        assert!(refusal.status >= 500, "{resource:?}: {refusal:?}");
    }
}

#[tokio::test]
async fn a_missing_version_of_a_known_module_is_unknown_during_an_outage() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module()));
    let site = warm(&upstream).await;
    assert_eq!(site.refusal(info(PATH, "v1.1.0")).await.status, 404);
    upstream.refuse();
    site.later(31);
    assert!(
        site.refusal(info(PATH, "v1.1.0")).await.status >= 500,
        "it may have been tagged since"
    );
}

#[tokio::test]
async fn a_source_that_refuses_only_lists_costs_no_known_module() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module()));
    upstream.always(Kind::List, Fault::status(403));
    upstream.always(Kind::Latest, Fault::status(403));
    let site = Site::over(&upstream).await;
    site.bytes(info(PATH, V1)).await;
    let answer = site.ask(list(PATH)).await.unwrap();
    assert_eq!(answer.origin, Origin::Computed);
    assert_eq!(site.text(list(PATH)).await, "v1.0.0\n");
}
