//! Public proxies by name.

use gomod::goproxy::ProxyUrl;

/// The checksum database that is Go's default.
pub const DATABASE: &str = "sum.golang.org";

/// Who is asked if nobody says otherwise, beside the proxy that failed: three that Go's users in China
/// name most.
pub const DEFAULT_MIRRORS: &str =
    "https://goproxy.cn,https://goproxy.io,https://mirrors.aliyun.com/goproxy/";

/// Hosts of proxies that serve every public module to everybody: they have no rules of a site, and no
/// private modules. Go's own default is one of its own hosts.
const PUBLIC: [&str; 3] = ["goproxy.cn", "goproxy.io", "mirrors.aliyun.com"];

/// The domain of Go itself, with its proxy, its database and the pages of golang.org/x.
const DOMAIN_OF_GO: &str = "golang.org";

/// Where the repositories of golang.org/x are.
const REPOSITORIES_OF_GO: &str = "go.googlesource.com";

/// Endings of hosts that only exist inside a network.
pub(crate) const INSIDE: [&str; 6] = [
    ".internal",
    ".intranet",
    ".corp",
    ".lan",
    ".local",
    ".home.arpa",
];

/// Whether a host is one of Go itself: a network reaches all of them or none.
pub(super) fn is_of_go(host: &str) -> bool {
    is_in_domain_of_go(host) || host == REPOSITORIES_OF_GO
}

/// Whether a host is in Go's own domain, as the proxy is that `go` asks where nobody sets GOPROXY.
pub(super) fn is_in_domain_of_go(host: &str) -> bool {
    let below = host.strip_suffix(DOMAIN_OF_GO);
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Whether a proxy is one that serves everybody.
pub fn is_public(url: &ProxyUrl) -> bool {
    is_public_host(host_of(url.reveal()))
}

pub(crate) fn is_public_host(host: &str) -> bool {
    PUBLIC.contains(&host) || is_in_domain_of_go(host)
}

/// Host and port of a URL, or of what begins with them, without user.
pub(super) fn place_of(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place)
}

/// The same without the port.
pub(crate) fn host_of(text: &str) -> &str {
    let place = place_of(text);
    if place.starts_with('[') {
        return place.split_inclusive(']').next().unwrap_or_default();
    }
    place.split(':').next().unwrap_or_default()
}
