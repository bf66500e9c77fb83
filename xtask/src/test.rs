//! `cargo xtask test`: installs what the tests need, and passes them all.
//!
//! Beyond Rust, the tests need the real `go` (they ask it what is true), git, a C compiler for SQLite and
//! the TLS library, and Prometheus, which reads the metrics. What is missing is installed where the Debian package manager can
//! be used without asking anybody; elsewhere the command says what to install and stops.

use anyhow::{Context, Result, bail};
use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

/// A program the tests start, the Debian package that brings it, and what it is for.
pub(crate) struct Needed {
    pub(crate) program: &'static str,
    pub(crate) probe: &'static [&'static str],
    pub(crate) package: &'static str,
    pub(crate) purpose: &'static str,
}

const NEEDED: &[Needed] = &[
    Needed {
        program: "go",
        probe: &["version"],
        package: "golang-go",
        purpose: "the truth about Go modules",
    },
    Needed {
        program: "git",
        probe: &["--version"],
        package: "git",
        purpose: "go asks it for versions of itself",
    },
    Needed {
        program: "hg",
        probe: &["--version"],
        package: "mercurial",
        purpose: "modules straight from hg",
    },
    Needed {
        program: "svn",
        probe: &["--version"],
        package: "subversion",
        purpose: "modules straight from svn",
    },
    Needed {
        program: "/usr/sbin/sshd",
        probe: &["-V"],
        package: "openssh-server",
        purpose: "repositories over ssh",
    },
    Needed {
        program: "cc",
        probe: &["--version"],
        package: "gcc",
        purpose: "SQLite and the TLS library",
    },
    Needed {
        program: "promtool",
        probe: &["--version"],
        package: "prometheus",
        purpose: "the truth about metrics and alerts",
    },
    Needed {
        program: "nginx",
        probe: &["-v"],
        package: "nginx",
        purpose: "the proxy in front that the documents set up",
    },
    Needed {
        program: "openssl",
        probe: &["version"],
        package: "openssl",
        purpose: "its certificate",
    },
    Needed {
        program: "curl",
        probe: &["--version"],
        package: "curl",
        purpose: "what the documents ask with",
    },
    Needed {
        program: "systemd-analyze",
        probe: &["--version"],
        package: "systemd",
        purpose: "the check of the unit in the documents",
    },
    Needed {
        program: "node",
        probe: &["--version"],
        package: "nodejs",
        purpose: "the server of OpenID Connect of the tests",
    },
    Needed {
        program: "npm",
        probe: &["--version"],
        package: "npm",
        purpose: "it brings that server",
    },
    Needed {
        program: "python3",
        probe: &["-c", "import ensurepip, venv"],
        package: "python3-venv",
        purpose: "the object store of the tests",
    },
];

/// The object store that the tests use: a Python package, in an environment of its own.
const OBJECT_STORE: &str = "moto[server]==5.2.5";

/// The server of `OpenID` Connect that the tests use: a package of npm, in a directory of its own.
const ISSUER: (&str, &str) = ("target/tools/oidc", "oidc-provider@9.13.3");

/// Where it is put, and its program there.
const TOOLS: (&str, &str) = ("target/tools/moto", "bin/moto_server");

/// The commands, in order; each must succeed.
const COMMANDS: &[&[&str]] = &[
    &["test", "--workspace", "--no-fail-fast"],
    // The flight's lock under a concurrency checker; a feature, because the lock is exchanged.
    &[
        "test",
        "--package",
        "ingest",
        "--features",
        "shuttle",
        "--test",
        "flight_concurrency",
    ],
];

pub(crate) fn run() -> Result<()> {
    for needed in NEEDED {
        needed.provide()?;
    }
    provide_object_store()?;
    provide_issuer()?;
    for arguments in COMMANDS {
        println!("\n$ cargo {}", arguments.join(" "));
        let status = Command::new(env!("CARGO"))
            .args(*arguments)
            .status()
            .context("cargo cannot be run")?;
        if !status.success() {
            bail!("`cargo {}` failed", arguments.join(" "));
        }
    }
    println!("\nall tests passed");
    Ok(())
}

/// Makes sure that the object store is there.
fn provide_object_store() -> Result<()> {
    let (place, program) = TOOLS;
    let place = Path::new(place);
    if runs(place.join(program), &["--help"]) {
        return Ok(());
    }
    println!("installing {OBJECT_STORE} into {}", place.display());
    let python = |arguments: &[&OsStr]| {
        let status = Command::new("python3").args(arguments).status();
        status.is_ok_and(|status| status.success())
    };
    let pip = place.join("bin/pip");
    let is_made = python(&["-m".as_ref(), "venv".as_ref(), place.as_ref()])
        && runs(&pip, &["install", "--quiet", OBJECT_STORE]);
    if is_made && runs(place.join(program), &["--help"]) {
        return Ok(());
    }
    bail!("the object store could not be installed; `pip install '{OBJECT_STORE}'` says why")
}

/// Makes sure that the server of `OpenID` Connect is there.
fn provide_issuer() -> Result<()> {
    let (place, package) = ISSUER;
    let installed = Path::new(place).join("node_modules/oidc-provider/package.json");
    if installed.is_file() {
        return Ok(());
    }
    println!("installing {package} into {place}");
    std::fs::create_dir_all(place).context(place)?;
    let arguments = [
        "install",
        "--no-fund",
        "--no-audit",
        "--prefix",
        place,
        package,
    ];
    if runs("npm", &arguments) && installed.is_file() {
        return Ok(());
    }
    bail!("the server of OpenID Connect could not be installed; `npm install {package}` says why")
}

// === impl Needed ===

impl Needed {
    /// Makes sure that it can be run.
    pub(crate) fn provide(&self) -> Result<()> {
        if runs(self.program, self.probe) {
            return Ok(());
        }
        println!(
            "{} is missing ({}); installing {}",
            self.program, self.purpose, self.package
        );
        let installed = runs("apt-get", ["update", "-qq"].as_slice())
            && runs(
                "apt-get",
                [
                    "install",
                    "-qq",
                    "-y",
                    "--no-install-recommends",
                    self.package,
                ]
                .as_slice(),
            );
        if installed && runs(self.program, self.probe) {
            return Ok(());
        }
        bail!(
            "{} could not be installed; install {} and run this again",
            self.program,
            self.package
        )
    }
}

fn runs<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[S]) -> bool {
    let quiet =
        |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet(
        Command::new(program)
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
    .is_ok_and(|status| status.success())
}
