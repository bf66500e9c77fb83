//! The table of who says what, in every combination.

mod message;

use super::{
    CachePlace, ComparisonVerdict, HashComparison, HashSource, HashStatement, HashedFile,
    InspectedCopy, SourceAgreement, StatementContent, StatementTable, compare, render,
};
use crate::ColourMode;
use gomod::{goproxy::ProxyList, path::ModulePath, version::Version};
use mismatch::{
    AnnouncedFacts, CauseConfidence, CopyDescription, CopySource, CopySubject, SourceRole, examine,
};
use std::{io::Cursor, sync::LazyLock};
use testkit::fixture::Module;

const PROXIES: [&str; 2] = ["https://a.example.com", "https://b.example.com"];

static MODULE: LazyLock<Module> =
    LazyLock::new(|| Module::new("example.com/m", "v1.0.0").noise(7, 2000));
static OTHER: LazyLock<Module> = LazyLock::new(|| MODULE.clone().file("more.go", "package lib\n"));

/// What a voice says in a test: nothing, the first content, another one, damaged bytes of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    A,
    B,
    Damaged,
}

use Word::{A, B, Damaged, None as N};

/// Who says what about the zip.
#[derive(Debug, Clone, Copy)]
struct Case {
    go_sum: Word,
    cached_hash: Word,
    cached: Word,
    first: Word,
    second: Word,
    log: Word,
}

const fn case(words: [Word; 6]) -> Case {
    let [go_sum, cached_hash, cached, first, second, log] = words;
    Case {
        go_sum,
        cached_hash,
        cached,
        first,
        second,
        log,
    }
}

fn hash(word: Word) -> StatementContent {
    match word {
        A => StatementContent::Hash(MODULE.h1()),
        B => StatementContent::Hash(OTHER.h1()),
        N | Damaged => StatementContent::Nothing("nobody is there".to_owned()),
    }
}

fn specimen(word: Word, voice: &HashSource) -> CopyDescription {
    let mut bytes = match word {
        B => OTHER.zip(),
        _ => MODULE.zip(),
    };
    let announced = bytes.len() as u64;
    if word == Damaged {
        bytes.truncate(bytes.len() / 2);
    }
    let source = CopySource {
        name: voice.describe(),
        role: match voice {
            HashSource::Proxy { .. } => SourceRole::Mirror,
            _ => SourceRole::Client,
        },
    };
    let announced = AnnouncedFacts {
        size: Some(announced),
        sha256: None,
    };
    let table = table(Vec::new());
    let artifact = table.artifact(HashedFile::Zip);
    let subject = CopySubject {
        artifact: &artifact,
        known: &[],
    };
    examine(Cursor::new(bytes), source, announced, subject).unwrap()
}

fn copy(word: Word, voice: &HashSource) -> StatementContent {
    match word {
        N => hash(N),
        word => StatementContent::Copy(Box::new(InspectedCopy::new(specimen(word, voice)))),
    }
}

fn table(statements: Vec<HashStatement>) -> StatementTable {
    StatementTable {
        module: ModulePath::parse("example.com/m").unwrap(),
        version: Version::parse("v1.0.0").unwrap(),
        statements,
        proxies: Some(ProxyList::parse(&PROXIES.join(",")).unwrap()),
        cache: CachePlace {
            download: "/home/me/mod cache/example.com/m/@v/v1.0.0".to_owned(),
            unpacked: None,
        },
        sender: None,
        is_private: false,
        report: None,
    }
}

fn judged(case: Case) -> HashComparison {
    let go_sum = HashSource::GoSum {
        file: "go.sum".to_owned(),
        line: 3,
    };
    let cached_hash = HashSource::CachedHash {
        file: "v1.0.0.ziphash".to_owned(),
    };
    let cached = HashSource::CachedBytes {
        file: "v1.0.0.zip".to_owned(),
    };
    let [first, second] = PROXIES.map(|name| HashSource::Proxy {
        name: name.to_owned(),
    });
    let log = HashSource::Database {
        name: "sum.example.com".to_owned(),
    };
    let said = [
        (hash(case.go_sum), go_sum),
        (hash(case.cached_hash), cached_hash),
        (copy(case.cached, &cached), cached),
        (copy(case.first, &first), first),
        (copy(case.second, &second), second),
        (hash(case.log), log),
    ];
    let statements = said.map(|(said, voice)| HashStatement {
        file: HashedFile::Zip,
        voice,
        said,
    });
    compare(&table(statements.to_vec()))
}

/// Who is wrong, by a letter for each voice.
fn wrong(comparison: &HashComparison) -> String {
    let letters = "shc12l".chars();
    let rows = letters.zip(&comparison.rows);
    rows.filter(|(_, row)| row.standing == SourceAgreement::Wrong)
        .map(|(letter, _)| letter)
        .collect()
}

#[test]
fn each_story_has_its_conclusion() {
    use CauseConfidence::{Certain, Likely, Open};
    use ComparisonVerdict::{Agreed, AllProxies, GoSum, ModuleCache, SomeProxies, Untold};
    for (words, verdict, confidence, odd) in [
        // The log speaks. All is well; the client is new; nobody's bytes are there.
        ([A, A, A, A, A, A], Agreed, Certain, ""),
        ([N, N, N, A, N, A], Agreed, Certain, ""),
        ([A, N, N, N, N, A], Untold, Open, ""),
        // A forged or stale go.sum, whatever the cache has.
        ([B, A, A, A, A, A], GoSum, Certain, "s"),
        ([B, N, N, A, N, A], GoSum, Certain, "s"),
        ([B, B, B, A, A, A], GoSum, Certain, "shc"),
        ([B, N, N, N, N, A], GoSum, Certain, "s"),
        // A damaged module cache.
        ([A, A, Damaged, A, A, A], ModuleCache, Certain, "c"),
        ([A, B, A, A, N, A], ModuleCache, Certain, "h"),
        ([A, B, Damaged, A, A, A], ModuleCache, Certain, "hc"),
        ([A, B, B, N, N, A], ModuleCache, Certain, "hc"),
        // One proxy of two.
        ([A, A, A, A, B, A], SomeProxies, Certain, "2"),
        ([N, N, N, Damaged, A, A], SomeProxies, Certain, "1"),
        // All that answer: the suspects are the proxies, also if go.sum or cache go along with them.
        ([A, A, A, B, B, A], AllProxies, Certain, "12"),
        ([A, N, N, B, N, A], AllProxies, Certain, "1"),
        ([B, B, B, B, B, A], AllProxies, Certain, "shc12"),
        ([A, N, N, Damaged, N, A], AllProxies, Certain, "1"),
        // The log is silent.
        ([A, A, A, A, A, N], Agreed, Likely, ""),
        ([A, N, N, B, N, N], Untold, Open, ""),
        ([A, N, N, A, B, N], Untold, Open, ""),
        ([N, N, N, A, B, N], Untold, Open, ""),
        ([A, A, Damaged, A, A, N], ModuleCache, Certain, "c"),
        ([A, B, A, A, A, N], ModuleCache, Certain, "h"),
        ([A, B, B, A, N, N], ModuleCache, Likely, "hc"),
        ([A, B, B, N, N, N], Untold, Open, ""),
        ([N, B, B, A, N, N], Untold, Open, ""),
        ([A, N, N, Damaged, A, N], SomeProxies, Certain, "1"),
        ([A, N, N, Damaged, N, N], AllProxies, Certain, "1"),
        ([A, N, N, B, Damaged, N], Untold, Open, "2"),
        ([N, N, N, N, N, N], Untold, Open, ""),
    ] {
        let comparison = judged(case(words));
        assert_eq!(
            (
                comparison.verdict,
                comparison.confidence,
                &*wrong(&comparison)
            ),
            (verdict, confidence, odd),
            "{words:?}: {}",
            comparison.why
        );
    }
}

/// Every combination; the logged content is A.
fn combinations() -> impl Iterator<Item = Case> {
    let hashes = [N, A, B];
    let bytes = [N, A, B, Damaged];
    (0..1152_usize).map(move |number| {
        let digit = |place: usize, base: usize| number / place % base;
        case([
            hashes[digit(1, 3)],
            hashes[digit(3, 3)],
            bytes[digit(9, 4)],
            bytes[digit(36, 4)],
            bytes[digit(144, 4)],
            [N, A][digit(576, 2)],
        ])
    })
}

#[test]
fn whatever_is_said_the_laws_hold() {
    for case in combinations() {
        let told = judged(case);
        let has_log = case.log == A;
        let words = [
            case.go_sum,
            case.cached_hash,
            case.cached,
            case.first,
            case.second,
        ];
        for (word, row) in words.into_iter().zip(&told.rows) {
            let expected = match word {
                N => Some(SourceAgreement::Silent),
                A if has_log => Some(SourceAgreement::Right),
                B | Damaged if has_log => Some(SourceAgreement::Wrong),
                Damaged => Some(SourceAgreement::Wrong),
                // Without a log nothing is called right.
                A | B => (row.standing == SourceAgreement::Right).then_some(SourceAgreement::Open),
            };
            assert!(
                expected.is_none_or(|expected| expected == row.standing),
                "{case:?}"
            );
        }
        if told.verdict == ComparisonVerdict::Agreed {
            assert_eq!(wrong(&told), "", "{case:?}");
        }
        if !has_log {
            assert_ne!(told.verdict, ComparisonVerdict::GoSum, "{case:?}");
        }
        let proxies = [case.first, case.second];
        let outside = [case.go_sum, case.first, case.second];
        let served = proxies.iter().any(|word| matches!(word, A | B));
        if !has_log && served && outside.contains(&A) && outside.contains(&B) {
            assert_eq!(told.verdict, ComparisonVerdict::Untold, "{case:?}");
        }
        let spoke = proxies.iter().any(|word| *word != N);
        if has_log && spoke && !proxies.contains(&A) {
            assert_eq!(told.verdict, ComparisonVerdict::AllProxies, "{case:?}");
        }
        let turned = Case {
            first: case.second,
            second: case.first,
            ..case
        };
        assert_eq!(judged(turned).verdict, told.verdict, "{case:?}");
        repairs_are_lawful(case, &told);
    }
}

fn repairs_are_lawful(case: Case, told: &HashComparison) {
    let commands: Vec<&str> = told.fixes.iter().map(|fix| fix.text.as_str()).collect();
    for command in &commands {
        for forbidden in [
            "off",
            "GONOSUM",
            "GOPRIVATE",
            "GOINSECURE",
            "GOFLAGS",
            "-insecure",
            "h1:",
            "tidy",
        ] {
            assert!(!command.contains(forbidden), "{case:?}: {command}");
        }
    }
    let removes_line = commands.contains(&"sed -i.orig 3d go.sum");
    let may_remove = case.log == A && case.go_sum == B && [case.first, case.second].contains(&A);
    assert_eq!(removes_line, may_remove, "{case:?}: {commands:?}");
    if matches!(
        told.verdict,
        ComparisonVerdict::AllProxies | ComparisonVerdict::Agreed
    ) {
        assert!(commands.is_empty(), "{case:?}: {commands:?}");
    }
    for (index, word) in [case.first, case.second].into_iter().enumerate() {
        let without = format!("export GOPROXY={}", PROXIES[1 - index]);
        if commands.contains(&without.as_str()) {
            assert!(matches!(word, B | Damaged), "{case:?}: {commands:?}");
        }
    }
}

#[test]
fn wrong_bytes_are_explained() {
    use mismatch::MismatchCause::{ClientGoSum, Truncated, UpstreamRetag};
    let causes = |words| {
        let told = judged(case(words));
        let causes = told.cases.iter().map(|case| case.conclusion.cause);
        causes.collect::<Vec<_>>()
    };
    assert_eq!(causes([B, N, N, A, N, A]), [ClientGoSum]);
    assert_eq!(causes([A, N, N, Damaged, A, A]), [Truncated]);
    assert_eq!(causes([A, N, N, B, B, A]), [UpstreamRetag, UpstreamRetag]);
    assert!(causes([A, A, A, A, A, A]).is_empty());
}

#[test]
fn a_proxy_that_is_right_when_asked_again_was_wrong_all_the_same() {
    let voice = HashSource::Proxy {
        name: PROXIES[0].to_owned(),
    };
    let mut copy = InspectedCopy::new(specimen(Damaged, &voice));
    copy.again = Some(specimen(A, &voice));
    let statements = vec![
        HashStatement {
            file: HashedFile::Zip,
            voice,
            said: StatementContent::Copy(Box::new(copy)),
        },
        HashStatement {
            file: HashedFile::Zip,
            voice: HashSource::Database {
                name: "sum.example.com".to_owned(),
            },
            said: hash(A),
        },
    ];
    let told = compare(&table(statements));
    assert_eq!(told.verdict, ComparisonVerdict::WrongOnce);
    assert!(told.why.contains(PROXIES[0]), "{}", told.why);
    assert_eq!(told.rows[0].standing, SourceAgreement::Recovered);
    assert_eq!(
        told.cases[0].conclusion.cause,
        mismatch::MismatchCause::Truncated
    );
}

#[test]
fn the_graver_of_both_files_is_the_conclusion() {
    let voice = |name: &str| HashSource::Database {
        name: name.to_owned(),
    };
    let go_sum = HashSource::GoSum {
        file: "go.sum".to_owned(),
        line: 4,
    };
    let said = |file, voice, said| HashStatement { file, voice, said };
    let table = table(vec![
        said(HashedFile::Zip, voice("sum.example.com"), hash(A)),
        said(HashedFile::GoMod, go_sum, hash(B)),
        said(HashedFile::GoMod, voice("sum.example.com"), hash(A)),
    ]);
    let told = compare(&table);
    assert_eq!(told.verdict, ComparisonVerdict::GoSum);
    assert!(told.why.contains("go.mod"), "{}", told.why);
    assert!(
        told.fixes.is_empty(),
        "nobody has right bytes: {:?}",
        told.fixes
    );
}

#[test]
fn an_algorithm_that_nobody_knows_counts_for_nothing() {
    let mut told = Vec::new();
    for hash in ["h2:abc=", "\u{1b}[31mh1"] {
        let go_sum = HashSource::GoSum {
            file: "go.sum".to_owned(),
            line: 1,
        };
        let statements = vec![
            HashStatement {
                file: HashedFile::Zip,
                voice: go_sum,
                said: StatementContent::Hash(hash.to_owned()),
            },
            HashStatement {
                file: HashedFile::Zip,
                voice: HashSource::Database {
                    name: "sum.example.com".to_owned(),
                },
                said: self::hash(A),
            },
        ];
        let comparison = compare(&table(statements));
        assert_eq!(comparison.rows[0].standing, SourceAgreement::Open, "{hash}");
        let mut beside = table(statements_of_cache(hash));
        assert_eq!(
            compare(&beside).verdict,
            ComparisonVerdict::ModuleCache,
            "{hash}"
        );
        beside.statements.pop();
        assert_eq!(
            compare(&beside).verdict,
            ComparisonVerdict::ModuleCache,
            "{hash}"
        );
        told.push(render(&comparison, ColourMode::Never));
    }
    let is_plain = |byte: u8| byte == b'\n' || byte == b' ' || byte.is_ascii_graphic();
    assert!(
        told.iter().all(|page| page.bytes().all(is_plain)),
        "{told:?}"
    );
}

/// A ziphash with this text, the right zip beside it, and the log.
fn statements_of_cache(hash: &str) -> Vec<HashStatement> {
    let cached = HashSource::CachedBytes {
        file: "v1.0.0.zip".to_owned(),
    };
    let said = [
        (
            StatementContent::Hash(hash.to_owned()),
            HashSource::CachedHash {
                file: "v1.0.0.ziphash".to_owned(),
            },
        ),
        (copy(A, &cached), cached),
        (
            self::hash(A),
            HashSource::Database {
                name: "sum.example.com".to_owned(),
            },
        ),
    ];
    let statement = |(said, voice)| HashStatement {
        file: HashedFile::Zip,
        voice,
        said,
    };
    said.map(statement).to_vec()
}

#[test]
fn a_page_has_conclusion_evidence_and_repair() {
    let told = judged(case([B, A, Damaged, A, B, A]));
    insta::assert_snapshot!(render(&told, ColourMode::Never));
}
