//! A server over TLS that answers callers it knows, and counts what it is asked by whom.
//!
//! It knows the values of `Authorization` that a test names: others are told 401. It has what a test puts there, and for
//! everything else says 404.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::forge::{ForgeRequest, certificates};

/// The server, at `localhost`. It ends with the test's process.
#[derive(Debug)]
pub struct GuardedServer {
    address: SocketAddr,
    directory: TempDir,
    shared: Arc<GuardedState>,
}

#[derive(Debug, Default)]
struct GuardedState {
    known: Mutex<BTreeSet<String>>,
    pages: Mutex<BTreeMap<String, String>>,
    asked: Mutex<Vec<GuardedRequest>>,
}

/// A request that it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardedRequest {
    /// Its path.
    pub path: String,
    /// Its `Authorization`.
    pub authorization: Option<String>,
    /// What it was answered.
    pub status: u16,
}

// === impl GuardedServer ===

impl GuardedServer {
    /// Starts one that knows nobody and has nothing.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (root, config) = certificates(&["localhost"]);
        std::fs::write(directory.path().join("root.pem"), root).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(GuardedState::default());
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, config) = (Arc::clone(&state), Arc::clone(&config));
                // A client that goes away in the middle is no failure of the test.
                thread::spawn(move || drop(state.serve(stream, config)));
            }
        });
        Self {
            address,
            directory,
            shared,
        }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The file of the root that clients have to trust.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("root.pem")
    }

    /// Knows only this caller from now on.
    pub fn know(&self, authorization: &str) {
        *self.shared.known.lock() = BTreeSet::from([authorization.to_owned()]);
    }

    /// Has this at a path.
    pub fn page(&self, path: &str, body: &str) {
        let mut pages = self.shared.pages.lock();
        pages.insert(path.to_owned(), body.to_owned());
    }

    /// What it was asked since the last call.
    pub fn asked(&self) -> Vec<GuardedRequest> {
        std::mem::take(&mut self.shared.asked.lock())
    }
}

// === impl GuardedState ===

impl GuardedState {
    fn serve(&self, stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
        let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
        let mut tls = BufReader::new(StreamOwned::new(session, stream));
        loop {
            let request = ForgeRequest::read(&mut tls)?;
            if request.method.is_empty() {
                return Ok(());
            }
            let answer = self.answer(&request);
            tls.get_mut().write_all(answer.as_bytes())?;
            tls.get_mut().flush()?;
        }
    }

    fn answer(&self, request: &ForgeRequest) -> String {
        let authorization = request.headers.get("authorization").cloned();
        let known = self.known.lock();
        let is_known = authorization
            .as_ref()
            .is_some_and(|one| known.contains(one));
        let page = self.pages.lock().get(&request.target).cloned();
        let (status, words, body) = match page {
            _ if !is_known => (401, "Unauthorized", "who are you".to_owned()),
            None => (404, "Not Found", "not found".to_owned()),
            Some(page) => (200, "OK", page),
        };
        self.asked.lock().push(GuardedRequest {
            path: request.target.clone(),
            authorization,
            status,
        });
        format!(
            "HTTP/1.1 {status} {words}\r\nwww-authenticate: Bearer\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}
