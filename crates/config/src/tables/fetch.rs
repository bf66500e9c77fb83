//! Options of how modules are fetched.

use crate::{
    config_value::ConfigValue,
    fallback::DefaultFinder,
    field_names::fields_of,
    types::{CommaList, PrefetchMode},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{path::PathBuf, time::Duration};

/// How upstreams are reached.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct FetchSection {
    /// PEM file of roots that are trusted besides the system's.
    #[schemars(extend("x-flag" = "ca", "x-value" = "FILE", "examples" = ["/etc/ssl/company.pem"]))]
    pub ca: ConfigValue<Option<PathBuf>>,
    /// File of users and passwords of upstreams, in the syntax of netrc; an entry without `login` is a bearer
    /// token, and HOST:PORT names one port. They go over TLS, or to this machine. systemd's
    /// LoadCredential=modkeep.netrc:FILE needs no option.
    #[schemars(extend(
        "x-flag" = "credentials",
        "x-value" = "FILE",
        "x-found" = "`modkeep.netrc` of the service manager's credentials, if it is there",
        "x-finder" = DefaultFinder::Credentials,
        "examples" = ["/etc/modkeep/netrc"]
    ))]
    pub credentials: ConfigValue<Option<PathBuf>>,
    /// Networks that redirects of an upstream may reach although they are loopback, private or otherwise not of
    /// the public internet, separated by commas. An upstream itself is always reached.
    #[schemars(extend(
        "x-flag" = "allow-net",
        "x-value" = "CIDRS",
        "examples" = ["10.20.0.0/16,fd00:20::/32"]
    ))]
    pub allow_net: ConfigValue<Option<CommaList>>,
    /// Deadline for connecting to an upstream, name lookup and TLS included.
    #[schemars(extend(
        "x-flag" = "connect-timeout",
        "x-value" = "TIME",
        "default" = "5s",
        "examples" = ["2s"]
    ))]
    pub connect_timeout: ConfigValue<Duration>,
    /// Deadline from asking an upstream to the header of its answer.
    #[schemars(extend(
        "x-flag" = "header-timeout",
        "x-value" = "TIME",
        "default" = "30s",
        "examples" = ["1m"]
    ))]
    pub header_timeout: ConfigValue<Duration>,
    /// Deadline between two pieces of an upstream's body.
    #[schemars(extend(
        "x-flag" = "stall-timeout",
        "x-value" = "TIME",
        "default" = "30s",
        "examples" = ["10s"]
    ))]
    pub stall_timeout: ConfigValue<Duration>,
    /// Silence after which an upstream is asked something small, with the same deadline; if it is silent to
    /// that too, the request fails. An upstream that answers it is waited for up to header-timeout.
    #[schemars(extend(
        "x-flag" = "upstream-silence",
        "x-value" = "TIME",
        "default" = "2s",
        "examples" = ["5s"]
    ))]
    pub silence: ConfigValue<Duration>,
    /// Whether an upstream that fails too often is left alone until it answers a small probe well. Off, every
    /// request asks it.
    #[schemars(extend(
        "x-flag" = "upstream-breaker",
        "x-value" = "on|off",
        "default" = "on",
        "examples" = ["off"]
    ))]
    pub breaker: ConfigValue<bool>,
    /// Whether an upstream is asked a second time for something small that is later than 95 of 100 were, within
    /// a fifth of all requests.
    #[schemars(extend(
        "x-flag" = "upstream-hedge",
        "x-value" = "on|off",
        "default" = "on",
        "examples" = ["off"]
    ))]
    pub hedge: ConfigValue<bool>,
    /// Requests in flight at one upstream, and twice as many at the checksum databases that it mirrors; others
    /// wait within the header deadline.
    #[schemars(extend(
        "x-flag" = "upstream-requests",
        "x-value" = "N",
        "default" = "64",
        "examples" = ["16"]
    ))]
    pub requests: ConfigValue<usize>,
}

/// Version control.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct DirectSection {
    /// Which version control system may be used for which modules where a list of upstreams says `direct`, in the
    /// grammar of GOVCS. The rules `public:git|hg,private:all` stand behind these. Only git is run so far.
    #[schemars(extend(
        "x-flag" = "govcs",
        "x-value" = "RULES",
        "x-found" = "the rules of `go`",
        "examples" = ["github.com:git,evil.example.com:off"]
    ))]
    pub systems: ConfigValue<Option<CommaList>>,
}

/// What is fetched ahead.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct PrefetchSection {
    /// What is fetched before a client asks for it: `off`, `mod` (go.mod and .info files), `on` (zips too).
    /// Turn it off where an upstream charges by the request or the byte.
    #[schemars(extend("x-flag" = "prefetch", "x-value" = "WHAT", "default" = "on", "examples" = ["mod"]))]
    pub mode: ConfigValue<PrefetchMode>,
}
