//! Memos: answers that may change.

use crate::support::{Site, go_mod, module_path};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use store::{
    CACHED_ANSWER_BODY_LIMIT, CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus,
    StaleMark, StoreError,
};

fn answer(body: &'static str, status: CachedAnswerStatus, at: i64) -> CachedAnswer {
    CachedAnswer {
        body: Bytes::from_static(body.as_bytes()),
        status,
        fetched_at: Timestamp::from_second(at).unwrap(),
        source: "https://proxy.example.com".to_owned(),
    }
}

#[tokio::test]
async fn the_last_answer_is_remembered_across_a_restart() {
    let site = Site::new().await;
    let key = CachedAnswerKey::list(&module_path("example.com/M"));
    assert_eq!(key.path, "example.com/!m/@v/list");
    assert_eq!(site.store.cached_answer(&key).await.unwrap(), None);
    site.store
        .put_cached_answer(
            key.clone(),
            answer("v1.0.0\n", CachedAnswerStatus::Known, 1),
        )
        .await
        .unwrap();
    let newer = answer("v1.0.0\nv1.1.0\n", CachedAnswerStatus::Known, 2);
    site.store
        .put_cached_answer(key.clone(), newer.clone())
        .await
        .unwrap();
    assert_eq!(
        site.store.cached_answer(&key).await.unwrap(),
        Some(newer.clone())
    );

    let site = site.reopen().await.unwrap();
    assert_eq!(site.store.cached_answer(&key).await.unwrap(), Some(newer));
    assert_eq!(site.store.health().sequence, 0, "memos are no decisions");
}

fn status(key: &CachedAnswerKey) -> CachedAnswerStatus {
    match key.class {
        CachedAnswerClass::Absence => CachedAnswerStatus::Absent,
        _ => CachedAnswerStatus::Known,
    }
}

#[tokio::test]
async fn aging_a_module_sets_back_all_its_answers_and_nobody_elses() {
    let site = Site::new().await;
    let module = module_path("example.com/m");
    let mine = [
        CachedAnswerKey::list(&module),
        CachedAnswerKey::latest(&module),
        CachedAnswerKey::query(&module, "master"),
        CachedAnswerKey::new(CachedAnswerClass::Absence, "example.com/m/@v/v9.9.9.info"),
    ];
    let others = [
        CachedAnswerKey::list(&module_path("example.com/m/sub")),
        CachedAnswerKey::list(&module_path("example.com/mm")),
        CachedAnswerKey::new(CachedAnswerClass::Sumdb, "sumdb/sum.golang.org/latest"),
    ];
    for key in mine.iter().chain(&others) {
        site.store
            .put_cached_answer(key.clone(), answer("x", status(key), 1))
            .await
            .unwrap();
    }
    let capture = go_mod("example.com/m", "v1.0.0");
    site.put(&capture, "module example.com/m\n").await;

    let second = |second| Timestamp::from_second(second).unwrap();
    let mark = StaleMark {
        known: second(-7),
        absent: second(-3),
    };
    let mut aged = site.store.age_cached_answers(&module, mark).await.unwrap();
    aged.sort();
    let mut paths = mine.clone().map(|key| key.path);
    paths.sort();
    assert_eq!(aged, paths);
    for key in &mine {
        let memo = site.store.cached_answer(key).await.unwrap().unwrap();
        let absent = key.class == CachedAnswerClass::Absence;
        let expected = if absent { mark.absent } else { mark.known };
        assert_eq!((memo.fetched_at, &memo.body[..]), (expected, &b"x"[..]));
    }
    for key in &others {
        let memo = site.store.cached_answer(key).await.unwrap().unwrap();
        assert_eq!(memo.fetched_at, second(1), "{key:?}");
    }
    let later = StaleMark {
        known: second(0),
        absent: second(0),
    };
    site.store.age_cached_answers(&module, later).await.unwrap();
    let memo = site.store.cached_answer(&mine[0]).await.unwrap().unwrap();
    assert_eq!(memo.fetched_at, second(-7), "it never becomes younger");
    assert!(
        site.get(&capture).await.unwrap().is_some(),
        "captures are never forgotten"
    );
}

#[tokio::test]
async fn only_old_absences_are_swept() {
    let site = Site::new().await;
    let day = SignedDuration::from_hours(24);
    let keys: Vec<_> = (0..3)
        .map(|number| CachedAnswerKey::new(CachedAnswerClass::Absence, format!("p{number}")))
        .collect();
    let now = Timestamp::from_second(1_000_000).unwrap();
    let ages = [
        (CachedAnswerStatus::Absent, now - day * 2),
        (CachedAnswerStatus::Absent, now),
        (CachedAnswerStatus::Known, now - day * 2),
    ];
    for (key, (status, fetched_at)) in keys.iter().zip(ages) {
        let memo = CachedAnswer {
            fetched_at,
            ..answer("", status, 0)
        };
        site.store
            .put_cached_answer(key.clone(), memo)
            .await
            .unwrap();
    }
    assert_eq!(
        site.store.sweep_cached_absences(now - day).await.unwrap(),
        1
    );
    assert_eq!(site.store.cached_answer(&keys[0]).await.unwrap(), None);
    assert!(site.store.cached_answer(&keys[1]).await.unwrap().is_some());
    assert!(site.store.cached_answer(&keys[2]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let site = Site::new().await;
    let key = CachedAnswerKey::new(CachedAnswerClass::List, "example.com/m/@v/list");
    let body = Bytes::from(vec![b'x'; CACHED_ANSWER_BODY_LIMIT + 1]);
    let memo = CachedAnswer {
        body,
        ..answer("", CachedAnswerStatus::Known, 1)
    };
    assert!(matches!(
        site.store.put_cached_answer(key, memo).await,
        Err(StoreError::TooLarge { .. })
    ));
}
