//! `config check` and `serve` are of one mind, and say everything that is wrong at once.

use std::fs;
use std::process::Command;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::process::{self, Output};
use testkit::server::Setup;
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, module, url};

const LIMIT: Duration = Duration::from_mins(1);

/// `modkeep ARGUMENTS` of somebody with nothing but these variables.
fn modkeep(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .envs(variables.iter().copied());
    process::run(&mut command, LIMIT)
}

/// What `serve` and `config check` say of the same configuration, which is the same.
#[track_caller]
fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().to_str().unwrap();
    let of = |command: &[&str]| {
        let listen = ["--listen", "127.0.0.1:0", "--data", data];
        let output = modkeep(&[command, &listen, arguments].concat(), variables);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {output}");
        output.stderr
    };
    let (served, checked) = (of(&["serve"]), of(&["config", "check"]));
    assert_eq!(served, checked);
    checked
}

#[test]
fn what_serve_refuses_the_check_refuses_in_the_same_words() {
    for (arguments, words) in [
        (
            &["--ca", "/nowhere/ca.pem"][..],
            "--ca: trusted roots cannot be read",
        ),
        (
            &["--own-sumdb", "sum.example.com/2026"],
            "sum.example.com/2026 has no key in ",
        ),
        (
            &["--upstream", "http://user:word@a.example.com"],
            "credentials on plain http",
        ),
        (&["--upstream", "ftp://a.example.com"], "invalid scheme"),
        (
            &["--log-level", "warning"],
            "\"warning\" is no level; there are: error, warn, info",
        ),
        (&["--no-sumdb", "["], "\"[\" is no glob"),
        (&["--sumdb", "sum.example.com"], "its key is needed"),
    ] {
        let text = refusal(arguments, &[]);
        assert!(text.contains(words), "{arguments:?}: {text}");
        assert!(text.contains("mend it: "), "{text}");
    }
}

#[test]
fn a_data_directory_that_is_a_file_is_refused_before_anything_starts() {
    for command in [&["serve"][..], &["config", "check"]] {
        let output = modkeep(&[command, &["--data", BINARY]].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{output}");
        assert!(output.stderr.contains("is no directory"), "{output}");
    }
}

#[test]
fn all_that_is_wrong_in_flags_variables_and_file_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("modkeep.toml");
    fs::write(
        &file,
        "upstrem = 'off'\nca = '/nowhere/ca.pem'\nupstream-hedge = 'maybe'\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let text = refusal(
        &["--config", file, "--idle-timeout", "soon"],
        &[
            ("MODKEEP_PRIVAT", "git.example.com"),
            ("MODKEEP_UPSTREAM", "off"),
        ],
    );
    for words in [
        "5 things are wrong:",
        "did you mean MODKEEP_PRIVATE?",
        "modkeep.toml:1: unknown key \"upstrem\"; did you mean \"upstream\"?",
        "modkeep.toml:2): trusted roots cannot be read",
        "modkeep.toml:3): \"maybe\" is neither on nor off",
        "--idle-timeout: \"soon\" is no time",
        "mend it: rename it to MODKEEP_PRIVATE, or unset it",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn a_misspelt_variable_is_refused_by_every_command_that_reads_the_configuration() {
    for command in [
        &["env"][..],
        &["store", "verify"],
        &["sumdb", "list"],
        &["gate"],
        &["doctor"],
    ] {
        let output = modkeep(command, &[("MODKEEP_PRIVAT", "git.example.com")]);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {output}");
        assert!(
            output.stderr.contains("MODKEEP_PRIVATE"),
            "{command:?}: {output}"
        );
    }
    let of_platform = [
        ("MODKEEP_PORT", "tcp://10.0.0.1:3000"),
        ("MODKEEP_SERVICE_HOST", "10.0.0.1"),
    ];
    modkeep(&["env"], &of_platform).assert_ok();
}

#[test]
fn what_is_shown_is_a_file_with_the_same_values_and_no_secret() {
    let secret = "https://robot:topsecret@a.example.com/topsecret";
    let options = [
        "--private",
        "git.example.com,*.corp.example.com",
        "--upstream-hedge",
        "off",
        "--max-connections",
        "7",
        "--upstream",
        "https://a.example.com,direct",
    ];
    let shown = modkeep(&[&["config", "show"][..], &options].concat(), &[]);
    for line in [
        "private = [\"git.example.com\", \"*.corp.example.com\"]\n",
        "upstream-hedge = false\n",
        "upstream-breaker = true\n",
        "max-connections = 7\n",
        "upstream = [\"https://a.example.com\", \"direct\"]\n",
    ] {
        assert!(shown.stdout.contains(line), "{line}{shown}");
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("modkeep.toml");
    fs::write(&file, &shown.stdout).unwrap();
    let again = modkeep(&["config", "show", "--config", file.to_str().unwrap()], &[]);
    assert_eq!(again.stdout, shown.stdout, "{again}");

    for option in ["--upstream", "--private-upstream", "--vulndb"] {
        let shown = modkeep(&["config", "show", option, secret], &[]);
        shown.assert_ok();
        assert!(
            !shown.to_string().contains("topsecret"),
            "{option}: {shown}"
        );
        let origin = "a.example.com";
        assert!(shown.stdout.contains(origin), "{option}: {shown}");
    }
}

#[test]
fn whoever_named_no_upstream_is_told_which_one_is_asked() {
    let output = modkeep(&["run", "--", "/bin/sh", "-c", "exit 0"], &[]);
    let words = "no upstream is configured, so modules come from https://goproxy.cn,direct";
    assert!(output.stderr.contains(words), "{output}");
    assert!(output.stderr.contains("MODKEEP_UPSTREAM=LIST"), "{output}");
    let output = modkeep(
        &["run", "--upstream", "off", "--", "/bin/sh", "-c", "exit 0"],
        &[],
    );
    assert!(
        !output.stderr.contains("no upstream is configured"),
        "{output}"
    );
}

#[test]
fn a_store_that_is_not_there_is_no_healthy_store() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("typo");
    let typo = data.to_str().unwrap();
    let target = directory.path().join("target");
    let target = target.to_str().unwrap();
    for command in [
        &["store", "verify", "--offline"][..],
        &["store", "rebuild"],
        &["store", "export", target],
        &["store", "export", "--bundle", target],
        &["store", "withdraw", "example.com/m@v1.0.0", "--reason", "x"],
        &["store", "resolve"],
        &["sumdb", "list"],
        &["sumdb", "retire", "sum.example.com/2026"],
        &["sumdb", "resume", "sum.example.com/2026"],
    ] {
        let output = modkeep(&[command, &["--data", typo]].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {output}");
        assert!(
            output.stderr.contains("there is no store"),
            "{command:?}: {output}"
        );
        assert!(!data.exists(), "{command:?} made it");
    }
}

/// A configuration file in a directory of its own.
fn written(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("modkeep.toml");
    fs::write(&file, text).unwrap();
    let name = file.to_str().unwrap().to_owned();
    (directory, name)
}

#[test]
fn sections_variables_and_flags_have_an_order_and_every_value_tells_its_origin() {
    let (_directory, file) = written(
        "[verify]\nmode = 'available'\n[limits]\nmax-connections = 7\nidle-timeout = '3m'\n[fetch]\nbreaker = false\n",
    );
    let shown = modkeep(
        &[
            "config",
            "show",
            "--origin",
            "--config",
            &file,
            "--idle-timeout",
            "4m",
        ],
        &[
            ("MODKEEP_LIMITS__MAX_CONNECTIONS", "8"),
            ("MODKEEP_FETCH__HEDGE", "off"),
        ],
    );
    shown.assert_ok();
    let in_file = |line: usize| format!("{file}:{line}");
    for line in [
        format!("verify = \"available\"  # {}\n", in_file(2)),
        format!("upstream-breaker = false  # {}\n", in_file(7)),
        "max-connections = 8  # environment MODKEEP_LIMITS__MAX_CONNECTIONS\n".to_owned(),
        "upstream-hedge = false  # environment MODKEEP_FETCH__HEDGE\n".to_owned(),
        "idle-timeout = \"4m\"  # flag\n".to_owned(),
        "list-max-age = \"60s\"  # default\n".to_owned(),
    ] {
        assert!(shown.stdout.contains(&line), "{line}{shown}");
    }
}

#[test]
fn what_is_shown_in_sections_is_a_file_with_the_same_values_and_no_secret() {
    let (_directory, file) = written(
        "[log]\nformat = 'json'\n\
         [[upstream]]\nname = 'company'\nurl = 'https://robot:topsecret@a.example.com/topsecret'\nfallback = 'failure'\n\
         [[upstream]]\nurl = 'direct'\n\
         [[private.upstream]]\nurl = 'https://b.example.com'\nbreaker = false\n\
         [[deny]]\npattern = 'example.com/m'\nreason = 'x'\n",
    );
    modkeep(&["config", "check", "--config", &file], &[]).assert_ok();
    for form in [&["config", "show"][..], &["config", "show", "--nested"]] {
        let shown = modkeep(&[form, &["--config", &file]].concat(), &[]);
        assert!(!shown.to_string().contains("topsecret"), "{shown}");
        for words in [
            "[[upstream]]\nname = \"company\"\n",
            "fallback = \"failure\"",
            "[[deny]]",
        ] {
            assert!(shown.stdout.contains(words), "{words}{shown}");
        }
        let (_directory, again) = written(&shown.stdout);
        let again = modkeep(&[form, &["--config", &again]].concat(), &[]);
        assert_eq!(again.stdout, shown.stdout, "{again}");
    }
}

#[test]
fn one_option_in_two_ways_and_misspelt_keys_of_sections_are_refused_with_their_places() {
    let (_directory, file) = written(
        "verify = 'off'\n[limits]\nmax-conections = 7\n\n[fetch]\nbreaker = 'maybe'\n[cache]\nmemory = 7\n",
    );
    let text = refusal(
        &["--config", &file],
        &[
            ("MODKEEP_LOG_FORMAT", "json"),
            ("MODKEEP_LOG__FORMAT", "text"),
            ("MODKEEP_VERIFY__MOD", "off"),
            ("MODKEEP_UPSTREAM", "off"),
        ],
    );
    for words in [
        "4 things are wrong:",
        "environment MODKEEP_LOG__FORMAT: MODKEEP_LOG_FORMAT sets the same",
        "did you mean MODKEEP_VERIFY__MODE?",
        "modkeep.toml:3: unknown key \"max-conections\" in [limits]; did you mean \"max-connections\"?",
        "mend it: rename it to max-connections, or remove it; it is at line 3, column 1",
        "fetch.breaker (",
        "modkeep.toml:6): \"maybe\" is neither on nor off",
        "mend it: write `breaker = false`, for example, in line 6 of ",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn the_schema_is_json_and_the_template_is_a_file() {
    let schema = modkeep(&["config", "schema"], &[]);
    schema.assert_ok();
    let schema: serde_json::Value = serde_json::from_str(&schema.stdout).unwrap();
    let described = &schema["$defs"]["VerifySection"]["properties"]["mode"]["description"];
    assert!(
        described
            .as_str()
            .unwrap()
            .starts_with("Proof against the checksum database")
    );
    let template = modkeep(&["config", "template"], &[]);
    let (_directory, file) = written(&template.stdout);
    modkeep(&["config", "check", "--config", &file], &[]).assert_ok();
}

#[test]
fn an_upstream_that_is_a_table_goes_by_its_name() {
    let mut corpus = Corpus::new();
    corpus.add(&module("a", 10));
    let upstream = FakeUpstream::start(corpus);
    let (_directory, file) = written(&format!(
        "[private]\nmodules = ['example.com']\n[[private.upstream]]\nname = 'company'\nurl = '{}'\nbreaker = false\n",
        upstream.url()
    ));
    let server = Setup::new(BINARY, "off").option("--config", &file).start();
    let answer = server.get(&url("a", "mod"));
    assert!(answer.is_whole(), "{answer:?}");
    assert_eq!(answer.header("modkeep-source"), Some("upstream company"));
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("upstream=\"company\""), "{metrics}");
}
