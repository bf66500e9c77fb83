//! Tables of request lines and what they mean.

use super::{MAX_PATH, Route, RouteError};
use codes::Code;
use gomod::ModulePath;
use http::Method;
use protocol::{Fetching, Resource};

fn get(path: &str) -> Result<Route, RouteError> {
    Route::parse(&Method::GET, path)
}

fn code(path: &str) -> Option<Code> {
    get(path).err().map(|error| error.code())
}

fn resource(path: &str) -> Resource {
    match get(path) {
        Ok(Route::Resource(resource, Fetching::Allowed)) => resource,
        other => panic!("{path}: {other:?}"),
    }
}

fn module(path: &str) -> ModulePath {
    ModulePath::parse(path).unwrap()
}

#[test]
fn the_module_protocol_is_read() {
    assert_eq!(
        resource("/rsc.io/quote/@v/list"),
        Resource::List(module("rsc.io/quote"))
    );
    assert_eq!(
        resource("/github.com/!burnt!sushi/toml/@latest"),
        Resource::Latest(module("github.com/BurntSushi/toml"))
    );
    assert_eq!(
        resource("/rsc.io/quote/@v/master.info"),
        Resource::Query {
            module: module("rsc.io/quote"),
            query: "master".to_owned()
        }
    );
    for (path, wanted) in [
        ("/rsc.io/quote/@v/v1.5.2.info", "rsc.io/quote@v1.5.2.info"),
        (
            "/rsc.io/quote/v3/@v/v3.1.0.mod",
            "rsc.io/quote/v3@v3.1.0.mod",
        ),
        (
            "/github.com/!azure/x/@v/v1.0.0-!r!c1.zip",
            "github.com/Azure/x@v1.0.0-RC1.zip",
        ),
        (
            "/example.com/x/@v/v2.0.0+incompatible.zip",
            "example.com/x@v2.0.0+incompatible.zip",
        ),
        (
            "/example.com/x/@v/v2.0.0%2Bincompatible.zip",
            "example.com/x@v2.0.0+incompatible.zip",
        ),
        (
            "/golang.org/toolchain/@v/v0.0.1-go1.26.0.linux-amd64.zip",
            "golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64.zip",
        ),
        (
            "/example.com/a%7eb/@v/v1.0.0.mod",
            "example.com/a~b@v1.0.0.mod",
        ),
    ] {
        match resource(path) {
            Resource::Artifact(artifact) => assert_eq!(artifact.to_string(), wanted),
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[test]
fn every_name_that_go_sends_comes_in_as_it_went_out() {
    const SPECIAL: &[u8] = b"!#$%&()+,-.=@[]^_{}~ /\\:*?\"<>|'`;aZ02dD";
    let special = |at: usize| char::from(SPECIAL[at % SPECIAL.len()]);
    let mut sent = 0;
    for number in 0..SPECIAL.len().pow(3) {
        let letters = [
            number,
            number / SPECIAL.len(),
            number / SPECIAL.len().pow(2),
        ];
        let name: String = letters.map(special).iter().collect();
        // What Go refuses, it never sends.
        let Ok(escaped) = gomod::escape::escape_version(&name) else {
            continue;
        };
        sent += 1;
        let path = format!("/rsc.io/quote/@v/{escaped}.info");
        let query = Resource::Query {
            module: module("rsc.io/quote"),
            query: name,
        };
        assert_eq!(
            resource(&gomod::escape::percent_encode(&path)),
            query,
            "{path}"
        );
    }
    assert!(sent > 10_000, "{sent}");
}

#[test]
fn several_slashes_are_one_for_every_route() {
    for path in [
        "/rsc.io/quote/@v/list",
        "/cached-only/rsc.io/quote/@latest",
        "/sumdb/sum.example.com/latest",
        "/-/status",
        "/-/journal/checkpoint",
        "/livez",
        "/index",
        "/",
    ] {
        for slashes in ["//", "///"] {
            let spelled = path.replace('/', slashes);
            assert_eq!(get(&spelled), get(path), "{spelled}");
        }
        assert!(get(path).is_ok(), "{path}");
    }
}

#[test]
fn what_no_go_command_sends_is_400() {
    for path in [
        "",
        "rsc.io/quote/@v/list",
        "//rsc.io/quote/@v//",
        "/rsc.io/%2f/quote/@v/list",
        "/rsc.io/quote/@v/list/",
        "/rsc.io/../quote/@v/list",
        "/rsc.io/%2e%2e/quote/@v/list",
        "/rsc.io/./quote/@v/list",
        "/rsc.io/quote%2f..%2fx/@v/list",
        "/rsc.io/quote%00/@v/list",
        "/rsc.io/quote%0a/@v/list",
        "/rsc.io/quote%/@v/list",
        "/rsc.io/quote%2/@v/list",
        "/rsc.io/quote%+1/@v/list",
        "/rsc.io/quote%zz/@v/list",
        "/rsc.io/quote%ff/@v/list",
        "/github.com/BurntSushi/toml/@v/list",
        "/github.com/!Burnt/toml/@v/list",
        "/github.com/x!/@v/list",
        "/github.com/!1/@v/list",
        "/rsc.io/quote/@v/V1.0.0.mod",
        "/rsc.io/quote/@v/",
        "/rsc.io/quote/@v/v1.0.0",
        "/rsc.io/quote/@v/v1.0.0.txt",
        "/rsc.io/quote/@v/.info",
    ] {
        assert_eq!(code(path), Some(Code::MalformedRequest), "{path}");
    }
}

#[test]
fn what_go_itself_refuses_is_404_so_that_probes_go_on() {
    for path in [
        "/nodot/x/@v/list",
        "/rsc.io/con/@v/list",
        "/rsc.io/x~1/@v/list",
        "/rsc.io/x/v1/@v/list",
        "/rsc.io/x/v02/@v/list",
        "/-rsc.io/x/@v/list",
        "/rsc.io/.x/@latest",
        "/rsc.io/sp%20ace/x%2a/@v/list",
        "/rsc.io/%c3%a9/@v/list",
        "/rsc.io/quote%5cx/@v/list",
    ] {
        assert_eq!(code(path), Some(Code::InvalidModulePath), "{path}");
    }
    for path in [
        "/rsc.io/quote/@v/v1.mod",
        "/rsc.io/quote/@v/master.zip",
        "/rsc.io/quote/@v/v1.0.0+build.mod",
        "/rsc.io/quote/@v/v2.0.0.mod",
        "/rsc.io/quote/v3/@v/v1.0.0.mod",
        "/rsc.io/quote/@v/latest.info",
        "/rsc.io/quote/@v/upgrade.info",
        "/rsc.io/quote/@v/patch.info",
    ] {
        assert_eq!(code(path), Some(Code::InvalidVersion), "{path}");
    }
}

#[test]
fn paths_of_nobody_are_no_such_page() {
    for path in [
        "/rsc.io/quote",
        "/favicon.ico",
        "/@v/list",
        "/sumdb/x",
        "/livez/x",
    ] {
        assert_eq!(code(path), Some(Code::NotFoundHere), "{path}");
    }
    // These could be pages; that they are none, the router says.
    for path in [
        "/list",
        "/@latest",
        "/-/x",
        "/-/refresh",
        "/sumdb",
        "/cached-only",
    ] {
        assert!(matches!(get(path), Ok(Route::Page(_))), "{path}");
    }
}

#[test]
fn cached_only_forbids_fetching() {
    let wanted = Route::Resource(Resource::List(module("rsc.io/quote")), Fetching::Never);
    assert_eq!(get("/cached-only/rsc.io/quote/@v/list"), Ok(wanted));
    assert!(matches!(
        get("/cached-only/sumdb/sum.golang.org/supported"),
        Ok(Route::Resource(_, Fetching::Never))
    ));
    assert!(get("/cached-only/cached-only/rsc.io/quote/@v/list").is_err());
    assert!(get("/cached-only/livez").is_err());
}

#[test]
fn database_names_may_contain_slashes() {
    for (path, name, rest) in [
        (
            "/sumdb/sum.golang.org/supported",
            "sum.golang.org",
            "supported",
        ),
        ("/sumdb/sum.golang.org/latest", "sum.golang.org", "latest"),
        (
            "/sumdb/example.com/a/b/supported",
            "example.com/a/b",
            "supported",
        ),
        (
            "/sumdb/example.com/a/lookup/rsc.io/quote@v1.5.2",
            "example.com/a",
            "lookup/rsc.io/quote@v1.5.2",
        ),
        (
            "/sumdb/example.com/lookup/github.com/!x/lookup/rsc.io@v1.0.0",
            "example.com",
            "lookup/github.com/!x/lookup/rsc.io@v1.0.0",
        ),
        (
            "/sumdb/example.com/lookup/x.org/y@v2.0.0+incompatible",
            "example.com",
            "lookup/x.org/y@v2.0.0+incompatible",
        ),
        (
            "/sumdb/localhost:8080/tile/8/0/001",
            "localhost:8080",
            "tile/8/0/001",
        ),
        (
            "/sumdb/example.com/tile/8/0/x001/x234/067",
            "example.com",
            "tile/8/0/x001/x234/067",
        ),
        (
            "/sumdb/example.com/tile/8/data/000",
            "example.com",
            "tile/8/data/000",
        ),
        (
            "/sumdb/example.com/tile/8/1/x001/002.p/255",
            "example.com",
            "tile/8/1/x001/002.p/255",
        ),
        // As witnesses and auditors ask.
        (
            "/sumdb/example.com/a/checkpoint",
            "example.com/a",
            "checkpoint",
        ),
        (
            "/sumdb/example.com/tile/0/x001/234.p/7",
            "example.com",
            "tile/0/x001/234.p/7",
        ),
        (
            "/sumdb/example.com/a/tile/entries/000.p/255",
            "example.com/a",
            "tile/entries/000.p/255",
        ),
    ] {
        assert_eq!(
            resource(path),
            Resource::Sumdb {
                name: name.to_owned(),
                path: rest.to_owned()
            },
            "{path}"
        );
    }
}

#[test]
fn lookups_and_tiles_are_read_strictly() {
    for rest in [
        "lookup",
        "lookup/rsc.io/quote",
        "lookup/rsc.io/quote@",
        "lookup/rsc.io/quote@latest",
        "lookup/rsc.io/quote@v1",
        "lookup/rsc.io/Quote@v1.0.0",
        "lookup/nodot@v1.0.0",
        "lookup/rsc.io/quote@v1.0.0/x",
        "tile",
        "tile/8",
        "tile/8/0",
        "tile/0/0/001",
        "tile/31/0/001",
        "tile/08/0/001",
        "tile/8/64/001",
        "tile/8/-1/001",
        "tile/8/0/1",
        "tile/8/0/0001",
        "tile/8/0/x001",
        "tile/8/0/001/002",
        "tile/8/0/x000/002",
        "tile/8/0/001.p/0",
        "tile/8/0/001.p/256",
        "tile/8/0/001.p/01",
        "tile/8/0/001.p",
        "tile/8/0/x001/x001/x001/x001/x001/x001/001",
        "tile/entries",
        "tile/entries/0",
        "tile/entries/000.p/256",
        "tile/64/000",
        "tile/data/000",
    ] {
        let path = format!("/sumdb/sum.golang.org/{rest}");
        assert_eq!(code(&path), Some(Code::MalformedRequest), "{path}");
    }
    assert_eq!(
        code("/sumdb/sum.golang.org/nothing"),
        Some(Code::NotFoundHere)
    );
    assert_eq!(code("/sumdb/a+b/supported"), Some(Code::MalformedRequest));
    assert_eq!(code("/sumdb/supported"), Some(Code::NotFoundHere));
}

#[test]
fn methods_are_those_of_the_route() {
    let parse = |method: Method, path| Route::parse(&method, path);
    assert!(parse(Method::HEAD, "/rsc.io/quote/@v/list").is_ok());
    let zip = "/rsc.io/quote/@v/v1.0.0.zip";
    assert!(matches!(parse(Method::PUT, zip), Ok(Route::Publication(_))));
    assert_eq!(
        parse(Method::DELETE, zip),
        Err(RouteError::Method("GET, HEAD, PUT"))
    );
    for path in [
        "/rsc.io/quote/@v/v1.0.0.mod",
        "/cached-only/rsc.io/quote/@v/v1.0.0.zip",
        "/sumdb/sum.golang.org/latest",
    ] {
        let refused = parse(Method::PUT, path).map(drop);
        assert_eq!(refused, Err(RouteError::Method("GET, HEAD")), "{path}");
    }
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::CONNECT,
    ] {
        assert_eq!(
            parse(method.clone(), "/rsc.io/quote/@v/list"),
            Err(RouteError::Method("GET, HEAD"))
        );
        // Which methods a page has, the router knows.
        assert!(matches!(parse(method, "/-/status"), Ok(Route::Page(_))));
    }
}

/// The order of errors: a path that no `go` command sends is 400 whatever it would be.
#[test]
fn a_page_has_one_spelling() {
    for (path, kind, names) in [
        ("/", "page", None),
        ("/livez", "health", None),
        ("/readyz", "health", None),
        ("/metrics", "metrics", None),
        ("/index", "index", None),
        ("/-/status", "admin", None),
        ("/%2d/status", "admin", None),
        ("/-/journal/tile/0/000", "journal", Some("tile/0/000")),
        ("/-/vuln/index/db.json", "vuln", Some("index/db.json")),
        ("/-/vuln/examine", "admin", Some("examine")),
        (
            "/-/proof/a.b/c/@v/v1.0.0.mod",
            "proof",
            Some("a.b/c/@v/v1.0.0.mod"),
        ),
        ("/-/cases", "cases", None),
        ("/-/refresh/a.b/%21c", "admin", Some("a.b/!c")),
    ] {
        let Ok(Route::Page(page)) = get(path) else {
            panic!("{path}: {:?}", get(path));
        };
        assert_eq!((page.kind(), page.names()), (kind, names), "{path}");
        let again = page.uri(None);
        assert_eq!(get(again.path()), Ok(Route::Page(page)), "{path}");
    }
    for path in [
        "/-/journal/tile/entries/000/",
        "/-/journal/tile/../key",
        "/-/journal/tile/0/x%30%30%2f001",
        "/-/",
        "/livez/",
    ] {
        assert_eq!(code(path), Some(Code::MalformedRequest), "{path}");
    }
}

#[test]
fn an_overlong_path_is_not_looked_at() {
    let path = format!("/rsc.io/{}/@v/list", "%".repeat(MAX_PATH));
    assert_eq!(code(&path), Some(Code::RequestTooLarge));
}

/// A seeded walk over mutated request lines: nothing panics, and what is accepted names only
/// what Go accepts and cannot leave its place in a file tree.
#[test]
fn hostile_paths_are_read_or_refused() {
    const SEEDS: [&str; 8] = [
        "/github.com/!burnt!sushi/toml/@v/v1.0.0-20200102030405-0123456789ab.info",
        "/rsc.io/quote/v3/@v/v3.1.0.zip",
        "/gopkg.in/yaml.v2/@v/list",
        "/cached-only/example.com/x/@latest",
        "/sumdb/example.com/a/b/tile/8/0/x001/234.p/17",
        "/sumdb/sum.golang.org/lookup/example.com/x@v1.2.3+incompatible",
        "/-/refresh/example.com/%2e%2e/x",
        "/-/journal/tile/entries/x001/234.p/17",
    ];
    const ALPHABET: &[u8] = b"/!%.@-+~x0vA2eEf\\ \x01?#:lp";
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut accepted = 0;
    for _ in 0..100_000 {
        let mut bytes = SEEDS[below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            match below(3) {
                0 => bytes[at] = ALPHABET[below(ALPHABET.len())],
                1 => bytes.insert(at, ALPHABET[below(ALPHABET.len())]),
                _ => drop(bytes.remove(at)),
            }
        }
        let path = String::from_utf8(bytes).unwrap();
        if let Ok(Route::Resource(resource, _)) = get(&path) {
            accepted += 1;
            if let Some(module) = resource.module() {
                assert!(ModulePath::parse(module.as_str()).is_ok(), "{path}");
                assert!(
                    module
                        .as_str()
                        .split('/')
                        .all(|element| !matches!(element, "" | "." | "..")),
                    "{path}"
                );
            }
        }
    }
    assert!(
        (1_000..99_000).contains(&accepted),
        "{accepted} of 100000 accepted: the mutations miss their aim"
    );
}
