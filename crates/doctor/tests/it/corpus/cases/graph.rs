//! The project itself: go.mod, packages, vendor, settings.

use super::{case, healed};
use crate::corpus::Case;
use crate::corpus::scene::{EMPTY, IMPORTS_A, Played, Scene, b, corpus};
use std::fs;
use testkit::fixture::Module;

fn program(import: &str) -> String {
    format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n")
}

/// A go.mod that asks for less than a dependency needs.
fn stale_go_mod() -> Played {
    let old = Module::new("example.com/b", "v0.9.0");
    let (zip, go_mod) = (old.h1(), old.go_mod_h1());
    let lines = format!("example.com/b v0.9.0 {zip}\nexample.com/b v0.9.0/go.mod {go_mod}\n");
    let imports = "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n\nfunc main() {}\n";
    let scene = Scene::with(corpus().with(&old).with(&b()))
        .with_a()
        .file("main.go", imports)
        .after(&["mod", "tidy"]);
    let prepared = scene.prepared(|_, project| {
        let go_mod = project.read("go.mod").replace("b v1.0.0", "b v0.9.0");
        fs::write(project.path().join("go.mod"), go_mod).unwrap();
        fs::write(
            project.path().join("go.sum"),
            project.read("go.sum") + &lines,
        )
        .unwrap();
    });
    prepared.finish(&["build", "./..."])
}

fn without_go_mod(arguments: &[&str]) -> Played {
    let prepared = Scene::new().file("main.go", EMPTY).prepared(|_, project| {
        fs::remove_file(project.path().join("go.mod")).unwrap();
    });
    prepared.finish(arguments)
}

/// A project with a vendor directory that a later change of go.mod left behind.
fn stale_vendor() -> Played {
    let scene = Scene::new()
        .with_a()
        .after(&["mod", "tidy"])
        .after(&["mod", "vendor"]);
    let prepared = scene.prepared(|_, project| {
        let file = project.path().join("vendor/modules.txt");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace("## explicit", "##")).unwrap();
    });
    prepared.finish(&["build", "./..."])
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        healed("not_required", &["package/not-required"], || {
            Scene::new().file("main.go", IMPORTS_A).build()
        }),
        healed("stale_go_mod", &["graph/stale-go-mod"], stale_go_mod),
        case("not_in_std", &["package/not-in-std"], || {
            Scene::new().file("main.go", &program("helpers")).build()
        }),
        case("ambiguous", &["package/ambiguous"], || {
            let outer = Module::new("example.com/o", "v1.0.0").file("in/in.go", "package in\n");
            let inner = Module::new("example.com/o/in", "v1.0.0");
            Scene::with(corpus().with(&outer).with(&inner))
                .go_mod("require (\n\texample.com/o v1.0.0\n\texample.com/o/in v1.0.0\n)")
                .file("main.go", &program("example.com/o/in"))
                .run(&["build", "-mod=mod", "./..."])
        })
        .from(14),
        case("internal", &["package/internal"], || {
            let module =
                Module::new("example.com/i", "v1.0.0").file("internal/x/x.go", "package x\n");
            Scene::with(corpus().with(&module))
                .go_mod("require example.com/i v1.0.0")
                .file("main.go", &program("example.com/i/internal/x"))
                .run(&["build", "-mod=mod", "./..."])
        })
        .from(14),
        case("cycle", &["package/import-cycle"], || {
            Scene::new()
                .file("x/x.go", "package x\n\nimport _ \"example.com/main/y\"\n")
                .file("y/y.go", "package y\n\nimport _ \"example.com/main/x\"\n")
                .build()
        }),
        case(
            "go_mod_with_an_unknown_word",
            &["graph/go-mod-syntax"],
            || Scene::new().go_mod("requires example.com/a v1.0.0").build(),
        ),
        case("no_go_mod", &["graph/no-go-mod"], || {
            without_go_mod(&["build", "./..."])
        }),
        case("nothing_to_tidy", &["graph/no-go-mod"], || {
            without_go_mod(&["mod", "tidy"])
        }),
        healed(
            "replacement_missing",
            &["graph/replacement-missing"],
            || {
                let scene = Scene::new().with_a().after(&["mod", "tidy"]);
                let prepared = scene.prepared(|_, project| {
                    let go_mod = project.read("go.mod") + "\nreplace example.com/a => ../nowhere\n";
                    fs::write(project.path().join("go.mod"), go_mod).unwrap();
                });
                prepared.finish(&["build", "./..."])
            },
        ),
        healed("stale_vendor", &["graph/vendor-inconsistent"], stale_vendor),
        case("vendor_mode", &["graph/vendor-mode"], || {
            Scene::new().run(&["list", "-mod=vendor", "-m", "-versions", "example.com/a"])
        }),
        case("bad_flags", &["local/bad-setting"], || {
            Scene::new().env("GOFLAGS", "mod=mod").build()
        }),
        case("unknown_command", &["local/unknown-command"], || {
            Scene::new().run(&["bild"])
        }),
        case(
            "cache_in_a_file",
            &["local/permission", "local/no-cache"],
            || Scene::new().env("GOMODCACHE", "/dev/null/cache").download(),
        ),
    ]
}
