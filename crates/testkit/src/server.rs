//! The built binary as a child process: started, watched, killed, started again.
//!
//! The port is reserved here and not chosen by the server, so that a restarted one is found
//! at the same address, as an operator's is. Readiness is what `/readyz` says, never a pause.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::client::{self, Answer};
use crate::object_store::CREDENTIALS;
use crate::port::Port;
use crate::process;

/// How long a server may take to become ready. It is a debug build on a machine that runs
/// other tests at the same time.
const READY_LIMIT: Duration = Duration::from_mins(1);
/// How often to ask whether it is.
const READY_LOOK: Duration = Duration::from_millis(10);
/// How long a server may take to end after SIGTERM with nothing to drain.
const STOP_LIMIT: Duration = Duration::from_mins(1);

/// URL of an object store with a bucket `modkeep`, in which the artifacts of all servers shall lie: for a run
/// of a whole suite. Not `MODKEEP_`: the commands under test refuse variables of that kind that they do not know.
const BUCKET_ENDPOINT: &str = "TEST_BUCKET_ENDPOINT";

/// Servers that got a part of the bucket so far.
static SERVERS: AtomicUsize = AtomicUsize::new(0);

/// The unit of `ulimit -f` in POSIX.
const FILE_LIMIT_BLOCK: u64 = 512;

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Setup {
    binary: PathBuf,
    upstream: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    largest_file: Option<u64>,
}

/// A server with its data directory; killed when dropped.
#[derive(Debug)]
pub struct Modkeep {
    setup: Setup,
    port: Port,
    data: TempDir,
    log: Arc<Mutex<Vec<String>>>,
    /// Lines that its earlier lives printed.
    earlier: usize,
    child: Option<Child>,
}

// === impl Setup ===

impl Setup {
    /// `binary` is the caller's `env!("CARGO_BIN_EXE_modkeep")`; `upstream` a GOPROXY list.
    pub fn new(binary: impl Into<PathBuf>, upstream: &str) -> Self {
        Self {
            binary: binary.into(),
            upstream: upstream.to_owned(),
            arguments: ["--verify", "off", "--vulndb", "off"]
                .map(str::to_owned)
                .to_vec(),
            environment: Vec::new(),
            largest_file: None,
        }
    }

    /// Adds an argument of `serve`.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets an option of `serve`, in place of what it was.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.set_option(name, value);
        self
    }

    fn set_option(&mut self, name: &str, value: &str) {
        self.remove_option(name);
        self.arguments.extend([name.to_owned(), value.to_owned()]);
    }

    fn remove_option(&mut self, name: &str) {
        let at = self.arguments.iter().position(|argument| argument == name);
        if let Some(at) = at {
            self.arguments.drain(at..at + 2);
        }
    }

    /// Adds an environment variable; none other is inherited but `PATH`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// No file of it may grow beyond this size: every write that would do it fails, as on a full
    /// disk, and unlike a full disk this needs no privileges.
    #[must_use]
    pub fn largest_file(mut self, bytes: u64) -> Self {
        self.largest_file = Some(bytes);
        self
    }

    /// Has artifacts lie in a part of a bucket that no other server uses, unless a test chose where they lie.
    fn use_bucket(&mut self, endpoint: &str) {
        if self.arguments.iter().any(|argument| argument == "--blobs") {
            return;
        }
        let (process, number) = (std::process::id(), SERVERS.fetch_add(1, Ordering::Relaxed));
        self.set_option("--blobs", &format!("s3://modkeep/{process}/{number}"));
        self.set_option("--blobs-endpoint", endpoint);
        let credentials = CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.environment.extend(credentials);
    }

    /// The program itself, or a shell that sets the limit and becomes it. Without the trap the
    /// kernel would end the process instead of failing its write.
    fn command(&self) -> Command {
        let Some(bytes) = self.largest_file else {
            return Command::new(&self.binary);
        };
        let blocks = bytes / FILE_LIMIT_BLOCK;
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(&self.binary);
        command
    }

    /// Starts it on a fresh data directory and waits until it is ready.
    #[track_caller]
    pub fn start(self) -> Modkeep {
        let mut server = self.prepare();
        server.start();
        server
    }

    /// Starts it on a fresh data directory and waits for nothing: it may end before it is ready.
    #[track_caller]
    pub fn launch(self) -> Modkeep {
        let mut server = self.prepare();
        server.launch();
        server
    }

    fn prepare(mut self) -> Modkeep {
        if let Ok(endpoint) = std::env::var(BUCKET_ENDPOINT) {
            self.use_bucket(&endpoint);
        }
        Modkeep {
            setup: self,
            port: Port::reserve(),
            data: tempfile::tempdir().unwrap(),
            log: Arc::default(),
            earlier: 0,
            child: None,
        }
    }
}

// === impl Modkeep ===

impl Modkeep {
    /// Starts it again on the same data and address, and waits until it is ready.
    #[track_caller]
    pub fn start(&mut self) {
        self.launch();
        self.wait_until_ready();
    }

    /// Starts it again without waiting for anything, so that it can be killed in the middle.
    #[track_caller]
    pub fn launch(&mut self) {
        assert!(self.child.is_none(), "the server runs already");
        self.earlier = self.log.lock().len();
        let mut command = self.setup.command();
        command
            .arg("serve")
            .args(["--listen", &self.address().to_string()])
            .arg("--data")
            .arg(self.data.path())
            .args(["--upstream", &self.setup.upstream])
            .args(&self.setup.arguments)
            .env_clear()
            .env("HOME", self.data.path())
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.setup.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().unwrap();
        follow(child.stdout.take().unwrap(), Arc::clone(&self.log));
        follow(child.stderr.take().unwrap(), Arc::clone(&self.log));
        self.child = Some(child);
    }

    #[track_caller]
    fn wait_until_ready(&mut self) {
        if let Some(status) = self.ready_or_ended() {
            panic!("the server ended with {status}\n{}", self.log());
        }
    }

    /// Waits until it is ready, or has ended: then how.
    #[track_caller]
    pub fn ready_or_ended(&mut self) -> Option<ExitStatus> {
        let looks = READY_LIMIT.as_millis() / READY_LOOK.as_millis();
        for _ in 0..looks {
            if client::get(self.address(), "/readyz").is_ok_and(|answer| answer.status == 200)
                || self.listens_for_tls()
            {
                return None;
            }
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                return Some(status);
            }
            thread::sleep(READY_LOOK);
        }
        panic!("the server is not ready\n{}", self.log());
    }

    /// Behind TLS readiness is what the log says.
    fn listens_for_tls(&self) -> bool {
        let line = format!("listening on https://{}", self.address());
        let log = self.log.lock();
        let mut printed = log.iter().skip(self.earlier);
        printed.any(|printed| printed.contains(&line))
    }

    /// The GOPROXY entry for one with a certificate of its own.
    pub fn https_url(&self) -> String {
        format!("https://localhost:{}", self.address().port())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The GOPROXY entry for it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Everything it printed so far, over all its lives.
    pub fn log(&self) -> String {
        self.log.lock().join("\n")
    }

    /// Fetches a path (with its leading slash).
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        client::get(self.address(), path).unwrap()
    }

    /// Fetches a path with headers and another method.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        client::request(self.address(), method, path, headers).unwrap()
    }

    /// Ends it at once, as a power cut ends a process: nothing is flushed, nobody is told.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone_already = child.kill();
            child.wait().unwrap();
        }
    }

    /// Waits for it to end by itself; how it ended, or `None` if it still runs after `limit`.
    pub fn wait_for_end(&mut self, limit: Duration) -> Option<ExitStatus> {
        process::wait(self.child.as_mut().unwrap(), limit)
    }

    /// Asks it to end (SIGTERM) without waiting.
    pub fn ask_to_stop(&self) {
        process::signal(&self.pid().to_string(), "TERM");
    }

    /// Asks it to end and waits until it has.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.stop_within(STOP_LIMIT)
    }

    /// Asks it to end and panics if it takes longer than this.
    #[track_caller]
    pub fn stop_within(&mut self, limit: Duration) -> ExitStatus {
        self.ask_to_stop();
        let mut child = self.child.take().unwrap();
        let Some(status) = process::wait(&mut child, limit) else {
            let _gone_already = child.kill();
            panic!("the server did not end after SIGTERM\n{}", self.log());
        };
        status
    }

    /// Starts the next process on the same data and address with this further argument; the process
    /// before, which still runs, is the caller's.
    #[track_caller]
    pub fn launch_next(&mut self, argument: &str) -> Child {
        let before = self.child.take().unwrap();
        self.setup.arguments.push(argument.to_owned());
        self.launch();
        self.setup.arguments.retain(|known| known != argument);
        before
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, name: &str) {
        process::signal(&self.pid().to_string(), name);
    }

    /// Changes the upstream list for the next start.
    pub fn set_upstream(&mut self, upstream: &str) {
        upstream.clone_into(&mut self.setup.upstream);
    }

    /// Sets an option of `serve`, in place of what it was, from the next start on.
    pub fn set_option(&mut self, name: &str, value: &str) {
        self.setup.set_option(name, value);
    }

    /// Gives an option of `serve` no more, from the next start on.
    pub fn remove_option(&mut self, name: &str) {
        self.setup.remove_option(name);
    }

    /// Sets an environment variable for the next start; an empty value removes it.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.setup.environment.retain(|(known, _)| known != name);
        if !value.is_empty() {
            let pair = (name.to_owned(), value.to_owned());
            self.setup.environment.push(pair);
        }
    }

    /// Resident memory in KiB, as the kernel counts it (`VmRSS`).
    pub fn resident_kib(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most memory that was ever resident in this life, in KiB (`VmHWM`).
    pub fn peak_kib(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Modkeep {
    fn drop(&mut self) {
        if thread::panicking() {
            let _shown = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("--- log of the server\n{}\n", self.log()).as_bytes(),
            );
        }
        self.kill();
    }
}

/// Copies the lines of a child's pipe into the log until it closes.
fn follow(pipe: impl Read + Send + 'static, log: Arc<Mutex<Vec<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            log.lock().push(line);
        }
    });
}
