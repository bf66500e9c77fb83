//! A whole build: many modules, cold, then again with nothing behind the server.

use std::collections::BTreeMap;

use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};
use testkit::upstream::Kind;

use crate::site::Site;

const MODULES: usize = 80;

/// A binary tree of modules: `m1` requires `m2` and `m3`, and so on. The go lines below 1.17
/// make `go` read the go.mod of every one.
fn tree() -> Corpus {
    let mut corpus = Corpus::new();
    for number in 1..=MODULES {
        let mut module = Module::new(&path(number), "v1.0.0")
            .go_mod(&format!("module {}\n\ngo 1.16\n", path(number)));
        for child in [2 * number, 2 * number + 1] {
            if child <= MODULES {
                module = module.requires(&path(child), "v1.0.0");
            }
        }
        corpus.add(&module.noise(number as u64, 20_000));
    }
    corpus
}

fn path(number: usize) -> String {
    format!("example.com/m{number}")
}

fn project() -> Project {
    Project::new(
        "module example.com/main\n\ngo 1.16\n\nrequire example.com/m1 v1.0.0\n",
        &[],
    )
}

/// Downloads everything as a fresh user; gives the go.sum.
fn build(site: &Site) -> String {
    let project = project();
    let go = Go::new(&site.server.url()).env("GOFLAGS", "-modcacherw -mod=mod");
    go.run(&["mod", "download", "all"], project.path())
        .assert_ok();
    let listed = go.run(&["list", "-m", "all"], project.path());
    assert_eq!(listed.assert_ok().stdout.lines().count(), MODULES + 1);
    project.read("go.sum")
}

#[test]
fn a_build_is_cold_once_and_then_needs_nobody() {
    let mut site = Site::new(tree());
    let sums = build(&site);
    let mut times = BTreeMap::new();
    for asked in site.upstream.asked() {
        *times.entry(asked.path).or_insert(0) += 1;
    }
    let again: Vec<_> = times.iter().filter(|(_, count)| **count > 1).collect();
    assert!(again.is_empty(), "asked more than once: {again:?}");
    assert_eq!(
        (
            site.upstream.count(Kind::Zip),
            site.upstream.count(Kind::Mod)
        ),
        (MODULES, MODULES)
    );

    site.upstream.refuse();
    site.upstream.forget();
    assert_eq!(build(&site), sums);
    site.server.kill();
    site.server.start();
    assert_eq!(build(&site), sums);
    site.upstream.assert_untouched();
}

#[test]
fn four_users_who_build_at_once_cost_what_one_does() {
    let site = Site::new(tree());
    std::thread::scope(|scope| {
        let users: Vec<_> = (0..4).map(|_| scope.spawn(|| build(&site))).collect();
        let sums: Vec<String> = users.into_iter().map(|user| user.join().unwrap()).collect();
        assert!(sums.iter().all(|sum| *sum == sums[0]));
    });
    assert_eq!(
        (
            site.upstream.count(Kind::Zip),
            site.upstream.count(Kind::Mod)
        ),
        (MODULES, MODULES)
    );
}
