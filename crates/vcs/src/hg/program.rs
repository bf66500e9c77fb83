//! How hg is called: with settings of ours alone, and through a way that was judged.

use crate::{
    child::{ChildCommand, ChildLimits},
    connect_guard::ConnectGuard,
    credential::HostCredential,
    discovery::NetworkGate,
    error::VcsError,
    mirrors::MirrorDirectory,
    programs::{ProgramSettings, SSH},
};
use std::{io::Write as _, sync::Arc};
use tempfile::NamedTempFile;
use url::Url;

/// hg, and how it is run here.
#[derive(Debug)]
pub(super) struct HgProgram {
    settings: Arc<ProgramSettings>,
}

/// How one call reaches its server; it has to live as long as the call.
#[derive(Debug, Default)]
pub(super) struct HgWay {
    guard: Option<ConnectGuard>,
    /// A file of settings that has a password: on no command line, readable by this user alone.
    secret: Option<NamedTempFile>,
}

/// Settings of each call. A server may name files to be fetched from elsewhere (clone bundles); it is not obeyed.
const SETTINGS: [&str; 7] = [
    "ui.archivemeta=false",
    "ui.clonebundles=false",
    "ui.interactive=false",
    "ui.merge=:fail",
    "ui.timeout=30",
    "http.timeout=60",
    "progress.disable=true",
];

// === impl HgProgram ===

impl HgProgram {
    pub(super) fn new(settings: Arc<ProgramSettings>) -> Self {
        Self { settings }
    }

    pub(super) fn limits(&self) -> &ChildLimits {
        self.settings.limits()
    }

    pub(super) fn mirrors(&self) -> &MirrorDirectory {
        &self.settings.mirrors
    }

    pub(super) fn call(&self) -> ChildCommand {
        let settings = SETTINGS.iter().flat_map(|setting| ["--config", setting]);
        let mut call = self
            .settings
            .program("hg")
            .arguments(settings)
            .arguments(["--config", &format!("ui.ssh={SSH}")])
            .environment([
                ("HGPLAIN", "1"),
                ("HGENCODING", "UTF-8"),
                // Empty: no settings of this user, of the system, or of a package.
                ("HGRCPATH", ""),
                ("LC_ALL", "C"),
            ]);
        if let Some(roots) = self.settings.roots() {
            call = call.arguments([
                "--config".to_owned(),
                format!("web.cacerts={}", roots.display()),
            ]);
        }
        // hg reads this one for https too.
        let proxy = ["https_proxy", "HTTPS_PROXY"];
        let proxy = proxy.iter().find_map(|name| self.settings.variable(name));
        if let Some(proxy) = proxy {
            call = call.environment([("http_proxy", proxy)]);
        }
        call
    }

    /// The way to the host of an address.
    pub(super) async fn way(
        &self,
        url: &str,
        network: Option<&Arc<dyn NetworkGate>>,
    ) -> Result<HgWay, VcsError> {
        let Some(network) = network else {
            return Ok(HgWay::default());
        };
        let forbidden = || VcsError::Forbidden(format!("address {url:?}: it has no host"));
        let parsed = Url::parse(url).map_err(|_| forbidden())?;
        let host = parsed.host_str().ok_or_else(forbidden)?;
        let port = parsed.port_or_known_default().unwrap_or(22);
        let addresses = network.addresses(host, port).await?;
        let credential = network.credential(&parsed);
        let secret = credential.map(|credential| self.secret(&parsed, &credential));
        let guard = if addresses.is_empty() || parsed.scheme() != "https" {
            None
        } else {
            Some(ConnectGuard::start(host, port, &addresses).await?)
        };
        Ok(HgWay {
            guard,
            secret: secret.transpose()?,
        })
    }

    /// A file of settings that has hg show a password to the host of an address.
    fn secret(&self, url: &Url, credential: &HostCredential) -> Result<NamedTempFile, VcsError> {
        let HostCredential::Basic { user, password } = credential else {
            let why =
                "a bearer token cannot be shown to an hg server: give a login in --credentials";
            return Err(VcsError::Unauthenticated(why.to_owned()));
        };
        // A value ends with its line; one that has more lines is none.
        if [user.as_str(), password.as_str()]
            .iter()
            .any(|word| word.contains(char::is_control))
        {
            let why = "a login with control characters cannot be shown to an hg server";
            return Err(VcsError::Unauthenticated(why.to_owned()));
        }
        let failed = |error| VcsError::local("writing settings of hg", &error);
        let file = NamedTempFile::new_in(self.settings.mirrors.scratch()).map_err(failed)?;
        let origin = url.origin().ascii_serialization();
        let place = origin.strip_prefix("https://").unwrap_or(&origin);
        let written = writeln!(
            file.as_file(),
            "[auth]\nhost.prefix = {place}\nhost.schemes = https\nhost.username = {user}\nhost.password = {}",
            password.as_str()
        );
        written.map_err(failed)?;
        Ok(file)
    }
}

// === impl HgWay ===

impl HgWay {
    /// Has a call take this way.
    pub(super) fn lead(&self, mut call: ChildCommand) -> ChildCommand {
        if let Some(guard) = &self.guard {
            call = call.environment([
                ("http_proxy", format!("http://127.0.0.1:{}", guard.port())),
                ("no_proxy", String::new()),
                ("NO_PROXY", String::new()),
            ]);
        }
        if let Some(secret) = &self.secret {
            call = call.environment([("HGRCPATH", secret.path())]);
        }
        call
    }
}
