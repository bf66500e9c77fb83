//! What doctor says of GOSUMDB, held against the real `go`: it calls unreadable what `go` does, and
//! nothing else.

use doctor::environment::ClientReadings;
use doctor::{GoEnvironment, lint};
use testkit::fixture::{Corpus, Module};
use testkit::go::Go;
use testkit::upstream::{FakeUpstream, Fault, Kind};

fn is_called_unreadable(value: &str) -> bool {
    let json = serde_json::to_string(
        &[("GOSUMDB", value)]
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>(),
    );
    let readings = ClientReadings {
        env_json: &json.unwrap(),
        process: vec![("GOSUMDB".to_owned(), value.to_owned())],
        ..ClientReadings::default()
    };
    let lints = lint(&GoEnvironment::read(&readings).unwrap());
    let ids = ["env/sumdb-mirror", "env/sumdb-unreadable"];
    lints.iter().any(|lint| ids.contains(&lint.belief.id))
}

#[test]
fn a_database_is_called_unreadable_where_the_real_go_cannot_read_it() {
    let upstream = FakeUpstream::start(Corpus::new().with(&Module::new("example.com/a", "v1.0.0")));
    // Nobody outside is asked: a proxy that fails to say ends it.
    upstream.always(Kind::Sumdb, Fault::status(500));
    let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let own = testkit::database::Database::new("sum.example.com/2026", 1).key();
    let at_url = format!("sum.golang.org {}/sumdb/sum.golang.org", upstream.url());
    for value in [
        "sum.golang.org",
        key,
        &own,
        &at_url,
        "goproxy.cn",
        "https://goproxy.cn",
        "sum.golang.org+https://goproxy.cn/sumdb/sum.golang.org",
        "goproxy.cn+https://goproxy.cn",
        "sum.example.com",
        "sum.example.com+033de0ae",
        "sum.golang.google.cn http://127.0.0.1:9",
        "sum.golang.org a b",
        "off off",
    ] {
        let go = Go::new(&upstream.url()).env("GOSUMDB", value);
        let told = go.download("example.com/a@v1.0.0");
        assert!(!told.status.success(), "{value}: {told}");
        let words = [
            "invalid GOSUMDB",
            "malformed verifier id",
            "invalid sumdb name",
        ];
        let is_unreadable = words
            .iter()
            .any(|words| told.stderr.contains(words) || told.stdout.contains(words));
        assert_eq!(
            is_called_unreadable(value),
            is_unreadable,
            "{value}: {told}"
        );
    }
}
