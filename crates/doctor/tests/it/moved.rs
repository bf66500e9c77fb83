//! The search for modules that moved: pages over real TLS under names that only the test resolves,
//! proxies that are fake, and strangers that lead where nobody should go.

use crate::probe::environment;
use crate::tls::{Certificate, TlsServer};
use doctor::moved::{
    CandidateSign, ChecksumRecord, ContentComparison, LIMIT, MoveAdvice, MoveSearch, SourceReply,
    render_search, search,
};
use doctor::probe::{ClientConfig, ProbeNetwork};
use gomod::path::ModulePath;
use gomod::version::Version;
use parking_lot::Mutex;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::upstream::FakeUpstream;
use tokio::net::TcpStream;
use tokio::time::Instant;

const OLD: &str = "old.example.com/me/lib";
const NEW: &str = "new.example.com/us/lib";

/// Hosts of the test, at public addresses, as the doctor sees them.
#[derive(Default)]
struct World {
    hosts: Vec<(&'static str, TlsServer)>,
    /// Names with addresses that are not this world's.
    others: Vec<(&'static str, IpAddr)>,
    connected: Mutex<Vec<SocketAddr>>,
}

// === impl World ===

impl World {
    /// With a host that answers every request with this.
    fn with(mut self, host: &'static str, answer: String) -> Self {
        let certificate = Certificate {
            name: host,
            expired: false,
        };
        let server = TlsServer::start(certificate, answer.leak());
        self.hosts.push((host, server));
        self
    }

    fn tls(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        for (_, server) in &self.hosts {
            let authority = CertificateDer::from_pem_file(server.authority()).unwrap();
            roots.add(authority).unwrap();
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }

    async fn search(&self, upstream: &FakeUpstream, sumdb: &str, private: &str) -> MoveSearch {
        let environment = environment(&upstream.url(), sumdb, private);
        let module = ModulePath::parse(OLD).unwrap();
        let version = Version::parse("v1.0.0").unwrap();
        search(&module, Some(&version), &environment, "", self, &self.tls()).await
    }

    async fn look(&self, modules: &[Module]) -> MoveSearch {
        self.search(&upstream(modules), "off", "").await
    }

    /// Connections to hosts of this world.
    fn pages(&self) -> usize {
        let connected = self.connected.lock();
        connected
            .iter()
            .filter(|address| !address.ip().is_loopback())
            .count()
    }
}

fn claimed(index: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, u8::try_from(index).unwrap()))
}

impl ProbeNetwork for World {
    type Stream = TcpStream;

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let known = self
            .hosts
            .iter()
            .position(|(known, _)| *known == host)
            .map(claimed);
        let other = self.others.iter().find(|(other, _)| *other == host);
        let address = known.or(other.map(|(_, address)| *address));
        let address = address.ok_or(io::ErrorKind::NotFound)?;
        Ok(vec![SocketAddr::new(address, port)])
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.connected.lock().push(address);
        let mut hosts = self.hosts.iter().enumerate();
        match hosts.find(|(index, _)| claimed(*index) == address.ip()) {
            Some((_, (_, server))) => TcpStream::connect(server.address()).await,
            None => TcpStream::connect(address).await,
        }
    }
}

fn upstream(modules: &[Module]) -> FakeUpstream {
    let corpus = modules.iter().fold(Corpus::new(), Corpus::with);
    FakeUpstream::start(corpus)
}

/// The module at its new path, whose go.mod declares this.
fn at_new(declares: &str) -> Module {
    Module::new(NEW, "v1.0.0").go_mod(&format!("module {declares}\n\ngo 1.21\n"))
}

fn redirect(status: u16, location: &str) -> String {
    format!(
        "HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

fn page(head: &str) -> String {
    let length = head.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{head}")
}

fn import(prefix: &str, root: &str) -> String {
    page(&format!(
        "<html><head><meta name=\"go-import\" content=\"{prefix} git {root}\"></head>"
    ))
}

/// Two hosts; the old one redirects to the new home.
fn moved(status: u16) -> World {
    let old = redirect(status, &format!("https://{NEW}?go-get=1"));
    let new = import(NEW, &format!("https://{NEW}.git"));
    World::default()
        .with("old.example.com", old)
        .with("new.example.com", new)
}

#[track_caller]
fn replaces(search: &MoveSearch) {
    let expected = format!("replace {OLD} => {NEW} v1.0.0");
    let is_it = matches!(&*search.advice, [MoveAdvice::Replace { line, .. }] if *line == expected);
    assert!(is_it, "{search:?}");
}

#[track_caller]
fn nobody(search: &MoveSearch) {
    assert!(
        matches!(&*search.advice, [MoveAdvice::Nobody { .. }]),
        "{search:?}"
    );
}

#[tokio::test]
async fn a_repository_that_answers_301_gets_advice_in_time() {
    for status in [301, 308] {
        let begin = Instant::now();
        let search = moved(status).look(&[at_new(OLD)]).await;
        assert!(begin.elapsed() < LIMIT);
        replaces(&search);
        assert!(
            search.checked[0]
                .candidate
                .signs
                .contains(&CandidateSign::Redirected)
        );
        assert_eq!(search.evidence.pages[0].hops[0].status, status);
    }
}

/// The page that docs/doctor.md shows.
#[tokio::test]
async fn a_search_is_printed_with_its_evidence() {
    let mut database = Database::new("sum.example.com", 1);
    database.log(&at_new(OLD));
    let mut corpus = Corpus::new().with(&at_new(OLD));
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus);
    let search = moved(301).search(&upstream, "sum.example.com", "").await;
    let page = render_search(&search).replace(&upstream.url(), "https://proxy.example.com");
    let documented = include_str!("../../../../docs/doctor.md");
    assert!(documented.contains(&page), "{page}");
}

#[tokio::test]
async fn a_temporary_redirect_is_not_taken_for_a_move() {
    for status in [302, 303, 307] {
        let search = moved(status).look(&[at_new(OLD)]).await;
        nobody(&search);
        assert!(search.checked.is_empty(), "{search:?}");
        assert_eq!(search.evidence.pages[0].hops.len(), 1);
    }
}

#[tokio::test]
async fn an_import_of_another_repository_is_followed() {
    let old = import(OLD, &format!("https://{NEW}"));
    let new = page("<title>The repository</title>");
    let world = World::default()
        .with("old.example.com", old)
        .with("new.example.com", new);
    let search = world.look(&[at_new(OLD)]).await;
    replaces(&search);
    assert_eq!(
        search.checked[0].candidate.signs,
        [CandidateSign::Repository]
    );
    assert_eq!(search.evidence.pages.len(), 2);
}

#[tokio::test]
async fn a_go_mod_that_declares_the_new_path_is_imported_by_it() {
    let renamed = Module::new(OLD, "v1.0.0").go_mod(&format!("module {NEW}\n\ngo 1.21\n"));
    let search = World::default().look(&[renamed, at_new(NEW)]).await;
    let get = format!("go get {NEW}@v1.0.0");
    let is_it = matches!(&*search.advice, [MoveAdvice::Import { command, .. }] if *command == get);
    assert!(is_it, "{search:?}");
    assert_eq!(search.checked[0].candidate.signs, [CandidateSign::Declared]);
}

#[tokio::test]
async fn what_a_proxy_goes_on_serving_is_kept_and_compared() {
    let old = Module::new(OLD, "v1.0.0");
    let search = moved(301).look(&[old.clone(), at_new(OLD)]).await;
    assert!(
        matches!(
            &*search.advice,
            [MoveAdvice::Keep { .. }, MoveAdvice::Replace { .. }]
        ),
        "{search:?}"
    );
    assert_eq!(
        search.checked[0].found.as_ref().unwrap().contents,
        ContentComparison::Same
    );
    let other = at_new(OLD).file("more.go", "package lib\n");
    let search = moved(301).look(&[old, other]).await;
    assert!(
        matches!(&*search.advice, [MoveAdvice::Keep { .. }]),
        "{search:?}"
    );
    assert!(search.unverified[0].why.contains("more.go"), "{search:?}");
}

#[tokio::test]
async fn a_fork_that_declares_a_third_path_is_not_advised() {
    let search = moved(301).look(&[at_new("third.example.com/lib")]).await;
    nobody(&search);
    assert!(search.unverified[0].why.contains("third.example.com/lib"));
    let search = moved(301).look(&[]).await;
    nobody(&search);
    assert!(search.unverified[0].why.contains("404"), "{search:?}");
}

#[tokio::test]
async fn the_proxy_that_has_all_of_the_wanted_version_counts() {
    let only_newer = Module::new(NEW, "v1.5.0").go_mod(&format!("module {OLD}\n"));
    let (first, second) = (upstream(&[only_newer]), upstream(&[at_new(OLD)]));
    let environment = environment(&format!("{},{}", first.url(), second.url()), "off", "");
    let world = moved(301);
    let (module, version) = (ModulePath::parse(OLD), Version::parse("v1.0.0"));
    let (module, version) = (module.unwrap(), version.unwrap());
    let tls = world.tls();
    let search = search(&module, Some(&version), &environment, "", &world, &tls).await;
    replaces(&search);
    assert_eq!(
        search.checked[0].found.as_ref().unwrap().source,
        second.url()
    );
    // Another version is better than none, and it is said.
    drop(second);
    let search = moved(301).search(&first, "off", "").await;
    let page = render_search(&search);
    assert!(
        page.contains("another version than the one that is wanted"),
        "{page}"
    );
    assert!(
        page.contains(&format!("replace {OLD} => {NEW} v1.5.0")),
        "{page}"
    );
}

#[tokio::test]
async fn the_checksum_database_has_its_say() {
    let mut database = Database::new("sum.example.com", 1);
    let mut corpus = Corpus::new().with(&at_new(OLD));
    database.log(&Module::new("example.com/other", "v1.0.0"));
    database.publish(&mut corpus);
    let without = moved(301)
        .search(&FakeUpstream::start(corpus.clone()), "sum.example.com", "")
        .await;
    nobody(&without);
    assert!(
        without.unverified[0].why.contains("no record"),
        "{without:?}"
    );
    database.log(&at_new(OLD));
    database.publish(&mut corpus);
    let with = moved(301)
        .search(&FakeUpstream::start(corpus), "sum.example.com", "")
        .await;
    replaces(&with);
    assert_eq!(
        with.checked[0].found.as_ref().unwrap().record,
        ChecksumRecord::Known
    );
}

#[tokio::test]
async fn names_of_private_modules_stay_inside() {
    let upstream = upstream(&[at_new(OLD)]);
    let world = moved(301);
    let search = world.search(&upstream, "off", "old.example.com").await;
    upstream.assert_untouched();
    assert_eq!(world.connected.lock().len(), 0);
    assert!(search.evidence.is_private && search.checked.is_empty());
    assert!(matches!(&*search.advice, [MoveAdvice::Open { .. }]));
}

#[tokio::test]
async fn redirects_into_this_network_are_not_followed() {
    for location in [
        "https://169.254.169.254/latest",
        "https://[::ffff:169.254.169.254]/",
        "https://127.0.0.1/lib",
        "https://[::1]/lib",
        "https://10.0.0.1/lib",
        "https://2130706433/lib",
        "https://inside.example.com/us/lib",
        "http://new.example.com/us/lib",
        "file:///etc/passwd",
    ] {
        let mut world = World::default().with("old.example.com", redirect(301, location));
        world.others.push((
            "inside.example.com",
            IpAddr::V4(Ipv4Addr::new(192, 168, 0, 1)),
        ));
        let upstream = upstream(&[]);
        let search = world.search(&upstream, "off", "").await;
        let allowed = [claimed(0), upstream.address().ip()];
        let connected = world.connected.lock().clone();
        assert!(
            connected
                .iter()
                .all(|address| allowed.contains(&address.ip())),
            "{location}: {connected:?}"
        );
        // The loopback address of the proxy is asked at its own port only.
        let local = connected
            .iter()
            .filter(|address| address.ip().is_loopback());
        assert!(
            local
                .into_iter()
                .all(|address| *address == upstream.address()),
            "{location}"
        );
        assert!(
            matches!(search.evidence.pages[0].end, SourceReply::Fails(_)),
            "{location}"
        );
        nobody(&search);
    }
}

#[tokio::test]
async fn a_repository_inside_is_not_asked_because_a_page_says_so() {
    let old = import(OLD, "https://169.254.169.254/us/lib");
    let world = World::default().with("old.example.com", old);
    let search = world.look(&[]).await;
    assert_eq!(world.pages(), 1);
    assert!(
        matches!(search.evidence.pages[1].end, SourceReply::Fails(_)),
        "{search:?}"
    );
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let old = redirect(301, &format!("https://{OLD}?go-get=1"));
    let world = World::default().with("old.example.com", old);
    let search = world.look(&[]).await;
    assert_eq!(world.pages(), 6);
    assert!(search.checked.is_empty());
    nobody(&search);
}

#[tokio::test]
async fn hostile_pages_do_no_harm() {
    let tag = format!("<meta name=\"go-import\" content=\"{OLD} git https://{NEW}\">");
    for head in [
        "a".repeat(2 << 20),
        "<div>".repeat(100_000),
        format!("<!--{}", tag.repeat(1000)),
        format!("<script>{tag}"),
        "<meta name='go-import' content='".to_owned(),
        "\u{0}\u{1b}[2J<<<>>>&&&;\u{fffd}".repeat(1000),
        format!(
            "<meta name=\"go-import\" content=\"{OLD} git https://{}\">",
            "a".repeat(100_000)
        ),
    ] {
        let world = World::default().with("old.example.com", page(&head));
        let search = world.look(&[]).await;
        assert!(search.checked.is_empty(), "{:?}", search.checked);
        nobody(&search);
    }
}

/// A network in which nobody ever answers.
struct BlackHole;

impl ProbeNetwork for BlackHole {
    type Stream = TcpStream;

    async fn resolve(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::new(claimed(0), port)])
    }

    async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_silence_ends_in_time_and_is_no_absence() {
    let begin = Instant::now();
    let environment = environment("https://proxy.example.com", "off", "");
    let module = ModulePath::parse(OLD).unwrap();
    let tls = World::default().tls();
    let search = search(&module, None, &environment, "", &BlackHole, &tls).await;
    assert!(begin.elapsed() <= LIMIT);
    let is_it =
        matches!(&*search.advice, [MoveAdvice::Open { silent }] if silent[0].contains("in time"));
    assert!(is_it, "{search:?}");
}
