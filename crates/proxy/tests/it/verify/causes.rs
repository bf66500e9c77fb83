//! Wrong bytes from sources: another copy is asked for, and the case names the cause.

use super::{NAME, World, alarms, module};
use crate::site::{Site, go_mod, read, zip};
use checksumdb::Mode;
use codes::Code;
use mismatch::{MismatchCase, MismatchCause};
use protocol::RefusalText;
use testkit::upstream::{FakeUpstream, Fault, Kind};

async fn newest_case(site: &Site) -> MismatchCase {
    let cases = site.store.cases(u64::MAX, 1).await.unwrap();
    MismatchCase::from_json(&cases.first().expect("a case").body).unwrap()
}

/// Asks for the zip until the inquiry is over; gives what was served whole, if anything.
async fn served(site: &Site) -> Option<Vec<u8>> {
    match site.ask(zip("example.com/a", "v1.0.0")).await {
        Ok(answer) => read(answer.body).await.ok(),
        Err(_) => None,
    }
}

#[tokio::test]
async fn a_flip_on_the_way_is_mended_by_asking_once_more_and_named() {
    let world = World::of(&[module("a")]);
    let site = world.site(Mode::Required).await;
    world
        .upstream
        .first(1, Kind::Mod, Fault::flipped_bit(10, 0));
    let text = site.bytes(go_mod("example.com/a", "v1.0.0")).await;
    assert_eq!(text, module("a").mod_file());
    let case = newest_case(&site).await;
    assert_eq!(
        case.conclusion.cause,
        MismatchCause::BitFlipInTransit,
        "{}",
        case.report()
    );
    assert_eq!(world.upstream.count(Kind::Mod), 2);
    assert!(
        alarms(&site)
            .await
            .contains(&("checksum-mismatch".to_owned(), "p2".to_owned()))
    );
}

#[tokio::test]
async fn a_bad_mirror_costs_at_most_two_further_copies() {
    let world = World::of(&[module("a")]);
    let bad = FakeUpstream::start(testkit::fixture::Corpus::new());
    bad.change(|corpus| {
        corpus.add(&module("a"));
        let tampered = module("a").file("evil.go", "package lib\n").zip();
        corpus.put("example.com/a/@v/v1.0.0.zip", tampered);
    });
    // A comma: of its own the second would only be asked past an absence.
    let list = format!("{},{}", bad.url(), world.upstream.url());
    let key = world.database.key();
    let site = Site::verifying_with(&list, &key, Mode::Required).await;
    let whole = served(&site).await;
    assert!(whole.is_none_or(|bytes| bytes == module("a").zip()));
    assert_eq!(
        site.bytes(zip("example.com/a", "v1.0.0")).await,
        module("a").zip()
    );
    assert_eq!(bad.count(Kind::Zip), 2);
    assert_eq!(world.upstream.count(Kind::Zip), 1);
    let case = newest_case(&site).await;
    assert_eq!(
        case.conclusion.cause,
        MismatchCause::StaleMirror,
        "{}",
        case.report()
    );
}

#[tokio::test]
async fn where_no_copy_is_right_the_client_is_told_the_cause() {
    let world = World::of(&[module("a")]);
    let site = world.site(Mode::Required).await;
    world.upstream.always(Kind::Zip, Fault::gzip());
    assert_eq!(served(&site).await, None);
    let refusal = site.refusal(zip("example.com/a", "v1.0.0")).await;
    assert_eq!(refusal.code, Code::ChecksumMismatch);
    let RefusalText::Lines(lines) = &refusal.text else {
        panic!("{refusal:?}")
    };
    assert!(
        lines.len() <= 5 && lines.iter().all(|line| line.is_ascii()),
        "{lines:?}"
    );
    let case = newest_case(&site).await;
    assert_eq!(
        case.conclusion.cause,
        MismatchCause::DoubleCompression,
        "{}",
        case.report()
    );
    assert_eq!(case.expected.logged.unwrap(), module("a").h1());
    assert!(
        alarms(&site)
            .await
            .contains(&("checksum-mismatch".to_owned(), "p1".to_owned()))
    );
    world.upstream.heal();
    // Longer than a wrong version is remembered.
    site.later(301);
    assert_eq!(
        site.bytes(zip("example.com/a", "v1.0.0")).await,
        module("a").zip()
    );
}

#[tokio::test]
async fn what_a_source_does_to_bytes_is_told_apart() {
    let other = module("b");
    let moved = module("a").file("moved.go", "package lib\n");
    for (fault, cause) in [
        (Fault::kept_short(700), MismatchCause::Truncated),
        (Fault::crlf(), MismatchCause::TextRewrite),
        (Fault::gzip(), MismatchCause::DoubleCompression),
        (Fault::zip_of(&other), MismatchCause::WrongObject),
    ] {
        let world = World::of(&[module("a"), module("b")]);
        let site = world.site(Mode::Required).await;
        world.upstream.always(Kind::Zip, fault);
        assert_eq!(served(&site).await, None);
        let case = newest_case(&site).await;
        assert_eq!(case.conclusion.cause, cause, "{}", case.report());
    }
    // Two sources agree with each other and not with the log: the tag was moved.
    let world = World::of(&[module("a")]);
    world.put("example.com/a/@v/v1.0.0.zip", moved.zip());
    let second = FakeUpstream::start(testkit::fixture::Corpus::new().with(&moved));
    let list = format!("{},{}", world.upstream.url(), second.url());
    let site = Site::verifying_with(&list, &world.database.key(), Mode::Required).await;
    assert_eq!(served(&site).await, None);
    let case = newest_case(&site).await;
    assert_eq!(
        case.conclusion.cause,
        MismatchCause::UpstreamRetag,
        "{}",
        case.report()
    );
    assert!(case.report().contains(NAME) || case.expected.logged.is_some());
}
