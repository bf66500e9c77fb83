//! Messages that need a network, a server, a system or a client that tests do not have.

/// Each with its cause.
pub(super) const MESSAGES: &[(&str, &str)] = &[
    (
        "network/unreachable",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/example.com/a/@v/v1.0.0.mod\": dial tcp 192.0.2.1:443: connect: network is unreachable",
    ),
    (
        "network/no-route",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp [2001:db8::1]:443: connect: no route to host",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: i/o timeout",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": net/http: TLS handshake timeout",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ),
    (
        "network/http-proxy",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused",
    ),
    (
        "dns/no-such-host",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 192.0.2.53:53: no such host",
    ),
    (
        "dns/server-failure",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 192.0.2.53:53: server misbehaving",
    ),
    (
        "dns/resolver-unreachable",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 192.0.2.53:53: dial udp 192.0.2.53:53: connect: network is unreachable",
    ),
    (
        "tls/expired",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z",
    ),
    (
        "tls/wrong-name",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": tls: failed to verify certificate: x509: certificate is valid for other.example.com, not p.example.com",
    ),
    (
        "http/407",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": Proxy Authentication Required",
    ),
    (
        "sum/fork",
        "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\tgo.sum database tree\n",
    ),
    (
        "sum/bad-tiles",
        "go: example.com/a@v1.0.0: verifying module: example.com/a@v1.0.0: checking tree#10 against tree#12: downloaded inconsistent tile",
    ),
    (
        "sum/database-lacks-line",
        "go: example.com/a@v1.0.0: verifying module: checksum missing from sumdb response",
    ),
    (
        "sum/unknown-algorithm",
        "warning: verifying example.com/a@v1.0.0: unknown hashes in go.sum: h2:AAAA",
    ),
    (
        "sum/cache-changed",
        "example.com/a v1.0.0: dir has been modified (/home/me/go/pkg/mod/example.com/a@v1.0.0)",
    ),
    (
        "version/newest-blocked",
        "go: loading module retractions for example.com/a@v1.0.0: example.com/a@v1.3.0: blocked",
    ),
    (
        "version/retracted",
        "go: warning: example.com/a@v1.0.0: retracted by module author: broken",
    ),
    (
        "version/deprecated",
        "go: module example.com/a is deprecated: use example.com/b",
    ),
    (
        "version/wrong-major",
        "go: example.com/a/v2@v1.0.0: invalid version: module path includes a major version suffix, so major version must match",
    ),
    (
        "version/bad-pseudo-version",
        "go: example.com/a@v0.0.0-20200101000000-abcdefabcdef: invalid pseudo-version: does not match version-control timestamp (expected 20200102000000)",
    ),
    (
        "graph/conflict",
        "go: example.com/a@v1.0.0 requires example.com/b@v1.2.0, not example.com/b@v1.1.0",
    ),
    (
        "zip/case-collision",
        "go: example.com/a@v1.0.0: create zip: case-insensitive file name collision: \"A.go\" and \"a.go\"",
    ),
    (
        "zip/too-large",
        "go: example.com/a@v1.0.0: module source tree too large (max size is 524288000 bytes)",
    ),
    (
        "toolchain/not-available",
        "go: download go1.99.0 for linux/amd64: toolchain not available",
    ),
    (
        "toolchain/download",
        "go: download go1.27.0: golang.org/toolchain@v0.0.1-go1.27.0.linux-amd64: reading https://p.example.com/golang.org/toolchain/@v/v0.0.1-go1.27.0.linux-amd64.zip: 403 Forbidden",
    ),
    (
        "vcs/auth",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote -q --end-of-options https://git.example.com/a in /tmp/x: exit status 128:\n\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled\nConfirm the import path was entered correctly.\nIf this is a private repository, see https://go.dev/doc/faq#git_https for additional information.",
    ),
    (
        "vcs/ssh-key",
        "\tgit@git.example.com: Permission denied (publickey).\n\tfatal: Could not read from remote repository.",
    ),
    (
        "vcs/host-key",
        "\tHost key verification failed.\n\tfatal: Could not read from remote repository.",
    ),
    (
        "vcs/unknown-host",
        "\tfatal: unable to access 'https://git.example.com/a/': Could not resolve host: git.example.com",
    ),
    (
        "vcs/not-installed",
        "go: example.com/a@v1.0.0: exec: \"git\": executable file not found in $PATH",
    ),
    (
        "vcs/forbidden",
        "go: example.com/a: GOVCS disallows using svn for public svn.example.com/a; see 'go help vcs'",
    ),
    (
        "discovery/no-meta-tag",
        "go: example.com/a: unrecognized import path \"example.com/a\": parse https://example.com/a?go-get=1: no go-import meta tags ()",
    ),
    (
        "local/disk-full",
        "go: example.com/a@v1.0.0: write /home/me/go/pkg/mod/cache/download/x.zip: no space left on device",
    ),
    (
        "local/read-only",
        "go: could not create module cache: mkdir /go/pkg: read-only file system",
    ),
    (
        "private/asked-of-proxy",
        "go: git.example.com/a@v1.0.0: reading https://p.example.com/git.example.com/a/@v/v1.0.0.mod: 404 Not Found\n\tserver response:\n\tnot found: git.example.com/a@v1.0.0: invalid version: git ls-remote -q origin in /tmp/x: exit status 128:\n\t\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled",
    ),
    (
        "http/404",
        "go: github.com/x/y@v0.0.0-20181227030943-b85e20a7d4b8: unexpected status (https://proxy.example.com/github.com/x/y/@v/v0.0.0-20181227030943-b85e20a7d4b8.info): 410 Gone",
    ),
    (
        "http/5xx",
        "go: github.com/x/y@v1.0.0: unexpected status (https://proxy.example.com/github.com/x/y/@v/v1.0.0.info): 502 Bad Gateway",
    ),
    (
        "path/moved",
        "go: github.com/old/y@v1.0.0: parsing go.mod: unexpected module path \"github.com/new/y\"",
    ),
    (
        "path/moved",
        "example.com/old@v9.9.9: invalid version: unknown revision v9.9.9; its newest go.mod declares its path as: example.com/new",
    ),
    (
        "network/refused",
        "go: module example.com/a: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connectex: No connection could be made because the target machine actively refused it.",
    ),
    (
        "network/refused",
        "go: example.com/a@v1.0.0: Get https://p.example.com/x: dial tcp 192.0.2.1:443: connect: connection refused",
    ),
    (
        "network/timeout",
        "go: module example.com/a: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connectex: A connection attempt failed because the connected party did not properly respond after a period of time",
    ),
    (
        "network/timeout",
        "go: module example.com/a: Get \"https://p.example.com/x\": read tcp 192.0.2.7:50000->192.0.2.1:443: wsarecv: A connection attempt failed because the connected party did not properly respond after a period of time",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connect: operation timed out",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote -q origin in /go/x: exit status 128:\n\tfatal: unable to access 'https://github.com/x/y/': Failed to connect to github.com port 443 after 21035 ms: Timed out",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote -q origin in /go/x: exit status 128:\n\tssh: connect to host github.com port 22: Connection timed out\n\tfatal: Could not read from remote repository.",
    ),
    (
        "network/reset",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": read tcp 192.0.2.7:50000->192.0.2.1:443: wsarecv: An existing connection was forcibly closed by the remote host.",
    ),
    (
        "network/reset",
        "go: example.com/a@v1.0.0: invalid version: git fetch -f origin in /go/x: exit status 128:\n\terror: RPC failed; curl 56 GnuTLS recv error (-9): Error decoding the received TLS packet.\n\tfatal: early EOF",
    ),
    (
        "network/reset",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote: exit status 128:\n\tfatal: unable to access 'https://github.com/x/y/': OpenSSL SSL_connect: Connection reset by peer in connection to github.com:443",
    ),
    (
        "network/unreachable",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connectex: A socket operation was attempted to an unreachable network.",
    ),
    (
        "network/no-route",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connectex: A socket operation was attempted to an unreachable host.",
    ),
    (
        "dns/no-such-host",
        "go: module example.com/a: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com: no such host",
    ),
    (
        "dns/no-such-host",
        "go: module example.com/a: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com: getaddrinfow: The requested name is valid, but no data of the requested type was found.",
    ),
    (
        "dns/no-such-host",
        "go: module example.com/a: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com: nodename nor servname provided, or not known",
    ),
    (
        "dns/server-failure",
        "go: module example.com/a: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com: getaddrinfow: This is usually a temporary error during hostname resolution and means that the local server did not receive a response from an authoritative server.",
    ),
    (
        "dns/resolver-unreachable",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on [::1]:53: read udp [::1]:43341->[::1]:53: read: connection refused",
    ),
    (
        "tls/unknown-authority",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": tls: failed to verify certificate: x509: \u{201c}p.example.com\u{201d} certificate is not trusted",
    ),
    (
        "tls/unknown-authority",
        "go: example.com/a@v1.0.0: Get https://p.example.com/x: x509: certificate signed by unknown authority",
    ),
    (
        "tls/unknown-authority",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote: exit status 128:\n\tfatal: unable to access 'https://git.example.com/a/': SSL certificate problem: self signed certificate in certificate chain",
    ),
    (
        "tls/expired",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": tls: failed to verify certificate: x509: \u{201c}p.example.com\u{201d} certificate is expired",
    ),
    (
        "tls/wrong-name",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": x509: certificate relies on legacy Common Name field, use SANs or temporarily enable Common Name matching with GODEBUG=x509ignoreCN=0",
    ),
    (
        "sum/not-in-database",
        "verifying git.example.com/a@v1.0.0: git.example.com/a@v1.0.0: reading https://sum.golang.org/lookup/git.example.com/a@v1.0.0: 410 Gone",
    ),
    (
        "sum/database-unreachable",
        "verifying example.com/a@v1.0.0/go.mod: example.com/a@v1.0.0/go.mod: Get \"https://sum.golang.org/lookup/example.com/a@v1.0.0\": dial tcp 192.0.2.1:443: i/o timeout",
    ),
    (
        "sum/database-unreachable",
        "verifying example.com/a@v1.0.0/go.mod: example.com/a@v1.0.0/go.mod: Get https://sum.golang.org/lookup/example.com/a@v1.0.0: dial tcp 192.0.2.1:443: i/o timeout",
    ),
    (
        "version/unknown-revision",
        "go: k8s.io/kubernetes@v1.16.1 requires\n\tk8s.io/api@v0.0.0: reading k8s.io/api/go.mod at revision v0.0.0: unknown revision v0.0.0",
    ),
    (
        "toolchain/too-old",
        "main.go:4:2: package slices is not in GOROOT (/usr/local/go/src/slices)",
    ),
    (
        "toolchain/too-old",
        "go: errors parsing go.mod:\nC:\\my files\\x\\go.mod:3: invalid go version '1.23.2': must match format 1.23",
    ),
    (
        "toolchain/too-old",
        "go mod tidy: go.mod file indicates go 1.22, but maximum supported version is 1.17",
    ),
    (
        "local/no-locks",
        "go: RLock /storage/emulated/0/x/go.mod: Function not implemented",
    ),
    (
        "local/permission",
        "go: could not create module cache: mkdir C:\\go\\pkg: Access is denied.",
    ),
    (
        "local/disk-full",
        "go: example.com/a@v1.0.0: write C:\\Users\\me\\go\\pkg\\mod\\cache\\x.zip: There is not enough space on the disk.",
    ),
    (
        "local/no-program",
        "main.go:3: running \"mockgen\": exec: \"mockgen\": executable file not found in $PATH",
    ),
    (
        "local/no-c-compiler",
        "# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in %PATH%",
    ),
    (
        "vcs/not-installed",
        "go: example.com/a@v1.0.0: git init --bare in /go/x: exec: \"git\": executable file not found in %PATH%",
    ),
    (
        "vcs/auth",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote: exit status 128:\n\tfatal : \u{c9}chec d'authentification pour 'https://git.example.com/a/'",
    ),
    (
        "vcs/no-repository",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote: exit status 128:\n\tfatal: repositorio 'https://git.example.com/a/' no encontrado",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote -q origin in /go/x: exit status 128:\n\t\u{81f4}\u{547d}\u{9519}\u{8bef}\u{ff1a}\u{65e0}\u{6cd5}\u{8bbf}\u{95ee} 'https://github.com/x/y/'\u{ff1a}Failed to connect to github.com port 443: \u{8fde}\u{63a5}\u{8d85}\u{65f6}",
    ),
    (
        "network/refused",
        "go: example.com/a@v1.0.0: invalid version: git ls-remote -q origin in /go/x: exit status 128:\n\tSchwerwiegend: konnte nicht auf 'https://github.com/x/y/' zugreifen: Failed to connect to github.com port 443: Verbindungsaufbau abgelehnt",
    ),
    (
        "local/no-program",
        "/bin/bash: line 1: mockgen: command not found\nmake: *** [Makefile:3: gen] Error 127",
    ),
    (
        "workspace/go-line",
        "go: module . listed in go.work file requires go >= 1.22.0, but go.work lists go 1.21; to update it:\n\tgo work use",
    ),
    (
        "workspace/not-allowed",
        "go: -mod may only be set to readonly or vendor when in workspace mode, but it is set to \"mod\"\n\tRemove the -mod flag to use the default readonly value, \n\tor set GOWORK=off to disable workspace mode.",
    ),
    (
        "network/timeout",
        "unrecognized import path \"golang.org/x/net\" (https fetch: Get https://golang.org/x/net?go-get=1: dial tcp 192.0.2.1:443: i/o timeout)",
    ),
    (
        "network/timeout",
        "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp: lookup p.example.com on 127.0.0.11:53: read udp 127.0.0.1:45713->127.0.0.11:53: i/o timeout",
    ),
];
