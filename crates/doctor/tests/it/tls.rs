//! TLS: a server whose certificate is wrong in one way.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use testkit::port::Port;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// A running server; it stops when dropped.
pub(crate) struct TlsServer {
    address: SocketAddr,
    /// The file with its authority's certificate.
    directory: tempfile::TempDir,
    runtime: Option<tokio::runtime::Runtime>,
}

/// What is in the certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificate {
    pub(crate) name: &'static str,
    pub(crate) expired: bool,
}

// === impl TlsServer ===

impl TlsServer {
    /// Starts one that answers every request with this.
    pub(crate) fn start(certificate: Certificate, answer: &'static str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let server = Self::serve(Some(acceptor(certificate, &issuer)), answer);
        std::fs::write(server.directory.path().join("ca.pem"), issuer.pem()).unwrap();
        server
    }

    /// Starts one that speaks no TLS and answers anything with this.
    pub(crate) fn start_plain(answer: &'static str) -> Self {
        Self::serve(None, answer)
    }

    fn serve(acceptor: Option<TlsAcceptor>, answer: &'static str) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let port = Port::reserve();
        let address = port.address();
        let (ready, is_ready) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            let listener = port.listen();
            ready.send(()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, acceptor.clone(), answer));
            }
        });
        is_ready.recv().unwrap();
        Self {
            address,
            directory: tempfile::tempdir().unwrap(),
            runtime: Some(runtime),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port at `localhost`.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The file that makes go trust it.
    pub(crate) fn authority(&self) -> String {
        self.directory.path().join("ca.pem").display().to_string()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn talk(stream: TcpStream, acceptor: Option<TlsAcceptor>, answer: &'static str) {
    match acceptor {
        None => answer_on(stream, answer).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_on(stream, answer).await;
            }
        }
    }
}

async fn answer_on(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) {
    let _ = stream.read(&mut [0; 4096]).await;
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn acceptor(certificate: Certificate, issuer: &CertifiedIssuer<'static, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![certificate.name.to_owned()]).unwrap();
    if certificate.expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let signed = params.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
