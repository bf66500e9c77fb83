//! A site that reaches nobody, for good: it offers what it has whole, and nothing else.

use crate::site::{BINARY, Site, assert_refusal, serve};
use std::{path::Path, process::Command, time::Duration};
use testkit::{
    fixture::Module,
    go::Go,
    process::{self, Output},
};

/// Everything is kept of the first, no zip of the second, and of the third the go.mod alone.
const VERSIONS: [(&str, &[&str]); 3] = [
    ("v1.0.0", &["info", "mod", "zip"]),
    ("v1.1.0", &["info", "mod"]),
    ("v1.2.0", &["mod"]),
];

fn store(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("store").args(arguments).arg("--data").arg(data);
    process::run(&mut command, Duration::from_mins(2))
}

/// A site that kept parts; `with_list` says whether it ever heard of a list.
fn parts(with_list: bool) -> Site {
    let modules = VERSIONS.map(|(version, _)| Module::new("example.com/a", version));
    let graph = Module::new("example.com/graph", "v1.0.0");
    let site = Site::with_options(&[&modules[..], &[graph]].concat(), &["--prefetch", "off"]);
    for (version, kinds) in VERSIONS {
        for kind in kinds {
            let path = format!("/example.com/a/@v/{version}.{kind}");
            assert!(site.server.get(&path).is_whole());
        }
    }
    assert!(
        site.server
            .get("/example.com/graph/@v/v1.0.0.info")
            .is_whole()
    );
    if with_list {
        let list = site.server.get("/example.com/a/@v/list");
        assert_eq!(list.text(), "v1.0.0\nv1.1.0\nv1.2.0\n");
        assert!(site.server.get("/example.com/a/@latest").is_whole());
    }
    site
}

#[test]
fn where_the_upstream_is_off_the_latest_is_one_that_can_be_had() {
    for with_list in [false, true] {
        let mut site = parts(with_list);
        site.server.stop();
        site.server.set_upstream("off");
        site.server.start();
        let list = site.server.get("/example.com/a/@v/list");
        assert_eq!(list.text(), "v1.0.0\n", "with a list: {with_list}");
        let latest = site.server.get("/example.com/a/@latest");
        assert!(latest.text().contains("v1.0.0"), "{}", latest.text());
        let output = Go::new(&site.server.url()).get("example.com/a@latest");
        assert!(output.assert_ok().stderr.contains("v1.0.0"), "{output}");
        // Nothing of it can be built with, so nothing of it is offered.
        for path in ["@v/list", "@latest"] {
            let answer = site.server.get(&format!("/example.com/graph/{path}"));
            assert_refusal(&answer, 404, "MK2009");
        }
        assert!(
            site.server
                .get("/example.com/graph/@v/v1.0.0.info")
                .is_whole()
        );
    }
}

#[test]
fn an_export_lists_what_can_be_had() {
    let mut site = parts(true);
    site.server.stop();
    let tree = tempfile::tempdir().unwrap();
    store(
        &["export", tree.path().to_str().unwrap()],
        site.server.data(),
    )
    .assert_ok();
    let list = std::fs::read_to_string(tree.path().join("example.com/a/@v/list")).unwrap();
    assert_eq!(list, "v1.0.0\n");
    assert!(tree.path().join("example.com/a/@v/v1.1.0.mod").exists());
    let source = format!("file://{}", tree.path().display());
    for url in [source.clone(), serve(&source).url()] {
        let output = Go::new(&url).get("example.com/a@latest");
        assert!(
            output.assert_ok().stderr.contains("v1.0.0"),
            "{url}: {output}"
        );
    }
}
