//! Workspaces, and lines of go.mod that count in the main module only.

use super::{case, healed};
use crate::corpus::Case;
use crate::corpus::scene::{EMPTY, IMPORTS_A, Played, Scene, corpus, go_line};
use testkit::fixture::Module;
use testkit::upstream::Fault;

const OTHER: &str = "module example.com/other\n\ngo 1.18\n";

fn work(go_work: &str) -> Scene {
    Scene::new()
        .file("main.go", EMPTY)
        .file("go.work", go_work)
        .file("other/go.mod", OTHER)
        .file("other/other.go", "package other\n")
}

fn replaced(files: &[(&str, &str)], arguments: &[&str]) -> Played {
    let mut scene = Scene::new()
        .file(
            "greetings/go.mod",
            "module example.com/greetings\n\ngo 1.18\n",
        )
        .file("greetings/greetings.go", "package greetings\n")
        .file(
            "main.go",
            "package main\n\nimport _ \"example.com/greetings\"\n\nfunc main() {}\n",
        );
    for (name, text) in files {
        scene = scene.file(name, text);
    }
    let prepared = scene.prepared(|_, project| {
        let go_mod = project.read("go.mod") + "\nreplace example.com/greetings => ./greetings\n";
        std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
    });
    prepared.finish(arguments)
}

pub(super) fn cases() -> Vec<Case> {
    let cases = [workspaces(), replacements()];
    cases.into_iter().flatten().collect()
}

fn workspaces() -> Vec<Case> {
    let cases = vec![
        case(
            "empty_workspace",
            &["workspace/no-modules", "workspace/not-listed"],
            || work("go 1.21\n").run(&["build", "."]),
        ),
        case(
            "empty_workspace_list",
            &["workspace/no-modules", "workspace/not-listed"],
            || work("go 1.21\n").run(&["list", "-m", "all"]),
        ),
        case("module_not_in_workspace", &["workspace/not-listed"], || {
            work("go 1.21\n\nuse ./other\n").run(&["build", "."])
        }),
        case(
            "pattern_not_in_workspace",
            &["workspace/not-listed"],
            || work("go 1.21\n\nuse ./other\n").run(&["build", "./..."]),
        ),
        case("workspace_go_line", &["workspace/go-line"], || {
            work("go 1.18\n\nuse (\n\t.\n\t./other\n)\n").run(&["build", "./..."])
        })
        .from(21),
        case(
            "workspace_module_gone",
            &["workspace/module-missing"],
            || work("go 1.21\n\nuse (\n\t.\n\t./gone\n)\n").run(&["build", "./..."]),
        ),
        case("vendor_in_workspace", &["workspace/not-allowed"], || {
            work("go 1.21\n\nuse (\n\t.\n\t./other\n)\n").run(&["mod", "vendor"])
        })
        .from(22),
        case("mod_flag_in_workspace", &["workspace/not-allowed"], || {
            work("go 1.21\n\nuse (\n\t.\n\t./other\n)\n").run(&["build", "-mod=mod", "./..."])
        }),
        case(
            "stale_workspace_vendor",
            &["workspace/vendor-inconsistent"],
            || {
                let prepared = work("go 1.22\n\nuse (\n\t.\n\t./other\n)\n")
                    .after(&["work", "use", "."])
                    .after(&["work", "vendor"])
                    .prepared(|_, project| {
                        let vendor = project.path().join("vendor");
                        std::fs::create_dir_all(&vendor).unwrap();
                        std::fs::write(
                            vendor.join("modules.txt"),
                            "## workspace\n# example.com/a v1.0.0\n## explicit\n",
                        )
                        .unwrap();
                        let go_mod = project.read("go.mod") + "\nrequire example.com/a v1.0.0\n";
                        std::fs::write(
                            project.path().join("go.mod"),
                            go_mod.replace(&go_line(), "go 1.22"),
                        )
                        .unwrap();
                        std::fs::write(project.path().join("main.go"), IMPORTS_A).unwrap();
                    });
                prepared.finish(&["build", "./..."])
            },
        )
        .from(22),
        case("no_go_work", &["workspace/no-go-work"], || {
            Scene::new().run(&["work", "sync"])
        }),
        case("unknown_word_in_go_work", &["graph/go-mod-syntax"], || {
            work("go 1.21\n\nuses ./other\n").run(&["build", "./..."])
        }),
    ];
    cases.into_iter().map(|case| case.from(18)).collect()
}

fn replacements() -> Vec<Case> {
    vec![
        healed("replaced_not_required", &["package/not-required"], || {
            replaced(&[], &["build", "-mod=readonly", "./..."])
        })
        .from(16),
        case(
            "replacement_has_no_go_mod",
            &["graph/replacement-missing"],
            || {
                let prepared = Scene::new()
                    .with_a()
                    .file("a/x.go", "package a\n")
                    .prepared(|_, project| {
                        let go_mod = project.read("go.mod") + "\nreplace example.com/a => ./a\n";
                        std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
                    });
                prepared.finish(&["mod", "tidy"])
            },
        ),
        case(
            "replacement_without_version",
            &["graph/go-mod-syntax"],
            || {
                let prepared = Scene::new().with_a().prepared(|_, project| {
                    let go_mod =
                        project.read("go.mod") + "\nreplace example.com/a => example.com/b\n";
                    std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
                });
                prepared.finish(&["build", "./..."])
            },
        ),
        case(
            "placeholder_version",
            &["version/unknown-revision", "http/404"],
            || {
                // Before go 1.17 the whole graph is read.
                let go_mod =
                    "module example.com/kube\n\ngo 1.16\n\nrequire example.com/api v0.0.0\n";
                let uses = Module::new("example.com/kube", "v1.16.1").go_mod(go_mod);
                let body =
                    "not found: example.com/api@v0.0.0: invalid version: unknown revision v0.0.0";
                Scene::with(corpus().with(&uses))
                    .fault("example.com/api/@v/v0.0.0.mod", Fault::text(404, body))
                    .get("example.com/kube@v1.16.1")
            },
        ),
        case("two_spellings", &["path/case"], || {
            let upper = Module::new("example.com/Sirupsen/log", "v1.0.0");
            let lower = Module::new("example.com/sirupsen/log", "v1.0.0");
            let main = "package main\n\nimport (\n\t_ \"example.com/Sirupsen/log\"\n\t_ \"example.com/sirupsen/log\"\n)\n\nfunc main() {}\n";
            Scene::with(corpus().with(&upper).with(&lower))
                .go_mod("require (\n\texample.com/Sirupsen/log v1.0.0\n\texample.com/sirupsen/log v1.0.0\n)")
                .file("main.go", main)
                .run(&["build", "-mod=mod", "./..."])
        }).from(14),
        case("conflicting_requirement", &["graph/conflict"], || {
            let old = Module::new("example.com/b", "v0.9.0");
            Scene::with(corpus().with(&old)).run(&[
                "get",
                "example.com/a@v1.0.0",
                "example.com/b@v0.9.0",
            ])
        }),
        case("merge_conflict_in_go_mod", &["graph/go-mod-syntax"], || {
            let prepared = Scene::new().with_a().prepared(|_, project| {
                let go_mod = project.read("go.mod")
                    + "\n<<<<<<< HEAD\nrequire example.com/b v1.0.0\n=======\n>>>>>>> other\n";
                std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
            });
            prepared.finish(&["build", "./..."])
        }),
        case("tidy_of_nothing", &["http/404"], || {
            Scene::new()
                .file(
                    "main.go",
                    "package main\n\nimport _ \"example.com/none/x\"\n\nfunc main() {}\n",
                )
                .run(&["mod", "tidy"])
        }),
        case("tidy_of_no_package", &["package/not-in-module"], || {
            Scene::new()
                .file(
                    "main.go",
                    "package main\n\nimport _ \"example.com/a/gone\"\n\nfunc main() {}\n",
                )
                .run(&["mod", "tidy"])
        }),
    ]
}
