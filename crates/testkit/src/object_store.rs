//! A real object store: the S3 server of the Python package moto, as a child process.
//!
//! `cargo xtask test` puts it into `target/tools`. It keeps everything in memory, so a killed one has lost all.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::client::{self, Answer};
use crate::port::Port;
use crate::skip;

/// How long it may take to answer; Python has to load it.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often to ask whether it does.
const START_LOOK: Duration = Duration::from_millis(50);

/// What a client has to know; moto takes any.
pub const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "a-key-of-a-test"),
    ("AWS_SECRET_ACCESS_KEY", "a-secret-of-a-test"),
];

/// The server; killed when dropped.
#[derive(Debug)]
pub struct ObjectStoreServer {
    port: Port,
    child: Option<Child>,
}

// === impl ObjectStoreServer ===

impl ObjectStoreServer {
    /// Starts one with this bucket; `None`, and the test says so, where it is not installed.
    pub fn start(bucket: &str) -> Option<Self> {
        if !program().is_file() {
            skip::because("moto is missing; `cargo xtask test` installs it");
            return None;
        }
        let mut server = Self {
            port: Port::reserve(),
            child: None,
        };
        server.restart(bucket);
        Some(server)
    }

    /// Starts it at the same address, with an empty bucket.
    pub fn restart(&mut self, bucket: &str) {
        self.kill();
        let mut command = Command::new(program());
        command
            .args(["-H", "127.0.0.1", "-p"])
            .arg(self.address().port().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let looks = START_LIMIT.as_millis() / START_LOOK.as_millis();
        let path = format!("/{bucket}");
        let made = (0..looks).any(|_| {
            thread::sleep(START_LOOK);
            client::request(self.address(), "PUT", &path, &[("content-length", "0")])
                .is_ok_and(|answer| answer.status == 200)
        });
        assert!(made, "the object store makes no bucket");
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

    /// The same for a client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Fetches an object, or what there is in its place.
    #[track_caller]
    pub fn get(&self, bucket: &str, key: &str) -> Answer {
        client::get(self.address(), &format!("/{bucket}/{key}")).unwrap()
    }

    /// The keys of a bucket.
    #[track_caller]
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let listed = client::get(self.address(), &format!("/{bucket}")).unwrap();
        let text = listed.text();
        let keys = text.split("<Key>").skip(1);
        keys.filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned()))
            .collect()
    }

    /// Removes an object.
    #[track_caller]
    pub fn remove(&self, bucket: &str, key: &str) {
        let path = format!("/{bucket}/{key}");
        // Signed by nobody: the server looks only whether it says that it is.
        let signed = [(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, \
             SignedHeaders=host, Signature=0",
        )];
        let answer = client::request(self.address(), "DELETE", &path, &signed).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

impl Drop for ObjectStoreServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../../target/tools/moto/bin/moto_server")
}
