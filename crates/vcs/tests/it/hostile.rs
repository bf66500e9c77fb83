//! Addresses and servers that want more than to be read.

use std::path::Path;
use vcs::{Repositories, RepositoryAccess, RepositoryOptions, VcsError, VcsKind};

fn repositories(directory: &Path) -> Repositories {
    let path = std::env::var_os("PATH").unwrap();
    Repositories::new(RepositoryOptions::new(directory.join("mirrors"), path))
}

#[tokio::test]
async fn addresses_that_run_something_or_leave_the_network_are_refused_before_git_sees_them() {
    let directory = tempfile::tempdir().unwrap();
    let repositories = repositories(directory.path());
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
        for system in [VcsKind::Git, VcsKind::Hg, VcsKind::Svn] {
            let refused = repositories.repository(system, url, RepositoryAccess::default());
            assert!(matches!(refused, Err(VcsError::Forbidden(_))), "{url}");
        }
    }
}

#[tokio::test]
async fn a_host_that_nobody_is_at_is_an_outage_and_no_absence() {
    let directory = tempfile::tempdir().unwrap();
    let repositories = repositories(directory.path());
    let port = testkit::port::Port::reserve();
    let url = format!("https://{}/a", port.address());
    let repository = repositories
        .repository(VcsKind::Git, &url, RepositoryAccess::default())
        .unwrap();
    let tags = repository.tags("").await;
    assert!(matches!(tags, Err(VcsError::Unreachable(_))), "{tags:?}");
}
