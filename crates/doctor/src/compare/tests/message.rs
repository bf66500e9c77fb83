//! What a message says, in every combination with what is heard today.

use super::{A, B, N, PROXIES, Word, copy, hash, table};
use crate::compare::{Comparison, File, Report, Sender, Statement, Verdict, Voice, compare};
use mismatch::Confidence;

/// What a message says of the zip: what was downloaded, and what go.sum or the database has.
fn message(downloaded: Word, recorded: Word, whose: Voice, log: Word) -> Vec<Statement> {
    let database = Voice::Database {
        name: "sum.example.com".to_owned(),
    };
    let said = [
        (downloaded, Voice::PastedDownload),
        (recorded, whose),
        (log, database),
    ];
    let statement = |(word, voice)| Statement {
        file: File::Zip,
        voice,
        said: hash(word),
    };
    said.map(statement).to_vec()
}

fn pasted_go_sum() -> Voice {
    Voice::PastedGoSum {
        file: "go.sum".to_owned(),
    }
}

fn reported(statements: Vec<Statement>) -> Comparison {
    let mut table = table(statements);
    table.report = Some(Report::Mismatch);
    table.sender = Some(Sender::List(PROXIES.map(str::to_owned).to_vec()));
    compare(&table)
}

#[test]
fn both_hashes_of_a_message_are_held_against_the_log() {
    use Confidence::{Certain, Open};
    for (downloaded, recorded, log, verdict, confidence) in [
        (B, A, A, Verdict::Download, Certain),
        (A, B, A, Verdict::GoSum, Certain),
        (B, B, A, Verdict::DownloadAndGoSum, Certain),
        (A, B, N, Verdict::Untold, Open),
    ] {
        let told = reported(message(downloaded, recorded, pasted_go_sum(), log));
        let words = (downloaded, recorded, log);
        assert_eq!(
            (told.verdict, told.confidence),
            (verdict, confidence),
            "{words:?}: {}",
            told.why
        );
        assert_eq!(told.served.is_some(), downloaded == B, "{words:?}");
        assert!(
            !told.title.contains("passed") && !told.next.contains("Run"),
            "{told:?}"
        );
    }
}

#[test]
fn a_wrong_download_stays_wrong_whatever_proxies_send_today() {
    for log in [A, N] {
        let mut statements = message(B, A, pasted_go_sum(), log);
        let voice = Voice::Proxy {
            name: PROXIES[0].to_owned(),
        };
        statements.push(Statement {
            file: File::Zip,
            said: copy(A, &voice),
            voice,
        });
        let told = reported(statements);
        let expected = if log == A {
            Verdict::Download
        } else {
            Verdict::Untold
        };
        assert_eq!(told.verdict, expected, "{}", told.why);
    }
    let told = reported(message(B, A, pasted_go_sum(), A));
    let served = told.served.unwrap();
    assert!(
        PROXIES.iter().all(|proxy| served.contains(proxy)),
        "{served}"
    );
    let fixes: Vec<&str> = told.fixes.iter().map(|fix| fix.text.as_str()).collect();
    assert_eq!(fixes, ["modkeep doctor --sums example.com/m@v1.0.0"]);
}

#[test]
fn a_line_of_go_sum_is_removed_if_the_message_shows_that_right_bytes_came() {
    let mut statements = message(A, B, pasted_go_sum(), A);
    let line = |word| Statement {
        file: File::Zip,
        voice: Voice::GoSum {
            file: "go.sum".to_owned(),
            line: 3,
        },
        said: hash(word),
    };
    statements.push(line(B));
    let told = reported(statements.clone());
    assert_eq!(told.fixes[0].text, "sed -i.orig 3d go.sum");
    // Here the line is right: the message is of another checkout.
    statements.pop();
    statements.push(line(A));
    let told = reported(statements);
    assert_eq!((told.verdict, told.fixes.len()), (Verdict::GoSum, 0));
}

#[test]
fn the_word_of_a_database_in_a_message_is_no_proof_here() {
    let database = || Voice::PastedDatabase {
        name: "sum.example.com".to_owned(),
    };
    for (told, log, verdict, confidence) in [
        (A, A, Verdict::Download, Confidence::Certain),
        (A, N, Verdict::Download, Confidence::Likely),
        (A, B, Verdict::Untold, Confidence::Open),
    ] {
        let comparison = reported(message(B, told, database(), log));
        let found = (comparison.verdict, comparison.confidence);
        assert_eq!(found, (verdict, confidence), "{log:?}: {}", comparison.why);
    }
}

#[test]
fn a_report_without_hashes_is_not_settled_by_answers_of_today() {
    let voice = Voice::Proxy {
        name: PROXIES[0].to_owned(),
    };
    let statements = vec![Statement {
        file: File::Zip,
        said: copy(A, &voice),
        voice,
    }];
    assert_eq!(compare(&table(statements.clone())).verdict, Verdict::Agreed);
    let told = reported(statements);
    assert_eq!(
        (told.verdict, told.confidence),
        (Verdict::Untold, Confidence::Open)
    );
}

#[test]
fn a_log_that_is_silent_is_said_with_the_reason() {
    let mut statements = message(B, A, pasted_go_sum(), N);
    let asked = reported(statements.clone());
    assert!(
        asked
            .why
            .contains("sum.example.com does not tell: nobody is there"),
        "{}",
        asked.why
    );
    statements.pop();
    let mut private = table(statements);
    private.is_private = true;
    private.report = Some(Report::Mismatch);
    let told = compare(&private);
    assert_eq!(told.verdict, Verdict::Untold);
    assert!(told.next.contains("private module"), "{}", told.next);
}

#[test]
fn files_that_were_changed_in_the_cache_are_removed_though_the_zip_is_right() {
    let cached = Voice::CachedBytes {
        file: "v1.0.0.zip".to_owned(),
    };
    let database = Voice::Database {
        name: "sum.example.com".to_owned(),
    };
    let said = [(copy(A, &cached), cached), (hash(A), database)];
    let statement = |(said, voice)| Statement {
        file: File::Zip,
        voice,
        said,
    };
    let mut table = table(said.map(statement).to_vec());
    table.report = Some(Report::ChangedFiles);
    table.cache.unpacked = Some("/mod/example.com/m@v1.0.0".to_owned());
    let told = compare(&table);
    assert_eq!(
        (told.verdict, told.confidence),
        (Verdict::ModuleCache, Confidence::Likely)
    );
    let expected = "chmod -R u+w /mod/example.com/m@v1.0.0 && rm -rf /mod/example.com/m@v1.0.0";
    assert_eq!(told.fixes[0].text, expected);
}
