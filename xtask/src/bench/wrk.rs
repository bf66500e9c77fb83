//! The load of the warm scenarios: `wrk`, the same for every server.
//!
//! One thread, because the machine has few cores and the server should have the others. wrk
//! checks statuses and counts what fails, but looks at no body; so every load is preceded and
//! followed by our own requests, whose bodies are hashed (`bench::verify`), and a load with a
//! single failed request is not a figure.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{io::Write as _, net::SocketAddr, process::Command, time::Duration};
use tempfile::NamedTempFile;
use testkit::process;

/// How long one answer may take before wrk counts it as lost: long enough for a cold miss of
/// the slowest server.
const TIMEOUT: &str = "20s";

/// How much longer than asked a load may run before it is killed.
const GRACE: Duration = Duration::from_secs(40);

const SCRIPT: &str = include_str!("wrk.lua");
const SPREAD: &str = include_str!("wrk_spread.lua");

/// How to load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) duration: Duration,
}

/// What one load saw.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct Seen {
    pub(crate) requests: f64,
    microseconds: f64,
    /// Bytes received, heads included.
    bytes: f64,
    p50: f64,
    p99: f64,
    connect: u64,
    read: u64,
    write: u64,
    status: u64,
    timeout: u64,
}

// === impl Load ===

impl Load {
    /// Asks for one path for the whole duration. Failed requests are in the result.
    pub(crate) fn run(self, address: SocketAddr, path: &str) -> Result<Seen> {
        self.run_script(&format!("http://{address}{path}"), SCRIPT)
    }

    /// Asks for several paths in turn.
    pub(crate) fn run_over(self, address: SocketAddr, paths: &[String]) -> Result<Seen> {
        let mut file = NamedTempFile::new()?;
        file.write_all(paths.join("\n").as_bytes())?;
        let script = format!("PATHS = [[{}]]\n{SPREAD}\n{SCRIPT}", file.path().display());
        self.run_script(&format!("http://{address}/"), &script)
    }

    fn run_script(self, url: &str, text: &str) -> Result<Seen> {
        let mut script = NamedTempFile::with_suffix(".lua")?;
        script.write_all(text.as_bytes())?;
        let mut command = Command::new("wrk");
        command
            .args(["-t1", "--timeout", TIMEOUT, "-c"])
            .arg(self.connections.to_string())
            .arg(format!("-d{}s", self.duration.as_secs()))
            .arg("-s")
            .arg(script.path())
            .arg(url);
        let output = process::run(&mut command, self.duration + GRACE);
        ensure!(output.ok(), "wrk failed: {output}");
        Seen::parse(&output.stdout)
    }
}

// === impl Seen ===

impl Seen {
    fn parse(printed: &str) -> Result<Self> {
        let line = printed
            .lines()
            .find_map(|line| line.strip_prefix("RESULT "));
        let line = line.with_context(|| format!("wrk told no result: {printed}"))?;
        serde_json::from_str(line).with_context(|| format!("wrk's result cannot be read: {line}"))
    }

    /// Requests that failed in any way.
    pub(crate) fn failed(&self) -> u64 {
        self.connect + self.read + self.write + self.status + self.timeout
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests / self.seconds()
    }

    /// Bytes a second.
    pub(crate) fn flow(&self) -> f64 {
        self.bytes / self.seconds()
    }

    /// The median of the answer times in seconds.
    pub(crate) fn p50(&self) -> f64 {
        self.p50 / 1e6
    }

    /// The time in seconds that one answer in a hundred exceeds.
    pub(crate) fn p99(&self) -> f64 {
        self.p99 / 1e6
    }

    fn seconds(&self) -> f64 {
        self.microseconds / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "Running 2s test\n  1 threads\nRequests/sec: 50000.1\n\nRESULT \
        {\"requests\":100000,\"microseconds\":2000000,\"bytes\":50000000,\"p50\":300,\"p99\":900,\
        \"p999\":1500,\"connect\":0,\"read\":1,\"write\":0,\"status\":2,\"timeout\":0}\n";

    #[test]
    fn exact_totals_are_taken_from_the_result_line() {
        let seen = Seen::parse(PRINTED).unwrap();
        assert!((seen.rate() - 50_000.0).abs() < 1e-6);
        assert!((seen.flow() - 25e6).abs() < 1e-6);
        assert!((seen.p99() - 0.0009).abs() < 1e-9);
        assert_eq!(seen.failed(), 3);
    }

    #[test]
    fn an_output_without_a_result_is_an_error() {
        assert!(Seen::parse("unable to connect").is_err());
        assert!(Seen::parse("RESULT {}").is_err());
    }
}
