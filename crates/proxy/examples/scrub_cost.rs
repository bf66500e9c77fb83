//! Prints what scrubbing costs, and whom:
//! `cargo run --release -p proxy --example scrub_cost DIR [MIB] [PERCENT]`.
//!
//! A store of that many MiB is filled below DIR, which decides the result: put it on the disk that is
//! meant. Then warm zips are read once every five milliseconds, first alone, then beside a pass.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use bytes::Bytes;
use gomod::{Artifact, ArtifactKind, ModulePath, Version, goproxy::ProxyList};
use protocol::{Caller, Fetching, Resource};
use proxy::{Body, Metrics, Proxy, ProxyOptions};
use repair::{ScrubOptions, Share};
use std::{fs, net::Ipv4Addr, sync::Arc, time::Duration};
use store::{Capture, Key, Provenance, Store, StoreOptions};
use tokio::time::{Instant, MissedTickBehavior, interval};
use upstream::{UpstreamOptions, Upstreams};

/// Bytes of a blob: a large zip, as most bytes of a store are in such.
const BLOB: u64 = 8 << 20;

/// Bytes of a read, as the server makes them.
const READ: usize = 256 << 10;

/// Reads that are measured alone.
const ALONE: usize = 1000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments
        .next()
        .ok_or("usage: scrub_cost DIR [MIB] [PERCENT]")?;
    let mebibytes: u64 = arguments.next().as_deref().unwrap_or("2048").parse()?;
    let percent: u8 = arguments.next().as_deref().unwrap_or("5").parse()?;
    let store = Store::open(StoreOptions::local(data)).await?;
    let blobs = (mebibytes << 20) / BLOB;
    for number in 0..blobs {
        fill(&store, number).await?;
    }
    let proxy = service(store.clone(), percent)?;
    let mut alone = Vec::new();
    read_warm(&proxy, &mut alone, |count| count >= ALONE).await?;
    report("warm reads alone", &mut alone);

    let (began, worked) = (Instant::now(), worked());
    let pass = {
        let proxy = proxy.clone();
        tokio::spawn(async move { proxy.scrub_once().await })
    };
    let mut beside = Vec::new();
    read_warm(&proxy, &mut beside, |_| pass.is_finished()).await?;
    let took = began.elapsed();
    let tally = pass.await?.map_err(|refusal| refusal.facts())?.tally;
    report("warm reads beside it", &mut beside);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let rate = tally.bytes as f64 / took.as_secs_f64() / 1e6;
    println!(
        "pass: {} blobs, {} bytes in {took:?}: {rate:.1} MB/s",
        tally.blobs, tally.bytes
    );
    if let (Some(before), Some(after)) = (worked, self::worked()) {
        let share = after.saturating_sub(before).as_secs_f64() / took.as_secs_f64() * 100.0;
        println!("its thread: {share:.2} % of one core, {percent} % allowed");
    }
    Ok(())
}

fn service(store: Store, percent: u8) -> Result<Proxy, Failure> {
    let list = ProxyList::parse("off")?;
    let upstreams = Upstreams::new(&list, &UpstreamOptions::default())?;
    let scrub = ScrubOptions {
        // Always late: only the share holds it back.
        period: Some(Duration::from_millis(1)),
        share: Share::percent(percent).ok_or("a percentage is from 1 to 100")?,
        ..ScrubOptions::default()
    };
    let options = ProxyOptions {
        scrub,
        ..ProxyOptions::default()
    };
    Ok(Proxy::new(
        store,
        upstreams,
        options,
        Arc::new(Metrics::new()),
    ))
}

fn artifact(number: u64) -> Result<Artifact, Failure> {
    Ok(Artifact {
        module: ModulePath::parse("example.com/m")?,
        version: Version::parse(&format!("v1.0.{number}"))?,
        kind: ArtifactKind::Zip,
    })
}

async fn fill(store: &Store, number: u64) -> Result<(), Failure> {
    let mut spool = store.spool().await?;
    let mut value = number + 1;
    while spool.written() < BLOB {
        let mut chunk = Vec::with_capacity(READ);
        while chunk.len() < READ {
            // Any bytes that are not the same in two blobs (xorshift, G. Marsaglia 2003).
            value ^= value << 13;
            value ^= value >> 7;
            value ^= value << 17;
            chunk.extend_from_slice(&value.to_le_bytes());
        }
        spool.append(Bytes::from(chunk)).await?;
    }
    let capture = Capture {
        key: Key::Artifact(artifact(number)?),
        sealed: spool.seal().await?,
        provenance: Provenance::default(),
    };
    store.commit(capture).await?;
    Ok(())
}

/// Reads pieces of one zip until it is enough.
async fn read_warm(
    proxy: &Proxy,
    times: &mut Vec<Duration>,
    is_enough: impl Fn(usize) -> bool,
) -> Result<(), Failure> {
    let caller = Caller::at(Ipv4Addr::LOCALHOST.into());
    let resource = Resource::Artifact(artifact(0)?);
    let mut ticks = interval(Duration::from_millis(5));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !is_enough(times.len()) {
        ticks.tick().await;
        let began = Instant::now();
        let answer = proxy.answer(&caller, &resource, Fetching::Never).await;
        let answer = answer.map_err(|refusal| refusal.facts())?;
        if let Body::Blob(blob) = answer.body {
            let offset = (times.len() * READ) as u64 % BLOB;
            blob.read_at(offset, READ).await?;
        }
        times.push(began.elapsed());
    }
    Ok(())
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len() - 1));
    let (Some(middle), Some(late), Some(last)) = (at(50), at(99), times.last()) else {
        return;
    };
    println!(
        "{what}: {} reads, p50 {middle:?}, p99 {late:?}, max {last:?}",
        times.len()
    );
}

/// Processor time of the scanning thread, where the system tells.
fn worked() -> Option<Duration> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let mut paths = tasks.filter_map(|task| Some(task.ok()?.path()));
    let scanning = paths.find(|path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "store-scan")
    })?;
    let statistics = fs::read_to_string(scanning.join("schedstat")).ok()?;
    let nanoseconds = statistics.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
