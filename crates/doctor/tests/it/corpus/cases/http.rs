//! Statuses and contents of the upstream, and the GOPROXY list.

use super::case;
use crate::corpus::Case;
use crate::corpus::scene::{Played, Scene, corpus};
use testkit::fixture::Module;
use testkit::upstream::{Fault, Kind};

fn status(code: u16) -> Played {
    Scene::new()
        .fault(Kind::Mod, Fault::status(code))
        .get("example.com/a@v1.0.0")
}

fn proxy_list(list: &str) -> Played {
    Scene::new().env("GOPROXY", list).download()
}

pub(super) fn cases() -> Vec<Case> {
    [statuses(), contents(), lists()]
        .into_iter()
        .flatten()
        .collect()
}

fn statuses() -> Vec<Case> {
    vec![
        case("401", &["http/401"], || status(401)),
        case("403", &["http/403"], || status(403)),
        case("403_of_a_zip", &["http/403"], || {
            Scene::new().fault(Kind::Zip, Fault::status(403)).download()
        }),
        // -mod=mod came with go 1.14.
        case("403_through_a_chain", &["http/403"], || {
            let b = "example.com/b/@v/v1.0.0.mod";
            // Before go 1.17 the whole graph is read.
            let go_mod = "module example.com/a

go 1.16

require example.com/b v1.0.0
";
            let a = Module::new("example.com/a", "v1.0.0").go_mod(go_mod);
            Scene::with(corpus().with(&a))
                .fault(b, Fault::status(403))
                .with_a()
                .run(&["list", "-mod=mod", "-m", "all"])
        })
        .from(14),
        case("404", &["http/404"], || {
            Scene::new().get("example.com/none@v1.0.0")
        }),
        case("410", &["http/404"], || status(410)),
        case("407", &["http/407"], || status(407)),
        case("418", &["http/other-status"], || status(418)),
        case("429", &["http/429"], || status(429)),
        case("451", &["http/451"], || status(451)),
        case("500", &["http/5xx"], || status(500)),
        case("502", &["http/5xx"], || status(502)),
        case("503_json", &["http/5xx"], || {
            Scene::new().fault(Kind::Zip, Fault::status(503)).download()
        }),
        case("504", &["network/timeout"], || status(504)),
        case("code_of_modkeep", &["MK4005"], || {
            let refusal = Fault::text(
                403,
                "modkeep MK4005: the checksum database has no record of example.com/a@v1.0.0",
            );
            Scene::new().fault(Kind::Zip, refusal).download()
        })
        // go 1.13 does not print what the server says.
        .from(14),
        case(
            "private_asked_of_proxy",
            &["private/asked-of-proxy"],
            || {
                let body = "not found: example.com/a@v1.0.0: invalid version: git ls-remote -q origin: exit status 128:\n\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled";
                Scene::new()
                    .fault(Kind::Info, Fault::text(404, body))
                    .get("example.com/a@v1.0.0")
            },
        )
        .from(14),
    ]
}

fn contents() -> Vec<Case> {
    vec![
        case("login_page_as_info", &["proxy/not-a-proxy"], || {
            Scene::new()
                .fault(Kind::Info, Fault::login_page())
                .get("example.com/a@v1.0.0")
        }),
        case("login_page_as_mod", &["proxy/not-a-proxy"], || {
            Scene::new()
                .fault(Kind::Mod, Fault::login_page())
                .get("example.com/a@v1.0.0")
        }),
        case("login_page_as_zip", &["proxy/bad-zip"], || {
            Scene::new()
                .fault(Kind::Zip, Fault::login_page())
                .download()
        }),
        case("wrong_info", &["proxy/wrong-info"], || {
            let info = Module::new("example.com/a", "v1.0.9").info();
            Scene::new()
                .fault(Kind::Info, Fault::replace(info))
                .download()
        }),
        case("cut_zip", &["proxy/cut"], || {
            Scene::new()
                .fault(Kind::Zip, Fault::Cut { after: 100 })
                .download()
        }),
        // Up to go 1.15 nothing is printed.
        case("redirect_loop", &["proxy/redirect-loop"], || {
            let back = "/example.com/a/@v/v1.0.0.mod";
            Scene::new()
                .fault(Kind::Mod, Fault::redirect(back))
                .get("example.com/a@v1.0.0")
        })
        .from(16),
        case("unexpected_file", &["zip/unexpected-file"], || {
            let module = Module::new("example.com/a", "v1.0.0");
            let mut corpus = corpus();
            corpus.put(
                "example.com/a/@v/v1.0.0.zip",
                module.zip_below("example.com/other@v1.0.0/"),
            );
            Scene::with(corpus).download()
        }),
        case("case_collision", &["zip/case-collision"], || {
            let module = Module::new("example.com/a", "v1.0.0").file("LIB.go", "package lib\n");
            Scene::with(corpus().with(&module)).download()
        }),
        case("bad_name_in_zip", &["zip/malformed-name"], || {
            let module = Module::new("example.com/a", "v1.0.0").file("what?.go", "package lib\n");
            Scene::with(corpus().with(&module)).download()
        }),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        case("list_with_another_scheme", &["proxy/bad-list"], || {
            proxy_list("ftp://proxy.example.com")
        }),
        case("list_without_scheme", &["proxy/bad-list"], || {
            proxy_list("proxy")
        }),
        // go 1.13 takes a list of nothing for off.
        case("list_of_nothing", &["proxy/bad-list", "proxy/off"], || {
            proxy_list(",")
        }),
        case("off", &["proxy/off"], || proxy_list("off")),
        case(
            "credentials_on_http",
            &["proxy/insecure-credentials"],
            || proxy_list("http://user:password@HOST"),
        ),
    ]
}
