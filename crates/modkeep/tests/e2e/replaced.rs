//! A server that is reloaded, restarted and replaced while clients use it: nobody is refused.

use std::fs;
use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use testkit::client;
use testkit::fixture::Corpus;
use testkit::go::Go;
use testkit::process;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::{FakeUpstream, Kind};

use crate::site::{BINARY, module};

const LIMIT: Duration = Duration::from_secs(30);
const LIST: &str = "/example.com/a/@v/list";

fn upstream() -> FakeUpstream {
    FakeUpstream::start(Corpus::new().with(&module("a", 1000)))
}

/// Waits until the log has a line with these words.
#[track_caller]
fn wait_for(server: &Modkeep, words: &str) {
    let until = Instant::now() + LIMIT;
    while !server.log().contains(words) {
        assert!(Instant::now() < until, "{words} in {}", server.log());
        thread::yield_now();
    }
}

#[test]
fn a_hangup_ends_no_answer_and_puts_a_new_level_in_force() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("modkeep.toml");
    fs::write(&file, "log-level = 'warn'\n").unwrap();
    let upstream = upstream();
    let server = Setup::new(BINARY, &upstream.url())
        .option("--config", file.to_str().unwrap())
        .start();
    server.get(LIST);
    assert!(!server.log().contains(" access"), "{}", server.log());

    fs::write(&file, "log-level = 'info'\nidle-timeout = '3m'\n").unwrap();
    server.signal("HUP");
    wait_for(&server, "these options change at the next start");
    wait_for(&server, "the configuration was read again and is in force");
    assert!(server.log().contains("idle-timeout"), "{}", server.log());
    assert_eq!(server.get(LIST).status, 200);
    wait_for(&server, "example.com/a@list");

    fs::write(&file, "log-level = 'loud'\n").unwrap();
    server.signal("HUP");
    wait_for(&server, "is wrong; nothing changed");
    assert_eq!(server.get(LIST).status, 200);
}

#[test]
fn the_next_process_takes_over_and_no_connection_is_refused() {
    let upstream = upstream();
    let mut server = Setup::new(BINARY, &upstream.url()).start();
    let address = server.address();
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let answer = client::get(address, LIST).unwrap();
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..5 {
            let mut before = server.launch_next("--take-over");
            let ended = process::wait(&mut before, LIMIT).unwrap();
            assert!(ended.success(), "{}", server.log());
            // The next one serves before it is replaced itself.
            let before = asked.load(Ordering::Relaxed);
            while asked.load(Ordering::Relaxed) < before + 20 {
                thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(
        server.log().contains("the next process has taken over"),
        "{}",
        server.log()
    );
}

#[test]
fn a_download_under_way_is_finished_by_the_process_that_began_it() {
    let upstream = upstream();
    let mut server = Setup::new(BINARY, &upstream.url()).start();
    let held = upstream.hold(Kind::Zip);
    let go = Go::new(&server.url()).env("GONOSUMDB", "*");
    thread::scope(|scope| {
        let download = scope.spawn(|| go.download("example.com/a@v1.0.0"));
        held.wait_for(1);
        let mut before = server.launch_next("--take-over");
        wait_for(&server, "the next process has taken over");
        held.release();
        assert!(process::wait(&mut before, LIMIT).unwrap().success());
        download.join().unwrap().assert_ok();
    });
}

#[test]
fn what_is_cut_at_the_drain_deadline_is_logged_as_cut_here() {
    let upstream = upstream();
    let mut server = Setup::new(BINARY, &upstream.url())
        .option("--drain-timeout", "1s")
        .start();
    let held = upstream.hold(Kind::Zip);
    let address = server.address();
    thread::scope(|scope| {
        scope.spawn(move || drop(client::get(address, "/example.com/a/@v/v1.0.0.zip")));
        held.wait_for(1);
        server.stop();
        held.release();
    });
    let words = "cut by this server: the drain deadline passed";
    assert!(server.log().contains(words), "{}", server.log());
}

#[test]
fn a_next_process_that_cannot_listen_where_it_should_leaves_the_first_one_alone() {
    let upstream = upstream();
    let server = Setup::new(BINARY, &upstream.url()).start();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let both = format!("{},{}", server.address(), taken.local_addr().unwrap());
    let mut next = Command::new(BINARY);
    next.args([
        "serve",
        "--take-over",
        "--upstream",
        "off",
        "--listen",
        &both,
        "--data",
    ])
    .arg(server.data());
    process::run(&mut next, LIMIT).assert_fails_with("MK5003");
    wait_for(&server, "a process did not take over");
    assert_eq!(server.get(LIST).status, 200);
}

#[test]
fn to_take_over_from_nobody_is_an_ordinary_start() {
    let upstream = upstream();
    let server = Setup::new(BINARY, &upstream.url())
        .arg("--take-over")
        .start();
    assert_eq!(server.get(LIST).status, 200);
}

#[test]
fn without_the_option_a_second_process_is_refused_and_the_first_one_goes_on() {
    let upstream = upstream();
    let server = Setup::new(BINARY, &upstream.url()).start();
    let mut second = Command::new(BINARY);
    second
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            "off",
            "--data",
        ])
        .arg(server.data());
    let output = process::run(&mut second, LIMIT);
    output.assert_fails_with("MK3006");
    assert_eq!(server.get(LIST).status, 200);
}

#[test]
fn what_says_something_else_at_the_meeting_point_takes_nothing() {
    use std::io::Write as _;
    let upstream = upstream();
    let server = Setup::new(BINARY, &upstream.url()).start();
    let point = server.data().join("hand-over");
    for words in [&b"modkeep hand-over 9\n"[..], b"x", b""] {
        let mut stream = std::os::unix::net::UnixStream::connect(&point).unwrap();
        stream.write_all(words).unwrap();
    }
    // Who says hello, is given the sockets and leaves without a word has taken nothing either.
    let mut stream = std::os::unix::net::UnixStream::connect(&point).unwrap();
    stream.write_all(b"modkeep hand-over 1\n").unwrap();
    drop(stream);
    wait_for(&server, "a process did not take over");
    assert_eq!(server.get(LIST).status, 200);
}

/// Starts a server on a listening socket that this process keeps, as a service manager does.
fn activated(
    socket: &TcpListener,
    data: &std::path::Path,
    notify: &std::path::Path,
    upstream: &str,
) -> std::process::Child {
    let descriptor = socket.as_raw_fd();
    rustix::io::fcntl_setfd(socket, rustix::io::FdFlags::empty()).unwrap();
    let script = format!("exec 3<&{descriptor}; LISTEN_PID=$$ exec \"$0\" \"$@\"");
    // The plain shell of some systems knows descriptors up to 9 only.
    let mut command = Command::new("bash");
    command
        .args([
            "-c", &script, BINARY, "serve", "--verify", "off", "--vulndb", "off",
        ])
        .args(["--upstream", upstream, "--data"])
        .arg(data)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDNAMES", "http")
        .env("NOTIFY_SOCKET", notify)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn sockets_of_a_service_manager_are_served_and_it_is_told_when() {
    let upstream = upstream();
    let directory = tempfile::tempdir().unwrap();
    let notify = directory.path().join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    manager.set_read_timeout(Some(LIMIT)).unwrap();
    let mut told = String::new();
    let mut hear = |wanted: &str| {
        let mut message = [0; 1024];
        while !told.contains(wanted) {
            let length = manager.recv(&mut message).unwrap();
            told.push_str(std::str::from_utf8(&message[..length]).unwrap());
            told.push('\n');
        }
        told.clear();
    };
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let data = directory.path().join("data");
    for _ in 0..3 {
        // Whoever connects before there is a process waits for it.
        let early = thread::spawn(move || client::get(address, LIST));
        let mut server = activated(&socket, &data, &notify, &upstream.url());
        hear("READY=1");
        assert_eq!(early.join().unwrap().unwrap().status, 200);
        process::signal(&server.id().to_string(), "HUP");
        hear("RELOADING=1");
        hear("READY=1");
        process::signal(&server.id().to_string(), "TERM");
        hear("STOPPING=1");
        assert!(process::wait(&mut server, LIMIT).unwrap().success());
    }
}

#[test]
fn several_addresses_and_a_unix_socket_are_served_together() {
    use std::io::{Read as _, Write as _};
    let upstream = upstream();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("m.sock");
    let unix = format!("unix:{}", path.display());
    let data = directory.path().join("data");
    for _ in 0..2 {
        // The second time the socket's file of the first process lies in the way.
        let mut command = Command::new(BINARY);
        command
            .args([
                "serve",
                "--verify",
                "off",
                "--vulndb",
                "off",
                "--upstream",
                &upstream.url(),
            ])
            .args(["--listen", &format!("127.0.0.1:0,{unix}"), "--data"])
            .arg(&data)
            .stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let until = Instant::now() + LIMIT;
        let mut stream = loop {
            assert!(Instant::now() < until);
            if data.join("listening").exists()
                && let Ok(stream) = std::os::unix::net::UnixStream::connect(&path)
            {
                break stream;
            }
            thread::yield_now();
        };
        write!(stream, "GET {LIST} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        let tcp = fs::read_to_string(data.join("listening")).unwrap();
        assert_eq!(
            client::get(tcp.trim().parse().unwrap(), LIST)
                .unwrap()
                .status,
            200
        );
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

#[test]
fn a_lame_duck_still_accepts_and_says_that_it_is_not_ready() {
    let upstream = upstream();
    let mut server = Setup::new(BINARY, &upstream.url())
        .option("--lame-duck", "1s")
        .start();
    server.ask_to_stop();
    let until = Instant::now() + LIMIT;
    loop {
        // Refused here would be a connection that came before the time was over.
        let answer = client::get(server.address(), "/readyz").unwrap();
        if answer.status == 503 {
            assert!(answer.text().contains("draining"), "{}", answer.text());
            break;
        }
        assert!(Instant::now() < until);
    }
    assert_eq!(server.get(LIST).status, 200);
    assert!(server.wait_for_end(LIMIT).unwrap().success());
}
