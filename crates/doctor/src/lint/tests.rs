use super::{LINTS, LintCase, lint};
use crate::environment::{ClientReadings, GoEnvironment, GoSettingOrigin};
use std::collections::BTreeMap;

/// What `go env` says where nothing is set.
fn defaults() -> BTreeMap<&'static str, String> {
    [
        ("GO111MODULE", ""),
        ("GOAUTH", "netrc"),
        ("GOFLAGS", ""),
        ("GOINSECURE", ""),
        ("GOMODCACHE", "/home/me/go/pkg/mod"),
        ("GONOPROXY", ""),
        ("GONOSUMDB", ""),
        ("GOPRIVATE", ""),
        ("GOPROXY", "https://proxy.example.com,direct"),
        ("GOSUMDB", "sum.example.com"),
        ("GOTOOLCHAIN", "auto"),
        ("GOVCS", ""),
        ("GOVERSION", "go1.26.8"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// With these variables in the environment, as `go` would read them.
fn machine(variables: &[(&str, &str)], more: ClientReadings<'_>) -> GoEnvironment {
    let mut values = defaults();
    for (name, value) in variables.iter().filter(|(_, value)| !value.is_empty()) {
        if let Some(known) = values.get_mut(name) {
            (*value).clone_into(known);
        }
    }
    let json = serde_json::to_string(&values).unwrap();
    let process = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let readings = ClientReadings {
        env_json: &json,
        process,
        ..more
    };
    GoEnvironment::read(&readings).unwrap()
}

fn found(variables: &[(&str, &str)]) -> Vec<LintCase> {
    lint(&machine(variables, ClientReadings::default()))
}

#[track_caller]
fn is(variables: &[(&str, &str)], id: &str, fix: &str) {
    let lints = found(variables);
    let lint = lints.iter().find(|lint| lint.belief.id == id);
    let lint = lint.unwrap_or_else(|| panic!("no {id} in {lints:?}"));
    let texts: Vec<&str> = lint.fixes.iter().map(|fix| fix.text.as_str()).collect();
    assert!(texts.contains(&fix), "{texts:?}");
}

#[test]
fn defaults_are_not_complained_about() {
    assert_eq!(found(&[]), []);
}

#[test]
fn modules_that_are_turned_off_are_noticed() {
    is(
        &[("GO111MODULE", "off")],
        "env/modules-off",
        "unset GO111MODULE",
    );
    assert_eq!(found(&[("GO111MODULE", "on")]), []);
}

#[test]
fn each_belief_is_found_and_mended_where_the_value_comes_from() {
    is(&[("GOPROXY", "")], "env/empty-proxy", "export GOPROXY=off");
    is(
        &[("GOPROXY", "ftp://x")],
        "env/unreadable-proxy",
        "unset GOPROXY",
    );
    is(
        &[("GOPROXY", "https://p.example.com|direct")],
        "env/pipe-before-direct",
        "export GOPROXY=https://p.example.com",
    );
    is(
        &[("GOPROXY", "https://p.example.com,direct")],
        "env/direct-behind-proxy",
        "export GOPROXY=https://p.example.com",
    );
    is(
        &[
            ("GOPROXY", "https://p.example.com"),
            ("GOPRIVATE", "git.example.com"),
        ],
        "env/private-bypasses-proxy",
        "export GONOPROXY=none",
    );
    is(
        &[("GONOSUMDB", "*")],
        "env/matches-everything",
        "unset GONOSUMDB",
    );
    is(
        &[("GOPRIVATE", "a.example.com,[")],
        "env/malformed-pattern",
        "export GOPRIVATE=a.example.com",
    );
    is(
        &[("GOINSECURE", "a.example.com")],
        "env/insecure",
        "unset GOINSECURE",
    );
    is(&[("GOVCS", "*:all")], "env/any-vcs", "unset GOVCS");
    is(&[("GOSUMDB", "off")], "env/sumdb-off", "unset GOSUMDB");
    is(
        &[("GOFLAGS", "-mod=mod -trimpath")],
        "env/flags-mod-mod",
        "export GOFLAGS=-trimpath",
    );
    is(
        &[("GOFLAGS", "-insecure")],
        "env/flags-insecure",
        "unset GOFLAGS",
    );
    is(
        &[("GOAUTH", "netrc,/bin/tool")],
        "env/goauth-form",
        "export GOAUTH='netrc;/bin/tool'",
    );
    is(
        &[("GOPORXY", "x")],
        "env/misspelt",
        "export GOPROXY=\"$GOPORXY\"; unset GOPORXY",
    );
    is(
        &[("GONOSUMCHECK", "1")],
        "env/misspelt",
        "unset GONOSUMCHECK",
    );
    is(
        &[
            ("GOPROXY", "https://goproxy.corp"),
            ("HTTPS_PROXY", "http://web.corp:3128"),
            ("NO_PROXY", "a.corp"),
        ],
        "env/http-proxy-catches",
        "export NO_PROXY=a.corp,goproxy.corp",
    );
}

#[test]
fn a_host_that_no_proxy_names_is_fine() {
    let lints = found(&[
        ("GOPROXY", "https://goproxy.corp"),
        ("HTTPS_PROXY", "http://web.corp:3128"),
        ("NO_PROXY", ".corp"),
    ]);
    assert_eq!(lints, []);
}

#[test]
fn passwords_are_shown_nowhere() {
    let hosted = "https://p.example.com/secret/go?secret|me:secret@q.example.com/secret/go,direct";
    let shown: Vec<String> = found(&[("GOPROXY", hosted)])
        .into_iter()
        .map(|lint| lint.value)
        .collect();
    let expected = "https://p.example.com/redacted|q.example.com/redacted,direct";
    assert!(shown.iter().all(|value| value == expected), "{shown:?}");
    assert!(!shown.is_empty());
    let lints = found(&[("GOPROXY", "http://me:secret@p.example.com,direct")]);
    assert!(
        lints
            .iter()
            .any(|lint| lint.belief.id == "env/credentials-on-http")
    );
    let text = format!("{lints:?}{}", serde_json::to_string(&lints).unwrap());
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn netrc_has_to_name_the_port() {
    let variables = [("GOPROXY", "https://p.example.com:8443")];
    let with = |netrc| {
        let readings = ClientReadings {
            netrc: Some(netrc),
            ..ClientReadings::default()
        };
        lint(&machine(&variables, readings))
    };
    let lints = with("machine p.example.com login a password b\n");
    assert_eq!(lints.first().unwrap().belief.id, "env/netrc-without-port");
    assert_eq!(
        with("machine p.example.com:8443\nlogin a\npassword b\n"),
        []
    );
}

#[test]
fn a_value_of_the_file_is_mended_in_the_file() {
    let mut values = defaults();
    values.insert("GOSUMDB", "off".to_owned());
    let json = serde_json::to_string(&values).unwrap();
    let readings = ClientReadings {
        env_json: &json,
        file: Some("# comment\nGOSUMDB=off\n"),
        ..ClientReadings::default()
    };
    let lints = lint(&GoEnvironment::read(&readings).unwrap());
    let first = lints.first().unwrap();
    assert_eq!(first.origin, GoSettingOrigin::File);
    assert_eq!(first.fixes.first().unwrap().text, "go env -u GOSUMDB");
}

#[test]
fn a_newer_go_line_needs_a_toolchain() {
    let with = |go_mod: &'static str| {
        let readings = ClientReadings {
            go_mod: Some(go_mod.as_bytes()),
            ..ClientReadings::default()
        };
        lint(&machine(&[("GOTOOLCHAIN", "local")], readings))
    };
    let lints = with("module example.com/a\n\ngo 1.27\n");
    assert_eq!(lints.first().unwrap().belief.id, "env/toolchain-local");
    assert_eq!(with("module example.com/a\n\ngo 1.26.8\n"), []);
}

#[test]
fn torn_state_and_read_only_caches_are_found() {
    let readings = ClientReadings {
        cache_is_writable: Some(false),
        heads: vec![(
            "sum.example.com".to_owned(),
            "go.sum database tree\n12\n".to_owned(),
        )],
        ..ClientReadings::default()
    };
    let lints = lint(&machine(&[], readings));
    let ids: Vec<&str> = lints.iter().map(|lint| lint.belief.id).collect();
    assert_eq!(ids, ["env/sumdb-state", "env/read-only-cache"]);
}

#[test]
fn beliefs_have_ids_of_their_own_and_short_words() {
    let mut ids: Vec<&str> = LINTS.iter().map(|belief| belief.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), LINTS.len());
    for belief in LINTS {
        assert!(belief.truth.len() <= 240, "{}", belief.id);
    }
}

#[test]
fn the_real_go_is_read() {
    let output = testkit::go::Go::new("off").run(&["env", "-json"], std::path::Path::new("/"));
    let readings = ClientReadings {
        env_json: &output.assert_ok().stdout,
        process: vec![("GOPROXY".to_owned(), "off".to_owned())],
        ..ClientReadings::default()
    };
    let environment = GoEnvironment::read(&readings).unwrap();
    assert_eq!(
        environment.get("GOPROXY").unwrap().origin,
        GoSettingOrigin::Environment
    );
    assert!(environment.value("GOVERSION").starts_with("go1."));
}

#[test]
fn what_is_printed_names_belief_fact_and_command() {
    let lints = found(&[
        ("GOPROXY", "https://p.example.com|direct"),
        ("GONOSUMDB", "*"),
    ]);
    insta::assert_snapshot!(crate::report_lints(&lints, crate::ColourMode::Never));
}

#[track_caller]
fn is_not(variables: &[(&str, &str)], id: &str) {
    let lints = found(variables);
    assert!(lints.iter().all(|lint| lint.belief.id != id), "{lints:?}");
}

#[test]
fn what_public_mirrors_recommend_is_no_problem() {
    for list in [
        "https://goproxy.cn,direct",
        "https://goproxy.cn,https://mirrors.aliyun.com/goproxy/,direct",
        "https://mirrors.aliyun.com/goproxy/, direct",
        "https://goproxy.io|direct",
        "https://first.golang.org,direct",
        "goproxy.cn,direct",
    ] {
        let lints = found(&[
            ("GOPROXY", list),
            ("GO111MODULE", "on"),
            ("GOSUMDB", "sum.golang.google.cn"),
        ]);
        assert_eq!(lints, [], "{list}");
    }
    // With a private prefix, too: a public proxy must not be asked for it.
    let private = [
        ("GOPROXY", "https://goproxy.cn,direct"),
        ("GOPRIVATE", "git.example.com"),
    ];
    assert_eq!(found(&private), []);
    // Behind one's own proxy both are what they were.
    is(
        &[("GOPROXY", "https://p.example.com,https://goproxy.cn,direct")],
        "env/direct-behind-proxy",
        "export GOPROXY=https://p.example.com,https://goproxy.cn",
    );
}

#[test]
fn a_mirror_in_gosumdb_is_unset_and_a_database_of_ones_own_is_not() {
    for value in [
        "goproxy.cn",
        "https://goproxy.cn",
        "https://goproxy.cn/sumdb/sum.golang.org",
        "sum.golang.org+https://goproxy.cn/sumdb/sum.golang.org",
        "goproxy.cn+https://goproxy.cn",
        "mirrors.aliyun.com",
        "gosum.io+https://gosum.io/",
    ] {
        is(&[("GOSUMDB", value)], "env/sumdb-mirror", "unset GOSUMDB");
        is_not(&[("GOSUMDB", value)], "env/sumdb-unreadable");
    }
    let own = [
        ("GOPROXY", "https://modkeep.example.com"),
        ("GOSUMDB", "modkeep.example.com"),
    ];
    is(&own, "env/sumdb-mirror", "unset GOSUMDB");
    for value in [
        "sum.example.com",
        "sum.example.com+033de0ae",
        "a b c",
        "sum.golang.google.cn https://x.example.com",
    ] {
        is(&[("GOSUMDB", value)], "env/sumdb-unreadable", "modkeep env");
    }
    let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let at_url = format!("{key} https://goproxy.cn/sumdb/sum.golang.org");
    for value in [
        "sum.golang.org",
        "sum.golang.google.cn",
        "sum.golang.org https://goproxy.cn/sumdb/sum.golang.org",
        key,
        &at_url,
    ] {
        is_not(&[("GOSUMDB", value)], "env/sumdb-mirror");
        is_not(&[("GOSUMDB", value)], "env/sumdb-unreadable");
    }
}

#[test]
fn a_pattern_with_a_scheme_is_found_and_written_as_it_was_meant() {
    for name in ["GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"] {
        let fix = format!("export {name}=git.example.com");
        is(
            &[(name, "https://git.example.com")],
            "env/dead-pattern",
            &fix,
        );
    }
    is(
        &[(
            "GOPRIVATE",
            "git.example.com, http://code.example.com:8080/team",
        )],
        "env/dead-pattern",
        "export GOPRIVATE=git.example.com,code.example.com/team",
    );
    is_not(
        &[("GOPRIVATE", "*.example.com,github.com/me")],
        "env/dead-pattern",
    );
    // Nothing goes past the proxy by a pattern that matches nothing.
    let own = [
        ("GOPROXY", "https://p.example.com"),
        ("GOPRIVATE", "https://git.example.com"),
    ];
    is_not(&own, "env/private-bypasses-proxy");
}

#[test]
fn a_pattern_that_takes_a_whole_code_host_is_found() {
    for value in [
        "github.com",
        "github.com/*",
        "*.com",
        "git*",
        "gitee.com,git.example.com",
    ] {
        is(
            &[("GONOSUMDB", value)],
            "env/matches-public-host",
            "unset GONOSUMDB",
        );
    }
    is_not(
        &[("GONOSUMDB", "github.com/gin-gonic,*.example.com")],
        "env/matches-public-host",
    );
}

#[test]
fn http_without_a_database_is_found_with_the_way_out() {
    let together = [
        ("GOPROXY", "http://goproxy.example.com"),
        ("GOSUMDB", "off"),
        ("GOINSECURE", "git.example.com"),
    ];
    let lints = found(&together);
    let lint = lints
        .iter()
        .find(|lint| lint.belief.id == "env/nothing-proves")
        .unwrap();
    let fixes: Vec<&str> = lint.fixes.iter().map(|fix| fix.text.as_str()).collect();
    assert_eq!(
        fixes,
        [
            "export GONOSUMDB=git.example.com",
            "unset GOSUMDB",
            "unset GOINSECURE",
            "modkeep serve --tls-cert FILE --tls-key FILE"
        ]
    );
    is_not(
        &[("GOPROXY", "http://127.0.0.1:3000"), ("GOSUMDB", "off")],
        "env/nothing-proves",
    );
    is_not(
        &[
            ("GOPROXY", "https://goproxy.example.com"),
            ("GOSUMDB", "off"),
        ],
        "env/nothing-proves",
    );
    is_not(
        &[("GOPROXY", "http://goproxy.example.com")],
        "env/nothing-proves",
    );
}

#[test]
fn lists_that_are_separated_otherwise_or_end_too_early_are_written_right() {
    for value in [
        "https://goproxy.cn direct",
        "https://goproxy.cn\u{ff0c}direct",
        "\"https://goproxy.cn,direct\"",
        "https://goproxy.cn;direct",
    ] {
        is(
            &[("GOPROXY", value)],
            "env/unreadable-proxy",
            "export GOPROXY=https://goproxy.cn,direct",
        );
    }
    is(
        &[("GOPROXY", "direct,https://goproxy.cn")],
        "env/behind-the-end",
        "export GOPROXY=https://goproxy.cn,direct",
    );
    is_not(
        &[("GOPROXY", "https://goproxy.cn,direct,direct")],
        "env/behind-the-end",
    );
}

#[test]
fn the_database_is_not_switched_on_by_itself_where_names_would_leak() {
    let carried_out = |insecure: &str| {
        let mut values = defaults();
        values.insert("GOSUMDB", "off".to_owned());
        values.insert("GOINSECURE", insecure.to_owned());
        let json = serde_json::to_string(&values).unwrap();
        let file = format!("GOSUMDB=off\nGOINSECURE={insecure}\n");
        let readings = ClientReadings {
            env_json: &json,
            file: Some(&file),
            ..ClientReadings::default()
        };
        let lints = lint(&GoEnvironment::read(&readings).unwrap());
        let off = lints
            .into_iter()
            .find(|lint| lint.belief.id == "env/sumdb-off");
        let fixes = off.unwrap().fixes;
        assert_eq!(fixes.first().unwrap().text, "go env -u GOSUMDB");
        fixes
            .iter()
            .any(|fix| crate::fix_action::FixAction::of(fix).is_some())
    };
    assert!(carried_out(""));
    assert!(!carried_out("git.example.com"));
}
