//! go.mod files that name another path: legal in a fork used through `replace`, an error with a
//! well-known text otherwise. Both are the client's to judge, so the file is served as it came.

use testkit::fixture::{Corpus, Module};
use testkit::go::{Go, Project};

use crate::site::Site;

fn corpus() -> Corpus {
    let fork = Module::new("example.com/fork", "v1.0.0");
    Corpus::new().with(&fork.go_mod("module example.com/original\n\ngo 1.21\n"))
}

#[test]
fn a_fork_that_keeps_its_old_path_serves_a_replace() {
    let site = Site::new(corpus());
    let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire example.com/original v1.0.0\n\n\
                  replace example.com/original => example.com/fork v1.0.0\n";
    let main = "package main\n\nimport _ \"example.com/original\"\n\nfunc main() {}\n";
    let project = Project::new(go_mod, &[("main.go", main)]);
    let go = Go::new(&site.server.url());
    go.run(&["mod", "tidy"], project.path()).assert_ok();
    go.run(&["list", "-deps", "./..."], project.path())
        .assert_ok();
}

#[test]
fn without_a_replace_go_says_that_the_module_has_moved() {
    let site = Site::new(corpus());
    let output = Go::new(&site.server.url()).get("example.com/fork@v1.0.0");
    output.assert_fails_with("module declares its path as: example.com/original");
}
