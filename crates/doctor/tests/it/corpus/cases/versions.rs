//! Module paths, versions and queries.

use super::{case, healed};
use crate::corpus::Case;
use crate::corpus::scene::{Played, Scene, corpus};
use testkit::fixture::Module;

/// A module at one path whose go.mod declares another.
fn declares(required: &str, version: &str, declared: &str) -> Scene {
    let module = Module::new(required, version).go_mod(&format!("module {declared}\n\ngo 1.21\n"));
    let right = Module::new(declared, version);
    Scene::with(corpus().with(&module).with(&right))
}

fn get(what: &str) -> Played {
    Scene::new().get(what)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        healed("moved", &["path/moved"], || {
            let main = "package main\n\nimport _ \"old.example.com/m\"\n\nfunc main() {}\n";
            declares("old.example.com/m", "v1.2.0", "new.example.com/m")
                .go_mod("require old.example.com/m v1.2.0")
                .file("main.go", main)
                .run(&["mod", "tidy"])
        }),
        case("moved_by_a_dependency", &["path/moved"], || {
            let main = "package main\n\nimport _ \"example.com/uses\"\n\nfunc main() {}\n";
            let old =
                Module::new("old.example.com/m", "v1.2.0").go_mod("module new.example.com/m\n");
            // Before go 1.17 the whole graph is read.
            let uses = Module::new("example.com/uses", "v1.0.0").go_mod(
                "module example.com/uses

go 1.16

require old.example.com/m v1.2.0
",
            );
            Scene::with(corpus().with(&old).with(&uses))
                .go_mod("require example.com/uses v1.0.0")
                .file("main.go", main)
                .run(&["mod", "tidy"])
        }),
        case("other_case", &["path/case"], || {
            declares(
                "example.com/Sirupsen/log",
                "v1.0.0",
                "example.com/sirupsen/log",
            )
            .get("example.com/Sirupsen/log@v1.0.0")
        }),
        case("major_in_the_path", &["path/major-suffix"], || {
            declares("example.com/m", "v1.0.0", "example.com/m/v2").get("example.com/m@v1.0.0")
        }),
        case(
            "version_of_another_major",
            &["version/wrong-major", "path/major-suffix"],
            || {
                Scene::new()
                    .go_mod("require example.com/a/v2 v1.0.0")
                    .build()
            },
        ),
        case("no_version_matches", &["version/no-match"], || {
            get("example.com/a@v9")
        }),
        healed(
            "patch_of_nothing",
            &["version/patch-without-current"],
            || get("example.com/b@patch"),
        ),
        case("branch_with_a_slash", &["version/disallowed"], || {
            get("example.com/a@feature/x")
        }),
        // What has no dot belongs to the standard library.
        case(
            "path_without_a_dot",
            &["path/malformed", "package/not-in-std"],
            || get("nodot/x@v1.0.0"),
        ),
        case("package_gone", &["package/not-in-module"], || {
            get("example.com/a/gone@v1.0.0")
        }),
        case(
            "broken_go_mod_of_a_dependency",
            &["version/bad-go-mod"],
            || {
                let broken = Module::new("example.com/a", "v1.0.0")
                    .go_mod("module example.com/a\n\nrequire (\n");
                Scene::with(corpus().with(&broken)).get("example.com/a@v1.0.0")
            },
        ),
        case("needs_a_newer_go", &["toolchain/too-old"], || {
            let newer =
                Module::new("example.com/a", "v1.0.0").go_mod("module example.com/a\n\ngo 1.99\n");
            Scene::with(corpus().with(&newer)).get("example.com/a@v1.0.0")
        }),
    ]
}
