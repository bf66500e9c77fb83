//! Fetching directly: git, and the pages that name repositories.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{Played, Scene};
use std::path::Path;
use std::process::Command;
use testkit::upstream::{Fault, Target};

const MODULE: &str = "git.example.com/m.git";

/// A scene that fetches directly, with this in place of the code host.
fn direct(host: &str) -> Scene {
    Scene::new()
        .env("GOPROXY", "direct")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", &format!("url.{host}.insteadOf"))
        .env("GIT_CONFIG_VALUE_0", "https://git.example.com/")
}

/// A directory with one repository of one commit and the tag v1.0.0.
fn repositories() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let repository = directory.path().join("m.git");
    std::fs::create_dir(&repository).unwrap();
    std::fs::write(repository.join("go.mod"), format!("module {MODULE}\n")).unwrap();
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "."],
        &["commit", "-q", "-m", "Begin"],
        &["tag", "v1.0.0"],
    ] {
        git(&repository, arguments);
    }
    directory
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]);
    let status = command.args(arguments).current_dir(directory).status();
    assert!(status.unwrap().success(), "git {arguments:?}");
}

fn from_repository(what: &str) -> Played {
    let directory = repositories();
    let host = format!("file://{}/", directory.path().display());
    direct(&host).get(what).keeping(directory)
}

/// A directory with `go` and nothing else.
fn path_without_git() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let found = Command::new("go").args(["env", "GOROOT"]).output().unwrap();
    let root = String::from_utf8(found.stdout).unwrap();
    let go = Path::new(root.trim()).join("bin/go");
    std::os::unix::fs::symlink(go, directory.path().join("go")).unwrap();
    directory
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("unknown_revision", &["version/unknown-revision"], || {
            from_repository("git.example.com/m.git@v1.0.7")
        }),
        case("unknown_branch", &["version/unknown-revision"], || {
            from_repository("git.example.com/m.git@nobranch")
        }),
        case(
            "bad_pseudo_version",
            &["version/bad-pseudo-version", "version/unknown-revision"],
            || from_repository("git.example.com/m.git@v0.0.0-20200101000000-abcdefabcdef"),
        ),
        case("no_repository", &["vcs/no-protocol"], || {
            from_repository("git.example.com/none.git@v1.0.0")
        }),
        case(
            "no_repository_on_a_known_host",
            &["vcs/no-repository"],
            || {
                let directory = repositories();
                let host = format!("file://{}/", directory.path().display());
                let scene = direct(&host).env("GIT_CONFIG_VALUE_0", "https://github.com/");
                scene
                    .get("github.com/example/none@v1.0.0")
                    .keeping(directory)
            },
        ),
        case("wants_credentials", &["vcs/auth"], || {
            let challenge = Fault::status_with(401, "WWW-Authenticate", "Basic realm=git");
            direct("UPSTREAM/git/")
                .env("GIT_CONFIG_VALUE_0", "https://github.com/")
                .fault(Target::Prefix("git/".to_owned()), challenge)
                .get("github.com/example/m@v1.0.0")
        }),
        case("govcs_forbids", &["vcs/forbidden"], || {
            direct("file:///nowhere/")
                .env("GOVCS", "*:off")
                .get("git.example.com/m.git@v1.0.0")
        }),
        case("no_git", &["vcs/not-installed"], || {
            let path = path_without_git();
            let directory = path.path().display().to_string();
            direct("file:///nowhere/")
                .env("PATH", &directory)
                .get("git.example.com/m.git@v1.0.0")
                .keeping(path)
        }),
        case(
            "no_page",
            &[
                "discovery/failed",
                "dns/no-such-host",
                "dns/server-failure",
                "dns/resolver-unreachable",
                "network/timeout",
            ],
            || {
                Scene::new()
                    .env("GOPROXY", "direct")
                    .get("nowhere.invalid/m@v1.0.0")
            },
        ),
    ]
}
