//! TLS: the certificate of this server, and connections behind it.
//!
//! `go` sends credentials over https only, so whoever keeps private modules needs it; a proxy in front may do
//! it as well. Certificates are renewed every few weeks by other programs, so both files are looked at while the
//! server runs ([`TlsIdentity::reload`]): a pair that fits together takes the place of the old one for the
//! next connection, and one that does not changes nothing. One crypto provider is named, the one that
//! reaches upstreams too.

use parking_lot::RwLock;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::TlsAcceptor;

/// What is offered by ALPN (RFC 7301), the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files of a server's certificate, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and behind it those that lead to a root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Roots of client certificates; with them every client needs one.
    pub client_roots: Option<PathBuf>,
}

/// The certificate in use.
pub struct TlsIdentity {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

/// The files are no certificate that can be served with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", file.display())]
pub struct TlsFileError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

// === impl TlsIdentity ===

impl TlsIdentity {
    /// Reads the files.
    ///
    /// # Errors
    /// One of them cannot be read, or they do not belong together.
    pub fn load(files: TlsFiles) -> Result<Self, TlsFileError> {
        let config = RwLock::new(Arc::new(configured(&files)?));
        Ok(Self { files, config })
    }

    /// The files.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// Reads the files again. What is open goes on as it is.
    ///
    /// # Errors
    /// As [`TlsIdentity::load`]; the old certificate stays in use.
    pub fn reload(&self) -> Result<(), TlsFileError> {
        let config = Arc::new(configured(&self.files)?);
        *self.config.write() = config;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config.read()))
    }
}

/// Without what it holds.
impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn configured(files: &TlsFiles) -> Result<ServerConfig, TlsFileError> {
    let chain = certificates(&files.certificate)?;
    let of_key = |why: String| TlsFileError {
        file: files.key.clone(),
        why,
    };
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| of_key(format!("it holds no private key: {error}")))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| of_key(error.to_string()))?;
    let builder = match &files.client_roots {
        None => builder.with_no_client_auth(),
        Some(roots) => builder.with_client_cert_verifier(client_verifier(roots, &provider)?),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| of_key(format!("it does not belong to the certificate: {error}")))?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    if let Ok(ticketer) = aws_lc_rs::Ticketer::new() {
        config.ticketer = ticketer;
    }
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let refused = |why: String| TlsFileError {
        file: file.to_owned(),
        why,
    };
    let read = CertificateDer::pem_file_iter(file).map_err(|error| refused(error.to_string()))?;
    let chain: Vec<_> = read
        .collect::<Result<_, _>>()
        .map_err(|error| refused(error.to_string()))?;
    if chain.is_empty() {
        return Err(refused("it holds no certificate".to_owned()));
    }
    Ok(chain)
}

fn client_verifier(
    file: &Path,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsFileError> {
    let refused = |why: String| TlsFileError {
        file: file.to_owned(),
        why,
    };
    let mut roots = RootCertStore::empty();
    for root in certificates(file)? {
        roots
            .add(root)
            .map_err(|error| refused(error.to_string()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| refused(error.to_string()))
}
