//! Memos: answers that may change.

use crate::support::{Site, go_mod, module_path};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use store::{MEMO_BODY_LIMIT, Memo, MemoClass, MemoKey, MemoStatus, StaleMark, StoreError};

fn memo(body: &'static str, status: MemoStatus, at: i64) -> Memo {
    Memo {
        body: Bytes::from_static(body.as_bytes()),
        status,
        fetched_at: Timestamp::from_second(at).unwrap(),
        source: "https://proxy.example.com".to_owned(),
    }
}

#[tokio::test]
async fn the_last_answer_is_remembered_across_a_restart() {
    let site = Site::new().await;
    let key = MemoKey::list(&module_path("example.com/M"));
    assert_eq!(key.path, "example.com/!m/@v/list");
    assert_eq!(site.store.memo(&key).await.unwrap(), None);
    site.store
        .memo_put(key.clone(), memo("v1.0.0\n", MemoStatus::Known, 1))
        .await
        .unwrap();
    let newer = memo("v1.0.0\nv1.1.0\n", MemoStatus::Known, 2);
    site.store
        .memo_put(key.clone(), newer.clone())
        .await
        .unwrap();
    assert_eq!(site.store.memo(&key).await.unwrap(), Some(newer.clone()));

    let site = site.reopen().await.unwrap();
    assert_eq!(site.store.memo(&key).await.unwrap(), Some(newer));
    assert_eq!(site.store.health().sequence, 0, "memos are no decisions");
}

fn status(key: &MemoKey) -> MemoStatus {
    match key.class {
        MemoClass::Absence => MemoStatus::Absent,
        _ => MemoStatus::Known,
    }
}

#[tokio::test]
async fn aging_a_module_sets_back_all_its_answers_and_nobody_elses() {
    let site = Site::new().await;
    let module = module_path("example.com/m");
    let mine = [
        MemoKey::list(&module),
        MemoKey::latest(&module),
        MemoKey::query(&module, "master"),
        MemoKey::new(MemoClass::Absence, "example.com/m/@v/v9.9.9.info"),
    ];
    let others = [
        MemoKey::list(&module_path("example.com/m/sub")),
        MemoKey::list(&module_path("example.com/mm")),
        MemoKey::new(MemoClass::Sumdb, "sumdb/sum.golang.org/latest"),
    ];
    for key in mine.iter().chain(&others) {
        site.store
            .memo_put(key.clone(), memo("x", status(key), 1))
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
    let mut aged = site.store.memo_age_module(&module, mark).await.unwrap();
    aged.sort();
    let mut paths = mine.clone().map(|key| key.path);
    paths.sort();
    assert_eq!(aged, paths);
    for key in &mine {
        let memo = site.store.memo(key).await.unwrap().unwrap();
        let absent = key.class == MemoClass::Absence;
        let expected = if absent { mark.absent } else { mark.known };
        assert_eq!((memo.fetched_at, &memo.body[..]), (expected, &b"x"[..]));
    }
    for key in &others {
        let memo = site.store.memo(key).await.unwrap().unwrap();
        assert_eq!(memo.fetched_at, second(1), "{key:?}");
    }
    let later = StaleMark {
        known: second(0),
        absent: second(0),
    };
    site.store.memo_age_module(&module, later).await.unwrap();
    let memo = site.store.memo(&mine[0]).await.unwrap().unwrap();
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
        .map(|number| MemoKey::new(MemoClass::Absence, format!("p{number}")))
        .collect();
    let now = Timestamp::from_second(1_000_000).unwrap();
    let ages = [
        (MemoStatus::Absent, now - day * 2),
        (MemoStatus::Absent, now),
        (MemoStatus::Known, now - day * 2),
    ];
    for (key, (status, fetched_at)) in keys.iter().zip(ages) {
        let memo = Memo {
            fetched_at,
            ..memo("", status, 0)
        };
        site.store.memo_put(key.clone(), memo).await.unwrap();
    }
    assert_eq!(site.store.memo_sweep(now - day).await.unwrap(), 1);
    assert_eq!(site.store.memo(&keys[0]).await.unwrap(), None);
    assert!(site.store.memo(&keys[1]).await.unwrap().is_some());
    assert!(site.store.memo(&keys[2]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let site = Site::new().await;
    let key = MemoKey::new(MemoClass::List, "example.com/m/@v/list");
    let body = Bytes::from(vec![b'x'; MEMO_BODY_LIMIT + 1]);
    let memo = Memo {
        body,
        ..memo("", MemoStatus::Known, 1)
    };
    assert!(matches!(
        site.store.memo_put(key, memo).await,
        Err(StoreError::TooLarge { .. })
    ));
}
