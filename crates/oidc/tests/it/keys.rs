//! Keys of an issuer that is away, that turns its keys over, and that is asked by a crowd.

use crate::fake_issuer::{
    FakeIssuer, SigningKey, for_people, key_set, moment, name_or_reason, person, settings,
};
use serde_json::{Value, json};
use std::sync::Arc;

const HOUR: i64 = 3600;

fn lasting(name: &str) -> Value {
    let mut claims = person(name);
    claims["exp"] = json!(moment(100 * HOUR).as_second());
    claims
}

/// Lets tasks that were begun come to their end.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn known_keys_go_on_while_the_issuer_is_down_and_no_longer_than_they_may() {
    let key = SigningKey::new("one");
    let issuer = FakeIssuer::new(key_set(&[&key]));
    let provider = for_people(&issuer, settings());
    assert_eq!(
        name_or_reason(&provider, &key.sign(&lasting("a")), moment(0)).await,
        "a"
    );
    *issuer.is_down.lock() = true;
    for minutes in [1, 30, 23 * 60] {
        // Another token each time, so that it is the keys that are remembered.
        let token = key.sign(&lasting(&format!("at-{minutes}")));
        let told = name_or_reason(&provider, &token, moment(minutes * 60)).await;
        assert_eq!(told, format!("at-{minutes}"));
        settle().await;
    }
    let late = name_or_reason(&provider, &key.sign(&lasting("late")), moment(24 * HOUR)).await;
    assert_eq!(late, "unknown_key");
    *issuer.is_down.lock() = false;
    let back = name_or_reason(
        &provider,
        &key.sign(&lasting("back")),
        moment(24 * HOUR + 11),
    )
    .await;
    assert_eq!(back, "back");
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_ten_seconds_for_all_callers_together() {
    let (key, gone) = (SigningKey::new("one"), SigningKey::new("gone"));
    let issuer = FakeIssuer::new(key_set(&[&key]));
    let provider = Arc::new(for_people(&issuer, settings()));
    assert_eq!(
        name_or_reason(&provider, &key.sign(&lasting("a")), moment(0)).await,
        "a"
    );
    for number in 0..500 {
        let token = gone.sign(&lasting(&number.to_string()));
        assert_eq!(
            name_or_reason(&provider, &token, moment(1)).await,
            "unknown_key"
        );
    }
    assert_eq!(issuer.documents(), 1, "the keys were fetched a second ago");
    let mut callers = Vec::new();
    for number in 0..100 {
        let (provider, token) = (
            Arc::clone(&provider),
            gone.sign(&lasting(&number.to_string())),
        );
        callers.push(tokio::spawn(async move {
            name_or_reason(&provider, &token, moment(11)).await
        }));
    }
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "unknown_key");
    }
    assert_eq!(issuer.documents(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let (old, new) = (SigningKey::new("old"), SigningKey::new("new"));
    let issuer = FakeIssuer::new(key_set(&[&old]));
    let provider = for_people(&issuer, settings());
    assert_eq!(
        name_or_reason(&provider, &old.sign(&lasting("a")), moment(0)).await,
        "a"
    );
    *issuer.keys.lock() = key_set(&[&new]);
    assert_eq!(
        name_or_reason(&provider, &new.sign(&lasting("b")), moment(20)).await,
        "b"
    );
    let told = name_or_reason(&provider, &old.sign(&lasting("c")), moment(40)).await;
    assert_eq!(told, "unknown_key");
}

#[tokio::test]
async fn keys_are_renewed_beside_the_request_that_finds_them_old() {
    let (old, new) = (SigningKey::new("old"), SigningKey::new("new"));
    let issuer = FakeIssuer::new(key_set(&[&old]));
    let provider = for_people(&issuer, settings());
    assert_eq!(
        name_or_reason(&provider, &old.sign(&lasting("a")), moment(0)).await,
        "a"
    );
    *issuer.keys.lock() = key_set(&[&new]);
    // The issuer does not answer, and the caller is answered all the same.
    let closed = issuer.close().await;
    assert_eq!(
        name_or_reason(&provider, &old.sign(&lasting("b")), moment(16 * 60)).await,
        "b"
    );
    settle().await;
    assert_eq!(issuer.documents(), 2);
    drop(closed);
    settle().await;
    let told = name_or_reason(&provider, &old.sign(&lasting("c")), moment(17 * 60)).await;
    assert_eq!(told, "unknown_key");
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_keep_the_others_from_the_keys() {
    let key = SigningKey::new("one");
    let issuer = FakeIssuer::new(key_set(&[&key]));
    let provider = Arc::new(for_people(&issuer, settings()));
    let closed = issuer.close().await;
    let begin = |name: &str| {
        let (provider, token) = (Arc::clone(&provider), key.sign(&lasting(name)));
        tokio::spawn(async move { name_or_reason(&provider, &token, moment(0)).await })
    };
    let leaving = begin("leaving");
    settle().await;
    let staying = begin("staying");
    leaving.abort();
    settle().await;
    drop(closed);
    assert_eq!(staying.await.unwrap(), "staying");
    assert_eq!(issuer.documents(), 1);
}

#[tokio::test]
async fn a_document_of_another_issuer_gives_no_keys() {
    let key = SigningKey::new("one");
    for (name, value) in [
        ("issuer", json!("https://evil.example.com")),
        ("jwks_uri", json!("http://keys.example.com/jwks")),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("jwks_uri", Value::Null),
    ] {
        let issuer = FakeIssuer::new(key_set(&[&key]));
        issuer.document.lock()[name] = value;
        let provider = for_people(&issuer, settings());
        let told = name_or_reason(&provider, &key.sign(&person("a")), moment(0)).await;
        assert_eq!(told, "unknown_key");
    }
}
