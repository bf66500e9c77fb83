//! Semantic versions, as far as the syntax of go.mod needs them.
use std::cmp::Ordering;

struct Parts<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    short: &'a str,
    pre: &'a str,
    build: &'a str,
}

fn parse(v: &str) -> Option<Parts<'_>> {
    fn int(s: &str) -> Option<(&str, &str)> {
        let n = s.bytes().take_while(u8::is_ascii_digit).count();
        if n == 0 || (n > 1 && s.starts_with('0')) {
            return None;
        }
        s.split_at_checked(n)
    }
    fn idents(s: &str, pre: bool) -> Option<()> {
        for part in s.split('.') {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return None;
            }
            if pre
                && part.len() > 1
                && part.starts_with('0')
                && part.bytes().all(|b| b.is_ascii_digit())
            {
                return None;
            }
        }
        Some(())
    }
    let (major, rest) = int(v.strip_prefix('v')?)?;
    if rest.is_empty() {
        return Some(Parts {
            major,
            minor: "0",
            patch: "0",
            short: ".0.0",
            pre: "",
            build: "",
        });
    }
    let (minor, rest) = int(rest.strip_prefix('.')?)?;
    if rest.is_empty() {
        return Some(Parts {
            major,
            minor,
            patch: "0",
            short: ".0",
            pre: "",
            build: "",
        });
    }
    let (patch, rest) = int(rest.strip_prefix('.')?)?;
    let (pre, build) = rest
        .find('+')
        .and_then(|i| rest.split_at_checked(i))
        .unwrap_or((rest, ""));
    if !pre.is_empty() {
        idents(pre.strip_prefix('-')?, true)?;
    }
    if !build.is_empty() {
        idents(build.get(1..)?, false)?;
    }
    Some(Parts {
        major,
        minor,
        patch,
        short: "",
        pre,
        build,
    })
}

pub(crate) fn canonical(v: &str) -> Option<String> {
    let p = parse(v)?;
    Some(format!(
        "{}{}",
        v.strip_suffix(p.build).unwrap_or(v),
        p.short
    ))
}
pub(crate) fn build(v: &str) -> &str {
    parse(v).map_or("", |p| p.build)
}
pub(crate) fn major(v: &str) -> &str {
    parse(v).map_or("", |p| v.get(..p.major.len() + 1).unwrap_or(""))
}
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = match (parse(a), parse(b)) {
        (None, None) => return Ordering::Equal,
        (None, _) => return Ordering::Less,
        (_, None) => return Ordering::Greater,
        (Some(a), Some(b)) => (a, b),
    };
    let int = |x: &str, y: &str| x.len().cmp(&y.len()).then_with(|| x.cmp(y));
    int(a.major, b.major)
        .then_with(|| int(a.minor, b.minor))
        .then_with(|| int(a.patch, b.patch))
        .then_with(|| pre(a.pre, b.pre))
}
fn pre(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if a.is_empty() {
        return Ordering::Greater;
    }
    if b.is_empty() {
        return Ordering::Less;
    }
    let (mut x, mut y) = (
        a.get(1..).unwrap_or("").split('.'),
        b.get(1..).unwrap_or("").split('.'),
    );
    loop {
        match (x.next(), y.next()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(p), Some(q)) if p == q => {}
            (Some(p), Some(q)) => {
                let num = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
                return match (num(p), num(q)) {
                    (true, true) => p.len().cmp(&q.len()).then_with(|| p.cmp(q)),
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                    _ => p.cmp(q),
                };
            }
        }
    }
}
