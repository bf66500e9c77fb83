//! git over ssh, against the server of OpenSSH with keys of its own.

use crate::{other_systems::has, writer::git};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};
use testkit::{forge::write_repository, port::Port, skip};
use vcs::{ModuleRepository, Repositories, RepositoryAccess, RepositoryOptions, VcsError, VcsKind};

const SERVER: &str = "/usr/sbin/sshd";

/// A server of ssh on this machine; it ends with the test.
struct SshServer(Child);

impl Drop for SshServer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn key(directory: &Path, name: &str) -> String {
    let file = directory.join(name).display().to_string();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", &file])
        .status();
    assert!(made.unwrap().success());
    fs::read_to_string(directory.join(format!("{name}.pub"))).unwrap()
}

fn start(directory: &Path, port: u16) -> SshServer {
    let place = directory.display();
    let config = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {place}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         PermitRootLogin yes\nAuthorizedKeysFile {place}/authorized\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\n"
    );
    fs::write(directory.join("sshd_config"), config).unwrap();
    // Debian's package has its service make this directory.
    drop(fs::create_dir("/run/sshd"));
    let server = Command::new(SERVER)
        .args(["-D", "-e", "-f"])
        .arg(directory.join("sshd_config"))
        .stderr(Stdio::null())
        .spawn();
    let server = SshServer(server.unwrap());
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    server
}

#[tokio::test]
async fn a_repository_is_fetched_by_ssh_and_a_key_that_the_server_does_not_know_is_refused() {
    if !Path::new(SERVER).is_file() {
        skip::because("openssh-server is not installed");
        return;
    }
    if !has("git") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let source = place.join("source");
    let files = [
        ("go.mod", "module example.com/r.git\n"),
        ("a.go", "package a\n"),
    ];
    write_repository(&source, &files, &["v1.0.0"]);
    git(
        &source,
        &["config", "uploadpack.allowAnySHA1InWant", "true"],
    );
    let port = Port::reserve().address().port();
    let (host, authorized) = (key(place, "host"), key(place, "known"));
    key(place, "stranger");
    fs::write(place.join("authorized"), authorized).unwrap();
    let mut words = host.split(' ');
    let (kind, host) = (words.next().unwrap(), words.next().unwrap());
    let known = format!("[127.0.0.1]:{port} {kind} {host}\n");
    fs::write(place.join("known_hosts"), known).unwrap();
    let _server = start(place, port);
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let url = format!("ssh://{}@127.0.0.1:{port}{}", user.trim(), source.display());
    for (name, is_allowed) in [("known", true), ("stranger", false)] {
        // What an operator has in the settings of the server's user.
        let programs = place.join(format!("{name}-programs"));
        fs::create_dir(&programs).unwrap();
        let script = format!(
            "#!/bin/sh\nexec /usr/bin/ssh -F /dev/null -o IdentitiesOnly=yes -o IdentityFile={0}/{name} \
             -o UserKnownHostsFile={0}/known_hosts \"$@\"\n",
            place.display()
        );
        fs::write(programs.join("ssh"), script).unwrap();
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(programs.join("ssh"), mode).unwrap();
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", programs.display());
        let options = RepositoryOptions::new(place.join(format!("{name}-mirrors")), path);
        let repositories = Repositories::new(options);
        let access = RepositoryAccess::default();
        let code = repositories.repository(VcsKind::Git, &url, access).unwrap();
        let module = "example.com/r.git".parse().unwrap();
        let module = ModuleRepository::new(&module, "example.com/r.git", "", code).unwrap();
        if is_allowed {
            assert_eq!(module.versions().await.unwrap(), ["v1.0.0"]);
            module.zip(&"v1.0.0".parse().unwrap(), place).await.unwrap();
        } else {
            let refused = module.versions().await;
            assert!(
                matches!(refused, Err(VcsError::Unauthenticated(_))),
                "{refused:?}"
            );
        }
    }
}
