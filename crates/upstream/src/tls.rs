//! Whom we trust: the platform, the operator's own roots, and how TLS is spoken.
//!
//! The crypto provider is passed explicitly, so nothing depends on a process-wide default. Roots
//! come from the platform (its verifier where it has one, its certificate files elsewhere), plus
//! the PEM file of `--ca`. An image without any certificate files, as a single binary is often
//! deployed in, would fail at its first request; there, and only there, the roots that browsers
//! trust are taken from the binary itself. A server may be one of the operator's own roots itself, see
//! [`self_signed`].

mod self_signed;

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use crate::BuildError;
use self_signed::SelfSignedCertificate;

/// Protocols offered, best first (ALPN, RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How TLS is spoken to every source; `ca` is a PEM file of further roots.
pub fn client_config(ca: Option<&Path>) -> Result<ClientConfig, BuildError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let extra = ca.map(read_roots).transpose()?.unwrap_or_default();
    let named = [extra.clone(), self_signed::of_the_environment()].concat();
    let verifier = verifier(extra, &provider).map_err(|error| match ca {
        Some(path) => BuildError::BadRoots {
            path: path.to_owned(),
            why: error.to_string(),
        },
        None => BuildError::Tls(error),
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // The word for "a verifier of one's own"; this one is the platform's.
        .with_custom_certificate_verifier(Arc::new(SelfSignedCertificate::new(verifier, named)))
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let pem = std::fs::read(path).map_err(|source| BuildError::ReadRoots {
        path: path.to_owned(),
        source,
    })?;
    let bad = |why: String| BuildError::BadRoots {
        path: path.to_owned(),
        why,
    };
    let roots = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad(error.to_string()))?;
    if roots.is_empty() {
        return Err(bad("no CERTIFICATE block".to_owned()));
    }
    Ok(roots)
}

fn verifier(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    if platform_has_roots(provider) {
        return Ok(Arc::new(Verifier::new_with_extra_roots(
            extra,
            Arc::clone(provider),
        )?));
    }
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    extra.into_iter().try_for_each(|root| roots.add(root))?;
    tracing::info!("this system has no trusted roots; the built-in ones are used");
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(verifier)
}

/// The platform's verifier refuses to be made exactly when the platform has no roots at all.
fn platform_has_roots(provider: &Arc<CryptoProvider>) -> bool {
    Verifier::new(Arc::clone(provider)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::client_config;
    use crate::BuildError;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refusal = client_config(Some(file.path())).unwrap_err();
        assert!(matches!(refusal, BuildError::BadRoots { .. }), "{refusal}");
    }

    #[test]
    fn a_certificate_that_is_none_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pem = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        std::fs::write(file.path(), pem).unwrap();
        let refusal = client_config(Some(file.path())).unwrap_err();
        assert!(matches!(refusal, BuildError::BadRoots { .. }), "{refusal}");
    }

    #[test]
    fn a_missing_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let refusal = client_config(Some(&directory.path().join("none.pem"))).unwrap_err();
        assert!(matches!(refusal, BuildError::ReadRoots { .. }), "{refusal}");
    }

    #[test]
    fn http2_is_offered_first() {
        assert_eq!(
            client_config(None).unwrap().alpn_protocols,
            [b"h2".to_vec(), b"http/1.1".to_vec()]
        );
    }
}
