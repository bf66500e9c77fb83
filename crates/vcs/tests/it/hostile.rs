//! Addresses and servers that want more than to be read.

use std::path::Path;
use vcs::{CodeRepository as _, GitOptions, GitRepositories, VcsError};

fn git(directory: &Path) -> GitRepositories {
    let path = std::env::var_os("PATH").unwrap();
    GitRepositories::new(GitOptions::new(directory.join("mirrors"), path))
}

#[tokio::test]
async fn addresses_that_run_something_or_leave_the_network_are_refused_before_git_sees_them() {
    let directory = tempfile::tempdir().unwrap();
    let git = git(directory.path());
    for url in [
        "ext::sh -c touch% /tmp/x",
        "file:///etc",
        "/etc",
        "--upload-pack=touch x",
        "https://-oProxyCommand=x/a",
        "ssh://-oProxyCommand=touch/a",
        "http://example.com/a",
        "git://example.com/a",
        "https://example.com/a\nb",
        "host:path",
    ] {
        let refused = git.repository(url, None);
        assert!(matches!(refused, Err(VcsError::Forbidden(_))), "{url}");
    }
}

#[tokio::test]
async fn a_host_that_nobody_is_at_is_an_outage_and_no_absence() {
    let directory = tempfile::tempdir().unwrap();
    let git = git(directory.path());
    let port = testkit::port::Port::reserve();
    let repository = git
        .repository(&format!("https://{}/a", port.address()), None)
        .unwrap();
    let tags = repository.tags("").await;
    assert!(matches!(tags, Err(VcsError::Unreachable(_))), "{tags:?}");
}
