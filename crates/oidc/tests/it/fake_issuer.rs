//! An issuer in memory.

use access::{AuthenticationFailure, Identity, IdentityProvider as _, Secret};
use async_trait::async_trait;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use oidc::{
    IntrospectionMode, IssuerMetrics, IssuerReply, IssuerSettings, IssuerTransport, IssuerUrl,
    Provider, ProviderSettings, SecretFileError, TransportError,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use url::Url;

/// Questions that are answered at once unless a test takes all of them.
pub(crate) const PERMITS: usize = 1000;

pub(crate) const ISSUER: &str = "https://login.example.com/realm";

pub(crate) fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_893_456_000 + seconds).unwrap()
}

/// The `Authorization` of a posted form, and its pairs.
pub(crate) type PostedForm = (Option<String>, Vec<(String, String)>);

/// What it says, and what it was asked.
pub(crate) struct FakeIssuer {
    pub(crate) keys: Mutex<Value>,
    pub(crate) document: Mutex<Value>,
    pub(crate) introspected: Mutex<Result<(u16, Value), String>>,
    pub(crate) token: Mutex<(u16, Value)>,
    pub(crate) date: Mutex<Option<Timestamp>>,
    pub(crate) is_down: Mutex<bool>,
    /// Questions that may be answered; nobody waits unless a test takes the permits.
    pub(crate) gate: Semaphore,
    pub(crate) documents: AtomicUsize,
    pub(crate) introspections: AtomicUsize,
    pub(crate) forms: Mutex<Vec<PostedForm>>,
}

impl FakeIssuer {
    pub(crate) fn new(keys: Value) -> Arc<Self> {
        let document = json!({
            "issuer": ISSUER,
            "jwks_uri": "https://keys.example.com/jwks",
            "token_endpoint": "https://login.example.com/token",
            "introspection_endpoint": "https://login.example.com/introspect",
            "scopes_supported": ["openid", "modkeep.read"],
        });
        Arc::new(Self {
            keys: Mutex::new(keys),
            document: Mutex::new(document),
            introspected: Mutex::new(Ok((200, json!({ "active": false })))),
            token: Mutex::new((400, json!({ "error": "unauthorized_client" }))),
            date: Mutex::new(None),
            is_down: Mutex::new(false),
            gate: Semaphore::new(PERMITS),
            documents: AtomicUsize::new(0),
            introspections: AtomicUsize::new(0),
            forms: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn documents(&self) -> usize {
        self.documents.load(Ordering::SeqCst)
    }

    pub(crate) fn introspections(&self) -> usize {
        self.introspections.load(Ordering::SeqCst)
    }

    /// Lets it answer nothing until the permits are given back.
    pub(crate) async fn close(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.gate
            .acquire_many(PERMITS.try_into().unwrap())
            .await
            .unwrap()
    }

    fn reply(&self, status: u16, body: &Value) -> IssuerReply {
        IssuerReply {
            status,
            date: *self.date.lock(),
            body: body.to_string().into_bytes().into(),
        }
    }
}

#[async_trait]
impl IssuerTransport for FakeIssuer {
    async fn get(&self, url: &Url, _: Duration) -> Result<IssuerReply, TransportError> {
        if url.path().ends_with("/.well-known/openid-configuration") {
            self.documents.fetch_add(1, Ordering::SeqCst);
        }
        let _open = self.gate.acquire().await.unwrap();
        if *self.is_down.lock() {
            return Err(TransportError("connection refused".to_owned()));
        }
        let body = match url.path() {
            "/realm/.well-known/openid-configuration" => self.document.lock().clone(),
            "/jwks" => self.keys.lock().clone(),
            _ => return Ok(self.reply(404, &Value::Null)),
        };
        Ok(self.reply(200, &body))
    }

    async fn post(
        &self,
        url: &Url,
        authorization: Option<&Secret>,
        form: &[(&str, &str)],
        _: Duration,
    ) -> Result<IssuerReply, TransportError> {
        let pairs = form.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let authorization = authorization.map(|secret| secret.reveal().to_owned());
        self.forms.lock().push((authorization, pairs.collect()));
        if url.path() == "/token" {
            let (status, body) = self.token.lock().clone();
            return Ok(self.reply(status, &body));
        }
        self.introspections.fetch_add(1, Ordering::SeqCst);
        let _open = self.gate.acquire().await.unwrap();
        let introspected = self.introspected.lock().clone();
        match introspected {
            Ok((status, body)) => Ok(self.reply(status, &body)),
            Err(why) => Err(TransportError(why)),
        }
    }
}

/// A key that signs.
pub(crate) struct SigningKey {
    pub(crate) id: &'static str,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    pub(crate) fn new(id: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { id, pair }
    }

    pub(crate) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let coordinate = |at: usize| BASE64_URL_SAFE_NO_PAD.encode(&point[at..at + 32]);
        json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": self.id, "x": coordinate(1), "y": coordinate(33) })
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> Secret {
        let header = json!({ "alg": "ES256", "kid": self.id });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), text.as_bytes())
            .unwrap();
        Secret::new(format!(
            "{text}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature)
        ))
    }
}

pub(crate) fn key_set(keys: &[&SigningKey]) -> Value {
    let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
    json!({ "keys": keys })
}

/// The claims of a person's token that is good for ten minutes.
pub(crate) fn person(name: &str) -> Value {
    let now = moment(0).as_second();
    json!({ "iss": ISSUER, "aud": "modkeep", "sub": name, "iat": now, "exp": now + 600, "scope": "modkeep.read" })
}

pub(crate) fn settings() -> IssuerSettings {
    IssuerSettings {
        issuer: IssuerUrl::parse(ISSUER).unwrap(),
        audience: "modkeep".to_owned(),
        client: None,
        scopes: vec!["modkeep.read".to_owned()],
        user_claim: "sub".to_owned(),
        groups_claim: Some("realm.roles".to_owned()),
        introspection: IntrospectionMode::Off,
        key_age: oidc::DEFAULT_KEY_AGE,
    }
}

pub(crate) fn provider(issuer: &Arc<FakeIssuer>, settings: &ProviderSettings) -> Provider {
    let reach =
        |_: &IssuerUrl| Ok::<_, SecretFileError>(Arc::clone(issuer) as Arc<dyn IssuerTransport>);
    Provider::try_new(settings, reach, &IssuerMetrics::default()).unwrap()
}

pub(crate) fn for_people(issuer: &Arc<FakeIssuer>, settings: IssuerSettings) -> Provider {
    let settings = ProviderSettings {
        issuer: Some(settings),
        ci: Vec::new(),
    };
    provider(issuer, &settings)
}

/// Who presents a token, or the name of the reason.
pub(crate) async fn told(
    provider: &Provider,
    token: &Secret,
    now: Timestamp,
) -> Result<Arc<Identity>, AuthenticationFailure> {
    provider.identify(token, now).await
}

pub(crate) async fn name_or_reason(provider: &Provider, token: &Secret, now: Timestamp) -> String {
    match told(provider, token, now).await {
        Ok(identity) => identity.name.clone(),
        Err(failure) => failure.reason.name().to_owned(),
    }
}
