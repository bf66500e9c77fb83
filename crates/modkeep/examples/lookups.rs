//! Prints how many warm lookups of the checksum database a server answers, with `wrk` as the load.
//!
//! ```text
//! cargo build --release && cargo run --release -p modkeep --example lookups -- target/release/modkeep [CONNECTIONS] [SECONDS]
//! ```
//!
//! The server verifies with a database of its own upstream, which is dead while it is measured: what
//! is answered is the record, its newest head, and nothing that anybody has to be asked for. Half of
//! the requests a client makes beside lookups are tiles, so these are measured too.
#![expect(clippy::print_stdout, reason = "a program that prints")]
#![expect(
    clippy::disallowed_methods,
    reason = "a developer's tool starts programs"
)]

use anyhow::{Context as _, Result, ensure};
use std::{env, fs, path::Path, process::Command};
use testkit::{
    database::Database,
    fixture::Corpus,
    server::{Modkeep, Setup},
    upstream::FakeUpstream,
};

const NAME: &str = "sum.example.com/2026";

/// Records that are looked up in turn: the modules of a large build.
const RECORDS: u64 = 300;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let binary = arguments
        .next()
        .context("usage: lookups MODKEEP [CONNECTIONS] [SECONDS]")?;
    let connections = arguments.next().unwrap_or_else(|| "32".to_owned());
    let seconds = arguments.next().unwrap_or_else(|| "10".to_owned());

    let (mut database, mut corpus) = (Database::new(NAME, 1), Corpus::new());
    database.fill(2000);
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus);
    let server = Setup::new(&binary, &upstream.url())
        .option("--verify", "required")
        .option("--sumdb", &database.key())
        .option("--log-level", "warn")
        .start();
    let lookups: Vec<String> = (0..RECORDS)
        .map(|id| format!("/sumdb/{NAME}/{}", database.lookup_path(id)))
        .collect();
    let tiles = vec![
        format!("/sumdb/{NAME}/tile/8/0/000"),
        format!("/sumdb/{NAME}/tile/8/0/001"),
    ];
    for path in lookups.iter().chain(&tiles) {
        let answer = server.get(path);
        ensure!(answer.is_whole(), "{path}: {answer:?}");
    }
    upstream.refuse();
    upstream.forget();
    for (what, paths) in [("lookups", lookups), ("tiles", tiles)] {
        println!("{what}, {connections} connections, {seconds} s");
        load(&server, &paths, &connections, &seconds)?;
    }
    upstream.assert_untouched();
    Ok(())
}

/// Asks for the paths in turn, as fast as the server answers.
fn load(server: &Modkeep, paths: &[String], connections: &str, seconds: &str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let script = directory.path().join("paths.lua");
    fs::write(&script, lua(paths))?;
    let output = wrk(&script, &server.url(), connections, seconds)?;
    for line in output.lines().filter(|line| is_result(line)) {
        println!("  {}", line.trim());
    }
    ensure!(
        !output.contains("Non-2xx"),
        "not all were answered: {output}"
    );
    Ok(())
}

fn lua(paths: &[String]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    format!(
        "local paths = {{{}}}\nlocal at = 0\nrequest = function()\n  at = at % #paths + 1\n  return wrk.format('GET', paths[at])\nend\n",
        quoted.join(", ")
    )
}

fn wrk(script: &Path, url: &str, connections: &str, seconds: &str) -> Result<String> {
    let duration = format!("{seconds}s");
    let output = Command::new("wrk")
        .args(["-t1", "-c", connections, "-d", &duration, "--latency", "-s"])
        .arg(script)
        .arg(url)
        .output()
        .context("wrk makes the load")?;
    ensure!(output.status.success(), "wrk failed: {output:?}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn is_result(line: &str) -> bool {
    ["50%", "99%", "Requests/sec", "Non-2xx", "Socket errors"]
        .iter()
        .any(|word| line.contains(word))
}
