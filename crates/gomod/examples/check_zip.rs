//! Checks a module zip as often as wanted and says how long it took at best:
//! `cargo run --release -p gomod --example check_zip -- FILE MODULE@VERSION [TIMES]`.
//!
//! The figure to compare with is that of Go's `dirhash.HashZip` on the same file, which computes
//! the hash only: `go run ./hashtime FILE [TIMES]` in the oracle's folder.
#![expect(clippy::print_stdout, reason = "its purpose")]
#![expect(clippy::disallowed_types, reason = "measures real time")]

use gomod::zip::check_zip;
use gomod::{ModulePath, Version};
use std::error::Error;
use std::fs::File;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: FILE MODULE@VERSION [TIMES]";
    let file = arguments.next().ok_or(usage)?;
    let target = arguments.next().ok_or(usage)?;
    let times = arguments.next().map_or(Ok(10), |times| times.parse())?;
    let (module, version) = target.split_once('@').ok_or(usage)?;
    let (module, version) = (ModulePath::parse(module)?, Version::parse(version)?);
    let mut best = Duration::MAX;
    for _ in 0..times {
        let begin = Instant::now();
        let checked = check_zip(File::open(&file)?, &module, &version)?;
        best = best.min(begin.elapsed());
        let unpacked: u64 = checked.files().map(|file| file.size).sum();
        let files = checked.files().count();
        println!("{} {files} files, {unpacked} bytes, {best:?}", checked.h1());
    }
    Ok(())
}
