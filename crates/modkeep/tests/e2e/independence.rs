//! `.info`, `.mod` and `.zip` are three artifacts: each is fetched, refused and served by itself.

use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::upstream::{Fault, Kind};

use crate::site::{Site, module, path, url};

#[test]
fn a_cold_go_mod_never_pulls_the_zip() {
    let site = Site::with(&[module("a", 1000)]);
    assert!(site.server.get(&url("a", "mod")).is_whole());
    assert!(site.server.get(&url("a", "info")).is_whole());
    assert!(site.server.get(&url("a", "list")).is_whole());
    assert_eq!(site.upstream.count(Kind::Zip), 0);
    assert_eq!(site.upstream.count(Kind::Mod), 1);
}

#[test]
fn a_module_graph_is_read_without_a_single_zip() {
    let modules = [
        Module::new("example.com/a", "v1.0.0").requires("example.com/b", "v1.0.0"),
        Module::new("example.com/b", "v1.0.0").requires("example.com/c", "v1.0.0"),
        Module::new("example.com/c", "v1.0.0"),
    ];
    let site = Site::with(&modules);
    let go_mod = "module example.com/main\n\ngo 1.16\n\nrequire example.com/a v1.0.0\n";
    let project = Project::new(go_mod, &[]);
    let output = Go::new(&site.server.url()).run(&["mod", "graph"], project.path());
    assert!(
        output
            .assert_ok()
            .stdout
            .contains("example.com/b@v1.0.0 example.com/c@v1.0.0")
    );
    assert_eq!(
        (
            site.upstream.count(Kind::Zip),
            site.upstream.count(Kind::Mod)
        ),
        (0, 3)
    );
}

#[test]
fn a_missing_file_leaves_the_other_two_alone() {
    for missing in ["info", "mod", "zip"] {
        let mut corpus = Corpus::new().with(&module("a", 1000));
        corpus.remove(&path("a", missing));
        let site = Site::new(corpus);
        for kind in ["info", "mod", "zip"] {
            let answer = site.server.get(&url("a", kind));
            assert_eq!(
                answer.status,
                if kind == missing { 404 } else { 200 },
                "{missing}: {kind}"
            );
        }
        let output = Go::new(&site.server.url()).download("example.com/a@v1.0.0");
        output.assert_fails_with("404 Not Found");
        output.assert_fails_with(&format!("v1.0.0.{missing}"));
    }
}

#[test]
fn a_bad_zip_leaves_the_other_two_alone() {
    let site = Site::with(&[module("a", 1000)]);
    site.upstream.always(Kind::Zip, Fault::status(451));
    let project = Project::new(
        "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n",
        &[],
    );
    let go = Go::new(&site.server.url()).env("GOFLAGS", "-modcacherw -mod=mod");
    go.run(&["mod", "graph"], project.path()).assert_ok();
    go.run(&["list", "-m", "all"], project.path()).assert_ok();
    go.download("example.com/a@v1.0.0")
        .assert_fails_with("modkeep MK2006: ");
}
