//! A disk without room: what cannot be kept is refused before the first byte, so that `go` can go on.
//!
//! The disks are small memory file systems, mounted for the test. Where nothing may be mounted (no
//! root), the tests say so and end.

use crate::site::{Site, go_mod, info, zip};
use codes::Code;
use std::{path::Path, process::Command, sync::Arc};
use store::{DiskOptions, DiskReserve, DiskSpace};
use tempfile::TempDir;
use testkit::{
    fixture::{Corpus, Module},
    upstream::{FakeUpstream, Fault, Kind},
};

/// Four times as large as the disk.
const LARGE: usize = 16 << 20;

/// A mounted memory file system; unmounted when dropped.
struct Disk(TempDir);

// === impl Disk ===

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let size = format!("size={size}");
        if let Err(reason) = run(
            "mount",
            &["-t", "tmpfs", "-o", &size, "tmpfs"],
            directory.path(),
        ) {
            testkit::skip::because(&format!("cannot mount a memory file system: {reason}"));
            return None;
        }
        Some(Self(directory))
    }

    /// A directory on it for a site's data.
    fn data(&self) -> TempDir {
        tempfile::tempdir_in(self.0.path()).unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        assert_eq!(run("umount", &["-l"], self.0.path()), Ok(()));
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> Result<(), String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no other way to mount without unsafe code"
    )]
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(path).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_that_does_not_fit_is_refused_before_its_first_byte() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let large = Module::new("example.com/large", "v1.0.0").noise(7, LARGE);
    let small = Module::new("example.com/small", "v1.0.0").noise(7, 100_000);
    let upstream = FakeUpstream::start(Corpus::new().with(&large).with(&small));
    let site = Site::on(&upstream, disk.data()).await;
    for _ in 0..2 {
        let refusal = site.refusal(zip("example.com/large", "v1.0.0")).await;
        assert_eq!((refusal.code, refusal.status), (Code::DiskFull, 503));
    }
    // What fits is served; also where the source does not say how large it is.
    assert_eq!(
        site.bytes(go_mod("example.com/large", "v1.0.0")).await,
        large.mod_file()
    );
    upstream.always(Kind::Zip, Fault::Chunked { chunk: 9_000 });
    assert!(site.bytes(zip("example.com/small", "v1.0.0")).await == small.zip());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_of_unknown_size_is_refused_where_nothing_fits() {
    let Some(disk) = Disk::mount("4m") else {
        return;
    };
    let large = Module::new("example.com/large", "v1.0.0").noise(7, LARGE);
    let upstream = FakeUpstream::start(Corpus::new().with(&large));
    let site = Site::on(&upstream, disk.data()).await;
    upstream.always(Kind::Zip, Fault::Chunked { chunk: 9_000 });
    std::fs::write(disk.0.path().join("filler"), vec![1; 3 << 20]).unwrap();
    let refusal = site.refusal(zip("example.com/large", "v1.0.0")).await;
    assert_eq!((refusal.code, refusal.status), (Code::DiskFull, 503));
}

/// A zip whose announced length would reach into the reserve is refused before its first byte; what fits
/// is kept, and what is kept is served whatever the disk.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_reach_into_the_reserve_is_refused_before_its_first_byte() {
    const RESERVE: u64 = 100 << 20;
    let modules = ["small", "large"].map(|name| {
        let length = if name == "large" { 1 << 20 } else { 10_000 };
        Module::new(&format!("example.com/{name}"), "v1.0.0").noise(1, length)
    });
    let mut corpus = Corpus::new();
    for module in &modules {
        corpus.add(module);
    }
    let upstream = FakeUpstream::start(corpus);
    let measured = |free: u64| DiskOptions {
        reserve: DiskReserve::Bytes(RESERVE),
        measure: Some(Arc::new(move || {
            let size = 1 << 30;
            Some(DiskSpace { free, size })
        })),
    };
    let [small, large] =
        ["small", "large"].map(|name| zip(&format!("example.com/{name}"), "v1.0.0"));
    let site = Site::over(&upstream).await;
    let site = site.with_disk(&upstream.url(), measured(RESERVE + (1 << 19)));
    assert_eq!(site.bytes(small.clone()).await, modules[0].zip());
    let refusal = site.refusal(large.clone()).await;
    assert_eq!((refusal.code, refusal.status), (Code::DiskReserve, 503));
    assert!(
        site.proxy.readiness().degraded.is_empty(),
        "there is room for others"
    );
    let site = site.with_disk(&upstream.url(), measured(RESERVE - 1));
    upstream.forget();
    assert_eq!(site.bytes(small).await, modules[0].zip());
    for resource in [info("example.com/large", "v1.0.0"), large] {
        assert_eq!(site.refusal(resource).await.code, Code::DiskReserve);
    }
    upstream.assert_untouched();
    assert!(site.proxy.readiness().degraded[0].contains("MK3011"));
}
