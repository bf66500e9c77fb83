//! What `@v/list` holds, and what `@latest` says beside it.

use testkit::upstream::Fault;

use super::{Entry, behaviour};
use crate::straight::source::PSEUDO;

const LIST: &str = "@v/list";
const LATEST: &str = "@latest";
const OTHER: &str = "v0.0.0-20230102030405-0123456789ab";

/// Commands that tell these behaviours best.
pub(super) const TELLING: &[&str] = &[
    "get-latest",
    "versions",
    "tidy",
    "updates",
    "retracted",
    "list-latest",
    "get-package",
    "install",
    "get-prefix",
    "get-below",
    "get-upgrade",
    "download-latest",
    "get-patch",
];

pub(super) const ALL: &[Entry] = &[
    behaviour("plain", |_| {}),
    behaviour("latest-absent", |source| source.remove(LATEST)),
    behaviour("latest-gone", |source| {
        source.fault(LATEST, Fault::status(410))
    }),
    behaviour("pseudo-only", |source| {
        source.about("example.com/m", PSEUDO, &[PSEUDO]);
        source.branch("main", PSEUDO);
    }),
    behaviour("pseudo-only-latest-absent", |source| {
        source.about("example.com/m", PSEUDO, &[PSEUDO]);
        source.remove(LATEST);
    }),
    behaviour("pseudo-listed-latest-absent", |source| {
        source.about("example.com/m", OTHER, &[OTHER, PSEUDO]);
        source.put(LIST, format!("{PSEUDO}\n{OTHER}\n"));
        source.remove(LATEST);
    }),
    behaviour("pseudo-listed-with-times", |source| {
        // The times say the opposite of the versions.
        source.about("example.com/m", OTHER, &[OTHER, PSEUDO]);
        let lines = format!("{PSEUDO} 2020-01-02T03:04:05Z\n{OTHER} 2025-01-02T03:04:05Z\n");
        source.put(LIST, lines);
        source.remove(LATEST);
    }),
    behaviour("list-empty", |source| source.put(LIST, "")),
    behaviour("list-empty-latest-absent", |source| {
        source.put(LIST, "");
        source.remove(LATEST);
    }),
    behaviour("list-absent", |source| source.remove(LIST)),
    behaviour("list-and-latest-absent", |source| {
        source.remove(LIST);
        source.remove(LATEST);
    }),
    behaviour("list-unsorted", |source| {
        source.put(LIST, "v1.2.0\nv1.0.0\nv1.3.0-rc.1\nv1.1.0\nv1.0.1\n");
    }),
    behaviour("list-twice-the-same", |source| {
        source.put(LIST, "v1.0.0\nv1.0.0\nv1.1.0\nv1.2.0\nv1.1.0\n");
    }),
    behaviour("list-with-junk", |source| {
        source.put(
            LIST,
            "# versions\n\nv1.0.0\nlatest\n../../x\nv1.1.0\nmaster\nv1\n\u{7f}\nv1.2.0\n",
        );
    }),
    behaviour("list-with-short-versions", |source| {
        source.put(LIST, "v1\nv1.0\nv1.0.0\nv1.2\nv1.2.0\n");
    }),
    behaviour("list-with-build-metadata", |source| {
        source.put(LIST, "v1.0.0\nv1.2.0+meta\nv1.1.0\n");
    }),
    behaviour("list-crlf", |source| source.fault(LIST, Fault::crlf())),
    behaviour("list-trailing-spaces", |source| {
        source.put(LIST, "  v1.0.0  \nv1.1.0\t\n\tv1.2.0 \n");
    }),
    behaviour("list-with-times", |source| {
        source.put(
            LIST,
            "v1.0.0 2024-01-02T03:04:05Z\nv1.2.0 2023-01-02T03:04:05Z\n",
        );
    }),
    behaviour("list-with-times-latest-absent", |source| {
        source.put(
            LIST,
            "v1.0.0 2024-01-02T03:04:05Z\nv1.2.0 2023-01-02T03:04:05Z\n",
        );
        source.remove(LATEST);
    }),
    behaviour("list-no-final-newline", |source| {
        source.put(LIST, "v1.0.0\nv1.1.0\nv1.2.0")
    }),
    behaviour("list-without-v", |source| {
        source.put(LIST, "1.0.0\n1.1.0\nv1.1.0\n")
    }),
    behaviour("list-unicode-spaces", |source| {
        source.put(
            LIST,
            "\u{a0}v1.0.0\u{2003}x\n\u{85}v1.1.0\n\u{3000}v1.2.0\u{2028}v1.0.1\n",
        );
    }),
    behaviour("list-not-utf8", |source| {
        source.put(LIST, b"\xff\xfe\nv1.0.0\nv1.1.0 \xff\n".to_vec())
    }),
    behaviour("list-bom", |source| {
        source.put(LIST, "\u{feff}v1.0.0\nv1.1.0\n")
    }),
    behaviour("list-one-line", |source| {
        source.put(LIST, "v1.0.0 v1.1.0 v1.2.0\n")
    }),
    behaviour("list-bare-cr", |source| {
        source.put(LIST, "v1.0.0\rv1.1.0\rv1.2.0\r")
    }),
    behaviour("list-pseudo-among-releases", |source| {
        source.put(LIST, format!("v1.0.0\n{PSEUDO}\nv1.1.0\n"));
    }),
    behaviour("list-incompatible", |source| {
        source.put(LIST, "v1.0.0\nv1.2.0\nv2.0.0+incompatible\n");
        source.put(
            "@v/v2.0.0+incompatible.info",
            r#"{"Version":"v2.0.0+incompatible"}"#,
        );
        source.put("@v/v2.0.0+incompatible.mod", "module example.com/m\n");
    }),
    behaviour("list-foreign-major", |source| {
        source.put(LIST, "v1.0.0\nv1.2.0\nv3.0.0\n")
    }),
    behaviour("list-names-missing-versions", |source| {
        source.put(LIST, "v1.0.0\nv1.2.0\nv1.9.0\n")
    }),
    behaviour("list-lacks-the-latest", |source| {
        source.put(LIST, "v1.0.0\nv1.1.0\n")
    }),
    behaviour("list-only-prereleases", |source| {
        source.put(LIST, "v1.3.0-rc.1\n")
    }),
    behaviour("list-huge", |source| {
        let old = (0..20_000).map(|patch| format!("v0.1.{patch}"));
        let lines: Vec<String> = old
            .chain(["v1.0.0".to_owned(), "v1.2.0".to_owned()])
            .collect();
        source.put(LIST, lines.join("\n"));
    }),
    behaviour("list-is-a-page", |source| {
        source.fault(LIST, Fault::login_page())
    }),
    behaviour("list-is-json", |source| {
        source.put(LIST, r#"["v1.0.0","v1.1.0"]"#)
    }),
    behaviour("latest-is-a-page", |source| {
        source.fault(LATEST, Fault::login_page())
    }),
    behaviour("latest-is-a-release-behind", |source| {
        source.put(
            LATEST,
            r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}"#,
        );
    }),
    behaviour("latest-is-not-listed", |source| {
        source.put(LIST, "");
        source.put(
            LATEST,
            r#"{"Version":"v1.0.1","Time":"2024-01-02T03:04:05Z"}"#,
        );
    }),
    behaviour("latest-does-not-exist", |source| {
        source.put(LIST, "");
        source.put(
            LATEST,
            r#"{"Version":"v1.8.0","Time":"2024-01-02T03:04:05Z"}"#,
        );
    }),
    behaviour("latest-is-empty", |source| {
        source.put(LIST, "");
        source.put(LATEST, "");
    }),
    behaviour("latest-is-a-branch", |source| {
        source.put(LIST, "");
        source.put(LATEST, r#"{"Version":"main"}"#);
    }),
];
