//! `.info`, `.mod` and `.zip`: each by itself, checked before it is kept, kept for ever.

use crate::site::{Site, caller, go_mod, info, list, read, words, zip};
use codes::Code;
use protocol::{Fetching, Origin};
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

const PATH: &str = "example.com/m";
const V1: &str = "v1.0.0";

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&Module::new(PATH, V1)))
}

#[tokio::test]
async fn a_cold_mod_asks_for_nothing_but_the_mod() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    assert_eq!(
        site.bytes(go_mod(PATH, V1)).await,
        Module::new(PATH, V1).mod_file()
    );
    assert_eq!(upstream.paths(), [format!("{PATH}/@v/{V1}.mod")]);
}

#[tokio::test]
async fn what_is_kept_is_answered_without_asking_anybody() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    let all = [info(PATH, V1), go_mod(PATH, V1), zip(PATH, V1)];
    let mut cold = Vec::new();
    for resource in all.clone() {
        cold.push(site.bytes(resource).await);
    }
    upstream.forget();
    let site = site.reopened("off").await;
    for (resource, cold) in all.into_iter().zip(cold) {
        assert_eq!(site.bytes(resource).await, cold);
    }
    upstream.assert_untouched();
}

#[tokio::test]
async fn a_second_request_is_answered_from_memory() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    site.bytes(go_mod(PATH, V1)).await;
    let again = site.ask(go_mod(PATH, V1)).await.unwrap();
    assert_eq!(again.origin, Origin::Memory);
    assert_eq!(upstream.count(Kind::Mod), 1);
}

#[tokio::test]
async fn what_is_at_hand_is_known_by_its_canonical_path_alone() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    let path = format!("{PATH}/@v/{V1}.mod");
    assert!(site.proxy.at_hand(&caller(), &path).is_none());
    site.bytes(go_mod(PATH, V1)).await;
    let (resource, answer) = site.proxy.at_hand(&caller(), &path).unwrap();
    assert_eq!(*resource, go_mod(PATH, V1));
    let parsed = site.ask(go_mod(PATH, V1)).await.unwrap();
    assert_eq!(format!("{answer:?}"), format!("{parsed:?}"));
    for other in [
        format!("/{path}"),
        format!("cached-only/{path}"),
        path.replace("example", "%65xample"),
        path.to_uppercase(),
        path.replace(".mod", ".zip"),
        String::new(),
    ] {
        assert!(site.proxy.at_hand(&caller(), &other).is_none(), "{other}");
    }
}

#[tokio::test]
async fn a_zip_held_open_is_at_hand_until_its_file_changes() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    let path = format!("{PATH}/@v/{V1}.zip");
    let bytes = site.bytes(zip(PATH, V1)).await;
    assert_eq!(site.bytes(zip(PATH, V1)).await, bytes);
    let (_, answer) = site.proxy.at_hand(&caller(), &path).unwrap();
    assert_eq!(answer.origin, Origin::Store);
    assert_eq!(read(answer.body).await, Ok(bytes));
    upstream.refuse();
    site.overwrite_a_byte_of_the_largest_blob();
    assert!(site.proxy.at_hand(&caller(), &path).is_none());
    let refusal = site.refusal(zip(PATH, V1)).await;
    assert_eq!(refusal.code, Code::CorruptBlob);
}

#[tokio::test]
async fn only_what_is_kept_is_answered_where_fetching_is_forbidden() {
    let upstream = upstream();
    let site = Site::over(&upstream).await;
    for resource in [info(PATH, V1), zip(PATH, V1), list(PATH)] {
        let refusal = site
            .proxy
            .answer(&caller(), &resource, Fetching::Never)
            .await
            .unwrap_err();
        assert_eq!(
            (refusal.code, refusal.status),
            (Code::NotKept, 404),
            "{resource:?}"
        );
    }
    upstream.assert_untouched();
}

#[tokio::test]
async fn an_upstreams_no_is_relayed_word_for_word_and_believed_for_seconds() {
    let upstream = FakeUpstream::start(Corpus::new());
    upstream.always(
        Kind::Info,
        Fault::text(410, "gone: by order of the harbour master\n"),
    );
    let site = Site::over(&upstream).await;
    for _ in 0..3 {
        let refusal = site.refusal(info(PATH, V1)).await;
        assert_eq!(
            (refusal.status, words(&refusal).as_str()),
            (410, "gone: by order of the harbour master\n")
        );
    }
    assert_eq!(upstream.count(Kind::Info), 1);

    upstream.heal();
    upstream.change(|corpus| corpus.add(&Module::new(PATH, V1)));
    site.later(31);
    assert_eq!(
        site.bytes(info(PATH, V1)).await,
        Module::new(PATH, V1).info()
    );
}

#[tokio::test]
async fn a_refresh_forgets_an_absence_at_once() {
    let upstream = FakeUpstream::start(Corpus::new());
    let site = Site::over(&upstream).await;
    assert_eq!(site.refusal(info(PATH, V1)).await.status, 404);
    upstream.change(|corpus| corpus.add(&Module::new(PATH, V1)));
    assert_eq!(site.refusal(info(PATH, V1)).await.status, 404);
    assert!(
        site.proxy
            .refresh(&crate::site::module(PATH))
            .await
            .unwrap()
            > 0
    );
    site.bytes(info(PATH, V1)).await;
}

#[tokio::test]
async fn wrong_content_is_never_answered_and_never_kept() {
    let other = Module::new("example.com/other", "v1.0.0");
    for (resource, wrong, code) in [
        (info(PATH, V1), other.zip(), Code::BadInfo),
        (
            info(PATH, V1),
            br#"{"Version":"v1.0.1"}"#.to_vec(),
            Code::BadInfo,
        ),
        (
            go_mod(PATH, V1),
            b"<html>sign in</html>".to_vec(),
            Code::BadGoMod,
        ),
        (
            go_mod(PATH, V1),
            b"Please log in\n".to_vec(),
            Code::BadGoMod,
        ),
        (zip(PATH, V1), other.zip(), Code::BadZip),
        (
            zip(PATH, V1),
            b"PK\x03\x04 and then nothing".to_vec(),
            Code::BadZip,
        ),
    ] {
        let upstream = upstream();
        upstream.first(1, testkit::upstream::Target::Any, Fault::replace(wrong));
        let site = Site::over(&upstream).await;
        let refusal = site.refusal(resource.clone()).await;
        assert_eq!(
            (refusal.code, refusal.status),
            (code, 502),
            "{resource:?}: {}",
            words(&refusal)
        );
        // The upstream has come to its senses, and nothing of its lie was kept.
        site.bytes(resource).await;
    }
}

#[tokio::test]
async fn a_lying_source_is_passed_over_where_the_list_allows_it() {
    let (liar, honest) = (upstream(), upstream());
    liar.always(Kind::Mod, Fault::replace("<html>sign in</html>"));
    let site = Site::with_list(&format!("{}|{}", liar.url(), honest.url())).await;
    assert_eq!(
        site.bytes(go_mod(PATH, V1)).await,
        Module::new(PATH, V1).mod_file()
    );
    let site = Site::with_list(&format!("{},{}", liar.url(), honest.url())).await;
    assert_eq!(site.refusal(go_mod(PATH, V1)).await.status, 502);
}

#[tokio::test]
async fn an_info_without_a_time_and_a_fork_with_its_old_path_are_fine() {
    let fork = Module::new(PATH, V1).go_mod("module example.com/original\n");
    let mut corpus = Corpus::new().with(&fork);
    corpus.put(
        &format!("{PATH}/@v/{V1}.info"),
        format!(r#"{{"Version":"{V1}"}}"#),
    );
    let upstream = FakeUpstream::start(corpus);
    let site = Site::over(&upstream).await;
    for resource in [info(PATH, V1), go_mod(PATH, V1), zip(PATH, V1)] {
        site.bytes(resource).await;
    }
}

#[tokio::test]
async fn thirty_two_clients_of_one_cold_mod_cost_one_request() {
    let upstream = upstream();
    let hold = upstream.hold(Kind::Mod);
    let site = Site::over(&upstream).await;
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let proxy = site.proxy.clone();
            tokio::spawn(async move {
                proxy
                    .answer(&caller(), &go_mod(PATH, V1), Fetching::Allowed)
                    .await
                    .is_ok()
            })
        })
        .collect();
    tokio::task::spawn_blocking(move || {
        hold.wait_for(1);
        hold.release();
    })
    .await
    .unwrap();
    for client in clients {
        assert!(client.await.unwrap());
    }
    assert_eq!(upstream.count(Kind::Mod), 1);
}
