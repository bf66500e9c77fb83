//! Tokens about which the issuer is asked.

use crate::fake_issuer::{
    FakeIssuer, SigningKey, for_people, key_set, moment, name_or_reason, person, settings, told,
};
use access::{FailureReason, Secret};
use oidc::{IntrospectionMode, IssuerClient, IssuerSettings};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

fn asking(mode: IntrospectionMode) -> (IssuerSettings, tempfile::NamedTempFile) {
    let file = {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret:+\n").unwrap();
        file
    };
    let client = IssuerClient {
        id: "modkeep server".to_owned(),
        secret_file: file.path().to_owned(),
    };
    let settings = IssuerSettings {
        client: Some(client),
        introspection: mode,
        ..settings()
    };
    (settings, file)
}

fn active(name: &str) -> (u16, Value) {
    let mut claims = person(name);
    claims["active"] = json!(true);
    (200, claims)
}

#[tokio::test]
async fn an_opaque_token_is_asked_about_once_a_minute_as_the_client() {
    let issuer = FakeIssuer::new(key_set(&[&SigningKey::new("one")]));
    *issuer.introspected.lock() = Ok(active("alice"));
    let (settings, _file) = asking(IntrospectionMode::Opaque);
    let provider = Arc::new(for_people(&issuer, settings));
    let token = Secret::new("opaque-1");
    let mut callers = Vec::new();
    for _ in 0..32 {
        let (provider, token) = (Arc::clone(&provider), token.clone());
        callers.push(tokio::spawn(async move {
            name_or_reason(&provider, &token, moment(0)).await
        }));
    }
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "alice");
    }
    assert_eq!(issuer.introspections(), 1);
    let (authorization, form) = issuer.forms.lock()[0].clone();
    // base64 of modkeep%20server:s3cret%3A%2B
    assert_eq!(
        authorization.unwrap(),
        "Basic bW9ka2VlcCUyMHNlcnZlcjpzM2NyZXQlM0ElMkI="
    );
    assert_eq!(form[0], ("token".to_owned(), "opaque-1".to_owned()));
    assert_eq!(name_or_reason(&provider, &token, moment(59)).await, "alice");
    *issuer.introspected.lock() = Ok((200, json!({ "active": false })));
    assert_eq!(
        name_or_reason(&provider, &token, moment(60)).await,
        "revoked"
    );
    assert_eq!(
        name_or_reason(&provider, &token, moment(69)).await,
        "revoked"
    );
    assert_eq!(issuer.introspections(), 2, "a bad answer is remembered too");
    *issuer.introspected.lock() = Ok(active("alice"));
    assert_eq!(name_or_reason(&provider, &token, moment(70)).await, "alice");
}

#[tokio::test]
async fn what_the_issuer_says_about_an_opaque_token_is_checked_like_a_jwt() {
    for (claims, reason) in [
        (json!({ "aud": "other" }), "wrong_audience"),
        (json!({ "aud": null }), "wrong_audience"),
        (
            json!({ "aud": null, "client_id": "modkeep server" }),
            "wrong_audience",
        ),
        (json!({ "iss": "https://evil.example.com" }), "wrong_issuer"),
        (json!({ "exp": 5 }), "expired"),
        (json!({ "scope": "openid" }), "scope"),
        (json!({ "sub": 3.5 }), "3.5"),
        (json!({ "sub": [] }), "claim"),
        (json!({ "active": "yes" }), "introspection"),
    ] {
        let issuer = FakeIssuer::new(key_set(&[&SigningKey::new("one")]));
        let mut said = active("alice").1;
        for (name, value) in claims.as_object().unwrap() {
            said[name] = value.clone();
        }
        *issuer.introspected.lock() = Ok((200, said));
        let (settings, _file) = asking(IntrospectionMode::Opaque);
        let provider = for_people(&issuer, settings);
        assert_eq!(
            name_or_reason(&provider, &Secret::new("x"), moment(0)).await,
            reason,
            "{claims}"
        );
    }
}

#[tokio::test]
async fn a_jwt_that_was_taken_back_proves_nothing_where_all_are_asked_about() {
    let key = SigningKey::new("one");
    let issuer = FakeIssuer::new(key_set(&[&key]));
    let (settings, _file) = asking(IntrospectionMode::Always);
    let provider = for_people(&issuer, settings);
    let token = key.sign(&person("alice"));
    assert_eq!(
        name_or_reason(&provider, &token, moment(0)).await,
        "revoked"
    );
    *issuer.introspected.lock() = Ok(active("alice"));
    assert_eq!(name_or_reason(&provider, &token, moment(10)).await, "alice");
    let forged = SigningKey::new("one").sign(&person("root"));
    assert_eq!(
        name_or_reason(&provider, &forged, moment(10)).await,
        "bad_signature"
    );
    assert_eq!(
        issuer.introspections(),
        2,
        "nobody is asked about what is forged"
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_two_seconds_at_most_and_then_nothing() {
    let issuer = FakeIssuer::new(key_set(&[&SigningKey::new("one")]));
    let (settings, _file) = asking(IntrospectionMode::Opaque);
    let provider = for_people(&issuer, settings);
    *issuer.introspected.lock() = Ok(active("alice"));
    assert_eq!(
        name_or_reason(&provider, &Secret::new("before"), moment(0)).await,
        "alice"
    );
    let closed = issuer.close().await;
    for number in 0..5 {
        let begun = Instant::now();
        let failure = told(&provider, &Secret::new(format!("a{number}")), moment(1))
            .await
            .unwrap_err();
        assert_eq!(failure.reason, FailureReason::Introspection);
        assert!(failure.is_passing());
        assert!(
            begun.elapsed() <= Duration::from_millis(2001),
            "{:?}",
            begun.elapsed()
        );
    }
    assert_eq!(issuer.introspections(), 6);
    let begun = Instant::now();
    for number in 0..100 {
        let token = Secret::new(format!("b{number}"));
        assert_eq!(
            name_or_reason(&provider, &token, moment(2)).await,
            "introspection"
        );
    }
    assert_eq!(
        (issuer.introspections(), begun.elapsed()),
        (6, Duration::ZERO)
    );
    assert_eq!(
        name_or_reason(&provider, &Secret::new("before"), moment(3)).await,
        "alice"
    );
    drop(closed);
    // One question decides, and all is well.
    assert_eq!(
        name_or_reason(&provider, &Secret::new("c"), moment(7)).await,
        "alice"
    );
    assert_eq!(
        name_or_reason(&provider, &Secret::new("d"), moment(7)).await,
        "alice"
    );
}

#[tokio::test]
async fn an_issuer_that_refuses_us_is_a_failure_of_introspection() {
    let issuer = FakeIssuer::new(key_set(&[&SigningKey::new("one")]));
    *issuer.introspected.lock() = Ok((401, json!({ "error": "invalid_client" })));
    let (settings, _file) = asking(IntrospectionMode::Opaque);
    let provider = for_people(&issuer, settings);
    let failure = told(&provider, &Secret::new("x"), moment(0))
        .await
        .unwrap_err();
    assert_eq!(failure.reason, FailureReason::Introspection);
    assert!(failure.detail.contains("401"), "{failure}");
}

#[tokio::test]
async fn without_introspection_an_opaque_token_is_unknown() {
    let issuer = FakeIssuer::new(key_set(&[&SigningKey::new("one")]));
    let provider = for_people(&issuer, settings());
    assert_eq!(
        name_or_reason(&provider, &Secret::new("x"), moment(0)).await,
        "unknown_token"
    );
    assert_eq!(issuer.documents() + issuer.introspections(), 0);
}
