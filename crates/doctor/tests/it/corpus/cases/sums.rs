//! go.sum and the checksum database.

use super::{case, healed};
use crate::corpus::Case;
use crate::corpus::scene::{Played, Scene, b, corpus};
use std::fs;
use testkit::database::Database;
use testkit::fixture::Module;
use testkit::port::Port;
use testkit::upstream::{Fault, Target};

const NAME: &str = "sum.example.com";
const OTHER: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn database() -> Database {
    let mut database = Database::new(NAME, 1);
    database.log(&Module::new("example.com/a", "v1.0.0").requires("example.com/b", "v1.0.0"));
    database.log(&b());
    database
}

fn below(prefix: &str) -> Target {
    Target::Prefix(format!("sumdb/{NAME}/{prefix}"))
}

fn mismatch(line: &str) -> Played {
    Scene::new()
        .with_a()
        .file("go.sum", line)
        .run(&["mod", "download", "example.com/a"])
}

/// With a go.sum from which these lines were taken.
fn without(needle: &'static str) -> Played {
    let scene = Scene::new().with_a().after(&["mod", "tidy"]);
    let prepared = scene.prepared(|_, project| {
        let kept: String = project
            .read("go.sum")
            .lines()
            .filter(|line| !line.contains(needle))
            .flat_map(|line| [line, "\n"])
            .collect();
        fs::write(project.path().join("go.sum"), kept).unwrap();
    });
    prepared.finish(&["build", "./..."])
}

/// A database that has another history at the second look.
fn fork() -> Played {
    let mut database = Database::new(NAME, 1);
    database.log(&Module::new("example.com/a", "v1.0.0").requires("example.com/b", "v1.0.0"));
    let first = ["mod", "download", "example.com/a@v1.0.0"];
    let prepared = Scene::new()
        .database(&database)
        .after(&first)
        .prepared(|_, _| ());
    let mut other = Database::new(NAME, 1);
    other.fill(2);
    other.log(&b());
    prepared.upstream.change(|corpus| other.publish(corpus));
    prepared.finish(&["mod", "download", "-json", "example.com/b@v1.0.0"])
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("other_zip_than_go_sum", &["sum/go-sum-mismatch"], || {
            mismatch(&format!("example.com/a v1.0.0 {OTHER}\n"))
        }),
        case("other_mod_than_go_sum", &["sum/go-sum-mismatch"], || {
            mismatch(&format!("example.com/a v1.0.0/go.mod {OTHER}\n"))
        }),
        case(
            "other_zip_than_database",
            &["sum/database-mismatch"],
            || {
                let mut database = Database::new(NAME, 1);
                database.log_hashes("example.com/a", "v1.0.0", OTHER, OTHER);
                Scene::new().database(&database).download()
            },
        ),
        case("moved_and_mismatched", &["sum/database-mismatch"], || {
            let mut database = Database::new(NAME, 1);
            database.log_hashes("example.com/a", "v1.0.0", OTHER, OTHER);
            let moved = Module::new("example.com/a", "v1.0.0").go_mod("module example.com/new\n");
            Scene::with(corpus().with(&moved))
                .database(&database)
                .get("example.com/a@v1.0.0")
        }),
        case("not_in_database", &["sum/not-in-database"], || {
            Scene::new().database(&Database::new(NAME, 1)).download()
        }),
        case("database_fails", &["sum/database-unreachable"], || {
            Scene::new()
                .database(&database())
                .fault(below("lookup/"), Fault::status(500))
                .download()
        }),
        case(
            "database_refuses_connections",
            &["sum/database-unreachable"],
            || {
                let port = Port::reserve();
                let setting = format!("{} http://{}", database().key(), port.address());
                Scene::new()
                    .env("GOSUMDB", &setting)
                    .download()
                    .keeping(port)
            },
        ),
        case("forked_database", &["sum/fork"], fork),
        case("torn_tile", &["sum/bad-tiles"], || {
            let torn = Fault::tamper(|bytes| bytes.iter().map(|byte| byte ^ 1).collect());
            Scene::new()
                .database(&database())
                .fault(below("tile/"), torn)
                .download()
        }),
        case("other_key", &["sum/bad-tiles"], || {
            let key = Database::new(NAME, 2).key();
            Scene::new()
                .database(&database())
                .env("GOSUMDB", &key)
                .download()
        }),
        case("bad_setting_of_database", &["sum/configuration"], || {
            Scene::new()
                .env("GOSUMDB", "sum.example.com+nonsense")
                .download()
        }),
        // A go that reads past the second line finds that the first one is wrong.
        case(
            "malformed_go_sum",
            &["sum/malformed", "sum/go-sum-mismatch"],
            || mismatch("example.com/a v1.0.0 h1:x=\n<<<<<<< HEAD and more\n"),
        ),
        healed("missing_line_of_a_package", &["sum/missing"], || {
            without("a v1.0.0 h1:")
        }),
        healed("missing_line_of_a_go_mod", &["sum/missing"], || {
            without("a v1.0.0/go.mod")
        }),
        healed("no_go_sum_at_all", &["sum/missing"], || {
            Scene::new().with_a().build()
        }),
        healed("changed_cache", &["sum/cache-changed"], || {
            let scene = Scene::new().with_a().after(&["mod", "tidy"]);
            let prepared = scene.prepared(|go, _| {
                let file = go.module_cache().join("example.com/a@v1.0.0/lib.go");
                fs::write(file, "package changed\n").unwrap();
            });
            prepared.finish(&["mod", "verify"])
        }),
    ]
}
