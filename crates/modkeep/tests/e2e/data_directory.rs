//! The data directory: whose it is, and who may use it.

use crate::site::{BINARY, module, url};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command, time::Duration};
use testkit::{
    fixture::Corpus,
    process::{self, Output},
    server::Setup,
    upstream::FakeUpstream,
};

const LIMIT: Duration = Duration::from_secs(30);

fn modkeep(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data").arg(data);
    process::run(&mut command, LIMIT)
}

#[test]
fn no_second_process_starts_when_the_lock_file_is_removed() {
    let upstream = FakeUpstream::start(Corpus::new().with(&module("a", 10)));
    let server = Setup::new(BINARY, &upstream.url()).start();
    let second = || {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--upstream", "off"];
        modkeep(&arguments, server.data()).assert_fails_with("MK3006");
        modkeep(&["store", "rebuild"], server.data()).assert_fails_with("MK3006");
    };
    second();
    fs::remove_file(server.data().join("lock")).unwrap();
    second();
    fs::write(server.data().join("lock"), "").unwrap();
    second();
    assert!(server.get(&url("a", "zip")).is_whole());
}

#[test]
fn a_data_directory_that_others_can_look_into_is_told_of_with_what_to_do() {
    let upstream = FakeUpstream::start(Corpus::new());
    let mut server = Setup::new(BINARY, &upstream.url()).start();
    let next = format!("next: chmod -R go-rwx '{}'", server.data().display());
    let mut warnings = |mode| {
        server.stop();
        fs::set_permissions(server.data(), fs::Permissions::from_mode(mode)).unwrap();
        let before = server.log().matches(&next).count();
        server.start();
        server.log().matches(&next).count() - before
    };
    assert_eq!(warnings(0o700), 0);
    assert_eq!(warnings(0o750), 1);
    assert_eq!(warnings(0o755), 1);
    let mode = fs::metadata(server.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "it is left as it is");
}
