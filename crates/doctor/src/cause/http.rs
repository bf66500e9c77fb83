//! Causes in HTTP and in the GOPROXY list.

use super::{FailureCause, RemedyKind, decisive, remedy, run, symptom, telling};

pub(super) static UNAUTHORIZED: FailureCause = FailureCause {
    id: "http/401",
    title: "the server wants to know who asks",
    why: "No credentials were sent, or wrong ones. go sends what netrc or GOAUTH has for exactly this host, and over https only.",
    next: "Add the host to netrc, with its port if the URL has one, or set GOAUTH; make sure that the URL is https.",
    common: true,
    patterns: &[
        decisive("reading {url}: 401 Unauthorized"),
        decisive("unexpected status ({url}): 401 Unauthorized"),
    ],
    remedies: &[remedy(
        RemedyKind::Line,
        "machine {host} login USER password TOKEN",
        "a line of ~/.netrc, which only you should be able to read (chmod 600)",
    )],
};

pub(super) static FORBIDDEN: FailureCause = FailureCause {
    id: "http/403",
    title: "the server refuses this",
    why: "You are known but may not have it, or a rule of the proxy forbids this module; the server's response says which.",
    next: "Read the server's response; ask its owner for access or a waiver. Another version may be allowed.",
    common: true,
    patterns: &[
        decisive("reading {url}: 403 Forbidden"),
        decisive("unexpected status ({url}): 403 Forbidden"),
    ],
    remedies: &[run(
        "curl -sSi '{url}'",
        "nothing: it shows the whole response",
    )],
};

pub(super) static PROXY_AUTHENTICATION: FailureCause = FailureCause {
    id: "http/407",
    title: "the company's HTTP proxy wants credentials",
    why: "Between here and the module proxy stands the proxy of HTTPS_PROXY, and it answered itself.",
    next: "Put the credentials into HTTPS_PROXY, or name the internal host in NO_PROXY.",
    common: false,
    patterns: &[
        decisive("reading {url}: 407 Proxy Authentication Required"),
        decisive("\"{url}\": Proxy Authentication Required"),
    ],
    remedies: &[run("env | grep -i _proxy", "nothing: it only looks")],
};

pub(super) static NOT_FOUND: FailureCause = FailureCause {
    id: "http/404",
    title: "the proxy does not have it",
    why: "No such module or version, a tag that is too new for the proxy, or a private module asked of a public proxy.",
    next: "Compare the spelling with go list -m -versions; wait for a new tag; name a private prefix in GOPRIVATE or use a proxy that may read it.",
    common: false,
    patterns: &[
        telling("reading {url}: 404 Not Found"),
        telling("reading {url}: 410 Gone"),
        // go 1.11 and 1.12.
        telling("unexpected status ({url}): 404 Not Found"),
        telling("unexpected status ({url}): 410 Gone"),
        telling("unexpected status ({url}): 404"),
        telling("unexpected status ({url}): 410"),
    ],
    remedies: &[run(
        "go list -m -versions {module}",
        "nothing: it lists what the proxy has",
    )],
};

pub(super) static TOO_MANY_REQUESTS: FailureCause = FailureCause {
    id: "http/429",
    title: "the server has been asked too often",
    why: "A rate limit, usually of one address that many people or jobs share.",
    next: "Run again later; put a caching proxy in between, so that each version is asked for once.",
    common: false,
    patterns: &[
        decisive("reading {url}: 429 Too Many Requests"),
        decisive("unexpected status ({url}): 429"),
    ],
    remedies: &[],
};

pub(super) static LEGAL: FailureCause = FailureCause {
    id: "http/451",
    title: "the module is withheld for legal reasons or by policy",
    why: "The proxy has been told not to give it to anybody.",
    next: "Read the server's response; use another version or another module.",
    common: false,
    patterns: &[decisive("reading {url}: 451 Unavailable For Legal Reasons")],
    remedies: &[],
};

pub(super) static SERVER_ERROR: FailureCause = FailureCause {
    id: "http/5xx",
    title: "the server is out of order",
    why: "It failed itself, or a gateway before it could not reach it. It is unknown whether the module exists, and go does not try again.",
    next: "Run again; if it stays so, tell whoever runs the server. A | in GOPROXY goes on to the next entry after this, a comma does not.",
    common: false,
    patterns: &[
        decisive("reading {url}: 500 Internal Server Error"),
        decisive("reading {url}: 501 Not Implemented"),
        decisive("reading {url}: 502 Bad Gateway"),
        decisive("reading {url}: 503 Service Unavailable"),
        decisive("unexpected status ({url}): 500"),
        decisive("unexpected status ({url}): 502"),
        decisive("unexpected status ({url}): 503"),
        telling("The requested URL returned error: 500"),
        telling("The requested URL returned error: 502"),
        telling("The requested URL returned error: 503"),
    ],
    remedies: &[run(
        "curl -sSi '{url}'",
        "nothing: it shows the whole response",
    )],
};

pub(super) static OTHER_STATUS: FailureCause = FailureCause {
    id: "http/other-status",
    title: "the server answered with an unusual status",
    why: "Module proxies do not use this status; something else may have answered in their place.",
    next: "Look at the whole response, and check that the URL is that of a module proxy.",
    common: false,
    patterns: &[
        symptom("reading {url}: {status}"),
        symptom("unexpected status ({url}): {status}"),
    ],
    remedies: &[run(
        "curl -sSi '{url}'",
        "nothing: it shows the whole response",
    )],
};

pub(super) static NOT_A_PROXY: FailureCause = FailureCause {
    id: "proxy/not-a-proxy",
    title: "what answered is a web page, not a module proxy",
    why: "A login page, a captive portal, or a GOPROXY that names a web site: it says 200 and sends HTML.",
    next: "Open the URL in a browser and log in, or correct GOPROXY; credentials for the proxy belong in netrc or GOAUTH.",
    common: true,
    patterns: &[
        telling("invalid response from proxy \"{url}\": {...}"),
        decisive(
            "invalid response from proxy \"{url}\": invalid character '<' looking for beginning of value",
        ),
        decisive("reading {url}: invalid character '<' looking for beginning of value"),
        decisive(
            "{module}@{version}: parsing go.mod: go.mod:{line}: unexpected input character U+003C '<'",
        ),
        decisive("{module}@{version}: invalid character '<' looking for beginning of value"),
        telling("go.mod:{line}: unknown directive: <!doctype"),
        telling("go.mod:{line}: unknown directive: <!DOCTYPE"),
        telling("go.mod:{line}: unknown directive: <html"),
        // Of a dependency's go.mod only the module line has to be there; a page has none.
        telling("{module}@{version}: parsing go.mod: missing module line"),
    ],
    remedies: &[run(
        "curl -sSi '{url}'",
        "nothing: it shows what answers there",
    )],
};

pub(super) static WRONG_INFO: FailureCause = FailureCause {
    id: "proxy/wrong-info",
    title: "the proxy answers for another version",
    why: "It mixes up versions or serves a stale file.",
    next: "Tell whoever runs the proxy; leave it out of GOPROXY until it is mended.",
    common: false,
    patterns: &[decisive(
        "proxy returned info for version {version} instead of requested version",
    )],
    remedies: &[],
};

pub(super) static CUT: FailureCause = FailureCause {
    id: "proxy/cut",
    title: "the file ended too early",
    why: "The connection broke in the middle, or the proxy keeps a torn file.",
    next: "Run again; if it comes back, tell whoever runs the proxy to fetch the file again.",
    common: false,
    patterns: &[
        decisive("read \"{url}\": unexpected EOF"),
        decisive("reading {url}: unexpected EOF"),
        decisive("{module}@{version}: unexpected EOF"),
    ],
    remedies: &[],
};

pub(super) static BAD_ZIP: FailureCause = FailureCause {
    id: "proxy/bad-zip",
    title: "what arrived is no zip file",
    why: "An error page or something else was stored or sent as the module's zip.",
    next: "Tell whoever runs the proxy to throw the file away and to fetch it again.",
    common: false,
    patterns: &[
        decisive("zip: not a valid zip file"),
        decisive("zip: checksum error"),
        decisive("zip: unsupported compression algorithm"),
    ],
    remedies: &[],
};

pub(super) static INSECURE_REDIRECT: FailureCause = FailureCause {
    id: "proxy/insecure-redirect",
    title: "the server redirects from https to http",
    why: "A load balancer or proxy builds its redirects with the wrong scheme; go does not follow.",
    next: "Use the final https URL in GOPROXY, and tell whoever runs the server.",
    common: false,
    patterns: &[decisive("redirected from secure URL {url} to insecure URL")],
    remedies: &[],
};

pub(super) static REDIRECT_LOOP: FailureCause = FailureCause {
    id: "proxy/redirect-loop",
    title: "the server redirects in a circle",
    why: "Two servers send the client to each other, or a login page sends it back.",
    next: "Follow the redirects with curl, and use the final URL in GOPROXY.",
    common: false,
    patterns: &[decisive("\"{url}\": stopped after 10 redirects")],
    remedies: &[run(
        "curl -sSiL --max-redirs 10 '{url}'",
        "nothing: it shows every redirect",
    )],
};

pub(super) static INSECURE_CREDENTIALS: FailureCause = FailureCause {
    id: "proxy/insecure-credentials",
    title: "credentials are not sent over http",
    why: "The URL has a user and a password but begins with http; go refuses to send them where anybody can read along.",
    next: "Use https for the proxy.",
    common: true,
    patterns: &[decisive(
        "refusing to pass credentials to insecure URL: {url}",
    )],
    remedies: &[],
};

pub(super) static BAD_URL: FailureCause = FailureCause {
    id: "proxy/bad-list",
    title: "GOPROXY is not a list that go can read",
    why: "An entry has no scheme or a wrong one, or the list has separators and nothing else.",
    next: "Entries are URLs (https, http, file), direct or off, separated by , or |.",
    common: false,
    patterns: &[
        decisive("invalid proxy URL scheme (must be https, http, file): {url}"),
        decisive("invalid proxy URL missing scheme: {word}"),
        decisive("invalid GOPROXY URL: {word}"),
        decisive("GOPROXY list is not the empty string, but contains no entries"),
    ],
    remedies: &[run("go env GOPROXY", "nothing: it prints the list")],
};

pub(super) static OFF: FailureCause = FailureCause {
    id: "proxy/off",
    title: "fetching modules is turned off",
    why: "GOPROXY is off, so only what is in the module cache can be used.",
    next: "Find out who sets it (go env -changed GOPROXY; the environment goes first), and set a proxy.",
    common: false,
    patterns: &[
        decisive("module lookup disabled by GOPROXY=off"),
        decisive("{module}@{version}: module lookup disabled by GOPROXY=off"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -u GOPROXY",
        "go uses its default list again; a variable of the environment still goes first",
    )],
};

pub(super) static PRIVATE_RULE: FailureCause = FailureCause {
    id: "proxy/private-rule",
    title: "GOPRIVATE or GONOPROXY decides against this source",
    why: "The variable says that the module never goes through a proxy, and nothing else is allowed; or the reverse.",
    next: "Compare the module path with go env GOPRIVATE GONOPROXY GOPROXY.",
    common: true,
    patterns: &[
        decisive("disabled by GOPRIVATE/GONOPROXY"),
        decisive("path does not match GOPRIVATE/GONOPROXY"),
    ],
    remedies: &[run(
        "go env GOPRIVATE GONOPROXY GOPROXY",
        "nothing: it prints the settings",
    )],
};

pub(super) static PRIVATE_MODULE: FailureCause = FailureCause {
    id: "private/asked-of-proxy",
    title: "the proxy cannot read this repository",
    why: "It tried to fetch from version control and was asked for credentials: the repository is private, gone, or misspelt.",
    next: "Check the spelling; a private module belongs in GOPRIVATE, or behind a proxy that may read it.",
    common: true,
    patterns: &[
        telling("reading {url}: 404 Not Found server response: {...}terminal prompts disabled"),
        telling("reading {url}: 410 Gone server response: {...}terminal prompts disabled"),
        telling("reading {url}: 404 Not Found server response: {...}Repository not found"),
        telling("reading {url}: 410 Gone server response: {...}Repository not found"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -w GOPRIVATE={module}",
        "the module is fetched directly, without the proxy's cache and without the public checksum database; it replaces the present list",
    )],
};
