//! A running server: started in a directory of its own, asked, watched, killed with all its
//! children, and started again on what it left.

use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use testkit::{
    client::{self, Answer},
    port::Port,
    process,
};

use super::{
    contender::{Contender, Place},
    on_disk,
    usage::Watch,
};

/// How long a server may take until it is ready. A large store is opened in far less.
const READY_LIMIT: Duration = Duration::from_mins(1);

/// How often to look whether something has come to pass: the resolution of the time to ready.
const LOOK: Duration = Duration::from_millis(1);

/// How long a server may take to end by itself once it was told to.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A server with its directory; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) contender: Contender,
    program: PathBuf,
    place: Place,
    port: Port,
    child: Option<Child>,
    _directory: Option<TempDir>,
}

/// What is needed to start one.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) contender: Contender,
    pub(crate) program: &'a Path,
    pub(crate) upstream: &'a str,
    pub(crate) corpus: &'a Path,
}

// === impl Setup ===

impl Setup<'_> {
    /// Starts it with nothing kept and waits until it is ready.
    pub(crate) fn start(self) -> Result<Server> {
        let directory = on_disk(self.contender.name())?;
        let path = directory.path().to_owned();
        let mut server = self.prepare(path, Some(directory));
        server.start()?;
        Ok(server)
    }

    /// One in a directory that exists and stays; not yet started.
    pub(crate) fn at(self, directory: &Path) -> Server {
        self.prepare(directory.to_owned(), None)
    }

    fn prepare(self, directory: PathBuf, owned: Option<TempDir>) -> Server {
        let port = Port::reserve();
        Server {
            contender: self.contender,
            program: self.program.to_owned(),
            place: Place {
                address: port.address(),
                directory,
                upstream: self.upstream.to_owned(),
                corpus: self.corpus.to_owned(),
                arguments: Vec::new(),
            },
            port,
            child: None,
            _directory: owned,
        }
    }
}

// === impl Server ===

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The GOPROXY entry for it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where it keeps what it has.
    pub(crate) fn store(&self) -> PathBuf {
        self.place.directory.join("store")
    }

    /// Further arguments of modkeep, from its next start on.
    pub(crate) fn arguments(&mut self, arguments: &[&str]) {
        let arguments = arguments.iter().map(|&argument| argument.to_owned());
        self.place.arguments = arguments.collect();
    }

    /// Starts it on what its directory holds, waits until it is ready, and says how long that
    /// took.
    pub(crate) fn start(&mut self) -> Result<Duration> {
        let begun = Instant::now();
        self.launch()?;
        let ready = || {
            let answer = client::get(self.address(), self.contender.ready_path());
            answer.is_ok_and(|answer| answer.status / 100 == 2)
        };
        if wait_until(READY_LIMIT, ready).is_err() {
            bail!("{} is not ready: {}", self.contender.name(), self.log());
        }
        Ok(begun.elapsed())
    }

    /// Starts it and waits for nothing.
    pub(crate) fn launch(&mut self) -> Result<()> {
        let log = File::create(self.log_file())?;
        let mut command = self.contender.command(&self.program, &self.place)?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        let child = command.spawn();
        self.child =
            Some(child.with_context(|| format!("{} cannot be started", self.contender.name()))?);
        Ok(())
    }

    /// Kills it and its children at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::signal(&format!("-{}", child.id()), "KILL");
            let _no_status = child.wait();
        }
    }

    /// Asks it to end, and kills it if it does not.
    pub(crate) fn stop(&mut self) {
        if let Some(child) = &mut self.child {
            process::signal(&child.id().to_string(), "TERM");
            let _killed_below = process::wait(child, STOP_LIMIT);
        }
        self.kill();
    }

    /// Watches what it costs from now on.
    pub(crate) fn watch(&self) -> Watch {
        Watch::start(self.id())
    }

    /// Its process; 0 while it does not run.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        let answer = client::get(self.address(), path);
        answer.with_context(|| format!("{} does not answer {path}", self.contender.name()))
    }

    /// The end of what it printed.
    pub(crate) fn log(&self) -> String {
        let text = fs::read(self.log_file()).unwrap_or_default();
        let end = text.get(text.len().saturating_sub(2000)..);
        String::from_utf8_lossy(end.unwrap_or_default()).into_owned()
    }

    fn log_file(&self) -> PathBuf {
        self.place.directory.join("log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Looks again and again until it is so.
pub(crate) fn wait_until(limit: Duration, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > limit {
            bail!("waited {limit:?} in vain");
        }
        thread::sleep(LOOK);
    }
    Ok(())
}
