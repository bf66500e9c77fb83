//! What a run was made on, as the machine itself says.

use anyhow::{Context, Result};
use std::{fs, process::Command, thread};

use super::report::Surroundings;

/// Date and time of now, in UTC: the name of a run.
pub(crate) fn now() -> Result<String> {
    said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])
}

/// Cores, processor, memory and kernel.
pub(crate) fn surroundings() -> Result<Surroundings> {
    Ok(Surroundings {
        cores: thread::available_parallelism()?.get(),
        processor: value("/proc/cpuinfo", "model name")?,
        memory: value("/proc/meminfo", "MemTotal")?,
        kernel: said("uname", &["-r"])?,
        ..Surroundings::default()
    })
}

/// What a program prints, without the line's end.
pub(crate) fn said(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{program} cannot be run"))?;
    let mut printed = output.stdout;
    // Some programs tell their version on standard error.
    printed.extend(output.stderr);
    Ok(String::from_utf8_lossy(&printed).trim().to_owned())
}

/// The first `name: value` of a file.
fn value(file: &str, name: &str) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    let mut named = pairs.filter(|(key, _)| key.trim() == name);
    let value = named.next().map(|(_, value)| value.trim().to_owned());
    Ok(value.unwrap_or_else(|| "unknown".to_owned()))
}
