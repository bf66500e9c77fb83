//! Private names stay here: no public source is asked about one, in whatever place it stands, and no
//! line of the log above debug holds one (law L7).

use crate::site::{BINARY, module};
use testkit::{
    client,
    fixture::{Corpus, Module},
    server::Setup,
    upstream::FakeUpstream,
};

const HOST: &str = "corp.example.com";

#[test]
fn no_place_of_a_request_carries_a_private_name_out() {
    let public = FakeUpstream::start(Corpus::new().with(&module("a", 10)));
    let server = Setup::new(BINARY, &public.url())
        .option("--private", "corp.example.com,*.corp.example.com")
        .start();
    for path in [
        "/sumdb/sum.corp.example.com/supported",
        "/sumdb/sum.corp.example.com/latest",
        "/sumdb/sum.corp.example.com/lookup/example.com/a@v1.0.0",
        "/sumdb/sum.corp.example.com/tile/8/0/000",
        "/sumdb/sum.corp.example.com/tile/8/0/000.p/7",
        "/sumdb/sum.corp.example.com/db/latest",
        "/sumdb/corp.example.com/team/db/latest",
        "/sumdb/Sum.CORP.Example.com/supported",
        "/sumdb/sum.corp.example.com:8443/latest",
        "/sumdb/sum.corp.example.com./latest",
        "/cached-only/sumdb/sum.corp.example.com/latest",
        "/sumdb/sum.example.com/lookup/corp.example.com/p@v1.0.0",
        "/sumdb/sum.example.com/lookup/corp.example.com/p@v2.0.0",
        "/sumdb/sum.example.com/lookup/corp.example.com/!secret@v1.0.0",
        "/corp.example.com/p/@v/list",
        "/corp.example.com/p/@latest",
        "/corp.example.com/p/@v/main.info",
        "/corp.example.com/p/@v/v1.0.0.zip",
        "/corp.example.com/bad%20name/@v/list",
        "/corp.example.com/p/@v/v1.0.0.0.mod",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    server.request("POST", "/-/refresh/corp.example.com/p", &[]);
    let line = b"corp.example.com/p v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    for path in ["/-/sums", "/-/prefetch"] {
        assert_eq!(
            client::post(server.address(), path, line).unwrap().status,
            200
        );
    }
    let asked: Vec<String> = public
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    let told = |text: &str| text.to_ascii_lowercase().contains(HOST);
    assert!(!asked.iter().any(|target| told(target)), "{asked:?}");
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|line| told(line)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
    assert!(!told(&server.get("/metrics").text()));
    assert!(
        server.get("/example.com/a/@v/list").is_whole(),
        "public names are asked about"
    );
}

#[test]
fn a_private_source_is_asked_about_a_private_database() {
    let public = FakeUpstream::start(Corpus::new());
    let mut corpus = Corpus::new().with(&Module::new("corp.example.com/p", "v1.0.0"));
    corpus.put("sumdb/sum.corp.example.com/supported", "");
    let private = FakeUpstream::start(corpus);
    let server = Setup::new(BINARY, &public.url())
        .option("--private", "*.corp.example.com")
        .option("--private-upstream", &private.url())
        .start();
    let answer = server.get("/sumdb/sum.corp.example.com/supported");
    assert_eq!(answer.status, 200, "{}", answer.text());
    public.assert_untouched();
}
