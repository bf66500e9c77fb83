//! How answers come over the wire: framing, headers, redirects, broken and slow connections.

use std::time::Duration;

use testkit::fixture::zip;
use testkit::upstream::{Fault, Kind, Target};

use super::{Entry, behaviour};
use crate::straight::source::Source;

const LIST: &str = "@v/list";
const INFO: &str = "@v/v1.0.0.info";
const MOD: &str = "@v/v1.0.0.mod";
const ZIP: &str = "@v/v1.0.0.zip";

/// A file of `M` lies elsewhere, and its path answers with a redirect there.
fn moved(source: &mut Source, name: &str, code: u16, location: &str) {
    let path = source.file(name);
    let content = source.corpus.get(&path).unwrap_or_default();
    let target = location.split('?').next().unwrap_or_default();
    source.corpus.put(&format!("moved/{target}"), content);
    let location = format!("/moved/{location}");
    source.fault(name, Fault::Redirect { code, location });
}

/// Each file has this fault.
fn all(source: &mut Source, fault: &Fault) {
    for kind in [Kind::List, Kind::Latest, Kind::Info, Kind::Mod, Kind::Zip] {
        source.always(kind, fault.clone());
    }
}

fn wire(head: &'static str, tail: &'static str) -> Fault {
    Fault::Wire(std::sync::Arc::new(move |body| {
        [head.as_bytes(), body, tail.as_bytes()].concat()
    }))
}

/// Commands that tell these behaviours best.
pub(super) const TELLING: &[&str] = &[
    "get-latest",
    "download",
    "versions",
    "get-version",
    "tidy",
    "build",
    "get-update",
];

pub(super) const ALL: &[Entry] = &[
    behaviour("type-missing", |source| all(source, &Fault::headed(""))),
    behaviour("type-html", |source| {
        all(source, &Fault::headed("content-type: text/html\r\n"))
    }),
    behaviour("type-xml", |source| {
        all(source, &Fault::headed("content-type: application/xml\r\n"))
    }),
    behaviour("type-senseless", |source| {
        all(source, &Fault::headed("content-type: ;;,\r\n"))
    }),
    behaviour("type-utf-16", |source| {
        all(
            source,
            &Fault::headed("content-type: text/plain; charset=utf-16\r\n"),
        )
    }),
    behaviour("encoding-empty", |source| {
        all(source, &Fault::headed("content-encoding: \r\n"))
    }),
    behaviour("encoding-identity", |source| {
        all(source, &Fault::headed("content-encoding: identity\r\n"))
    }),
    behaviour("encoding-unknown", |source| {
        all(source, &Fault::headed("content-encoding: UTF-8\r\n"))
    }),
    behaviour("encoding-gzip-declared", |source| {
        all(source, &Fault::gzip_declared())
    }),
    behaviour("encoding-gzip-not-true", |source| {
        all(source, &Fault::headed("content-encoding: gzip\r\n"))
    }),
    behaviour("encoding-aws-chunked", |source| {
        all(source, &Fault::headed("content-encoding: aws-chunked\r\n"))
    }),
    behaviour("list-gzip-undeclared", |source| {
        source.fault(LIST, Fault::gzip())
    }),
    behaviour("headers-many", |source| {
        all(
            source,
            &Fault::headed(
                "set-cookie: a=b\r\nvary: *\r\netag: \"\"\r\nage: -1\r\ncache-control: no-store\r\nexpires: 0\r\nx: \u{e4}\r\n",
            ),
        );
    }),
    behaviour("headers-digest-wrong", |source| {
        all(
            source,
            &Fault::headed(
                "x-checksum-sha256: 00\r\ncontent-md5: AAAA\r\ndigest: sha-256=AAAA\r\n",
            ),
        );
    }),
    behaviour("chunked", |source| {
        all(source, &Fault::Chunked { chunk: 7 })
    }),
    behaviour("ends-with-the-connection", |source| {
        all(source, &Fault::Unframed { after: 1 << 30 })
    }),
    behaviour("http-1.0", |source| {
        all(source, &wire("HTTP/1.0 200 OK\r\n\r\n", ""))
    }),
    behaviour("early-hints", |source| {
        all(
            source,
            &wire(
                "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
                "",
            ),
        );
    }),
    behaviour("no-reason-phrase", |source| {
        all(
            source,
            &wire("HTTP/1.1 200\r\nconnection: close\r\n\r\n", ""),
        )
    }),
    behaviour("bare-line-feeds", |source| {
        all(source, &wire("HTTP/1.1 200 OK\nconnection: close\n\n", ""))
    }),
    behaviour("not-http", |source| {
        source.fault(LIST, wire("SSH-2.0-OpenSSH\r\n", ""))
    }),
    behaviour("length-too-long", |source| {
        source.fault(MOD, Fault::Length { declared: 9_000 })
    }),
    behaviour("length-too-short", |source| {
        source.fault(ZIP, Fault::Length { declared: 200 })
    }),
    behaviour("length-of-list-too-short", |source| {
        source.fault(LIST, Fault::Length { declared: 14 })
    }),
    behaviour("list-cut", |source| {
        source.fault(LIST, Fault::Cut { after: 9 })
    }),
    behaviour("list-cut-chunked", |source| {
        source.fault(LIST, Fault::CutChunked { after: 9 })
    }),
    behaviour("info-cut", |source| {
        source.fault(INFO, Fault::Cut { after: 9 })
    }),
    behaviour("mod-cut", |source| {
        source.fault(MOD, Fault::Cut { after: 9 })
    }),
    behaviour("zip-cut", |source| {
        source.fault(ZIP, Fault::Cut { after: 99 })
    }),
    behaviour("zip-cut-chunked", |source| {
        source.fault(ZIP, Fault::CutChunked { after: 99 })
    }),
    behaviour("zip-cut-unframed", |source| {
        source.fault(ZIP, Fault::Unframed { after: 99 })
    }),
    behaviour("mod-cut-unframed", |source| {
        source.fault(MOD, Fault::Unframed { after: 25 })
    }),
    behaviour("zip-cut-once", |source| {
        source.once(ZIP, Fault::Cut { after: 99 })
    }),
    behaviour("list-reset", |source| source.fault(LIST, Fault::Reset)),
    behaviour("list-reset-once", |source| source.once(LIST, Fault::Reset)),
    behaviour("info-reset-once", |source| source.once(INFO, Fault::Reset)),
    behaviour("zip-reset-once", |source| source.once(ZIP, Fault::Reset)),
    behaviour("head-cut-once", |source| source.once(MOD, Fault::CutHeader)),
    behaviour("everything-reset", |source| {
        source.always(Target::Any, Fault::Reset)
    }),
    behaviour("slow", |source| source.slow(Duration::from_millis(150))),
    behaviour("slow-in-pieces", |source| {
        let pause = Duration::from_millis(20);
        source.fault(ZIP, Fault::Slow { chunk: 100, pause });
    }),
    behaviour("list-slow", |source| {
        source.fault(LIST, Fault::Delay(Duration::from_millis(800)))
    }),
    // Redirects.
    behaviour("redirect-301", |source| moved(source, LIST, 301, "list")),
    behaviour("redirect-307", |source| moved(source, MOD, 307, "mod")),
    behaviour("redirect-308", |source| moved(source, INFO, 308, "info")),
    behaviour("redirect-with-query", |source| {
        moved(source, ZIP, 302, "zip?X-Signature=a%2Fb%3D&e=1")
    }),
    behaviour("redirect-relative", |source| {
        let list = source.corpus.get(&source.file(LIST)).unwrap_or_default();
        source.put("@v/versions", list.to_vec());
        source.fault(LIST, Fault::redirect("versions"));
    }),
    behaviour("redirect-absolute", |source| {
        moved(source, ZIP, 302, "zip");
        let location = format!("{}/moved/zip", source.url);
        source.fault(ZIP, Fault::redirect(&location));
    }),
    behaviour("redirect-chain", |source| {
        moved(source, LIST, 302, "a");
        source.always("moved/a", Fault::redirect("/moved/b"));
        source.always("moved/b", Fault::redirect("/moved/c"));
        source.corpus.put("moved/c", "v1.0.0\nv1.1.0\n");
    }),
    behaviour("redirect-chain-of-nine", |source| hops(source, 9)),
    behaviour("redirect-chain-of-ten", |source| hops(source, 10)),
    behaviour("redirect-circle", |source| {
        let itself = format!("/{}", source.file(LIST));
        source.fault(LIST, Fault::redirect(&itself));
    }),
    behaviour("redirect-to-nothing", |source| {
        source.fault(LIST, Fault::redirect("/moved/nothing"))
    }),
    behaviour("redirect-no-location", |source| {
        source.fault(LIST, Fault::status(302))
    }),
    behaviour("redirect-to-a-page", |source| {
        source.fault(LIST, Fault::redirect("/login"));
        source.always("login", Fault::login_page());
    }),
    behaviour("redirect-all-of-it", |source| {
        // A source that moved below another path.
        let files = source.corpus.clone();
        for (path, content) in files.iter() {
            source
                .corpus
                .put(&format!("goproxy/{path}"), content.clone());
            source.always(path, Fault::redirect(&format!("/goproxy/{path}")));
        }
    }),
    behaviour("redirect-300", |source| {
        source.fault(LIST, Fault::status(300))
    }),
    behaviour("zip-as-created", |source| {
        source.fault(
            ZIP,
            Fault::Status {
                code: 201,
                content_type: None,
                body: zip::stored(&[]).into(),
                headers: Vec::new(),
            },
        )
    }),
];

/// A chain of so many redirects to the list.
fn hops(source: &mut Source, count: usize) {
    source.fault(LIST, Fault::redirect("/moved/1"));
    for hop in 1..count {
        source.always(
            &format!("moved/{hop}"),
            Fault::redirect(&format!("/moved/{}", hop + 1)),
        );
    }
    source
        .corpus
        .put(&format!("moved/{count}"), "v1.0.0\nv1.1.0\n");
}
