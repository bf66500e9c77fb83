mod rare;

use super::{MAX_TEXT, classify};
use crate::cause::{CAUSES, RemedyKind};
use crate::diagnosis::ReasonConfidence;
use crate::report::{ColourMode, report};
use proptest::prelude::*;

fn top(text: &str) -> String {
    classify(text)
        .top()
        .map_or_else(|| "unknown".to_owned(), |reason| reason.what.id())
}

#[test]
fn a_code_of_modkeep_wins() {
    let text = "go: example.com/a@v1.0.0: reading http://127.0.0.1:3000/example.com/a/@v/v1.0.0.zip: 502 Bad Gateway\n\tserver response: modkeep MK4004: the bytes are not the ones that the checksum database knows";
    let diagnosis = classify(text);
    let reason = diagnosis.top().unwrap();
    assert_eq!(reason.what.id(), "MK4004");
    assert_eq!(reason.subjects, ["example.com/a@v1.0.0"]);
    assert_eq!(diagnosis.reasons[1].what.id(), "http/5xx");
}

#[test]
fn a_path_that_no_module_can_have_is_in_no_fix() {
    let told = |new: &str| {
        let text = format!(
            "go: example.com/old@v1.0.0: parsing go.mod:\n\tmodule declares its path as: {new}\n\t        but was required as: example.com/old"
        );
        let diagnosis = classify(&text);
        let reason = diagnosis.top().unwrap();
        assert_eq!(reason.what.id(), "path/moved");
        reason.fixes.len()
    };
    assert!(told("example.com/new") > 0);
    assert_eq!(told("neGOSUMDB=off"), 0);
}

#[test]
fn unknown_text_is_called_unknown() {
    let diagnosis = classify("go: something that nobody has ever seen");
    assert_eq!(diagnosis.reasons, []);
    assert_eq!(diagnosis.unknown.unwrap().line, 1);
    let noise = classify("go: downloading example.com/a v1.0.0\n");
    assert_eq!((noise.reasons.len(), noise.unknown), (0, None));
}

#[test]
fn the_chain_names_what_pulled_it() {
    let text = "go: example.com/a@v1.0.0 requires\n\texample.com/b@v1.1.0: reading http://proxy.example.com/example.com/b/@v/v1.1.0.mod: 403 Forbidden\n";
    let diagnosis = classify(text);
    let reason = diagnosis.top().unwrap();
    assert_eq!(reason.what.id(), "http/403");
    assert_eq!(reason.subjects, ["example.com/b@v1.1.0"]);
    assert_eq!(reason.chain.first().unwrap().name, "example.com/a@v1.0.0");
    let seen = text.get(reason.seen.start..reason.seen.end).unwrap();
    assert!(seen.starts_with("reading http") && seen.ends_with("403 Forbidden"));
    assert_eq!((reason.seen.line, reason.seen.column), (2, 24));
}

const MOVED: &str = "go: github.example.com/old/m@v1.2.0: parsing go.mod:\n\tmodule declares its path as: example.com/new/m\n\t        but was required as: github.example.com/old/m\n";
const MISMATCH: &str = "verifying example.com/x@v1.0.0/go.mod: checksum mismatch\n\tdownloaded: h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\tgo.sum:     h1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=\n\nSECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n";

#[test]
fn a_moved_module_gets_a_line_that_go_reads() {
    let diagnosis = classify(MOVED);
    let reason = diagnosis.top().unwrap();
    assert_eq!(reason.what.id(), "path/moved");
    let fix = reason.fixes.first().unwrap();
    assert_eq!(
        fix.text,
        "replace github.example.com/old/m => example.com/new/m v1.2.0"
    );
}

#[test]
fn no_path_is_rewritten_while_hashes_disagree() {
    let diagnosis = classify(&format!("{MOVED}{MISMATCH}"));
    assert_eq!(diagnosis.top().unwrap().what.id(), "sum/go-sum-mismatch");
    assert!(diagnosis.withheld);
    let fixes = diagnosis.reasons.iter().flat_map(|reason| &reason.fixes);
    assert_eq!(fixes.filter(|fix| fix.kind.rewrites_path()).count(), 0);
}

#[test]
fn both_hashes_are_taken_out() {
    let diagnosis = classify(MISMATCH);
    let parts = &diagnosis.top().unwrap().parts;
    assert_eq!(parts.get("version"), Some("v1.0.0"));
    assert!(parts.get("downloaded").unwrap().starts_with("h1:AAA"));
    assert!(parts.get("expected").unwrap().starts_with("h1:BBB"));
}

#[test]
fn a_version_that_does_not_fit_the_new_path_makes_no_replace_line() {
    let text = "go: example.com/old@v1.2.0: parsing go.mod:\n\tmodule declares its path as: example.com/new/v3\n\t        but was required as: example.com/old\n";
    let fixes = &classify(text).reasons[0].fixes;
    assert!(fixes.iter().all(|fix| fix.kind != RemedyKind::Replace));
}

#[test]
fn many_places_with_one_cause_are_one_reason() {
    let one = |name: &str| {
        format!(
            "go: example.com/{name}@v1.0.0: reading http://proxy.example.com/x: 403 Forbidden\n"
        )
    };
    let text = one("a") + &one("b") + &one("c");
    let diagnosis = classify(&text);
    let reason = diagnosis.top().unwrap();
    assert_eq!((diagnosis.reasons.len(), reason.times), (1, 3));
    assert_eq!(reason.subjects.len(), 3);
}

#[test]
fn what_is_certain_comes_before_what_is_common() {
    let text = "go: example.com/a@v1.0.0: invalid version: disallowed version string\ngo: golang.org/toolchain@v0.0.1: module lookup disabled by GOPROXY=off";
    let diagnosis = classify(text);
    assert_eq!(
        diagnosis.top().unwrap().confidence,
        ReasonConfidence::Certain
    );
}

#[test]
fn of_a_text_that_is_too_long_the_end_is_read() {
    let text = "x ".repeat(MAX_TEXT)
        + "\ngo: example.com/a@v1.0.0: reading http://p.example.com/x: 403 Forbidden";
    let diagnosis = classify(&text);
    assert!(diagnosis.cut);
    let seen = &diagnosis.top().unwrap().seen;
    assert_eq!(seen.line, 2);
    assert!(text.get(seen.start..).unwrap().starts_with("reading"));
}

#[test]
fn rare_messages_have_the_right_cause() {
    for (id, message) in rare::MESSAGES {
        assert_eq!(top(message), *id, "{message}");
    }
}

#[test]
fn every_cause_is_found_by_its_own_patterns() {
    for cause in CAUSES {
        let pattern = cause.patterns.first().unwrap();
        let text = example(pattern.template);
        let found = classify(&text);
        let is_found = found
            .reasons
            .iter()
            .any(|reason| reason.what.id() == cause.id);
        assert!(is_found || pattern.guard.is_some(), "{}: {text}", cause.id);
    }
}

/// A template with something in each of its holes.
fn example(template: &str) -> String {
    let mut text = String::new();
    for piece in template.split_inclusive('}') {
        let (words, hole) = piece.split_once('{').unwrap_or((piece, ""));
        text.push_str(words);
        text.push_str(match hole.trim_end_matches(['}', '2']) {
            "" => "",
            "..." => "anything at all",
            "module" | "package" | "importer" | "old" => "example.com/a",
            "new" => "example.com/b",
            "version" => "v1.0.0",
            "url" => "http://p.example.com/x",
            "host" => "p.example.com",
            "line" | "number" => "7",
            "status" => "418 I'm a teapot",
            "toolchain" => "go1.27.0",
            "mode" | "system" => "mod",
            _ => "word",
        });
    }
    text
}

#[test]
fn hostile_text_of_a_mebibyte_is_read_in_time() {
    let floods = [
        "reading http://p.example.com/x: ",
        "a@b: verifying module: ",
        "missing go.sum entry for module providing package ",
        "\u{1b}[",
        "x@",
        "a requires ",
        "\"Error\":\"\\u",
        "dial tcp: lookup ",
        "\n",
    ];
    for flood in floods {
        let text = flood.repeat(MAX_TEXT / flood.len());
        let begin = tokio::time::Instant::now();
        report(&classify(&text), ColourMode::Never);
        // A debug build on a busy machine; quadratic work would take minutes.
        assert!(begin.elapsed().as_secs() < 20, "{flood:?}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "(?s)(.{0,20}|go: |reading |: 404 Not Found|@v1\\.0\\.0|checksum mismatch|MK4004|\n|\u{1b}\\[31m){0,30}") {
        let diagnosis = classify(&text);
        for reason in &diagnosis.reasons {
            prop_assert!(text.get(reason.seen.start..reason.seen.end).is_some());
        }
        let printed = report(&diagnosis, ColourMode::Never);
        prop_assert!(!printed.contains(|c: char| c != '\n' && crate::text::is_invisible(c)));
        serde_json::to_string(&diagnosis).unwrap();
    }
}

#[test]
fn words_that_a_program_prints_too_are_certain_only_from_go() {
    let by_go = "go: example.com/a@v1.0.0: Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connect: connection refused";
    let by_a_program = "2026/03/01 10:11:12 Get \"https://p.example.com/x\": dial tcp 192.0.2.1:443: connect: connection refused\nexit status 1";
    let confidence = |text: &str| classify(text).top().unwrap().confidence;
    assert_eq!(confidence(by_go), ReasonConfidence::Certain);
    assert_eq!(confidence(by_a_program), ReasonConfidence::Likely);
}

#[test]
fn what_excludes_each_other_is_not_listed_side_by_side() {
    let text = "go: errors parsing go.mod:\n/home/me/x/go.mod:3: invalid go version '1.23.2': must match format 1.23\n/home/me/x/go.mod:5: unknown directive: toolchain";
    let ids: Vec<String> = classify(text)
        .reasons
        .iter()
        .map(|reason| reason.what.id())
        .collect();
    assert_eq!(ids, ["toolchain/too-old"]);
}

#[test]
fn a_command_that_go_printed_and_that_failed_is_what_is_asked_about() {
    let text = "main.go:3:8: no required module provides package example.com/a; to add it:\n\tgo get example.com/a\ngo: module example.com/a: Get \"https://p.example.com/example.com/a/@v/list\": dial tcp 192.0.2.1:443: i/o timeout";
    let ids: Vec<String> = classify(text)
        .reasons
        .iter()
        .map(|reason| reason.what.id())
        .collect();
    assert_eq!(ids, ["network/timeout"]);
}

#[test]
fn an_old_go_is_told_nothing_of_toolchains() {
    let text =
        "go: errors parsing go.mod:\ngo.mod:3: invalid go version '1.21.0': must match format 1.23";
    let printed = report(&classify(text), ColourMode::Never);
    assert!(
        printed.contains("toolchain/too-old") && !printed.contains("GOTOOLCHAIN"),
        "{printed}"
    );
    let newer = "go: go.mod requires go >= 1.27.0 (running go 1.24.1; GOTOOLCHAIN=local)";
    assert!(report(&classify(newer), ColourMode::Never).contains("go env -w GOTOOLCHAIN=auto"));
}

#[test]
fn other_letters_are_printed_as_they_are() {
    let text = "go: github.com/example/m@v1.0.0: invalid version: git fetch: exit status 128:\n\t\u{81f4}\u{547d}\u{9519}\u{8bef}\u{ff1a}\u{4ed3}\u{5e93} 'https://github.com/example/m/' \u{672a}\u{627e}\u{5230}";
    let printed = report(&classify(text), ColourMode::Never);
    assert!(
        printed.contains("vcs/no-repository") && printed.contains("\u{4ed3}\u{5e93}"),
        "{printed}"
    );
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("   |"))
        .collect();
    let columns = |text: &str| crate::report::columns(text);
    // The carets stand below the words that say it, whatever the letters before them are wide.
    let (before, _) = lines[0].split_once("\u{672a}\u{627e}\u{5230}").unwrap();
    assert_eq!(
        columns(lines[1].trim_end_matches('^')),
        columns(before),
        "{printed}"
    );
}
