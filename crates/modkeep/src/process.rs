//! The process: what this program is and what it uses, as metrics under their usual names.
//!
//! `process_*` are the names that dashboards and alert rules of any Go or C++ service know. They are read
//! from `/proc` at each scrape, a handful of lines: the crates that do it bring a parser of all of procfs
//! or a thread of their own. Where there is no `/proc`, and where one of its files cannot be read, the
//! metric is not there: nothing is not zero (law L12).

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge, info::Info},
    registry::{Registry, Unit},
};
use std::{fmt, fs, path::Path};

/// Clock ticks a second in `/proc`: `USER_HZ`, which is 100 on every architecture that Rust has a Linux
/// for.
const TICKS: f64 = 100.0;

/// Reads `/proc/self`.
#[derive(Debug)]
struct ProcessMetrics;

/// What `/proc/self/stat` says.
#[derive(Debug, PartialEq)]
struct ProcessStat {
    cpu_seconds: f64,
    /// Since the machine was started.
    started_seconds: f64,
    virtual_bytes: i64,
}

/// A registry in which the program and its process are.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    register(&mut registry);
    registry
}

/// Puts them into a registry.
pub(crate) fn register(registry: &mut Registry) {
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register(
        "modkeep_build",
        "1, and in its label which modkeep this is",
        build,
    );
    registry.register_collector(Box::new(ProcessMetrics));
}

// === impl ProcessMetrics ===

impl ProcessMetrics {
    fn cpu(encoder: &mut DescriptorEncoder<'_>, seconds: f64) -> fmt::Result {
        let counter = ConstCounter::new(seconds);
        let help = "Processor time spent by this process, in user and in system mode";
        let unit = Unit::Seconds;
        let kind = counter.metric_type();
        counter.encode(encoder.encode_descriptor("process_cpu", help, Some(&unit), kind)?)
    }

    fn gauge<N>(
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        unit: Option<&Unit>,
        help: &str,
        value: Option<N>,
    ) -> fmt::Result
    where
        ConstGauge<N>: EncodeMetric,
    {
        let Some(gauge) = value.map(ConstGauge::new) else {
            return Ok(());
        };
        let kind = gauge.metric_type();
        gauge.encode(encoder.encode_descriptor(name, help, unit, kind)?)
    }
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stat = read("/proc/self/stat").and_then(|text| ProcessStat::parse(&text));
        if let Some(stat) = &stat {
            Self::cpu(&mut encoder, stat.cpu_seconds)?;
        }
        let boot = read("/proc/stat").and_then(|text| boot_time(&text));
        let started = stat
            .as_ref()
            .zip(boot)
            .map(|(stat, boot)| boot + stat.started_seconds);
        let help = "When this process was started, in seconds of the epoch";
        let seconds = Some(&Unit::Seconds);
        Self::gauge(&mut encoder, "process_start_time", seconds, help, started)?;
        let memory = read("/proc/self/status").and_then(|text| resident(&text));
        let help = "Memory of this process that is in physical memory";
        let bytes = Some(&Unit::Bytes);
        Self::gauge(&mut encoder, "process_resident_memory", bytes, help, memory)?;
        let memory = stat.as_ref().map(|stat| stat.virtual_bytes);
        let help = "Addresses that this process has mapped";
        Self::gauge(&mut encoder, "process_virtual_memory", bytes, help, memory)?;
        let help = "Files, sockets and pipes that this process has open";
        Self::gauge(&mut encoder, "process_open_fds", None, help, open_files())?;
        let help = "Files, sockets and pipes that this process may have open";
        Self::gauge(&mut encoder, "process_max_fds", None, help, most_files())
    }
}

// === impl ProcessStat ===

impl ProcessStat {
    /// The fields of proc(5) behind the program's name, which may hold anything.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(") ")?;
        // The first of these is the third there.
        let field = |number: usize| fields.split_whitespace().nth(number - 3);
        let ticks = |number| field(number)?.parse::<f64>().ok();
        Some(Self {
            cpu_seconds: (ticks(14)? + ticks(15)?) / TICKS,
            started_seconds: ticks(22)? / TICKS,
            virtual_bytes: field(23)?.parse().ok()?,
        })
    }
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// When the machine was started, in seconds of the epoch.
fn boot_time(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

/// `VmRSS`, which the kernel gives in KiB.
fn resident(text: &str) -> Option<i64> {
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn open_files() -> Option<i64> {
    // The one with which they are counted is among them.
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    i64::try_from(open).ok().map(|open| open - 1)
}

#[cfg(unix)]
fn most_files() -> Option<i64> {
    let (soft, _) = rlimit::getrlimit(rlimit::Resource::NOFILE).ok()?;
    Some(i64::try_from(soft).unwrap_or(i64::MAX))
}

#[cfg(not(unix))]
fn most_files() -> Option<i64> {
    None
}

#[cfg(test)]
mod tests {
    use super::{ProcessStat, boot_time, resident};

    #[test]
    fn proc_is_read_by_its_columns() {
        let stat = "4242 (a) b (c) S 1 2 3 4 -1 5 6 7 8 9 150 50 0 0 20 0 8 0 12345 1048576 300 18446744073709551615";
        assert_eq!(
            ProcessStat::parse(stat),
            Some(ProcessStat {
                cpu_seconds: 2.0,
                started_seconds: 123.45,
                virtual_bytes: 1_048_576,
            })
        );
        assert_eq!(ProcessStat::parse("4242 (short) S 1"), None);
        assert_eq!(boot_time("cpu 1 2\nbtime 1700000000\nx 1\n"), Some(1.7e9));
        assert_eq!(
            resident("VmPeak: 9 kB\nVmRSS:\t    2048 kB\n"),
            Some(2_097_152)
        );
        assert_eq!(resident("VmRSS: 2048 MB\n"), None);
    }
}
