//! `cargo xtask check-crates`: what the registry itself says about the crates that are built.
//!
//! The database of advisories lies where not every machine can reach it; the registry's index is where
//! every build reaches it. It tells two things. A version that was *yanked* was taken back by whoever
//! published it: cargo chooses none without a lock file, so it is asked to choose exactly those of the
//! lock. And when the newest version was published: a crate that had none for years is either finished
//! or left alone, and somebody has to have looked which. What the index does not tell, known
//! vulnerabilities and notices that a crate is unmaintained, is `cargo deny check advisories`.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

/// Years without a release after which somebody has to say why the crate is still used.
const YEARS: u64 = 5;

/// Seconds of a year.
const YEAR: u64 = 31_556_952;

/// Crates that are finished rather than left alone, each with what it does so completely.
const FINISHED: [(&str, &str); 12] = [
    (
        "appendlist",
        "a vector that only grows, 200 lines; for tests, below the JSON schema validator",
    ),
    (
        "core_detect",
        "asks the processor for its features; for tests, below proptest",
    ),
    (
        "fallible-streaming-iterator",
        "one trait, below the SQLite client",
    ),
    (
        "fnv",
        "one hash function, whose definition does not change; below HTTP/2",
    ),
    (
        "minimal-lexical",
        "reads decimal numbers; at build time, below the generator of bindings of the TLS library",
    ),
    (
        "same-file",
        "compares two open files; at build time and in tests, below a walk of directories",
    ),
    ("tagptr", "pointers with a tag, below the cache in memory"),
    (
        "untrusted",
        "reads bytes without leaving their bounds, 400 lines; below the checks of certificates",
    ),
    (
        "vcpkg",
        "finds libraries on Windows when SQLite is built; not run elsewhere",
    ),
    (
        "winapi",
        "Windows alone, where what needs it (listenfd) is not used: in the lock, and never compiled",
    ),
    ("winapi-i686-pc-windows-gnu", "the same"),
    ("winapi-x86_64-pc-windows-gnu", "the same"),
];

/// A crate out of the registry.
type Crate = (String, String);

pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.context("xtask lies in the repository")?;
    let mut all = BTreeSet::new();
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let crates = crates(&root.join(manifest))?;
        none_is_yanked(&crates).with_context(|| manifest.to_owned())?;
        all.extend(crates);
    }
    all_are_tended(&all)?;
    println!(
        "check-crates: {} crates, none yanked, none without a release for {YEARS} years or argued",
        all.len()
    );
    Ok(())
}

/// The crates that are built, out of a registry.
fn crates(manifest: &Path) -> Result<BTreeSet<Crate>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .context("cargo metadata cannot be run")?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let foreign = packages
        .iter()
        .filter(|package| package["source"].is_string());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(foreign
        .map(|package| (text(&package["name"]), text(&package["version"])))
        .collect())
}

/// Asks cargo to choose exactly these versions without a lock file.
fn none_is_yanked(crates: &BTreeSet<Crate>) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut manifest = "[package]\nname = \"chosen\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n".to_owned();
    for (number, (name, version)) in crates.iter().enumerate() {
        writeln!(
            manifest,
            "c{number} = {{ package = {name:?}, version = \"={version}\", default-features = false }}"
        )?;
    }
    fs::create_dir(directory.path().join("src"))?;
    fs::write(directory.path().join("src/lib.rs"), "")?;
    fs::write(directory.path().join("Cargo.toml"), manifest)?;
    let output = Command::new(env!("CARGO"))
        .args(["generate-lockfile", "--quiet"])
        .current_dir(directory.path())
        .output()
        .context("cargo cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "cargo does not choose what the lock file has:\n{said}"
    );
    Ok(())
}

/// Looks up in the index, which cargo has just renewed, when each crate had its newest version.
fn all_are_tended(crates: &BTreeSet<Crate>) -> Result<()> {
    let finished: BTreeMap<&str, &str> = FINISHED.into();
    let this_year = 1970 + SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / YEAR;
    let mut problems = Vec::new();
    for name in crates
        .iter()
        .map(|(name, _)| &**name)
        .collect::<BTreeSet<_>>()
    {
        let newest = newest(name)?;
        let is_old = newest + YEARS <= this_year;
        if is_old && !finished.contains_key(name) {
            problems.push(format!("{name} had its newest version in {newest}; say in FINISHED why it is used, or replace it"));
        } else if !is_old && finished.contains_key(name) {
            problems.push(format!(
                "{name} has a version of {newest}: take it out of FINISHED"
            ));
        }
    }
    for name in finished.keys() {
        if !crates.iter().any(|(used, _)| used == name) {
            problems.push(format!(
                "{name} is not built any more: take it out of FINISHED"
            ));
        }
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(())
}

/// The year of a crate's newest version.
fn newest(name: &str) -> Result<u64> {
    let entry = index_entry(name)?;
    // Cargo puts one JSON object for each version between zero bytes.
    let versions = entry
        .split(|&byte| byte == 0)
        .filter(|part| part.starts_with(b"{"));
    let times: Vec<Value> = versions
        .filter_map(|part| serde_json::from_slice::<Value>(part).ok())
        .map(|version| version["pubtime"].clone())
        .collect();
    let newest = times.iter().filter_map(Value::as_str).max();
    let year = newest.and_then(|time| time.get(..4)?.parse().ok());
    year.with_context(|| format!("{name}: the index does not say when it was published"))
}

fn index_entry(name: &str) -> Result<Vec<u8>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let indexes = home
        .context("there is no home directory")?
        .join("registry/index");
    let within = |end: usize| name.get(..end).unwrap_or(name);
    let place = match name.len() {
        1 | 2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", within(1)),
        _ => format!(
            "{}/{}/{name}",
            within(2),
            name.get(2..4).unwrap_or_default()
        ),
    };
    for index in fs::read_dir(&indexes).with_context(|| indexes.display().to_string())? {
        let file = index?.path().join(".cache").join(place.to_lowercase());
        if let Ok(entry) = fs::read(file) {
            return Ok(entry);
        }
    }
    bail!("{name} is in no index of {}", indexes.display())
}

#[cfg(test)]
mod tests {
    use super::none_is_yanked;

    #[test]
    #[ignore = "asks the registry"]
    fn a_version_that_was_taken_back_is_found() {
        let chosen = |version: &str| [("futures-util".to_owned(), version.to_owned())].into();
        let error = none_is_yanked(&chosen("0.3.30")).unwrap_err();
        assert!(error.to_string().contains("is yanked"), "{error}");
        none_is_yanked(&chosen("0.3.31")).unwrap();
    }
}
