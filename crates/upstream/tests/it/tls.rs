//! TLS: whom we trust, what travels in the open, and HTTP/2.

use std::{convert::Infallible, path::PathBuf, sync::Arc};

use codes::Code;
use hyper::{Request, Response, Version, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use parking_lot::Mutex;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio_rustls::TlsAcceptor;
use upstream::UpstreamOptions;

use crate::{
    kit::{Fake, PATH, SHORT, Script, found, options, text, unavailable, upstreams},
    relay::{DeadConnection, Relay},
};

/// A certificate authority of one test, as `--ca` gets it.
struct Authority {
    directory: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

// === impl Authority ===

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { directory, issuer }
    }

    fn options(&self) -> UpstreamOptions {
        UpstreamOptions {
            ca: Some(self.file()),
            ..options()
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A server for `localhost`, offering these protocols.
    fn acceptor(&self, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    async fn fake(
        &self,
        handler: impl Fn(&crate::kit::Asked, usize) -> Script + Send + Sync + 'static,
    ) -> Fake {
        Fake::start_tls(self.acceptor(&[b"http/1.1"]), handler).await
    }
}

fn https(fake: &Fake) -> String {
    format!("https://localhost:{}", fake.address.port())
}

#[tokio::test]
async fn a_private_authority_is_trusted_exactly_when_it_is_given() {
    let authority = Authority::new();
    let fake = authority.fake(|_, _| Script::ok("module m\n")).await;
    let trusting = upstreams(&https(&fake), &authority.options());
    assert_eq!(
        text(found(trusting.walk(PATH).next().await)).await,
        "module m\n"
    );

    let other = Authority::new();
    for options in [options(), other.options()] {
        let outage = unavailable(upstreams(&https(&fake), &options).walk(PATH).next().await);
        assert_eq!(outage.code, Code::UpstreamUnreachable);
        assert!(outage.summary.contains("certificate"), "{outage:?}");
    }
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let authority = Authority::new();
    let fake = authority.fake(|_, _| Script::ok("module m\n")).await;
    let list = format!("https://127.0.0.1:{}", fake.address.port());
    let outage = unavailable(
        upstreams(&list, &authority.options())
            .walk(PATH)
            .next()
            .await,
    );
    assert_eq!(outage.code, Code::UpstreamUnreachable, "{outage:?}");
}

#[tokio::test]
async fn https_never_leads_to_http() {
    let authority = Authority::new();
    let plain = Fake::always(Script::ok("module m\n")).await;
    let location = plain.url();
    let fake = authority
        .fake(move |_, _| Script::redirect(&location))
        .await;
    let outage = unavailable(
        upstreams(&https(&fake), &authority.options())
            .walk(PATH)
            .next()
            .await,
    );
    assert!(outage.summary.contains("https to http"), "{outage:?}");
    assert_eq!(plain.count(), 0);
}

#[tokio::test]
async fn credentials_reach_their_own_source_and_no_other() {
    let authority = Authority::new();
    let other = authority.fake(|_, _| Script::ok("module m\n")).await;
    let location = https(&other);
    let fake = authority
        .fake(move |asked, _| {
            if asked.target == "/second" {
                Script::redirect(&location)
            } else {
                Script::redirect("/second")
            }
        })
        .await;
    let list = format!("https://us%40er:p%3Ass@localhost:{}", fake.address.port());
    let options = UpstreamOptions {
        allow_net: "127.0.0.0/8,::1".parse().unwrap(),
        ..authority.options()
    };
    let download = found(upstreams(&list, &options).walk(PATH).next().await);
    assert!(!format!("{download:?}").contains("p%3Ass"));

    // RFC 7617: base64 of `us@er:p:ss`.
    let sent: Vec<_> = fake
        .asked()
        .iter()
        .map(|asked| asked.header("authorization").map(str::to_owned))
        .collect();
    let expected = Some("Basic dXNAZXI6cDpzcw==".to_owned());
    assert_eq!(sent, [expected.clone(), expected]);
    assert_eq!(other.asked()[0].header("authorization"), None);
}

#[tokio::test]
async fn credentials_show_in_no_error() {
    let authority = Authority::new();
    let fake = authority.fake(|_, _| Script::status(401, "", "")).await;
    let list = format!("https://user:secret@localhost:{}", fake.address.port());
    for options in [authority.options(), options()] {
        let outage = unavailable(upstreams(&list, &options).walk(PATH).next().await);
        assert!(!format!("{outage:?}").contains("secret"), "{outage:?}");
    }
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered_and_shares_one_connection() {
    let authority = Authority::new();
    let acceptor = authority.acceptor(&[b"h2", b"http/1.1"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen: Arc<Mutex<Vec<(usize, Version)>>> = Arc::default();
    let server = tokio::spawn(serve_http2(listener, acceptor, Arc::clone(&seen)));

    let upstreams = upstreams(&format!("https://localhost:{port}"), &authority.options());
    assert_eq!(
        text(found(upstreams.walk(PATH).next().await)).await,
        "module m\n"
    );
    let walks = (0..32).map(|_| {
        let mut walk = upstreams.walk(PATH);
        async move { text(found(walk.next().await)).await }
    });
    assert_eq!(
        futures_util::future::join_all(walks).await,
        ["module m\n"; 32]
    );
    server.abort();

    let seen = seen.lock();
    assert_eq!(seen.len(), 33);
    assert!(
        seen.iter().all(|request| *request == (0, Version::HTTP_2)),
        "{seen:?}"
    );
}

/// One connection carries everything, so one that is dead would cost everybody.
#[tokio::test]
async fn a_dead_http2_connection_after_a_fail_over_costs_nobody_a_request() {
    let authority = Authority::new();
    for manner in [DeadConnection::Resets, DeadConnection::IsSilent] {
        let acceptor = authority.acceptor(&[b"h2"]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let backend = listener.local_addr().unwrap();
        let server = tokio::spawn(serve_http2(listener, acceptor, Arc::default()));
        let relay = Relay::start(backend).await;
        let options = UpstreamOptions {
            silence: SHORT / 2,
            ..authority.options()
        };
        let upstreams = upstreams(&format!("https://localhost:{}", relay.port()), &options);
        for round in 0..3 {
            text(found(upstreams.walk(PATH).next().await)).await;
            relay.fail_over(manner);
            let begun = tokio::time::Instant::now();
            let walks =
                (0..6).map(|_| async { text(found(upstreams.walk(PATH).next().await)).await });
            let answers = futures_util::future::join_all(walks).await;
            assert_eq!(answers, ["module m\n"; 6]);
            let took = begun.elapsed();
            assert!(took < 5 * SHORT, "{manner:?} {round}: {took:?}");
        }
        server.abort();
    }
}

async fn serve_http2(
    listener: tokio::net::TcpListener,
    tls: TlsAcceptor,
    seen: Arc<Mutex<Vec<(usize, Version)>>>,
) {
    for connection in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, seen) = (tls.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let stream = tls.accept(stream).await.unwrap();
            let service = service_fn(|request: Request<Incoming>| {
                seen.lock().push((connection, request.version()));
                async { Ok::<_, Infallible>(Response::new("module m\n".to_owned())) }
            });
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// A server whose certificate is an authority that signed itself, as `openssl req -x509` makes it.
struct SelfSignedCertificate {
    directory: tempfile::TempDir,
    fake: Fake,
}

// === impl SelfSigned ===

impl SelfSignedCertificate {
    async fn new(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let fake = Fake::start_tls(acceptor, |_, _| Script::ok("module m\n")).await;
        Self { directory, fake }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Whether it is trusted under this host by whoever names this file.
    async fn is_trusted(&self, host: &str, ca: Option<PathBuf>) -> bool {
        let list = format!("https://{host}:{}", self.fake.address.port());
        let options = UpstreamOptions { ca, ..options() };
        let outcome = upstreams(&list, &options).walk(PATH).next().await;
        matches!(outcome, upstream::Outcome::Found(_))
    }
}

#[tokio::test]
async fn a_self_signed_authority_is_a_server_exactly_where_it_is_named_itself() {
    let server = SelfSignedCertificate::new(|_| {}).await;
    let other = SelfSignedCertificate::new(|_| {}).await;
    assert!(server.is_trusted("localhost", Some(server.file())).await);
    assert!(!server.is_trusted("127.0.0.1", Some(server.file())).await);
    assert!(!server.is_trusted("localhost", Some(other.file())).await);
    assert!(!server.is_trusted("localhost", None).await);
}

#[tokio::test]
async fn a_self_signed_authority_is_held_to_its_time_and_purpose() {
    let expired =
        SelfSignedCertificate::new(|params| params.not_after = date_time_ymd(2020, 1, 1)).await;
    assert!(!expired.is_trusted("localhost", Some(expired.file())).await);
    let early =
        SelfSignedCertificate::new(|params| params.not_before = date_time_ymd(2150, 1, 1)).await;
    assert!(!early.is_trusted("localhost", Some(early.file())).await);
    for (purpose, expected) in [
        (ExtendedKeyUsagePurpose::ServerAuth, true),
        (ExtendedKeyUsagePurpose::Any, true),
        (ExtendedKeyUsagePurpose::ClientAuth, false),
    ] {
        let shown = format!("{purpose:?}");
        let server =
            SelfSignedCertificate::new(|params| params.extended_key_usages = vec![purpose]).await;
        let is_trusted = server.is_trusted("localhost", Some(server.file())).await;
        assert_eq!(is_trusted, expected, "{shown}");
    }
}

/// What a process trusts is decided by its environment, so this test runs once more, as a child.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test runs itself as a child, with another environment"
)]
async fn a_self_signed_authority_may_be_named_by_the_environment() {
    const PORT: &str = "MODKEEP_TEST_TLS_PORT";
    if let Ok(port) = std::env::var(PORT) {
        let list = format!("https://localhost:{port}");
        found(upstreams(&list, &options()).walk(PATH).next().await);
        return;
    }
    let server = SelfSignedCertificate::new(|_| {}).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let name = "tls::a_self_signed_authority_may_be_named_by_the_environment";
    child
        .args(["--exact", name])
        .env(PORT, server.fake.address.port().to_string())
        .env("SSL_CERT_FILE", server.file());
    let output = tokio::task::spawn_blocking(move || child.output());
    let output = output.await.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}");
}
