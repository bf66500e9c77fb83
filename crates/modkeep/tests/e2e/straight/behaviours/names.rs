//! Module paths and versions of every shape, and main modules that have their own opinion.

use testkit::fixture::Module;

use super::{Entry, behaviour};
use crate::straight::source::{DEPENDENCY, PSEUDO, Source, library};

/// `M` is another path; the branch is at its first version.
fn renamed(source: &mut Source, path: &str, versions: &[&str]) {
    source.about(path, versions[0], versions);
    source.branch("main", versions[0]);
}

/// Commands that tell these behaviours best.
pub(super) const TELLING: &[&str] = &[
    "get-latest",
    "download",
    "get-version",
    "tidy",
    "get-package",
    "updates",
    "get-query",
    "get-update",
    "get-none",
    "get-minor",
    "versions",
];

pub(super) const ALL: &[Entry] = &[
    behaviour("path-capitals", |source| {
        renamed(source, "example.com/Azure/SDK", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-major-suffix", |source| {
        renamed(source, "example.com/m/v2", &["v2.0.0", "v2.1.0"]);
    }),
    behaviour("path-major-suffix-beside-v1", |source| {
        source.add(&library("example.com/m/v2", "v2.0.0"));
    }),
    behaviour("path-gopkg", |source| {
        renamed(source, "gopkg.in/yaml.v3", &["v3.0.0", "v3.0.1"])
    }),
    behaviour("path-gopkg-user", |source| {
        renamed(source, "gopkg.in/User/pkg.v1", &["v1.0.0", "v1.0.1"])
    }),
    behaviour("path-host-only", |source| {
        renamed(source, "m.example.com", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-long", |source| {
        let path = format!("example.com/{}", "abcdefghij/".repeat(8) + "k");
        renamed(source, &path, &["v1.0.0", "v1.1.0"]);
    }),
    behaviour("path-odd-letters", |source| {
        renamed(source, "example.com/a_b-c.d~e", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-tilde-digits", |source| {
        renamed(source, "example.com/a~1", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-windows-name", |source| {
        renamed(source, "example.com/con", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-dot-git", |source| {
        renamed(source, "example.com/m.git", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-of-protocol-words", |source| {
        renamed(
            source,
            "example.com/sumdb/list/latest",
            &["v1.0.0", "v1.1.0"],
        );
    }),
    behaviour("path-ends-in-zip", |source| {
        renamed(source, "example.com/m.zip", &["v1.0.0", "v1.1.0"])
    }),
    behaviour("path-two-slashes", |source| {
        "example.com//m".clone_into(&mut source.module)
    }),
    behaviour("path-not-ascii", |source| {
        "example.com/ä".clone_into(&mut source.module)
    }),
    behaviour("path-final-slash", |source| {
        "example.com/m/".clone_into(&mut source.module)
    }),
    behaviour("path-no-dot", |source| "m/n".clone_into(&mut source.module)),
    behaviour("path-unknown", |source| {
        "example.com/unknown".clone_into(&mut source.module)
    }),
    // Versions.
    behaviour("version-capitals", |source| {
        renamed(source, "example.com/m", &["v1.0.0-RC1", "v1.0.0-RC2"]);
    }),
    behaviour("version-prerelease-pinned", |source| {
        "v1.3.0-rc.1".clone_into(&mut source.version)
    }),
    behaviour("version-v0", |source| {
        renamed(source, "example.com/m", &["v0.1.0", "v0.2.0"])
    }),
    behaviour("version-long", |source| {
        renamed(
            source,
            "example.com/m",
            &["v1.0.0-alpha.0.1.2.3.x-y-z.20240102030405", "v1.0.1"],
        );
    }),
    behaviour("version-large-numbers", |source| {
        renamed(
            source,
            "example.com/m",
            &["v1.99999999999999999999.0", "v1.100000000000000000000.0"],
        );
    }),
    behaviour("version-incompatible", incompatible),
    behaviour("version-unknown", |source| {
        "v1.7.0".clone_into(&mut source.version)
    }),
    behaviour("version-of-another-major", |source| {
        "v2.7.0".clone_into(&mut source.version)
    }),
    behaviour("version-pseudo-pinned", |source| {
        PSEUDO.clone_into(&mut source.version)
    }),
    behaviour("version-pseudo-unknown", |source| {
        "v1.2.1-0.20240102030405-000000000000".clone_into(&mut source.version);
    }),
    // Modules within modules.
    behaviour("nested-module", |source| {
        let nested = Module::new("example.com/m/pkg", "v1.5.0").file("sub/sub.go", "package sub\n");
        source.add(&nested);
    }),
    behaviour("nested-module-without-the-package", |source| {
        source.add(&Module::new("example.com/m/pkg", "v1.5.0"));
    }),
    behaviour("parent-module-without-the-package", |source| {
        source.add(&Module::new("example.com", "v1.5.0"));
    }),
    behaviour("parent-module-has-it-too", |source| {
        let parent = Module::new("example.com", "v1.5.0")
            .file("m/lib.go", "package lib\n")
            .file("m/pkg/sub/sub.go", "package sub\n");
        source.add(&parent);
    }),
    // The main module's own lines.
    behaviour("main-replaces", |source| {
        "\nreplace example.com/m => example.com/fork v1.1.0\n".clone_into(&mut source.main_lines);
        let fork = library("example.com/fork", "v1.1.0");
        source
            .add(&fork.go_mod("module example.com/m\n\ngo 1.21\n\nrequire example.com/d v1.0.0\n"));
    }),
    behaviour("main-replaces-a-version", |source| {
        "\nreplace example.com/m v1.0.0 => example.com/m v1.0.1\n"
            .clone_into(&mut source.main_lines);
    }),
    behaviour("main-excludes", |source| {
        "\nexclude example.com/m v1.2.0\n".clone_into(&mut source.main_lines);
    }),
    behaviour("main-requires-the-dependency", |source| {
        source.main_lines = format!("\nrequire {DEPENDENCY} v1.1.0\n");
    }),
    behaviour("main-old-go", |source| {
        source.instead("v1.0.0", |module| {
            module.go_mod("module example.com/m\n\ngo 1.15\n\nrequire example.com/d v1.0.0\n")
        });
    }),
    behaviour("dependency-in-a-circle", |source| {
        source.add(&Module::new(DEPENDENCY, "v1.0.0").requires("example.com/m", "v1.0.1"));
    }),
    behaviour("dependency-raises-the-version", |source| {
        source.add(&Module::new(DEPENDENCY, "v1.0.0").requires("example.com/m", "v1.1.0"));
    }),
    behaviour("packages-moved-away", |source| {
        // The newest version has no such package any more.
        source.instead("v1.2.0", |_| Module::new("example.com/m", "v1.2.0"));
    }),
];

/// Tags of a major version without a go.mod in the tree.
fn incompatible(source: &mut Source) {
    source.forget_module();
    "v2.0.0+incompatible".clone_into(&mut source.version);
    for version in ["v2.0.0+incompatible", "v2.1.0+incompatible"] {
        source.add(
            &library("example.com/m", version)
                .go_mod("module example.com/m\n")
                .without_go_mod(),
        );
    }
    source.put("@v/main.info", r#"{"Version":"v2.0.0+incompatible"}"#);
}
