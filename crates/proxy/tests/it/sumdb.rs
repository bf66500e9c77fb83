//! Checksum databases through a source that mirrors them.

use crate::site::Site;
use protocol::Resource;
use testkit::{
    fixture::Corpus,
    upstream::{FakeUpstream, Fault, Kind, Target},
};

/// A database whose name holds a slash.
const NAME: &str = "db.example.org/go/sums";
const RECORD: &str = "5\nexample.com/m v1.0.0 h1:x\nexample.com/m v1.0.0/go.mod h1:y\n\ngo.sum database tree\n6\nhash\n\n\u{2014} db sig\n";

fn at(path: &str) -> Resource {
    Resource::Sumdb {
        name: NAME.to_owned(),
        path: path.to_owned(),
    }
}

fn tile() -> Vec<u8> {
    testkit::noise::bytes(3, 8192)
}

fn mirror() -> FakeUpstream {
    let mut corpus = Corpus::new();
    corpus.put(&format!("sumdb/{NAME}/supported"), "");
    corpus.put(
        &format!("sumdb/{NAME}/latest"),
        "go.sum database tree\n6\nhash\n\n\u{2014} db sig\n",
    );
    corpus.put(&format!("sumdb/{NAME}/lookup/example.com/m@v1.0.0"), RECORD);
    corpus.put(&format!("sumdb/{NAME}/tile/8/0/000"), tile());
    corpus.put(&format!("sumdb/{NAME}/tile/8/1/000.p/1"), vec![1; 32]);
    FakeUpstream::start(corpus)
}

#[tokio::test]
async fn lookups_and_full_tiles_are_asked_for_once_for_ever() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    for path in [
        "supported",
        "lookup/example.com/m@v1.0.0",
        "tile/8/0/000",
        "tile/8/1/000.p/1",
    ] {
        site.bytes(at(path)).await;
    }
    upstream.refuse();
    site.later(365 * 24 * 3600);
    assert_eq!(site.text(at("lookup/example.com/m@v1.0.0")).await, RECORD);
    assert_eq!(site.bytes(at("tile/8/0/000")).await, tile());
    assert_eq!(site.bytes(at("tile/8/1/000.p/1")).await, vec![1; 32]);
    assert_eq!(
        site.text(at("supported")).await,
        "",
        "the mirror keeps answering"
    );
}

#[tokio::test]
async fn a_missing_partial_tile_is_cut_from_a_wider_one() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    upstream.change(|corpus| {
        corpus.put(
            &format!("sumdb/{NAME}/tile/8/0/001.p/200"),
            tile()[..6400].to_vec(),
        );
    });
    site.bytes(at("tile/8/0/000")).await;
    site.bytes(at("tile/8/0/001.p/200")).await;
    upstream.refuse();
    assert_eq!(site.bytes(at("tile/8/0/000.p/3")).await, &tile()[..96]);
    assert_eq!(site.bytes(at("tile/8/0/001.p/3")).await, &tile()[..96]);
    assert!(site.refusal(at("tile/8/0/001.p/201")).await.status >= 500);
}

#[tokio::test]
async fn a_tree_head_is_short_lived() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    site.bytes(at("latest")).await;
    upstream.change(|corpus| {
        corpus.put(
            &format!("sumdb/{NAME}/latest"),
            "go.sum database tree\n7\nhash\n\n\u{2014} db sig\n",
        );
    });
    site.later(3600);
    assert!(site.text(at("latest")).await.contains("\n7\n"));
}

#[tokio::test]
async fn a_database_that_nobody_mirrors_is_404_so_that_clients_go_direct() {
    let upstream = FakeUpstream::start(Corpus::new());
    let site = Site::over(&upstream).await;
    assert_eq!(site.refusal(at("supported")).await.status, 404);
    assert_eq!(
        site.refusal(at("lookup/example.com/m@v1.0.0")).await.status,
        404
    );
}

#[tokio::test]
async fn an_outage_is_not_a_missing_mirror() {
    let upstream = mirror();
    upstream.always(Target::Any, Fault::status(503));
    let site = Site::over(&upstream).await;
    for path in ["supported", "lookup/example.com/m@v1.0.0", "latest"] {
        assert!(site.refusal(at(path)).await.status >= 500, "{path}");
    }
}

#[tokio::test]
async fn a_login_page_is_no_record() {
    let upstream = mirror();
    upstream.always(
        format!("sumdb/{NAME}/lookup/example.com/m@v1.0.0").as_str(),
        Fault::replace("<html>sign in</html>"),
    );
    let site = Site::over(&upstream).await;
    assert_eq!(
        site.refusal(at("lookup/example.com/m@v1.0.0")).await.status,
        502
    );
    assert_eq!(upstream.count(Kind::Sumdb), upstream.asked().len());
}

#[tokio::test]
async fn a_partial_tile_of_another_length_is_neither_answered_nor_kept() {
    let upstream = mirror();
    upstream.change(|corpus| {
        let path = |width| format!("sumdb/{NAME}/tile/8/0/002.p/{width}");
        corpus.put(&path(4), vec![b'?'; 1000]);
        corpus.put(&path(3), vec![1; 96]);
    });
    let site = Site::over(&upstream).await;
    assert_eq!(site.refusal(at("tile/8/0/002.p/4")).await.status, 502);
    assert_eq!(site.bytes(at("tile/8/0/002.p/3")).await, vec![1; 96]);
}

/// The tiles of a log that are at most `size` hashes at level 0, in every width they ever had.
fn log(size: u64) -> Corpus {
    let mut corpus = Corpus::new();
    corpus.put(&format!("sumdb/{NAME}/supported"), "");
    for (level, hashes) in [(0, size), (1, size >> 8)] {
        for index in 0..=hashes / 256 {
            let bytes = testkit::noise::bytes(level * 1000 + index, 8192);
            for width in 1..=(hashes - index * 256).min(255) {
                let length = usize::try_from(width * 32).unwrap();
                corpus.put(
                    &format!("sumdb/{NAME}/tile/8/{level}/{index:03}.p/{width}"),
                    bytes[..length].to_vec(),
                );
            }
            if hashes >= (index + 1) * 256 {
                corpus.put(&format!("sumdb/{NAME}/tile/8/{level}/{index:03}"), bytes);
            }
        }
    }
    corpus
}

/// The tiles that a client reads to prove a record in a log of `size`, or to compare it with another.
fn needed(record: u64, size: u64) -> Vec<String> {
    let mut paths = Vec::new();
    for level in 0..2_u32 {
        let hashes = size >> (8 * level);
        for index in [record >> (8 * (level + 1)), hashes.saturating_sub(1) / 256] {
            match hashes.saturating_sub(index * 256).min(256) {
                0 => {}
                256 => paths.push(format!("tile/8/{level}/{index:03}")),
                width => paths.push(format!("tile/8/{level}/{index:03}.p/{width}")),
            }
        }
    }
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_records_stay_provable_in_every_head_that_came_with_them() {
    let records = [(3, 100), (300, 900), (120, 300), (899, 901), (1400, 1500)];
    let mut corpus = log(1500);
    for (record, size) in records {
        let text = RECORD
            .replacen('5', &record.to_string(), 1)
            .replace("\n6\n", &format!("\n{size}\n"));
        corpus.put(
            &format!("sumdb/{NAME}/lookup/example.com/m{record}@v1.0.0"),
            text,
        );
    }
    let upstream = FakeUpstream::start(corpus);
    let site = Site::over(&upstream).await;
    for (record, _) in records {
        site.bytes(at(&format!("lookup/example.com/m{record}@v1.0.0")))
            .await;
    }
    site.proxy.settled().await;
    upstream.refuse();
    let mut largest = 0;
    for (record, size) in records {
        largest = largest.max(size);
        for (of, within) in [
            (record, size),
            (record, largest),
            (record, 1500),
            (size - 1, 1500),
        ] {
            for path in needed(of, within) {
                site.bytes(at(&path)).await;
            }
        }
    }
}

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_wrong_record_of_a_database_that_nobody_verifies_is_gone_the_next_day() {
    let upstream = mirror();
    let lie = RECORD.replace("h1:x", "h1:lie");
    let (lookup, full, partial) = (
        "lookup/example.com/m@v1.0.0",
        "tile/8/0/000",
        "tile/8/1/000.p/1",
    );
    let paths = [lookup, full, partial].map(|path| format!("sumdb/{NAME}/{path}"));
    upstream.always(paths[0].as_str(), Fault::replace(lie.clone()));
    upstream.always(paths[1].as_str(), Fault::replace(vec![7; 8192]));
    upstream.always(paths[2].as_str(), Fault::replace(vec![7; 32]));
    let site = Site::over(&upstream).await;
    assert_eq!(site.text(at(lookup)).await, lie);
    assert_eq!(site.bytes(at(full)).await, vec![7; 8192]);
    assert_eq!(site.bytes(at(partial)).await, vec![7; 32]);
    site.proxy.settled().await;
    let captures = site.store.captures("", 10).await.unwrap().records;
    assert!(
        captures.is_empty(),
        "nothing of that is kept for ever: {captures:?}"
    );
    upstream.heal();
    site.later(DAY + 60);
    let site = site.reopened(&upstream.url()).await;
    assert_eq!(site.text(at(lookup)).await, RECORD);
    assert_eq!(site.bytes(at(full)).await, tile());
    assert_eq!(site.bytes(at(partial)).await, vec![1; 32]);
    assert_eq!(site.bytes(at("tile/8/0/000.p/3")).await, &tile()[..96]);
}

#[tokio::test]
async fn an_old_record_outlives_an_outage_and_says_so() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    let paths = [
        "lookup/example.com/m@v1.0.0",
        "tile/8/0/000",
        "tile/8/0/000.p/3",
    ];
    for path in paths {
        let young = site.ask(at(path)).await.unwrap();
        assert_ne!(young.origin, protocol::Origin::Stale, "{path}");
    }
    upstream.refuse();
    site.later(30 * DAY);
    let site = site.reopened(&upstream.url()).await;
    for path in paths {
        let old = site.ask(at(path)).await.unwrap();
        assert_eq!(old.origin, protocol::Origin::Stale, "{path}");
    }
}

#[tokio::test]
async fn what_an_earlier_release_kept_serves_an_outage_and_nothing_else() {
    let upstream = mirror();
    let site = Site::over(&upstream).await;
    let lie = RECORD.replace("h1:x", "h1:lie");
    let path = "lookup/example.com/m@v1.0.0";
    let key = store::Key::Sumdb {
        name: NAME.to_owned(),
        path: path.to_owned(),
    };
    let put = site
        .store
        .commit_small(key, lie.clone().into(), store::Provenance::default());
    put.await.unwrap();
    upstream.refuse();
    let old = site.ask(at(path)).await.unwrap();
    assert_eq!(old.origin, protocol::Origin::Stale);
    assert_eq!(site.text(at(path)).await, lie);
    let other = mirror();
    let site = site.reopened(&other.url()).await;
    assert_eq!(site.text(at(path)).await, RECORD);
}
