//! The release of go itself.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{EMPTY, Played, Scene};
use testkit::upstream::{Fault, Target};

/// A project whose go.mod has another go line.
fn wants(line: &'static str, scene: Scene) -> Played {
    let prepared = scene.file("main.go", EMPTY).prepared(|_, project| {
        let go_mod = project.read("go.mod").replace("go 1.21", line);
        std::fs::write(project.path().join("go.mod"), go_mod).unwrap();
    });
    prepared.finish(&["build", "./..."])
}

fn set_to(value: &str) -> Played {
    Scene::new().env("GOTOOLCHAIN", value).run(&["version"])
}

pub(super) fn cases() -> Vec<Case> {
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
