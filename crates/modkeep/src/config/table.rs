//! The table of options.

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionSpec {
    /// Flag without its dashes, and key of the TOML file.
    pub name: &'static str,
    /// Under which heading it stands in help texts.
    pub group: Group,
    /// What values it takes.
    pub kind: Kind,
    /// What stands for the value in help texts.
    pub placeholder: &'static str,
    /// The value where nothing is configured, as one would write it.
    pub default: DefaultValue,
    /// What it means, one or two sentences.
    pub doc: &'static str,
    /// A value as one would write it.
    pub example: &'static str,
}

/// What options are about: the headings of help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Where clients come in, and how the process begins and ends.
    Listening,
    /// What is kept, and its health.
    Keeping,
    /// Where modules come from.
    Sources,
    /// Checksum databases.
    Proof,
    /// How old an answer may be.
    Answers,
    /// What clients may cost.
    Limits,
    /// What is known about vulnerabilities.
    Advisories,
    /// What is written about all that.
    Log,
}

/// The values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ADDRESS:PORT` or `unix:PATH`.
    Address,
    /// Addresses with commas between them; an array in the file.
    Addresses,
    /// A path of the file system.
    Path,
    /// Free text with a grammar of its own.
    Text,
    /// A list of sources in the grammar of GOPROXY; what in it may be a secret is not shown.
    Sources,
    /// Free text with URLs in it; what in them may be a secret is not shown.
    Urls,
    /// A number with a unit: `500ms`, `30s`, `5m`, `2h`, `7d`.
    Duration,
    /// The same, or `off`.
    DurationOrOff,
    /// A number with a unit: `64MiB`, `1GiB`; without one, bytes.
    Bytes,
    /// A number from 1 on.
    Count,
    /// `on` or `off`; `true` or `false` in the file.
    Switch,
    /// Texts with commas between them; an array in the file.
    List,
    /// The same with URLs in them; what in them may be a secret is not shown.
    UrlList,
    /// An http or https URL that everybody may see.
    PublicUrl,
    /// The filter of the log.
    LogFilter,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// The value where nothing is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// This.
    Fixed(&'static str),
    /// Found out at start; described for people.
    Found(&'static str),
    /// Nothing: the feature is off.
    Unset,
}

use DefaultValue::{Fixed, Found, Unset};

/// All options of `serve` and `run`, in the order of the reference page.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "listen",
        group: Group::Listening,
        kind: Kind::Addresses,
        placeholder: "ADDRESSES",
        default: Fixed("127.0.0.1:3000"),
        doc: "Addresses to listen on, separated by commas: ADDRESS:PORT (port 0 takes any free one) or unix:PATH. Where a \
              service manager passes sockets (LISTEN_FDS), those are used in place of the default. `run` always listens on \
              127.0.0.1:0 and ignores it.",
        example: "0.0.0.0:3000",
    },
    OptionSpec {
        name: "admin-listen",
        group: Group::Listening,
        kind: Kind::Address,
        placeholder: "ADDRESS:PORT",
        default: Unset,
        doc: "Address at which operators are answered: `/-/refresh`, `/-/cases`, `/-/requests`, `/-/status`, `/-/journal`. \
              Without it they are answered to requests from this machine; set it where a proxy runs on the same machine.",
        example: "127.0.0.1:3001",
    },
    OptionSpec {
        name: "public-host",
        group: Group::Listening,
        kind: Kind::List,
        placeholder: "NAMES",
        default: Unset,
        doc: "Host names, separated by commas, under which clients reach this server. Addresses, names without a dot, and \
              names below localhost, local, internal and home.arpa are served unasked; any other is refused, because a \
              web page could pose as this server under it.",
        example: "goproxy.example.com",
    },
    OptionSpec {
        name: "public-url",
        group: Group::Listening,
        kind: Kind::PublicUrl,
        placeholder: "URL",
        default: Unset,
        doc: "The URL under which clients reach this server, where that is not what they ask it for: behind a proxy with TLS \
              or below a path. The start page and `modkeep env --server` name it, and its host is served as those of public-host are.",
        example: "https://goproxy.example.com/go",
    },
    OptionSpec {
        name: "trusted-proxies",
        group: Group::Listening,
        kind: Kind::List,
        placeholder: "CIDRS",
        default: Unset,
        doc: "Networks of the proxies in front of this server, separated by commas. Of those it believes X-Forwarded-For: the last \
              address there that is of none of them is the client, for budgets and for the log. A Unix domain socket counts as 127.0.0.1.",
        example: "127.0.0.1,10.20.0.0/16",
    },
    OptionSpec {
        name: "data",
        group: Group::Keeping,
        kind: Kind::Path,
        placeholder: "DIR",
        default: Found("`modkeep` in the platform's data directory"),
        doc: "Directory of everything that is kept. One process at a time holds it.",
        example: "/var/lib/modkeep",
    },
    OptionSpec {
        name: "disk-reserve",
        group: Group::Keeping,
        kind: Kind::Bytes,
        placeholder: "SIZE",
        default: Found("2GiB, or a twentieth of the disk if that is less"),
        doc: "Room on the disk of the data directory that is left alone: below it nothing new is kept (503, MK3011), before any \
              byte is sent, and what is kept is served as always. 0 is none. Clients go on with the next entry of GOPROXY \
              if a `|` stands before it.",
        example: "10GiB",
    },
    OptionSpec {
        name: "upstream",
        group: Group::Sources,
        kind: Kind::Sources,
        placeholder: "LIST",
        default: Found(
            "`GOPROXY`, else what `go env GOPROXY` says, else `https://goproxy.cn,direct`",
        ),
        doc: "Where modules come from: the grammar of GOPROXY, with `,`, `|`, `direct`, `off`, http, https and file URLs.",
        example: "https://proxy.example.com,https://mirror.example.org",
    },
    OptionSpec {
        name: "sumdb",
        group: Group::Proof,
        kind: Kind::Urls,
        placeholder: "SPEC",
        default: Found("`GOSUMDB`, else sum.golang.org"),
        doc: "The checksum database that artifacts are verified with, in the grammar of GOSUMDB: `off`, `NAME`, `NAME+KEY`, \
              or one of those and a URL. Without a URL it is reached through the upstreams, as go does.",
        example: "sum.golang.org https://sum.example.com/db",
    },
    OptionSpec {
        name: "verify",
        group: Group::Proof,
        kind: Kind::Choice(&["required", "available", "off"]),
        placeholder: "MODE",
        default: Fixed("required"),
        doc: "Proof against the checksum database before anything is served: `required` (no proof, no bytes), `available` \
              (a database that cannot be asked does not stop a capture; it is marked and proven later), `off` (toolchains only).",
        example: "available",
    },
    OptionSpec {
        name: "sumdb-mirror",
        group: Group::Proof,
        kind: Kind::Choice(&["off", "tiles"]),
        placeholder: "WHAT",
        default: Fixed("off"),
        doc: "Whether `serve` keeps every tile of the checksum database's log in the background, and follows its growth, so \
              that any client can check any head while the database cannot be asked. 2.3 GB for the public log.",
        example: "tiles",
    },
    OptionSpec {
        name: "sumdb-mirror-rate",
        group: Group::Proof,
        kind: Kind::Count,
        placeholder: "N",
        default: Fixed("20"),
        doc: "Requests a second for it at most. At 20 the public log takes about four hours.",
        example: "100",
    },
    OptionSpec {
        name: "private",
        group: Group::Sources,
        kind: Kind::List,
        placeholder: "PATTERNS",
        default: Found("`GONOPROXY`, else `GOPRIVATE`"),
        doc: "Modules whose names stay here, in the grammar of GOPRIVATE: neither --upstream nor a checksum database \
              is asked about them. Where it comes from go's settings, --no-sumdb alone says what no database is asked about, as for go.",
        example: "*.corp.example.com,git.example.com/team",
    },
    OptionSpec {
        name: "no-sumdb",
        group: Group::Proof,
        kind: Kind::List,
        placeholder: "PATTERNS",
        default: Found("`GONOSUMDB`, else `GOPRIVATE`"),
        doc: "Further modules that no public checksum database is asked about, in the same grammar: --upstream is, and what it \
              sends first stays. A --private that is given is never narrowed by it.",
        example: "modules.example.com",
    },
    OptionSpec {
        name: "private-upstream",
        group: Group::Sources,
        kind: Kind::Sources,
        placeholder: "LIST",
        default: Unset,
        doc: "Where the modules of --private come from, in the grammar of GOPROXY. Without it they are not fetched.",
        example: "https://modules.corp.example.com",
    },
    OptionSpec {
        name: "own-sumdb",
        group: Group::Proof,
        kind: Kind::Text,
        placeholder: "NAME",
        default: Unset,
        doc: "The checksum database of this site's own that takes records, made by `modkeep sumdb init`. All that were \
              made are served.",
        example: "sum.corp.example.com/2026",
    },
    OptionSpec {
        name: "own-sumdb-scope",
        group: Group::Proof,
        kind: Kind::Choice(&["private", "all"]),
        placeholder: "SCOPE",
        default: Fixed("private"),
        doc: "What it has: records of the modules of --private and --no-sumdb, or of all, those of public ones copied from the \
              public database after proof.",
        example: "all",
    },
    OptionSpec {
        name: "witness",
        group: Group::Proof,
        kind: Kind::UrlList,
        placeholder: "LIST",
        default: Unset,
        doc: "Witnesses that are asked to sign the heads of own-sumdb, as `NAME+KEY URL`, separated by commas.",
        example: "w1.example.com+75a05cf5+BPdBTQVQT60ZSFHXDR1VJdgTVBbUOgJkYB5rmQm2Y8qd https://w1.example.com",
    },
    OptionSpec {
        name: "witness-quorum",
        group: Group::Proof,
        kind: Kind::Count,
        placeholder: "N",
        default: Unset,
        doc: "How many witnesses must have signed a head before it is shown; without it none is waited for longer than 5s.",
        example: "2",
    },
    OptionSpec {
        name: "ca",
        group: Group::Sources,
        kind: Kind::Path,
        placeholder: "FILE",
        default: Unset,
        doc: "PEM file of roots that are trusted besides the system's.",
        example: "/etc/ssl/company.pem",
    },
    OptionSpec {
        name: "credentials",
        group: Group::Sources,
        kind: Kind::Path,
        placeholder: "FILE",
        default: Found("`modkeep.netrc` of the service manager's credentials, if it is there"),
        doc: "File of users and passwords of upstreams, in the syntax of netrc; an entry without `login` is a bearer token, and \
              HOST:PORT names one port. They go over TLS, or to this machine. systemd's LoadCredential=modkeep.netrc:FILE \
              needs no option.",
        example: "/etc/modkeep/netrc",
    },
    OptionSpec {
        name: "allow-net",
        group: Group::Sources,
        kind: Kind::List,
        placeholder: "CIDRS",
        default: Unset,
        doc: "Networks that redirects of an upstream may reach although they are loopback, private or otherwise not of the \
              public internet, separated by commas. An upstream itself is always reached.",
        example: "10.20.0.0/16,fd00:20::/32",
    },
    OptionSpec {
        name: "connect-timeout",
        group: Group::Sources,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("5s"),
        doc: "Deadline for connecting to an upstream, name lookup and TLS included.",
        example: "2s",
    },
    OptionSpec {
        name: "header-timeout",
        group: Group::Sources,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("30s"),
        doc: "Deadline from asking an upstream to the header of its answer.",
        example: "1m",
    },
    OptionSpec {
        name: "stall-timeout",
        group: Group::Sources,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("30s"),
        doc: "Deadline between two pieces of an upstream's body.",
        example: "10s",
    },
    OptionSpec {
        name: "upstream-silence",
        group: Group::Sources,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("2s"),
        doc: "Silence after which an upstream is asked something small, with the same deadline; if it is silent to that too, \
              the request fails. An upstream that answers it is waited for up to header-timeout.",
        example: "5s",
    },
    OptionSpec {
        name: "upstream-breaker",
        group: Group::Sources,
        kind: Kind::Switch,
        placeholder: "on|off",
        default: Fixed("on"),
        doc: "Whether an upstream that fails too often is left alone until it answers a small probe well. \
              Off, every request asks it.",
        example: "off",
    },
    OptionSpec {
        name: "upstream-hedge",
        group: Group::Sources,
        kind: Kind::Switch,
        placeholder: "on|off",
        default: Fixed("on"),
        doc: "Whether an upstream is asked a second time for something small that is later than 95 of 100 were, \
              within a fifth of all requests.",
        example: "off",
    },
    OptionSpec {
        name: "upstream-requests",
        group: Group::Sources,
        kind: Kind::Count,
        placeholder: "N",
        default: Fixed("64"),
        doc: "Requests in flight at one upstream, and twice as many at the checksum databases that it mirrors; others \
              wait within the header deadline.",
        example: "16",
    },
    OptionSpec {
        name: "list-max-age",
        group: Group::Answers,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("60s"),
        doc: "How old a list, `@latest` or the answer to a query may be before an upstream is asked again.",
        example: "10s",
    },
    OptionSpec {
        name: "list-stale",
        group: Group::Answers,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("60s"),
        doc: "For how long after that an old answer is still given at once while an upstream is asked in the background.",
        example: "5m",
    },
    OptionSpec {
        name: "refresh-patience",
        group: Group::Answers,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("2s"),
        doc: "How long a client waits for a refresh when an old answer is at hand.",
        example: "500ms",
    },
    OptionSpec {
        name: "absence-max-age",
        group: Group::Answers,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("30s"),
        doc: "For how long an upstream's \"does not exist\" is believed without asking again.",
        example: "5s",
    },
    OptionSpec {
        name: "absence-stale",
        group: Group::Answers,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("7d"),
        doc: "For how long it is believed while no upstream can be asked, where nothing of the module was ever kept or listed.",
        example: "1d",
    },
    OptionSpec {
        name: "memory-limit",
        group: Group::Limits,
        kind: Kind::Bytes,
        placeholder: "SIZE",
        default: Fixed("64MiB"),
        doc: "Memory for small artifacts and checksum-database records. Zips are not held in memory.",
        example: "256MiB",
    },
    OptionSpec {
        name: "prefetch",
        group: Group::Sources,
        kind: Kind::Choice(&["off", "mod", "on"]),
        placeholder: "WHAT",
        default: Fixed("on"),
        doc: "What is fetched before a client asks for it: `off`, `mod` (go.mod and .info files), `on` (zips too). \
              Turn it off where an upstream charges by the request or the byte.",
        example: "mod",
    },
    OptionSpec {
        name: "scrub-period",
        group: Group::Keeping,
        kind: Kind::DurationOrOff,
        placeholder: "TIME",
        default: Fixed("7d"),
        doc: "Everything kept is hashed again once in this time, and damage is healed from an upstream or put aside. \
              `off` turns it off.",
        example: "30d",
    },
    OptionSpec {
        name: "scrub-cpu",
        group: Group::Keeping,
        kind: Kind::Count,
        placeholder: "PERCENT",
        default: Fixed("5"),
        doc: "The share of one core that scrubbing may take, in percent. It is kept even if the period is exceeded.",
        example: "20",
    },
    OptionSpec {
        name: "max-connections",
        group: Group::Limits,
        kind: Kind::Count,
        placeholder: "N",
        default: Fixed("20000"),
        doc: "Client connections at a time. When all are taken, the one that rests longest makes room; one address has \
              three fourths of them at most. The system's limit of open files has to allow as many.",
        example: "1000",
    },
    OptionSpec {
        name: "answer-memory",
        group: Group::Limits,
        kind: Kind::Bytes,
        placeholder: "SIZE",
        default: Fixed("256MiB"),
        doc: "Memory for the pieces of answers that are on their way to clients; one address has a fourth of it at most.",
        example: "64MiB",
    },
    OptionSpec {
        name: "posted-memory",
        group: Group::Limits,
        kind: Kind::Bytes,
        placeholder: "SIZE",
        default: Fixed("256MiB"),
        doc: "Memory for lists that clients post to be answered (a list counts eight times its size); one address has a \
              fourth of it at most, and beyond it 429.",
        example: "64MiB",
    },
    OptionSpec {
        name: "client-header-timeout",
        group: Group::Limits,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("15s"),
        doc: "How long a client may take to send the head of a request.",
        example: "5s",
    },
    OptionSpec {
        name: "idle-timeout",
        group: Group::Limits,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("120s"),
        doc: "How long a client's connection may rest between two requests. \
              Keep it above 90s: that is when go closes a resting connection itself.",
        example: "3m",
    },
    OptionSpec {
        name: "client-stall-timeout",
        group: Group::Limits,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("60s"),
        doc: "How long a client may take for the next 16 KiB of an answer that lies ready; 5s while others wait for memory.",
        example: "30s",
    },
    OptionSpec {
        name: "take-over",
        group: Group::Listening,
        kind: Kind::Switch,
        placeholder: "on|off",
        default: Fixed("off"),
        doc: "Whether this process takes the listening sockets of the one that serves the data directory, which then finishes \
              its answers and ends. Nobody is refused meanwhile; new requests wait until the store is free. A process that \
              hands nothing over, such as one of an older release, is waited for. Without any it is an ordinary start.",
        example: "on",
    },
    OptionSpec {
        name: "lame-duck",
        group: Group::Listening,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("0s"),
        doc: "From the order to stop until no connection is accepted any more, while `/readyz` says 503: what a load balancer \
              needs to look elsewhere. It is not waited for when another process takes over.",
        example: "10s",
    },
    OptionSpec {
        name: "drain-timeout",
        group: Group::Listening,
        kind: Kind::Duration,
        placeholder: "TIME",
        default: Fixed("25s"),
        doc: "How long open answers may take once no connection is accepted any more, before they are cut.",
        example: "5s",
    },
    OptionSpec {
        name: "vulndb",
        group: Group::Advisories,
        kind: Kind::Urls,
        placeholder: "URL",
        default: Fixed("https://vuln.go.dev"),
        doc: "Where the public vulnerability database is fetched from, as one archive `vulndb.zip`, by `serve` every six hours and by `gate` where it is older than a day; or off. Where --upstream is `off` it is not fetched, unless this is set.",
        example: "https://vuln.example.com",
    },
    OptionSpec {
        name: "advisories",
        group: Group::Advisories,
        kind: Kind::Path,
        placeholder: "DIR",
        default: Unset,
        doc: "Directory of OSV files of this site's own, merged with the public data whenever that is fetched.",
        example: "/etc/modkeep/advisories",
    },
    OptionSpec {
        name: "log-format",
        group: Group::Log,
        kind: Kind::Choice(&["text", "json"]),
        placeholder: "FORMAT",
        default: Fixed("text"),
        doc: "Form of the log on standard error.",
        example: "json",
    },
    OptionSpec {
        name: "log-private",
        group: Group::Log,
        kind: Kind::Switch,
        placeholder: "on|off",
        default: Fixed("off"),
        doc: "Whether the log names private modules (those of `--private` and `--no-sumdb`). `off` writes `(private)` in their \
              place at every level above debug, so that a log can be handed on; its owner may want to see them.",
        example: "on",
    },
    OptionSpec {
        name: "log-level",
        group: Group::Log,
        kind: Kind::LogFilter,
        placeholder: "FILTER",
        default: Found("`info` for `serve`, `warn` for `run`"),
        doc: "What is logged: error, warn, info, debug, trace, or a filter such as `info,access=off`.",
        example: "info,access=warn",
    },
];

// === impl OptionSpec ===

impl OptionSpec {
    /// The row of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| option.name == name)
    }

    /// The environment variable: `MODKEEP_` and the name in capitals.
    pub fn variable(&self) -> String {
        variable(self.name)
    }
}

/// The environment variable of an option of this name.
pub(super) fn variable(name: &str) -> String {
    format!("MODKEEP_{}", name.to_uppercase().replace('-', "_"))
}

// === impl Group ===

impl Group {
    /// The heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Listening => "Listening, starting and stopping",
            Self::Keeping => "What is kept",
            Self::Sources => "Where modules come from",
            Self::Proof => "Checksum databases",
            Self::Answers => "How old an answer may be",
            Self::Limits => "What clients may cost",
            Self::Advisories => "Vulnerabilities",
            Self::Log => "Log",
        }
    }
}

// === impl DefaultValue ===

impl DefaultValue {
    /// For help texts and the reference page.
    pub fn describe(self) -> &'static str {
        match self {
            Fixed(text) | Found(text) => text,
            Unset => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DefaultValue, OPTIONS};
    use crate::config::value;
    use std::collections::HashSet;

    #[test]
    fn every_row_is_complete_and_its_own_default_and_example_can_be_read() {
        let names: HashSet<&str> = OPTIONS.iter().map(|option| option.name).collect();
        assert_eq!(names.len(), OPTIONS.len());
        for option in OPTIONS {
            assert!(
                option.doc.ends_with('.') && option.doc.is_ascii(),
                "{}",
                option.name
            );
            assert_eq!(
                value::check(option.kind, option.example),
                Ok(()),
                "{}",
                option.name
            );
            if let DefaultValue::Fixed(text) = option.default {
                assert_eq!(value::check(option.kind, text), Ok(()), "{}", option.name);
            }
        }
    }
}
