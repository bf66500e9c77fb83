//! Options of the server: where clients come in, and what they may cost.

use crate::{
    config_value::ConfigValue,
    field_names::fields_of,
    types::{ByteSize, CommaList},
};
use schemars::JsonSchema;
use serde::Deserialize;
use server::ListenAddress;
use std::time::Duration;
use url::Url;

/// Listening, starting and stopping.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct ListenSection {
    /// Addresses to listen on, separated by commas: ADDRESS:PORT (port 0 takes any free one) or unix:PATH.
    /// Where a service manager passes sockets (`LISTEN_FDS`), those are used in place of the default. `run`
    /// always listens on 127.0.0.1:0 and ignores it.
    #[schemars(extend(
        "x-flag" = "listen",
        "x-value" = "ADDRESSES",
        "default" = "127.0.0.1:3000",
        "examples" = ["0.0.0.0:3000"]
    ))]
    pub addresses: ConfigValue<Vec<ListenAddress>>,
    /// Address at which operators are answered: `/-/refresh`, `/-/cases`, `/-/requests`, `/-/status`,
    /// `/-/journal`. Without it they are answered to requests from this machine; set it where a proxy runs on
    /// the same machine.
    #[schemars(extend(
        "x-flag" = "admin-listen",
        "x-value" = "ADDRESS:PORT",
        "examples" = ["127.0.0.1:3001"]
    ))]
    pub admin: ConfigValue<Option<ListenAddress>>,
    /// Host names, separated by commas, under which clients reach this server. Addresses, names without a dot,
    /// and names below localhost, local, internal and home.arpa are served unasked; any other is refused,
    /// because a web page could pose as this server under it.
    #[schemars(extend("x-flag" = "public-host", "x-value" = "NAMES", "examples" = ["goproxy.example.com"]))]
    pub public_hosts: ConfigValue<Option<CommaList>>,
    /// The URL under which clients reach this server, where that is not what they ask it for: behind a proxy
    /// with TLS or below a path. The start page and `modkeep env --server` name it, and its host is served as
    /// those of public-host are.
    #[schemars(extend(
        "x-flag" = "public-url",
        "x-value" = "URL",
        "examples" = ["https://goproxy.example.com/go"]
    ))]
    pub public_url: ConfigValue<Option<Url>>,
    /// Networks of the proxies in front of this server, separated by commas. Of those it believes
    /// X-Forwarded-For: the last address there that is of none of them is the client, for budgets and for the
    /// log. A Unix domain socket counts as 127.0.0.1.
    #[schemars(extend(
        "x-flag" = "trusted-proxies",
        "x-value" = "CIDRS",
        "examples" = ["127.0.0.1,10.20.0.0/16"]
    ))]
    pub trusted_proxies: ConfigValue<Option<CommaList>>,
    /// Whether this process takes the listening sockets of the one that serves the data directory, which then
    /// finishes its answers and ends. Nobody is refused meanwhile; new requests wait until the store is free. A
    /// process that hands nothing over, such as one of an older release, is waited for. Without any it is an
    /// ordinary start.
    #[schemars(extend("x-flag" = "take-over", "x-value" = "on|off", "default" = "off", "examples" = ["on"]))]
    pub take_over: ConfigValue<bool>,
    /// From the order to stop until no connection is accepted any more, while `/readyz` says 503: what a load
    /// balancer needs to look elsewhere. It is not waited for when another process takes over.
    #[schemars(extend("x-flag" = "lame-duck", "x-value" = "TIME", "default" = "0s", "examples" = ["10s"]))]
    pub lame_duck: ConfigValue<Duration>,
    /// How long open answers may take once no connection is accepted any more, before they are cut.
    #[schemars(extend(
        "x-flag" = "drain-timeout",
        "x-value" = "TIME",
        "default" = "25s",
        "examples" = ["5s"]
    ))]
    pub drain_timeout: ConfigValue<Duration>,
}

/// What clients may cost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-order" = fields_of::<Self>()))]
pub struct LimitSection {
    /// Client connections at a time. When all are taken, the one that rests longest makes room; one address has
    /// three fourths of them at most. The system's limit of open files has to allow as many.
    #[schemars(extend(
        "x-flag" = "max-connections",
        "x-value" = "N",
        "default" = "20000",
        "examples" = ["1000"]
    ))]
    pub max_connections: ConfigValue<usize>,
    /// Memory for the pieces of answers that are on their way to clients; one address has a fourth of it at
    /// most.
    #[schemars(extend(
        "x-flag" = "answer-memory",
        "x-value" = "SIZE",
        "default" = "256MiB",
        "examples" = ["64MiB"]
    ))]
    pub answer_memory: ConfigValue<ByteSize>,
    /// Memory for lists that clients post to be answered (a list counts eight times its size); one address has
    /// a fourth of it at most, and beyond it 429.
    #[schemars(extend(
        "x-flag" = "posted-memory",
        "x-value" = "SIZE",
        "default" = "256MiB",
        "examples" = ["64MiB"]
    ))]
    pub posted_memory: ConfigValue<ByteSize>,
    /// How long a client may take to send the head of a request.
    #[schemars(extend(
        "x-flag" = "client-header-timeout",
        "x-value" = "TIME",
        "default" = "15s",
        "examples" = ["5s"]
    ))]
    pub header_timeout: ConfigValue<Duration>,
    /// How long a client's connection may rest between two requests. Keep it above 90s: that is when go closes
    /// a resting connection itself.
    #[schemars(extend(
        "x-flag" = "idle-timeout",
        "x-value" = "TIME",
        "default" = "120s",
        "examples" = ["3m"]
    ))]
    pub idle_timeout: ConfigValue<Duration>,
    /// How long a client may take for the next 16 KiB of an answer that lies ready; 5s while others wait for
    /// memory.
    #[schemars(extend(
        "x-flag" = "client-stall-timeout",
        "x-value" = "TIME",
        "default" = "60s",
        "examples" = ["30s"]
    ))]
    pub stall_timeout: ConfigValue<Duration>,
}
