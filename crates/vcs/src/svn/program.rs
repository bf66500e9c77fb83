//! How svn is called: with a directory of settings of our own, and through a way that was judged.

use crate::{
    child::{ChildCommand, ChildLimits},
    connect_guard::ConnectGuard,
    discovery::NetworkGate,
    error::VcsError,
    mirrors::MirrorDirectory,
    programs::ProgramSettings,
};
use std::{fs, io, sync::Arc};
use url::Url;

/// svn, and how it is run here.
#[derive(Debug)]
pub(super) struct SvnProgram {
    settings: Arc<ProgramSettings>,
}

// === impl SvnProgram ===

impl SvnProgram {
    pub(super) fn new(settings: Arc<ProgramSettings>) -> Self {
        Self { settings }
    }

    pub(super) fn limits(&self) -> &ChildLimits {
        self.settings.limits()
    }

    pub(super) fn mirrors(&self) -> &MirrorDirectory {
        &self.settings.mirrors
    }

    /// The way to the host of an address, where it was judged; it has to live as long as the call.
    pub(super) async fn way(
        &self,
        url: &str,
        network: Option<&Arc<dyn NetworkGate>>,
    ) -> Result<Option<ConnectGuard>, VcsError> {
        let Some(network) = network else {
            return Ok(None);
        };
        let forbidden = || VcsError::Forbidden(format!("address {url:?}: it has no host"));
        let parsed = Url::parse(url).map_err(|_| forbidden())?;
        let host = parsed.host_str().ok_or_else(forbidden)?;
        let port = parsed.port_or_known_default().ok_or_else(forbidden)?;
        let addresses = network.addresses(host, port).await?;
        if addresses.is_empty() {
            return Ok(None);
        }
        ConnectGuard::start(host, port, &addresses).await.map(Some)
    }

    /// A call that takes a way.
    pub(super) fn call(&self, way: Option<&ConnectGuard>) -> Result<ChildCommand, VcsError> {
        let directory = self.mirrors().path().join("svn");
        let failed = |error: io::Error| VcsError::local("writing settings of svn", &error);
        fs::create_dir_all(&directory).map_err(failed)?;
        let mut call = self
            .settings
            .program("svn")
            .arguments(["--non-interactive", "--no-auth-cache", "--config-dir"])
            .arguments([directory.as_os_str()])
            // Names of files are not bytes to svn; its words stay English.
            .environment([("LC_ALL", "C.UTF-8")]);
        let mut options = vec![
            "http-timeout=60".to_owned(),
            "store-passwords=no".to_owned(),
            "store-auth-creds=no".to_owned(),
        ];
        if let Some(roots) = self.settings.roots() {
            options.push(format!("ssl-authority-files={}", roots.display()));
        }
        options.extend(self.proxy(way));
        for option in options {
            let option = format!("servers:global:{option}");
            call = call.arguments(["--config-option", option.as_str()]);
        }
        Ok(call)
    }

    /// The proxy of a way; where a company's proxy looks names up, that one. Its password is not handed on, since
    /// svn takes it on the command line.
    fn proxy(&self, way: Option<&ConnectGuard>) -> Vec<String> {
        let of = |host: &str, port: u16| {
            vec![
                format!("http-proxy-host={host}"),
                format!("http-proxy-port={port}"),
            ]
        };
        if let Some(guard) = way {
            return of("127.0.0.1", guard.port());
        }
        let names = ["https_proxy", "HTTPS_PROXY"];
        let given = names.iter().find_map(|name| self.settings.variable(name));
        let url = given.and_then(|given| Url::parse(given.to_str()?).ok());
        let parts = url
            .as_ref()
            .and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
        parts.map_or_else(Vec::new, |(host, port)| of(host, port))
    }
}
