//! Which layer wins, and what the others may not do.

use super::{FlagValues, ResolvedConfig, layers};
use crate::ValueOrigin;
use crate::{Environment, Settings, file::ConfigFile};
use std::{collections::BTreeMap, path::Path};

/// An environment of these variables, and of this answer of `go env GOPROXY`.
#[derive(Default)]
struct Fake {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<&'static str, &'static str>,
    go: Option<&'static str>,
}

impl Environment for Fake {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|text| (*text).to_owned())
    }

    fn names(&self) -> Vec<String> {
        self.variables
            .keys()
            .map(|name| (*name).to_owned())
            .collect()
    }

    fn go_file(&self, name: &str) -> Option<String> {
        self.files.get(name).map(|text| (*text).to_owned())
    }

    fn go_env(&self, _name: &str) -> Option<String> {
        self.go.map(str::to_owned)
    }
}

fn fake<const N: usize>(variables: [(&'static str, &'static str); N]) -> Fake {
    Fake {
        variables: BTreeMap::from(variables),
        ..Fake::default()
    }
}

fn file(text: &str) -> ConfigFile {
    ConfigFile::parse(Path::new("m.toml"), text)
}

fn found(resolved: &ResolvedConfig, name: &str) -> (String, String) {
    let sourced = resolved.get(name).unwrap();
    (sourced.text.clone(), sourced.origin.to_string())
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let flags = FlagValues::from([("idle-timeout", "1s".to_owned())]);
    let environment = fake([
        ("MODKEEP_IDLE_TIMEOUT", "2s"),
        ("MODKEEP_DRAIN_TIMEOUT", "2s"),
    ]);
    let file = file("idle-timeout = \"3s\"\ndrain-timeout = \"3s\"\nlist-max-age = \"3s\"\n");
    let resolved = layers(&flags, &environment, Some(&file)).checked().unwrap();
    for (name, text, origin) in [
        ("idle-timeout", "1s", "flag"),
        ("drain-timeout", "2s", "environment MODKEEP_DRAIN_TIMEOUT"),
        ("list-max-age", "3s", "m.toml:3"),
        ("list-stale", "60s", "default"),
    ] {
        assert_eq!(found(&resolved, name), (text.to_owned(), origin.to_owned()));
    }
    assert!(resolved.get("ca").is_none());
}

#[test]
fn the_upstream_list_is_found_where_go_would_find_its_own() {
    let at = |environment: &Fake| {
        found(
            &layers(&FlagValues::new(), environment, None)
                .checked()
                .unwrap(),
            "upstream",
        )
    };
    let all = Fake {
        go: Some("https://go.example.com"),
        ..fake([("GOPROXY", "https://env.example.com")])
    };
    assert_eq!(
        at(&all),
        (
            "https://env.example.com".to_owned(),
            "environment GOPROXY".to_owned()
        )
    );
    let ours = fake([
        ("GOPROXY", "https://env.example.com"),
        ("MODKEEP_UPSTREAM", "off"),
    ]);
    assert_eq!(
        at(&ours),
        ("off".to_owned(), "environment MODKEEP_UPSTREAM".to_owned())
    );
    let go = Fake {
        go: Some("https://go.example.com"),
        ..fake([])
    };
    assert_eq!(
        at(&go),
        (
            "https://go.example.com".to_owned(),
            "go env GOPROXY".to_owned()
        )
    );
    assert_eq!(at(&fake([])).1, ValueOrigin::Default.to_string());
}

/// As `go` decides: `useSumDB` and `lookup` of cmd/go/internal/modfetch.
#[test]
fn what_stays_private_is_found_where_go_would_find_it() {
    let kept = |environment: &Fake, flags: &[(&'static str, &str)]| {
        let flags = flags.iter().map(|(name, text)| (*name, (*text).to_owned()));
        let resolved = layers(&flags.collect(), environment, None)
            .checked()
            .unwrap();
        let (private, no_sumdb) = (resolved.private().unwrap(), resolved.no_sumdb().unwrap());
        (private.to_string(), no_sumdb.to_string())
    };
    let both = |private: &str, no_sumdb: &str| (private.to_owned(), no_sumdb.to_owned());
    for (variables, expected) in [
        (vec![], both("", "")),
        (vec![("GOPRIVATE", "p")], both("p", "p")),
        (vec![("GONOSUMDB", "s")], both("", "s")),
        (vec![("GONOPROXY", "x")], both("x", "")),
        (
            vec![("GOPRIVATE", "p"), ("GONOPROXY", "none")],
            both("none", "p"),
        ),
        (
            vec![("GOPRIVATE", "p"), ("GONOSUMDB", "none")],
            both("p", "none"),
        ),
        (
            vec![
                ("GONOSUMCHECK", "s"),
                ("GOINSECURE", "s"),
                ("GOFLAGS", "-insecure"),
            ],
            both("", ""),
        ),
    ] {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let in_variables = Fake {
            variables: variables.clone(),
            ..Fake::default()
        };
        let in_files = Fake {
            files: variables.clone(),
            ..Fake::default()
        };
        assert_eq!(kept(&in_variables, &[]), expected, "{variables:?}");
        assert_eq!(kept(&in_files, &[]), expected, "{variables:?} in a file");
    }
    let narrowed = fake([("GONOSUMDB", "none"), ("GOPRIVATE", "p")]);
    assert_eq!(kept(&narrowed, &[("private", "x")]), both("x", "x,none"));
    assert_eq!(kept(&narrowed, &[("no-sumdb", "y")]), both("p", "y"));
}

#[test]
fn a_variable_beats_a_file_of_gos_and_a_wrong_glob_is_refused() {
    let environment = Fake {
        files: BTreeMap::from([("GONOSUMDB", "file"), ("GOSUMDB", "off")]),
        ..fake([("GONOSUMDB", "variable,[")])
    };
    let resolved = layers(&FlagValues::new(), &environment, None)
        .checked()
        .unwrap();
    assert_eq!(
        found(&resolved, "sumdb"),
        ("off".to_owned(), "go env GOSUMDB".to_owned())
    );
    assert_eq!(
        resolved.no_sumdb().unwrap_err().to_string(),
        "no-sumdb (environment GONOSUMDB): \"[\" is no glob"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_data_directory_follows_the_platform() {
    let at = |environment: &Fake| {
        layers(&FlagValues::new(), environment, None)
            .checked()
            .unwrap()
            .get("data")
            .map(|data| data.text.clone())
    };
    assert_eq!(
        at(&fake([("HOME", "/home/x")])),
        Some("/home/x/.local/share/modkeep".to_owned())
    );
    assert_eq!(
        at(&fake([("HOME", "/home/x"), ("XDG_DATA_HOME", "/d")])),
        Some("/d/modkeep".to_owned())
    );
    assert_eq!(
        at(&fake([("HOME", "/home/x"), ("XDG_DATA_HOME", "relative")])),
        Some("/home/x/.local/share/modkeep".to_owned())
    );
    assert_eq!(at(&fake([])), None);
}

#[test]
fn a_wrong_value_is_refused_with_the_place_it_came_from() {
    let error = |flags: FlagValues, environment: &Fake, text: &str| {
        layers(&flags, environment, Some(&file(text)))
            .checked()
            .unwrap_err()
            .to_string()
    };
    let flags = FlagValues::from([("listen", "nowhere".to_owned())]);
    assert!(error(flags, &fake([]), "").starts_with("--listen: \"nowhere\" is no ADDRESS:PORT"));
    let environment = fake([("MODKEEP_MAX_CONNECTIONS", "0")]);
    assert!(
        error(FlagValues::new(), &environment, "")
            .starts_with("max-connections (environment MODKEEP_MAX_CONNECTIONS): ")
    );
    assert!(
        error(FlagValues::new(), &fake([]), "\nverify = \"requird\"\n").starts_with(
            "verify (m.toml:2): \"requird\" is not known here; it can be: required, available, off"
        )
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_what_mends_it_there() {
    let flags = FlagValues::from([("listen", "nowhere".to_owned())]);
    let environment = fake([
        ("MODKEEP_PRIVAT", "x"),
        ("MODKEEP_LOG_LEVEL", "warning"),
        ("MODKEEP_WITNESS_QUORUM", "2"),
        ("GOPROXY", "ftp://modules.example.com"),
        ("HOME", "/home/x"),
    ]);
    let file = file("upstrem = 'off'\nverify = 'required'\nsumdb = 'off'\nscrub-cpu = 500\n");
    let layers = layers(&flags, &environment, Some(&file));
    let errors = layers.make(Settings::of).map(drop).unwrap_err();
    let places: Vec<String> = errors
        .all()
        .iter()
        .map(|error| error.to_string().split(": ").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        places,
        [
            "environment MODKEEP_PRIVAT",
            "m.toml:1",
            "--listen",
            "log-level (environment MODKEEP_LOG_LEVEL)",
            "upstream (environment GOPROXY)",
            "witness-quorum (environment MODKEEP_WITNESS_QUORUM)",
            "verify (m.toml:2)",
            "scrub-cpu (m.toml:4)",
        ]
    );
    let text = errors.to_string();
    for remedy in [
        "rename it to MODKEEP_PRIVATE, or unset it",
        "give --listen 0.0.0.0:3000, for example, or leave it out",
        "set MODKEEP_UPSTREAM=https://proxy.example.com,https://mirror.example.org, for example, which goes before GOPROXY",
        "write `verify = \"available\"`, for example, in line 2 of m.toml, or remove it",
    ] {
        assert!(text.contains(remedy), "{remedy} in {text}");
    }
}

#[test]
fn an_error_that_another_one_brings_along_is_not_said() {
    let environment = fake([
        ("MODKEEP_WITNESS", "no witness"),
        ("MODKEEP_WITNESS_QUORUM", "1"),
        ("MODKEEP_UPSTREAM", "off"),
        ("HOME", "/home/x"),
    ]);
    let made = layers(&FlagValues::new(), &environment, None).make(Settings::of);
    assert_eq!(made.map(drop).unwrap_err().all().len(), 1);
}

#[test]
fn off_the_network_no_vulnerability_data_is_fetched_unless_a_place_is_named() {
    let fetched = |environment: &Fake| {
        let settings = layers(&FlagValues::new(), environment, None).make(Settings::of);
        settings.unwrap().vulndb.is_some()
    };
    let off = [("HOME", "/home/x"), ("MODKEEP_UPSTREAM", "off")];
    assert!(!fetched(&fake(off)));
    assert!(fetched(&Fake {
        variables: BTreeMap::from(off)
            .into_iter()
            .chain([("MODKEEP_VULNDB", "/srv/vulndb.zip")])
            .collect(),
        ..Fake::default()
    }));
    assert!(fetched(&fake([
        ("HOME", "/home/x"),
        ("MODKEEP_UPSTREAM", "https://a.example.com")
    ])));
}
