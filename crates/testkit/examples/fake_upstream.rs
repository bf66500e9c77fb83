//! Serves a module-cache tree as an upstream with latency, for benches and by hand.
//!
//! ```text
//! cargo run -p testkit --example fake_upstream -- DIRECTORY [LATENCY_MILLISECONDS]
//! ```
//!
//! It prints its URL and serves until its standard input closes; then it prints how often it
//! was asked.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::upstream::FakeUpstream;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments
        .next()
        .ok_or("usage: fake_upstream DIRECTORY [MILLISECONDS]")?;
    let latency: u64 = arguments.next().unwrap_or_default().parse().unwrap_or(0);

    let upstream = FakeUpstream::start(Corpus::read_tree(&PathBuf::from(directory)));
    upstream.latency(Duration::from_millis(latency));
    println!("{}", upstream.url());

    std::io::stdin().read_to_end(&mut Vec::new())?;
    println!("{} requests", upstream.asked().len());
    Ok(())
}
