//! What `.mod` and `.zip` are: of another module, torn, senseless, or odd and yet right.

use testkit::fixture::{Module, zip};
use testkit::upstream::Fault;

use super::{Entry, behaviour};
use crate::straight::source::{Source, library};

const MOD: &str = "@v/v1.0.0.mod";
const ZIP: &str = "@v/v1.0.0.zip";
const NEWEST_MOD: &str = "@v/v1.2.0.mod";

/// The go.mod of `M` with more lines.
fn go_mod_with(source: &mut Source, version: &str, lines: &str) {
    let text = format!(
        "module {}\n\ngo 1.21\n\nrequire example.com/d v1.0.0\n{lines}",
        source.module
    );
    source.instead(version, |module| module.go_mod(&text));
}

/// The newest version holds one more file.
fn with_file(source: &mut Source, name: &str, content: &str) {
    source.instead("v1.0.0", |module| module.file(name, content));
}

/// A zip of one entry below the right prefix, besides go.mod.
fn zip_of(entries: &[(&str, &str)]) -> Vec<u8> {
    let entry = |(name, content): &(&str, &str)| ((*name).to_owned(), content.as_bytes().to_vec());
    zip::stored(&entries.iter().map(entry).collect::<Vec<_>>())
}

/// Commands that tell these behaviours best.
pub(super) const TELLING: &[&str] = &[
    "download",
    "get-version",
    "build",
    "vendor",
    "graph",
    "get-update",
    "get-latest",
    "download-version",
    "why",
    "tidy-required",
];

pub(super) const ALL: &[Entry] = &[
    behaviour("mod-absent", |source| source.remove(MOD)),
    behaviour("mod-of-latest-absent", |source| source.remove(NEWEST_MOD)),
    behaviour("mod-empty", |source| {
        source.instead("v1.0.0", |module| module.go_mod(""))
    }),
    behaviour("mod-of-another-path", |source| {
        source.instead("v1.2.0", |module| {
            module.go_mod("module example.com/renamed\n\ngo 1.21\n")
        });
    }),
    behaviour("mod-without-module-line", |source| {
        source.instead("v1.2.0", |module| module.go_mod("go 1.21\n"));
    }),
    behaviour("mod-not-a-go-mod", |source| {
        source.instead("v1.2.0", |module| module.go_mod("<html>moved</html>\n"));
    }),
    behaviour("mod-crlf", |source| {
        source.instead("v1.0.0", |module| {
            module.go_mod(
                "module example.com/m\r\n\r\ngo 1.21\r\n\r\nrequire example.com/d v1.0.0\r\n",
            )
        });
    }),
    behaviour("mod-bom", |source| {
        source.instead("v1.0.0", |module| {
            module.go_mod("\u{feff}module example.com/m\n\ngo 1.21\n")
        });
    }),
    behaviour("mod-unknown-directive", |source| {
        go_mod_with(
            source,
            "v1.0.0",
            "\nfrobnicate on\nignore ./x\ntool example.com/m/cmd/tool\n",
        );
    }),
    behaviour("mod-go-too-new", |source| {
        source.instead("v1.2.0", |module| {
            module.go_mod("module example.com/m\n\ngo 1.99\n")
        });
    }),
    behaviour("mod-toolchain-line", |source| {
        go_mod_with(source, "v1.2.0", "\ntoolchain go1.22.1\n");
    }),
    behaviour("mod-no-go-line", |source| {
        source.instead("v1.0.0", |module| module.go_mod("module example.com/m\n"));
    }),
    behaviour("mod-retracts-itself", |source| {
        go_mod_with(source, "v1.2.0", "\nretract v1.2.0 // broken\n");
    }),
    behaviour("mod-retracts-others", |source| {
        go_mod_with(source, "v1.2.0", "\nretract [v1.0.0, v1.1.0] // broken\n");
    }),
    behaviour("mod-retracts-all", |source| {
        go_mod_with(source, "v1.2.0", "\nretract [v0.0.0, v1.9.0] // broken\n");
    }),
    behaviour("mod-deprecated", |source| {
        let text = "// Deprecated: use example.com/n\nmodule example.com/m\n\ngo 1.21\n";
        source.instead("v1.2.0", |module| module.go_mod(text));
    }),
    behaviour("mod-replaces-and-excludes", |source| {
        go_mod_with(
            source,
            "v1.2.0",
            "\nreplace example.com/d => ../d\n\nexclude example.com/d v1.1.0\n",
        );
    }),
    behaviour("mod-requires-what-is-absent", |source| {
        go_mod_with(source, "v1.2.0", "\nrequire example.com/nowhere v1.0.0\n");
    }),
    behaviour("mod-is-another-than-in-the-zip", |source| {
        source.put(MOD, "module example.com/m\n\ngo 1.20\n");
    }),
    behaviour("mod-is-a-page", |source| {
        source.fault(MOD, Fault::login_page())
    }),
    behaviour("mod-large", |source| {
        go_mod_with(
            source,
            "v1.0.0",
            &"// a comment that is repeated\n".repeat(10_000),
        );
    }),
    // Zips.
    behaviour("zip-absent", |source| source.remove(ZIP)),
    behaviour("zip-of-latest-absent", |source| {
        source.remove("@v/v1.2.0.zip")
    }),
    behaviour("zip-gone", |source| source.fault(ZIP, Fault::status(410))),
    behaviour("zip-empty", |source| source.put(ZIP, "")),
    behaviour("zip-is-a-page", |source| {
        source.fault(ZIP, Fault::login_page())
    }),
    behaviour("zip-kept-short", |source| {
        source.fault(ZIP, Fault::kept_short(300))
    }),
    behaviour("zip-flipped-bit", |source| {
        source.fault(ZIP, Fault::flipped_bit(90, 1))
    }),
    behaviour("zip-of-another-version", |source| {
        source.put(ZIP, library("example.com/m", "v1.0.1").zip());
    }),
    behaviour("zip-of-another-case", |source| {
        source.put(
            ZIP,
            library("example.com/m", "v1.0.0").zip_below("example.com/M@v1.0.0/"),
        );
    }),
    behaviour("zip-without-prefix", |source| {
        source.put(ZIP, library("example.com/m", "v1.0.0").zip_below(""));
    }),
    behaviour("zip-without-entries", |source| {
        source.put(ZIP, zip::stored(&[]))
    }),
    behaviour("zip-only-a-license", |source| {
        source.put(ZIP, zip_of(&[("example.com/m@v1.0.0/LICENSE", "free")]));
    }),
    behaviour("zip-with-vendor", |source| {
        with_file(source, "vendor/example.com/v/v.go", "package v\n");
    }),
    behaviour("zip-with-nested-module", |source| {
        with_file(source, "nested/go.mod", "module example.com/m/nested\n");
    }),
    behaviour("zip-with-dot-git", |source| {
        with_file(source, ".git/config", "[core]\n")
    }),
    behaviour("zip-with-colliding-names", |source| {
        with_file(source, "LIB.go", "package lib\n")
    }),
    behaviour("zip-with-name-twice", |source| {
        with_file(source, "lib.go", "package lib\n")
    }),
    behaviour("zip-with-windows-name", |source| {
        with_file(source, "aux.go", "package lib\n")
    }),
    behaviour("zip-with-odd-names", |source| {
        with_file(source, "doc/ä ö$&=+[]~.txt", "odd and allowed\n");
    }),
    behaviour("zip-with-colon-name", |source| {
        with_file(source, "doc/a:b.txt", "not allowed\n")
    }),
    behaviour("zip-with-directory-entry", |source| {
        with_file(source, "doc/", "");
    }),
    behaviour("zip-with-parent-name", |source| {
        with_file(source, "../x.go", "package x\n")
    }),
    behaviour("zip-with-link", |source| {
        source.instead("v1.0.0", |module| module.file("link.go", "lib.go"));
        let module = library("example.com/m", "v1.0.0").file("link.go", "lib.go");
        source.put(ZIP, zip::last_as_link(module.zip()));
    }),
    behaviour("zip-go-mod-in-capitals", |source| {
        with_file(source, "GO.MOD", "module x\n")
    }),
    behaviour("zip-without-go-mod", |source| {
        source.instead("v1.0.0", Module::without_go_mod)
    }),
    behaviour("zip-more-after-it", |source| {
        source.fault(ZIP, Fault::tamper(|body| [body, b"more"].concat()));
    }),
    behaviour("zip-more-before-it", |source| {
        source.fault(ZIP, Fault::tamper(|body| [b"#!/bin/sh\n", body].concat()));
    }),
    behaviour("zip-gzip-undeclared", |source| {
        source.fault(ZIP, Fault::gzip())
    }),
    behaviour("zip-large", |source| {
        source.instead("v1.0.0", |module| module.noise(1, 3 << 20))
    }),
    behaviour("zip-of-other-content", |source| {
        // Sound, but not what the database has: a tag that was moved.
        source.put(
            ZIP,
            library("example.com/m", "v1.0.0")
                .file("more.go", "package lib\n")
                .zip(),
        );
    }),
    behaviour("dependency-zip-absent", |source| {
        source.corpus.remove("example.com/d/@v/v1.0.0.zip")
    }),
    behaviour("dependency-mod-absent", |source| {
        source.corpus.remove("example.com/d/@v/v1.0.0.mod")
    }),
    behaviour("dependency-of-another-path", |source| {
        let renamed =
            Module::new("example.com/d", "v1.0.0").go_mod("module example.com/e\n\ngo 1.21\n");
        source.add(&renamed);
    }),
];
