//! Causes below HTTP: the network, names, TLS.

use super::{FailureCause, decisive, run, telling};

pub(super) static UNREACHABLE: FailureCause = FailureCause {
    id: "network/unreachable",
    title: "this machine has no way to the address",
    why: "The kernel has no route there: no network, no VPN, or a container without one.",
    next: "Check network, VPN and HTTPS_PROXY; in a closed network set GOPROXY to a proxy inside it. Some networks do not reach Go's own proxy: modkeep doctor --mirrors LIST says which mirrors they reach.",
    common: false,
    patterns: &[
        decisive("\"{url}\": dial tcp {address}: connect: network is unreachable"),
        decisive("\"{url}\": dial tcp {address}: connect: network is down"),
        decisive(
            "\"{url}\": dial tcp {address}: connectex: A socket operation was attempted to an unreachable network",
        ),
        telling("\"{url}\": dial tcp {address}: connect: operation not permitted"),
        telling("\"{url}\": dial tcp {address}: connect: permission denied"),
        telling("\"{url}\": dial tcp {address}: connect: cannot assign requested address"),
        telling("\"{url}\": dial tcp {address}: connect: can't assign requested address"),
        telling("Failed to connect to {host} port {number}{...}: Network is unreachable"),
        telling("connect to host {host} port {number}: Network is unreachable"),
    ],
    remedies: &[run(
        "curl -sSv -o /dev/null '{url}'",
        "nothing: it only looks",
    )],
};

pub(super) static NO_ROUTE: FailureCause = FailureCause {
    id: "network/no-route",
    title: "no route to the host",
    why: "A router or firewall says that it cannot reach the host; with an IPv6 address, IPv6 is often broken.",
    next: "Try the host over IPv4 (curl -4); ask whoever runs the firewall. Some networks do not reach Go's own proxy: then set GOPROXY to a mirror that is reached.",
    common: false,
    patterns: &[
        decisive("\"{url}\": dial tcp {address}: connect: no route to host"),
        decisive("\"{url}\": dial tcp {address}: connect: host is down"),
        decisive(
            "\"{url}\": dial tcp {address}: connectex: A socket operation was attempted to an unreachable host",
        ),
        telling("Failed to connect to {host} port {number}{...}: No route to host"),
        telling("connect to host {host} port {number}: No route to host"),
    ],
    remedies: &[run(
        "curl -4 -sSv -o /dev/null '{url}'",
        "nothing: it only looks",
    )],
};

pub(super) static REFUSED: FailureCause = FailureCause {
    id: "network/refused",
    title: "nobody listens at the address",
    why: "The host answered that the port is closed: the proxy is down, or host or port are wrong. A comma list does not go on after this.",
    next: "Start the proxy, or correct its entry in GOPROXY; go env GOPROXY prints the list.",
    common: false,
    patterns: &[
        decisive("\"{url}\": dial tcp {address}: connect: connection refused"),
        decisive("\"{url}\": dial tcp {address}: connectex: No connection could be made"),
        telling("Failed to connect to {host} port {number}{...}: Connection refused"),
        telling("Failed to connect to {host} port {number}{...}Couldn't connect to server"),
        telling("Failed to connect to {host} port {number}{...}Could not connect to server"),
        telling("connect to host {host} port {number}: Connection refused"),
        // The system's words in the language of its user.
        telling("Failed to connect to {host} port {number}{...}\u{62d2}\u{7edd}\u{8fde}\u{63a5}"),
        telling("Failed to connect to {host} port {number}{...}Verbindungsaufbau abgelehnt"),
        telling("Failed to connect to {host} port {number}{...}Connexion refus\u{e9}e"),
        telling("Failed to connect to {host} port {number}{...}Conexi\u{f3}n rehusada"),
    ],
    remedies: &[run(
        "curl -sSv -o /dev/null '{url}'",
        "nothing: it only looks",
    )],
};

pub(super) static TIMEOUT: FailureCause = FailureCause {
    id: "network/timeout",
    title: "no answer in time",
    why: "A filtered port, an overloaded proxy, or a repository that is too big for its deadline. It says nothing of whether the module exists.",
    next: "Run again; if it stays so, see with modkeep doctor which step takes the time. Some networks do not reach Go's own proxy: then set GOPROXY to a mirror that is reached.",
    common: true,
    patterns: &[
        decisive("\"{url}\": dial tcp {address}: i/o timeout"),
        decisive("\"{url}\": dial tcp: lookup {host}: i/o timeout"),
        decisive("\"{url}\": dial tcp: lookup {host} on {server}: read udp {...}: i/o timeout"),
        decisive("\"{url}\": dial tcp {address}: connect: connection timed out"),
        decisive("\"{url}\": dial tcp {address}: connect: operation timed out"),
        decisive("\"{url}\": dial tcp {address}: connectex: A connection attempt failed because"),
        decisive("\"{url}\": read tcp {address}: wsarecv: A connection attempt failed because"),
        decisive("\"{url}\": read tcp {address}: read: operation timed out"),
        decisive("\"{url}\": net/http: timeout awaiting response headers"),
        decisive("\"{url}\": http2: timeout awaiting response headers"),
        telling("wsarecv: A connection attempt failed because"),
        telling("read tcp {address}: read: operation timed out"),
        telling("Failed to connect to {host} port {number}{...}: Connection timed out"),
        telling("Failed to connect to {host} port {number}{...}: Operation timed out"),
        telling("Failed to connect to {host} port {number}{...}: Timed out"),
        telling("Failed to connect to {host} port {number}{...}Timeout was reached"),
        telling("Connection timed out after {number} milliseconds"),
        telling("Operation timed out after {number} milliseconds"),
        telling("connect to host {host} port {number}: Connection timed out"),
        telling("connect to host {host} port {number}: Operation timed out"),
        telling("Failed to connect to {host} port {number}{...}\u{8fde}\u{63a5}\u{8d85}\u{65f6}"),
        telling(
            "Failed to connect to {host} port {number}{...}Die Wartezeit f\u{fc}r die Verbindung ist abgelaufen",
        ),
        telling(
            "Failed to connect to {host} port {number}{...}Connexion termin\u{e9}e par expiration du d\u{e9}lai",
        ),
        telling("Operation too slow. Less than {number} bytes/sec"),
        decisive("\"{url}\": net/http: TLS handshake timeout"),
        decisive("\"{url}\": context deadline exceeded"),
        decisive("\"{url}\": net/http: request canceled while waiting for connection"),
        telling("read tcp {address}: read: connection timed out"),
        telling("read \"{url}\": read tcp {address}: i/o timeout"),
        telling("reading {url}: 504 Gateway Timeout"),
        telling("reading {url}: 408 Request Timeout"),
    ],
    remedies: &[run(
        "curl -sS -o /dev/null -w '%{time_total}' '{url}'",
        "nothing: it only measures",
    )],
};

pub(super) static RESET: FailureCause = FailureCause {
    id: "network/reset",
    title: "the connection was cut",
    why: "Something on the way, or the proxy itself, closed the connection before the answer was complete. go does not try again.",
    next: "Run again; if it comes back, look at restarts of the proxy and at load balancers and firewalls before it.",
    common: false,
    patterns: &[
        decisive("\"{url}\": read tcp {address}: read: connection reset by peer"),
        decisive("\"{url}\": EOF"),
        decisive("\"{url}\": write tcp {address}: write: broken pipe"),
        decisive("\"{url}\": unexpected EOF"),
        decisive("\"{url}\": http: server closed idle connection"),
        decisive("\"{url}\": stream error: stream ID {number}; {word}"),
        decisive("\"{url}\": net/http: HTTP/1.x transport connection broken: {...}"),
        decisive(
            "\"{url}\": read tcp {address}: wsarecv: An existing connection was forcibly closed",
        ),
        decisive("\"{url}\": read tcp {address}: wsarecv: An established connection was aborted"),
        decisive("\"{url}\": write tcp {address}: wsasend: An established connection was aborted"),
        decisive("\"{url}\": write tcp {address}: write: connection reset by peer"),
        decisive("\"{url}\": dial tcp {address}: connect: connection reset by peer"),
        telling("read tcp {address}: read: connection reset by peer"),
        telling("wsarecv: An existing connection was forcibly closed"),
        telling("wsarecv: An established connection was aborted"),
        telling("Recv failure: Connection reset by peer"),
        telling("Recv failure: Connection was reset"),
        telling("Recv failure: \u{8fde}\u{63a5}\u{88ab}\u{5bf9}\u{65b9}"),
        telling("Recv failure: Die Verbindung wurde vom Kommunikationspartner"),
        telling("SSL_connect: Connection reset by peer"),
        telling("SSL_connect: SSL_ERROR_SYSCALL"),
        telling("SSL_read: Connection was reset"),
        telling("SSL_read: SSL_ERROR_SYSCALL"),
        telling("Empty reply from server"),
        telling("RPC failed; curl {number} {...}"),
        telling("kex_exchange_identification: {...}"),
        telling("Connection closed by {address} port {number}"),
        telling("gnutls_handshake() failed: The TLS connection was non-properly terminated"),
        telling("GnuTLS recv error (-110)"),
        telling("GnuTLS recv error (-54)"),
    ],
    remedies: &[],
};

pub(super) static PROXY_VARIABLES: FailureCause = FailureCause {
    id: "network/http-proxy",
    title: "the HTTP proxy of the environment cannot be used",
    why: "HTTPS_PROXY or HTTP_PROXY names a proxy that fails, or refuses, before the module proxy is even asked.",
    next: "Correct HTTPS_PROXY, or name the internal host in NO_PROXY.",
    common: false,
    patterns: &[
        decisive("\"{url}\": proxyconnect tcp: {...}: connect: connection refused"),
        decisive("\"{url}\": proxyconnect tcp: dial tcp: lookup {server}"),
        decisive("\"{url}\": proxyconnect tcp: {word}"),
        decisive("Could not resolve proxy: {host}"),
        telling("\"{url}\": Forbidden"),
        telling("\"{url}\": Bad Gateway"),
        telling("\"{url}\": Service Unavailable"),
        telling("\"{url}\": Gateway Timeout"),
        telling("Received HTTP code {number} from proxy after CONNECT"),
        telling("CONNECT tunnel failed, response {number}"),
    ],
    remedies: &[run("env | grep -i _proxy", "nothing: it only looks")],
};

pub(super) static NO_SUCH_HOST: FailureCause = FailureCause {
    id: "dns/no-such-host",
    title: "the host name does not exist",
    why: "The name server knows no such name: a typing error, or a name of the company's network asked from outside of it.",
    next: "Check the spelling in GOPROXY (or the module path, if it is fetched directly); connect to the VPN.",
    common: false,
    patterns: &[
        decisive("\"{url}\": dial tcp: lookup {host} on {server}: no such host"),
        decisive("\"{url}\": dial tcp: lookup {host}: no such host"),
        decisive("\"{url}\": dial tcp: lookup {host}: Name or service not known"),
        decisive("\"{url}\": dial tcp: lookup {host}: nodename nor servname provided"),
        decisive("\"{url}\": dial tcp: lookup {host}: No address associated with hostname"),
        decisive("\"{url}\": dial tcp: lookup {host}: getaddrinfow: No such host is known"),
        decisive(
            "\"{url}\": dial tcp: lookup {host}: getaddrinfow: The requested name is valid, but no data",
        ),
        telling("dial tcp: lookup {host} on {server}: no such host"),
        telling("dial tcp: lookup {host}: no such host"),
    ],
    remedies: &[run("getent hosts {host}", "nothing: it only looks")],
};

pub(super) static SERVER_FAILURE: FailureCause = FailureCause {
    id: "dns/server-failure",
    title: "the name server fails",
    why: "It answered with an error, so it is unknown whether the name exists.",
    next: "Run again; if it stays so, try another resolver, and ask whoever runs this one.",
    common: false,
    patterns: &[
        decisive("dial tcp: lookup {host} on {server}: server misbehaving"),
        decisive("dial tcp: lookup {host}: server misbehaving"),
        decisive("dial tcp: lookup {host}: Temporary failure in name resolution"),
        decisive("dial tcp: lookup {host}: getaddrinfow: This is usually a temporary error"),
        decisive("dial tcp: lookup {host}: getaddrinfow: A non-recoverable error occurred"),
        decisive("dial tcp: lookup {host}: dnsquery: {...}"),
        decisive("dial tcp: lookup {host} on {server}: cannot unmarshal DNS message"),
    ],
    remedies: &[run("getent hosts {host}", "nothing: it only looks")],
};

pub(super) static RESOLVER_UNREACHABLE: FailureCause = FailureCause {
    id: "dns/resolver-unreachable",
    title: "the name server cannot be reached",
    why: "The resolver that this machine is told to use does not answer: no network, or a wrong resolver.",
    next: "Check the network and the resolver in /etc/resolv.conf.",
    common: false,
    patterns: &[
        decisive(
            "dial tcp: lookup {host} on {server}: dial udp {address}: connect: network is unreachable",
        ),
        decisive("dial tcp: lookup {host} on {server}: dial udp {address}: {...}"),
        decisive("dial tcp: lookup {host} on {server}: read udp {address}: wsarecv: {...}"),
        decisive("dial tcp: lookup {host} on {server}: write udp {address}: {...}"),
        decisive(
            "dial tcp: lookup {host} on {server}: read udp {address}: read: connection refused",
        ),
    ],
    remedies: &[run("cat /etc/resolv.conf", "nothing: it only looks")],
};

pub(super) static UNKNOWN_AUTHORITY: FailureCause = FailureCause {
    id: "tls/unknown-authority",
    title: "the certificate comes from an authority that is not trusted here",
    why: "A company's TLS inspection, a private authority, or an image without CA certificates.",
    next: "Install the authority's certificate where this machine keeps its roots; in an image install ca-certificates.",
    common: false,
    patterns: &[
        decisive(
            "\"{url}\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ),
        decisive("\"{url}\": x509: certificate signed by unknown authority"),
        decisive("x509: \"{...}\" certificate is not trusted"),
        decisive("x509: certificate is not trusted"),
        decisive("x509: failed to load system roots and no roots provided"),
        telling("x509: certificate signed by unknown authority"),
        telling("SSL certificate problem: self signed certificate"),
        telling("SSL certificate problem: self-signed certificate"),
        telling("SSL certificate problem: unable to get local issuer certificate"),
        telling("server certificate verification failed"),
        telling("SEC_E_UNTRUSTED_ROOT"),
        telling("error setting certificate verify locations"),
        telling("error setting certificate file"),
        telling("fatal: unable to access '{url}': server certificate verification failed"),
        telling(
            "fatal: unable to access '{url}': SSL certificate problem: unable to get local issuer certificate",
        ),
        telling(
            "fatal: unable to access '{url}': SSL certificate problem: self-signed certificate",
        ),
    ],
    remedies: &[run(
        "SSL_CERT_FILE=/path/to/company-ca.pem go mod download",
        "the file replaces the system's roots for this command, so it must hold all that are needed",
    )],
};

pub(super) static EXPIRED: FailureCause = FailureCause {
    id: "tls/expired",
    title: "the certificate is not valid at this time",
    why: "It has expired or does not count yet; or this machine's clock is wrong.",
    next: "Compare the clock (date -u); if it is right, ask whoever runs the host for a new certificate.",
    common: false,
    patterns: &[
        decisive("x509: certificate has expired or is not yet valid"),
        decisive("x509: \"{...}\" certificate is expired"),
        decisive("SSL certificate problem: certificate has expired"),
        decisive("SSL certificate problem: certificate is not yet valid"),
    ],
    remedies: &[run("date -u", "nothing: it only looks")],
};

pub(super) static WRONG_NAME: FailureCause = FailureCause {
    id: "tls/wrong-name",
    title: "the certificate belongs to another name",
    why: "The host was reached under a name that its certificate does not have: an alias, an address, or an interception.",
    next: "Use a name that the certificate has; it is in the message.",
    common: false,
    patterns: &[
        decisive("x509: certificate is valid for {...}, not {host}"),
        decisive("x509: certificate is not valid for any names, but wanted to match {host}"),
        decisive("x509: cannot validate certificate for {host} because"),
        decisive("x509: certificate relies on legacy Common Name field"),
        decisive("x509: \"{...}\" certificate name does not match input"),
        decisive("SSL: no alternative certificate subject name matches target host name '{host}'"),
        decisive("SSL: certificate subject name {...} does not match target host name '{host}'"),
    ],
    remedies: &[],
};

pub(super) static HANDSHAKE: FailureCause = FailureCause {
    id: "tls/handshake",
    title: "the TLS handshake fails",
    why: "Both sides found no common protocol, or the server wants a certificate of the client.",
    next: "See what the server offers; a server older than TLS 1.2 has to be renewed.",
    common: false,
    patterns: &[
        decisive("\"{url}\": remote error: tls: {word}"),
        decisive("\"{url}\": tls: server selected unsupported protocol version {word}"),
        telling("gnutls_handshake() failed: Handshake failed"),
        telling("gnutls_handshake() failed: A TLS fatal alert has been received"),
        telling("SSL routines:{...}handshake failure"),
    ],
    remedies: &[],
};

pub(super) static PLAIN_PORT: FailureCause = FailureCause {
    id: "tls/plain-port",
    title: "https is spoken to a port that speaks http",
    why: "The URL begins with https, but the server at this port speaks plain http.",
    next: "Use http:// in GOPROXY for a server on this machine, or the server's https port.",
    common: false,
    patterns: &[
        decisive("\"{url}\": http: server gave HTTP response to HTTPS client"),
        decisive("\"{url}\": tls: first record does not look like a TLS handshake"),
        telling(
            "\"{url}\": net/http: HTTP/1.x transport connection broken: malformed HTTP response",
        ),
        telling("gnutls_handshake() failed: An unexpected TLS packet was received"),
        telling("SSL routines:{...}:wrong version number"),
    ],
    remedies: &[run("go env GOPROXY", "nothing: it prints the list")],
};
