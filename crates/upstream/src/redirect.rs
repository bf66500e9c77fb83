//! Where a redirect may lead.
//!
//! Redirects are followed by our own loop rather than the HTTP client's, so that each refusal has a
//! type and each hop can be judged. The rules are those of `go`, a little stricter:
//!
//! * at most [`MAX_HOPS`] hops, and never to a URL that was already asked;
//! * https never leads to http: what was asked in confidence is not fetched in the open;
//! * credentials go to the origin they were configured for (scheme, host, port) and stop for good
//!   at the first hop that leaves it, also if a later hop comes back;
//! * credentials inside a Location are dropped: they are not ours;
//! * a hop away from the source's origin reaches no inside address (see [`crate::inside`]), and what
//!   is answered there about absence is not relayed in its words.

use url::Url;

/// Hops that are followed, as many as the `go` command documents.
pub(crate) const MAX_HOPS: usize = 10;

/// Why a redirect is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// More hops than allowed.
    #[error("more than {MAX_HOPS} hops")]
    TooMany,
    /// A URL that was already asked.
    #[error("it leads in a circle")]
    Loop,
    /// From https to http.
    #[error("it leads from https to http")]
    Downgrade,
    /// Neither http nor https.
    #[error("it leads to neither http nor https")]
    Scheme,
    /// Not a URL.
    #[error("its location is not a URL")]
    Location,
    /// Away from the source, to an address that is not of the public internet.
    #[error("it leads to an inside address, which --allow-net could permit")]
    Inside,
}

/// The hops of one request so far.
#[derive(Debug)]
pub(crate) struct Trail {
    home: Url,
    visited: Vec<Url>,
    current: Url,
    left_origin: bool,
    left_home: bool,
}

// === impl Trail ===

impl Trail {
    pub(crate) fn new(start: Url) -> Self {
        Self {
            home: start.clone(),
            visited: Vec::new(),
            current: start,
            left_origin: false,
            left_home: false,
        }
    }

    /// The URL to ask now.
    pub(crate) fn current(&self) -> &Url {
        &self.current
    }

    /// Whether the source's credentials may be sent to the current URL.
    pub(crate) fn within_origin(&self) -> bool {
        !self.left_origin
    }

    /// Whether the current URL is one of the source itself: of its origin, or of the same host by
    /// https where the source is http, both at their usual ports.
    pub(crate) fn is_home(&self) -> bool {
        let (home, current) = (&self.home, &self.current);
        let is_upgrade = home.host() == current.host()
            && (home.scheme(), current.scheme()) == ("http", "https")
            && home.port().is_none()
            && current.port().is_none();
        is_upgrade || home.origin() == current.origin()
    }

    /// Whether the source itself spoke at every hop so far.
    pub(crate) fn stayed_home(&self) -> bool {
        !self.left_home
    }

    /// Takes one hop to a `Location`, relative or absolute.
    pub(crate) fn follow(&mut self, location: &[u8]) -> Result<(), RedirectError> {
        let location = std::str::from_utf8(location).map_err(|_| RedirectError::Location)?;
        let mut next = self
            .current
            .join(location)
            .map_err(|_| RedirectError::Location)?;
        next.set_fragment(None);
        match (self.current.scheme(), next.scheme()) {
            ("https", "http") => return Err(RedirectError::Downgrade),
            (_, "http" | "https") => {}
            _ => return Err(RedirectError::Scheme),
        }
        // Both setters fail only for URLs without a host, which http and https URLs are not.
        let _ = (next.set_username(""), next.set_password(None));
        if next == self.current || self.visited.contains(&next) {
            return Err(RedirectError::Loop);
        }
        if self.visited.len() >= MAX_HOPS {
            return Err(RedirectError::TooMany);
        }
        self.left_origin |= next.origin() != self.current.origin();
        self.visited
            .push(std::mem::replace(&mut self.current, next));
        self.left_home |= !self.is_home();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_HOPS, RedirectError, Trail};
    use url::Url;

    fn trail(start: &str) -> Trail {
        Trail::new(Url::parse(start).unwrap())
    }

    #[test]
    fn each_location_has_one_meaning() {
        use RedirectError::{Downgrade, Location, Loop, Scheme};
        let start = "https://a.example/x/y?q";
        for (location, expected) in [
            ("https://b.example/z", Ok("https://b.example/z")),
            ("//b.example/z", Ok("https://b.example/z")),
            ("/z", Ok("https://a.example/z")),
            ("z", Ok("https://a.example/x/z")),
            ("/z#part", Ok("https://a.example/z")),
            ("https://user:secret@b.example/z", Ok("https://b.example/z")),
            ("http://a.example/x/y", Err(Downgrade)),
            ("http://127.0.0.1/", Err(Downgrade)),
            ("file:///etc/passwd", Err(Scheme)),
            ("ftp://b.example/", Err(Scheme)),
            ("javascript:alert(1)", Err(Scheme)),
            ("", Err(Loop)),
            ("#part", Err(Loop)),
            ("https://a.example:443/x/y?q", Err(Loop)),
            ("https://", Err(Location)),
            ("https://[::1", Err(Location)),
            ("https://a.example:99999/", Err(Location)),
        ] {
            let mut trail = trail(start);
            let outcome = trail.follow(location.as_bytes());
            assert_eq!(
                outcome.map(|()| trail.current().as_str()),
                expected,
                "{location}"
            );
        }
        assert_eq!(trail(start).follow(b"\xff\xfe"), Err(Location));
    }

    #[test]
    fn http_may_become_https_but_never_again_http() {
        let mut trail = trail("http://a.example/");
        trail.follow(b"https://a.example/").unwrap();
        assert_eq!(
            trail.follow(b"http://a.example/other"),
            Err(RedirectError::Downgrade)
        );
    }

    #[test]
    fn the_eleventh_hop_is_refused() {
        let mut trail = trail("https://a.example/0");
        for hop in 1..=MAX_HOPS {
            trail.follow(format!("/{hop}").as_bytes()).unwrap();
        }
        assert_eq!(trail.follow(b"/11"), Err(RedirectError::TooMany));
    }

    #[test]
    fn circles_are_seen_at_any_length() {
        let mut trail = trail("https://a.example/0");
        trail.follow(b"/1").unwrap();
        trail.follow(b"/2").unwrap();
        assert_eq!(trail.follow(b"/0"), Err(RedirectError::Loop));
    }

    #[test]
    fn home_is_the_source_itself_and_its_https() {
        for (start, location, is_home) in [
            ("https://a.example/", "/other", true),
            ("https://a.example/", "https://a.example:443/other", true),
            ("https://a.example/", "https://a.example:444/", false),
            ("https://a.example/", "https://b.a.example/", false),
            ("http://a.example/", "https://a.example/", true),
            ("http://a.example:80/", "https://a.example:443/", true),
            ("http://a.example/", "https://b.example/", false),
            ("http://a.example/", "https://a.example:8443/", false),
            ("http://a.example:8080/", "https://a.example/", false),
            ("http://127.0.0.1:1/", "http://127.0.0.1:2/", false),
        ] {
            let mut trail = trail(start);
            trail.follow(location.as_bytes()).unwrap();
            let found = (trail.is_home(), trail.stayed_home());
            assert_eq!(found, (is_home, is_home), "{start} {location}");
        }
        let mut trail = trail("https://a.example/");
        trail.follow(b"https://b.example/").unwrap();
        trail.follow(b"https://a.example/back").unwrap();
        assert!(trail.is_home() && !trail.stayed_home());
    }

    #[test]
    fn credentials_stop_at_the_first_other_origin_and_stay_stopped() {
        for (location, kept) in [
            ("/other", true),
            ("https://a.example:443/other", true),
            ("https://a.example:444/", false),
            ("https://b.example/", false),
            ("https://sub.a.example/", false),
        ] {
            let mut trail = trail("https://a.example/");
            trail.follow(location.as_bytes()).unwrap();
            assert_eq!(trail.within_origin(), kept, "{location}");
        }
        let mut trail = trail("https://a.example/");
        trail.follow(b"https://b.example/").unwrap();
        trail.follow(b"https://a.example/back").unwrap();
        assert!(!trail.within_origin());
    }
}
