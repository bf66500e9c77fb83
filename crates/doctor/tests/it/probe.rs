//! The probe: each fault is named by the step that fails.

use crate::tls::{Certificate, TlsServer};
use doctor::environment::{ClientReadings, GoEnvironment};
use doctor::probe::{
    LIMIT, ProbeLayer, ProbeNetwork, ProbeTarget, ProbeVerdict, SourceProbe, SystemNetwork, plan,
    probe, render, verdict,
};
use gomod::path::ModulePath;
use gomod::version::Version;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::port::Port;
use testkit::upstream::{FakeUpstream, Fault, Kind, Target as Requests};
use tokio::net::TcpStream;
use tokio::time::Instant;

const LIST: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nv1.0.0\n";

/// A client that trusts this authority, or nobody.
fn trusting(authority: Option<&str>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = authority {
        roots
            .add(CertificateDer::from_pem_file(file).unwrap())
            .unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

pub(crate) fn environment(goproxy: &str, sumdb: &str, private: &str) -> GoEnvironment {
    let json = format!(
        r#"{{"GOPROXY":"{goproxy}","GOSUMDB":"{sumdb}","GONOPROXY":"{private}","GONOSUMDB":"{private}"}}"#
    );
    let readings = ClientReadings {
        env_json: &json,
        ..ClientReadings::default()
    };
    GoEnvironment::read(&readings).unwrap()
}

fn targets(goproxy: &str, version: Option<&str>) -> Vec<ProbeTarget> {
    let module = ModulePath::parse("example.com/a").unwrap();
    let version = version.map(|version| Version::parse(version).unwrap());
    plan(&environment(goproxy, "off", ""), &module, version.as_ref())
}

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&Module::new("example.com/a", "v1.0.0")))
}

async fn asked(goproxy: &str) -> Vec<SourceProbe> {
    probe(
        &targets(goproxy, Some("v1.0.0")),
        &SystemNetwork,
        &trusting(None),
    )
    .await
}

/// The layer that fails, and the cause.
fn fault(probed: &SourceProbe) -> (ProbeLayer, &'static str) {
    let step = probed.failed().unwrap();
    (step.layer, step.fault.as_ref().unwrap().cause.id)
}

#[tokio::test]
async fn a_source_that_is_well_has_no_failing_step() {
    let upstream = upstream();
    let probed = asked(&upstream.url()).await;
    assert_eq!(probed[0].failed(), None);
    let layers: Vec<ProbeLayer> = probed[0].steps.iter().map(|step| step.layer).collect();
    assert_eq!(
        layers[..3],
        [ProbeLayer::Name, ProbeLayer::Connection, ProbeLayer::Http]
    );
    assert_eq!(layers[3..], [ProbeLayer::Protocol; 4]);
    assert!(matches!(verdict(&probed), ProbeVerdict::Well { .. }));
}

#[tokio::test]
async fn a_dead_name_fails_at_the_name() {
    let probed = asked("http://nowhere.invalid").await;
    let (layer, cause) = fault(&probed[0]);
    assert_eq!(layer, ProbeLayer::Name);
    assert!(cause.starts_with("dns/"), "{cause}");
}

#[tokio::test]
async fn a_closed_port_fails_at_the_connection() {
    let port = Port::reserve();
    let probed = asked(&format!("http://{}", port.address())).await;
    assert_eq!(
        fault(&probed[0]),
        (ProbeLayer::Connection, "network/refused")
    );
}

/// A network in which nobody ever answers.
struct BlackHole;

impl ProbeNetwork for BlackHole {
    type Stream = TcpStream;

    async fn resolve(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![
            SocketAddr::from(([192, 0, 2, 1], port)),
            SocketAddr::from(([192, 0, 2, 2], port)),
        ])
    }

    async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_fails_at_the_connection_within_the_limit() {
    let begin = Instant::now();
    let targets = targets("http://a.example.com|http://b.example.com", None);
    let probed = probe(&targets, &BlackHole, &trusting(None)).await;
    assert_eq!(begin.elapsed(), LIMIT);
    for source in &probed {
        assert_eq!(fault(source), (ProbeLayer::Connection, "network/timeout"));
    }
}

#[tokio::test]
async fn an_untrusted_certificate_fails_at_tls() {
    let server = TlsServer::start(
        Certificate {
            name: "localhost",
            expired: false,
        },
        LIST,
    );
    let targets = targets(&server.url(), None);
    let probed = probe(&targets, &SystemNetwork, &trusting(None)).await;
    assert_eq!(
        fault(&probed[0]),
        (ProbeLayer::Tls, "tls/unknown-authority")
    );
    let probed = probe(
        &targets,
        &SystemNetwork,
        &trusting(Some(&server.authority())),
    )
    .await;
    assert_eq!(probed[0].failed(), None);
}

#[tokio::test]
async fn certificates_of_others_and_old_ones_are_told_apart() {
    for (name, expired, cause) in [
        ("other.example.com", false, "tls/wrong-name"),
        ("localhost", true, "tls/expired"),
    ] {
        let server = TlsServer::start(Certificate { name, expired }, LIST);
        let trusted = trusting(Some(&server.authority()));
        let probed = probe(&targets(&server.url(), None), &SystemNetwork, &trusted).await;
        assert_eq!(fault(&probed[0]), (ProbeLayer::Tls, cause));
    }
}

#[tokio::test]
async fn https_to_a_plain_port_is_named() {
    let server = TlsServer::start_plain("HTTP/1.1 400 Bad Request\r\n\r\n");
    let probed = asked(&server.url()).await;
    assert_eq!(fault(&probed[0]), (ProbeLayer::Tls, "tls/plain-port"));
}

#[tokio::test]
async fn a_401_fails_at_the_credentials() {
    let upstream = upstream();
    upstream.always(Requests::Any, Fault::status(401));
    let probed = asked(&upstream.url()).await;
    assert_eq!(fault(&probed[0]), (ProbeLayer::Authentication, "http/401"));
}

#[tokio::test]
async fn a_login_page_with_200_fails_at_the_protocol() {
    let upstream = upstream();
    upstream.always(Requests::Any, Fault::login_page());
    let probed = asked(&upstream.url()).await;
    assert_eq!(
        fault(&probed[0]),
        (ProbeLayer::Protocol, "proxy/not-a-proxy")
    );
}

#[tokio::test]
async fn a_404_of_one_source_only_is_told_with_the_others() {
    let (empty, full) = (FakeUpstream::start(Corpus::new()), upstream());
    let list = format!("{},{}", empty.url(), full.url());
    let probed = asked(&list).await;
    assert_eq!(fault(&probed[0]), (ProbeLayer::Protocol, "http/404"));
    assert_eq!(verdict(&probed), ProbeVerdict::Well { source: full.url() });
}

#[tokio::test]
async fn behind_a_comma_an_outage_hides_who_has_it() {
    let (broken, full) = (upstream(), upstream());
    broken.always(Requests::Any, Fault::status(503));
    let found = asked(&format!("{},{}", broken.url(), full.url())).await;
    let expected = ProbeVerdict::Broken {
        source: broken.url(),
        layer: ProbeLayer::Http,
        cause: "http/5xx",
        is_late: false,
        others_have_it: vec![full.url()],
    };
    assert_eq!(verdict(&found), expected);
    let found = asked(&format!("{}|{}", broken.url(), full.url())).await;
    assert_eq!(verdict(&found), ProbeVerdict::Well { source: full.url() });
}

#[tokio::test]
async fn redirects_are_followed_and_their_faults_named() {
    let storage = upstream();
    let upstream = upstream();
    let zip = "example.com/a/@v/v1.0.0.zip";
    upstream.always(zip, Fault::redirect(&format!("{}/{zip}", storage.url())));
    assert_eq!(asked(&upstream.url()).await[0].failed(), None);
    storage.always(zip, Fault::status(403));
    let probed = asked(&upstream.url()).await;
    assert_eq!(fault(&probed[0]), (ProbeLayer::Authentication, "http/403"));
    upstream.always(zip, Fault::redirect(&format!("/{zip}")));
    let probed = asked(&upstream.url()).await;
    assert_eq!(fault(&probed[0]), (ProbeLayer::Http, "proxy/redirect-loop"));
}

#[tokio::test]
async fn each_file_is_asked_for_by_itself() {
    let upstream = upstream();
    upstream.always(Kind::Zip, Fault::status(403));
    let probed = asked(&upstream.url()).await;
    let step = probed[0].failed().unwrap();
    assert!(step.what.ends_with("v1.0.0.zip"), "{}", step.what);
    assert_eq!(step.layer, ProbeLayer::Authentication);
}

#[tokio::test]
async fn a_database_that_the_proxy_passes_on_is_asked_too() {
    let mut database = Database::new("sum.example.com", 1);
    database.log(&Module::new("example.com/a", "v1.0.0"));
    let mut corpus = Corpus::new().with(&Module::new("example.com/a", "v1.0.0"));
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus);
    let module = ModulePath::parse("example.com/a").unwrap();
    let environment = environment(&upstream.url(), &database.key(), "");
    let targets = plan(&environment, &module, None);
    let probed = probe(&targets, &SystemNetwork, &trusting(None)).await;
    assert_eq!(probed[0].steps.last().unwrap().layer, ProbeLayer::Database);
    assert_eq!(probed[0].failed(), None);
    upstream.always("sumdb/sum.example.com/latest", Fault::status(500));
    let probed = probe(&targets, &SystemNetwork, &trusting(None)).await;
    let step = probed[0].failed().unwrap();
    assert!(step.what.ends_with("/latest"), "{}", step.what);
    upstream.always("sumdb/sum.example.com/supported", Fault::status(502));
    let probed = probe(&targets, &SystemNetwork, &trusting(None)).await;
    assert_eq!(fault(&probed[0]), (ProbeLayer::Database, "http/5xx"));
}

#[tokio::test]
async fn a_database_that_no_proxy_passes_on_is_asked_at_its_own_address() {
    let mut database = Database::new("sum.example.com", 1);
    database.log(&Module::new("example.com/a", "v1.0.0"));
    let mut corpus = Corpus::new();
    database.publish(&mut corpus);
    let (upstream, elsewhere) = (upstream(), FakeUpstream::start(corpus));
    let module = ModulePath::parse("example.com/a").unwrap();
    let setting = format!(
        "{} {}/sumdb/sum.example.com",
        database.key(),
        elsewhere.url()
    );
    let targets = plan(&environment(&upstream.url(), &setting, ""), &module, None);
    let probed = probe(&targets, &SystemNetwork, &trusting(None)).await;
    assert_eq!(
        verdict(&probed),
        ProbeVerdict::Well {
            source: upstream.url()
        }
    );
    elsewhere.always(Requests::Any, Fault::login_page());
    let probed = probe(&targets, &SystemNetwork, &trusting(None)).await;
    let expected = ProbeVerdict::Unproven {
        source: upstream.url(),
        database: format!("{}/redacted", elsewhere.url()),
        layer: ProbeLayer::Database,
        cause: "proxy/not-a-proxy",
    };
    assert_eq!(verdict(&probed), expected);
}

#[test]
fn a_private_module_is_asked_of_nobody() {
    let environment = environment("http://a.example.com", "sum.example.com", "example.com/*");
    let module = ModulePath::parse("example.com/a").unwrap();
    assert_eq!(plan(&environment, &module, None), []);
    assert_eq!(verdict(&[]), ProbeVerdict::NoSource);
}

#[tokio::test]
async fn what_is_printed_has_each_step_and_no_secret() {
    let upstream = upstream();
    upstream.always(Requests::Any, Fault::status(401));
    let address = upstream.address();
    let probed = asked(&format!("http://me:secret@{address}")).await;
    let text = render(&probed) + &serde_json::to_string(&probed).unwrap();
    assert!(
        text.contains("FAILED") && text.contains("http/401"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}
