//! Which request gets which fault.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Gate, Kind};

/// Which requests a rule is about.
#[derive(Debug, Clone)]
pub enum Target {
    /// All of them.
    Any,
    /// All of a kind.
    Kind(Kind),
    /// Exactly this path, without a leading slash.
    Path(String),
    /// Every path that starts so: a module, for instance.
    Prefix(String),
}

/// How a body is changed.
pub type Change = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// What goes wrong with an answer.
#[derive(Clone)]
pub enum Fault {
    /// This status in place of the answer.
    Status {
        /// The status code.
        code: u16,
        /// The media type, if any is sent.
        content_type: Option<String>,
        /// The body.
        body: Bytes,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// The right header, this many bytes of the right body, then the connection closes.
    Cut {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// The right body without a length, in chunks, cut before the last one after this many bytes.
    CutChunked {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// The right body without a length, in chunks of this many bytes, complete.
    Chunked {
        /// Bytes in one chunk.
        chunk: usize,
    },
    /// The right body without a length or chunks: it ends where the connection closes.
    Unframed {
        /// Bytes of the body that are sent; all of them if there are fewer.
        after: usize,
    },
    /// Half a status line, then the connection closes.
    CutHeader,
    /// The right header, this many bytes, then silence for ever.
    Stall {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Silence for ever, before the first byte.
    Hang,
    /// The right answer in pieces with pauses between them.
    Slow {
        /// Bytes in one piece.
        chunk: usize,
        /// The pause before each piece.
        pause: Duration,
    },
    /// The right header (with a length that fits) and a changed body.
    Tamper(Change),
    /// 200 with this body, whether the path exists or not.
    Replace {
        /// The media type.
        content_type: String,
        /// The body.
        body: Bytes,
    },
    /// A redirect.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        code: u16,
        /// Where to.
        location: String,
    },
    /// The right body under a length that lies; the connection closes after it.
    Length {
        /// The length in the header.
        declared: u64,
    },
    /// What goes over the wire, head and all, made of the right body; the connection closes
    /// after it.
    Wire(Change),
    /// The connection is reset instead of an answer.
    Reset,
    /// The right answer, later.
    Delay(Duration),
    /// The right answer once a test opens the gate.
    Gate {
        /// Bytes of the body that are sent before; `None` holds the header back too.
        after: Option<usize>,
        /// The gate.
        #[doc(hidden)]
        #[expect(private_interfaces, reason = "made by FakeUpstream::hold only")]
        gate: Arc<Gate>,
    },
}

/// Which of the matching requests a rule strikes.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Always,
    First(u64),
    After(u64),
    Nth(u64),
}

/// All rules with their counts.
#[derive(Debug, Default)]
pub(super) struct Plan {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    target: Target,
    when: When,
    fault: Fault,
    seen: u64,
}

// === impl Target ===

impl Target {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Kind(kind) => Kind::of(path) == *kind,
            Self::Path(exact) => path == exact,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
        }
    }
}

impl From<Kind> for Target {
    fn from(kind: Kind) -> Self {
        Self::Kind(kind)
    }
}

impl From<&str> for Target {
    fn from(path: &str) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&String> for Target {
    fn from(path: &String) -> Self {
        Self::Path(path.clone())
    }
}

// === impl Fault ===

impl Fault {
    /// A status with a short text body, as a well-behaved server sends.
    pub fn status(code: u16) -> Self {
        Self::text(code, &format!("the fake upstream says {code}"))
    }

    /// A status with a text/plain body.
    pub fn text(code: u16, body: &str) -> Self {
        Self::Status {
            code,
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            body: Bytes::copy_from_slice(body.as_bytes()),
            headers: Vec::new(),
        }
    }

    /// A status with one more header.
    pub fn status_with(code: u16, name: &str, value: &str) -> Self {
        Self::Status {
            code,
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            body: Bytes::from_static(b"the fake upstream says so"),
            headers: vec![(name.to_owned(), value.to_owned())],
        }
    }

    /// What a captive portal or a single sign-on answers: a page, with 200.
    pub fn login_page() -> Self {
        Self::Replace {
            content_type: "text/html; charset=utf-8".to_owned(),
            body: Bytes::from_static(
                b"<!doctype html><html><body><h1>Please sign in</h1></body></html>",
            ),
        }
    }

    /// 200 with these bytes under the media type of artifacts.
    pub fn replace(body: impl Into<Bytes>) -> Self {
        Self::Replace {
            content_type: "application/octet-stream".to_owned(),
            body: body.into(),
        }
    }

    /// The body as `change` makes it.
    pub fn tamper(change: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Tamper(Arc::new(change))
    }

    /// A redirect with 302.
    pub fn redirect(location: &str) -> Self {
        Self::Redirect {
            code: 302,
            location: location.to_owned(),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Status { code, .. } => return write!(formatter, "Status({code})"),
            Self::Cut { after } => return write!(formatter, "Cut({after})"),
            Self::Stall { after } => return write!(formatter, "Stall({after})"),
            Self::Redirect { code, location } => {
                return write!(formatter, "Redirect({code} {location})");
            }
            Self::CutChunked { .. } => "CutChunked",
            Self::Chunked { .. } => "Chunked",
            Self::Unframed { .. } => "Unframed",
            Self::CutHeader => "CutHeader",
            Self::Hang => "Hang",
            Self::Slow { .. } => "Slow",
            Self::Tamper(_) => "Tamper",
            Self::Wire(_) => "Wire",
            Self::Replace { .. } => "Replace",
            Self::Length { .. } => "Length",
            Self::Reset => "Reset",
            Self::Delay(_) => "Delay",
            Self::Gate { .. } => "Gate",
        };
        formatter.write_str(name)
    }
}

// === impl Plan ===

impl Plan {
    pub(super) fn add(&mut self, target: Target, when: When, fault: Fault) {
        self.rules.push(Rule {
            target,
            when,
            fault,
            seen: 0,
        });
    }

    /// The fault for a request: that of the last rule that strikes. Every matching rule counts
    /// the request, also when another one wins.
    pub(super) fn choose(&mut self, path: &str) -> Option<Fault> {
        let mut chosen = None;
        for rule in &mut self.rules {
            if rule.strikes(path) {
                chosen = Some(rule.fault.clone());
            }
        }
        chosen
    }
}

// === impl Rule ===

impl Rule {
    fn strikes(&mut self, path: &str) -> bool {
        if !self.target.matches(path) {
            return false;
        }
        self.seen += 1;
        match self.when {
            When::Always => true,
            When::First(count) => self.seen <= count,
            When::After(count) => self.seen > count,
            When::Nth(n) => self.seen == n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZIP: &str = "example.com/a/@v/v1.0.0.zip";

    fn struck(plan: &mut Plan, path: &str, times: usize) -> Vec<bool> {
        (0..times).map(|_| plan.choose(path).is_some()).collect()
    }

    #[test]
    fn the_nth_and_the_first_are_counted_per_rule() {
        let mut plan = Plan::default();
        plan.add(Kind::Zip.into(), When::Nth(2), Fault::Hang);
        assert_eq!(struck(&mut plan, ZIP, 3), [false, true, false]);

        let mut plan = Plan::default();
        plan.add(Target::Any, When::First(2), Fault::Hang);
        assert_eq!(struck(&mut plan, ZIP, 3), [true, true, false]);

        let mut plan = Plan::default();
        plan.add(Target::Any, When::After(2), Fault::Hang);
        assert_eq!(struck(&mut plan, ZIP, 3), [false, false, true]);
    }

    #[test]
    fn a_later_rule_wins() {
        let mut plan = Plan::default();
        plan.add(Target::Any, When::Always, Fault::Hang);
        plan.add(ZIP.into(), When::Always, Fault::Reset);
        assert!(matches!(plan.choose(ZIP), Some(Fault::Reset)));
        assert!(matches!(plan.choose("other"), Some(Fault::Hang)));
    }

    #[test]
    fn a_target_matches_its_own_only() {
        assert!(Target::Prefix("example.com/a/".to_owned()).matches(ZIP));
        assert!(!Target::Prefix("example.com/b/".to_owned()).matches(ZIP));
        assert!(!Target::Kind(Kind::Mod).matches(ZIP));
    }
}
