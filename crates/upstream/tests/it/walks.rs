//! What the list makes of its sources' answers.

use std::{io::Write as _, time::Duration};

use codes::Code;
use upstream::{BodyError, BodyFailure, Outcome, UpstreamOptions};

use crate::kit::{
    After, Fake, Gone, PATH, SHORT, Script, absent, found, options, outcome, text, unavailable,
    upstreams,
};

#[tokio::test]
async fn a_source_is_asked_for_the_path_below_its_base() {
    let fake = Fake::always(Script::ok("module example.com/m\n")).await;
    let list = format!("{}/go/base/", fake.url());
    let upstreams = upstreams(&list, &options());
    let download = found(
        upstreams
            .walk("example.com/!m/@v/v1.0.0+incompatible.mod")
            .next()
            .await,
    );
    assert_eq!(download.source.as_str(), fake.url());
    assert_eq!(download.length, Some(21));
    assert_eq!(text(download).await, "module example.com/m\n");
    let asked = &fake.asked()[0];
    assert_eq!(
        asked.target,
        "/go/base/example.com/%21m/@v/v1.0.0+incompatible.mod"
    );
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
    assert!(asked.header("user-agent").unwrap().starts_with("modkeep/"));
    assert_eq!(asked.header("authorization"), None);
}

#[tokio::test]
async fn every_status_has_its_code() {
    for (status, code) in [
        (201, Code::UpstreamBadContent),
        (203, Code::UpstreamBadContent),
        (204, Code::UpstreamBadContent),
        (206, Code::UpstreamBadContent),
        (302, Code::UpstreamBadContent),
        (304, Code::UpstreamBadContent),
        (400, Code::UpstreamError),
        (401, Code::UpstreamRefused),
        (403, Code::UpstreamRefused),
        (407, Code::UpstreamError),
        (429, Code::UpstreamError),
        (451, Code::UpstreamRefused),
        (500, Code::UpstreamUnwell),
        (503, Code::UpstreamUnwell),
        (999, Code::UpstreamError),
    ] {
        let fake = Fake::always(Script::raw(format!(
            "HTTP/1.1 {status} S\r\nconnection: close\r\n\r\n"
        )))
        .await;
        // Less than a source's rest after a 429 that does not say how long.
        let options = UpstreamOptions {
            header: SHORT / 2,
            ..options()
        };
        let outcome = upstreams(&fake.url(), &options).walk(PATH).next().await;
        let outage = unavailable(outcome);
        assert_eq!(outage.code, code, "{status}: {outage:?}");
        assert!(outage.summary.contains(&status.to_string()), "{outage:?}");
        assert_eq!(outage.source.as_str(), fake.url());
        // A 503 may pass by itself: one more try, and no more.
        assert_eq!(fake.count(), if status == 503 { 2 } else { 1 }, "{status}");
    }
}

#[tokio::test]
async fn an_absence_is_relayed_word_for_word() {
    let words = "not found: example.com/m@v1.0.0: invalid version:\n\tunknown revision v1.0.0\n";
    for status in [404, 410] {
        let fake = Fake::always(Script::status(
            status,
            "content-type: text/plain; charset=UTF-8\r\n",
            words,
        ))
        .await;
        let absence = absent(outcome(&fake.url()).await);
        assert_eq!((absence.status, absence.text.as_str()), (status, words));
        assert_eq!(
            absence.content_type.as_deref(),
            Some("text/plain; charset=UTF-8")
        );
        assert_eq!(absence.source.as_str(), fake.url());
    }
}

#[tokio::test]
async fn the_text_of_an_absence_is_bounded_and_may_break_off() {
    let long = Fake::always(Script::absent(&"x".repeat(1 << 20))).await;
    assert_eq!(absent(outcome(&long.url()).await).text, "x".repeat(4096));
    let cut = Fake::always(Script::absent("not found").short_of(4, After::Close)).await;
    assert_eq!(absent(outcome(&cut.url()).await).text, "not f");
    let stalled = Fake::always(Script::absent("not found").short_of(4, After::Hang)).await;
    let upstreams = upstreams(
        &stalled.url(),
        &upstream::UpstreamOptions {
            header: SHORT,
            ..options()
        },
    );
    assert_eq!(absent(upstreams.walk(PATH).next().await).text, "not f");
}

#[tokio::test]
async fn an_outage_is_never_absence() {
    let down = Fake::always(Script::status(503, "", "")).await;
    let none = Fake::always(Script::absent("none here")).await;
    for (list, source) in [
        (format!("{}|{}", down.url(), none.url()), &down),
        (format!("{}|{},off", down.url(), none.url()), &down),
        (format!("{}|{},direct", down.url(), none.url()), &down),
        (format!("{},{}", none.url(), down.url()), &down),
        (format!("{}|{}|direct", none.url(), down.url()), &down),
        (format!("{},{}", down.url(), none.url()), &down),
        (format!("{}|direct", down.url()), &down),
        (format!("{}|off", down.url()), &down),
    ] {
        let outage = unavailable(outcome(&list).await);
        assert_eq!(
            (outage.code, outage.status),
            (Code::UpstreamUnwell, Some(503)),
            "{list}"
        );
        assert_eq!(outage.source.as_str(), source.url(), "{list}");
    }
}

#[tokio::test]
async fn a_comma_ends_the_walk_at_a_failure() {
    let down = Fake::always(Script::status(500, "", "")).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    unavailable(outcome(&format!("{},{}", down.url(), good.url())).await);
    assert_eq!(good.count(), 0);
    found(outcome(&format!("{}|{}", down.url(), good.url())).await);
    assert_eq!(good.count(), 1);
}

#[tokio::test]
async fn what_ends_a_list_adds_nothing_to_what_the_proxies_said() {
    let none = Fake::always(Script::absent("none here")).await;
    for end in ["", ",direct", "|direct", ",off", "|off"] {
        let absence = absent(outcome(&format!("{}{end}", none.url())).await);
        assert_eq!(absence.text, "none here", "{end}");
    }
}

#[tokio::test]
async fn of_two_absences_the_last_is_told() {
    let first = Fake::always(Script::absent("first")).await;
    let last = Fake::always(Script::absent("last")).await;
    let absence = absent(outcome(&format!("{},{}", first.url(), last.url())).await);
    assert_eq!(
        (absence.text.as_str(), absence.source.as_str()),
        ("last", last.url().as_str())
    );
}

#[tokio::test]
async fn lists_without_a_source_ask_nobody() {
    for (list, code) in [
        ("direct", Code::DirectUnsupported),
        ("off", Code::LookupOff),
    ] {
        let outage = unavailable(outcome(list).await);
        assert_eq!((outage.code, outage.source.as_str()), (code, list));
    }
}

#[tokio::test]
async fn a_malformed_path_asks_nobody() {
    let fake = Fake::always(Script::ok("secret")).await;
    let upstreams = upstreams(&fake.url(), &options());
    for path in ["", "/x", "a/../b", "a?x", "a\r\nx: y", "a/\0", "a\\b"] {
        let outage = unavailable(upstreams.walk(path).next().await);
        assert_eq!(outage.code, Code::MalformedRequest, "{path}");
    }
    assert_eq!(fake.count(), 0);
}

#[tokio::test]
async fn a_source_that_is_not_there_is_unreachable() {
    let gone = Gone::new();
    let outage = unavailable(outcome(&gone.url()).await);
    assert_eq!(outage.code, Code::UpstreamUnreachable, "{outage:?}");
    assert!(outage.summary.contains("refused"), "{outage:?}");
    let nowhere = unavailable(outcome("https://no-such-host.invalid").await);
    assert_eq!(nowhere.code, Code::UpstreamUnreachable, "{nowhere:?}");
    let good = Fake::always(Script::ok("module m\n")).await;
    found(outcome(&format!("{}|{}", gone.url(), good.url())).await);
}

#[tokio::test]
async fn what_is_no_http_is_unreachable() {
    for garbage in [
        "",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1\r\n\r\n",
        "\0\0\0\0",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    ] {
        let fake = Fake::always(Script::raw(garbage)).await;
        let outage = unavailable(outcome(&fake.url()).await);
        assert_eq!(
            outage.code,
            Code::UpstreamUnreachable,
            "{garbage:?}: {outage:?}"
        );
    }
}

#[tokio::test]
async fn a_header_without_end_is_refused_in_bounded_memory() {
    let header = format!("x: {}\r\n", "y".repeat(1000)).repeat(2000);
    let fake = Fake::always(Script::raw(format!("HTTP/1.1 200 OK\r\n{header}"))).await;
    assert_eq!(
        unavailable(outcome(&fake.url()).await).code,
        Code::UpstreamUnreachable
    );
}

const ZIP: &str = "example.com/m/@v/v1.0.0.zip";

async fn outcome_of_a_zip(source: &Fake) -> Outcome {
    upstreams(&source.url(), &options()).walk(ZIP).next().await
}

#[tokio::test]
async fn a_login_page_is_no_zip_and_a_zip_is_one_whatever_it_is_called() {
    for content_type in ["text/html; charset=utf-8", "application/json", "text/xml"] {
        let header = format!("content-type: {content_type}\r\n");
        let page = Script::status(200, &header, "<html>Please log in</html>");
        let portal = Fake::always(page).await;
        let outage = unavailable(outcome_of_a_zip(&portal).await);
        assert_eq!(outage.code, Code::UpstreamBadContent);
        let named = content_type.split(';').next().unwrap();
        assert!(outage.summary.contains(named), "{outage:?}");

        let careless = Fake::always(Script::status(200, &header, "PK\x03\x04 and more")).await;
        let zip = found(outcome_of_a_zip(&careless).await);
        assert_eq!(zip.length, Some(13));
        assert_eq!(zip.whole().await.unwrap(), "PK\x03\x04 and more");
    }
}

/// "module m\n", as gzip(1) compresses it.
const COMPRESSED: [u8; 29] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0xcd, 0x4f, 0x29, 0xcd, 0x49,
    0x55, 0xc8, 0xe5, 0x02, 0x00, 0xa7, 0x13, 0x09, 0x3e, 0x09, 0x00, 0x00, 0x00,
];

fn encoded(encoding: &str, body: &[u8]) -> Script {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-encoding: {encoding}\r\n\r\n",
        body.len()
    );
    Script::raw([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn gzip_that_nobody_asked_for_is_undone_and_other_encodings_are_ignored() {
    for (encoding, body) in [
        ("gzip", &COMPRESSED[..]),
        ("X-GZIP", &COMPRESSED),
        ("", b"module m\n"),
        ("identity", b"module m\n"),
        ("utf-8", b"module m\n"),
    ] {
        let fake = Fake::always(encoded(encoding, body)).await;
        let download = found(outcome(&fake.url()).await);
        assert_eq!(download.whole().await.unwrap(), "module m\n", "{encoding}");
    }
}

#[tokio::test]
async fn gzip_that_is_none_is_cut_or_is_too_much_is_an_error() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    for body in [&COMPRESSED[..20], b"module m\n", &bomb] {
        let fake = Fake::always(encoded("gzip", body)).await;
        let download = found(outcome(&fake.url()).await);
        let error = download.whole().await.unwrap_err();
        let is_too_large = matches!(error, BodyError::TooLarge(_));
        assert_eq!(is_too_large, body.len() > 100, "{error}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let fake = Fake::always(Script::status(429, "retry-after: 17\r\n", "")).await;
    let outage = unavailable(outcome(&fake.url()).await);
    assert_eq!(
        (outage.status, outage.retry_after),
        (Some(429), Some(Duration::from_secs(17)))
    );
}

#[tokio::test]
async fn a_silent_source_is_a_timeout_and_a_pipe_leads_past_it() {
    let silent = Fake::always(Script::hang()).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    let options = upstream::UpstreamOptions {
        header: SHORT,
        ..options()
    };
    let outage = unavailable(upstreams(&silent.url(), &options).walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamTimeout, "{outage:?}");
    let list = format!("{}|{}", silent.url(), good.url());
    assert_eq!(
        text(found(upstreams(&list, &options).walk(PATH).next().await)).await,
        "module m\n"
    );
}

#[tokio::test]
async fn a_broken_body_is_asked_for_once_more_at_the_same_source() {
    let fake = Fake::start(|_, number| {
        let script = Script::ok("module m\n");
        if number == 0 {
            script.short_of(3, After::Close)
        } else {
            script
        }
    })
    .await;
    let other = Fake::always(Script::ok("other")).await;
    let mut walk = upstreams(&format!("{}|{}", fake.url(), other.url()), &options()).walk(PATH);
    let error = found(walk.next().await).whole().await.unwrap_err();
    walk.reject(error.into());
    assert_eq!(text(found(walk.next().await)).await, "module m\n");
    assert_eq!((fake.count(), other.count()), (2, 0));
}

#[tokio::test]
async fn a_body_that_breaks_twice_is_a_failure_of_its_source() {
    let broken = Fake::always(Script::ok("module m\n").short_of(3, After::Close)).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    for (separator, rescued) in [("|", true), (",", false)] {
        let before = broken.count();
        let mut walk = upstreams(
            &format!("{}{separator}{}", broken.url(), good.url()),
            &options(),
        )
        .walk(PATH);
        for _ in 0..2 {
            let error = found(walk.next().await).whole().await.unwrap_err();
            walk.reject(error.into());
        }
        match walk.next().await {
            Outcome::Found(download) => assert!(rescued && download.source.as_str() == good.url()),
            Outcome::Unavailable(outage) => {
                assert!(!rescued && outage.code == Code::UpstreamError, "{outage:?}");
            }
            Outcome::Absent(absence) => panic!("{absence:?}"),
        }
        assert_eq!(broken.count() - before, 2, "{separator}");
    }
}

#[tokio::test]
async fn a_body_that_broke_and_then_is_absent_is_an_outage() {
    let fake = Fake::start(|_, number| match number {
        0 => Script::ok("module m\n").short_of(3, After::Close),
        _ => Script::absent("gone"),
    })
    .await;
    let mut walk = upstreams(&fake.url(), &options()).walk(PATH);
    let error = found(walk.next().await).whole().await.unwrap_err();
    walk.reject(error.into());
    unavailable(walk.next().await);
}

#[tokio::test]
async fn wrong_content_is_not_asked_for_again_at_the_same_source() {
    let liar = Fake::always(Script::ok("module other\n")).await;
    let good = Fake::always(Script::ok("module m\n")).await;
    let wrong = || BodyFailure::Wrong {
        code: Code::BadGoMod,
        summary: "it names another module".to_owned(),
    };
    let mut walk = upstreams(&format!("{}|{}", liar.url(), good.url()), &options()).walk(PATH);
    found(walk.next().await);
    walk.reject(wrong());
    assert_eq!(found(walk.next().await).source.as_str(), good.url());
    assert_eq!((liar.count(), good.count()), (1, 1));

    let mut walk = upstreams(&liar.url(), &options()).walk(PATH);
    found(walk.next().await);
    walk.reject(wrong());
    let outage = unavailable(walk.next().await);
    assert_eq!(
        (outage.code, outage.source.as_str()),
        (Code::BadGoMod, liar.url().as_str())
    );
    assert!(
        outage.summary.contains("it names another module"),
        "{outage:?}"
    );
}

#[tokio::test]
async fn a_verdict_stays_and_asks_nobody_again() {
    let none = Fake::always(Script::absent("none here")).await;
    let mut walk = upstreams(&none.url(), &options()).walk(PATH);
    for _ in 0..3 {
        absent(walk.next().await);
        walk.reject(BodyFailure::Cut("of nothing".to_owned()));
    }
    assert_eq!(none.count(), 1);
}

#[tokio::test]
async fn a_walk_whose_asker_left_goes_on_where_it_was() {
    let fake = Fake::start(|_, number| {
        if number == 0 {
            Script::hang()
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let mut walk = upstreams(&fake.url(), &options()).walk(PATH);
    assert!(tokio::time::timeout(SHORT, walk.next()).await.is_err());
    assert_eq!(text(found(walk.next().await)).await, "module m\n");
}

#[tokio::test]
async fn sources_are_described_without_their_secrets() {
    let list = "https://user:secret@a.example/go?token=secret|file:///srv/go,direct";
    let upstreams = match upstream::Upstreams::new(
        &gomod::goproxy::ProxyList::parse(list).unwrap(),
        &options(),
    ) {
        Ok(upstreams) => upstreams,
        Err(error) => panic!("{error}"),
    };
    let names: Vec<String> = upstreams
        .describe()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["https://a.example", "file", "direct"]);
    assert!(!format!("{upstreams:?}").contains("secret"));
}

#[test]
fn lists_that_cannot_work_are_refused_at_once() {
    for (list, code) in [
        ("http://user:secret@b.example:1", Code::BadUpstreamList),
        ("http://user@a.example", Code::BadUpstreamList),
    ] {
        let list = gomod::goproxy::ProxyList::parse(list).unwrap();
        let refusal = upstream::Upstreams::new(&list, &options()).unwrap_err();
        assert_eq!(refusal.code(), code);
        assert!(
            !refusal.to_string().contains("secret") && !format!("{refusal:?}").contains("secret")
        );
    }
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_is_no_failure() {
    // The second request on the kept connection is read and then answered with the end of it.
    let fake = Fake::start(|_, number| {
        if number == 1 {
            Script::raw("")
        } else {
            Script::ok("module m\n")
        }
    })
    .await;
    let upstreams = upstreams(&fake.url(), &options());
    for _ in 0..2 {
        assert_eq!(
            text(found(upstreams.walk(PATH).next().await)).await,
            "module m\n"
        );
    }
    let connections: Vec<usize> = fake.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

#[tokio::test]
async fn a_refusal_does_not_cost_the_connection_or_the_time_of_its_page() {
    let page = "x".repeat(1000);
    let fake = Fake::start(move |_, number| {
        let script = Script::status(500, "content-type: text/html\r\n", &page);
        if number == 2 {
            script.short_of(1, After::Hang)
        } else {
            script
        }
    })
    .await;
    let upstreams = upstreams(&fake.url(), &options());
    for _ in 0..4 {
        assert_eq!(
            unavailable(upstreams.walk(PATH).next().await).status,
            Some(500)
        );
    }
    let connections: Vec<usize> = fake.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
}
