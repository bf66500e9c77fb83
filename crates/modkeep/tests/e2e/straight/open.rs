//! Differences that are faults of modkeep and not mended yet. What is mended must go from here: an
//! entry that nothing needs any more fails the test.

use super::exceptions::{Entry, Sort};

use Sort::{Breaks, Class, Content, Heals};

/// Versions of files of which the database has the record, and which `go` cannot use.
const LOGGED_AND_UNFIT: &[&str] = &[
    "mod-empty",
    "mod-bom",
    "mod-without-module-line",
    "mod-not-a-go-mod",
    "zip-with-nested-module",
    "zip-with-colliding-names",
    "zip-with-name-twice",
    "zip-with-windows-name",
    "zip-with-colon-name",
    "zip-with-parent-name",
    "zip-go-mod-in-capitals",
];

/// Faults that are known.
pub(super) const OPEN: &[Entry] = &[
    Entry {
        behaviours: &["query-with-*"],
        commands: &["get-query"],
        modes: "*",
        differs: Breaks,
        witness: ("query-with-space", "get-query", "cold ahead off"),
        why: "L15: a query is asked for without the percent escapes that go sends",
    },
    Entry {
        behaviours: &[
            "list-with-short-versions",
            "list-with-junk",
            "list-with-build-metadata",
        ],
        commands: &["*"],
        modes: "*",
        differs: Content,
        witness: ("list-with-short-versions", "versions", "cold ahead off"),
        why: "L15: a list loses lines that go takes for versions: v1, v1.2, v1.2.0+meta",
    },
    Entry {
        behaviours: &["list-with-build-metadata"],
        commands: &["*"],
        modes: "*",
        differs: Heals,
        witness: ("list-with-build-metadata", "get-latest", "cold ahead off"),
        why: "L15: the same line, which go cannot use, makes straight fail",
    },
    Entry {
        behaviours: &["pseudo-only-latest-absent"],
        commands: &["*"],
        modes: "*",
        differs: Content,
        witness: ("pseudo-only-latest-absent", "get-patch", "cold asked off"),
        why: "L15: @latest that is computed from what is kept has no time, though the source has one",
    },
    Entry {
        behaviours: &["mod-empty", "mod-bom"],
        commands: &["download-version"],
        modes: "*",
        differs: Breaks,
        witness: ("mod-bom", "download-version", "cold ahead off"),
        why: "L15: a go.mod is refused that go downloads without a word",
    },
    Entry {
        behaviours: &["mod-without-module-line", "mod-not-a-go-mod"],
        commands: &["get-update"],
        modes: "*",
        differs: Content,
        witness: ("mod-without-module-line", "get-update", "cold asked off"),
        why: "L15: a go.mod is refused that go only passes over on its way to an older version",
    },
    Entry {
        behaviours: &["zip-with-link"],
        commands: &["*"],
        modes: "*",
        differs: Breaks,
        witness: ("zip-with-link", "download", "cold ahead off"),
        why: "L15: a zip is refused for the mode of an entry, which go does not look at",
    },
    Entry {
        behaviours: &["zip-with-link"],
        commands: &["why"],
        modes: "*",
        differs: Content,
        witness: ("zip-with-link", "why", "cold ahead off"),
        why: "L15: the same zip: why finds no package without it",
    },
    Entry {
        behaviours: LOGGED_AND_UNFIT,
        commands: &["*"],
        modes: "* database",
        differs: Class,
        witness: ("mod-bom", "download", "cold ahead database"),
        why: "L8: what breaks Go's rules is called a checksum mismatch, beside two equal hashes",
    },
];
