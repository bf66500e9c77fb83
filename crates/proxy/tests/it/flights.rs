//! Streamed downloads: one transfer for all, first bytes at once, the tail only when it is proven.

use crate::site::{Site, caller, first_bytes, read, zip};
use protocol::Fetching;
use proxy::{Answer, Body};
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

const PATH: &str = "example.com/big";
const V1: &str = "v1.0.0";
/// Large enough to be streamed in several pieces.
const SIZE: usize = 2 << 20;

fn big() -> Module {
    Module::new(PATH, V1).noise(7, SIZE)
}

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&big()))
}

async fn open(site: &Site) -> Answer {
    site.proxy
        .answer(&caller(), &zip(PATH, V1), Fetching::Allowed)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_get_first_bytes_while_the_rest_is_held_back_upstream() {
    let upstream = upstream();
    let hold = upstream.hold_after(SIZE / 2, Kind::Zip);
    let site = Site::over(&upstream).await;
    let answer = open(&site).await;
    assert_eq!(answer.body.length(), Some(big().zip().len() as u64));
    let (first, mut reader) = first_bytes(answer).await;
    let mut whole = first.to_vec();
    assert!(!whole.is_empty());
    let late = open(&site).await;
    hold.release();
    while let Some(bytes) = reader.next(usize::MAX).await.unwrap() {
        whole.extend_from_slice(&bytes);
    }
    assert!(whole == big().zip());
    assert!(read(late.body).await == Ok(big().zip()));
    assert_eq!(upstream.count(Kind::Zip), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_readers_cost_one_transfer_and_leavers_cancel_nothing() {
    let upstream = upstream();
    let hold = upstream.hold_after(SIZE / 2, Kind::Zip);
    let site = Site::over(&upstream).await;
    drop(first_bytes(open(&site).await).await);
    let mut readers = Vec::new();
    for _ in 0..100 {
        let answer = open(&site).await;
        readers.push(tokio::spawn(read(answer.body)));
    }
    readers.drain(..20).for_each(|leaver| leaver.abort());
    hold.release();
    for reader in readers {
        assert!(reader.await.unwrap() == Ok(big().zip()));
    }
    assert_eq!(upstream.count(Kind::Zip), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_transfer_is_repeated_and_no_reader_notices() {
    let upstream = upstream();
    upstream.first(1, Kind::Zip, Fault::Cut { after: SIZE / 2 });
    let site = Site::over(&upstream).await;
    assert!(read(open(&site).await.body).await == Ok(big().zip()));
    assert_eq!(upstream.count(Kind::Zip), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_source_takes_over_in_the_middle_of_a_body() {
    let (dying, healthy) = (upstream(), upstream());
    dying.always(Kind::Zip, Fault::Stall { after: SIZE / 2 });
    let site = Site::with_list(&format!("{}|{}", dying.url(), healthy.url())).await;
    assert!(read(open(&site).await.body).await == Ok(big().zip()));
    assert_eq!(healthy.count(Kind::Zip), 1);
}

/// Two sources cut the same body into other pieces; that is no difference.
#[tokio::test(flavor = "multi_thread")]
async fn pieces_of_another_size_are_the_same_body() {
    for chunk in [1_000, 7_777, 100_000, 300_000] {
        let (dying, healthy) = (upstream(), upstream());
        dying.always(Kind::Zip, Fault::CutChunked { after: SIZE / 2 });
        healthy.always(Kind::Zip, Fault::Chunked { chunk });
        let site = Site::with_list(&format!("{}|{}", dying.url(), healthy.url())).await;
        assert!(
            read(open(&site).await.body).await == Ok(big().zip()),
            "{chunk}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_with_other_bytes_cuts_those_who_have_the_first_ones() {
    let (dying, other) = (
        upstream(),
        FakeUpstream::start(Corpus::new().with(&Module::new(PATH, V1).noise(8, SIZE))),
    );
    dying.always(Kind::Zip, Fault::Stall { after: SIZE / 2 });
    let site = Site::with_list(&format!("{}|{}", dying.url(), other.url())).await;
    let cut = read(open(&site).await.body).await.unwrap_err();
    assert!(!cut.is_empty() && big().zip().starts_with(&cut));
    let now = Module::new(PATH, V1).noise(8, SIZE).zip();
    assert!(read(open(&site).await.body).await == Ok(now));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_zip_never_completes_a_response() {
    let upstream = upstream();
    upstream.always(
        Kind::Zip,
        Fault::tamper(|zip| {
            let mut zip = zip.to_vec();
            let middle = zip.len() / 2;
            if let Some(byte) = zip.get_mut(middle) {
                *byte ^= 1;
            }
            zip
        }),
    );
    let site = Site::over(&upstream).await;
    match site.ask(zip(PATH, V1)).await {
        Ok(answer) => {
            let part = read(answer.body).await.unwrap_err();
            assert!(part.len() < big().zip().len());
        }
        Err(refusal) => assert_eq!(refusal.status, 502),
    }
    upstream.heal();
    assert!(read(open(&site).await.body).await == Ok(big().zip()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_zip_is_read_from_the_store() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    assert!(read(open(&site).await.body).await == Ok(big().zip()));
    let again = open(&site).await;
    assert!(matches!(again.body, Body::Blob(_)), "{again:?}");
    assert_eq!(upstream.count(Kind::Zip), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_that_nobody_else_has_is_never_served() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    assert!(read(open(&site).await.body).await == Ok(big().zip()));
    upstream.refuse();
    site.flip_a_byte_of_the_largest_blob();
    let refusal = site.refusal(zip(PATH, V1)).await;
    assert_eq!(
        (refusal.code, refusal.status),
        (codes::Code::CorruptBlob, 503)
    );
    let site = site.reopened(&upstream.url()).await;
    assert_eq!(
        site.refusal(zip(PATH, V1)).await.code,
        codes::Code::CorruptBlob
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_after_a_failure_was_told_gets_a_new_attempt() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    for _ in 0..50 {
        // Refusals: they are no sign of illness, and are not tried again by themselves.
        upstream.always(Kind::Zip, Fault::status(401));
        assert_eq!(site.refusal(zip(PATH, V1)).await.status, 502);
        upstream.heal();
        upstream.always(Kind::Zip, Fault::status(403));
        let before = upstream.count(Kind::Zip);
        site.refusal(zip(PATH, V1)).await;
        assert_eq!(upstream.count(Kind::Zip), before + 1);
    }
}
