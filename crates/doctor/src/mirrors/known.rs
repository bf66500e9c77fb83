//! Public proxies by name.

use gomod::goproxy::ProxyUrl;

/// The checksum database that is Go's default.
pub const DATABASE: &str = "sum.golang.org";

/// Who is asked if nobody says otherwise: Go's default, and three that its users in China name most.
pub const DEFAULT_MIRRORS: &str = "https://proxy.golang.org,https://goproxy.cn,https://goproxy.io,https://mirrors.aliyun.com/goproxy/";

/// Hosts of proxies that serve every public module to everybody: they have no rules of a site, and no
/// private modules.
const PUBLIC: [&str; 12] = [
    "proxy.golang.org",
    "goproxy.cn",
    "goproxy.io",
    "proxy.golang.com.cn",
    "goproxy.golang.org",
    "mirrors.aliyun.com",
    "mirrors.cloud.tencent.com",
    "mirrors.tencent.com",
    "mirrors.huaweicloud.com",
    "repo.huaweicloud.com",
    "goproxy.baidu.com",
    "athens.azurefd.net",
];

/// Hosts of Go itself that a network reaches all or none of: its proxy, its database, and the places
/// of golang.org/x.
pub(super) const OF_GO: [&str; 5] = [
    "proxy.golang.org",
    DATABASE,
    "golang.org",
    "google.golang.org",
    "go.googlesource.com",
];

/// Whether a proxy is one that serves everybody.
pub fn is_public(url: &ProxyUrl) -> bool {
    is_public_host(host_of(url.reveal()))
}

pub(crate) fn is_public_host(host: &str) -> bool {
    PUBLIC.contains(&host)
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
