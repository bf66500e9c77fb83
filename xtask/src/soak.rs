//! Soak: hostile clients, a lying source and kills together, for minutes; and crowds of one kind.
//!
//! Well-behaved clients ask all the while. Of each whole answer the bytes are compared with what
//! was logged in the checksum database; what was answered in full must still be there after every
//! kill, with the source gone. Latencies are compared with those of the same clients before the
//! hostile ones came, on the same machine, which the load shares ([`crowd`]).
//!
//! Everything happens on loopback addresses, and ends by itself.

mod attack;
pub(crate) mod crowd;
mod customer;
mod hostile;
mod http2;
mod memory;
mod site;
mod wire;

use crate::bench::programs::build_modkeep;
use clap::Args;
use crowd::Crowd;
use customer::{Customers, Latencies};
use hostile::Kind;
use memory::Watch;
use site::Site;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Open files that a crowd of 20,000 and its server need on each side.
const OPEN_FILES: u64 = 65_536;

/// How long the customers ask before they are timed, so that what they ask for again is kept, and
/// how long they are alone then.
const WARM_UP: Duration = Duration::from_secs(5);
const CALM: Duration = Duration::from_secs(10);

/// What a soak must stay within.
const MOST_MEMORY: u64 = 512 << 20;
const MOST_MEMORY_OF_A_CROWD: u64 = 1 << 30;
const MOST_SLOWER: f64 = 1.5;
const MOST_SLOWER_IN_A_CROWD: f64 = 2.0;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Minutes of hostility.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// The binary; by default it is built in release mode.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// In place of the soak: crowds of this many connections, one kind after the other.
    #[arg(long)]
    crowd: Option<usize>,
    /// Only these kinds.
    #[arg(long = "kind")]
    kinds: Vec<Kind>,
    /// Seconds between two kills of the server; 0 for none.
    #[arg(long, default_value_t = 20)]
    kill_every: u64,
    /// Seconds that each crowd stays.
    #[arg(long, default_value_t = 20)]
    stay: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    allow_open_files()?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build_modkeep(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let kinds = if options.kinds.is_empty() {
        Kind::ALL.to_vec()
    } else {
        options.kinds.clone()
    };
    let mut site = Site::new(&binary);
    let passed = match options.crowd {
        Some(count) => runtime.block_on(crowds(&mut site, &kinds, count, options))?,
        None => runtime.block_on(soak(&mut site, &kinds, options))?,
    };
    anyhow::ensure!(passed, "a goal was missed");
    Ok(())
}

/// The server inherits the limit.
fn allow_open_files() -> anyhow::Result<()> {
    let (_, hard) = rlimit::Resource::NOFILE.get()?;
    let wanted = OPEN_FILES.max(hard);
    let raised = rlimit::Resource::NOFILE.set(wanted, wanted);
    if raised.is_err() {
        println!("open files stay at {hard}: not this user's to raise");
        rlimit::Resource::NOFILE.set(hard, hard)?;
    }
    Ok(())
}

/// Everything hostile at once, with kills.
async fn soak(site: &mut Site, kinds: &[Kind], options: &Options) -> anyhow::Result<bool> {
    let customers = Customers::start(site);
    let calm = calm(&customers).await;
    println!("calm: {calm}");
    let watch = Watch::start(site.process());
    let crowd = Crowd::start(kinds, site.address(), hostile::IN_A_SOAK)?;
    let end = Instant::now() + Duration::from_secs(60 * options.minutes);
    let (mut kills, mut lost) = (0, 0);
    while Instant::now() < end {
        let pause = if options.kill_every == 0 {
            60 * options.minutes
        } else {
            options.kill_every
        };
        let left = end.saturating_duration_since(Instant::now());
        tokio::time::sleep(Duration::from_secs(pause).min(left)).await;
        if options.kill_every > 0 && Instant::now() < end {
            kills += 1;
            customers.pause();
            lost += site.kill_and_check(&customers.answered()).await?;
            watch.follow(site.process());
            customers.go_on();
        }
    }
    let hostile = customers.take_latencies();
    crowd.end().await?;
    println!("among hostile clients: {hostile}");
    let seen = watch.end();
    let wrong = customers.wrong();
    println!(
        "{kills} kills, {} answers checked again each time at most, {} whole answers compared",
        site::CHECKED_AGAIN,
        customers.compared()
    );
    let mut goals = Goals::default();
    goals.at_most("wrong bytes", wrong, 0);
    goals.at_most("lost answers", lost, 0);
    goals.at_most("peak memory, MiB", seen.peak >> 20, MOST_MEMORY >> 20);
    println!("       descriptors: {} at most", seen.descriptors);
    goals.slower("warm P99", calm.warm, hostile.warm, MOST_SLOWER);
    goals.slower("cold P99", calm.cold, hostile.cold, MOST_SLOWER);
    Ok(goals.met)
}

/// What it takes while nobody is hostile.
async fn calm(customers: &Customers) -> customer::CustomerLatencies {
    tokio::time::sleep(WARM_UP).await;
    customers.take_latencies();
    tokio::time::sleep(CALM).await;
    customers.take_latencies()
}

/// One kind after the other, each with a server of its own.
async fn crowds(
    site: &mut Site,
    kinds: &[Kind],
    count: usize,
    options: &Options,
) -> anyhow::Result<bool> {
    let mut all_met = true;
    for kind in kinds {
        site.begin_anew();
        let customers = Customers::start(site);
        let calm = calm(&customers).await;
        let watch = Watch::start(site.process());
        let crowd = Crowd::start(&[*kind], site.address(), count)?;
        tokio::time::sleep(Duration::from_secs(options.stay)).await;
        let among = customers.take_latencies();
        let open = crowd.end().await?;
        let seen = watch.end();
        println!("\n{kind}: {open} of {count} connections were opened");
        println!("calm: {calm}\namong them: {among}");
        let mut goals = Goals::default();
        goals.at_most("wrong bytes", customers.wrong(), 0);
        goals.at_most("customers without an answer", among.failed, 0);
        customers
            .take_failures()
            .iter()
            .for_each(|failure| println!("       {failure}"));
        let memory = MOST_MEMORY_OF_A_CROWD >> 20;
        goals.at_most("peak memory, MiB", seen.peak >> 20, memory);
        goals.slower("warm P99", calm.warm, among.warm, MOST_SLOWER_IN_A_CROWD);
        goals.slower("cold P99", calm.cold, among.cold, MOST_SLOWER_IN_A_CROWD);
        all_met &= goals.met;
        customers.end().await;
    }
    Ok(all_met)
}

/// What was reached, line by line.
#[derive(Debug)]
struct Goals {
    met: bool,
}

// === impl Goals ===

impl Default for Goals {
    fn default() -> Self {
        Self { met: true }
    }
}

impl Goals {
    fn at_most(&mut self, what: &str, found: u64, most: u64) {
        let is_met = found <= most;
        self.met &= is_met;
        println!("{} {what}: {found} (at most {most})", mark(is_met));
    }

    /// Nothing measured is nothing reached.
    fn slower(&mut self, what: &str, before: Latencies, now: Latencies, most: f64) {
        let ratio = now.p99.as_secs_f64() / before.p99.as_secs_f64();
        let is_met = before.count > 0 && now.count > 0 && ratio <= most;
        self.met &= is_met;
        println!(
            "{} {what}: {:.1} ms of {:.1} ms, {ratio:.2}x (at most {most}x)",
            mark(is_met),
            now.p99.as_secs_f64() * 1e3,
            before.p99.as_secs_f64() * 1e3,
        );
    }
}

fn mark(is_met: bool) -> &'static str {
    if is_met { "met   " } else { "MISSED" }
}

/// An address of the loopback network, of which there are many: hostile clients have their own.
fn hostile_address(number: usize) -> SocketAddr {
    /// Few, so that shares of one caller matter, and enough to have ports for a crowd.
    const ADDRESSES: usize = 4;
    let last = u8::try_from(2 + number % ADDRESSES).unwrap_or(2);
    SocketAddr::from(([127, 0, 0, last], 0))
}

/// Shared by threads that only count.
type Counter = Arc<std::sync::atomic::AtomicU64>;
