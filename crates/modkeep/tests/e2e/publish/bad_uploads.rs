//! What is not published: by name, by who asks, by what was sent.

use super::{assert_refusal, on_data, ours, path, publish, put, put_with, serve, setup};
use std::fs;
use testkit::{client, fixture::Module};

/// A zip whose entries have these names below its prefix.
fn with_file(name: &str, content: &str) -> Vec<u8> {
    ours("lib", "x").file(name, content).zip()
}

#[test]
fn a_bad_zip_is_refused_with_what_is_wrong_and_nothing_is_kept() {
    let mut server = serve();
    let good = ours("lib", "x");
    let (zip, place) = (good.zip(), path(&good, "zip"));
    let mut damaged = zip.clone();
    let middle = damaged
        .windows(7)
        .position(|bytes| bytes == b"package")
        .unwrap();
    damaged[middle] ^= 1;
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "zip"),
        ("no zip", b"hello".to_vec(), "zip"),
        ("a page", b"<html>log in</html>".to_vec(), "zip"),
        ("cut short", zip[..zip.len() - 10].to_vec(), "zip"),
        ("damaged", damaged, "lib.go"),
        (
            "another version below it",
            good.zip_below("corp.example.com/lib@v1.0.1/"),
            "",
        ),
        (
            "another module below it",
            good.zip_below("corp.example.com/other@v1.0.0/"),
            "",
        ),
        ("no prefix", good.zip_below(""), ""),
        (
            "a path that leads out",
            with_file("../x.go", "package x\n"),
            "",
        ),
        ("a Windows name", with_file("aux.go", "package x\n"), "aux"),
        (
            "names that differ in case",
            ours("lib", "x").file("LIB.go", "package lib\n").zip(),
            "case",
        ),
        (
            "a go.mod in another case",
            ours("lib", "x").without_go_mod().file("GO.MOD", "x").zip(),
            "GO.MOD",
        ),
        (
            "a nested module",
            with_file("sub/go.mod", "module x\n"),
            "go.mod",
        ),
        (
            "another module in go.mod",
            ours("lib", "x")
                .go_mod("module corp.example.com/other\n")
                .zip(),
            "its go.mod names corp.example.com/other",
        ),
        (
            "no module in go.mod",
            ours("lib", "x").go_mod("go 1.21\n").zip(),
            "its go.mod names no module",
        ),
        (
            "a go.mod that go cannot read",
            ours("lib", "x").go_mod("module (\n").zip(),
            "its go.mod",
        ),
        (
            "a link",
            testkit::fixture::zip::last_as_link(with_file("z.go", "lib.go")),
            "",
        ),
    ];
    let count = table.len();
    for (what, body, told) in table {
        let refused = put(server.address(), &place, &body);
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
        assert_refusal(&refused, 422, "MK1033");
        assert!(refused.text().contains(told), "{what}: {}", refused.text());
        assert_eq!(server.get(&place).status, 404, "{what}");
    }
    let list = server.get("/corp.example.com/lib/@v/list");
    assert_eq!(list.status, 404);
    server.stop();
    let spool = fs::read_dir(server.data().join("spool")).unwrap();
    assert_eq!(spool.count(), 0);
    on_data(&["store", "verify", "--offline"], server.data()).assert_ok();
    server.start();
    assert_eq!(publish(&server, &good).status, 201, "after all that");
    println!("{count} kinds of bad zips refused");
}

#[test]
fn a_version_that_is_no_release_of_its_module_is_refused() {
    let server = serve();
    let zip = ours("lib", "x").zip();
    for (place, status, code) in [
        (
            "lib/@v/v0.0.0-20240101000000-abcdefabcdef.zip",
            422,
            "MK1034",
        ),
        ("lib/@v/v1.0.0+incompatible.zip", 422, "MK1034"),
        ("lib/v2/@v/v2.0.0+incompatible.zip", 422, "MK1034"),
        ("lib/@v/v2.0.0.zip", 404, "MK1003"),
        ("lib/v2/@v/v1.0.0.zip", 404, "MK1003"),
        ("lib/@v/v1.zip", 404, "MK1003"),
        ("lib/@v/master.zip", 404, "MK1003"),
        ("lib/@v/v1.0.0+meta.zip", 404, "MK1003"),
        ("lib/@v/v1.0.0.mod", 405, "MK1004"),
        ("lib/@v/v1.0.0.info", 405, "MK1004"),
        ("lib/@v/list", 405, "MK1004"),
        ("Lib/@v/v1.0.0.zip", 400, "MK1001"),
    ] {
        let refused = put(
            server.address(),
            &format!("/corp.example.com/{place}"),
            &zip,
        );
        assert_refusal(&refused, status, code);
    }
    let incompatible = Module::new("corp.example.com/lib", "v2.0.0+incompatible");
    assert_refusal(&publish(&server, &incompatible), 422, "MK1033");
    let cached = put(
        server.address(),
        "/cached-only/corp.example.com/lib/@v/v1.0.0.zip",
        &zip,
    );
    assert_refusal(&cached, 405, "MK1004");
}

#[test]
fn public_names_are_published_only_where_an_operator_says_so() {
    let public = Module::new("example.com/lib", "v1.0.0");
    assert_refusal(&publish(&serve(), &public), 403, "MK1030");
    let server = setup().option("--publish-modules", "example.com").start();
    assert_eq!(publish(&server, &public).status, 201);
    assert!(server.get(&path(&public, "zip")).is_whole());
    assert_refusal(&publish(&server, &ours("lib", "x")), 403, "MK1030");
    let toolchain = Module::new("golang.org/toolchain", "v0.0.1-go1.99.0.linux-amd64");
    let server = setup().option("--publish-modules", "golang.org").start();
    assert_refusal(&publish(&server, &toolchain), 403, "MK1030");
}

#[test]
fn only_operators_publish_and_browsers_never() {
    let server = serve();
    let module = ours("lib", "x");
    let zip = module.zip();
    for (headers, status, code) in [
        ("x-forwarded-for: 192.0.2.7\r\n", 401, "MK1021"),
        ("origin: https://evil.example.net\r\n", 403, "MK1010"),
        ("sec-fetch-site: cross-site\r\n", 403, "MK1010"),
    ] {
        let refused = put_with(server.address(), &path(&module, "zip"), headers, &zip).unwrap();
        assert_refusal(&refused, status, code);
    }
    assert_eq!(server.get(&path(&module, "zip")).status, 404);
    let withdrawn = publish(&server, &module);
    assert_eq!(withdrawn.status, 201);
}

#[test]
fn what_is_too_large_or_has_no_room_is_refused_before_it_is_sent() {
    let server = serve();
    let place = path(&ours("lib", "x"), "zip");
    let ask = |address, length: u64| {
        let head = format!("PUT {place} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
        client::exchange(address, head.as_bytes(), client::PATIENCE).unwrap()
    };
    let refused = ask(server.address(), (500 << 20) + 1);
    assert_refusal(&refused, 413, "MK1005");
    let full = setup().option("--disk-reserve", "100000GiB").start();
    assert_refusal(&ask(full.address(), 1000), 503, "MK3011");
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let mut server = serve();
    let module = ours("lib", "x");
    let (place, zip) = (path(&module, "zip"), module.zip());
    let half = zip.len() / 2;
    let head = format!(
        "PUT {place} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        zip.len()
    );
    let bytes = [head.as_bytes(), &zip[..half]].concat();
    let pending = client::open(server.address(), &bytes, client::PATIENCE).unwrap();
    drop(pending.into_stream());
    // Chunked, so its length is known at its end only.
    let chunked = format!(
        "PUT {place} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
        zip.len()
    );
    let whole = [chunked.as_bytes(), &zip, b"\r\n0\r\n\r\n"].concat();
    let published = client::exchange(server.address(), &whole, client::PATIENCE).unwrap();
    assert_eq!(published.status, 201, "{}", published.text());
    server.stop();
    let spool = fs::read_dir(server.data().join("spool")).unwrap();
    assert_eq!(spool.count(), 0);
}
