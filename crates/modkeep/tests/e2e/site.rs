//! What most tests start from: a server in front of a fake upstream, and claims about answers.

use std::{thread, time::Duration};

use testkit::client::Answer;
use testkit::fixture::{Corpus, Module};
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_modkeep");

/// A server with one upstream.
pub(crate) struct Site {
    pub(crate) upstream: FakeUpstream,
    pub(crate) server: Modkeep,
}

// === impl Site ===

impl Site {
    /// A server whose one upstream has this corpus.
    #[track_caller]
    pub(crate) fn new(corpus: Corpus) -> Self {
        let upstream = FakeUpstream::start(corpus);
        let server = serve(&upstream.url());
        Self { upstream, server }
    }

    /// A server whose one upstream has these modules.
    #[track_caller]
    pub(crate) fn with(modules: &[Module]) -> Self {
        Self::with_options(modules, &[])
    }

    /// As [`Site::with`], but the server waits only two seconds for a silent upstream.
    #[track_caller]
    pub(crate) fn impatient(modules: &[Module]) -> Self {
        let options = ["--header-timeout", "2s", "--stall-timeout", "2s"];
        Self::with_options(modules, &options)
    }

    /// As [`Site::with`], with further options of `serve`.
    #[track_caller]
    pub(crate) fn with_options(modules: &[Module], options: &[&str]) -> Self {
        let mut corpus = Corpus::new();
        for module in modules {
            corpus.add(module);
        }
        let upstream = FakeUpstream::start(corpus);
        let setup = Setup::new(BINARY, &upstream.url());
        let server = options
            .iter()
            .fold(setup, |setup, option| setup.arg(option))
            .start();
        Self { upstream, server }
    }

    /// Fetches all three artifacts, so that they are kept, and forgets that the upstream was asked.
    #[track_caller]
    pub(crate) fn keep(&self, module: &str, version: &str) {
        for kind in ["info", "mod", "zip"] {
            let answer = self.server.get(&format!("/{module}/@v/{version}.{kind}"));
            assert!(answer.is_whole(), "{answer:?}");
        }
        self.upstream.forget();
    }
}

/// Waits for something that the server does behind its answers.
#[track_caller]
pub(crate) fn wait_until(is_so: impl Fn() -> bool) {
    let waits = std::iter::repeat_n(Duration::from_millis(50), 600);
    let came = waits.inspect(|wait| thread::sleep(*wait)).any(|_| is_so());
    assert!(came, "it does not come");
}

/// A server on a fresh data directory.
#[track_caller]
pub(crate) fn serve(upstream: &str) -> Modkeep {
    Setup::new(BINARY, upstream).start()
}

/// `example.com/NAME` at v1.0.0, its zip of about `length` bytes.
pub(crate) fn module(name: &str, length: usize) -> Module {
    let seed = name
        .bytes()
        .fold(1, |seed, byte| seed * 31 + u64::from(byte));
    Module::new(&format!("example.com/{name}"), "v1.0.0").noise(seed, length)
}

/// The path of a file of `example.com/NAME` at v1.0.0, without a leading slash.
pub(crate) fn path(name: &str, kind: &str) -> String {
    match kind {
        "list" => format!("example.com/{name}/@v/list"),
        "latest" => format!("example.com/{name}/@latest"),
        kind => format!("example.com/{name}/@v/v1.0.0.{kind}"),
    }
}

/// The same with a leading slash, as clients ask.
pub(crate) fn url(name: &str, kind: &str) -> String {
    format!("/{}", path(name, kind))
}

/// Claims that this is one of our refusals, in the form that `go` shows to a person: text/plain,
/// at most 7 short lines of graphic ASCII, the code first and a request id somewhere.
#[track_caller]
pub(crate) fn assert_refusal(answer: &Answer, status: u16, code: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    let first = format!("modkeep {code}: ");
    assert!(text.starts_with(&first), "expected {code}: {text}");
    assert_readable(answer);
    assert!(text.contains("request"), "no request id: {text}");
}

/// Claims that `go` would show all of this error body (its rules: no HTML, graphic characters
/// only, no blank line, at most 8 lines and 648 bytes).
#[track_caller]
pub(crate) fn assert_readable(answer: &Answer) {
    let text = answer.text();
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain"), "content type {kind:?}");
    assert!(text.len() <= 648, "{} bytes: {text}", text.len());
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        !lines.is_empty() && lines.len() <= 7,
        "{} lines: {text}",
        lines.len()
    );
    for line in lines {
        let graphic = line
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
        assert!(graphic && !line.trim().is_empty(), "{line:?}");
    }
}

/// Claims that nothing was kept under a path: asked without fetching, it is not there.
#[track_caller]
pub(crate) fn assert_not_kept(server: &Modkeep, url: &str) {
    let answer = server.get(&format!("/cached-only{url}"));
    assert_refusal(&answer, 404, "MK2001");
}
