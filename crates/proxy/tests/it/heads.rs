//! HEAD of a zip that is not kept: its source is asked whether it has it, and nothing is transferred.

use crate::site::{Site, caller, go_mod, zip};
use codes::Code;
use protocol::{Fetching, Freshness, Origin, Refusal, Resource};
use proxy::{Answer, Body};
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

const PATH: &str = "example.com/big";
const V1: &str = "v1.0.0";

fn big() -> Module {
    Module::new(PATH, V1).noise(7, 2 << 20)
}

async fn asked(site: &Site, resource: Resource, fetching: Fetching) -> Result<Answer, Refusal> {
    site.proxy.answer(&caller(), &resource, fetching).await
}

async fn head(site: &Site, resource: Resource) -> Result<Answer, Refusal> {
    asked(site, resource, Fetching::Head).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_zip_is_announced_and_not_transferred() {
    let upstream = FakeUpstream::start(Corpus::new().with(&big()));
    let _hold = upstream.hold_after(1, Kind::Zip);
    let site = Site::over(&upstream).await;
    for _ in 0..2 {
        let answer = head(&site, zip(PATH, V1)).await.unwrap();
        assert!(matches!(answer.body, Body::Announced(_)), "{answer:?}");
        assert_eq!(answer.body.length(), Some(big().zip().len() as u64));
        assert_eq!(
            (answer.hash, answer.freshness),
            (None, Freshness::For(std::time::Duration::ZERO))
        );
        assert!(matches!(answer.origin, Origin::Upstream(_)));
    }
    let requests = upstream.asked();
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|request| request.header("range") == Some("bytes=0-0"))
    );
    let kept = asked(&site, zip(PATH, V1), Fetching::Never).await;
    assert_eq!(kept.unwrap_err().code, Code::NotKept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_tells_the_length_of_the_whole() {
    let upstream = FakeUpstream::start(Corpus::new().with(&big()));
    let range = ("content-range".to_owned(), "bytes 0-0/12345".to_owned());
    upstream.always(
        Kind::Zip,
        Fault::Status {
            code: 206,
            content_type: Some("application/zip".to_owned()),
            body: "P".into(),
            headers: vec![range],
        },
    );
    let site = Site::over(&upstream).await;
    let answer = head(&site, zip(PATH, V1)).await.unwrap();
    assert_eq!(answer.body.length(), Some(12345));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_get_would_be_refused_a_head_is_refused() {
    let upstream = FakeUpstream::start(Corpus::new());
    let site = Site::over(&upstream).await;
    let absent = head(&site, zip(PATH, V1)).await.unwrap_err();
    assert_eq!((absent.code, absent.status), (Code::Absent, 404));
    assert_eq!(site.refusal(zip(PATH, V1)).await.status, 404);
    assert_eq!(upstream.count(Kind::Zip), 1, "the absence is remembered");
    upstream.refuse();
    let unknown = head(&site, zip("example.com/other", V1)).await.unwrap_err();
    assert_eq!(unknown.status, 503, "an outage is no absence");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_or_small_or_under_way_is_answered_as_a_get() {
    let upstream = FakeUpstream::start(Corpus::new().with(&big()));
    let site = Site::over(&upstream).await;
    let small = head(&site, go_mod(PATH, V1)).await.unwrap();
    assert!(small.hash.is_some());
    let hold = upstream.hold_after(1 << 20, Kind::Zip);
    let (_first, mut reader) =
        crate::site::first_bytes(site.ask(zip(PATH, V1)).await.unwrap()).await;
    let under_way = head(&site, zip(PATH, V1)).await.unwrap();
    assert_eq!(under_way.body.length(), Some(big().zip().len() as u64));
    hold.release();
    while reader.next(usize::MAX).await.unwrap().is_some() {}
    let kept = head(&site, zip(PATH, V1)).await.unwrap();
    assert!(kept.hash.is_some() && matches!(kept.body, Body::Blob(_)));
    assert_eq!(upstream.count(Kind::Zip), 1);
}
