//! Options of TLS.

use crate::{config_value::ConfigValue, field_names::fields_of};
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;

/// TLS towards clients.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct TlsSection {
    /// The certificate of this server with those that lead to a root, as PEM. With it every TCP address speaks TLS,
    /// with HTTP/2. The file is looked at every ten seconds, so a renewed one is used without a restart.
    #[schemars(extend(
        "x-flag" = "tls-cert",
        "x-value" = "FILE",
        "examples" = ["/etc/modkeep/tls.crt"]
    ))]
    pub certificate: ConfigValue<Option<PathBuf>>,
    /// The private key of --tls-cert, as PEM.
    #[schemars(extend(
        "x-flag" = "tls-key",
        "x-value" = "FILE",
        "examples" = ["/etc/modkeep/tls.key"]
    ))]
    pub key: ConfigValue<Option<PathBuf>>,
    /// Roots of client certificates, as PEM. With it every client needs a certificate that leads to one of them.
    #[schemars(extend(
        "x-flag" = "tls-client-ca",
        "x-value" = "FILE",
        "examples" = ["/etc/modkeep/clients.pem"]
    ))]
    pub client_ca: ConfigValue<Option<PathBuf>>,
    /// Whether a certificate is made here, for a first try: clients have to be told to trust it, and the start
    /// prints how. It lies below the data directory and is used again until it ends.
    #[schemars(extend(
        "x-flag" = "tls-self-signed",
        "x-value" = "on|off",
        "default" = "off",
        "examples" = ["on"]
    ))]
    pub self_signed: ConfigValue<bool>,
}
