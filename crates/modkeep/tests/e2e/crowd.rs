//! One client with many requests for what is not here: another is served as if it were alone, and when
//! the first hangs up, what was not asked of the source yet never is.

use std::{
    net::{IpAddr, Ipv4Addr},
    thread,
};

use testkit::{
    client::{self, PATIENCE},
    upstream::Target,
};

use crate::site::{Site, module, url};

/// What the crowd asks for begins so, and is not answered while the gate is closed.
const HELD: &str = "example.com/held/";

/// Requests that one caller may have under way at a source with 64 slots.
const SHARE: usize = 48;

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: modkeep\r\nconnection: close\r\n\r\n").into_bytes()
}

/// Work that waits for sources, as the server counts it.
fn waiting(site: &Site) -> usize {
    let page = site.server.get("/metrics").text();
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("modkeep_flights_waiting "));
    line.unwrap().trim().parse().unwrap()
}

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

#[test]
fn a_crowd_of_one_client_holds_up_no_other_and_ends_when_it_hangs_up() {
    let site = Site::with(&[module("a", 1000)]);
    let hold = site.upstream.hold(Target::Prefix(HELD.to_owned()));
    let address = site.server.address();
    let crowd: Vec<_> = (0..300)
        .map(|number| {
            let path = format!("/{HELD}{number}/@v/v1.0.0.info");
            client::open(address, &request(&path), PATIENCE).unwrap()
        })
        .collect();
    hold.wait_for(SHARE);
    until(|| waiting(&site) == crowd.len());
    let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    for kind in ["info", "mod", "zip", "list"] {
        let asked = client::open_from(other, address, &request(&url("a", kind)), PATIENCE).unwrap();
        assert_eq!(asked.head().unwrap().answer().status, 200, "{kind}");
    }
    drop(crowd);
    until(|| waiting(&site) <= SHARE);
    hold.release();
    until(|| waiting(&site) == 0);
    let paths = site.upstream.paths();
    let asked = paths.iter().filter(|path| path.starts_with(HELD)).count();
    assert_eq!(asked, SHARE);
}
