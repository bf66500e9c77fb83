//! A real server of `OpenID` Connect: the whole loop, its outages, and what the check finds out.

use crate::fake_issuer::{SigningKey, name_or_reason, told};
use access::{FailureReason, IdentityKind, Secret};
use codes::Code;
use jiff::{SignedDuration, Timestamp};
use oidc::{
    IntrospectionMode, IssuerClient, IssuerMetrics, IssuerReport, IssuerSettings, IssuerTransport,
    IssuerUrl, Provider, ProviderSettings, SecretFileError, client_basic,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use testkit::oidc_server::{CLIENT, OidcServer};
use tokio::time::Instant;
use upstream::{UpstreamOptions, UrlClient};

const JWT: &str = "https://modkeep.example/jwt";
const OPAQUE: &str = "https://modkeep.example/opaque";

struct Site {
    issuer: OidcServer,
    secret: tempfile::NamedTempFile,
    transport: Arc<UrlClient>,
}

impl Site {
    fn start() -> Option<Self> {
        let issuer = OidcServer::start()?;
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), CLIENT.1).unwrap();
        let url = IssuerUrl::parse(&issuer.issuer()).unwrap();
        let client = UrlClient::try_new(url.url(), &UpstreamOptions::default()).unwrap();
        Some(Self {
            issuer,
            secret,
            transport: Arc::new(client),
        })
    }

    fn settings(&self, audience: &str, introspection: IntrospectionMode) -> IssuerSettings {
        IssuerSettings {
            issuer: IssuerUrl::parse(&self.issuer.issuer()).unwrap(),
            audience: audience.to_owned(),
            client: Some(IssuerClient {
                id: CLIENT.0.to_owned(),
                secret_file: self.secret.path().to_owned(),
            }),
            scopes: vec!["modkeep.read".to_owned()],
            user_claim: "sub".to_owned(),
            groups_claim: None,
            introspection,
            key_age: oidc::DEFAULT_KEY_AGE,
        }
    }

    fn provider(&self, audience: &str, introspection: IntrospectionMode) -> Provider {
        let settings = ProviderSettings {
            issuer: Some(self.settings(audience, introspection)),
            ci: Vec::new(),
        };
        let transport = Arc::clone(&self.transport);
        let reach = |_: &IssuerUrl| {
            Ok::<_, SecretFileError>(Arc::clone(&transport) as Arc<dyn IssuerTransport>)
        };
        Provider::try_new(&settings, reach, &IssuerMetrics::default()).unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}{path}", self.issuer.issuer()).parse().unwrap();
        let client = client_basic(CLIENT.0, &Secret::new(CLIENT.1));
        let transport: &dyn IssuerTransport = self.transport.as_ref();
        let reply = transport.post(&url, Some(&client), form, Duration::from_secs(10));
        serde_json::from_slice(&reply.await.unwrap().body).unwrap_or_default()
    }

    async fn token(&self, resource: &str, scope: &str) -> Secret {
        let form = [
            ("grant_type", "client_credentials"),
            ("resource", resource),
            ("scope", scope),
        ];
        let answer = self.post("/token", &form).await;
        Secret::new(answer["access_token"].as_str().unwrap())
    }
}

#[tokio::test]
async fn tokens_of_a_real_issuer_are_believed_or_refused_for_their_reason() {
    let Some(site) = Site::start() else { return };
    let now = Timestamp::now();
    let provider = site.provider(JWT, IntrospectionMode::Opaque);
    let identity = told(&provider, &site.token(JWT, "modkeep.read").await, now)
        .await
        .unwrap();
    assert_eq!(
        (identity.name.as_str(), identity.kind),
        ("modkeep", IdentityKind::Oidc)
    );
    let other = site.token("https://other.example/", "modkeep.read").await;
    assert_eq!(
        name_or_reason(&provider, &other, now).await,
        "wrong_audience"
    );
    let narrow = site.token(JWT, "modkeep.publish").await;
    assert_eq!(name_or_reason(&provider, &narrow, now).await, "scope");
    let old = site.token(JWT, "modkeep.read").await;
    let late = now + SignedDuration::from_secs(665);
    assert_eq!(name_or_reason(&provider, &old, late).await, "expired");
    // Its signature on other claims.
    let [head, _, signature]: [&str; 3] = old
        .reveal()
        .split('.')
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let payload = other.reveal().split('.').nth(1).unwrap();
    let forged = Secret::new(format!("{head}.{payload}.{signature}"));
    assert_eq!(
        name_or_reason(&provider, &forged, now).await,
        "bad_signature"
    );
}

#[tokio::test]
async fn an_opaque_token_of_a_real_issuer_holds_until_it_is_taken_back() {
    let Some(site) = Site::start() else { return };
    let now = Timestamp::now();
    let provider = site.provider(OPAQUE, IntrospectionMode::Opaque);
    let token = site.token(OPAQUE, "modkeep.read").await;
    assert!(!token.reveal().contains('.'));
    assert_eq!(name_or_reason(&provider, &token, now).await, "modkeep");
    let wrong = site
        .token("https://modkeep.example/opaque", "modkeep.publish")
        .await;
    assert_eq!(name_or_reason(&provider, &wrong, now).await, "scope");
    assert_eq!(
        name_or_reason(&provider, &Secret::new("made-up"), now).await,
        "revoked"
    );
    site.post("/token/revocation", &[("token", token.reveal())])
        .await;
    let later = now + SignedDuration::from_secs(61);
    assert_eq!(name_or_reason(&provider, &token, later).await, "revoked");
}

#[tokio::test]
async fn a_real_issuer_that_is_down_costs_known_keys_nothing_and_introspection_two_seconds() {
    let Some(mut site) = Site::start() else {
        return;
    };
    let now = Timestamp::now();
    let (by_keys, by_asking) = (
        site.provider(JWT, IntrospectionMode::Off),
        site.provider(OPAQUE, IntrospectionMode::Opaque),
    );
    let (first, second) = (
        site.token(JWT, "modkeep.read").await,
        site.token(JWT, "modkeep.read").await,
    );
    let opaque = site.token(OPAQUE, "modkeep.read").await;
    assert_eq!(name_or_reason(&by_keys, &first, now).await, "modkeep");
    assert_eq!(name_or_reason(&by_asking, &opaque, now).await, "modkeep");
    site.issuer.kill();
    let later = now + SignedDuration::from_secs(500);
    assert_eq!(name_or_reason(&by_keys, &second, later).await, "modkeep");
    let claims = json!({ "iss": site.issuer.issuer(), "aud": JWT, "exp": now.as_second() + 600 });
    let unknown = SigningKey::new("gone").sign(&claims);
    assert_eq!(
        name_or_reason(&by_keys, &unknown, later).await,
        "unknown_key"
    );
    for number in 0..10 {
        let begun = Instant::now();
        let token = Secret::new(format!("opaque-{number}"));
        let failure = told(&by_asking, &token, now).await.unwrap_err();
        assert_eq!(failure.reason, FailureReason::Introspection);
        assert!(
            begun.elapsed() < Duration::from_millis(2500),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(
            failure.detail.contains("left alone"),
            number >= 5,
            "{number}: {failure}"
        );
    }
    // It comes back with a new key under the old name, and nobody takes the one for the other.
    site.issuer.restart();
    let fresh = site.token(JWT, "modkeep.read").await;
    assert_eq!(
        name_or_reason(&by_keys, &fresh, later).await,
        "bad_signature"
    );
}

#[tokio::test]
async fn the_check_names_each_mistake_at_a_real_issuer() {
    let Some(mut site) = Site::start() else {
        return;
    };
    let right = site.settings(JWT, IntrospectionMode::Opaque);
    let transport: Arc<dyn IssuerTransport> = Arc::clone(&site.transport) as _;
    let codes = async |settings: &IssuerSettings, secret: &str| {
        let secret = Secret::new(secret);
        let report = IssuerReport::of_people(
            transport.as_ref(),
            settings,
            Some(&secret),
            Timestamp::now(),
        );
        let problems = report.await.problems;
        problems
            .iter()
            .map(|problem| problem.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&right, CLIENT.1).await, []);
    assert_eq!(codes(&right, "another").await, [Code::IssuerClient]);
    let mut wrong = right.clone();
    wrong.client.as_mut().unwrap().id = "nobody".to_owned();
    assert_eq!(codes(&wrong, CLIENT.1).await, [Code::IssuerClient]);
    let mut wrong = right.clone();
    wrong.scopes = vec!["modkeep.reed".to_owned()];
    assert_eq!(codes(&wrong, CLIENT.1).await, [Code::IssuerScope]);
    let mut wrong = right.clone();
    wrong.audience = "https://modkeep.example/nothing".to_owned();
    assert_eq!(codes(&wrong, CLIENT.1).await, [Code::IssuerAudience]);
    let mut wrong = right.clone();
    wrong.issuer = IssuerUrl::parse(&format!("{}/", site.issuer.issuer())).unwrap();
    assert_eq!(codes(&wrong, CLIENT.1).await, [Code::IssuerUnreachable]);
    site.issuer.kill();
    assert_eq!(codes(&right, CLIENT.1).await, [Code::IssuerUnreachable]);
}
