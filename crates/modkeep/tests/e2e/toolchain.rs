//! Toolchain modules: large, and strange in that their go.mod may lack a module line.

use testkit::fixture::{Corpus, Module};
use testkit::go::Go;
use testkit::upstream::Kind;

use crate::site::Site;

const VERSION: &str = "v0.0.1-go1.99.0.linux-amd64";

fn site(go_mod: &str) -> Site {
    let module = Module::new("golang.org/toolchain", VERSION)
        .go_mod(go_mod)
        .file("src/_go.mod", "module std\n")
        .noise(9, 3 << 20);
    Site::new(Corpus::new().with(&module))
}

#[test]
fn a_toolchain_is_served_whatever_its_go_mod_says() {
    for go_mod in ["", "go 1.99\n", "module golang.org/toolchain\n"] {
        let site = site(go_mod);
        for kind in ["info", "mod", "zip"] {
            let file = format!("golang.org/toolchain/@v/{VERSION}.{kind}");
            let answer = site.server.get(&format!("/{file}"));
            assert!(
                answer.is_whole(),
                "{go_mod:?} {kind}: {} {}",
                answer.status,
                answer.body.len()
            );
            site.upstream
                .change(|corpus| assert_eq!(corpus.get(&file).unwrap(), answer.body));
        }
    }
}

#[test]
fn the_question_whether_a_toolchain_exists_pulls_no_zip() {
    let site = site("");
    let answer = site
        .server
        .get(&format!("/golang.org/toolchain/@v/{VERSION}.info"));
    assert!(answer.is_whole());
    assert_eq!(site.upstream.count(Kind::Zip), 0);
}

#[test]
fn an_ordinary_module_without_a_module_line_is_left_to_go() {
    let module = Module::new("example.com/a", "v1.0.0").go_mod("go 1.21\n");
    let site = Site::with(&[module]);
    let [straight, through] = [site.upstream.url(), site.server.url()]
        .map(|url| Go::new(&url).download("example.com/a@v1.0.0"));
    assert_eq!(through.ok(), straight.ok(), "{through}\n{straight}");
    let answer = site.server.get("/example.com/a/@v/v1.0.0.mod");
    assert_eq!(answer.text(), "go 1.21\n");
}
