//! Builds the Go program, once for each state of its sources and of the Go toolchain.
//!
//! The name of the executable carries a fingerprint of both, so a changed source is rebuilt, an
//! unchanged one is not, and tests running at the same time, as threads or as processes, never
//! overwrite a program that another of them executes.

use parking_lot::Mutex;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io, process};

/// Held while one test of this process builds: the next finds the program there.
static BUILDING: Mutex<()> = Mutex::new(());

/// Why there is no oracle.
#[derive(Debug)]
pub enum Unavailable {
    /// There is no usable `go` command on this machine.
    NoGo(String),
    /// There is one, but the program cannot be built or started.
    Broken(String),
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoGo(reason) => write!(f, "no go command: {reason}"),
            Self::Broken(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Unavailable {}

/// The path of the built program.
pub(super) fn program() -> Result<PathBuf, Unavailable> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = root.join("oracle");
    let version = go_version()?;
    let fingerprint = fingerprint(&sources, &version).map_err(broken)?;
    // A relative one is relative to the root, where cargo is run.
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let directory = root.join(target).join("oracle");
    let program = directory.join(format!("oracle-{fingerprint:016x}"));
    let _alone = BUILDING.lock();
    if !program.exists() {
        fs::create_dir_all(&directory).map_err(broken)?;
        build(&sources, &program)?;
    }
    Ok(program)
}

fn go_version() -> Result<String, Unavailable> {
    let output = Command::new("go")
        .args(["env", "GOVERSION", "GOROOT"])
        .output();
    let output = output.map_err(|error| Unavailable::NoGo(error.to_string()))?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(Unavailable::NoGo(text(&output.stderr)))
    }
}

fn fingerprint(sources: &Path, version: &str) -> io::Result<u64> {
    let mut files: Vec<PathBuf> = fs::read_dir(sources)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    for path in files {
        path.file_name().hash(&mut hasher);
        fs::read(&path)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn build(sources: &Path, program: &Path) -> Result<(), Unavailable> {
    // Built aside and renamed: a half-written program is never executed.
    let aside = program.with_extension(process::id().to_string());
    let output = Command::new("go")
        .current_dir(sources)
        .env("GOFLAGS", "-buildvcs=false -mod=readonly")
        .arg("build")
        .arg("-o")
        .arg(&aside)
        .arg(".")
        .output()
        .map_err(broken)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Unavailable::Broken(format!("go build: {text}")));
    }
    fs::rename(&aside, program).map_err(broken)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(error: io::Error) -> Unavailable {
    Unavailable::Broken(error.to_string())
}
