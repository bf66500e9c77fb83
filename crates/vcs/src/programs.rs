//! What all programs of version control are told, and which addresses they are shown.

use crate::{
    child::{ChildCommand, ChildLimits},
    error::VcsError,
    mirrors::MirrorDirectory,
    policy::VcsKind,
    repositories::RepositoryOptions,
};
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::PathBuf,
};

/// How programs are run.
#[derive(Debug)]
pub(crate) struct ProgramSettings {
    options: RepositoryOptions,
    pub(crate) mirrors: MirrorDirectory,
}

/// Where systems have their roots, for programs that take them as a file.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// How ssh is started: it asks nobody, and leaves nothing running.
pub(crate) const SSH: &str = "ssh -o BatchMode=yes -o ControlMaster=no";

// === impl ProgramSettings ===

impl ProgramSettings {
    pub(crate) fn new(options: RepositoryOptions, mirrors: MirrorDirectory) -> Self {
        Self { options, mirrors }
    }

    pub(crate) fn limits(&self) -> &ChildLimits {
        &self.options.limits
    }

    /// Protocols that git may use.
    pub(crate) fn protocols(&self) -> &str {
        &self.options.protocols
    }

    /// Makes what all programs share.
    pub(crate) fn prepare(&self) -> Result<(), VcsError> {
        self.mirrors.prepare()?;
        self.write_roots()
            .map_err(|error| VcsError::local("writing the trusted roots", &error))
    }

    /// Writes the roots that are trusted into one file, where further ones are named: programs take one file only.
    fn write_roots(&self) -> io::Result<()> {
        let Some(ca) = &self.options.ca else {
            return Ok(());
        };
        let system = SYSTEM_ROOTS.iter().find_map(|path| fs::read(path).ok());
        let mut roots = system.unwrap_or_default();
        roots.push(b'\n');
        roots.extend(fs::read(ca)?);
        fs::write(self.roots_file(), roots)
    }

    fn roots_file(&self) -> PathBuf {
        self.mirrors.path().join("roots.pem")
    }

    /// The file of trusted roots, where further ones are named.
    pub(crate) fn roots(&self) -> Option<PathBuf> {
        self.options.ca.as_ref().map(|_| self.roots_file())
    }

    /// A variable that children are given.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let mut variables = self.options.environment.iter();
        let found = variables.find(|(known, _)| known == name);
        found.map(|(_, value): &(OsString, OsString)| value.as_os_str())
    }

    /// A program with an environment of its own.
    pub(crate) fn program(&self, name: &str) -> ChildCommand {
        let home = self.mirrors.home();
        let given = self.options.environment.iter();
        ChildCommand::new(name)
            .environment(given.map(|(name, value)| (name, value)))
            .environment([
                ("PATH", self.options.path.as_os_str()),
                ("HOME", home.as_os_str()),
                ("XDG_CONFIG_HOME", home.as_os_str()),
            ])
            .environment([("SSH_ASKPASS", "false")])
    }

    /// Whether an address is one of a network that may be used, before a program sees it.
    pub(crate) fn check_address(&self, url: &str, system: VcsKind) -> Result<(), VcsError> {
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
        let is_tunnel = scheme == "ssh" && system == VcsKind::Svn;
        if is_tunnel || !allowed.any(|allowed| allowed == scheme) {
            return forbidden("its protocol is not allowed");
        }
        Ok(())
    }
}
