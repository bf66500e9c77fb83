//! Callers: who is answered what. A private module is for those who may see it, in every place where it could
//! show; public modules are for everybody, whatever stands in the request.

use crate::site::{BINARY, module, wait_until};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use testkit::{
    client::{self, Answer},
    fixture::{Corpus, Module},
    go::Go,
    server::{Modkeep, Setup},
    upstream::FakeUpstream,
};
use tokio::time::Instant;

const PAY: &str = "corp.example/pay";

/// A server with rules for `corp.example`, its public and its private source.
struct GuardedSite {
    public: FakeUpstream,
    private: FakeUpstream,
    server: Modkeep,
    _rules: tempfile::TempDir,
}

const RULES: &str = r#"
[[access]]
modules = "corp.example/*"
users = ["nobody-has-this-name"]
allow = ["read"]
"#;

// === impl GuardedSite ===

impl GuardedSite {
    fn start(further: &[&str]) -> Self {
        let public = FakeUpstream::start(Corpus::new().with(&module("a", 10)));
        let corpus = Corpus::new()
            .with(&Module::new(PAY, "v1.0.0"))
            .with(&Module::new("corp.example/other", "v1.0.0"));
        let private = FakeUpstream::start(corpus);
        let rules = tempfile::tempdir().unwrap();
        let file = rules.path().join("modkeep.toml");
        fs::write(&file, RULES).unwrap();
        let setup = Setup::new(BINARY, &public.url())
            .option("--config", file.to_str().unwrap())
            .option("--private", "corp.example")
            .option("--private-upstream", &private.url());
        let setup = further
            .iter()
            .fold(setup, |setup, argument| setup.arg(argument));
        Self {
            public,
            private,
            server: setup.start(),
            _rules: rules,
        }
    }

    fn token(&self, scope: &str) -> String {
        token(self.server.data(), &["create", "tester", "--scope", scope])
    }

    fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer
            .iter()
            .map(|value| ("authorization", value.as_str()))
            .collect();
        self.server.request("GET", path, &headers)
    }

    /// Waits until the server knows a token: it reads the list every second.
    fn knows(&self, token: &str) {
        wait_until(|| self.get(&format!("/{PAY}/@v/list"), Some(token)).status != 401);
    }
}

/// What `modkeep token` prints.
fn token(data: &Path, arguments: &[&str]) -> String {
    let done = Command::new(BINARY)
        .arg("token")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// `TOKEN_KILLS=100` kills as many.
#[test]
fn a_kill_while_a_token_is_written_leaves_it_whole_or_absent() {
    let rounds = std::env::var("TOKEN_KILLS");
    let rounds: usize = rounds.map_or(8, |text| text.parse().unwrap());
    let data = tempfile::tempdir().unwrap();
    token(data.path(), &["create", "first", "--scope", "read"]);
    let (mut shown, mut killed) = (vec!["first".to_owned()], 0);
    for round in 0..rounds {
        let name = format!("round-{round}");
        let mut child = Command::new(BINARY)
            .args(["token", "create", &name, "--scope", "read", "--data"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let into_it = u64::try_from(round).unwrap() * 37 % 250;
        std::thread::sleep(Duration::from_millis(5 + into_it));
        child.kill().unwrap();
        let done = child.wait_with_output().unwrap();
        killed += usize::from(!done.status.success());
        if done.stdout.ends_with(b"\n") {
            shown.push(name);
        }
        let list = token(data.path(), &["list", "--json"]);
        let list: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
        let names: Vec<_> = list
            .iter()
            .map(|token| token["name"].as_str().unwrap())
            .collect();
        assert!(
            shown.iter().all(|name| names.contains(&name.as_str())),
            "{shown:?} {names:?}"
        );
    }
    println!(
        "{rounds} rounds, {killed} killed before their end, {} tokens shown, none lost",
        shown.len()
    );
}

/// Everything about a private module that has an address.
const PLACES: [&str; 9] = [
    "/corp.example/pay/@v/list",
    "/corp.example/pay/@latest",
    "/corp.example/pay/@v/v1.0.0.info",
    "/corp.example/pay/@v/v1.0.0.mod",
    "/corp.example/pay/@v/v1.0.0.zip",
    "/corp.example/pay/@v/main.info",
    "/cached-only/corp.example/pay/@v/v1.0.0.mod",
    "/-/proof/corp.example/pay/@v/v1.0.0.mod",
    "/sumdb/sum.example.org/lookup/corp.example/pay@v1.0.0",
];

#[test]
fn a_private_module_is_answered_to_those_who_may_see_it_and_to_nobody_else() {
    let site = GuardedSite::start(&[]);
    let (good, other) = (
        site.token("read:corp.example/pay"),
        site.token("read:corp.example/other"),
    );
    site.knows(&good);
    site.knows(&other);
    site.private.forget();
    for place in PLACES {
        assert_eq!(site.get(place, None).status, 401, "{place}");
        assert_eq!(site.get(place, Some("mkt_unknown")).status, 401, "{place}");
        assert_eq!(site.get(place, Some(&other)).status, 404, "{place}");
    }
    assert!(
        site.private.asked().is_empty(),
        "nobody was asked for those who may not know"
    );
    for _ in 0..2 {
        for place in PLACES
            .into_iter()
            .filter(|place| place.contains("@v/") && !place.starts_with("/-"))
        {
            let answer = site.get(place, Some(&good));
            if !place.contains("main") {
                assert!(answer.is_whole(), "{place}: {}", answer.text());
            }
            assert_eq!(
                answer.header("cache-control"),
                Some("private, no-store"),
                "{place}"
            );
        }
    }
    // Now all of it lies in memory, and nobody looks for it there on behalf of those who may not know.
    let lookups = || {
        let page = site.server.get("/metrics").text();
        let lines = page
            .lines()
            .filter(|line| line.starts_with("modkeep_lookups_total"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = lookups();
    for place in PLACES {
        assert_eq!(site.get(place, None).status, 401, "{place}");
        let hidden = site.get(place, Some(&other));
        assert_eq!(hidden.status, 404, "{place}");
        assert_eq!(
            hidden.header("cache-control"),
            Some("private, no-store"),
            "{place}"
        );
    }
    assert_eq!(lookups(), before);
    for token in [None, Some("mkt_unknown"), Some(good.as_str())] {
        let public = site.get("/example.com/a/@v/v1.0.0.mod", token);
        assert!(public.is_whole(), "{}", public.text());
        assert!(
            public
                .header("cache-control")
                .unwrap()
                .starts_with("public")
        );
    }
    assert!(
        site.public
            .asked()
            .iter()
            .all(|asked| !asked.target.contains("corp.example"))
    );
}

#[test]
fn what_is_hidden_is_told_in_the_same_words_as_what_was_never_there() {
    let site = GuardedSite::start(&[]);
    let (good, other) = (
        site.token("read:corp.example/pay"),
        site.token("read:corp.example/other"),
    );
    site.knows(&good);
    assert!(
        site.get("/corp.example/pay/@v/v1.0.0.zip", Some(&good))
            .is_whole()
    );
    let told = |module: &str, token: Option<&str>| {
        let answer = site.get(&format!("/{module}/@v/v1.0.0.zip"), token);
        let id = answer.header("modkeep-request").unwrap().to_owned();
        let names: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        (answer.status, names, answer.text().replace(&id, "ID"))
    };
    for token in [None, Some(other.as_str()), Some("mkt_unknown")] {
        assert_eq!(told(PAY, token), told("corp.example/never", token));
    }
}

/// `CALLER_SAMPLES=1000` takes as many and holds the medians against the spread: a measurement, for a quiet machine.
#[test]
fn what_is_hidden_takes_as_long_as_what_was_never_there() {
    let samples = std::env::var("CALLER_SAMPLES");
    let is_measured = samples.is_ok();
    let samples: usize = samples.map_or(20, |text| text.parse().unwrap());
    let site = GuardedSite::start(&[]);
    let (good, other) = (
        site.token("read:corp.example/pay"),
        site.token("read:corp.example/other"),
    );
    site.knows(&good);
    assert!(
        site.get("/corp.example/pay/@v/v1.0.0.mod", Some(&good))
            .is_whole()
    );
    let mut times = [Vec::new(), Vec::new()];
    for sample in 0..2 * samples {
        let module = ["corp.example/pay", "corp.example/nay"][sample % 2];
        let began = Instant::now();
        let answer = site.get(&format!("/{module}/@v/v1.0.0.mod"), Some(&other));
        times[sample % 2].push(began.elapsed());
        assert_eq!(answer.status, 404);
    }
    let [private, nothing] = times.map(|mut times| {
        times.sort();
        let at = |percent: usize| times[times.len() * percent / 100];
        (at(50), at(75).saturating_sub(at(25)))
    });
    eprintln!(
        "{samples} samples: median and spread {private:?} of a private name, {nothing:?} of nothing"
    );
    let spread = private.1.max(nothing.1);
    assert!(
        !is_measured || private.0.abs_diff(nothing.0) <= spread,
        "{private:?} {nothing:?}"
    );
}

#[test]
fn a_challenge_says_how_to_prove_who_calls_and_what_was_wrong() {
    let site = GuardedSite::start(&[]);
    let challenges = |answer: &Answer| {
        let all = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "www-authenticate");
        all.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let path = "/corp.example/pay/@v/list";
    let nothing = challenges(&site.get(path, None));
    assert_eq!(
        nothing,
        ["Basic realm=\"modkeep\"", "Bearer realm=\"modkeep\""]
    );
    let wrong = site.get(path, Some("wrong"));
    assert!(
        challenges(&wrong)[1].contains("error=\"invalid_token\""),
        "{wrong:?}"
    );
    assert!(
        wrong.text().starts_with("modkeep MK1022: "),
        "{}",
        wrong.text()
    );
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    assert_eq!(site.server.request("GET", path, &twice).status, 401);
    let odd = site
        .server
        .request("GET", path, &[("authorization", "Negotiate x")]);
    assert!(challenges(&odd)[1].contains("invalid_request"), "{odd:?}");
    let failures = site.server.get("/metrics").text();
    for line in [
        "modkeep_auth_failures_total{reason=\"unknown_token\"} 1",
        "modkeep_auth_failures_total{reason=\"malformed\"} 2",
        "modkeep_auth_failures_total{reason=\"bad_signature\"} 0",
    ] {
        assert!(failures.contains(line), "{line}");
    }
}

#[test]
fn a_token_that_is_taken_back_is_good_for_nothing_within_seconds() {
    let site = GuardedSite::start(&[]);
    let good = site.token("read:corp.example/pay");
    site.knows(&good);
    let path = "/corp.example/pay/@v/list";
    assert!(site.get(path, Some(&good)).is_whole());
    let list = token(site.server.data(), &["list"]);
    assert!(list.contains("tester") && !list.contains(&good), "{list}");
    token(site.server.data(), &["revoke", "tester"]);
    wait_until(|| site.get(path, Some(&good)).status == 401);
    assert!(
        site.get(path, Some(&good)).text().contains("revoked"),
        "the reason is told"
    );
}

#[test]
fn lists_and_indexes_show_private_modules_to_those_who_may_see_them() {
    let site = GuardedSite::start(&["--admin-listen", "127.0.0.1:0"]);
    let good = site.token("read:corp.example/pay");
    let other = site.token("read:corp.example/other");
    site.knows(&good);
    site.knows(&other);
    assert!(
        site.get("/corp.example/pay/@v/v1.0.0.zip", Some(&good))
            .is_whole()
    );
    assert!(site.get("/example.com/a/@v/v1.0.0.zip", None).is_whole());
    for (token, shown) in [
        (None, false),
        (Some(other.as_str()), false),
        (Some(good.as_str()), true),
    ] {
        let index = site.get("/index", token).text();
        assert!(index.contains("example.com/a"));
        assert_eq!(index.contains(PAY), shown, "{token:?}");
        let list = b"corp.example/pay v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        for page in ["/-/sums", "/-/prefetch", "/-/vuln/examine"] {
            let status = posted(&site, page, token, list);
            let refused = if token.is_some() { 403 } else { 401 };
            assert_eq!(status == refused, !shown, "{page} {token:?}: {status}");
        }
    }
}

#[test]
fn a_list_names_what_is_private_in_no_spelling() {
    let site = GuardedSite::start(&["--admin-listen", "127.0.0.1:0"]);
    for body in [
        "module m.example\n\nrequire corp.example/pay v1.0.0\n",
        "module m.example\n\nrequire \"corp.example/pay\" v1.0.0\n",
        "module m.example\n\nrequire `corp.example/pay` v1.0.0\n",
        "module m.example\n\nrequire \"\\x63orp.example/pay\" v1.0.0\n",
        "module m.example\n\nrequire \"\\143orp.example/p\\u0061y\" v1.0.0\n",
        "module m.example\n\nrequire corp.example/pay//x v1.0.0\n",
        "module m.example\n\nreplace example.com/a=>corp.example/pay v1.0.0\n",
        "corp.example/pay@v1.0.0\n",
    ] {
        for page in ["/-/sums", "/-/prefetch", "/-/vuln/examine"] {
            assert_eq!(
                posted(&site, page, None, body.as_bytes()),
                401,
                "{page}: {body}"
            );
        }
    }
    assert!(site.private.asked().is_empty());
    let windows = b"module m.example\n\nreplace example.com/a => ..\\lib\n";
    assert_ne!(posted(&site, "/-/prefetch", None, windows), 401);
}

#[test]
fn go_verifies_a_private_module_by_the_database_of_the_site_if_it_is_known() {
    const DATABASE: &str = "sum.corp.example/2026";
    let mut site = GuardedSite::start(&["--tls-self-signed"]);
    let good = site.token("read:corp.example/pay");
    site.server.stop();
    let mut init = Command::new(BINARY);
    init.args(["sumdb", "init", DATABASE, "--data"])
        .arg(site.server.data());
    let made = String::from_utf8(init.output().unwrap().stdout).unwrap();
    let key = made
        .lines()
        .find_map(|line| line.strip_prefix("GOSUMDB="))
        .unwrap();
    site.server.set_option("--own-sumdb", DATABASE);
    // Its name is private too.
    site.server
        .set_option("--private", "corp.example,*.corp.example");
    site.server.start();
    let port = site.server.address().port();
    let client = |token: &str| {
        let go = client_of(&site.server)
            .env("GOSUMDB", key)
            .env("GONOSUMDB", "none");
        let text = format!("machine localhost:{port} login ci password {token}\n");
        fs::write(go.home().join(".netrc"), text).unwrap();
        go.download("corp.example/pay@v1.0.0")
    };
    let known = client(&good);
    assert!(known.status.success(), "{known:?}");
    assert!(known.stdout.contains("\"Sum\": \"h1:"), "{known:?}");
    assert!(!client("mkt_unknown").status.success());
}

fn posted(site: &GuardedSite, page: &str, token: Option<&str>, body: &[u8]) -> u16 {
    let bearer = token.map_or_else(String::new, |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let head = format!(
        "POST {page} HTTP/1.1\r\nHost: {}\r\n{bearer}Content-Length: {}\r\n\r\n",
        site.server.address(),
        body.len()
    );
    let bytes = [head.as_bytes(), body].concat();
    let patience = Duration::from_mins(1);
    client::exchange(site.server.address(), &bytes, patience)
        .unwrap()
        .status
}

#[test]
fn a_token_administers_from_elsewhere_and_others_do_not() {
    let site = GuardedSite::start(&["--admin-listen", "127.0.0.1:0"]);
    let (operator, reader) = (
        site.token("administer"),
        site.token("read administer:corp.example/*"),
    );
    wait_until(|| site.get("/-/cases", Some(&operator)).status != 401);
    site.knows(&reader);
    for path in ["/-/journal/checkpoint", "/-/cases"] {
        assert_eq!(site.get(path, None).status, 403, "{path}");
        assert_eq!(site.get(path, Some(&reader)).status, 403, "{path}");
        assert_eq!(site.get(path, Some("mkt_unknown")).status, 401, "{path}");
        assert_eq!(site.get(path, Some(&operator)).status, 200, "{path}");
    }
}

#[test]
fn where_everybody_has_to_be_known_strangers_get_health_and_the_start_page_only() {
    let public = FakeUpstream::start(Corpus::new().with(&module("a", 10)));
    let server = Setup::new(BINARY, &public.url())
        .option("--auth-require", "all")
        .option("--private", "corp.example")
        .option("--admin-listen", "127.0.0.1:0")
        .start();
    let known = token(server.data(), &["create", "x", "--scope", "read"]);
    let bearer = format!("Bearer {known}");
    let path = "/example.com/a/@v/v1.0.0.mod";
    let get = |path: &str| server.request("GET", path, &[("authorization", &bearer)]);
    wait_until(|| get(path).status == 200);
    for path in [
        path,
        "/index",
        "/example.com/a/@v/list",
        "/-/vuln/index/db.json",
        "/-/client",
    ] {
        assert_eq!(server.get(path).status, 401, "{path}");
        assert_ne!(get(path).status, 401, "{path}");
    }
    for path in ["/livez", "/readyz", "/metrics", "/"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text().contains("corp.example"), "{path}");
    }
}

#[test]
fn no_private_name_comes_to_light_where_callers_are_unknown() {
    let site = GuardedSite::start(&["--admin-listen", "127.0.0.1:0"]);
    let good = site.token("read:corp.example/pay");
    site.knows(&good);
    for place in PLACES {
        for token in [Some(good.as_str()), None, Some("mkt_unknown")] {
            site.get(place, token);
        }
    }
    let mut told = site.server.log();
    for page in [
        "/",
        "/metrics",
        "/index",
        "/-/client",
        "/-/openapi.json",
        "/-/status",
        "/-/cases",
        "/-/journal/checkpoint",
    ] {
        told += &site.get(page, None).text();
    }
    assert!(!told.contains("corp.example"), "{told}");
    assert!(!told.contains(&good[4..]), "a token was printed");
}

/// The real client, over TLS with a certificate that the server made.
fn client_of(server: &Modkeep) -> Go {
    let certificate = server.data().join("tls/self-signed.pem");
    Go::new(&server.https_url())
        .env("SSL_CERT_FILE", certificate.to_str().unwrap())
        .env("GONOSUMDB", "corp.example")
}

#[test]
fn go_gets_a_private_module_over_tls_with_netrc_and_with_goauth() {
    let site = GuardedSite::start(&["--tls-self-signed"]);
    let good = site.token("read:corp.example/pay");
    let other = site.token("read:corp.example/other");
    let server = &site.server;
    let port = server.address().port();
    let netrc = |token: &str, machine: &str| {
        let go = client_of(server);
        let text = format!("machine {machine} login ci password {token}\n");
        fs::write(go.home().join(".netrc"), text).unwrap();
        go
    };
    let what = "corp.example/pay@v1.0.0";
    wait_until(|| {
        netrc(&good, &format!("localhost:{port}"))
            .download(what)
            .status
            .success()
    });
    let without_port = netrc(&good, "localhost").download(what);
    assert!(without_port.stdout.contains("401"), "{without_port:?}");
    let denied = netrc(&other, &format!("localhost:{port}")).download(what);
    assert!(denied.stdout.contains("404"), "{denied:?}");
    let script = |token: &str| {
        let go = client_of(server);
        let file = go.home().join("goauth.sh");
        let url = server.https_url();
        fs::write(
            &file,
            format!("printf '{url}\\n\\nAuthorization: Bearer {token}\\n\\n'\n"),
        )
        .unwrap();
        let command = format!("sh {}", file.display());
        go.env("GOAUTH", &command)
    };
    let bearer = script(&good).download(what);
    assert!(bearer.status.success(), "{bearer:?}");
    let unknown = script("mkt_unknown").download(what);
    assert!(unknown.stdout.contains("401"), "{unknown:?}");
    assert!(
        client_of(server)
            .download("example.com/a@v1.0.0")
            .status
            .success()
    );
}

#[test]
fn a_certificate_that_is_renewed_is_used_without_a_restart() {
    let site = GuardedSite::start(&["--tls-self-signed"]);
    let first = site.server.data().join("tls");
    let other = GuardedSite::start(&["--tls-self-signed"]);
    let second = other.server.data().join("tls");
    let own = tempfile::tempdir().unwrap();
    let (certificate, key) = (own.path().join("tls.crt"), own.path().join("tls.key"));
    let copy = |from: &Path| {
        fs::copy(from.join("self-signed.pem"), &certificate).unwrap();
        fs::copy(from.join("self-signed.key"), &key).unwrap();
    };
    copy(&first);
    let public = FakeUpstream::start(Corpus::new().with(&module("a", 10)));
    let server = Setup::new(BINARY, &public.url())
        .option("--tls-cert", certificate.to_str().unwrap())
        .option("--tls-key", key.to_str().unwrap())
        .start();
    let trusting = |root: &Path| {
        let go = Go::new(&server.https_url()).env(
            "SSL_CERT_FILE",
            root.join("self-signed.pem").to_str().unwrap(),
        );
        go.download("example.com/a@v1.0.0").status.success()
    };
    assert!(trusting(&first) && !trusting(&second));
    copy(&second);
    wait_until(|| trusting(&second));
    assert!(!trusting(&first));
    fs::write(&certificate, "no certificate").unwrap();
    wait_until(|| server.log().contains("the TLS certificate stays as it was"));
    assert!(trusting(&second));
}
