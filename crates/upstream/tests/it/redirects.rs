//! Redirects on real sockets; their rules are tabled beside `redirect`.

use codes::Code;

use crate::kit::{Fake, Gone, Script, found, outcome, text, unavailable};

#[tokio::test]
async fn a_redirect_to_another_name_is_followed() {
    let there = Fake::always(Script::ok("module m\n")).await;
    let location = format!(
        "http://localhost:{}/elsewhere?signature=x",
        there.address.port()
    );
    for status in [301, 302, 303, 307, 308] {
        let here = Fake::always(Script::status(
            status,
            &format!("location: {location}\r\n"),
            "moved",
        ))
        .await;
        let download = found(outcome(&here.url()).await);
        assert_eq!(
            download.source.as_str(),
            here.url(),
            "the source is who was asked"
        );
        assert_eq!(text(download).await, "module m\n");
    }
    let asked = &there.asked()[0];
    assert_eq!(asked.target, "/elsewhere?signature=x");
    assert_eq!(
        asked.header("host").unwrap(),
        format!("localhost:{}", there.address.port())
    );
    assert_eq!(asked.header("referer"), None);
}

#[tokio::test]
async fn ten_hops_are_followed_and_eleven_are_not() {
    for (hops, arrives) in [(10, true), (11, false)] {
        let fake = Fake::start(move |_, number| {
            if number < hops {
                Script::redirect(&format!("/{number}"))
            } else {
                Script::ok("module m\n")
            }
        })
        .await;
        let outcome = outcome(&fake.url()).await;
        if arrives {
            found(outcome);
        } else {
            let outage = unavailable(outcome);
            assert!(
                outage.code == Code::UpstreamError && outage.summary.contains("10 hops"),
                "{outage:?}"
            );
        }
        assert_eq!(fake.count(), 11);
    }
}

#[tokio::test]
async fn redirects_that_lead_nowhere_are_errors_and_not_absence() {
    for (location, words) in [
        ("/circle", "circle"),
        ("file:///etc/passwd", "neither http nor https"),
        ("gopher://example.org/", "neither http nor https"),
        ("http://[", "not a URL"),
        ("http://", "not a URL"),
        ("\x7f\u{fffd}://x", "status 302"),
    ] {
        let fake = Fake::always(Script::redirect(location)).await;
        let outage = unavailable(outcome(&fake.url()).await);
        assert!(outage.code.entry().status.unwrap() >= 500, "{outage:?}");
        if location.is_ascii() && !location.starts_with('\x7f') {
            assert!(outage.summary.contains(words), "{location}: {outage:?}");
        }
    }
}

#[tokio::test]
async fn absence_behind_a_redirect_is_absence() {
    let there = Fake::always(Script::absent("none there")).await;
    let here = Fake::always(Script::redirect(&there.url())).await;
    assert_eq!(
        crate::kit::absent(outcome(&here.url()).await).text,
        "none there"
    );
}

#[tokio::test]
async fn a_redirect_to_a_dead_host_is_an_outage() {
    let gone = Gone::new();
    let here = Fake::always(Script::redirect(&gone.url())).await;
    assert_eq!(
        unavailable(outcome(&here.url()).await).code,
        Code::UpstreamUnreachable
    );
}

#[tokio::test]
async fn the_page_of_a_redirect_does_not_cost_the_connection() {
    let fake = Fake::start(|asked, _| {
        if asked.target == "/there" {
            Script::ok("module m\n")
        } else {
            Script::status(302, "location: /there\r\n", "<a>")
        }
    })
    .await;
    assert_eq!(text(found(outcome(&fake.url()).await)).await, "module m\n");
    assert!(
        fake.asked().iter().all(|asked| asked.connection == 0),
        "{:?}",
        fake.asked()
    );
}
