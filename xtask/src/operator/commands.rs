//! Other programs: run to their end, or kept for as long as they are needed.

use anyhow::{Context as _, bail, ensure};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};
use tokio::time::Instant;

/// How long a program may take to begin or to end.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// The user of the service: `nobody`, who has no home.
pub(super) const SERVICE_USER: u32 = 65_534;

/// A program that runs until this is dropped.
pub(super) struct Running(Child);

// === impl Running ===

impl Running {
    /// Starts a program whose output goes to the end of a file.
    pub(super) fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let command = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let child = command.spawn().with_context(|| format!("{command:?}"))?;
        Ok(Self(child))
    }

    pub(super) fn signal(&self, name: &str) {
        testkit::process::signal(&self.0.id().to_string(), name);
    }

    /// Waits for its end, which has to be a good one.
    pub(super) fn wait(mut self) -> anyhow::Result<()> {
        let status = testkit::process::wait(&mut self.0, PATIENCE);
        let status = status.context("a process did not end")?;
        ensure!(status.success(), "a process ended with {status}");
        Ok(())
    }

    /// Asks it to stop, and waits.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Whether this is the real root, who may become somebody else.
pub(super) fn is_root() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let is_whole = map.split_whitespace().nth(2) == Some("4294967295");
    let id = Command::new("id").arg("-u").output();
    is_whole && id.is_ok_and(|output| output.stdout == b"0\n")
}

/// A program as the service user runs it: no HOME, no `go`, nothing of this environment.
pub(super) fn of_service(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        let user = SERVICE_USER.to_string();
        command.args([
            &format!("--reuid={user}"),
            &format!("--regid={user}"),
            "--clear-groups",
        ]);
    }
    command
        .args(["env", "-i", "PATH=/nonexistent"])
        .arg(program);
    command
}

/// Runs a program to its end, which has to be a good one.
pub(super) fn succeed(command: &mut Command) -> anyhow::Result<Output> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let (told, error) = (text(&output.stdout), text(&output.stderr));
        bail!("{command:?} ended with {}\n{told}{error}", output.status);
    }
    Ok(output)
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until somebody listens at an address.
pub(super) fn connects(address: SocketAddr) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        ensure!(Instant::now() < until, "nobody listens at {address}");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Asks over plain HTTP until the answer is 200: its body.
pub(super) fn get_200(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let until = Instant::now() + PATIENCE;
    loop {
        match get(address, path) {
            Ok(answer)
                if answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200") =>
            {
                let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
                return Ok(body.unwrap_or_default().to_owned());
            }
            _ if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            Ok(answer) => bail!("{path}: {}", answer.lines().next().unwrap_or_default()),
            Err(error) => bail!("{path} at {address}: {error}"),
        }
    }
}

fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
