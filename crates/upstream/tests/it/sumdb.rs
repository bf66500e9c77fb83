//! Checksum databases through the list, and by their own URL.

use std::time::Duration;

use codes::Code;
use upstream::{
    DatabaseOutcome, DatabaseRoute, Download, Force, Outage, RequestClass, SourceUrl,
    UpstreamOptions, Upstreams,
};
use url::Url;

use crate::kit::{After, Fake, SHORT, Script, options, text, upstreams};

const NAME: &str = "sum.example.org/private/db";
const LOOKUP: &str = "lookup/example.com/m@v1.0.0";

/// A source that mirrors the database.
async fn mirror() -> Fake {
    Fake::start(|asked, _| {
        if asked.target.ends_with("/supported") {
            Script::ok("")
        } else {
            Script::ok("record")
        }
    })
    .await
}

/// A source that answers `supported` with this status.
async fn says(status: u16) -> Fake {
    Fake::always(Script::status(status, "", "")).await
}

async fn lookup(upstreams: &Upstreams) -> DatabaseOutcome {
    upstreams.sumdb(NAME, LOOKUP).await
}

#[track_caller]
fn found(outcome: DatabaseOutcome) -> Download {
    match outcome {
        DatabaseOutcome::Found(download) => download,
        other => panic!("not found: {other:?}"),
    }
}

#[track_caller]
fn unavailable(outcome: DatabaseOutcome) -> Outage {
    match outcome {
        DatabaseOutcome::Unavailable(outage) => outage,
        other => panic!("not unavailable: {other:?}"),
    }
}

#[track_caller]
fn assert_not_mirrored(outcome: &DatabaseOutcome) {
    assert!(
        matches!(outcome, DatabaseOutcome::NotMirrored),
        "{outcome:?}"
    );
}

fn targets(fake: &Fake) -> Vec<String> {
    fake.asked().into_iter().map(|asked| asked.target).collect()
}

#[tokio::test]
async fn a_mirror_is_asked_once_whether_it_is_one() {
    let mirror = mirror().await;
    let upstreams = upstreams(&mirror.url(), &options());
    for path in [LOOKUP, "tile/8/0/x001/234.p/5", "latest", "supported"] {
        found(upstreams.sumdb(NAME, path).await);
    }
    let base = format!("/sumdb/{NAME}");
    let expected = ["supported", LOOKUP, "tile/8/0/x001/234.p/5", "latest"]
        .map(|path| format!("{base}/{path}"));
    assert_eq!(targets(&mirror), expected);
}

#[tokio::test]
async fn many_who_ask_at_once_share_the_question() {
    let mirror = mirror().await;
    let upstreams = upstreams(&mirror.url(), &options());
    let lookups = (0..32).map(|_| async { text(found(lookup(&upstreams).await)).await });
    assert_eq!(
        futures_util::future::join_all(lookups).await,
        ["record"; 32]
    );
    assert_eq!(
        targets(&mirror)
            .iter()
            .filter(|target| target.ends_with("/supported"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_source_that_mirrors_nothing_is_passed() {
    let mirror = mirror().await;
    for status in [404, 410] {
        let none = says(status).await;
        let upstreams = upstreams(&format!("{},{}", none.url(), mirror.url()), &options());
        assert_eq!(
            found(lookup(&upstreams).await).source.as_str(),
            mirror.url()
        );
        found(lookup(&upstreams).await);
        assert_eq!(none.count(), 1, "that it mirrors nothing is remembered");
    }
}

#[tokio::test]
async fn a_source_that_fails_ends_the_search_unless_a_pipe_follows() {
    let mirror = mirror().await;
    for status in [201, 401, 403, 500, 503] {
        let failing = says(status).await;
        let list = format!("{},{}", failing.url(), mirror.url());
        let outage = unavailable(lookup(&upstreams(&list, &options())).await);
        assert_eq!(outage.source.as_str(), failing.url(), "{status}");
        let list = format!("{}|{}", failing.url(), mirror.url());
        found(lookup(&upstreams(&list, &options())).await);
    }
}

#[tokio::test]
async fn a_database_nobody_mirrors_is_told_apart() {
    let none = says(404).await;
    for list in [
        none.url(),
        format!("{},direct", none.url()),
        format!("{},off", none.url()),
        "direct".into(),
        "off".into(),
    ] {
        assert_not_mirrored(&lookup(&upstreams(&list, &options())).await);
        assert_not_mirrored(&upstreams(&list, &options()).sumdb(NAME, "supported").await);
    }
}

#[tokio::test]
async fn a_mirrors_word_about_a_record_is_final() {
    let other = mirror().await;
    let mirror = Fake::start(|asked, _| {
        if asked.target.ends_with("/supported") {
            Script::ok("")
        } else {
            Script::absent("not found: no such module")
        }
    })
    .await;
    let outcome = lookup(&upstreams(
        &format!("{},{}", mirror.url(), other.url()),
        &options(),
    ))
    .await;
    let DatabaseOutcome::Absent(absence) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (absence.status, absence.text.as_str()),
        (404, "not found: no such module")
    );
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn a_mirror_that_fails_at_a_record_is_left_only_past_a_pipe() {
    let other = mirror().await;
    let failing = Fake::start(|asked, _| {
        if asked.target.ends_with("/supported") {
            Script::ok("")
        } else {
            Script::status(500, "", "")
        }
    })
    .await;
    let outage = unavailable(
        lookup(&upstreams(
            &format!("{},{}", failing.url(), other.url()),
            &options(),
        ))
        .await,
    );
    assert_eq!(outage.code, Code::UpstreamUnwell);
    let upstreams = upstreams(&format!("{}|{}", failing.url(), other.url()), &options());
    assert_eq!(found(lookup(&upstreams).await).source.as_str(), other.url());
}

#[tokio::test]
async fn a_broken_answer_is_asked_for_once_more() {
    for (broken, arrives) in [(1, true), (2, false)] {
        let mirror = Fake::start(move |asked, number| {
            if asked.target.ends_with("/supported") {
                return Script::ok("");
            }
            let script = Script::ok("record");
            if number <= broken {
                script.short_of(1, After::Close)
            } else {
                script
            }
        })
        .await;
        let outcome = lookup(&upstreams(&mirror.url(), &options())).await;
        match outcome {
            DatabaseOutcome::Found(download) if arrives => {
                assert_eq!(text(download).await, "record");
            }
            DatabaseOutcome::Unavailable(_) if !arrives => {}
            other => panic!("{broken}: {other:?}"),
        }
        assert_eq!(mirror.count(), 3);
    }
}

fn with_route(route: DatabaseRoute) -> UpstreamOptions {
    UpstreamOptions {
        databases: [(NAME.to_owned(), route)].into(),
        ..options()
    }
}

#[tokio::test]
async fn a_database_with_only_a_url_bypasses_the_sources() {
    let (mirror, database) = (mirror().await, says(404).await);
    let url = SourceUrl::parse(&format!("{}/base", database.url())).unwrap();
    let upstreams = upstreams(&mirror.url(), &with_route(DatabaseRoute::Only(url)));
    assert!(matches!(
        lookup(&upstreams).await,
        DatabaseOutcome::Absent(_)
    ));
    found(upstreams.sumdb(NAME, "supported").await);
    assert_eq!(targets(&database), [format!("/base/{LOOKUP}")]);
    assert_eq!(mirror.count(), 0);
}

#[tokio::test]
async fn a_database_is_reached_by_its_url_where_go_would() {
    // When nobody mirrors it; and past failures only at an explicit `direct`.
    let (none_server, down_server) = (says(404).await, says(503).await);
    let (none, down) = (none_server.url(), down_server.url());
    for list in [
        none.clone(),
        format!("{none},direct"),
        format!("{none},off"),
        "direct".to_owned(),
        "off".to_owned(),
        format!("{down}|direct"),
        format!("{none},{down}|direct"),
    ] {
        let database = Fake::always(Script::ok("record")).await;
        let route = DatabaseRoute::Fallback(SourceUrl::parse(&database.url()).unwrap());
        found(lookup(&upstreams(&list, &with_route(route))).await);
        assert_eq!(targets(&database), [format!("/{LOOKUP}")], "{list}");
    }
}

#[tokio::test]
async fn a_database_is_not_reached_past_a_failure() {
    let (none, down) = (says(404).await, says(503).await);
    for list in [
        down.url(),
        format!("{},direct", down.url()),
        format!("{}|off", down.url()),
        format!("{}|{}", down.url(), none.url()),
    ] {
        let database = Fake::always(Script::ok("record")).await;
        let route = DatabaseRoute::Fallback(SourceUrl::parse(&database.url()).unwrap());
        unavailable(lookup(&upstreams(&list, &with_route(route))).await);
        assert_eq!(database.count(), 0, "{list}");
    }
}

#[tokio::test]
async fn malformed_names_and_paths_ask_nobody() {
    let mirror = mirror().await;
    let upstreams = upstreams(&mirror.url(), &options());
    for (name, path) in [
        ("", "latest"),
        ("..", "latest"),
        (NAME, "../latest"),
        ("a\\b", "latest"),
        (NAME, ""),
        (NAME, "x?y"),
    ] {
        let outage = unavailable(upstreams.sumdb(name, path).await);
        assert_eq!(outage.code, Code::MalformedRequest, "{name:?} {path:?}");
    }
    assert_eq!(mirror.count(), 0);
}

#[tokio::test]
async fn a_login_page_does_not_mirror_a_database() {
    let portal = Fake::always(Script::status(200, "content-type: text/html\r\n", "<html>")).await;
    unavailable(lookup(&upstreams(&portal.url(), &options())).await);
}

#[tokio::test]
async fn who_waited_for_a_question_that_failed_shares_the_failure() {
    let silent = Fake::always(Script::hang()).await;
    let upstreams = upstreams(
        &silent.url(),
        &UpstreamOptions {
            header: SHORT,
            ..options()
        },
    );
    let lookups = (0..8).map(|_| async { unavailable(lookup(&upstreams).await).code });
    assert_eq!(
        futures_util::future::join_all(lookups).await,
        [Code::UpstreamTimeout; 8]
    );
    assert_eq!(silent.count(), 1);
}

/// The clock is paused; it stands still while a file is read, and so nothing here waits.
#[tokio::test(start_paused = true)]
async fn what_a_source_said_is_believed_for_ten_minutes() {
    let root = tempfile::tempdir().unwrap();
    let database = root.path().join("sumdb").join(NAME);
    let upstreams = upstreams(
        Url::from_file_path(root.path()).unwrap().as_str(),
        &options(),
    );
    assert_not_mirrored(&lookup(&upstreams).await);

    std::fs::create_dir_all(database.join("lookup/example.com")).unwrap();
    std::fs::write(database.join("supported"), "").unwrap();
    std::fs::write(database.join(LOOKUP), "record").unwrap();
    tokio::time::advance(Duration::from_secs(599)).await;
    assert_not_mirrored(&lookup(&upstreams).await);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(text(found(lookup(&upstreams).await)).await, "record");

    std::fs::remove_file(database.join("supported")).unwrap();
    found(lookup(&upstreams).await);
    tokio::time::advance(Duration::from_mins(10)).await;
    assert_not_mirrored(&lookup(&upstreams).await);
}

#[tokio::test]
async fn what_nobody_waits_for_is_asked_once_and_not_of_a_source_that_is_unwell() {
    let failing = Fake::start(|asked, _| {
        if asked.target.ends_with("/supported") {
            Script::ok("")
        } else {
            Script::status(503, "", "")
        }
    })
    .await;
    let upstreams = upstreams(&failing.url(), &options());
    let tile = "tile/8/0/000";
    unavailable(upstreams.sumdb_in_background(NAME, tile).await);
    assert_eq!(failing.count(), 2, "supported, and the tile once");
    unavailable(upstreams.sumdb(NAME, tile).await);
    assert_eq!(failing.count(), 4, "the tile once more, and again");
    upstreams.force(&failing.url(), Some(RequestClass::Sumdb), Force::Open);
    unavailable(upstreams.sumdb_in_background(NAME, tile).await);
    assert_eq!(failing.count(), 4);
}
