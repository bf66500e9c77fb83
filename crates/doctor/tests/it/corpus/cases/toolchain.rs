//! The release of go itself.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{EMPTY, Played, Scene, corpus, go_line};
use testkit::fixture::Module;
use testkit::upstream::{Fault, Target};

/// A project whose go.mod has another go line.
fn wants(line: &'static str, scene: Scene) -> Played {
    let prepared = scene.file("main.go", EMPTY).prepared(|_, project| {
        let go_mod = project.read("go.mod").replace(&go_line(), line);
        std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
    });
    prepared.finish(&["build", "./..."])
}

fn new_package(package: &str) -> Played {
    let program = format!("package main\n\nimport _ \"{package}\"\n\nfunc main() {{}}\n");
    Scene::new().file("main.go", &program).build()
}

fn set_to(value: &str) -> Played {
    Scene::new().env("GOTOOLCHAIN", value).run(&["version"])
}

pub(super) fn cases() -> Vec<Case> {
    let cases = [settings(), too_new()];
    cases.into_iter().flatten().collect()
}

fn settings() -> Vec<Case> {
    vec![
        case("go_line_is_newer", &["toolchain/too-old"], || {
            wants("go 1.99.0", Scene::new())
        }),
        case("not_available", &["toolchain/not-available"], || {
            set_to("go1.99.0")
        }),
        case("download_forbidden", &["toolchain/download"], || {
            let toolchains = Target::Prefix("golang.org/toolchain/".to_owned());
            Scene::new()
                .fault(toolchains, Fault::status(403))
                .env("GOTOOLCHAIN", "go1.99.0")
                .run(&["version"])
        }),
        case(
            "language_version",
            &["toolchain/language-version", "toolchain/not-available"],
            || set_to("go1.99"),
        ),
        case("invalid_toolchain", &["toolchain/invalid"], || {
            set_to("newest")
        }),
        case("not_in_path", &["toolchain/not-in-path"], || {
            set_to("go1.99.0+path")
        }),
        case(
            "invalid_go_line",
            &["toolchain/invalid", "graph/go-mod-syntax"],
            || wants("go 1.x", Scene::new()),
        ),
    ]
}

/// Files and packages that are too new for the go that reads them.
fn too_new() -> Vec<Case> {
    let cases = [too_new_files(), too_new_packages()];
    cases.into_iter().flatten().collect()
}

fn too_new_files() -> Vec<Case> {
    vec![
        case("go_line_with_a_patch", &["toolchain/too-old"], || {
            wants("go 1.21.0\n\ntoolchain go1.23.2", Scene::new())
        })
        .up_to(20),
        case("toolchain_line", &["toolchain/too-old"], || {
            wants("go 1.20\n\ntoolchain go1.23.2", Scene::new())
        })
        .up_to(20),
        case("tool_line", &["toolchain/too-old"], || {
            wants("go 1.20\n\ntool example.com/a/cmd", Scene::new())
        })
        .up_to(23),
        case("godebug_block", &["toolchain/too-old"], || {
            wants("go 1.20\n\ngodebug (\n\tpanicnil=1\n)", Scene::new())
        })
        .up_to(20),
        case("retract_line", &["toolchain/too-old"], || {
            wants("go 1.15\n\nretract v1.0.0", Scene::new())
        })
        .up_to(15),
        case("tidy_of_a_newer_go_line", &["toolchain/too-old"], || {
            let scene = Scene::new().file("main.go", EMPTY);
            let prepared = scene.prepared(|_, project| {
                let go_mod = project.read("go.mod").replace(&go_line(), "go 1.22");
                std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
            });
            prepared.finish(&["mod", "tidy"])
        })
        .from(17)
        .up_to(20),
        case(
            "compile_error_of_a_newer_go_line",
            &["toolchain/too-old"],
            || {
                let program = "package main\n\nfunc main() { clear(map[int]int{}); min(1, 2) }\n";
                let prepared = Scene::new()
                    .file("main.go", program)
                    .prepared(|_, project| {
                        let go_mod = project.read("go.mod").replace(&go_line(), "go 1.22");
                        std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
                    });
                prepared.finish(&["build", "./..."])
            },
        )
        .up_to(20),
    ]
}

fn too_new_packages() -> Vec<Case> {
    vec![
        case("new_package_slices", &["toolchain/too-old"], || {
            new_package("slices")
        })
        .up_to(20),
        case("new_package_slog", &["toolchain/too-old"], || {
            new_package("log/slog")
        })
        .up_to(20),
        case("new_package_iter", &["toolchain/too-old"], || {
            new_package("iter")
        })
        .up_to(22),
        case("new_package_embed", &["toolchain/too-old"], || {
            new_package("embed")
        })
        .up_to(15),
        case(
            "new_package_of_a_dependency",
            &["toolchain/too-old"],
            || {
                let module = Module::new("example.com/new", "v1.0.0")
                    .file("sub/sub.go", "package sub\n\nimport _ \"maps\"\n");
                Scene::with(corpus().with(&module))
                    .go_mod("require example.com/new v1.0.0")
                    .file(
                        "main.go",
                        "package main\n\nimport _ \"example.com/new/sub\"\n\nfunc main() {}\n",
                    )
                    .run(&["build", "./..."])
            },
        )
        .up_to(15),
        case("dependency_with_a_patch", &["toolchain/too-old"], || {
            let newer = Module::new("example.com/a", "v1.0.0")
                .go_mod("module example.com/a\n\ngo 1.21.0\n\ntoolchain go1.23.2\n");
            Scene::with(corpus().with(&newer)).get("example.com/a@v1.0.0")
        })
        .up_to(20),
        case("newer_go_by_many", &["toolchain/too-old"], || {
            let newer = Module::new("example.com/a", "v1.0.0")
                .go_mod("module example.com/a\n\ngo 1.99.1\n");
            Scene::with(corpus().with(&newer))
                .with_a()
                .run(&["mod", "tidy"])
        })
        .from(21),
    ]
}
