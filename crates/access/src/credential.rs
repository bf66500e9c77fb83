//! Credential: what a caller presents, read from `Authorization`.
//!
//! `Basic` (RFC 7617) is what `go` makes of netrc, `Bearer` (RFC 6750) what a GOAUTH command can send. Either
//! carries a token: clients that only do Basic send it as their password, with any user name.

use crate::{
    failure::{AuthenticationFailure, FailureReason},
    secret::Secret,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

/// The longest header that is looked at. Tokens of issuers with many groups take some kilobytes.
const LONGEST: usize = 16 * 1024;

/// What a caller presents.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The user name of Basic; nobody checks it.
    pub user: Option<String>,
    /// What proves who it is.
    pub token: Secret,
}

// === impl Credential ===

impl Credential {
    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    /// [`FailureReason::Malformed`] where it is neither Basic nor Bearer, or no such thing.
    pub fn parse(value: &[u8]) -> Result<Self, AuthenticationFailure> {
        if value.len() > LONGEST {
            return Err(malformed("Authorization is longer than 16 KiB"));
        }
        let text = str::from_utf8(value).map_err(|_| malformed("Authorization is no text"))?;
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer") {
            if rest.is_empty() || !rest.bytes().all(is_token68) {
                return Err(malformed("the Bearer token is none"));
            }
            return Ok(Self {
                user: None,
                token: Secret::new(rest),
            });
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return Self::basic(rest);
        }
        Err(malformed("Authorization is neither Basic nor Bearer"))
    }

    fn basic(encoded: &str) -> Result<Self, AuthenticationFailure> {
        let none = || malformed("Basic is not base64 of USER:PASSWORD");
        let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| none())?;
        let pair = Secret::new(String::from_utf8(decoded).map_err(|_| none())?);
        let (user, password) = pair.reveal().split_once(':').ok_or_else(none)?;
        Ok(Self {
            user: Some(user.to_owned()),
            token: Secret::new(password),
        })
    }
}

/// The characters of a token in RFC 6750 section 2.1.
fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

fn malformed(detail: &str) -> AuthenticationFailure {
    AuthenticationFailure::new(FailureReason::Malformed, detail)
}

#[cfg(test)]
mod tests {
    use super::Credential;
    use crate::FailureReason;

    fn read(value: &str) -> Result<(Option<String>, String), FailureReason> {
        let credential = Credential::parse(value.as_bytes()).map_err(|failure| failure.reason)?;
        let token = credential.token.reveal().to_owned();
        Ok((credential.user, token))
    }

    #[test]
    fn the_example_of_rfc_7617_and_of_rfc_6750_are_read() {
        let aladdin = Ok((Some("Aladdin".to_owned()), "open sesame".to_owned()));
        assert_eq!(read("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(read("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(
            read("Bearer mF_9.B5f-4.1JqM"),
            Ok((None, "mF_9.B5f-4.1JqM".to_owned()))
        );
    }

    #[test]
    fn what_is_neither_is_malformed() {
        let long = format!("Bearer {}", "a".repeat(20_000));
        for value in [
            "",
            "Basic",
            "Basic !!",
            "Basic YWJj",
            "Bearer",
            "Bearer a b",
            "Bearer \u{e9}",
            "Digest x",
            "token",
            long.as_str(),
        ] {
            assert_eq!(read(value), Err(FailureReason::Malformed), "{value}");
        }
        assert!(Credential::parse(b"Basic \xff").is_err());
    }

    #[test]
    fn a_secret_is_not_printed() {
        let credential = Credential::parse(b"Bearer hunter2").unwrap();
        assert!(!format!("{credential:?}").contains("hunter2"));
    }
}
