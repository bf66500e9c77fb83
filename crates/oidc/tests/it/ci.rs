//! Tokens of CI jobs: which mapping they fit, and what a denial says.

use crate::fake_issuer::{
    FakeIssuer, ISSUER, SigningKey, key_set, moment, name_or_reason, provider, told,
};
use access::{AccessScopes, CallerRights, FailureReason, IdentityKind};
use oidc::{
    CiMapping, CiMappingError, DEFAULT_DENIED_EVENTS, IssuerUrl, Provider, ProviderSettings,
};
use serde_json::{Value, json};
use std::sync::Arc;

fn mapping(name: &str, claims: &[(&str, &str)]) -> CiMapping {
    let claims = claims.iter();
    CiMapping {
        name: name.to_owned(),
        issuer: IssuerUrl::parse(ISSUER).unwrap(),
        audience: "modkeep-ci".to_owned(),
        claims: claims
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect(),
        deny_events: DEFAULT_DENIED_EVENTS.map(str::to_owned).to_vec(),
        groups: vec!["builders".to_owned()],
        scopes: None,
    }
}

fn job(id: &str) -> Value {
    let now = moment(0).as_second();
    json!({
        "iss": ISSUER, "aud": "modkeep-ci", "sub": "repo:corp/tools:ref:refs/heads/main", "iat": now, "exp": now + 300,
        "jti": id, "repository": "corp/tools", "repository_id": "123", "repository_owner_id": "45",
        "ref": "refs/heads/main", "event_name": "push", "workflow": "build", "run_id": "17",
    })
}

fn of(mappings: Vec<CiMapping>) -> (SigningKey, Provider, Arc<FakeIssuer>) {
    let key = SigningKey::new("one");
    let issuer = FakeIssuer::new(key_set(&[&key]));
    let settings = ProviderSettings {
        issuer: None,
        ci: mappings,
    };
    let provider = provider(&issuer, &settings);
    (key, provider, issuer)
}

#[tokio::test]
async fn a_job_has_the_rights_of_its_mapping_and_says_its_project() {
    let mut bounded = mapping("tools", &[("repository_id", "123")]);
    bounded.scopes = Some(AccessScopes::parse("read:corp.example/*").unwrap());
    let (key, provider, _) = of(vec![bounded, mapping("others", &[("repository_id", "9")])]);
    let identity = told(&provider, &key.sign(&job("1")), moment(0))
        .await
        .unwrap();
    assert_eq!(identity.name, "repo:corp/tools:ref:refs/heads/main");
    assert_eq!(
        (identity.kind, identity.groups.as_slice()),
        (IdentityKind::Ci, &["builders".to_owned()][..])
    );
    assert!(matches!(identity.rights, CallerRights::RulesWithin(_)));
    assert_eq!(
        identity.project.as_deref(),
        Some("corp/tools@refs/heads/main build 17")
    );
}

#[tokio::test]
async fn a_denial_says_which_claim_is_missing_or_differs() {
    let (key, provider, _) = of(vec![
        mapping(
            "tools",
            &[("repository_id", "123"), ("environment", "release")],
        ),
        mapping("far", &[("repository_id", "9"), ("x", "1"), ("y", "2")]),
    ]);
    let denial = async |change: fn(&mut Value)| {
        let mut claims = job("1");
        change(&mut claims);
        told(&provider, &key.sign(&claims), moment(0))
            .await
            .unwrap_err()
    };
    let missing = denial(|_| {}).await;
    assert_eq!(missing.reason, FailureReason::Mapping);
    assert_eq!(
        missing.detail,
        "mapping tools does not fit: claim environment is missing"
    );
    let differs = denial(|claims| {
        claims["repository_id"] = json!(124);
        claims["environment"] = json!("release");
    });
    assert_eq!(
        differs.await.detail,
        "mapping tools does not fit: claim repository_id differs"
    );
    let event = denial(|claims| {
        claims["environment"] = json!("release");
        claims["event_name"] = json!("pull_request_target");
    });
    assert_eq!(
        event.await.detail,
        "mapping tools does not fit: claim event_name is pull_request_target, which is refused"
    );
    let audience = denial(|claims| claims["aud"] = json!("other")).await;
    assert_eq!(audience.reason, FailureReason::WrongAudience);
}

#[tokio::test]
async fn two_mappings_that_fit_are_refused_and_both_named() {
    let (key, provider, _) = of(vec![
        mapping("one", &[("repository_id", "123")]),
        mapping("two", &[("repository_owner_id", "45")]),
    ]);
    let denial = told(&provider, &key.sign(&job("1")), moment(0))
        .await
        .unwrap_err();
    assert_eq!(denial.reason, FailureReason::Mapping);
    assert!(denial.detail.contains("one and two"), "{denial}");
}

#[tokio::test]
async fn a_job_uses_its_token_many_times_and_another_with_its_jti_is_a_replay() {
    let (key, provider, _) = of(vec![mapping("tools", &[("repository_id", "123")])]);
    let token = key.sign(&job("1"));
    for second in [0, 100, 301] {
        let told = name_or_reason(&provider, &token, moment(second)).await;
        assert!(told.starts_with("repo:"), "{told}");
    }
    // ECDSA signatures differ each time: the same claims, signed again.
    assert_eq!(
        name_or_reason(&provider, &key.sign(&job("1")), moment(5)).await,
        "replayed"
    );
    assert!(
        name_or_reason(&provider, &key.sign(&job("2")), moment(5))
            .await
            .starts_with("repo:")
    );
    let mut without = job("3");
    without.as_object_mut().unwrap().remove("jti");
    assert_eq!(
        name_or_reason(&provider, &key.sign(&without), moment(5)).await,
        "claim"
    );
}

#[test]
fn a_mapping_that_would_fit_strangers_is_refused() {
    let public = |claims: &[(&str, &str)]| CiMapping {
        issuer: IssuerUrl::parse("https://token.actions.githubusercontent.com").unwrap(),
        ..mapping("x", claims)
    };
    let names_only = |name: &str| Err(CiMappingError::NamesOnly(name.to_owned()));
    assert_eq!(mapping("x", &[("repository_id", "1")]).check(false), Ok(()));
    assert_eq!(mapping("x", &[]).check(true), Err(CiMappingError::NoClaims));
    assert_eq!(
        mapping("x", &[("repository_id", "")]).check(true),
        Err(CiMappingError::NoClaims)
    );
    assert_eq!(
        mapping("x", &[("repository", "a/b")]).check(false),
        names_only("repository")
    );
    assert_eq!(mapping("x", &[("repository", "a/b")]).check(true), Ok(()));
    assert_eq!(
        mapping("x", &[("repository", "a/b"), ("repository_id", "1")]).check(false),
        Ok(())
    );
    assert_eq!(mapping("x", &[("sub", "job-7")]).check(false), Ok(()));
    assert_eq!(
        public(&[("sub", "repo:a/b")]).check(false),
        names_only("sub")
    );
    assert_eq!(
        public(&[("ref", "refs/heads/main")]).check(true),
        Err(CiMappingError::Anybody)
    );
    let mut silent = mapping("x", &[("repository_id", "1")]);
    silent.audience.clear();
    assert_eq!(silent.check(true), Err(CiMappingError::NoAudience));
    let mut useless = mapping("x", &[("repository_id", "1")]);
    useless.groups.clear();
    assert_eq!(useless.check(true), Err(CiMappingError::NoRights));
}
