//! How git is called: what it is told, and what it cannot be made to do.

use super::GitOptions;
use crate::{
    child::{ChildCommand, ChildLimits},
    error::VcsError,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// git, and how it is run here.
#[derive(Debug)]
pub(super) struct GitProgram {
    options: GitOptions,
}

/// Settings of each call. Nothing that a repository has is run or followed, nothing is cleaned up behind our
/// back, and a server that sends less than a kilobyte a second for half a minute is given up.
const SETTINGS: [&str; 11] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "maintenance.auto=false",
    "protocol.version=2",
    "submodule.recurse=false",
];

/// Where systems have their roots, for programs that take them as a file.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

// === impl GitProgram ===

impl GitProgram {
    pub(super) fn new(options: GitOptions) -> Self {
        Self { options }
    }

    pub(super) fn mirrors(&self) -> &Path {
        &self.options.mirrors
    }

    pub(super) fn limits(&self) -> &ChildLimits {
        &self.options.limits
    }

    /// Writes the roots that git trusts into one file, where further ones are named: it takes one file only.
    pub(super) fn write_roots(&self) -> io::Result<()> {
        let Some(ca) = &self.options.ca else {
            return Ok(());
        };
        let system = SYSTEM_ROOTS.iter().find_map(|path| fs::read(path).ok());
        let mut roots = system.unwrap_or_default();
        roots.push(b'\n');
        roots.extend(fs::read(ca)?);
        fs::write(self.roots(), roots)
    }

    fn roots(&self) -> PathBuf {
        self.options.mirrors.join("roots.pem")
    }

    /// A call of git, in a mirror if there is one.
    pub(super) fn call<S: AsRef<std::ffi::OsStr>>(
        &self,
        mirror: Option<&Path>,
        arguments: impl IntoIterator<Item = S>,
    ) -> ChildCommand {
        let home = self.options.mirrors.join("home");
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let mut command = ChildCommand::new("git")
            .arguments(settings)
            .arguments(arguments)
            .environment(
                self.options
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .environment([
                ("PATH", self.options.path.as_os_str()),
                ("HOME", home.as_os_str()),
                ("XDG_CONFIG_HOME", home.as_os_str()),
            ])
            .environment([
                ("GIT_ALLOW_PROTOCOL", self.options.protocols.as_str()),
                ("GIT_ASKPASS", "false"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                (
                    "GIT_SSH_COMMAND",
                    "ssh -o BatchMode=yes -o ControlMaster=no",
                ),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("LC_ALL", "C"),
                ("SSH_ASKPASS", "false"),
            ]);
        if self.options.ca.is_some() {
            command = command.environment([("GIT_SSL_CAINFO", self.roots())]);
        }
        if let Some(mirror) = mirror {
            command = command
                .environment([("GIT_DIR", mirror.as_os_str())])
                .directory(mirror);
        }
        command
    }

    /// Whether an address is one of a network that may be used, before git sees it.
    pub(super) fn check_address(&self, url: &str) -> Result<(), VcsError> {
        let forbidden = |why: &str| Err(VcsError::Forbidden(format!("address {url:?}: {why}")));
        if url.starts_with('-') || url.chars().any(char::is_control) {
            return forbidden("it is no URL");
        }
        // `name::address` has a helper of any name run.
        let Some((scheme, rest)) = url.split_once("://") else {
            return forbidden("it is no URL");
        };
        if rest.starts_with('-') {
            return forbidden("its host begins with a dash");
        }
        let mut allowed = self.options.protocols.split(':');
        if !allowed.any(|allowed| allowed == scheme) {
            return forbidden("its protocol is not allowed");
        }
        Ok(())
    }
}
