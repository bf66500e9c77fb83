//! What `docs/operating.md` says of the server's face: who may have which path, and nginx in front.

use super::blocks;
use crate::site::{Site, module, wait_until};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use testkit::{
    document::{Document, code},
    fixture::Module,
    go::Go,
    process,
    server::Modkeep,
    skip,
};

fn page() -> Document {
    Document::read("docs/operating.md")
}

/// Paths of the table, each with the status by which others than operators are refused, if they are: 401 where a
/// caller with a right would not be.
fn paths() -> Vec<(String, Option<u16>)> {
    let tables = page().tables();
    let mut tables = tables.iter();
    let table = tables.find(|table| {
        table
            .first()
            .is_some_and(|head| *head == ["Path", "Who", "What"])
    });
    let rows = table.unwrap().iter().skip(2);
    rows.flat_map(|row| {
        let refused = match &*row[1] {
            "operators" => Some(403),
            "operators, and callers with a right" => Some(401),
            _ => None,
        };
        let paths = code(&row[0]).into_iter();
        paths
            .filter(|path| path.contains('/'))
            .map(move |path| (path, refused))
    })
    .collect()
}

/// The status of a path of the table, asked for from this machine, or forwarded from another one.
fn status(server: &Modkeep, path: &str, is_forwarded: bool) -> u16 {
    let (method, path) = path.split_once(' ').unwrap_or(("GET", path));
    let path = path
        .replace("MODULE", "example.com/a")
        .replace("VERSION", "v1.0.0")
        .replace("ID", "0000000000000000");
    let forwarded = [("X-Forwarded-For", "192.0.2.7")];
    let length = [("Content-Length", "0")];
    let headers: Vec<(&str, &str)> = forwarded
        .into_iter()
        .filter(|_| is_forwarded)
        .chain(length.into_iter().filter(|_| method != "GET"))
        .collect();
    server.request(method, &path, &headers).status
}

#[test]
fn every_path_in_the_table_is_answered_to_whom_it_says() {
    let options = ["--publish-modules", "example.com"];
    let site = Site::with_options(&[module("a", 100)], &options);
    site.keep("example.com/a", "v1.0.0");
    let rows = paths();
    assert!(rows.len() >= 20, "{rows:?}");
    for (path, refused) in rows {
        let operator = status(&site.server, &path, false);
        let stranger = status(&site.server, &path, true);
        assert!(!matches!(operator, 400 | 403 | 405), "{path}: {operator}");
        assert_eq!(stranger, refused.unwrap_or(operator), "{path}");
    }
}

/// A running nginx; ended when this is dropped.
struct Nginx {
    child: Child,
    directory: TempDir,
    port: u16,
}

// === impl Nginx ===

impl Nginx {
    /// Starts nginx with the block of the page, in front of this server.
    fn start(server: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        certificate(directory.path());
        let here = directory.path().display();
        let page = page();
        let block = &blocks(&page, "nginx")[0].body;
        let block = block
            .replace("127.0.0.1:3000", &server.to_string())
            .replace("listen 443 ", &format!("listen 127.0.0.1:{port} "))
            .replace("/etc/nginx/tools.example.com", &format!("{here}/front"));
        let temporary: Vec<String> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
            .to_vec();
        let user = if is_root() { "user root;\n" } else { "" };
        let configuration = format!(
            "{user}daemon off;\npid {here}/pid;\nerror_log {here}/error.log;\nevents {{}}\nhttp {{\naccess_log {here}/access.log;\n{}{block}\n}}\n",
            temporary.concat()
        );
        let file = directory.path().join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(directory.path()).arg("-c").arg(&file);
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        let nginx = Self {
            child,
            directory,
            port,
        };
        wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        nginx
    }

    fn requests(&self) -> String {
        fs::read_to_string(self.directory.path().join("access.log")).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Not killed: its workers would stay.
        process::signal(&self.child.id().to_string(), "TERM");
        process::wait(&mut self.child, Duration::from_secs(10));
    }
}

/// A port that was free a moment ago: nginx cannot say which one it took.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn is_root() -> bool {
    let mut command = Command::new("id");
    command.arg("-u");
    process::run(&mut command, Duration::from_secs(10))
        .stdout
        .trim()
        == "0"
}

/// A certificate for localhost, as `front.pem` and `front.key`.
fn certificate(directory: &Path) {
    let mut command = Command::new("openssl");
    command.current_dir(directory).args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        "front.key",
        "-out",
        "front.pem",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]);
    process::run(&mut command, Duration::from_mins(1)).assert_ok();
}

#[test]
fn the_real_go_downloads_through_nginx_as_the_page_sets_it_up() {
    if Command::new("nginx").arg("-v").output().is_err() {
        skip::because("nginx is not here");
        return;
    }
    // Capitals are escaped in paths, and what is escaped must arrive as it was sent.
    let upper = Module::new("example.com/Upper", "v1.0.0");
    let site = Site::with(&[module("a", 300_000), upper]);
    let nginx = Nginx::start(site.server.address());
    let proxy = format!("https://localhost:{}/go", nginx.port);
    let trusted = nginx.directory.path().join("front.pem");
    let go = Go::new(&proxy).env("SSL_CERT_FILE", trusted.to_str().unwrap());
    go.download("example.com/a@v1.0.0").assert_ok();
    let requests = nginx.requests();
    assert!(
        requests.contains("GET /go/example.com/a/@v/v1.0.0.zip HTTP/2.0\" 200"),
        "{requests}"
    );
    let listed = go.versions("example.com/Upper");
    assert!(
        nginx
            .requests()
            .contains("GET /go/example.com/%21upper/@v/list HTTP/2.0\" 200"),
        "{listed}"
    );
    // Nobody who comes through nginx is an operator.
    let mut command = Command::new("curl");
    command.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert"]);
    command.arg(&trusted).arg(format!("{proxy}/-/status"));
    let told = process::run(&mut command, Duration::from_mins(1));
    assert_eq!(told.stdout, "403", "{told}");
}
