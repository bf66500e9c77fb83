//! Place: where one request goes, and where a redirect sends it.

use super::ProbeFault;
use super::judge::find;
use super::plan::ProbeTarget;
use http::{Uri, uri::Scheme};

/// A file at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProbeAddress {
    pub(super) is_https: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// Path and query.
    pub(super) path: String,
}

// === impl ProbeAddress ===

impl ProbeAddress {
    /// A file below the base of a target.
    pub(super) fn below(target: &ProbeTarget, path: &str) -> Self {
        Self {
            is_https: target.is_https,
            host: target.host.clone(),
            port: target.port,
            path: format!("{}/{path}", target.base),
        }
    }

    /// Where a `Location` leads from here.
    pub(super) fn follow(&self, location: &str) -> Result<Self, ProbeFault> {
        let unusable = || ProbeFault::new(find("http/other-status"), "a redirect to nowhere");
        let uri: Uri = location.parse().map_err(|_| unusable())?;
        let path = uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        let Some(host) = uri.host() else {
            let is_rooted = path.starts_with('/');
            return if is_rooted {
                Ok(Self {
                    path,
                    ..self.clone()
                })
            } else {
                Err(unusable())
            };
        };
        let scheme = uri.scheme().ok_or_else(unusable)?;
        let is_https = *scheme == Scheme::HTTPS;
        if !is_https && *scheme != Scheme::HTTP {
            return Err(unusable());
        }
        if self.is_https && !is_https {
            return Err(ProbeFault::new(
                find("proxy/insecure-redirect"),
                format!("to http at {host}"),
            ));
        }
        Ok(Self {
            is_https,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if is_https { 443 } else { 80 }),
            path,
        })
    }

    /// Whether credentials for a target may be sent here: to the same host and port, over TLS.
    pub(super) fn is_of(&self, target: &ProbeTarget) -> bool {
        self.is_https && target.is_https && self.host == target.host && self.port == target.port
    }

    /// Host and port, as a `Host` header has them.
    pub(super) fn authority(&self) -> String {
        authority(&self.host, self.port, self.is_https)
    }
}

/// Host and port as they stand in a URL: without the port where that is the usual one.
pub(super) fn authority(host: &str, port: u16, is_https: bool) -> String {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let usual = if is_https { 443 } else { 80 };
    if port == usual {
        host
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::ProbeAddress;

    fn here() -> ProbeAddress {
        ProbeAddress {
            is_https: true,
            host: "a.example.com".to_owned(),
            port: 443,
            path: "/x".to_owned(),
        }
    }

    #[test]
    fn redirects_lead_where_they_say() {
        let there = here().follow("https://b.example.com:8443/y?z=1").unwrap();
        assert_eq!(
            (there.host.as_str(), there.port, there.path.as_str()),
            ("b.example.com", 8443, "/y?z=1")
        );
        let there = here().follow("/other").unwrap();
        assert_eq!(
            (there.authority().as_str(), there.path.as_str()),
            ("a.example.com", "/other")
        );
    }

    #[test]
    fn a_redirect_to_http_is_not_followed() {
        let fault = here().follow("http://a.example.com/x").unwrap_err();
        assert_eq!(fault.cause.id, "proxy/insecure-redirect");
        for nowhere in ["\u{0}", "elsewhere", "ftp://a.example.com/x"] {
            let fault = here().follow(nowhere).unwrap_err();
            assert_eq!(fault.cause.id, "http/other-status", "{nowhere}");
        }
    }
}
