use super::{
    FailingHost, MirrorAnswer, MirrorAttempt, MirrorChoice, MirrorQuestion, PublicMirror, StandIn,
    failing, private_guess, question, render,
};
use crate::environment::{ClientReadings, GoEnvironment};
use crate::{ColourMode, classify};
use gomod::goproxy::ProxyUrl;
use gomod::path::ModulePath;
use gomod::version::Version;
use std::time::Duration;

const CN: &str = "https://goproxy.cn";
const IO: &str = "https://goproxy.io";
const ALIYUN: &str = "https://mirrors.aliyun.com/goproxy/";
const DEFAULT: &str = "https://first.golang.org";

fn environment(values: &[(&str, &str)]) -> GoEnvironment {
    let json: std::collections::BTreeMap<&str, &str> = values.iter().copied().collect();
    let json = serde_json::to_string(&json).unwrap();
    let process = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let readings = ClientReadings {
        env_json: &json,
        process: process.filter(|(name, _)| name == "GOPROXY").collect(),
        ..ClientReadings::default()
    };
    GoEnvironment::read(&readings).unwrap()
}

fn wanted(module: &str) -> (ModulePath, Option<Version>) {
    let version = Version::parse("v1.0.0").unwrap();
    (ModulePath::parse(module).unwrap(), Some(version))
}

fn asked() -> MirrorQuestion {
    question(Some(&environment(&[])), Some(wanted("github.com/me/m"))).unwrap()
}

/// A mirror, its latency, whether it has the module, and whether it passes the database on.
fn tried(url: &str, latency: Option<u64>, module: bool, database: bool) -> MirrorAttempt {
    let seen = |yes: bool| match latency {
        None => MirrorAnswer::Unknown("no answer in time".to_owned()),
        Some(_) if yes => MirrorAnswer::Yes,
        Some(_) => MirrorAnswer::No,
    };
    MirrorAttempt {
        mirror: PublicMirror {
            url: ProxyUrl::parse(url).unwrap(),
            is_own: url.contains("corp"),
        },
        latency: latency.map(Duration::from_millis),
        module: seen(module),
        database: seen(database),
    }
}

fn of_go() -> FailingHost {
    FailingHost {
        host: "first.golang.org".to_owned(),
        is_of_go: true,
        module: None,
    }
}

fn choice(tried: Vec<MirrorAttempt>) -> MirrorChoice {
    MirrorChoice::of(Some(of_go()), asked(), tried, Some(&environment(&[])), None)
}

fn best(tried: Vec<MirrorAttempt>) -> Option<String> {
    choice(tried).best.map(|best| best.summary())
}

#[test]
fn the_best_has_the_module_then_is_ones_own_then_proves_then_is_fast() {
    let own = "https://modkeep.corp";
    let slow = tried(CN, Some(300), true, true);
    let fast = tried(IO, Some(20), true, true);
    let unproven = tried(ALIYUN, Some(5), true, false);
    let lacking = tried(IO, Some(1), false, true);
    let dead = tried(IO, None, false, false);
    for (all, expected) in [
        (vec![slow.clone(), fast.clone()], Some(IO)),
        (vec![slow.clone(), lacking.clone()], Some(CN)),
        (vec![unproven.clone(), slow.clone()], Some(CN)),
        (vec![unproven.clone(), dead.clone()], Some(ALIYUN)),
        (
            vec![fast.clone(), tried(own, Some(900), true, false)],
            Some(own),
        ),
        (
            vec![fast.clone(), tried(own, Some(1), false, true)],
            Some(IO),
        ),
        (vec![lacking, dead.clone()], None),
        (vec![dead], None),
        (vec![], None),
        // What failed is not offered, though it answers here.
        (vec![tried(DEFAULT, Some(1), true, true)], None),
        (vec![tried(DEFAULT, Some(1), true, true), slow], Some(CN)),
    ] {
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(best(all.clone()).as_deref(), expected, "{all:?}");
        assert_eq!(best(turned).as_deref(), expected, "{all:?}");
    }
}

#[test]
fn the_lines_are_exact_and_turn_nothing_off() {
    let lines = |tried: MirrorAttempt, values: &[(&str, &str)], guess: Option<&str>| {
        let environment = environment(values);
        let guess = guess.map(str::to_owned);
        let choice = MirrorChoice::of(
            Some(of_go()),
            asked(),
            vec![tried],
            Some(&environment),
            guess,
        );
        choice
            .fixes
            .into_iter()
            .map(|fix| fix.text)
            .collect::<Vec<_>>()
    };
    let cn = || tried(CN, Some(1), true, true);
    assert_eq!(
        lines(cn(), &[], None),
        ["go env -w GOPROXY=https://goproxy.cn,direct"]
    );
    assert_eq!(
        lines(cn(), &[], Some("git.example.com")),
        [
            "go env -w GOPRIVATE=git.example.com",
            "go env -w GOPROXY=https://goproxy.cn,direct"
        ]
    );
    let aliyun = || tried(ALIYUN, Some(1), true, false);
    assert_eq!(
        lines(aliyun(), &[("GOSUMDB", "sum.golang.org")], None),
        [
            "go env -w GOPROXY=https://mirrors.aliyun.com/goproxy,direct",
            "go env -w GOSUMDB=sum.golang.google.cn"
        ]
    );
    for set in ["sum.golang.google.cn", "off", "sum.example.com+033de0ae+x"] {
        assert_eq!(lines(aliyun(), &[("GOSUMDB", set)], None).len(), 1, "{set}");
    }
    // A path of a host that nobody knows may be a token.
    assert_eq!(
        lines(
            tried("https://repo.example.com/token/go", Some(1), true, true),
            &[],
            None
        ),
        [""; 0]
    );
}

#[test]
fn what_does_not_help_is_said_and_nothing_reached_is_no_pass() {
    for all in [vec![], vec![tried(CN, None, false, false)]] {
        let choice = choice(all);
        let page = render(&choice, ColourMode::Never);
        assert!(page.contains("None of them is reached from here"), "{page}");
        assert!(
            page.contains("GOPROXY=\"\" is no cure") && page.contains("GOSUMDB=off is no cure")
        );
        assert!(
            choice.fixes.is_empty() && choice.best.is_none(),
            "{choice:?}"
        );
        let untried = "Untried: where it failed, go env -w GOPROXY=https://goproxy.cn,direct";
        let has_other = choice.tried.len() == 1;
        assert_eq!(
            choice.notes.iter().any(|note| note.starts_with(untried)),
            has_other,
            "{page}"
        );
    }
    let lacking = choice(vec![tried(CN, Some(1), false, true)]);
    assert!(
        lacking.notes[0].contains("does not exist, or it is private"),
        "{lacking:?}"
    );
    let here = choice(vec![tried(DEFAULT, Some(1), true, true)]);
    assert!(here.notes[0].contains("does answer now"), "{here:?}");
}

#[test]
fn a_table_names_latency_module_and_database_of_each() {
    let mut page = choice(vec![
        tried(DEFAULT, None, false, false),
        tried(CN, Some(31), true, true),
        tried(IO, Some(1200), false, true),
        tried(ALIYUN, Some(25), true, false),
    ]);
    page.fixes.truncate(1);
    page.tried[3].module = MirrorAnswer::Unknown("x".repeat(500));
    insta::assert_snapshot!(render(&page, ColourMode::Never));
}

#[test]
fn private_names_are_never_told_to_mirrors() {
    for (values, module) in [
        (
            &[("GOPRIVATE", "git.example.com")][..],
            "git.example.com/team/app",
        ),
        (
            &[("GONOPROXY", "*.example.com")],
            "git.example.com/team/app",
        ),
        (
            &[("GONOSUMDB", "git.example.com/team")],
            "git.example.com/team/app",
        ),
        (
            &[("GOPRIVATE", "https://git.example.com")],
            "git.example.com/team/app",
        ),
        (&[], "git.team.corp/app"),
    ] {
        let asked = question(Some(&environment(values)), Some(wanted(module))).unwrap();
        assert_eq!(asked.stand_in, Some(StandIn::Private), "{module}");
        assert_eq!(asked.subject(), "golang.org/x/text@v0.14.0");
    }
    let unknown = question(None, Some(wanted("github.com/me/m"))).unwrap();
    assert_eq!(unknown.stand_in, Some(StandIn::UnknownSettings));
    let unnamed = question(Some(&environment(&[])), None).unwrap();
    assert_eq!(unnamed.stand_in, Some(StandIn::Unnamed));
    assert_eq!(asked().subject(), "github.com/me/m@v1.0.0");
}

#[test]
fn an_answer_is_looked_at_before_it_counts() {
    let asked = asked();
    assert!(asked.is_answered_by(br#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}"#));
    assert!(!asked.is_answered_by(br#"{"Version":"v1.0.1"}"#));
    assert!(!asked.is_answered_by(b"<html>log in</html>"));
    let any = MirrorQuestion {
        version: None,
        ..asked
    };
    assert!(any.is_answered_by(b"v1.0.0\nv1.1.0\n") && any.is_answered_by(b""));
    assert!(!any.is_answered_by(b"<html>log in</html>"));
}

#[test]
fn patterns_are_guessed_from_what_looks_private_only() {
    let guess = |values: &[(&str, &str)], main, required: &[&'static str]| {
        private_guess(&environment(values), main, required.iter().copied())
    };
    let own = Some("git.example.com/team/app");
    assert_eq!(
        guess(&[], own, &["github.com/a/b"]).as_deref(),
        Some("git.example.com")
    );
    let both = guess(&[], own, &["code.team.internal/x", "golang.org/x/text"]);
    assert_eq!(both.as_deref(), Some("code.team.internal,git.example.com"));
    assert_eq!(guess(&[], Some("github.com/me/app"), &[]), None);
    assert_eq!(guess(&[], Some("app"), &[]), None);
    assert_eq!(guess(&[("GOPRIVATE", "x.example.com")], own, &[]), None);
}

#[test]
fn messages_about_public_proxies_are_told_from_others() {
    let seen = |text: &str| {
        let failing = failing(&classify(text), &["https://mirror.example.com/x"])?;
        let module = failing.module.map(|(module, version)| {
            let version = version.map_or(String::new(), |version| format!("@{}", version.as_str()));
            format!("{}{version}", module.as_str())
        });
        Some((failing.host, failing.is_of_go, module.unwrap_or_default()))
    };
    let of =
        |host: &str, is_of_go, module: &str| Some((host.to_owned(), is_of_go, module.to_owned()));
    for (text, expected) in [
        (
            "go: github.com/gin-gonic/gin@v1.9.1: Get \"https://first.golang.org/github.com/gin-gonic/gin/@v/v1.9.1.mod\": dial tcp 142.251.43.17:443: i/o timeout",
            of("first.golang.org", true, "github.com/gin-gonic/gin@v1.9.1"),
        ),
        (
            "go: module github.com/Gin-Gonic/gin: Get \"https://first.golang.org/github.com/!gin-!gonic/gin/@v/list\": dial tcp [2404:6800:4012:4::2011]:443: connect: network is unreachable",
            of("first.golang.org", true, "github.com/Gin-Gonic/gin"),
        ),
        (
            "go: golang.org/x/text@v0.14.0: Get \"https://first.golang.org/golang.org/x/text/@v/v0.14.0.mod\": dial tcp: lookup first.golang.org: no such host",
            of("first.golang.org", true, "golang.org/x/text@v0.14.0"),
        ),
        (
            "go: golang.org/x/text@v0.14.0: verifying module: golang.org/x/text@v0.14.0: Get \"https://sum.golang.org/lookup/golang.org/x/text@v0.14.0\": dial tcp 142.251.43.17:443: connect: connection refused",
            of("sum.golang.org", true, "golang.org/x/text@v0.14.0"),
        ),
        (
            "go: golang.org/x/text@v0.14.0: Get \"https://goproxy.cn/golang.org/x/text/@v/v0.14.0.mod\": read tcp 10.0.0.2:5000->1.2.3.4:443: read: connection reset by peer",
            of("goproxy.cn", false, "golang.org/x/text@v0.14.0"),
        ),
        (
            "go: golang.org/x/text@v0.14.0: Get \"https://mirror.example.com/x/golang.org/x/text/@v/v0.14.0.mod\": dial tcp 1.2.3.4:443: i/o timeout",
            of("mirror.example.com", false, "golang.org/x/text@v0.14.0"),
        ),
        (
            "package golang.org/x/net/html: unrecognized import path \"golang.org/x/net/html\": https fetch: Get \"https://golang.org/x/net/html?go-get=1\": dial tcp 216.239.37.1:443: i/o timeout",
            of("golang.org", true, ""),
        ),
        (
            "go: golang.org/x/text@v0.14.0: Get \"https://goproxy.corp.example/golang.org/x/text/@v/v0.14.0.mod\": dial tcp 1.2.3.4:443: i/o timeout",
            None,
        ),
        (
            "go: golang.org/x/text@v0.99.0: reading https://first.golang.org/golang.org/x/text/@v/v0.99.0.mod: 404 Not Found",
            None,
        ),
    ] {
        assert_eq!(seen(text), expected, "{text}");
    }
}
