//! Settings, programs and commands: GO111MODULE, GOFLAGS, what `go install` and `go generate` need.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{EMPTY, IMPORTS_A, Played, Scene, corpus, path_with};
use testkit::fixture::Module;

const COMMAND: &str = "package main\n\nfunc main() {}\n";

fn replacing(line: &str) -> Scene {
    let go_mod = format!("module example.com/tool\n\ngo 1.16\n\n{line}\n");
    let tool = Module::new("example.com/tool", "v1.0.0")
        .go_mod(&go_mod)
        .file("cmd/t/main.go", COMMAND);
    Scene::with(corpus().with(&tool))
}

fn outside(scene: Scene, arguments: &[&str]) -> Played {
    let prepared = scene.file("main.go", EMPTY).prepared(|_, project| {
        std::fs::remove_file(project.path().join("go.mod")).unwrap();
    });
    prepared.finish(arguments)
}

fn cgo() -> Played {
    let path = path_with(&["go"]);
    let directory = path.path().display().to_string();
    Scene::new()
        .file("main.go", "package main\n\n// int one() { return 1; }\nimport \"C\"\n\nfunc main() { println(C.one()) }\n")
        .env("PATH", &directory)
        .env("CGO_ENABLED", "1")
        .build()
        .keeping(path)
}

pub(super) fn cases() -> Vec<Case> {
    [modules_off(), installs(), programs(), flags()]
        .into_iter()
        .flatten()
        .collect()
}

fn modules_off() -> Vec<Case> {
    vec![
        case("off_download", &["local/modules-off"], || {
            Scene::new()
                .env("GO111MODULE", "off")
                .run(&["mod", "download"])
        }),
        case("off_tidy", &["local/modules-off"], || {
            Scene::new().env("GO111MODULE", "off").run(&["mod", "tidy"])
        }),
        case("off_build", &["local/modules-off"], || {
            Scene::new().with_a().env("GO111MODULE", "off").build()
        }),
        case("off_get_with_version", &["local/modules-off"], || {
            Scene::new()
                .env("GO111MODULE", "off")
                .get("example.com/a@v1.0.0")
        }),
        case("off_install_with_version", &["local/modules-off"], || {
            Scene::new()
                .env("GO111MODULE", "off")
                .run(&["install", "example.com/a@v1.0.0"])
        }),
        case("off_list", &["local/modules-off"], || {
            Scene::new()
                .env("GO111MODULE", "off")
                .run(&["list", "-m", "all"])
        }),
        case("unknown_mode", &["local/bad-setting"], || {
            Scene::new().env("GO111MODULE", "of").build()
        }),
    ]
}

fn installs() -> Vec<Case> {
    vec![
        case("install_replaces", &["install/replaces"], || {
            replacing("replace example.com/b => example.com/a v1.0.0")
                .run(&["install", "example.com/tool/cmd/t@latest"])
        })
        .from(16),
        case("install_excludes", &["install/replaces"], || {
            replacing("exclude example.com/b v1.0.0")
                .run(&["install", "example.com/tool/cmd/t@v1.0.0"])
        })
        .from(16),
        case("run_replaces", &["install/replaces"], || {
            replacing("replace example.com/b => example.com/a v1.0.0")
                .run(&["run", "example.com/tool/cmd/t@latest"])
        })
        .from(17),
        case(
            "install_without_version",
            &["install/version-needed", "graph/no-go-mod"],
            || outside(Scene::new(), &["install", "example.com/tool/cmd/t"]),
        )
        .from(16),
        case("install_a_library", &["install/not-a-command"], || {
            Scene::new().run(&["install", "example.com/a@v1.0.0"])
        })
        .from(16),
        case("install_of_nothing", &["http/404"], || {
            Scene::new().run(&["install", "example.com/none@latest"])
        })
        .from(16),
        case(
            "install_no_such_package",
            &["package/not-in-module"],
            || Scene::new().run(&["install", "example.com/a/cmd/x@latest"]),
        )
        .from(16),
        case("get_outside", &["graph/no-go-mod"], || {
            outside(Scene::new(), &["get", "example.com/a"])
        })
        .from(18),
        // Outside of a module go 1.13 uses none.
        case(
            "add_outside",
            &["graph/no-go-mod", "local/modules-off"],
            || outside(Scene::new(), &["list", "-m", "all"]),
        ),
        case(
            "build_outside",
            &[
                "graph/no-go-mod",
                "package/not-required",
                "local/modules-off",
            ],
            || {
                outside(
                    Scene::new().file("x.go", IMPORTS_A),
                    &["build", "example.com/a"],
                )
            },
        ),
        case("vendor_outside", &["graph/no-go-mod"], || {
            outside(Scene::new(), &["mod", "vendor"])
        }),
    ]
}

fn programs() -> Vec<Case> {
    vec![
        case("no_c_compiler", &["local/no-c-compiler"], cgo),
        case("no_generator", &["local/no-program"], || {
            Scene::new()
                .file("main.go", "package main\n\n//go:generate mockgen-of-nobody -source=main.go\n\nfunc main() {}\n")
                .run(&["generate", "./..."])
        }),
        case("a_test_that_fails", &["unknown"], || {
            let test = "package main\n\nimport (\n\t\"net\"\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestDial(t *testing.T) {\n\tif _, err := net.Dial(\"tcp\", \"127.0.0.1:1\"); err != nil {\n\t\tt.Errorf(\"Get \\\"http://127.0.0.1:1/health\\\": %v\", err)\n\t}\n\t_, err := os.Open(\"/nowhere/x\")\n\tt.Fatalf(\"open: %v: permission denied\", err)\n}\n";
            Scene::new()
                .file("main.go", EMPTY)
                .file("main_test.go", test)
                .run(&["test", "./..."])
        }),
        case("a_verbose_test_that_fails", &["unknown"], || {
            let test = "package main\n\nimport (\n\t\"fmt\"\n\t\"testing\"\n)\n\nfunc TestSay(t *testing.T) {\n\tfmt.Println(\"Get \\\"http://127.0.0.1:1/x\\\": dial tcp 127.0.0.1:1: connect: connection refused\")\n\tt.Fatal(\"reading http://127.0.0.1:1/x: 404 Not Found\")\n}\n";
            Scene::new()
                .file("main.go", EMPTY)
                .file("main_test.go", test)
                .run(&["test", "-v", "./..."])
        }),
        case("a_program_that_does_not_compile", &["unknown"], || {
            Scene::new()
                .file("main.go", "package main\n\nfunc main() { nothing() }\n")
                .build()
        }),
    ]
}

fn flags() -> Vec<Case> {
    vec![
        case("unknown_flag_in_goflags", &["local/bad-setting"], || {
            Scene::new().env("GOFLAGS", "-nothing").build()
        }),
        case("bad_mod_flag", &["local/bad-setting"], || {
            Scene::new()
                .env("GOFLAGS", "-mod=ro")
                .file("main.go", EMPTY)
                .build()
        }),
        case(
            "vendor_flag_without_vendor",
            &["graph/vendor-mode", "graph/vendor-inconsistent"],
            || {
                Scene::new().with_a().after(&["mod", "tidy"]).run(&[
                    "build",
                    "-mod=vendor",
                    "./...",
                ])
            },
        ),
        case(
            "readonly_import",
            &["package/not-required", "graph/stale-go-mod"],
            || {
                Scene::new()
                    .file("main.go", IMPORTS_A)
                    .run(&["build", "-mod=readonly", "./..."])
            },
        ),
        case("get_in_vendor_mode", &["graph/vendor-mode"], || {
            Scene::new()
                .env("GOFLAGS", "-mod=vendor")
                .run(&["list", "-m", "-u", "all"])
        }),
        case("unknown_variable", &["local/bad-setting"], || {
            Scene::new().run(&["env", "-w", "GOPROX=x"])
        }),
        case("unknown_mod_command", &["local/unknown-command"], || {
            Scene::new().run(&["mod", "tidyup"])
        }),
        case("go_mod_in_gopath", &["local/go-mod-in-gopath"], || {
            let prepared = Scene::new().file("main.go", EMPTY).prepared(|go, _| {
                let gopath = go.home().join("gopath");
                std::fs::create_dir_all(&gopath).unwrap();
                std::fs::write(gopath.join("go.mod"), "module example.com/gopath\n").unwrap();
                std::fs::write(gopath.join("main.go"), EMPTY).unwrap();
            });
            prepared.finish_in_gopath(&["build", "."])
        })
        .up_to(23),
    ]
}
