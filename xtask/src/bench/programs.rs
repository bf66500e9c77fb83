//! The programs under test: modkeep built now, the peers from the module in `bench/` that pins
//! them, nginx and wrk from the Debian package manager.
//!
//! A peer that cannot be built or installed is left out with its reason, which stands in the
//! report; modkeep and wrk have to be there.

use anyhow::{Context, Result, anyhow, bail, ensure};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{contender::Contender, machine::said};

/// Where Debian's nginx is; not on every user's search path.
const NGINX: &str = "/usr/sbin/nginx";

/// Programs by contender, or why there is none.
#[derive(Debug)]
pub(crate) struct Programs {
    paths: BTreeMap<Contender, Result<PathBuf, String>>,
}

// === impl Programs ===

impl Programs {
    /// modkeep is `binary`, or built now; `before` is another build of it to compare with.
    pub(crate) fn provide(
        root: &Path,
        peers: &[Contender],
        binary: Option<&Path>,
        before: Option<&Path>,
    ) -> Result<Self> {
        install("wrk", "wrk").context("wrk makes the load")?;
        let there = |binary: &Path| binary.canonicalize().context("there is no such binary");
        let modkeep = match binary {
            Some(binary) => there(binary)?,
            None => build_modkeep(root)?,
        };
        let mut paths = BTreeMap::from([(Contender::Modkeep, Ok(modkeep))]);
        if let Some(before) = before {
            paths.insert(Contender::Before, Ok(there(before)?));
        }
        for peer in Contender::PEERS {
            let path = if peers.contains(&peer) {
                provide_peer(root, peer).map_err(|error| format!("{error:#}"))
            } else {
                Err("not asked for".to_owned())
            };
            if let Err(reason) = &path {
                println!("without {}: {reason}", peer.name());
            }
            paths.insert(peer, path);
        }
        Ok(Self { paths })
    }

    pub(crate) fn path(&self, contender: Contender) -> Result<&Path> {
        match self.paths.get(&contender) {
            Some(Ok(path)) => Ok(path),
            Some(Err(reason)) => Err(anyhow!("no {}: {reason}", contender.name())),
            None => Err(anyhow!("no {}", contender.name())),
        }
    }

    /// Name and reason of every peer that is not there.
    pub(crate) fn missing(&self) -> BTreeMap<String, String> {
        let missing = self.paths.iter().filter_map(|(contender, path)| {
            let reason = path.as_ref().err()?;
            Some((contender.name().to_owned(), reason.clone()))
        });
        missing.collect()
    }

    /// Name and version of everything, as the programs say themselves.
    pub(crate) fn versions(&self) -> Result<BTreeMap<String, String>> {
        let mut versions = BTreeMap::new();
        for (contender, path) in &self.paths {
            if let Ok(path) = path {
                let version = version(*contender, path)?;
                versions.insert(contender.name().to_owned(), version);
            }
        }
        versions.insert("go".to_owned(), last_but(1, &said("go", &["version"])?));
        let wrk = said("wrk", &["-v"])?;
        let wrk = wrk.split_whitespace().nth(1).unwrap_or_default();
        versions.insert("wrk".to_owned(), wrk.to_owned());
        Ok(versions)
    }
}

/// What a binary says of itself: the Go ones by the record of their build.
fn version(contender: Contender, path: &Path) -> Result<String> {
    let name = path.to_str().context("a path that is not UTF-8")?;
    match contender {
        Contender::Modkeep | Contender::Before => Ok(last_but(0, &said(name, &["--version"])?)),
        Contender::Nginx => Ok(said(name, &["-v"])?.replace("nginx version: nginx/", "")),
        Contender::Goproxy | Contender::Athens => {
            let record = said("go", &["version", "-m", name])?;
            let module = record
                .lines()
                .find_map(|line| line.trim().strip_prefix("mod"));
            let module = module.unwrap_or_default().split_whitespace().nth(1);
            Ok(module.unwrap_or("unknown").to_owned())
        }
    }
}

/// The word that has `count` words behind it or, if there are fewer, the text.
fn last_but(count: usize, text: &str) -> String {
    let mut words = text.split_whitespace().rev().skip(count);
    words.next().unwrap_or(text).to_owned()
}

pub(crate) fn build_modkeep(root: &Path) -> Result<PathBuf> {
    println!("building modkeep (release)");
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--profile",
            "dist",
            "--quiet",
            "--package",
            "modkeep",
        ])
        .current_dir(root)
        .status()?;
    ensure!(status.success(), "modkeep cannot be built");
    Ok(root.join("target/dist/modkeep"))
}

fn provide_peer(root: &Path, peer: Contender) -> Result<PathBuf> {
    match peer {
        Contender::Goproxy => build_peer(root, "github.com/goproxy/goproxy/cmd/goproxy"),
        Contender::Athens => build_peer(root, "github.com/gomods/athens/cmd/proxy"),
        Contender::Nginx => {
            install(NGINX, "nginx-light")?;
            Ok(PathBuf::from(NGINX))
        }
        Contender::Modkeep | Contender::Before => bail!("modkeep is no peer of itself"),
    }
}

/// Builds a tool of the module in `bench/`, whose go.mod says which version and whose go.sum says
/// which bytes. Go's build cache makes every time but the first one fast.
fn build_peer(root: &Path, package: &str) -> Result<PathBuf> {
    println!("building {package}");
    let directory = root.join("target/bench/bin");
    fs::create_dir_all(&directory)?;
    let output = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&directory)
        .arg(package)
        .current_dir(root.join("bench"))
        .env("GOFLAGS", "-mod=readonly")
        .output()
        .context("go cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "it cannot be built: {said}");
    Ok(directory.join(package.rsplit('/').next().unwrap_or(package)))
}

/// Installs a Debian package if its program does not run.
fn install(program: &str, package: &str) -> Result<()> {
    if runs(program, &["-v"]) {
        return Ok(());
    }
    println!("installing {package}");
    let installed = runs("apt-get", &["update", "-qq"])
        && runs(
            "apt-get",
            &["install", "-qq", "-y", "--no-install-recommends", package],
        );
    ensure!(
        installed && runs(program, &["-v"]),
        "the package {package} cannot be installed"
    );
    Ok(())
}

/// Whether a program can be started at all; some end with 1 after telling their version.
fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.code().is_some_and(|code| code <= 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_word_counted_from_the_end() {
        assert_eq!(last_but(0, "modkeep 0.1.0"), "0.1.0");
        assert_eq!(last_but(1, "go version go1.26.8 linux/amd64"), "go1.26.8");
        assert_eq!(last_but(5, "one"), "one");
    }
}
