//! Self-signed: a server whose certificate is itself one of the roots that the operator named.
//!
//! `openssl req -x509` marks such a certificate as an authority (`CA:TRUE`). The rules of the web's PKI
//! refuse an authority as a server; Go accepts one that is itself a trusted root. So that refusal, and
//! no other, is looked at again, and only of a certificate that is named byte for byte: its name and
//! purpose are checked here, and its time was checked before it was refused for what it is.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

/// How the rules of the PKI name the refusal. If that changes, the refusal stands.
const REFUSAL: &str = "CaUsedAsEndEntity";

/// The extension that limits what a certificate is for, and the two purposes that include a server
/// (RFC 5280 section 4.2.1.12), each as it stands in a certificate.
const PURPOSES: &[u8] = &[6, 3, 0x55, 0x1d, 0x25];
const SERVER: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
const ANY: &[u8] = &[6, 4, 0x55, 0x1d, 0x25, 0];

/// Asks `inner`, and looks again at what it refuses of the certificates that are named.
#[derive(Debug)]
pub(super) struct SelfSignedCertificate {
    inner: Arc<dyn ServerCertVerifier>,
    named: Vec<CertificateDer<'static>>,
}

/// The certificates of `SSL_CERT_FILE`, which takes the place of the platform's, as for Go. What
/// cannot be read there the platform's verifier tells.
#[expect(
    clippy::disallowed_methods,
    reason = "the platform's verifier reads this variable, and does not tell what it read"
)]
pub(super) fn of_the_environment() -> Vec<CertificateDer<'static>> {
    let file = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let pem = file.and_then(|file| std::fs::read(file).ok());
    let pem = pem.unwrap_or_default();
    CertificateDer::pem_slice_iter(&pem).flatten().collect()
}

// === impl SelfSignedCertificate ===

impl SelfSignedCertificate {
    pub(super) fn new(
        inner: Arc<dyn ServerCertVerifier>,
        named: Vec<CertificateDer<'static>>,
    ) -> Self {
        Self { inner, named }
    }

    fn names(&self, certificate: &CertificateDer<'_>) -> bool {
        self.named
            .iter()
            .any(|named| named.as_ref() == certificate.as_ref())
    }
}

impl ServerCertVerifier for SelfSignedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verdict {
            Err(refusal)
                if is_for_an_authority(&refusal)
                    && self.names(end_entity)
                    && may_be_a_server(end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn is_for_an_authority(refusal: &Error) -> bool {
    match refusal {
        Error::InvalidCertificate(CertificateError::Other(why)) => why.to_string() == REFUSAL,
        _ => false,
    }
}

/// Whether nothing says that it is for something else. What the operator named holds no traps, so its
/// bytes are searched and not parsed.
fn may_be_a_server(certificate: &CertificateDer<'_>) -> bool {
    let holds = |wanted: &[u8]| {
        let mut places = certificate.windows(wanted.len());
        places.any(|place| place == wanted)
    };
    !holds(PURPOSES) || holds(SERVER) || holds(ANY)
}
