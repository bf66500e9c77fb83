//! GOPROXY lists against the real `go`: what it refuses and why, and which entries it tries.
//!
//! Nothing leaves the machine. Every http request goes to a forward proxy at a port where nobody
//! listens, so each http entry fails at once, each file entry is "not found", and `-x` shows which
//! were tried.

use gomod::goproxy::{
    ProxyFallback, ProxyList, ProxyListEntry, ProxyListError, ProxyScheme, UrlError,
};
use testkit::go::{Go, Project};
use testkit::oracle::{Oracle, Seed};

/// How many lists are put to `go`, one process each.
const LISTS: usize = 500;
/// Nobody listens at port 1 (tcpmux) of a machine that runs tests.
const DEAD_END: &str = "http://127.0.0.1:1";

#[rustfmt::skip]
const ENTRIES: &[&str] = &[
    "https://h#.example.com", "h#.example.com", "https://h#.example.com/go/", "http://h#.example.com",
    "h#.example.com:8080/x", " https://h#.example.com ", "https://u:p@h#.example.com", "HTTPS://h#.example.com",
    "https://h#.example.com?q=1", "https://h#.example.com/a%20b", "file:///nonexistent", "file:///nonexistent",
    "FILE:///nonexistent", "direct", "off", "", " ",
];
#[rustfmt::skip]
const ODD: &[&str] = &[
    "localhost", "noproxy", "ftp://h#.example.com", "/srv/proxy", "https://[::1", "file://h#/x", ":x",
    "a:b", "Direct", "file:/x", "file:///x?y", "https://h#.example.com:x", "https://u s@h#.example.com",
    "https://h#.example.com/%zz", "https:///x", "./proxy", "http:x", "https://h#.exa mple.com",
];

fn list(seed: &mut Seed) -> String {
    let mut list = String::new();
    for index in 0..=seed.below(4) {
        let table = if seed.chance(0.1) { ODD } else { ENTRIES };
        list.push_str(&seed.pick::<&str>(table).replace('#', &index.to_string()));
        list.push_str(seed.pick::<&str>(&[",", "|", "|"]));
    }
    if seed.chance(0.7) {
        list.pop();
    }
    list
}

/// What became of a list: a class of refusal, or how many entries were tried over the network.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused(&'static str),
    Tried(usize),
}

fn go(list: &str, project: &Project) -> Outcome {
    let go = Go::new(list)
        .env("HTTP_PROXY", DEAD_END)
        .env("HTTPS_PROXY", DEAD_END)
        .env("GOFLAGS", "-mod=mod");
    let output = go.run(
        &["list", "-x", "-m", "example.com/x@v1.0.0"],
        project.path(),
    );
    let said = output.stderr;
    let classes = [
        ("contains no entries", "none"),
        ("missing scheme", "scheme"),
        ("missing protocol scheme", "scheme"),
        ("cannot contain colon", "scheme"),
        ("invalid proxy URL scheme", "unknown"),
        ("non-path elements", "file"),
        ("@v1.0.0: parse \"", "malformed"),
    ];
    if let Some((_, class)) = classes.iter().find(|(text, _)| said.contains(text)) {
        return Outcome::Refused(class);
    }
    let mut tried: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("# get ")?.split(' ').next())
        .map(|url| url.trim_end_matches(':'))
        .collect();
    tried.dedup();
    Outcome::Tried(tried.len())
}

fn ours(list: &str) -> Outcome {
    let list = match ProxyList::parse(list) {
        Ok(list) => list,
        Err(ProxyListError::NoEntries) => return Outcome::Refused("none"),
        Err(ProxyListError::Entry { reason, .. }) => {
            return Outcome::Refused(match reason {
                UrlError::NoScheme => "scheme",
                UrlError::UnknownScheme => "unknown",
                UrlError::FileWithMore => "file",
                UrlError::NoHost => "no host",
                _ => "malformed",
            });
        }
    };
    let mut tried = 0;
    for (entry, fallback) in list.entries() {
        let failed = match entry {
            ProxyListEntry::Off => break,
            ProxyListEntry::Proxy(url) => url.scheme() != ProxyScheme::File,
            ProxyListEntry::Direct => true,
        };
        tried += usize::from(failed);
        if failed && *fallback == ProxyFallback::OnNotFound {
            break;
        }
    }
    Outcome::Tried(tried)
}

#[test]
fn lists_are_read_and_walked_as_by_go() {
    if Oracle::start_or_skip().is_none() {
        return;
    }
    let mut seed = Seed::new(701);
    let project = Project::new("module example.org/x\n\ngo 1.21\n", &[]);
    let (mut refused, mut stricter) = (0, 0);
    for index in 0..LISTS {
        let list = list(&mut seed);
        let list = if seed.chance(0.2) {
            seed.mutate(list.as_bytes())
        } else {
            list.into_bytes()
        };
        // The empty string is go's default list, which is the caller's business; NUL cannot be in
        // an environment.
        let Ok(list) = String::from_utf8(list) else {
            continue;
        };
        if list.is_empty() || list.contains('\0') {
            continue;
        }
        let (go, ours) = (go(&list, &project), ours(&list));
        refused += usize::from(matches!(go, Outcome::Refused(_)));
        match (&go, &ours) {
            // Ours refuses there; go would go on with the entries behind, whatever they are.
            (_, Outcome::Refused("no host")) => stricter += 1,
            // Of two things wrong with one URL, go names the one that it looks at first.
            (Outcome::Refused("malformed"), Outcome::Refused(_)) => {}
            _ => assert_eq!(go, ours, "{list:?}, the {index}th; left is go"),
        }
    }
    println!(
        "go GOPROXY: {LISTS} lists ({refused} refused by go, {stricter} for their missing host by \
         us alone), 0 differences"
    );
}
