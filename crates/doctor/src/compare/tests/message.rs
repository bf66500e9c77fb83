//! What a message says, in every combination with what is heard today.

use super::{A, B, N, PROXIES, Word, copy, hash, table};
use crate::compare::{
    ComparisonVerdict, DownloadSender, HashComparison, HashSource, HashStatement, HashedFile,
    MessageReport, compare,
};
use mismatch::CauseConfidence;

/// What a message says of the zip: what was downloaded, and what go.sum or the database has.
fn message(downloaded: Word, recorded: Word, whose: HashSource, log: Word) -> Vec<HashStatement> {
    let database = HashSource::Database {
        name: "sum.example.com".to_owned(),
    };
    let said = [
        (downloaded, HashSource::PastedDownload),
        (recorded, whose),
        (log, database),
    ];
    let statement = |(word, voice)| HashStatement {
        file: HashedFile::Zip,
        voice,
        said: hash(word),
    };
    said.map(statement).to_vec()
}

fn pasted_go_sum() -> HashSource {
    HashSource::PastedGoSum {
        file: "go.sum".to_owned(),
    }
}

fn reported(statements: Vec<HashStatement>) -> HashComparison {
    let mut table = table(statements);
    table.report = Some(MessageReport::Mismatch);
    table.sender = Some(DownloadSender::List(PROXIES.map(str::to_owned).to_vec()));
    compare(&table)
}

#[test]
fn both_hashes_of_a_message_are_held_against_the_log() {
    use CauseConfidence::{Certain, Open};
    for (downloaded, recorded, log, verdict, confidence) in [
        (B, A, A, ComparisonVerdict::Download, Certain),
        (A, B, A, ComparisonVerdict::GoSum, Certain),
        (B, B, A, ComparisonVerdict::DownloadAndGoSum, Certain),
        (A, B, N, ComparisonVerdict::Untold, Open),
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
        let voice = HashSource::Proxy {
            name: PROXIES[0].to_owned(),
        };
        statements.push(HashStatement {
            file: HashedFile::Zip,
            said: copy(A, &voice),
            voice,
        });
        let told = reported(statements);
        let expected = if log == A {
            ComparisonVerdict::Download
        } else {
            ComparisonVerdict::Untold
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
    let line = |word| HashStatement {
        file: HashedFile::Zip,
        voice: HashSource::GoSum {
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
    assert_eq!(
        (told.verdict, told.fixes.len()),
        (ComparisonVerdict::GoSum, 0)
    );
}

#[test]
fn the_word_of_a_database_in_a_message_is_no_proof_here() {
    let database = || HashSource::PastedDatabase {
        name: "sum.example.com".to_owned(),
    };
    for (told, log, verdict, confidence) in [
        (A, A, ComparisonVerdict::Download, CauseConfidence::Certain),
        (A, N, ComparisonVerdict::Download, CauseConfidence::Likely),
        (A, B, ComparisonVerdict::Untold, CauseConfidence::Open),
    ] {
        let comparison = reported(message(B, told, database(), log));
        let found = (comparison.verdict, comparison.confidence);
        assert_eq!(found, (verdict, confidence), "{log:?}: {}", comparison.why);
    }
}

#[test]
fn a_report_without_hashes_is_not_settled_by_answers_of_today() {
    let voice = HashSource::Proxy {
        name: PROXIES[0].to_owned(),
    };
    let statements = vec![HashStatement {
        file: HashedFile::Zip,
        said: copy(A, &voice),
        voice,
    }];
    assert_eq!(
        compare(&table(statements.clone())).verdict,
        ComparisonVerdict::Agreed
    );
    let told = reported(statements);
    assert_eq!(
        (told.verdict, told.confidence),
        (ComparisonVerdict::Untold, CauseConfidence::Open)
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
    private.report = Some(MessageReport::Mismatch);
    let told = compare(&private);
    assert_eq!(told.verdict, ComparisonVerdict::Untold);
    assert!(told.next.contains("private module"), "{}", told.next);
}

#[test]
fn files_that_were_changed_in_the_cache_are_removed_though_the_zip_is_right() {
    let cached = HashSource::CachedBytes {
        file: "v1.0.0.zip".to_owned(),
    };
    let database = HashSource::Database {
        name: "sum.example.com".to_owned(),
    };
    let said = [(copy(A, &cached), cached), (hash(A), database)];
    let statement = |(said, voice)| HashStatement {
        file: HashedFile::Zip,
        voice,
        said,
    };
    let mut table = table(said.map(statement).to_vec());
    table.report = Some(MessageReport::ChangedFiles);
    table.cache.unpacked = Some("/mod/example.com/m@v1.0.0".to_owned());
    let told = compare(&table);
    assert_eq!(
        (told.verdict, told.confidence),
        (ComparisonVerdict::ModuleCache, CauseConfidence::Likely)
    );
    let expected = "chmod -R u+w /mod/example.com/m@v1.0.0 && rm -rf /mod/example.com/m@v1.0.0";
    assert_eq!(told.fixes[0].text, expected);
}
