//! Crowd: many hostile clients at once, opened at a rate that leaves the machine to the server.
//!
//! They live in processes of their own, of the lowest priority. In the field attackers bring their
//! own processors; here they share two with the server and with the customers who are timed, and
//! what an attacker costs itself must not be taken for what it costs them.

use super::{Counter, attack, hostile::Kind, hostile_address};
use anyhow::Context as _;
use clap::Args;
use std::{
    io,
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    task::JoinSet,
};

/// Connections that a process opens at a time, and the pause after them: 1,000 a second at most.
const AT_A_TIME: usize = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// Clients of one process: fewer than the open files that a usual machine allows it.
const IN_A_PROCESS: usize = 10_000;

/// The lowest priority there is.
const NICENESS: &str = "19";

/// A process of hostile clients; it ends with its standard input.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    #[arg(long)]
    server: SocketAddr,
    /// Clients in all.
    #[arg(long)]
    count: usize,
    /// The number of the first of them.
    #[arg(long)]
    first: usize,
    #[arg(long = "kind")]
    kinds: Vec<Kind>,
}

/// Processes that are under way.
pub(super) struct Crowd {
    processes: Vec<Child>,
}

// === impl Crowd ===

impl Crowd {
    /// `count` clients of each kind.
    pub(super) fn start(kinds: &[Kind], server: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let all = count * kinds.len();
        let firsts = (0..all).step_by(IN_A_PROCESS);
        let processes = firsts.map(|first| {
            let of_process = Options {
                server,
                count: IN_A_PROCESS.min(all - first),
                first,
                kinds: kinds.to_vec(),
            };
            of_process.start()
        });
        Ok(Self {
            processes: processes.collect::<anyhow::Result<_>>()?,
        })
    }

    /// Ends all of them; gives how many connections were opened in all.
    pub(super) async fn end(self) -> anyhow::Result<u64> {
        let mut opened = 0;
        for process in self.processes {
            let output = process.wait_with_output().await?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let count = said.trim().parse::<u64>();
            opened += count.with_context(|| format!("hostile clients ended early: {said:?}"))?;
        }
        Ok(opened)
    }
}

// === impl Options ===

impl Options {
    fn start(&self) -> anyhow::Result<Child> {
        let mut command = Command::new("nice");
        command.args(["-n", NICENESS]);
        command.arg(std::env::current_exe()?).arg("soak-crowd");
        command.args(["--server", &self.server.to_string()]);
        command.args(["--count", &self.count.to_string()]);
        command.args(["--first", &self.first.to_string()]);
        for kind in &self.kinds {
            command.args(["--kind", &kind.option()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.kill_on_drop(true);
        Ok(command.spawn()?)
    }
}

/// The process itself.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let opened = Counter::default();
    let (options, counted) = (options.clone(), Arc::clone(&opened));
    let clients = runtime.spawn(async move { open(&options, counted).await });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    clients.abort();
    runtime.shutdown_background();
    println!("{}", opened.load(Relaxed));
    Ok(())
}

/// Opens all of them, and keeps them until this is dropped.
async fn open(options: &Options, opened: Counter) {
    let mut clients = JoinSet::new();
    for number in options.first..options.first + options.count {
        if let Some(kind) = options.kinds.get(number % options.kinds.len().max(1)) {
            let from = hostile_address(number);
            let opened = Arc::clone(&opened);
            clients.spawn(again(*kind, from, options.server, number, opened));
        }
        if number % AT_A_TIME == 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }
    std::future::pending::<()>().await;
}

/// A client that is thrown out comes back.
async fn again(kind: Kind, from: SocketAddr, server: SocketAddr, number: usize, opened: Counter) {
    /// Long enough that a crowd which is refused does not keep the machine busy by itself.
    const BACK: Duration = Duration::from_secs(10);
    let mut round = 0;
    loop {
        let seed = number + 100_003 * round;
        // However it ends: it is the server's right to end it.
        let ended: io::Result<()> = attack::client(kind, from, server, seed, &opened).await;
        drop(ended);
        round += 1;
        tokio::time::sleep(BACK).await;
    }
}
