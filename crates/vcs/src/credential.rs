//! What a host is shown so that it lets us in. Nothing prints it, and its memory is cleared when it goes.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::fmt;
use url::Url;
use zeroize::Zeroizing;

/// A credential of one host.
#[derive(Clone)]
pub enum HostCredential {
    /// User and password (RFC 7617).
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A token (RFC 6750).
    Bearer(Zeroizing<String>),
}

// === impl HostCredential ===

impl HostCredential {
    /// The value of the header `Authorization`.
    pub fn authorization(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Basic { user, password } => {
                let pair = Zeroizing::new(format!("{user}:{}", password.as_str()));
                format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()))
            }
            Self::Bearer(token) => format!("Bearer {}", token.as_str()),
        })
    }

    /// Variables that have git send it to the host of an address, and to no other one. Neither a command line nor
    /// an address has it, so a list of processes shows nothing.
    pub(crate) fn for_git(&self, url: &Url) -> [(&'static str, Zeroizing<String>); 3] {
        let origin = url.origin().ascii_serialization();
        let plain = |text: String| Zeroizing::new(text);
        let header = format!("Authorization: {}", self.authorization().as_str());
        [
            ("GIT_CONFIG_COUNT", plain("1".to_owned())),
            (
                "GIT_CONFIG_KEY_0",
                plain(format!("http.{origin}/.extraHeader")),
            ),
            ("GIT_CONFIG_VALUE_0", plain(header)),
        ]
    }
}

impl fmt::Debug for HostCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(redacted)",
            Self::Bearer(_) => "Bearer(redacted)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::HostCredential;
    use url::Url;
    use zeroize::Zeroizing;

    #[test]
    fn git_sends_it_to_this_host_and_port_alone_and_nothing_prints_it() {
        // RFC 7617, section 2.
        let credential = HostCredential::Basic {
            user: "Aladdin".to_owned(),
            password: Zeroizing::new("open sesame".to_owned()),
        };
        let url = Url::parse("https://git.example.com:8443/a/b.git").unwrap();
        let variables = credential.for_git(&url);
        let of = |index: usize| variables[index].1.as_str();
        assert_eq!(of(1), "http.https://git.example.com:8443/.extraHeader");
        assert_eq!(of(2), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{credential:?}"), "Basic(redacted)");
        let token = HostCredential::Bearer(Zeroizing::new("mF_9.B5f-4.1JqM".to_owned()));
        assert_eq!(token.authorization().as_str(), "Bearer mF_9.B5f-4.1JqM");
    }
}
