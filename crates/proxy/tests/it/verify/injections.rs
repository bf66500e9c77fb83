//! Many random lies: whatever is served is what was published.

use super::NAME;
use crate::site::{Site, go_mod, read, zip};
use checksumdb::Mode;
use std::io::Cursor;
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    oracle::Seed,
    upstream::FakeUpstream,
};

/// How many lies are told unless `MODKEEP_INJECTIONS` says otherwise. Each is told about an artifact
/// that is not kept yet, and every one that is found out is an inquiry with two further copies.
const INJECTIONS: usize = 2_000;

#[expect(clippy::disallowed_methods, reason = "a longer run by hand")]
fn injections() -> usize {
    let given = std::env::var("MODKEEP_INJECTIONS").ok();
    given
        .and_then(|text| text.parse().ok())
        .unwrap_or(INJECTIONS)
}

fn name(number: usize) -> String {
    format!("example.com/m{number}")
}

fn module(number: usize) -> Module {
    Module::new(&name(number), "v1.0.0").file("a.go", format!("package lib // {number}\n"))
}

/// Whether these are the published bytes. A zip is what is in it: times and the like stand in no
/// hash, and nothing that Go does depends on them.
fn is_right(module: &Module, kind: &str, body: &[u8]) -> bool {
    if kind == "mod" {
        return body == module.mod_file();
    }
    let hash = gomod::sumhash::h1_of_zip(Cursor::new(body));
    hash.is_ok_and(|hash| hash.to_string() == module.h1())
}

/// One of the answers that an artifact hangs on.
fn victim(seed: &mut Seed, corpus: &Corpus, number: usize, kind: &str) -> Option<String> {
    let module = name(number);
    let path = match seed.below(10) {
        0..=3 => format!("{module}/@v/v1.0.0.{kind}"),
        4..=6 => format!("sumdb/{NAME}/lookup/{module}@v1.0.0"),
        7 => format!("sumdb/{NAME}/tile/8/0/{:03}", number / 256),
        8 => format!("sumdb/{NAME}/latest"),
        _ => {
            let tiles: Vec<&str> = corpus
                .iter()
                .map(|(path, _)| path)
                .filter(|path| path.contains("/tile/"))
                .collect();
            (*seed.pick(&tiles)).to_owned()
        }
    };
    corpus.get(&path).map(|_| path)
}

#[tokio::test]
async fn nothing_wrong_is_served_whatever_is_injected() {
    let injections = injections();
    let mut seed = Seed::new(505);
    let (mut database, mut corpus) = (Database::new(NAME, 1), Corpus::new());
    for number in 0..injections / 2 {
        corpus.add(&module(number));
        database.log(&module(number));
    }
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus.clone());
    let site = Site::verifying(&upstream, &database.key(), Mode::Required).await;
    let (mut served, mut refused, mut wrong) = (0, 0, 0);
    for number in 0..injections / 2 {
        for kind in ["mod", "zip"] {
            let victim = victim(&mut seed, &corpus, number, kind);
            if let Some(path) = &victim {
                let lie = seed.mutate(&corpus.get(path).unwrap());
                upstream.change(|corpus| corpus.put(path, lie));
            }
            let resource = match kind {
                "mod" => go_mod(&name(number), "v1.0.0"),
                _ => zip(&name(number), "v1.0.0"),
            };
            match site.ask(resource).await {
                Err(_) => refused += 1,
                Ok(answer) => match read(answer.body).await {
                    Err(_) => refused += 1,
                    Ok(body) if is_right(&module(number), kind, &body) => served += 1,
                    Ok(_) => wrong += 1,
                },
            }
            if let Some(path) = victim {
                let right = corpus.get(&path).unwrap();
                upstream.change(|corpus| corpus.put(&path, right));
            }
        }
    }
    println!("{injections} injections: {served} served right, {refused} refused, {wrong} wrong");
    assert_eq!(wrong, 0);
    assert!(served > injections / 10 && refused > injections / 10);
}
