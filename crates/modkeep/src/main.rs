//! The binary: an allocator, and the library's entry.

use std::process::ExitCode;

/// Zips in flight allocate and free large buffers on many threads.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    modkeep::main()
}
