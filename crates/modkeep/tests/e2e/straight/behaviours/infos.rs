//! What `.info` says, of versions and of queries.

use testkit::upstream::Fault;

use super::{Entry, behaviour};
use crate::straight::source::PSEUDO;

/// The `.info` of the version that the main module requires, and of the latest.
const PINNED: &str = "@v/v1.0.0.info";
const NEWEST: &str = "@v/v1.2.0.info";

/// Commands that tell these behaviours best.
pub(super) const TELLING: &[&str] = &[
    "get-version",
    "get-latest",
    "download-version",
    "get-query",
    "download",
];

/// Those that tell queries best.
pub(super) const TELLING_QUERIES: &[&str] = &["get-query"];

pub(super) const ALL: &[Entry] = &[
    behaviour("info-extra-fields", |source| {
        let more = r#"{"Name":"x","Short":"y","Version":"v1.2.0","Time":"2024-01-02T03:04:05Z","Origin":{"VCS":"git","URL":"https://git.example.com/m","Hash":"abc","Ref":"refs/tags/v1.2.0"},"Author":{"Name":"z"}}"#;
        source.put(NEWEST, more);
        source.put("@latest", more);
    }),
    behaviour("info-no-time", |source| {
        source.put(PINNED, r#"{"Version":"v1.0.0"}"#);
        source.put(NEWEST, r#"{"Version":"v1.2.0"}"#);
        source.put("@latest", r#"{"Version":"v1.2.0"}"#);
    }),
    behaviour("info-time-with-zone", |source| {
        source.put(
            PINNED,
            r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.123456+09:00"}"#,
        );
        source.put(
            "@latest",
            r#"{"Version":"v1.2.0","Time":"2024-01-02T03:04:05.5-07:00"}"#,
        );
    }),
    behaviour("info-time-senseless", |source| {
        source.put(PINNED, r#"{"Version":"v1.0.0","Time":"yesterday"}"#);
    }),
    behaviour("info-time-null", |source| {
        source.put(PINNED, r#"{"Version":"v1.0.0","Time":null}"#);
    }),
    behaviour("info-lower-case-keys", |source| {
        source.put(
            PINNED,
            r#"{"version":"v1.0.0","time":"2024-01-02T03:04:05Z"}"#,
        );
        source.put(
            NEWEST,
            r#"{"version":"v1.2.0","time":"2024-01-02T03:04:05Z"}"#,
        );
        source.put(
            "@latest",
            r#"{"version":"v1.2.0","time":"2024-01-02T03:04:05Z"}"#,
        );
    }),
    behaviour("info-keys-twice", |source| {
        source.put(PINNED, r#"{"Version":"v1.0.1","Version":"v1.0.0"}"#);
    }),
    behaviour("info-spread-over-lines", |source| {
        source.put(
            PINNED,
            "\n\t{\r\n  \"Version\" : \"v1.0.0\",\n \"Time\":\"2024-01-02T03:04:05Z\"\n}\n\n",
        );
    }),
    behaviour("info-bom", |source| {
        source.put(PINNED, "\u{feff}{\"Version\":\"v1.0.0\"}")
    }),
    behaviour("info-not-json", |source| {
        source.put(PINNED, "v1.0.0 2024-01-02T03:04:05Z\n")
    }),
    behaviour("info-empty", |source| source.put(PINNED, "")),
    behaviour("info-empty-object", |source| source.put(PINNED, "{}")),
    behaviour("info-is-null", |source| source.put(PINNED, "null")),
    behaviour("info-is-a-list", |source| {
        source.put(PINNED, r#"[{"Version":"v1.0.0"}]"#)
    }),
    behaviour("info-more-after-it", |source| {
        source.put(PINNED, r#"{"Version":"v1.0.0"} and more"#)
    }),
    behaviour("info-of-another-version", |source| {
        source.put(
            PINNED,
            r#"{"Version":"v1.0.1","Time":"2024-01-02T03:04:05Z"}"#,
        );
    }),
    behaviour("info-with-escapes", |source| {
        source.put(PINNED, r#"{"\u0056ersion":"\u0076\u0031.0.0"}"#);
    }),
    behaviour("info-not-utf8", |source| {
        source.put(
            PINNED,
            b"{\"Version\":\"v1.0.0\",\"Name\":\"\xff\"}".to_vec(),
        );
    }),
    behaviour("info-deep", |source| {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        source.put(
            PINNED,
            format!(r#"{{"Version":"v1.0.0","Origin":{{"Deep":{deep}}}}}"#),
        );
    }),
    behaviour("info-origin-of-another-type", |source| {
        source.put(
            PINNED,
            r#"{"Version":"v1.0.0","Origin":"https://git.example.com/m"}"#,
        );
    }),
    behaviour("info-absent", |source| source.remove(PINNED)),
    behaviour("info-of-latest-absent", |source| source.remove(NEWEST)),
    behaviour("info-is-a-page", |source| {
        source.fault(PINNED, Fault::login_page())
    }),
    behaviour("info-large", |source| {
        let name = "n".repeat(300_000);
        source.put(PINNED, format!(r#"{{"Version":"v1.0.0","Name":"{name}"}}"#));
    }),
];

/// Queries: names that only the source can resolve.
pub(super) const QUERIES: &[Entry] = &[
    behaviour("query-absent", |source| {
        "nobranch".clone_into(&mut source.query)
    }),
    behaviour("query-of-a-release", |source| {
        source.branch("stable", "v1.1.0");
        "stable".clone_into(&mut source.query);
    }),
    behaviour("query-commit", |source| {
        source.branch("abcdefabcdef", PSEUDO);
        "abcdefabcdef".clone_into(&mut source.query);
    }),
    behaviour("query-capitals", |source| {
        source.branch("!my!branch", PSEUDO);
        "MyBranch".clone_into(&mut source.query);
    }),
    behaviour("query-with-slash", |source| {
        source.branch("feature/x", PSEUDO);
        "feature/x".clone_into(&mut source.query);
    }),
    behaviour("query-with-percent", |source| {
        source.branch("50%25", PSEUDO);
        source.branch("50%", PSEUDO);
        "50%".clone_into(&mut source.query);
    }),
    behaviour("query-with-percent-digits", |source| {
        source.branch("50%2e", PSEUDO);
        "50%2e".clone_into(&mut source.query);
    }),
    behaviour("query-with-space", |source| {
        source.branch("my branch", PSEUDO);
        "my branch".clone_into(&mut source.query);
    }),
    behaviour("query-with-plus", |source| {
        source.branch("a+b", PSEUDO);
        "a+b".clone_into(&mut source.query);
    }),
    behaviour("query-with-hash-sign", |source| {
        source.branch("fix#7", PSEUDO);
        "fix#7".clone_into(&mut source.query);
    }),
    behaviour("query-with-tilde-and-comma", |source| {
        source.branch("a~b,c", PSEUDO);
        "a~b,c".clone_into(&mut source.query);
    }),
    behaviour("query-not-ascii", |source| {
        source.branch("zweig-ä", PSEUDO);
        "zweig-ä".clone_into(&mut source.query);
    }),
    behaviour("query-short-version", |source| {
        // No release matches, but there is a branch of that name.
        source.branch("v7", PSEUDO);
        "v7".clone_into(&mut source.query);
    }),
    behaviour("query-below-everything", |source| {
        "<v0.1.0".clone_into(&mut source.query)
    }),
    behaviour("query-at-least", |source| {
        ">=v1.0.1".clone_into(&mut source.query)
    }),
    behaviour("query-no-version-in-it", |source| {
        source.put("@v/main.info", r#"{"Time":"2024-01-02T03:04:05Z"}"#);
    }),
    behaviour("query-to-a-version-without-mod", |source| {
        source.branch("main", "v1.0.2");
    }),
    behaviour("query-refused", |source| {
        source.fault("@v/main.info", Fault::status(403))
    }),
    behaviour("query-overloaded", |source| {
        source.fault("@v/main.info", Fault::status(503))
    }),
    behaviour("query-named-like-a-file", |source| {
        source.branch("go.mod", PSEUDO);
        "go.mod".clone_into(&mut source.query);
    }),
    behaviour("query-head", |source| {
        source.branch("!h!e!a!d", PSEUDO);
        "HEAD".clone_into(&mut source.query);
    }),
];
