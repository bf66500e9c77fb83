//! How git is called: what it is told, and what it cannot be made to do.

use crate::{
    child::{ChildCommand, ChildLimits},
    mirrors::MirrorDirectory,
    programs::{ProgramSettings, SSH},
};
use std::{path::Path, sync::Arc};

/// git, and how it is run here.
#[derive(Debug)]
pub(crate) struct GitProgram {
    settings: Arc<ProgramSettings>,
}

/// Settings of each call. Nothing that a repository has is run or followed, nothing is cleaned up behind our
/// back, what comes is kept as one pack (single objects would be seen before all of them are there), and a server that sends less than a kilobyte a second for half a minute is given up.
const SETTINGS: [&str; 12] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "maintenance.auto=false",
    "protocol.version=2",
    "submodule.recurse=false",
];

// === impl GitProgram ===

impl GitProgram {
    pub(crate) fn new(settings: Arc<ProgramSettings>) -> Self {
        Self { settings }
    }

    pub(super) fn limits(&self) -> &ChildLimits {
        self.settings.limits()
    }

    pub(super) fn mirrors(&self) -> &MirrorDirectory {
        &self.settings.mirrors
    }

    /// A call of git, in a mirror if there is one.
    pub(super) fn call<S: AsRef<std::ffi::OsStr>>(
        &self,
        mirror: Option<&Path>,
        arguments: impl IntoIterator<Item = S>,
    ) -> ChildCommand {
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let program = self.settings.program("git");
        let mut command = program
            .arguments(settings)
            .arguments(arguments)
            .environment([
                ("GIT_ALLOW_PROTOCOL", self.settings.protocols()),
                ("GIT_ASKPASS", "false"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_SSH_COMMAND", SSH),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("LC_ALL", "C"),
            ]);
        if let Some(roots) = self.settings.roots() {
            command = command.environment([("GIT_SSL_CAINFO", roots)]);
        }
        if let Some(mirror) = mirror {
            command = command
                .environment([("GIT_DIR", mirror.as_os_str())])
                .directory(mirror);
        }
        command
    }
}
