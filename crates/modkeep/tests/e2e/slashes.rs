//! Several slashes in a row: in a base URL `go` makes them one, and in a request they are one here.

use crate::site::{BINARY, Site, module, url};
use std::collections::BTreeSet;
use testkit::{
    fixture::{Corpus, Module},
    go::Go,
    server::Setup,
    upstream::FakeUpstream,
};

#[test]
fn several_slashes_in_a_request_are_one() {
    let site = Site::with(&[module("a", 1000)]);
    for kind in ["list", "info", "mod", "zip"] {
        let wanted = site.server.get(&url("a", kind));
        for spelled in [
            format!("/{}", url("a", kind)),
            url("a", kind).replace("/@v/", "//@v///"),
        ] {
            let answer = site.server.get(&spelled);
            assert_eq!(
                (answer.status, &answer.body),
                (200, &wanted.body),
                "{spelled}"
            );
        }
    }
    let again = Go::new(&format!("{}/", site.server.url()));
    again.download("example.com/a@v1.0.0").assert_ok();
}

#[test]
fn who_may_not_see_a_page_does_not_see_it_with_more_slashes() {
    let site = Site::with(&[module("a", 10)]);
    let forwarded = [("X-Forwarded-For", "192.0.2.1")];
    for path in ["/-/status", "/-/cases", "/-/journal/checkpoint"] {
        let refused = site.server.request("GET", path, &forwarded);
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
        for spelled in [format!("/{path}"), path.replace('/', "//")] {
            let answer = site.server.request("GET", &spelled, &forwarded);
            assert_eq!(answer.status, 403, "{spelled}: {}", answer.text());
        }
    }
}

#[test]
fn a_source_below_several_slashes_is_asked_as_by_go() {
    let module = Module::new("example.com/a", "v1.0.0");
    let mut corpus = Corpus::new();
    for (kind, content) in [
        ("info", module.info()),
        ("mod", module.mod_file()),
        ("zip", module.zip()),
    ] {
        corpus.put(&format!("sub/example.com/a/@v/v1.0.0.{kind}"), content);
    }
    corpus.put("sub/example.com/a/@v/list", "v1.0.0\n");
    let upstream = FakeUpstream::start(corpus);
    let all = |proxy: &str| {
        Go::new(proxy).download("example.com/a@v1.0.0").assert_ok();
        Go::new(proxy).versions("example.com/a").assert_ok();
        let targets: BTreeSet<_> = upstream
            .asked()
            .into_iter()
            .map(|asked| asked.target)
            .collect();
        upstream.forget();
        targets
    };
    for base in ["/sub", "/sub/", "//sub/", "/sub//"] {
        let source = format!("{}{base}", upstream.url());
        let server = Setup::new(BINARY, &source)
            .option("--prefetch", "off")
            .start();
        assert_eq!(all(&server.url()), all(&source), "{base}");
    }
}
