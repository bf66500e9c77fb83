//! Golden: the reports as files, without what differs from run to run.

use crate::corpus::Case;
use crate::corpus::scene::Played;
use doctor::cause::GO_VERSION;
use std::process::Command;
use std::sync::LazyLock;

/// Whether this machine's `go` prints what the golden files were made from.
static IS_COMPARED: LazyLock<bool> = LazyLock::new(|| {
    let output = Command::new("go")
        .args(["env", "GOVERSION"])
        .output()
        .unwrap();
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let same = version == format!("go{GO_VERSION}");
    if !same {
        testkit::skip::because(&format!(
            "the reports are of go{GO_VERSION}, and this is {version}"
        ));
    }
    same
});

/// How the cases begin in which another program speaks.
const OTHERS: [&str; 2] = ["git_", "http_proxy_of_no_host"];

/// Compares a report with its golden file.
pub(crate) fn compare(case: &Case, played: &Played, printed: &str) {
    // Which cause is on top differs between machines, and so would the report; and so do the words of
    // git, ssh and the resolver.
    let is_of_others = OTHERS.iter().any(|start| case.name.starts_with(start));
    if *IS_COMPARED && case.causes.len() == 1 && !is_of_others {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(case.name, normal(played, printed)));
    }
}

/// The report with the same ports and directories everywhere.
fn normal(played: &Played, printed: &str) -> String {
    let mut text = printed.to_owned();
    for (found, name) in &played.names {
        text = text.replace(found, name);
    }
    without_numbers(&text)
}

/// What differs between machines and runs, and what stands in its place. Carets follow from the length
/// of ports.
const DIFFERENT: [(&str, &str); 9] = [
    (r"/tmp/[A-Za-z0-9._-]+", "/tmp/DIRECTORY"),
    (r"(127\.0\.0\.1|localhost):[0-9]+", "$1:PORT"),
    // Where an excerpt begins inside of them.
    (r"\.\.\.([0-9.]*:)?[0-9]{2,5}/", "...$1PORT/"),
    (
        r"\.\.\.[A-Za-z0-9]{1,6}/(modcache|gopath)",
        "...DIRECTORY/$1",
    ),
    (r"current time [0-9TZ:-]+", "current time NOW"),
    (r"vcs/[0-9a-f]{64}", "vcs/REPOSITORY"),
    (r"not in std \([^ ]+/src/", "not in std (GOROOT/src/"),
    (r"go1\.99\.0\.[a-z0-9]+-[a-z0-9]+", "go1.99.0.OS-ARCH"),
    (r"(?m)^   \| +\^+$", "   | ^"),
];

fn without_numbers(text: &str) -> String {
    DIFFERENT
        .iter()
        .fold(text.to_owned(), |text, (found, name)| {
            let found = regex::Regex::new(found).unwrap();
            found.replace_all(&text, *name).into_owned()
        })
}
