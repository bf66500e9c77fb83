//! Who is compared, and how each is set up: as its own documentation says for production, with
//! the same store (a directory), the same upstream, and its log where it has one.

use anyhow::{Context, Result};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

/// A server under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contender {
    /// This project.
    Modkeep,
    /// Another build of it, of the commit before.
    Before,
    /// `github.com/goproxy/goproxy`.
    Goproxy,
    /// `github.com/gomods/athens`.
    Athens,
    /// nginx, serving the corpus itself: the limit for what is warm.
    Nginx,
}

/// Where one instance runs.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    /// A directory of its own.
    pub(crate) directory: PathBuf,
    /// The upstream's GOPROXY entry.
    pub(crate) upstream: String,
    /// The corpus, for the one that serves files.
    pub(crate) corpus: PathBuf,
    /// Further arguments of modkeep.
    pub(crate) arguments: Vec<String>,
}

// === impl Contender ===

impl Contender {
    pub(crate) const PEERS: [Self; 3] = [Self::Goproxy, Self::Athens, Self::Nginx];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Modkeep => "modkeep",
            Self::Before => "modkeep before",
            Self::Goproxy => "goproxy",
            Self::Athens => "Athens",
            Self::Nginx => "nginx",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        let mut all = Self::PEERS.into_iter().chain([Self::Modkeep, Self::Before]);
        all.find(|contender| contender.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is this project, in any build.
    pub(crate) fn is_modkeep(self) -> bool {
        matches!(self, Self::Modkeep | Self::Before)
    }

    /// Whether it fetches what it has not.
    pub(crate) fn is_proxy(self) -> bool {
        self != Self::Nginx
    }

    /// What answers with 2xx once it can serve.
    pub(crate) fn ready_path(self) -> &'static str {
        match self {
            Self::Modkeep | Self::Before | Self::Athens => "/readyz",
            Self::Goproxy | Self::Nginx => "/healthz",
        }
    }

    /// The command that serves in the foreground. Its environment is set, and nothing inherited.
    pub(crate) fn command(self, program: &Path, place: &Place) -> Result<Command> {
        let directory = &place.directory;
        for name in ["home", "store", "temporary"] {
            fs::create_dir_all(directory.join(name))?;
        }
        // The server gets SIGTERM when this process ends in any way, an interrupt included.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("HOME", directory.join("home"))
            .env("TMPDIR", directory.join("temporary"));
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        match self {
            Self::Modkeep | Self::Before => modkeep(&mut command, place),
            Self::Goproxy => goproxy(&mut command, place),
            Self::Athens => athens(&mut command, place),
            Self::Nginx => nginx(&mut command, place)?,
        }
        Ok(command)
    }
}

/// Defaults throughout, access log at `info`, metrics on; but that nothing is verified unless the
/// scenario says so: the peers do not, and most scenarios have no database.
fn modkeep(command: &mut Command, place: &Place) {
    command.arg("serve");
    if !place
        .arguments
        .iter()
        .any(|argument| argument == "--verify")
    {
        command.args(["--verify", "off"]);
    }
    command
        .args(["--listen", &place.address.to_string()])
        .args(["--upstream", &place.upstream])
        .arg("--data")
        .arg(place.directory.join("store"))
        .args(&place.arguments);
}

/// Configured by flags and Go's own environment; it logs errors only and has no metrics.
fn goproxy(command: &mut Command, place: &Place) {
    command
        .arg("server")
        .args(["--address", &place.address.to_string()])
        .arg("--cacher-dir")
        .arg(place.directory.join("store"))
        .arg("--temp-dir")
        .arg(place.directory.join("temporary"))
        .env("GOPROXY", &place.upstream)
        .env("GOSUMDB", "off")
        .env("GOMODCACHE", place.directory.join("modcache"));
}

/// Disk storage; the level of its log is `error`, as its default (debug) is meant for trying it
/// out. The child `go` that it starts is told to use the same upstream as everybody.
fn athens(command: &mut Command, place: &Place) {
    let child = format!(
        "GOPROXY={};GOSUMDB=off;GOTOOLCHAIN=local;GOFLAGS=-modcacherw",
        place.upstream
    );
    command
        .env("ATHENS_PORT", place.address.to_string())
        .env("ATHENS_STORAGE_TYPE", "disk")
        .env("ATHENS_DISK_STORAGE_ROOT", place.directory.join("store"))
        .env("ATHENS_GOGET_DIR", place.directory.join("temporary"))
        .env("ATHENS_GO_BINARY_ENV_VARS", child)
        .env("ATHENS_GO_BINARY", "go")
        .env("ATHENS_LOG_LEVEL", "error");
}

fn nginx(command: &mut Command, place: &Place) -> Result<()> {
    let configuration = place.directory.join("nginx.conf");
    fs::write(&configuration, nginx_configuration(place))
        .context("nginx's configuration cannot be written")?;
    command
        .arg("-p")
        .arg(&place.directory)
        .arg("-c")
        .arg(configuration)
        .args(["-e", "stderr"]);
    Ok(())
}

/// As a site that serves files would have it: the kernel sends the file, connections are kept for
/// as many requests as come, an access log is written (unbuffered, the default), files that are
/// open stay open, and there is one worker a core (`auto`).
fn nginx_configuration(place: &Place) -> String {
    let Place {
        address,
        directory,
        corpus,
        ..
    } = place;
    let user = if may_change_user() { "user root;" } else { "" };
    let temporary = directory.join("temporary");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};", temporary.join(name).display()))
        .join(" ");
    format!(
        "{user}\ndaemon off;\nworker_processes auto;\nworker_rlimit_nofile 20000;\n\
         pid {directory}/nginx.pid;\n\
         events {{ worker_connections 16384; }}\n\
         http {{\n  default_type application/octet-stream;\n  access_log {directory}/access.log;\n\
         \x20 {temporary}\n  sendfile on;\n  tcp_nopush on;\n  keepalive_requests 1000000000;\n\
         \x20 open_file_cache max=10000 inactive=60s;\n\
         \x20 server {{\n    listen {address} backlog=16384;\n    root {corpus};\n\
         \x20   location = /healthz {{ access_log off; return 204; }}\n  }}\n}}\n",
        directory = directory.display(),
        corpus = corpus.display(),
    )
}

/// nginx drops to another user where it can, who may not read the corpus.
fn may_change_user() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        user.is_some_and(|user| user.split_ascii_whitespace().nth(1) == Some("0"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_are_found_by_their_names_in_any_case() {
        for contender in Contender::PEERS {
            let name = contender.name().to_uppercase();
            assert_eq!(Contender::by_name(&name), Some(contender));
        }
        assert_eq!(Contender::by_name("nobody"), None);
    }
}
