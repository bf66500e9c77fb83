//! Tokens that another implementation made: each is believed or refused for its reason.

use crate::fake_issuer::{FakeIssuer, for_people, name_or_reason, settings, told};
use access::{CallerRights, IdentityKind, Secret};
use jiff::Timestamp;
use oidc::{KeySet, KeySetError};
use serde_json::{Value, json};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/tokens.json")).unwrap()
}

#[tokio::test]
async fn tokens_of_another_implementation_are_believed_or_refused_for_their_reason() {
    let vectors = vectors();
    let now = Timestamp::from_second(vectors["now"].as_i64().unwrap()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        // A new one each time: what one token taught must not help another.
        let issuer = FakeIssuer::new(vectors["jwks"].clone());
        let provider = for_people(&issuer, settings());
        let text = case["token"].as_str().unwrap();
        let expected = case["expected"].as_str().unwrap();
        match told(&provider, &Secret::new(text), now).await {
            Ok(identity) => {
                assert_eq!(expected, "ok", "{}", case["name"]);
                assert_eq!(
                    (identity.name.as_str(), identity.kind),
                    ("alice", IdentityKind::Oidc)
                );
                assert_eq!(identity.groups, ["staff", "ops"]);
                assert_eq!(identity.rights, CallerRights::Rules);
            }
            Err(failure) => {
                assert_eq!(
                    failure.reason.name(),
                    expected,
                    "{}: {failure}",
                    case["name"]
                );
                assert!(
                    failure.detail.is_ascii() && failure.detail.len() <= 120,
                    "{failure}"
                );
                assert!(
                    text.split('.')
                        .all(|part| part.is_empty() || !failure.detail.contains(part))
                );
            }
        }
    }
    println!("{} tokens", cases.len());
    assert!(cases.len() > 50, "{}", cases.len());
}

#[tokio::test]
async fn a_token_that_was_proven_is_not_proven_again_until_it_ends() {
    let vectors = vectors();
    let now = Timestamp::from_second(vectors["now"].as_i64().unwrap()).unwrap();
    let issuer = FakeIssuer::new(vectors["jwks"].clone());
    let provider = for_people(&issuer, settings());
    let token = Secret::new(vectors["cases"][0]["token"].as_str().unwrap());
    assert_eq!(name_or_reason(&provider, &token, now).await, "alice");
    let begun = tokio::time::Instant::now();
    for _ in 0..1000 {
        assert_eq!(name_or_reason(&provider, &token, now).await, "alice");
    }
    println!("a warm token takes {:?}", begun.elapsed() / 1000);
    assert_eq!(issuer.documents(), 1);
    let late = Timestamp::from_second(now.as_second() + 661).unwrap();
    assert_eq!(name_or_reason(&provider, &token, late).await, "expired");
}

#[test]
fn keys_that_are_written_wrongly_are_refused_as_a_whole() {
    let point = "A".repeat(43);
    let good = json!({ "kty": "EC", "crv": "P-256", "x": point, "y": point });
    let parse = |keys: Value| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes());
    assert_eq!(parse(json!([good])).unwrap().len(), 1);
    for (keys, error) in [
        (json!([]), KeySetError::Empty),
        (json!([{ "kty": "oct", "k": "AA" }]), KeySetError::Empty),
        (json!(vec![good.clone(); 65]), KeySetError::TooMany),
        (
            json!([good, { "kty": "RSA", "n": "AQAB", "e": "AQAB" }]),
            KeySetError::Key(2, "n"),
        ),
        (
            json!([{ "kty": "EC", "crv": "P-256", "x": "AA", "y": point }]),
            KeySetError::Key(1, "x"),
        ),
        (
            json!([{ "kty": "EC", "crv": "P-256", "x": point }]),
            KeySetError::Key(1, "y"),
        ),
        (
            json!([{ "kty": "OKP", "crv": "Ed25519", "x": "!" }]),
            KeySetError::Key(1, "x"),
        ),
        (json!("x"), KeySetError::Format),
    ] {
        assert_eq!(parse(keys.clone()), Err(error), "{keys}");
    }
    assert_eq!(KeySet::parse(b"<html>"), Err(KeySetError::Format));
}
