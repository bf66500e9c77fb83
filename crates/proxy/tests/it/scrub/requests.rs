//! A request that meets damage has it mended before it is answered.

use super::{A, B, V1, events, kept, module, path, replace, upstream};
use crate::site::{Site, caller, go_mod, read, zip};
use codes::Code;
use protocol::{Fetching, Resource};
use std::fs;
use testkit::{
    fixture::Corpus,
    upstream::{FakeUpstream, Kind},
};

#[tokio::test(flavor = "multi_thread")]
async fn damage_found_while_serving_is_healed_before_the_answer() {
    let upstream = upstream();
    let site = kept(&upstream).await.reopened(&upstream.url()).await;
    site.flip_a_byte_of_the_largest_blob();
    fs::remove_file(site.file_of(&path(A, "mod")).await).unwrap();
    for name in [A, B] {
        assert!(site.bytes(zip(name, V1)).await == module(name).zip());
    }
    assert_eq!(site.bytes(go_mod(A, V1)).await, module(A).mod_file());
    assert_eq!(
        (upstream.count(Kind::Zip), upstream.count(Kind::Mod)),
        (1, 1)
    );
    assert_eq!(events(&site, "alarm-blob-damaged").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_meet_the_same_damage_cost_one_transfer() {
    let upstream = upstream();
    let site = kept(&upstream).await.reopened(&upstream.url()).await;
    fs::remove_file(site.file_of(&path(A, "zip")).await).unwrap();
    let hold = upstream.hold(Kind::Zip);
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let proxy = site.proxy.clone();
            tokio::spawn(async move {
                let answer = proxy
                    .answer(&caller(), &zip(A, V1), Fetching::Allowed)
                    .await;
                read(answer.unwrap().body).await.unwrap()
            })
        })
        .collect();
    tokio::task::spawn_blocking(move || {
        hold.wait_for(1);
        hold.release();
    })
    .await
    .unwrap();
    for asked in asking {
        assert!(asked.await.unwrap() == module(A).zip());
    }
    assert_eq!(upstream.count(Kind::Zip), 1);
}

#[tokio::test]
async fn what_was_lost_in_an_outage_heals_at_the_first_request_behind_it() {
    let upstream = upstream();
    let site = kept(&upstream).await;
    fs::remove_file(site.file_of(&path(A, "zip")).await).unwrap();
    upstream.refuse();
    let tally = site.proxy.scrub_once().await.unwrap().tally;
    assert_eq!((tally.damaged, tally.healed, tally.quarantined), (1, 0, 0));
    let refusal = site.refusal(zip(A, V1)).await;
    assert_eq!((refusal.code, refusal.status), (Code::CorruptBlob, 503));
    upstream.accept();
    // The breaker before the source opens again by itself; another site has none.
    let site = site.reopened(&upstream.url()).await;
    assert!(site.bytes(zip(A, V1)).await == module(A).zip());
}

#[tokio::test]
async fn where_fetching_is_forbidden_nobody_is_asked() {
    let upstream = upstream();
    let site = kept(&upstream).await.reopened(&upstream.url()).await;
    fs::remove_file(site.file_of(&path(A, "zip")).await).unwrap();
    let (who, what) = (caller(), zip(A, V1));
    let answer = site.proxy.answer(&who, &what, Fetching::Never).await;
    let refusal = answer.unwrap_err();
    assert_eq!((refusal.code, refusal.status), (Code::CorruptBlob, 503));
    upstream.assert_untouched();
}

#[tokio::test]
async fn a_damaged_record_of_a_mirrored_database_is_taken_anew() {
    const NAME: &str = "db.example.org";
    let record = |size: u32| {
        format!(
            "5\nexample.com/m v1.0.0 h1:x\n\ngo.sum database tree\n{size}\nhash\n\n\u{2014} db sig\n"
        )
    };
    let at = format!("sumdb/{NAME}/lookup/example.com/m@v1.0.0");
    let mut corpus = Corpus::new();
    corpus.put(&format!("sumdb/{NAME}/supported"), "");
    corpus.put(&at, record(6));
    let upstream = FakeUpstream::start(corpus);
    let site = Site::over(&upstream).await;
    let lookup = Resource::Sumdb {
        name: NAME.to_owned(),
        path: "lookup/example.com/m@v1.0.0".to_owned(),
    };
    // As an earlier release or an import kept it.
    let key = store::Key::parse(&at).unwrap();
    let put = site
        .store
        .commit_small(key, record(6).into(), store::Provenance::default());
    put.await.unwrap();
    let site = site.reopened(&upstream.url()).await;
    replace(&site.file_of(&at).await, b"damaged");
    upstream.change(|corpus| corpus.put(&at, record(7)));
    assert_eq!(site.text(lookup.clone()).await, record(7));
    site.proxy.scrub_once().await.unwrap();
    assert_eq!(site.quarantine(), [b"damaged"]);
    upstream.refuse();
    assert_eq!(site.text(lookup).await, record(7));
}
