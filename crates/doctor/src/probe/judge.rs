//! Judge: what an error, a status or a content means.
//!
//! The causes are those of the table, so a probe and a message of `go` speak of the same things.

use super::{ProbeFault, ProbeLayer};
use crate::cause::{self, FailureCause};
use gomod::info::VersionInfo;
use http::StatusCode;
use rustls::{CertificateError, Error as TlsError};
use std::io;

/// A file of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeFile {
    List,
    Info,
    Mod,
    Zip,
    /// The newest head of a checksum database.
    Head,
}

/// Why a name has no addresses.
pub(super) fn name(error: &io::Error) -> ProbeFault {
    let words = error.to_string();
    let cause = if words.contains("Temporary failure") || words.contains("try again") {
        find("dns/server-failure")
    } else {
        find("dns/no-such-host")
    };
    ProbeFault::new(cause, words)
}

/// Why there is no connection.
pub(super) fn connection(error: &io::Error) -> ProbeFault {
    let cause = match error.kind() {
        io::ErrorKind::ConnectionRefused => "network/refused",
        io::ErrorKind::NetworkUnreachable => "network/unreachable",
        io::ErrorKind::HostUnreachable => "network/no-route",
        io::ErrorKind::TimedOut => "network/timeout",
        _ => "network/reset",
    };
    ProbeFault::new(find(cause), error.to_string())
}

/// Why there is no handshake.
pub(super) fn tls(error: &io::Error) -> ProbeFault {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TlsError>());
    let cause = match inner {
        Some(TlsError::InvalidCertificate(error)) => certificate(error),
        Some(TlsError::InvalidMessage(_)) => "tls/plain-port",
        Some(_) => "tls/handshake",
        None => "network/reset",
    };
    ProbeFault::new(find(cause), error.to_string())
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => "tls/expired",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "tls/wrong-name"
        }
        // Verifiers of platforms wrap the reason; an authority of one's own is the usual one.
        CertificateError::UnknownIssuer | CertificateError::Other(_) => "tls/unknown-authority",
        _ => "tls/handshake",
    }
}

/// What a status means; the layer that it belongs to, and the fault if it is one.
pub(super) fn status(status: StatusCode) -> Option<(ProbeLayer, ProbeFault)> {
    let (layer, cause) = match status.as_u16() {
        200 => return None,
        401 => (ProbeLayer::Authentication, "http/401"),
        403 => (ProbeLayer::Authentication, "http/403"),
        407 => (ProbeLayer::Authentication, "http/407"),
        404 | 410 => (ProbeLayer::Protocol, "http/404"),
        429 => (ProbeLayer::Http, "http/429"),
        451 => (ProbeLayer::Authentication, "http/451"),
        408 | 504 => (ProbeLayer::Http, "network/timeout"),
        500..=599 => (ProbeLayer::Http, "http/5xx"),
        _ => (ProbeLayer::Http, "http/other-status"),
    };
    Some((
        layer,
        ProbeFault::new(find(cause), format!("status {status}")),
    ))
}

/// Whether content is what the protocol wants.
pub(super) fn content(file: ProbeFile, version: Option<&str>, body: &[u8]) -> Option<ProbeFault> {
    let start = body.trim_ascii_start();
    if file != ProbeFile::Zip && start.starts_with(b"<") {
        return Some(ProbeFault::new(find("proxy/not-a-proxy"), "a web page"));
    }
    match file {
        ProbeFile::Info => {
            let told = VersionInfo::parse(body).ok();
            let right = told.as_ref().map(|info| info.version.as_str()) == version;
            (!right).then(|| {
                ProbeFault::new(
                    find("proxy/wrong-info"),
                    "no information about this version",
                )
            })
        }
        ProbeFile::Head => {
            let right = start.starts_with(b"go.sum database tree\n");
            (!right)
                .then(|| ProbeFault::new(find("sum/bad-tiles"), "no head of a checksum database"))
        }
        ProbeFile::List | ProbeFile::Mod | ProbeFile::Zip => None,
    }
}

/// A cause of the table by its id. Each id here is checked by a test.
pub(super) fn find(id: &str) -> &'static FailureCause {
    cause::find(id).unwrap_or(&cause::UNNAMED)
}

#[cfg(test)]
mod tests {
    use super::{
        CertificateError, ProbeFile, StatusCode, certificate, connection, content, find, status,
    };
    use crate::cause::UNNAMED;
    use crate::probe::ProbeLayer;
    use std::io::ErrorKind;

    #[test]
    fn every_status_has_a_cause_of_the_table() {
        for code in 100..=599 {
            let Some((_, fault)) = status(StatusCode::from_u16(code).unwrap()) else {
                assert_eq!(code, 200);
                continue;
            };
            assert_ne!(fault.cause.id, UNNAMED.id, "{code}");
        }
        let (layer, fault) = status(StatusCode::UNAUTHORIZED).unwrap();
        assert_eq!(
            (layer, fault.cause.id),
            (ProbeLayer::Authentication, "http/401")
        );
    }

    #[test]
    fn every_error_has_a_cause_of_the_table() {
        let kinds = [
            ErrorKind::ConnectionRefused,
            ErrorKind::NetworkUnreachable,
            ErrorKind::HostUnreachable,
            ErrorKind::TimedOut,
            ErrorKind::Other,
        ];
        for kind in kinds {
            assert_ne!(connection(&kind.into()).cause.id, UNNAMED.id);
        }
        for error in [
            CertificateError::Expired,
            CertificateError::NotValidForName,
            CertificateError::UnknownIssuer,
            CertificateError::BadEncoding,
        ] {
            assert_ne!(find(certificate(&error)).id, UNNAMED.id);
        }
        for id in [
            "dns/no-such-host",
            "dns/server-failure",
            "tls/plain-port",
            "proxy/not-a-proxy",
            "proxy/wrong-info",
            "sum/bad-tiles",
            "sum/database-unreachable",
        ] {
            assert_eq!(find(id).id, id);
        }
    }

    #[test]
    fn a_web_page_is_no_answer_of_a_proxy() {
        let fault = content(ProbeFile::List, None, b" <!doctype html>").unwrap();
        assert_eq!(fault.cause.id, "proxy/not-a-proxy");
        assert_eq!(content(ProbeFile::List, None, b"v1.0.0\n"), None);
        let info = br#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}"#;
        assert_eq!(content(ProbeFile::Info, Some("v1.0.0"), info), None);
        assert!(content(ProbeFile::Info, Some("v1.0.1"), info).is_some());
    }
}
