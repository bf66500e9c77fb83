//! What is found out about an issuer before anybody depends on it.

use crate::fake_issuer::{FakeIssuer, SigningKey, key_set, moment, person, settings};
use access::Secret;
use codes::Code;
use oidc::{IssuerClient, IssuerReport, IssuerSettings, IssuerUrl, IssuerUrlError};
use serde_json::json;
use std::sync::Arc;

fn asking() -> IssuerSettings {
    IssuerSettings {
        client: Some(IssuerClient {
            id: "modkeep".to_owned(),
            secret_file: "/nowhere".into(),
        }),
        ..settings()
    }
}

async fn codes(issuer: &Arc<FakeIssuer>, settings: &IssuerSettings) -> Vec<Code> {
    let secret = Secret::new("s");
    let report = IssuerReport::of_people(issuer.as_ref(), settings, Some(&secret), moment(0)).await;
    report.problems.iter().map(|problem| problem.code).collect()
}

#[tokio::test]
async fn each_mistake_has_its_own_code() {
    let key = SigningKey::new("one");
    let new = || FakeIssuer::new(key_set(&[&key]));
    let settings = asking();
    let good = new();
    let token = key.sign(&person("modkeep"));
    *good.token.lock() = (
        200,
        json!({ "access_token": token.reveal(), "token_type": "Bearer" }),
    );
    assert_eq!(codes(&good, &settings).await, []);

    let down = new();
    *down.is_down.lock() = true;
    assert_eq!(codes(&down, &settings).await, [Code::IssuerUnreachable]);

    let refusing = new();
    *refusing.token.lock() = (401, json!({ "error": "invalid_client" }));
    assert_eq!(codes(&refusing, &settings).await, [Code::IssuerClient]);

    let other_scopes = new();
    other_scopes.document.lock()["scopes_supported"] = json!(["openid"]);
    assert_eq!(codes(&other_scopes, &settings).await, [Code::IssuerScope]);

    let no_scope = new();
    *no_scope.token.lock() = (400, json!({ "error": "invalid_scope" }));
    assert_eq!(codes(&no_scope, &settings).await, [Code::IssuerScope]);

    let elsewhere = new();
    let mut claims = person("modkeep");
    claims["aud"] = json!("somebody-else");
    let token = key.sign(&claims);
    *elsewhere.token.lock() = (200, json!({ "access_token": token.reveal() }));
    assert_eq!(codes(&elsewhere, &settings).await, [Code::IssuerAudience]);

    let fast = new();
    *fast.date.lock() = Some(moment(62));
    assert_eq!(codes(&fast, &settings).await, [Code::IssuerClock]);
    *fast.date.lock() = Some(moment(-60));
    assert_eq!(codes(&fast, &settings).await, []);
}

#[tokio::test]
async fn what_an_issuer_does_not_tell_is_said_and_is_no_mistake() {
    let issuer = FakeIssuer::new(key_set(&[&SigningKey::new("one")]));
    *issuer.token.lock() = (200, json!({ "access_token": "opaque" }));
    issuer
        .document
        .lock()
        .as_object_mut()
        .unwrap()
        .remove("scopes_supported");
    let report = IssuerReport::of_people(
        issuer.as_ref(),
        &asking(),
        Some(&Secret::new("s")),
        moment(0),
    )
    .await;
    assert_eq!(report.problems, []);
    assert_eq!(report.unseen.len(), 3, "{:?}", report.unseen);
}

#[test]
fn an_issuer_is_https_or_this_machine() {
    for text in [
        "https://login.example.com",
        "https://l.example.com/realms/x",
        "http://127.0.0.1:8080/x",
        "http://[::1]:1",
        "http://localhost:9",
    ] {
        assert_eq!(IssuerUrl::parse(text).unwrap().as_str(), text);
    }
    for (text, error) in [
        ("http://login.example.com", IssuerUrlError::NotHttps),
        ("http://localhost.evil.example", IssuerUrlError::NotHttps),
        ("login.example.com", IssuerUrlError::NoUrl),
        ("file:///x", IssuerUrlError::NoUrl),
        ("https://u:p@login.example.com", IssuerUrlError::TooMuch),
        ("https://login.example.com/?a", IssuerUrlError::TooMuch),
        ("https://login.example.com/#a", IssuerUrlError::TooMuch),
    ] {
        assert_eq!(IssuerUrl::parse(text), Err(error), "{text}");
    }
    let slash = IssuerUrl::parse("https://a.example/realm/").unwrap();
    assert_eq!(
        slash.document().as_str(),
        "https://a.example/realm/.well-known/openid-configuration"
    );
}
