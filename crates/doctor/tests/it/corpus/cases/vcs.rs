//! Fetching directly: git, and the pages that name repositories.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{Played, Scene, path_with};
use crate::tls::{Certificate, TlsServer};
use std::path::Path;
use std::process::Command;
use testkit::port::Port;
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

/// git asks a server on this machine in place of the code host, which answers so; in this language, if
/// `DOCTOR_GIT_LOCALES` names a directory of its translations.
fn answered(language: &str, fault: Fault) -> Played {
    let locales = std::env::var("DOCTOR_GIT_LOCALES").unwrap_or_default();
    direct("UPSTREAM/git/")
        .env("GIT_CONFIG_VALUE_0", "https://github.com/")
        .env("LC_ALL", "C.UTF-8")
        .env("LANGUAGE", language)
        .env("GIT_TEXTDOMAINDIR", &locales)
        .fault(Target::Prefix("git/".to_owned()), fault)
        .get("github.com/example/m@v1.0.0")
}

fn challenge() -> Fault {
    Fault::status_with(401, "WWW-Authenticate", "Basic realm=git")
}

/// With a password that the server does not take.
fn refused_password(language: &str) -> Played {
    let locales = std::env::var("DOCTOR_GIT_LOCALES").unwrap_or_default();
    let scene = direct("UPSTREAM/git/");
    scene
        .env("GIT_CONFIG_VALUE_0", "https://github.com/")
        .env("GIT_CONFIG_COUNT", "2")
        .env("GIT_CONFIG_KEY_1", "credential.helper")
        .env(
            "GIT_CONFIG_VALUE_1",
            "!f() { echo username=me; echo password=wrong; }; f",
        )
        .env("LC_ALL", "C.UTF-8")
        .env("LANGUAGE", language)
        .env("GIT_TEXTDOMAINDIR", &locales)
        .fault(Target::Prefix("git/".to_owned()), challenge())
        .get("github.com/example/m@v1.0.0")
}

/// git is sent to this URL in place of the code host.
fn sent_to(url: &str) -> Played {
    direct(url)
        .env("GIT_CONFIG_VALUE_0", "https://github.com/")
        .env(
            "GIT_SSH_COMMAND",
            "ssh -o BatchMode=yes -o ConnectTimeout=5",
        )
        .get("github.com/example/m@v1.0.0")
}

fn statuses() -> Vec<Case> {
    vec![
        case("git_403", &["vcs/auth", "http/403"], || {
            answered("en", Fault::status(403))
        }),
        case("git_404", &["vcs/no-repository"], || {
            answered("en", Fault::status(404))
        }),
        case("git_500", &["http/5xx"], || {
            answered("en", Fault::status(500))
        }),
        case("git_503", &["http/5xx"], || {
            answered("en", Fault::status(503))
        }),
        case("git_reset", &["network/reset"], || {
            answered("en", Fault::Reset)
        }),
        case("git_refused", &["network/refused"], || {
            let port = Port::reserve();
            sent_to(&format!("http://{}/", port.address())).keeping(port)
        }),
        case(
            "git_unknown_host",
            &["vcs/unknown-host", "dns/no-such-host", "dns/server-failure"],
            || sent_to("https://nowhere.invalid/"),
        ),
        case("git_over_ssh_refused", &["network/refused"], || {
            let port = Port::reserve();
            let address = port.address();
            sent_to(&format!("ssh://git@127.0.0.1:{}/", address.port())).keeping(port)
        }),
        case("git_over_ssh_unknown_host", &["vcs/unknown-host"], || {
            sent_to("ssh://git@nowhere.invalid/")
        }),
        case(
            "git_untrusted_authority",
            &["tls/unknown-authority"],
            || {
                let good = Certificate {
                    name: "localhost",
                    expired: false,
                };
                let server =
                    TlsServer::start(good, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                sent_to(&format!("{}/", server.url())).keeping(server)
            },
        ),
        case(
            "git_https_to_a_plain_port",
            &["tls/plain-port", "tls/handshake", "network/reset"],
            || {
                let server =
                    TlsServer::start_plain("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                sent_to(&format!("{}/", server.url())).keeping(server)
            },
        ),
    ]
}

fn languages() -> Vec<Case> {
    vec![
        case("git_in_german_auth", &["vcs/auth"], || {
            answered("de", challenge())
        }),
        case("git_in_german_password", &["vcs/auth"], || {
            refused_password("de")
        }),
        case("git_in_german_403", &["vcs/auth", "http/403"], || {
            answered("de", Fault::status(403))
        }),
        case("git_in_german_404", &["vcs/no-repository"], || {
            answered("de", Fault::status(404))
        }),
        case("git_in_chinese_auth", &["vcs/auth"], || {
            answered("zh_CN", challenge())
        }),
        case("git_in_chinese_password", &["vcs/auth"], || {
            refused_password("zh_CN")
        }),
        case("git_in_chinese_403", &["vcs/auth", "http/403"], || {
            answered("zh_CN", Fault::status(403))
        }),
        case("git_in_chinese_404", &["vcs/no-repository"], || {
            answered("zh_CN", Fault::status(404))
        }),
        case("git_in_chinese_500", &["http/5xx"], || {
            answered("zh_CN", Fault::status(500))
        }),
        case("git_in_taiwanese_404", &["vcs/no-repository"], || {
            answered("zh_TW", Fault::status(404))
        }),
        case("git_in_taiwanese_password", &["vcs/auth"], || {
            refused_password("zh_TW")
        }),
        case("git_in_french_404", &["vcs/no-repository"], || {
            answered("fr", Fault::status(404))
        }),
        case("git_in_french_password", &["vcs/auth"], || {
            refused_password("fr")
        }),
        case("git_in_french_403", &["vcs/auth", "http/403"], || {
            answered("fr", Fault::status(403))
        }),
        case("git_in_spanish_404", &["vcs/no-repository"], || {
            answered("es", Fault::status(404))
        }),
        case("git_in_spanish_password", &["vcs/auth"], || {
            refused_password("es")
        }),
        case("git_in_portuguese_404", &["vcs/no-repository"], || {
            answered("pt_PT", Fault::status(404))
        }),
        case("git_in_italian_password", &["vcs/auth"], || {
            refused_password("it")
        }),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    // Up to 1.16 go says "unknown revision" of whatever git failed with, and leaves its words out.
    let of_git = [statuses(), languages()].into_iter().flatten();
    let mut cases = repositories_of_others();
    cases.extend(of_git.map(|case| case.from(17)));
    cases
}

fn repositories_of_others() -> Vec<Case> {
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
        // An old go tries git:// too, and there is no such host.
        case(
            "no_repository",
            &["vcs/no-protocol", "vcs/unknown-host"],
            || from_repository("git.example.com/none.git@v1.0.0"),
        )
        .from(17),
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
        )
        .from(17),
        case("wants_credentials", &["vcs/auth"], || {
            let challenge = Fault::status_with(401, "WWW-Authenticate", "Basic realm=git");
            direct("UPSTREAM/git/")
                .env("GIT_CONFIG_VALUE_0", "https://github.com/")
                .fault(Target::Prefix("git/".to_owned()), challenge)
                .get("github.com/example/m@v1.0.0")
        })
        .from(17),
        case("govcs_forbids", &["vcs/forbidden"], || {
            direct("file:///nowhere/")
                .env("GOVCS", "*:off")
                .get("git.example.com/m.git@v1.0.0")
        })
        .from(17),
        case("no_git", &["vcs/not-installed"], || {
            let path = path_with(&["go"]);
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
