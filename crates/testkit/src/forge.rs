//! A forge: git repositories behind https, and a proxy through which every name leads to it.
//!
//! Module paths name hosts, and `go-import` pages and repositories are asked at the usual port. So a test's
//! client is told to use this as its proxy (`HTTPS_PROXY`) and to trust its root: `CONNECT any.example.com:443`
//! is answered here, with a certificate of that name. Repositories are served by the real `git http-backend`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// A forge on a port of this machine. It ends with the test's process.
#[derive(Debug)]
pub struct Forge {
    address: SocketAddr,
    directory: TempDir,
    shared: Arc<ForgeState>,
}

#[derive(Debug)]
struct ForgeState {
    repositories: PathBuf,
    /// Bodies by host and path.
    pages: Mutex<BTreeMap<String, String>>,
    /// Where a host and path lead, by their beginning.
    moved: Mutex<BTreeMap<String, String>>,
    /// What has to be shown, by host: the value of `Authorization`, and the status without it.
    guarded: Mutex<BTreeMap<String, (String, u16)>>,
    /// Repositories whose transfers go wrong, by host and path.
    faults: Mutex<BTreeMap<String, ForgeFault>>,
    asked: Mutex<Vec<String>>,
    /// Hosts that were shown something.
    shown: Mutex<Vec<String>>,
}

/// What goes wrong where a pack is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgeFault {
    /// The answer stops in its middle, and the connection stays.
    Stalls,
    /// Bytes of the pack are others.
    Garbles,
    /// Whatever is asked for, there is no end.
    Endless,
}

/// A request: its line, and what of its headers counts.
pub(crate) struct ForgeRequest {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

// === impl Forge ===

impl Forge {
    /// Starts one that has these host names.
    pub fn start(hosts: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (root, config) = certificates(hosts);
        std::fs::write(directory.path().join("root.pem"), root).unwrap();
        let repositories = directory.path().join("repositories");
        std::fs::create_dir_all(&repositories).unwrap();
        let shared = Arc::new(ForgeState {
            repositories,
            pages: Mutex::default(),
            moved: Mutex::default(),
            guarded: Mutex::default(),
            faults: Mutex::default(),
            asked: Mutex::default(),
            shown: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, config) = (Arc::clone(&state), Arc::clone(&config));
                // A client that goes away in the middle is no failure of the test.
                thread::spawn(move || drop(state.tunnel(stream, config)));
            }
        });
        Self {
            address,
            directory,
            shared,
        }
    }

    /// What clients use as their proxy.
    pub fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file of the root that clients have to trust.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("root.pem")
    }

    /// The directory of a repository, which is at `https://HOST/PATH`; whoever writes it makes it.
    pub fn repository(&self, place: &str) -> PathBuf {
        let path = self.shared.repositories.join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// Puts a page at a host and path.
    pub fn page(&self, place: &str, body: &str) {
        let mut pages = self.shared.pages.lock();
        pages.insert(place.to_owned(), body.to_owned());
    }

    /// Has everything below a host and path be elsewhere (301).
    pub fn moves(&self, from: &str, to: &str) {
        let mut moved = self.shared.moved.lock();
        moved.insert(from.to_owned(), to.to_owned());
    }

    /// Has everything of a host need this value of `Authorization`; without it the status is this one.
    pub fn guard(&self, host: &str, authorization: &str, status: u16) {
        let mut guarded = self.shared.guarded.lock();
        guarded.insert(host.to_owned(), (authorization.to_owned(), status));
    }

    /// Has the transfers of a repository go wrong.
    pub fn fail(&self, place: &str, fault: ForgeFault) {
        let mut faults = self.shared.faults.lock();
        faults.insert(place.to_owned(), fault);
    }

    /// Hosts that were shown an `Authorization` since the last call.
    pub fn shown(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.shown.lock())
    }

    /// What was asked for since the last call: method, host and target.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.asked.lock())
    }
}

/// A root in PEM, and a server's configuration with a certificate of these names below it.
pub(crate) fn certificates(hosts: &[&str]) -> (String, Arc<ServerConfig>) {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (root_pem, Arc::new(config))
}

// === impl ForgeState ===

impl ForgeState {
    fn tunnel(&self, stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let asked = ForgeRequest::read(&mut reader)?;
        let mut stream = stream;
        let host = asked.target.strip_suffix(":443").unwrap_or(&asked.target);
        stream.write_all(b"HTTP/1.1 200 connected\r\n\r\n")?;
        let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
        let mut tls = BufReader::new(StreamOwned::new(session, stream));
        let request = ForgeRequest::read(&mut tls)?;
        let answer = self.answer(host, &request)?;
        let fault = self.fault_of(host, &request);
        let mut tls = tls.into_inner();
        match fault {
            None => tls.write_all(&answer)?,
            Some(ForgeFault::Garbles) => tls.write_all(&garbled(answer))?,
            Some(ForgeFault::Stalls) => {
                tls.write_all(&answer[..answer.len() * 2 / 3])?;
                tls.flush()?;
                // Until the client leaves.
                return tls.read(&mut [0]).map(drop);
            }
            Some(ForgeFault::Endless) => {
                tls.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n")?;
                tls.write_all(b"content-type: application/x-git-upload-pack-result\r\n\r\n")?;
                loop {
                    tls.write_all(ENDLESS)?;
                }
            }
        }
        tls.conn.send_close_notify();
        tls.flush()
    }

    /// What is to go wrong with an answer: names are told as they are, packs are not.
    fn fault_of(&self, host: &str, request: &ForgeRequest) -> Option<ForgeFault> {
        let place = format!("{host}{}", request.target);
        let faults = self.faults.lock();
        let fault = *faults.get(place.strip_suffix("/git-upload-pack")?)?;
        let is_fetch = request.body.windows(5).any(|bytes| bytes == b"fetch");
        (fault == ForgeFault::Endless || is_fetch).then_some(fault)
    }

    fn answer(&self, host: &str, request: &ForgeRequest) -> std::io::Result<Vec<u8>> {
        let ForgeRequest { method, target, .. } = request;
        self.asked.lock().push(format!("{method} {host}{target}"));
        let authorization = request.headers.get("authorization");
        if authorization.is_some() {
            self.shown.lock().push(host.to_owned());
        }
        if let Some((needed, status)) = self.guarded.lock().get(host)
            && authorization != Some(needed)
        {
            return Ok(page(&status.to_string(), "not for you"));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let place = format!("{host}{path}");
        let moved = self.moved.lock().clone();
        let moved = moved.iter().find_map(|(from, to)| {
            let rest = place.strip_prefix(from.as_str())?;
            Some(format!("https://{to}{rest}?{query}"))
        });
        if let Some(to) = moved {
            let head = format!("HTTP/1.1 301 Moved\r\nlocation: {to}\r\nconnection: close\r\n\r\n");
            return Ok(head.into_bytes());
        }
        if let Some(body) = self.pages.lock().get(&place) {
            return Ok(page("200 OK", body));
        }
        let repository = ["/info/refs", "/git-upload-pack"];
        let repository = repository.iter().find_map(|end| place.strip_suffix(end));
        match repository {
            Some(of) if self.repositories.join(of).is_dir() => self.git(&place, query, request),
            _ => Ok(page("404 Not Found", "nothing is here")),
        }
    }

    fn git(&self, place: &str, query: &str, request: &ForgeRequest) -> std::io::Result<Vec<u8>> {
        let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
        let mut child = Command::new("git")
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", &self.repositories)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "safe.directory")
            .env("GIT_CONFIG_VALUE_0", "*")
            .env("PATH_INFO", format!("/{place}"))
            .env("QUERY_STRING", query)
            .env("REQUEST_METHOD", &request.method)
            .env("CONTENT_TYPE", header("content-type"))
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
            .env("GIT_PROTOCOL", header("git-protocol"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        child.stdin.take().unwrap().write_all(&request.body)?;
        let output = child.wait_with_output()?.stdout;
        let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let (head, body) = output.split_at(end.unwrap_or(output.len()));
        let head = String::from_utf8_lossy(head);
        let status = head.lines().find_map(|line| line.strip_prefix("Status: "));
        let status = status.unwrap_or("200 OK").to_owned();
        let headers: Vec<&str> = head
            .lines()
            .filter(|line| !line.starts_with("Status:"))
            .collect();
        let head = format!(
            "HTTP/1.1 {status}\r\n{}\r\nconnection: close",
            headers.join("\r\n")
        );
        Ok([head.as_bytes(), body].concat())
    }
}

/// A name that a server has, again and again (gitprotocol-v2, `ls-refs`).
const ENDLESS: &[u8] = b"003d1111111111111111111111111111111111111111 refs/heads/main\n";

/// Other bytes near the end of a body.
fn garbled(mut answer: Vec<u8>) -> Vec<u8> {
    let length = answer.len();
    for byte in &mut answer[length - 60..length - 10] {
        *byte ^= 0x55;
    }
    answer
}

fn page(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

// === impl ForgeRequest ===

impl ForgeRequest {
    pub(crate) fn read(reader: &mut impl BufRead) -> std::io::Result<Self> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next(), words.next());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let mut request = Self {
            method: method.unwrap_or_default(),
            target: target.unwrap_or_default(),
            headers,
            body: Vec::new(),
        };
        request.read_body(reader)?;
        Ok(request)
    }

    fn read_body(&mut self, reader: &mut impl BufRead) -> std::io::Result<()> {
        let length = self.headers.get("content-length");
        if let Some(length) = length.and_then(|length| length.parse().ok()) {
            reader.take(length).read_to_end(&mut self.body)?;
        }
        if !self.headers.contains_key("transfer-encoding") {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
            reader.take(length).read_to_end(&mut self.body)?;
            let mut end = String::new();
            reader.read_line(&mut end)?;
            if length == 0 {
                return Ok(());
            }
        }
    }
}

/// Writes a repository with one commit of these files and these tags.
pub fn write_repository(directory: &Path, files: &[(&str, &str)], tags: &[&str]) {
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(directory)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    };
    if !directory.join(".git").is_dir() {
        std::fs::create_dir_all(directory).unwrap();
        git(&["init", "-q", "-b", "main"]);
    }
    for (name, content) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    git(&["add", "-A"]);
    git(&["commit", "-q", "--allow-empty", "-m", "a commit"]);
    for tag in tags {
        git(&["tag", tag]);
    }
}
