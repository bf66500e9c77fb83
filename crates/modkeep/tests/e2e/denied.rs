//! Versions that turned out malicious: withdrawn by an order, or denied by the configuration, while the
//! server runs.

use crate::site::{BINARY, Site, assert_refusal, module, url, wait_until};
use std::{fs, path::Path, process::Command, thread, time::Duration};
use testkit::{
    fixture::{Corpus, Module},
    go::Go,
    process::{self, Output},
    server::{Modkeep, Setup},
    upstream::{FakeUpstream, Fault},
};

const EVIL: &str = "example.com/a@v1.1.0";

fn store(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("store").args(arguments).arg("--data").arg(data);
    process::run(&mut command, Duration::from_mins(2))
}

/// `example.com/a` at two versions.
fn versions() -> [Module; 2] {
    ["v1.0.0", "v1.1.0"].map(|version| Module::new("example.com/a", version).noise(7, 40_000))
}

/// A site that keeps both.
fn kept() -> Site {
    let site = Site::with(&versions());
    for version in ["v1.0.0", "v1.1.0"] {
        site.keep("example.com/a", version);
    }
    for path in ["@v/list", "@latest"] {
        let answer = site.server.get(&format!("/example.com/a/{path}"));
        assert!(answer.text().contains("v1.1.0"), "{answer:?}");
    }
    site.upstream.forget();
    site
}

fn file(version: &str, kind: &str) -> String {
    format!("/example.com/a/@v/{version}.{kind}")
}

/// Claims that the version is refused in every form, and that the older one is all there is.
#[track_caller]
fn assert_refused(server: &Modkeep, code: &str, reason: &str) {
    for prefix in ["", "/cached-only"] {
        for kind in ["info", "mod", "zip"] {
            let answer = server.get(&format!("{prefix}{}", file("v1.1.0", kind)));
            assert_refusal(&answer, 403, code);
            assert!(answer.text().contains(reason), "{}", answer.text());
            assert!(server.get(&file("v1.0.0", kind)).is_whole(), "{kind}");
        }
    }
    let list = server.get("/example.com/a/@v/list");
    assert_eq!(list.text(), "v1.0.0\n");
    let latest = server.get("/example.com/a/@latest");
    assert!(latest.text().contains("v1.0.0"), "{}", latest.text());
}

#[track_caller]
fn assert_served(server: &Modkeep) {
    for kind in ["info", "mod", "zip"] {
        assert!(server.get(&file("v1.1.0", kind)).is_whole(), "{kind}");
    }
    assert_eq!(
        server.get("/example.com/a/@v/list").text(),
        "v1.0.0\nv1.1.0\n"
    );
}

#[test]
fn a_version_is_withdrawn_in_a_running_server_and_given_back() {
    const REASON: &str = "it steals credentials, INC-17";
    let mut site = kept();
    let data = site.server.data().to_owned();
    let withdrawn = store(&["withdraw", EVIL, "--reason", REASON], &data);
    withdrawn.assert_ok();
    assert_refused(&site.server, "MK4041", REASON);
    assert_eq!(site.upstream.count_path("example.com/a/@v/v1.1.0.zip"), 0);

    // For the go command it does not exist any more, and who asks for it by name is told why.
    let go = Go::new(&site.server.url());
    let latest = go.get("example.com/a@latest");
    assert!(latest.assert_ok().stderr.contains("v1.0.0"), "{latest}");
    let named = go.get(EVIL);
    named.assert_fails_with("MK4041");
    assert!(named.stderr.contains(REASON), "{named}");

    // It outlives a restart, a rebuild, and an export leaves it out.
    let waits = store(&["resolve"], &data);
    waits.assert_fails_with("MK3006");
    site.server.stop();
    assert!(!data.join("control").exists());
    store(&["rebuild"], &data).assert_ok();
    let waits = store(&["resolve"], &data);
    assert!(
        waits.stdout.contains(&format!("{EVIL}: withdrawn on ")),
        "{waits}"
    );
    let tree = tempfile::tempdir().unwrap();
    let (root, bundle) = (tree.path().join("tree"), tree.path().join("a.bundle"));
    store(&["export", root.to_str().unwrap()], &data).assert_ok();
    let exported = root.join("example.com/a/@v");
    assert_eq!(
        fs::read_to_string(exported.join("list")).unwrap(),
        "v1.0.0\n"
    );
    assert!(!exported.join("v1.1.0.zip").exists());
    store(&["export", "--bundle", bundle.to_str().unwrap()], &data).assert_ok();
    let bytes = fs::read(&bundle).unwrap();
    let has = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    assert!(has(b"@v/v1.0.0.zip") && !has(b"@v/v1.1.0.zip"));
    store(&["verify", "--offline"], &data).assert_ok();
    site.server.start();
    assert_refused(&site.server, "MK4041", REASON);

    // Taken back, on the running server.
    let order = withdrawn.stdout.lines();
    let mut order = order.filter_map(|line| line.strip_prefix("to take it back: modkeep store "));
    let order = order.next_back().unwrap().strip_suffix("...").unwrap();
    let order: Vec<&str> = order.split_whitespace().chain(["a false alarm"]).collect();
    let back = store(&order, &data);
    back.assert_ok();
    assert_served(&site.server);
    assert_eq!(
        store(&order, &data).status.code(),
        Some(1),
        "it is not withdrawn"
    );
    let journal = fs::read_dir(data.join("journal")).unwrap();
    let lines: String = journal
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default())
        .collect();
    for words in [
        REASON,
        "version-withdrawn",
        "version-reinstated",
        "a false alarm",
    ] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
}

#[test]
fn what_is_not_kept_is_not_withdrawn_and_the_command_says_what_to_do() {
    let site = kept();
    let typo = ["withdraw", "example.com/a@v1.2.0", "--reason", "x"];
    let output = store(&typo, site.server.data());
    assert_eq!(output.status.code(), Some(1), "{output}");
    assert!(output.stdout.contains("[[deny]]"), "{output}");
    for wrong in ["example.com/a", "example.com/a@latest", "../a@v1.0.0"] {
        let output = store(&["withdraw", wrong, "--reason", "x"], site.server.data());
        output.assert_fails_with("MK6001");
    }
    assert_served(&site.server);
}

#[cfg(unix)]
#[test]
fn orders_are_taken_from_the_owner_of_the_data_alone_and_garbage_from_nobody() {
    use std::io::{Read as _, Write as _};
    use std::os::unix::{fs::MetadataExt as _, net::UnixStream};
    let site = kept();
    let socket = site.server.data().join("control");
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
    let long = format!("{{\"order\":\"{}\"}}\n", "x".repeat(200_000));
    for garbage in [
        "\n",
        "{}\n",
        "GET / HTTP/1.1\r\n\r\n",
        "{\"order\":\"no\"}\n",
        &long,
    ] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        // A server that has heard enough may hang up before all is said.
        let _ = stream.write_all(garbage.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(
            answer.is_empty() || answer.contains("knows no such order"),
            "{answer}"
        );
    }
    assert_served(&site.server);
}

#[test]
fn a_transfer_under_way_is_cut_when_its_version_is_denied() {
    // Most of the zip is shown, its tail waits for the last bytes.
    let site = DeniedSite::new(&[module("big", 400_000)]);
    let hold = site
        .upstream
        .hold_after(300_000, "example.com/big/@v/v1.0.0.zip");
    let address = site.server.address();
    let client = thread::spawn(move || testkit::client::get(address, &url("big", "zip")));
    hold.wait_for(1);
    site.deny("example.com/big", "it was replaced by a thief");
    // Of another file: the zip would be waited for.
    wait_until(|| site.server.get(&url("big", "mod")).status == 403);
    hold.release();
    let answer = client.join().unwrap();
    assert!(
        answer.as_ref().map_or(true, |answer| !answer.is_whole()),
        "{answer:?}"
    );
    assert_refusal(&site.server.get(&url("big", "zip")), 403, "MK4042");
}

/// A server with a configuration file.
struct DeniedSite {
    upstream: FakeUpstream,
    server: Modkeep,
    config: tempfile::TempDir,
}

impl DeniedSite {
    fn new(modules: &[Module]) -> Self {
        let mut corpus = Corpus::new();
        for module in modules {
            corpus.add(module);
        }
        let upstream = FakeUpstream::start(corpus);
        let config = tempfile::tempdir().unwrap();
        let file = config.path().join("modkeep.toml");
        fs::write(&file, "list-max-age = \"1h\"\n").unwrap();
        let server = Setup::new(BINARY, &upstream.url())
            .option("--config", file.to_str().unwrap())
            .start();
        Self {
            upstream,
            server,
            config,
        }
    }

    fn write(&self, text: &str) {
        let file = self.config.path().join("modkeep.toml");
        let new = file.with_extension("new");
        fs::write(&new, format!("list-max-age = \"1h\"\n{text}")).unwrap();
        fs::rename(new, file).unwrap();
    }

    fn deny(&self, pattern: &str, reason: &str) {
        self.write(&format!(
            "[[deny]]\npattern = \"{pattern}\"\nreason = \"{reason}\"\n"
        ));
    }
}

#[test]
fn what_is_denied_is_refused_at_once_and_nothing_is_asked_about_it() {
    let site = DeniedSite::new(&versions());
    for version in ["v1.0.0", "v1.1.0"] {
        for kind in ["info", "mod", "zip"] {
            assert!(site.server.get(&file(version, kind)).is_whole());
        }
    }
    assert!(
        site.server
            .get("/example.com/a/@latest")
            .text()
            .contains("v1.1.0")
    );
    assert_served(&site.server);

    // A version of what is kept and held in memory.
    site.deny("example.com/*@>=v1.1.0", "compromised since v1.1.0");
    wait_until(|| site.server.get(&file("v1.1.0", "mod")).status == 403);
    assert_refused(&site.server, "MK4042", "compromised since v1.1.0");

    // A wrong file changes nothing, and the log says so.
    site.write("[[deny]]\npatern = \"example.com/a\"\nreason = \"x\"\n");
    wait_until(|| site.server.log().contains("did you mean \"pattern\"?"));
    assert_refused(&site.server, "MK4042", "compromised since v1.1.0");

    // A whole module that nothing is kept of: nobody hears its name.
    site.deny("Example.com/other", "typosquatting");
    wait_until(|| site.server.get("/example.com/other/@v/list").status == 403);
    assert_served(&site.server);
    site.upstream.forget();
    for path in [
        "@v/list",
        "@latest",
        "@v/main.info",
        "@v/v1.0.0.info",
        "@v/v1.0.0.mod",
        "@v/v1.0.0.zip",
    ] {
        for name in ["other", "other/sub", "!other"] {
            let answer = site.server.get(&format!("/example.com/{name}/{path}"));
            assert_refusal(&answer, 403, "MK4042");
            assert!(answer.text().contains("typosquatting"), "{}", answer.text());
        }
    }
    site.upstream.assert_untouched();
    Go::new(&site.server.url())
        .get("example.com/other@latest")
        .assert_fails_with("typosquatting");

    // What ended does not hold.
    site.write("[[deny]]\npattern = \"example.com/other\"\nreason = \"x\"\nuntil = 2020-01-01\n");
    wait_until(|| site.server.get("/example.com/other/@v/list").status == 404);
}

#[test]
fn the_go_command_goes_past_a_denied_latest_and_a_branch_that_means_it_is_refused() {
    let site = DeniedSite::new(&versions());
    site.deny("example.com/a@v1.1.0", "stolen");
    wait_until(|| site.server.get(&file("v1.1.0", "info")).status == 403);
    let go = Go::new(&site.server.url());
    let output = go.get("example.com/a@latest");
    assert!(output.assert_ok().stderr.contains("v1.0.0"), "{output}");
    site.upstream.always(
        "example.com/a/@v/main.info",
        Fault::replace(r#"{"Version":"v1.1.0","Time":"2026-01-01T00:00:00Z"}"#),
    );
    assert_refusal(
        &site.server.get("/example.com/a/@v/main.info"),
        403,
        "MK4042",
    );
    // Nothing of it was kept on the way.
    site.write("");
    wait_until(|| site.server.get(&file("v1.1.0", "info")).status == 200);
}

#[test]
fn a_wrong_deny_list_stops_a_start() {
    let config = tempfile::tempdir().unwrap();
    let file = config.path().join("modkeep.toml");
    fs::write(&file, "[[deny]]\npattern = \"[a-\"\nreason = \"x\"\n").unwrap();
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["config", "check"],
    ] {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--config").arg(&file);
        let output = process::run(&mut command, Duration::from_secs(20));
        output.assert_fails_with("MK5001");
        assert!(output.stderr.contains("modkeep.toml:2: "), "{output}");
    }
}
