//! Document: what an issuer says of itself (`OpenID` Connect Discovery 1.0, RFC 8414), bounded and read strictly.

use crate::{
    fetch::{FetchError, fetch_one},
    settings::IssuerUrl,
    transport::IssuerTransport,
};
use serde::Deserialize;
use url::Url;

/// What an issuer says of itself, as far as it is used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerDocument {
    /// Where its keys are.
    pub keys: Url,
    /// Where tokens are had.
    pub token: Option<Url>,
    /// Where a device asks for a login (RFC 8628).
    pub device: Option<Url>,
    /// Where it is asked about tokens (RFC 7662).
    pub introspection: Option<Url>,
    /// The scopes that it knows, if it says so.
    pub scopes: Option<Vec<String>>,
    /// Whether clients can prove who they are with Basic.
    pub takes_basic: bool,
}

/// A document is not that of the issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is no such document.
    #[error("what is at /.well-known/openid-configuration does not describe an issuer")]
    Format,
    /// It is about another issuer, so its tokens would never be believed.
    #[error("it describes the issuer {0:?}; the setting has to say exactly that")]
    OtherIssuer(String),
    /// A URL in it is none, or would be asked in the open.
    #[error("its {0} is no https URL")]
    Url(&'static str),
}

#[derive(Deserialize)]
struct DocumentText {
    issuer: String,
    jwks_uri: String,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    scopes_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

// === impl IssuerDocument ===

impl IssuerDocument {
    /// Asks an issuer for its document.
    ///
    /// # Errors
    /// It could not be asked, or says something else.
    pub async fn fetch(
        transport: &dyn IssuerTransport,
        issuer: &IssuerUrl,
    ) -> Result<Self, FetchError> {
        let url = issuer.document();
        let reply = fetch_one(transport, &url).await?;
        let document = Self::parse(issuer, &reply.body);
        document.map_err(|error| FetchError::new(&url, error.to_string()))
    }

    /// Reads the document of an issuer.
    ///
    /// # Errors
    /// It is none, or that of another one.
    pub fn parse(issuer: &IssuerUrl, document: &[u8]) -> Result<Self, DocumentError> {
        let text: DocumentText =
            serde_json::from_slice(document).map_err(|_| DocumentError::Format)?;
        if text.issuer != issuer.as_str() {
            let shown = text.issuer.chars().filter(char::is_ascii_graphic);
            return Err(DocumentError::OtherIssuer(shown.take(120).collect()));
        }
        let url = |text: &str, name| {
            let url = Url::parse(text).ok();
            url.filter(|url| issuer.permits(url))
                .ok_or(DocumentError::Url(name))
        };
        let optional = |text: &Option<String>, name| {
            let text = text.as_deref();
            text.map(|text| url(text, name)).transpose()
        };
        let methods = text.token_endpoint_auth_methods_supported.as_ref();
        Ok(Self {
            keys: url(&text.jwks_uri, "jwks_uri")?,
            token: optional(&text.token_endpoint, "token_endpoint")?,
            device: optional(
                &text.device_authorization_endpoint,
                "device_authorization_endpoint",
            )?,
            introspection: optional(&text.introspection_endpoint, "introspection_endpoint")?,
            scopes: text.scopes_supported,
            takes_basic: methods
                .is_none_or(|methods| methods.iter().any(|one| one == "client_secret_basic")),
        })
    }
}
