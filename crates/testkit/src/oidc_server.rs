//! A real server of `OpenID` Connect: the npm package oidc-provider, as a child process.
//!
//! `cargo xtask test` puts it into `target/tools`. It keeps everything in memory; its keys are new at each start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::client;
use crate::port::Port;
use crate::skip;

/// How long it may take to answer; it makes an RSA key first.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often to ask whether it does.
const START_LOOK: Duration = Duration::from_millis(50);

/// A client with a secret, which may have tokens of its own.
pub const CLIENT: (&str, &str) = ("modkeep", "the+secret:of modkeep");

/// The server; killed when dropped.
#[derive(Debug)]
pub struct OidcServer {
    port: Port,
    child: Option<Child>,
}

// === impl OidcServer ===

impl OidcServer {
    /// Starts one; `None`, and the test says so, where it is not installed.
    pub fn start() -> Option<Self> {
        if !tools().join("node_modules/oidc-provider").is_dir() {
            skip::because("oidc-provider is missing; `cargo xtask test` installs it");
            return None;
        }
        let mut server = Self {
            port: Port::reserve(),
            child: None,
        };
        server.restart();
        Some(server)
    }

    /// Starts it at the same address, with a new key.
    pub fn restart(&mut self) {
        self.kill();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc/server.mjs");
        let mut command = Command::new("node");
        command
            .arg(script)
            .arg(self.address().port().to_string())
            .arg(tools())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let looks = START_LIMIT.as_millis() / START_LOOK.as_millis();
        let answers = (0..looks).any(|_| {
            thread::sleep(START_LOOK);
            client::get(self.address(), "/.well-known/openid-configuration")
                .is_ok_and(|answer| answer.status == 200)
        });
        assert!(answers, "the server of OpenID Connect does not answer");
    }

    /// Ends it: it refuses connections from now on.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone_already = child.kill();
            child.wait().unwrap();
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address())
    }
}

impl Drop for OidcServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn tools() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../target/tools/oidc");
    path.canonicalize().unwrap_or(path)
}
