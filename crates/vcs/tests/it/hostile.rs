//! Addresses and servers that want more than to be read.

use crate::{other_systems::has, writer::git};
use async_trait::async_trait;
use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
    time::Duration,
};
use testkit::forge::{Forge, ForgeFault, write_repository};
use tokio::{io::AsyncReadExt as _, net::TcpListener};
use url::Url;
use vcs::{
    HostCredential, MetaPage, ModuleRepository, NetworkGate, Repositories, RepositoryAccess,
    RepositoryOptions, VcsError, VcsKind,
};

/// Says that every name is this machine, as whoever judged it found.
struct ThisMachine;

#[async_trait]
impl NetworkGate for ThisMachine {
    async fn page(&self, url: &str) -> Result<MetaPage, VcsError> {
        Err(VcsError::Unreachable(url.to_owned()))
    }

    async fn addresses(&self, _host: &str, _port: u16) -> Result<Vec<IpAddr>, VcsError> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }

    fn credential(&self, _url: &Url) -> Option<HostCredential> {
        None
    }

    async fn download(&self, url: &str, _to: File, _limit: u64) -> Result<(u16, u64), VcsError> {
        Err(VcsError::Unreachable(url.to_owned()))
    }
}

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

#[tokio::test]
async fn every_system_connects_to_the_address_that_was_judged_whatever_the_name_means_then() {
    let directory = tempfile::tempdir().unwrap();
    let repositories = repositories(directory.path());
    for (system, program) in [
        (VcsKind::Git, "git"),
        (VcsKind::Hg, "hg"),
        (VcsKind::Svn, "svn"),
    ] {
        if !has(program) {
            continue;
        }
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        // A name that means nothing to anybody: only what was judged leads to the server.
        let url = format!("https://code.example.invalid:{port}/r");
        let access = RepositoryAccess {
            network: Some(Arc::new(ThisMachine)),
            is_private: false,
        };
        let repository = repositories.repository(system, &url, access).unwrap();
        let asked = tokio::spawn(async move { repository.latest().await });
        let (mut stream, _) = server.accept().await.unwrap();
        let mut hello = [0; 512];
        let length = stream.read(&mut hello).await.unwrap();
        let name = b"code.example.invalid";
        let is_named = hello[..length].windows(name.len()).any(|part| part == name);
        assert!(is_named, "{program} does not say whom it wants");
        drop((stream, server));
        let ended = asked.await.unwrap();
        assert!(matches!(ended, Err(VcsError::Unreachable(_))), "{ended:?}");
    }
}

#[tokio::test]
async fn servers_that_never_end_are_left_at_the_deadline() {
    let forge = Forge::start(&["code.example.com"]);
    let directory = tempfile::tempdir().unwrap();
    for (name, fault) in [
        ("stalls", ForgeFault::Stalls),
        ("endless", ForgeFault::Endless),
    ] {
        let place = format!("code.example.com/{name}");
        write_repository(&forge.repository(&place), &[("a", "a")], &["v1.0.0"]);
        forge.fail(&place, fault);
        let path = std::env::var_os("PATH").unwrap();
        let mut options = RepositoryOptions::new(directory.path().join(name), path);
        options.ca = Some(forge.root());
        options.environment = vec![("https_proxy".into(), forge.proxy().into())];
        options.limits.deadline = Duration::from_secs(3);
        let repositories = Repositories::new(options);
        let access = RepositoryAccess::default();
        let url = format!("https://{place}");
        let repository = repositories.repository(VcsKind::Git, &url, access).unwrap();
        let ended = repository.stat("v1.0.0").await;
        assert!(
            matches!(ended, Err(VcsError::Timeout(_))),
            "{name}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn a_tree_that_unpacks_to_more_than_a_zip_may_have_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    fs::create_dir_all(&source).unwrap();
    git(&source, &["init", "-q", "--bare"]);
    let zeros = directory.path().join("zeros");
    File::create(&zeros).unwrap().set_len(180 << 20).unwrap();
    let name = zeros.display().to_string();
    let blob = git(&source, &["hash-object", "-w", &name]);
    // One blob of zeros under three names: half a megabyte to fetch, 540 MiB to unpack.
    let tree =
        ["a.bin", "b.bin", "c.bin"].map(|file| format!("100644 blob {}\t{file}\n", blob.trim()));
    fs::write(source.join("listing"), tree.concat()).unwrap();
    let script = "git mktree < listing";
    let made = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(&source)
        .output();
    let tree = String::from_utf8(made.unwrap().stdout).unwrap();
    let person = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let commit = [&person[..], &["commit-tree", "-m", "a", tree.trim()]].concat();
    let commit = git(&source, &commit);
    git(&source, &["tag", "v1.0.0", commit.trim()]);
    let path = std::env::var_os("PATH").unwrap();
    let mut options = RepositoryOptions::new(directory.path().join("mirrors"), path);
    "file".clone_into(&mut options.protocols);
    let repositories = Repositories::new(options);
    let url = format!("file://{}", source.display());
    let access = RepositoryAccess::default();
    let code = repositories.repository(VcsKind::Git, &url, access).unwrap();
    let module = "example.com/r.git".parse().unwrap();
    let module = ModuleRepository::new(&module, "example.com/r.git", "", code).unwrap();
    let zip = module
        .zip(&"v1.0.0".parse().unwrap(), directory.path())
        .await;
    let Err(error @ VcsError::Content(_)) = zip else {
        panic!("{zip:?}");
    };
    assert_eq!(
        error.code().map(|code| code.to_string()).as_deref(),
        Some("MK2007")
    );
}
