//! The client: the same database, honest or lying, asked by Go's client and by ours.

mod lies;
mod scene;

use super::{
    log::Log,
    memory::{Memory, Missing, run},
    number, text,
};
use std::cell::RefCell;
use testkit::oracle::{self, Answer, Oracle, Seed};
use tlog::client::{LookupError, ProvenRecord, SumdbClient};

/// Scenes; each has up to four lookups.
const SCENES: usize = 4_000;

const SECURITY: &[u8] = b"security";
const REFUSED: &[u8] = b"refused";

#[test]
fn lookups_end_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, logs) = (Seed::new(1801), scene::Logs::new());
    let inputs: Vec<_> = (0..SCENES)
        .map(|_| {
            let mut scene = logs.honest(&mut seed);
            lies::tell(&mut seed, &logs, &mut scene);
            scene.into_question()
        })
        .collect();
    let theirs = oracle.ask("sumdb.lookup", &inputs);
    let mut ours: Vec<Answer> = Vec::new();
    let both = inputs.iter().zip(theirs).map(|(input, theirs)| {
        let (mine, tiles_failed) = look_up(input);
        ours.push(Ok(comparable(mine, tiles_failed)));
        theirs.map(|theirs| comparable(theirs, tiles_failed))
    });
    let theirs: Vec<Answer> = both.collect();
    count(&theirs);
    let ours = RefCell::new(ours.into_iter());
    oracle::compare("sumdb.lookup", &inputs, &theirs, |_| {
        ours.borrow_mut().next().unwrap()
    });
}

/// What is compared: all up to the first lookup that failed for its tiles. Go stores a head before it
/// looks at the tiles of the record, and the very first head before it looks at any tile; ours
/// stores none that tiles do not bear out, so that what is stored can be served when the database is
/// away. From there on the two know different heads.
fn comparable(mut answer: Vec<Vec<u8>>, tiles_failed: Option<usize>) -> Vec<Vec<u8>> {
    if let Some(at) = tiles_failed {
        answer.truncate(at + 1);
    }
    answer
}

#[expect(clippy::print_stdout, reason = "the counts are the test's result")]
fn count(answers: &[Answer]) {
    let all: Vec<_> = answers.iter().flatten().flatten().collect();
    let of = |kind: &[u8]| {
        all.iter()
            .filter(|verdict| verdict.as_slice() == kind)
            .count()
    };
    let accepted = all
        .iter()
        .filter(|verdict| verdict.starts_with(b"example.com/"))
        .count();
    let (security, refused) = (of(SECURITY), of(REFUSED));
    println!("lookups: {accepted} accepted, {refused} refused, {security} security errors");
    assert!(
        [accepted, refused, security]
            .iter()
            .all(|count| *count > SCENES / 50)
    );
}

/// Our verdicts and the stored head, and which lookup was the first that failed for its tiles.
fn look_up(input: &[Vec<u8>]) -> (Vec<Vec<u8>>, Option<usize>) {
    let memory = Memory::default();
    let key = text(input, 0).unwrap().parse().unwrap();
    memory.store((!input[1].is_empty()).then(|| input[1].clone().into()));
    let end = 3 + 2 * usize::try_from(number(input, 2).unwrap()).unwrap();
    for file in input[3..end].chunks(2) {
        memory.serve(str::from_utf8(&file[0]).unwrap(), file[1].clone());
    }
    let client = SumdbClient::new(key, memory.clone());
    let (mut verdicts, mut tiles_failed) = (Vec::new(), None);
    for lookup in input[end..].chunks(2) {
        let [module, version] = [0, 1].map(|at| text(lookup, at).unwrap());
        let escaped = format!("{module}@{version}");
        let result = run(client.lookup(&escaped, module, version));
        if let Err(LookupError::Tile(_) | LookupError::Operation(_)) = result {
            tiles_failed.get_or_insert(verdicts.len());
        }
        verdicts.push(verdict(&memory, result, module, version));
    }
    verdicts.push(memory.stored().unwrap_or_default().to_vec());
    (verdicts, tiles_failed)
}

fn verdict(
    memory: &Memory,
    result: Result<ProvenRecord, LookupError<Missing>>,
    module: &str,
    version: &str,
) -> Vec<u8> {
    match result {
        Ok(proven) => {
            let go_mod = format!("{version}/go.mod");
            let lines = [version, &go_mod].map(|version| {
                let hashes = proven.record.hashes(module, version);
                hashes
                    .map(|hash| format!("{module} {version} {hash}"))
                    .collect()
            });
            let lines: Vec<String> = lines.into_iter().flat_map(|lines: Vec<_>| lines).collect();
            lines.join("\n").into_bytes()
        }
        Err(LookupError::Fork(fork)) => {
            assert!(fork.is_proven(), "{fork:?}");
            assert_eq!(memory.forks().last(), Some(&*fork));
            SECURITY.to_vec()
        }
        Err(_) => REFUSED.to_vec(),
    }
}
