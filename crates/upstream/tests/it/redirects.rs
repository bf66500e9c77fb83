//! Redirects on real sockets; their rules are tabled beside `redirect`.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use codes::Code;

use upstream::{AllowedNets, Egress, Outcome, UpstreamOptions};
use url::Url;

use crate::kit::{
    Fake, Gone, PATH, Script, absent, found, options, outcome, text, unavailable, upstreams,
};

/// Options by which redirects may lead to this host.
fn permitting() -> UpstreamOptions {
    UpstreamOptions {
        allow_net: "127.0.0.0/8,::1".parse().unwrap(),
        ..options()
    }
}

async fn outcome_permitted(list: &str) -> Outcome {
    upstreams(list, &permitting()).walk(PATH).next().await
}

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
        let download = found(outcome_permitted(&here.url()).await);
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
async fn absence_behind_a_redirect_is_absence_in_our_words() {
    let there = Fake::always(Script::absent("secrets of a page inside")).await;
    let here = Fake::always(Script::redirect(&there.url())).await;
    let absence = absent(outcome_permitted(&here.url()).await);
    assert_eq!(absence.status, 404);
    assert_eq!(absence.text, "not found where the source redirects to");
    assert_eq!(absence.content_type, None);
    let back = Fake::start(move |asked, _| {
        if asked.target == "/there" {
            Script::absent("none there")
        } else {
            Script::redirect("/there")
        }
    })
    .await;
    assert_eq!(absent(outcome(&back.url()).await).text, "none there");
}

#[tokio::test]
async fn what_a_terminal_would_obey_is_not_relayed() {
    let here = Fake::always(Script::absent("not\u{1b}[2J found\u{7}")).await;
    assert_eq!(absent(outcome(&here.url()).await).text, "not?[2J found?");
}

#[tokio::test]
async fn a_redirect_to_a_dead_host_is_an_outage() {
    let gone = Gone::new();
    let here = Fake::always(Script::redirect(&gone.url())).await;
    assert_eq!(
        unavailable(outcome_permitted(&here.url()).await).code,
        Code::UpstreamUnreachable
    );
}

#[tokio::test]
async fn no_redirect_leads_inside() {
    let there = Fake::always(Script::ok("module inside\n")).await;
    let port = there.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "x.localhost",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0",
        "[::ffff:127.0.0.1]",
        "[::1]",
    ] {
        let here = Fake::always(Script::redirect(&format!("http://{host}:{port}/x"))).await;
        let outage = unavailable(outcome(&here.url()).await);
        assert_eq!(outage.code, Code::UpstreamError, "{host}");
        assert!(
            outage.summary.contains("inside address"),
            "{host}: {outage:?}"
        );
    }
    assert_eq!(there.count(), 0, "it was not even connected to");
}

/// The source is asked wherever it is, and again after a hop away from it; its name is no licence
/// for its address: another port of it is somebody else.
#[tokio::test]
async fn the_source_itself_is_always_reached() {
    let allowed: AllowedNets = "127.0.0.2".parse().unwrap();
    let here = Fake::start(|asked, _| match asked.target.as_str() {
        "/a" => Script::redirect("/b"),
        "/b" => Script::ok("module m\n"),
        _ => Script::redirect("/a"),
    })
    .await;
    let options = UpstreamOptions {
        allow_net: allowed,
        ..options()
    };
    let walk = |list: String| {
        let upstreams = upstreams(&list, &options);
        async move { upstreams.walk(PATH).next().await }
    };
    assert_eq!(text(found(walk(here.url()).await)).await, "module m\n");
    let other = Fake::always(Script::redirect(&format!("{}/b", here.url()))).await;
    unavailable(walk(other.url()).await);
}

/// A name that means this host, whatever resolves it: it is judged by its addresses.
#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    let there = Fake::always(Script::ok("module inside\n")).await;
    // The name of this machine resolves to an address of its own, which is not public here.
    let name = hostname();
    let resolved = (name.as_str(), 0).to_socket_addrs();
    let is_inside = resolved
        .is_ok_and(|mut all| all.all(|address| address.ip().is_loopback() || is_private(address)));
    if !is_inside {
        eprintln!("skipped: the name of this machine does not resolve to an inside address");
        return;
    }
    let port = there.address.port();
    let here = Fake::always(Script::redirect(&format!("http://{name}:{port}/x"))).await;
    let outage = unavailable(outcome(&here.url()).await);
    assert_eq!(outage.code, Code::UpstreamError, "{outage:?}");
    assert!(outage.summary.contains("inside address"), "{outage:?}");
}

fn is_private(address: SocketAddr) -> bool {
    matches!(address.ip(), IpAddr::V4(ip) if ip.is_private() || ip.is_link_local())
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Behind a proxy it is the proxy that looks names up; what the URL tells is judged here.
#[tokio::test]
async fn behind_a_proxy_a_hop_is_judged_by_its_url() {
    let proxy = Fake::start(|asked, _| match asked.target.as_str() {
        "http://elsewhere.example/x" => Script::ok("module m\n"),
        target if target.starts_with("http://named.example/") => {
            Script::redirect("http://elsewhere.example/x")
        }
        _ => Script::redirect("http://127.0.0.1:1/x"),
    })
    .await;
    let options = UpstreamOptions {
        egress: Egress::Through {
            proxy: Url::parse(&proxy.url()).unwrap(),
            bypass: String::new(),
        },
        ..options()
    };
    let walk = |list| upstreams(list, &options).walk(PATH);
    let download = found(walk("http://named.example").next().await);
    assert_eq!(text(download).await, "module m\n");
    let before = proxy.count();
    let outage = unavailable(walk("http://leads-inside.example").next().await);
    assert!(outage.summary.contains("inside address"), "{outage:?}");
    assert_eq!(proxy.count(), before + 1, "the proxy was not asked for it");
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
